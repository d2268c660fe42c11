"""Who is told: the list, and a new guardian with the code that invites them."""

from __future__ import annotations

from typing import Any

from kivy.app import App
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.screenmanager import Screen


class GuardianRow(BoxLayout):
    name = StringProperty("")
    phone = StringProperty("")
    state = StringProperty("")
    is_accepted = BooleanProperty(False)


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
            row.is_accepted = bool(guardian.get("accepted_at"))
            row.state = app.say(app.language, "accepted" if guardian.get("accepted_at") else "invited")
            self.ids.rows.add_widget(row)
        self.ids.empty.text = "" if guardians else app.say(app.language, "no_guardians")

    def _failed(self, message: str) -> None:
        self.message = message
