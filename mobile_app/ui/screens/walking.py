"""A walk that runs: one calm word, the time, and what she can say. Asked, the question is all there is.

An end asks for the PIN where the service says so; what follows is the same after either PIN (`pin_screen.py`).
"""

from __future__ import annotations

from kivy.app import App
from kivy.properties import StringProperty

from mobile_app.core.walk import ARRIVED, CANCEL
from mobile_app.ui.screens.pin_screen import PinScreen

EXTEND_MIN, SNOOZE_MIN = 15, 10


class WalkingScreen(PinScreen):
    ending = StringProperty(CANCEL)
    """What the PIN that is being entered ends."""

    def ok(self) -> None:
        App.get_running_app().phone.answer_walk("ok")

    def extend(self) -> None:
        App.get_running_app().phone.answer_walk("extend", EXTEND_MIN)

    def snooze(self) -> None:
        App.get_running_app().phone.answer_walk("snooze", SNOOZE_MIN)

    def arrived(self) -> None:
        self._end(ARRIVED)

    def cancel(self) -> None:
        self._end(CANCEL)

    def _end(self, what: str, pin: str = "") -> None:
        app, self.ending = App.get_running_app(), what
        app.later(app.phone.end_walk(what, pin), self._answered, app.shell.notice.tell)

    def _answered(self, code: object) -> None:
        """Ended, the next view leads away from here."""
        if code == "pin_needed":
            self.is_pin_open = True

    def _entered(self, _: object, pin: str) -> None:
        self._end(self.ending, pin)
