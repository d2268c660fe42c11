"""The ministry's code of a protected person: what she agrees to, her code, and what has been entered, to be deleted.

Nothing of it stays in the phone: the home center holds it, and this screen forgets what was typed when it closes.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from kivy.app import App
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.screenmanager import Screen

from mobile_app.core.messages import read_time
from mobile_app.ui.i18n import day, say
from mobile_app.ui.widgets.buttons import Row


class ProtectionScreen(Screen):
    message = StringProperty("")
    words = StringProperty("")
    """What she agrees to, in her language; empty until the home center has told it."""
    is_busy, has_any = BooleanProperty(False), BooleanProperty(False)

    def on_pre_enter(self) -> None:
        self.message = self.words = self.ids.code.text = ""
        self._version = ""
        self.load()

    def on_leave(self) -> None:
        self.ids.code.text = ""

    def load(self) -> None:
        app = App.get_running_app()
        app.later(app.phone.ask_home("consents"), self._read, self._failed)
        app.later(app.phone.ask_home("protection"), self._show, self._failed)

    def _read(self, told: dict[str, Any]) -> None:
        texts = (told or {}).get("texts") or {}
        words = texts.get("protection") or {}
        self.words = str(words.get(App.get_running_app().language) or "")

    def _show(self, told: dict[str, Any]) -> None:
        app, rows = App.get_running_app(), self.ids.rows
        self.is_busy, self._version = False, str((told or {}).get("text_version") or "")
        rows.clear_widgets()
        for one in (told or {}).get("protections") or ():
            tested = when(one.get("tested_at"), app.language)
            hint = say(app.language, "protection_tested", at=tested) if tested else say(app.language, "protection_new")
            since = say(app.language, "protection_since", at=when(one.get("registered_at"), app.language))
            row = Row(icon="minus", text=since, hint=hint)
            row.bind(on_release=partial(self.ask_to_end, str(one.get("protection_id"))))
            rows.add_widget(row)
        self.has_any = bool(rows.children)

    def add(self) -> None:
        """Only with the words before her that she agrees to."""
        app, code = App.get_running_app(), self.ids.code.text.strip()
        if not code or not self.words:
            self.message = say(app.language, "protection_no_code" if self.words else "protection_no_words")
            return
        self.message, self.is_busy = "", True
        body = {"code": code, "consent": True, "version": self._version}
        app.later(app.phone.ask_home("protect", {}, body), self._added, self._failed)

    def _added(self, _: Any) -> None:
        app = App.get_running_app()
        self.ids.code.text, self.is_busy = "", False
        app.shell.notice.tell(say(app.language, "protection_added"), "check")
        self.load()

    def ask_to_end(self, protection_id: str, *_: object) -> None:
        app = App.get_running_app()
        yes = Row(icon="minus", text=say(app.language, "protection_end"), hint=say(app.language, "protection_end_why"))
        yes.bind(on_release=partial(self._end, protection_id))
        app.open_sheet(say(app.language, "protection_end_sure"), [yes])

    def _end(self, protection_id: str, *_: object) -> None:
        app = App.get_running_app()
        app.shell.close_sheet()
        asked = app.phone.ask_home("unprotect", {"protection_id": protection_id})
        app.later(asked, lambda _: self.load(), self._failed)

    def _failed(self, message: str) -> None:
        self.is_busy, self.message = False, message


def when(at: Any, language: str) -> str:
    known = read_time(at)
    return day(language, known.astimezone()) if known else ""
