"""How roads run and how long ways take, for pages: kept for a moment, bounded, and old when it is old.

A gateway that hangs or fails is left alone for `REST_S`; what it last said is shown meanwhile as old, and after half
an hour not at all.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from server.incidents.cards import iso
from server.traffic.gateway import Away, Point, Traffic, create_traffic
from server.traffic.model import Box, Links, Travel, features, is_stale, is_useless

if TYPE_CHECKING:
    from server.services import Services

FRESH = timedelta(seconds=20)
REST = timedelta(seconds=10)
MOST_BOXES, MOST_WAYS = 32, 200
WAY_DECIMALS = 3


class Roads:
    """One per process (`services.shared["roads"]`): the gateway and what it said last."""

    def __init__(self, traffic: Traffic) -> None:
        self.traffic = traffic
        self._boxes: OrderedDict[Box, tuple[datetime, Links]] = OrderedDict()
        self._ways: OrderedDict[tuple[float, ...], tuple[datetime, Travel]] = OrderedDict()
        self._rests_until: datetime | None = None
        self._asking = asyncio.Lock()

    async def links(self, box: Box, now: datetime) -> dict[str, Any]:
        """`{"state": ready|none|away, "kind", "links": GeoJSON|null, "at", "source", "is_stale"}`; never raises."""
        if self.traffic.kind == "none":
            return self._told("none", None, now)
        async with self._asking:  # one question at a time: many seats look at the same streets
            held = self._boxes.get(box)
            if held is None or now - held[0] >= FRESH:
                held = await self._fetch_links(box, now) or held
        if held is None or is_useless(held[1].at, now):
            return self._told("away", None, now)
        return self._told("ready", held[1], now)

    async def _fetch_links(self, box: Box, now: datetime) -> tuple[datetime, Links] | None:
        if self._rests(now):
            return None
        try:
            found = now, await self.traffic.links(box, now)
        except Away:
            self._rests_until = now + REST
            return None
        _keep(self._boxes, box, found, MOST_BOXES)
        return found

    async def travel(self, start: Point, to: Point, now: datetime) -> Travel | None:
        """None while nobody knows; never raises."""
        if self.traffic.kind == "none":
            return None
        key = tuple(round(one, WAY_DECIMALS) for one in (start.lat, start.lon, to.lat, to.lon))
        held = self._ways.get(key)
        if held is not None and now - held[0] < FRESH:
            return held[1]
        if self._rests(now):
            return None
        try:
            found = now, await self.traffic.travel(start, to, now)
        except Away:
            self._rests_until = now + REST
            return None
        _keep(self._ways, key, found, MOST_WAYS)
        return None if is_stale(found[1].at, now) else found[1]

    async def close(self) -> None:
        await self.traffic.close()

    def _rests(self, now: datetime) -> bool:
        return self._rests_until is not None and now < self._rests_until

    def _told(self, state: str, links: Links | None, now: datetime) -> dict[str, Any]:
        return {
            "state": state,
            "kind": self.traffic.kind,
            "links": features(links) if links else None,
            "at": iso(links.at) if links else None,
            "source": links.source if links else "",
            "is_stale": bool(links and is_stale(links.at, now)),
        }


def _keep(held: OrderedDict[Any, Any], key: Any, value: Any, most: int) -> None:
    held[key] = value
    held.move_to_end(key)
    while len(held) > most:
        held.popitem(last=False)


def roads_of(services: Services) -> Roads:
    """This process's, made on first use."""
    roads: Roads | None = services.shared.get("roads")
    if roads is None:
        roads = services.shared["roads"] = Roads(create_traffic(services.settings))
    return roads


async def close_roads(services: Services) -> None:
    roads: Roads | None = services.shared.pop("roads", None)
    if roads is not None:
        await roads.close()
