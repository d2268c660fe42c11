"""The map: what covers a window, sources that never raise, and a finger that moves it."""

from __future__ import annotations

import io
import math
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mobile_app.maps.words import spot
from mobile_app.ui.tiles import FolderTiles, MbTiles, NoTiles, ServerTiles, covering, find_tiles, project, unproject
from tests.mobile_app.test_maps import country, encoded
from tests.phone import views
from tests.phone.stage import Stage

PLACE = {"lat": 37.4015, "lon": 126.9227, "accuracy_m": 25.0, "heading_deg": 60.0}


def png(colour: tuple[int, int, int]) -> bytes:
    from PIL import Image

    data = io.BytesIO()
    Image.new("RGB", (256, 256), colour).save(data, "PNG")
    return data.getvalue()


def mbtiles(path: Path, zooms: range, kind: str = "borders") -> Path:
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        file.execute("CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB)")
        file.executemany(
            "INSERT INTO metadata VALUES (?, ?)", [("format", "png"), ("type", kind), ("attribution", "국토")]
        )
        x, y = project(lat=PLACE["lat"], lon=PLACE["lon"])
        for z in zooms:
            column, row = math.floor(x * 2**z), math.floor(y * 2**z)
            file.execute("INSERT INTO tiles VALUES (?, ?, ?, ?)", (z, column, 2**z - 1 - row, png((200, 30 + z, 40))))
    file.close()
    return path


@given(st.floats(-85, 85), st.floats(-180, 180))
def test_the_projection_comes_back(lat: float, lon: float) -> None:
    assert unproject(*project(lat=lat, lon=lon)) == pytest.approx((lat, lon), abs=1e-6)


@given(st.floats(0, 1), st.floats(0.001, 0.999), st.floats(0, 19), st.sampled_from([1.0, 2.625]))
def test_tiles_cover_the_window_without_a_hole_and_are_few(x: float, y: float, zoom: float, scale: float) -> None:
    tiles = ServerTiles("https://tiles.example/{z}/{x}/{y}", "")
    width, height = 412 * scale, 915 * scale
    found = covering(x=x, y=y, zoom=zoom, width=width, height=height, scale=scale, tiles=tiles)
    world = 256 * scale * 2**zoom
    seen_height = (
        min(height, y * world + height / 2) - max(0.0, height / 2 - (1 - y) * world) if world < height else height
    )
    assert len(found) <= 140
    assert all(0 <= key[1] < 2 ** key[0] and 0 <= key[2] < 2 ** key[0] for key, *_ in found)
    if world > 3 * height:
        top, bottom = min(one[2] for one in found), max(one[2] + one[3] for one in found)
        left, right = min(one[1] for one in found), max(one[1] + one[3] for one in found)
        assert left <= 0.01 and right >= width - 0.01 and bottom - top >= min(seen_height, height) / 2


def test_sources_offline_first_and_never_raising(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANSIM_PHONE_MAP", raising=False)
    url = "https://tiles.example/{z}/{x}/{y}"
    assert isinstance(find_tiles(tmp_path), NoTiles) and isinstance(find_tiles(tmp_path, url=url), ServerTiles)
    assert isinstance(find_tiles(tmp_path, url="http://tiles.example/{z}/{x}/{y}"), NoTiles)
    (tmp_path / "map.mbtiles").write_bytes(b"no such thing")
    assert isinstance(find_tiles(tmp_path), NoTiles)
    (tmp_path / "map.mbtiles").unlink()
    (tmp_path / "map" / "7" / "109").mkdir(parents=True)
    (tmp_path / "map" / "7" / "109" / "49.png").write_bytes(png((1, 2, 3)))
    folder = find_tiles(tmp_path, url=url)
    assert isinstance(folder, FolderTiles) and folder.load((7, 109, 49)) and folder.load((7, 0, 0)) is None
    mbtiles(tmp_path / "map.mbtiles", range(7, 13))
    file = find_tiles(tmp_path, url=url)
    assert isinstance(file, MbTiles) and (file.min_zoom, file.max_zoom, file.is_borders) == (7, 12, True)
    x, y = project(lat=PLACE["lat"], lon=PLACE["lon"])
    assert file.load((12, math.floor(x * 4096), math.floor(y * 4096))) and file.load((12, 0, 0)) is None


def our_own(folder: Path) -> None:
    """The country's file with one good tile, where she is, and broken ones around it."""
    square = shapely.box(-96, -96, 4192, 4192)
    facts = [("province", "경기도", "Gyeonggi-do"), ("dong", "안양동", "Anyang-dong")]
    good = encoded(**{level: [(square, {"ko": ko, "en": en})] for level, ko, en in facts})
    (_, x, y), _, _ = spot(**dict(zip("xy", project(lat=PLACE["lat"], lon=PLACE["lon"]), strict=True)), z=12)
    around = {(12, x + dx, y + dy): bytes([26, 255] * 50) for dx in (-1, 0, 1) for dy in (-1, 0, 1)}
    country(folder / "korea.pmtiles", around | {(12, x, y): good})


def look_anew(place_card: Any) -> None:
    for kept in (place_card._tiles, place_card._grounds, place_card._streets):
        kept.clear()


def test_my_place_as_the_center_sees_it(stage: Stage, tmp_path: Path) -> None:
    from kivy.graphics import InstructionGroup

    from mobile_app.ui import map_ink
    from mobile_app.ui.widgets import place_card
    from mobile_app.ui.widgets.map_ground import Drawn
    from mobile_app.ui.widgets.map_names import Names

    look_anew(place_card)
    mbtiles(tmp_path / "map.mbtiles", range(7, 13))
    stage.app.folder = tmp_path
    trail = [[37.4005, 126.921], [37.4015, 126.9227]]
    stage.phone.answers["where"] = {"place": PLACE, "trail": trail}
    stage.show(views.active("received"))
    card: Any = stage.screen.ids.place
    stage.until(lambda: card.place == [PLACE["lat"], PLACE["lon"], 25.0])
    assert any("보낸 위치 2개 · 경계만" in words and "국토" in words for words in stage.words())
    stage.until(lambda: any(texture is not None for texture in card.ids.map._textures.values()))
    card.dispatch("on_release")
    stage.frames(3)
    large = stage.app.shell.sheet.ids.map
    stage.until(lambda: large.place != [] and large._textures)
    assert (large.lat, large.lon) == (PLACE["lat"], PLACE["lon"])
    stage.press(large)
    stage._touch.touch_move(*(value + 60 for value in large.to_window(*large.center)))
    stage.let_go()
    assert not large.is_following and large.lat < PLACE["lat"] and large.lon < PLACE["lon"]
    zoom = large.zoom
    stage.tap(stage.app.shell.sheet.ids.closer)
    assert large.zoom == zoom + 1
    stage.tap(stage.app.shell.sheet.ids.here)
    assert large.is_following and (large.lat, large.lon) == (PLACE["lat"], PLACE["lon"])
    large.zoom_at(30, *large.center)
    assert large.zoom == 18
    assert stage.back_key() and stage.app.shell.sheet is None and stage.app.screens.current == "active"
    assert large.is_blank and large.zoom == 18  # nothing of the ground is known yet: a grid, a scale and north

    (tmp_path / "map.mbtiles").unlink()
    our_own(tmp_path)
    look_anew(place_card)
    card.dispatch("on_release")
    large = stage.app.shell.sheet.ids.map
    stage.until(lambda: not large.is_blank)
    stage.until(lambda: any("경기도 안양동" in words and "2개 · 국토" in words for words in stage.words()))
    stage.until(lambda: large._vectors.area_at(lat=large.lat, lon=large.lon) == ("안양동", "Anyang-dong"))
    stage.paint()
    large.is_following, large.lon = False, large.lon + 0.1  # over the broken ones
    stage.until(lambda: len(large._vectors._kept) >= 2)
    stage.paint()
    assert sum(one is not None for one in large._vectors._kept.values()) == 1
    crowd = Drawn([], {}, [("dong", 2000, 2000 + one, f"{one}동", "x") for one in range(400)], 0)
    names, group = Names(), InstructionGroup()
    box, ink = (0.0, 0.0, 400.0, 900.0), map_ink.DAY
    shown = [((12, 1, 1), 0.0, 0.0, 400.0, crowd)]
    while not names.draw(group, shown, zoom=15.0, box=box, ink=ink, language="ko", scale=1.0):
        pass
    assert len(names._made) == len(names._standing) < 30  # none over another, and no picture of those without room
    assert stage.back_key()
    look_anew(place_card)
