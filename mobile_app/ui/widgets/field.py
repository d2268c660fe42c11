"""A line of text. Where the platform has a text field of its own (Hangul, dictation) that one is asked."""

from __future__ import annotations

from kivy.app import App
from kivy.input import MotionEvent
from kivy.properties import StringProperty
from kivy.uix.textinput import TextInput


class Field(TextInput):
    label = StringProperty("")

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if self.disabled or not self.collide_point(*touch.pos):
            return bool(super().on_touch_down(touch))
        if App.get_running_app().surface.text_prompt.ask(self.label, self.text, self._answered):
            return True
        return bool(super().on_touch_down(touch))

    def _answered(self, text: str | None) -> None:
        if text is not None:
            self.text = text
