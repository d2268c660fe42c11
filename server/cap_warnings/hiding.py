"""A warning off a center's map, by its shift leader and with a reason, and on it again.

It is this center's map alone: the people who agreed, their phones and every other center are told all the same, and an
Update is drawn again. Only the agency that sent it calls a warning off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.cap_warnings.model import HIDE_REASONS
from server.events import NO_INCIDENT, record
from server.staff.model import Viewer

if TYPE_CHECKING:
    from server.services import Services

_HERE = "SELECT center_id FROM cap_warning WHERE warning_id = :id AND is_here FOR UPDATE"
_HIDE = """
UPDATE cap_warning SET hidden_at = :now, hidden_by = :by, hidden_reason = :reason
WHERE warning_id = :id AND is_here AND hidden_at IS NULL RETURNING center_id
"""
_SHOW = """
UPDATE cap_warning SET hidden_at = NULL, hidden_by = NULL, hidden_reason = ''
WHERE warning_id = :id AND is_here AND hidden_at IS NOT NULL RETURNING center_id
"""


async def hide(services: Services, viewer: Viewer, warning_id: UUID, *, reason: str) -> list[str]:
    """The viewer's centers that took it off now. Problem 404 `no_warning`, 422 `unknown_reason` with `codes`."""
    if reason not in HIDE_REASONS:
        codes = list(HIDE_REASONS)
        raise Problem(422, "unknown_reason", "목록의 사유를 골라 주세요.", "Choose a reason of the list.", codes=codes)
    async with services.db.begin(center=viewer.scope) as unit:
        return await _change(unit, services, viewer, warning_id, _HIDE, "warning:hidden", {"reason": reason})


async def show(services: Services, viewer: Viewer, warning_id: UUID) -> list[str]:
    """The viewer's centers that draw it again. Problem 404 `no_warning`."""
    async with services.db.begin(center=viewer.scope) as unit:
        return await _change(unit, services, viewer, warning_id, _SHOW, "warning:shown", {})


async def _change(
    unit: Unit, services: Services, viewer: Viewer, warning_id: UUID, statement: str, tag: str, said: dict[str, str]
) -> list[str]:
    if not await unit.all(_HERE, {"id": warning_id}):
        raise Problem(404, "no_warning", "이 센터에 그런 경보가 없습니다.", "There is no such warning at your center.")
    now = services.clock()
    known = {"id": warning_id, "now": now, "by": viewer.account_id, **said}
    changed = sorted(row["center_id"] for row in await unit.all(statement, known))
    for center in changed:
        payload = {"warning_id": str(warning_id), **said}
        record(unit, center_id=center, incident_id=NO_INCIDENT, tag=tag, actor=viewer.actor, payload=payload, at=now)
    return changed
