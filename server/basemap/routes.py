"""Tiles: the built-in borders for everybody, streets for staff or, by setting, for the public pages too."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from location_router.index import basemap_path
from location_router.runtime.problems import Problem
from location_router.runtime.tile_file import BadTileFile, TileFile
from server.basemap.model import Pace, is_tile
from server.basemap.sources import StreetsAway, StreetSource, StreetTile, create_streets, unpacked
from server.connection import address_of, services_of
from server.staff.routes import not_signed_in, viewer_of

if TYPE_CHECKING:
    from server.services import Services

router = APIRouter()
FOREVER = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"
STREETS_KEPT = "private, max-age=86400"
BURST, PER_S = 1500, 150
WHOLE_BURST, WHOLE_PER_S = 20, 1 / 60
"""Of the whole file: a house with many phones behind one address has its turn, a downloader's loop has not."""
NO_TILE: dict[int | str, dict[str, Any]] = {204: {"description": "There is nothing to draw here."}}
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "The tile of `If-None-Match` is still the one."}}
CURE_KO = "행정경계 지도 파일이 없습니다. 서버에서 `make setup` 을 실행하세요."
CURE_EN = "The map of borders is missing: run `make setup` on the server."


def borders_of(services: Services) -> TileFile | None:
    """The built-in tiles, opened anew when they were compiled again; None without them."""
    held: TileFile | None = services.shared.get("basemap")
    if held is None or not held.is_current():
        try:
            held = TileFile.open(basemap_path(services.settings.boundary_snapshot))
        except BadTileFile:
            return held
        services.shared["basemap"] = held
    return held


def streets_of(services: Services) -> StreetSource:
    source: StreetSource = services.shared.setdefault("streets", None) or create_streets(services.settings)
    services.shared["streets"] = source
    return source


async def may_have_streets(request: Request) -> bool:
    """Street maps may be licensed to the center's own rooms: the public pages get them only where a setting says so."""
    return services_of(request).settings.basemap_public or await viewer_of(request) is not None


@router.get("/api/basemap")
async def about(request: Request) -> dict[str, Any]:
    """What there is to draw, for whoever asks: `boundaries` null with a cure, `streets` null where there are none."""
    services = services_of(request)
    file, streets = borders_of(services), await asyncio.to_thread(streets_of(services).about)
    told: dict[str, Any] = {"boundaries": None, "streets": None, "cure_ko": CURE_KO, "cure_en": CURE_EN}
    if file is not None:
        told |= {"cure_ko": "", "cure_en": ""}
        told["boundaries"] = {
            "version": file.version,
            "min_zoom": file.min_zoom,
            "max_zoom": file.max_zoom,
            "source_date": file.metadata.get("source_date", ""),
            "boundary_version": file.metadata.get("boundary_version", ""),
        }
    if streets is not None and await may_have_streets(request):
        told["streets"] = {
            "kind": streets.kind,
            "version": streets.version,
            "min_zoom": streets.min_zoom,
            "max_zoom": streets.max_zoom,
            "attribution": streets.attribution,
            "has_dark": streets.has_dark,
        }
    return told


@router.get("/basemap/{z}/{x}/{y}", responses=NO_TILE | UNCHANGED)
async def borders(request: Request, z: int, x: int, y: int, v: str = "") -> Response:
    """A vector tile of borders and names: public data, so nobody is asked who they are."""
    _slow_down(request)
    file = borders_of(services_of(request))
    if file is None:
        raise Problem(404, "no_basemap", CURE_KO, CURE_EN)
    headers = {"Cache-Control": FOREVER if v == file.version else AN_HOUR, "ETag": f'"{file.version}-{z}-{x}-{y}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    body = file.get(z, x, y)
    if body is None:
        return Response(status_code=204, headers=headers)
    return _packed(request, StreetTile(file.media_type, body, file.is_gzipped), headers)


@router.get("/basemap/country", responses=UNCHANGED, response_class=FileResponse)
async def country(request: Request) -> Response:
    """The whole country in one file (PMTiles, 7 MB), for phones: whoever has it need not ask what lies where. Public as
    its tiles are; `If-None-Match` and `Range` are answered."""
    file = borders_of(services_of(request))
    if file is None or not file.is_current():
        raise Problem(404, "no_basemap", CURE_KO, CURE_EN)
    headers = {"Cache-Control": AN_HOUR, "ETag": f'"{file.version}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    _slow_down(request, "country_pace", burst=WHOLE_BURST, per_s=WHOLE_PER_S)
    return FileResponse(file.path, media_type="application/vnd.pmtiles", headers=headers)


@router.get("/basemap/streets/{look}/{z}/{x}/{y}", responses=NO_TILE)
async def streets(request: Request, look: Literal["light", "dark"], z: int, x: int, y: int) -> Response:
    """A street tile from the source of `BASEMAP`; 204 where it has none, 503 while it does not answer."""
    _slow_down(request)
    if not await may_have_streets(request):
        raise not_signed_in()
    if not is_tile(z, x, y):
        return Response(status_code=204)
    try:
        tile = await streets_of(services_of(request)).tile(z, x, y, dark=look == "dark")
    except StreetsAway:
        raise Problem(
            503,
            "streets_away",
            "거리 지도 서버가 응답하지 않습니다. 행정경계 지도는 그대로 쓸 수 있습니다.",
            "The street map does not answer; the map of borders goes on working.",
        ) from None
    if tile is None:
        return Response(status_code=204, headers={"Cache-Control": AN_HOUR})
    return _packed(request, tile, {"Cache-Control": STREETS_KEPT})


def _packed(request: Request, tile: StreetTile, headers: dict[str, str]) -> Response:
    if tile.is_gzipped and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            tile.body,
            media_type=tile.media_type,
            headers=headers | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"},
        )
    return Response(unpacked(tile), media_type=tile.media_type, headers=headers | {"Vary": "Accept-Encoding"})


def _slow_down(request: Request, name: str = "basemap_pace", *, burst: float = BURST, per_s: float = PER_S) -> None:
    """A wall of monitors behind one address stays far below this; a crawler does not."""
    services = services_of(request)
    pace: Pace = services.shared.setdefault(name, Pace(burst=burst, per_s=per_s))
    if not pace.allows(address_of(request), asyncio.get_running_loop().time()):
        raise Problem(
            429,
            "too_many_tiles",
            "지도 요청이 너무 많습니다. 잠시 뒤 다시 시도하세요.",
            "Too many tiles; try again in a moment.",
        )
