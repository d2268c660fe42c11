"""Random lives of a phone: gestures, ticks, kills between any two writes, a router that answers late or never, centers
whose words come in any order, a wall clock that jumps. No alert is lost, none is sent twice, no covert one shows."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mobile_app.core import session as s
from tests.mobile_app.brain import (
    COVERT,
    LOUD,
    PERCEIVED,
    SILENT,
    TRIGGERS,
    Profiles,
    Rules,
    asked,
    at,
    status,
    taken,
)

ALIVE = (s.COUNTDOWN, s.RUNNING)
LONGEST_COUNTDOWN_S = 15.0
SEEN = (*PERCEIVED, s.SpeakUp, s.Shown)
GESTURES = (
    s.HoldStarted(), s.HoldReleased(), s.Shaken(), s.Tapped(), s.KeyPressed(5), s.SafeHoldStarted(), s.Fell(),
    s.SafeHoldReleased(), s.SafeHoldMissed(), s.Screamed(), s.WalkOverdue("w1"), s.WalkOverdue("w2"), s.Confirmed(),
    s.NoiseStopped(),
    s.RescueConfirmed(True), s.RescueConfirmed(False), s.AtHome(True), s.DrillChosen(True), s.DrillChosen(False),
    s.Say("quick", code="hiding"), s.Dismissed(),
)  # fmt: skip


class Killed(Exception):
    """The process dies before this write."""


class Life(RuleBasedStateMachine):
    @initialize(
        profiles=st.builds(Profiles, **dict.fromkeys(TRIGGERS, st.sampled_from((LOUD, SILENT, COVERT)))),
        countdown_s=st.sampled_from((0.0, 5.0, 10.0)), flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    )  # fmt: skip
    def begin(self, profiles: Profiles, countdown_s: float, flags: tuple[bool, bool, bool]) -> None:
        self.rules_chosen = Rules(countdown_s, profiles, *flags)
        self.state = s.Session(rules=self.rules_chosen)
        self.now_s, self.wall_off_s, self.moments = 0.0, 0.0, 0
        self.disk: dict[str, Any] = {}
        self.outbox: dict[tuple[str, str], s.Send] = {}
        self.arrived: list[tuple[str, str]] = []
        self.put: list[tuple[str, str]] = []
        self.due: dict[str, float] = {}
        self.sent_in_this_life: set[tuple[str, str]] = set()
        self.followed: set[str] = set()
        self.lingering: set[str] = set()
        self.writes_left: int | None = None

    # ---- the service, as the contract describes it ------------------------------------------------------------

    def moment(self) -> s.Moment:
        self.moments += 1
        now = at(self.now_s)
        return replace(now, wall=now.wall + timedelta(seconds=self.wall_off_s), entropy=self.moments)

    def write(self) -> None:
        if self.writes_left == 0:
            raise Killed
        if self.writes_left is not None:
            self.writes_left -= 1

    def tell(self, happened: s.Input) -> bool:
        """Whether the process has lived through it; otherwise the next one has begun."""
        before, now = self.state, self.moment()
        after, effects = s.step(before, happened, now)
        self.look(before, after, happened, effects, now)
        try:
            self.carry_out(after, effects)
        except Killed:
            self.restart()
            self.tell(s.Tick())
            return False
        return True

    def carry_out(self, after: s.Session, effects: tuple[s.Effect, ...]) -> None:
        self.state = after
        sends = [one for one in effects if isinstance(one, s.Send)]
        if not any(one.phase == "ended" for one in sends):
            self.keep()
        for one in sends:
            self.send(one)
        self.keep()
        for one in effects:
            self.do(one)

    def keep(self) -> None:
        saved = json.loads(json.dumps(s.save(self.state)))
        if saved != self.disk:
            self.write()
            self.disk = saved

    def send(self, one: s.Send) -> None:
        key = (one.alert_id, one.phase)
        assert key not in self.sent_in_this_life, "once per life"
        assert (one.alert_id, "ended") not in self.put, "nothing comes after the end"
        self.sent_in_this_life.add(key)
        self.write()
        if key not in self.outbox:
            self.outbox[key] = one
            self.put.append(key)

    def do(self, one: s.Effect) -> None:
        match one:
            case s.Track(alert_id):
                self.followed.add(alert_id)
            case s.Linger(alert_id):
                self.followed.discard(alert_id)
                self.lingering.add(alert_id)
            case s.Untrack(alert_id):
                self.followed.discard(alert_id)
                self.lingering.discard(alert_id)

    def restart(self) -> None:
        self.writes_left = None
        self.sent_in_this_life, self.followed, self.lingering = set(), set(), set()
        saved = self.disk or s.save(s.Session())
        state, effects = s.resume(saved, self.moment(), rules=self.rules_chosen, waiting=list(self.outbox))
        if state.hidden is not None and state.phase not in ALIVE:
            assert not [one for one in effects if isinstance(one, s.Vibrate | s.Sound | s.Strobe)]
        self.carry_out(state, effects)

    # ---- what must hold at each step --------------------------------------------------------------------------

    def look(
        self, before: s.Session, after: s.Session, happened: s.Input, effects: tuple[s.Effect, ...], now: s.Moment
    ) -> None:
        for one in effects:
            if isinstance(one, s.Send) and one.phase == "ended":
                assert isinstance(happened, s.PinChecked), "only a PIN ends an alert"
            if one == s.Sound("siren") or one == s.Strobe(True):
                assert after.phase == s.RUNNING and after.profile == LOUD
                assert not after.is_drill or self.rules_chosen.is_loud_in_drill
            if isinstance(one, s.Vibrate):
                assert before.phase in ALIVE or after.phase in ALIVE, "nothing trembles for a covert alert"
        if isinstance(happened, s.Revealed):
            return
        bare, seen = s.step(replace(before, hidden=None), happened, now)
        if before.hidden is None and after.hidden is not None:
            seen = ()
        assert s.visible(after) == s.visible(bare), "the screen shows nothing of what is behind it"
        assert [one for one in effects if isinstance(one, SEEN)] == [one for one in seen if isinstance(one, SEEN)]

    @invariant()
    def no_alert_is_lost(self) -> None:
        for saved in (self.disk, self.disk.get("hidden") or {}):
            if saved.get("phase") == s.COUNTDOWN:
                self.due.setdefault(saved["alert_id"], self.now_s + saved["countdown_s"])
        for alert_id in self.due:
            if self.now_s > self.due[alert_id] + 0.2:
                assert {"active", "ended"} & {phase for one, phase in self.put if one == alert_id}

    @invariant()
    def what_is_alive_is_followed(self) -> None:
        assert self.followed == set(s.tracked(self.state))
        waits = {one.alert_id for one in self.state.afterwards}
        here = {self.state.alert_id} if self.state.is_lingering else set()
        assert self.lingering == waits | here

    @invariant()
    def what_is_on_disk_is_what_is_known(self) -> None:
        assert self.disk in ({}, json.loads(json.dumps(s.save(self.state))))

    # ---- what may happen --------------------------------------------------------------------------------------

    @rule(happened=st.sampled_from(GESTURES))
    def gesture(self, happened: s.Input) -> None:
        self.tell(happened)

    @rule()
    def tapped_five_times(self) -> None:
        for _ in range(5):
            self.tell(s.Tapped())

    @rule(verdict=st.sampled_from(("cancel", "duress", "wrong")))
    def pin(self, verdict: str) -> None:
        self.tell(s.PinChecked(verdict))

    @rule()
    def revealed(self) -> None:
        self.tell(s.Revealed())

    @rule(seconds=st.sampled_from((0.02, 0.5, 1.0, 3.0, 6.0, 400.0)), steps=st.integers(1, 3))
    def time_goes_on(self, seconds: float, steps: int) -> None:
        for _ in range(steps):
            self.now_s += seconds
            self.tell(s.Tick())

    @rule(writes=st.integers(0, 2))
    def dies_at_a_coming_write(self, writes: int) -> None:
        self.writes_left = writes

    @rule(
        writes=st.integers(0, 2), seconds=st.sampled_from((0.0, 6.0, 16.0)),
        happened=st.sampled_from((s.Tick(), s.Shaken(), s.PinChecked("cancel"), s.PinChecked("duress"))),
    )  # fmt: skip
    def dies_while_it_happens(self, writes: int, seconds: float, happened: s.Input) -> None:
        self.writes_left, self.now_s = writes, self.now_s + seconds
        self.tell(happened)
        self.writes_left = None
        self.tell(s.Tick())

    @rule(away_s=st.sampled_from((0.0, 2.0, 60.0)))
    def killed(self, away_s: float) -> None:
        self.now_s += away_s
        self.restart()
        self.tell(s.Tick())

    @rule(seconds=st.floats(-1e7, 1e7))
    def the_wall_clock_jumps(self, seconds: float) -> None:
        self.wall_off_s = seconds

    @precondition(lambda self: self.outbox)
    @rule(is_answer_lost=st.booleans(), number=st.integers(1, 3))
    def the_router_takes_one(self, is_answer_lost: bool, number: int) -> None:
        key = next(iter(self.outbox))
        self.arrived.append(key)
        if not is_answer_lost and self.tell(taken(*key, number)):
            self.outbox.pop(key, None)

    @rule(
        data=st.data(), word=st.sampled_from(("received", "on_scene", "closed", "cancelled")),
        number=st.integers(0, 3), phase=st.sampled_from(("pre", "active")),
    )  # fmt: skip
    def a_center_says(self, data: st.DataObject, word: str, number: int, phase: str) -> None:
        self.tell(status(self.some_alert(data), word, number, phase))

    @precondition(lambda self: self.state.phase == s.RUNNING)
    @rule(words=st.sampled_from((["on_scene"], ["closed"], ["on_scene", "closed"])), is_safe=st.none() | st.booleans())
    def help_comes(self, words: list[str], is_safe: bool | None) -> None:
        for word in words:
            self.tell(status(self.state.alert_id, word, 9))
        if is_safe is not None:
            self.tell(s.RescueConfirmed(is_safe))

    @rule(data=st.data(), way=st.sampled_from(("asked", "delivered", "over", "ended", "dial", "no_dial")))
    def other_news(self, data: st.DataObject, way: str) -> None:
        alert_id = self.some_alert(data)
        lines = s.unsaid(self.state, alert_id)
        line = lines[0].said_id if lines else ""
        news: dict[str, s.Input] = {
            "asked": asked(alert_id), "over": s.LineEnded(alert_id), "dial": s.DialDue(alert_id),
            "ended": s.LineOver(alert_id), "no_dial": s.DialDue(alert_id, ""),
            "delivered": s.SaidDelivered(alert_id, line),
        }  # fmt: skip
        self.tell(news[way])

    def some_alert(self, data: st.DataObject) -> str:
        known = dict.fromkeys(one for one, _ in self.put)
        return data.draw(st.sampled_from([*list(known)[-3:], self.state.alert_id or "another"]))

    def teardown(self) -> None:
        """Whatever happened: after the longest countdown each alert has gone out or was ended."""
        if not hasattr(self, "disk"):
            return
        was_held = self.disk.get("is_holding_safe")
        self.restart()
        self.now_s += s.WINDOW_MISSED_S
        self.tell(s.Tick())
        assert not was_held or self.state.phase in ALIVE or self.state.hidden, "whoever held is looked for"
        self.now_s += LONGEST_COUNTDOWN_S + 1
        self.tell(s.Tick())
        known = {saved["alert_id"] for saved in (self.disk, self.disk.get("hidden") or {}) if saved.get("alert_id")}
        for alert_id in {*known, *self.due, *(one for one, _ in self.put)}:
            phases = [phase for one, phase in self.put if one == alert_id]
            assert {"active", "ended"} & set(phases), (alert_id, phases)
            assert phases == sorted(set(phases), key=("pre", "active", "ended").index), phases


Life.TestCase.settings = settings(deadline=None, max_examples=60, stateful_step_count=40)
TestLife = Life.TestCase
