"""A large map on which a place is chosen by a tap. Over the whole window, like the one that shows where she is."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from kivy.app import App
from kivy.graphics import Color, InstructionGroup, Line
from kivy.input import MotionEvent
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ColorProperty, ListProperty, StringProperty
from kivy.uix.floatlayout import FloatLayout

from mobile_app.settings import MOST_NAME, MOST_PLACES, SavedPlace
from mobile_app.ui import theme
from mobile_app.ui.i18n import say
from mobile_app.ui.tiles import project, unproject
from mobile_app.ui.walk_facts import away_words
from mobile_app.ui.widgets.icons import draw
from mobile_app.ui.widgets.place_card import Whereabouts, words_of
from mobile_app.ui.widgets.tile_map import TileMap, _disc

STILL_DP = 10.0
"""A finger that moved less has tapped."""
EARTH_M = 6_371_000.0
AROUND_M = 1500
SIGNS = {
    "police_box": "safe", "emergency_bell": "bell", "light": "sun", "safe_store": "home", "camera_sign": "eye",
    "shelter": "home",
}  # fmt: skip
"""Of a kind of facility; any other one is a place."""
SIDE_DP, MOST_DRAWN = 11.0, 120
LIGHT_FROM_ZOOM = 15.5
"""Lamps stand close together: from farther away they would hide the rest."""


class PickTileMap(TileMap):
    """`goal`: lat, lon of what was tapped. `spots`: [lat, lon, kind] of facilities."""

    goal = ListProperty([])
    goal_ink = ColorProperty(theme.LIGHT.danger)
    spots = ListProperty([])
    spot_ink = ColorProperty(theme.LIGHT.good_ink)

    def __init__(self, **facts: Any) -> None:
        super().__init__(**facts)
        for name in ("goal", "goal_ink", "spots", "spot_ink"):
            self.fbind(name, lambda *_: self._redraw())

    def on_touch_up(self, touch: MotionEvent) -> bool:
        is_alone = len(self._fingers) == 1
        taken = super().on_touch_up(touch)
        if taken and is_alone and math.dist(touch.pos, touch.opos) < dp(STILL_DP):
            x, y = project(lat=self.lat, lon=self.lon)
            world = self._world
            self.goal = list(unproject(x + (touch.x - self.center_x) / world, y - (touch.y - self.center_y) / world))
        return taken

    def _draw_place(self, group: InstructionGroup) -> None:
        draw_spots(self, group, self.spots, ink=self.spot_ink, halo=self.halo)
        super()._draw_place(group)
        if not self.goal:
            return
        x, y = self.at(lat=self.goal[0], lon=self.goal[1])
        head = y + dp(26)
        for colour, more in ((self.halo, dp(2.5)), (self.goal_ink, 0)):
            group.add(Color(*colour))
            group.add(Line(points=(x, y, x, head), width=dp(2) + more / 2, cap="round"))
            group.add(_disc(x, head, dp(11) + more))
        group.add(Color(*self.halo))
        group.add(_disc(x, head, dp(4)))


class PickMap(Whereabouts, FloatLayout):
    """`taken(name, lat, lon)` once, when she has chosen. `is_saving`: the place gets a name and stays."""

    asks_at_rest = True
    goal = ListProperty([])
    goal_words = StringProperty("")
    away = StringProperty("")
    message = StringProperty("")
    is_saving = BooleanProperty(False)
    spots = ListProperty([])

    def __init__(
        self, closed: Callable[[], object], taken: Callable[[str, float, float], object], **facts: Any
    ) -> None:
        super().__init__(**facts)
        self._closed, self._taken = closed, taken
        self.begin()
        self.fbind("place", self._measure)
        self.fbind("place", self._ask_spots)
        self._asked_at: tuple[float, float] | None = None

    def on_goal(self, *_: object) -> None:
        self.message = self.goal_words = ""
        self._measure()
        if self.goal and self.ground is not None:
            words_of(self.ground, *self.goal, done=self._named)

    def _ask_spots(self, *_: object) -> None:
        """Safe facilities around her, asked for by a place that is rounded to some hundred metres."""
        app = App.get_running_app()
        if not self.place or not app.facts.is_signed_up:
            return
        around = round(self.place[0], 3), round(self.place[1], 3)
        if around != self._asked_at:
            self._asked_at = around
            app.later(ask_facilities(app.phone, *around), self._take_spots, lambda _: None)

    def _take_spots(self, answer: Any) -> None:
        self.spots = spots_of(answer)

    def _named(self, found: tuple[str, str]) -> None:
        self.goal_words = found[1 if App.get_running_app().language == "en" else 0]

    def _measure(self, *_: object) -> None:
        if not (self.goal and self.place):
            self.away = ""
            return
        metres = distance_m(self.goal[0], self.goal[1], self.place[0], self.place[1])
        self.away = away_words(App.get_running_app().language, metres)

    def take(self) -> None:
        """The place, by her own name for it, the map's or none."""
        app = App.get_running_app()
        name = self.ids.name.text.strip()[:MOST_NAME] if self.is_saving else ""
        if not self.goal:
            self.message = say(app.language, "walk_no_place")
        elif self.is_saving and not name:
            self.message = say(app.language, "place_name_first")
        elif self.is_saving and not save_place(SavedPlace(name, *self.goal)):
            self.message = say(app.language, "places_full", most=MOST_PLACES)
        else:
            self._closed()
            self._taken(name or self.goal_words or say(app.language, "walk_map_place"), *self.goal)

    def close(self) -> None:
        self._closed()

    def on_touch_down(self, touch: MotionEvent) -> bool:
        super().on_touch_down(touch)
        return True


def open_pick_map(taken: Callable[[str, float, float], object], *, is_saving: bool = False) -> None:
    shell = App.get_running_app().shell
    shell.close_sheet()
    shell.sheet = PickMap(shell.close_sheet, taken, is_saving=is_saving)
    shell.add_widget(shell.sheet)


def save_place(place: SavedPlace) -> bool:
    """Under its name; a place of the same name is replaced. False when there is no room."""
    app = App.get_running_app()
    rest = tuple(one for one in app.facts.settings.places if one.name != place.name)
    if len(rest) >= MOST_PLACES:
        return False
    app.choose(places=(*rest, place))
    return True


def ask_facilities(phone: Any, lat: float, lon: float) -> Any:
    """A future of those within `AROUND_M`; none where the home center has no such list. A place in an address is
    written into logs: about a hundred metres are exact enough."""
    return phone.ask_home("facilities", {"lat": f"{lat:.3f}", "lon": f"{lon:.3f}", "radius_m": str(AROUND_M)})


def draw_spots(of: TileMap, group: InstructionGroup, spots: Any, *, ink: Any, halo: Any) -> None:
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


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    east = math.radians(other_lon - lon) * math.cos(math.radians((lat + other_lat) / 2))
    return EARTH_M * math.hypot(east, math.radians(other_lat - lat))
