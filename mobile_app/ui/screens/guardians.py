"""Who is told: the list, a new guardian with the code that invites them, and how one is paused or cut off.

Neither is told to the guardian, and a pause looks to them as if there were nothing to see.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from kivy.app import App
from kivy.properties import BooleanProperty, ColorProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.screenmanager import Screen

from mobile_app.core.messages import read_time
from mobile_app.ui import theme
from mobile_app.ui.i18n import minute, say
from mobile_app.ui.widgets.buttons import Row


class GuardianRow(ButtonBehavior, BoxLayout):
    name = StringProperty("")
    phone = StringProperty("")
    standing = StringProperty("")
    ink = ColorProperty(theme.LIGHT.ink)
    is_accepted = BooleanProperty(False)
    is_paused = BooleanProperty(False)


class GuardiansScreen(Screen):
    message = StringProperty("")
    invitation = StringProperty("")

    def on_pre_enter(self) -> None:
        self.message = self.invitation = ""
        self.fetch()

    def fetch(self) -> None:
        app = App.get_running_app()
        app.later(app.phone.guardians(), self._show, self._failed)

    def add(self) -> None:
        app, name, phone = App.get_running_app(), self.ids.name.text.strip(), self.ids.phone.text.strip()
        if not name or not phone:
            self.message = app.say(app.language, "fill_guardian")
            return
        app.later(app.phone.add_guardian(name=name, phone=phone), self._added, self._failed)

    def _added(self, answer: dict[str, Any]) -> None:
        app = App.get_running_app()
        self.message, self.invitation = "", app.say(app.language, "invitation", code=answer.get("invitation", ""))
        self.ids.name.text = self.ids.phone.text = ""
        self.fetch()

    def _show(self, guardians: list[dict[str, Any]]) -> None:
        app = App.get_running_app()
        self.ids.rows.clear_widgets()
        for guardian in guardians:
            row = GuardianRow(name=str(guardian.get("name", "")), phone=f"···{guardian.get('phone_last4', '')}")
            row.is_accepted, row.is_paused = bool(guardian.get("accepted_at")), bool(guardian.get("is_paused"))
            row.standing = self._standing(guardian)
            row.bind(on_release=partial(self.open, guardian))
            self.ids.rows.add_widget(row)
        self.ids.empty.text = "" if guardians else app.say(app.language, "no_guardians")

    def _standing(self, guardian: dict[str, Any]) -> str:
        language = App.get_running_app().language
        if guardian.get("is_paused"):
            return say(language, "guardian_paused")
        if until := read_time(guardian.get("guest_until")):
            return say(language, "guardian_guest", at=minute(until))
        return say(language, "accepted" if guardian.get("accepted_at") else "invited")

    # ---- one of them --------------------------------------------------------------------------------------------

    def open(self, guardian: dict[str, Any], *_: object) -> None:
        app, guardian_id = App.get_running_app(), str(guardian.get("guardian_id", ""))
        rows = []
        if guardian.get("is_paused"):
            rows.append(_row("bell", "guardian_resume", lambda: app.phone.resume_guardian(guardian_id), self._ask))
        else:
            for name, hours in (("guardian_pause_hour", 1), ("guardian_pause_day", 24), ("guardian_pause", 0)):
                until = app.facts.in_minutes(60 * hours) if hours else None
                rows.append(_row("wait", name, partial(app.phone.pause_guardian, guardian_id, until), self._ask))
            rows[-1].hint = say(app.language, "guardian_pause_hint")
        rows.append(_row("close", "guardian_cut", partial(self._sure, guardian), lambda call: call()))
        app.open_sheet(say(app.language, "guardian_of", name=str(guardian.get("name", ""))), rows)

    def _sure(self, guardian: dict[str, Any]) -> None:
        """Once more: an invitation is what it takes to undo it."""
        app, guardian_id = App.get_running_app(), str(guardian.get("guardian_id", ""))
        cut = _row("close", "guardian_cut_sure", lambda: app.phone.remove_guardian(guardian_id), self._ask)
        cut.hint = say(app.language, "guardian_cut_hint")
        keep = _row("back", "guardian_keep", app.shell.close_sheet, lambda call: call())
        app.open_sheet(say(app.language, "guardian_of", name=str(guardian.get("name", ""))), [cut, keep])

    def _ask(self, question: Callable[[], Any]) -> None:
        app = App.get_running_app()
        app.shell.close_sheet()
        app.later(question(), lambda _: self.fetch(), self._failed)

    def _failed(self, message: str) -> None:
        self.message = message


def _row(icon: str, key: str, call: Callable[[], Any], do: Callable[[Callable[[], Any]], Any]) -> Row:
    language = App.get_running_app().language
    hint = say(language, f"{key}_hint") if key in ("guardian_resume", "guardian_cut") else ""
    row = Row(icon=icon, text=say(language, key), hint=hint)
    row.bind(on_release=lambda *_: do(call))
    return row
