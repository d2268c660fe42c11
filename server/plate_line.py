"""The door for the wanted list on an agency's line: signed as every message of it, every refusal a row.

`PUT`, `DELETE` and `GET` of docs/agencies.md, section "Wanted vehicles". The same again is the same entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from location_router.request_content.values import Refused
from location_router.runtime.problems import Problem
from server.incidents.cards import iso
from server.line_calls import Letter, NotTaken, on_line
from server.plates import service
from server.plates.live import lists_of
from server.plates.model import read_push, read_removal

if TYPE_CHECKING:
    from server.services import Services


async def push(services: Services, letter: Letter, entry_id: UUID) -> dict[str, Any]:
    """Wanted from the commit on; every process of the center matches it within a second. Only at the centers whose line
    this is."""
    async with on_line(services, letter) as call:
        try:
            said, plate = read_push(_json(letter), services.clock())
        except Refused as wrong:
            raise NotTaken(wrong, trigger=service.TRIGGER) from None
        centers = await service.push(
            call.unit,
            services,
            agency_id=letter.agency_id,
            entry_id=entry_id,
            said=said,
            plate=plate,
            is_heard_at=call.is_for,
        )
        if isinstance(centers, str):
            raise NotTaken(centers, trigger=service.TRIGGER)
    lists_of(services).tell()
    return {"entry_id": str(entry_id), "state": "wanted", "centers": centers, "expires_at": iso(said.expires_at)}


async def remove(services: Services, letter: Letter, entry_id: UUID) -> dict[str, Any]:
    """Wanted no more, and why; twice is once. Problem 404 `no_entry`."""
    async with on_line(services, letter) as call:
        try:
            reason = read_removal(_json(letter))
        except Refused as wrong:
            raise NotTaken(wrong, trigger=service.TRIGGER) from None
        rows = await call.unit.all(
            "SELECT center_id FROM wanted_plate WHERE entry_id = :entry AND agency_id = :agency",
            {"entry": entry_id, "agency": letter.agency_id},
        )
        here = [row["center_id"] for row in rows if call.is_for(row["center_id"])]
        if not here:
            raise Problem(404, "no_entry", "그런 항목이 없습니다.", "There is no such entry of yours here.")
        centers = await service.remove(
            call.unit, services, agency_id=letter.agency_id, entry_id=entry_id, reason=reason, centers=here
        )
    lists_of(services).tell()
    return {"entry_id": str(entry_id), "state": "removed", "centers": centers}


async def listed(services: Services, letter: Letter) -> dict[str, Any]:
    async with on_line(services, letter) as call:
        return {"plates": await service.listed(call.unit, services, letter.agency_id, is_heard_at=call.is_for)}


def _json(letter: Letter) -> Any:
    try:
        return orjson.loads(letter.body)
    except orjson.JSONDecodeError:
        raise Refused("unreadable", "body", "", "JSON이 아닙니다.", "The body is not JSON.") from None
