"""How fast the index answers on this machine. Prints facts; asserts nothing."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from location_router.assign import assign
from location_router.index import Index


def measure(index: Index, *, points: int) -> dict[str, Any]:
    """Rates per second, one thread: places in the country, places within 30 m of a border, nearest, decisions."""
    version, dice = index.version(), np.random.default_rng(7)
    outline = index.table.arrays["points"]
    near = outline[dice.integers(0, len(outline), points)] + dice.normal(0, 3e-4, (points, 2))
    low, high = outline.min(axis=0), outline.max(axis=0)
    spread = dice.uniform(low, high, (points * 4, 2))
    inland = spread[version.containing_many(spread[:, 1], spread[:, 0]) != None][:points]  # noqa: E711
    found: dict[str, Any] = {"version": version.boundary_version, "points": points}
    for name, places in (("inland", inland), ("border", near)):
        lats, lons = np.ascontiguousarray(places[:, 1]), np.ascontiguousarray(places[:, 0])
        began = time.perf_counter()
        version.containing_many(lats, lons)
        found[f"{name}_bulk_per_s"] = round(len(places) / (time.perf_counter() - began))
        pairs = list(zip(lats.tolist(), lons.tolist(), strict=True))
        for run in ("cold", "warm"):
            began = time.perf_counter()
            for lat, lon in pairs:
                version.containing(lat=lat, lon=lon)
            found[f"{name}_single_{run}_per_s"] = round(len(pairs) / (time.perf_counter() - began))
    few = inland[:1000].tolist()
    began = time.perf_counter()
    for lon, lat in few:
        version.nearest(lat=lat, lon=lon)
    found["nearest_five_per_s"] = round(len(few) / (time.perf_counter() - began))
    began = time.perf_counter()
    for lon, lat in few:
        assign(version, lat=lat, lon=lon, accuracy_m=30.0)
    found["decision_per_s"] = round(len(few) / (time.perf_counter() - began))
    return found
