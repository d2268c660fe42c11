"""Trying everything before it is needed: how hard to shake, holding and cancelling, and one test of the whole way.

While this screen is shown shakes are only measured (the service takes that back by itself when nobody asks any more).
The rehearsal lives in this window alone: nothing is sent, and no digit that is entered there is checked or kept,
because a keypad that tells right from wrong without any consequence would be a gift for whoever guesses.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import BooleanProperty, DictProperty, ListProperty, NumericProperty, StringProperty
from kivy.uix.screenmanager import Screen

from mobile_app.core.meter import ENOUGH_MPS2, FULL_MPS2
from mobile_app.core.session import HOLD_S
from mobile_app.ui.i18n import say
from mobile_app.ui.widgets.keypad import Keypad

LOOK_EVERY_S, BEAT_S = 0.1, 1 / 30
SHOWN_FOR_S = 4.0
HOPS = ("phone", "router", "center")
STOPPED_AT = {"no_router": "router", "no_center": "center"}
HOLD, COUNT, PIN, CANCELLED, SENT = "hold", "count", "pin", "cancelled", "sent"


class PracticeScreen(Screen):
    mark = ENOUGH_MPS2 / FULL_MPS2
    share = NumericProperty(0)
    hint = StringProperty("still")
    beat_line = StringProperty("")
    found = DictProperty({})
    is_found = BooleanProperty(False)
    trial = StringProperty("")
    hops = ListProperty([])
    answer = StringProperty("")
    how = StringProperty("")
    stage = StringProperty("")
    """Of the rehearsal: "" where there is none."""
    hold_share = NumericProperty(0)
    seconds = NumericProperty(0)
    left_share = NumericProperty(0)

    def on_kv_post(self, _: object) -> None:
        app = App.get_running_app()
        self._look = Clock.create_trigger(self._ask, LOOK_EVERY_S, interval=True)
        self._move = Clock.create_trigger(self._beat, BEAT_S, interval=True)
        self._held_s: float | None = None
        self._began_s, self._found_s, self._is_asking = 0.0, -math.inf, False
        self._base: dict[str, int] = {}
        self._main, self._rehearsal = self.ids.main.__self__, self.ids.rehearsal.__self__
        self.keypad = Keypad()
        self.keypad.bind(on_entered=lambda *_: self._to(CANCELLED), on_closed=lambda _: self._to(COUNT))
        app.bind(language=self._say)
        self._say()
        self._show()

    def on_pre_enter(self) -> None:
        self._to("")
        self.start_over()
        self._show_trial({"state": "", "hops": {}, "center": {}})
        self._look()

    def on_leave(self) -> None:
        self._look.cancel()
        self._move.cancel()

    def close_top(self) -> bool:
        """Back leads out of the keypad, then out of the rehearsal."""
        was = self.stage
        if was:
            self._to(COUNT if was == PIN else "")
        return bool(was)

    # ---- the meter ----------------------------------------------------------------------------------------------

    def start_over(self) -> None:
        self._base, self._found_s = {}, -math.inf
        self.found, self.is_found, self.share, self.beat_line = {}, False, 0, ""

    def _ask(self, _: float) -> None:
        """One question at a time: a service that is busy is not asked ten times more."""
        app = App.get_running_app()
        if app.screens.current_screen is not self:  # made anew, or its window is gone: shakes must count again
            self.on_leave()
            return
        if self._is_asking or app.phone is None:
            return
        self._is_asking = True
        self._later(app.phone.meter, self._measured)
        if self.trial == "running":
            self._later(app.phone.trial, self._show_trial)

    def _later(self, question: Callable[[], Any], done: Callable[[Any], None]) -> None:
        app = App.get_running_app()
        try:
            app.later(question(), done, self._unanswered)
        except RuntimeError:  # the phone is not running yet
            self._unanswered()

    def _unanswered(self, *_: object) -> None:
        self._is_asking = False

    def _measured(self, seen: Any) -> None:
        self._is_asking = False
        if not isinstance(seen, dict):
            return
        app = App.get_running_app()
        self.share = min(1.0, seen["strength_mps2"] / FULL_MPS2)
        self.hint = seen["hint"] if seen["is_sampled"] else "silent"
        beat = seen["beat_hz"]
        self.beat_line = app.say(app.language, "meter_beat", beat=f"{beat:.1f}") if beat else ""
        counts = seen["found"]
        if any(counts.get(level, 0) < count for level, count in self._base.items()):
            self._base = {}  # the service has begun to count anew
        if not self._base:
            self._base = dict(counts)
        new = {level: counts[level] > self._base[level] for level in counts}
        if new != self.found:
            if any(new.values()):
                self._found_s = time.monotonic()
            self.found = new
        self.is_found = bool(new.get(str(int(app.facts.sensitivity))))

    # ---- the test -----------------------------------------------------------------------------------------------

    def test(self) -> None:
        app = App.get_running_app()
        self._show_trial({"state": "running", "hops": {}, "center": {}})
        app.later(app.phone.test_sos(), self._show_trial, self._test_failed)

    def _test_failed(self, words: str) -> None:
        app = App.get_running_app()
        self._show_trial({"state": "no_router", "hops": {}, "center": {}})
        self.answer, self.how = app.say(app.language, "test_no_router"), words

    def _show_trial(self, seen: Any) -> None:
        self._is_asking = False
        if not isinstance(seen, dict):
            return
        app = App.get_running_app()
        if seen["state"] != self.trial and seen["state"]:  # the card grows under her eyes: what is new stays in sight
            Clock.schedule_once(lambda _: self._main.scroll_to(self.ids.test, animate=False), 0)
        self.trial, done = seen["state"], seen["hops"]
        name = seen["center"].get("name_en" if app.language == "en" else "name_ko", "")
        texts = {
            "phone": say(app.language, "test_phone"),
            "router": say(app.language, "test_router"),
            "center": say(app.language, "test_center", center=name) if name else say(app.language, "test_center_any"),
        }
        waiting = next((hop for hop in HOPS if hop not in done), "")
        self.hops = [
            {"text": texts[hop], "state": self._hop_state(hop, done, waiting),
             "at": say(app.language, "test_after_s", seconds=f"{done[hop]:.1f}") if hop in done else ""}
            for hop in HOPS
        ] if self.trial else []  # fmt: skip
        over = self.trial in ("works", "no_router", "no_center")
        self.answer = app.say(app.language, f"test_{self.trial}") if over else ""
        took = {"seconds": f"{done['center']:.1f}"} if "center" in done else {}
        self.how = app.say(app.language, f"test_{self.trial}_how", **took) if over else ""

    def _hop_state(self, hop: str, done: dict[str, float], waiting: str) -> str:
        if hop in done:
            return "done"
        if hop == STOPPED_AT.get(self.trial):
            return "failed"
        return "now" if hop == waiting and self.trial == "running" else ""

    # ---- the rehearsal --------------------------------------------------------------------------------------------

    def rehearse(self) -> None:
        self._to(HOLD)

    def hold(self) -> None:
        self._held_s = App.get_running_app().facts.monotonic_s()

    def let_go(self) -> None:
        self._held_s = None

    def cancel(self) -> None:
        self._to(PIN)

    def send_now(self) -> None:
        self._to(SENT)

    def _to(self, stage: str) -> None:
        app = App.get_running_app()
        was, self.stage = self.stage, stage
        self._held_s, self.keypad.digits = None, ""
        if stage == COUNT and was == HOLD:
            self._began_s = app.facts.monotonic_s()
        if stage in (HOLD, COUNT, PIN):
            self._move()
            self._beat(0)
        else:
            self._move.cancel()
        self._show()

    def _beat(self, _: float) -> None:
        facts = App.get_running_app().facts
        now_s, whole_s = facts.monotonic_s(), max(1.0, facts.settings.countdown_s)
        held_s = self._held_s
        self.hold_share = 0.0 if held_s is None else min(1.0, (now_s - held_s) / HOLD_S)
        if self.stage == HOLD and self.hold_share >= 1:
            self._to(COUNT if facts.settings.countdown_s > 0 else SENT)
        elif self.stage in (COUNT, PIN):
            left_s = max(0.0, self._began_s + whole_s - now_s)
            self.seconds, self.left_share = math.ceil(left_s), left_s / whole_s
            if left_s <= 0:
                self._to(SENT)

    def _show(self) -> None:
        holder = self.ids.holder
        wanted = self.keypad if self.stage == PIN else self._rehearsal if self.stage else self._main
        if holder.children != [wanted]:
            holder.clear_widgets()
            holder.add_widget(wanted)

    def _say(self, *_: object) -> None:
        app = App.get_running_app()
        self.keypad.title = app.say(app.language, "rehearse_pin")
        self.keypad.closing = app.say(app.language, "back")
        self.keypad.length = app.facts.pin_digits
