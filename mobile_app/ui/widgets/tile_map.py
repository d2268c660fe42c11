"""A map of our own: borders and names (`map_ground.py`), over them pictures of streets where there are any
(`ui/tiles.py`), the way that was sent, the place with its uncertainty and heading. Where nothing is known of the
ground there is a calm grid.

It never blocks: pictures are fetched and unpacked on two worker threads, at most `UPLOADS` of them become textures in a
frame, and while one is missing the part of a coarser one stands in for it. A drag, a pinch or the wheel moves it; then
it stops following the place until `follow()`.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from kivy.clock import Clock
from kivy.core.image import Image as CoreImage
from kivy.graphics import (
    Color,
    Ellipse,
    InstructionGroup,
    Line,
    Rectangle,
    StencilPop,
    StencilPush,
    StencilUnUse,
    StencilUse,
    Triangle,
)
from kivy.input import MotionEvent
from kivy.metrics import dp
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.widget import Widget

from mobile_app.ui import map_ink, theme
from mobile_app.ui.tiles import Key, NoTiles, covering, metres_per_pixel, project, unproject
from mobile_app.ui.widgets.map_grid import draw_grid
from mobile_app.ui.widgets.map_ground import Sight, VectorGround
from mobile_app.ui.widgets.map_names import Names

KEPT, UPLOADS, WORKERS = 96, 4, 2
LEAST_ZOOM, MOST_ZOOM = 5.0, 18.0
TRAIL_DP, PIN_DP = 2.2, 9.0
DIMMED = 0.6
"""Pictures made for daylight must not dazzle at night."""


class TileMap(Widget):
    tiles = ObjectProperty(NoTiles())
    lat = NumericProperty(36.5)
    lon = NumericProperty(127.8)
    zoom = NumericProperty(16.0)
    is_following = BooleanProperty(True)
    place = ListProperty([])
    """lat, lon, accuracy_m; empty where nothing is known."""
    heading_deg = NumericProperty(None, allownone=True)
    trail = ListProperty([])
    """[lat, lon] of each position that was sent, oldest first."""
    ground = ObjectProperty(None, allownone=True)
    """Where vector tiles come from (`ui/ground.py`); None: the grid."""
    is_blank = BooleanProperty(True)
    """Nothing is known of the ground here: there is only the grid."""
    language = StringProperty("ko")
    is_dark = BooleanProperty(False)
    is_strong = BooleanProperty(False)
    words_scale = NumericProperty(1.0)
    ink = ColorProperty(theme.LIGHT.primary)
    halo = ColorProperty(theme.LIGHT.card)

    def __init__(self, **facts: Any) -> None:
        self._stencil, self._pictures, self._marks = InstructionGroup(), InstructionGroup(), InstructionGroup()
        self._vectors = VectorGround(lambda: self._redraw(), lambda call: Clock.schedule_once(lambda _: call(), 0))
        self._names = Names()
        self._textures: OrderedDict[Key, Any] = OrderedDict()
        self._asked: set[Key] = set()
        self._loaded: deque[tuple[Any, Key, Any]] = deque()
        self._workers = ThreadPoolExecutor(WORKERS, "map")
        self._fingers: list[MotionEvent] = []
        super().__init__(**facts)
        for group in (self._stencil, self._vectors.context, self._pictures, self._marks):
            self.canvas.add(group)
        self._redraw = Clock.create_trigger(self._draw, -1)
        self._upload = Clock.create_trigger(self._take_loaded, 0)
        for name in ("pos", "size", "lat", "lon", "zoom", "place", "heading_deg", "trail", "ink", "halo", "language",
                     "is_dark", "is_strong", "words_scale"):  # fmt: skip
            self.fbind(name, lambda *_: self._redraw())
        self.fbind("ground", self._choose_ground)
        self._choose_ground()
        self.fbind("tiles", self._forget)
        self.fbind("place", self._follow_place)

    # ---- where it looks -------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """The place into the middle, and kept there."""
        self.is_following = True
        self._follow_place()

    def _follow_place(self, *_: object) -> None:
        if self.is_following and self.place:
            self.lat, self.lon = self.place[:2]

    def at(self, *, lat: float, lon: float) -> tuple[float, float]:
        """Where on the screen."""
        (x, y), (middle_x, middle_y) = project(lat=lat, lon=lon), project(lat=self.lat, lon=self.lon)
        return self.center_x + (x - middle_x) * self._world, self.center_y - (y - middle_y) * self._world

    @property
    def _world(self) -> float:
        """The whole world's width in pixels."""
        return 256 * dp(1) * 2**self.zoom

    def _move(self, dx: float, dy: float) -> None:
        x, y = project(lat=self.lat, lon=self.lon)
        self.lat, self.lon = unproject(x - dx / self._world, min(1.0, max(0.0, y + dy / self._world)))

    def zoom_at(self, zoom: float, x: float, y: float) -> None:
        """What lies under (x, y) stays there; around the place while it is followed."""
        zoom = min(MOST_ZOOM, max(LEAST_ZOOM, zoom))
        if self.is_following:
            self.zoom = zoom
            return
        from_x, from_y = self.center_x - x, self.center_y - y
        self._move(-from_x, -from_y)
        self.zoom = zoom
        self._move(from_x, from_y)

    # ---- fingers --------------------------------------------------------------------------------------------------

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if not self.collide_point(*touch.pos):
            return False
        if touch.is_mouse_scrolling:
            self.zoom_at(self.zoom + (0.5 if touch.button == "scrolldown" else -0.5), *touch.pos)
            return True
        touch.grab(self)
        self._fingers.append(touch)
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        others = [one for one in self._fingers if one is not touch]
        if others:
            other = others[0]
            before = math.dist(touch.ppos, other.pos)
            if before > dp(8):
                middle = ((touch.x + other.x) / 2, (touch.y + other.y) / 2)
                self.zoom_at(self.zoom + math.log2(max(dp(8), math.dist(touch.pos, other.pos)) / before), *middle)
        elif touch.dpos != (0, 0):
            self.is_following = False
            self._move(*touch.dpos)
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self._fingers.remove(touch)
        return True

    # ---- pictures -------------------------------------------------------------------------------------------------

    def _forget(self, *_: object) -> None:
        self._textures.clear()
        self._asked.clear()
        self._redraw()

    def _want(self, key: Key) -> None:
        if key not in self._asked and len(self._asked) < KEPT:
            self._asked.add(key)
            self._workers.submit(self._load, self.tiles, key)

    def _load(self, tiles: Any, key: Key) -> None:
        """On a worker: fetched and unpacked."""
        data, picture = tiles.load(key), None
        if data:
            try:
                picture = CoreImage(BytesIO(data), ext="png" if data[:4] == b"\x89PNG" else "jpg")
            except Exception:  # Kivy's readers raise whatever their library does; a broken picture is none
                picture = None
        self._loaded.append((tiles, key, picture))
        self._upload()

    def _take_loaded(self, _: float) -> None:
        for _ in range(min(UPLOADS, len(self._loaded))):
            tiles, key, picture = self._loaded.popleft()
            if tiles is not self.tiles:
                continue
            self._asked.discard(key)
            self._textures[key] = picture.texture if picture is not None else None
            while len(self._textures) > KEPT:
                self._textures.popitem(last=False)
        self._redraw()
        if self._loaded:
            self._upload()

    def _texture(self, key: Key) -> Any:
        """A tile's picture, or the part of a coarser one that lies there; None where there is nothing yet."""
        if key in self._textures:
            self._textures.move_to_end(key)
        else:
            self._want(key)
        z, x, y = key
        for up in range(min(6, z - self.tiles.min_zoom + 1)):
            texture = self._textures.get((z - up, x >> up, y >> up))
            if texture is not None:
                side = texture.width / 2**up
                column, row = x - (x >> up << up), y - (y >> up << up)
                top = texture.height - (row + 1) * side
                return texture.get_region(column * side, top, side, side) if up else texture
        return None

    # ---- drawing --------------------------------------------------------------------------------------------------

    def _draw(self, *_: object) -> None:
        for group in (self._stencil, self._pictures, self._marks):
            group.clear()
        if self.width < 2 or self.height < 2:
            return
        ink = map_ink.ink(is_dark=self.is_dark, is_strong=self.is_strong)
        self._stencil.add(StencilPush())
        self._stencil.add(Rectangle(pos=self.pos, size=self.size))
        self._stencil.add(StencilUse())
        x, y = project(lat=self.lat, lon=self.lon)
        shown = self._vectors.draw(Sight(x, y, self.zoom, self.x, self.top, self.width, self.height), ink)
        self.is_blank = self._vectors.is_blank
        self._stencil.add(Color(*(ink.land if self.is_blank else ink.sea)))
        self._stencil.add(Rectangle(pos=self.pos, size=self.size))
        if self.is_blank or self.zoom >= map_ink.GRID_FROM:
            draw_grid(self._pictures, self, ink)
        has_streets = self._draw_pictures(x, y)
        levels = [level for level in map_ink.LEVELS if not has_streets or level != "dong"]
        box = (self.x, self.y, self.right, self.top)
        is_whole = self._names.draw(
            self._pictures, shown, zoom=self.zoom, box=box, ink=ink, language=self.language, scale=self.words_scale,
            levels=levels, free=self.at(lat=self.place[0], lon=self.place[1]) if self.place else None,
        )  # fmt: skip
        if not is_whole:
            Clock.schedule_once(self._draw, 0)
        elif self.zoom >= map_ink.GRID_FROM and not (self.is_blank or has_streets or self._names.has_dong):
            area = self._vectors.area_at(lat=self.lat, lon=self.lon)[self.language == "en"]
            if area:  # its own name stands farther away than one can see from here
                self._names.draw_one(self._pictures, area, x=self.center_x, y=self.top - 0.2 * self.height)
        self._draw_trail(self._marks)
        self._draw_place(self._marks)
        self._marks.add(StencilUnUse())
        self._marks.add(Rectangle(pos=self.pos, size=self.size))
        self._marks.add(StencilPop())

    def _draw_pictures(self, x: float, y: float) -> bool:
        """Whether there are any at this zoom."""
        if isinstance(self.tiles, NoTiles) or self.zoom < self.tiles.min_zoom:
            return False
        dimmed = DIMMED if self.is_dark and not self.tiles.is_dark else 1.0
        self._pictures.add(Color(dimmed, dimmed, dimmed, 1))
        has_any = False
        for key, left, top, side in covering(x=x, y=y, zoom=self.zoom, width=self.width, height=self.height,
                                             scale=dp(1), tiles=self.tiles):  # fmt: skip
            texture = self._texture(key)
            if texture is not None:
                has_any = True
                at = (self.x + left, self.top - top - side)
                self._pictures.add(Rectangle(texture=texture, pos=at, size=(side + 0.6, side + 0.6)))
        return has_any

    def _choose_ground(self, *_: object) -> None:
        self._vectors.choose(self.ground)
        self._redraw()

    def _draw_trail(self, group: InstructionGroup) -> None:
        points = [value for lat, lon in self.trail for value in self.at(lat=lat, lon=lon)]
        if len(points) >= 4:
            for colour, width in ((self.halo, TRAIL_DP * 1.9), (self.ink, TRAIL_DP)):
                group.add(Color(*colour))
                group.add(Line(points=points, width=dp(width), cap="round", joint="round"))

    def _draw_place(self, group: InstructionGroup) -> None:
        if not self.place:
            return
        lat, lon, accuracy_m = self.place
        x, y = self.at(lat=lat, lon=lon)
        radius = accuracy_m / metres_per_pixel(lat=lat, zoom=self.zoom) * dp(1)
        group.add(Color(*self.ink[:3], 0.18))
        group.add(_disc(x, y, radius))
        group.add(Color(*self.ink[:3], 0.6))
        group.add(Line(circle=(x, y, radius, 0, 360, 90), width=dp(0.8)))
        if self.heading_deg is not None:
            group.add(Color(*self.ink))
            group.add(Triangle(points=_arrow(x, y, self.heading_deg)))
        for colour, size in ((self.halo, PIN_DP), (self.ink, PIN_DP - 2.5)):
            group.add(Color(*colour))
            group.add(_disc(x, y, dp(size)))


def _disc(x: float, y: float, radius: float) -> Ellipse:
    return Ellipse(pos=(x - radius, y - radius), size=(2 * radius, 2 * radius))


def _arrow(x: float, y: float, heading_deg: float) -> Sequence[float]:
    points: list[float] = []
    for turn, reach in ((0, dp(PIN_DP + 12)), (-32, dp(PIN_DP + 2)), (32, dp(PIN_DP + 2))):
        angle = math.radians(heading_deg + turn)
        points += [x + reach * math.sin(angle), y + reach * math.cos(angle)]
    return points
