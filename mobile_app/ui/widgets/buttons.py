"""What can be pressed. Looks are in `base.kv`; here are the properties that they depend on."""

from __future__ import annotations

from collections.abc import Sequence

from kivy.clock import Clock
from kivy.input import MotionEvent
from kivy.properties import BooleanProperty, ColorProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.widget import Widget

from mobile_app.ui import theme

RESTED_S = 2.0


class BasePress(ButtonBehavior, Label):
    """Words in a rounded field. `base.kv` gives each class its colours; a rule must not be overridden by a constant,
    or by something that follows another property: Kivy goes on obeying both."""

    ground = ColorProperty(theme.LIGHT.primary)
    ink = ColorProperty(theme.LIGHT.over_primary)
    border = ColorProperty(theme.LIGHT.primary)
    icon = StringProperty("")

    def shade(self, state: str, ground: Sequence[float]) -> list[float]:
        """Darker under the finger."""
        return list(ground) if state == "normal" else [part * 0.86 for part in ground[:3]] + [1]


class Press(BasePress):
    """The main action of a screen; at most one of them is to be seen."""


class Plain(Press):
    """Any other action."""


class Danger(Press):
    """Calls for help, or takes something away for good."""


class Good(Press):
    """All is well."""


class Choice(Press):
    """One of several side by side; the chosen one has a tick."""

    is_chosen = BooleanProperty(False)


class BarPress(BasePress):
    """As high as the bar that it stands in."""


class BarPlain(BarPress):
    """Another one beside it."""


class Chip(BasePress):
    """A short thing to say, as wide as its words."""


class KeySign(Plain):
    """A key with a sign instead of words."""

    sign = StringProperty("")


class PanelButton(Press):
    is_lit = BooleanProperty(False)


class IconPress(ButtonBehavior, Widget):
    name = StringProperty("")
    color = ColorProperty(theme.LIGHT.ink)


class Tile(ButtonBehavior, BoxLayout):
    """A sign above its word, in the bar at the bottom."""

    icon = StringProperty("")
    text = StringProperty("")


class Row(ButtonBehavior, BoxLayout):
    """A line of a list that leads somewhere."""

    icon = StringProperty("")
    text = StringProperty("")
    hint = StringProperty("")


class Sign(BoxLayout):
    """A state in words with its sign: never by colour alone."""

    icon = StringProperty("")
    text = StringProperty("")
    ink = ColorProperty(theme.LIGHT.ink)
    soft = ColorProperty(theme.LIGHT.card)


class Taps(Widget):
    """Takes fingers and shows nothing of them: `on_tap` when one comes down, `on_let_go` when it leaves, `on_rested`
    when it has stayed for `RESTED_S`."""

    __events__ = ("on_tap", "on_let_go", "on_rested")

    def on_tap(self) -> None: ...

    def on_let_go(self) -> None: ...

    def on_rested(self) -> None: ...

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if self.disabled or not self.collide_point(*touch.pos):
            return False
        touch.grab(self)
        touch.ud[self] = Clock.schedule_once(lambda _: self.dispatch("on_rested"), RESTED_S)
        self.dispatch("on_tap")
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        touch.ud[self].cancel()
        self.dispatch("on_let_go")
        return True


class TapField(Taps, Sign):
    """The field on the first screen."""


class Face(Taps, Label):
    """Words that take fingers."""


class Knob(Widget):
    is_on = BooleanProperty(False)


class SwitchRow(ButtonBehavior, BoxLayout):
    """The whole line is the switch. It shows what is; whoever binds `on_release` changes it."""

    text = StringProperty("")
    hint = StringProperty("")
    is_on = BooleanProperty(False)


class ChoiceRow(ButtonBehavior, BoxLayout):
    """One of several below each other."""

    text = StringProperty("")
    hint = StringProperty("")
    is_chosen = BooleanProperty(False)


class DrillBanner(Sign):
    is_shown = BooleanProperty(False)


class TopBar(BoxLayout):
    """`on_back` goes where the back key goes, unless a screen binds something else."""

    title = StringProperty("")

    __events__ = ("on_back",)

    def on_back(self) -> None:
        from kivy.app import App

        App.get_running_app().back()
