"""The scouts' own way home: by when they have to say that they are safe, and who hears of it when they do not; pure.

Nobody hears → the dispatcher is told at the deadline, the shift leader five minutes later unless somebody takes care.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from server.scouts.model import Booking

LEADER_AFTER = timedelta(minutes=5)
MOST_EXTENSION = timedelta(minutes=60)
LINK_STAYS = timedelta(hours=4)
"""After the hours of duty the page still opens for so long: who is late must be able to say that all is well."""


@dataclass(frozen=True, slots=True)
class WayBack:
    """`level` 0: nobody has been told; 1: the dispatcher; 2: the shift leader too."""

    safe_by: datetime | None = None
    level: int = 0
    is_seen: bool = False


def deadline(bookings: Iterable[Booking], *, ends_at: datetime, return_min: int, now: datetime) -> datetime:
    """By when a pair in this situation has to be heard of: the trip and the way back while they walk with somebody,
    the way back once she is home, and the end of their duty with a way home otherwise."""
    way = timedelta(minutes=return_min)
    moments = []
    for one in bookings:
        if one.state == "accompanying":
            moments.append(now + timedelta(minutes=one.trip_min) + way)
        elif one.state == "home":
            moments.append(now + way)
    return max(moments, default=max(ends_at, now) + way)


def due_at(way: WayBack) -> datetime | None:
    """The next moment at which somebody is told."""
    if way.safe_by is None or way.level >= 2 or (way.level == 1 and way.is_seen):
        return None
    return way.safe_by + (LEADER_AFTER if way.level == 1 else timedelta())


def advance(way: WayBack, now: datetime) -> tuple[WayBack, Literal["", "overdue", "overdue_leader"]]:
    """What the clock does to it, one step at a time."""
    due = due_at(way)
    if due is None or now < due:
        return way, ""
    return replace(way, level=way.level + 1), "overdue" if way.level == 0 else "overdue_leader"


def heard(way: WayBack, safe_by: datetime | None) -> WayBack:
    """They have said something: whoever was worried is told by the board, and the new deadline counts from nothing."""
    return WayBack(safe_by)


def extended(way: WayBack, now: datetime, minutes: int) -> WayBack:
    """They need longer; at most an hour from now."""
    wanted = max(way.safe_by or now, now) + timedelta(minutes=minutes)
    return WayBack(min(wanted, now + MOST_EXTENSION))


def seen(way: WayBack) -> WayBack:
    """Somebody of the center takes care of it."""
    return replace(way, is_seen=True)
