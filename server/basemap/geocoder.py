"""Road name and lot number of a place, where a service is set up for it. One method; the console twin prints.

Whoever is asked learns where somebody is who called for help. So the default asks nobody, and a center that sets one
up should run it in its own house; the place is sent in a body, never in an address that servers on the way write down.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import httpx
import structlog

from server.answers import UNPACKED, read_within

if TYPE_CHECKING:
    from server.settings import Settings

log = structlog.get_logger("geocoder")
PATIENCE_S = 2.0
MOST_KEPT = 500
LONGEST = 200
MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Road:
    """`road`: 도로명 주소, `lot`: 지번 주소; empty where the service knows none."""

    road: str = ""
    lot: str = ""


class Geocoder(Protocol):
    """Never raises: an address is worth having and never worth waiting for."""

    async def road(self, *, lat: float, lon: float) -> Road: ...

    async def close(self) -> None: ...


class NoGeocoder:
    async def road(self, *, lat: float, lon: float) -> Road:
        return Road()

    async def close(self) -> None:
        return None


class ConsoleGeocoder:
    """For trying out: says that it was asked, not about what, and answers with words that nobody takes for real."""

    async def road(self, *, lat: float, lon: float) -> Road:
        log.info("geocoder_asked")
        return Road("(시험용) 도로명 주소", "(시험용) 지번 주소")

    async def close(self) -> None:
        return None


class HttpGeocoder:
    """`POST GEOCODER_URL {"lat","lon"}` with `Authorization: Bearer GEOCODER_KEY` → `{"road","lot"}`."""

    def __init__(self, settings: Settings) -> None:
        headers = {"Authorization": f"Bearer {settings.geocoder_key}"} if settings.geocoder_key else {}
        self._url = settings.geocoder_url
        self._http = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=PATIENCE_S, headers=headers)
        self._kept: OrderedDict[tuple[float, float], Road] = OrderedDict()

    async def road(self, *, lat: float, lon: float) -> Road:
        spot = round(lat, 4), round(lon, 4)  # about 10 m: a phone that lies still is asked about once
        if spot in self._kept:
            return self._kept[spot]
        try:
            async with asyncio.timeout(PATIENCE_S):
                told = await self._ask({"lat": lat, "lon": lon})
            found = Road(str(told.get("road") or "")[:LONGEST], str(told.get("lot") or "")[:LONGEST])
        except (TimeoutError, httpx.HTTPError, OSError, ValueError, AttributeError, RecursionError) as error:
            log.warning("geocoder_away", why=type(error).__name__)
            return Road()
        self._kept[spot] = found
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found

    async def _ask(self, place: dict[str, float]) -> Any:
        async with self._http.stream("POST", self._url, json=place, headers=UNPACKED) as answer:
            answer.raise_for_status()
            return json.loads(await read_within(answer, MOST_BYTES))

    async def close(self) -> None:
        await self._http.aclose()


def create_geocoder(settings: Settings) -> Geocoder:
    if settings.geocoder == "http":
        return HttpGeocoder(settings)
    return ConsoleGeocoder() if settings.geocoder == "console" else NoGeocoder()
