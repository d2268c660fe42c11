"""A screen whose lower part gives way to the PIN keypad. Only one of the two is in the window at a time."""

from __future__ import annotations

from kivy.app import App
from kivy.properties import BooleanProperty
from kivy.uix.screenmanager import Screen

from mobile_app.ui.widgets.keypad import Keypad


class PinScreen(Screen):
    """Its kv has a `holder` with a `body` in it."""

    is_pin_open = BooleanProperty(False)

    def on_kv_post(self, _: object) -> None:
        app = App.get_running_app()
        self._body = self.ids.body.__self__
        self.keypad = Keypad()
        self.keypad.bind(on_entered=lambda _, pin: app.enter_pin(pin), on_closed=self._close)
        app.facts.bind(notice=self.keypad.setter("message"))

    def on_pre_enter(self) -> None:
        self.is_pin_open = False
        self.keypad.digits = ""

    def go_on_with_pin(self, digits: str) -> None:
        """The countdown ended while a PIN was being entered: the fingers find the same keys."""
        self.is_pin_open, self.keypad.digits = True, digits

    def _close(self, _: object) -> None:
        self.is_pin_open = False

    def on_is_pin_open(self, _: object, is_open: bool) -> None:
        self.ids.holder.clear_widgets()
        self.ids.holder.add_widget(self.keypad if is_open else self._body)
