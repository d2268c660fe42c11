"""The door for warnings on an agency's line (docs/agencies.md section 10)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from server import warning_line
from server.connection import services_of
from server.line_letters import letter_of

router = APIRouter()


@router.post("/api/lines/{agency_id}/warnings", status_code=202)
async def warn(request: Request, agency_id: str) -> JSONResponse:
    """A CAP 1.2 message: Alert, Update or Cancel. 202: on disk; 200: the same again."""
    status, told = await warning_line.warn(services_of(request), await letter_of(request, agency_id))
    return JSONResponse(told, status)
