"""The person's own view: who saw what about her (her device's token, or her browser's cookie)."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from server.connection import services_of
from server.log import own_copy
from server.log.disclosures import mine
from server.people.routes import User

router = APIRouter()


@router.get("/api/people/me/disclosures")
async def disclosures(request: Request, user: User) -> dict[str, Any]:
    """`{"alerts": [{"alert_id", "open", "complete", "disclosures": […], "guardians": […]}]}`; while an alert runs only
    which guardians have opened her page. `"walks": [{"walk_id", "started_at", "ended_at", "disclosures"}]`: who was
    shown where she was, while it runs too."""
    return await mine(services_of(request), user)


@router.get("/api/people/me/copy")
async def copy(request: Request, user: User, form: Literal["json", "csv"] = "json") -> Response:
    """All of it as a file: `json` everything that is kept of her here, `csv` who saw what."""
    services = services_of(request)
    headers = {"Content-Disposition": f'attachment; filename="ansim-my-record.{form}"'}
    if form == "csv":
        return Response(await own_copy.table(services, user), headers=headers, media_type="text/csv; charset=utf-8")
    return JSONResponse(await own_copy.whole(services, user), headers=headers)
