"""Killed at any moment, the brain goes on: no alert lost, none sent twice, the countdown where it would be."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile_app.core import session as s
from mobile_app.core.profiles import Rules
from tests.mobile_app.brain import COVERT, LOUD, SILENT, at, every, perceived, play, sent, status, taken, taps


def restart(state: s.Session, seconds: float, waiting: Any = (), wall_off_s: float = 0.0) -> tuple[s.Session, Any]:
    now = at(seconds)
    now = replace(now, wall=now.wall + timedelta(seconds=wall_off_s))
    return s.resume(json.loads(json.dumps(s.save(state))), now, rules=state.rules, waiting=waiting)


@given(st.floats(0, 30), st.booleans(), st.floats(-1e7, 1e7), st.sampled_from((LOUD, SILENT, COVERT)))
def test_the_countdown_goes_on_where_it_would_be_whatever_the_wall_clock_says(
    away_s: float, is_active: bool, wall_off_s: float, profile: str
) -> None:
    state, _ = play((0, s.Shaken()), *([(5.0, s.Tick())] if is_active else []), state=s.Session(rules=every(profile)))
    resumed, _ = restart(state, 2 + away_s, wall_off_s=wall_off_s)
    again, effects = play((2 + away_s, s.Tick()), state=resumed)
    before, after = (one.hidden or one for one in (state, again))
    assert after.alert_id == before.alert_id and (again.hidden is None) == (profile != COVERT)
    assert after.phase == (s.RUNNING if is_active or 2 + away_s >= 5 else s.COUNTDOWN)
    assert sent(effects) == ([("active", "")] if not is_active and after.phase == s.RUNNING else [])


@given(st.floats(-990, -1))
def test_a_phone_that_was_started_again_has_been_away_longer_than_any_countdown(lost_s: float) -> None:
    state, _ = play((0, s.Fell()))
    again, effects = play((lost_s, s.Tick()), state=restart(state, lost_s)[0])
    assert again.phase == s.RUNNING and sent(effects) == [("active", "")]


def test_what_may_not_have_been_done_is_asked_for_again_and_what_is_sure_is_not() -> None:
    counting, _ = play((0, s.Shaken()), state=s.Session(rules=every(LOUD, is_capturing=True)))
    alert_id = counting.alert_id
    _, effects = restart(counting, 1)
    assert sent(effects) == [("pre", "")] and effects[1:] == (s.Track(alert_id), s.Notify("countdown"))
    assert sent(restart(counting, 1, waiting=[(alert_id, "pre")])[1]) == []
    running, _ = play((1, taken(alert_id, "pre")), (5, s.Tick()), state=counting)
    _, effects = restart(running, 6)
    assert sent(effects) == [("active", "")], "the pre-alert arrived, the alert itself may be lost"
    assert {s.Sound("siren"), s.Strobe(True), s.Capture(alert_id, True), s.Notify("active")} < set(effects)
    sure, _ = play((6, taken(alert_id, "active")), (7, s.NoiseStopped()), state=running)
    _, effects = restart(sure, 8)
    assert sent(effects) == [] and not [one for one in effects if isinstance(one, s.Sound | s.Strobe)]


def test_a_covert_alert_comes_back_without_a_sign() -> None:
    rest = s.Session()
    state, _ = play(*taps(0), state=rest)
    resumed, effects = restart(state, 3)
    assert resumed.hidden is not None and perceived(effects) == [] and s.visible(resumed) == s.visible(rest)
    assert effects[1:] == (s.Track(resumed.hidden.alert_id),) and sent(effects) == [("pre", "")]


def test_an_end_that_reached_the_outbox_has_ended_the_alert() -> None:
    """The session must not know which PIN it was, so the outbox is written first."""
    for state in (play((0, s.Shaken()), (5, s.Tick()))[0], play(*taps(0), (7, s.Tick()))[0]):
        alert_id = (state.hidden or state).alert_id
        resumed, effects = restart(state, 9, waiting=[(alert_id, "active"), (alert_id, "ended")])
        assert resumed == replace(s.Session(), quiet=(alert_id,)) and effects == (s.Track(alert_id),)


def test_an_alert_that_only_the_outbox_knows_is_followed() -> None:
    resumed, effects = restart(s.Session(), 1, waiting=[("stranger", "active")])
    assert resumed.quiet == ("stranger",) and effects == (s.Track("stranger"),)


def test_whoever_still_holds_after_a_kill_says_so_and_nobody_else_is_waited_for() -> None:
    held, _ = play((0, s.SafeHoldStarted()))
    resumed, effects = restart(held, 60)
    assert effects == () and s.visible(resumed) == s.visible(held), "her finger may still be down"
    on, effects = play((62, s.SafeHoldStarted()), (90, s.Tick()), state=resumed)
    assert effects == [] and sent(play((91, s.SafeHoldReleased()), state=on)[1]) == [("pre", "")]
    state, effects = play((62.9, s.Tick()), (63.1, s.Tick()), (70, s.Tick()), state=resumed)
    assert state.trigger == "release" and sent(effects) == [("pre", ""), ("active", "")]
    assert sent(play((61, s.SafeHoldReleased()), state=resumed)[1]) == [("pre", "")], "she let go meanwhile"


@given(st.lists(st.floats(0, 2.9), min_size=1, max_size=6))
def test_no_row_of_kills_puts_off_who_let_go(lives_s: list[float]) -> None:
    state, now_s = play((0, s.SafeHoldStarted()))[0], 30.0
    for life_s in lives_s:
        state, effects = restart(state, now_s)
        now_s += life_s
        state, more = play((now_s, s.Tick()), state=state)
        if sent((*effects, *more)):
            break
    assert state.trigger == "release" if now_s >= 33 else state.safe_until_s == 1033
    assert play((33, s.Tick()), state=state)[0].trigger == "release"


def test_nobody_holds_through_a_start_of_the_whole_phone() -> None:
    held, _ = play((0, s.SafeHoldStarted()), (5, s.SafeHoldMissed()))
    for seconds in (-900, -3):
        state, effects = play((seconds, s.Tick()), state=restart(held, seconds)[0])
        assert state.trigger == "release" and sent(effects) == [("pre", "")], seconds
    older = {name: one for name, one in s.save(held).items() if name not in ("safe_since_s", "safe_until_s")}
    resumed, _ = s.resume(older, at(60))
    assert play((63, s.Tick()), state=resumed)[0].trigger == "release"


def test_quiet_and_closed_alerts_come_back() -> None:
    state, _ = play((0, s.Shaken()), (1, s.PinChecked("duress")), (2, s.Shaken()), (7, s.Tick()))
    state, _ = play((8, status(state.alert_id, "closed")), state=state)
    resumed, effects = restart(state, 9)
    assert s.save(resumed) == s.save(state) and s.visible(resumed) == s.visible(state)
    assert set(effects) == {s.Track(state.quiet[0]), s.Linger(state.alert_id), s.Notify("closed")}
    told, _ = play((9, s.RescueConfirmed(True)), (9, s.Dismissed()), state=state)
    again, effects = restart(told, 10, waiting=[(state.alert_id, "active")])
    assert {s.Linger(state.alert_id), s.SpeakUp(state.alert_id)} < set(effects)
    assert again.quiet == state.quiet, "a closed alert does not send positions again"


def test_drill_mode_does_not_come_back() -> None:
    assert restart(play((0, s.DrillChosen(True)))[0], 1)[0].drill_until_s is None


def test_a_session_of_an_older_phone_goes_on_at_once() -> None:
    state, _ = play((0, s.Shaken()))
    older = {name: s.save(state)[name] for name in ("phase", "countdown_s", "alert_id", "trigger", "is_drill",
             "raised_at", "center", "assignment_no", "steps", "quiet", "wrong_pins", "talk")}  # fmt: skip
    resumed, _ = s.resume(older, at(1))
    assert play((1, s.Tick()), state=resumed)[0].phase == s.RUNNING


PIECES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(s.save(s.Session()))), PIECES, st.booleans())
def test_a_damaged_session_is_refused_or_understood_and_never_breaks_the_phone(
    name: str, piece: Any, is_active: bool
) -> None:
    state = play((0, s.Shaken()), *([(5, s.Tick())] if is_active else []))[0]
    try:
        resumed, _ = s.resume(s.save(state) | {name: piece}, at(6), rules=Rules())
    except (KeyError, TypeError, ValueError):
        return
    for happened in (s.Tick(), s.Shaken(), s.PinChecked("cancel"), s.Shaken()):
        resumed, _ = s.step(resumed, happened, at(30))
    json.dumps(s.save(resumed))


@pytest.mark.parametrize(
    "damaged", [{}, None, [], {"phase": "asleep"}, {"phase": "active"}, {"phase": "idle", "profile": "x"}]
)
def test_what_is_no_session_is_named(damaged: Any) -> None:
    with pytest.raises((KeyError, ValueError)):
        s.resume(damaged, at(0))
