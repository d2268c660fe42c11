"""Measures, misuse findings, load, operation and traffic over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from location_router.runtime.problems import Problem
from server.connection import services_of
from server.features.routes import needs_feature
from server.oversight import kpi, load, misuse_service, operation, traffic
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Reader = Annotated[Viewer, Depends(permitted("kpi.read"))]
Reviewer = Annotated[Viewer, Depends(permitted("misuse.review"))]
Leader = Annotated[Viewer, Depends(permitted("incidents.supervise"))]
Keeper = Annotated[Viewer, Depends(permitted("operation.read"))]
Traffic = Annotated[Viewer, Depends(needs_feature("traffic", permitted("traffic.read")))]
LONGEST, USUAL = timedelta(days=5 * 366), timedelta(days=30)


class Asked(BaseModel):
    """`from` and `to` default to the last thirty days."""

    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = Field(default=None, alias="to")
    center: str | None = Field(default=None, max_length=20)
    format: Literal["json", "csv"] = "json"


@router.get("/api/kpi", response_model=None)
async def measured(request: Request, viewer: Reader, asked: Annotated[Asked, Query()]) -> Any:
    """Over incidents that ended in [from, to), from columns and tags; counts below 5 as "<5" for administrators."""
    services = services_of(request)
    until = asked.until or services.clock()
    since = asked.since or until - min(USUAL, until - until.min.replace(tzinfo=until.tzinfo))
    if not timedelta(0) < until - since <= LONGEST:
        raise Problem(
            422,
            "invalid",
            "기간을 확인해 주세요: from은 to보다 앞서고, 5년을 넘지 않아야 합니다.",
            "Check the period: from is before to, and it is no longer than five years.",
            fields=[{"field": "to", "message": "after `from`, five years at most", "value": until.isoformat()}],
        )
    center = asked.center.replace("\x00", "") if asked.center else None
    report = await kpi.read(services, viewer, kpi.Period(since, until, center))
    if asked.format == "json":
        return report
    name = f"ansim-kpi-{since:%Y%m%d}-{until:%Y%m%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(kpi.as_csv(report), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/api/kpi/formulae")
async def formulae(request: Request, viewer: Reader) -> dict[str, Any]:
    return await kpi.published(services_of(request), viewer)


@router.get("/api/load")
async def loads(request: Request, viewer: Leader, hours: Annotated[int, Query(ge=1, le=744)] = 24) -> dict[str, Any]:
    return await load.history(services_of(request), viewer, hours=hours)


class ReviewBody(BaseModel):
    verdict: Literal["justified", "not_justified"]
    note: str = Field(default="", max_length=2000)


@router.get("/api/misuse")
async def misuse(
    request: Request, viewer: Reviewer, state: Literal["open", "reviewed"] | None = None
) -> dict[str, Any]:
    return await misuse_service.listed(services_of(request), viewer, state=state)


@router.post("/api/misuse/{finding_id}/review")
async def review(request: Request, viewer: Reviewer, finding_id: UUID, body: ReviewBody) -> dict[str, Any]:
    """Once, and by nobody about himself."""
    note = body.note.replace("\x00", "").strip()
    return await misuse_service.review(services_of(request), viewer, finding_id, verdict=body.verdict, note=note)


@router.get("/api/operation")
async def operates(request: Request, viewer: Keeper) -> dict[str, Any]:
    return await operation.summary(services_of(request), viewer)


class NoteBody(BaseModel):
    text: str = Field(min_length=1, max_length=traffic.LONGEST)
    blocked: bool = False


@router.get("/api/traffic/incidents")
async def on_the_way(request: Request, viewer: Traffic) -> dict[str, Any]:
    """Areas that help is on its way to, each a release of its own."""
    return await traffic.areas(services_of(request), viewer)


@router.post("/api/incidents/{incident_id}/traffic", status_code=201)
async def note(request: Request, viewer: Traffic, incident_id: UUID, body: NoteBody) -> dict[str, Any]:
    return await traffic.note(services_of(request), viewer, incident_id, text=body.text, blocked=body.blocked)
