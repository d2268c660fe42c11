"""Warnings on their way in: from the router, and on the line of an agency that has agreed with a center on disasters.

On a line the message is signed as everything on it, and stands at those of the centers it touches whose key has signed
and whose agreement allows `disaster`. The same message again has no further effect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

import shapely
from pydantic import ValidationError
from shapely.geometry.base import BaseGeometry

from location_router.cap_warning.reach import centers_of, whole_of
from location_router.cap_warning.reading import check_time, read_warning
from location_router.cap_warning.values import Area, CapWarning, warning_id
from location_router.request_content.values import Refused
from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from location_router.wire_warnings import WarningNote
from server import request_line
from server.agencies.model import Agreement, agreement_from_row
from server.boundaries import boundaries_of
from server.cap_warnings import service
from server.dispatch import reports
from server.dispatch.lines import keys_of
from server.intake import quarantine
from server.line_calls import after_call
from server.line_turns import turns_of
from server.request_line import Letter

if TYPE_CHECKING:
    from server.services import Services

_AGREED = "SELECT * FROM agreement WHERE agency_id = :agency AND center_id = ANY(:codes) AND 'disaster' = ANY(triggers)"
_EARLIER = "SELECT DISTINCT center_id FROM cap_warning WHERE agency_id = :agency AND key = ANY(:keys) AND is_here"
_HELD = "SELECT body FROM cap_warning WHERE warning_id = :id"


async def receive_warning(services: Services, body: bytes) -> None:
    """From the router. What can't be read lies where an administrator sees it."""
    try:
        note = WarningNote.model_validate_json(body)
        message = note.message()
        warning = read_warning(message)
    except (ValidationError, ValueError, Refused) as error:
        reason = error.field if isinstance(error, Refused) else str(error)
        await quarantine(services, source="warning", reason=reason[:400], body=body)
        return
    await service.take(
        services, warning, message, agency_id=note.agency_id, centers=note.centers, served=note.served, via="router"
    )


async def warn(services: Services, letter: Letter) -> tuple[int, dict[str, Any]]:
    """The status and what became of it. Problems 401, 403 `no_agreement`, 409 `id_used`, 422."""
    await request_line.verified(services, letter)
    try:
        warning = read_warning(letter.body)
        name = warning_id(letter.agency_id, warning.key)
        async with after_call(services, letter) as unit:
            held = await unit.all(_HELD, {"id": name})
            centers = await _centers(unit, services, letter, warning)
        if not held:
            check_time(warning, services.clock())
    except Refused as wrong:
        raise await request_line.not_taken(services, letter, wrong, trigger="disaster") from None
    if any(bytes(one["body"]) != letter.body for one in held):
        raise await request_line.not_taken(services, letter, "id_used", trigger="disaster")
    if not centers:
        raise await request_line.not_taken(services, letter, "no_agreement", trigger="disaster")
    said = {"agency_id": letter.agency_id, "centers": centers, "served": centers, "via": "center"}
    async with turns_of(services).work(letter.agency_id, letter.address):
        is_new = await service.take(services, warning, letter.body, **said)
    told = {"warning_id": str(name), "kind": warning.kind, "severity": warning.severity, "centers": centers}
    return (202 if is_new else 200), told | {"expires_at": warning.expires_at.isoformat()}


async def _centers(unit: Unit, services: Services, letter: Letter, warning: CapWarning) -> list[str]:
    """Those that it touches, and those of what it replaces, as far as the agency has a say there."""
    boundaries, settings = await boundaries_of(services).current(), services.settings
    touched, areas = set[str](), tuple(warning.areas())
    if boundaries is not None:
        touched.update(await asyncio.to_thread(centers_of, boundaries, areas))
    earlier = {"agency": letter.agency_id, "keys": list(warning.references)}
    touched.update(one["center_id"] for one in await unit.all(_EARLIER, earlier))
    here = [code for code in touched if settings.serves_all or code in settings.served_codes]
    rows = await unit.all(_AGREED, {"agency": letter.agency_id, "codes": here})
    agreed = await asyncio.to_thread(_agreed, rows, areas, services.clock())
    return sorted([code for code in agreed if await _has_signed(unit, services, letter, code)])


def _agreed(rows: list[dict[str, Any]], areas: Collection[Area], now: datetime) -> set[str]:
    shape = whole_of(areas)
    return {row["center_id"] for row in rows if _allows(agreement_from_row(row), shape, now)}


def _allows(agreement: Agreement, shape: BaseGeometry | None, now: datetime) -> bool:
    if not agreement.in_force(now):
        return False
    if agreement.areas is None or shape is None:
        return True
    return bool(shapely.geometry.shape(agreement.areas).intersects(shape))


async def _has_signed(unit: Unit, services: Services, letter: Letter, code: str) -> bool:
    keys = await keys_of(unit, services, agency_id=letter.agency_id, center_id=code)
    try:
        reports.verify(keys, letter.headers, letter.body, now=services.clock(), call=letter.call)
    except Problem:
        return False
    return True
