"""The phone's own map: our compiler's tiles read back, land that keeps its area, tiles of somebody who means harm."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write

from mobile_app.maps.shapes import FLOATS, land, outlines, prepared
from mobile_app.maps.tile_file import BadFile, TileFile, tile_id
from mobile_app.maps.vector_tile import EXTENT, Area, BadTile, read_tile, unpacked
from mobile_app.maps.words import place_words, spot
from mobile_app.ui.ground import Away, FileGround, HomeGround, Words, find_ground
from mobile_app.ui.streets import city_streets
from mobile_app.ui.tiles import project

OPTIONS = {"extents": EXTENT, "y_coord_down": True, "check_winding_order": False}
LAKE = shapely.box(100, 100, 3000, 3000) - shapely.box(500, 500, 1500, 1500)
ISLAND = shapely.box(3500, 3500, 3600, 3700)
ANYANG = {"lat": 37.4015, "lon": 126.9227}


def encoded(**layers: list[tuple[Any, dict[str, str]]]) -> bytes:
    told = [
        {"name": name, "features": [{"geometry": shape, "properties": facts} for shape, facts in features]}
        for name, features in layers.items()
    ]
    return bytes(mapbox_vector_tile.encode(told, default_options=OPTIONS))


def a_tile() -> bytes:
    name = {"level": "dong", "ko": "안양동", "en": "Anyang-dong", "code": "1"}
    return encoded(
        province=[(shapely.union_all([LAKE, ISLAND]), {"ko": "경기도", "en": "Gyeonggi-do"})],
        dong=[(LAKE, {"ko": "안양동", "en": "Anyang-dong"})],
        name=[(shapely.Point(200, 200), name)],
        road=[(shapely.LineString([(0, 0), (9, 9)]), {"ko": "길"})],
    )


def area_of(meshes: list[Any]) -> float:
    total = 0.0
    for mesh in meshes:
        points = list(zip(mesh.vertices[::FLOATS], mesh.vertices[1::FLOATS], strict=True))
        for at in range(0, len(mesh.indices), 3):
            (a, b), (c, d), (e, f) = (points[number] for number in mesh.indices[at : at + 3])
            total += abs((c - a) * (f - b) - (e - a) * (d - b)) / 2
    return total


def country(path: Path, tiles: dict[tuple[int, int, int], bytes]) -> Path:
    with write(str(path)) as writer:
        for tile, body in sorted(tiles.items(), key=lambda one: zxy_to_tileid(*one[0])):
            writer.write_tile(zxy_to_tileid(*tile), gzip.compress(body))
        writer.finalize(
            {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP}, {"boundary_version": "2026-07-01"}
        )
    return path


def test_a_tile_of_ours_becomes_land_lines_and_names() -> None:
    tile = read_tile(gzip.compress(a_tile()))
    assert set(tile.areas) == {"province", "dong"}
    ready = prepared(tile, lines=("province", "dong"), slab=4, is_deepest=True)
    assert ready.names == [("dong", 200, EXTENT - 200, "안양동", "Anyang-dong")]
    assert area_of(ready.land) == pytest.approx(LAKE.area + ISLAND.area, rel=0.01)
    assert set(ready.lines) == {"province", "dong"} and ready.bytes > 1000
    assert place_words(tile, x=200, y=200) == ("경기도 안양동", "Anyang-dong, Gyeonggi-do")
    assert place_words(tile, x=1000, y=1000) == ("", "")  # in the lake
    assert place_words(tile, x=3550, y=3600) == ("경기도", "Gyeonggi-do")


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(-96, 4192), st.integers(-96, 4192)), min_size=3, max_size=12))
def test_land_has_the_area_of_the_shape_and_a_broken_one_costs_no_more(points: list[tuple[int, int]]) -> None:
    ring = [value for point in points for value in point]
    meshes = land([Area([ring])], slab=4)
    shape = shapely.Polygon(points)
    if shape.is_valid:
        inside = shape.intersection(shapely.box(0, 0, EXTENT, EXTENT)).area
        wide = shape.intersection(shapely.box(-96, 0, EXTENT + 96, EXTENT)).area
        slack = shape.length * 4 + 100
        assert inside - slack <= area_of(meshes) <= wide + slack
    for mesh in (*meshes, *outlines([Area([ring])])):
        assert not mesh.indices or max(mesh.indices) < mesh.count


def test_borders_end_where_a_polygon_was_only_cut_at_the_tiles_edge() -> None:
    whole = Area([[-96, -96, 4192, -96, 4192, 4192, -96, 4192]])
    assert outlines([whole]) == []
    (mesh,) = outlines([Area([[-96, 1000, 4192, 1000, 4192, 4192, -96, 4192]])])
    assert set(mesh.vertices[1::FLOATS]) == {EXTENT - 1000.0}


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_spoiled_tile_is_a_bad_tile_and_nothing_else(data: st.DataObject) -> None:
    spoiled = bytearray(a_tile())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(spoiled) - 1))
        if data.draw(st.booleans()):
            spoiled[at] = data.draw(st.integers(0, 255))
        else:
            del spoiled[at : at + data.draw(st.integers(1, 20))]
            spoiled = spoiled or bytearray(b"\x1a")
    try:
        prepared(read_tile(bytes(spoiled)), lines=("province", "dong"), slab=8, is_deepest=False)
    except BadTile:
        return


@pytest.mark.parametrize(
    "made",
    [
        gzip.compress(bytes(30_000_000)),
        gzip.compress(a_tile())[:-9],
        bytes(600_000),
        b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x1a\x7f",
        encoded(province=[(shapely.box(0, 0, 1, 1), {})] * 7000),
    ],
)
def test_what_is_too_large_or_cut_off_is_refused(made: bytes) -> None:
    with pytest.raises(BadTile):
        read_tile(made)


def test_a_comb_of_land_costs_no_more_than_its_bound() -> None:
    teeth = [value for x in range(0, 4000, 2) for value in (x, 0, x + 1, 4096)]
    with pytest.raises(BadTile):
        land([Area([teeth])], slab=4)
    with pytest.raises(BadTile):
        unpacked(gzip.compress(bytes(2_000_000)))


@settings(max_examples=30)
@given(st.integers(0, 16).flatmap(lambda z: st.tuples(st.just(z), *[st.integers(0, 2**z - 1)] * 2)))
def test_places_in_the_file_are_those_of_the_format(tile: tuple[int, int, int]) -> None:
    assert tile_id(*tile) == zxy_to_tileid(*tile)


def test_the_countrys_file_is_read_and_a_spoiled_one_does_not_hurt(tmp_path: Path) -> None:
    place, _, _ = spot(**dict(zip("xy", project(**ANYANG), strict=True)), z=12)
    tiles = {(5, x, y): a_tile() + bytes([0x20, x, 0x20, y]) for x in range(12) for y in range(12)}
    path = country(tmp_path / "korea.pmtiles", tiles | {place: a_tile()})
    file = TileFile(path)
    file.check()
    assert all(unpacked(file.get(*tile) or b"") == body for tile, body in tiles.items())
    assert file.get(9, 1, 1) is None and file.get(5, 32, 0) is None and file.get(99, 0, 0) is None
    file.close()
    assert Words(FileGround(path)).of(**ANYANG)[0].startswith("경기도")
    assert Words(FileGround(path)).of(lat=37.4, lon=0.0) == ("", "")
    whole = path.read_bytes()
    spoiled = tmp_path / "spoiled.pmtiles"
    for at in (*range(0, 200, 9), *range(200, 2000, 197)):
        spoiled.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        _use(spoiled)
        spoiled.write_bytes(whole[:at])
        _use(spoiled)
    spoiled.write_bytes(whole[:-20])
    with pytest.raises(BadFile):
        TileFile(spoiled).check()


def _use(path: Path) -> None:
    try:
        file = TileFile(path)
    except BadFile:
        return
    try:
        file.check()
        for tile in ((5, 3, 4), (5, 11, 11), (12, 3491, 1590)):
            if (data := file.get(*tile)) is not None:
                read_tile(data)
    except (BadFile, BadTile):
        pass
    finally:
        file.close()


def test_the_citys_streets_are_taken_where_they_are_pictures_and_phones_may_have_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    streets = {"kind": "raster", "min_zoom": 6, "max_zoom": 19, "attribution": "© 시험", "has_dark": True}
    told: dict[str, Any] = {"streets": streets}
    monkeypatch.setattr(
        "mobile_app.ui.streets.fetched", lambda url, most: (200, gzip.compress(json.dumps(told).encode()))
    )
    found = city_streets("https://home.example/", is_dark=True)
    assert found is not None and found.is_dark and (found.min_zoom, found.max_zoom) == (6, 19)
    assert city_streets("http://home.example", is_dark=True) is None
    for spoiled in ({"kind": "vector"}, {"max_zoom": 10**9}, {"min_zoom": "x"}, {"attribution": None, "has_dark": 1}):
        told["streets"] = streets | spoiled
        answer = city_streets("https://home.example", is_dark=True)
        assert answer is None or not answer.is_dark
    told["streets"] = None
    assert city_streets("https://home.example", is_dark=False) is None


def test_until_the_file_is_there_the_home_center_is_asked_and_what_it_gave_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    answers = {"12/1/1": (200, gzip.compress(a_tile())), "12/1/2": (204, b"")}

    def fetched(url: str, *, most: int) -> tuple[int, bytes]:
        asked.append(url)
        return answers.get(url.split("/basemap/")[1], (0, b""))

    monkeypatch.setattr("mobile_app.ui.ground.fetched", fetched)
    monkeypatch.setattr("mobile_app.ui.ground.BUNDLED", tmp_path / "none")
    assert find_ground(tmp_path, home_url="http://home.example") is None  # never without TLS
    ground = find_ground(tmp_path, home_url="https://home.example")
    assert isinstance(ground, HomeGround)
    for _ in range(2):
        assert ground.load((12, 1, 1)) and ground.load((12, 1, 2)) is None
        with pytest.raises(Away):
            ground.load((12, 1, 3))
    assert [url.rsplit("/", 1)[1] for url in asked] == ["1", "2", "3", "3"]
    answers |= {f"12/2/{y}": (200, bytes(40_000)) for y in range(200)}
    for y in range(200):
        ground.load((12, 2, y))
    kept = list((tmp_path / "map-seen").iterdir())
    assert 100 < len(kept) <= 190 and sum(one.stat().st_size for one in kept) <= 7_300_000
    country(tmp_path / "korea.pmtiles", {(12, 1, 1): a_tile()})
    assert isinstance(find_ground(tmp_path, home_url="https://home.example"), FileGround)
    (tmp_path / "korea.pmtiles").write_bytes(b"no such thing")
    assert isinstance(find_ground(tmp_path, home_url="https://home.example"), HomeGround)
