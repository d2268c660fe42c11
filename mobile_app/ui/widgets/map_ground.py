"""What lies under the map: our own vector tiles, drawn by the graphics chip, sharp at every zoom.

A tile is read and made into triangles on a worker (`maps/`), uploaded once, and drawn at any zoom by a matrix; borders
keep their width, because the shader moves their sides apart. At most `UPLOADS` tiles become meshes in a frame and
`MOST_BYTES` are kept; while one is missing a coarser one stands in. A tile that can't be read is an empty one.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from kivy.graphics import (
    ChangeState,
    Color,
    InstructionGroup,
    PopMatrix,
    PushMatrix,
    RenderContext,
    Scale,
    Translate,
)
from kivy.graphics import Mesh as Triangles
from kivy.metrics import dp

from mobile_app.maps.shapes import Mesh, Prepared, prepared
from mobile_app.maps.vector_tile import EXTENT, BadTile, read_tile
from mobile_app.ui.ground import Away, Ground, Words
from mobile_app.ui.map_ink import BORDERS_FROM, LEVELS, WIDTH_DP, MapInk
from mobile_app.ui.tiles import Key, covering

UPLOADS, MOST_BYTES, MOST_TILES = 2, 8_000_000, 96
COARSER = 0.7
"""A tile is 320 to 640 dp wide before a finer one takes over."""
AGAIN_S = 8.0
SLAB, SLAB_DEEPEST = 8, 4
AREAS = 64
_WORKERS = ThreadPoolExecutor(2, "ground")
"""Of all maps of the window; what a map that is gone has asked for is passed over."""

FORMAT = [(b"vPosition", 2, "float"), (b"vAway", 2, "float"), (b"vSide", 1, "float")]
VERTEX = """
#ifdef GL_ES
precision highp float;
#endif
attribute vec2 vPosition;
attribute vec2 vAway;
attribute float vSide;
uniform mat4 modelview_mat;
uniform mat4 projection_mat;
uniform float half_width;
varying float side;
void main(void) {
    side = vSide * (half_width + 1.0);
    vec4 at = modelview_mat * vec4(vPosition, 0.0, 1.0);
    gl_Position = projection_mat * (at + vec4(vAway * (half_width + 1.0), 0.0, 0.0));
}
"""
FRAGMENT = """
#ifdef GL_ES
precision highp float;
#endif
uniform vec4 color;
uniform float half_width;
varying float side;
void main(void) {
    gl_FragColor = vec4(color.rgb, color.a * clamp(half_width + 0.5 - abs(side), 0.0, 1.0));
}
"""


@dataclass(slots=True)
class Drawn:
    """A tile that is uploaded."""

    land: list[Triangles]
    lines: dict[str, list[Triangles]]
    names: list[tuple[str, int, int, str, str]]
    bytes: int


@dataclass(frozen=True, slots=True)
class Sight:
    """What a map looks at: the projected middle, the zoom, and where on the window it stands."""

    x: float
    y: float
    zoom: float
    left: float
    top: float
    width: float
    height: float


class VectorGround:
    """`context` is what it draws; `changed` is called (on the window's thread, in a later frame) when more has come."""

    def __init__(self, changed: Callable[[], object], later: Callable[[Callable[[], object]], object]) -> None:
        """`later(call)`: from any thread, on the window's thread before the next frame."""
        self.context = RenderContext(use_parent_projection=True, use_parent_modelview=True, vs=VERTEX, fs=FRAGMENT)
        self._changed, self._later = changed, later
        self._ground: Ground | None = None
        self._kept: OrderedDict[Key, Drawn | None] = OrderedDict()
        self._asked: dict[Key, float] = {}
        self._came: deque[tuple[Any, Key, Prepared | None]] = deque()
        self._bytes = 0
        self._words: Words | None = None
        self._areas: OrderedDict[tuple[float, float], tuple[str, str] | None] = OrderedDict()
        self.is_blank = True
        """Nothing is known of what is looked at: neither land nor sea."""

    def choose(self, ground: Ground | None) -> None:
        self._ground = ground
        self._words = Words(ground) if ground is not None else None
        self._areas.clear()
        self._kept.clear()
        self._asked.clear()
        self._bytes = 0

    def draw(self, sight: Sight, ink: MapInk) -> list[tuple[Key, float, float, float, Drawn]]:
        """Into the context; the tiles that are shown: key, left, bottom and side on the window."""
        self.context.clear()
        shown = self._shown(sight)
        parts: list[tuple[Any, float, Callable[[Drawn], Iterable[Triangles]]]] = [
            (ink.land, 4.0, lambda one: one.land),
            *((getattr(ink, level), dp(WIDTH_DP[level]) / 2, lambda one, level=level: one.lines.get(level, ()))
              for level in reversed(LEVELS)),
        ]  # fmt: skip
        for colour, half_width, meshes in parts:
            group = InstructionGroup()
            group.add(Color(*colour))
            group.add(ChangeState(half_width=float(half_width)))
            is_empty = True
            for _, left, bottom, side, drawn in shown:
                triangles = meshes(drawn)
                if triangles:
                    is_empty = False
                    _put(group, triangles, left, bottom, side)
            if not is_empty:
                self.context.add(group)
        return shown

    def area_at(self, *, lat: float, lon: float) -> tuple[str, str]:
        """In which smallest area that is (Korean, English), to some 20 m; empty until it is known."""
        spot = round(lat, 4), round(lon, 4)
        if spot not in self._areas and self._words is not None:
            self._areas[spot] = None
            _WORKERS.submit(self._find, self._words, spot)
            while len(self._areas) > AREAS:
                self._areas.popitem(last=False)
        return self._areas.get(spot) or ("", "")

    def _find(self, words: Words, spot: tuple[float, float]) -> None:
        """On a worker."""
        ko, en = words.of(lat=spot[0], lon=spot[1])
        self._areas[spot] = ko.rsplit(" ", 1)[-1], en.split(",", 1)[0]
        self._later(self._changed)

    # ---- tiles ----------------------------------------------------------------------------------------------------

    def _shown(self, sight: Sight) -> list[tuple[Key, float, float, float, Drawn]]:
        self.is_blank = True
        if self._ground is None:
            return []
        least, most = self._ground.min_zoom, self._ground.max_zoom
        z = max(least, min(most, math.floor(sight.zoom - COARSER)))
        found: dict[Key, tuple[Key, float, float, float, Drawn]] = {}
        wanted = covering(x=sight.x, y=sight.y, zoom=sight.zoom, width=sight.width, height=sight.height,
                          scale=dp(1), tiles=self._ground, z=z)  # fmt: skip
        for key, left, top, side in wanted[:MOST_TILES]:
            for up in range(z - least + 1):
                at = (key[0] - up, key[1] >> up, key[2] >> up)
                drawn = self._tile(at, is_wanted=up == 0)
                if at in self._kept:
                    self.is_blank = False
                if drawn is not None:
                    whole = side * 2**up
                    west = sight.left + left - (key[1] - (at[1] << up)) * side
                    north = sight.top - top + (key[2] - (at[2] << up)) * side
                    found.setdefault(at, (at, west, north - whole, whole, drawn))
                    break
                if at in self._kept:
                    break  # known to be empty
        return sorted(found.values(), key=lambda one: one[0][0])

    def _tile(self, key: Key, *, is_wanted: bool) -> Drawn | None:
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if is_wanted and self._asked.get(key, 0.0) <= time.monotonic():
            self._asked[key] = math.inf
            _WORKERS.submit(self._load, self._ground, key)
        return None

    def _load(self, ground: Ground, key: Key) -> None:
        """On a worker."""
        if ground is not self._ground:
            return
        ready: Prepared | None = None
        try:
            data = ground.load(key)
            if data:
                is_deepest = key[0] >= ground.max_zoom
                levels = [level for level in LEVELS if BORDERS_FROM[level] <= key[0]]
                slab = SLAB_DEEPEST if is_deepest else SLAB
                ready = prepared(read_tile(data), lines=levels, slab=slab, is_deepest=is_deepest)
        except Away:
            self._asked[key] = time.monotonic() + AGAIN_S
            return
        except BadTile:
            ready = None
        self._came.append((ground, key, ready))
        self._later(self._take)

    def _take(self) -> None:
        for _ in range(min(UPLOADS, len(self._came))):
            ground, key, ready = self._came.popleft()
            if ground is not self._ground:
                continue
            self._asked.pop(key, None)
            self._kept[key] = drawn = _uploaded(ready) if ready is not None else None
            self._bytes += drawn.bytes if drawn else 0
            while len(self._kept) > MOST_TILES or (self._bytes > MOST_BYTES and len(self._kept) > 12):
                gone = self._kept.popitem(last=False)[1]
                self._bytes -= gone.bytes if gone else 0
        self._changed()
        if self._came:
            self._later(self._take)


def _uploaded(ready: Prepared) -> Drawn:
    return Drawn(
        [_triangles(mesh) for mesh in ready.land],
        {level: [_triangles(mesh) for mesh in meshes] for level, meshes in ready.lines.items() if meshes},
        ready.names,
        ready.bytes,
    )


def _triangles(mesh: Mesh) -> Triangles:
    return Triangles(vertices=mesh.vertices, indices=mesh.indices, fmt=FORMAT, mode="triangles")


def _put(group: InstructionGroup, meshes: Iterable[Triangles], left: float, bottom: float, side: float) -> None:
    group.add(PushMatrix())
    group.add(Translate(left, bottom, 0))
    group.add(Scale(side / EXTENT, side / EXTENT, 1))
    for mesh in meshes:
        group.add(mesh)
    group.add(PopMatrix())
