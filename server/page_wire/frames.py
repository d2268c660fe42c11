"""What comes over the sockets of the console, of an agency's desk and of a guardian's page: unions by `type`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from server.page_wire.base import Position, Wire
from server.page_wire.cards import ActorName, EventLine, IncidentCard
from server.page_wire.people import FollowView


class ProblemBody(Wire):
    """A refusal; further fields belong to its code."""

    model_config = ConfigDict(extra="allow")

    type: str
    code: str
    status: int
    title: str
    message_ko: str
    message_en: str


class Snapshot(Wire):
    """Everything open; `cursor` is the last number of each center's log that it tells."""

    type: Literal["snapshot"]
    now: str
    cursor: dict[str, int]
    incidents: list[IncidentCard]


class EventFrame(Wire):
    """`after`: the number before this one that seats were told. Without `incident`: of no incident of this desk."""

    type: Literal["event"]
    center: str
    seq: int
    after: int
    event: EventLine
    incident: IncidentCard | None


class Catchup(Wire):
    """What was missed since the hello's cursor, with the cards as they are now."""

    type: Literal["catchup"]
    now: str
    cursor: dict[str, int]
    events: list[EventFrame]


class PositionFrame(Wire):
    type: Literal["position"]
    incident_id: str
    alert_id: str
    position: Position


class DotPlace(Wire):
    lat: float
    lon: float
    accuracy_m: float
    fixed_at: str


class Dot(Wire):
    """A walk home that its walker shares: who she is stands nowhere. `walk` names the dot, and nothing else."""

    walk: str
    center: str
    state: str
    eta: str | None
    position: DotPlace


class WalkFrame(Wire):
    """Dots that are new or have moved, and those that are over."""

    type: Literal["walk"]
    walks: list[Dot]
    gone: list[str]


class Beat(Wire):
    type: Literal["beat"]
    now: str


class Done(Wire):
    type: Literal["result"]
    id: str
    ok: Literal[True]
    data: dict[str, Any]


class Refused(Wire):
    type: Literal["result"]
    id: str
    ok: Literal[False]
    problem: ProblemBody


class BreakglassBanner(Wire):
    """Somebody opens the walls of a center; `stays` until `ended` comes for it."""

    type: Literal["banner"]
    kind: Literal["breakglass"]
    what: str
    stays: bool
    center: str
    breakglass_id: str | None
    incident_id: str | None
    by: ActorName
    at: str
    ends_at: str | None
    message_ko: str
    message_en: str


class RequestBanner(Wire):
    """An agency wants pictures; `stays` until another comes for the same request."""

    type: Literal["banner"]
    kind: Literal["video_request"]
    what: str
    stays: bool
    center: str
    request_id: str
    agency_id: str | None
    case_no: str | None
    is_area: bool | None
    reason: str | None
    by: ActorName
    at: str
    ends_at: str | None = None
    message_ko: str
    message_en: str


class ScoutBanner(Wire):
    """Something is wrong with scouts; `stays` until another comes for the same pair or booking."""

    type: Literal["banner"]
    kind: Literal["scouts"]
    what: str
    stays: bool
    center: str
    pair_id: str | None
    booking_id: str | None
    at: str
    message_ko: str
    message_en: str


class ChangedBanner(Wire):
    """The near misses of a center, or the disaster warnings that run there, are others: read them again."""

    type: Literal["banner"]
    kind: Literal["plates", "warnings"]
    what: Literal["changed"]
    stays: Literal[False]
    center: str


class Leader(Wire):
    """The console that a monitor follows."""

    seat_id: str
    name: str
    same_browser: bool


class Following(Wire):
    type: Literal["following"]
    leader: Leader | None
    selected: str | None


class Select(Wire):
    type: Literal["select"]
    incident_id: str


class SeatLine(Wire):
    seat_id: str
    account_id: str
    name: str
    kind: Literal["console", "wall", "map", "queue"]
    works: bool
    sound: Literal["running", "suspended", "muted"]
    lost_at: str | None
    failed: list[str]


class SeatsFrame(Wire):
    """Who else is here, and how many of them would hear an alarm."""

    type: Literal["seats"]
    seat_id: str
    online: int
    others_hear: int
    on_shift: bool
    seats: list[SeatLine]


class SessionFrame(Wire):
    type: Literal["session"]
    expires_at: str
    extended: bool


class Pong(Wire):
    type: Literal["pong"]
    id: str
    now: str


Result = Annotated[Done | Refused, Field(discriminator="ok")]
Banner = Annotated[BreakglassBanner | RequestBanner | ScoutBanner | ChangedBanner, Field(discriminator="kind")]
Numbered = Annotated[
    Snapshot
    | Catchup
    | EventFrame
    | PositionFrame
    | WalkFrame
    | Beat
    | Following
    | Select
    | SeatsFrame
    | SessionFrame
    | Pong,
    Field(discriminator="type"),
]
FeedFrame = TypeAdapter(Numbered | Result | Banner)


class ViewFrame(Wire):
    type: Literal["view"]
    view: FollowView


class FollowPosition(Wire):
    type: Literal["position"]
    position: Position


class Ended(Wire):
    type: Literal["ended"]


FollowFrame = TypeAdapter(Annotated[ViewFrame | FollowPosition | Ended | Beat, Field(discriminator="type")])
