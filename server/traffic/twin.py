"""The console twin of a traffic center: streets that run like a city's in the evening, and lights that say yes.

It is a simulation and says so in its source; pages show that. The streets are a grid with names, the same at every
look; how they run moves by the minute. Requests for green lights are printed without place or unit.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from math import ceil, cos, floor, pi, radians, sin
from typing import TYPE_CHECKING, Literal
from zlib import crc32

from server.traffic.model import Box, Level, Link, Links, Travel, Verdict

if TYPE_CHECKING:
    from server.traffic.gateway import Point, Way

SOURCE = "console"
FINE_DEG, COARSE_DEG = 0.005, 0.02
NAMES = (
    ("만안로", "Manan-ro"),
    ("안양로", "Anyang-ro"),
    ("관악대로", "Gwanak-daero"),
    ("시민대로", "Simin-daero"),
    ("동안로", "Dongan-ro"),
    ("평촌대로", "Pyeongchon-daero"),
    ("중앙로", "Jungang-ro"),
    ("학의로", "Hagui-ro"),
    ("충훈로", "Chunghun-ro"),
    ("냉천로", "Naengcheon-ro"),
)
USUAL_KPH = 42.0
WINDING = 1.35  # a way by road against the line through the air
DRIVES_KPH = 32.0


class ConsoleTraffic:
    kind: Literal["console"] = "console"

    async def links(self, box: Box, now: datetime) -> Links:
        step = FINE_DEG if box.east - box.west <= 0.15 else COARSE_DEG
        links = [link for is_north in (True, False) for link in _streets(box, step, is_north=is_north, now=now)]
        return Links(tuple(links), now.replace(second=0, microsecond=0), SOURCE)

    async def travel(self, start: Point, to: Point, now: datetime) -> Travel:
        east_m = (to.lon - start.lon) * 111_320 * cos(radians(to.lat))
        way_m = WINDING * ((to.lat - start.lat) ** 2 * 111_320**2 + east_m**2) ** 0.5
        return Travel(20.0 + way_m / (DRIVES_KPH / 3.6), now, SOURCE)

    async def ask_priority(self, way: Way) -> Verdict:
        _print({"signal_priority": "granted", "id": way.priority_id})
        return Verdict("granted")

    async def end_priority(self, priority_id: str) -> None:
        _print({"signal_priority": "ended", "id": priority_id})

    async def close(self) -> None:
        return None


def _streets(box: Box, step: float, *, is_north: bool, now: datetime) -> list[Link]:
    """The streets of one direction, cut at the crossings."""
    low, high = (box.west, box.east) if is_north else (box.south, box.north)
    start, end = (box.south, box.north) if is_north else (box.west, box.east)
    links = []
    for number in range(ceil(low / step), floor(high / step) + 1):
        for piece in range(floor(start / step), ceil(end / step)):
            links.append(_piece(number, piece, step, is_north=is_north, now=now))
    return links


def _piece(number: int, piece: int, step: float, *, is_north: bool, now: datetime) -> Link:
    key = f"{'n' if is_north else 'e'}-{number}-{piece}"
    points = []
    for part in range(5):
        along = (piece + part / 4) * step
        aside = number * step + 0.1 * step * sin(along / step * 0.9 + number)
        points.append((aside, along) if is_north else (along, aside))
    ko, en = NAMES[crc32(f"{is_north}{number}".encode()) % len(NAMES)]
    level, speed = _runs(key, now)
    return Link(key, ko, en, level, speed, tuple((round(lon, 6), round(lat, 6)) for lon, lat in points))


def _runs(key: str, now: datetime) -> tuple[Level, float | None]:
    """Slow waves through fixed hard spots: neighbouring minutes look alike."""
    digest = crc32(key.encode())
    hard, phase = (digest % 100) / 100, (digest >> 8) % 360
    if hard > 0.985:
        return "closed", None
    wave = 0.5 + 0.5 * sin(now.timestamp() / 600 * pi + radians(phase))
    speed = round(max(4.0, USUAL_KPH * (1.15 - 0.75 * hard - 0.35 * wave * hard)), 0)
    return ("jammed" if speed < 13 else "slow" if speed < 24 else "free"), speed


def _print(line: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()
