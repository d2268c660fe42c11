"""The session's story, step by step and under any order of events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mobile_app.core import session as s
from mobile_app.core.messages import DRILL, Accepted, CenterRef, Status

settings.register_profile("busy", deadline=None)
settings.load_profile("busy")
START = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
CENTER = CenterRef(code="41170", name_ko="안양시", name_en="Anyang-si")


def at(seconds: float) -> s.Moment:
    return s.Moment(1000 + seconds, START + timedelta(seconds=seconds), entropy=int(seconds * 1000) + 7)


def play(*story: tuple[float, Any], state: s.Session | None = None) -> tuple[s.Session, list[s.Effect]]:
    state, effects = state or s.Session(), []
    for seconds, happened in story:
        state, new = s.step(state, happened, at(seconds))
        effects += new
    return state, effects


def sent(effects: list[s.Effect]) -> list[tuple[str, str]]:
    return [(one.phase, one.outcome) for one in effects if isinstance(one, s.Send)]


def status(alert_id: str, state: str, assignment_no: int = 1) -> s.StatusArrived:
    return s.StatusArrived(
        Status(status_id="x", alert_id=alert_id, assignment_no=assignment_no, state=state, center=CENTER, at=START)
    )


def test_a_shake_sends_the_pre_alert_at_once_and_the_alert_when_time_is_up() -> None:
    state, effects = play((0, s.Shaken()))
    assert state.phase == s.COUNTDOWN and sent(effects) == [("pre", "")]
    state, effects = play((4.9, s.Tick()), state=state)
    assert state.phase == s.COUNTDOWN and sent(effects) == []
    state, effects = play((5.0, s.Tick()), state=state)
    assert state.phase == s.RUNNING and sent(effects) == [("active", "")]


def test_a_second_of_holding_raises_and_less_does_not() -> None:
    assert play((0, s.HoldStarted()), (0.9, s.Tick()), (0.95, s.HoldReleased()))[0].phase == s.IDLE
    state, effects = play((0, s.HoldStarted()), (1.0, s.Tick()))
    assert state.phase == s.COUNTDOWN and state.trigger == "hold" and sent(effects) == [("pre", "")]


def test_holding_on_does_not_confirm_but_holding_again_does() -> None:
    state, _ = play((0, s.HoldStarted()), (1.0, s.Tick()), (2.5, s.Tick()), (2.6, s.HoldReleased()))
    assert state.phase == s.COUNTDOWN
    state, effects = play((3.0, s.HoldStarted()), (4.0, s.Tick()), state=state)
    assert state.phase == s.RUNNING and sent(effects) == [("active", "")]


def test_a_wrong_pin_stops_nothing() -> None:
    state, effects = play((0, s.Shaken()), (1, s.PinChecked("wrong")), (5, s.Tick()))
    assert state.phase == s.RUNNING and sent(effects) == [("pre", ""), ("active", "")]


@given(
    st.lists(
        st.sampled_from((s.HoldStarted(), s.HoldReleased(), s.Shaken(), s.Confirmed(), s.Tick(), s.DrillChosen(True))),
        max_size=12,
    ),
    st.booleans(),
)
def test_duress_and_cancel_are_the_same_to_the_eye(prelude: list[Any], later: bool) -> None:
    """Invariant 9, from any state that a prelude leads to."""
    state, _ = play(*((n * 0.4, happened) for n, happened in enumerate(prelude)))
    cancelled, by_cancel = play((6, s.PinChecked("cancel")), state=state)
    forced, by_duress = play((6, s.PinChecked("duress")), state=state)
    assert cancelled == forced and s.save(cancelled) == s.save(forced)
    assert by_cancel == [
        replace(one, outcome="cancel") if isinstance(one, s.Send) and one.outcome == "duress" else one
        for one in by_duress
    ]
    if later:
        news = [(7, s.Tick()), (8, status(state.alert_id, "acknowledged")), (9, status(state.alert_id, "closed"))]
        cancelled, forced = play(*news, state=cancelled)[0], play(*news, state=forced)[0]
    assert cancelled == forced


def test_duress_goes_on_sending_positions_until_the_center_closes() -> None:
    state, effects = play((0, s.Shaken()), (1, s.PinChecked("duress")))
    alert_id = state.quiet[0]
    assert s.Untrack(alert_id) not in effects and sent(effects)[-1] == ("ended", "duress")
    state, effects = play((60, status(alert_id, "closed")), state=state)
    assert effects == [s.Untrack(alert_id)] and state.quiet == ()


def test_statuses_are_steps_and_an_old_assignment_is_not_heard() -> None:
    state, _ = play((0, s.Shaken()), (5, s.Tick()))
    accepted = Accepted(alert_id=state.alert_id, phase="active", assignment_no=2, reason="contains", center=CENTER,
                        flags=(), boundary_version="2023-07-01", received_at=START, live_token="t")  # fmt: skip
    state, _ = play((5.1, s.AcceptedBy(accepted)), (6, status(state.alert_id, "received", 1)), state=state)
    assert [one.state for one in state.steps] == ["raised"]
    state, _ = play(
        *((7 + n, status(state.alert_id, name, 2)) for n, name in enumerate(("received", "received", "closed"))),
        state=state,
    )
    assert [one.state for one in state.steps] == ["raised", "received", "closed"] and state.phase == s.CLOSED


def test_the_center_s_receipt_of_a_pre_alert_is_no_receipt_of_the_alert() -> None:
    state, _ = play((0, s.Shaken()))
    early = s.StatusArrived(replace(status(state.alert_id, "received").status, phase="pre"))
    state, _ = play((1, early), (5, s.Tick()), state=state)
    assert [one.state for one in state.steps] == ["raised"] and state.center
    state, _ = play((6, status(state.alert_id, "received")), state=state)
    assert [one.state for one in state.steps] == ["raised", "received"]


def test_a_quiet_alert_ends_when_the_router_takes_no_more() -> None:
    state, _ = play((0, s.Shaken()), (1, s.PinChecked("duress")))
    alert_id = state.quiet[0]
    state, effects = play((9, s.LineEnded(alert_id)), (9, s.LineEnded("another")), state=state)
    assert state.quiet == () and effects == [s.Untrack(alert_id)]


def test_a_drill_is_one_on_the_wire_and_drill_mode_ends_by_itself() -> None:
    state, effects = play((0, s.DrillChosen(True)), (1, s.Shaken()), (2, s.PinChecked("cancel")))
    assert {one.service for one in effects if isinstance(one, s.Send)} == {DRILL} and state.drill_until_s is None
    assert play((0, s.DrillChosen(True)), (301, s.Tick()))[0].drill_until_s is None


@given(st.floats(0, 30), st.booleans())
def test_a_killed_phone_goes_on_where_it_would_be(away_s: float, is_active: bool) -> None:
    state, _ = play((0, s.Shaken()), *([(5.0, s.Tick())] if is_active else []))
    resumed, _ = s.resume(s.save(state), at(2 + away_s))
    again, effects = play((2 + away_s, s.Tick()), state=resumed)
    assert again.alert_id == state.alert_id
    assert again.phase == (s.RUNNING if is_active or 2 + away_s >= 5 else s.COUNTDOWN)
    assert sent(effects) == ([("active", "")] if not is_active and again.phase == s.RUNNING else [])


INPUTS = st.sampled_from(
    (s.HoldStarted(), s.HoldReleased(), s.Shaken(), s.Confirmed(), s.Tick(), s.PinChecked("wrong"),
     s.PinChecked("cancel"), s.PinChecked("duress"), s.DrillChosen(True), s.DrillChosen(False), s.Dismissed())
)  # fmt: skip


@given(st.lists(st.tuples(st.floats(0, 3), INPUTS), max_size=40))
def test_every_alert_is_pre_then_active_then_ended_and_only_a_pin_ends_it(story: list[tuple[float, Any]]) -> None:
    state, seconds, phases = s.Session(), 0.0, {}
    for step_s, happened in story:
        seconds += step_s
        state, effects = s.step(state, happened, replace(at(seconds), entropy=len(phases) + 1))
        for one in effects:
            if isinstance(one, s.Send):
                phases.setdefault(one.alert_id, []).append(one.phase)
                assert one.phase != "ended" or isinstance(happened, s.PinChecked)
    for order in phases.values():
        assert order in (["pre"], ["pre", "active"], ["pre", "ended"], ["pre", "active", "ended"])


def test_three_wrong_pins_are_free_and_then_each_waits_longer() -> None:
    state, _ = play((0, s.Shaken()))
    pauses = []
    for n in range(10):
        pauses.append(s.pin_pause_s(state))
        state, _ = play((0.1 * n, s.PinChecked("wrong")), state=state)
    assert pauses == [0, 0, 0, 1, 2, 4, 8, 16, 30, 30]
    assert s.pin_pause_s(play((1, s.PinChecked("cancel")), state=state)[0]) == 0
