"""A guardian asks whether she is OK: who, what her silence would do, and two answers."""

from __future__ import annotations

from kivy.app import App
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.screenmanager import Screen

from mobile_app.core.care import CALL_ME, OK
from mobile_app.ui.i18n import say


class CareScreen(Screen):
    message = StringProperty("")
    is_busy = BooleanProperty(False)

    def on_pre_enter(self) -> None:
        self.message, self.is_busy = "", False

    def ok(self) -> None:
        self._answer(OK)

    def call_me(self) -> None:
        self._answer(CALL_ME)

    def _answer(self, said: str) -> None:
        app = App.get_running_app()
        if app.facts.care.question_id:
            self.is_busy = True
            app.later(app.phone.answer_question(app.facts.care.question_id, said), self._answered, self._failed)

    def _answered(self, code: object) -> None:
        app = App.get_running_app()
        self.is_busy = False
        app.shell.notice.tell(say(app.language, "care_kept" if code == "kept" else "care_said"), "check")
        if app.screens.current_screen is self and not app.facts.care.is_asked:
            app.go("walking" if app.facts.walk.is_running else "home")

    def _failed(self, words: str) -> None:
        self.is_busy, self.message = False, words
