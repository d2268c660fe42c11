"""What the phone says to the router and hears from it: stdlib dataclasses, no validation library on the phone.

Field names are `location_router/wire.py`'s; the golden files in `fixtures/wire/` bind the two. Writing gives every
field; reading is tolerant (unknown fields are passed over, missing ones defaulted), because an old phone must still
understand a newer router. Times are timezone-aware UTC, positions WGS84 degrees, `accuracy_m` the 68 % radius.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

SOS = "urn:service:sos"
DRILL = "urn:service:test.sos"
PRE, ACTIVE, ENDED = "pre", "active", "ended"
CANCEL, DURESS = "cancel", "duress"

Json = dict[str, Any]


def write_time(value: datetime | None) -> str | None:
    """ISO 8601 in UTC with `Z`, microseconds only when there are any."""
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_time(value: Any) -> datetime | None:
    """A time from the wire; None when it is none. A time without a zone is UTC."""
    try:
        read = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _whole(value: Any) -> int:
    """An integer; ValueError for what is none, infinity included (JSON readers make one of 1e999)."""
    try:
        return int(value)
    except OverflowError:
        raise ValueError(f"{value} is no whole number") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One fix with three clocks: `fixed_at` by the sensor, `sent_at` by the phone, `received_at` by the router."""

    lat: float
    lon: float
    accuracy_m: float
    fixed_at: datetime
    sent_at: datetime | None = None
    received_at: datetime | None = None
    source: str = "gps"
    speed_mps: float | None = None
    heading_deg: float | None = None
    seq: int = 0

    def to_json(self) -> Json:
        return {
            "lat": self.lat, "lon": self.lon, "accuracy_m": self.accuracy_m,
            "fixed_at": write_time(self.fixed_at), "sent_at": write_time(self.sent_at),
            "received_at": write_time(self.received_at), "source": self.source,
            "speed_mps": self.speed_mps, "heading_deg": self.heading_deg, "seq": self.seq,
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Json) -> Position:
        """Raises KeyError, TypeError or ValueError when there is no usable place or time in it."""
        fixed_at = read_time(data["fixed_at"])
        if fixed_at is None:
            raise ValueError("fixed_at is not a time")
        return cls(
            lat=float(data["lat"]), lon=float(data["lon"]), accuracy_m=float(data.get("accuracy_m", 50.0)),
            fixed_at=fixed_at, sent_at=read_time(data.get("sent_at")), received_at=read_time(data.get("received_at")),
            source=str(data.get("source", "gps")), speed_mps=data.get("speed_mps"),
            heading_deg=data.get("heading_deg"), seq=_whole(data.get("seq", 0)),
        )  # fmt: skip

    def sent(self, *, at: datetime, seq: int) -> Position:
        return replace(self, sent_at=at, seq=seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks for help: only what the rescue needs."""

    person_id: str = ""
    nickname: str = ""
    phone: str = ""
    language: str = "ko"
    profile: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> Json:
        return {
            "person_id": self.person_id, "nickname": self.nickname, "phone": self.phone,
            "language": self.language, "profile": dict(self.profile),
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Json) -> Caller:
        texts = {name: str(data.get(name, "")) for name in ("person_id", "nickname", "phone")}
        return cls(**texts, language=str(data.get("language", "ko")), profile=dict(data.get("profile") or {}))


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMessage:
    """The body of `POST /v1/alerts`. `outcome` is filled in phase `ended` only; both its words are six letters."""

    alert_id: str
    phase: str
    raised_at: datetime
    service: str = SOS
    trigger: str = "tap"
    outcome: str = ""
    countdown_s: float = 0.0
    position: Position | None = None
    home: str = ""
    caller: Caller = Caller()
    battery_percent: int | None = None

    def to_json(self) -> Json:
        return {
            "alert_id": self.alert_id, "phase": self.phase, "service": self.service, "trigger": self.trigger,
            "outcome": self.outcome, "raised_at": write_time(self.raised_at), "countdown_s": self.countdown_s,
            "position": self.position.to_json() if self.position else None, "home": self.home,
            "caller": self.caller.to_json(), "battery_percent": self.battery_percent,
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Json) -> AlertMessage:
        raised_at = read_time(data["raised_at"])
        if raised_at is None:
            raise ValueError("raised_at is not a time")
        position = data.get("position")
        return cls(
            alert_id=str(data["alert_id"]), phase=str(data["phase"]), raised_at=raised_at,
            service=str(data.get("service", SOS)), trigger=str(data.get("trigger", "tap")),
            outcome=str(data.get("outcome", "")), countdown_s=float(data.get("countdown_s", 0)),
            position=Position.from_json(position) if position else None, home=str(data.get("home", "")),
            caller=Caller.from_json(data.get("caller") or {}), battery_percent=data.get("battery_percent"),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterRef:
    code: str
    name_ko: str
    name_en: str
    callback: str = ""

    def to_json(self) -> Json:
        return {"code": self.code, "name_ko": self.name_ko, "name_en": self.name_en, "callback": self.callback}

    @classmethod
    def from_json(cls, data: Json) -> CenterRef:
        return cls(**{name: str(data.get(name, "")) for name in ("code", "name_ko", "name_en", "callback")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The body of a 202: the alert is on the router's disk, and this center has it."""

    alert_id: str
    phase: str
    assignment_no: int
    reason: str
    center: CenterRef
    flags: tuple[str, ...]
    boundary_version: str
    received_at: datetime | None
    live_token: str

    def to_json(self) -> Json:
        return {
            "alert_id": self.alert_id, "phase": self.phase, "assignment_no": self.assignment_no,
            "reason": self.reason, "center": self.center.to_json(), "flags": list(self.flags),
            "boundary_version": self.boundary_version, "received_at": write_time(self.received_at),
            "live_token": self.live_token,
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Json) -> Accepted:
        return cls(
            alert_id=str(data["alert_id"]), phase=str(data.get("phase", ACTIVE)),
            assignment_no=_whole(data.get("assignment_no", 1)), reason=str(data.get("reason", "")),
            center=CenterRef.from_json(data.get("center") or {}), flags=tuple(map(str, data.get("flags") or ())),
            boundary_version=str(data.get("boundary_version", "")), received_at=read_time(data.get("received_at")),
            live_token=str(data.get("live_token", "")),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What became of the alert, told by the center through the router."""

    status_id: str
    alert_id: str
    assignment_no: int
    state: str
    center: CenterRef
    at: datetime | None
    phase: str = ACTIVE
    incident_id: str | None = None
    is_drill: bool = False
    seq: int = 0
    home: str = ""
    person_id: str = ""
    detail: str = ""

    def to_json(self) -> Json:
        return {
            "kind": "status", "status_id": self.status_id, "alert_id": self.alert_id,
            "assignment_no": self.assignment_no, "incident_id": self.incident_id, "state": self.state,
            "phase": self.phase, "is_drill": self.is_drill, "center": self.center.to_json(),
            "at": write_time(self.at), "seq": self.seq, "home": self.home, "person_id": self.person_id,
            "detail": self.detail,
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Json) -> Status:
        texts = {name: str(data.get(name, "")) for name in ("home", "person_id", "detail")}
        return cls(
            status_id=str(data.get("status_id", "")), alert_id=str(data["alert_id"]),
            assignment_no=_whole(data.get("assignment_no", 1)), state=str(data["state"]),
            center=CenterRef.from_json(data.get("center") or {}), at=read_time(data.get("at")),
            phase=str(data.get("phase", ACTIVE)), incident_id=data.get("incident_id"),
            is_drill=bool(data.get("is_drill", False)), seq=_whole(data.get("seq", 0)), **texts,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One line of the talk with the center: typed, or by a code (a quick reply, a tap, an interpreter's phrase)."""

    said_id: str
    alert_id: str
    at: datetime | None
    assignment_no: int = 0
    by: str = "person"
    kind: str = "text"
    code: str = ""
    text: str = ""
    language: str = "ko"
    ref: str = ""

    def to_json(self) -> Json:
        return {
            "said_id": self.said_id, "alert_id": self.alert_id, "assignment_no": self.assignment_no, "by": self.by,
            "kind": self.kind, "code": self.code, "text": self.text, "language": self.language,
            "at": write_time(self.at), "ref": self.ref,
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Json) -> Said:
        texts = {name: str(data.get(name) or "") for name in ("code", "text", "ref")}
        return cls(
            said_id=str(data["said_id"]), alert_id=str(data["alert_id"]), at=read_time(data.get("at")),
            assignment_no=_whole(data.get("assignment_no", 0)), by=str(data.get("by", "person")),
            kind=str(data.get("kind", "text")), language=str(data.get("language", "ko")), **texts,
        )  # fmt: skip
