"""What measures and what is checked: the shake bar, a hop of the test, a row of the readiness check."""

from __future__ import annotations

from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from mobile_app.ui import theme


class ShakeBar(Widget):
    """`share` of its length is filled; the mark stands where a shake is strong enough."""

    share = NumericProperty(0)
    mark = NumericProperty(0.5)
    color = ColorProperty(theme.LIGHT.primary)
    track = ColorProperty(theme.LIGHT.line)
    tick = ColorProperty(theme.LIGHT.ink)


class WalkBar(Widget):
    """How much of the time of a walk has passed."""

    share = NumericProperty(0)
    color = ColorProperty(theme.LIGHT.good)
    track = ColorProperty(theme.LIGHT.line)


class HopRow(BoxLayout):
    """One station of the test; `state` is `done`, `now`, `failed` or "" (still to come)."""

    text = StringProperty("")
    at = StringProperty("")
    state = StringProperty("")


class CheckRow(BoxLayout):
    """One thing that must be ready, with a button that mends it."""

    title = StringProperty("")
    why = StringProperty("")
    word = StringProperty("")
    icon = StringProperty("")
    ink = ColorProperty(theme.LIGHT.ink)
    fix_text = StringProperty("")

    __events__ = ("on_fix",)

    def on_fix(self) -> None: ...


class ReadyLine(ButtonBehavior, BoxLayout):
    """One line for the first screen: is everything ready? Leads to the check."""


class Stepper(BoxLayout):
    """A number with less and more beside it."""

    text = StringProperty("")
    can_less = BooleanProperty(True)
    can_more = BooleanProperty(True)

    __events__ = ("on_less", "on_more")

    def on_less(self) -> None: ...

    def on_more(self) -> None: ...
