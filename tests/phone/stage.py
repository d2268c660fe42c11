"""A window without a phone behind it: views are given by hand, what the person does is noted.

Kivy takes its size and density from the environment at import, so each size is a process of its own
(`python -m tests.phone.tour`).
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NOW_S, NOW = 5000.0, datetime(2026, 11, 22, 13, 2, 45, tzinfo=UTC)
"""The moment of a stage: its clocks stand still unless a test moves `now_s`."""
QUESTIONS = frozenset(
    (
        *("meter", "reach", "where", "test_sos", "trial", "change_pins", "readiness", "make_ready"),
        *("begin_walk", "answer_walk", "end_walk", "go_on_walk", "walk_history", "forget_walk"),
        "disclosures",
        *("pause_guardian", "resume_guardian", "remove_guardian", "answer_question", "new_id", "look_for_questions"),
    )
)
HOME = tempfile.mkdtemp(prefix="ansim-kivy-")


def set_environment(*, density: float = 1.0) -> None:
    """Before the first import of Kivy."""
    os.environ.update(
        SDL_VIDEODRIVER="offscreen", KIVY_NO_ARGS="1", KIVY_NO_CONSOLELOG="1", KIVY_NO_FILELOG="1",
        KIVY_NO_CONFIG="1", KIVY_HOME=HOME, KIVY_METRICS_DENSITY=str(density), KIVY_METRICS_FONTSCALE="1",
    )  # fmt: skip


class NotedPhone:
    """What the window asks of a phone; `answers` gives the futures' ends by name."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.chosen: dict[str, Any] = {}
        self.pins: list[str] = []
        self.rung: list[bool] = []
        self.dialled: list[str] = []
        self.asked: list[tuple[Any, ...]] = []
        self.answers: dict[str, Any] = {"guardians": [], "sign_up": True, "enter_pin": True}

    def tell(self, happened: Any) -> None:
        self.told.append(happened)

    def choose(self, **changes: Any) -> None:
        self.chosen |= changes

    def choose_pins(self, pins: Any) -> None:
        self.choose(pins=pins)

    def enter_pin(self, pin: str) -> Future[Any]:
        self.pins.append(pin)
        return self._ended("enter_pin")

    def ring(self, on: bool) -> None:
        self.rung.append(on)

    def dial(self, number: str) -> None:
        self.dialled.append(number)

    def sign_up(self, **_: Any) -> Future[Any]:
        return self._ended("sign_up")

    def guardians(self) -> Future[Any]:
        return self._ended("guardians")

    def ask_home(self, what: str, ids: Any = None, body: Any = None) -> Future[Any]:
        """Answers stand under the question's own name."""
        self.asked.append((what, ids or {}, body or {}))
        return self._ended(what)

    def add_guardian(self, **_: Any) -> Future[Any]:
        return self._ended("add_guardian")

    def _ended(self, name: str) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(self.answers.get(name))
        return future

    def __getattr__(self, name: str) -> Any:
        """The other questions, each kept in `asked` with what it said."""
        if name not in QUESTIONS:
            raise AttributeError(name)
        return lambda *given, **facts: (self.asked.append((name, *given, facts)), self._ended(name))[-1]


class Hand:
    """Verbs of a hand and an eye, for whatever app is in the window."""

    app: Any

    @property
    def screen(self) -> Any:
        return self.app.screens.current_screen

    def frames(self, count: int = 3) -> None:
        """Clock, input and layout as in a frame, without painting it: the processor draws here, and `picture` does."""
        from kivy.base import EventLoop
        from kivy.clock import Clock
        from kivy.lang import Builder

        for _ in range(count):
            Clock.tick()
            EventLoop.dispatch_input()
            Builder.sync()
            Clock.tick_draw()
            Builder.sync()

    def paint(self) -> None:
        from kivy.base import EventLoop

        for _ in range(2):
            EventLoop.idle()

    def until(self, true: Callable[[], bool], within_s: float = 15.0) -> None:
        end_s = time.monotonic() + within_s
        while not true():
            assert time.monotonic() < end_s, f"not within {within_s} s; on screen: {self.words()}"
            self.frames(1)
            time.sleep(0.01)  # drawing is done by the processor here: leave some of it to the phone
        self.frames(2)

    def press(self, widget: Any) -> None:
        from kivy.tests.common import UnitTestTouch

        self._touch: Any = UnitTestTouch(*widget.to_window(*widget.center))
        self._touch.touch_down()
        self.frames(1)

    def let_go(self) -> None:
        self._touch.touch_up()
        self.frames(3)

    def tap(self, widget: Any) -> None:
        self.press(widget)
        self.let_go()

    def back_key(self) -> bool:
        """Android's back key; whether the window took it."""
        from kivy.core.window import Window

        taken = bool(Window.dispatch("on_keyboard", 27, 0, None, []))
        self.frames(2)
        return taken

    def button(self, text: str) -> Any:
        found = [
            w for w in self.app.shell.walk()
            if getattr(w, "text", None) == text and hasattr(w, "state") and not w.disabled
        ]  # fmt: skip
        assert found, f"no button {text!r} among {self.words()}"
        return found[0]

    def enter_pin(self, pin: str, ok: str = "확인") -> None:
        for digit in pin:
            self.tap(self.button(digit))
        if not self.app.facts.pin_digits:
            self.tap(self.button(ok))

    def words(self) -> list[str]:
        """Every text in the phone's part of the window, of widgets that are not hidden."""
        return [widget.text for widget in self.seen() if getattr(widget, "text", "")]

    def seen(self) -> list[Any]:
        """Every widget that is shown, from the outside in; a scroll's content counts wherever it stands."""
        found: list[Any] = []

        def look(widget: Any) -> None:
            if widget.opacity == 0:
                return
            found.append(widget)
            for child in reversed(widget.children):
                look(child)

        look(self.app.shell)
        return found

    def picture(self, name: str = "") -> bytes:
        """The pixels when no key is down any more (they stay down for a moment). With PHONE_PICTURES set, also a PNG of
        that name there."""
        from kivy.core.window import Window

        self.until(lambda: not any(getattr(widget, "state", "") == "down" for widget in self.seen()))
        self.paint()
        path = Path(Window.screenshot(name=str(Path(HOME) / "shot.png")))
        data = path.read_bytes()
        path.unlink()
        if (folder := os.environ.get("PHONE_PICTURES")) and name:
            (Path(folder) / f"{name}.png").write_bytes(data)
        return data


class Stage(Hand):
    """A window of its own process or test: `show(view)` and look."""

    def __init__(self, *, width: int = 412, height: int = 915, surface: Any = None) -> None:
        from kivy.base import runTouchApp

        from mobile_app.ui.app import AnsimApp

        self.app = AnsimApp(surface=surface)
        self.now_s = NOW_S
        self.app.facts.monotonic_s = lambda: self.now_s
        self.app.facts.wall = lambda: NOW + timedelta(seconds=self.now_s - NOW_S)
        self.phone = self.app.phone = NotedPhone()
        self.app._run_prepare()
        runTouchApp(embedded=True)
        self.app.shell.size_hint = (None, None)  # the surface may be wider: it has room for a desktop's panel
        self.app.shell.size = (width, height)
        self.frames(3)

    def show(self, view: Any) -> None:
        self.view = view
        self.app.viewed(view)
        self.frames(4)

    def change(self, **changes: Any) -> None:
        self.show(replace(self.view, **changes))

    def settle(self, **changes: Any) -> None:
        """Change settings of the view."""
        self.show(replace(self.view, settings=replace(self.view.settings, **changes)))

    def close(self) -> None:
        from kivy.core.window import Window

        self.app._stop()
        self.app.stop()
        for child in Window.children[:]:
            Window.remove_widget(child)
