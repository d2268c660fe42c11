"""What holds words: cards, and lines of a sign with words. Looks are in `base.kv`."""

from __future__ import annotations

from kivy.clock import Clock
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

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


class Scroll(ScrollView):
    """What fits stands at the top, wherever a longer text had been scrolled to before."""

    def __init__(self, **facts: object) -> None:
        super().__init__(**facts)
        self._settle = Clock.create_trigger(self._to_top, -1)
        self.bind(viewport_size=self._settle, size=self._settle, scroll_y=self._settle)

    def _to_top(self, _: float) -> None:
        if self.viewport_size[1] <= self.height and self.scroll_y != 1:
            self.scroll_y = 1


class Only(BoxLayout):
    """Its content is in the window only while `is_shown`: nothing of it can be touched or read otherwise."""

    is_shown = BooleanProperty(True)
    folded = NumericProperty(0)
    """Its height while it is not shown: takes back the space that a column leaves between what stands in it."""

    def on_parent(self, _: object, parent: Widget | None) -> None:
        if isinstance(parent, BoxLayout):
            parent.bind(spacing=self._fold)
            self._fold(parent, parent.spacing)

    def _fold(self, _: object, gap: float) -> None:
        self.folded = -gap

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
