"""Buttons and bars whose looks are in `base.kv`; here are only the properties that the looks depend on."""

from __future__ import annotations

from kivy.properties import BooleanProperty, ColorProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label

from mobile_app.ui import theme


class Press(ButtonBehavior, Label):
    """The main action of a screen."""

    ground = ColorProperty(theme.BLUE)
    ink = ColorProperty(theme.WHITE)
    border = ColorProperty(theme.BLUE)

    def shade(self, state: str, ground: list[float]) -> list[float]:
        """Darker under the finger."""
        return list(ground) if state == "normal" else [part * 0.86 for part in ground[:3]] + [1]


class Plain(Press):
    """Any other action."""


class Choice(Press):
    """One of several, or a switch."""

    is_chosen = BooleanProperty(False)


class PanelButton(Press):
    is_lit = BooleanProperty(False)


class TopBar(BoxLayout):
    title = StringProperty("")
