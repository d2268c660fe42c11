"""The file of the whole country's tiles (PMTiles, version 3), read where it lies. Standard library only.

The server's reader (`location_router/runtime/tile_file.py`) stands on a package that the phone does not have. A file
that was cut off or changed on the way must not hurt: every place in it is checked against its length.
"""

from __future__ import annotations

import json
import os
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any

from mobile_app.maps.varints import BadNumber, varint

HEADER, MAGIC, VERSION = 127, b"PMTiles", 3
GZIP, MVT = 2, 1
MOST_BYTES = 48 * 1024 * 1024
"""Of a file; ours has 7 MB."""
MOST_ENTRIES, MOST_UNPACKED, MOST_TILE, DEEPEST, KEPT = 200_000, 4 * 1024 * 1024, 512 * 1024, 4, 16
DEEPEST_ZOOM = 20

Entry = tuple[int, int, int]
"""Offset, length, how many tiles in a row it stands for (0: a directory of its own)."""
Directory = tuple[list[int], list[Entry]]


class BadFile(ValueError):
    """Not a tile file that can be read; the sentence says why."""


class TileFile:
    """Tiles by `get`, from any thread. `metadata`: what the compiler wrote (`source_date`, `version` …)."""

    def __init__(self, path: Path) -> None:
        """Raises BadFile, OSError."""
        self._handle = os.open(path, os.O_RDONLY)
        try:
            self._size = os.fstat(self._handle).st_size
            self._read_header()
        except BaseException:
            self.close()
            raise

    def _read_header(self) -> None:
        head = os.pread(self._handle, HEADER, 0)
        if len(head) < HEADER or head[:7] != MAGIC or head[7] != VERSION or self._size > MOST_BYTES:
            raise BadFile("no PMTiles file of version 3")
        at = [int.from_bytes(head[8 + 8 * one : 16 + 8 * one], "little") for one in range(8)]
        root, metadata, (self._leaves_at, _, self._tiles_at, _) = (at[0], at[1]), (at[2], at[3]), at[4:8]
        if head[97] != GZIP or head[98] not in (1, GZIP) or head[99] != MVT:
            raise BadFile("not gzipped vector tiles")
        self.min_zoom, self.max_zoom = head[100], head[101]
        if not self.min_zoom <= self.max_zoom <= DEEPEST_ZOOM:
            raise BadFile("zooms that are none")
        self._root, self._lock = self._directory(*root), Lock()
        self._leaves: OrderedDict[tuple[int, int], Directory] = OrderedDict()
        try:
            told = json.loads(_unpacked(self._slice(*metadata)) or b"{}") if metadata[1] else {}
        except ValueError as error:
            raise BadFile(f"its description can't be read: {error}") from None
        self.metadata: dict[str, Any] = told if isinstance(told, dict) else {}

    def get(self, z: int, x: int, y: int) -> bytes | None:
        """The tile as it is packed, or None where there is none. Raises BadFile where the file is broken."""
        if not self.min_zoom <= z <= self.max_zoom or not (0 <= x < 1 << z and 0 <= y < 1 << z):
            return None
        wanted, (begins, entries) = tile_id(z, x, y), self._root
        for _ in range(DEEPEST):
            place = bisect_right(begins, wanted) - 1
            if place < 0:
                return None
            offset, length, run = entries[place]
            if run:
                is_there = wanted < begins[place] + run
                return self._slice(self._tiles_at + offset, length, MOST_TILE) if is_there else None
            begins, entries = self._leaf(self._leaves_at + offset, length)
        raise BadFile("directories without end")

    def check(self) -> None:
        """Every tile is where the directory says. Raises BadFile: then it was cut off on its way."""
        open_, count = [self._root], 0
        while open_:
            begins, entries = open_.pop()
            count += len(begins)
            for offset, length, run in entries:
                if not run and len(open_) < MOST_ENTRIES:
                    open_.append(self._directory(self._leaves_at + offset, length))
                elif self._tiles_at + offset + length > self._size:
                    raise BadFile("cut off")
            if count > MOST_ENTRIES:
                raise BadFile("more tiles than a country has")
        if not count:
            raise BadFile("no tile in it")

    def close(self) -> None:
        os.close(self._handle)

    def _slice(self, offset: int, length: int, most: int = MOST_UNPACKED) -> bytes:
        if length > most or offset + length > self._size:
            raise BadFile("cut off, or changed")
        return os.pread(self._handle, length, offset)

    def _leaf(self, offset: int, length: int) -> Directory:
        with self._lock:
            if (offset, length) in self._leaves:
                self._leaves.move_to_end((offset, length))
                return self._leaves[offset, length]
        found = self._directory(offset, length)
        with self._lock:
            self._leaves[offset, length] = found
            while len(self._leaves) > KEPT:
                self._leaves.popitem(last=False)
        return found

    def _directory(self, offset: int, length: int) -> Directory:
        numbers = _varints(_unpacked(self._slice(offset, length)))
        count = next(numbers, 0)
        if count > MOST_ENTRIES:
            raise BadFile("more tiles than a country has")
        try:
            columns = [[next(numbers) for _ in range(count)] for _ in range(4)]
        except StopIteration:
            raise BadFile("a directory that is cut off") from None
        begins: list[int] = []
        entries: list[Entry] = []
        at = last_end = 0
        for delta, run, size, offset_told in zip(*columns, strict=True):
            at += delta
            begins.append(at)
            start = last_end if not offset_told and entries else offset_told - 1
            if start < 0:
                raise BadFile("a tile before the first")
            entries.append((start, size, run))
            last_end = start + size
        return begins, entries


def _unpacked(data: bytes) -> bytes:
    reader = zlib.decompressobj(wbits=31)
    try:
        found = reader.decompress(data, MOST_UNPACKED)
    except zlib.error as error:
        raise BadFile(f"not gzip: {error}") from None
    if not reader.eof:
        raise BadFile("a directory that is cut off")
    return found


def _varints(data: bytes) -> Iterator[int]:
    """Every number there is. Raises BadFile."""
    at = 0
    try:
        while at < len(data):
            value, at = varint(data, at)
            yield value
    except BadNumber as error:
        raise BadFile(str(error)) from None


def tile_id(z: int, x: int, y: int) -> int:
    """The place on the Hilbert curve, after all tiles of the zooms above."""
    found, side = ((1 << 2 * z) - 1) // 3, (1 << z) >> 1
    while side:
        right, low = int(x & side > 0), int(y & side > 0)
        found += side * side * (3 * right ^ low)
        if not low:
            if right:
                x, y = side - 1 - x & side - 1, side - 1 - y & side - 1
            x, y = y, x
        side >>= 1
    return found
