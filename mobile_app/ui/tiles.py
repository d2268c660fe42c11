"""Where map pictures come from, and the arithmetic of web tiles. No Kivy; sources are asked on worker threads.

Offline first: a raster MBTiles file or a folder `z/x/y.png` in the phone's own storage. A server is asked only where
the person has set an address, because it learns which places are looked at.
"""

from __future__ import annotations

import math
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

TILE = 256
MOST_BYTES = 512 * 1024
EARTH_M_PER_PIXEL = 2 * math.pi * 6378137.0 / TILE
"""At zoom 0 on the equator."""
MOST_LAT = 85.05112878
FILES = ("map.mbtiles", "map")
"""In the phone's folder: the file comes before the folder."""
VARIABLE = "ANSIM_PHONE_MAP"

Key = tuple[int, int, int]
"""Zoom, column from the west, row from the north."""


class Zooms(Protocol):
    min_zoom: int
    max_zoom: int


class Tiles(Protocol):
    """`is_borders`: the pictures show administrative borders only, and the map has to say so; `is_dark`: they are made
    for the night, others are dimmed there."""

    min_zoom: int
    max_zoom: int
    attribution: str
    is_borders: bool
    is_dark: bool

    def load(self, key: Key) -> bytes | None:
        """The picture (PNG or JPEG), None where there is none. From any thread; may block; never raises."""


class NoTiles:
    min_zoom, max_zoom, attribution, is_borders, is_dark = 0, 0, "", False, False

    def load(self, key: Key) -> bytes | None:
        return None


class MbTiles:
    """A raster MBTiles file; its rows count from the south. Raises ValueError where it is none."""

    is_dark = False

    def __init__(self, path: Path) -> None:
        self._path, self._own = path, threading.local()
        try:
            told = dict(self._connect().execute("SELECT name, value FROM metadata"))
            zooms = self._connect().execute("SELECT min(zoom_level), max(zoom_level) FROM tiles").fetchone()
        except sqlite3.Error as error:
            raise ValueError(f"{path.name} is no MBTiles file: {error}") from None
        if told.get("format") not in ("png", "jpg", "jpeg") or zooms[0] is None:
            raise ValueError(f"{path.name} holds no PNG or JPEG tiles")
        self.min_zoom, self.max_zoom = int(zooms[0]), int(zooms[1])
        self.attribution, self.is_borders = str(told.get("attribution", "")), told.get("type") == "borders"

    def load(self, key: Key) -> bytes | None:
        z, x, y = key
        try:
            row = self._connect().execute(
                "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
                (z, x, 2**z - 1 - y),
            ).fetchone()  # fmt: skip
        except sqlite3.Error:
            return None
        return row[0] if row else None

    def _connect(self) -> sqlite3.Connection:
        if not hasattr(self._own, "connection"):
            self._own.connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)
        connection: sqlite3.Connection = self._own.connection
        return connection


class FolderTiles:
    """`z/x/y.png`, rows from the north. Raises ValueError for a folder without zooms."""

    is_borders = is_dark = False

    def __init__(self, path: Path, attribution: str = "") -> None:
        zooms = sorted(int(one.name) for one in path.iterdir() if one.name.isdigit())
        if not zooms:
            raise ValueError(f"{path.name} holds no folders of zooms")
        self._path, self.attribution = path, attribution
        self.min_zoom, self.max_zoom = zooms[0], zooms[-1]

    def load(self, key: Key) -> bytes | None:
        try:
            return self._path.joinpath(*map(str, key[:2]), f"{key[2]}.png").read_bytes()
        except OSError:
            return None


class ServerTiles:
    """`https://…/{z}/{x}/{y}`. Nothing is kept on disk."""

    is_borders = False

    def __init__(self, url: str, attribution: str, *, zooms: tuple[int, int] = (0, 19), is_dark: bool = False) -> None:
        self._url, self.attribution, self.is_dark = url, attribution, is_dark
        self.min_zoom, self.max_zoom = zooms

    def load(self, key: Key) -> bytes | None:
        z, x, y = key
        url = self._url.replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y))
        status, data = fetched(url, most=MOST_BYTES)
        return data if status == 200 and data else None


_turn = threading.Lock()
_client: Any = None


def fetched(url: str, *, most: int, whole_s: float = 12.0) -> tuple[int, bytes]:
    """Status and bytes as they travelled (a packed answer stays packed), by one client for all threads; (0, b"") where
    nothing usable came: no answer, or more than `most`. Blocks; never raises. On a worker only."""
    import httpx

    client, end_s = _http(), time.monotonic() + whole_s
    try:
        with client.stream("GET", url) as answer:
            data = bytearray()
            for part in answer.iter_raw():
                data += part
                if len(data) > most or time.monotonic() > end_s:
                    return 0, b""
            return answer.status_code, bytes(data)
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        return 0, b""


def _http() -> Any:
    """Made on a worker: its first TLS context takes a tenth of a second."""
    global _client
    import httpx

    from mobile_app.net.client import tls_context

    with _turn:
        if _client is None:
            _client = httpx.Client(verify=tls_context(), timeout=6.0, trust_env=False)
        return _client


def find_tiles(folder: Path | None, *, url: str = "", attribution: str = "") -> Tiles:
    """What this phone has: its own file or folder, else the address that the person has set, else nothing."""
    named = os.environ.get(VARIABLE)
    places = [Path(named)] if named else [folder / name for name in FILES] if folder else []
    for place in places:
        try:
            if place.is_file():
                return MbTiles(place)
            if place.is_dir():
                return FolderTiles(place, attribution)
        except (ValueError, OSError):
            continue
    return ServerTiles(url, attribution) if url.startswith("https://") else NoTiles()


# ---- arithmetic -----------------------------------------------------------------------------------------------------


def project(*, lat: float, lon: float) -> tuple[float, float]:
    """Web Mercator, 0 to 1 from the west and from the north."""
    lat = max(-MOST_LAT, min(MOST_LAT, lat))
    sine = math.sin(math.radians(lat))
    return (lon + 180) / 360, 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)


def unproject(x: float, y: float) -> tuple[float, float]:
    """`lat`, `lon` of a point between 0 and 1."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y)))), x * 360 - 180


def metres_per_pixel(*, lat: float, zoom: float) -> float:
    return EARTH_M_PER_PIXEL * math.cos(math.radians(lat)) / 2**zoom


def covering(
    *, x: float, y: float, zoom: float, width: float, height: float, scale: float, tiles: Zooms, z: int | None = None
) -> list[tuple[Key, float, float, float]]:
    """The tiles that cover a window whose middle is at the projected (x, y): key, and left, top and side in pixels from
    the window's upper left. `scale`: pixels of the screen per pixel of a picture. The middle comes first.
    `z`: these tiles, whatever would be the sharpest."""
    if z is None:
        z = max(tiles.min_zoom, min(tiles.max_zoom, math.floor(zoom + math.log2(scale) + 0.5)))
    count = 2**z
    side = TILE * scale * 2 ** (zoom - z)
    left, top = x * count * side - width / 2, y * count * side - height / 2
    found = []
    for row in range(max(0, math.floor(top / side)), min(count - 1, math.floor((top + height) / side)) + 1):
        for column in range(math.floor(left / side), math.floor((left + width) / side) + 1):
            found.append(((z, column % count, row), column * side - left, row * side - top, side))
    middle: Callable[[tuple[Key, float, float, float]], float] = lambda one: (  # noqa: E731
        (one[1] + side / 2 - width / 2) ** 2 + (one[2] + side / 2 - height / 2) ** 2
    )
    return sorted(found, key=middle)
