"""Colours as RGBA 0 to 1. Contrast of text on its ground is at least 4.5 to 1."""

from __future__ import annotations


def _rgb(code: str) -> tuple[float, float, float, float]:
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return (red, green, blue, 1.0)


GROUND = _rgb("f4f5f7")
CARD = _rgb("ffffff")
INK = _rgb("17202b")
QUIET = _rgb("566271")
LINE = _rgb("d9dee5")
BLUE = _rgb("1c4e9a")
RED = _rgb("c62f2a")
DARK_RED = _rgb("8f1d1a")
GREEN = _rgb("1d7a46")
AMBER = _rgb("8a5a00")
AMBER_GROUND = _rgb("fff1d2")
WHITE = _rgb("ffffff")
SLATE = _rgb("3a4654")
PANEL = _rgb("222a34")
