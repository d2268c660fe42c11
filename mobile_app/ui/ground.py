"""Where the map's own vector tiles come from. No Kivy; sources are asked on worker threads.

One file holds the whole country (7 MB): the app's own, or the newer one that the service has fetched from the home
center (`service/map_file.py`). With it nobody is asked, so nobody learns what is looked at. Until it is there, single
tiles of borders come from the home center (a tile is some 8 km wide at the closest) and are kept on disk, bounded.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from mobile_app.maps.country import BUNDLED, FILE
from mobile_app.maps.tile_file import BadFile, TileFile
from mobile_app.maps.vector_tile import MOST_PACKED, BadTile, VectorTile, read_tile
from mobile_app.maps.words import place_words, spot
from mobile_app.net.client import is_safe
from mobile_app.ui.tiles import Key, fetched, project

CACHE = "map-seen"
"""The window's own folder within the phone's: nothing else of the phone's folder is written by the window."""
MOST_KEPT, MOST_KEPT_BYTES, KEPT_DAYS = 400, 6_000_000, 30
READ = 4
AGAIN_S = 300.0


class Away(Exception):
    """Nobody answered; ask again later."""


class Ground(Protocol):
    min_zoom: int
    max_zoom: int

    def load(self, key: Key) -> bytes | None:
        """The tile, None where nothing is (the sea). From any thread; may block. Raises Away."""


class FileGround:
    """The country's file. Raises BadFile, OSError."""

    def __init__(self, path: Path) -> None:
        self._file = TileFile(path)
        self.min_zoom, self.max_zoom = self._file.min_zoom, self._file.max_zoom
        self.version = str(self._file.metadata.get("boundary_version", ""))

    def load(self, key: Key) -> bytes | None:
        try:
            return self._file.get(*key)
        except (BadFile, OSError):
            return None


class HomeGround:
    """Tiles one by one from the home center; what it gave is kept in `folder` (None: in memory only)."""

    min_zoom, max_zoom = 5, 12

    def __init__(self, url: str, folder: Path | None) -> None:
        self._url, self._folder = url.rstrip("/"), folder
        self._silent_until_s = 0.0
        self._turn = threading.Lock()
        self._count = 0
        if folder is not None:
            with suppress(OSError):
                folder.mkdir(mode=0o700, exist_ok=True)

    def load(self, key: Key) -> bytes | None:
        kept = self._kept(key)
        if kept is not None:
            return kept or None
        if time.monotonic() < self._silent_until_s:
            raise Away
        status, data = fetched(f"{self._url}/basemap/{key[0]}/{key[1]}/{key[2]}", most=MOST_PACKED)
        if status == 404:
            self._silent_until_s = time.monotonic() + AGAIN_S  # it has no map at all
        if status not in (200, 204):
            raise Away
        self._keep(key, data)
        return data or None

    def _kept(self, key: Key) -> bytes | None:
        """b"" for a place that is known to be empty."""
        if self._folder is None:
            return None
        path = self._path(key)
        try:
            if time.time() - path.stat().st_mtime > KEPT_DAYS * 86_400 or path.stat().st_size > MOST_PACKED:
                return None
            return path.read_bytes()
        except OSError:
            return None

    def _keep(self, key: Key, data: bytes) -> None:
        if self._folder is None:
            return
        path = self._path(key)
        fresh = path.with_suffix(f".{threading.get_ident()}")
        with suppress(OSError):
            fresh.write_bytes(data)
            fresh.replace(path)
        with self._turn:
            self._count += 1
            if self._count % 32 == 1:
                self._forget_oldest()

    def _forget_oldest(self) -> None:
        with suppress(OSError):
            found = sorted((one.stat().st_mtime, one.stat().st_size, one) for one in self._folder.iterdir())  # type: ignore[union-attr]
            size = sum(one[1] for one in found)
            while found and (len(found) > MOST_KEPT - 32 or size > MOST_KEPT_BYTES):
                _, bytes_, path = found.pop(0)
                size -= bytes_
                path.unlink(missing_ok=True)

    def _path(self, key: Key) -> Path:
        assert self._folder is not None
        return self._folder / "-".join(map(str, key))


def find_ground(folder: Path | None, *, home_url: str) -> Ground | None:
    """The newest file of the country, else the home center, else nothing."""
    files = []
    for path in (folder / FILE if folder else None, BUNDLED):
        if path is not None:
            with suppress(BadFile, OSError):
                files.append(FileGround(path))
    if files:
        return max(files, key=lambda one: one.version)
    return HomeGround(home_url, folder / CACHE if folder else None) if is_safe(home_url) else None


def stamp(folder: Path | None) -> int:
    """Changes when the service has put a new file there."""
    try:
        return os.stat(folder / FILE).st_mtime_ns if folder else 0
    except OSError:
        return 0


class Words:
    """Where a place is, in words: the same tiles say it, so it costs no network of its own. On workers."""

    def __init__(self, ground: Ground) -> None:
        self._ground, self._turn = ground, threading.Lock()
        self._read: OrderedDict[Key, VectorTile | None] = OrderedDict()

    def of(self, *, lat: float, lon: float) -> tuple[str, str]:
        """Korean and English; empty where nothing is known."""
        x, y = project(lat=lat, lon=lon)
        key, across, down = spot(x=x, y=y, z=self._ground.max_zoom)
        with self._turn:
            tile = self._tile(key)
        return place_words(tile, x=across, y=down) if tile is not None else ("", "")

    def _tile(self, key: Key) -> Any:
        if key not in self._read:
            try:
                data = self._ground.load(key)
                self._read[key] = read_tile(data) if data else None
            except Away:
                return None
            except BadTile:
                self._read[key] = None
            while len(self._read) > READ:
                self._read.popitem(last=False)
        return self._read[key]
