"""A line of text. Where the platform has a text field of its own (Hangul, dictation) that one is asked."""

from __future__ import annotations

from kivy.app import App
from kivy.core.text import Label as Words
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

    def fitted(self, size: float, width: float, text: str, hint: str) -> float:
        """The size of the letters: a hint that is wider than the field is drawn smaller, what she writes is not."""
        if text or not hint or width <= 0:
            return size
        wide, _ = Words(font_size=size, font_name=self.font_name).get_extents(hint)
        return size if wide <= width else size * 0.97 * width / wide

    def _answered(self, text: str | None) -> None:
        if text is not None:
            self.text = text
