"""Who makes room when a process carries all the camera streams it can; pure.

Classes from high to low: `sos` (the cameras of an open incident), `watched` (somebody looks), `buffer` (the recorder
keeps them open), `patrol` (health of cameras that nobody watches). A lower class makes room for a higher one, an idle
stream for any. Among equals nobody makes room, with one exception: a camera that is only kept warm for an older alert
and that nobody watches or records makes room for a newer alert. An SOS is so refused only when all that is open is SOS.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

Class = Literal["sos", "watched", "buffer", "patrol"]
RANKS: dict[Class | None, int] = {None: 0, "patrol": 1, "buffer": 2, "watched": 3, "sos": 4}
Key = TypeVar("Key", bound=Hashable)


class NoRoom(Exception):
    """All that is open has the same or a higher class. `class_` is the one that asked."""

    def __init__(self, class_: Class) -> None:
        super().__init__(f"no room for class {class_}")
        self.class_ = class_


@dataclass(frozen=True, slots=True)
class Occupant(Generic[Key]):
    """One open stream. `class_` None: idle. `is_firm`: watched or held, not merely kept warm. `until`: the end of its
    warming, in seconds of any one clock."""

    key: Key
    class_: Class | None
    is_firm: bool
    until: float = 0.0


def who_makes_room(occupants: Iterable[Occupant[Key]], wanted: Class) -> Key | None:
    """The stream to close for one of class `wanted`: the lowest class, then the oldest pin. None: nobody has to."""
    rank = RANKS[wanted]
    closable = [one for one in occupants if RANKS[one.class_] < rank or _yields_to_newer(one, wanted)]
    if not closable:
        return None
    # a pin for which nobody came goes before a picture that somebody looks at
    return min(closable, key=lambda one: (one.class_ == "watched", RANKS[one.class_], one.until)).key


def highest(classes: Iterable[Class | None]) -> Class | None:
    """The highest of these; None when there is none."""
    return max(classes, key=RANKS.__getitem__, default=None)


def _yields_to_newer(one: Occupant[Key], wanted: Class) -> bool:
    return wanted == "sos" and one.class_ == "sos" and not one.is_firm
