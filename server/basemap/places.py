"""A place in words, offline: which dong it lies in, and which others begin within 100 m.

The compiled basemap is the index: its deepest tiles hold every dong's polygon with its names and 150 m around. A tile
is decoded once and kept; a place then costs some tens of microseconds. The municipality is asked of the borders in
force at the router, so the words and the desk that has the alert never name different ones.
"""

from __future__ import annotations

import gzip
import math
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any

import mapbox_vector_tile
import shapely

from location_router.index import Jurisdictions
from location_router.runtime.tile_file import TileFile
from server.basemap.words import Address, Beside, Dong, address_of_dong

BESIDE_M = 100.0
MOST_TILES = 64
EXTENT = 4096
EARTH_ROUND_M = 40_075_016.686
NEAREST_M = 400.0
"""Off the coast, or where two dongs leave a slit, the nearest dong still tells a crew where to go."""

__all__ = ["Address", "Places", "tile_of"]


@dataclass(frozen=True, slots=True)
class _Held:
    dongs: list[Dong]
    shapes: list[shapely.Geometry]


def tile_of(*, lat: float, lon: float, zoom: int) -> tuple[int, int, float, float]:
    """Column and row of the tile that holds the place, and where in it, in units from its north-west corner."""
    per_side = 1 << zoom
    east = (lon + 180.0) / 360.0 * per_side
    phi = math.radians(max(-85.05, min(85.05, lat)))
    south = (1.0 - math.asinh(math.tan(phi)) / math.pi) / 2.0 * per_side
    x, y = min(per_side - 1, max(0, int(east))), min(per_side - 1, max(0, int(south)))
    return x, y, (east - x) * EXTENT, (south - y) * EXTENT


class Places:
    """Over one opened file; safe to use from several threads."""

    def __init__(self, file: TileFile) -> None:
        self.file = file
        self._tiles: OrderedDict[tuple[int, int], _Held] = OrderedDict()
        self._lock = Lock()

    def address(self, *, lat: float, lon: float, borders: Jurisdictions | None = None) -> Address | None:
        """None where no dong is near: out at sea, abroad."""
        zoom = self.file.max_zoom
        x, y, east, south = tile_of(lat=lat, lon=lon, zoom=zoom)
        held = self._tile(zoom, x, y)
        unit_m = EARTH_ROUND_M * math.cos(math.radians(lat)) / (1 << zoom) / EXTENT
        here = shapely.Point(east, south)
        away = sorted(
            (float(shapely.distance(shape, here)) * unit_m, number) for number, shape in enumerate(held.shapes)
        )
        if not away or away[0][0] > NEAREST_M:
            return None
        code = borders.containing(lat=lat, lon=lon) if borders else None
        own = next((n for m, n in away if m <= BESIDE_M and held.dongs[n].municipality_code == code), away[0][1])
        dong = held.dongs[own]
        beside = [
            Beside(held.dongs[n], self._border_m(held, n, here, unit_m)) for m, n in away if n != own and m <= BESIDE_M
        ]
        return address_of_dong(dong, beside)

    @staticmethod
    def _border_m(held: _Held, number: int, here: shapely.Point, unit_m: float) -> float:
        return float(shapely.distance(held.shapes[number], here)) * unit_m

    def _tile(self, zoom: int, x: int, y: int) -> _Held:
        with self._lock:
            if (x, y) in self._tiles:
                self._tiles.move_to_end((x, y))
                return self._tiles[x, y]
        held = self._decoded(self.file.get(zoom, x, y))
        with self._lock:
            self._tiles[x, y] = held
            if len(self._tiles) > MOST_TILES:
                self._tiles.popitem(last=False)
        return held

    def _decoded(self, raw: bytes | None) -> _Held:
        held = _Held([], [])
        if raw is None:
            return held
        body = gzip.decompress(raw) if self.file.is_gzipped else raw
        told: dict[str, Any] = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
        for feature in told.get("dong", {"features": []})["features"]:
            shape = shapely.geometry.shape(feature["geometry"])
            held.dongs.append(Dong.of(feature["properties"]))
            held.shapes.append(shape if shape.is_valid else shapely.make_valid(shape))
        for shape in held.shapes:
            shapely.prepare(shape)
        return held
