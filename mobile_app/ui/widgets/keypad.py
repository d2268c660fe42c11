"""The PIN keypad. It knows nothing about which PIN is right, and looks the same whatever was entered.

With `length` set it sends by itself at that many digits: both PINs are equally long, so time tells nothing.
"""

from __future__ import annotations

from kivy.graphics import Color, InstructionGroup, SmoothEllipse
from kivy.metrics import dp
from kivy.properties import ColorProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from mobile_app.ui.widgets.buttons import Plain

MAX_DIGITS = 8


class Digit(Plain):
    """A key; it finds its keypad by itself."""

    def on_release(self) -> None:
        keypad = self.parent
        while not isinstance(keypad, Keypad):
            keypad = keypad.parent
        keypad.press(self.text)


class PinDots(Widget):
    """One dot for each digit so far."""

    count = NumericProperty(0)
    color = ColorProperty((0, 0, 0, 1))

    def __init__(self, **facts: object) -> None:
        self._group = InstructionGroup()
        super().__init__(**facts)
        self.canvas.add(self._group)
        for name in ("pos", "size", "count", "color"):
            self.fbind(name, self._draw)

    def _draw(self, *_: object) -> None:
        self._group.clear()
        self._group.add(Color(*self.color))
        step, radius = dp(28), dp(8)
        first_x = self.center_x - step * (self.count - 1) / 2
        for place in range(int(self.count)):
            x = first_x + place * step - radius
            self._group.add(SmoothEllipse(pos=(x, self.center_y - radius), size=(2 * radius, 2 * radius)))


class Keypad(BoxLayout):
    digits = StringProperty("")
    message = StringProperty("")
    title = StringProperty("")
    closing = StringProperty("")
    length = NumericProperty(0)

    __events__ = ("on_entered", "on_closed")

    def on_entered(self, pin: str) -> None: ...

    def on_closed(self) -> None: ...

    def press(self, digit: str) -> None:
        if len(self.digits) < MAX_DIGITS:
            self.digits += digit
        if self.length and len(self.digits) >= self.length:
            self.enter()

    def erase(self) -> None:
        self.digits = self.digits[:-1]

    def enter(self) -> None:
        pin, self.digits = self.digits, ""
        if pin:
            self.dispatch("on_entered", pin)
