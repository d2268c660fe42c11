"""What a rung causes, in the transaction that reaches it: jobs, notices, the line to her phone.

A rung is reached once, so each of these is made once; the jobs are idempotent by the walk's id besides.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from server.events import SYSTEM, record_admin
from server.people import walk_place
from server.people.notices import call_off
from server.walks import telling
from server.walks.line import line_hub
from server.walks.rows import Running
from server.walks.shown import end_walk_releases

if TYPE_CHECKING:
    from server.services import Services


async def cause(unit: Unit, services: Services, one: Running, now: datetime) -> None:
    """Everything that follows from what `one` has become in this transaction, before it is written; nothing if nothing
    has changed."""
    if not one.changes and one.row["rung"] == one.rung_before:
        return
    row, walk_id = one.row, one.walk_id
    unit.after_commit(lambda: line_hub(services).told(walk_id))
    if row["ended_at"] is not None:
        # A walk that became an alert is told of by the alert.
        if row["outcome"] == "arrived" and row["raised_at"] is None:
            await telling.tell(unit, services, one, "walk_arrived")
        await end_walk_releases(unit, row["alert_id"], "walk_ended", now)
    elif row["rung"] != one.rung_before:
        await _reached(unit, services, one, now)
    if one.rung_before == "guardians" and (row["rung"] == "calm" or row["ended_at"] is not None):
        await call_off(unit, one.walk_id)
        if not row["shows_place"]:  # what they saw while she did not answer; a new trouble begins a new track
            for guardian_id in row["guardians"]:
                await walk_place.hide(unit, services, guardian_id, "walk_calm")


async def _reached(unit: Unit, services: Services, one: Running, now: datetime) -> None:
    row = one.row
    if row["rung"] in ("prompted", "called"):
        await telling.ask_her(unit, one)
    elif row["rung"] == "guardians":
        if not await telling.tell(unit, services, one, "walk_late"):
            row["due_at"] = row["look_at"] = now  # nobody was told: nobody is waited for
    elif row["rung"] == "raised" and row["sent_at"] is None:
        await telling.tell(unit, services, one, "walk_raised")
        await end_walk_releases(unit, row["alert_id"], "walk_raised", now)
        await defer_in(unit, "raise_walk", walk_id=str(one.walk_id))
        payload = {"walk_id": str(one.walk_id), "alert_id": str(row["alert_id"])}
        record_admin(unit, tag="walk:raised", actor=SYSTEM, center_id=row["center_id"], at=now, payload=payload)


async def leave_nothing(unit: Unit, one: Running) -> None:
    """She keeps nothing of this walk that has just ended and been written."""
    if one.row["ended_at"] is None or one.row["keep_days"] > 0:
        return
    await unit.driver.execute("DELETE FROM walk_position WHERE walk_id = %s", [one.walk_id])
    await unit.driver.execute("DELETE FROM walk_change WHERE walk_id = %s", [one.walk_id])
    await unit.driver.execute(
        "UPDATE walk SET plan_sealed = NULL, assessed = NULL, lat = NULL, lon = NULL, accuracy_m = NULL,"
        " fixed_at = NULL WHERE walk_id = %s",
        [one.walk_id],
    )
