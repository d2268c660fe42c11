"""One look at many walks: positions in, the assessment's word, the ladder, and what that causes, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.wire import Position
from server.patience import Patience, patience_of
from server.positions import believable
from server.walks import effects, rungs, seen
from server.walks.assessing import judged
from server.walks.rows import Running, keep_positions, save, take

if TYPE_CHECKING:
    from server.services import Services

LOOK_AGAIN = timedelta(minutes=5)
"""A walk is looked at so often at least, whatever the assessment asks for."""
ALERT_LOOK = timedelta(seconds=10)
LONGEST = timedelta(hours=26)
"""A raised walk of whose alert nothing is heard any more ends after so long."""


Hers = tuple[UUID, UUID]
"""A walk, and whose it is said to be."""


async def hear_all(services: Services, heard: Mapping[Hers, Sequence[Position]]) -> dict[Hers, Running]:
    """Take these positions, each of a person's own walk; returns the walks that run (or ran until now). What is not
    hers, or has ended, is not there and changes nothing. Raises Unavailable; then nothing of it has happened."""
    now, patience = services.clock(), patience_of(services.settings.walk_patience)
    async with services.db.begin() as unit:
        found = await take(unit, services, {walk_id for walk_id, _ in heard})
        walks = {hers: found[hers[0]] for hers in heard if _is_hers(found, hers)}
        rows = (row for hers, one in walks.items() for row in _position_rows(one, heard[hers], now))
        await keep_positions(unit, rows)
        for hers, one in walks.items():
            hear(one, heard[hers], now, patience)
        await settle(unit, services, walks.values(), now)
    return walks


async def look_at(services: Services, walk_ids: Collection[UUID]) -> None:
    """Time has passed for these walks; those that somebody else is just changing are left to him."""
    now, patience = services.clock(), patience_of(services.settings.walk_patience)
    async with services.db.begin() as unit:
        walks = await take(unit, services, walk_ids, skip_locked=True)
        for one in walks.values():
            hear(one, (), now, patience)
        await settle(unit, services, walks.values(), now)


def _is_hers(found: Mapping[UUID, Running], hers: Hers) -> bool:
    one = found.get(hers[0])
    return one is not None and one.row["person_id"] == hers[1]


def _position_rows(one: Running, positions: Iterable[Position], now: datetime) -> Iterable[tuple[Any, ...]]:
    for fix in positions:
        at = believable(fix.fixed_at, now)
        yield one.walk_id, at, one.row["center_id"], fix.lat, fix.lon, fix.accuracy_m, fix.source[:20], now


def hear(one: Running, positions: Sequence[Position], now: datetime, patience: Patience) -> None:
    """What the assessment makes of these fixes and of the time, and where she is now."""
    row = one.row
    fixes = sorted(positions, key=lambda fix: fix.fixed_at)
    if fixes:
        row["heard_at"] = now
        last, at = fixes[-1], believable(fixes[-1].fixed_at, now)
        if row["fixed_at"] is None or at > row["fixed_at"]:
            row |= {"lat": last.lat, "lon": last.lon, "accuracy_m": last.accuracy_m, "fixed_at": at}
    if row["is_alert"] or row["rung"] == "raised" or row["outcome"]:
        return
    changes = judged(one, fixes, now, patience)
    one.ladder = rungs.seen(one.ladder, one.trouble, now, one.steps)
    if changes or row["rung"] != one.rung_before:
        one.changed(now, "position" if fixes else "time")


async def settle(unit: Unit, services: Services, walks: Iterable[Running], now: datetime) -> None:
    """Climb what is due, end what has ended, do what follows from it, and write it all back."""
    running = list(walks)
    for one in running:
        _advance(one, now)
        one.row["look_at"] = _look_at(one, now)
    for one in running:
        await effects.cause(unit, services, one, now)
    await seen.place(unit, services, running, now)
    await save(unit, running)
    for one in running:
        await effects.leave_nothing(unit, one)


def _advance(one: Running, now: datetime) -> None:
    row = one.row
    if row["ended_at"] is not None:
        return  # by her own word, in this transaction
    if row["is_alert"]:
        _follow_alert(one, now)
    elif row["outcome"]:  # consent was withdrawn (people/leaving.py)
        end(one, row["outcome"], now)
    elif row["state"] == "arrived":
        end(one, "arrived", now)
    elif row["rung"] == "raised":
        if now - row["raised_at"] > LONGEST:
            end(one, "raised", now)
    else:
        before, one.ladder = row["rung"], rungs.climbed(one.ladder, now, one.steps)
        if row["rung"] != before:
            one.changed(now, "time")
        if row["rung"] == "raised":
            row["raised_at"] = now


def end(one: Running, outcome: str, now: datetime) -> None:
    """The walk is over; the ladder with it."""
    row = one.row
    row |= {"ended_at": now, "outcome": outcome, "due_at": None, "look_at": None}
    if row["rung"] != "raised":
        row |= {"rung": "calm", "trouble": ""}
    if outcome == "arrived":
        row["state"] = "arrived"
    one.changed(now, outcome)


def _follow_alert(one: Running, now: datetime) -> None:
    """An alert under the walk's id runs. If it was ours, the walk is raised; if her phone raised it, the walk asks
    nothing any more and says nothing of it: a duress code raises one beside a cancel, and nothing of hers that her
    phone shows may tell (invariant 9). Either way it ends with the alert."""
    row = one.row
    if row["rung"] not in ("calm", "raised"):
        row["version"] += 1  # the open pages move with it; her history has no line of it
    if row["rung"] != "raised":
        row |= {"rung": "calm", "trouble": "", "due_at": None}
    if row["alert_ended_at"] is not None or now - row["begun_at"] > 2 * LONGEST:
        end(one, "raised", now)


def _look_at(one: Running, now: datetime) -> datetime | None:
    row = one.row
    if row["ended_at"] is not None:
        return None
    if row["is_alert"] or row["rung"] == "raised":
        return now + ALERT_LOOK
    times: list[datetime | None] = [now + LOOK_AGAIN, row["due_at"], one.look_at]
    return min(at for at in times if at is not None)
