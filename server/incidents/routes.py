"""The list of incidents over HTTP. One incident with all that hangs on it, and the commands, stand in
`console/incident_routes.py`: they reach into higher slices."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request

from server.connection import services_of
from server.incidents.cards import closed_cards, open_cards
from server.staff.routes import Operator

router = APIRouter()


@router.get("/api/incidents")
async def list_incidents(
    request: Request, viewer: Operator, state: Literal["open", "closed"] = "open"
) -> dict[str, Any]:
    async with services_of(request).db.begin(center=viewer.scope) as unit:
        return {"incidents": await (open_cards(unit) if state == "open" else closed_cards(unit))}
