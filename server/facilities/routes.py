"""Facilities over HTTP: what anybody may see, ways past them for the app, and imports for administrators
(docs/walks.md section 8)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, Field

from location_router.runtime.problems import Problem
from server.cameras import uploads
from server.cameras.importing.coordinates import System
from server.connection import services_of
from server.facilities import nearby, service, ways
from server.facilities.model import MOST_RADIUS_M, NotAsked, box_of, circle_of, kinds_of
from server.facilities.reading import Wish
from server.people.routes import User
from server.staff.model import Viewer
from server.staff.routes import permitted

IMPORTS = "/api/facilities/imports"
MOST_BYTES = 8 << 20
MAX_AGE_S = 300
router = APIRouter()
Manager = Annotated[Viewer, Depends(permitted("cameras.manage"))]
Kind = Literal["", "police_box", "emergency_bell", "light", "safe_store", "camera_sign", "shelter", "other"]

_NOT_ASKED: dict[str, tuple[str, str]] = {
    "bad_box": (
        "서,남,동,북 순서의 도(°)로 적어 주세요. 예: 126.95,37.38,126.97,37.40",
        "give degrees as west,south,east,north, such as 126.95,37.38,126.97,37.40",
    ),
    "too_wide": ("가로세로 0.3도까지 물을 수 있습니다.", "at most 0.3 degrees wide and high"),
    "too_exact": (
        "소수점 아래 3자리까지만 적어 주세요. 주소는 기록에 남기 때문입니다.",
        "at most 3 digits after the point: addresses stand in logs",
    ),
    "bad_kind": ("그런 시설 종류가 없습니다.", "there is no such kind"),
}
_NOT_TAKEN: dict[str, tuple[int, str, str]] = {
    "file_too_large": (
        413,
        "file: 파일이 너무 큽니다. 8 MB까지입니다. 나누어 올려 주세요.",
        "file: too large. At most 8 MB: split it.",
    ),
    "empty_file": (422, "file: 빈 파일입니다.", "file: it is empty."),
    "not_a_table": (
        415,
        "file: 표 파일이 아닙니다. CSV, TSV, XLSX 파일을 올려 주세요.",
        "file: this is no table. Upload CSV, TSV or XLSX.",
    ),
    "file_name": (422, "X-File-Name: 파일 이름이 없습니다.", "X-File-Name: the file has no name."),
}


class Point(BaseModel):
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class Trip(BaseModel):
    origin: Point
    destination: Point


@router.get("/api/facilities")
async def near(
    request: Request,
    bbox: Annotated[str, Query(max_length=120)] = "",
    lat: Annotated[float | None, Query(ge=-90, le=90)] = None,
    lon: Annotated[float | None, Query(ge=-180, le=180)] = None,
    radius_m: Annotated[float, Query(gt=0, le=MOST_RADIUS_M)] = 1_000.0,
    kinds: Annotated[str, Query(max_length=200)] = "",
    if_none_match: Annotated[str, Header(max_length=400)] = "",
) -> Response:
    """Public facts, nearest first; `bbox=west,south,east,north`, or `lat`, `lon` and `radius_m`."""
    try:
        named = kinds_of(kinds)
        asked = circle_of(lat, lon, radius_m, named) if lat is not None and lon is not None else box_of(bbox, named)
    except NotAsked as error:
        ko, en = _NOT_ASKED[error.code]
        raise Problem(
            422, error.code, f"{error.field}: {ko}", f"{error.field}: {en}.", field=error.field, value=error.value
        ) from None
    tag, body = await nearby.near(services_of(request), asked, known=if_none_match)
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={MAX_AGE_S}"}
    if body is None:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.post("/api/people/me/routes")
async def routes(request: Request, user: User, body: Trip) -> dict[str, Any]:
    """Ways on foot with what each passes. The ends stand in the body: an address is logged on its way."""
    origin, destination = (body.origin.lat, body.origin.lon), (body.destination.lat, body.destination.lon)
    return await ways.suggest(services_of(request), user.person_id, origin, destination)


@router.get(IMPORTS)
async def imports(request: Request, viewer: Manager) -> dict[str, Any]:
    """Newest first, each with its centers and what was left out."""
    async with services_of(request).db.begin(center=viewer.scope) as unit:
        return {"imports": await service.listed_in(unit)}


@router.get(IMPORTS + "/{import_id}/places")
async def places(request: Request, viewer: Manager, import_id: UUID) -> dict[str, Any]:
    """Of one import, also of a preview, for the administrator's map."""
    async with services_of(request).db.begin(center=viewer.scope) as unit:
        return await service.places_of(unit, import_id)


@router.post(IMPORTS, status_code=201)
async def preview(
    request: Request,
    viewer: Manager,
    source: Annotated[str, Query(pattern=r"^[A-Za-z0-9가-힣_.\-]{1,40}$")] = "facilities",
    kind: Kind = "",
    mend: bool = False,
    system: Literal["", System] = "",
    x_file_name: Annotated[str, Header(max_length=900)] = "",
) -> dict[str, Any]:
    """The body is the file. It is read and kept as a preview that nobody else sees: `confirm` makes it public."""
    name = uploads.plain_name(unquote(x_file_name))
    if not name:
        raise _not_taken("file_name")
    wish = Wish(kind, mend, system)
    with tempfile.TemporaryDirectory(prefix="ansim-facilities-") as folder:
        path = Path(folder) / "file"
        try:
            await uploads.write(path, request.stream(), MOST_BYTES)
        except uploads.NotTaken as error:
            raise _not_taken(error.code) from None
        return await service.preview(services_of(request), viewer, path, file=name, source=source, wish=wish)


@router.post(IMPORTS + "/{import_id}/confirm")
async def confirm(request: Request, viewer: Manager, import_id: UUID) -> dict[str, Any]:
    """Public from now on, in place of the same source's last one."""
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        await service.confirm(unit, import_id, actor=viewer.actor, now=services.clock())
        return {"imports": await service.listed_in(unit)}


@router.delete(IMPORTS + "/{import_id}")
async def take_back(request: Request, viewer: Manager, import_id: UUID) -> dict[str, Any]:
    """The whole import goes, and what it had replaced is public again."""
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        await service.take_back(unit, import_id, actor=viewer.actor, now=services.clock())
        return {"imports": await service.listed_in(unit)}


def _not_taken(code: str) -> Problem:
    status, ko, en = _NOT_TAKEN[code]
    return Problem(status, code, ko, en, field="file")
