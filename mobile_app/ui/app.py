"""The Kivy app: views come in by `Clock.schedule_once`, touches go out by `Phone`'s any-thread methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.lang import Builder
from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.screenmanager import NoTransition, ScreenManager

from mobile_app.core.session import Dismissed, DrillChosen, HoldReleased, HoldStarted
from mobile_app.net.client import Problem
from mobile_app.platforms.desktop import Desktop
from mobile_app.service.phone import Phone
from mobile_app.service.view import View
from mobile_app.traces import RoutePoint
from mobile_app.ui import theme
from mobile_app.ui.facts import Facts
from mobile_app.ui.i18n import say
from mobile_app.ui.panel import SimulationPanel
from mobile_app.ui.screens.active import ActiveScreen
from mobile_app.ui.screens.countdown import CountdownScreen
from mobile_app.ui.screens.guardians import GuardiansScreen
from mobile_app.ui.screens.home import HomeScreen
from mobile_app.ui.screens.settings import SettingsScreen
from mobile_app.ui.screens.sign_up import SignUpScreen
from mobile_app.ui.size import PHONE_WIDTH
from mobile_app.ui.widgets import buttons, hold_button, keypad, step_list  # noqa: F401  the .kv files name their classes

NOTICE_S = 6.0
SCREENS = {
    "home": HomeScreen, "countdown": CountdownScreen, "active": ActiveScreen,
    "sign_up": SignUpScreen, "guardians": GuardiansScreen, "settings": SettingsScreen,
}  # fmt: skip
_UI = Path(__file__).parent
for _kv in (_UI / "widgets" / "base.kv", _UI / "panel.kv", *(_UI / "screens" / f"{name}.kv" for name in SCREENS)):
    Builder.load_file(str(_kv))  # kv rules are global: loading twice would apply them twice


class AnsimApp(App):
    facts = ObjectProperty(None)
    language = StringProperty("ko")

    def __init__(
        self,
        *,
        desktop: Desktop | None = None,
        trace: Sequence[tuple[float, float, float, float]] = (),
        route: Sequence[RoutePoint] = (),
    ) -> None:
        super().__init__()
        self.facts = Facts()
        self.phone: Phone | None = None
        self.panel: SimulationPanel | None = None
        self._desktop, self._trace, self._route = desktop, trace, route
        self._dismissal: Any = None

    def build(self) -> BoxLayout:
        self.title = "Ansim"
        Window.clearcolor = theme.GROUND
        self.screens = ScreenManager(transition=NoTransition(), size_hint_x=None, width=PHONE_WIDTH)
        for name, screen in SCREENS.items():
            self.screens.add_widget(screen(name=name))
        root = BoxLayout()
        root.add_widget(self.screens)
        if self._desktop is None:
            self.screens.size_hint_x = 1
        else:
            self.panel = SimulationPanel(desktop=self._desktop, trace=self._trace, route=self._route)
            root.add_widget(self.panel)
            Window.bind(on_key_down=self._key)
        self.facts.bind(phase=self._show_phase, language=self._set_language)
        Clock.schedule_interval(lambda _: self.facts.beat(), 1 / 30)
        return root

    def on_stop(self) -> None:
        Window.unbind(on_key_down=self._key)

    # ---- news -------------------------------------------------------------------------------------------------

    def viewed(self, view: View) -> None:
        """Any thread: the phone has something new."""
        Clock.schedule_once(lambda _: self._take(view))

    def _take(self, view: View) -> None:
        self.facts.take(view)
        self._set_language(self.facts, self.facts.language)
        if view.phase == "idle" and view.notice and self._dismissal is None:
            self._dismissal = Clock.schedule_once(self._dismiss_notice, NOTICE_S)

    def _dismiss_notice(self, _: float) -> None:
        self._dismissal = None
        if self.facts.phase == "idle":
            self.dismiss()

    def _show_phase(self, _: Facts, phase: str) -> None:
        if phase == "countdown":
            self.screens.current = "countdown"
        elif phase in ("active", "closed"):
            was = self.screens.current_screen
            self.screens.current = "active"
            if was.name == "countdown" and was.is_pin_open:
                self.screens.current_screen.go_on_with_pin(was.keypad.digits)
        elif self.screens.current in ("countdown", "active"):
            self.screens.current = "home"

    def _set_language(self, _: Facts, language: str) -> None:
        self.language = language

    # ---- the screens' words and wishes ------------------------------------------------------------------------

    def say(self, language: str, key: str, **facts: object) -> str:
        """For kv: naming `app.language` in the call makes the text follow the switch."""
        return say(language, key, **facts)

    def go(self, name: str) -> None:
        """To a screen, unless an alert is being shown."""
        if self.screens.current not in ("countdown", "active"):
            self.screens.current = name

    def hold(self) -> None:
        self._tell(HoldStarted())

    def let_go(self) -> None:
        self._tell(HoldReleased())

    def choose_drill(self, on: bool) -> None:
        self._tell(DrillChosen(on))

    def dismiss(self) -> None:
        self._tell(Dismissed())

    def ask_pin(self, screen: CountdownScreen | ActiveScreen) -> None:
        """Without a PIN there is nothing to ask."""
        if self.facts.has_pins:
            screen.is_pin_open = True
        else:
            self.enter_pin("")

    def enter_pin(self, pin: str) -> None:
        if self.phone is not None:
            self.phone.enter_pin(pin)

    def _tell(self, happened: HoldStarted | HoldReleased | DrillChosen | Dismissed) -> None:
        if self.phone is not None:
            self.phone.tell(happened)

    def later(self, work: Future[Any], done: Callable[[Any], None], failed: Callable[[str], None]) -> None:
        """Bring a future's end to the window's thread; `failed` gets a sentence in the person's language."""

        def ended(future: Future[Any]) -> None:
            try:
                answer = future.result()
            except Problem as problem:
                words = problem.message_en if self.language == "en" else problem.message_ko
                Clock.schedule_once(lambda _: failed(words))
            except Exception:
                Clock.schedule_once(lambda _: failed(say(self.language, "failed")))
            else:
                Clock.schedule_once(lambda _: done(answer))

        work.add_done_callback(ended)

    def _key(self, _: object, key: int, __: int, _letter: str | None, modifiers: list[str]) -> bool:
        """S, W and O for the panel, unless a text field is being written in."""
        if self.panel is None or modifiers or Window.children and _is_writing():
            return False
        action = {ord("s"): self.panel.play, ord("w"): self.panel.walk, ord("o"): self.panel.switch_radio}.get(key)
        if action is None:
            return False
        action()
        return True


def _is_writing() -> bool:
    from kivy.uix.textinput import TextInput

    return any(isinstance(widget, TextInput) and widget.focus for root in Window.children for widget in root.walk())
