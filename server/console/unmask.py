"""The caller's full name and number for one operator: with a reason on record, of an open incident (kind `identity`).

Cards and pages hold them masked. The row is on disk before the answer; a refusal is, too."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from location_router.runtime.problems import Problem
from server.connection import services_of
from server.gate import MOST_REASON, Refused, Wish, ask
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Unmasker = Annotated[Viewer, Depends(permitted("identity.unmask"))]

_CALLER = """
SELECT alert_id, caller_sealed FROM alert WHERE incident_id = :incident
AND (CAST(:alert AS uuid) IS NULL OR alert_id = :alert) ORDER BY received_at, alert_id LIMIT 1
"""


class UnmaskBody(BaseModel):
    reason: str = Field(min_length=2, max_length=MOST_REASON)
    fields: list[Literal["name", "phone"]] = Field(min_length=1, max_length=2)
    alert_id: UUID | None = None
    legal_basis: str | None = Field(default=None, max_length=80)


@router.post("/api/incidents/{incident_id}/unmask")
async def unmask(request: Request, viewer: Unmasker, incident_id: UUID, body: UnmaskBody) -> dict[str, Any]:
    """`{"name"?, "phone"?, "release_id"}`: what was asked for, of the incident's first alert or of `alert_id`."""
    services = services_of(request)
    fields = sorted(set(body.fields))
    async with services.db.begin(center=viewer.scope) as unit:
        row = await unit.one(_CALLER, {"incident": incident_id, "alert": body.alert_id})
        if row is None:
            raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
        detail = {"fields": fields, "alert_id": str(row["alert_id"])}
        wish = Wish("identity", incident_id, reason=body.reason, legal_basis=body.legal_basis, detail=detail)
        answer = await ask(unit, viewer, wish, now=services.clock())
    if isinstance(answer, Refused):
        raise answer
    caller = services.sealer.open(row["caller_sealed"], context=f"alert.caller:{row['alert_id']}") or {}
    known = {"name": caller.get("nickname", ""), "phone": caller.get("phone", "")}
    return {name: known[name] for name in fields} | {"release_id": str(answer[0])}
