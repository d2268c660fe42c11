"""What goes to an agency's own system, before it is put into a format; pure.

Three kinds of message about one dispatch: the `request` (again only when the agency is asked anew), an `update` with
where the person is now, and `closed` when the center calls it off or the incident ends. Cameras are named with their
places and never with an address; the person and her place are there only as the agreement allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson

Kind = Literal["request", "update", "closed", "test"]
TRACK = timedelta(minutes=10)
MOST_POINTS = 60
SCHEMA = "ansim-dispatch/1"


@dataclass(frozen=True, slots=True)
class Place:
    """A position; `accuracy_m` is the 68 % radius."""

    lat: float
    lon: float
    accuracy_m: float
    fixed_at: datetime
    speed_mps: float | None = None
    heading_deg: float | None = None


@dataclass(frozen=True, slots=True)
class CameraPlace:
    """A camera that may see her; `distance_m` from her, `heading_deg` None sees all round."""

    name: str
    lat: float
    lon: float
    heading_deg: float | None
    distance_m: float | None
    in_view: bool


@dataclass(frozen=True, slots=True)
class PersonFacts:
    name: str
    phone: str
    language: str


@dataclass(frozen=True, slots=True)
class CenterFacts:
    code: str
    name_ko: str
    name_en: str
    callback: str = ""


@dataclass(frozen=True, slots=True)
class DispatchMessage:
    """`number` counts the messages of one request: 0 the request itself, then its updates."""

    kind: Kind
    installation: str
    dispatch_id: str
    request_no: int
    case_no: str
    center: CenterFacts
    agency_id: str
    agency_kind: str
    incident_id: str
    type: str
    legal_basis: str
    is_drill: bool
    sent_at: datetime
    requested_at: datetime
    opened_at: datetime
    number: int = 0
    flags: tuple[str, ...] = ()
    note: str = ""
    reason: str = ""
    place: Place | None = None
    track: tuple[Place, ...] = ()
    cameras: tuple[CameraPlace, ...] = ()
    person: PersonFacts | None = None
    state_path: str = ""

    @property
    def message_id(self) -> str:
        """`X-Ansim-Id`: the same at every try of this message, different for every other message."""
        return message_id(self.dispatch_id, self.request_no, self.kind, self.number)


def message_id(dispatch_id: str, request_no: int, kind: Kind, number: int = 0) -> str:
    tail = {"request": "", "closed": ".closed", "update": f".u{number}", "test": ".test"}[kind]
    return f"{dispatch_id}.{request_no}{tail}"


def thinned(track: Sequence[Place], *, now: datetime, most: int = MOST_POINTS) -> tuple[Place, ...]:
    """The last ten minutes, oldest first, evenly thinned; the newest fix always stays."""
    recent = [place for place in track if place.fixed_at >= now - TRACK] or list(track[-1:])
    if len(recent) <= most:
        return tuple(recent)
    step = (len(recent) - 1) / (most - 1)
    return tuple(recent[round(number * step)] for number in range(most))


def as_json(message: DispatchMessage) -> dict[str, Any]:
    """The plain format (`application/json`): docs/dispatch.md describes each field."""
    return {
        "schema": SCHEMA,
        "kind": message.kind,
        "status": "exercise" if message.is_drill else "test" if message.kind == "test" else "actual",
        "message_id": message.message_id,
        "dispatch_id": message.dispatch_id,
        "request_no": message.request_no,
        "case_no": message.case_no,
        "sent_at": _iso(message.sent_at),
        "requested_at": _iso(message.requested_at),
        "center": asdict(message.center),
        "agency": {"agency_id": message.agency_id, "kind": message.agency_kind},
        "incident": {
            "incident_id": message.incident_id,
            "type": message.type,
            "opened_at": _iso(message.opened_at),
            "flags": list(message.flags),
        },
        "legal_basis": message.legal_basis,
        "is_drill": message.is_drill,
        "note": message.note,
        "reason": message.reason,
        "position": _place(message.place),
        "track": [_place(place) for place in message.track],
        "cameras": [asdict(camera) for camera in message.cameras],
        "person": asdict(message.person) if message.person else None,
        "state_path": message.state_path,
    }


def json_bytes(message: DispatchMessage) -> bytes:
    return orjson.dumps(as_json(message))


def _place(place: Place | None) -> dict[str, Any] | None:
    return {**asdict(place), "fixed_at": _iso(place.fixed_at)} if place else None


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


TYPES: dict[str, tuple[str, str]] = {
    "sos": ("긴급 구조 요청", "Emergency call"),
    "kidnapping": ("납치", "Kidnapping"),
    "robbery": ("강도", "Robbery"),
    "assault": ("폭행", "Assault"),
    "sexual_violence": ("성폭력", "Sexual violence"),
    "stalking": ("스토킹", "Stalking"),
    "intrusion": ("주거 침입", "Intrusion"),
    "missing_child": ("실종 아동", "Missing child"),
    "missing_person": ("실종자", "Missing person"),
    "fire": ("화재", "Fire"),
    "rescue": ("구조", "Rescue"),
    "ambulance": ("구급", "Ambulance"),
    "disaster": ("재난", "Disaster"),
    "help_request": ("도움 요청(보안업체)", "Help request (security firm)"),
    "anklet": ("전자감독 경보", "Electronic monitoring"),
    "wanted_vehicle": ("수배 차량", "Wanted vehicle"),
    "agency_case": ("기관 사건", "Agency's case"),
    "observed": ("관제 요원이 발견", "Seen by an operator"),
    "other": ("기타", "Other"),
}


def type_name(type_: str) -> tuple[str, str]:
    """(Korean, English) of an incident's type; an unknown one is shown as it is."""
    return TYPES.get(type_, (type_, type_))
