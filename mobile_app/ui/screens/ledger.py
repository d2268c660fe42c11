"""Who saw what about her: her home center's record, alert by alert, in its own words."""

from __future__ import annotations

from typing import Any

from kivy.app import App
from kivy.factory import Factory
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.screenmanager import Screen

from mobile_app.core.messages import read_time
from mobile_app.ui.i18n import day, minute, say
from mobile_app.ui.widgets.cards import Card


class LedgerLine(BoxLayout):
    """One look: who and how often above, what, when and why below."""

    icon = StringProperty("eye")
    who = StringProperty("")
    what = StringProperty("")


class LedgerScreen(Screen):
    message = StringProperty("")
    is_loading = BooleanProperty(False)
    is_empty = BooleanProperty(False)

    def on_pre_enter(self) -> None:
        self.load()

    def load(self) -> None:
        app = App.get_running_app()
        self.message, self.is_loading, self.is_empty = "", True, False
        app.later(app.phone.disclosures(), self._show, self._failed)

    def _failed(self, words: str) -> None:
        self.is_loading, self.message = False, words

    def _show(self, found: Any) -> None:
        language, holder = App.get_running_app().language, self.ids.alerts
        self.is_loading = False
        holder.clear_widgets()
        alerts = list((found or {}).get("alerts") or ())
        for alert in alerts:
            card = Card()
            card.add_widget(
                Factory.Strong(text=say(language, "ledger_alert", at=moment(alert.get("started_at"), language)))
            )
            lines = lines_of(alert, language)
            for who, what in lines:
                card.add_widget(LedgerLine(who=who, what=what))
            if not lines:
                card.add_widget(Factory.Quiet(text=say(language, "ledger_nothing")))
            if not alert.get("complete", True):
                card.add_widget(Factory.Quiet(text=say(language, "ledger_incomplete")))
            holder.add_widget(card)
        self.is_empty = not alerts


def lines_of(alert: dict[str, Any], language: str) -> list[tuple[str, str]]:
    """Who, and what was seen, when, why, in the home center's words."""
    end = "en" if language == "en" else "ko"
    lines = []
    for one in alert.get("disclosures") or ():
        who = " · ".join(str(one[key]) for key in (f"center_{end}", f"who_{end}") if one.get(key))
        what = " ".join(str(one[key]) for key in (f"kind_{end}", "camera") if one.get(key))
        times = int(one.get("times") or 1)
        often = say(language, "ledger_times", times=times) if times > 1 else ""
        told = (what, span(one.get("from"), one.get("to")), often, str(one.get(f"legal_basis_{end}") or ""))
        lines.append((who, " · ".join(word for word in told if word)))
    for one in alert.get("guardians") or ():
        if not one.get("opened_at"):
            continue  # was told, and has not looked
        told = (say(language, "ledger_guardian"), span(one.get("opened_at"), one.get("seen_at")))
        name = str(one.get("name") or "") or say(language, "ledger_former")
        lines.append((name, " · ".join(word for word in told if word)))
    return lines


def span(begin: Any, end: Any) -> str:
    first, last = minute(read_time(begin)), minute(read_time(end))
    return first if first == last or not last else f"{first}–{last}"


def moment(at: Any, language: str) -> str:
    """`11월 22일 일요일 22:41`."""
    when = read_time(at)
    return f"{day(language, when.astimezone())} {minute(when)}" if when else ""
