"""What the administrators' pages need beside the API of `routes.py` and `boundary_routes.py`: outlines to draw, a
file of borders to import, why a place belongs to a center, one center in full, and alarms of before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from location_router.admin.boundary_routes import drawings_of, refusing
from location_router.admin.routes import Administrator, router_of
from location_router.admin.uploads import Wish, imported, receive
from location_router.assign import assign
from location_router.boundaries import drawing
from location_router.index import Jurisdictions, NoVersionError
from location_router.locate import answer as told
from location_router.runtime.problems import Problem
from location_router.standings import row_of

map_routes = APIRouter(prefix="/admin", tags=["admin"])
Word = Annotated[str, Query(max_length=120)]
PACKED = {"Content-Encoding": "gzip", "Cache-Control": "no-store"}


class Question(BaseModel):
    """A place in degrees; `as_of` asks for the borders of another Korean day (then every center counts as online)."""

    model_config = ConfigDict(extra="forbid")
    lat: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    accuracy_m: float | None = Field(default=None, ge=0, le=1_000_000, allow_inf_nan=False)
    as_of: date | None = None
    version: str = Field(default="", max_length=64)


@map_routes.get("/boundaries/{label}/outlines")
async def outlines(
    label: str,
    request: Request,
    _: Administrator,
    tolerance_m: Annotated[float, Query(ge=0, le=5000)] = 200.0,
    codes: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """Jurisdictions as GeoJSON, simplified: of all centers, or of `codes` (comma-separated)."""
    router, wanted = router_of(request), tuple(sorted(set(filter(None, codes.split(",")))))

    async def work() -> Any:
        async with router.pool.connection() as conn:
            stamp = await drawing.stamp_of(conn, label)
            return stamp, await drawing.drawn_areas(conn, label, router.registry.boundaries.index)

    stamp, found = await refusing(work)
    drawn = await drawings_of(request).get(
        ("outlines", stamp, tolerance_m, wanted),
        lambda: drawing.outlines(found, tolerance_m=tolerance_m, codes=wanted),
    )
    return Response(drawn, media_type="application/geo+json", headers=PACKED)


@map_routes.post("/boundaries/import")
async def import_borders(
    request: Request,
    admin: Administrator,
    file: Annotated[str, Query(min_length=1, max_length=200, description="the file's name")],
    effective: date,
    name: Word = "",
    crs: Word = "",
    layer: Word = "",
    encoding: Word = "",
    code_field: Word = "",
    name_field: Word = "",
    dry_run: bool = False,
) -> StreamingResponse:
    """The body is the file (GeoJSON, zipped Shapefile, GeoPackage). Answers in lines of JSON while it works:
    `{"progress"}` …, then `{"report"}` (with `version`) or `{"problem"}`. Nothing takes effect before `activate`."""
    path = await receive(request, file)
    wish = Wish(effective.isoformat(), name, crs, layer, encoding, code_field, name_field, dry_run)
    lines = imported(path, wish, by=admin.name, database_url=router_of(request).settings.database_url)
    return StreamingResponse(_whole(lines), media_type="application/x-ndjson", headers={"Cache-Control": "no-store"})


async def _whole(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for line in lines:
        yield line


@map_routes.post("/explain")
async def explain_place(given: Question, request: Request, _: Administrator) -> dict[str, Any]:
    """Which center an alert from there would get, and why: candidates, distances, rule, boundary version. By the states
    and policies of this moment, unless another day or version is asked for."""
    registry = router_of(request).registry
    version = _version_for(request, given)
    is_now = given.as_of is None and not given.version
    decided = await asyncio.to_thread(
        assign,
        version,
        lat=given.lat,
        lon=given.lon,
        accuracy_m=given.accuracy_m,
        states=registry.states if is_now else None,
        policies=registry.policies,
        neighbours=True,
    )
    found = told(version, decided, accuracy_m=given.accuracy_m)
    states = {one["code"]: str(registry.facts(one["code"]).state) for one in found["candidates"]} if is_now else {}
    return found | {"is_now": is_now, "states": states}


def _version_for(request: Request, given: Question) -> Jurisdictions:
    index = router_of(request).registry.boundaries.index
    found = index.named(given.version) if given.version else None
    if given.version and found is None:
        raise Problem(
            404,
            "no_version",
            f"경계 버전 {given.version}은 아직 쓸 준비가 되지 않았거나 없습니다. 잠시 뒤 다시 시도해 주세요.",
            f"Boundary version {given.version} is not compiled yet, or there is none; try again in a moment.",
            field="version",
            value=given.version,
        )
    try:
        return found or index.version(given.as_of)
    except NoVersionError as error:
        raise Problem(
            422,
            "no_version_then",
            f"{given.as_of}에는 경계 버전이 없었습니다. 더 늦은 날짜를 넣어 주세요.",
            f"There was no boundary version on {given.as_of}; give a later date.",
            field="as_of",
            value=str(given.as_of),
        ) from error


@map_routes.get("/centers/{code}")
async def one_center(code: str, request: Request, _: Administrator) -> dict[str, Any]:
    """A center with what an administrator may change of it, and the desk that answers for it."""
    registry = router_of(request).registry
    center, place = registry.centers.get(code), registry.jurisdictions.centers.get(code)
    if center is None:
        raise Problem(
            404,
            "no_center",
            f"코드 {code}인 센터가 없습니다. GET /admin/centers에서 찾아 주세요.",
            f"There is no center {code}; see GET /admin/centers.",
            field="code",
            value=code,
        )
    desk = registry.installations.get(center.served_by)
    rules = [(rule_id, rule.kind) for rule_id, rule in registry.policies.rules]
    return row_of(center, registry.facts(code), registry.installations) | {
        "callback": center.callback,
        "is_draining": center.is_draining,
        "hours": center.hours.model_dump(mode="json") if center.hours else None,
        "own_capabilities": None if center.capabilities is None else sorted(center.capabilities),
        "place": {"lat": place.lat, "lon": place.lon} if place else None,
        "boundary_version": registry.jurisdictions.boundary_version,
        "desk": None
        if desk is None
        else {
            "installation": desk.installation_id,
            "https_url": desk.https_url,
            "is_online": desk.is_online,
            "silent_s": desk.silent_s,
            "serves_all": desk.serves_all,
            "centers": sum(one.served_by == desk.installation_id for one in registry.centers.values()),
        },
        "policies": [{"rule_id": rule_id, "kind": kind} for rule_id, kind in rules],
    }


@map_routes.get("/alarms/history")
async def alarm_history(request: Request, _: Administrator) -> dict[str, Any]:
    """The newest alarms, those that are over too (kept 30 days)."""
    return {"alarms": await router_of(request).alarms.history()}
