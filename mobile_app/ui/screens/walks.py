"""What stays of walks: places that she goes to, how long her history is kept, and the history itself."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.factory import Factory
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.screenmanager import Screen
from kivy.uix.widget import Widget

from mobile_app.core.messages import read_time
from mobile_app.settings import KEPT_DAYS, SavedPlace
from mobile_app.ui.i18n import day, minute, say
from mobile_app.ui.screens.ledger import LedgerLine, lines_of
from mobile_app.ui.shell import load_kv
from mobile_app.ui.widgets.buttons import ChoiceRow, Row
from mobile_app.ui.widgets.overlay import Padded
from mobile_app.ui.widgets.pick_map import open_pick_map

load_kv(Path(__file__).with_name("ledger.kv"))
OUTCOMES = ("arrived", "cancelled", "raised")


class WalksScreen(Screen):
    message = StringProperty("")
    has_places = BooleanProperty(True)
    has_history = BooleanProperty(False)
    is_fetched = BooleanProperty(False)

    def on_kv_post(self, _: object) -> None:
        facts = App.get_running_app().facts
        facts.fbind("settings", self._fill)
        self._fill()

    def on_pre_enter(self) -> None:
        self.message, self.is_fetched = "", False
        self._fetch()

    # ---- places and time ----------------------------------------------------------------------------------------

    def _fill(self, *_: object) -> None:
        app = App.get_running_app()
        settings = app.facts.settings
        self.ids.places.clear_widgets()
        for place in settings.places:
            row = Row(icon="place", text=place.name)
            row.bind(on_release=partial(self._open, place))
            self.ids.places.add_widget(row)
        self.has_places = bool(settings.places)
        self.ids.kept.clear_widgets()
        for days in KEPT_DAYS:
            choice = ChoiceRow(
                text=say(app.facts.language, f"walk_keep_{days}"), is_chosen=days == settings.walk_keep_days
            )
            choice.bind(on_release=partial(self._keep, days))
            self.ids.kept.add_widget(choice)

    def _keep(self, days: int, *_: object) -> None:
        App.get_running_app().choose(walk_keep_days=days)

    def add(self) -> None:
        open_pick_map(lambda *_: None, is_saving=True)

    def _open(self, place: SavedPlace, *_: object) -> None:
        app = App.get_running_app()
        row = Row(icon="close", text=say(app.language, "places_remove_it", name=place.name))
        row.bind(on_release=partial(self._remove, place))
        app.open_sheet(place.name, [row])

    def _remove(self, place: SavedPlace, *_: object) -> None:
        app = App.get_running_app()
        app.choose(places=tuple(one for one in app.facts.settings.places if one != place))
        app.shell.close_sheet()

    # ---- history ------------------------------------------------------------------------------------------------

    def _fetch(self) -> None:
        app = App.get_running_app()
        if app.facts.is_signed_up:
            app.later(app.phone.walk_history(), self._show, self._failed)

    def _show(self, walks: Any) -> None:
        app = App.get_running_app()
        self.ids.history.clear_widgets()
        for walk in walks or ():
            row = Row(icon="walk", text=title_of(walk, app.language), hint=line_of(walk, app.language))
            row.bind(on_release=partial(self._open_walk, walk))
            self.ids.history.add_widget(row)
        self.has_history, self.is_fetched = bool(walks), True

    def _open_walk(self, walk: dict[str, Any], *_: object) -> None:
        """Who saw where she was, and the way to forget it all."""
        app = App.get_running_app()
        question = app.phone.ask_home("walk_disclosures", {"walk_id": str(walk.get("walk_id", ""))})
        app.later(question, partial(self._open_seen, walk), self._failed)

    def _open_seen(self, walk: dict[str, Any], found: Any) -> None:
        app = App.get_running_app()
        if app.screens.current_screen is not self:
            return
        lines = lines_of(found or {}, app.language)
        seen: list[Widget] = [Padded(LedgerLine(who=who, what=what)) for who, what in lines]
        if not seen:
            seen = [Padded(Factory.Quiet(text=say(app.language, "ledger_nothing")))]
        row = Row(icon="close", text=say(app.language, "walk_forget"))
        row.bind(on_release=partial(self._forget, str(walk.get("walk_id", ""))))
        app.open_sheet(title_of(walk, app.language), [*seen, row])

    def _forget(self, walk_id: str, *_: object) -> None:
        app = App.get_running_app()
        app.shell.close_sheet()
        app.later(app.phone.forget_walk(walk_id), self._forgotten, self._failed)

    def _forgotten(self, _: object) -> None:
        app = App.get_running_app()
        app.shell.notice.tell(say(app.language, "walk_forgotten"), "check")
        self._fetch()

    def _failed(self, words: str) -> None:
        self.message = words


def title_of(walk: dict[str, Any], language: str) -> str:
    place = str(walk.get("place_name") or "")
    return (
        say(language, "walk_to", place=place)
        if place
        else say(language, "walk_for_time" if walk.get("kind") == "timer" else "walk")
    )


def line_of(walk: dict[str, Any], language: str) -> str:
    """`11월 22일 일요일 · 22:41–22:58 · 도착`."""
    begun, ended = read_time(walk.get("begun_at")), read_time(walk.get("ended_at"))
    outcome = str(walk.get("outcome"))
    how = say(language, f"walk_was_{outcome}") if outcome in OUTCOMES else ""
    times = f"{minute(begun)}–{minute(ended)}" if begun and ended else ""
    return " · ".join(one for one in (day(language, begun.astimezone()) if begun else "", times, how) if one)
