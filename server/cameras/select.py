"""Which cameras see somebody best; pure and deterministic, no clock and no I/O.

A position is a cloud, not a point: where she may be now and, when she moves, in 15 and 30 s. A camera is worth what it
adds to what the cameras already chosen show (a second look from another side still adds something), so five views of
one corner don't win over five views of the street. Working cameras come before doubtful ones, these before dead ones,
and a camera without a stream comes last. When nothing sees her, the nearest come: the answer is only empty where there
is no camera that may be used. Cameras in `keep` are left only for clearly better ones.

The choice is exactly the greedy choice over *all* cameras (`seeing` has the scoring). Two bounds make it quick:

- of a camera in the pool: its worth is at most `trust × spread × (ONE_LOOK × best look × weight + nearness)`. No point
  of the cloud is nearer to it than its distance less the cloud's reach, and no more weight is unseen than is left, or
  than lies within its reach (`Sight.most_gain`). Only cameras whose bound reaches the best worth known are looked at
  in full.
- of a camera outside the pool: it is farther than the pool's radius, which is at least its reach plus the cloud's, so
  it sees nothing and is worth at most the nearness at that radius (trust, spread ≤ 1; what is kept is always in the
  pool). Is every pick worth more than that, no camera outside could have been it; else the radius doubles.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from server.cameras.codes import BROKEN_HEALTH, HEALTHS, NIGHT_WORDS
from server.cameras.index import EARTH_RADIUS_M, LEVELS_M, NO_STREAM, CameraFacts, CameraIndex, Floats, Ints, bits_of
from server.cameras.reasons import Reason
from server.cameras.seeing import (
    KEEP_BONUS,
    KEEP_NEARNESS,
    NEAR_M,
    NEAREST_WORTH,
    ONE_LOOK,
    Cloud,
    Sight,
    allowed,
    cloud,
    nearness,
    rows_of,
)
from server.cameras.sun import is_dark

__all__ = ["CameraFacts", "CameraIndex", "Chosen", "Reason", "Scene", "select"]

_FIRST_RADIUS_M = 250.0
_MARGIN_M = 1.0
_ROUNDED, _ROUNDING = 9, 2e-9  # digits of a worth: equal ones go to the nearer camera, then to the smaller id
_AT_ONCE = 48
_SPREAD_COST = 0.45
DOUBTFUL_PLACE = 0.7  # a registered place that is good to 50 m or worse is said to be so


@dataclass(frozen=True, slots=True)
class Scene:
    """Whom to look for. `accuracy_m`: the 68 % radius. `purposes`: codes that the kind of incident allows, None: all.
    `plates`: a vehicle is followed, cameras that read plates are preferred."""

    lat: float
    lon: float
    accuracy_m: float
    now: datetime
    heading_deg: float | None = None
    speed_mps: float | None = None
    purposes: frozenset[str] | None = None
    keep: Sequence[str] = ()
    limit: int = 5
    plates: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """`bearing_deg` from the person to the camera. `in_view`: the reported point lies in its view now. `pixels`: how
    tall a person there is in its picture; 0 when she is not in it. `covers_68`, `covers_95`: share of the uncertainty
    circles that is in view.

    `reason`, the first of `reasons`: `in_view`, `can_turn` (a PTZ in reach), `near_view` (sees part of where she may be
    or go), `nearest` (sees nothing of it).
    """

    camera_id: str
    distance_m: float
    bearing_deg: float
    in_view: bool
    score: float
    reason: str
    health: str = "unknown"
    has_stream: bool = True
    pixels: int = 0
    covers_68: float = 0.0
    covers_95: float = 0.0
    reasons: tuple[Reason, ...] = ()


def select(index: CameraIndex, scene: Scene) -> list[Chosen]:
    """The best `scene.limit` cameras, best first; fewer only when fewer may be used."""
    if scene.limit <= 0 or not len(index) or not (math.isfinite(scene.lat) and math.isfinite(scene.lon)):
        return []
    where = cloud(accuracy_m=scene.accuracy_m, heading_deg=scene.heading_deg, speed_mps=scene.speed_mps)
    radius_m = _FIRST_RADIUS_M
    while True:
        rows, outside = _around(index, scene, where, radius_m)
        if len(rows) >= 2 * scene.limit or outside is None:
            pool = _Pool(index, rows, scene, where)
            picks = pool.pick(scene.limit)
            if outside is None or _nothing_better_outside(index, pool, picks, scene.limit, outside):
                return _explained(pool, scene, picks)
            radius_m = max(radius_m, min(_needed_m(picks), 8 * radius_m))
        radius_m *= 2


def _needed_m(picks: Sequence[tuple[int, float]]) -> float:
    """Half the radius at which these picks would be worth more than anything outside."""
    lowest = min((worth for _, worth in picks), default=0.0)
    return NEAR_M * (NEAREST_WORTH / lowest - 1) / 2 if lowest > 0 else 0.0


def _around(index: CameraIndex, scene: Scene, where: Cloud, radius_m: float) -> tuple[Ints, float | None]:
    """Cameras around the place, and the worth that no other camera exceeds; None: there is no other."""
    radii = [
        max(where.reach_m + index.reach_m(level) + _MARGIN_M, radius_m) if index.reach_m(level) else math.inf
        for level in range(len(LEVELS_M))
    ]
    lon = (scene.lon + 180) % 360 - 180
    rows = index.around(lat=scene.lat, lon=lon, radii_m=radii)
    if rows is None:
        return np.arange(len(index)), None
    rows = np.union1d(rows, rows_of(index, scene.keep)) if scene.keep else rows
    chord = 2 * EARTH_RADIUS_M * math.sin(min(min(radii) / (2 * EARTH_RADIUS_M), math.pi / 2))
    return rows, float(nearness(chord - _MARGIN_M / 2))


def _nothing_better_outside(
    index: CameraIndex, pool: _Pool, picks: Sequence[tuple[int, float]], limit: int, outside: float
) -> bool:
    """Whether the picks would be the same over all cameras: each is worth more than any camera outside the pool could
    be, and no rank was left for a worse one while the index has more of it."""
    if any(worth <= outside + _ROUNDING for _, worth in picks):
        return False
    last = int(pool.rank[picks[-1][0]]) if len(picks) == limit else NO_STREAM + 1
    return all(index.rank_counts[rank] <= pool.of_rank(rank) for rank in range(last))


class _Pool:
    """Candidates with what is known about their worth."""

    def __init__(self, index: CameraIndex, rows: Ints, scene: Scene, where: Cloud) -> None:
        self._ranks_inside = np.bincount(index.rank[rows], minlength=NO_STREAM + 1)
        may = allowed(index, rows, purposes=bits_of(scene.purposes), at_s=scene.now.timestamp())
        rows = rows[may]
        self.index, self.rows, self.where = index, rows, where
        self.is_dark = is_dark(lat=scene.lat, lon=scene.lon, at=scene.now)
        self.sight = Sight(index, rows, lat=scene.lat, lon=scene.lon)
        self.rank = index.rank[rows]
        trust = self.sight.trust(is_dark=self.is_dark, plates=scene.plates)
        near = self.sight.nearness()
        if scene.keep:
            kept = np.isin(rows, rows_of(index, scene.keep))
            trust[kept] *= KEEP_BONUS
            near[kept] *= KEEP_NEARNESS
        self.trust, self.near = trust, near
        self.best_look, self.most_weight = self.sight.most_gain(where)
        self.known = np.zeros(0, dtype=np.int64)
        self.is_known = np.zeros(len(rows), dtype=bool)
        self.seen = np.zeros((0, len(where.weights)))

    def of_rank(self, rank: int) -> int:
        """Cameras of this rank inside the radius, allowed or not."""
        return int(self._ranks_inside[rank])

    def pick(self, limit: int) -> list[tuple[int, float]]:
        """(position, worth) of the best, rank by rank; in a rank each time the camera that adds most."""
        weight = self.where.weights.copy()  # of what is not yet seen
        spread = np.ones(len(self.rows))
        picked: list[tuple[int, float]] = []
        for rank in range(NO_STREAM + 1):
            free = self.rank == rank
            for _ in range(min(limit - len(picked), int(free.sum()))):
                best, worth = self._best(free, self.trust * spread, weight)
                picked.append((best, worth))
                if len(picked) == limit:
                    return picked
                free[best] = False
                weight = weight * (1 - ONE_LOOK * self.seen_by(best) * min(1.0, float(self.trust[best])))
                spread = np.minimum(spread, 1 - _SPREAD_COST * self.sight.likeness(best))
        return picked

    def _best(self, free: NDArray[np.bool_], factor: Floats, weight: Floats) -> tuple[int, float]:
        """The free camera that is worth most; of equal ones the nearer, then the one with the smaller id."""
        unseen = np.minimum(self.most_weight, float(weight.sum()))
        bound = factor * (ONE_LOOK * self.best_look * unseen + self.near)
        bound = np.where(free & ~self.is_known, bound, -1.0)
        best, most = -1, -1.0
        fresh = self.known
        while True:
            if len(fresh):
                gain = ONE_LOOK * (self.seen[len(self.known) - len(fresh) :] * weight).sum(axis=1)
                worth = np.round(factor[fresh] * (gain + self.near[fresh]), _ROUNDED)
                best, most = self._better(best, most, fresh, np.where(free[fresh], worth, -1.0))
            fresh = self._look(bound, most)
            if not len(fresh):
                return best, most
            bound[fresh] = -1.0

    def _better(self, best: int, most: float, fresh: Ints, worth: Floats) -> tuple[int, float]:
        top = float(worth.max())
        if top < 0 or top < most:
            return best, most
        equal = fresh[worth == top].tolist() + ([best] if top == most else [])
        first = min(equal, key=lambda one: (self.sight.metres[one], self.index.id_order[self.rows[one]]))
        return first, top

    def _look(self, bound: Floats, most: float) -> Ints:
        """Look in full at the most promising of those whose bound reaches what is known; empty when there is none."""
        open_ = np.flatnonzero(bound >= max(most - _ROUNDING, 0.0))
        if len(open_) > _AT_ONCE:
            open_ = open_[np.argpartition(bound[open_], len(open_) - _AT_ONCE)[-_AT_ONCE:]]
        if len(open_):
            self.seen = np.vstack((self.seen, self.sight.sees(open_, self.where.points)))
            self.known = np.concatenate((self.known, open_))
            self.is_known[open_] = True
        return open_

    def seen_by(self, position: int) -> Floats:
        """How well a camera that has been looked at in full sees each point of the cloud."""
        return np.asarray(self.seen[int(np.flatnonzero(self.known == position)[0])], dtype=float)


def _explained(pool: _Pool, scene: Scene, picks: Sequence[tuple[int, float]]) -> list[Chosen]:
    positions, where = np.array([position for position, _ in picks], dtype=np.int64), pool.where
    seen = pool.sight.sees(positions, where.points, turning=False) > 0
    shares = np.zeros((len(picks), 3))  # of the 68 % circle, of the ring up to 95 %, of the next 30 s
    parts = (slice(where.inner), slice(where.inner, where.now), slice(where.now, None))
    for number, part in enumerate(parts[: 3 if where.moves else 2]):
        shares[:, number] = seen[:, part].mean(axis=1)
    told = zip(picks, seen[:, 0].tolist(), shares.tolist(), pool.sight.turn_s(positions).tolist(), strict=True)
    return [_explain(pool, scene, *pick, in_view, seen, turn_s) for pick, in_view, seen, turn_s in told]


def _explain(
    pool: _Pool, scene: Scene, position: int, worth: float, in_view: bool, shares: Sequence[float], turn_s: float
) -> Chosen:
    sight, index, row, (inner, outer, ahead) = pool.sight, pool.index, int(pool.rows[position]), shares
    metres, east, north = float(sight.metres[position]), float(sight.east[position]), float(sight.north[position])
    distance_m = 2 * EARTH_RADIUS_M * math.asin(min(1.0, metres / (2 * EARTH_RADIUS_M)))
    turns = bool(sight.turn_deg_s[position] > 0) and distance_m <= float(sight.range_m[position])
    partly = float((pool.seen_by(position) * pool.where.weights).sum()) > 0.01
    chosen = Chosen(
        camera_id=index.ids[row],
        distance_m=round(distance_m, 1),
        bearing_deg=round(math.degrees(math.atan2(east, north)) % 360, 1) % 360,
        in_view=in_view,
        score=round(worth, 6),
        reason="in_view" if in_view else "can_turn" if turns else "near_view" if partly else "nearest",
        health=HEALTHS[int(index.health[row])],
        has_stream=bool(index.has_stream[row]),
        pixels=round(sight.person_px(position)) if in_view or turns else 0,
        covers_68=round(inner, 3),
        covers_95=round((0.68 * inner + 0.27 * outer) / 0.95, 3),
    )
    return replace(chosen, reasons=tuple(_reasons(chosen, pool, scene, position, ahead, turn_s)))


def _reasons(chosen: Chosen, pool: _Pool, scene: Scene, position: int, ahead: float, turn_s: float) -> Iterator[Reason]:
    index, row = pool.index, int(pool.rows[position])
    numbers = {"can_turn": round(turn_s, 1), "nearest": chosen.distance_m}
    yield Reason(chosen.reason, numbers.get(chosen.reason))
    if chosen.covers_95 > 0:
        yield Reason("covers", round(100 * chosen.covers_95))
    if ahead > 0:
        yield Reason("ahead", round(100 * ahead))
    if chosen.pixels:
        yield Reason("pixels", chosen.pixels)
    if pool.is_dark:
        yield Reason(f"night_{NIGHT_WORDS[int(index.night[row])]}")
    if scene.plates and bool(index.is_anpr[row]):
        yield Reason("plates")
    if chosen.camera_id in scene.keep:
        yield Reason("kept")
    if bool(index.is_indoor[row]):
        yield Reason("indoor")
    if (trust := float(pool.sight.place_trust[position])) < DOUBTFUL_PLACE:
        yield Reason("doubtful_place", round(10 + 100 * (1 / trust - 1)))
    if chosen.health in BROKEN_HEALTH:
        yield Reason(f"health_{chosen.health}")
    if not chosen.has_stream:
        yield Reason("no_stream")
