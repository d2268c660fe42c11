"""Photos and sound of a person's own phone: from the router, and to the operators of the serving center."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from location_router.runtime.problems import Problem
from server.captures import model, service
from server.connection import services_of
from server.signed import signed_body
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Looker = Annotated[Viewer, Depends(permitted("video.view"))]
LONGEST = model.PIECE_BYTES + 8 * 1024
NO_RELEASE = UUID(int=0)


@router.post("/v1/captures")
async def take(request: Request) -> dict[str, bool]:
    """A piece, signed by the router: its line, a line feed, its bytes. 200 when it is on disk, or when it is not
    wanted; 409 when its alert is not here yet; 422 when it can't be read."""
    services = services_of(request)
    body = await signed_body(request, most_bytes=LONGEST)
    try:
        kept = await service.receive(services, model.read(body))
    except model.Unreadable as error:
        said = "조각을 읽을 수 없습니다.", f"The piece can't be read: {error}."
        raise Problem(422, "unreadable", *said, field=str(error)) from None
    except service.NotHereYet:
        raise Problem(409, "no_alert_yet", "신고가 아직 오지 않았습니다.", "Its alert is not here yet.") from None
    return {"kept": kept}


@router.get("/api/incidents/{incident_id}/captures")
async def listed(request: Request, viewer: Looker, incident_id: UUID) -> dict[str, Any]:
    return await service.listed(services_of(request), viewer, incident_id)


@router.post("/api/incidents/{incident_id}/captures/open")
async def open_captures(request: Request, viewer: Looker, incident_id: UUID) -> dict[str, Any]:
    """A release row, for `release_id` below."""
    return await service.open_captures(services_of(request), viewer, incident_id)


@router.get("/api/incidents/{incident_id}/captures/{capture_id}")
async def content(
    request: Request, viewer: Looker, incident_id: UUID, capture_id: UUID, release_id: UUID = NO_RELEASE
) -> Response:
    """The photo or the sound. Without a release it is refused like under one that has ended."""
    kind, data = await service.content(services_of(request), viewer, incident_id, capture_id, release_id)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type=kind, headers=headers)
