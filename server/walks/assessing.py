"""A walk's row as the pure assessment sees it, and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from location_router.wire import Position
from server.walks.model import Change, Place, Walk, assess, eta, look_at, memory_from
from server.walks.rows import Running


def walk_of(one: Running) -> Walk:
    row, plan = one.row, one.plan
    return Walk(row["begun_at"], row["kind"], _place(plan, "origin"), _place(plan, "destination"), row["until_at"])


def _place(plan: dict[str, object], name: str) -> Place | None:
    found = plan.get(name)
    return (found["lat"], found["lon"]) if isinstance(found, dict) else None


def judged(one: Running, fixes: Sequence[Position], now: datetime) -> tuple[Change, ...]:
    """What these fixes (oldest first) and the time until `now` change; the row keeps the state, the expected arrival,
    the assessment's memory and when to look again. What is wrong now stands in the last change."""
    row, walk = one.row, walk_of(one)
    memory = memory_from(row["assessed"])
    found: list[Change] = []
    for fix in fixes:
        memory, changes = assess(walk, memory, fix, now)
        found += changes
    memory, changes = assess(walk, memory, None, now)
    found += changes
    row |= {"state": memory.state, "assessed": memory.as_json(), "eta_at": eta(walk, memory, now)}
    one.trouble, one.look_at = memory.trouble, look_at(walk, memory)
    return tuple(found)
