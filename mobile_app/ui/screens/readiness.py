"""Is everything ready for an alert: each thing with its state by sign, word and colour, and a button that mends it."""

from __future__ import annotations

from functools import partial

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import BooleanProperty
from kivy.uix.screenmanager import Screen

from mobile_app.ports import MISSING, OK
from mobile_app.ui.checks import SIGNS, Row
from mobile_app.ui.widgets.gauges import CheckRow

RINGS_FOR_S = 3.0
INKS = {OK: "good_ink", MISSING: "warn_ink"}


class ReadinessScreen(Screen):
    is_ringing = BooleanProperty(False)

    def on_kv_post(self, _: object) -> None:
        app = App.get_running_app()
        self._silence = Clock.create_trigger(self._stop, RINGS_FOR_S)
        app.ready.bind(rows=self._fill)
        app.bind(language=app.ready.tell)

    def on_pre_enter(self) -> None:
        app = App.get_running_app()
        self._fill()
        app.ready.look()

    def on_leave(self) -> None:
        self._stop()

    def _fill(self, *_: object) -> None:
        app, holder = App.get_running_app(), self.ids.rows
        if app.screens.current_screen is not self and holder.children:
            return
        holder.clear_widgets()
        for row in app.ready.rows:
            shown = CheckRow(
                title=row.title, why=row.why, icon=SIGNS[row.state], word=app.say(app.language, f"state_{row.state}"),
                fix_text=self._fix_text(row), ink=getattr(app.look, INKS.get(row.state, "quiet")),
            )  # fmt: skip
            shown.bind(on_fix=partial(self._fix, row))
            holder.add_widget(shown)

    def _fix_text(self, row: Row) -> str:
        app = App.get_running_app()
        if row.fix == "listen":
            return str(app.say(app.language, "fix_stop" if self.is_ringing else "fix_listen"))
        return str(app.say(app.language, "fix")) if row.fix else ""

    def _fix(self, row: Row, *_: object) -> None:
        app = App.get_running_app()
        if row.fix == "listen":
            self._stop() if self.is_ringing else self._ring()
            return
        if told := app.ready.fix(row):
            app.shell.notice.tell(app.say(app.language, told))

    def _ring(self) -> None:
        self.is_ringing = True
        App.get_running_app().phone.ring(True)
        self._silence()
        self._fill()

    def _stop(self, *_: object) -> None:
        if self.is_ringing:
            self.is_ringing = False
            App.get_running_app().phone.ring(False)
            self._fill()
