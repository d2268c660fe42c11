"""One guardian: what they see, whether silence shows them her place, what they were told and how far it came, pause and
cut-off. Neither is told to them; a pause looks to them as if there were nothing to see, and a cut-off works without
data and asks for no PIN.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.screenmanager import Screen

from mobile_app.core.messages import read_time
from mobile_app.ui.i18n import day, minute, say
from mobile_app.ui.screens.guardians import standing_of
from mobile_app.ui.screens.ledger import LedgerLine, moment
from mobile_app.ui.shell import load_kv
from mobile_app.ui.widgets.buttons import Row

load_kv(Path(__file__).with_name("ledger.kv"))
MOST_TOLD = 10
REACHED = ("acknowledged", "opened", "delivered", "called", "texted", "pushed")
"""The furthest that a message came, in this order."""
EVENTS = frozenset(
    ("walk_begun", "walk_arrived", "walk_late", "walk_raised", "sos_active", "sos_closed", "approach", "approach_over")
)


class GuardianScreen(Screen):
    message = StringProperty("")
    name_text = StringProperty("")
    since = StringProperty("")
    paused = StringProperty("")
    is_told = BooleanProperty(False)
    shares_on_silence = BooleanProperty(False)
    guardian_id = ""

    def take(self, guardian: dict[str, Any]) -> None:
        app = App.get_running_app()
        self.guardian_id, self.message = str(guardian.get("guardian_id", "")), ""
        self.name_text = say(app.language, "guardian_of", name=str(guardian.get("name", "")))
        self.shares_on_silence = bool(guardian.get("shares_on_silence"))
        at = read_time(guardian.get("designated_at"))
        self.since = standing_of(guardian, app.language)
        if at:
            words = day(app.language, at.astimezone())
            self.since = say(app.language, "guardian_since", at=words, standing=self.since)
        self._fill_pause(guardian)
        self.ids.told.clear_widgets()
        self.is_told = False
        app.later(app.phone.ask_home("notices"), partial(self._show_told, self.guardian_id), lambda _: None)

    def close_top(self) -> bool:
        """One step back is the list."""
        App.get_running_app().go("guardians")
        return True

    # ---- what they were told ------------------------------------------------------------------------------------

    def _show_told(self, guardian_id: str, answer: dict[str, Any]) -> None:
        if guardian_id != self.guardian_id:
            return
        language = App.get_running_app().language
        told = [one for one in (answer or {}).get("notices") or () if one.get("guardian_id") == guardian_id][:MOST_TOLD]
        for one in told:
            self.ids.told.add_widget(
                LedgerLine(icon="bell", who=event_words(one, language), what=reached(one, language))
            )
        self.is_told = bool(told)

    # ---- silence ------------------------------------------------------------------------------------------------

    def switch_silence(self) -> None:
        app, wanted = App.get_running_app(), not self.shares_on_silence
        self.shares_on_silence, self.message = wanted, ""

        def failed(words: str) -> None:
            self.shares_on_silence, self.message = not wanted, words

        asked = app.phone.ask_home("silence", {"guardian_id": self.guardian_id}, {"allowed": wanted})
        app.later(asked, lambda _: None, failed)

    # ---- pause and cut-off --------------------------------------------------------------------------------------

    def _fill_pause(self, guardian: dict[str, Any]) -> None:
        app, guardian_id = App.get_running_app(), self.guardian_id
        rows = []
        if guardian.get("is_paused"):
            until = read_time(guardian.get("paused_until"))
            words = say(app.language, "guardian_paused_until", at=minute(until)) if until else say(
                app.language, "guardian_paused_open")  # fmt: skip
            self.paused = say(app.language, "guardian_paused_now", until=words)
            rows.append(_row("bell", "guardian_resume", lambda: self._ask(app.phone.resume_guardian(guardian_id))))
        else:
            self.paused = ""
            for name, hours in (("guardian_pause_hour", 1), ("guardian_pause_day", 24), ("guardian_pause", 0)):
                rows.append(_row("wait", name, partial(self._pause, hours)))
        rows.append(_row("close", "guardian_cut", self._sure))
        self.ids.pauses.clear_widgets()
        for row in rows:
            self.ids.pauses.add_widget(row)

    def _pause(self, hours: int) -> None:
        app = App.get_running_app()
        until = app.facts.in_minutes(60 * hours) if hours else None
        self._ask(app.phone.pause_guardian(self.guardian_id, until))

    def _ask(self, question: Any) -> None:
        app = App.get_running_app()
        app.later(question, lambda _: self.close_top(), self._failed)

    def _sure(self) -> None:
        """Once more: an invitation is what it takes to undo it."""
        app = App.get_running_app()
        cut = _row("close", "guardian_cut_sure", self._cut)
        cut.hint = say(app.language, "guardian_cut_hint")
        app.open_sheet(self.name_text, [cut, _row("back", "guardian_keep", app.shell.close_sheet)])

    def _cut(self) -> None:
        app = App.get_running_app()
        app.shell.close_sheet()
        app.later(app.phone.remove_guardian(self.guardian_id), self._is_cut, self._failed)

    def _is_cut(self, code: object) -> None:
        app = App.get_running_app()
        words = say(app.language, "guardian_cut_kept" if code == "kept" else "guardian_cut_done")
        app.shell.notice.tell(words, "check")
        self.close_top()

    def _failed(self, words: str) -> None:
        self.message = words


def event_words(notice: dict[str, Any], language: str) -> str:
    """`안심귀가 출발 · 11월 22일 일요일 22:41`."""
    event = str(notice.get("event"))
    name = say(language, f"told_{event}" if event in EVENTS else "told_other")
    return " · ".join(one for one in (name, moment(notice.get("at"), language)) if one)


def reached(notice: dict[str, Any], language: str) -> str:
    """How far it came, in one word with its time."""
    for how in REACHED:
        if at := read_time(notice.get(f"{how}_at")):
            return say(language, f"reached_{how}", at=minute(at))
    return say(language, "reached_waiting")


def _row(icon: str, key: str, call: Callable[[], Any]) -> Row:
    return Row(icon=icon, text=say(App.get_running_app().language, key), on_release=lambda _: call())
