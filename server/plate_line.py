"""The door for the wanted list on an agency's line: signed as every message of it, every refusal a row.

`PUT`, `DELETE` and `GET` of docs/agencies.md, section "Wanted vehicles". The same again is the same entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from location_router.request_content.values import Refused
from location_router.runtime.problems import Problem
from server import request_line
from server.incidents.cards import iso
from server.plates import service
from server.plates.live import lists_of
from server.plates.model import read_push, read_removal
from server.request_line import Letter

if TYPE_CHECKING:
    from server.services import Services


async def push(services: Services, letter: Letter, entry_id: UUID) -> dict[str, Any]:
    """Wanted from the commit on; every process of the center matches it within a second."""
    await request_line.verified(services, letter)
    try:
        said, plate = read_push(_json(letter), services.clock())
    except Refused as wrong:
        raise await _refusal(services, letter, wrong) from None
    async with services.db.begin() as unit:
        centers = await service.push(
            unit, services, agency_id=letter.agency_id, entry_id=entry_id, said=said, plate=plate
        )
    if isinstance(centers, str):
        raise await _refusal(services, letter, centers)
    lists_of(services).tell()
    return {"entry_id": str(entry_id), "state": "wanted", "centers": centers, "expires_at": iso(said.expires_at)}


async def remove(services: Services, letter: Letter, entry_id: UUID) -> dict[str, Any]:
    """Wanted no more, and why; twice is once. Problem 404 `no_entry`."""
    await request_line.verified(services, letter)
    try:
        reason = read_removal(_json(letter))
    except Refused as wrong:
        raise await _refusal(services, letter, wrong) from None
    async with services.db.begin() as unit:
        known = await unit.scalar(
            "SELECT count(*) FROM wanted_plate WHERE entry_id = :entry AND agency_id = :agency",
            {"entry": entry_id, "agency": letter.agency_id},
        )
        centers = await service.remove(unit, services, agency_id=letter.agency_id, entry_id=entry_id, reason=reason)
    if not known:
        raise Problem(404, "no_entry", "그런 항목이 없습니다.", "There is no such entry of yours here.")
    lists_of(services).tell()
    return {"entry_id": str(entry_id), "state": "removed", "centers": centers}


async def listed(services: Services, letter: Letter) -> dict[str, Any]:
    await request_line.verified(services, letter)
    async with services.db.begin() as unit:
        return {"plates": await service.listed(unit, services, letter.agency_id)}


def _json(letter: Letter) -> Any:
    try:
        return orjson.loads(letter.body)
    except orjson.JSONDecodeError:
        raise Refused("unreadable", "body", "", "JSON이 아닙니다.", "The body is not JSON.") from None


async def _refusal(services: Services, letter: Letter, wrong: Refused | str) -> Problem:
    return await request_line.not_taken(services, letter, wrong, trigger=service.TRIGGER)
