"""How well a camera sees a place, and what it is worth to an incident: the one scoring that `select`, `along`, `escape`
and `area` share; pure.

Elementwise IEEE arithmetic only (no exp, no BLAS): a camera's numbers don't depend on which others are looked at.
Metres east and north of the scene's place; a camera's worth is

    trust × spread × (ONE_LOOK × Σ weight × unseen × sees  +  nearness)

`sees` is 0 beyond range × PAST_RANGE and at most 1; trust and spread are at most 1 (`keep` aside); nearness falls with
the distance. `select` proves its pruning with exactly these four facts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.cameras.index import EARTH_RADIUS_M, PAST_RANGE, CameraIndex, Floats, Ints

ONE_LOOK = 0.7
"""How much of a place one camera settles."""
KEEP_BONUS, KEEP_NEARNESS = 1.5, 2.0
"""What is on the screen counts so much more, its nearness twice over: the small differences of cameras that show little
dance with every fix (measured: a fifth of the changes goes a moment later the other way without it, none with it)."""
NEAREST_WORTH, NEAR_M = 0.02, 50.0
PERSON_M = 1.7

_SIGMA_PER_ACCURACY = 1 / math.sqrt(-2 * math.log(1 - 0.68))  # accuracy is the 68 % radius
_SMALLEST_ACCURACY_M, MOST_ACCURACY_M = 5.0, 500.0
_SLOWEST_MPS, _FASTEST_MPS = 0.4, 40.0
_AHEAD = ((0.0, 0.6), (15.0, 0.25), (30.0, 0.15))  # seconds from now, share of the worth
_MOST_AHEAD_M = 450.0
# rings through the middles of equal shares of a round normal cloud: four inside the 68 % circle, two up to 95 %
_INNER, _OUTER = (0.085, 0.255, 0.425, 0.595), (0.7475, 0.8825)
_ON_RING = 8
_USABLE_PX_PER_M = 40.0  # half of the detail's worth: between "detect" (25) and "observe" (62) of EN 62676-4
_DETAIL_SHARE = 0.6
_NIGHT_TRUST = np.array([0.85, 1.0, 1.0, 0.35])  # unknown, infrared, lit, none
_NO_PLATE, _INDOOR = 0.6, 0.6
_TURNED, _TURN_S = 0.8, 4.0  # a PTZ that has to turn is worth this, half of it when that takes 4 s
_POLE_SIDE, _POLE_LOOK, _POLE_M = 1 - math.cos(math.radians(35)), 1 - math.cos(math.radians(45)), 40.0
_ROUND_LOOK = 0.25
_SMALL_CLOUD_M = 60.0
_BOUND_MARGIN_M, _BOUND_MARGIN_DEG = 0.01, 0.1  # more than all rounding in what is bounded


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where somebody may be now and soon: points (east, north in metres from the place) with weights that sum to 1.

    The first `now` points are the present; of these the first `inner` hold the 68 %, all of them the 95 %.
    """

    points: Floats
    weights: Floats
    now: int
    inner: int
    reach_m: float
    centers: tuple[tuple[float, float, float], ...]  # east, north, share of the weight: now, in 15 s, in 30 s
    rings: tuple[tuple[float, float], ...]  # radius in metres, weight: the same around each center

    @property
    def moves(self) -> bool:
        return len(self.points) > self.now


def _unit_cloud() -> tuple[Floats, Floats, list[tuple[float, float]]]:
    """Points for a standard deviation of 1 m and their weights; the rings' radii and weights. The reported place itself
    is one of the points inside the 68 %: no camera that sees it counts as blind."""
    points, radii = [np.zeros((1, 2))], [0.0]
    for number, share in enumerate((*_INNER, *_OUTER)):
        turns = np.radians(np.arange(_ON_RING) * (360 / _ON_RING) + number * 15.0)
        radii.append(math.sqrt(-2 * math.log(1 - share)))
        points.append(np.column_stack((np.sin(turns), np.cos(turns))) * radii[-1])
    inside, outside = 1 + _ON_RING * len(_INNER), _ON_RING * len(_OUTER)
    weights = np.concatenate((np.full(inside, 0.68 / inside), np.full(outside, 0.27 / outside))) / 0.95
    rings = [float(weights[0])] + [float(one.sum()) for one in weights[1:].reshape(-1, _ON_RING)]
    return np.vstack(points), weights, list(zip(radii, rings, strict=True))


_UNIT, _UNIT_WEIGHTS, _UNIT_RINGS = _unit_cloud()
_INNER_POINTS = 1 + _ON_RING * len(_INNER)


def cloud(*, accuracy_m: float, heading_deg: float | None = None, speed_mps: float | None = None) -> Cloud:
    """An accuracy that is no number, or beyond MOST_ACCURACY_M, counts as that: five cameras can't cover more."""
    accuracy = accuracy_m if math.isfinite(accuracy_m) else MOST_ACCURACY_M
    sigma = min(max(accuracy, _SMALLEST_ACCURACY_M), MOST_ACCURACY_M) * _SIGMA_PER_ACCURACY
    here, weights = _UNIT * sigma, _UNIT_WEIGHTS
    on_ring = [(radius * sigma, weight) for radius, weight in _UNIT_RINGS]
    points, all_weights, centers = here, weights, [(0.0, 0.0, 1.0)]
    if heading_deg is not None and speed_mps is not None and math.isfinite(heading_deg) and speed_mps >= _SLOWEST_MPS:
        course, speed = math.radians(heading_deg), min(speed_mps, _FASTEST_MPS)
        steps = [min(speed * ahead_s, _MOST_AHEAD_M) for ahead_s, _ in _AHEAD]
        ways = [np.array([math.sin(course), math.cos(course)]) * step for step in steps]
        points = np.vstack([here + way for way in ways])
        centers = [(float(way[0]), float(way[1]), share) for way, (_, share) in zip(ways, _AHEAD, strict=True)]
        all_weights = np.concatenate([weights * share for _, share in _AHEAD])
    reach = float(np.sqrt((points * points).sum(axis=1)).max())
    return Cloud(points, all_weights, len(here), _INNER_POINTS, reach, tuple(centers), tuple(on_ring))


class Sight:
    """Some rows of the index as seen from one place. Every array is one number per row, in `rows`' order."""

    def __init__(self, index: CameraIndex, rows: Ints, *, lat: float, lon: float) -> None:
        self.index, self.rows = index, rows
        numbers = index.numbers[rows].T
        x, y, z = numbers[0], numbers[1], numbers[2]
        phi, theta = math.radians(lat), math.radians(lon)
        sin_phi, cos_phi, sin_theta, cos_theta = math.sin(phi), math.cos(phi), math.sin(theta), math.cos(theta)
        east = y * cos_theta - x * sin_theta
        north = z * cos_phi - (x * cos_theta + y * sin_theta) * sin_phi
        up = z * sin_phi + (x * cos_theta + y * sin_theta) * cos_phi - 1.0
        flat, chord = east * east + north * north, east * east + north * north + up * up
        # direction of the tangent plane, distance of the chord: good for a street, and never near what is far away
        scale = np.sqrt(chord / np.maximum(flat, 1e-30)) * EARTH_RADIUS_M
        self.east: Floats = east * scale
        self.north: Floats = north * scale
        self.metres: Floats = np.sqrt(chord) * EARTH_RADIUS_M
        self.look_east, self.look_north = numbers[3], numbers[4]
        self.cos_half, self.cos_edge = numbers[5], numbers[6]
        self.range_m, self.focal_px, self.turn_deg_s = numbers[7], numbers[8], numbers[9]
        self.blind_m, self.place_trust = numbers[10], numbers[11]
        self.is_round = index.is_round[rows]

    def sees(self, picked: Ints, points: Floats, *, turning: bool = True) -> Floats:
        """How well camera `picked[i]` (a position in `rows`) sees point j, 0 to 1. `turning`: a PTZ counts for where
        it could turn, less the longer that takes."""
        east = points[None, :, 0] - self.east[picked][:, None]
        north = points[None, :, 1] - self.north[picked][:, None]
        metres = np.sqrt(east * east + north * north)
        inside = self._inside(picked, east, north, metres)
        if turning:
            inside = np.maximum(inside, self.turn_worth(picked)[:, None])
        focal = self.focal_px[picked][:, None]
        detail = (1 - _DETAIL_SHARE) + _DETAIL_SHARE * focal / (focal + _USABLE_PX_PER_M * metres)
        blind = np.where(metres < self.blind_m[picked][:, None], 0.7, 1.0)  # straight under its pole
        return np.asarray(_in_reach(metres / self.range_m[picked][:, None]) * detail * inside * blind, dtype=float)

    def _inside(self, picked: Ints, east: Floats, north: Floats, metres: Floats) -> Floats:
        """1 in the picture, falling to 0 over EDGE_DEG beside it (registered directions are rounded)."""
        cos_half, cos_edge = self.cos_half[picked][:, None], self.cos_edge[picked][:, None]
        ahead = east * self.look_east[picked][:, None] + north * self.look_north[picked][:, None]
        cosine = ahead / np.maximum(metres, 1e-6)
        inside = np.minimum(np.maximum((cosine - cos_edge) / np.maximum(cos_half - cos_edge, 1e-9), 0.0), 1.0)
        inside[self.is_round[picked]] = 1.0
        return np.asarray(inside, dtype=float)

    def turn_s(self, picked: Ints) -> Floats:
        """Seconds until a PTZ has the place in its picture; 0 for one that does not turn (see `turn_deg_s`)."""
        ahead = self.east[picked] * self.look_east[picked] + self.north[picked] * self.look_north[picked]
        away = _angle_deg(-ahead / np.maximum(self.metres[picked], 1e-6)) - _angle_deg(self.cos_half[picked])
        speed = self.turn_deg_s[picked]
        return np.where(speed > 0, np.maximum(away, 0.0) / np.maximum(speed, 1e-6), 0.0)

    def turn_worth(self, picked: Ints) -> Floats:
        """What a point outside the picture is worth to a camera that can turn there; 0 for a fixed one."""
        return np.where(self.turn_deg_s[picked] > 0, _TURNED / (1 + self.turn_s(picked) / _TURN_S), 0.0)

    def most_gain(self, where: Cloud) -> tuple[Floats, Floats]:
        """Two bounds for each camera: no point of the cloud is seen better than the first; all points that it can see
        weigh no more than the second.

        The points within reach ρ of a camera at distance d > ρ from a ring's center lie on rings of radius d − ρ to
        d + ρ and inside an angle of 2·asin(ρ/d): of the evenly spaced points of a ring at most one more than fit in.
        """
        metres = np.maximum(self.metres - where.reach_m - _BOUND_MARGIN_M, 0.0)
        detail = (1 - _DETAIL_SHARE) + _DETAIL_SHARE * self.focal_px / (self.focal_px + _USABLE_PX_PER_M * metres)
        reach = self.range_m * PAST_RANGE + _BOUND_MARGIN_M
        best = np.asarray(_in_reach(metres / self.range_m) * detail, dtype=float)
        if where.reach_m < _SMALL_CLOUD_M:  # the second bound would not be worth its time
            return best, np.ones(len(self.rows))
        weight = np.zeros(len(self.rows))
        for east, north, share in where.centers:
            away = np.sqrt((self.east - east) ** 2 + (self.north - north) ** 2)
            half_deg = 90.0 - _angle_deg(np.minimum(reach / np.maximum(away, 1e-6), 1.0)) + _BOUND_MARGIN_DEG
            most = np.minimum((np.floor(2 * half_deg * _ON_RING / 360) + 1) / _ON_RING, 1.0)
            part = np.where(away <= reach, 1.0, most) * share
            for radius, on_ring in where.rings:
                weight += np.where(np.abs(away - radius) <= reach, part * on_ring, 0.0)
        return best, weight

    def nearness(self) -> Floats:
        return np.asarray(nearness(self.metres), dtype=float)

    def trust(self, *, is_dark: bool, plates: bool) -> Floats:
        """Factor for the night, for plates of a vehicle, for a doubtful place of the camera, for indoors."""
        trust = self.place_trust.copy()
        if is_dark:
            trust = trust * _NIGHT_TRUST[self.index.night[self.rows]]
        if plates:
            trust = trust * np.where(self.index.is_anpr[self.rows], 1.0, _NO_PLATE)
        return np.asarray(trust * np.where(self.index.is_indoor[self.rows], _INDOOR, 1.0), dtype=float)

    def likeness(self, one: int) -> Floats:
        """How much each camera's picture looks like camera `one`'s, 0 to 1: same side of her, same direction."""
        metres = np.maximum(self.metres, 1e-6)
        side = 1 - (self.east * self.east[one] + self.north * self.north[one]) / (metres * metres[one])
        apart = (self.east - self.east[one]) ** 2 + (self.north - self.north[one]) ** 2
        look = (1 - self.look_east * self.look_east[one] - self.look_north * self.look_north[one]) / _POLE_LOOK
        look = np.where(self.is_round | self.is_round[one], _ROUND_LOOK, look)
        unlike = np.minimum(np.maximum(side, 0.0) / _POLE_SIDE, apart / _POLE_M**2) + np.maximum(look, 0.0)
        return np.asarray(1 / (1 + unlike) ** 2, dtype=float)

    def person_px(self, position: int) -> float:
        """Expected height of a standing person in the picture, in pixels, at the place."""
        return (
            PERSON_M * float(self.focal_px[position]) / max(float(self.metres[position]), float(self.blind_m[position]))
        )


def nearness(metres: Floats | float) -> Floats | float:
    """Worth of a camera that shows nothing of her; falls with the distance, never 0."""
    return NEAREST_WORTH / (1 + metres / NEAR_M)


def _in_reach(share: Floats) -> Floats:
    """1 up to 40 % of the range, 0.4 at the range, 0 at PAST_RANGE of it."""
    line = np.minimum(1.4 - share, 0.4 - (share - 1.0) * (0.4 / 0.15))
    return np.asarray(np.minimum(np.maximum(line, 0.0), 1.0), dtype=float)


def _angle_deg(cosine: Floats) -> Floats:
    """arccos to 0.004° by Abramowitz and Stegun 4.4.45: multiplications only, so the same bits everywhere."""
    x = np.minimum(np.abs(cosine), 1.0)
    angle = np.sqrt(1 - x) * (1.5707288 + x * (-0.2121144 + x * (0.0742610 - x * 0.0187293)))
    return np.asarray(np.where(cosine < 0, math.pi - angle, angle) * (180 / math.pi), dtype=float)


def allowed(index: CameraIndex, rows: Ints, *, purposes: int | None, at_s: float) -> NDArray[np.bool_]:
    """Which may be used at all: the purpose allows it (bit mask; None: every purpose does) and a private camera's
    owner has consented until after `at_s` (seconds since 1970)."""
    may = index.consent_until[rows] > at_s
    return may if purposes is None else may & ((index.purposes[rows] & purposes) > 0)


def rows_of(index: CameraIndex, camera_ids: Sequence[str]) -> Ints:
    """Rows of the cameras that are in the index."""
    return np.array([index.where[one] for one in camera_ids if one in index.where], dtype=np.int64)
