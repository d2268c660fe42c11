"""The PIN keypad. It knows nothing about which PIN is right, and looks the same whatever was entered."""

from __future__ import annotations

from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout

MAX_DIGITS = 8


class Keypad(BoxLayout):
    digits = StringProperty("")
    message = StringProperty("")

    __events__ = ("on_entered", "on_closed")

    def on_entered(self, pin: str) -> None: ...

    def on_closed(self) -> None: ...

    def press(self, digit: str) -> None:
        if len(self.digits) < MAX_DIGITS:
            self.digits += digit

    def erase(self) -> None:
        self.digits = self.digits[:-1]

    def enter(self) -> None:
        pin, self.digits = self.digits, ""
        if pin:
            self.dispatch("on_entered", pin)
