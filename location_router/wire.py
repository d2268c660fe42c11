"""Messages between phones, router and centers: the single author of every field name on the wire.

Readers are tolerant where a life hangs on it: `AlertMessage` coerces what it can and flags the rest (invariant 3),
so a phone with a broken clock or swapped axes still gets help. Writers are strict. The phone's own dataclasses
(`mobile_app/core/messages.py`) are bound to these models by the golden files in `fixtures/wire/`.
Times are timezone-aware UTC; positions are WGS84 degrees; `accuracy_m` is the 68 % radius in metres.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, get_args
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

MAX_BODY_BYTES = 64 * 1024
SOS: Final = "urn:service:sos"
DRILL: Final = "urn:service:test.sos"


_KIND = re.compile(rb'\s*\{\s*"kind"\s*:\s*"([a-z_]{1,40})"')


def kind_of(body: bytes) -> str:
    """What kind of message this is: its first field, as all of ours are written, for several kinds share a subject.
    Empty where it says none."""
    found = _KIND.match(body)
    return found[1].decode() if found else ""


class Phase(StrEnum):
    """Where an alert stands; `pre` may be downgraded by a cancel, `active` only by the center."""

    PRE = "pre"
    ACTIVE = "active"
    ENDED = "ended"


class Flag(StrEnum):
    """What intake noticed about an alert it accepted all the same (invariant 3)."""

    UNVERIFIED = "unverified"
    STALE = "stale"
    FUTURE = "future"
    NO_POSITION = "no_position"
    SWAPPED = "swapped"
    ABROAD = "abroad"
    DEFAULTED = "defaulted"
    ODD_FIELDS = "odd_fields"
    EXPIRED = "expired"
    TRUNCATED = "truncated"
    LOCATION_ASKED = "location_asked"


class Reason(StrEnum):
    """Why the router chose this center."""

    CONTAINS = "contains"
    NEAREST = "nearest"
    FAILOVER = "failover"
    HANDOVER = "handover"
    LAST_KNOWN = "last_known"
    HOME = "home"


class State(StrEnum):
    """What the person's phone and the home center are told about the incident, in order."""

    ASSIGNED = "assigned"
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    DISPATCHED = "dispatched"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    CLOSED = "closed"
    CANCELLED = "cancelled"


def utc_now() -> datetime:
    return datetime.now(UTC)


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _text(limit: int) -> BeforeValidator:
    """Any JSON value as text, cut to `limit` characters and without NUL, so that no caller is refused for a name."""
    return BeforeValidator(lambda value: "" if value is None else str(value).replace("\x00", "")[:limit])


Moment = Annotated[datetime, AfterValidator(_aware)]
"""A time; one without a zone is taken for UTC, so that nobody further in compares what cannot be compared."""
Short = Annotated[str, _text(80)]
Long = Annotated[str, _text(2000)]


class Message(BaseModel):
    """Base of everything on the wire: unknown fields are kept out, never an error."""

    model_config = ConfigDict(extra="ignore", ser_json_inf_nan="null")


class Uncertainty(Message):
    """Where the person is said to be, as a shape (RFC 5491); angles clockwise from north in degrees, sizes in metres.

    `circle`: radius_m · `ellipse`: semi_major_m, semi_minor_m, orientation_deg of the major axis · `polygon`: ring of
    [lat, lon] · `arc_band`: inner_radius_m, outer_radius_m, start_angle_deg, opening_angle_deg around the position.
    """

    kind: Literal["circle", "ellipse", "polygon", "arc_band"]
    confidence_percent: float = Field(default=68.0, gt=0, le=100, allow_inf_nan=False)
    radius_m: float = Field(default=0.0, ge=0, le=1_000_000, allow_inf_nan=False)
    semi_major_m: float = Field(default=0.0, ge=0, le=1_000_000, allow_inf_nan=False)
    semi_minor_m: float = Field(default=0.0, ge=0, le=1_000_000, allow_inf_nan=False)
    orientation_deg: float = Field(default=0.0, ge=-360, le=360, allow_inf_nan=False)
    inner_radius_m: float = Field(default=0.0, ge=0, le=1_000_000, allow_inf_nan=False)
    outer_radius_m: float = Field(default=0.0, ge=0, le=1_000_000, allow_inf_nan=False)
    start_angle_deg: float = Field(default=0.0, ge=-360, le=360, allow_inf_nan=False)
    opening_angle_deg: float = Field(default=0.0, ge=0, le=360, allow_inf_nan=False)
    ring: list[tuple[float, float]] = Field(default_factory=list, max_length=100)


class Position(Message):
    """One fix, with traccar's three clocks. `heading_deg` is clockwise from north."""

    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    accuracy_m: float = Field(default=50.0, ge=0, le=1_000_000, allow_inf_nan=False)
    fixed_at: Moment
    sent_at: Moment | None = None
    received_at: Moment | None = None
    source: Short = "gps"
    speed_mps: float | None = Field(default=None, ge=0, le=200, allow_inf_nan=False)
    heading_deg: float | None = Field(default=None, ge=0, lt=360.0001, allow_inf_nan=False)
    seq: int = Field(default=0, ge=0, le=2**53)
    uncertainty: Uncertainty | None = None


class Caller(Message):
    """Who asks for help: only what the rescue needs. Passed on sealed; the router cannot search it."""

    person_id: Short = ""
    nickname: Short = ""
    phone: Short = ""
    language: Short = "ko"
    profile: dict[str, Long] = Field(default_factory=dict, max_length=20)


TRIGGERS = (
    ("hold", "tap", "shake", "key", "release", "fall", "scream", "duress", "again", "overdue_walk")  # the phone
    + ("button", "device", "web", "sms", "agency", "guardian", "other")
)
"""What sets off an alert: every word that our own parts send. Intake takes any other as it is."""


REQUEST_TRIGGERS = ("dispatch", "help_request", "anklet_tamper", "anklet_curfew", "anklet_zone", "anklet_approach") + (
    "wanted_vehicle",
    "missing_child",
    "missing_dementia",
    "disaster",
)
"""The occasions for which an agency may ask, as its agreement names them (docs/agencies.md)."""


class AgencyRequest(Message):
    """The part of an alert that a linked agency raised: who asks for what, on which ground. Sealed with the alert.

    `subject` holds the fields of its trigger (docs/agencies.md section 2), checked where it is taken in and again at
    the center.
    """

    agency_id: Short
    branch: Short = ""
    trigger: Short
    legal_basis: Short
    case_no: Short = ""
    callback: Short = ""
    cancel_reason: Short = ""
    subject: dict[str, Any] = Field(default_factory=dict, max_length=40)


class AlertMessage(Message):
    """What intake understood of one `POST /v1/alerts`, after tolerant reading (`location_router.intake`)."""

    alert_id: UUID
    phase: Phase = Phase.ACTIVE
    service: Literal["urn:service:sos", "urn:service:test.sos"] = SOS
    trigger: Short = "tap"
    outcome: Literal["", "cancel", "duress"] = ""
    raised_at: Moment
    countdown_s: float = Field(default=0, ge=0, le=60)
    position: Position | None = None
    home: Short = ""
    network_country: Short = ""
    channel: Short = "data"
    sender: Short = ""
    caller: Caller = Caller()
    battery_percent: int | None = Field(default=None, ge=0, le=100)
    request: AgencyRequest | None = None


class CenterRef(Message):
    """A center as a person sees it."""

    code: str
    name_ko: str
    name_en: str
    callback: str = ""


class Candidate(Message):
    code: str
    distance_m: float
    online: bool
    probability: float | None = None
    state: str = ""


class AssignmentRecord(Message):
    """The router's decision, explained: same alert + boundary version + center states give the same record."""

    assignment_no: int
    center: CenterRef
    served_by: str
    reason: Reason
    distance_m: float
    candidates: list[Candidate]
    boundary_version: str
    decided_at: datetime
    rule: str = ""
    policy_version: str = ""
    runner_up: str = ""
    inputs: dict[str, Any] = Field(default_factory=dict)
    """States and exclusions that the decision rests on, nothing about the person (`location_router.choice`)."""


class LocalEmergency(Message):
    """Whom to call where she is, when that is abroad; `country` is ISO 3166-1 alpha-2, "" when unknown (112: GSM)."""

    country: str
    police: str
    ambulance: str
    fire: str


class Accepted(Message):
    """The body of a 202: the alert is on disk. `local_emergency` only abroad."""

    alert_id: UUID
    phase: Phase
    assignment_no: int
    reason: Reason
    center: CenterRef
    flags: list[Flag]
    boundary_version: str
    received_at: datetime
    live_token: str
    local_emergency: LocalEmergency | None = None


LinkKind = Literal["same_person", "same_place", "same_number", "manual"]


class Link(Message):
    """Another alert that has to do with this one; `same_person` belongs into one incident, the others are shown."""

    alert_id: UUID
    kind: LinkKind
    center_code: str = ""
    at: datetime


def _readable_links(value: Any) -> Any:
    """A link that this reader does not know must not keep an alert from anybody."""
    known = get_args(LinkKind)
    if not isinstance(value, list):
        return []
    return [one for one in value if isinstance(one, Link) or (isinstance(one, dict) and one.get("kind") in known)][:50]


class LinkedPair(Message):
    """Two alerts that are linked, or (`is_undone`) are so no longer; the codes say whose they are."""

    alert_id: UUID
    other_id: UUID
    kind: LinkKind
    center_code: str = ""
    other_center_code: str = ""
    at: datetime
    is_undone: bool = False


class Linked(Message):
    """News of links. Router → center on the subject of its alerts, behind them; center → router on `status`: what an
    operator linked, merged (`manual`) or split again. `installation` is the center's that says so."""

    kind: Literal["links"] = "links"
    note_id: UUID
    links: list[LinkedPair] = Field(max_length=500)
    installation: str = ""


class Delivery(Message):
    """Router → center (bus subject `alert.<installation>`, or `POST /v1/inbox` of the center).

    `role`: `owner` acts · `runner_up` is told and may look, the place lies perhaps in its area · `leaving` had it and
    still sees it until the new owner accepts · `former` has nothing to do with it any more.
    """

    kind: Literal["delivery"] = "delivery"
    delivery_id: UUID
    alert: AlertMessage
    assignment: AssignmentRecord
    flags: list[Flag]
    received_at: datetime
    active_at: datetime | None = None
    pre_deadline_at: datetime | None = None
    role: Literal["owner", "runner_up", "leaving", "former"] = "owner"
    links: Annotated[list[Link], BeforeValidator(_readable_links)] = Field(default_factory=list)


MOST_SAID_CHARACTERS = 500
SaidKind = Literal["text", "quick", "tap", "phrase", "call"]


class Said(Message):
    """One line of the talk between a person and her center. `said_id` is made once by whoever says it.

    `text` typed · `quick` a quick reply or question, by `code` · `tap` of the silent caller, by `code` · `phrase` an
    interpreter's sentence: `code`, and `text` in `language` as she shall read it · `call` the operator asks her to
    call the number in `text`. `ref` names the line that this one answers.
    """

    said_id: UUID
    alert_id: UUID
    assignment_no: int = 0
    by: Literal["person", "operator"] = "person"
    kind: SaidKind = "text"
    code: Short = ""
    text: Annotated[str, _text(MOST_SAID_CHARACTERS)] = ""
    language: Short = "ko"
    at: datetime
    ref: Short = ""


class TalkNote(Message):
    """One line on its way, or (`heard_at`) the news that her phone has shown it. Router → center on the subject of its
    alerts, to each owner of the alert anew; center → router on `status`, for an assignment that `installation` was
    given. `received_at`: by the router's clock, the order of the talk."""

    kind: Literal["talk"] = "talk"
    note_id: UUID
    alert_id: UUID
    assignment_no: int
    said: Said
    received_at: datetime
    heard_at: datetime | None = None
    installation: str = ""


class Receipt(Message):
    """Center → router (bus subject `receipt`): the center's own database holds the delivery."""

    kind: Literal["receipt"] = "receipt"
    delivery_id: UUID
    alert_id: UUID
    assignment_no: int
    center_code: str
    installation: str
    incident_id: UUID
    received_at: datetime


class Status(Message):
    """Center → router → phone and home center (bus subjects `status`, then `home.<installation>`)."""

    kind: Literal["status"] = "status"
    status_id: UUID
    alert_id: UUID
    assignment_no: int
    incident_id: UUID | None = None
    state: State
    phase: Phase = Phase.ACTIVE
    is_drill: bool = False
    center: CenterRef
    at: datetime
    seq: int = 0
    home: str = ""
    person_id: str = ""
    detail: str = ""


class DisclosedRow(Message):
    """What was shown, to whom by role or agency (never by name), from when to when, on what ground."""

    kind: Short
    camera: Short = ""
    who_ko: Short
    who_en: Short
    center_ko: Short
    center_en: Short
    legal_basis: Short
    since: datetime
    until: datetime
    times: int = Field(default=1, ge=1)
    viewers: int = Field(default=1, ge=1)


class Disclosed(Message):
    """Serving center → router → home center, when an incident has ended (bus subjects `status`, then
    `home.<installation>`): what was shown of one alert. The router passes it on and keeps nothing of it."""

    kind: Literal["disclosed"] = "disclosed"
    note_id: UUID
    installation: Short
    alert_id: UUID
    assignment_no: int
    person_id: Short
    center: CenterRef
    at: datetime
    rows: list[DisclosedRow] = Field(default_factory=list, max_length=500)


class GuardianNote(Message):
    """Home center → router → the center that works on the alert (bus subjects `status`, then `alert.<installation>`):
    a guardian was told, has opened her page, or has acknowledged. The router passes it on and keeps nothing of it.
    `name` is what the person calls her."""

    kind: Literal["guardian"] = "guardian"
    note_id: UUID
    installation: Short
    alert_id: UUID
    assignment_no: int
    event: Literal["told", "opened", "acknowledged"]
    how: Short = ""
    guardian_id: Short
    name: Short = ""
    at: datetime


class DeviceReport(Message):
    """Router → home center (bus subject `home.<installation>`): what a device of one of its people did, or how it
    fares. `pressed` also stands for a text message: the home center then adds what only it knows to the alert."""

    kind: Literal["device"] = "device"
    report_id: UUID
    device_id: Short
    event: Literal["pressed", "low_battery", "silent", "back"]
    alert_id: UUID | None = None
    battery_percent: int | None = Field(default=None, ge=0, le=100)
    at: datetime


class PositionUpdate(Message):
    """Router → serving and home center, lossy (bus `latest` on `position.<installation>`), keyed by alert."""

    kind: Literal["position"] = "position"
    alert_id: UUID
    position: Position


class CenterHealth(Message):
    """`POST /v1/centers/heartbeat` of the router, once every two seconds by each installation."""

    installation: str
    centers: list[str] | Literal["all"]
    https_url: str = ""
    operators_online: int = 0
    sent_at: datetime
    queue_length: int = Field(default=0, ge=0)
    capabilities: list[str] = Field(default_factory=list, max_length=20)
    troubles: list[str] = Field(default_factory=list, max_length=20)
