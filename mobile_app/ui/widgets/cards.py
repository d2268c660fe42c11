"""What holds words: cards, and lines of a sign with words. Looks are in `base.kv`."""

from __future__ import annotations

from kivy.properties import BooleanProperty, ColorProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout

from mobile_app.ui import theme


class Card(BoxLayout):
    ground = ColorProperty(theme.LIGHT.card)


class HealthLine(BoxLayout):
    """One thing that the phone needs, and whether it has it."""

    icon = StringProperty("")
    text = StringProperty("")
    ink = ColorProperty(theme.LIGHT.ink)


class Message(BoxLayout):
    """What came of it, above the button that did it."""

    text = StringProperty("")
    is_bad = BooleanProperty(True)


class StepCard(ButtonBehavior, BoxLayout):
    """A card that opens something more."""


class RoundKey(ButtonBehavior, BoxLayout):
    """A round key with its word below, as on a call."""

    icon = StringProperty("")
    text = StringProperty("")
    fill = ColorProperty(theme.LIGHT.good)


class Only(BoxLayout):
    """Its content is in the window only while `is_shown`: nothing of it can be touched or read otherwise."""

    is_shown = BooleanProperty(True)

    def on_kv_post(self, _: object) -> None:
        self._content = list(reversed(self.children))
        self._fill()

    def on_is_shown(self, *_: object) -> None:
        if hasattr(self, "_content"):
            self._fill()

    def _fill(self) -> None:
        self.clear_widgets()
        for widget in self._content if self.is_shown else ():
            self.add_widget(widget)
