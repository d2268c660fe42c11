"""The words of the assessment: a walk, what is kept of it, what is found. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, Literal, NamedTuple, Protocol

from server.patience import Patience
from server.walks.route import Frame, frame_of

State = Literal["on_track", "slow", "stopped", "off_route", "no_signal", "arrived", "overdue"]
Trouble = Literal["", "stopped", "off_route", "no_signal", "overdue"]
Place = tuple[float, float]
"""(lat, lon), WGS84."""


class Located(Protocol):
    """What is needed of a position: `location_router.wire.Position` has it, and so has `Fix`."""

    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...
    @property
    def fixed_at(self) -> datetime: ...
    @property
    def accuracy_m(self) -> float | None: ...


class Fix(NamedTuple):
    """A position of a trace; `accuracy_m` (68 %) is None where the source did not tell."""

    lat: float
    lon: float
    fixed_at: datetime
    accuracy_m: float | None = None


@dataclass(frozen=True)
class Walk:
    """One walk. `until`: when she said that she would be there (a timer: that she would be back); None: the expected
    arrival is ours, and follows her. `route`: the way that was suggested, else the straight line."""

    begun_at: datetime
    kind: Literal["route", "timer"] = "route"
    origin: Place | None = None
    destination: Place | None = None
    until: datetime | None = None
    route: tuple[Place, ...] = ()
    patience: Patience = Patience()

    @cached_property
    def frame(self) -> Frame:
        return frame_of(origin=self.origin, destination=self.destination, route=self.route)

    @cached_property
    def begun_t(self) -> float:
        return self.begun_at.timestamp()

    @cached_property
    def until_t(self) -> float | None:
        return None if self.until is None else self.until.timestamp()

    @cached_property
    def has_way(self) -> bool:
        """There is a destination to come nearer to."""
        return self.kind == "route" and self.destination is not None

    @cached_property
    def has_corridor(self) -> bool:
        """A way out and back has no line to leave."""
        return self.has_way and self.frame.has_line


class Change(NamedTuple):
    """The state or its trouble became another."""

    at: datetime
    state: State
    trouble: Trouble


@dataclass(slots=True)
class Memory:
    """What is kept of a walk between two assessments. Times are seconds of the epoch, 0 = never; places are metres
    east and north in the walk's frame. Kept as JSON: `as_json`, `memory_from`."""

    state: State = "on_track"
    trouble: Trouble = ""
    at: float = 0.0  # the newest `now`
    heard_t: float = 0.0  # `now` of the last new fix
    newest_t: float = 0.0  # the newest `fixed_at`, believed or not
    interval_s: float = 5.0  # how often she is heard, usually
    late_for: float = 0.0  # the end that she was too late for: an end that is moved makes good again
    trouble_t: float = 0.0  # since when it is this trouble
    # of a walk that she has changed (`replanned.py`)
    way_t: float = 0.0  # since when this way is hers: where she was before says nothing of it
    former_way_m: float = 0.0  # the longest of those before
    held: Trouble = ""  # what she was being asked about then
    # the last believed fix, and those that do not fit it
    last_t: float = 0.0
    last_x: float = 0.0
    last_y: float = 0.0
    last_accuracy_m: float = 0.0
    odd_t: float = 0.0
    odd_x: float = 0.0
    odd_y: float = 0.0
    odd_count: int = 0
    odd_from_t: float = 0.0
    former_t: float = 0.0  # the end of the track that the last change of mind left
    former_x: float = 0.0
    former_y: float = 0.0
    doubt_until_t: float = 0.0
    # the window that is being filled, and the middle of the one before
    window_t: float = 0.0
    window_count: int = 0
    window_sum_t: float = 0.0
    window_sum_x: float = 0.0
    window_sum_y: float = 0.0
    middle_t: float = 0.0
    middle_x: float = 0.0
    middle_y: float = 0.0
    step_x: float = 0.0
    step_y: float = 0.0
    # pace
    speeds: tuple[float, ...] = ()
    paces: tuple[float, ...] = ()
    moved_s: float = 0.0
    set_out_t: float = 0.0
    away_count: int = 0
    # the place where she stays
    stay_t: float = 0.0
    stay_x: float = 0.0
    stay_y: float = 0.0
    stay_count: int = 0
    stay_spread_m: float = 0.0
    stay_moved_s: float = 0.0
    stay_onward: float = 0.0  # mean cosine between one step and the next: a walker goes on, noise comes back
    stay_left_t: float = 0.0
    stay_asked_t: float = 0.0  # when this stay was trouble last
    # the way
    best_m: float = 0.0
    best_t: float = 0.0
    outside_t: float = 0.0
    outside_near_m: float = 0.0
    outside_near_t: float = 0.0
    outside_far_m: float = 0.0
    is_off: bool = False
    ride_count: int = 0
    afoot_m: float = 0.0  # so much nearer at a walker's pace
    ride_afoot_m: float = 0.0  # that, when the ride away began
    is_carried: bool = False
    there_t: float = 0.0
    there_x: float = 0.0
    there_y: float = 0.0
    is_there: bool = False

    def copy(self) -> Memory:
        return Memory(*_values(self))

    def as_json(self) -> dict[str, Any]:
        """What differs from a new memory; `memory_from` reads it again."""
        return {name: value for name, value, new in zip(_NAMES, _values(self), _NEW, strict=True) if value != new}


_NAMES = tuple(field.name for field in fields(Memory))
_values = attrgetter(*_NAMES)
_NEW = _values(Memory())


def memory_from(kept: dict[str, Any] | None) -> Memory:
    """Read what `as_json` gave; a name that this version does not know is left out."""
    known: dict[str, Any] = {name: value for name, value in (kept or {}).items() if name in _NAMES}
    known |= {name: tuple(known[name]) for name in ("speeds", "paces") if name in known}
    return Memory(**known)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
