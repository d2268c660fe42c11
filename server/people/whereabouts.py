"""A place in administrative names, offline, for pages of people who are no staff; nobody is asked where she is.

The built-in basemap's file is the index (`server/basemap/places.py`). Whoever calls this has released the place to
whom it shows the words.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from location_router.index import basemap_path
from location_router.runtime.tile_file import BadTileFile, TileFile
from server.basemap.places import Places

if TYPE_CHECKING:
    from server.services import Services


async def address_of(services: Services, *, lat: float, lon: float) -> dict[str, str] | None:
    """`{"ko", "en"}`, or None without the basemap's file or far from any land."""
    return await asyncio.to_thread(_address, services, lat, lon)


def _address(services: Services, lat: float, lon: float) -> dict[str, str] | None:
    held: Places | None = services.shared.get("guardians_places")
    if held is None or not held.file.is_current():
        try:
            held = Places(TileFile.open(basemap_path(services.settings.boundary_snapshot)))
        except BadTileFile:
            return None
        services.shared["guardians_places"] = held
    found = held.address(lat=lat, lon=lon)
    return {"ko": found.ko, "en": found.en} if found else None
