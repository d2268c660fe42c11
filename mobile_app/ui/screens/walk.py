"""Before a walk: where to, how long, who is told. What she starts with is what she chose last, or the safest."""

from __future__ import annotations

from functools import partial
from typing import Any

from kivy.app import App
from kivy.properties import BooleanProperty, DictProperty, ListProperty, NumericProperty, StringProperty
from kivy.uix.screenmanager import Screen

from mobile_app.core.walk import ROUTE, TIMER, Plan
from mobile_app.settings import SavedPlace, Settings
from mobile_app.ui.i18n import minute, say
from mobile_app.ui.walk_facts import away_words, minutes_words
from mobile_app.ui.widgets.buttons import Row, SwitchRow
from mobile_app.ui.widgets.pick_map import ask_facilities, distance_m, open_pick_map, spots_of

MINUTES = (5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 360)
WALK_MPS, DETOUR, SPARE_MIN = 1.15, 1.35, 3
"""A walker's way is longer than the crow's, and she is not in a hurry."""
MOST_NOTE, MOST_WAY = 200, 500


class WalkScreen(Screen):
    kind = StringProperty(ROUTE)
    goal = ListProperty([])
    """lat, lon"""
    goal_name = StringProperty("")
    here = ListProperty([])
    minutes = NumericProperty(20)
    guardians = ListProperty([])
    chosen = DictProperty({})
    """Guardian id → whether she is told."""
    is_fetching = BooleanProperty(False)
    sees_place = BooleanProperty(False)
    is_shared = BooleanProperty(False)
    way = ListProperty([])
    """[lat, lon] of the suggested way; empty where there is none to choose."""
    way_words = StringProperty("")
    way_why = StringProperty("")
    is_on_way = BooleanProperty(False)
    is_asking_way = BooleanProperty(False)
    spots = ListProperty([])
    message = StringProperty("")
    is_busy = BooleanProperty(False)

    def on_pre_enter(self) -> None:
        app = App.get_running_app()
        self.message, self.is_busy, self.sees_place = "", False, False
        self.is_shared, self.ids.taxi.text = app.facts.settings.is_walk_shared, ""
        self.is_fetching = True
        app.later(app.phone.guardians(), self._take_guardians, self._no_guardians)
        app.later(app.phone.where(), self._take_place, lambda _: None)

    # ---- what is known ------------------------------------------------------------------------------------------

    def _take_place(self, seen: Any) -> None:
        place = (seen or {}).get("place")
        self.here = [place["lat"], place["lon"]] if place else []
        self._guess()
        self._ask_way()

    def _take_guardians(self, found: Any) -> None:
        self.is_fetching = False
        self.guardians = [one for one in found or () if one.get("accepted_at") and not one.get("is_paused")]
        self.chosen = {str(one["guardian_id"]): True for one in self.guardians}
        self._fill()

    def _no_guardians(self, words: str) -> None:
        self.is_fetching, self.message = False, words

    def _fill(self) -> None:
        self.ids.guardians.clear_widgets()
        for one in self.guardians:
            row = SwitchRow(text=str(one.get("name", "")), hint=f"···{one.get('phone_last4', '')}", is_on=True)
            row.bind(on_release=partial(self._switch, str(one["guardian_id"]), row))
            self.ids.guardians.add_widget(row)

    def _switch(self, guardian_id: str, row: SwitchRow, *_: object) -> None:
        row.is_on = not row.is_on
        self.chosen[guardian_id] = row.is_on

    # ---- what she chooses ---------------------------------------------------------------------------------------

    def choose_place(self) -> None:
        """Her places, then the map; without any place the map at once."""
        app = App.get_running_app()
        known = known_places(app.facts.settings, app.language)
        if not known:
            self.open_map()
            return
        rows = []
        for place in known:
            row = Row(icon="home" if place.name == say(app.language, "place_home") else "place", text=place.name)
            row.bind(on_release=partial(self._chosen, place))
            rows.append(row)
        on_map = Row(icon="eye", text=say(app.language, "walk_on_map"))
        on_map.bind(on_release=lambda *_: self.open_map())
        app.open_sheet(say(app.language, "walk_where"), [*rows, on_map])

    def open_map(self) -> None:
        open_pick_map(lambda name, lat, lon: self._take_goal(SavedPlace(name, lat, lon)))

    def _chosen(self, place: SavedPlace, *_: object) -> None:
        App.get_running_app().shell.close_sheet()
        self._take_goal(place)

    def _take_goal(self, place: SavedPlace) -> None:
        self.goal, self.goal_name, self.message = [place.lat, place.lon], place.name, ""
        self._guess()
        self._ask_way()

    # ---- the way past safe places -------------------------------------------------------------------------------

    def _ask_way(self) -> None:
        """The city's own engine suggests one, where the city has one; without it nothing is offered."""
        self.way, self.is_on_way, self.spots = [], False, []
        if not (self.goal and self.here and self.kind == ROUTE):
            return
        app, ends = App.get_running_app(), (list(self.here), list(self.goal))
        self.is_asking_way = True
        origin, goal = ({"lat": lat, "lon": lon} for lat, lon in ends)
        body = {"origin": origin, "destination": goal}
        app.later(app.phone.ask_home("routes", {}, body), partial(self._take_way, ends), self._no_way)

    def _no_way(self, _: str) -> None:
        self.is_asking_way = False

    def _take_way(self, ends: Any, answer: Any) -> None:
        if ends != (list(self.here), list(self.goal)):
            return
        app = App.get_running_app()
        self.is_asking_way = False
        found = suggestion_of(answer, app.language)
        if found is None:
            return
        self.way, self.way_words, self.way_why, minutes = found
        self.is_on_way = True
        if minutes:
            self.minutes = next((one for one in MINUTES if one >= minutes + SPARE_MIN), MINUTES[-1])
        middle = self.way[len(self.way) // 2]
        app.later(ask_facilities(app.phone, *middle), self._take_spots, lambda _: None)

    def _take_spots(self, answer: Any) -> None:
        self.spots = spots_of(answer)

    def _guess(self) -> None:
        """How long it takes on foot; she corrects it where she takes a bus."""
        if self.goal and self.here and self.kind == ROUTE:
            walked_min = distance_m(*self.goal, *self.here) * DETOUR / WALK_MPS / 60 + SPARE_MIN
            self.minutes = next((one for one in MINUTES if one >= walked_min), MINUTES[-1])

    def step(self, way: int) -> None:
        others = [one for one in MINUTES if (one - self.minutes) * way > 0]
        if others:
            self.minutes = others[0] if way > 0 else others[-1]

    def can(self, way: int, minutes: float) -> bool:
        return any((one - minutes) * way > 0 for one in MINUTES)

    def long_words(self, language: str, minutes: float) -> str:
        return minutes_words(language, int(minutes))

    def due_words(self, language: str, kind: str, minutes: float, _: str) -> str:
        """`_`: the clock that the words follow."""
        at = minute(App.get_running_app().facts.in_minutes(minutes))
        return say(language, "walk_until" if kind == TIMER else "walk_due", at=at)

    def away(self, language: str, goal: list[float], here: list[float]) -> str:
        if not goal:
            return say(language, "walk_choose_hint")
        return away_words(language, distance_m(*goal, *here)) if here else ""

    def share(self) -> None:
        self.is_shared = not self.is_shared
        App.get_running_app().choose(is_walk_shared=self.is_shared)

    # ---- the one that another phone leads -----------------------------------------------------------------------

    def go_on(self, *, is_end: bool = False) -> None:
        """Here from now on; an end asks for the PIN on the walk's own screen, as always."""
        app = App.get_running_app()
        self.message, self.is_busy = "", True
        app.later(app.phone.go_on_walk(), partial(self._gone_on, is_end), self._failed)

    def _gone_on(self, is_end: bool, _: object) -> None:
        self._begun(None)
        walking = App.get_running_app().screens.current_screen
        if is_end and walking.name == "walking":
            walking.cancel()

    # ---- off she goes -------------------------------------------------------------------------------------------

    def begin(self) -> None:
        app, note = App.get_running_app(), self.ids.taxi.text.strip()
        if self.kind == ROUTE and not self.goal:
            self.message = say(app.language, "walk_no_place")
            return
        if len(note) > MOST_NOTE:
            self.message = say(app.language, "walk_note_long", most=MOST_NOTE)
            return
        is_route = self.kind == ROUTE
        plan = Plan(
            kind=self.kind, eta_s=self.minutes * 60.0, lat=self.goal[0] if is_route else None,
            lon=self.goal[1] if is_route else None, place_name=self.goal_name if is_route else "",
            guardians=tuple(one for one, is_told in self.chosen.items() if is_told),
            share_with_centers=self.is_shared, guardians_see_place=self.sees_place, taxi_note=note,
            keep_days=app.facts.settings.walk_keep_days,
            route=tuple((lat, lon) for lat, lon in self.way) if is_route and self.is_on_way else (),
        )  # fmt: skip
        self.message, self.is_busy = "", True
        app.later(app.phone.begin_walk(plan), self._begun, self._failed)

    def _begun(self, _: object) -> None:
        self.is_busy = False
        App.get_running_app().go("walking")

    def _failed(self, words: str) -> None:
        self.is_busy, self.message = False, words


def suggestion_of(answer: Any, language: str) -> tuple[list[list[float]], str, str, float] | None:
    """Of the home center's answer: the line, its length and what it passes, why it is suggested (with what it does not
    promise), and minutes (0: unknown). None where nothing is suggested or it can't be understood."""
    end = "en" if language == "en" else "ko"
    try:
        one = answer["alternatives"][answer["suggested"]]
        line = [[float(lat), float(lon)] for lat, lon in one["line"]]
        metres, passes = float(one["distance_m"]), sum(int(count) for count in (one.get("passes") or {}).values())
        minutes = float(one.get("duration_s") or 0) / 60
        why = " ".join(str((answer.get(name) or {}).get(end) or "") for name in ("why", "note")).strip()
    except (IndexError, KeyError, TypeError, ValueError):
        return None
    if not 2 <= len(line) <= MOST_WAY:
        return None
    length = say(language, "walk_way_m", metres=round(metres / 10) * 10) if metres < 950 else say(
        language, "walk_way_km", km=f"{metres / 1000:.1f}")  # fmt: skip
    words = say(language, "walk_way_length", length=length, passes=say(language, "walk_way_passes", count=passes))
    return line, words, why, minutes


def known_places(settings: Settings, language: str) -> list[SavedPlace]:
    """Her home first, where she has set it, then what she saved."""
    places = list(settings.places)
    if settings.home_lat is not None and settings.home_lon is not None:
        places.insert(0, SavedPlace(say(language, "place_home"), settings.home_lat, settings.home_lon))
    return places
