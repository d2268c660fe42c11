"""A booking in words and numbers for its screen, as the home center tells it (`server/scouts/hers.py`)."""

from __future__ import annotations

from typing import Any

from mobile_app.core.messages import read_time
from mobile_app.ui.i18n import day, minute, say
from mobile_app.ui.screens.ledger import LedgerLine, scout_lines

HELD = ("booked", "assigned", "waiting", "accompanying")
"""Running; anything else is over."""
STATES = (*HELD, "home", "closed", "cancelled", "called_off", "no_show")


def fill(screen: Any, booking: dict[str, Any], language: str) -> None:
    """Everything that the screen shows of it."""
    state, at = str(booking.get("state")), read_time(booking.get("at"))
    screen.booking_id, screen.state = str(booking.get("booking_id") or ""), state
    screen.headline = say(language, f"scout_state_{state}") if state in STATES else ""
    screen.when = f"{day(language, at.astimezone())} {minute(at)}" if at else ""
    screen.warning = _warning(booking, state, language)
    meet = booking.get("meet") or {}
    screen.meet_text, screen.meet_at = str(meet.get("text") or ""), _place(meet)
    _fill_pair(screen, booking.get("pair") or {}, language)
    code = booking.get("code") or {}
    digits = str(code.get("text") or "")
    screen.code = f"{digits[:3]} {digits[3:]}" if digits else ""
    qr = code.get("qr") or {}
    screen.qr_path, screen.qr_side = str(qr.get("path") or ""), int(qr.get("size") or 0)
    screen.her_code_read = bool(booking.get("her_code_read"))
    screen.their_code_read = bool(booking.get("their_code_read"))
    screen.is_locked = bool(booking.get("is_locked"))
    screen.callback = str((booking.get("center") or {}).get("callback") or "")
    screen.allowed = [str(one) for one in booking.get("allowed") or ()]
    _fill_shown(screen.ids.shown, booking.get("shown") or (), language)


def _warning(booking: dict[str, Any], state: str, language: str) -> str:
    if booking.get("is_locked"):
        return say(language, "scout_locked")
    if booking.get("pair_is_late"):
        return say(language, "scout_late")
    until = read_time(booking.get("no_show_at"))
    if state == "waiting" and until:
        return say(language, "scout_no_show", at=minute(until))
    if wrong := booking.get("wrong_codes"):
        return say(language, "scout_wrong", count=wrong) if state in HELD[:3] else ""
    return str(booking.get("reason") or "")


def _fill_pair(screen: Any, pair: dict[str, Any], language: str) -> None:
    place = pair.get("position") or {}
    screen.pair_at = _place(place)
    name = str(pair.get("name") or "")
    screen.pair_line = say(language, "scout_pair", name=name) if name else say(language, "scout_pair_none")
    if screen.pair_at:
        at = minute(read_time(place.get("fixed_at")))
        screen.pair_line = f"{screen.pair_line}\n{say(language, 'scout_pair_here', at=at)}"


def _fill_shown(holder: Any, shown: Any, language: str) -> None:
    holder.clear_widgets()
    for who, what in scout_lines({"shown": shown}, language):
        holder.add_widget(LedgerLine(who=who, what=what))


def _place(one: dict[str, Any]) -> list[float]:
    lat, lon = one.get("lat"), one.get("lon")
    is_place = isinstance(lat, int | float) and isinstance(lon, int | float)
    return [float(lat), float(lon)] if is_place else []  # type: ignore[arg-type]


def hub_name(hub: dict[str, Any], language: str) -> str:
    return str(hub.get(f"name_{language}") or hub.get("name_ko") or "")
