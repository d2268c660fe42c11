"""Which areas change hands between two versions: from center to center, with km² and place. Pure; needs shapely.

A municipality that takes another code and keeps most of its land is `recoded` (what it does not keep is told apart);
land that another center gets is `moved`; land that nobody has any more is `lost`, land that nobody had is `gained`
(mostly coast drawn otherwise).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from location_router.boundaries.area import Area
from location_router.boundaries.cleaning import GRID_DEG, Progress, areas_km2, areas_only

LEAST_KM2 = 1e-4
_SAME = 0.8


@dataclass(frozen=True, slots=True)
class Change:
    """One pair of centers (None: nobody) and the land that goes from the one to the other."""

    kind: str
    before: Area | None
    after: Area | None
    km2: float
    lat: float
    lon: float
    shape: shapely.Geometry

    def as_dict(self) -> dict[str, Any]:
        """JSON-able, without the geometry."""
        return {
            "kind": self.kind,
            "from": _told(self.before),
            "to": _told(self.after),
            "km2": round(self.km2, 4),
            "lat": round(self.lat, 6),
            "lon": round(self.lon, 6),
        }


def changes(
    before: Mapping[str, Area], after: Mapping[str, Area], *, progress: Progress = lambda line: None
) -> list[Change]:
    """All land of at least `LEAST_KM2` that changes hands, the largest first; seconds for the country."""
    progress(
        f"{len(before)}곳과 {len(after)}곳을 견주는 중 · comparing {len(before)} with {len(after)} municipalities …"
    )
    old, new = list(before.values()), list(after.values())
    old_shapes, new_shapes = (np.asarray([one.polygon for one in side], dtype=object) for side in (old, new))
    left, right = shapely.STRtree(new_shapes).query(old_shapes, predicate="intersects")
    same = np.asarray(
        [old[a].code == new[b].code for a, b in zip(left.tolist(), right.tolist(), strict=True)], dtype=bool
    )
    found = [
        _change(old[a], new[b], shape, is_exchange=old[a].code not in after and new[b].code not in before)
        for a, b, shape in zip(
            left[~same].tolist(),
            right[~same].tolist(),
            shapely.intersection(old_shapes[left[~same]], new_shapes[right[~same]], grid_size=GRID_DEG),
            strict=True,
        )
    ]
    found += [_change(one, None, shape) for one, shape in zip(old, _without(old_shapes, new_shapes), strict=True)]
    found += [_change(None, one, shape) for one, shape in zip(new, _without(new_shapes, old_shapes), strict=True)]
    big = [one for one in found if one.km2 >= LEAST_KM2]
    return sorted(big, key=lambda one: (-one.km2, one.lat, one.lon))


def _without(these: Any, others: Any) -> list[shapely.Geometry]:
    """Each of these less all of the others that touch it."""
    mine, theirs = shapely.STRtree(others).query(these, predicate="intersects")
    parts: list[list[shapely.Geometry]] = [[] for _ in these]
    for a, b in zip(mine.tolist(), theirs.tolist(), strict=True):
        parts[a].append(others[b])
    covers = [shapely.union_all(part) for part in parts]
    return list(shapely.difference(these, np.asarray(covers, dtype=object), grid_size=GRID_DEG))


def _change(before: Area | None, after: Area | None, shape: shapely.Geometry, *, is_exchange: bool = False) -> Change:
    land = areas_only(shape)
    km2 = float(areas_km2(np.asarray([land]))[0]) if not shapely.is_empty(land) else 0.0
    if km2 < LEAST_KM2:
        return Change("", before, after, 0.0, 0.0, 0.0, land)
    parts = shapely.get_parts(land)
    point = shapely.point_on_surface(parts[int(np.argmax(shapely.area(parts)))])
    kind = "gained" if before is None else "lost" if after is None else "moved"
    if before is not None and after is not None and is_exchange:
        whole = max(shapely.area(before.polygon), shapely.area(after.polygon))
        kind = "recoded" if shapely.area(land) >= _SAME * whole else "moved"
    return Change(kind, before, after, km2, point.y, point.x, land)


def _told(area: Area | None) -> dict[str, str] | None:
    return {"code": area.code, "name_ko": area.name_ko, "name_en": area.name_en} if area else None
