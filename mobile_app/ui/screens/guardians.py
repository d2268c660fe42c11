"""Who is told: the list, and a new guardian or a guest for one day, with the link that invites them.

A touch on a line opens `guardian.py`. Nothing that is done there is told to the guardian.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from kivy.app import App
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.screenmanager import Screen

from mobile_app.core.messages import read_time, write_time
from mobile_app.ui import theme
from mobile_app.ui.i18n import minute, say

GUEST_HOURS = (3, 6, 12, 24)
SLACK_MIN = 5
"""The home center's clock may be ahead of ours: a whole day by ours must not be more than one by its."""


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
    is_guest = BooleanProperty(False)
    guest_hours = NumericProperty(GUEST_HOURS[1])

    def on_pre_enter(self) -> None:
        self.message = self.invitation = ""
        self.is_guest = False
        self._invited = ("", "")
        self.fetch()

    def fetch(self) -> None:
        app = App.get_running_app()
        app.later(app.phone.guardians(), self._show, self._failed)

    def _show(self, guardians: list[dict[str, Any]]) -> None:
        app = App.get_running_app()
        self.ids.rows.clear_widgets()
        for guardian in guardians:
            row = GuardianRow(name=str(guardian.get("name", "")), phone=f"···{guardian.get('phone_last4', '')}")
            row.is_accepted, row.is_paused = bool(guardian.get("accepted_at")), bool(guardian.get("is_paused"))
            row.standing = standing_of(guardian, app.language)
            row.bind(on_release=partial(self.open, guardian))
            self.ids.rows.add_widget(row)
        self.ids.empty.text = "" if guardians else say(app.language, "no_guardians")

    def open(self, guardian: dict[str, Any], *_: object) -> None:
        app = App.get_running_app()
        app.go("guardian")
        app.screens.current_screen.take(guardian)

    # ---- a new one ----------------------------------------------------------------------------------------------

    def guest_until(self, hours: float, _: str) -> str:
        """`_`: the clock that the words follow."""
        return minute(App.get_running_app().facts.in_minutes(60 * hours))

    def step(self, way: int) -> None:
        others = [one for one in GUEST_HOURS if (one - self.guest_hours) * way > 0]
        if others:
            self.guest_hours = others[0] if way > 0 else others[-1]

    def can(self, way: int, hours: float) -> bool:
        return any((one - hours) * way > 0 for one in GUEST_HOURS)

    def add(self) -> None:
        app, name, phone = App.get_running_app(), self.ids.name.text.strip(), self.ids.phone.text.strip()
        if not name or not phone:
            self.message = app.say(app.language, "fill_guardian")
            return
        if self.is_guest:
            until = write_time(app.facts.in_minutes(60 * self.guest_hours - SLACK_MIN))
            asked = app.phone.ask_home("guest", {}, {"name": name, "phone": phone, "until": until})
        else:
            asked = app.phone.add_guardian(name=name, phone=phone)
        app.later(asked, partial(self._added, phone), self._failed)

    def _added(self, phone: str, answer: dict[str, Any]) -> None:
        app = App.get_running_app()
        code = str(answer.get("invitation", ""))
        self.message, self.invitation = "", app.say(app.language, "invitation", code=code)
        self._invited = (phone, code)
        self.ids.name.text = self.ids.phone.text = ""
        self.is_guest = False
        self.fetch()

    def share(self) -> None:
        """In her own message app, with the words in it: she sends it, or doesn't."""
        app = App.get_running_app()
        phone, code = self._invited
        link = f"{app.facts.settings.home_url.rstrip('/')}/invitation/{code}"
        words = say(app.language, "invite_text", name=app.facts.nickname, link=link)
        if not app.surface.messages.write(to=phone, text=words):
            self._copy(words)

    def _copy(self, words: str) -> None:
        app = App.get_running_app()
        try:
            from kivy.core.clipboard import Clipboard

            Clipboard.copy(words)
        except Exception:  # no clipboard here: the code is on the screen
            return
        app.shell.notice.tell(say(app.language, "invite_shared"), "check")

    def _failed(self, message: str) -> None:
        self.message = message


def standing_of(guardian: dict[str, Any], language: str) -> str:
    if guardian.get("is_paused"):
        return say(language, "guardian_paused")
    if until := read_time(guardian.get("guest_until")):
        return say(language, "guardian_guest", at=minute(until))
    return say(language, "accepted" if guardian.get("accepted_at") else "invited")
