"""The switches over HTTP, and the dependency by which a route obeys one:

Talker = Annotated[Viewer, Depends(needs_feature("talk", permitted("talk")))]
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, Field

from server.connection import services_of
from server.features import service
from server.features.model import EVERYWHERE, FEATURES
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Manager = Annotated[Viewer, Depends(permitted("flags.manage"))]
Guard = Callable[[Request], Awaitable[Viewer]]

_WHOSE = {
    "incident_id": "SELECT center_id, is_drill FROM incident WHERE incident_id = :id",
    "dispatch_id": "SELECT center_id, is_drill FROM dispatch WHERE dispatch_id = :id",
}


def needs_feature(name: str, guard: Guard) -> Callable[..., Awaitable[Viewer]]:
    """A dependency: the viewer, whom `guard` has let in, where the function is on: in the center of the path's
    incident or dispatch, or (a path without one) in one of the viewer's own. 403 `feature_off`."""
    assert name in FEATURES, name

    async def dependency(request: Request, viewer: Viewer = Depends(guard)) -> Viewer:
        services = services_of(request)
        row = None
        for field in _WHOSE.keys() & request.path_params.keys():
            async with services.db.begin() as unit:
                row = await unit.one(_WHOSE[field], {"id": _uuid(request.path_params[field])})
            if row is None:
                return viewer  # the route says that there is none
        if row is not None:
            await service.require(services, name, [row["center_id"]], is_drill=row["is_drill"])
        elif viewer.centers != "all":
            await service.require(services, name, viewer.centers or [EVERYWHERE], is_drill=name == "exercises")
        return viewer

    return dependency


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class FlagBody(BaseModel):
    name: str = Field(max_length=40)
    center: str = Field(max_length=20)
    state: Literal["off", "pilot", "on"]
    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = None
    note: str = Field(default="", max_length=500)

    def wanted(self) -> service.Wanted:
        center, note = self.center.replace("\x00", ""), self.note.replace("\x00", "").strip()
        return service.Wanted(self.name, center, self.state, self.since, self.until, note)


@router.get("/api/flags")
async def flags(request: Request, viewer: Manager) -> dict[str, Any]:
    return await service.listed(services_of(request), viewer)


@router.put("/api/flags")
async def set_flag(request: Request, viewer: Manager, body: FlagBody) -> dict[str, Any]:
    """From `from` on (now, where it is not said) until another row; a row with the same `from` is replaced."""
    return await service.put(services_of(request), viewer, body.wanted())
