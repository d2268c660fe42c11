"""The ways of help, each with a dot that fills when it is done."""

from __future__ import annotations

from kivy.properties import BooleanProperty, ListProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout


class StepRow(BoxLayout):
    text = StringProperty("")
    at = StringProperty("")
    is_done = BooleanProperty(False)


class StepList(BoxLayout):
    steps = ListProperty([])

    def on_steps(self, _: object, steps: list[dict[str, object]]) -> None:
        """Rows are kept and refilled, so nothing flickers."""
        while len(self.children) < len(steps):
            self.add_widget(StepRow())
        while len(self.children) > len(steps):
            self.remove_widget(self.children[0])
        for row, step in zip(reversed(self.children), steps, strict=True):
            row.text, row.at, row.is_done = str(step["text"]), str(step["at"]), bool(step["is_done"])
