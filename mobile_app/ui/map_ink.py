"""Colours and sizes of the map itself, for day and night, and at which zoom what is named. Pure: no Kivy.

The same colours as the center's pages (`server/web/src/map-ink.ts`), so that both look at one map.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mobile_app.ui.theme import Colour, rgb


@dataclass(frozen=True)
class MapInk:
    sea: Colour
    land: Colour
    province: Colour
    municipality: Colour
    district: Colour
    dong: Colour
    name_strong: Colour
    name: Colour
    grid: Colour


DAY = MapInk(
    *map(rgb, ("d3e1ec", "f8f7f3", "6f7a85", "98a3ae", "b3bcc5", "cfd5db", "2b3138", "4a545e", "e6e7e4"))
)  # fmt: skip
NIGHT = MapInk(
    *map(rgb, ("0a141d", "1d2126", "929da8", "6d7782", "59626b", "444c54", "d3d9df", "adb6bf", "282d33"))
)  # fmt: skip

LEVELS = ("province", "municipality", "district", "dong")
WIDTH_DP = {"province": 1.7, "municipality": 1.3, "district": 1.0, "dong": 0.9}
NAMED = {"province": (0.0, 8.6), "municipality": (8.2, 13.4), "district": (11.2, 14.6), "dong": (12.4, 99.0)}
"""From and until which zoom of the map a level's names stand on it."""
NAME_SP = {"province": 17.0, "municipality": 16.0, "district": 15.0, "dong": 14.0}
BORDERS_FROM = {"province": 5, "municipality": 7, "district": 9, "dong": 11}
"""Of a tile, not of the map."""
GRID_FROM = 13.2
"""Beyond it borders are far between: a fine grid of round lengths shows that the map moves, and how far."""


def _strong(plain: MapInk) -> MapInk:
    """For who has chosen strong contrast: borders in the inks of words."""
    wide, fine = plain.name_strong, plain.name
    return replace(plain, province=wide, municipality=wide, district=fine, dong=fine, name=wide)


DAY_STRONG, NIGHT_STRONG = _strong(DAY), _strong(NIGHT)


def ink(*, is_dark: bool, is_strong: bool = False) -> MapInk:
    if is_dark:
        return NIGHT_STRONG if is_strong else NIGHT
    return DAY_STRONG if is_strong else DAY
