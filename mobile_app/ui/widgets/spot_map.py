"""A still map of one place, with the facilities around it and a way: to be looked at in a list, not moved."""

from __future__ import annotations

import math
from typing import Any

from kivy.graphics import Color, InstructionGroup, Line
from kivy.input import MotionEvent
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ListProperty
from kivy.uix.widget import Widget

from mobile_app.ui.tiles import project, unproject
from mobile_app.ui.widgets.pick_map import PickTileMap
from mobile_app.ui.widgets.place_card import ground_of_this_phone, tiles_of_this_phone
from mobile_app.ui.widgets.tile_map import LEAST_ZOOM

ROOM = 0.62
"""Of the map's sides that a way takes."""


class SpotMap(PickTileMap):
    """`goal`: the place, in the middle; with a `way` ([lat, lon] of a line) all of that is in sight."""

    way = ListProperty([])
    is_following = BooleanProperty(False)

    def __init__(self, **facts: Any) -> None:
        super().__init__(**facts)
        for name in ("way", "goal", "size"):
            self.fbind(name, self._center)
        self.fbind("parent", self._stand)

    def _stand(self, _: Widget, parent: Widget | None) -> None:
        if parent is not None:
            self.tiles, self.ground = tiles_of_this_phone(), ground_of_this_phone()

    def _center(self, *_: object) -> None:
        if self.way and self.width > 1:
            self._fit()
        elif self.goal:
            self.lat, self.lon = self.goal
        self._redraw()

    def _fit(self) -> None:
        """The whole way with some room around it."""
        ends = [project(lat=lat, lon=lon) for lat, lon in self.way]
        west, east = min(x for x, _ in ends), max(x for x, _ in ends)
        north, south = min(y for _, y in ends), max(y for _, y in ends)
        self.lat, self.lon = unproject((west + east) / 2, (north + south) / 2)
        share = max((east - west) / self.width, (south - north) / self.height, 1e-9)
        self.zoom = min(16.5, max(LEAST_ZOOM, math.log2(ROOM / (share * 256 * dp(1)))))

    def _draw_place(self, group: InstructionGroup) -> None:
        points = [value for lat, lon in self.way for value in self.at(lat=lat, lon=lon)]
        if len(points) >= 4:
            for colour, width in ((self.halo, 4.2), (self.ink, 2.4)):
                group.add(Color(*colour))
                group.add(Line(points=points, width=dp(width), cap="round", joint="round"))
        super()._draw_place(group)

    def on_touch_down(self, touch: MotionEvent) -> bool:
        return False

    def on_touch_move(self, touch: MotionEvent) -> bool:
        return False

    def on_touch_up(self, touch: MotionEvent) -> bool:
        return False
