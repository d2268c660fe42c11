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
        app.later(app.phone.disclosures(), self._take, self._failed)

    def _take(self, found: Any) -> None:
        """Scouts stand in a record of their own; where they can't be asked for, the rest is shown all the same."""
        app = App.get_running_app()

        def scouts(answer: Any) -> None:
            self._show(found, [one for one in (answer or {}).get("bookings") or () if one.get("shown")])

        app.later(app.phone.ask_home("scouts"), scouts, lambda _: self._show(found, []))

    def _failed(self, words: str) -> None:
        self.is_loading, self.message = False, words

    def _show(self, found: Any, bookings: list[dict[str, Any]]) -> None:
        language, holder = App.get_running_app().language, self.ids.alerts
        self.is_loading = False
        holder.clear_widgets()
        parts = [("ledger_alert", one, "started_at") for one in (found or {}).get("alerts") or ()]
        parts += [("ledger_walk", one, "started_at") for one in (found or {}).get("walks") or ()]
        parts += [("ledger_scouts", one, "at") for one in bookings]
        for key, alert, at in sorted(parts, key=lambda part: str(part[1].get(part[2]) or ""), reverse=True):
            card = Card()
            card.add_widget(Factory.Strong(text=say(language, key, at=moment(alert.get(at), language))))
            lines = lines_of(alert, language) if key != "ledger_scouts" else scout_lines(alert, language)
            for who, what in lines:
                card.add_widget(LedgerLine(who=who, what=what))
            if not lines:
                card.add_widget(Factory.Quiet(text=say(language, "ledger_nothing")))
            if not alert.get("complete", True):
                card.add_widget(Factory.Quiet(text=say(language, "ledger_incomplete")))
            holder.add_widget(card)
        self.is_empty = not parts


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


def scout_lines(booking: dict[str, Any], language: str) -> list[tuple[str, str]]:
    """To whom the meeting place and her name of this booking were shown, and when."""
    lines = []
    for one in booking.get("shown") or ():
        to = str(one.get("to"))
        who = say(language, f"scout_shown_{to}" if to in ("pair", "operator") else "scout_shown_other")
        lines.append((who, say(language, "scout_shown_what", at=minute(read_time(one.get("at"))))))
    return lines


def span(begin: Any, end: Any) -> str:
    first, last = minute(read_time(begin)), minute(read_time(end))
    return first if first == last or not last else f"{first}–{last}"


def moment(at: Any, language: str) -> str:
    """`11월 22일 일요일 22:41`."""
    when = read_time(at)
    return f"{day(language, when.astimezone())} {minute(when)}" if when else ""
