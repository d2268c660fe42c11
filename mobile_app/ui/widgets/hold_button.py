"""A round button that must be held; the ring shows how long. Whether it was long enough is the session's word."""

from __future__ import annotations

from kivy.input import MotionEvent
from kivy.properties import AliasProperty, ColorProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from mobile_app.ui import theme


class HoldButton(Widget):
    text = StringProperty("")
    small_text = StringProperty("")
    share = NumericProperty(0)
    color = ColorProperty(theme.LIGHT.danger)
    ink = ColorProperty(theme.LIGHT.over_danger)
    ring_color = ColorProperty(theme.LIGHT.danger)
    font_size = NumericProperty(64)

    __events__ = ("on_hold", "on_let_go")

    def on_hold(self) -> None: ...

    def on_let_go(self) -> None: ...

    def _radius(self) -> float:
        return min(self.width, self.height) / 2

    radius = AliasProperty(_radius, bind=("size",))

    def _is_inside(self, touch: MotionEvent) -> bool:
        return (touch.x - self.center_x) ** 2 + (touch.y - self.center_y) ** 2 <= self.radius**2

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if self.disabled or not self._is_inside(touch):
            return False
        touch.grab(self)
        self.dispatch("on_hold")
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        """Grabbed, so it comes even when the screen has changed; sliding off the button is not letting go."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self.dispatch("on_let_go")
        return True


class ProgressRing(Widget):
    share = NumericProperty(0)
    color = ColorProperty(theme.LIGHT.over_alarm)
    track = ColorProperty((1, 1, 1, 0.25))
    thick = NumericProperty(8)
