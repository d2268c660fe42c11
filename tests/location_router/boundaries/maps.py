"""Small border files for tests: rectangles around real centers, written as GeoJSON, Shapefile or GeoPackage."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyproj import Transformer

WONMI = {"lat": 37.45, "lon": 127.05}
Row = tuple[str, str, shapely.Geometry]


def box(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    """A rectangle with points on its sides, as a real border has them."""
    return shapely.segmentize(shapely.box(west, south, east, north), 0.02)


def rows() -> list[Row]:
    """Two city districts in one word, their neighbour, and a metropolitan district: three municipalities in a row."""
    return [
        ("41111", "수원시장안구", box(127.0, 37.4, 127.1, 37.5)),
        ("41113", "수원시 권선구", box(127.1, 37.4, 127.2, 37.5)),
        ("41590", "화성시", box(127.2, 37.4, 127.3, 37.5)),
        ("11110", "종로구", box(127.0, 37.5, 127.3, 37.6)),
    ]


def geojson(path: Path, features: list[Row], *, code: str = "SIG_CD", name: str = "SIG_KOR_NM", crs: str = "") -> Path:
    body: dict[str, Any] = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {code: one, name: two}, "geometry": shapely.geometry.mapping(shape)}
            for one, two, shape in features
        ],
    }
    if crs:
        body["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    return path


def projected(features: list[Row], epsg: int) -> list[Row]:
    move = Transformer.from_crs(4326, epsg, always_xy=True)
    return [
        (code, name, shapely.transform(shape, lambda points: np.column_stack(move.transform(*points.T))))
        for code, name, shape in features
    ]


def vector(path: Path, features: list[Row], *, epsg: int | None = 4326, encoding: str = "", driver: str) -> Path:
    """A GeoPackage or Shapefile with the columns SIGUNGU_CD and SIGUNGU_NM."""
    shapes = shapely.to_wkb(np.asarray([shape for _, _, shape in features]))
    columns = [np.asarray([row[place] for row in features], dtype=object) for place in (0, 1)]
    pyogrio.raw.write(
        path,
        geometry=shapes,
        field_data=columns,
        fields=["SIGUNGU_CD", "SIGUNGU_NM"],
        geometry_type="Polygon",
        crs=f"EPSG:{epsg}" if epsg else None,
        driver=driver,
        encoding=encoding or None,
    )
    return path


def zipped_shapefile(folder: Path, features: list[Row], *, epsg: int, encoding: str = "CP949", drop: str = "") -> Path:
    """A zip as an office sends it: Korean member names, cp949 attributes, no .cpg; `drop` leaves a part out."""
    folder.mkdir(parents=True, exist_ok=True)
    vector(folder / "raw.shp", projected(features, epsg), epsg=epsg, encoding=encoding, driver="ESRI Shapefile")
    path = folder / "시군구.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in (".shp", ".shx", ".dbf", ".prj"):
            if part != drop:
                archive.write(folder / f"raw{part}", f"자료/시군구{part}")
    return path
