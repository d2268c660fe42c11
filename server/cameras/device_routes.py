"""Devices behind cameras (administrators), and moving them (the owning center's operators)."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field

from location_router.runtime.problems import Problem
from server.cameras import devices, discovery, ptz
from server.cameras.moving import MOST_SECONDS
from server.cameras.onvif.port import DeviceAddress, Motion
from server.cameras.onvif.where import MOST_PORTS
from server.cameras.setup_still import setup_still
from server.gate import MOST_REASON
from server.staff.model import Viewer
from server.staff.routes import permitted, services_of, signed_in

router = APIRouter()

Manager = Annotated[Viewer, Depends(permitted("cameras.manage"))]
CameraId = Annotated[str, Path(max_length=200)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Speed = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
_permitted_mover = permitted("cameras.move")


async def mover(request: Request) -> Viewer:
    """A dependency: who may move cameras at all. An agency that tries is refused by a name of its own, on record."""
    viewer = await signed_in(request)
    if viewer.role == "agent":
        with suppress(ValueError):
            incident_id = UUID(request.path_params["incident_id"])
            await ptz.refuse_agency(services_of(request), viewer, incident_id, request.path_params["camera_id"])
        raise ptz.problem_of("ptz_not_yours")
    return await _permitted_mover(request)


mover.__dict__["permission"] = "cameras.move"
Mover = Annotated[Viewer, Depends(mover)]


class Search(BaseModel):
    subnet: str = Field(max_length=60)
    ports: list[Port] = Field(default=[80], min_length=1, max_length=MOST_PORTS)
    center: str = Field(default="", max_length=20)


class NewDevice(BaseModel):
    url: str = Field(max_length=300)
    user: str = Field(default="", max_length=100)
    password: str = Field(default="", max_length=200)
    subnet: str = Field(default="", max_length=60)
    sub_profile: str = Field(default="", max_length=100)
    main_profile: str = Field(default="", max_length=100)


class Reason(BaseModel):
    reason: str = Field(min_length=1, max_length=MOST_REASON)


class Move(BaseModel):
    pan: Speed = 0
    tilt: Speed = 0
    zoom: Speed = 0
    seconds: float = Field(default=0.5, gt=0, le=MOST_SECONDS, allow_inf_nan=False)
    take: bool = False


class ToPreset(BaseModel):
    token: str = Field(min_length=1, max_length=100)
    take: bool = False


@router.post("/api/cameras/discover", status_code=202)
async def discover(request: Request, viewer: Manager, body: Search) -> dict[str, Any]:
    """Begin to look; `GET …/discoveries/{id}` tells how far it is."""
    services = services_of(request)
    center = body.center or await _own_center(request, viewer)
    async with services.db.begin(center=viewer.scope) as unit:
        known = await unit.scalar("SELECT 1 FROM center WHERE code = :code", {"code": center})
    if not known or not viewer.sees(center):
        raise Problem(404, "unknown_center", "이 계정의 센터가 아닙니다.", "Not one of your centers.", field="center")
    return await discovery.begin(services, viewer, center=center, subnet=body.subnet, ports=body.ports)


async def _own_center(request: Request, viewer: Viewer) -> str:
    """The first center of the viewer's desk."""
    async with services_of(request).db.begin(center=viewer.scope) as unit:
        code = await unit.scalar(
            "SELECT code FROM center WHERE desk = :desk ORDER BY code LIMIT 1", {"desk": viewer.desk}
        )
    return str(code or "")


@router.get("/api/cameras/discoveries/{discovery_id}")
async def discovered(request: Request, viewer: Manager, discovery_id: UUID) -> dict[str, Any]:
    async with services_of(request).db.begin(center=viewer.scope) as unit:
        return await discovery.status(unit, discovery_id)


@router.post("/api/cameras/discoveries/{discovery_id}/cancel")
async def cancel(request: Request, viewer: Manager, discovery_id: UUID) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        return await discovery.cancel(unit, services, viewer, discovery_id)


@router.get("/api/cameras/{camera_id}/device")
async def device(request: Request, viewer: Manager, camera_id: CameraId) -> dict[str, Any]:
    """What is bound to the camera, and what would be better set on it."""
    async with services_of(request).db.begin(center=viewer.scope) as unit:
        return await devices.binding(unit, camera_id)


@router.post("/api/cameras/{camera_id}/device")
async def bind(request: Request, viewer: Manager, camera_id: CameraId, body: NewDevice) -> dict[str, Any]:
    """Ask the device and bind it. `subnet`: where its streams may be besides its own address."""
    address = DeviceAddress(body.url, body.user, body.password)
    wanted = devices.Wanted(address, body.subnet, body.sub_profile, body.main_profile)
    return await devices.bind(services_of(request), viewer, camera_id, wanted)


@router.post("/api/cameras/{camera_id}/setup-still")
async def still(request: Request, viewer: Manager, camera_id: CameraId, body: Reason) -> Response:
    """A picture for setting the camera up: a release of kind `maintenance`."""
    picture, release_id = await setup_still(services_of(request), viewer, camera_id, body.reason)
    headers = {"Cache-Control": "no-store", "X-Ansim-Release": str(release_id)}
    return Response(picture, media_type="image/jpeg", headers=headers)


@router.post("/api/incidents/{incident_id}/cameras/{camera_id}/ptz")
async def move(request: Request, viewer: Mover, incident_id: UUID, camera_id: CameraId, body: Move) -> dict[str, Any]:
    """Turn for some time; without any speed it stands still."""
    services = services_of(request)
    if not (body.pan or body.tilt or body.zoom):
        return await ptz.stop(services, viewer, incident_id, camera_id)
    motion = Motion("continuous", body.pan, body.tilt, body.zoom, body.seconds)
    return await ptz.move(services, viewer, incident_id, camera_id, motion, takes=body.take)


@router.post("/api/incidents/{incident_id}/cameras/{camera_id}/ptz/stop")
async def stop(request: Request, viewer: Mover, incident_id: UUID, camera_id: CameraId) -> dict[str, Any]:
    return await ptz.stop(services_of(request), viewer, incident_id, camera_id)


@router.post("/api/incidents/{incident_id}/cameras/{camera_id}/ptz/preset")
async def preset(
    request: Request, viewer: Mover, incident_id: UUID, camera_id: CameraId, body: ToPreset
) -> dict[str, Any]:
    motion = Motion("preset", token=body.token)
    return await ptz.move(services_of(request), viewer, incident_id, camera_id, motion, takes=body.take)


@router.post("/api/incidents/{incident_id}/cameras/{camera_id}/ptz/release")
async def release(request: Request, viewer: Mover, incident_id: UUID, camera_id: CameraId) -> dict[str, Any]:
    """The hand off the camera."""
    await ptz.release(services_of(request), viewer, incident_id, camera_id)
    return {"ok": True}


@router.get("/api/incidents/{incident_id}/cameras/{camera_id}/presets")
async def presets(request: Request, viewer: Mover, incident_id: UUID, camera_id: CameraId) -> dict[str, Any]:
    return await ptz.presets(services_of(request), viewer, incident_id, camera_id)
