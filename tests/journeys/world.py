"""A whole Ansim for a journey: the demo's world of real processes on a durable private PostGIS of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from location_router.runtime.postgres import PrivateCluster
from server.demo.scene import cameras_around
from server.demo.world import World
from tests.databases import open_folder

ANYANG = {"lat": 37.4015, "lon": 126.9227}
ANYANG_CODE = "41170"


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
