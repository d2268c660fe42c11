"""The theme as the person has chosen it, live: every widget binds to `app.look`, and all follow when it changes."""

from __future__ import annotations

from kivy.event import EventDispatcher
from kivy.metrics import Metrics, dp
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty

from mobile_app.ui import theme

MOST_OF_SIGNS = 1.5


class Look(EventDispatcher):
    """Colours are `theme.Palette`'s; sizes are pixels of `theme.TYPE_SP`'s styles. None may be named `on_…`: Kivy would
    take it for the handler of another one."""

    ground = ColorProperty(theme.LIGHT.ground)
    card = ColorProperty(theme.LIGHT.card)
    ink = ColorProperty(theme.LIGHT.ink)
    quiet = ColorProperty(theme.LIGHT.quiet)
    line = ColorProperty(theme.LIGHT.line)
    edge = ColorProperty(theme.LIGHT.edge)
    primary = ColorProperty(theme.LIGHT.primary)
    over_primary = ColorProperty(theme.LIGHT.over_primary)
    primary_ink = ColorProperty(theme.LIGHT.primary_ink)
    primary_soft = ColorProperty(theme.LIGHT.primary_soft)
    danger = ColorProperty(theme.LIGHT.danger)
    over_danger = ColorProperty(theme.LIGHT.over_danger)
    danger_ink = ColorProperty(theme.LIGHT.danger_ink)
    danger_soft = ColorProperty(theme.LIGHT.danger_soft)
    good = ColorProperty(theme.LIGHT.good)
    over_good = ColorProperty(theme.LIGHT.over_good)
    good_ink = ColorProperty(theme.LIGHT.good_ink)
    good_soft = ColorProperty(theme.LIGHT.good_soft)
    warn_ink = ColorProperty(theme.LIGHT.warn_ink)
    warn_soft = ColorProperty(theme.LIGHT.warn_soft)
    alarm = ColorProperty(theme.LIGHT.alarm)
    over_alarm = ColorProperty(theme.LIGHT.over_alarm)
    alarm_edge = ColorProperty(theme.LIGHT.alarm_edge)

    caption = NumericProperty(14)
    small = NumericProperty(15)
    body = NumericProperty(17)
    lead = NumericProperty(20)
    title = NumericProperty(24)
    display = NumericProperty(34)
    huge = NumericProperty(64)
    is_dark = BooleanProperty(False)
    signs = NumericProperty(1)
    """By how much the signs beside words grow with them."""
    is_large = BooleanProperty(False)
    """Words so large that what stands side by side has to stand below each other."""

    def __init__(self) -> None:
        super().__init__()
        self._chosen: tuple[bool, bool, float] | None = None
        self.choose(is_dark=False, is_strong=False, text_scale=1.0)

    def choose(self, *, is_dark: bool, is_strong: bool, text_scale: float) -> bool:
        """Whether anything changed: then the screens are made anew, because a widget obeys the rules of its class and
        its own in the order in which single properties happen to change. The device's own scale comes in by Kivy's
        metrics."""
        if (chosen := (is_dark, is_strong, text_scale)) == self._chosen:
            return False
        self._chosen, self.is_dark = chosen, is_dark
        palette = theme.palette(is_dark=is_dark, is_strong=is_strong)
        for name in theme.COLOURS:
            setattr(self, name, getattr(palette, name))
        for name in theme.TYPE_SP:
            setattr(self, name, dp(theme.type_sp(name, chosen=text_scale, system=Metrics.fontscale)))
        self.signs = max(1.0, min(MOST_OF_SIGNS, self.body / dp(theme.TYPE_SP["body"])))
        self.is_large = self.body > dp(theme.TYPE_SP["body"] * 1.3)
        return True
