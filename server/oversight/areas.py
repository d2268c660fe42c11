"""The area of an incident for people who keep roads free: a cell of about 500 m, and a word that names no crime; pure.

The grid is fixed: somebody who moves inside a cell moves nothing, so that many looks tell no more than one.
"""

from __future__ import annotations

from math import cos, floor, radians

from server.incidents.codes import TYPES

CELL_M = 500.0
_DEGREE_M = 111_320.0
NAMED = ("fire", "rescue", "ambulance", "disaster")
EMERGENCY = ("긴급출동", "Emergency")


def area(*, lat: float, lon: float) -> dict[str, float]:
    """The middle of the cell that holds the point, to 4 decimals, and the length of its side in metres."""
    step = CELL_M / _DEGREE_M
    middle = (floor(lat / step) + 0.5) * step
    wide = step / max(cos(radians(middle)), 0.01)
    return {"lat": round(middle, 4), "lon": round((floor(lon / wide) + 0.5) * wide, 4), "side_m": CELL_M}


def kind(type_: str) -> dict[str, str]:
    """What drivers may know of it: fire, rescue, ambulance and disaster by name, everything else as an emergency."""
    ko, en = TYPES[type_] if type_ in NAMED else EMERGENCY
    return {"type": type_ if type_ in NAMED else "emergency", "ko": ko, "en": en}
