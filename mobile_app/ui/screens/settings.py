"""Settings: a list that says how each thing stands now, and behind each line a page of its own (`settings_pages.py`).

Back leads from a page to the list. Server addresses stand under "advanced", on a desktop only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.properties import StringProperty
from kivy.uix.screenmanager import Screen

from mobile_app.settings import Settings
from mobile_app.ui.i18n import say
from mobile_app.ui.screens import settings_pages as pages
from mobile_app.ui.shell import load_kv

load_kv(Path(__file__).with_name("settings_pages.kv"))
PAGES = {
    "countdown": pages.CountdownPage, "profiles": pages.ProfilesPage, "shake": pages.ShakePage,
    "capture": pages.CapturePage, "covert": pages.CovertPage, "call": pages.CallPage, "pins": pages.PinsPage,
    "look": pages.LookPage, "advanced": pages.AdvancedPage,
}  # fmt: skip
TITLES = {"shake": "set_shake", "call": "set_call", "look": "set_look"}


class SettingsScreen(Screen):
    page = StringProperty("")
    """"" is the list."""

    def on_kv_post(self, _: object) -> None:
        self._list = self.ids.list.__self__

    def on_pre_enter(self) -> None:
        """A change of letters or colours makes every screen anew: she stays on the page where she made it."""
        self.page, pages.LookPage.has_changed = "look" if pages.LookPage.has_changed else "", False

    def open(self, name: str) -> None:
        self.page = name

    def close_top(self) -> bool:
        was, self.page = self.page, ""
        pages.LookPage.has_changed = False
        return bool(was)

    def on_page(self, *_: object) -> None:
        """Made anew each time, so that no half-typed PIN outlives its page."""
        self.ids.holder.clear_widgets()
        self.ids.holder.add_widget(PAGES[self.page]() if self.page else self._list)

    @property
    def part(self) -> Any:
        return self.ids.holder.children[0]

    def title(self, language: str, page: str) -> str:
        return str(say(language, TITLES.get(page, f"set_{page}") if page else "settings"))

    # ---- how it stands now --------------------------------------------------------------------------------------

    def countdown_line(self, language: str, seconds: float) -> str:
        return pages.countdown_words(language, seconds)

    def call_line(self, language: str, caller: str, delay_s: float) -> str:
        named = caller or say(language, "call_default")
        return say(language, "set_call_is", caller=named, delay=pages.delay_words(language, delay_s))

    def walk_line(self, language: str, settings: Settings) -> str:
        kept = say(language, f"walk_keep_{settings.walk_keep_days}")
        return say(language, "set_walk_hint", count=len(settings.places), days=kept)

    def is_desktop(self) -> bool:
        return App.get_running_app().panel is not None
