"""The city's own street map, where its home center has one that phones may have (`BASEMAP`, `BASEMAP_PUBLIC`).

Asked of the home center, which asks the map: so the map's owner learns nothing of the person. On a worker.
"""

from __future__ import annotations

import json
import zlib

from mobile_app.net.client import is_safe
from mobile_app.ui.tiles import ServerTiles, fetched

MOST_BYTES = 16 * 1024
SCALES = range(23)


def city_streets(home_url: str, *, is_dark: bool) -> ServerTiles | None:
    """None where there is none (or none that this map can draw: only pictures), or nobody answers."""
    home = home_url.rstrip("/")
    if not is_safe(home):
        return None
    status, data = fetched(f"{home}/api/basemap", most=MOST_BYTES)
    if status != 200:
        return None
    try:
        told = json.loads(_plain(data))["streets"]
        zooms = int(told["min_zoom"]), int(told["max_zoom"])
        if told["kind"] != "raster" or zooms[0] not in SCALES or zooms[1] not in SCALES or zooms[0] > zooms[1]:
            return None
        is_night = is_dark and told["has_dark"] is True
        url = f"{home}/basemap/streets/{'dark' if is_night else 'light'}/{{z}}/{{x}}/{{y}}"
        return ServerTiles(url, str(told["attribution"])[:120], zooms=zooms, is_dark=is_night)
    except (ValueError, KeyError, TypeError, RecursionError, zlib.error):
        return None


def _plain(data: bytes) -> bytes:
    return zlib.decompressobj(wbits=31).decompress(data, MOST_BYTES) if data[:2] == b"\x1f\x8b" else data
