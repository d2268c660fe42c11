"""Keeps the country's map in the phone's folder: fetched from the home center at sign-up and when it has a newer one.

Only while nothing is going on and on a connection that costs nothing (Wi-Fi); a file that was cut off or changed on its
way never replaces the good one. Nothing of an alert ever waits for it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import uniform

from mobile_app.disk import read_json, write_json
from mobile_app.maps.country import FILE
from mobile_app.maps.tile_file import BadFile, TileFile
from mobile_app.net.client import tls_context
from mobile_app.net.map_file import MapClient
from mobile_app.ports import Radio

TOLD, PART = "korea.json", "korea.part"
LOOK_EVERY_S, FRESH_S, AGAIN_S = 5.0, 86_400.0, 1800.0


class MapFile:
    def __init__(
        self,
        folder: Path,
        *,
        home_url: Callable[[], str],
        radio: Radio,
        may: Callable[[], bool],
        now_s: Callable[[], float],
    ) -> None:
        """`may`: she is signed up and nothing is going on; `now_s`: a monotonic clock."""
        self._folder, self._home_url, self._radio, self._may, self._now_s = folder, home_url, radio, may, now_s
        self._next_s = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Fetch if it is time and the line is free and costs nothing. Raises nothing."""
        if self._now_s() < self._next_s or not self._is_free():
            return
        fetched = False
        with suppress(OSError):
            fetched = await self._fetch()
        self._next_s = self._now_s() + (FRESH_S if fetched else AGAIN_S) * uniform(0.75, 1.25)

    def _is_free(self) -> bool:
        return self._may() and self._radio.is_on() and not self._radio.is_metered()

    async def _fetch(self) -> bool:
        """Whether there is a good file now and it was asked for."""
        target, part = self._folder / FILE, self._folder / PART
        told = read_json(self._folder / TOLD)
        held = str(told.get("etag", ""))[:200] if isinstance(told, dict) and target.is_file() else ""
        client = MapClient(self._home_url(), token=lambda: "", is_on=self._radio.is_on, tls=tls_context())
        try:
            etag = await client.fetch(part, etag=held, may_go_on=self._is_free)
        finally:
            await client.close()
        if etag is None:
            return bool(held)
        try:
            await asyncio.to_thread(_check, part)
        except (BadFile, OSError):
            part.unlink(missing_ok=True)
            return False
        os.replace(part, target)
        write_json(self._folder / TOLD, {"etag": etag})
        return True


def _check(path: Path) -> None:
    """Raises BadFile, OSError."""
    file = TileFile(path)
    try:
        file.check()
    finally:
        file.close()
    with path.open("rb") as whole:
        os.fsync(whole.fileno())
