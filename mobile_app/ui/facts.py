"""What the screens bind to: the latest `View`, put into words, and the few things that move with time. No Window."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from kivy.event import EventDispatcher
from kivy.properties import BooleanProperty, DictProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty

from mobile_app.core.profiles import COVERT
from mobile_app.core.session import ENDING_STATES, HOLD_S
from mobile_app.service.view import View
from mobile_app.settings import Settings
from mobile_app.ui.care_facts import CareFacts
from mobile_app.ui.i18n import clock, day, say
from mobile_app.ui.lines import bubbles, open_question
from mobile_app.ui.walk_facts import WalkFacts

ORDER = ("raised", "received", "acknowledged", "dispatched", "en_route", "on_scene")
HEARD = {"received", "acknowledged", "dispatched", "en_route", "on_scene"}
FRESH_S = 120
"""A position of that age still says where she is; an older one is told as a warning."""


class Facts(EventDispatcher):
    phase = StringProperty("idle")
    language = StringProperty("ko")
    sensitivity = NumericProperty(2)
    nickname = StringProperty("")
    home_line = StringProperty("")
    is_signed_up = BooleanProperty(False)
    is_covert = BooleanProperty(False)
    is_hold_covert = BooleanProperty(False)
    has_pins = BooleanProperty(False)
    pin_digits = NumericProperty(0)
    is_drill = BooleanProperty(False)
    is_drill_chosen = BooleanProperty(False)
    trigger = StringProperty("")
    notice = StringProperty("")
    notice_key = StringProperty("")
    headline = StringProperty("")
    subline = StringProperty("")
    position_line = StringProperty("")
    health_line = StringProperty("")
    is_placed = BooleanProperty(False)
    is_safe_held = BooleanProperty(False)
    is_at_home = BooleanProperty(False)
    is_online = BooleanProperty(True)
    is_connecting = BooleanProperty(False)
    is_reconnecting = BooleanProperty(False)
    is_received = BooleanProperty(False)
    is_noisy = BooleanProperty(False)
    dial_number = StringProperty("")
    asks_safe = BooleanProperty(False)
    answer = StringProperty("")
    steps = ListProperty([])
    step_line = StringProperty("")
    seconds = NumericProperty(0)
    countdown_share = NumericProperty(0)
    hold_share = NumericProperty(0)
    clock_text = StringProperty("")
    day_text = StringProperty("")
    center_name = StringProperty("")
    spoken = StringProperty("ko")
    talk_lines = ListProperty([])
    question = DictProperty({})
    settings = ObjectProperty(Settings(), rebind=True)
    walk = ObjectProperty(None, rebind=True)
    care = ObjectProperty(None, rebind=True)
    fake_caller = StringProperty("")
    fake_number = StringProperty("")
    fake_call_delay_s = NumericProperty(10)

    def __init__(self) -> None:
        super().__init__()
        self._view: View | None = None
        self.walk, self.care = WalkFacts(), CareFacts()
        self.monotonic_s: Callable[[], float] = time.monotonic
        self.wall: Callable[[], datetime] = lambda: datetime.now(UTC)

    def take(self, view: View) -> None:
        """On the window's thread."""
        self._view = view
        settings = self.settings = view.settings
        self.language, self.sensitivity = settings.language, settings.sensitivity
        self.nickname, self.is_signed_up = settings.nickname, settings.is_signed_up
        self.is_covert, self.has_pins = settings.is_covert, settings.pins is not None
        self.is_hold_covert = settings.profiles.hold == COVERT
        self.pin_digits = settings.pins.digits if settings.pins else 0
        self.fake_caller, self.fake_number = settings.fake_caller, settings.fake_number
        self.fake_call_delay_s = settings.fake_call_delay_s
        self.spoken = settings.spoken or settings.language
        home = settings.home_name_en if settings.language == "en" else settings.home_name_ko
        self.home_line = say(self.language, "home_center", center=home) if home else ""
        self.is_drill, self.is_drill_chosen, self.trigger = view.is_drill, view.is_drill_chosen, view.trigger
        self.notice_key = view.notice
        self.notice = say(self.language, view.notice) if view.notice else ""
        self.is_safe_held, self.is_at_home = view.safe_since_s is not None, view.is_at_home
        self.is_online = not view.is_offline
        self.is_reconnecting = view.is_reconnecting
        self.is_received = bool(HEARD & {step.state for step in view.steps})
        self.is_noisy, self.dial_number = view.is_noisy, view.dial
        self.asks_safe, self.answer = view.asks_safe, view.answer
        self.center_name = self._center_name(view)
        self.headline, self.subline = self._headline(view)
        self.steps, self.step_line = self._steps(view), self._step_line(view)
        self.talk_lines = bubbles(view.talk, language=self.language, spoken=self.spoken)
        self.question = open_question(view.talk, spoken=self.spoken)
        self.walk.take(view.walk, self.language, self.wall())
        self.care.take(view.questions, self.language, self.wall())
        self.phase = view.phase
        self.beat()

    def beat(self) -> None:
        """What moves without news: countdown, ring, ages."""
        view = self._view
        if view is None:
            return
        now_s, now = self.monotonic_s(), self.wall()
        left_s = max(0.0, view.started_s + view.countdown_s - now_s) if view.phase == "countdown" else 0.0
        self.seconds = math.ceil(left_s)
        self.countdown_share = left_s / view.countdown_s if view.countdown_s else 0.0
        held = view.hold_since_s
        self.hold_share = 0.0 if held is None else min(1.0, max(0.0, (now_s - held) / HOLD_S))
        self.position_line = self._position_line(view, now)
        self.is_placed, self.health_line = self._health(view, now)
        self.walk.beat(now)
        local = now.astimezone()
        self.clock_text, self.day_text = local.strftime("%H:%M"), day(self.language, local)

    def in_minutes(self, minutes: float) -> datetime:
        return self.wall() + timedelta(minutes=minutes)

    @property
    def is_moving(self) -> bool:
        """Something on the screen changes many times a second."""
        return self.phase == "countdown" or self._view is not None and self._view.hold_since_s is not None

    def _center_name(self, view: View) -> str:
        return (view.center or {}).get("name_en" if self.language == "en" else "name_ko", "")

    def _headline(self, view: View) -> tuple[str, str]:
        name, states = self._center_name(view), {step.state for step in view.steps}
        if view.phase == "closed":
            by = "closed_by" if name and states & set(ENDING_STATES) else "ended_elsewhere"
            return say(self.language, by, center=name), say(self.language, f"{by}_hint")
        for state in ("on_scene", "en_route", "dispatched", "acknowledged"):
            if state in states:
                return say(self.language, f"now_{state}", center=name), say(
                    self.language, f"now_{state}_hint", center=name
                )
        if self.is_received and name:
            return say(self.language, "received_by", center=name), say(self.language, "received_hint")
        if name:
            return say(self.language, "assigned_by", center=name), say(self.language, "assigned_hint")
        return say(self.language, "sending"), say(self.language, "sending_hint")

    def _steps(self, view: View) -> list[dict[str, object]]:
        """The expected ways of help in order, each done at a time or still to come; extra ones follow."""
        done = {step.state: clock(step.at) for step in view.steps}
        extra = [state for state in done if state not in ORDER and state in ("closed",)]
        return [
            {"text": say(self.language, state), "at": done.get(state, ""), "is_done": state in done}
            for state in (*ORDER, *extra)
        ]

    def _step_line(self, view: View) -> str:
        """The furthest step and when it was."""
        done = {step.state: clock(step.at) for step in view.steps}
        last = next((state for state in reversed(ORDER) if state in done), "")
        return f"{say(self.language, last)} · {done[last]}" if last else ""

    def _position_line(self, view: View, now: datetime) -> str:
        if view.delivered_at is not None:
            return say(self.language, "position_sent", age=max(0, int((now - view.delivered_at).total_seconds())))
        return say(self.language, "position_none" if view.fixed_at is None else "position_waiting")

    def _health(self, view: View, now: datetime) -> tuple[bool, str]:
        """Whether the phone knows where it is, and since when, in steps that don't redraw a quiet screen."""
        if view.fixed_at is None:
            return False, say(self.language, "position_none")
        age_s = max(0, int((now - view.fixed_at).total_seconds()))
        if age_s < 60:
            return True, say(self.language, "placed_s", age=age_s if age_s < 10 else age_s // 5 * 5)
        return age_s < FRESH_S, say(self.language, "placed_min", age=age_s // 60)
