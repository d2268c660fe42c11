"""Walks of other installations' people in our centers: dots that the router passes on, shown like our own.

A visit's row lives in memory tables only (UNLOGGED), for as long as the dot is fresh; its name is made of the home's
and the walk's, so that no home can touch another's, or anything here. What is older than the last word of a walk is
nothing, also after it has gone. Whom it was shown to is answered to its home, for her ledger.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg.rows import dict_row

from location_router.runtime.db import Unit
from location_router.wire_walks import WalkDot, WalkDots, WalkDotsTaken, WalkDotTaken, WalkShown
from server.log.disclosures import summed_up
from server.walks import seen
from server.walks.shown import end_walk_releases, end_where_nothing_runs

if TYPE_CHECKING:
    from server.services import Services

MOST_LATE = timedelta(minutes=5)
"""As a signature: what is older was recorded, or its clock is wrong. Rows of gone walks stay for longer."""
TOLD_AGAIN = timedelta(seconds=30)
"""A look is answered so long with each dot, and once more when it goes: an answer may be lost."""
MOST_OF_ONE_HOME = 5000
EVERY = timedelta(seconds=5)
_BEFORE = """
SELECT visit_id, center_id, at, heard_at, lat IS NOT NULL AS is_shown FROM walk_visit WHERE visit_id = ANY(%s)
ORDER BY visit_id FOR UPDATE
"""
_KEEP = """
INSERT INTO walk_visit AS v (visit_id, center_id, home, at, heard_at, state, eta_at, lat, lon, accuracy_m, fixed_at)
SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[],
                     %s::timestamptz[], %s::float8[], %s::float8[], %s::float8[], %s::timestamptz[]) ORDER BY 1
ON CONFLICT (visit_id) DO UPDATE SET center_id = excluded.center_id, at = excluded.at, heard_at = excluded.heard_at,
  state = excluded.state, eta_at = excluded.eta_at, lat = excluded.lat, lon = excluded.lon,
  accuracy_m = excluded.accuracy_m, fixed_at = excluded.fixed_at WHERE v.at < excluded.at RETURNING visit_id
"""
_LOOKED_AT = """
SELECT DISTINCT alert_id, center_id FROM release WHERE kind = 'walk' AND alert_id IN (
  SELECT alert_id FROM release WHERE alert_id = ANY(%s) AND kind = 'walk' AND (granted_at > %s OR alert_id = ANY(%s)))
"""
_OLD = "DELETE FROM walk_visit WHERE heard_at < :since"


def visit_id(services: Services, home: str, walk: UUID) -> UUID:
    """The name of this walk here; it is also what its release rows are under."""
    return UUID(bytes=services.sealer.digest(f"{home}/{walk}", context="walk.visit")[:16])


async def take(services: Services, message: WalkDots) -> WalkDotsTaken:
    """What a home says of its walks, in one transaction. Raises Unavailable; then nothing of it has happened."""
    now, home = services.clock(), message.installation
    named = {visit_id(services, home, dot.walk): dot for dot in sorted(message.dots, key=lambda dot: dot.at)}
    async with services.db.begin() as unit:
        before = await _before(unit, named)
        room = MOST_OF_ONE_HOME - int(
            await unit.scalar("SELECT count(*) FROM walk_visit WHERE home = :home", {"home": home}) or 0
        )
        new: dict[UUID, WalkDot] = {}
        for name, dot in named.items():
            if (name in before or room > 0) and _is_news(services, dot, before.get(name), now):
                new[name] = dot
                room -= name not in before
        kept = await _keep(unit, home, new, now)
        for name in kept:
            was = before.get(name)
            if was is not None and was["is_shown"] and was["center_id"] != new[name].center:
                await end_walk_releases(unit, name, "walk_left", now)
            unit.after_commit(partial(seen.show, services, _seen(name, new[name], now)))
        shown = await _shown(unit, named, before, now)
    taken = [_answer(services, named[name], name in kept, before.get(name)) for name in named]
    return WalkDotsTaken(taken=taken, shown=shown)


async def _before(unit: Unit, names: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    async with unit.driver.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_BEFORE, [list(names)])
        return {row["visit_id"]: row for row in await cursor.fetchall()}


def _is_news(services: Services, dot: WalkDot, before: dict[str, Any] | None, now: datetime) -> bool:
    if abs(now - dot.at) > MOST_LATE or (before is not None and dot.at <= before["at"]):
        return False
    is_ours = services.settings.serves_code
    if dot.is_here:
        return is_ours(dot.center)
    at = before["center_id"] if before is not None else next(filter(is_ours, dot.left), "")
    return bool(at) and at in dot.left


async def _keep(unit: Unit, home: str, new: dict[UUID, WalkDot], now: datetime) -> set[UUID]:
    """Returns those that nobody has overtaken meanwhile. One that is gone stays, empty, to know what comes too late."""
    rows = [_row(name, home, dot, now) for name, dot in new.items()]
    if not rows:
        return set()
    answer = await unit.driver.execute(_KEEP, [list(column) for column in zip(*rows, strict=True)])
    return {row[0] for row in await answer.fetchall()}


def _row(name: UUID, home: str, dot: WalkDot, now: datetime) -> tuple[Any, ...]:
    if not dot.is_here:
        return name, dot.left[0], home, dot.at, now, "", None, None, None, None, None
    where = dot.lat, dot.lon, dot.accuracy_m, dot.fixed_at or dot.at
    return name, dot.center, home, dot.at, now, dot.state, dot.eta, *where


def _seen(name: UUID, dot: WalkDot, now: datetime) -> seen.WalkSeen:
    message = seen.WalkSeen(seen_id=name, alert_id=name, center="", at=now)
    if not dot.is_here:
        return message
    where = {"lat": dot.lat, "lon": dot.lon, "accuracy_m": dot.accuracy_m, "fixed_at": dot.fixed_at or dot.at}
    return message.model_copy(update=where | {"center": dot.center, "state": dot.state, "eta": dot.eta})


def _answer(services: Services, dot: WalkDot, is_kept: bool, before: dict[str, Any] | None) -> WalkDotTaken:
    """A repetition is answered as the first time: what it says holds, or something newer does."""
    holds = is_kept or (before is not None and dot.at <= before["at"])
    left = list(filter(services.settings.serves_code, dot.left))
    return WalkDotTaken(walk=dot.walk, center=dot.center, is_taken=holds and dot.is_here, left=left)


async def _shown(
    unit: Unit, named: dict[UUID, WalkDot], before: dict[UUID, dict[str, Any]], now: datetime
) -> list[WalkShown]:
    """What is new since the last dot, and all of what has gone."""
    over = [name for name, dot in named.items() if dot.left]
    since = min((row["heard_at"] for row in before.values()), default=now) - TOLD_AGAIN
    rows = await (await unit.driver.execute(_LOOKED_AT, [list(named), since, over])).fetchall()
    told: list[WalkShown] = []
    for name, center in rows:
        lines = await summed_up(unit, [], name, center=center)
        told.append(WalkShown(walk=named[name].walk, center=center, rows=lines[:20]))
    return told


async def forget_visits(services: Services) -> None:
    """Once in a while, whoever asks: visits of which nothing is heard go, and with them what is shown of them."""
    now, last = services.clock(), services.shared.get("visits_forgotten_at")
    if isinstance(last, datetime) and timedelta() <= now - last < EVERY:
        return
    services.shared["visits_forgotten_at"] = now
    async with services.db.begin() as unit:
        await unit.execute(_OLD, {"since": now - seen.SEEN_FOR})
        await end_where_nothing_runs(unit, now)
