"""What help should know of her: kept on this phone, told with an alert only. The screen says who sees it and when."""

from __future__ import annotations

from functools import partial
from typing import Any

from kivy.app import App
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.screenmanager import Screen

from mobile_app.core.profiles import MOST_CHARACTERS
from mobile_app.core.signals import AtHome
from mobile_app.ui import phrases
from mobile_app.ui.fonts import is_drawable
from mobile_app.ui.i18n import say
from mobile_app.ui.widgets.buttons import ChoiceRow

FIELDS = ("full_name", "birth_year", "conditions", "medicines", "allergies", "needs", "looks", "home_address",
          "home_floor", "home_door")  # fmt: skip
BLOOD_TYPES = ("", "A+", "B+", "O+", "AB+", "A-", "B-", "O-", "AB-")
GOOD_ENOUGH_M = 50.0


class ProfileScreen(Screen):
    message = StringProperty("")
    is_bad = BooleanProperty(True)

    def on_pre_enter(self) -> None:
        settings = App.get_running_app().facts.settings
        self.message = ""
        for name in FIELDS:
            self.ids[name].text = getattr(settings, name)

    def save(self) -> None:
        app = App.get_running_app()
        given = {name: self.ids[name].text.strip() for name in FIELDS}
        for name, words in given.items():
            if len(words) > MOST_CHARACTERS:
                self._tell("too_long", name=say(app.language, f"about_{name}"), most=MOST_CHARACTERS)
                return
        year = given["birth_year"]
        if year and not (len(year) == 4 and year.isascii() and year.isdigit()):
            self._tell("year_bad")
            return
        app.choose(**given)
        self._tell("saved", is_bad=False)

    def choose_blood(self) -> None:
        app, rows = App.get_running_app(), []
        for blood in BLOOD_TYPES:
            row = ChoiceRow(text=blood or say(app.language, "blood_unknown"),
                            is_chosen=blood == app.facts.settings.blood_type)  # fmt: skip
            row.bind(on_release=partial(self._chosen, {"blood_type": blood}))
            rows.append(row)
        app.open_sheet(say(app.language, "about_blood_type"), rows)

    def choose_spoken(self) -> None:
        app, rows = App.get_running_app(), []
        for code, own_name in phrases.languages().items():
            if is_drawable(own_name):
                row = ChoiceRow(text=own_name, is_chosen=code == app.facts.spoken)
                row.bind(on_release=partial(self._chosen, {"spoken": code}))
                rows.append(row)
        app.open_sheet(say(app.language, "spoken"), rows)

    def _chosen(self, changes: dict[str, Any], *_: object) -> None:
        app = App.get_running_app()
        app.choose(**changes)
        app.shell.close_sheet()

    def switch_at_home(self) -> None:
        app = App.get_running_app()
        app.tell(AtHome(not app.facts.is_at_home))

    def home_here(self) -> None:
        app = App.get_running_app()
        app.later(app.phone.where(), self._placed, lambda words: self._say(words))

    def _placed(self, seen: Any) -> None:
        app, place = App.get_running_app(), seen and seen.get("place")
        if not place:
            self._tell("home_here_none")
        elif place["accuracy_m"] > GOOD_ENOUGH_M:
            self._tell("home_here_wide")
        else:
            app.choose(home_lat=place["lat"], home_lon=place["lon"])
            self._tell("home_here_done", is_bad=False)

    def _tell(self, key: str, *, is_bad: bool = True, **facts: object) -> None:
        self._say(say(App.get_running_app().language, key, **facts), is_bad=is_bad)

    def _say(self, words: str, *, is_bad: bool = True) -> None:
        self.is_bad, self.message = is_bad, words
