"""The seam to a traffic center: how roads run, how long a way takes, green lights for a unit's way.

`TRAFFIC=none|console|http`. Each call raises Away when there is no usable answer, and never waits longer than
`PATIENCE_S`; callers are pages and durable jobs, never an alert's own path. The contract of `http` is
docs/operations/traffic.md: signed POSTs with small JSON bodies, so that no address on the way tells a place.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol
from uuid import uuid4

import httpx
import structlog

from location_router.runtime.webhook import signed
from server.answers import UNPACKED, TooMuch, read_within
from server.traffic.model import Box, Links, Travel, Unreadable, Verdict, links_from, travel_from, verdict_from
from server.traffic.twin import ConsoleTraffic

if TYPE_CHECKING:
    from server.settings import Settings

log = structlog.get_logger("traffic")
PATIENCE_S = 3.0
MOST_BYTES = 4 * 1024 * 1024
TRAVEL_DECIMALS = 3  # about 100 m: a travel time needs no better, and nobody learns which house


class Away(Exception):
    """No answer that can be used; the text is a short code."""


@dataclass(frozen=True, slots=True)
class Point:
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Way:
    """Green lights wanted for `unit` (its name, as the agency says) to `to`; `start` where the unit was last."""

    priority_id: str
    agency: str
    unit: str
    to: Point
    start: Point | None
    until_at: datetime


class Traffic(Protocol):
    kind: Literal["none", "console", "http"]

    async def links(self, box: Box, now: datetime) -> Links: ...

    async def travel(self, start: Point, to: Point, now: datetime) -> Travel: ...

    async def ask_priority(self, way: Way) -> Verdict:
        """The same request again, by its id, is the same question: it answers how it stands."""

    async def end_priority(self, priority_id: str) -> None:
        """Also for one that it never heard of; after it the id is granted no more."""

    async def close(self) -> None: ...


class NoTraffic:
    kind: Literal["none"] = "none"

    async def links(self, box: Box, now: datetime) -> Links:
        raise Away("none")

    async def travel(self, start: Point, to: Point, now: datetime) -> Travel:
        raise Away("none")

    async def ask_priority(self, way: Way) -> Verdict:
        return Verdict("refused", "none")

    async def end_priority(self, priority_id: str) -> None:
        return None

    async def close(self) -> None:
        return None


class HttpTraffic:
    """The traffic center's own system, or an adapter in front of it."""

    kind: Literal["http"] = "http"

    def __init__(self, settings: Settings) -> None:
        self._url, self._key = settings.traffic_url.rstrip("/"), settings.traffic_key
        self._http = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=PATIENCE_S)

    async def links(self, box: Box, now: datetime) -> Links:
        return self._read(links_from, await self._ask("links", {"box": list(box)}), now)

    async def travel(self, start: Point, to: Point, now: datetime) -> Travel:
        asked = {"from": _place(start, TRAVEL_DECIMALS), "to": _place(to, TRAVEL_DECIMALS)}
        return self._read(travel_from, await self._ask("travel_time", asked), now)

    async def ask_priority(self, way: Way) -> Verdict:
        asked = {
            "priority_id": way.priority_id,
            "agency": way.agency,
            "unit": way.unit,
            "from": _place(way.start, 5) if way.start else None,
            "to": _place(way.to, 5),
            "until_at": way.until_at.isoformat().replace("+00:00", "Z"),
        }
        return self._read(verdict_from, await self._ask("priority", asked))

    async def end_priority(self, priority_id: str) -> None:
        await self._ask("priority/end", {"priority_id": priority_id})

    async def close(self) -> None:
        await self._http.aclose()

    def _read(self, read: Any, *said: Any) -> Any:
        try:
            return read(*said)
        except Unreadable as error:
            log.warning("traffic_unreadable", field=str(error))
            raise Away("unreadable") from None

    async def _ask(self, path: str, asked: dict[str, Any]) -> Any:
        """The JSON of the answer; its body is read up to a bound, within one patience for all of it."""
        body = json.dumps(asked, ensure_ascii=False).encode()
        headers = signed(self._key, str(asked.get("priority_id") or uuid4()), body) | UNPACKED
        try:
            async with (
                asyncio.timeout(PATIENCE_S),
                self._http.stream("POST", f"{self._url}/{path}", content=body, headers=headers) as answer,
            ):
                held = await read_within(answer, MOST_BYTES)
        except TooMuch as error:
            raise Away(str(error)) from None
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            log.warning("traffic_away", path=path, why=type(error).__name__)
            raise Away("unreachable") from None
        if not answer.is_success:
            log.warning("traffic_away", path=path, why=f"http_{answer.status_code}")
            raise Away(f"http_{answer.status_code}")
        try:
            return json.loads(held) if held else {}
        except (ValueError, RecursionError):
            log.warning("traffic_away", path=path, why="no_json")
            raise Away("unreadable") from None


def _place(point: Point, decimals: int) -> dict[str, float]:
    return {"lat": round(point.lat, decimals), "lon": round(point.lon, decimals)}


def create_traffic(settings: Settings) -> Traffic:
    if settings.traffic == "http":
        return HttpTraffic(settings)
    return ConsoleTraffic() if settings.traffic == "console" else NoTraffic()
