"""Tolerant reading of one `POST /v1/alerts`: bytes → what we understood, or a refusal that names the cure. Pure.

Intake fails open: whatever carries a usable `alert_id` is an alert. A wrong field is corrected, dropped or defaulted
and flagged, because the person behind a broken phone needs help as much as anybody. What the phone really said about
its place is kept in `original` where we changed it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError

from location_router import geo
from location_router.emergency_numbers import is_foreign
from location_router.shapes import accuracy_m_of, area_of
from location_router.wire import (
    DRILL,
    MAX_BODY_BYTES,
    SOS,
    AlertMessage,
    Caller,
    Flag,
    Phase,
    Position,
    Uncertainty,
)

STALE_AFTER = timedelta(minutes=10)
FUTURE_AFTER = timedelta(minutes=2)
_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the bytes are no alert: `status` is 400, 413 or 422, `field` what is wrong, `value` how it looked."""

    status: int
    code: str
    field: str
    value: str
    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Understood:
    """`original` holds the fields of the position as they came, when they were changed or could not be used."""

    message: AlertMessage
    flags: list[Flag]
    original: dict[str, Any]


@dataclass(slots=True)
class _Notes:
    now: datetime
    flags: set[Flag] = field(default_factory=set)
    original: dict[str, Any] = field(default_factory=dict)

    def odd(self) -> None:
        self.flags.add(Flag.ODD_FIELDS)


def read(body: bytes, *, now: datetime) -> Understood | Refusal:
    """Never raises. `now` is the router's clock, which the phone's own times are judged by."""
    if len(body) > MAX_BODY_BYTES:
        return Refusal(
            413,
            "too_large",
            "body",
            f"{len(body)} bytes",
            "신고 내용이 64KB를 넘습니다. 긴 내용을 빼고 다시 보내 주세요.",
            "The alert is larger than 64 KB; leave out long fields and send again.",
        )
    data = _parse(body)
    if data is None:
        return Refusal(400, "not_json", "body", _show(body[:60]), "신고가 JSON이 아닙니다.", "The body is not JSON.")
    if not isinstance(data, dict):
        return Refusal(
            400, "not_an_object", "body", _show(data), "신고는 JSON 객체여야 합니다.", "The body must be a JSON object."
        )
    alert_id = _uuid(data.get("alert_id"))
    if alert_id is None:
        return Refusal(
            422,
            "no_alert_id",
            "alert_id",
            _show(data.get("alert_id")),
            "alert_id에 UUID를 넣어 주세요.",
            "Put a UUID into alert_id.",
        )
    return _understand(data, alert_id, _Notes(now))


def read_position(data: Any, *, now: datetime) -> Position | None:
    """One position of a running alert, read as tolerantly; None when it names no place."""
    return _position({"position": data}, now, _Notes(now)) if isinstance(data, dict) else None


def read_moment(value: Any) -> datetime | None:
    """A time in any of the ways that phones write one, None for none."""
    return _moment(value) if value else None


def _understand(data: dict[str, Any], alert_id: UUID, notes: _Notes) -> Understood:
    phase, outcome = _phase(data, notes)
    raised_at = _moment(data.get("raised_at"))
    if raised_at is None:
        raised_at = notes.now
        notes.odd()
    position = _position(data, raised_at, notes)
    network_country = _text(data.get("network_country"), 10, notes)
    if position is None:
        notes.flags.add(Flag.NO_POSITION)
        if is_foreign(network_country):
            notes.flags.add(Flag.ABROAD)
    for moment in [raised_at] + ([position.fixed_at] if position else []):
        if moment - notes.now > FUTURE_AFTER:
            notes.flags.add(Flag.FUTURE)
        if notes.now - moment > STALE_AFTER:
            notes.flags.add(Flag.STALE)
    battery = _number(data, "battery_percent", notes, low=0, high=100)
    fields: dict[str, Any] = {
        "alert_id": alert_id,
        "phase": phase,
        "outcome": outcome,
        "service": _service(data, notes),
        "trigger": _trigger(data, notes),
        "raised_at": raised_at,
        "countdown_s": _number(data, "countdown_s", notes, low=0, high=60) or 0.0,
        "position": position,
        "home": _text(data.get("home"), 80, notes),
        "network_country": network_country,
        "caller": _caller(data.get("caller"), notes),
        "battery_percent": None if battery is None else round(battery),
    }
    try:
        message = AlertMessage(**fields)
    except ValidationError:  # a rule above is weaker than the wire's: keep what a rescue can't do without
        notes.odd()
        message = AlertMessage(alert_id=alert_id, phase=phase, outcome=outcome, raised_at=notes.now, position=position)
    return Understood(message, sorted(notes.flags), notes.original)


def _parse(body: bytes) -> Any:
    """JSON, also with NaN, a byte-order mark or broken UTF-8; None when it is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
        return json.loads(text, parse_int=lambda digits: int(digits) if len(digits) < 19 else float(digits[:400]))
    except (ValueError, RecursionError):
        return None


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None


def _phase(data: dict[str, Any], notes: _Notes) -> tuple[Phase, Any]:
    """Junk means active: a false alarm is cheap. So does an end that doesn't say how it ended in words we know."""
    phase, outcome = _word(data.get("phase", "active")), _word(data.get("outcome", ""))
    if phase not in tuple(Phase):
        notes.odd()
        return Phase.ACTIVE, ""
    if outcome not in ("", "cancel", "duress"):
        notes.odd()
        return (Phase.ACTIVE if phase == Phase.ENDED else Phase(phase)), ""
    return Phase(phase), outcome if phase == Phase.ENDED else ""


def _word(value: Any) -> str:
    return "" if value is None else value.strip().lower() if isinstance(value, str) else "?"


def _trigger(data: dict[str, Any], notes: _Notes) -> str:
    """Older phones call an overdue walk `walk`."""
    said = _text(data.get("trigger", "tap"), 80, notes)
    return "overdue_walk" if said == "walk" else said


def _service(data: dict[str, Any], notes: _Notes) -> str:
    """Only the exact word of a drill makes a drill."""
    service: Any = data.get("service", SOS)
    if service not in (SOS, DRILL) or not isinstance(service, str):
        notes.odd()
        return SOS
    return DRILL if service == DRILL else SOS


def _text(value: Any, limit: int, notes: _Notes) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        notes.odd()
        try:
            value = str(value)
        except (RecursionError, ValueError):
            return ""
    return value[:limit].replace("\x00", "").encode("utf-8", "replace").decode()


def _real(value: Any) -> float | None:
    """A finite number, also written as text ("37,5"); a bool is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value.strip().replace(",", ".") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _number(data: dict[str, Any], name: str, notes: _Notes, *, low: float, high: float) -> float | None:
    """The number, or None with a flag if it is there but makes no sense."""
    if data.get(name) is None:
        return None
    number = _real(data[name])
    if number is None or not low <= number <= high:
        notes.odd()
        return None
    if not isinstance(data[name], int | float):
        notes.odd()
    return number


def _moment(value: Any) -> datetime | None:
    """ISO 8601, or seconds or milliseconds since 1970; without a zone UTC is meant."""
    try:
        if isinstance(value, str) and not value.strip().replace(".", "", 1).isdigit():
            parsed = datetime.fromisoformat(value.strip())
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
        number = _real(value)
        if number is None:
            return None
        return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _position(data: dict[str, Any], default_at: datetime, notes: _Notes) -> Position | None:
    value = data.get("position")
    if value is None:
        return None
    if not isinstance(value, dict):
        notes.odd()
        return None
    place = _place(value, notes)
    if place is None:
        return None
    fixed_at = _moment(value.get("fixed_at"))
    if fixed_at is None:
        notes.odd()
    accuracy_m = _number(value, "accuracy_m", notes, low=0, high=1_000_000)
    uncertainty = _uncertainty(value.get("uncertainty"), place, notes)
    if uncertainty is not None and accuracy_m is None:
        area = area_of(lat=place[0], lon=place[1], accuracy_m=None, uncertainty=uncertainty)
        accuracy_m = None if area is None else round(accuracy_m_of(area), 1)
    heading_deg = _number(value, "heading_deg", notes, low=-360, high=720)
    seq = _number(value, "seq", notes, low=0, high=2**53)
    return Position(
        lat=place[0],
        lon=place[1],
        accuracy_m=50.0 if accuracy_m is None else accuracy_m,
        fixed_at=fixed_at or default_at,
        sent_at=_moment(value.get("sent_at")),
        received_at=notes.now,
        source=_text(value.get("source", "gps"), 80, notes),
        speed_mps=_number(value, "speed_mps", notes, low=0, high=200),
        heading_deg=None if heading_deg is None else heading_deg % 360,
        seq=int(seq or 0),
        uncertainty=uncertainty,
    )


def _uncertainty(value: Any, place: tuple[float, float], notes: _Notes) -> Uncertainty | None:
    """The shape around the place; one that can't be read, or is none, is dropped: the accuracy remains."""
    if value is None:
        return None
    try:
        shape = Uncertainty.model_validate(value)
    except ValidationError:
        notes.odd()
        return None
    if Flag.SWAPPED in notes.flags:
        shape = shape.model_copy(update={"ring": [(lat, lon) for lon, lat in shape.ring]})
    if area_of(lat=place[0], lon=place[1], accuracy_m=None, uncertainty=shape) is None:
        notes.odd()
        return None
    return shape


def _place(value: dict[str, Any], notes: _Notes) -> tuple[float, float] | None:
    """(lat, lon), with the axes put right when only that lies in the country."""
    raw = {name: value.get(name) for name in ("lat", "lon")}
    lat, lon = _real(raw["lat"]), _real(raw["lon"])
    sanity = "invalid" if lat is None or lon is None else geo.sanity(lat=lat, lon=lon)
    if sanity != "ok":
        notes.original = {name: _show(one) for name, one in raw.items()}
    if sanity == "invalid" or lat is None or lon is None:
        notes.odd()
        return None
    if sanity == "swapped":
        notes.flags.add(Flag.SWAPPED)
        return lon, lat
    if sanity == "abroad":
        notes.flags.add(Flag.ABROAD)
    return lat, lon


def _caller(value: Any, notes: _Notes) -> Caller:
    if not isinstance(value, dict):
        if value is not None:
            notes.odd()
        return Caller()
    texts = {name: _text(value.get(name), 80, notes) for name in ("person_id", "nickname", "phone")}
    profile = value.get("profile")
    if profile is not None and not isinstance(profile, dict):
        notes.odd()
    kept = list(profile.items())[:20] if isinstance(profile, dict) else []
    return Caller(
        **texts,
        language=_text(value.get("language"), 80, notes) or "ko",
        profile={_text(name, 80, notes): _text(text, _TEXT, notes) for name, text in kept},
    )


def _show(value: Any) -> str:
    """A value for a problem text or the record: short, printable, never long enough to matter."""
    try:
        return repr(value)[:80].encode("utf-8", "replace").decode()
    except (RecursionError, ValueError):
        return f"<{type(value).__name__}>"
