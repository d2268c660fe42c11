"""Which cameras see a person best; pure and deterministic, no clock and no I/O.

A position is a cloud, not a point: it is sampled where the person may be now and, when she moves, where
she will be in 15 and 30 s. A camera is worth what it adds to what the cameras already chosen see
(a second look from another side still adds something), so five views of one corner don't win over five
views of the street. When nothing sees her, the nearest cameras come, so that the answer is only empty
where there is no camera at all. Cameras in `keep` are left only for clearly better ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_M = 6_371_008.8
_CANDIDATES = 400
_SMALLEST_ACCURACY_M, _LARGEST_ACCURACY_M = 5.0, 5_000.0
_SLOWEST_MPS, _FASTEST_MPS = 0.4, 15.0
_AHEAD = ((0.0, 0.6), (15.0, 0.25), (30.0, 0.15))  # seconds from now, share of the worth
_SIGMA_PER_ACCURACY = 1 / math.sqrt(-2 * math.log(1 - 0.68))  # accuracy is the 68 % radius
_ONE_LOOK = 0.7  # how much of a place one camera settles
_EDGE_DEG, _BLIND_M = 10.0, 3.0
_KEEP_BONUS = 1.3
_BROKEN, _BROKEN_LONG_AGO, _RECHECK_S = 0.1, 0.3, 600.0
_TURN_COST = 0.6

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """`heading_deg` clockwise from north, None sees all round. `checked_at`: when `healthy` was learnt."""

    id: str
    lat: float
    lon: float
    heading_deg: float | None = None
    field_of_view_deg: float = 70.0
    range_m: float = 60.0
    ptz: bool = False
    healthy: bool = True
    purpose: str = ""
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """`bearing_deg` from the person to the camera. `in_view`: the reported point lies in its view now.

    `reason`: `in_view`, `can_turn` (a PTZ in reach), `near_view` (sees part of where she may be or go),
    `nearest` (sees nothing of it).
    """

    camera_id: str
    distance_m: float
    bearing_deg: float
    in_view: bool
    score: float
    reason: str


def select(
    cameras: Sequence[CameraFacts],
    *,
    lat: float,
    lon: float,
    accuracy_m: float,
    heading_deg: float | None = None,
    speed_mps: float | None = None,
    now: datetime,
    limit: int = 5,
    keep: Sequence[str] = (),
) -> list[Chosen]:
    """The best `limit` cameras, best first; fewer only when fewer exist. Order of `cameras` is irrelevant."""
    near = _nearest(cameras, lat=lat, lon=lon, always=frozenset(keep))
    if not near or limit <= 0:
        return []
    scene = _Scene(near, lat=lat, lon=lon)
    points, weights = _where_she_may_be(accuracy_m, heading_deg, speed_mps)
    sees = scene.sees(points)
    trust = _trust(near, now, frozenset(keep))
    chosen = _pick(scene, sees, weights, trust, limit)
    at_point = scene.sees(np.zeros((1, 2)), turning=False)[:, 0]
    return [_explain(scene, i, score, float(at_point[i]), float(sees[i] @ weights)) for i, score in chosen]


def _nearest(cameras: Sequence[CameraFacts], *, lat: float, lon: float, always: frozenset[str]) -> list[CameraFacts]:
    """The nearest few hundred, sorted by distance and id; cameras without a usable place are left out."""
    if not cameras:
        return []
    places = np.array([(c.lat, c.lon) for c in cameras], dtype=float)
    metres = np.hypot(*_offsets(places, lat=lat, lon=lon).T)
    usable = np.flatnonzero(np.isfinite(metres))
    if len(usable) > _CANDIDATES:
        # everything at the cut's distance stays, or the order of the input would decide
        cut = np.partition(metres[usable], _CANDIDATES - 1)[_CANDIDATES - 1]
        usable = np.array([i for i in usable.tolist() if metres[i] <= cut or cameras[i].id in always])
    order = sorted(usable.tolist(), key=lambda i: (metres[i], cameras[i].id))
    unique = {cameras[i].id: cameras[i] for i in reversed(order)}
    return [unique[camera_id] for camera_id in reversed(unique)]


def _offsets(places: Floats, *, lat: float, lon: float) -> Floats:
    """Metres east and north of the point, good to 0.1 % within 50 km."""
    east = (places[:, 1] - lon + 180.0) % 360.0 - 180.0
    middle = np.radians((places[:, 0] + lat) / 2)
    return np.column_stack((np.radians(east) * np.cos(middle), np.radians(places[:, 0] - lat))) * EARTH_RADIUS_M


def _where_she_may_be(accuracy_m: float, heading_deg: float | None, speed_mps: float | None) -> tuple[Floats, Floats]:
    """Points (east, north in metres from the report) and their weights, which sum to 1."""
    accuracy = accuracy_m if math.isfinite(accuracy_m) else _LARGEST_ACCURACY_M
    sigma = min(max(accuracy, _SMALLEST_ACCURACY_M), _LARGEST_ACCURACY_M) * _SIGMA_PER_ACCURACY
    # rings through the middle of equal shares of a round normal cloud
    radii = [sigma * math.sqrt(-2 * math.log(1 - share)) for share in (0.125, 0.375, 0.625, 0.875)]
    turns = np.radians(np.arange(12) * 30.0)
    rings = [np.column_stack((np.sin(turns + i * 0.26), np.cos(turns + i * 0.26))) * r for i, r in enumerate(radii)]
    cloud = np.vstack((np.zeros((4, 2)), *rings))
    moves = _usable(heading_deg) and _usable(speed_mps) and (speed_mps or 0) >= _SLOWEST_MPS
    if not moves:
        return cloud, np.full(len(cloud), 1 / len(cloud))
    course = math.radians(heading_deg or 0.0)
    step = np.array([math.sin(course), math.cos(course)]) * min(speed_mps or 0.0, _FASTEST_MPS)
    points = np.vstack([cloud + step * ahead_s for ahead_s, _ in _AHEAD])
    weights = np.concatenate([np.full(len(cloud), share / len(cloud)) for _, share in _AHEAD])
    return points, weights


def _usable(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


class _Scene:
    """The candidates as arrays around the reported point."""

    def __init__(self, cameras: Sequence[CameraFacts], *, lat: float, lon: float) -> None:
        self.cameras = cameras
        self.place = _offsets(np.array([(c.lat, c.lon) for c in cameras], dtype=float), lat=lat, lon=lon)
        self.distance_m: Floats = np.hypot(self.place[:, 0], self.place[:, 1])
        self.bearing_deg: Floats = np.degrees(np.arctan2(self.place[:, 0], self.place[:, 1])) % 360
        self.round = np.array([not _usable(c.heading_deg) for c in cameras])
        self.ptz = np.array([c.ptz for c in cameras])
        self.heading = np.array([c.heading_deg if _usable(c.heading_deg) else 0.0 for c in cameras], dtype=float)
        self.half_view = np.array([min(max(c.field_of_view_deg, 10.0), 360.0) / 2 for c in cameras])
        self.range_m = np.array([max(c.range_m, 5.0) for c in cameras])

    def sees(self, points: Floats, *, turning: bool = True) -> Floats:
        """How well camera i sees point j, 0 to 1. `turning`: a PTZ counts for where it could turn."""
        east = points[None, :, 0] - self.place[:, None, 0]
        north = points[None, :, 1] - self.place[:, None, 1]
        metres = np.hypot(east, north)
        reach = metres / self.range_m[:, None]
        sharp = np.interp(reach, [0.0, 0.4, 1.0, 1.15], [1.0, 1.0, 0.4, 0.0])
        off_axis = np.abs((np.degrees(np.arctan2(east, north)) - self.heading[:, None] + 180) % 360 - 180)
        inside = np.clip((self.half_view[:, None] + _EDGE_DEG - off_axis) / _EDGE_DEG, 0.0, 1.0)
        inside[self.round] = 1.0
        if turning:
            inside[self.ptz] = np.maximum(inside[self.ptz], _TURN_COST)
        blind = np.where(metres < _BLIND_M, 0.7, 1.0)  # straight under its pole
        return np.asarray(sharp * inside * blind, dtype=float)

    def likeness(self, one: int) -> Floats:
        """How much each camera's picture looks like camera `one`'s: same side of her, same direction."""
        side = np.abs((self.bearing_deg - self.bearing_deg[one] + 180) % 360 - 180) / 35
        apart = np.hypot(*(self.place - self.place[one]).T) / 40
        look = np.abs((self.heading - self.heading[one] + 180) % 360 - 180) / 45
        look = np.where(self.round | self.round[one], 0.5, look)
        return np.asarray(np.exp(-(np.minimum(side, apart) ** 2) - look**2), dtype=float)


def _trust(cameras: Sequence[CameraFacts], now: datetime, keep: frozenset[str]) -> Floats:
    """Factor for health and for being shown already."""
    factors = []
    for camera in cameras:
        factor = 1.0
        if not camera.healthy:
            is_old = camera.checked_at is not None and (now - camera.checked_at).total_seconds() > _RECHECK_S
            factor = _BROKEN_LONG_AGO if is_old else _BROKEN
        factors.append(factor * (_KEEP_BONUS if camera.id in keep else 1.0))
    return np.array(factors)


def _pick(scene: _Scene, sees: Floats, weights: Floats, trust: Floats, limit: int) -> list[tuple[int, float]]:
    """Greedy: each time the camera that adds most. Ties go to the nearer one, then to the smaller id."""
    unseen = np.ones(len(weights))
    spread = np.ones(len(scene.cameras))
    nearness = 0.02 / (1 + scene.distance_m / 50)
    free = np.ones(len(scene.cameras), dtype=bool)
    picked: list[tuple[int, float]] = []
    for _ in range(min(limit, len(scene.cameras))):
        gain = _ONE_LOOK * (sees * unseen[None, :]) @ weights
        worth = np.where(free, np.round(trust * spread * (gain + nearness), 9), -1.0)
        best = int(np.argmax(worth))  # candidates are sorted by distance and id
        picked.append((best, float(worth[best])))
        free[best] = False
        unseen = unseen * (1 - _ONE_LOOK * sees[best] * min(1.0, float(trust[best])))
        spread = np.minimum(spread, 1 - 0.45 * scene.likeness(best))
    return picked


def _explain(scene: _Scene, index: int, score: float, at_point: float, coverage: float) -> Chosen:
    camera = scene.cameras[index]
    in_view = at_point > 0
    in_reach = bool(scene.distance_m[index] <= scene.range_m[index])
    reason = "in_view" if in_view else "can_turn" if camera.ptz and in_reach else "nearest"
    if reason == "nearest" and coverage > 0.01:
        reason = "near_view"
    bearing = round(float(scene.bearing_deg[index]), 1) % 360
    return Chosen(camera.id, round(float(scene.distance_m[index]), 1), bearing, in_view, round(score, 6), reason)
