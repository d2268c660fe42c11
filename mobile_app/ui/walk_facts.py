"""The running walk in words, for every screen that shows it. No Window."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from kivy.event import EventDispatcher
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty

from mobile_app.core.walk import CALLED, GUARDIANS, PROMPTED, RAISED, TIMER
from mobile_app.service.view import WalkView
from mobile_app.ui.i18n import minute, say

ASKING = (PROMPTED, CALLED, GUARDIANS)
STATES = ("on_track", "slow", "stopped", "off_route", "no_signal", "overdue", "arrived")
TROUBLES = ("stopped", "off_route", "no_signal", "overdue")


class WalkFacts(EventDispatcher):
    is_running = BooleanProperty(False)
    is_asking = BooleanProperty(False)
    is_raised = BooleanProperty(False)
    is_timer = BooleanProperty(False)
    is_watched = BooleanProperty(False)
    rung = StringProperty("")
    ended = StringProperty("")
    elsewhere = StringProperty("")
    elsewhere_line = StringProperty("")
    home_line = StringProperty("")
    headline = StringProperty("")
    subline = StringProperty("")
    eta = StringProperty("")
    left = StringProperty("")
    why = StringProperty("")
    next_line = StringProperty("")
    watched_line = StringProperty("")
    guardians_line = StringProperty("")
    share_line = StringProperty("")
    note_line = StringProperty("")
    progress = NumericProperty(0)
    view = ObjectProperty(None, allownone=True)

    def take(self, view: WalkView | None, language: str, now: datetime) -> None:
        """On the window's thread, with each view of the phone."""
        self._language, self.view = language, view
        is_running = view is not None and bool(view.walk_id)
        if view is not None and is_running:
            self._fill(view, language)
            self.beat(now)
        self.elsewhere = "" if view is None else view.elsewhere
        if view is not None and view.elsewhere:
            key = "walk_home_timer" if view.kind == TIMER else "walk_due"
            to = say(language, "walk_to", place=view.place_name) if view.place_name else ""
            self.elsewhere_line = " · ".join(one for one in (to, say(language, key, at=minute(view.eta_at))) if one)
        self.ended = "" if view is None or is_running else view.ended
        self.is_raised = is_running and view is not None and view.rung == RAISED
        self.is_asking = is_running and view is not None and view.rung in ASKING
        self.is_running = is_running

    def _fill(self, view: WalkView, language: str) -> None:
        self.rung, self.is_timer = view.rung, view.kind == TIMER
        state = view.state if view.state in STATES else "on_track"
        self.headline = say(language, "walk_state_timer" if self.is_timer else f"walk_state_{state}")
        self.subline = say(language, "walk_to", place=view.place_name) if view.place_name else ""
        self.eta = minute(view.eta_at)
        self.why = say(language, f"walk_ask_{view.trouble if view.trouble in TROUBLES else 'overdue'}")
        self.is_watched = view.is_known and view.is_heard
        self.watched_line = say(language, "walk_watched" if self.is_watched else "walk_watched_alone")
        key = {0: "walk_told_none", 1: "walk_told_1"}.get(view.guardians, "walk_told")
        self.guardians_line = say(language, key, count=view.guardians)
        self.share_line = say(language, "walk_shared") if view.share_with_centers else ""
        self.note_line = say(language, "walk_taxi_is", note=view.taxi_note) if view.taxi_note else ""
        runs = say(language, "walk_home_timer" if self.is_timer else "walk_home_runs", at=self.eta)
        self.home_line = say(language, "walk_home_asks") if view.rung in ASKING else runs

    def beat(self, now: datetime) -> None:
        """What moves without news: minutes to go, seconds to answer."""
        view = self.view
        if view is None or view.eta_at is None or view.began_at is None:
            return
        left_s = (view.eta_at - now).total_seconds()
        whole_s = max(1.0, (view.eta_at - view.began_at).total_seconds())
        self.progress = min(1.0, max(0.0, 1 - left_s / whole_s))
        minutes = math.ceil(left_s / 60)
        self.left = say(self._language, "walk_left" if minutes > 0 else "walk_left_none", minutes=minutes)
        if view.rung in ASKING:
            until = view.rung_until or now
            seconds = math.ceil(max(timedelta(), until - now).total_seconds())
            key = f"walk_next_{view.rung}" if seconds else "walk_next_now"
            self.next_line = say(self._language, key, seconds=seconds)


def minutes_words(language: str, minutes: int) -> str:
    """`20분`, `1시간 10분`."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return say(language, "walk_minutes", minutes=rest)
    return say(language, "walk_hours", hours=hours, minutes=rest)


def away_words(language: str, metres: float) -> str:
    if metres < 950:
        return say(language, "walk_away_m", metres=max(10, round(metres / 10) * 10))
    return say(language, "walk_away_km", km=f"{metres / 1000:.1f}")
