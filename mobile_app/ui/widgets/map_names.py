"""Names on the map: upright and of one size at every zoom, none over another, the more important first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, InstructionGroup, Rectangle
from kivy.metrics import dp

from mobile_app.maps.vector_tile import EXTENT
from mobile_app.ui.map_ink import LEVELS, NAME_SP, NAMED, MapInk
from mobile_app.ui.widgets.map_ground import Drawn

KEPT, MADE = 160, 8
"""Pictures of words: so many are kept, so many new ones made in a frame."""
BOLD = frozenset(("province", "municipality", "district"))
APART_DP, PIN_DP = 6.0, 16.0

Shown = tuple[tuple[int, int, int], float, float, float, Drawn]


class Names:
    def __init__(self) -> None:
        self._made: OrderedDict[tuple[str, str], Any] = OrderedDict()
        self._look: tuple[Any, ...] = ()
        self._standing: set[tuple[str, str, float, float]] = set()

    def draw(
        self, group: InstructionGroup, shown: Iterable[Shown], *, zoom: float, box: tuple[float, float, float, float],
        ink: MapInk, language: str, scale: float, levels: Iterable[str] = LEVELS,
        free: tuple[float, float] | None = None,
    ) -> bool:  # fmt: skip
        """Into the group. `box`: left, bottom, right, top of the window's part; `free`: a point that no name may hide
        behind. False: some names are still to be made, draw again soon."""
        if (look := (ink, language, scale)) != self._look:
            self._look = look
            self._made.clear()
        wanted = {level for level in levels if NAMED[level][0] <= zoom < NAMED[level][1]}
        names = self._around(shown, wanted, box, is_english=language == "en")
        taken = (
            [(free[0] - dp(PIN_DP), free[1] - dp(PIN_DP), free[0] + dp(PIN_DP), free[1] + dp(PIN_DP))] if free else []
        )
        standing, room, is_whole = set(), MADE, True
        for _, level, text, place, x, y in names:
            width, height = _size(text, level, scale)
            around = x - width / 2, y - height / 2, x + width / 2, y + height / 2
            if any(around[0] < o[2] and o[0] < around[2] and around[1] < o[3] and o[1] < around[3] for o in taken):
                continue
            taken.append(around)
            standing.add(place)
            picture = self._made.get((level, text))
            if picture is None:
                if not room:
                    is_whole = False
                    continue
                room -= 1
                picture = self._made[level, text] = _picture(text, level, ink, scale)
            else:
                self._made.move_to_end((level, text))
            group.add(Color(1, 1, 1, 1))
            pos = round(x - picture.width / 2), round(y - picture.height / 2)
            group.add(Rectangle(texture=picture, pos=pos, size=picture.size))
        while len(self._made) > max(KEPT, len(standing)):
            self._made.popitem(last=False)
        self._standing = standing
        return is_whole

    @property
    def has_dong(self) -> bool:
        return any(level == "dong" for level, *_ in self._standing)

    def draw_one(self, group: InstructionGroup, text: str, *, x: float, y: float) -> None:
        """A name of its own, with its middle there; in the look of the last `draw`."""
        ink, _, scale = self._look
        picture = self._made.get(("district", text)) or _picture(text, "district", ink, scale)
        self._made["district", text] = picture
        group.add(Color(1, 1, 1, 1))
        group.add(
            Rectangle(
                texture=picture, pos=(round(x - picture.width / 2), round(y - picture.height / 2)), size=picture.size
            )
        )

    def _around(
        self, shown: Iterable[Shown], wanted: set[str], box: tuple[float, float, float, float], *, is_english: bool
    ) -> list[Any]:
        """Ordered: the larger area first, then what already stands there, then from above: nothing flickers."""
        found = []
        seen: set[tuple[str, str, float, float]] = set()
        for key, left, bottom, side, drawn in shown:
            count = 2 ** key[0]
            for level, x, y, ko, en in drawn.names:
                if level not in wanted:
                    continue
                at_x, at_y = left + x * side / EXTENT, bottom + y * side / EXTENT
                if not (box[0] <= at_x <= box[2] and box[1] <= at_y <= box[3]):
                    continue
                place = (level, ko, round((key[1] + x / EXTENT) / count, 5), round((key[2] - y / EXTENT) / count, 5))
                if place in seen:
                    continue
                seen.add(place)
                order = (LEVELS.index(level), place not in self._standing, place[3], place[2])
                found.append((order, level, en if is_english else ko, place, at_x, at_y))
        found.sort(key=lambda one: one[0])
        return found


def _size(text: str, level: str, scale: float) -> tuple[float, float]:
    """The room that a name takes, reckoned: most names lose theirs to another, and no picture is made of those."""
    em = dp(NAME_SP[level]) * scale
    return em * sum(0.62 if one < "\u1100" else 0.95 for one in text) + 2 * dp(APART_DP), em * 1.35


def _picture(text: str, level: str, ink: MapInk, scale: float) -> Any:
    """Words with a rim in the colour of the land."""
    label = CoreLabel(
        text=text, font_size=dp(NAME_SP[level]) * scale, bold=level in BOLD, color=ink.name_strong
        if level in BOLD else ink.name, outline_width=max(1, round(dp(1.6))), outline_color=ink.land,
    )  # fmt: skip
    label.refresh()
    return label.texture
