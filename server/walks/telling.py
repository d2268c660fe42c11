"""Who is told of a walk: she herself by her phone, and the guardians she named for it, in words without a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from server.people.notices import tell_guardians
from server.walks.rows import Running

if TYPE_CHECKING:
    from server.people.notices import WalkEvent
    from server.services import Services


async def ask_her(unit: Unit, one: Running) -> None:
    """The line tells an app that is awake; a push wakes one that sleeps, where her phone has left a token."""
    await defer_in(unit, "ask_walker", walk_id=str(one.walk_id), rung=one.row["rung"])


async def tell(unit: Unit, services: Services, one: Running, event: WalkEvent) -> int:
    """A notice for each guardian of this walk; the same occasion again is nothing. A walk may be late twice. Returns
    how many are told now."""
    row = one.row
    if not row["guardians"]:
        return 0
    whose, occasion = row["person_id"], row["version"] if event == "walk_late" else 0
    return await tell_guardians(
        unit, services, whose, row["guardians"], event, one.walk_id, alert_id=row["alert_id"], occasion=occasion
    )
