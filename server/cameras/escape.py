"""Where somebody who gets away is seen next, on foot or by car: a fan of cameras by time; pure.

Streets are not known: a way through them is taken to be longer than the straight line by a factor, the mean of what
street networks show (DETOUR), while the earliest time is the straight line at the greatest pace, so that nobody looks
too late. Each direction of the fan keeps its own cameras: the ring closes, also behind.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from server.cameras.along import Passage, near_rows, passage_of
from server.cameras.index import CameraIndex, Floats
from server.cameras.seeing import Sight

Mode = Literal["foot", "car"]


@dataclass(frozen=True, slots=True)
class Pace:
    """Metres per second: at most, usually (in a city), hardly less. `horizon_s`: how far ahead the fan looks."""

    fastest_mps: float
    usual_mps: float
    slowest_mps: float
    detour: float
    horizon_s: float


PACES: dict[Mode, Pace] = {
    "foot": Pace(5.0, 1.4, 0.8, 1.3, 600.0),
    "car": Pace(22.0, 8.3, 4.0, 1.4, 300.0),
}
"""On foot: running, walking, limping. By car: 80, 30 and 14 km/h (a city's mean over the day is about 25). Detours:
ways on foot are about 1.2 to 1.3 of the straight line in grids, by car 1.3 to 1.4 with turns and one-way streets."""

_SECTORS = 8
_BANDS = {"ahead": (0.0, 0.1, 0.35), "side": (0.0, 0.25), "behind": (0.0,), "open": (0.0, 0.25)}
"""From which part of the horizon on a direction's first, second and third camera is looked for: rings, not a heap."""
_ANPR_BONUS = 0.7  # a plate reader counts as if it were passed this much earlier
_BEHIND_COST = 1.0


def escape(
    index: CameraIndex,
    *,
    lat: float,
    lon: float,
    mode: Mode,
    now: datetime,
    heading_deg: float | None = None,
    within_m: float = 0.0,
    purposes: frozenset[str] | None = None,
    limit: int = 16,
) -> list[Passage]:
    """Cameras by the likely time of passing, from the place at second 0. `within_m`: how uncertain the place is; it
    widens the times. With a heading three of each direction ahead and one behind, without one two of each.
    Cameras that show the place itself are left to `select`."""
    pace = PACES[mode]
    reach_m = pace.usual_mps * pace.horizon_s / pace.detour + max(within_m, 0.0)
    rows = near_rows(index, lat=lat, lon=lon, radius_m=reach_m, at=now, purposes=purposes)
    if not len(rows) or limit <= 0:
        return []
    sight = Sight(index, rows, lat=lat, lon=lon)
    near, far = _seen_between(sight)
    from_s = np.maximum(near - within_m, 0.0) / pace.fastest_mps
    likely_s = near * pace.detour / pace.usual_mps
    until_s = (far + within_m) * pace.detour / pace.slowest_mps
    heading = heading_deg if heading_deg is not None and math.isfinite(heading_deg) else None
    kept = _fan(sight, likely_s, heading, plates=mode == "car", horizon_s=pace.horizon_s)
    times = np.column_stack((from_s, likely_s, until_s)).tolist()
    passages = [passage_of(sight, one, tuple(times[one]), heading_deg=heading) for one in kept]
    return sorted(passages, key=lambda one: (one.likely_s, one.camera_id))[:limit]


def _seen_between(sight: Sight) -> tuple[Floats, Floats]:
    """The nearest and the farthest place (metres from the sight's) that each camera shows well."""
    depth = np.array([0.15, 0.5, 0.85])[None, :, None] * sight.range_m[:, None, None]
    half = np.arccos(np.clip(sight.cos_half, -1, 1))[:, None, None] * np.array([-0.8, 0.0, 0.8])[None, None, :]
    look = np.arctan2(sight.look_east, sight.look_north)[:, None, None] + half
    east = sight.east[:, None, None] + depth * np.sin(look)
    north = sight.north[:, None, None] + depth * np.cos(look)
    away = np.sqrt(east * east + north * north).reshape(len(sight.rows), -1)
    turns = sight.is_round | (sight.turn_deg_s > 0)
    near = np.where(turns, np.maximum(sight.metres - 0.85 * sight.range_m, 0.0), away.min(axis=1))
    far = np.where(turns, sight.metres + 0.85 * sight.range_m, away.max(axis=1))
    here = sight.sees(np.arange(len(sight.rows)), np.zeros((1, 2)), turning=False)[:, 0] > 0
    return np.where(here, 0.0, near), np.asarray(far, dtype=float)


def _fan(sight: Sight, likely_s: Floats, heading_deg: float | None, *, plates: bool, horizon_s: float) -> list[int]:
    """The first camera of each sector's rings; one that gives no picture only where a ring has no other."""
    bearing = np.degrees(np.arctan2(sight.east, sight.north)) % 360
    off = (bearing - (heading_deg or 0.0)) % 360
    turn = (1 - np.cos(np.radians(off))) / 2 if heading_deg is not None else np.zeros(len(off))
    order = (likely_s + 1.0) * (1 + _BEHIND_COST * turn)
    if plates:
        order = order * np.where(sight.index.is_anpr[sight.rows], _ANPR_BONUS, 1.0)
    sector = ((off + 180 / _SECTORS) % 360 // (360 / _SECTORS)).astype(int)
    rank, names = sight.index.rank[sight.rows], sight.index.id_order[sight.rows]
    kept: list[int] = []
    for one in range(_SECTORS):
        inside = np.flatnonzero((sector == one) & (likely_s > 0) & (likely_s <= horizon_s)).tolist()
        inside.sort(key=lambda i: (int(rank[i]), float(order[i]), int(names[i])))
        begins = [share * horizon_s for share in _BANDS[_kind(one, heading_deg)]]
        for begin, end in itertools.pairwise([*begins, math.inf]):
            kept += [i for i in inside if begin <= likely_s[i] < end][:1]
    return kept


def _kind(sector: int, heading_deg: float | None) -> str:
    if heading_deg is None:
        return "open"
    return "ahead" if sector in (0, 1, 7) else "side" if sector in (2, 6) else "behind"
