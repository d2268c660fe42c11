"""Boundary versions for administrators: what there is, what would change hands, and which one holds.

Files are imported on the command line (`boundaries import`) or through `map_routes`; everything after that is here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from location_router.admin.routes import Administrator, router_of
from location_router.boundaries import versions
from location_router.boundaries.changes import changes
from location_router.boundaries.drawing import Drawings, compared, stamp_of
from location_router.runtime.pool import Connection
from location_router.runtime.problems import Problem

boundary_routes = APIRouter(prefix="/admin/boundaries", tags=["admin"])


class Activation(BaseModel):
    """`effective` (default: the date the version was imported for) and `until` are Korean days."""

    model_config = ConfigDict(extra="forbid")
    effective: date | None = None
    until: date | None = None
    allow_missing: bool = False


def _problem(error: versions.VersionProblem) -> Problem:
    status = 404 if error.code == "no_version" else 409
    korean, _, english = str(error).partition(" · ")
    return Problem(status, error.code, korean, english or korean, field="version")


async def refusing(work: Callable[[], Awaitable[Any]]) -> Any:
    """`work`, with a VersionProblem said to the browser: 404 or 409."""
    try:
        return await work()
    except versions.VersionProblem as error:
        raise _problem(error) from error


@boundary_routes.get("")
async def list_versions(request: Request, _: Administrator) -> dict[str, Any]:
    router = router_of(request)
    async with router.pool.connection() as conn:
        imported = [one.as_dict() for one in await versions.stored_versions(conn)]
        newest = await versions.newest_activation(conn)
    active = router.registry.jurisdictions
    return {
        "in_force": active.boundary_version,
        "today": versions.today().isoformat(),
        "newest_activation": newest,
        "built_in": [
            {"version": one.boundary_version, "effective": one.effective.isoformat(), "centers": len(one.centers)}
            for one in router.registry.boundaries.index.built_in()
        ],
        "known": [one.boundary_version for one in router.registry.boundaries.index.all_versions()],
        "imported": imported,
    }


@boundary_routes.get("/{label}/report")
async def report(label: str, request: Request, _: Administrator) -> dict[str, Any]:
    async def work() -> Any:
        async with router_of(request).pool.connection() as conn:
            return await versions.report_of(conn, label)

    found: dict[str, Any] = await refusing(work)
    return found


@boundary_routes.get("/{label}/geojson")
async def preview(label: str, request: Request, _: Administrator) -> dict[str, Any]:
    router = router_of(request)

    async def work() -> Any:
        async with router.pool.connection() as conn:
            return await versions.preview(conn, label, index=router.registry.boundaries.index)

    found: dict[str, Any] = await refusing(work)
    return found


def drawings_of(request: Request) -> Drawings:
    """This process's drawings."""
    state = request.app.state
    if not hasattr(state, "drawings"):
        state.drawings = Drawings()
    found: Drawings = state.drawings
    return found


@boundary_routes.get("/{label}/diff/{other}")
async def diff(
    label: str,
    other: str,
    request: Request,
    _: Administrator,
    geojson: bool = False,
    tolerance_m: Annotated[float, Query(ge=0, le=5000)] = 0.0,
) -> Any:
    """Land that changes hands from `label` to `other`; seconds for the country, beside the router's other work. As
    GeoJSON it is simplified to `tolerance_m` and kept for the next who asks."""
    router = router_of(request)

    async def work() -> Any:
        async with router.pool.connection() as conn:
            index = router.registry.boundaries.index
            stamps = await stamp_of(conn, label), await stamp_of(conn, other)
            return (
                stamps,
                await versions.areas(conn, label, index=index),
                await versions.areas(conn, other, index=index),
            )

    stamps, before, after = await refusing(work)
    if geojson:
        drawn = await drawings_of(request).get(
            ("diff", *stamps, tolerance_m), lambda: compared(before, after, tolerance_m=tolerance_m)
        )
        headers = {"Content-Encoding": "gzip", "Cache-Control": "no-store"}
        return Response(drawn, media_type="application/geo+json", headers=headers)
    found = await asyncio.to_thread(changes, before, after)
    return {"from": label, "to": other, "changes": [one.as_dict() for one in found]}


@boundary_routes.post("/{label}/activate")
async def activate(label: str, given: Activation, request: Request, admin: Administrator) -> dict[str, Any]:
    index = router_of(request).registry.boundaries.index
    return await _changed(
        request,
        lambda conn: versions.activate(
            conn,
            label,
            effective=given.effective,
            until=given.until,
            by=admin.name,
            allow_missing=given.allow_missing,
            index=index,
        ),
    )


@boundary_routes.post("/rollback")
async def rollback(
    request: Request, admin: Administrator, expected: Annotated[str, Query(max_length=64)] = ""
) -> dict[str, Any]:
    """`expected`: the version that was seen as the newest activation; 409 `changed_meanwhile` when it is another."""
    return await _changed(request, lambda conn: versions.rollback(conn, by=admin.name, expected=expected))


@boundary_routes.delete("/{label}")
async def discard(label: str, request: Request, admin: Administrator) -> dict[str, Any]:
    await _changed(request, lambda conn: versions.discard(conn, label, by=admin.name))
    return {"discarded": label}


async def _changed(request: Request, work: Callable[[Connection], Awaitable[Any]]) -> Any:
    """In one transaction, which holds the event of the change too."""
    try:
        async with router_of(request).pool.transaction() as conn:
            return await work(conn)
    except versions.VersionProblem as error:
        raise _problem(error) from error
