"""Overlapping, gaping polygons become a clean map: no overlap, no gap between neighbours. Pure; needs shapely.

The rule, in order: (1) a polygon that is not valid is repaired, and only its areas are kept; (2) all borders are laid
on a grid of 1e-7 degrees (about 1 cm, so that slivers thinner than that vanish) and cut at every crossing, which
leaves faces that cannot overlap; (3) a face inside several pieces goes to the one with the smallest name; (4) a face
inside none but enclosed by pieces goes to the neighbour with which it shares the longest border if it is at most
`LARGEST_GAP_KM2`; larger ones are enclosed sea and lakes and stay open (the router then takes the nearest polygon);
(5) the faces of a piece are joined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

GRID_DEG = 1e-7
LARGEST_GAP_KM2 = 4.0
KM2_PER_DEG2 = 111.32 * 110.98

Shapes = NDArray[np.object_]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place where the source was not clean: `between` which pieces, and who has it now (empty: nobody)."""

    kind: str
    km2: float
    lat: float
    lon: float
    between: tuple[str, ...]
    given_to: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Pieces by name with their clean polygons, and what cleaning met: areas in km², counts of faces."""

    polygons: dict[str, shapely.Geometry]
    overlap_faces: int
    overlap_km2: float
    gap_faces: int
    gap_km2: float
    open_faces: int
    open_km2: float
    spots: tuple[Spot, ...]


def clean(sources: Mapping[str, Sequence[shapely.Geometry]], progress: Progress = lambda line: None) -> Cleaned:
    """The map by the rule in the module's docstring from valid polygons by piece; a few seconds for the country. A
    piece that others cover wholly has an empty polygon."""
    names = sorted(sources)
    shapes = [shape for name in names for shape in sources[name]]
    owner = np.repeat(np.arange(len(names)), [len(sources[name]) for name in names])
    progress(f"경계선을 서로 자르는 중 · cutting {len(shapes)} borders against each other …")
    lines = shapely.union_all([shapely.boundary(shape) for shape in shapes], grid_size=GRID_DEG)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    progress(f"조각 {len(faces)}개에 주인을 정하는 중 · deciding who owns {len(faces)} faces …")
    owners, pairs = _owners(faces, np.asarray(shapes), owner)
    covers = np.bincount(pairs[0], minlength=len(faces))
    area = areas_km2(faces)
    gaps = owners < 0
    beside = _neighbours(faces, owners, gaps)
    _fill(faces, owners, gaps & (area <= LARGEST_GAP_KM2))
    joined = {name: _joined(faces[owners == number]) for number, name in enumerate(names)}
    still = owners < 0
    over = covers > 1
    spots = _spots(faces, area, owners, names, over, pairs, gaps, beside)
    (o, o_km2), (g, g_km2), (w, w_km2) = ((int(one.sum()), float(area[one].sum())) for one in (over, gaps, still))
    return Cleaned(joined, o, o_km2, g, g_km2, w, w_km2, spots)


def repair(shapes: Shapes) -> tuple[Shapes, NDArray[np.bool_]]:
    """Valid, flat polygons only (points and lines of a repaired shape are dropped), and which were not valid."""
    flat = shapely.force_2d(shapes)
    bad = ~shapely.is_valid(flat)
    flat[bad] = shapely.make_valid(flat[bad], method="structure", keep_collapsed=False)
    kinds = shapely.get_type_id(flat)
    mixed = (kinds != shapely.GeometryType.POLYGON) & (kinds != shapely.GeometryType.MULTIPOLYGON)
    flat[mixed] = [areas_only(shape) for shape in flat[mixed]]
    return flat, bad


def areas_only(shape: shapely.Geometry) -> shapely.Geometry:
    """Only the polygons of a shape: an overlay may leave points and lines behind."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def areas_km2(shapes: Shapes) -> NDArray[np.float64]:
    """Areas in km², good to 0.5 %: degrees scaled at each shape's own latitude."""
    middle = shapely.bounds(shapes)[:, [1, 3]].mean(axis=1)
    found: NDArray[np.float64] = np.nan_to_num(shapely.area(shapes) * KM2_PER_DEG2 * np.cos(np.radians(middle)))
    return found


def _joined(faces: Shapes) -> shapely.Geometry:
    return shapely.coverage_union_all(faces) if len(faces) else shapely.MultiPolygon()


def _owners(faces: Shapes, shapes: Shapes, owner: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each face the first piece (by name) that covers it or -1, and all pairs of face and covering piece."""
    inside, shape_of = shapely.STRtree(shapes).query(shapely.point_on_surface(faces), predicate="within")
    pairs = np.unique(np.stack([inside, owner[shape_of]]), axis=1)
    owners = np.full(len(faces), len(shapes), dtype=np.int64)
    np.minimum.at(owners, pairs[0], pairs[1])
    owners[owners == len(shapes)] = -1
    return owners, pairs


def _neighbours(faces: Shapes, owners: NDArray[np.int64], gaps: NDArray[np.bool_]) -> dict[int, set[int]]:
    """The pieces around each gap, as the source has them."""
    places = np.flatnonzero(gaps)
    which, other = shapely.STRtree(faces).query(faces[places], predicate="intersects")
    found: dict[int, set[int]] = {}
    for gap, piece in zip(places[which].tolist(), owners[other].tolist(), strict=True):
        if piece >= 0:
            found.setdefault(gap, set()).add(piece)
    return found


def _fill(faces: Shapes, owners: NDArray[np.int64], gaps: NDArray[np.bool_]) -> None:
    """Gives each gap to the neighbour with the longest shared border; a gap among gaps waits for the next round."""
    tree = shapely.STRtree(faces)
    waiting = np.flatnonzero(gaps)
    while len(waiting):
        which, other = tree.query(faces[waiting], predicate="intersects")
        taken = owners[other] >= 0
        which, other = which[taken], other[taken]
        shared = shapely.length(
            shapely.intersection(shapely.boundary(faces[waiting[which]]), shapely.boundary(faces[other]))
        )
        length: dict[tuple[int, int], float] = {}
        for gap, neighbour, metres in zip(which.tolist(), owners[other].tolist(), shared.tolist(), strict=True):
            length[gap, neighbour] = length.get((gap, neighbour), 0.0) + metres
        best: dict[int, tuple[float, int]] = {}
        for (gap, neighbour), total in length.items():
            if total > 0:
                best[gap] = max(best.get(gap, (0.0, 0)), (total, -neighbour))
        if not best:
            return
        for gap, (_, negative) in best.items():
            owners[waiting[gap]] = -negative
        waiting = waiting[owners[waiting] < 0]


def _spots(
    faces: Shapes,
    area: NDArray[np.float64],
    owners: NDArray[np.int64],
    names: list[str],
    over: NDArray[np.bool_],
    pairs: NDArray[np.int64],
    gaps: NDArray[np.bool_],
    beside: Mapping[int, set[int]],
) -> tuple[Spot, ...]:
    """Every overlap and gap with its place, the largest first."""
    covering: dict[int, list[int]] = {}
    shared = over[pairs[0]]
    for face, piece in zip(pairs[0][shared].tolist(), pairs[1][shared].tolist(), strict=True):
        covering.setdefault(face, []).append(piece)
    chosen = np.flatnonzero(over | gaps)
    points = shapely.get_coordinates(shapely.point_on_surface(faces[chosen]))
    found = []
    for face, (lon, lat) in zip(chosen.tolist(), points.tolist(), strict=True):
        kind = "overlap" if over[face] else "gap" if owners[face] >= 0 else "open"
        around: Any = covering[face] if over[face] else beside.get(face, ())
        between = tuple(names[piece] for piece in sorted(around))
        given_to = names[owners[face]] if owners[face] >= 0 else ""
        found.append(Spot(kind, round(float(area[face]), 6), round(lat, 6), round(lon, 6), between, given_to))
    return tuple(sorted(found, key=lambda spot: (-spot.km2, spot.lat, spot.lon)))
