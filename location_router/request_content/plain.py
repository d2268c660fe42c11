"""Our own JSON, and the last step of the other two forms: fields → draft."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import AwareDatetime, Field, ValidationError

from location_router import geo
from location_router.request_content.problems import refused_by
from location_router.request_content.subjects import Place, Strict, Text80, read_subject
from location_router.request_content.values import CORRUPTED, NOT_ENOUGH, R68_OF_R95, Draft, Keyed, Refused
from location_router.wire import REQUEST_TRIGGERS, AgencyRequest, Position

Trigger = Literal[
    "dispatch", "help_request", "anklet_tamper", "anklet_curfew", "anklet_zone", "anklet_approach", "wanted_vehicle",
    "missing_child", "missing_dementia", "disaster",
]  # fmt: skip


MISSING = ("missing_child", "missing_dementia")
USUAL_RADIUS_M = {"cell": 1000.0, "wifi": 100.0, "gps": 30.0}
"""What holds 95 % where only the method was told."""


class RequestBody(Strict):
    """`POST /v1/requests`. `agency_id` may be left out: the signature says who it is."""

    request_id: UUID
    agency_id: Text80 = ""
    branch: Text80 = ""
    trigger: Trigger
    legal_basis: str = Field(min_length=1, max_length=40, pattern=r"^[a-z0-9-]+$")
    case_no: Text80 = ""
    raised_at: AwareDatetime
    position: Place | None = None
    callback: Text80 = ""
    is_drill: bool = False
    subject: dict[str, Any] = Field(default_factory=dict, max_length=40)


def read_plain(body: bytes, *, agency_id: str, keyed: Keyed) -> Draft:
    """Raises Refused. `agency_id` is that of the signer."""
    return understood(read_object(body), agency_id=agency_id)


def read_object(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises Refused."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused("unreadable", "body", body[:40].decode("utf-8", "replace"), "JSON이 아닙니다(UTF-8).",
                      "This is not JSON (UTF-8).", cause=CORRUPTED) from None  # fmt: skip
    if not isinstance(said, dict):
        raise Refused("unreadable", "body", said, "JSON 객체여야 합니다.", "Send a JSON object.", cause=CORRUPTED)
    return said


def understood(said: dict[str, Any], *, agency_id: str, district: str = "") -> Draft:
    """A request from its fields. Raises Refused."""
    try:
        read = RequestBody.model_validate(said)
    except ValidationError as error:
        raise refused_by(error, said) from None
    if not read.request_id.int:
        raise Refused("invalid", "request_id", str(read.request_id), "request_id에 UUIDv7을 넣어 주세요.",
                      "Put a UUIDv7 into request_id.")  # fmt: skip
    if read.trigger == "dispatch" and not read.case_no:
        raise Refused("invalid", "case_no", "", "사건번호(case_no)가 필요합니다.",
                      "case_no is needed: the case that wants the video.", cause=NOT_ENOUGH)  # fmt: skip
    subject = read_subject(read.trigger, read.subject)
    position = _position(read, subject)
    if position is not None and read.trigger in MISSING:
        is_said = read.position is not None and "accuracy_m" in read.position.model_fields_set
        position = _of_telco(position, subject, is_said=is_said)
    if position is None and not district:
        raise Refused("no_position", "position", "", "위치가 필요합니다. 요청은 장소를 위한 것입니다.",
                      "A position is needed: a request is for a place.", cause=NOT_ENOUGH)  # fmt: skip
    request = AgencyRequest(
        agency_id=read.agency_id or agency_id,
        branch=read.branch,
        trigger=read.trigger,
        legal_basis=read.legal_basis,
        case_no=read.case_no,
        callback=read.callback,
        subject=subject,
    )
    return Draft("raise", read.request_id, read.raised_at, request, position, read.is_drill, district)


def _position(read: RequestBody, subject: dict[str, Any]) -> Position | None:
    """Where the request is: its position, else the middle of its area, else the last place that is known."""
    if read.position is not None:
        return as_position(read.position, read.raised_at)
    if ring := subject.get("ring"):
        return middle_of([(lat, lon) for lat, lon in ring], at=read.raised_at)
    if last := subject.get("last_known"):
        return as_position(Place.model_validate(last), read.raised_at)
    return None


def _of_telco(position: Position, subject: dict[str, Any], *, is_said: bool) -> Position:
    """A place that was given for a rescue, as vague as its method: the circle that was told, else what the method
    usually has, and never less than what was said of the place itself."""
    told_m = subject.get("radius_m") or USUAL_RADIUS_M.get(subject.get("method", ""), 0.0)
    own_m = position.accuracy_m if is_said or not told_m else 0.0
    accuracy_m = min(max(own_m, round(told_m * R68_OF_R95, 1)), 200_000.0)
    return position.model_copy(update={"accuracy_m": accuracy_m, "source": "telco"})


def as_position(place: Place, at: datetime) -> Position:
    return Position(lat=place.lat, lon=place.lon, accuracy_m=place.accuracy_m, fixed_at=place.fixed_at or at,
                    source=place.source)  # fmt: skip


def middle_of(ring: list[tuple[float, float]], *, at: datetime) -> Position:
    """The centroid of a ring of (lat, lon), with the radius that holds its corners. One without an area: the mean of
    its corners; so one that crosses itself."""
    lat_0, lon_0 = ring[0]
    north, east = geo.metres_per_degree(lat=lat_0)
    places = [((lon - lon_0) * east, (lat - lat_0) * north) for lat, lon in ring]
    twice = middle_x = middle_y = 0.0
    for (x, y), (to_x, to_y) in zip(places, places[1:] + places[:1], strict=True):
        cross = x * to_y - to_x * y
        twice, middle_x, middle_y = twice + cross, middle_x + (x + to_x) * cross, middle_y + (y + to_y) * cross
    if abs(twice) > 1e-3:
        middle_x, middle_y = middle_x / (3 * twice), middle_y / (3 * twice)
    if abs(twice) <= 1e-3 or not _is_amid(middle_x, middle_y, places):
        middle_x, middle_y = sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places)
    radius_m = max(((x - middle_x) ** 2 + (y - middle_y) ** 2) ** 0.5 for x, y in places)
    lat, lon = lat_0 + middle_y / north, lon_0 + middle_x / east
    return Position(lat=lat, lon=lon, accuracy_m=min(round(radius_m, 1), 200_000), fixed_at=at, source="area")


def _is_amid(x: float, y: float, places: list[tuple[float, float]]) -> bool:
    return all(min(one) <= at <= max(one) for at, one in zip((x, y), zip(*places, strict=True), strict=True))


assert set(Trigger.__args__) == set(REQUEST_TRIGGERS)  # type: ignore[attr-defined]
