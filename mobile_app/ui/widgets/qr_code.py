"""A QR code as the home center has laid it out: rows of dark modules, drawn black on white in every look, with the four
light modules around it that a camera needs."""

from __future__ import annotations

import re

from kivy.graphics import Color, InstructionGroup, Rectangle
from kivy.properties import NumericProperty, StringProperty
from kivy.uix.widget import Widget

QUIET = 4
MOST_SIDE = 177
"""Modules of the largest code that there is."""
_PIECE = re.compile(r"M(\d{1,3}) (\d{1,3})h(\d{1,3})v1h-\d{1,3}z")


class QrCode(Widget):
    """`path`: of `M{x} {y}h{width}v1h-{width}z`, from the upper left; `side`: modules."""

    path = StringProperty("")
    side = NumericProperty(0)

    def __init__(self, **facts: object) -> None:
        self._group = InstructionGroup()
        super().__init__(**facts)
        self.canvas.add(self._group)
        for name in ("pos", "size", "path", "side"):
            self.fbind(name, self._draw)

    def _draw(self, *_: object) -> None:
        self._group.clear()
        pieces = pieces_of(self.path, int(self.side))
        if not pieces:
            return
        whole = self.side + 2 * QUIET
        unit = int(min(self.width, self.height) / whole)
        left, top = int(self.center_x - unit * whole / 2), int(self.center_y + unit * whole / 2)
        self._group.add(Color(1, 1, 1, 1))
        self._group.add(Rectangle(pos=(left, top - unit * whole), size=(unit * whole, unit * whole)))
        self._group.add(Color(0, 0, 0, 1))
        for x, y, width in pieces:
            at = (left + (QUIET + x) * unit, top - (QUIET + y + 1) * unit)
            self._group.add(Rectangle(pos=at, size=(width * unit, unit)))


def pieces_of(path: str, side: int) -> list[tuple[int, int, int]]:
    """(x, y, width) in modules; nothing that lies outside, nothing of what is no code."""
    if not 0 < side <= MOST_SIDE:
        return []
    found = [(int(x), int(y), int(width)) for x, y, width in _PIECE.findall(path)]
    return [(x, y, width) for x, y, width in found if y < side and x + width <= side]
