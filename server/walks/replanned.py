"""A walk that she changes on the way: what is known of her goes with her into the plane of the new way. Pure."""

from __future__ import annotations

from datetime import datetime
from math import hypot

from server.walks.memory import Memory, Trouble, Walk
from server.walks.route import Frame

PLACES = ("last", "odd", "former", "middle", "stay")


def replanned(before: Walk, after: Walk, memory: Memory, *, asked: Trouble, now: datetime) -> Memory:
    """The memory of the walk `before` the change, to be assessed as the walk `after` it from `now` on; what went in is
    left as it was.

    Where she was and is, her pace and her stays are kept; whether she leaves the way, is carried off it or arrives is
    asked of places after the change only. `asked`: the trouble that the ladder stands for, empty while it is calm. A
    change answers no question, so that stays until something newer is known of her (`judging.py`)."""
    memory = memory.copy()
    memory.held = asked
    if after.frame == before.frame:
        return memory
    memory.way_t = max(now.timestamp(), memory.at, after.begun_t)
    if not asked:
        memory.heard_t = memory.way_t  # by the change itself
    memory.former_way_m = max(memory.former_way_m, before.frame.way_m)
    _move(memory, before.frame, after.frame)
    memory.best_m = hypot(memory.last_x, memory.last_y)
    memory.outside_t = memory.outside_near_m = memory.outside_near_t = memory.outside_far_m = 0.0
    memory.ride_count, memory.afoot_m, memory.ride_afoot_m = 0, 0.0, 0.0
    memory.is_off = memory.is_carried = memory.is_there = False
    memory.there_t = 0.0
    return memory


def _move(memory: Memory, before: Frame, after: Frame) -> None:
    """Every place into the other plane."""

    def moved(x: float, y: float) -> tuple[float, float]:
        lat, lon = before.place(x, y)
        return after.at(lat=lat, lon=lon)

    x, y = moved(memory.middle_x, memory.middle_y)
    next_x, next_y = moved(memory.middle_x + memory.step_x, memory.middle_y + memory.step_y)
    memory.step_x, memory.step_y = next_x - x, next_y - y
    if count := memory.window_count:
        x, y = moved(memory.window_sum_x / count, memory.window_sum_y / count)
        memory.window_sum_x, memory.window_sum_y = x * count, y * count
    for name in PLACES:
        if getattr(memory, f"{name}_t"):
            x, y = moved(getattr(memory, f"{name}_x"), getattr(memory, f"{name}_y"))
            setattr(memory, f"{name}_x", x)
            setattr(memory, f"{name}_y", y)
