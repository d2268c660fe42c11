"""Signs drawn on the canvas from a small table: no icon font, sharp at any size, in any colour.

A sign lives on a grid of 24 by 24 with y upwards. Parts: `line x y x y …` (round ends), `shape x y …` (a closed line),
`ring x y r`, `dot x y r` (filled), `arc x y r from to` (degrees clockwise from the top).
"""

from __future__ import annotations

from kivy.graphics import Color, Ellipse, InstructionGroup, Line
from kivy.metrics import dp
from kivy.properties import ColorProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

GRID = 24.0
STROKE = 1.9

ICONS: dict[str, tuple[str, ...]] = {
    "": (),
    "back": ("line 14 19 7 12 14 5",),
    "next": ("line 9 19 16 12 9 5",),
    "close": ("line 6 6 18 18", "line 6 18 18 6"),
    "check": ("line 5 12 10 7 19 17",),
    "check_twice": ("line 2 12 6.5 7.5 15 17", "line 10.5 7.5 12 6.5 21.5 17"),
    "wait": ("ring 12 12 8.5", "line 12 17 12 12 15.5 10"),
    "warn": ("shape 12 21 22 3.5 2 3.5", "line 12 14.5 12 9.5", "dot 12 6.6 1.1"),
    "info": ("ring 12 12 9", "line 12 12.5 12 7.5", "dot 12 16 1.2"),
    "people": ("ring 9 15.5 3.6", "arc 9 3 7 -62 62", "ring 17.2 15 2.6", "arc 17 4 5.5 8 62"),
    "person": ("ring 12 16 4", "arc 12 2 8.4 -66 66"),
    "settings": ("line 4 17 20 17", "line 4 12 20 12", "line 4 7 20 7", "dot 9 17 2.6", "dot 15.5 12 2.6",
        "dot 8 7 2.6"),
    "shake": ("shape 8.5 20 15.5 20 15.5 4 8.5 4", "line 5 16 5 8", "line 2 14 2 10", "line 19 16 19 8",
        "line 22 14 22 10"),
    "place": ("arc 12 14 6.5 -130 130", "line 7 9.8 12 2.5 17 9.8", "dot 12 14 2.4"),
    "signal": ("dot 12 5.5 1.7", "arc 12 4 8 -42 42", "arc 12 4 13.5 -42 42"),
    "no_signal": ("dot 12 5.5 1.7", "arc 12 4 8 -42 42", "arc 12 4 13.5 -42 42", "line 3 20 21 3"),
    "phone": ("line 6 20 9.5 20 11 15.6 8.8 14 11.2 10 13.8 8.6 15.6 10.6 19.6 9 20 5.4 18 3.8",
              "line 18 3.8 13.5 4.6 8.4 8.4 5 13.6 4 18.4 6 20"),
    "hang_up": ("line 3 9 6 7.6 8.4 9 8.6 11.6 12 12.2 15.4 11.6 15.6 9 18 7.6 21 9",
        "line 3 9 4 13 8 15.4 12 16 16 15.4 20 13 21 9"),
    "chat": ("line 4 5 4 18.5 20 18.5 20 7.5 8.5 7.5 4 4",),
    "write": ("line 4 4 5 9 16 20 20 16 9 5 4 4", "line 13.5 17.5 17.5 13.5"),
    "send": ("shape 3 20 22 12 3 4 6.5 12", "line 6.5 12 13 12"),
    "lock": ("shape 5.5 13 18.5 13 18.5 4 5.5 4", "line 8 13 8 16.5", "line 16 13 16 16.5", "arc 12 16.5 4 -90 90"),
    "drill": ("ring 12 12 9", "ring 12 12 4.6", "dot 12 12 1.4"),
    "quiet": ("line 4 9.5 4 14.5 7.5 14.5 12 18.5 12 5.5 7.5 9.5 4 9.5", "line 16 9.5 21 14.5", "line 16 14.5 21 9.5"),
    "loud": ("line 4 9.5 4 14.5 7.5 14.5 12 18.5 12 5.5 7.5 9.5 4 9.5", "arc 11 12 5.5 50 130", "arc 11 12 9.5 52 128"),
    "safe": ("line 12 21.5 20 18.5 20 12 17.5 7 12 2.8 6.5 7 4 12 4 18.5 12 21.5", "line 8 12.2 11 9.2 16 14.8"),
    "language": ("ring 12 12 9", "line 3 12 21 12", "line 12 21 8.6 16.5 8 12 8.6 7.5 12 3",
        "line 12 21 15.4 16.5 16 12 15.4 7.5 12 3"),
    "clock": ("ring 12 12 9", "line 12 17 12 12 16 12"),
    "home": ("line 3 11.5 12 20 21 11.5", "line 5.8 13.5 5.8 4 18.2 4 18.2 13.5", "line 10 4 10 9.5 14 9.5 14 4"),
    "eye": ("line 2 12 5.5 16 9 17.8 12 18.2 15 17.8 18.5 16 22 12 18.5 8 15 6.2 12 5.8 9 6.2 5.5 8 2 12",
        "ring 12 12 3"),
    "add": ("line 12 5 12 19", "line 5 12 19 12"),
    "minus": ("line 5 12 19 12",),
    "erase": ("line 9 19 21 19 21 5 9 5 2.5 12 9 19", "line 11.5 15 17 9", "line 11.5 9 17 15"),
    "walk": ("dot 13.4 20.4 2", "line 12.6 16.6 11.2 10.4 14.4 7.2 15.8 2.4", "line 11.2 10.4 9.6 6.4 6.4 2.4",
        "line 12.6 16.6 8.8 14.4 7.6 10.8", "line 12.6 16.6 15.2 13 18.4 12"),
    "hand": ("line 8 11 8 18.5", "line 8 18.5 10.4 18.5 10.4 12", "line 10.4 18.5 10.4 20.8 12.8 20.8 12.8 12",
             "line 12.8 19.6 15.2 19.6 15.2 12", "line 15.2 17 17.6 17 17.6 8 15.6 3.5 9.5 3.5 4 10 5.4 11.6 8 9.6"),
    "tap": ("line 9.5 8.5 9.5 16.2", "arc 11 16.2 1.5 -90 90", "line 12.5 16.2 12.5 11 18.6 9.4 18.6 7 17 2.5 10.4 2.5 "
            "6 8 7.4 9.2 9.5 7.6", "arc 11 16.2 5.4 -75 75"),
    "record": ("ring 12 12 8.5", "dot 12 12 4"),
    "note": ("shape 5 21 19 21 19 3 5 3", "line 8.5 16.5 15.5 16.5", "line 8.5 12 15.5 12", "line 8.5 7.5 12.5 7.5"),
    "bell": ("line 5 7 6.6 9.5 6.6 13.5 8 17 12 18.8 16 17 17.4 13.5 17.4 9.5 19 7 5 7", "line 10 4 14 4"),
    "sun": ("ring 12 12 4", "line 12 19 12 21.5", "line 12 2.5 12 5", "line 2.5 12 5 12", "line 19 12 21.5 12",
            "line 5.3 18.7 7 17", "line 17 17 18.7 18.7", "line 5.3 5.3 7 7", "line 17 7 18.7 5.3"),
    "letters": ("line 3 5 8.5 19 14 5", "line 5 10 12 10", "line 15 5 18 12.5 21 5", "line 16 7.5 20 7.5"),
    "battery": ("shape 3 16.5 19 16.5 19 7.5 3 7.5", "line 21.5 13.5 21.5 10.5", "line 6 13.5 6 10.5",
        "line 9.5 13.5 9.5 10.5"),
    "key": ("ring 8 15.5 4", "line 11 12.8 19.5 4.3", "line 15.5 8.3 18.5 11.3", "line 18.5 5.3 20.5 7.3"),
    "siren": ("line 6.5 7 6.5 12.5", "line 17.5 7 17.5 12.5", "arc 12 12.5 5.5 -90 90", "line 4 4 20 4 20 7 4 7 4 4",
              "line 12 20 12 22.5", "line 4.5 17.5 3 19", "line 19.5 17.5 21 19"),
}  # fmt: skip


class Icon(Widget):
    """`size_dp` wide and high; the sign fills it but for a little."""

    name = StringProperty("")
    color = ColorProperty((0, 0, 0, 1))
    size_dp = NumericProperty(24)

    def __init__(self, **facts: object) -> None:
        self._group = InstructionGroup()
        super().__init__(**facts)
        self.size_hint = (None, None)
        self.canvas.add(self._group)
        for name in ("pos", "size", "name", "color"):
            self.fbind(name, self._draw)
        self.fbind("size_dp", self._resize)
        self._resize()

    def _resize(self, *_: object) -> None:
        self.size = (dp(self.size_dp), dp(self.size_dp))
        self._draw()

    def _draw(self, *_: object) -> None:
        self._group.clear()
        self._group.add(Color(*self.color))
        draw(self._group, self.name, self.x, self.y, min(self.width, self.height))


def draw(group: InstructionGroup, name: str, x: float, y: float, side: float) -> None:
    """The sign into a group, in the colour that is set there. KeyError for a name that the table has not."""
    unit = side / GRID
    width = STROKE * unit / 2
    for part in ICONS[name]:
        kind, *numbers = part.split()
        at = [float(number) for number in numbers]
        if kind in ("line", "shape"):
            points = [
                value for px, py in zip(at[::2], at[1::2], strict=True) for value in (x + px * unit, y + py * unit)
            ]
            group.add(Line(points=points, width=width, close=kind == "shape", cap="round", joint="round"))
            continue
        center_x, center_y, radius = x + at[0] * unit, y + at[1] * unit, at[2] * unit
        if kind == "dot":
            group.add(Ellipse(pos=(center_x - radius, center_y - radius), size=(2 * radius, 2 * radius)))
        elif kind == "ring":
            group.add(Line(circle=(center_x, center_y, radius, 0, 360, 48), width=width))
        else:
            group.add(Line(circle=(center_x, center_y, radius, at[3], at[4], 32), width=width, cap="round"))
