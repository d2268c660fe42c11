"""A fine grid of round lengths that lies still on the ground: it shows that the map moves, and how far."""

from __future__ import annotations

import math
from typing import Any

from kivy.graphics import Color, InstructionGroup, Rectangle
from kivy.metrics import dp

from mobile_app.ui.map_ink import MapInk
from mobile_app.ui.tiles import metres_per_pixel, project

ROUND_M = tuple(factor * 10**power for power in range(6) for factor in (1, 2, 5))
LEAST_DP = 64.0


def draw_grid(group: InstructionGroup, of: Any, ink: MapInk) -> None:
    """`of`: a map, with `lat`, `lon`, `zoom`, `pos` and `size`."""
    a_dp_m = metres_per_pixel(lat=of.lat, zoom=of.zoom)
    step_m = next((one for one in ROUND_M if one >= LEAST_DP * a_dp_m), ROUND_M[-1])
    step = step_m / a_dp_m * dp(1)
    world = 256 * dp(1) * 2**of.zoom
    x, y = project(lat=of.lat, lon=of.lon)
    group.add(Color(*ink.grid))
    thin = max(1.0, dp(0.7))
    at = of.center_x - math.fmod(x * world, step) - math.ceil(of.width / step) * step
    while at < of.right:
        if at >= of.x:
            group.add(Rectangle(pos=(at, of.y), size=(thin, of.height)))
        at += step
    at = of.center_y + math.fmod(y * world, step) + math.ceil(of.height / step) * step
    while at > of.y:
        if at <= of.top:
            group.add(Rectangle(pos=(of.x, at), size=(of.width, thin)))
        at -= step
