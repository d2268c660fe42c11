"""Scouts who walk along: free appointments, one booking, and on the evening itself who they are, where they are, and
the codes by which both sides know each other. What stands here is what the home center says, asked every few seconds
while the screen is open.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, StringProperty
from kivy.uix.screenmanager import Screen

from mobile_app.core.messages import read_time
from mobile_app.ui.i18n import day, minute, say
from mobile_app.ui.scout_facts import HELD, fill, hub_name
from mobile_app.ui.widgets.buttons import ChoiceRow, Row
from mobile_app.ui.widgets.pick_map import open_pick_map

LOOK_EVERY_S = 5.0
MOST_SLOTS = 12


class ScoutsScreen(Screen):
    mode = StringProperty("loading")
    """`loading`, `plan` or `booked`."""
    message = StringProperty("")
    is_busy = BooleanProperty(False)
    # planning
    meet = ListProperty([])
    meet_name = StringProperty("")
    hub_id = StringProperty("")
    slot = StringProperty("")
    why = StringProperty("")
    can_book = BooleanProperty(False)
    has_hubs = BooleanProperty(False)
    # the booking
    booking_id = StringProperty("")
    headline = StringProperty("")
    when = StringProperty("")
    warning = StringProperty("")
    state = StringProperty("")
    meet_text = StringProperty("")
    meet_at = ListProperty([])
    pair_line = StringProperty("")
    pair_at = ListProperty([])
    code = StringProperty("")
    qr_path = StringProperty("")
    qr_side = NumericProperty(0)
    her_code_read = BooleanProperty(False)
    their_code_read = BooleanProperty(False)
    is_locked = BooleanProperty(False)
    callback = StringProperty("")
    allowed = ListProperty([])

    def on_kv_post(self, _: object) -> None:
        self._look = Clock.create_trigger(self._ask, LOOK_EVERY_S, interval=True)

    def on_pre_enter(self) -> None:
        self.mode, self.message, self.is_busy = "loading", "", False
        self._ask(0)

    def on_leave(self) -> None:
        self._look.cancel()

    def _ask(self, _: float) -> None:
        app = App.get_running_app()
        failed = self._failed if self.mode == "loading" else lambda _: None
        app.later(app.phone.ask_home("scouts"), self._take_bookings, failed)

    def _take_bookings(self, answer: dict[str, Any]) -> None:
        bookings = [one for one in (answer or {}).get("bookings") or () if isinstance(one, dict)]
        held = next((one for one in bookings if one.get("state") in HELD), None)
        known = next((one for one in bookings if one.get("booking_id") == self.booking_id), None)
        if held or (self.mode == "booked" and known):
            self._show(held or known or {})
        elif self.mode == "loading":
            self.plan()

    def _failed(self, words: str) -> None:
        self.is_busy, self.message = False, words

    # ---- planning -----------------------------------------------------------------------------------------------

    def plan(self) -> None:
        """Nothing is booked: begin where she is."""
        app = App.get_running_app()
        self._look.cancel()
        self.mode, self.booking_id, self.slot, self.hub_id, self.message = "plan", "", "", "", ""
        self._clear_offer(say(app.language, "scouts_loading"))
        if not self.meet:
            app.later(app.phone.where(), self._take_place, self._failed)
        else:
            self._find()

    def _take_place(self, seen: Any) -> None:
        app, place = App.get_running_app(), (seen or {}).get("place")
        if place is None:
            self._clear_offer(say(app.language, "scouts_no_place"))
            return
        self.meet, self.meet_name = [place["lat"], place["lon"]], say(app.language, "scouts_here")
        self._find()

    def choose_place(self) -> None:
        open_pick_map(self._chosen)

    def _chosen(self, name: str, lat: float, lon: float) -> None:
        self.meet, self.meet_name, self.slot, self.hub_id = [lat, lon], name, "", ""
        self._find()

    def _clear_offer(self, why: str) -> None:
        self.why, self.can_book, self.has_hubs = why, False, False
        self.ids.slots.clear_widgets()
        self.ids.hubs.clear_widgets()

    def _find(self) -> None:
        app = App.get_running_app()
        self._clear_offer(say(app.language, "scouts_loading"))
        body = {"lat": self.meet[0], "lon": self.meet[1]}
        app.later(
            app.phone.ask_home("scouts_offered", {}, body), partial(self._take_offer, list(self.meet)), self._failed
        )

    def _take_offer(self, meet: list[float], offer: dict[str, Any]) -> None:
        if meet != list(self.meet):
            return
        language, why = App.get_running_app().language, str(offer.get("why") or "")
        slots = [one for one in offer.get("slots") or () if read_time(one.get("at"))][:MOST_SLOTS]
        if why or not slots:
            is_known = why in ("not_here", "feature_off", "no_offer", "outside_area")
            self._clear_offer(say(language, f"scouts_{why}" if is_known else "scouts_full"))
            return
        lead = offer.get("lead_min")
        self._clear_offer(say(language, "scouts_lead", minutes=lead) if lead else "")
        self.can_book = True
        for one in slots:
            at = read_time(one["at"])
            words = f"{day(language, at.astimezone())} {minute(at)}" if at else ""
            self._add("slots", "slot", str(one["at"]), words, say(language, "scouts_left", left=one.get("left", 1)))
        hubs = [one for one in offer.get("hubs") or () if one.get("hub_id")]
        self.has_hubs = bool(hubs)
        self._add("hubs", "hub_id", "", say(language, "scouts_no_hub"), self.meet_name)
        for one in hubs:
            self._add("hubs", "hub_id", str(one["hub_id"]), hub_name(one, language), "")

    def _add(self, holder: str, name: str, value: str, words: str, hint: str) -> None:
        row = ChoiceRow(text=words, hint=hint, is_chosen=getattr(self, name) == value,
                        on_release=lambda _: self._choose(holder, name, value))  # fmt: skip
        row.value = value
        self.ids[holder].add_widget(row)

    def _choose(self, holder: str, name: str, value: str) -> None:
        setattr(self, name, value)
        for row in self.ids[holder].children:
            row.is_chosen = row.value == value

    def book(self) -> None:
        app, to = App.get_running_app(), self.ids.destination.text.strip()
        if not self.slot or not to:
            self.message = say(app.language, "scouts_pick" if not self.slot else "scouts_pick_to")
            return
        body = {
            "at": self.slot, "meet": {"lat": self.meet[0], "lon": self.meet[1]}, "meet_text": self.meet_name[:120],
            "hub_id": self.hub_id, "destination": to[:200], "note": self.ids.note.text.strip()[:200],
        }  # fmt: skip
        self.message, self.is_busy = "", True

        def send(booking_id: str) -> None:
            asked = app.phone.ask_home("scouts_book", {"booking_id": booking_id}, body)
            app.later(asked, self._show, self._failed)

        app.later(app.phone.new_id(), send, self._failed)

    # ---- the booking --------------------------------------------------------------------------------------------

    def _show(self, booking: dict[str, Any]) -> None:
        self.is_busy = False
        if self.mode != "booked":
            self.mode = "booked"
            self._look()
        fill(self, booking, App.get_running_app().language)

    def read_code(self) -> None:
        app, digits = App.get_running_app(), "".join(one for one in self.ids.theirs.text if one.isdigit())
        if len(digits) != 6:
            self.message = say(app.language, "scout_six")
            return
        self.ids.theirs.text = ""
        self._do("scouts_code", {"code": digits})

    def reach_home(self) -> None:
        self._do("scouts_home")

    def cancel(self) -> None:
        app = App.get_running_app()

        def sure(_: object) -> None:
            app.shell.close_sheet()
            self._do("scouts_cancel")

        rows = [
            Row(icon="close", text=say(app.language, "scout_cancel_sure"), on_release=sure),
            Row(icon="back", text=say(app.language, "scout_keep"), on_release=lambda _: app.shell.close_sheet()),
        ]
        app.open_sheet(say(app.language, "scout_cancel"), rows)

    def call(self) -> None:
        App.get_running_app().phone.dial(self.callback)

    def _do(self, what: str, body: dict[str, Any] | None = None) -> None:
        app = App.get_running_app()
        self.message, self.is_busy = "", True
        asked = app.phone.ask_home(what, {"booking_id": self.booking_id}, body or {})
        app.later(asked, self._show, self._failed)
