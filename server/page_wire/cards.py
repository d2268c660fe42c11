"""What stands on an operator's screen: incidents, their dispatches, timelines, tracks and cameras."""

from __future__ import annotations

from typing import Any, Literal

from location_router.wire_requests import RequestStateName
from server.page_wire.base import AgencyName, CenterName, Owner, Position, Wire

Phase = Literal["pre", "active", "ended"]
DispatchState = Literal[
    "requested", "delivered", "accepted", "declined", "en_route", "on_scene", "done", "cancelled", "failed"
]
Health = Literal["unknown", "working", "dark", "frozen", "obstructed", "down"]


class UnitPosition(Wire):
    """Where a crew is, as its agency's gateway last said."""

    lat: float
    lon: float
    at: str


class SignalPriority(Wire):
    """Green lights asked for a unit's way; `reason`: why refused or ended."""

    priority_id: str
    state: Literal["requested", "granted", "refused", "ended"]
    reason: str
    is_simulated: bool
    at: str


class DispatchCard(Wire):
    dispatch_id: str
    agency: AgencyName
    state: DispatchState
    case_no: str
    receipt_no: str | None
    legal_basis: str
    times: dict[str, str]
    is_overdue: bool
    is_drill: bool
    gateway: str
    request_no: int
    unit: str
    eta_at: str | None
    unit_position: UnitPosition | None
    attempts: int
    failed_reason: str
    priority: SignalPriority | None = None
    """Told to the center's own desk."""


class RequestCard(Wire):
    """A linked agency asks: the rest stands at `GET /api/incidents/{id}/requests`."""

    request_id: str
    agency: AgencyName
    branch: str
    trigger: str
    state: RequestStateName
    reason: str
    legal_basis: str
    received_at: str
    verify_due_at: str | None
    is_overdue: bool
    is_auto: bool
    ends_at: str | None


class Assignment(Wire):
    """The router's decision."""

    assignment_no: int | None
    reason: str | None
    distance_m: float | None
    boundary_version: str | None
    candidates: list[dict[str, Any]] | None


class Elsewhere(Wire):
    """Who has the alert, where this center does not; `accepted`: an operator there has taken it."""

    center: CenterName
    accepted: bool
    probability: float | None


class AlertLine(Wire):
    """One alert of an incident; the name only where there is more than one."""

    alert_id: str
    phase: Phase
    trigger: str
    received_at: str
    flags: list[str]
    superseded: bool
    merged_from: str | None
    name_masked: str | None = None


class AlertLink(Wire):
    """`alert_id` is this incident's, `other_id` the other's; `incident_id` where this desk may see it."""

    alert_id: str
    other_id: str
    kind: Literal["same_person", "same_place", "same_number", "manual"]
    at: str
    incident_id: str | None
    center: CenterName


class MaskedCaller(Wire):
    name_masked: str
    phone_masked: str
    language: str


class Stage(Wire):
    """A stage of the work: by when it should be done, and when it was."""

    due_at: str | None
    done_at: str | None


class Stages(Wire):
    """Verify first: what is due, and when it was done."""

    contact: Stage
    view: Stage
    classify: Stage


class Handover(Wire):
    """An owner has offered the incident to a colleague, who has not answered yet."""

    to: Owner
    by: Owner
    reason: str
    at: str
    until: str


class Repeat(Wire):
    """How often this caller's alerts were false before."""

    false_before: int
    score: float


class IncidentCard(Wire):
    """`last_seq`: the number of the incident's last event in its center's log; an older card never overwrites."""

    incident_id: str
    center: CenterName
    state: str
    phase: Phase
    type: str
    is_drill: bool
    is_duress: bool
    opened_at: str
    active_at: str | None
    acknowledged_at: str | None
    closed_at: str | None
    disposition: str | None
    escalation_level: int
    owner: Owner | None
    caller: MaskedCaller
    trigger: str
    flags: list[str]
    assignment: Assignment | None
    position: Position | None
    battery_percent: int | None
    home: str
    alert_ids: list[str]
    alerts: list[AlertLine]
    links: list[AlertLink]
    link_count: int
    attention_at: str | None
    merged_into: str | None
    dispatches: list[DispatchCard]
    requests: list[RequestCard]
    superseded: bool
    role: Literal["owner", "runner_up", "leaving"]
    elsewhere: Elsewhere | None
    last_seq: int
    origin: Literal["alert", "observed", "exercise", "agency"]
    classification: Literal["grave", "ordinary"] | None
    stages: Stages
    remind_at: str | None
    reminders: int
    handover: Handover | None
    repeat: Repeat | None
    rank: int
    rings: bool
    banner: Literal["drill", "exercise"] | None
    allowed: list[str]


class ActorName(Wire):
    kind: str
    id: str
    name: str


class EventLine(Wire):
    """A line of the timeline; what is in `payload` depends on the tag (`subject:action`)."""

    seq: int
    event_id: str
    tag: str
    at: str
    actor: ActorName
    payload: dict[str, Any]


class CameraReason(Wire):
    """Why a camera was chosen, as a code with its number (server/cameras/reasons.py has the words)."""

    code: str
    number: float | None = None


class CameraChoice(Wire):
    """A camera of the five. Without a heading it is a dome. What follows `in_view` is as it is now, for staff."""

    number: int
    camera_id: str
    name: str
    lat: float
    lon: float
    heading_deg: float | None
    field_of_view_deg: float
    range_m: float
    healthy: bool
    distance_m: float | None
    bearing_deg: float | None
    in_view: bool
    health: Health | None = None
    health_since: str | None = None
    has_stream: bool | None = None
    can_move: bool | None = None
    office: str | None = None
    office_phone: str | None = None
    reason: str | None = None  # the first of `reasons`; `asked`, `lent`: it is none of the five
    lent_by: str | None = None  # the agency whose camera it is, lent to its request by its consent
    reasons: list[CameraReason] | None = None
    pixels: int | None = None  # how tall a person would be in its picture, estimated


class SecondSource(Wire):
    """What another source says of her place: `radius_m` around it, at `fixed_at`. Entries of one `source_id` are one
    track; none of it is her own position."""

    entry_id: str
    source_id: str
    kind: Literal["telco", "car", "family", "device", "caller_said"]
    lat: float
    lon: float
    radius_m: float
    fixed_at: str
    made_at: str
    label: str
    reference: str
    by: str


class IncidentDetail(Wire):
    incident: IncidentCard
    timeline: list[EventLine]
    track: list[Position]
    cameras: list[CameraChoice]


class Play(Wire):
    """One way to watch; the best stands first in a ticket. For `ws-fmp4` the ticket is in the address."""

    kind: Literal["ws-fmp4", "whep"]
    url: str
    ticket: str


class CameraTicket(CameraChoice):
    """A released picture: the choice, and how to watch it until when (seconds of the epoch)."""

    release_id: str
    plays: list[Play]
    ws_url: str
    expires_at: float
