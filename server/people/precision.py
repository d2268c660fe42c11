"""How exactly guardians see where she is: the place itself, or the cell of a fixed grid that holds it; pure.

An alert may be a shaken bag, and a guardian may be whom she fears. Until somebody at the control room has looked, the
page shows about where she is: enough to know whether she is at school, at home or in another city, and what to tell
112. From the acknowledgment on it shows the place, since the center now answers for what happens next. She may choose
otherwise, both ways. The grid is fixed: moving inside a cell moves nothing, so that many looks tell no more than one.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import cos, floor, radians
from typing import Any, Literal

from location_router.wire import State

Precision = Literal["exact", "acknowledged", "coarse"]
CELL_M = 500.0
_DEGREE_M = 111_320.0
# The control room has looked: an operator acknowledged it, or help was sent.
_LOOKED_AT = frozenset({State.ACKNOWLEDGED, State.DISPATCHED, State.EN_ROUTE, State.ON_SCENE})


def is_exact(rule: str, reached: Iterable[State]) -> bool:
    """Whether the place itself is shown, by the rule in force and the states the alert has been in."""
    return rule == "exact" or (rule == "acknowledged" and not _LOOKED_AT.isdisjoint(reached))


def is_walk_exact(rule: str, *, is_chosen: bool) -> bool:
    """The same for the place of a walk, which no control room has looked at: exact where that is the rule, and where
    she herself chose to be shown (`is_chosen`: from the walk's start, or after silence) and does not say "always
    about"."""
    return rule == "exact" or (rule == "acknowledged" and is_chosen)


def coarse(position: dict[str, Any]) -> dict[str, Any]:
    """The middle of the cell that holds the position, its time, and a radius that covers the whole cell; nothing else
    of it (speed and heading would tell more than the cell does)."""
    step = CELL_M / _DEGREE_M
    lat = (floor(position["lat"] / step) + 0.5) * step
    wide = step / max(cos(radians(lat)), 0.01)
    lon = (floor(position["lon"] / wide) + 0.5) * wide
    radius_m = max(CELL_M * 0.71, float(position.get("accuracy_m") or 0))
    kept = {name: position.get(name) for name in ("fixed_at", "sent_at")}
    return {**kept, "lat": round(lat, 4), "lon": round(lon, 4), "accuracy_m": round(radius_m), "source": "coarse"}
