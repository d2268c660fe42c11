"""Who sits where, and which screen follows which; pure.

A seat is one page that holds the feed open: a console, or one of its monitors (wall, map, queue). A monitor follows the
console of the same browser session, else one of the same account; of several the one that chose last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

Kind = Literal["console", "wall", "map", "queue"]
Sound = Literal["running", "suspended", "muted"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SOUNDS: tuple[Sound, ...] = get_args(Sound)

SILENT_AFTER = timedelta(seconds=20)
"""A seat whose process has not said for so long that it is there went with that process."""
LOST_AFTER = timedelta(seconds=12)
"""A seat that comes back within this was a hiccup, which alarms nobody."""
FORGOTTEN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Sat:
    """One seat as the table has it. `works`: who sits there answers for incidents; `lost_at`: its line broke then."""

    seat_id: UUID
    account_id: UUID
    session: bytes
    kind: Kind
    works: bool
    selected: UUID | None
    chosen_by: UUID | None
    chosen_at: datetime
    sound: Sound
    alive_at: datetime
    lost_at: datetime | None = None

    def is_online(self, now: datetime) -> bool:
        return self.lost_at is None and now - self.alive_at < SILENT_AFTER


def kind_of(said: object) -> Kind:
    """What a page says it is; one that says nothing that we know is a console."""
    return next((kind for kind in KINDS if kind == said), "console")


def sound_of(said: object) -> Sound:
    return next((sound for sound in SOUNDS if sound == said), "suspended")


def leader_of(follower: Sat, seats: Iterable[Sat], now: datetime) -> Sat | None:
    """The console that `follower` follows; None when there is none."""
    consoles = [
        one for one in seats if one.kind == "console" and one.account_id == follower.account_id and one.is_online(now)
    ]
    return max(consoles, key=lambda one: (one.session == follower.session, one.chosen_at, one.seat_id), default=None)


def who_else_hears(seat_id: UUID, seats: Iterable[Sat], now: datetime) -> int:
    """Consoles beside this one at which a new alert would be heard now."""
    return sum(
        one.kind == "console" and one.works and one.sound == "running" and one.is_online(now)
        for one in seats
        if one.seat_id != seat_id
    )


def lost_since(one: Sat, seats: Iterable[Sat], now: datetime) -> datetime | None:
    """Since when a console whose people answer for incidents is away without having said goodbye; None for one that is
    there, came back elsewhere, or has been away for so short that it may be a hiccup."""
    if one.kind != "console" or not one.works or one.is_online(now):
        return None
    since = one.lost_at or one.alive_at
    if not LOST_AFTER <= now - since < FORGOTTEN_AFTER:
        return None
    others = (other for other in seats if other.account_id == one.account_id and other.kind == "console")
    return None if any(other.is_online(now) for other in others) else since
