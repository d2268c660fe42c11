"""What the screens bind to: the latest `View`, put into words, and the two things that move with time. No Window."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime

from kivy.event import EventDispatcher
from kivy.properties import BooleanProperty, DictProperty, ListProperty, NumericProperty, StringProperty

from mobile_app.core.session import HOLD_S
from mobile_app.service.view import View
from mobile_app.ui.i18n import clock, say

ORDER = ("raised", "received", "acknowledged", "dispatched", "en_route", "on_scene")
HEARD = {"received", "acknowledged", "dispatched", "en_route", "on_scene"}


class Facts(EventDispatcher):
    phase = StringProperty("idle")
    language = StringProperty("ko")
    sensitivity = NumericProperty(2)
    nickname = StringProperty("")
    home_line = StringProperty("")
    is_signed_up = BooleanProperty(False)
    is_covert = BooleanProperty(False)
    has_pins = BooleanProperty(False)
    is_drill = BooleanProperty(False)
    is_drill_chosen = BooleanProperty(False)
    notice = StringProperty("")
    headline = StringProperty("")
    subline = StringProperty("")
    position_line = StringProperty("")
    is_reconnecting = BooleanProperty(False)
    is_received = BooleanProperty(False)
    steps = ListProperty([])
    seconds = NumericProperty(0)
    countdown_share = NumericProperty(0)
    hold_share = NumericProperty(0)
    clock_text = StringProperty("")
    center = DictProperty({})

    def __init__(self) -> None:
        super().__init__()
        self._view: View | None = None

    def take(self, view: View) -> None:
        """On the window's thread."""
        self._view = view
        settings = view.settings
        self.language, self.sensitivity = settings.language, settings.sensitivity
        self.nickname, self.is_signed_up = settings.nickname, settings.is_signed_up
        self.is_covert, self.has_pins = settings.is_covert, settings.pins is not None
        home = settings.home_name_en if settings.language == "en" else settings.home_name_ko
        self.home_line = say(self.language, "home_center", center=home) if home else ""
        self.is_drill, self.is_drill_chosen = view.is_drill, view.is_drill_chosen
        self.notice = say(self.language, view.notice) if view.notice else ""
        self.is_reconnecting = view.is_reconnecting
        self.is_received = bool(HEARD & {step.state for step in view.steps})
        self.center = view.center or {}
        self.headline, self.subline = self._headline(view)
        self.steps = self._steps(view)
        self.phase = view.phase
        self.beat()

    def beat(self) -> None:
        """What moves without news: countdown, ring, ages."""
        view = self._view
        if view is None:
            return
        now_s = time.monotonic()
        left_s = max(0.0, view.started_s + view.countdown_s - now_s) if view.phase == "countdown" else 0.0
        self.seconds = math.ceil(left_s)
        self.countdown_share = left_s / view.countdown_s if view.countdown_s else 0.0
        held = view.hold_since_s
        self.hold_share = 0.0 if held is None else min(1.0, max(0.0, (now_s - held) / HOLD_S))
        self.position_line = self._position_line(view)
        self.clock_text = datetime.now(UTC).astimezone().strftime("%H:%M")

    def _center_name(self, view: View) -> str:
        return (view.center or {}).get("name_en" if self.language == "en" else "name_ko", "")

    def _headline(self, view: View) -> tuple[str, str]:
        name = self._center_name(view)
        if view.phase == "closed":
            return say(self.language, "closed_by", center=name), ""
        if self.is_received and name:
            return say(self.language, "received_by", center=name), ""
        if name:
            return say(self.language, "assigned_by", center=name), ""
        return say(self.language, "sending"), say(self.language, "sending_hint")

    def _steps(self, view: View) -> list[dict[str, object]]:
        """The expected ways of help in order, each done at a time or still to come; extra ones follow."""
        done = {step.state: clock(step.at) for step in view.steps}
        extra = [state for state in done if state not in ORDER and state in ("closed",)]
        return [
            {"text": say(self.language, state), "at": done.get(state, ""), "is_done": state in done}
            for state in (*ORDER, *extra)
        ]

    def _position_line(self, view: View) -> str:
        if view.delivered_at is not None:
            age_s = max(0, int((datetime.now(UTC) - view.delivered_at).total_seconds()))
            return say(self.language, "position_sent", age=age_s)
        return say(self.language, "position_none" if view.fixed_at is None else "position_waiting")
