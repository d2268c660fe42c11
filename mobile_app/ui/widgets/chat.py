"""The talk with the center: what was said, a question of the center, and a field that understands taps."""

from __future__ import annotations

import time
from collections.abc import Sequence

from kivy.clock import Clock
from kivy.input import MotionEvent
from kivy.properties import BooleanProperty, ListProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label

from mobile_app.core import talk


class Bubble(BoxLayout):
    text = StringProperty("")
    under = StringProperty("")
    icon = StringProperty("")
    is_mine = BooleanProperty(False)


class Bubbles(BoxLayout):
    """Rows are kept and refilled, so nothing flickers; `on_grown` when there is a new one."""

    lines = ListProperty([])

    __events__ = ("on_grown",)

    def on_grown(self) -> None: ...

    def on_lines(self, _: object, lines: Sequence[dict[str, object]]) -> None:
        before = len(self.children)
        while len(self.children) < len(lines):
            self.add_widget(Bubble())
        while len(self.children) > len(lines):
            self.remove_widget(self.children[0])
        for bubble, line in zip(reversed(self.children), lines, strict=True):
            bubble.text, bubble.under = str(line["text"]), str(line["under"])
            bubble.icon, bubble.is_mine = str(line["icon"]), bool(line["is_mine"])
        if len(lines) > before:
            Clock.schedule_once(lambda _: self.dispatch("on_grown"))


class TapPad(Label):
    """Once is yes, twice is no, a hold is danger; it can be found without looking. `on_answer` gets the code."""

    is_pressed = BooleanProperty(False)

    __events__ = ("on_answer",)

    def __init__(self, **facts: object) -> None:
        super().__init__(**facts)
        self._presses: list[tuple[float, float]] = []
        self._down_s = 0.0
        self._wait = Clock.create_trigger(self._decide, talk.TWO_TAPS_WITHIN_S)

    def on_answer(self, code: str) -> None: ...

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if self.disabled or not self.collide_point(*touch.pos):
            return False
        touch.grab(self)
        self._wait.cancel()
        self.is_pressed, self._down_s = True, time.monotonic()
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self.is_pressed = False
        self._presses.append((self._down_s, time.monotonic()))
        if talk.tapped(self._presses) == talk.YES:
            self._wait()
        else:
            self._decide(0)
        return True

    def _decide(self, _: float) -> None:
        code, self._presses = talk.tapped(self._presses), []
        if code:
            self.dispatch("on_answer", code)
