"""The ways of help: as rows with times, and as one line of rings that get a tick when they are done."""

from __future__ import annotations

from collections.abc import Sequence

from kivy.graphics import Color, InstructionGroup, Line, SmoothEllipse, SmoothLine
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ColorProperty, ListProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from mobile_app.ui import theme
from mobile_app.ui.widgets.icons import draw


class StepRow(BoxLayout):
    text = StringProperty("")
    at = StringProperty("")
    is_done = BooleanProperty(False)


class StepList(BoxLayout):
    steps = ListProperty([])

    def on_steps(self, _: object, steps: Sequence[dict[str, object]]) -> None:
        """Rows are kept and refilled, so nothing flickers."""
        while len(self.children) < len(steps):
            self.add_widget(StepRow())
        while len(self.children) > len(steps):
            self.remove_widget(self.children[0])
        for row, step in zip(reversed(self.children), steps, strict=True):
            row.text, row.at, row.is_done = str(step["text"]), str(step["at"]), bool(step["is_done"])


class StepBar(Widget):
    steps = ListProperty([])
    done = ColorProperty(theme.LIGHT.good)
    tick = ColorProperty(theme.LIGHT.over_good)
    open = ColorProperty(theme.LIGHT.edge)

    def __init__(self, **facts: object) -> None:
        self._group = InstructionGroup()
        super().__init__(**facts)
        self.canvas.add(self._group)
        for name in ("pos", "size", "steps", "done", "tick", "open"):
            self.fbind(name, self._draw)

    def _draw(self, *_: object) -> None:
        self._group.clear()
        count, radius, y = len(self.steps), dp(12), self.center_y
        if count < 2:
            return
        gap = (self.width - 2 * radius) / (count - 1)
        reached = [bool(step["is_done"]) for step in self.steps]
        for place, is_done in enumerate(reached):
            x = self.x + radius + gap * place
            self._group.add(Color(*(self.done if is_done else self.open)))
            if place + 1 < count:
                is_way_done = is_done and any(reached[place + 1 :])
                self._group.add(Color(*(self.done if is_way_done else self.open)))
                self._group.add(
                    Line(points=(x + radius, y, x + gap - radius, y), width=dp(1.5 if is_way_done else 0.8))
                )
                self._group.add(Color(*(self.done if is_done else self.open)))
            if is_done:
                self._group.add(SmoothEllipse(pos=(x - radius, y - radius), size=(2 * radius, 2 * radius)))
                self._group.add(Color(*self.tick))
                draw(self._group, "check", x - dp(9), y - dp(9), dp(18))
            else:
                self._group.add(SmoothLine(circle=(x, y, radius - dp(1)), width=dp(1)))
