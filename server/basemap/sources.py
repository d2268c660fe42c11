"""Where street tiles come from: nowhere (the default), another server, or a PMTiles file. One port, one setting.

Another server is asked by us, never by a browser: its key stays here, a closed network works, and a page loads nothing
from elsewhere. Only the host of the template is ever asked, redirects are not followed, and what comes back must be a
picture by its own first bytes.
"""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

import httpx
import structlog

from location_router.runtime.tile_file import BadTileFile, TileFile
from server.answers import UNPACKED, TooMuch, read_within
from server.basemap.cache import Kept, Key, TileCache
from server.basemap.model import Template, image_kind

if TYPE_CHECKING:
    from server.settings import Settings

log = structlog.get_logger("basemap")
PATIENCE_S = 5.0
AT_ONCE = 12
REST_S = 3.0
MOST_BYTES = 1024 * 1024
_NONE_THERE, _THIS_ONE = (204, 404, 410), (400, 416, 422)
_ASKED_FOR = {"Accept": "image/png,image/jpeg,image/webp", **UNPACKED}


class StreetsAway(Exception):
    """The source does not answer, or not with a map."""


class TileRefused(StreetsAway):
    """This tile only: whoever asks for one that the source refuses must not make it rest for everybody."""


@dataclass(frozen=True, slots=True)
class Streets:
    """What a page must know to draw them."""

    kind: Literal["raster", "vector"]
    min_zoom: int
    max_zoom: int
    attribution: str
    has_dark: bool
    version: str


@dataclass(frozen=True, slots=True)
class StreetTile:
    media_type: str
    body: bytes
    is_gzipped: bool = False


class StreetSource(Protocol):
    """Both methods may be called for any tile of the pyramid."""

    def about(self) -> Streets | None:
        """None: there are no streets."""
        ...

    async def tile(self, z: int, x: int, y: int, *, dark: bool) -> StreetTile | None:
        """None where the map has nothing. Raises StreetsAway."""
        ...

    async def close(self) -> None: ...


class NoStreets:
    """The default: borders and names only."""

    def about(self) -> Streets | None:
        return None

    async def tile(self, z: int, x: int, y: int, *, dark: bool) -> StreetTile | None:
        return None

    async def close(self) -> None:
        return None


class HttpStreets:
    """XYZ or WMTS of another server, one request per tile however many ask, and a rest after it has failed."""

    def __init__(self, settings: Settings) -> None:
        key = settings.basemap_key
        self._light = Template(settings.basemap_url, key)
        dark = settings.basemap_dark_url
        self._dark = Template(dark, key if "{key}" in dark else "") if dark else None
        self._about = Streets(
            "raster",
            settings.basemap_min_zoom,
            settings.basemap_max_zoom,
            settings.basemap_attribution,
            self._dark is not None,
            "1",
        )
        self._cache = TileCache(
            settings.basemap_cache_dir,
            most_bytes=settings.basemap_cache_mb * 1024 * 1024,
            source=f"{self._light.text} {dark}",
        )
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        self._http = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=PATIENCE_S, limits=limits)
        self._asked: dict[Key, asyncio.Task[Kept]] = {}
        self._rests_until = 0.0

    def about(self) -> Streets | None:
        return self._about

    async def tile(self, z: int, x: int, y: int, *, dark: bool) -> StreetTile | None:
        if not self._about.min_zoom <= z <= self._about.max_zoom:
            return None
        key = (dark and self._dark is not None, z, x, y)
        kept = await self._cache.get(key)
        if kept is None:
            kept = await self._fetched(key)
        return StreetTile(kept.kind, kept.body) if kept.kind else None

    async def close(self) -> None:
        for task in self._asked.values():
            task.cancel()
        await self._http.aclose()

    async def _fetched(self, key: Key) -> Kept:
        task = self._asked.get(key)
        if task is None:
            if asyncio.get_running_loop().time() < self._rests_until:
                raise StreetsAway("resting")
            task = asyncio.create_task(self._fetch(key), name="basemap:tile")
            self._asked[key] = task
            task.add_done_callback(lambda done: (self._asked.pop(key, None), done.cancelled() or done.exception()))
        return await asyncio.shield(task)

    async def _fetch(self, key: Key) -> Kept:
        template = self._dark if key[0] and self._dark else self._light
        try:
            async with asyncio.timeout(PATIENCE_S):
                kept = await self._ask(httpx.URL(template.url(*key[1:])), template.host)
        except TileRefused:
            raise
        except (TimeoutError, httpx.HTTPError, StreetsAway) as error:
            self._rests_until = asyncio.get_running_loop().time() + REST_S
            why = (
                str(error) if isinstance(error, StreetsAway) else type(error).__name__
            )  # never the address: it has the key
            log.warning("street_tiles_away", host=template.host, why=why)
            raise StreetsAway(why) from None
        await self._cache.put(key, kept)
        return kept

    async def _ask(self, url: httpx.URL, host: str) -> Kept:
        if urlsplit(str(url)).netloc != host:
            raise StreetsAway("another host")
        async with self._http.stream("GET", url, headers=_ASKED_FOR) as answer:
            if answer.status_code in _NONE_THERE:
                return Kept("", b"")
            if answer.status_code in _THIS_ONE:
                raise TileRefused(f"status {answer.status_code}")
            if answer.status_code != httpx.codes.OK:
                raise StreetsAway(f"status {answer.status_code}")
            try:
                body = await read_within(answer, MOST_BYTES)
            except TooMuch as error:
                raise StreetsAway(str(error)) from None
        kind = image_kind(body)
        if kind is None or not answer.headers.get("content-type", kind).startswith(
            ("image/", "application/octet-stream")
        ):
            raise StreetsAway("no picture")
        return Kept(kind, body)


class FileStreets:
    """A PMTiles file of pictures or of vector tiles; a second file may be the dark one (pictures only)."""

    def __init__(self, settings: Settings) -> None:
        self._paths = {False: Path(settings.basemap_url)}
        if settings.basemap_dark_url:
            self._paths[True] = Path(settings.basemap_dark_url)
        self._attribution = settings.basemap_attribution
        self._files: dict[bool, TileFile] = {}
        self._told = ""

    def about(self) -> Streets | None:
        file = self._file(dark=False)
        if file is None:
            return None
        kind: Literal["raster", "vector"] = "raster" if file.media_type.startswith("image/") else "vector"
        has_dark = kind == "raster" and True in self._paths
        return Streets(kind, file.min_zoom, file.max_zoom, self._attribution, has_dark, file.version)

    async def tile(self, z: int, x: int, y: int, *, dark: bool) -> StreetTile | None:
        file = self._file(dark=dark and True in self._paths)
        if file is None:
            raise StreetsAway("no file")
        body = file.get(z, x, y)
        return StreetTile(file.media_type, body, file.is_gzipped) if body is not None else None

    async def close(self) -> None:
        for file in self._files.values():
            file.close()

    def _file(self, *, dark: bool) -> TileFile | None:
        held = self._files.get(dark)
        if held is not None and held.is_current():
            return held
        try:
            self._files[dark] = TileFile.open(self._paths[dark])
        except BadTileFile as error:
            if self._told != str(error):
                self._told = str(error)
                log.warning("street_tiles_away", why=self._told)
            return held
        return self._files[dark]


def unpacked(tile: StreetTile) -> bytes:
    """The tile's bytes for who does not take gzip."""
    return gzip.decompress(tile.body) if tile.is_gzipped else tile.body


def create_streets(settings: Settings) -> StreetSource:
    made: dict[str, Any] = {
        "none": lambda _: NoStreets(),
        "pmtiles": FileStreets,
        "xyz": HttpStreets,
        "wmts": HttpStreets,
    }
    source: StreetSource = made[settings.basemap](settings)
    return source
