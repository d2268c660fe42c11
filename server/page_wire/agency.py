"""What an agency's desk is told: its own dispatches with its rights, and news of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from server.page_wire.base import AgencyName, CenterName, Position, Wire
from server.page_wire.cards import DispatchCard, DispatchState
from server.page_wire.frames import Beat

Right = Literal["identity", "position", "health", "live", "recorded", "still", "store"]


class Terms(Wire):
    """The agreement in force, and what it allows now."""

    in_force: bool
    why: Literal["not_begun", "suspended", "ended"] | None
    ends_at: str | None
    storage_days: int
    may: dict[Right, bool]


class OtherAgency(Wire):
    """Another agency on the same case: no number of theirs, nothing of what they were told."""

    agency: AgencyName
    state: DispatchState
    unit: str
    eta_at: str | None
    is_overdue: bool


class Caller(Wire):
    name: str
    phone: str


class PlaceWords(Wire):
    """The place in administrative names."""

    ko: str
    en: str


class AccessNote(Wire):
    """What crews should know at a place near hers; nearest first."""

    access_note_id: str
    center: str
    kind: Literal["entrance", "door_code", "stairs", "hydrant", "hazard", "other"]
    lat: float
    lon: float
    radius_m: float
    valid_until: str
    made_at: str
    text: str
    by: str
    distance_m: int


class AgencyDispatch(DispatchCard):
    incident_id: str
    center: CenterName
    caller: Caller | None
    position: Position | None
    address: PlaceWords | None
    track: list[Position]
    note: str
    type: str | None
    incident_state: str
    agreement: Terms
    others: list[OtherAgency]
    opened_at: str
    has_health: bool
    access_notes: list[AccessNote]
    may_view_live: bool
    open: bool


class AgencySnapshot(Wire):
    type: Literal["snapshot"]
    now: str
    dispatches: list[AgencyDispatch]


class DispatchFrame(Wire):
    type: Literal["dispatch"]
    dispatch: AgencyDispatch


class AgencyPosition(Wire):
    type: Literal["position"]
    dispatch_id: str
    position: Position
    address: PlaceWords | None


class VideoRequestNews(Wire):
    type: Literal["video_request"]
    what: str
    at: str
    request_id: str
    case_no: str | None
    reason: str | None


class RequestNews(Wire):
    """Something happened to a request of the agency (`what`: `received`, `accepted` …), or (`rights`) an agreement has
    changed: the desk reads `GET /api/agency/requests` again."""

    type: Literal["request"]
    what: str
    at: str
    request_id: str | None


class FieldNews(Wire):
    """Something happened with the officers in the field of this incident: who shows them reads them again."""

    type: Literal["field"]
    incident_id: str
    what: str


AgencyFrame = TypeAdapter(
    Annotated[
        AgencySnapshot | DispatchFrame | AgencyPosition | VideoRequestNews | RequestNews | FieldNews | Beat,
        Field(discriminator="type"),
    ]
)
