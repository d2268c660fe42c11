"""One PMTiles (version 3) file, read where it lies: the file is mapped into memory, its directories are read once.

A tile costs one search and one slice. The file's owner replaces it atomically (`os.replace`), so an open one stays as
it was; who wants the new one opens it again (`is_current`).
"""

from __future__ import annotations

import gzip
import json
import mmap
import os
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from pmtiles.tile import (
    Compression,
    Entry,
    TileType,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

MOST_LEAVES = 256
DEEPEST = 4
MEDIA = {
    TileType.MVT: "application/vnd.mapbox-vector-tile",
    TileType.PNG: "image/png",
    TileType.JPEG: "image/jpeg",
    TileType.WEBP: "image/webp",
}


class BadTileFile(Exception):
    """The file is missing or no PMTiles file of version 3; the message names it and says what is wrong."""


class TileFile:
    """Tiles by `get(z, x, y)`; safe to use from several threads."""

    def __init__(self, path: Path, stat: os.stat_result, held: mmap.mmap) -> None:
        self.path, self._held, self._stat = path, held, (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        self._header = deserialize_header(held[:127])
        self.min_zoom, self.max_zoom = self._header["min_zoom"], self._header["max_zoom"]
        if self._header["tile_type"] not in MEDIA:
            raise ValueError(f"tiles of kind {self._header['tile_type'].name} are not known")
        if self._header["internal_compression"] is not Compression.GZIP:
            raise ValueError("its directories are not gzipped")
        if self._header["tile_compression"] not in (Compression.GZIP, Compression.NONE):
            raise ValueError(f"its tiles are packed by {self._header['tile_compression'].name}, not by gzip")
        self.media_type = MEDIA[self._header["tile_type"]]
        self.is_gzipped = self._header["tile_compression"] is Compression.GZIP
        self._root = self._directory(self._header["root_offset"], self._header["root_length"])
        packed = self._slice(self._header["metadata_offset"], self._header["metadata_length"])
        self.metadata: dict[str, Any] = json.loads(gzip.decompress(packed)) if packed else {}
        self._leaves: OrderedDict[int, list[Entry]] = OrderedDict()
        self._lock = Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises BadTileFile."""
        try:
            with path.open("rb") as file:
                stat = os.fstat(file.fileno())
                return cls(path, stat, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except FileNotFoundError:
            raise BadTileFile(f"there is no tile file at {path}") from None
        except Exception as error:  # whatever the library finds in a file that is none
            raise BadTileFile(
                f"{path} is no PMTiles file that can be read ({error or type(error).__name__})"
            ) from error

    @property
    def version(self) -> str:
        """Changes with the file."""
        return f"{self._stat[0]:x}-{self._stat[1]:x}"

    def is_current(self) -> bool:
        """Whether the path still names this file."""
        try:
            stat = self.path.stat()
        except OSError:
            return False
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino) == self._stat

    def get(self, z: int, x: int, y: int) -> bytes | None:
        """The tile's bytes as they are packed (`is_gzipped`), or None where the file has none."""
        if not self.min_zoom <= z <= self.max_zoom or not (0 <= x < 1 << z and 0 <= y < 1 << z):
            return None
        wanted, entries = zxy_to_tileid(z, x, y), self._root
        for _ in range(DEEPEST):
            found = find_tile(entries, wanted)
            if found is None:
                return None
            if found.run_length:
                return self._slice(self._header["tile_data_offset"] + found.offset, found.length)
            entries = self._leaf(self._header["leaf_directory_offset"] + found.offset, found.length)
        return None

    def close(self) -> None:
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _leaf(self, offset: int, length: int) -> list[Entry]:
        with self._lock:
            if offset in self._leaves:
                self._leaves.move_to_end(offset)
                return self._leaves[offset]
        entries = self._directory(offset, length)
        with self._lock:
            self._leaves[offset] = entries
            if len(self._leaves) > MOST_LEAVES:
                self._leaves.popitem(last=False)
        return entries

    def _directory(self, offset: int, length: int) -> list[Entry]:
        entries: list[Entry] = deserialize_directory(self._slice(offset, length))
        return entries

    def _slice(self, offset: int, length: int) -> bytes:
        return self._held[offset : offset + length]
