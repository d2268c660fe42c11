"""A clock and nothing else. The same whatever is going on: no word, no colour and no sign of an alert stands here.

The clock's face takes five taps (or a hold, where that is covert) and shows nothing of them. The small plus opens a
keypad that asks for a passcode: with either PIN the real window comes, and a duress PIN asks for help besides. A finger
that rests on the date brings a covert alert onto the screen.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kivy.app import App
from kivy.properties import BooleanProperty, ListProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.screenmanager import Screen

from mobile_app.ui.widgets.keypad import Keypad

CITIES = (("city_seoul", "Asia/Seoul"), ("city_london", "Europe/London"), ("city_new_york", "America/New_York"))


class CityRow(BoxLayout):
    name = StringProperty("")
    at = StringProperty("")


class CovertScreen(Screen):
    cities = ListProperty([])
    is_pin_open = BooleanProperty(False)

    def on_kv_post(self, _: object) -> None:
        self._body = self.ids.body.__self__
        self.keypad = Keypad()
        self.keypad.bind(on_entered=self._entered, on_closed=lambda _: self.close_top())
        facts = App.get_running_app().facts
        facts.bind(clock_text=self._tell, language=self._tell, pin_digits=self._tell)
        self._tell()

    def on_pre_enter(self) -> None:
        self.close_top()

    def press(self) -> None:
        """A hold asks for help from here only if she has made it covert: the screen must stay what it is."""
        app = App.get_running_app()
        app.tap()
        if app.facts.is_hold_covert:
            app.hold()

    def let_go(self) -> None:
        app = App.get_running_app()
        if app.facts.is_hold_covert:
            app.let_go()

    def unlock(self) -> None:
        app = App.get_running_app()
        if app.facts.has_pins:
            self.is_pin_open = True
        else:
            app.is_unlocked = True

    def close_top(self) -> bool:
        was, self.is_pin_open = self.is_pin_open, False
        self.keypad.digits = self.keypad.message = ""
        return bool(was)

    def _entered(self, _: object, pin: str) -> None:
        app = App.get_running_app()
        work = app.enter_pin(pin)
        if work is not None:
            app.later(work, self._checked, lambda _: None)

    def _checked(self, was_right: object) -> None:
        app = App.get_running_app()
        if was_right is False:
            self.keypad.message = app.say(app.language, "covert_wrong")
        else:
            app.is_unlocked = True

    def on_is_pin_open(self, _: object, is_open: bool) -> None:
        self.ids.holder.clear_widgets()
        self.ids.holder.add_widget(self.keypad if is_open else self._body)

    def _tell(self, *_: object) -> None:
        app = App.get_running_app()
        language = app.facts.language
        self.keypad.title, self.keypad.closing = app.say(language, "covert_code"), app.say(language, "close")
        self.keypad.length = app.facts.pin_digits
        self.cities = [
            (app.say(language, name), at) for name, zone in CITIES if (at := _time_in(app.facts.wall(), zone))
        ]
        self.ids.cities.clear_widgets()
        for name, at in self.cities:
            self.ids.cities.add_widget(CityRow(name=name, at=at))


def _time_in(now: datetime, zone: str) -> str:
    """Empty where the device has no time zones."""
    try:
        return now.astimezone(ZoneInfo(zone)).strftime("%H:%M")
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return ""
