"""Cold start to the first frame, frames a second of the map while it is dragged, and the memory of window and service.

Offscreen with software drawing: a phone's graphics chip is faster, its processor slower. Floors: a Python process that
imports Kivy's window and paints one empty frame; the same map without pictures.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STARTS, FRAMES = 3, 120
WITHIN_S = 60.0
CITIES = ((37.57, 126.98), (37.40, 126.92), (33.50, 126.53), (35.18, 129.08), (36.35, 127.38), (34.31, 126.75))


def measure() -> dict[str, float | str]:
    ours, floors = [_child("ours") for _ in range(STARTS)], [_child("floor") for _ in range(STARTS)]
    last = ours[-1]
    return {
        "first_frame_s": round(statistics.median(one["first_frame_s"] for one in ours), 3),
        "floor_empty_kivy_window_s": round(statistics.median(one["first_frame_s"] for one in floors), 3),
        "map_frames_per_s": last["map_frames_per_s"], "own_map_frames_per_s": last["own_frames_per_s"],
        "own_map_zooming_frames_per_s": last["own_zooming_frames_per_s"],
        **_tiles(),
        "floor_map_without_pictures_frames_per_s": last["bare_frames_per_s"],
        "window_rss_mb": last["rss_mb"], "floor_window_rss_mb": floors[-1]["rss_mb"],
        "service_rss_mb": _service_rss_mb(),
    }  # fmt: skip


def _child(what: str) -> dict[str, float]:
    began_s = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench.phone_window", what, str(began_s)],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return found


def _rss_mb(pid: int | str) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def _service_rss_mb() -> float:
    """Five seconds after its socket is there."""
    with tempfile.TemporaryDirectory() as folder:
        service = subprocess.Popen(
            [sys.executable, "-m", "mobile_app.service", "--dir", folder], cwd=ROOT, stdout=subprocess.DEVNULL
        )  # fmt: skip
        try:
            end_s = time.monotonic() + WITHIN_S
            while not list(Path(folder).glob("*.sock")) and time.monotonic() < end_s:
                time.sleep(0.05)
            time.sleep(5)
            return _rss_mb(service.pid)
        finally:
            service.terminate()
            service.wait(15)


def _paint(count: int) -> float:
    """Seconds that these frames took."""
    from kivy.base import EventLoop

    began_s = time.monotonic()
    for _ in range(count):
        EventLoop.idle()
    return time.monotonic() - began_s


def _empty(began_s: float) -> dict[str, float]:
    from kivy.app import App
    from kivy.base import runTouchApp
    from kivy.uix.widget import Widget

    app = App()
    app.root = Widget()
    app._run_prepare()
    runTouchApp(embedded=True)
    _paint(1)
    return {"first_frame_s": time.monotonic() - began_s, "rss_mb": _rss_mb("self")}


def _ours(began_s: float) -> dict[str, float]:
    from tests.phone import views
    from tests.phone.stage import Stage

    stage = Stage()
    stage.app.viewed(views.idle())
    _paint(1)
    # Before the map: the offscreen driver keeps 4 MB of every frame that it has painted, whatever is in it.
    found = {"first_frame_s": time.monotonic() - began_s, "rss_mb": _rss_mb("self")}
    with tempfile.TemporaryDirectory() as folder:
        found |= {"bare_frames_per_s": _dragged(None), "map_frames_per_s": _dragged(Path(folder))}
    found |= {"own_frames_per_s": _dragged(None, is_own=True), "own_zooming_frames_per_s": _zoomed()}
    return found


def _own_ground() -> Any:
    from location_router.index import basemap_path
    from mobile_app.ui.ground import FileGround

    return FileGround(basemap_path())


def _zoomed() -> float:
    """From the whole country down to a street and back, over Seoul."""
    from kivy.core.window import Window

    from mobile_app.ui.widgets.tile_map import TileMap

    shown = TileMap(ground=_own_ground(), size=Window.size, place=[37.5665, 126.978, 25.0])
    Window.add_widget(shown)
    _paint(5)
    began_s = time.monotonic()
    for turn in range(FRAMES):
        shown.zoom = 5.5 + 11.5 * abs(1 - 2 * turn / FRAMES)
        _paint(1)
    taken_s = time.monotonic() - began_s
    Window.remove_widget(shown)
    return round(FRAMES / taken_s, 1)


def _tiles() -> dict[str, float]:
    """Reading one tile and making it into triangles, as a worker does: six cities, all zooms."""
    from mobile_app.maps.shapes import prepared
    from mobile_app.maps.vector_tile import read_tile
    from mobile_app.maps.words import spot
    from mobile_app.ui.map_ink import BORDERS_FROM, LEVELS
    from mobile_app.ui.tiles import project

    ground, taken = _own_ground(), []
    for lat, lon in CITIES:
        x, y = project(lat=lat, lon=lon)
        for z in range(ground.min_zoom, ground.max_zoom + 1):
            data = ground.load(spot(x=x, y=y, z=z)[0])
            began_s = time.process_time()
            lines = [level for level in LEVELS if BORDERS_FROM[level] <= z]
            prepared(read_tile(data), lines=lines, slab=8 if z < 12 else 4, is_deepest=z == 12)
            taken.append((time.process_time() - began_s) * 1000)
    taken.sort()
    return {"own_tile_ms_p50": round(statistics.median(taken), 1), "own_tile_ms_max": round(taken[-1], 1)}


def _dragged(folder: Path | None, *, is_own: bool = False) -> float:
    from kivy.core.window import Window

    from mobile_app.ui.tiles import MbTiles, NoTiles
    from mobile_app.ui.widgets.tile_map import TileMap
    from tests.phone.test_map import PLACE, mbtiles

    chosen = MbTiles(mbtiles(folder / "map.mbtiles", range(7, 13))) if folder else NoTiles()
    shown = TileMap(tiles=chosen, size=Window.size, place=[PLACE["lat"], PLACE["lon"], 25.0])
    if is_own:
        shown.ground, shown.zoom = _own_ground(), 12.6
    shown.trail = [[37.4 + 0.0001 * one, 126.92 + 0.0001 * one] for one in range(200)]
    Window.add_widget(shown)
    _paint(10)
    began_s = time.monotonic()
    for place in range(FRAMES):
        shown._move(3 if place % 40 < 20 else -3, 2)
        _paint(1)
    taken_s = time.monotonic() - began_s
    Window.remove_widget(shown)
    return round(FRAMES / taken_s, 1)


if __name__ == "__main__":
    from tests.phone.stage import set_environment

    set_environment()
    from kivy.config import Config

    Config.set("graphics", "maxfps", "0")
    Config.set("graphics", "width", "412")
    Config.set("graphics", "height", "915")
    if sys.argv[1] == "ours":
        from mobile_app.ui.fonts import register

        register()
    print(json.dumps((_ours if sys.argv[1] == "ours" else _empty)(float(sys.argv[2]))))
