"""A screen whose lower part gives way to the PIN keypad. Only one of the two is in the window at a time.

Nothing here depends on which PIN was right: the keypad empties itself at the last digit, and what follows is the
phone's next view, the same for both. Only a wrong one says so.
"""

from __future__ import annotations

from kivy.app import App
from kivy.properties import BooleanProperty
from kivy.uix.screenmanager import Screen

from mobile_app.ui.widgets.keypad import Keypad


class PinScreen(Screen):
    """Its kv has a `holder` with a `body` in it."""

    is_pin_open = BooleanProperty(False)

    def on_kv_post(self, _: object) -> None:
        self._body = self.ids.body.__self__
        self.keypad = Keypad()
        self.keypad.bind(on_entered=self._entered, on_closed=lambda _: self.close_top())
        facts = App.get_running_app().facts
        facts.bind(language=self._say, notice=self._say, pin_digits=self._say)
        self._say()

    def on_pre_enter(self) -> None:
        self.is_pin_open = False
        self.keypad.digits = ""

    def ask_pin(self) -> None:
        """Without a PIN there is nothing to ask."""
        app = App.get_running_app()
        if app.facts.has_pins:
            self.is_pin_open = True
        else:
            app.enter_pin("")

    def go_on_with_pin(self, digits: str) -> None:
        """The countdown ended while a PIN was being entered: the fingers find the same keys."""
        self.is_pin_open, self.keypad.digits = True, digits

    def close_top(self) -> bool:
        """The keypad goes; whether there was one."""
        was, self.is_pin_open = self.is_pin_open, False
        self.keypad.digits = ""
        return bool(was)

    def _entered(self, _: object, pin: str) -> None:
        App.get_running_app().enter_pin(pin)

    def _say(self, *_: object) -> None:
        app = App.get_running_app()
        self.keypad.title = app.say(app.facts.language, "enter_pin")
        self.keypad.closing = app.say(app.facts.language, "back")
        self.keypad.message = app.facts.notice if app.facts.notice_key == "wrong_pin" else ""
        self.keypad.length = app.facts.pin_digits

    def on_is_pin_open(self, _: object, is_open: bool) -> None:
        self.ids.holder.clear_widgets()
        self.ids.holder.add_widget(self.keypad if is_open else self._body)
