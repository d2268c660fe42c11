"""One camera of the registry over HTTP, for administrators: read, change, give it streams, retire it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from server.cameras import entering
from server.gate import MOST_REASON
from server.staff.model import Viewer
from server.staff.routes import permitted, services_of

router = APIRouter(prefix="/api/cameras/registry/{camera_id}")
Manager = Annotated[Viewer, Depends(permitted("cameras.manage"))]
CameraId = Annotated[str, Path(max_length=200)]
Words = Annotated[str, Field(max_length=300)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class CameraChange(BaseModel):
    """What is to be changed; what is left out stays. `lat` and `lon` together."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)] = ""
    lat: Number = 0.0
    lon: Number = 0.0
    accuracy_m: Number = 0.0
    heading_deg: Number | None = None
    heading_text: Words = ""
    field_of_view_deg: Number = 0.0
    range_m: Number = 0.0
    height_m: Number | None = None
    is_ptz: bool = False
    pan_speed_deg_s: Annotated[float, Field(gt=0, le=1000)] | None = None
    is_anpr: bool = False
    width_px: Annotated[int, Field(gt=0, le=20_000)] | None = None
    night: Literal["infrared", "lit", "none", "unknown"] = "unknown"
    purpose: Words = ""
    purposes: Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=9)] = []
    owner_name: Words = ""
    office: Words = ""
    office_phone: Annotated[str, Field(max_length=40)] = ""
    management_no: Words = ""
    site_address: Words = ""
    retention_days: int | None = None
    installed_on: date | None = None
    is_indoor: bool = False
    is_private: bool = False
    consent_until: AwareDatetime | None = None
    agreement_id: UUID | None = None
    is_buffered: bool = False

    def fields(self) -> dict[str, Any]:
        """Only what was sent."""
        sent = self.model_dump(exclude_unset=True)
        return {name: value.replace("\x00", "") if isinstance(value, str) else value for name, value in sent.items()}


class StreamsBody(BaseModel):
    sub: str = Field(default="", max_length=1000)
    main: str = Field(default="", max_length=1000)
    user: str = Field(default="", max_length=100)
    password: str = Field(default="", max_length=200)


class RetireBody(BaseModel):
    reason: str = Field(min_length=1, max_length=MOST_REASON)


@router.get("")
async def one(request: Request, viewer: Manager, camera_id: CameraId) -> dict[str, Any]:
    """Everything but its addresses."""
    async with services_of(request).db.begin(center=viewer.scope) as unit:
        return {"camera": await entering.told(unit, _plain(camera_id))}


@router.patch("")
async def change(request: Request, viewer: Manager, camera_id: CameraId, body: CameraChange) -> dict[str, Any]:
    """Some of its facts; the log names which."""
    return {"camera": await entering.change(services_of(request), viewer, _plain(camera_id), body.fields())}


@router.put("/streams")
async def streams(request: Request, viewer: Manager, camera_id: CameraId, body: StreamsBody) -> dict[str, Any]:
    """Where its pictures come from; sealed, and never told again. Empty: nowhere."""
    given = entering.Streams(*(_plain(one) for one in (body.sub, body.main, body.user, body.password)))
    return {"camera": await entering.set_streams(services_of(request), viewer, _plain(camera_id), given)}


@router.post("/retire")
async def retire(request: Request, viewer: Manager, camera_id: CameraId, body: RetireBody) -> dict[str, Any]:
    """It stands no more: never chosen, never opened; its row stays for the log."""
    reason = _plain(body.reason)
    return {"camera": await entering.retire(services_of(request), viewer, _plain(camera_id), reason)}


def _plain(text: str) -> str:
    return text.replace("\x00", "")
