"""Where the person may be, as an area: probability by place. Pure: numpy only.

A circle or an ellipse is taken as the contour of a Gaussian that holds its `confidence_percent` (68 % for a phone's
accuracy; 100 % is read as 99.9 %), so the 95 % radius is 1.62 times a 68 % one. A polygon and an arc band are taken as
even. An area is 128 equally likely places, always the same for the same input (a sunflower), so that a decision can
be repeated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_router import geo
from location_router.wire import Uncertainty

COUNT = 128
LONGEST_M = 200_000.0
_GOLDEN = math.pi * (3.0 - math.sqrt(5.0))
_STEP = (np.arange(COUNT) + 0.5) / COUNT
_UNIT = np.sqrt(-2.0 * np.log(1.0 - _STEP))
_EAST, _NORTH = _UNIT * np.cos(np.arange(COUNT) * _GOLDEN), _UNIT * np.sin(np.arange(COUNT) * _GOLDEN)
OUTERMOST = float(_UNIT[-1]) * 1.000001  # the farthest place, in standard deviations
LIKELY = math.sqrt(-2.0 * math.log(0.05))
_SIGMA_PER_R68 = geo.sigma_m(accuracy_m=1.0)

Metres = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Area:
    """`lat`, `lon` stands for it; `likely_m` around that holds 95 % or more, `reach_m` everything. `is_peaked`: the
    place itself is the likeliest, so what contains it decides; else the largest share does."""

    lat: float
    lon: float
    likely_m: float
    reach_m: float
    is_peaked: bool
    sigma_m: float = 0.0
    offsets: tuple[Metres, Metres] | None = None

    def places(self) -> tuple[Metres, Metres]:
        """The equally likely places: latitudes, longitudes."""
        east, north = self.offsets or (_EAST * self.sigma_m, _NORTH * self.sigma_m)
        per_north, per_east = geo.metres_per_degree(lat=self.lat)
        return self.lat + north / per_north, self.lon + east / max(per_east, 1.0)


def area_of(*, lat: float, lon: float, accuracy_m: float | None, uncertainty: Uncertainty | None = None) -> Area | None:
    """The area around a position; `uncertainty` beats `accuracy_m`. None: a point. A shape that is none (no size, a
    ring of two points) counts as absent."""
    if uncertainty is not None and (area := _SHAPES[uncertainty.kind](lat, lon, uncertainty)) is not None:
        return area
    if accuracy_m is None or not 0.0 < accuracy_m < math.inf:
        return None
    return _circle(lat, lon, min(accuracy_m, LONGEST_M) * _SIGMA_PER_R68)


def accuracy_m_of(area: Area) -> float:
    """The radius around its place that holds 68 % of an area."""
    if area.offsets is None:
        return area.sigma_m / _SIGMA_PER_R68
    return float(np.quantile(np.hypot(*area.offsets), 0.68))


def _circle(lat: float, lon: float, sigma_m: float) -> Area:
    return Area(lat, lon, sigma_m * LIKELY, sigma_m * OUTERMOST, True, sigma_m)


def _sigma(radius_m: float, shape: Uncertainty) -> float:
    """Standard deviation of a Gaussian whose contour of that radius holds the shape's confidence."""
    share = min(shape.confidence_percent / 100.0, 0.999)
    return min(radius_m, LONGEST_M) / math.sqrt(-2.0 * math.log(1.0 - share))


def _from_circle(lat: float, lon: float, shape: Uncertainty) -> Area | None:
    return _circle(lat, lon, _sigma(shape.radius_m, shape)) if shape.radius_m > 0 else None


def _from_ellipse(lat: float, lon: float, shape: Uncertainty) -> Area | None:
    major, minor = _sigma(shape.semi_major_m, shape), _sigma(shape.semi_minor_m, shape)
    if max(major, minor) <= 0:
        return None
    turn = math.radians(shape.orientation_deg)
    along, across = _NORTH * major, _EAST * minor
    offsets = along * math.sin(turn) + across * math.cos(turn), along * math.cos(turn) - across * math.sin(turn)
    longest = max(major, minor)
    return Area(lat, lon, longest * LIKELY, longest * OUTERMOST, True, offsets=offsets)


def _from_polygon(lat: float, lon: float, shape: Uncertainty) -> Area | None:
    ring = np.array(shape.ring, dtype=np.float64).reshape(-1, 2)
    if len(ring) < 3 or not np.isfinite(ring).all() or np.abs(ring[:, 0]).max() > 90 or np.abs(ring).max() > 180:
        return None
    per_north, per_east = geo.metres_per_degree(lat=lat)
    east, north = (ring[:, 1] - lon) * max(per_east, 1.0), (ring[:, 0] - lat) * per_north
    if max(np.abs(east).max(), np.abs(north).max()) > LONGEST_M or not (np.ptp(east) > 0 and np.ptp(north) > 0):
        return None
    rows = max(4, min(64, round(math.sqrt(4 * COUNT * np.ptp(north) / np.ptp(east)))))
    columns = max(4, (4 * COUNT) // rows)
    x = east.min() + np.ptp(east) * (np.arange(columns) + 0.5) / columns
    y = north.min() + np.ptp(north) * (np.arange(rows) + 0.5) / rows
    x, y = (axis.ravel() for axis in np.meshgrid(x, y))
    held = _inside(x, y, east, north)
    if not held.any():
        x, y, held = east, north, np.ones(len(east), dtype=bool)
    return _even(lat, lon, x[held], y[held], stands=_inside(np.zeros(1), np.zeros(1), east, north)[0])


def _inside(x: Metres, y: Metres, east: Metres, north: Metres) -> NDArray[np.bool_]:
    """Even-odd rule for places against one ring."""
    to_east, to_north = np.roll(east, -1), np.roll(north, -1)
    crosses = (north <= y[:, None]) != (to_north <= y[:, None])
    rise = np.where(to_north == north, 1.0, to_north - north)
    at = east + (y[:, None] - north) / rise * (to_east - east)
    held: NDArray[np.bool_] = (crosses & (x[:, None] < at)).sum(axis=1) % 2 == 1
    return held


def _from_arc_band(lat: float, lon: float, shape: Uncertainty) -> Area | None:
    inner, outer = min(shape.inner_radius_m, LONGEST_M), min(shape.outer_radius_m, LONGEST_M)
    if outer <= 0 or outer < inner or shape.opening_angle_deg <= 0:
        return None
    reach = np.sqrt(inner**2 + (outer**2 - inner**2) * _STEP)
    share = (np.arange(COUNT) * 0.618033988749895) % 1.0
    turn = np.radians(shape.start_angle_deg + shape.opening_angle_deg * share)
    return _even(lat, lon, reach * np.sin(turn), reach * np.cos(turn), stands=False)


def _even(lat: float, lon: float, east: Metres, north: Metres, *, stands: bool) -> Area:
    """Equally likely places around (lat, lon), which stands for them if it is one of them; else the one does that is
    nearest to their middle."""
    if not stands:
        per_north, per_east = geo.metres_per_degree(lat=lat)
        middle = int(np.argmin(np.hypot(east - east.mean(), north - north.mean())))
        to_east, to_north = float(east[middle]), float(north[middle])
        lat, lon = lat + to_north / per_north, lon + to_east / max(per_east, 1.0)
        east, north = east - to_east, north - to_north
    reach_m = float(np.hypot(east, north).max()) * 1.001 + 1.0
    return Area(lat, lon, reach_m, reach_m, False, offsets=(east, north))


_SHAPES = {"circle": _from_circle, "ellipse": _from_ellipse, "polygon": _from_polygon, "arc_band": _from_arc_band}
