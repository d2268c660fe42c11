"""The line that an agency's own system speaks to (docs/dispatch.md): signed, no session."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from location_router.runtime.problems import Problem
from server.connection import address_of, services_of
from server.dispatch import reports

router = APIRouter()


@router.post("/api/lines/{agency_id}/dispatches/{dispatch_id}/state")
async def state(request: Request, agency_id: str, dispatch_id: UUID) -> dict[str, Any]:
    """The agency says how its dispatch goes. Body: `StateReport`; any content type, since the bytes are signed."""
    body = await request.body()
    if len(body) > reports.LONGEST_BODY:
        raise Problem(413, "too_long", "본문이 너무 깁니다(64 KB까지).", "The body is longer than 64 KB.")
    said = {"headers": request.headers, "body": body, "address": address_of(request)}
    return await reports.take(services_of(request), agency_id=agency_id[:80], dispatch_id=dispatch_id, **said)
