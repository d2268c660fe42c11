"""Her walks as she reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.problems import Problem
from server.log.disclosures import line_of, shown_on_walk
from server.people.service import DeviceUser
from server.walks import answers
from server.walks.rows import open_plan
from server.walks.rungs import steps_from

if TYPE_CHECKING:
    from server.services import Services

MOST_LISTED = 100
MOST_FIXES = 20_000


def no_walk() -> Problem:
    return Problem(404, "no_walk", "그런 귀가가 없습니다.", "You have no such walk.")


async def one_of_hers(services: Services, user: DeviceUser, walk_id: UUID) -> dict[str, Any]:
    """The row of her walk. Problem 404 `no_walk`."""
    async with services.db.begin(center=user.center_id) as unit:
        row = await unit.one(
            "SELECT * FROM walk WHERE walk_id = :id AND person_id = :person", {"id": walk_id, "person": user.person_id}
        )
    if row is None:
        raise no_walk()
    return row


def shown(services: Services, row: dict[str, Any]) -> answers.Walk:
    return answers.told(row, open_plan(services, row), steps_from(row["steps"]).as_json())


async def current(services: Services, user: DeviceUser) -> answers.Walk | None:
    """The running one."""
    async with services.db.begin(center=user.center_id) as unit:
        row = await unit.one(
            "SELECT * FROM walk WHERE person_id = :person AND ended_at IS NULL", {"person": user.person_id}
        )
    return shown(services, row) if row else None


async def history(services: Services, user: DeviceUser) -> list[dict[str, Any]]:
    """Her walks that have ended and that she keeps, newest first, each with what happened on the way."""
    async with services.db.begin(center=user.center_id) as unit:
        rows = await unit.all(
            "SELECT * FROM walk WHERE person_id = :person AND ended_at IS NOT NULL AND keep_days > 0"
            " AND ended_at > CAST(:now AS timestamptz) - make_interval(days => keep_days)"
            " ORDER BY begun_at DESC LIMIT :most",
            {"person": user.person_id, "most": MOST_LISTED, "now": services.clock()},
        )
        lines = await unit.all(
            "SELECT walk_id, at, state, rung, cause FROM walk_change WHERE walk_id = ANY(:ids) ORDER BY number",
            {"ids": [row["walk_id"] for row in rows]},
        )
    told = []
    for row in rows:
        mine = [line for line in lines if line["walk_id"] == row["walk_id"]]
        happened = [{name: line[name] for name in ("at", "state", "rung", "cause")} for line in mine]
        told.append(shown(services, row).model_dump(mode="json") | {"changes": happened})
    return told


async def fixes(services: Services, user: DeviceUser, walk_id: UUID) -> list[dict[str, Any]]:
    """Where she was, oldest first: her own. Problem 404."""
    await one_of_hers(services, user, walk_id)
    async with services.db.begin(center=user.center_id) as unit:
        return await unit.all(
            "SELECT fixed_at, lat, lon, accuracy_m FROM walk_position WHERE walk_id = :id ORDER BY fixed_at"
            " LIMIT :most",
            {"id": walk_id, "most": MOST_FIXES},
        )


async def disclosed(services: Services, user: DeviceUser, walk_id: UUID) -> list[dict[str, Any]]:
    """Who was shown where she was on this walk, by role and center, while it runs too. Of an alert that came of it
    nothing: that has a page of its own, with rules of its own (invariant 9). Problem 404."""
    row = await one_of_hers(services, user, walk_id)
    async with services.db.begin() as unit:  # the centers that were shown the dot are others
        return [line_of(one) for one in await shown_on_walk(unit, services, row)]


async def forget(services: Services, user: DeviceUser, walk_id: UUID) -> None:
    """Out of her history, with every position. Problem 404, 409 `walk_runs`."""
    async with services.db.begin(center=user.center_id) as unit:
        row = await unit.one(
            "SELECT ended_at FROM walk WHERE walk_id = :id AND person_id = :person FOR UPDATE",
            {"id": walk_id, "person": user.person_id},
        )
        if row is None:
            raise no_walk()
        if row["ended_at"] is None:
            raise Problem(
                409, "walk_runs", "아직 끝나지 않은 귀가입니다.", "This walk still runs: arrive or cancel it first."
            )
        await unit.execute("DELETE FROM walk WHERE walk_id = :id", {"id": walk_id})
