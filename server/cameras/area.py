"""Cameras spread over an area, for the disaster room; pure. What counts is how much of the area they show together,
and, where an area is larger than its cameras can show, that they stand far from one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from functools import partial

import numpy as np
import shapely
from shapely.geometry import Polygon

from server.cameras.along import near_rows
from server.cameras.codes import HEALTHS
from server.cameras.index import EARTH_RADIUS_M, NO_STREAM, CameraIndex, Floats, Ints
from server.cameras.reasons import Reason
from server.cameras.seeing import ONE_LOOK, Sight
from server.cameras.select import Chosen
from server.cameras.sun import is_dark

MOST_CAMERAS = 5_000
"""Of a larger area's cameras every n-th is looked at."""
_POINTS = 400
_APART_WORTH = 0.02
_AT_ONCE = 512
_M_PER_DEG = EARTH_RADIUS_M * math.pi / 180


def in_area(
    index: CameraIndex, polygon: Polygon, limit: int, *, now: datetime, purposes: frozenset[str] | None = None
) -> list[Chosen]:
    """The best `limit` cameras that stand in the polygon (x = lon, y = lat) or look into it, working ones first;
    `distance_m` and `bearing_deg` from its middle. Takes up to a tenth of a second: not for the alert's way.

    Raises ValueError for an empty polygon.
    """
    if polygon.is_empty:
        raise ValueError("polygon: empty; give at least three corners")
    middle = polygon.centroid
    flat = shapely.transform(polygon, partial(_metres, lat=middle.y, lon=middle.x))
    points = _spread_points(flat)
    radius = float(np.sqrt((np.array(flat.exterior.coords) ** 2).sum(axis=1)).max())
    rows = near_rows(index, lat=middle.y, lon=middle.x, radius_m=radius, at=now, purposes=purposes)
    sight = Sight(index, rows, lat=middle.y, lon=middle.x)
    stands = shapely.contains_xy(flat, sight.east, sight.north)
    near = np.flatnonzero(stands | (sight.metres <= radius + sight.range_m))
    near = near[:: max(1, -(-len(near) // MOST_CAMERAS))]
    sees = _sees(sight, near, points)
    wanted = stands[near] | (sees > 0.05).any(axis=1)
    near, sees = near[wanted], sees[wanted]
    trust = sight.trust(is_dark=is_dark(lat=middle.y, lon=middle.x, at=now), plates=False)[near]
    picked = _pick(sight, near, sees, trust, limit)
    return [_chosen(sight, int(near[one]), float(sees[one].mean()), worth) for one, worth in picked]


def _metres(coordinates: Floats, *, lat: float, lon: float) -> Floats:
    east = (coordinates[:, 0] - lon) * (_M_PER_DEG * math.cos(math.radians(lat)))
    return np.column_stack((east, (coordinates[:, 1] - lat) * _M_PER_DEG))


def _spread_points(flat: Polygon) -> Floats:
    """Some 400 points evenly over the area; its own inner point for one too thin to hit."""
    west, south, east, north = flat.bounds
    step = max(math.sqrt(max(flat.area, 1.0) / _POINTS), 1.0)
    grid = np.meshgrid(np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step))
    points = np.column_stack([one.ravel() for one in grid])
    inside = points[shapely.contains_xy(flat, points[:, 0], points[:, 1])][: 4 * _POINTS]
    return inside if len(inside) else np.array([flat.representative_point().coords[0]])


def _sees(sight: Sight, near: Ints, points: Floats) -> Floats:
    pieces = [sight.sees(near[begin : begin + _AT_ONCE], points) for begin in range(0, len(near), _AT_ONCE)]
    return np.vstack(pieces) if pieces else np.zeros((0, len(points)))


def _pick(sight: Sight, near: Ints, sees: Floats, trust: Floats, limit: int) -> list[tuple[int, float]]:
    """Rank by rank, each time the camera that adds most; the first of an empty area's is the one nearest its middle."""
    rank, east, north = sight.index.rank[sight.rows[near]], sight.east[near], sight.north[near]
    names = sight.index.id_order[sight.rows[near]]
    widest = max(float(sight.metres[near].max(initial=1.0)), 1.0)
    unseen, apart = np.full(sees.shape[1], 1 / max(sees.shape[1], 1)), 1 - sight.metres[near] / widest
    picked: list[tuple[int, float]] = []
    for one in range(NO_STREAM + 1):
        free = rank == one
        for _ in range(min(limit - len(picked), int(free.sum()))):
            worth = np.round(trust * (ONE_LOOK * (sees * unseen).sum(axis=1) + _APART_WORTH * apart), 9)
            worth = np.where(free, worth, -1.0)
            equal = np.flatnonzero(worth == worth.max())
            best = int(equal[names[equal].argmin()])
            away = np.minimum(np.hypot(east - east[best], north - north[best]) / (2 * widest), 1.0)
            apart = away if not picked else np.minimum(apart, away)
            picked.append((best, float(worth[best])))
            free[best] = False
            unseen = unseen * (1 - ONE_LOOK * sees[best])
    return picked


def _chosen(sight: Sight, position: int, share: float, worth: float) -> Chosen:
    index, row = sight.index, int(sight.rows[position])
    bearing = math.degrees(math.atan2(float(sight.east[position]), float(sight.north[position]))) % 360
    reasons: Sequence[Reason] = (Reason("area", round(100 * share)),)
    health = HEALTHS[int(index.health[row])]
    return Chosen(
        camera_id=index.ids[row],
        distance_m=round(float(sight.metres[position]), 1),
        bearing_deg=round(bearing, 1) % 360,
        in_view=False,
        score=round(worth, 6),
        reason="area",
        health=health,
        has_stream=bool(index.has_stream[row]),
        reasons=tuple(reasons) + (() if index.has_stream[row] else (Reason("no_stream"),)),
    )
