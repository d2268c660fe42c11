"""The review page of imports: what came in, what is doubtful, and what an administrator decides about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.cameras.importing import deciding
from server.cameras.importing.deciding import Acceptance, NotDecided
from server.cameras.importing.importer import ImportRefused, ground_of
from server.connection import services_of
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Manager = Annotated[Viewer, Depends(permitted("cameras.manage"))]
State = Literal["open", "accepted", "rejected"]
TOGETHER = 200

_PROBLEMS: dict[str, tuple[int, str, str]] = {
    "unknown": (404, "그런 확인 항목이 없습니다.", "There is no such doubt."),
    "decided": (409, "이미 처리되었습니다. 새로 고쳐 주세요.", "It was decided already: reload the page."),
    "place_needed": (422, "제안이 없습니다: 지도에서 위치를 찍어 주세요.", "There is no suggestion: give the place."),
    "outside": (422, "이 설치가 맡지 않는 곳입니다.", "This installation does not serve that place."),
    "other_center": (422, "내 관할이 아닌 곳입니다.", "That place is not in your jurisdiction."),
}


class AcceptBody(BaseModel):
    """Nothing: the suggestion. `lat` with `lon`: that place. `as_it_is`: the row is right as it stands."""

    model_config = ConfigDict(extra="forbid")

    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    as_it_is: bool = False

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon go together")
        if self.as_it_is and self.lat is not None:
            raise ValueError("as_it_is or a place, not both")
        return self


class TogetherBody(BaseModel):
    """All open doubts of one reason in one import that have a suggestion."""

    model_config = ConfigDict(extra="forbid")

    batch_id: UUID
    reason: str = Field(max_length=40)


@router.get("/api/cameras/imports")
async def list_imports(request: Request, viewer: Manager) -> dict[str, Any]:
    """The last imports with their reports (the first lines of each list)."""
    async with services_of(request).db.begin(center=viewer.scope) as unit:
        return {"imports": await deciding.imports(unit)}


@router.get("/api/cameras/doubts")
async def list_doubts(
    request: Request,
    viewer: Manager,
    state: State = "open",
    reason: Annotated[str | None, Query(max_length=40)] = None,
    batch_id: UUID | None = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Doubtful rows with what to do about each; `next` is sent as `after` for those that follow."""
    async with services_of(request).db.begin(center=viewer.scope) as unit:
        doubts = await deciding.listed(unit, state=state, reason=reason, batch_id=batch_id, after=after, limit=limit)
        by_reason = await deciding.counted(unit, state)
    return {"doubts": doubts, "by_reason": by_reason, "next": doubts[-1]["doubt_id"] if len(doubts) == limit else None}


@router.post("/api/cameras/doubts/accept")
async def accept_together(request: Request, viewer: Manager, body: TogetherBody) -> dict[str, Any]:
    """At most TOGETHER at once; `left` says whether to ask again. Each is a decision of its own and can be undone."""
    services, ground = services_of(request), await _ground(request)
    accepted, skipped = 0, 0
    async with services.db.begin(center=viewer.scope) as unit:
        doubts = await deciding.listed(
            unit, state="open", reason=body.reason, batch_id=body.batch_id, after=None, limit=TOGETHER
        )
        for doubt in doubts:
            try:
                await deciding.accept(
                    unit,
                    UUID(doubt["doubt_id"]),
                    Acceptance(),
                    ground=ground,
                    actor=viewer.actor,
                    by=viewer.account_id,
                    now=services.clock(),
                )
                accepted += 1
            except NotDecided:
                skipped += 1
        left = (await deciding.counted(unit, "open")).get(body.reason, 0)
    return {"accepted": accepted, "skipped": skipped, "left": left}


@router.post("/api/cameras/doubts/{doubt_id}/accept")
async def accept(request: Request, viewer: Manager, doubt_id: UUID, body: AcceptBody | None = None) -> dict[str, Any]:
    """The suggestion, the given place, or the row as it stands; undone by `reopen`."""
    services, ground, wish = services_of(request), await _ground(request), body or AcceptBody()
    how = Acceptance(wish.lat, wish.lon, wish.as_it_is)
    return await _decided(
        request,
        viewer,
        lambda unit: deciding.accept(
            unit, doubt_id, how, ground=ground, actor=viewer.actor, by=viewer.account_id, now=services.clock()
        ),
    )


@router.post("/api/cameras/doubts/{doubt_id}/reject")
async def reject(request: Request, viewer: Manager, doubt_id: UUID) -> dict[str, Any]:
    """The row stays out (or as it is); undone by `reopen`."""
    now = services_of(request).clock()
    return await _decided(
        request,
        viewer,
        lambda unit: deciding.reject(unit, doubt_id, actor=viewer.actor, by=viewer.account_id, now=now),
    )


@router.post("/api/cameras/doubts/{doubt_id}/reopen")
async def reopen(request: Request, viewer: Manager, doubt_id: UUID) -> dict[str, Any]:
    """Undo the decision and what it did to the registry."""
    now = services_of(request).clock()
    return await _decided(request, viewer, lambda unit: deciding.reopen(unit, doubt_id, actor=viewer.actor, now=now))


async def _ground(request: Request) -> Any:
    services = services_of(request)
    try:
        return await ground_of(services)
    except ImportRefused as error:
        ko, _, en = str(error).partition(" · ")
        raise Problem(503, "no_boundaries", ko, en) from None


async def _decided(
    request: Request, viewer: Viewer, work: Callable[[Unit], Awaitable[dict[str, Any]]]
) -> dict[str, Any]:
    try:
        async with services_of(request).db.begin(center=viewer.scope) as unit:
            return {"doubt": await work(unit)}
    except NotDecided as error:
        status, ko, en = _PROBLEMS[error.code]
        raise Problem(status, f"doubt_{error.code}", ko, en) from None
