"""What would go on which day: for the page of policies, and before a change of one is confirmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from location_router.runtime.db import Unit
from server.db import load_tables
from server.retention import model, questions
from server.retention.kinds import KINDS
from server.retention.model import EVERY_CENTER, Kind, Policy
from server.retention.service import centers_of, may_set_default, policies
from server.staff.model import Viewer

if TYPE_CHECKING:
    from server.services import Services

DAYS = 31


async def preview(services: Services, viewer: Viewer, *, days: int = DAYS, kind: Kind | None = None) -> dict[str, Any]:
    """For each kind: items of the viewer's centers that go with the next run, on each of the coming `days`, and
    those that a hold keeps."""
    load_tables()
    now = services.clock()
    async with services.db.begin() as unit:
        known = await policies(unit)
        seen = set(await centers_of(unit, viewer)) | ({EVERY_CENTER} if may_set_default(viewer) else set())
        told = [await _of_kind(unit, one, known, seen, now, days) for one in ((kind,) if kind is not None else KINDS)]
    return {"as_of": now, "kinds": told}


async def _of_kind(
    unit: Unit, kind: Kind, known: Mapping[tuple[str, str], Policy], seen: set[str], now: datetime, days: int
) -> dict[str, Any]:
    coming: Counter[date] = Counter()
    next_run = held = 0
    last = now + timedelta(days=days)
    for rows in filter(questions.exists, kind.rows):
        for group in model.groups_of(known, kind):
            asked = questions.values(group, now)
            found = await (await unit.driver.execute(questions.by_moment(rows, group), asked)).fetchall()
            for center, at, is_held, items in found:
                due = model.due_on(kind, group.policy, at)
                if center not in seen or due > last:
                    continue
                if is_held:
                    held += items
                elif due <= now:
                    next_run += items
                else:
                    coming[due.date()] += items
    return {
        "kind": kind.name,
        "what": {"ko": kind.what_ko, "en": kind.what_en},
        "next_run": next_run,
        "held": held,
        "days": [
            {
                "on": day.isoformat(),
                "items": items,
                "ko": f"{day:%Y-%m-%d}에 {kind.what_ko} {items:,}건이 삭제됩니다.",
                "en": f"will delete {items:,} of {kind.what_en} on {day:%Y-%m-%d}.",
            }
            for day, items in sorted(coming.items())
        ],
    }


async def would_go(services: Services, *, kind: Kind, center: str, days: int | None) -> dict[str, Any]:
    """Items that the next run deletes now, and that it would delete with `days` for this center (`-`: the default);
    `days` None: without the center's own policy. `next_run_at` is when that run is."""
    load_tables()
    now = services.clock()
    async with services.db.begin() as unit:
        known = await policies(unit)
        changed = {key: policy for key, policy in known.items() if key != (center, kind.name)}
        if days is not None:
            changed[(center, kind.name)] = Policy(days)
        return {
            "next_run_now": await _due(unit, kind, known, now, center),
            "next_run_then": await _due(unit, kind, changed, now, center),
            "next_run_at": model.next_run(kind, now).isoformat(),
        }


async def _due(unit: Unit, kind: Kind, known: Mapping[tuple[str, str], Policy], now: datetime, center: str) -> int:
    """Of this center, or with `-` of all."""
    total = 0
    for rows in filter(questions.exists, kind.rows):
        for group in model.groups_of(known, kind):
            asked = questions.values(group, model.cutoff(kind, group.policy, now))
            found = await (await unit.driver.execute(questions.count_due(rows, group), asked)).fetchall()
            total += sum(items for whose, items in found if center in (EVERY_CENTER, whose))
    return total
