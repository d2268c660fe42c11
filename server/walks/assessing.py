"""A walk's row as the pure assessment sees it, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from location_router.wire import Position
from server.walks.memory import Trouble, moment
from server.walks.model import Change, Patience, Place, Walk, assess, eta, look_at, memory_from
from server.walks.replanned import replanned
from server.walks.rows import Running


def walk_of(one: Running, patience: Patience) -> Walk:
    row, plan = one.row, one.plan
    return Walk(
        row["begun_at"],
        row["kind"],
        _place(plan.get("origin")),
        _place(plan.get("destination")),
        named_end(row),
        _route(plan.get("route")),
        patience,
    )


def named_end(row: Mapping[str, Any]) -> datetime | None:
    """When she said that she would be there: the moment she named or moved by `extend`, else her `eta_s` after the
    begin. None: she has said nothing."""
    until: datetime | None = row["until_at"]
    if until is None and row["eta_s"] is not None:
        until = row["begun_at"] + timedelta(seconds=row["eta_s"])
    return until


def troubled_since(row: Mapping[str, Any]) -> datetime | None:
    """Since when its trouble is what it is; None: there is none, or nobody remembers."""
    since_t = memory_from(row["assessed"]).trouble_t
    return moment(since_t) if since_t else None


def _place(found: object) -> Place | None:
    return (found["lat"], found["lon"]) if isinstance(found, dict) else None


def _route(found: object) -> tuple[Place, ...]:
    """The way she chose: {lat, lon} or (lat, lon), begin to end."""
    points = found if isinstance(found, list | tuple) else ()
    return tuple(_place(one) or (float(one[0]), float(one[1])) for one in points)


def judged(one: Running, fixes: Sequence[Position], now: datetime, patience: Patience) -> tuple[Change, ...]:
    """What these fixes (oldest first) and the time until `now` change; the row keeps the state, the expected arrival,
    the assessment's memory and when to look again. What is wrong now stands in the last change."""
    row, walk = one.row, walk_of(one, patience)
    memory = memory_from(row["assessed"])
    if row["rung"] == "calm":
        memory.held = ""  # she has answered
    found: list[Change] = []
    for fix in fixes:
        memory, changes = assess(walk, memory, fix, now)
        found += changes
    memory, changes = assess(walk, memory, None, now)
    found += changes
    row |= {"state": memory.state, "assessed": memory.as_json(), "eta_at": eta(walk, memory, now)}
    one.trouble, one.look_at = memory.trouble, look_at(walk, memory)
    return tuple(found)


def carry_over(before: Running, one: Running, now: datetime, patience: Patience) -> None:
    """What is known of the walk as it was `before` she changed its plan is what is known of it as it is now."""
    asked: Trouble = before.row["trouble"] if before.row["rung"] != "calm" else ""
    walk, memory = walk_of(before, patience), memory_from(before.row["assessed"])
    one.row["assessed"] = replanned(walk, walk_of(one, patience), memory, asked=asked, now=now).as_json()
