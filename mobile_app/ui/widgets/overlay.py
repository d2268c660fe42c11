"""What lies over the screens: a short notice, a sheet from below; and the room that the system's bars leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kivy.clock import Clock
from kivy.input import MotionEvent
from kivy.metrics import dp
from kivy.properties import NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.widget import Widget

NOTICE_S = 6.0


class SafeArea(BoxLayout):
    """Keeps its content from under the status bar, the camera's hole and the gesture bar. Insets are dp."""

    top_dp = NumericProperty(0)
    bottom_dp = NumericProperty(0)

    def __init__(self, **facts: object) -> None:
        super().__init__(**facts)
        self.bind(top_dp=self._fit, bottom_dp=self._fit)

    def _fit(self, *_: object) -> None:
        self.padding = (0, dp(self.top_dp), 0, dp(self.bottom_dp))


class Padded(BoxLayout):
    """One thing on a sheet, away from its sides."""

    def __init__(self, inside: Widget) -> None:
        super().__init__(padding=(dp(20), dp(4)), size_hint_y=None)
        self.bind(minimum_height=self.setter("height"))
        self.add_widget(inside)


class Notice(BoxLayout):
    """Says one thing and goes by itself; it takes no touches, so that it covers nothing that is needed."""

    text = StringProperty("")
    icon = StringProperty("info")

    def __init__(self, **facts: object) -> None:
        super().__init__(**facts)
        self._gone = Clock.create_trigger(self._clear, NOTICE_S)

    def tell(self, text: str, icon: str = "info") -> None:
        self.text, self.icon = text, icon
        self._gone.cancel()
        if text:
            self._gone()

    def _clear(self, _: float) -> None:
        self.text = ""


class Sheet(FloatLayout):
    """Choices from below. A touch beside it, its cross and the back key close it."""

    title = StringProperty("")

    def __init__(self, title: str, rows: Sequence[Widget], closed: Callable[[], None]) -> None:
        super().__init__(title=title)
        self._closed = closed
        for row in rows:
            self.ids.content.add_widget(row)

    def close(self) -> None:
        self._closed()

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if not self.ids.paper.collide_point(*touch.pos):
            self.close()
            return True
        super().on_touch_down(touch)
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        super().on_touch_move(touch)
        return True
