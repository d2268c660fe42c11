"""Is the compiled country whole? Counts, overlaps, gaps, and points inside their own jurisdiction. Needs shapely."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from location_router.boundaries.cleaning import KM2_PER_DEG2, LARGEST_GAP_KM2, areas_km2
from location_router.boundaries.country_map import SOURCE
from location_router.index import Index

MUNICIPALITIES = 229


def check(index: Index) -> dict[str, Any]:
    """Measures what was compiled, not what cleaning claimed. `ok` is False when anything must not be so."""
    shapes = polygons(index)
    whole = shapely.get_parts(shapely.coverage_union_all(shapes))
    holes = [shapely.Polygon(ring) for part in whole for ring in part.interiors]
    hole_km2 = areas_km2(np.asarray(holes)) if holes else np.zeros(0)
    versions = []
    for version in index.all_versions():
        astray = [c.code for c in version.centers.values() if version.containing(lat=c.lat, lon=c.lon) != c.code]
        versions.append({"version": version.boundary_version, "centers": len(version.centers), "astray": astray})
    found = {
        "source": f"{SOURCE} ({index.source})",
        "pieces": len(shapes),
        "versions": versions,
        "invalid": int((~shapely.is_valid(shapes)).sum()),
        "overlap_km2": round(abs(float(shapely.area(shapes).sum() - shapely.area(whole).sum())) * KM2_PER_DEG2, 6),
        "mismatched_border_deg": float(shapely.length(shapely.coverage_invalid_edges(shapes)).sum()),
        "small_gaps": int((hole_km2 <= LARGEST_GAP_KM2).sum()),
        "enclosed_water": [round(float(km2), 1) for km2 in sorted(hole_km2[hole_km2 > LARGEST_GAP_KM2])],
        "cleaning": {key: round(value, 2) for key, value in index.report.items()},
    }
    counts = {row["version"]: row["centers"] for row in versions}
    found["ok"] = (
        not any(found[name] for name in ("invalid", "overlap_km2", "mismatched_border_deg", "small_gaps"))
        and not any(row["astray"] for row in versions)
        and all(counts.get(label) == MUNICIPALITIES for label in ("2023-01-01", "2023-07-01"))
    )
    return found


def polygons(index: Index) -> Any:
    """The pieces as shapely polygons, in the table's order."""
    held = index.table.arrays
    starts, parts = held["ring_points"], dict[tuple[int, int], list[Any]]()
    for ring, (part, piece) in enumerate(zip(held["ring_part"].tolist(), held["ring_piece"].tolist(), strict=True)):
        parts.setdefault((piece, part), []).append(held["points"][starts[ring] : starts[ring + 1]])
    shapes: list[list[shapely.Polygon]] = [[] for _ in index.table.pieces]
    for (piece, _), rings in parts.items():
        shapes[piece].append(shapely.Polygon(rings[0], rings[1:]))
    return np.asarray([shapely.multipolygons(one) for one in shapes])


def for_people(found: dict[str, Any]) -> str:
    """The same facts in lines."""
    met = found["cleaning"]
    lines = [f"자료 · source       {found['source']}"]
    lines += [f"버전 · version      {row['version']}  센터 · centers {row['centers']}" for row in found["versions"]]
    lines += [
        f"다듬기 · cleaned    겹침 · overlaps {met['overlap_faces']} ({met['overlap_km2']} km²)  "
        f"틈 · gaps {met['gap_faces']} ({met['gap_km2']} km²)  고침 · repaired {met['repaired']}",
        f"지금 · now          겹침 · overlap {found['overlap_km2']} km²  작은 틈 · small gaps {found['small_gaps']}  "
        f"잘못 · invalid {found['invalid']}",
        f"닫힌 물 · enclosed water, left open (km²)  {', '.join(map(str, found['enclosed_water']))}",
        "이상 없음 · sound" if found["ok"] else "이상 있음 · NOT SOUND",
    ]
    return "\n".join(lines)
