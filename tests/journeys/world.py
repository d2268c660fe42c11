"""A whole Ansim for a journey: the demo's world of real processes on a durable private PostGIS of its own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from location_router.runtime.db import conninfo
from location_router.runtime.postgres import PrivateCluster
from server.demo.scene import cameras_around
from server.demo.world import World
from tests.databases import open_folder

ANYANG = {"lat": 37.4015, "lon": 126.9227}
ANYANG_CODE = "41170"
# `ansim video` as it is, but with less patience: a journey can't wait minutes for what happens after minutes; only a
# database that is slow because the machine is busy is no silent gate
_IMPATIENT = """
import sys
from functools import partial
from server import video_health, video_shelf
from server.video import hub, judging, keeping, recorder, viewings
hub.LINGER_S, viewings.RENEW_S, recorder.KEEP_S, judging.LEAST_GAP_S = 1.0, 1.0, 1.0, 1.0
viewings.GATE_SILENCE_S = 15.0
keeping.Keeper.__init__.__kwdefaults__["every_s"] = 1.0
video_health.Pace = partial(video_health.Pace, tick_s=0.5, look_s=2.0, hurry_s=1.0)
video_shelf.Recorder = partial(video_shelf.Recorder, segment_s=1.0)
warm = hub.Hub.warm
hub.Hub.warm = lambda self, camera_id, url, seconds, *more: warm(self, camera_id, url, min(seconds, 4.0), *more)
from server.__main__ import main
sys.argv[1:] = ["video"]
main()
"""
IMPATIENT_VIDEO = (sys.executable, "-c", _IMPATIENT)


@contextmanager
def small_world(**options: Any) -> Iterator[World]:
    """World on a durable cluster in a temp folder; everything is stopped and removed afterwards.

    `world.server` is the PrivateCluster, so that a journey can kill and restart PostgreSQL.
    """
    folder = open_folder("ansim-journey-")
    cluster = PrivateCluster(name="journey", durable=True, state=folder, on_progress=lambda line: None)
    cluster.start()
    options.setdefault("cameras", cameras_around(**ANYANG, code=ANYANG_CODE) if options.get("with_video", True) else [])
    world = World(cluster, Path(folder) / "world", **options)
    try:
        with world:
            yield world
    finally:
        cluster.stop()
        if os.environ.get("KEEP_WORLD"):  # to read the logs of a failed run
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def rows(world: World, name: str, query: str, *values: Any) -> list[dict[str, Any]]:
    """What a part's database holds, as its owner sees it: `name` is `router`, `serving`, `second` …"""
    place = conninfo(world.server.url(f"{world.prefix}_{name}"))  # type: ignore[attr-defined]
    with psycopg.connect(place, row_factory=dict_row) as connection:
        return connection.execute(query, values).fetchall()  # type: ignore[arg-type]
