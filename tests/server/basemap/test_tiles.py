"""Tiles as browsers get them: the built-in file, another server's streets, a PMTiles file of one's own."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import mapbox_vector_tile
import pytest
import shapely
from fastapi import FastAPI, Response
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write

from location_router.index import basemap_path
from location_router.runtime.tile_file import BadTileFile, TileFile
from mobile_app.maps.tile_file import TileFile as PhonesFile
from mobile_app.maps.vector_tile import read_tile
from mobile_app.platforms.fake import FakeRadio
from mobile_app.service.map_file import MapFile
from server.basemap import addresses, routes
from server.basemap.places import tile_of
from tests.server.scene import LAT, LON, Scene, app_of, client, installation, listening

PNG = b"\x89PNG\r\n\x1a\n" + b"map" * 50
BOMB = gzip.compress(PNG + bytes(60_000_000))
DEEP = tile_of(lat=LAT, lon=LON, zoom=12)[:2]
SQUARE = shapely.box(-100, -100, 4196, 4196)
NAMES = {
    "code": "41173102",
    "ko": "관양동",
    "en": "Gwanyang-dong",
    "municipality_code": "41170",
    "municipality_ko": "안양시",
    "municipality_en": "Anyang-si",
    "province_ko": "경기도",
    "province_en": "Gyeonggi-do",
    "district_ko": "동안구",
    "district_en": "Dongan-gu",
}


def make_file(path: Path, kind: TileType, tiles: dict[tuple[int, int, int], bytes]) -> Path:
    """A real PMTiles file, replaced as its owner would."""
    packed = Compression.GZIP if kind is TileType.MVT else Compression.NONE
    fresh = path.with_suffix(".new")
    with write(str(fresh)) as writer:
        for tile, body in sorted(tiles.items(), key=lambda one: zxy_to_tileid(*one[0])):
            writer.write_tile(zxy_to_tileid(*tile), gzip.compress(body) if kind is TileType.MVT else body)
        writer.finalize({"tile_type": kind, "tile_compression": packed}, {"source_date": "2023-09-15"})
    return fresh.replace(path)


def one_dong() -> bytes:
    layers = [{"name": "dong", "features": [{"geometry": SQUARE, "properties": NAMES}]}]
    return bytes(mapbox_vector_tile.encode(layers, default_options={"y_coord_down": True}))


class MapServer:
    """Another house's tile server, with its moods."""

    def __init__(self) -> None:
        self.app, self.asked, self.mood = FastAPI(), list[str](), "well"
        self.app.get("/{key}/{z}/{y}/{x}")(self.tile)

    async def tile(self, key: str, z: int, y: int, x: int) -> Response:
        self.asked.append(f"{key}/{z}/{y}/{x}")
        await asyncio.sleep(0.05)
        if self.mood == "elsewhere":
            return Response(status_code=302, headers={"Location": "http://127.0.0.1:1/secret"})
        if self.mood == "page":
            return Response("<html>quota exceeded</html>", media_type="image/png")
        if self.mood == "bomb":
            packed = {"Content-Encoding": "gzip"}
            return Response(BOMB, media_type="image/png", headers=packed)
        if self.mood == "packed":
            return Response(gzip.compress(PNG), media_type="image/png", headers={"Content-Encoding": "gzip"})
        if self.mood == "picky" and x == 77:
            return Response("outside of the map", status_code=400)
        if self.mood == "huge":
            return Response(PNG + bytes(2_000_000), media_type="image/png")
        return Response(status_code=404) if y == 0 else Response(PNG, media_type="image/png")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    make_file(tmp_path / "basemap.pmtiles", TileType.MVT, {(12, *DEEP): one_dong()})
    yield tmp_path


@asynccontextmanager
async def served(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, who: str = "operator"
) -> AsyncIterator[httpx.AsyncClient]:
    """The routes on a real socket; a request with the header `x-seat` sits at that seat."""

    async def seat(connection: Any) -> Any:
        return scene.staff[who] if connection.headers.get("x-seat") else None

    monkeypatch.setattr(routes, "viewer_of", seat)
    monkeypatch.setattr("server.staff.routes.viewer_of", seat)
    async with (
        listening(app_of(scene.services, routes.router, addresses.router)) as address,
        client(address) as http,
    ):
        yield http
    await addresses.close_basemap(scene.services)


async def test_borders_are_for_everybody_and_words_follow_the_release_row(
    installation_database: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with installation(installation_database, boundary_snapshot=folder / "no.npz") as scene:
        incident = await scene.emergency()
        async with served(scene, monkeypatch) as http:
            about = (await http.get("/api/basemap")).json()
            assert about["boundaries"]["max_zoom"] == 12
            assert about["streets"] is None
            version = about["boundaries"]["version"]
            tile = await http.get(f"/basemap/12/{DEEP[0]}/{DEEP[1]}?v={version}")
            assert "immutable" in tile.headers["cache-control"]
            assert mapbox_vector_tile.decode(tile.content)["dong"]["features"][0]["properties"]["ko"] == "관양동"
            again = {"If-None-Match": tile.headers["etag"]}
            assert (await http.get(f"/basemap/12/{DEEP[0]}/{DEEP[1]}", headers=again)).status_code == 304
            assert (await http.get("/basemap/12/0/0")).status_code == 204
            assert (await http.get("/basemap/streets/light/5/1/1")).status_code == 401

            await _a_phone_takes_the_whole(str(http.base_url), folder)
            path = f"/api/incidents/{incident}/address"
            assert (await http.get(path)).status_code == 401
            told = (await http.get(path, headers={"x-seat": "1"})).json()
            assert told["address"]["ko"] == "경기도 안양시 동안구 관양동 부근"
            rows = "SELECT count(*) FROM release WHERE kind = 'position' AND incident_id = :id"
            assert await scene.one(rows, id=incident) == 1
            await scene.sql(
                "UPDATE incident SET state = 'closed', closed_at = now() WHERE incident_id = :id", id=incident
            )
            assert (await http.get(path, headers={"x-seat": "1"})).json() == {"address": None, "fixed_at": None}

            (folder / "basemap.pmtiles").unlink()
            scene.services.shared.pop("basemap")
            assert (await http.get("/api/basemap")).json()["cure_ko"].endswith("`make setup` 을 실행하세요.")
            assert (await http.get("/basemap/5/1/1")).json()["code"] == "no_basemap"


async def _a_phone_takes_the_whole(home_url: str, folder: Path) -> None:
    """The phone's own code against the real route: only when it may, once, and never a spoiled file over a good one."""
    phone, radio, mood = folder / "phone", FakeRadio(metered=True), {"may": False, "now_s": 0.0}
    phone.mkdir()
    keeper = MapFile(
        phone, home_url=lambda: home_url, radio=radio, may=lambda: bool(mood["may"]), now_s=lambda: mood["now_s"]
    )
    await keeper.look()
    mood["may"] = True
    await keeper.look()
    assert not list(phone.iterdir())  # she is in an alert; then on mobile data
    radio.metered = False
    await keeper.look()
    held = PhonesFile(phone / "korea.pmtiles")
    held.check()
    assert read_tile(held.get(12, *DEEP) or b"").areas["dong"][0].ko == "관양동"
    was = (phone / "korea.pmtiles").stat().st_mtime_ns
    for now_s in (10.0, 200_000.0):  # not asked again yet; asked, and nothing is new
        mood["now_s"] = now_s
        await keeper.look()
        assert (phone / "korea.pmtiles").stat().st_mtime_ns == was
    whole = (folder / "basemap.pmtiles").read_bytes()
    (folder / "basemap.pmtiles").write_bytes(whole[:-1])
    mood["now_s"] = 400_000.0
    await keeper.look()
    assert (phone / "korea.pmtiles").read_bytes() == whole and not (phone / "korea.part").exists()
    (folder / "basemap.pmtiles").write_bytes(whole)


async def test_streets_come_through_us_with_our_key_and_from_nowhere_else(
    installation_database: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream = MapServer()
    async with listening(upstream.app) as elsewhere:
        given = {
            "basemap": "wmts",
            "basemap_url": elsewhere + "/{key}/{z}/{y}/{x}",
            "basemap_key": "s3cret",
            "basemap_attribution": "© 시험",
            "basemap_cache_dir": folder / "cache",
        }
        async with installation(installation_database, **given) as scene, served(scene, monkeypatch) as http:
            http.headers["x-seat"] = "1"
            tiles = await asyncio.gather(*(http.get("/basemap/streets/light/7/109/49") for _ in range(5)))
            assert {tile.content for tile in tiles} == {PNG}
            assert upstream.asked == ["s3cret/7/49/109"]  # y before x, once for the five
            assert (await http.get("/basemap/streets/light/7/109/0")).status_code == 204
            assert (await http.get("/basemap/streets/light/7/999/0")).status_code == 204
            told = (await http.get("/api/basemap")).text
            assert "© 시험" in told
            assert "s3cret" not in told
            assert len([one for one in (folder / "cache").rglob("*") if one.is_file()]) == 2
            for mood in ("elsewhere", "page", "huge"):
                upstream.mood, scene.services.shared["streets"]._rests_until = mood, 0.0
                away = await http.get(f"/basemap/streets/light/8/{len(mood)}/1")
                assert (away.status_code, away.json()["code"]) == (503, "streets_away"), mood
            await _bombs_stay_packed(upstream, scene, http)
            upstream.mood = "page"
            assert (await http.get("/basemap/streets/light/8/4/1")).status_code == 503
            asked = len(upstream.asked)
            assert (await http.get("/basemap/streets/light/8/77/1")).status_code == 503
            assert len(upstream.asked) == asked  # it rests instead of being asked for each tile of a screen
            assert (await http.get("/basemap/streets/light/7/109/49")).content == PNG  # what is kept is there


async def _bombs_stay_packed(upstream: MapServer, scene: Scene, http: httpx.AsyncClient) -> None:
    streets = scene.services.shared["streets"]
    upstream.mood, streets._rests_until = "bomb", 0.0
    tracemalloc.start()
    assert (await http.get("/basemap/streets/light/8/50/1")).status_code == 503
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000, peak
    upstream.mood, streets._rests_until = "packed", 0.0
    assert (await http.get("/basemap/streets/light/8/51/1")).content == PNG
    upstream.mood = "picky"  # one tile that it refuses, asked for by anybody, costs nobody the others
    assert (await http.get("/basemap/streets/light/8/77/1")).status_code == 503
    assert (await http.get("/basemap/streets/light/8/52/1")).content == PNG


async def test_a_file_of_ones_own_is_followed_when_it_is_replaced(
    installation_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_file(tmp_path / "city.pmtiles", TileType.PNG, {(3, 6, 3): PNG})
    given = {"basemap": "pmtiles", "basemap_url": str(file), "basemap_attribution": "© 시", "basemap_public": True}
    async with installation(installation_database, **given) as scene, served(scene, monkeypatch) as http:
        assert (await http.get("/api/basemap")).json()["streets"]["kind"] == "raster"  # public: nobody signed in
        assert (await http.get("/basemap/streets/light/3/6/3")).content == PNG
        make_file(file, TileType.MVT, {(3, 6, 3): one_dong(), (4, 12, 6): one_dong()})
        about = (await http.get("/api/basemap")).json()["streets"]
        assert (about["kind"], about["max_zoom"]) == ("vector", 4)
        tile = await http.get("/basemap/streets/light/4/12/6", headers={"Accept-Encoding": "identity"})
        assert "dong" in mapbox_vector_tile.decode(tile.content)


def test_what_is_no_tile_file_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "torn.pmtiles").write_bytes(b"PMTiles\x03" + bytes(50))
    with pytest.raises(BadTileFile, match=r"torn\.pmtiles is no PMTiles file"):
        TileFile.open(tmp_path / "torn.pmtiles")
    with pytest.raises(BadTileFile, match="there is no tile file"):
        TileFile.open(basemap_path(tmp_path / "x.npz"))
