"""Whether everything is ready, for the home screen's one line and the readiness screen. On the window's thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kivy.app import App
from kivy.event import EventDispatcher
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, StringProperty

from mobile_app.ports import ABSENT, Check
from mobile_app.ui.checks import SECOND_PIN, Row, missing, rows, summary


class Ready(EventDispatcher):
    """`look()` asks the device, the servers and the home center anew; each answer is shown as it comes."""

    rows = ListProperty([])
    line = StringProperty("")
    missing = NumericProperty(0)
    is_known = BooleanProperty(False)
    is_looking = BooleanProperty(False)

    def __init__(self) -> None:
        super().__init__()
        self._device: Sequence[Check] = ()
        self._reached: Mapping[str, Any] = {}
        self._guardians: Sequence[Mapping[str, Any]] | None = None
        self._asked = 0

    def look(self) -> None:
        app = App.get_running_app()
        if self.is_looking or app.phone is None:
            return
        questions = [(app.phone.reach, "_reached"), (self._checks, "_device")]
        if app.facts.is_signed_up:
            questions.append((app.phone.guardians, "_guardians"))
        self.is_looking, self._asked = True, len(questions)
        self.tell()
        for question, name in questions:
            try:
                app.later(question(), lambda answer, name=name: self._take(name, answer), lambda _: self._answered())
            except RuntimeError:  # the phone is not running yet
                self._answered()

    def _checks(self) -> Any:
        """On Android only the window may ask for what is missing, and knows it best."""
        from concurrent.futures import Future

        app = App.get_running_app()
        if app.surface.readiness is ABSENT:
            return app.phone.readiness()
        answer: Future[Any] = Future()
        answer.set_result(app.surface.readiness.checks())
        return answer

    def _take(self, name: str, answer: Any) -> None:
        setattr(self, name, answer or ())
        self._answered()

    def _answered(self) -> None:
        self._asked -= 1
        self.is_looking = self._asked > 0
        self.tell()

    def tell(self, *_: object) -> None:
        """Into words again: news, or another language."""
        app = App.get_running_app()
        found: list[Row] = []
        if self._device or self._reached:
            settings = app.facts.settings
            found = rows(self._device, dict(self._reached), self._guardians, settings, now=app.facts.wall())
        self.rows, self.missing, self.is_known = found, missing(found), bool(found) and not self.is_looking
        self.line = summary(found if self.is_known else (), app.language)

    def fix(self, row: Row) -> str:
        """Do what the row's button says; the key of what to tell her, if anything."""
        app = App.get_running_app()
        kind, _, name = row.fix.partition(":")
        if row.name == SECOND_PIN:  # once she has looked, a row that is gone tells nobody whether she has one
            app.choose(is_second_pin_open=False)
        if kind == "go":
            app.go(name)
        elif kind == "device":
            if app.surface.readiness is not ABSENT:
                return "fix_opened" if app.surface.readiness.fix(name) else "fix_not_here"
            app.later(app.phone.make_ready(name), lambda _: self.look(), lambda _: None)
        return ""
