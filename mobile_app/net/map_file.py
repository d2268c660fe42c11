"""Fetches the country's map file from the home center: asked with what is here, so an unchanged one costs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

from mobile_app.maps.tile_file import MOST_BYTES
from mobile_app.net.client import Host

PATH = "/basemap/country"
WHOLE_S = 600.0


class MapClient(Host):
    async def fetch(self, into: Path, *, etag: str, may_go_on: Callable[[], bool]) -> str | None:
        """The new file in `into` and its ETag; None where nothing is new or nothing usable came (`into` is gone then).
        `may_go_on` is asked with each part that comes: an alert needs the line for itself."""
        found: str | None = None
        try:
            if self._is_safe and self._is_on():
                async with asyncio.timeout(WHOLE_S):
                    found = await self._fetch(into, etag, may_go_on)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError):
            pass
        finally:
            if found is None:
                _remove(into)
        return found

    async def _fetch(self, into: Path, etag: str, may_go_on: Callable[[], bool]) -> str | None:
        headers = {"Accept-Encoding": "identity", **({"If-None-Match": etag} if etag else {})}
        async with self._http.stream("GET", self._url + PATH, headers=headers) as answer:
            if answer.status_code != 200:
                return None
            size = 0
            with into.open("wb") as file:
                async for part in answer.aiter_raw():
                    size += len(part)
                    if size > MOST_BYTES or not may_go_on():
                        return None
                    file.write(part)
            return answer.headers.get("etag", "")[:200]


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
