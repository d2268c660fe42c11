"""Looking for incidents that have ended: a disclosure of its own kind (`search`), with a reason, before the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from location_router.runtime.db import Unit
from server.gate import Refused, Wish, ask
from server.incidents.cards import Search, closed_cards, iso
from server.staff.model import Viewer

if TYPE_CHECKING:
    from server.services import Services


async def search_closed(
    services: Services, viewer: Viewer, search: Search, *, reason: str, legal_basis: str | None = None
) -> list[dict[str, Any]]:
    """Cards without a place. One release row for each center that answers, or for the one that was asked and has
    nothing: also a search that finds nothing is on record. Raises Refused after its line is on disk."""
    async with services.db.begin(center=viewer.scope) as unit:
        cards = await closed_cards(unit, search)
        centers = sorted({card["center"]["code"] for card in cards}) or await _asked(unit, viewer, search)
    detail = {
        "from": iso(search.since),
        "to": iso(search.until),
        "type": search.type,
        "disposition": search.disposition,
        "center": search.center,
        "found": len(cards),
    }
    refused: Refused | None = None
    async with services.db.begin(center=viewer.scope) as unit:
        for center in centers:
            wish = Wish("search", center_id=center, reason=reason, legal_basis=legal_basis, detail=detail)
            answer = await ask(unit, viewer, wish, now=services.clock())
            if isinstance(answer, Refused):
                refused = answer
                break
    if refused is not None:
        raise refused
    return cards


async def _asked(unit: Unit, viewer: Viewer, search: Search) -> list[str]:
    """The center whose log gets a search that found nothing."""
    rows = await unit.all("SELECT code FROM center ORDER BY code")
    own = [row["code"] for row in rows if viewer.sees(row["code"])]
    return [code for code in own if search.center in (None, code)][:1] or own[:1]
