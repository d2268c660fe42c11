"""How often the window looks at the clock: many times a second while something moves, once a second otherwise, not at
all while it is away."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window

from mobile_app.ui.facts import Facts

MOVING_FPS, STILL_FPS = 30, 10
STILL_AFTER_S = 3.0


class Pace:
    """`look()` after each piece of news. A touch speeds the window up for a few seconds."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._fast = Clock.create_trigger(self._beat, 1 / MOVING_FPS, interval=True)
        self._slow = Clock.create_trigger(self._beat, 1.0, interval=True)
        self._still = Clock.create_trigger(self._calm, STILL_AFTER_S)
        self.start()

    def start(self) -> None:
        Window.bind(on_touch_down=self._touched)
        self._slow()
        self.look()

    def stop(self) -> None:
        for trigger in (self._fast, self._slow, self._still):
            trigger.cancel()
        Window.unbind(on_touch_down=self._touched)

    def look(self) -> None:
        if self._facts.is_moving:
            self._set_fps(MOVING_FPS)
            self._fast()
        else:
            self._fast.cancel()
            self._still()

    def _beat(self, _: float) -> None:
        self._facts.beat()

    def _touched(self, *_: Any) -> None:
        self._set_fps(MOVING_FPS)
        self._still.cancel()
        self._still()

    def _calm(self, _: float) -> None:
        if not self._facts.is_moving:
            self._set_fps(STILL_FPS)

    def _set_fps(self, fps: int) -> None:
        """Kivy reads its limit once; 0 (tests) means that there is none and stays so."""
        if getattr(Clock, "_max_fps", 0):
            Clock._max_fps = float(fps)
