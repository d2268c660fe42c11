"""The door for warnings that ask for no cameras (docs/agencies.md section 10): a CAP message, signed, and every refusal
leaves a row."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from location_router.request_content.values import Refused
from location_router.request_routes import signed_call

cap_warning_routes = APIRouter()
SCOPE = "warnings"
FORMS = ("application/cap+xml", "application/emergencycalldata.cap+xml", "application/xml", "text/xml")


def check_form(content_type: str) -> None:
    """Raises Refused for anything but CAP."""
    form = content_type.partition(";")[0].strip().lower()
    if form not in FORMS:
        raise Refused("unknown_form", "Content-Type", form, f"다음 형식을 받습니다: {', '.join(FORMS)}",
                      f"Send one of {', '.join(FORMS)}.")  # fmt: skip


@cap_warning_routes.post("/v1/warnings", status_code=202)
async def warn(request: Request) -> JSONResponse:
    """Alert, Update or Cancel. 202: on disk, and on its way to each center; 200: the same bytes again."""
    async with signed_call(request, scope=SCOPE) as call:
        check_form(request.headers.get("content-type", ""))
        taken = call.router.cap_warnings.take(
            call.body, sender_id=call.sender.sender_id, agency_id=call.sender.agency_id
        )
        shown, is_new = await taken
        return JSONResponse(shown, 202 if is_new else 200, call.headers)
