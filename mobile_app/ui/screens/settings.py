"""Sensitivity, language, the quiet screen, and new PINs."""

from __future__ import annotations

from kivy.app import App
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.screenmanager import Screen

from mobile_app.core.pins import Pins, UnusablePin


class SettingsScreen(Screen):
    message = StringProperty("")
    is_saved = BooleanProperty(False)

    def on_pre_enter(self) -> None:
        self.message = ""

    def save_pins(self) -> None:
        app = App.get_running_app()
        try:
            pins = Pins.choose(self.ids.pin.text, self.ids.duress.text)
        except UnusablePin as error:
            self.is_saved, self.message = False, app.say(app.language, error.code)
            return
        app.phone.choose_pins(pins)
        self.ids.pin.text = self.ids.duress.text = ""
        self.is_saved, self.message = True, app.say(app.language, "pin_saved")
