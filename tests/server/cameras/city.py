"""Cities of cameras for tests and benchmarks, and the plain greedy choice over all of them: the truth that the index
has to tell."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from server.cameras.index import CameraFacts, CameraIndex, bits_of
from server.cameras.seeing import KEEP_BONUS, KEEP_NEARNESS, ONE_LOOK, Sight, allowed, cloud
from server.cameras.select import Scene
from server.cameras.sun import is_dark

NIGHT = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
LAT, LON = 37.3595, 127.1054
M_PER_DEG = 111_195.08
SPREAD_COST = 0.45


def at(*, east_m: float, north_m: float, lat: float = LAT, lon: float = LON) -> tuple[float, float]:
    return lat + north_m / M_PER_DEG, lon + east_m / (M_PER_DEG * math.cos(math.radians(lat)))


def city(count: int, *, clusters: int, chance: random.Random) -> list[CameraFacts]:
    """Cameras of every kind; `clusters` 0: even over the country, else around so many middles, a kilometre wide."""
    middles = [(chance.uniform(35, 37.8), chance.uniform(126.5, 129)) for _ in range(clusters)]
    made = []
    for number in range(count):
        lat, lon = chance.uniform(34.5, 38), chance.uniform(126, 129)
        if middles:
            middle = chance.choice(middles)
            lat, lon = at(east_m=chance.gauss(0, 1000), north_m=chance.gauss(0, 1000), lat=middle[0], lon=middle[1])
        made.append(a_camera(f"c{number:06}", lat, lon, chance))
    return made


def a_camera(name: str, lat: float, lon: float, chance: random.Random) -> CameraFacts:
    return CameraFacts(
        name,
        lat,
        lon,
        chance.choice([None, *[chance.uniform(0, 360)] * 4]),
        chance.choice([50.0, 70.0, 90.0, 110.0, 360.0]),
        chance.choice([30.0, 50.0, 60.0, 60.0, 100.0, 200.0, 900.0 if chance.random() < 0.02 else 60.0]),
        ptz=chance.random() < 0.15,
        health=chance.choice(["working"] * 16 + ["unknown", "down", "frozen", "dark"]),
        purposes=(chance.choice(["crime_prevention", "crime_prevention", "traffic_enforcement", "waste"]),),
        night=chance.choice(["unknown", "infrared", "lit", "none"]),
        width_px=chance.choice([None, 1280, 1920, 3840]),
        accuracy_m=chance.choice([10.0, 10.0, 10.0, 300.0]),
        is_anpr=chance.random() < 0.1,
        is_private=chance.random() < 0.05,
        has_stream=chance.random() < 0.9,
    )


def plain_choice(index: CameraIndex, scene: Scene) -> list[tuple[str, float]]:
    """The greedy choice, every camera looked at in full at every step: no grid, no bound; slow and plainly right."""
    where = cloud(accuracy_m=scene.accuracy_m, heading_deg=scene.heading_deg, speed_mps=scene.speed_mps)
    every = np.arange(len(index))
    rows = every[allowed(index, every, purposes=bits_of(scene.purposes), at_s=scene.now.timestamp())]
    sight = Sight(index, rows, lat=scene.lat, lon=scene.lon)
    trust = sight.trust(is_dark=is_dark(lat=scene.lat, lon=scene.lon, at=scene.now), plates=scene.plates)
    is_kept = [index.ids[row] in scene.keep for row in rows]
    trust = trust * np.array([KEEP_BONUS if kept else 1.0 for kept in is_kept])
    near = sight.nearness() * np.array([KEEP_NEARNESS if kept else 1.0 for kept in is_kept])
    chosen: list[tuple[str, float]] = []
    spread, weight, left = np.ones(len(rows)), where.weights.copy(), list(range(len(rows)))
    sees = _sees_in_pieces(sight, where.points)
    while left and len(chosen) < scene.limit:
        lowest = min(index.rank[rows[one]] for one in left)
        gain = ONE_LOOK * (sees * weight).sum(axis=1)
        worth = np.round(trust * spread * (gain + near), 9)
        best = min(
            (one for one in left if index.rank[rows[one]] == lowest),
            key=lambda one: (-worth[one], sight.metres[one], index.ids[rows[one]]),
        )
        chosen.append((index.ids[rows[best]], round(float(worth[best]), 6)))
        left.remove(best)
        weight = weight * (1 - ONE_LOOK * sees[best] * min(1.0, float(trust[best])))
        spread = np.minimum(spread, 1 - SPREAD_COST * sight.likeness(best))
    return chosen


def _sees_in_pieces(sight: Sight, points: np.ndarray, at_once: int = 5000) -> np.ndarray:
    begins: Sequence[int] = range(0, len(sight.rows), at_once)
    pieces = [sight.sees(np.arange(begin, min(begin + at_once, len(sight.rows))), points) for begin in begins]
    return np.vstack(pieces) if pieces else np.zeros((0, len(points)))
