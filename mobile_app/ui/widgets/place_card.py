"""“My place as the center sees it”: the way that the router has confirmed, on the map. Small on a card, large over all.

It asks the service every two seconds while it is in the window, and not otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
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

from mobile_app.ui.i18n import say
from mobile_app.ui.tiles import NoTiles, Tiles, find_tiles, metres_per_pixel

LOOK_EVERY_S = 2.0
ROUND_M = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)


class Whereabouts:
    """Gives `place`, `heading_deg` and `trail` to a widget that has them."""

    tiles = ObjectProperty(NoTiles())
    place = ListProperty([])
    heading_deg = NumericProperty(None, allownone=True)
    trail = ListProperty([])
    under = StringProperty("")

    def begin(self) -> None:
        self._look = Clock.create_trigger(self._ask, LOOK_EVERY_S, interval=True)
        self._is_asking = False
        self.fbind("parent", self._parted)  # type: ignore[attr-defined]

    def _parted(self, _: Widget, parent: Widget | None) -> None:
        if parent is None:
            self._look.cancel()
        else:
            self.tiles = tiles_of_this_phone()
            self._look()
            self._ask(0)

    def _ask(self, _: float) -> None:
        app = App.get_running_app()
        if self._is_asking or app is None or app.phone is None or app.facts.phase == "idle":
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
        language = App.get_running_app().language
        sent = say(language, "map_sent", count=len(self.trail))
        self.under = f"{sent} · {self._said_of_the_map(language)}" if place else say(language, "map_none")

    def _said_of_the_map(self, language: str) -> str:
        if isinstance(self.tiles, NoTiles):
            return say(language, "map_empty")
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


def tiles_of_this_phone() -> Tiles:
    """The same source for every map of this window, as long as the settings stay."""
    app = App.get_running_app()
    settings = app.facts.settings
    key = (settings.map_url, settings.map_attribution)
    if key not in _tiles:
        _tiles.clear()
        _tiles[key] = find_tiles(app.folder, url=settings.map_url, attribution=settings.map_attribution)
    return _tiles[key]
