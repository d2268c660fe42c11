"""The pages of the settings. Each shows what is chosen now and tells the phone each choice at once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from kivy.app import App
from kivy.factory import Factory
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from mobile_app.core.pins import Pins, UnusablePin, is_guessable, refusal
from mobile_app.core.profiles import PROFILES
from mobile_app.settings import LONGEST_COUNTDOWN_S
from mobile_app.ui.i18n import say
from mobile_app.ui.widgets.buttons import Choice, ChoiceRow, Row
from mobile_app.ui.widgets.overlay import Padded

STEPS_S = (0.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, LONGEST_COUNTDOWN_S)
WIDE_S = 10.0
"""A longer countdown is told to cost time."""
TRIGGERS = ("hold", "shake", "tap", "key", "release", "fall", "scream", "overdue_walk")
TRIGGER_SIGNS = {
    "hold": "hand", "shake": "shake", "tap": "tap", "key": "key", "release": "hand", "fall": "person",
    "scream": "loud", "overdue_walk": "home",
}  # fmt: skip
SIZES = (0.85, 1.0, 1.3, 2.0)
DELAYS_S = (0.0, 10.0, 60.0)


def countdown_words(language: str, seconds: float) -> str:
    if seconds <= 0:
        return say(language, "set_countdown_none")
    return say(language, "set_countdown_is", seconds=f"{seconds:g}")


def delay_words(language: str, delay_s: float) -> str:
    if delay_s <= 0:
        return say(language, "call_now")
    if delay_s < 60:
        return say(language, "call_in_s", seconds=int(delay_s))
    return say(language, "call_in_min", minutes=int(delay_s // 60))


class SettingsPage(BoxLayout):
    """What they share: its kv has a scroll with a column in it."""

    message = StringProperty("")
    is_bad = BooleanProperty(True)

    def tell(self, key: str, *, is_bad: bool = True, **facts: object) -> None:
        app = App.get_running_app()
        self.is_bad, self.message = is_bad, app.say(app.language, key, **facts) if key else ""


class CountdownPage(SettingsPage):
    has_changed = BooleanProperty(False)

    def line(self, language: str, seconds: float) -> str:
        return countdown_words(language, seconds)

    def warning(self, language: str, seconds: float) -> str:
        if seconds <= 0:
            return say(language, "countdown_0")
        return say(language, "countdown_long") if seconds > WIDE_S else ""

    def can(self, step: int, seconds: float) -> bool:
        return bool(self._others(step, seconds))

    def change(self, step: int) -> None:
        app = App.get_running_app()
        if others := self._others(step, app.facts.settings.countdown_s):
            app.choose(countdown_s=others[0])
            self.has_changed = True

    def try_it(self) -> None:
        """A countdown that she has never seen run is a surprise at the worst moment."""
        app = App.get_running_app()
        app.go("practice")
        app.screens.current_screen.rehearse()

    def _others(self, step: int, seconds: float) -> list[float]:
        """What comes next that way; a countdown set elsewhere may lie between two steps."""
        if step > 0:
            return [one for one in STEPS_S if one > seconds]
        return [one for one in reversed(STEPS_S) if one < seconds]


class ProfilesPage(SettingsPage):
    def on_kv_post(self, _: object) -> None:
        facts = App.get_running_app().facts
        facts.fbind("settings", self._fill)
        facts.fbind("language", self._fill)
        self._fill()

    def _fill(self, *_: object) -> None:
        app = App.get_running_app()
        self.ids.rows.clear_widgets()
        for trigger in TRIGGERS:
            chosen = getattr(app.facts.settings.profiles, trigger)
            row = Row(icon=TRIGGER_SIGNS[trigger], text=say(app.language, f"trigger_{trigger}"),
                      hint=say(app.language, f"profile_{chosen}"))  # fmt: skip
            row.bind(on_release=partial(self.open, trigger))
            self.ids.rows.add_widget(row)

    def open(self, trigger: str, *_: object) -> None:
        app, rows = App.get_running_app(), []
        chosen = getattr(app.facts.settings.profiles, trigger)
        for profile in PROFILES:
            row = ChoiceRow(text=say(app.language, f"profile_{profile}"), is_chosen=profile == chosen,
                            hint=say(app.language, f"profile_{profile}_hint"))  # fmt: skip
            row.bind(on_release=partial(self._choose, trigger, profile))
            rows.append(row)
        app.open_sheet(say(app.language, f"trigger_{trigger}"), rows)

    def _choose(self, trigger: str, profile: str, *_: object) -> None:
        app = App.get_running_app()
        app.choose(profiles=replace(app.facts.settings.profiles, **{trigger: profile}))
        app.shell.close_sheet()


class ShakePage(SettingsPage):
    pass


class CapturePage(SettingsPage):
    pass


class CovertPage(SettingsPage):
    """Which neutral icon and name, where the device can change them; the screen itself is a clock."""

    def on_kv_post(self, _: object) -> None:
        app = App.get_running_app()
        self.worn = ""
        app.facts.fbind("language", self._fill)
        self._fill()

    def _fill(self, *_: object) -> None:
        app = App.get_running_app()
        names = app.surface.disguise.choices()
        self.ids.icons.clear_widgets()
        for name in names:
            row = ChoiceRow(text=say(app.language, f"disguise_{name}"), is_chosen=name == self.worn)
            row.bind(on_release=partial(self._wear, name))
            self.ids.icons.add_widget(row)
        self.ids.why.text = say(app.language, "covert_icon_hint" if names else "covert_no_choice")

    def _wear(self, name: str, *_: object) -> None:
        if App.get_running_app().surface.disguise.wear(name):
            self.worn = name
            self._fill()


class CallPage(SettingsPage):
    def on_kv_post(self, _: object) -> None:
        facts = App.get_running_app().facts
        facts.fbind("settings", self._fill)
        facts.fbind("language", self._fill)
        self.ids.name.text, self.ids.number.text = facts.fake_caller, facts.fake_number
        self._fill()

    def save_caller(self) -> None:
        ids = self.ids
        App.get_running_app().choose(fake_caller=ids.name.text.strip(), fake_number=ids.number.text.strip())
        self.tell("saved", is_bad=False)

    def _fill(self, *_: object) -> None:
        app = App.get_running_app()
        self.ids.delays.clear_widgets()
        for delay_s in DELAYS_S:
            choice = Choice(text=delay_words(app.language, delay_s), is_chosen=delay_s == app.facts.fake_call_delay_s)
            choice.bind(on_release=partial(self._choose, delay_s))
            self.ids.delays.add_widget(choice)

    def _choose(self, delay_s: float, *_: object) -> None:
        App.get_running_app().choose(fake_call_delay_s=delay_s)


class PinsPage(SettingsPage):
    """The old PIN is checked by the service as anywhere else; what it answers is the same for both of them."""

    is_busy = BooleanProperty(False)

    def save(self) -> None:
        app, ids = App.get_running_app(), self.ids
        pin, duress = ids.pin.text, ids.duress.text
        if code := refusal(pin, duress):
            self.tell(code)
            return
        if not app.facts.has_pins:
            self._choose_first(pin, duress)
            return
        self.is_busy, self.message = True, ""
        app.later(app.phone.change_pins(old=ids.old.text, pin=pin, duress=duress), self._answered, self._failed)

    def _choose_first(self, pin: str, duress: str) -> None:
        try:
            pins = Pins.choose(pin, duress)
        except UnusablePin as error:
            self.tell(error.code)
            return
        App.get_running_app().choose(is_second_pin_open=not duress)
        App.get_running_app().phone.choose_pins(pins)
        self._done(pin)

    def _answered(self, code: Any) -> None:
        self.is_busy = False
        if code:
            self.ids.old.text = ""
            self.tell(code)
        else:
            self._done(self.ids.pin.text)

    def _done(self, pin: str) -> None:
        settings = App.get_running_app().facts.settings
        weak = is_guessable(pin, (settings.phone, settings.birth_year))
        for field in (self.ids.old, self.ids.pin, self.ids.duress):
            field.text = ""
        self.tell("pin_guessable" if weak else "pin_saved", is_bad=weak)

    def _failed(self, words: str) -> None:
        self.is_busy, self.is_bad, self.message = False, True, words

    def explain(self) -> None:
        """Only on asking, on a sheet that a touch closes: whoever looks over her shoulder sees two number fields."""
        app = App.get_running_app()
        words = Factory.Words(text=say(app.language, "pin_second_why"))
        app.open_sheet(say(app.language, "pin_second"), [Padded(words)])


class LookPage(SettingsPage):
    has_changed = False

    def choose(self, **changes: Any) -> None:
        LookPage.has_changed = True
        App.get_running_app().choose(**changes)

    def on_kv_post(self, _: object) -> None:
        facts = App.get_running_app().facts
        facts.fbind("settings", self._fill)
        self._fill()

    def _fill(self, *_: object) -> None:
        app = App.get_running_app()
        self.ids.sizes.clear_widgets()
        for place, size in enumerate(SIZES):
            is_chosen = abs(app.facts.settings.text_scale - size) < 0.05
            choice = Choice(text=say(app.facts.language, f"text_size_{place}"), is_chosen=is_chosen)
            choice.bind(on_release=partial(self._choose, size))
            self.ids.sizes.add_widget(choice)

    def _choose(self, size: float, *_: object) -> None:
        self.choose(text_scale=size)


class AdvancedPage(SettingsPage):
    NAMES = ("router_url", "home_url", "map_url", "map_attribution")

    def on_kv_post(self, _: object) -> None:
        settings = App.get_running_app().facts.settings
        for name in self.NAMES:
            self.ids[name].text = getattr(settings, name)

    def save(self) -> None:
        app = App.get_running_app()
        given = {name: self.ids[name].text.strip() for name in self.NAMES}
        for name in ("router_url", "home_url"):
            if not given[name].startswith(("http://", "https://")):
                self.tell("url_bad", name=say(app.language, name))
                return
        url = given["map_url"]
        is_map_fine = not url or url.startswith("https://") and all(part in url for part in ("{z}", "{x}", "{y}"))
        if not is_map_fine:
            self.tell("map_url_bad")
            return
        app.choose(**given)
        self.tell("url_later", is_bad=False)
