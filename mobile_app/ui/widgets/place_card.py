"""“My place as the center sees it”: the way that the router has confirmed, on the map. Small on a card, large over all.

It asks the service every two seconds while it is in the window, and not otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.input import MotionEvent
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.label import Label
from kivy.uix.widget import Widget
from kivy.utils import escape_markup, get_hex_from_color

from mobile_app.ui.ground import Ground, Words, find_ground, stamp
from mobile_app.ui.i18n import say
from mobile_app.ui.streets import city_streets
from mobile_app.ui.tiles import NoTiles, Tiles, find_tiles, metres_per_pixel

LOOK_EVERY_S = 2.0
BORDERS_ZOOM, STREETS_ZOOM = 13.6, 16.0
ROUND_M = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)


class Whereabouts:
    """Gives `place`, `heading_deg` and `trail` to a widget that has them."""

    tiles = ObjectProperty(NoTiles())
    ground = ObjectProperty(None, allownone=True)
    begin_zoom = NumericProperty(BORDERS_ZOOM)
    address = ListProperty(["", ""])
    """Where it is in words: Korean, English."""
    place = ListProperty([])
    heading_deg = NumericProperty(None, allownone=True)
    trail = ListProperty([])
    under = StringProperty("")
    asks_at_rest = False
    """Also where no alert goes on."""

    def begin(self) -> None:
        self._look = Clock.create_trigger(self._ask, LOOK_EVERY_S, interval=True)
        self._is_asking = False
        for name in ("tiles", "ground"):
            self.fbind(name, self._choose_zoom)  # type: ignore[attr-defined]
        self.fbind("parent", self._parted)  # type: ignore[attr-defined]

    def _parted(self, _: Widget, parent: Widget | None) -> None:
        if parent is None:
            self._look.cancel()
        else:
            self.tiles, self.ground = tiles_of_this_phone(), ground_of_this_phone()
            _look_for_streets(self)
            self._look()
            self._ask(0)

    def _choose_zoom(self, *_: object) -> None:
        """Borders say something from farther away than streets do."""
        has_streets = not isinstance(self.tiles, NoTiles) and not self.tiles.is_borders
        self.begin_zoom = STREETS_ZOOM if has_streets or self.ground is None else BORDERS_ZOOM

    def _ask(self, _: float) -> None:
        app = App.get_running_app()
        is_at_rest = app is None or app.facts.phase == "idle" and not self.asks_at_rest
        if self._is_asking or is_at_rest or app.phone is None:
            return
        self._is_asking = True
        app.later(app.phone.where(), self._take, lambda _: setattr(self, "_is_asking", False))

    def _take(self, seen: Any) -> None:
        self._is_asking = False
        if not isinstance(seen, dict):
            return
        place = seen.get("place")
        self.trail = seen.get("trail") or []
        self.place = [place["lat"], place["lon"], place["accuracy_m"]] if place else []
        self.heading_deg = place.get("heading_deg") if place else None
        self._find_words()
        self._say()

    def _find_words(self) -> None:
        """The address on a worker, where the map itself knows it."""
        if not self.place or self.ground is None:
            self.address = ["", ""]
            return
        lat, lon = self.place[:2]
        words_of(self.ground, lat, lon, done=self._take_words)

    def _take_words(self, found: tuple[str, str]) -> None:
        self.address = list(found)
        self._say()

    def _say(self) -> None:
        language = App.get_running_app().language
        if not self.place:
            self.under = say(language, "map_none")
            return
        words = self.address[1 if language == "en" else 0]
        sent = say(language, "map_sent", count=len(self.trail))
        told = escape_markup(" · ".join(one for one in (sent, self._said_of_the_map(language)) if one))
        self.under = f"{self._strong(words)}\n{told}" if words else told

    def _strong(self, words: str) -> str:
        """What she could say on the telephone: larger and darker than the rest."""
        look = App.get_running_app().look
        ink = get_hex_from_color(look.ink)
        return f"[size={round(look.body)}][color={ink}][b]{escape_markup(words)}[/b][/color][/size]"

    def _said_of_the_map(self, language: str) -> str:
        if isinstance(self.tiles, NoTiles):
            return say(language, "map_empty" if self.ids.map.is_blank else "map_source")
        words = say(language, "map_borders") if self.tiles.is_borders else ""
        return " · ".join(one for one in (words, self.tiles.attribution) if one)


class PlaceCard(Whereabouts, ButtonBehavior, BoxLayout):
    """A touch opens the large one; the small one can't be moved, it lies in a list that is."""

    def on_kv_post(self, _: object) -> None:
        self.begin()

    def on_release(self) -> None:
        app = App.get_running_app()
        app.shell.close_sheet()
        app.shell.sheet = LargeMap(app.shell.close_sheet)
        app.shell.add_widget(app.shell.sheet)


class LargeMap(Whereabouts, FloatLayout):
    is_following = BooleanProperty(True)

    def __init__(self, closed: Callable[[], object]) -> None:
        super().__init__()
        self._closed = closed
        self.begin()

    def close(self) -> None:
        self._closed()

    def on_touch_down(self, touch: MotionEvent) -> bool:
        super().on_touch_down(touch)
        return True


class ScaleBar(Label):
    """Words of a round length, and how long it is on this map in dp."""

    facts = ObjectProperty(("", 40.0))


class NorthMark(Label):
    """The map's upper edge is north, always."""


class StillMap(FloatLayout):
    """Lets touches through to the card."""

    def on_touch_down(self, touch: MotionEvent) -> bool:
        return False


def scale_of(language: str, *, lat: float, zoom: float, most_dp: float) -> tuple[str, float]:
    """A round length that fits into `most_dp`: words, and its length in dp."""
    a_dp_m = metres_per_pixel(lat=lat, zoom=zoom)
    metres = max((one for one in ROUND_M if one <= most_dp * a_dp_m), default=ROUND_M[0])
    words = say(language, "map_scale_m", metres=metres) if metres < 1000 else say(
        language, "map_scale_km", km=metres // 1000
    )  # fmt: skip
    return words, metres / a_dp_m


_tiles: dict[tuple[str, str], Tiles] = {}
_grounds: dict[tuple[str, int], Ground | None] = {}
_streets: dict[tuple[str, bool], Tiles] = {}
_WORKER = ThreadPoolExecutor(1, "places")


class _OneGround:
    """Addresses of one source; another source begins anew. On the worker only."""

    def __init__(self) -> None:
        self._words: Words | None = None
        self._ground: Ground | None = None

    def of(self, ground: Ground, lat: float, lon: float) -> tuple[str, str]:
        if self._words is None or ground is not self._ground:
            self._words, self._ground = Words(ground), ground
        return self._words.of(lat=lat, lon=lon)


_WORDS = _OneGround()


def _later(call: Callable[..., Any], *given: Any, done: Callable[[Any], None]) -> None:
    """`call` on the worker, `done` with its answer on the window's thread; nothing where it failed."""

    def ended(future: Future[Any]) -> None:
        if not future.cancelled() and future.exception() is None:
            Clock.schedule_once(lambda _: done(future.result()), 0)

    _WORKER.submit(call, *given).add_done_callback(ended)


def words_of(ground: Ground, lat: float, lon: float, *, done: Callable[[tuple[str, str]], None]) -> None:
    """What this place is called (Korean, English), found on the worker, told on the window's thread."""
    _later(_WORDS.of, ground, lat, lon, done=done)


def tiles_of_this_phone() -> Tiles:
    """The same source for every map of this window, as long as the settings stay."""
    app = App.get_running_app()
    settings = app.facts.settings
    key = (settings.map_url, settings.map_attribution)
    if key not in _tiles:
        _tiles.clear()
        _tiles[key] = find_tiles(app.folder, url=settings.map_url, attribution=settings.map_attribution)
    return _tiles[key]


def ground_of_this_phone() -> Ground | None:
    """The same for every map, until the service has put a newer file there."""
    app = App.get_running_app()
    key = (app.facts.settings.home_url, stamp(app.folder))
    if key not in _grounds:
        _grounds.clear()
        _grounds[key] = find_ground(app.folder, home_url=key[0])
    return _grounds[key]


def _look_for_streets(of: Whereabouts) -> None:
    """The city's own streets, where the person has no pictures of her own: asked once for a window."""
    app = App.get_running_app()
    key = (app.facts.settings.home_url, app.look.is_dark)
    if not isinstance(of.tiles, NoTiles) or not app.facts.is_signed_up:
        return
    if key in _streets:
        of.tiles = _streets[key]
        return

    def take(found: Tiles | None) -> None:
        if found is not None:
            _streets[key] = of.tiles = found

    _later(lambda: city_streets(key[0], is_dark=key[1]), done=take)
