"""All cameras of an installation (or of one center) as arrays with a grid over them; immutable, pure.

Cameras are sorted by level (how far they can show a person) and grid cell, so that a circle is a few slices. Places
are unit vectors: a scene's metres east and north are multiplications and additions only, which IEEE 754 fixes to the
last bit. Whatever subset is looked at, a camera's numbers are the same: `select` can be exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from server.cameras.codes import BROKEN_HEALTH, HEALTHS, NIGHT_WORDS
from server.purposes import PURPOSES

EARTH_RADIUS_M = 6_371_008.8
EDGE_DEG = 10.0
MOST_RANGE_M = 1_000.0
"""Nobody is told from a bush beyond: a longer range in the registry is cut, so that one entry of 50 km (they exist)
does not make every question look at the whole country."""
LEVELS_M = (120.0, 300.0, MOST_RANGE_M)
PAST_RANGE = 1.15
"""A camera shows nothing of a person beyond its range times this."""

_CELL_M = 250.0
_M_PER_DEG = EARTH_RADIUS_M * math.pi / 180
_MOST_ROWS = 256  # a circle over more rows of cells than this is asked of all cameras
_USUAL_WIDTH_PX, _USUAL_PAN_DEG_S, _USUAL_HEIGHT_M = 1_920.0, 60.0, 5.0

WORKING, DOUBTFUL, DOWN, NO_STREAM = range(4)
"""Ranks. A camera of a lower rank always comes before one of a higher: five are five working ones when they exist. A
camera without a stream's address gives no picture; it is named last, so that somebody can phone its office."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """`heading_deg` clockwise from north, None sees all round. `accuracy_m`: of the registered place (68 %).
    None in `width_px`, `pan_speed_deg_s`, `height_m`: not known, the usual is assumed. `purposes` empty counts
    as `other`. Retired cameras don't belong in here."""

    id: str
    lat: float
    lon: float
    heading_deg: float | None = None
    field_of_view_deg: float = 70.0
    range_m: float = 60.0
    ptz: bool = False
    health: str = "unknown"
    purposes: Sequence[str] = ()
    night: str = "unknown"
    width_px: int | None = None
    pan_speed_deg_s: float | None = None
    height_m: float | None = None
    accuracy_m: float = 10.0
    is_anpr: bool = False
    is_indoor: bool = False
    is_private: bool = False
    consent_until: datetime | None = None
    has_stream: bool = True


NUMBERS = (
    "x", "y", "z", "look_east", "look_north", "cos_half", "cos_edge", "range_m", "focal_px", "turn_deg_s", "blind_m",
    "place_trust",
)  # fmt: skip
"""Columns of `CameraIndex.numbers`. `look_*` is (0, 0) for a camera that sees all round; `turn_deg_s` is 0 for one that
doesn't turn; `focal_px`: pixels for each radian of the picture."""


@dataclass(frozen=True, slots=True)
class CameraIndex:
    """`ids[i]` is row i of every array. Made by `build`; `with_health` makes a sibling that shares all but health."""

    ids: tuple[str, ...]
    numbers: Floats
    purposes: NDArray[np.uint16]
    night: NDArray[np.uint8]
    consent_until: Floats  # seconds since 1970; +inf for a camera that needs nobody's consent
    is_anpr: NDArray[np.bool_]
    is_indoor: NDArray[np.bool_]
    is_round: NDArray[np.bool_]
    has_stream: NDArray[np.bool_]
    health: NDArray[np.uint8]  # position in HEALTHS
    rank: NDArray[np.uint8]
    rank_counts: tuple[int, ...]
    id_order: Ints  # position of each row's id among all ids, for ties
    where: Mapping[str, int]
    _keys: tuple[NDArray[np.int64], ...]
    _starts: tuple[int, ...]
    _reach_m: tuple[float, ...]
    _grid: tuple[float, float, float, float, int]  # south, west, cell in degrees of lat and lon, cells in a row

    @staticmethod
    def build(facts: Iterable[CameraFacts]) -> CameraIndex:
        """Cameras without a finite place are left out; of two with one id the first counts."""
        known: dict[str, CameraFacts] = {}
        for one in facts:
            if math.isfinite(one.lat) and math.isfinite(one.lon):
                known.setdefault(one.id, one)
        return _built(list(known.values()))

    def __len__(self) -> int:
        return len(self.ids)

    def with_health(self, health: Mapping[str, str]) -> CameraIndex:
        """Every camera's health as told; those not named are `unknown`. Ids that are not in here are ignored."""
        codes = np.zeros(len(self.ids), dtype=np.uint8)
        for camera_id, word in health.items():
            if (row := self.where.get(camera_id)) is not None:
                codes[row] = HEALTHS.index(word)
        rank, counts = _ranked(codes, self.has_stream)
        return replace(self, health=codes, rank=rank, rank_counts=counts)

    def reach_m(self, level: int) -> float:
        """The longest distance at which a camera of this level shows anything of a person; 0 where it has none."""
        return self._reach_m[level]

    def around(self, *, lat: float, lon: float, radii_m: Sequence[float]) -> Ints | None:
        """Rows of all cameras within `radii_m[level]` of the place, and some beyond; None: look at all of them."""
        slices: list[Ints] = []
        for level, radius_m in enumerate(radii_m):
            if not len(self._keys[level]):
                continue
            ranges = self._cells(level, lat=lat, lon=lon, radius_m=radius_m)
            if ranges is None:
                return None
            slices += [np.arange(begin, end) for begin, end in ranges if end > begin]
        return np.concatenate(slices) if slices else np.zeros(0, dtype=np.int64)

    def _cells(self, level: int, *, lat: float, lon: float, radius_m: float) -> list[tuple[int, int]] | None:
        south, west, high, wide, cells = self._grid
        up = radius_m / _M_PER_DEG + 1e-9
        if abs(lat) + up >= 89:
            return None
        # a circle on the sphere is widest where it is nearest to the pole
        side = math.degrees(math.asin(min(1.0, math.sin(math.radians(up)) / math.cos(math.radians(lat))))) + 1e-9
        if lon - side < -180 or lon + side > 180:
            return None
        first, last = math.floor((lat - up - south) / high), math.floor((lat + up - south) / high)
        left = max(0, math.floor((lon - side - west) / wide))
        right = min(cells - 1, math.floor((lon + side - west) / wide))
        rows = np.arange(max(first, 0), max(last, -1) + 1)
        if len(rows) > _MOST_ROWS:
            return None
        if left > right:
            return []
        keys, start = self._keys[level], self._starts[level]
        begins = np.searchsorted(keys, rows * cells + left, side="left") + start
        ends = np.searchsorted(keys, rows * cells + right, side="right") + start
        return list(zip(begins.tolist(), ends.tolist(), strict=True))


def _built(facts: list[CameraFacts]) -> CameraIndex:
    lat = np.array([one.lat for one in facts], dtype=float)
    lon = np.array([(one.lon + 180) % 360 - 180 for one in facts], dtype=float)
    ranges = np.array([_range_m(one) for one in facts], dtype=float)
    level = np.searchsorted(np.array(LEVELS_M), ranges, side="left")
    grid = _grid_over(lat, lon)
    key = _keys_of(grid, lat, lon)
    order = np.lexsort((np.array([one.id for one in facts]), key, level)) if facts else np.zeros(0, dtype=np.int64)
    facts, key, level = [facts[i] for i in order.tolist()], key[order], level[order]
    lat, lon, ranges = lat[order], lon[order], ranges[order]
    ids = tuple(one.id for one in facts)
    id_order = np.empty(len(ids), dtype=np.int64)
    id_order[np.argsort(np.array(ids, dtype=str), kind="stable")] = np.arange(len(ids))
    health = np.array([HEALTHS.index(one.health) for one in facts], dtype=np.uint8)
    has_stream = np.array([one.has_stream for one in facts], dtype=bool)
    rank, counts = _ranked(health, has_stream)
    starts = np.searchsorted(level, np.arange(len(LEVELS_M) + 1))
    pieces = [slice(int(starts[one]), int(starts[one + 1])) for one in range(len(LEVELS_M))]
    return CameraIndex(
        ids=ids,
        numbers=_numbers(facts, lat, lon, ranges),
        purposes=np.array([_bits(one.purposes or ("other",)) for one in facts], dtype=np.uint16),
        night=np.array([NIGHT_WORDS.index(one.night) for one in facts], dtype=np.uint8),
        consent_until=np.array([_consent(one) for one in facts], dtype=float),
        is_anpr=np.array([one.is_anpr for one in facts], dtype=bool),
        is_indoor=np.array([one.is_indoor for one in facts], dtype=bool),
        is_round=np.array([_is_round(one) for one in facts], dtype=bool),
        has_stream=has_stream,
        health=health,
        rank=rank,
        rank_counts=counts,
        id_order=id_order,
        where={camera_id: row for row, camera_id in enumerate(ids)},
        _keys=tuple(key[piece] for piece in pieces),
        _starts=tuple(piece.start for piece in pieces),
        _reach_m=tuple(float(ranges[piece].max(initial=0.0)) * PAST_RANGE for piece in pieces),
        _grid=grid,
    )


def _ranked(health: NDArray[np.uint8], has_stream: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], tuple[int, ...]]:
    by_health = np.array([WORKING if one not in BROKEN_HEALTH else DOUBTFUL for one in HEALTHS], dtype=np.uint8)
    by_health[HEALTHS.index("down")] = DOWN
    rank = by_health[health]
    rank[~has_stream] = NO_STREAM
    return rank, tuple(np.bincount(rank, minlength=4).tolist())


def bits_of(purposes: Iterable[str] | None) -> int | None:
    """Purpose codes as a bit mask; None (every purpose) stays None. Unknown codes count as `other`."""
    return None if purposes is None else _bits(purposes)


def _bits(purposes: Iterable[str]) -> int:
    mask = 0
    for one in purposes:
        mask |= 1 << (PURPOSES.index(one) if one in PURPOSES else PURPOSES.index("other"))
    return mask


def _consent(one: CameraFacts) -> float:
    if not one.is_private:
        return math.inf
    return one.consent_until.timestamp() if one.consent_until is not None else -math.inf


def _is_round(one: CameraFacts) -> bool:
    """A camera that turns sees all round over time, not now: where it looks is only not known."""
    sees_round = one.field_of_view_deg + 2 * EDGE_DEG >= 360 and math.isfinite(one.field_of_view_deg)
    return sees_round or (not one.ptz and not _has_heading(one))


def _has_heading(one: CameraFacts) -> bool:
    return one.heading_deg is not None and math.isfinite(one.heading_deg)


def _range_m(one: CameraFacts) -> float:
    return min(max(one.range_m, 5.0), MOST_RANGE_M) if math.isfinite(one.range_m) else 60.0


def _positive(value: float | None, usual: float) -> float:
    return float(value) if value is not None and math.isfinite(value) and value > 0 else usual


def _numbers(facts: list[CameraFacts], lat: Floats, lon: Floats, ranges: Floats) -> Floats:
    numbers = np.zeros((len(facts), len(NUMBERS)))
    phi, theta = np.radians(lat), np.radians(lon)
    numbers[:, 0], numbers[:, 1] = np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta)
    numbers[:, 2], numbers[:, 7] = np.sin(phi), ranges
    for row, one in enumerate(facts):
        view_deg = min(max(_positive(one.field_of_view_deg, 70.0), 5.0), 360.0)
        is_round, half = _is_round(one), math.radians(view_deg / 2)
        if not is_round and _has_heading(one):
            heading = math.radians(one.heading_deg or 0.0)
            numbers[row, 3], numbers[row, 4] = math.sin(heading), math.cos(heading)
        numbers[row, 5], numbers[row, 6] = math.cos(half), math.cos(min(half + math.radians(EDGE_DEG), math.pi))
        # a dome's pixels are spread over its whole round, unless it turns and zooms
        shown = 2 * math.pi if is_round and not one.ptz else 2 * half
        numbers[row, 8] = _positive(one.width_px, _USUAL_WIDTH_PX) / shown
        numbers[row, 9] = _positive(one.pan_speed_deg_s, _USUAL_PAN_DEG_S) if one.ptz and not is_round else 0.0
        numbers[row, 10] = max(3.0, 0.6 * _positive(one.height_m, _USUAL_HEIGHT_M))
        numbers[row, 11] = 1 / (1 + max(_positive(one.accuracy_m, 10.0) - 10.0, 0.0) / 100)
    return numbers


def _grid_over(lat: Floats, lon: Floats) -> tuple[float, float, float, float, int]:
    if not len(lat):
        return 0.0, 0.0, 1.0, 1.0, 1
    middle = min(abs(float(lat.mean())), 80.0)
    high, wide = _CELL_M / _M_PER_DEG, _CELL_M / (_M_PER_DEG * math.cos(math.radians(middle)))
    west = float(lon.min())
    return float(lat.min()), west, high, wide, int((float(lon.max()) - west) / wide) + 1


def _keys_of(grid: tuple[float, float, float, float, int], lat: Floats, lon: Floats) -> Ints:
    south, west, high, wide, cells = grid
    column = np.minimum(np.floor((lon - west) / wide).astype(np.int64), cells - 1)
    return np.floor((lat - south) / high).astype(np.int64) * cells + column
