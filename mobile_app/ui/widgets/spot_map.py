"""A still map of one place, with the facilities around it and a way: to be looked at in a list, not moved."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, InstructionGroup, Line
from kivy.input import MotionEvent
from kivy.metrics import dp
from kivy.properties import ColorProperty, ListProperty
from kivy.uix.widget import Widget

from mobile_app.ui import theme
from mobile_app.ui.widgets.icons import draw
from mobile_app.ui.widgets.pick_map import PickTileMap
from mobile_app.ui.widgets.place_card import ground_of_this_phone, tiles_of_this_phone
from mobile_app.ui.widgets.tile_map import _disc

SIGNS = {
    "police_box": "safe", "emergency_bell": "bell", "light": "sun", "safe_store": "home", "camera_sign": "eye",
    "shelter": "home",
}  # fmt: skip
"""Of a kind of facility; any other one is a place."""
SIDE_DP, MOST_DRAWN = 11.0, 120
LIGHT_FROM_ZOOM = 15.5
"""Lamps stand close together: from farther away they would hide the rest."""


class SpotMap(PickTileMap):
    """`goal`: the place, in the middle. `spots`: [lat, lon, kind]; `way`: [lat, lon] of a line."""

    spots = ListProperty([])
    way = ListProperty([])
    spot_ink = ColorProperty(theme.LIGHT.good_ink)

    def __init__(self, **facts: Any) -> None:
        super().__init__(**facts)
        for name in ("spots", "way", "spot_ink"):
            self.fbind(name, lambda *_: self._redraw())
        self.fbind("goal", self._center)
        self.fbind("parent", self._stand)

    def _stand(self, _: Widget, parent: Widget | None) -> None:
        if parent is not None:
            self.tiles, self.ground = tiles_of_this_phone(), ground_of_this_phone()

    def _center(self, *_: object) -> None:
        if self.goal:
            self.lat, self.lon = self.goal

    def _draw_place(self, group: InstructionGroup) -> None:
        points = [value for lat, lon in self.way for value in self.at(lat=lat, lon=lon)]
        if len(points) >= 4:
            for colour, width in ((self.halo, 4.2), (self.ink, 2.4)):
                group.add(Color(*colour))
                group.add(Line(points=points, width=dp(width), cap="round", joint="round"))
        draw_spots(self, group, self.spots, ink=self.spot_ink, halo=self.halo)
        super()._draw_place(group)

    def on_touch_down(self, touch: MotionEvent) -> bool:
        return False

    def on_touch_move(self, touch: MotionEvent) -> bool:
        return False

    def on_touch_up(self, touch: MotionEvent) -> bool:
        return False


def draw_spots(of: PickTileMap, group: InstructionGroup, spots: Any, *, ink: Any, halo: Any) -> None:
    """Facilities by their sign, in a disc; the sign says the kind, not the colour."""
    drawn = 0
    for lat, lon, kind in spots:
        x, y = of.at(lat=lat, lon=lon)
        is_far = kind == "light" and of.zoom < LIGHT_FROM_ZOOM
        if is_far or not of.collide_point(x, y) or drawn >= MOST_DRAWN:
            continue
        drawn += 1
        side = dp(SIDE_DP)
        group.add(Color(*ink))
        group.add(_disc(x, y, side))
        group.add(Color(*halo))
        group.add(_disc(x, y, side - dp(1.2)))
        group.add(Color(*ink))
        draw(group, SIGNS.get(kind, "place"), x - side * 0.7, y - side * 0.7, side * 1.4)


def spots_of(answer: Any) -> list[list[Any]]:
    """Of the home center's list of facilities; what can't be understood is left out."""
    found = []
    for one in (answer or {}).get("facilities") or ():
        try:
            found.append([float(one["lat"]), float(one["lon"]), str(one.get("kind") or "other")])
        except (KeyError, TypeError, ValueError):
            continue
    return found
