"""Disaster warnings: what she agrees to, the municipalities she chooses, what runs there, and the end of it.

Her choice is kept by her home center, the same that her own page shows; this screen keeps nothing. Where she is plays
no part here: the service holds the areas against her place (`service/warnings.py`).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from kivy.app import App
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.screenmanager import Screen

from mobile_app.core.messages import read_time
from mobile_app.ui.i18n import day, say
from mobile_app.ui.widgets.buttons import Row

MOST_FOUND = 6
"""Rows of a search; more letters find fewer."""


class DisastersScreen(Screen):
    message = StringProperty("")
    words = StringProperty("")
    """What she agrees to, in her language; empty until the home center has told it."""
    is_busy, is_agreed, has_running = BooleanProperty(False), BooleanProperty(False), BooleanProperty(False)
    chosen_count, most = NumericProperty(0), NumericProperty(0)

    def __init__(self, **given: Any) -> None:
        self._version = ""
        self._chosen: dict[str, str] = {}
        """Municipalities, code → name; `_all`: those that there are."""
        self._all: dict[str, str] = {}
        super().__init__(**given)

    def on_pre_enter(self) -> None:
        self.message = self.words = self.ids.where.text = self._version = ""
        self.load()

    def load(self) -> None:
        app = App.get_running_app()
        app.later(app.phone.ask_home("consents"), self._read, self._failed)
        app.later(app.phone.ask_home("warnings"), self._show, self._failed)
        app.later(app.phone.ask_home("warning_places"), self._know, self._failed)

    def _read(self, told: dict[str, Any]) -> None:
        words = ((told or {}).get("texts") or {}).get("warnings") or {}
        self.words = str(words.get(App.get_running_app().language) or "")

    def _show(self, told: dict[str, Any]) -> None:
        told = told or {}
        self.is_busy, self.is_agreed = False, bool(told.get("is_agreed"))
        self._version = str(told.get("text_version") or "")
        self._chosen = dict(_named(one) for one in told.get("places") or ())
        self.ids.running.clear_widgets()
        for one in told.get("warnings") or ():
            if not one.get("is_over") and one.get("parts"):
                self.ids.running.add_widget(self._running(one))
        self.has_running = bool(self.ids.running.children)
        self._draw()

    def _running(self, one: dict[str, Any]) -> Row:
        language, part = App.get_running_app().language, one["parts"][0]
        texts = part.get("texts") or {}
        words: dict[str, Any] = texts.get(language) or next(iter(texts.values()), {})
        severity = say(language, f"warning_{str(one.get('severity')).lower()}")
        known = read_time(one.get("expires_at"))
        until = say(language, "disasters_until", at=day(language, known.astimezone())) if known else ""
        more = [str(words.get("areas") or ""), until, str(words.get("instruction") or "")]
        named = words.get("headline") or words.get("event") or ""
        return Row(icon="bell", text=f"{severity} · {named}", hint=" · ".join(one for one in more if one))

    def _know(self, told: dict[str, Any]) -> None:
        self._all = dict(_named(one) for one in (told or {}).get("places") or ())
        self.most = int((told or {}).get("most") or 0)
        self.find()

    def _draw(self) -> None:
        app, rows = App.get_running_app(), self.ids.chosen
        rows.clear_widgets()
        for code, name in self._chosen.items():
            row = Row(icon="minus", text=name, hint=say(app.language, "disasters_leave_out"))
            row.bind(on_release=partial(self._leave_out, code))
            rows.add_widget(row)
        self.chosen_count = len(self._chosen)
        self.find()

    def find(self) -> None:
        """Municipalities whose name holds what she writes."""
        rows, asked = self.ids.found, self.ids.where.text.replace(" ", "").lower()
        rows.clear_widgets()
        if not asked or self.chosen_count >= self.most:
            return
        found = [(code, name) for code, name in self._all.items() if asked in name.replace(" ", "").lower()]
        for code, name in [one for one in found if one[0] not in self._chosen][:MOST_FOUND]:
            row = Row(icon="add", text=name)
            row.bind(on_release=partial(self._add, code))
            rows.add_widget(row)

    def _add(self, code: str, *_: object) -> None:
        self._chosen[code], self.ids.where.text, self.message = self._all[code], "", ""
        self._draw()

    def _leave_out(self, code: str, *_: object) -> None:
        del self._chosen[code]
        self._draw()

    def agree(self) -> None:
        """Only with the words before her that she agrees to, and a place that she chose."""
        app = App.get_running_app()
        if not self.words or not self._chosen:
            self.message = say(app.language, "protection_no_words" if not self.words else "disasters_no_place")
            return
        self.message, self.is_busy = "", True
        body = {"consent": True, "version": self._version, "places": list(self._chosen)}
        app.later(app.phone.ask_home("warn", {}, body), self._agreed, self._failed)

    def _agreed(self, told: dict[str, Any]) -> None:
        app = App.get_running_app()
        app.shell.notice.tell(say(app.language, "disasters_agreed"), "check")
        self._show(told)

    def ask_to_end(self) -> None:
        app = App.get_running_app()
        yes_words, why = say(app.language, "disasters_end_yes"), say(app.language, "disasters_end_why")
        yes = Row(icon="minus", text=yes_words, hint=why)
        yes.bind(on_release=self._end)
        app.open_sheet(say(app.language, "disasters_end_sure"), [yes])

    def _end(self, *_: object) -> None:
        app = App.get_running_app()
        app.shell.close_sheet()
        app.later(app.phone.ask_home("unwarn"), lambda _: self.load(), self._failed)

    def _failed(self, message: str) -> None:
        self.is_busy, self.message = False, message


def _named(one: dict[str, Any]) -> tuple[str, str]:
    language = App.get_running_app().language
    return str(one.get("code")), str(one.get(f"name_{language}") or one.get("name_ko") or one.get("code"))
