"""Guardian mode: people whose guardian she is. She asks whether they are OK, sees the place where their silence opened
it, and calls for help on their behalf.

What she holds is the invitation she accepted, and it stays on this phone. Her own number's last four digits, which the
home center wants before it shows a place, are known here.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import BooleanProperty, ListProperty, StringProperty
from kivy.uix.screenmanager import Screen

from mobile_app.core.messages import read_time
from mobile_app.settings import MOST_WATCHED, Watched
from mobile_app.ui.i18n import day, minute, say
from mobile_app.ui.widgets.buttons import Row

LOOK_EVERY_S = 5.0


class WatchScreen(Screen):
    message = StringProperty("")
    name_text = StringProperty("")
    since = StringProperty("")
    answer = StringProperty("")
    answer_icon = StringProperty("wait")
    is_open = BooleanProperty(False)
    is_accepted = BooleanProperty(False)
    is_silent = BooleanProperty(False)
    is_waiting = BooleanProperty(False)
    place = ListProperty([])
    place_words = StringProperty("")

    def on_kv_post(self, _: object) -> None:
        self._chosen: Watched | None = None
        self._question = ""
        self._look = Clock.create_trigger(self._ask_again, LOOK_EVERY_S, interval=True)
        App.get_running_app().facts.fbind("settings", self._fill)
        self._fill()

    def on_pre_enter(self) -> None:
        self.close_top()
        self.message = ""

    def on_leave(self) -> None:
        self._look.cancel()

    def close_top(self) -> bool:
        was, self.is_open = self.is_open, False
        self._chosen, self.message = None, ""
        self._look.cancel()
        return bool(was)

    # ---- the list -----------------------------------------------------------------------------------------------

    def _fill(self, *_: object) -> None:
        self.ids.people.clear_widgets()
        watched = App.get_running_app().facts.settings.watched
        for one in watched:
            self.ids.people.add_widget(Row(icon="person", text=one.name, on_release=partial(self._open, one)))
        self.ids.none.text = "" if watched else say(App.get_running_app().facts.language, "watch_none")

    def add(self) -> None:
        app, code = App.get_running_app(), code_of(self.ids.code.text)
        if not code:
            self.message = say(app.language, "watch_no_code")
        elif len(app.facts.settings.watched) >= MOST_WATCHED:
            self.message = say(app.language, "watch_full", most=MOST_WATCHED)
        else:
            asked = app.phone.ask_home("watched", {"invitation": code})
            app.later(asked, partial(self._added, code), self._failed)

    def _added(self, code: str, answer: dict[str, Any]) -> None:
        app = App.get_running_app()
        if not answer.get("accepted_at"):
            self.message = say(app.language, "watch_not_accepted")
            return
        self.message = self.ids.code.text = ""
        rest = tuple(one for one in app.facts.settings.watched if one.invitation != code)
        app.choose(watched=(*rest, Watched(str(answer.get("person_nickname") or "?")[:40], code)))

    # ---- one of them --------------------------------------------------------------------------------------------

    def _open(self, one: Watched, *_: object) -> None:
        app = App.get_running_app()
        self._chosen, self._question = one, ""
        self.name_text, self.since, self.answer, self.message = one.name, "", "", ""
        self.is_silent = self.is_waiting = self.is_accepted = False
        self.place = []
        self.is_open = True
        app.later(app.phone.ask_home("watched", {"invitation": one.invitation}), partial(self._seen, one), self._failed)

    def _seen(self, one: Watched, answer: dict[str, Any]) -> None:
        if one is not self._chosen:
            return
        language = App.get_running_app().language
        self.is_accepted = bool(answer.get("accepted_at"))
        at, until = read_time(answer.get("accepted_at")), read_time(answer.get("guest_until"))
        if until:
            self.since = say(language, "watch_guest", at=minute(until))
        elif at:
            self.since = say(language, "watch_since", at=day(language, at.astimezone()))
        else:
            self.since = say(language, "watch_not_accepted")

    def ask(self) -> None:
        if self._chosen is not None:
            self.message = ""
            self._send("watched_ask", {}, self._heard)

    def _ask_again(self, _: float) -> None:
        if self._question:
            self._send("watched_answer", {"question_id": self._question}, self._heard, lambda _: None)

    def _heard(self, answer: dict[str, Any]) -> None:
        language, state = App.get_running_app().language, str(answer.get("state"))
        self._question = str(answer.get("question_id") or "")
        shown = read_time(answer.get("shown_until"))
        self.is_waiting, self.is_silent = state == "asked", state == "silent" and shown is not None
        self.answer_icon = {"ok": "check", "call_me": "phone", "asked": "wait"}.get(state, "warn")
        if state == "asked":
            self.answer = say(language, "watch_asked", at=minute(read_time(answer.get("expires_at"))))
            self._look()
            return
        self._look.cancel()
        key = {"ok": "watch_ok", "call_me": "watch_call_me"}.get(state, "watch_silent")
        self.answer = say(language, "watch_silent_shown" if self.is_silent else key, at=minute(shown))

    def see_place(self) -> None:
        last4 = App.get_running_app().facts.settings.phone[-4:]
        self._send("watched_place", {"question_id": self._question}, self._show_place, body={"last4": last4})

    def _show_place(self, answer: dict[str, Any]) -> None:
        try:
            self.place = [float(answer["lat"]), float(answer["lon"])]
        except (KeyError, TypeError, ValueError):
            return
        at = minute(read_time(answer.get("fixed_at")))
        self.place_words = say(App.get_running_app().language, "watch_place_at", at=at)

    # ---- on their behalf ----------------------------------------------------------------------------------------

    def alarm(self) -> None:
        app = App.get_running_app()
        words, why = say(app.language, "watch_alarm_sure"), say(app.language, "watch_alarm_why")
        app.open_sheet(self.name_text, [Row(icon="siren", text=words, hint=why, on_release=self._alarm)])

    def _alarm(self, _: object) -> None:
        """One id for this alarm, however often it has to be tried."""
        app = App.get_running_app()
        app.shell.close_sheet()

        def send(alert_id: str) -> None:
            self._send("watched_alarm", {}, self._alarmed, body={"alert_id": alert_id})

        app.later(app.phone.new_id(), send, self._failed)

    def _alarmed(self, _: object) -> None:
        self.answer_icon, self.answer = "check", say(App.get_running_app().language, "watch_alarmed")

    def forget(self) -> None:
        app, gone = App.get_running_app(), self._chosen
        self.close_top()
        app.choose(watched=tuple(one for one in app.facts.settings.watched if one != gone))

    def _send(self, what: str, ids: dict[str, str], done: Any, failed: Any = None, *, body: Any = None) -> None:
        app, chosen = App.get_running_app(), self._chosen
        if chosen is None:
            return

        def ended(answer: Any) -> None:
            if chosen is self._chosen:
                done(answer or {})

        asked = app.phone.ask_home(what, ids | {"invitation": chosen.invitation}, body or {})
        app.later(asked, ended, failed or self._failed)

    def _failed(self, words: str) -> None:
        self.message = words


def code_of(text: str) -> str:
    """The invitation in a link or as it stands; "" for none."""
    words = text.split()
    found = next((one for one in words if "/invitation/" in one), words[0] if words else "")
    return found.rstrip("/").split("/")[-1].split("?")[0][:200]
