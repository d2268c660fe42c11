"""The person's own view: who saw what about her (bearer: her device's token)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from server.connection import services_of
from server.log.disclosures import mine
from server.people.routes import User

router = APIRouter()


@router.get("/api/people/me/disclosures")
async def disclosures(request: Request, user: User) -> dict[str, Any]:
    """`{"alerts": [{"alert_id", "open", "complete", "disclosures": […]}]}`; nothing of an alert that still runs."""
    return await mine(services_of(request), user)
