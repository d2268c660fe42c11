"""The seam to a city's own routing engine: OSRM's HTTP interface, or nothing but the straight line.

A question tells the engine where somebody is and where she goes. So: none by default; the city's own only (loopback or
a private address; one outside only where `ROUTING_NETWORKS` names it, and with https); both ends rounded to about 11 m;
nothing is stored, and nothing of a place is logged. OSRM takes the ends in the address: an engine's access log is off
(docs/operations/routing.md).
"""

from __future__ import annotations

import asyncio
import json
import math
import socket
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Literal, Protocol

import httpx
import structlog

from server.answers import UNPACKED, TooMuch, read_within
from server.facilities.safer import Point
from server.reachable import is_public, networks_of

if TYPE_CHECKING:
    from server.settings import Settings

log = structlog.get_logger("routing")
PATIENCE_S = 3.0
MOST_BYTES = 2 * 1024 * 1024
MOST_WAYS, MOST_POINTS = 4, 5_000
END_DECIMALS = 4
_LONGEST_M = 200_000.0


class Away(Exception):
    """No answer that can be used; the text is a short code."""


@dataclass(frozen=True, slots=True)
class Found:
    """A way on foot, begin to end."""

    line: tuple[Point, ...]
    distance_m: float
    duration_s: float


class Engine(Protocol):
    @property
    def kind(self) -> Literal["osrm", "straight"]: ...

    async def ways(self, origin: Point, destination: Point) -> list[Found]:
        """The engine's own first. Raises Away."""

    async def close(self) -> None: ...


class StraightLine:
    """Knows no streets, so it has no way to offer."""

    kind: Literal["straight"] = "straight"

    async def ways(self, origin: Point, destination: Point) -> list[Found]:
        raise Away("no_engine")

    async def close(self) -> None:
        return None


class OsrmEngine:
    kind: Literal["osrm"] = "osrm"

    def __init__(self, settings: Settings) -> None:
        self._url = settings.routing_url.rstrip("/")
        self._networks = networks_of(settings.routing_networks)
        self._http = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=PATIENCE_S)

    async def ways(self, origin: Point, destination: Point) -> list[Found]:
        ends = ";".join(f"{lon:.{END_DECIMALS}f},{lat:.{END_DECIMALS}f}" for lat, lon in (origin, destination))
        asked = f"/route/v1/foot/{ends}?alternatives=3&overview=full&geometries=geojson&steps=false"
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._check_whose()
                async with self._http.stream("GET", self._url + asked, headers=UNPACKED) as answer:
                    held = await read_within(answer, MOST_BYTES)
            told = json.loads(held)
        except TooMuch as error:
            raise self._away(str(error)) from None
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self._away(type(error).__name__) from None
        except (ValueError, RecursionError):
            raise self._away("no_json") from None
        if not isinstance(told, dict) or not answer.is_success or told.get("code") != "Ok":
            raise self._away(f"http_{answer.status_code}")
        ways = [way for one in _listed(told.get("routes"))[:MOST_WAYS] if (way := _way(one))]
        if not ways:
            raise self._away("no_way")
        return ways

    async def _check_whose(self) -> None:
        """The question stays in the city's own house: raises Away otherwise."""
        url = httpx.URL(self._url)
        ask = partial(socket.getaddrinfo, url.host, url.port or 443, type=socket.SOCK_STREAM)
        for found in await asyncio.get_running_loop().run_in_executor(None, ask):
            address = ip_address(found[4][0])
            if not is_public(address):
                continue
            if not any(address in network for network in self._networks):
                raise self._away("not_our_own")
            if url.scheme != "https":
                raise self._away("not_encrypted")

    def _away(self, why: str) -> Away:
        log.warning("routing_away", why=why)
        return Away("engine_away")

    async def close(self) -> None:
        await self._http.aclose()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _way(told: Any) -> Found | None:
    """A route of OSRM's answer; None for one that is no way."""
    try:
        pairs = told["geometry"]["coordinates"]
        line = tuple((float(lat), float(lon)) for lon, lat in pairs[: MOST_POINTS + 1])
        distance_m, duration_s = float(told["distance"]), float(told["duration"])
    except (KeyError, TypeError, ValueError, IndexError):
        return None
    is_good = all(-90 <= lat <= 90 and -180 <= lon <= 180 for lat, lon in line)
    if not is_good or not 2 <= len(line) <= MOST_POINTS or not math.isfinite(duration_s) or duration_s < 0:
        return None
    return Found(line, distance_m, duration_s) if 0 <= distance_m <= _LONGEST_M else None


def create_engine(settings: Settings) -> Engine:
    return OsrmEngine(settings) if settings.routing_url else StraightLine()
