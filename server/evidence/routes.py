"""Evidence packages over HTTP, for supervisors of the center that has the incident."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import StreamingResponse

from server.connection import services_of
from server.evidence import service
from server.evidence.model import Recipient
from server.evidence.service import MOST_CAMERAS, Order
from server.gate import MOST_REASON
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Exporter = Annotated[Viewer, Depends(permitted("evidence.export"))]
CameraId = Annotated[str, Field(min_length=1, max_length=200)]


class RecipientBody(BaseModel):
    name: str = Field(min_length=1, max_length=80)
    agency: str = Field(min_length=1, max_length=80)
    case_no: str = Field(default="", max_length=80)


class OrderBody(BaseModel):
    camera_ids: list[CameraId] = Field(min_length=1, max_length=MOST_CAMERAS)
    from_at: AwareDatetime
    until_at: AwareDatetime
    reason: str = Field(min_length=2, max_length=MOST_REASON)
    recipient: RecipientBody
    expires_at: AwareDatetime
    legal_basis: str | None = Field(default=None, max_length=80)

    def order(self) -> Order:
        recipient = Recipient(
            *(_plain(one) for one in (self.recipient.name, self.recipient.agency, self.recipient.case_no))
        )
        return Order(
            tuple(_plain(one) for one in self.camera_ids),
            self.from_at,
            self.until_at,
            _plain(self.reason),
            recipient,
            self.expires_at,
            self.legal_basis,
        )


def _plain(text: str) -> str:
    """NUL can't be kept by PostgreSQL; nobody means one."""
    return text.replace("\x00", "")


@router.post("/api/incidents/{incident_id}/evidence", status_code=202)
async def order(request: Request, viewer: Exporter, incident_id: UUID, body: OrderBody) -> dict[str, Any]:
    """Accepted when its release rows are on disk; `password` is told here and never again."""
    return await service.order(services_of(request), viewer, incident_id, body.order())


@router.get("/api/incidents/{incident_id}/evidence")
async def packages(request: Request, viewer: Exporter, incident_id: UUID) -> dict[str, Any]:
    return {"packages": await service.listed(services_of(request), viewer, incident_id)}


@router.get("/api/incidents/{incident_id}/evidence/{package_id}")
async def package(request: Request, viewer: Exporter, incident_id: UUID, package_id: UUID) -> dict[str, Any]:
    """With `state` and `progress` 0 to 1."""
    return {"package": await service.one(services_of(request), viewer, incident_id, package_id)}


@router.get("/api/incidents/{incident_id}/evidence/{package_id}/file")
async def file(request: Request, viewer: Exporter, incident_id: UUID, package_id: UUID) -> StreamingResponse:
    """The encrypted ZIP. The gate is asked before the first byte and each second after it."""
    services = services_of(request)
    path, release_ids = await service.fetch(services, viewer, incident_id, package_id)
    headers = {
        "Content-Disposition": f'attachment; filename="ansim-evidence-{str(package_id)[:8]}.zip"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(service.blocks(services, path, release_ids), media_type="application/zip", headers=headers)


@router.delete("/api/incidents/{incident_id}/evidence/{package_id}")
async def withdraw(request: Request, viewer: Exporter, incident_id: UUID, package_id: UUID) -> dict[str, Any]:
    """Its file is deleted at once."""
    return {"package": await service.withdraw(services_of(request), viewer, incident_id, package_id)}
