"""Street tiles kept: the last ones in memory, and more in a folder if there is one, each with a bound."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import structlog

log = structlog.get_logger("basemap")
MEMORY_BYTES = 32 * 1024 * 1024
KEPT_S = 30 * 24 * 3600
MISSING_S = 3600
_KINDS = ("", "image/png", "image/jpeg", "image/webp")
Key = tuple[bool, int, int, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """A tile as it was answered; an empty `kind`: there is none."""

    kind: str
    body: bytes


class TileCache:
    """`source` tells one map's tiles from another's in one folder, which may vanish or fill up at any time."""

    def __init__(self, folder: Path | None, *, most_bytes: int, source: str) -> None:
        digest = hashlib.sha256(source.encode()).hexdigest()[:16]
        self._folder = folder / digest if folder else None
        self._most_bytes, self._bytes = most_bytes, -1
        self._held: OrderedDict[Key, tuple[float, Kept]] = OrderedDict()
        self._held_bytes = 0

    async def get(self, key: Key) -> Kept | None:
        found = self._held.get(key)
        if found and time.monotonic() - found[0] < (KEPT_S if found[1].kind else MISSING_S):
            self._held.move_to_end(key)
            return found[1]
        if self._folder is None:
            return None
        kept = await asyncio.to_thread(self._read, self._file(key))
        if kept:
            self._hold(key, kept)
        return kept

    async def put(self, key: Key, kept: Kept) -> None:
        self._hold(key, kept)
        if self._folder is not None:
            await asyncio.to_thread(self._write, self._file(key), kept)

    def _hold(self, key: Key, kept: Kept) -> None:
        before = self._held.pop(key, None)
        self._held_bytes += len(kept.body) + 200 - (len(before[1].body) + 200 if before else 0)
        self._held[key] = time.monotonic(), kept
        while self._held_bytes > MEMORY_BYTES:
            _, (_, gone) = self._held.popitem(last=False)
            self._held_bytes -= len(gone.body) + 200

    def _file(self, key: Key) -> Path:
        dark, z, x, y = key
        assert self._folder is not None
        return self._folder / f"{'d' if dark else 'l'}{z}" / f"{x}-{y}"

    @staticmethod
    def _read(file: Path) -> Kept | None:
        try:
            age_s = time.time() - file.stat().st_mtime
            raw = file.read_bytes()
        except OSError:
            return None
        if not raw or raw[0] >= len(_KINDS) or age_s > (KEPT_S if raw[0] else MISSING_S):
            return None
        return Kept(_KINDS[raw[0]], raw[1:])

    def _write(self, file: Path, kept: Kept) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh = file.with_name(f".{secrets.token_hex(6)}")
            fresh.write_bytes(bytes([_KINDS.index(kept.kind)]) + kept.body)
            os.replace(fresh, file)
            if self._bytes < 0:
                self._bytes = sum(size for _, size, _ in self._files())
            else:
                self._bytes += len(kept.body) + 1
            if self._bytes > self._most_bytes:
                self._thin_out()
        except OSError as error:  # the map goes on without its folder
            log.warning("basemap_cache", error=error.strerror)

    def _files(self) -> list[tuple[float, int, Path]]:
        assert self._folder is not None
        found = []
        for file in self._folder.rglob("*"):
            try:
                stat = file.stat()
            except OSError:
                continue
            if file.is_file():
                found.append((stat.st_mtime, stat.st_size, file))
        return sorted(found)

    def _thin_out(self) -> None:
        """Down to 80 % of the bound, the oldest first."""
        files = self._files()
        self._bytes = sum(size for _, size, _ in files)
        for _, size, file in files:
            if self._bytes <= self._most_bytes * 0.8:
                return
            file.unlink(missing_ok=True)
            self._bytes -= size
