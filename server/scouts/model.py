"""Scouts who walk along (안심귀가 스카우트): a booking's life, from the wish to the scouts' own way back; pure.

`booked → assigned → waiting → accompanying → home → closed`, or `cancelled` (she), `called_off` (the center, with a
reason), `no_show` (she did not come). Going together begins when each side has read the other's code, or when the
center says so with a reason (a dead phone must not leave her standing there).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

State = Literal["booked", "assigned", "waiting", "accompanying", "home", "closed", "cancelled", "called_off", "no_show"]
STATES: tuple[State, ...] = get_args(State)
OVER: frozenset[State] = frozenset(("closed", "cancelled", "called_off", "no_show"))
HELD: frozenset[State] = frozenset(("booked", "assigned", "waiting", "accompanying"))
"""States in which a booking takes a pair's time."""
MEETING: frozenset[State] = frozenset(("assigned", "waiting"))
WAIT = timedelta(minutes=10)
COMES_BACK = timedelta(minutes=20)
"""So long after a no-show she may still be walked home by the pair that waited."""
MOST_WRONG_CODES = 5
PAIR_SHOWN_BEFORE = timedelta(minutes=30)
"""She sees the pair come from so long before the appointed time."""


@dataclass(frozen=True, slots=True)
class Booking:
    """What the rules know of a booking; all times are aware UTC."""

    state: State
    at: datetime
    trip_min: int
    pair_id: UUID | None = None
    waiting_since: datetime | None = None
    her_code_read: bool = False
    their_code_read: bool = False
    wrong_codes: int = 0
    late_told: bool = False
    by_phone: bool = False
    """She telephoned and has no app: her text names codes that don't change, and she compares theirs by eye."""
    ended_at: datetime | None = None

    @property
    def is_locked(self) -> bool:
        """Too many wrong codes: only the center can let them go together."""
        return self.wrong_codes >= MOST_WRONG_CODES


class NotAllowed(Exception):
    """The booking's state does not take this command."""

    def __init__(self, state: State, allowed: tuple[str, ...]) -> None:
        super().__init__(state)
        self.state, self.allowed = state, allowed


_FROM: dict[str, frozenset[State]] = {
    "assign": frozenset(("booked", "assigned")),
    "unassign": MEETING,
    "arrive": frozenset(("assigned",)),
    "read_code": frozenset(("assigned", "waiting")),
    "begin": MEETING,
    "reach_home": frozenset(("accompanying",)),
    "close": frozenset(("home",)),
    "cancel": frozenset(("booked", "assigned", "waiting")),
    "call_off": frozenset(("booked", "assigned", "waiting", "accompanying")),
    "no_show": frozenset(("waiting",)),
    "come_back": frozenset(("no_show",)),
}
Side = Literal["person", "pair"]


def allowed_in(state: State) -> tuple[str, ...]:
    """The commands that a booking in this state takes, in the order of a life."""
    return tuple(name for name, states in _FROM.items() if state in states)


def _take(booking: Booking, command: str) -> None:
    if booking.state not in _FROM[command]:
        raise NotAllowed(booking.state, allowed_in(booking.state))


def assign(booking: Booking, pair_id: UUID) -> Booking:
    """To a pair, or to another one: what was read of the codes counts for the pair that it was read with."""
    _take(booking, "assign")
    return replace(booking, state="assigned", pair_id=pair_id, her_code_read=False, their_code_read=False)


def unassign(booking: Booking) -> Booking:
    """The pair can't come: back to the list, with no pair."""
    _take(booking, "unassign")
    return replace(
        booking, state="booked", pair_id=None, waiting_since=None, her_code_read=False, their_code_read=False
    )


def arrive(booking: Booking, now: datetime) -> Booking:
    """The pair stands at the meeting point."""
    _take(booking, "arrive")
    return replace(booking, state="waiting", waiting_since=now)


def read_code(booking: Booking, reader: Side, is_right: bool, now: datetime) -> Booking:
    """`reader` has read the other side's code. Both right: they go together. Wrong ones are counted for both sides
    together; after `MOST_WRONG_CODES` nothing is read any more (`is_locked`). Who has no app (`by_phone`) reads nothing
    here: she tells her code only to a pair whose code is that of her text."""
    _take(booking, "read_code")
    if booking.is_locked:
        raise NotAllowed(booking.state, ())
    if not is_right:
        return replace(booking, wrong_codes=booking.wrong_codes + 1)
    read = replace(
        booking,
        her_code_read=booking.her_code_read or reader == "pair",
        their_code_read=booking.their_code_read or reader == "person",
    )
    both = read.her_code_read and (read.their_code_read or read.by_phone)
    return replace(read, state="accompanying", waiting_since=read.waiting_since or now) if both else read


def begin(booking: Booking) -> Booking:
    """The center says that these are the right people (who says so, and why, stands in the log)."""
    _take(booking, "begin")
    return replace(booking, state="accompanying")


def reach_home(booking: Booking) -> Booking:
    _take(booking, "reach_home")
    return replace(booking, state="home")


def close(booking: Booking, now: datetime) -> Booking:
    """The scouts are back, or on their way to the next one."""
    _take(booking, "close")
    return replace(booking, state="closed", ended_at=now)


def cancel(booking: Booking, now: datetime) -> Booking:
    _take(booking, "cancel")
    return replace(booking, state="cancelled", ended_at=now)


def call_off(booking: Booking, now: datetime) -> Booking:
    _take(booking, "call_off")
    return replace(booking, state="called_off", ended_at=now)


def no_show_at(booking: Booking) -> datetime | None:
    """When waiting is over; it does not begin before the appointed time, however early the pair came."""
    if booking.state != "waiting" or booking.waiting_since is None:
        return None
    return max(booking.waiting_since, booking.at) + WAIT


def no_show(booking: Booking, now: datetime) -> Booking:
    """She has not come. Raises NotAllowed before the pair has waited for her long enough."""
    _take(booking, "no_show")
    due = no_show_at(booking)
    if due is None or now < due:
        raise NotAllowed(booking.state, allowed_in(booking.state))
    return replace(booking, state="no_show", ended_at=now)


def come_back(booking: Booking, now: datetime) -> Booking:
    """She came after all, and the pair is still there."""
    _take(booking, "come_back")
    if booking.ended_at is None or now - booking.ended_at > COMES_BACK:
        raise NotAllowed(booking.state, ())
    return replace(booking, state="waiting", waiting_since=now, ended_at=None)


def pair_late_at(booking: Booking) -> datetime | None:
    """When she and the center are told that nobody has come for her; None once told, or once somebody has."""
    return booking.at + WAIT if booking.state in ("booked", "assigned") and not booking.late_told else None


def due_at(booking: Booking) -> datetime | None:
    """The next moment at which something has to happen by itself: what the row's deadline says."""
    return no_show_at(booking) or pair_late_at(booking)


def advance(booking: Booking, now: datetime) -> tuple[Booking, Literal["", "no_show", "pair_late"]]:
    """What the clock does to it; the same moment twice is nothing more."""
    if (due := no_show_at(booking)) is not None and now >= due:
        return no_show(booking, now), "no_show"
    if (due := pair_late_at(booking)) is not None and now >= due:
        return replace(booking, late_told=True), "pair_late"
    return booking, ""


def shows_pair(booking: Booking, now: datetime) -> bool:
    """Whether she may see where the pair is: shortly before, until they have met."""
    return booking.state in MEETING and now >= booking.at - PAIR_SHOWN_BEFORE
