"""The Kivy app: views come in by `Clock.schedule_once`, touches go out by `Phone`'s any-thread methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from mobile_app.core.session import (
    Confirmed,
    Dismissed,
    DrillChosen,
    HoldReleased,
    HoldStarted,
    Input,
    Revealed,
    Tapped,
)
from mobile_app.ports import Surface
from mobile_app.problem import Problem
from mobile_app.service.remote import Remote
from mobile_app.service.view import View
from mobile_app.traces import RoutePoint
from mobile_app.ui.facts import Facts
from mobile_app.ui.fonts import font_for
from mobile_app.ui.i18n import say
from mobile_app.ui.look import Look
from mobile_app.ui.pace import Pace
from mobile_app.ui.panel import Simulated, SimulationPanel
from mobile_app.ui.ready import Ready
from mobile_app.ui.shell import ALERT_SCREENS, Shell, load_widgets, screen_for
from mobile_app.ui.size import PHONE_WIDTH
from mobile_app.ui.widgets.overlay import NOTICE_S

BACK_KEY, GAP_S = 27, 1.0
load_widgets()


class AnsimApp(App):
    facts = ObjectProperty(None)
    look = ObjectProperty(None)
    ready = ObjectProperty(None)
    language = StringProperty("ko")
    is_unlocked = BooleanProperty(False)
    """The covert screen was left with a PIN; it comes back when the window goes away."""

    def __init__(
        self,
        *,
        desktop: Simulated | None = None,
        surface: Surface | None = None,
        folder: Path | None = None,
        trace: Sequence[tuple[float, float, float, float]] | str = (),
        route: Sequence[RoutePoint] | str = (),
        first: View | None = None,
    ) -> None:
        """`first`: what to show until the service has spoken; a covert phone must not open as anything else."""
        super().__init__()
        self.facts, self.look, self.surface = Facts(), Look(), surface or Surface()
        self.ready, self.folder = Ready(), folder
        self.phone: Remote | Any = None
        """A `Remote`; in tests also the `Phone` itself, which has the same methods."""
        self.panel: SimulationPanel | None = None
        self._desktop, self._trace, self._route = desktop, trace, route
        self._dismissal: Any = None
        self._gap: Any = None
        if first is not None:
            self._prepare(first)

    def build(self) -> BoxLayout:
        self.title = ""
        self.shell = Shell()
        self.screens = self.shell.screens
        self.area = self.shell.area
        self.look.bind(ground=self._clear_color)
        self._clear_color()
        self._show_screen()
        root = BoxLayout()
        root.add_widget(self.shell)
        if self._desktop is not None:
            self.shell.size_hint_x, self.shell.width = None, PHONE_WIDTH
            self.panel = SimulationPanel(desktop=self._desktop, trace=self._trace, route=self._route)
            root.add_widget(self.panel)
        Window.bind(on_key_down=self._key, on_keyboard=self._keyboard)
        self.facts.bind(phase=self._phase_changed, is_covert=self._disguise)
        self.facts.walk.bind(is_asking=self._walk_asks, is_running=self._walk_changed)
        self.facts.care.bind(question_id=self._care_asks, is_asked=self._care_asks)
        self.bind(is_unlocked=self._disguise)
        self.pace = Pace(self.facts)
        self._fit_insets()
        self._disguise()
        return root

    def on_stop(self) -> None:
        self.pace.stop()
        Window.unbind(on_key_down=self._key, on_keyboard=self._keyboard)

    def on_pause(self) -> bool:
        """The system takes its picture for the list of recent apps now, and whoever comes back has to unlock again."""
        self.lock()
        self.pace.stop()
        return True

    def on_resume(self) -> None:
        self.pace.start()
        self._fit_insets()
        self.ready.look()
        if self.phone is not None:
            self.phone.look_for_questions()

    # ---- news -------------------------------------------------------------------------------------------------

    def viewed(self, view: View) -> None:
        """Any thread: the phone has something new."""
        Clock.schedule_once(lambda _: self._take(view))

    def linked(self, is_linked: bool) -> None:
        """Any thread: the service is there, or gone. A gap of less than a second is nobody's business."""
        Clock.schedule_once(lambda _: self._take_link(is_linked))

    def _take_link(self, is_linked: bool) -> None:
        if self._gap is not None:
            self._gap.cancel()
        self.facts.is_connecting, self._gap = False, None
        if not is_linked:
            self._gap = Clock.schedule_once(lambda _: setattr(self.facts, "is_connecting", True), GAP_S)

    def _take(self, view: View) -> None:
        if self._prepare(view):
            self.screens.renew()
        self.pace.look()
        if view.phase == "idle" and view.notice and self._dismissal is None:
            self._dismissal = Clock.schedule_once(self._dismiss_notice, NOTICE_S)
            self._tell_notice()

    def _prepare(self, view: View) -> bool:
        """Look, language and facts; whether the look is another than before."""
        settings = view.settings
        is_new = self.look.choose(
            is_dark=settings.look == "dark", is_strong=settings.is_high_contrast, text_scale=settings.text_scale
        )
        self.language = settings.language
        is_first = self.facts.settings is not view.settings and not self.ready.rows
        self.facts.take(view)
        if is_first and view.phase == "idle":
            self.ready.look()
        return is_new

    def _tell_notice(self) -> None:
        """Not on the covert screen, where no word of Ansim may stand."""
        if self.screens.current != "covert":
            self.shell.notice.tell(self.facts.notice, "check" if self.facts.notice_key == "cancelled" else "info")

    def _dismiss_notice(self, _: float) -> None:
        self._dismissal = None
        if self.facts.phase == "idle":
            self.dismiss()

    # ---- where the window is ----------------------------------------------------------------------------------

    @property
    def resting(self) -> str:
        return "covert" if self.facts.is_covert and not self.is_unlocked else "home"

    def _phase_changed(self, *_: object) -> None:
        self.shell.close_sheet()
        if self.facts.phase != "idle":
            self.shell.notice.tell("")
        self._show_screen()

    def _show_screen(self) -> None:
        was = self.screens.current_screen
        name = screen_for(self.facts.phase, self.screens.current or "", self.resting)
        if was is not None and was.name == name:
            return
        self.screens.show(name)
        if name == "active" and was is not None and was.name == "countdown" and was.is_pin_open:
            self.screens.current_screen.go_on_with_pin(was.keypad.digits)

    def _walk_asks(self, _: object, is_asking: bool) -> None:
        """The question comes over whatever she was doing; a covert window keeps it until it is unlocked."""
        if is_asking and self.facts.phase == "idle" and self.resting == "home":
            self.shell.close_sheet()
            self.go("walking")

    def _care_asks(self, *_: object) -> None:
        """A guardian's question, unless her walk's own stands there: that one is about to call for help."""
        is_free = self.facts.phase == "idle" and self.resting == "home" and not self.facts.walk.is_asking
        if self.facts.care.is_asked and is_free:
            self.shell.close_sheet()
            self.go("care")

    def _walk_changed(self, _: object, is_running: bool) -> None:
        """The same words after either PIN."""
        screen = self.screens.current_screen
        if is_running and screen is not None and screen.name == "walk" and not screen.is_busy:
            self.go("walking")  # one that was found at the home center
        if is_running or self.facts.phase != "idle" or self.resting != "home":
            return
        if self.screens.current == "walking":
            self.go("home")
        if ended := self.facts.walk.ended:
            self.shell.notice.tell(say(self.language, f"walk_over_{ended}"), "check")

    def _disguise(self, *_: object) -> None:
        """Window's title, picture among the recent apps, first screen."""
        self.set_title()
        self.surface.disguise.veil(self.facts.is_covert)
        self._show_screen()

    def set_title(self) -> None:
        self.title = say(self.language, "covert_name" if self.facts.is_covert else "app")
        Window.set_title(self.title)

    def on_language(self, *_: object) -> None:
        if self.facts.is_covert:
            self.set_title()

    def go(self, name: str) -> None:
        """To a screen, unless an alert is being shown."""
        if self.screens.current not in ALERT_SCREENS:
            self.screens.show(self.resting if name == "home" else name)

    def back(self) -> bool:
        """The back key and every arrow: closes what is on top, never an alert. False where the app may be left."""
        if self.shell.close_sheet():
            return True
        screen = self.screens.current_screen
        if screen is not None and getattr(screen, "close_top", bool)():
            return True
        if screen is None or screen.name in ALERT_SCREENS:
            return True
        if screen.name == self.resting:
            return False
        self.go("home")
        return True

    def lock(self) -> None:
        """Covert again, on the screen too, if she chose that."""
        if self.facts.is_covert and self.facts.phase == "idle":
            self.shell.close_sheet()
            self.shell.notice.tell("")
            self.is_unlocked = False
            self.screens.show(self.resting)

    def _fit_insets(self) -> None:
        self.area.top_dp, self.area.bottom_dp = self.surface.insets.current()

    def _clear_color(self, *_: object) -> None:
        Window.clearcolor = self.look.ground

    # ---- the screens' words and wishes ------------------------------------------------------------------------

    def say(self, language: str, key: str, **facts: object) -> str:
        """For kv: naming `app.language` in the call makes the text follow the switch."""
        return say(language, key, **facts)

    def font_for(self, text: str) -> str:
        return font_for(text)

    def open_sheet(self, title: str, rows: Sequence[Widget]) -> None:
        self.shell.open_sheet(title, rows)

    def hold(self) -> None:
        self.tell(HoldStarted())

    def let_go(self) -> None:
        self.tell(HoldReleased())

    def tap(self) -> None:
        self.tell(Tapped())

    def reveal(self) -> None:
        """Her covert alert, if there is one, onto the screen."""
        self.tell(Revealed())

    def confirm(self) -> None:
        self.tell(Confirmed())

    def choose_drill(self, on: bool) -> None:
        self.tell(DrillChosen(on))

    def dismiss(self) -> None:
        self.tell(Dismissed())

    def choose(self, **changes: Any) -> None:
        if self.phone is not None:
            self.phone.choose(**changes)

    def enter_pin(self, pin: str) -> Future[Any] | None:
        """The future tells whether it was one of the two PINs, never which."""
        return None if self.phone is None else self.phone.enter_pin(pin)

    def tell(self, happened: Input) -> None:
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

    # ---- keys -------------------------------------------------------------------------------------------------

    def _keyboard(self, _: object, key: int, *__: object) -> bool:
        """Android's back key comes as Escape."""
        return self.back() if key == BACK_KEY else False

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
