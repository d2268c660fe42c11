"""The brain's stories, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mobile_app.core import session as s
from mobile_app.core.messages import DRILL
from mobile_app.core.profiles import Profiles, Rules
from tests.mobile_app.brain import (
    CENTER,
    COVERT,
    LOUD,
    SILENT,
    TRIGGERS,
    asked,
    at,
    every,
    perceived,
    play,
    sent,
    status,
    taken,
    taps,
)

RAISES: dict[str, list[tuple[float, Any]]] = {
    "hold": [(0, s.HoldStarted()), (1.0, s.Tick())],
    "shake": [(1.0, s.Shaken())],
    "tap": taps(0),
    "key": [(0.2 * n, s.KeyPressed()) for n in range(5)],
    "release": [(0, s.SafeHoldStarted()), (1.0, s.SafeHoldReleased())],
    "fall": [(1.0, s.Fell())],
    "scream": [(1.0, s.Screamed())],
    "overdue_walk": [(1.0, s.WalkOverdue("w1"))],
}


def active(**rules: Any) -> s.Session:
    return play((0, s.Shaken()), (5, s.Tick()), state=s.Session(rules=Rules(**rules)))[0]


def test_a_shake_sends_the_pre_alert_at_once_and_the_alert_when_time_is_up() -> None:
    state, effects = play((0, s.Shaken()))
    assert state.phase == s.COUNTDOWN and sent(effects) == [("pre", "")]
    state, effects = play((4.9, s.Tick()), state=state)
    assert state.phase == s.COUNTDOWN and sent(effects) == []
    state, effects = play((5.0, s.Tick()), state=state)
    assert state.phase == s.RUNNING and sent(effects) == [("active", "")]


@pytest.mark.parametrize("profile", [LOUD, SILENT, COVERT])
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_every_trigger_raises_one_alert_that_becomes_active_by_itself(trigger: str, profile: str) -> None:
    rest = s.Session(rules=every(profile))
    state, effects = play(*RAISES[trigger], state=rest)
    alert = state.hidden if profile == COVERT else state
    assert alert is not None and (alert.trigger, alert.profile, alert.phase) == (trigger, profile, s.COUNTDOWN)
    assert [one for one in effects if isinstance(one, s.Send | s.Track)] == [
        next(one for one in effects if isinstance(one, s.Send)),
        s.Track(alert.alert_id),
    ]
    before = 14.0 if trigger in ("fall", "scream") else 4.0
    state, effects = play((before, s.Tick()), state=state)
    assert sent(effects) == [], "those that a detector raises give more time"
    state, effects = play((17.0, s.Tick()), state=state)
    alert = state.hidden if profile == COVERT else state
    assert alert is not None and alert.phase == s.RUNNING and sent(effects) == [("active", "")]
    if profile == COVERT:
        assert s.visible(state) == s.visible(rest)


def test_less_than_the_gesture_raises_nothing() -> None:
    stories = (
        [(0, s.HoldStarted()), (0.9, s.Tick()), (0.95, s.HoldReleased())],
        taps(0, 4),
        [*taps(0, 4), (4.0, s.Tapped())],
        [(0.2 * n, s.KeyPressed()) for n in range(4)],
        [(0, s.SafeHoldStarted()), (0.4, s.SafeHoldReleased())],
    )
    for story in stories:
        state, effects = play(*story)
        assert state.phase == s.IDLE and state.hidden is None and effects == []
    assert play((0, s.KeyPressed(presses=5)))[0].trigger == "key", "an OS that counts itself"


def test_holding_on_does_not_confirm_but_holding_again_does() -> None:
    state, _ = play((0, s.HoldStarted()), (1.0, s.Tick()), (2.5, s.Tick()), (2.6, s.HoldReleased()))
    assert state.phase == s.COUNTDOWN
    state, effects = play((3.0, s.HoldStarted()), (4.0, s.Tick()), state=state)
    assert state.phase == s.RUNNING and sent(effects) == [("active", "")]


def test_whoever_holds_until_she_is_safe_says_so_with_her_pin() -> None:
    state, effects = play((0, s.SafeHoldStarted()), (90, s.Tick()))
    assert effects == [] and s.visible(state)["safe_since_s"] == 1000
    state, effects = play((91, s.SafeHoldReleased()), (92, s.SafeHoldReleased()), state=state)
    assert sent(effects) == [("pre", "")]
    state, effects = play((93, s.PinChecked("cancel")), state=state)
    assert state.phase == s.IDLE and sent(effects) == [("ended", "cancel")]


def test_a_lost_window_is_given_three_seconds_and_what_else_is_touched_lets_go_of_nothing() -> None:
    held, _ = play((0, s.SafeHoldStarted()), (10, s.SafeHoldMissed()), (12, s.SafeHoldMissed()), (12, s.Dismissed()))
    assert play((12.9, s.Tick()), state=held)[1] == []
    state, effects = play((13, s.Tick()), state=held)
    assert state.trigger == "release" and sent(effects) == [("pre", "")]
    back, effects = play((12, s.SafeHoldStarted()), (40, s.Tick()), (40, s.Dismissed()), state=held)
    assert effects == [] and sent(play((41, s.SafeHoldReleased()), state=back)[1]) == [("pre", "")]
    assert play((0, s.SafeHoldMissed()), (9, s.Tick())) == (s.Session(), [])
    pressed, _ = play((0, s.HoldStarted()), (0.5, s.Dismissed()), (1, s.Tick()))
    assert pressed.trigger == "hold"


def test_a_drill_that_was_left_running_keeps_no_cry_for_help_back() -> None:
    """Within the five minutes of drill mode another shake is practice; afterwards it is meant."""
    drill, _ = play((0, s.DrillChosen(True)), (1, s.Shaken()), (6, s.Tick()), state=s.Session(rules=every(LOUD)))
    assert drill.is_drill and play((200, s.Shaken()), state=drill) == (drill, [])
    later, _ = play((200, s.WalkOverdue("w1")), (301, s.Tick()), (302, s.WalkOverdue("w1")), state=drill)
    assert later.trigger == "overdue_walk"
    left, _ = play((301, s.Tick()), state=drill)
    real, effects = play((302, s.Shaken()), state=left)
    assert not real.is_drill and sent(effects) == [("pre", "")] and real.quiet == (drill.alert_id,)
    covert = s.Session(rules=every(COVERT))
    unseen, _ = play((0, s.DrillChosen(True)), *taps(1), (7, s.Tick()), (301, s.Tick()), state=covert)
    assert unseen.hidden is not None and unseen.hidden.is_drill
    real, effects = play(*taps(302), state=unseen)
    assert real.hidden is not None and not real.hidden.is_drill and sent(effects) == [("pre", "")]
    assert real.quiet == (unseen.hidden.alert_id,) and perceived(effects) == []


def test_a_walk_asks_for_help_once_and_an_alert_that_is_going_on_covers_it() -> None:
    state, _ = play((0, s.WalkOverdue("w1")), (1, s.PinChecked("cancel")))
    assert play((2, s.WalkOverdue("w1")), state=state) == (state, [])
    state, effects = play((3, s.Shaken()), (4, s.WalkOverdue("w2")), (5, s.PinChecked("cancel")), state=state)
    assert play((6, s.WalkOverdue("w2")), state=state)[1] == []
    assert sent(play((7, s.WalkOverdue("w3")), state=state)[1]) == [("pre", "")]


def test_a_wrong_pin_stops_nothing() -> None:
    state, effects = play((0, s.Shaken()), (1, s.PinChecked("wrong")), (5, s.Tick()))
    assert state.phase == s.RUNNING and sent(effects) == [("pre", ""), ("active", "")]


def test_three_wrong_pins_are_free_and_then_each_waits_longer_also_when_nothing_is_going_on() -> None:
    for state in (s.Session(), play((0, s.Shaken()))[0]):
        pauses = []
        for n in range(10):
            pauses.append(s.pin_pause_s(state))
            state, _ = play((0.1 * n, s.PinChecked("wrong")), state=state)
        assert pauses == [0, 0, 0, 1, 2, 4, 8, 16, 30, 30]
        again, _ = play((2, s.Dismissed()), (2, s.Shaken()), state=state)
        assert s.pin_pause_s(again) == 30, "raising an alert gives no new tries"
        assert s.pin_pause_s(play((1, s.PinChecked("cancel")), state=state)[0]) == 0


# ---- loud, silent, covert -------------------------------------------------------------------------------------------


def test_loud_is_loud_only_when_active_and_her_finger_ends_the_noise_alone() -> None:
    state, effects = play((0, s.Shaken()), (4.5, s.Tick()), state=s.Session(rules=every(LOUD)))
    assert not [one for one in effects if isinstance(one, s.Sound | s.Strobe)]
    state, effects = play((5, s.Tick()), state=state)
    assert s.Sound("siren") in effects and s.Strobe(True) in effects and s.visible(state)["is_noisy"]
    quiet, effects = play((6, s.NoiseStopped()), state=state)
    assert effects == [s.Sound(None), s.Strobe(False)] and quiet.phase == s.RUNNING
    assert play((7, s.NoiseStopped()), state=quiet)[1] == []
    for end in (s.PinChecked("cancel"), s.PinChecked("duress"), status(state.alert_id, "closed")):
        over, effects = play((8, end), state=state)
        assert {s.Sound(None), s.Strobe(False)} < set(effects) and not over.is_noisy
        assert s.Sound(None) not in play((8, end), state=quiet)[1], "nothing is ended that does not go on"


def test_a_drill_is_loud_only_if_she_chose_so() -> None:
    for is_loud in (False, True):
        rest = s.Session(rules=every(LOUD, is_loud_in_drill=is_loud, is_capturing=True))
        state, effects = play((0, s.DrillChosen(True)), (1, s.Shaken()), (6, s.Tick()), state=rest)
        assert state.phase == s.RUNNING and state.is_noisy == (s.Sound("siren") in effects) == is_loud
        assert not [one for one in effects if isinstance(one, s.Capture)], "nothing is taken down of a drill"
        assert effects.count(s.TryCaptures(state.alert_id)) == 1, "but the way is tried, once"
    real, effects = play((1, s.Shaken()), (6, s.Tick()), state=s.Session(rules=every(LOUD, is_capturing=True)))
    assert s.TryCaptures(real.alert_id) not in effects


def test_a_covert_alert_leaves_no_sign_until_she_looks_for_it() -> None:
    rest = s.Session(rules=Rules(is_capturing=True))
    state, effects = play(*taps(0), *((2.0 + n, s.Tick()) for n in range(8)), state=rest)
    assert state.hidden is not None and sent(effects) == [("pre", ""), ("active", "")]
    alert_id = state.hidden.alert_id
    news = [(11, taken(alert_id, "active")), (12, status(alert_id, "received")), (13, asked(alert_id))]
    state, more = play(*news, (14, s.DialDue(alert_id)), state=state)
    assert perceived(effects + more) == [] and s.visible(state) == s.visible(rest)
    assert not [one for one in effects + more if isinstance(one, s.Shown | s.Capture)]
    shown, effects = play((15, s.Revealed()), state=state)
    assert (shown.phase, shown.profile, shown.hidden) == (s.RUNNING, SILENT, None)
    assert [one.state for one in shown.steps] == ["raised", "received"] and shown.center == CENTER.to_json()
    assert effects == [s.Notify("active"), s.OfferDial("112"), s.Shown(alert_id, "line")]
    assert play((16, s.Revealed()), state=shown) == (shown, [])


def test_a_covert_alert_ends_without_a_sign() -> None:
    running, _ = play(*taps(0), (7, s.Tick()))
    assert running.hidden is not None
    alert_id = running.hidden.alert_id
    closed, effects = play((9, status(alert_id, "closed")), state=running)
    assert closed == s.Session() and effects == [s.Untrack(alert_id)]
    ended, effects = play((9, s.PinChecked("cancel")), state=running)
    assert sent(effects) == [("ended", "cancel")] and perceived(effects) == [] and ended.quiet == (alert_id,)
    assert s.visible(ended) == s.visible(s.Session())


def test_behind_a_covert_alert_the_phone_does_what_it_always_does_and_one_pin_ends_both() -> None:
    """Whoever tries the phone to find out sees the usual countdown."""
    hidden, _ = play(*taps(0), (7, s.Tick()))
    plain, as_always = play((10, s.Shaken()), (12, s.Tick()))
    state, effects = play((10, s.Shaken()), (12, s.Tick()), state=hidden)
    assert s.visible(state) == s.visible(plain) and effects == as_always
    state, effects = play((13, s.PinChecked("duress")), state=state)
    assert sent(effects) == [("ended", "duress")] * 2 and len(state.quiet) == 2 and state.hidden is None


def test_pictures_and_sound_are_taken_of_what_is_active_and_covertly_only_by_choice() -> None:
    for profile, chosen in ((SILENT, {"is_capturing": True}), (COVERT, {"is_capturing_covertly": True})):
        state, effects = play((0, s.Shaken()), (1, s.Tick()), state=s.Session(rules=every(profile, **chosen)))
        assert not [one for one in effects if isinstance(one, s.Capture)]
        state, effects = play((5, s.Tick()), state=state)
        [begun] = [one for one in effects if isinstance(one, s.Capture)]
        assert begun.on
        for end in (s.PinChecked("cancel"), s.PinChecked("duress"), status(begun.alert_id, "closed")):
            assert replace(begun, on=False) in play((9, end), state=state)[1]
    assert not active().is_capturing


# ---- what the center says, and how it ends --------------------------------------------------------------------------


def test_statuses_are_steps_and_an_old_assignment_is_not_heard() -> None:
    state = active()
    state, _ = play((5.1, taken(state.alert_id, "active", 2)), (6, status(state.alert_id, "received", 1)), state=state)
    assert [one.state for one in state.steps] == ["raised"]
    news = [(7 + n, status(state.alert_id, name, 2)) for n, name in enumerate(("received", "received", "closed"))]
    state, _ = play(*news, state=state)
    assert [one.state for one in state.steps] == ["raised", "received", "closed"] and state.phase == s.CLOSED


def test_the_center_s_receipt_of_a_pre_alert_is_no_receipt_of_the_alert() -> None:
    state, _ = play((0, s.Shaken()))
    state, _ = play((1, status(state.alert_id, "received", phase="pre")), (5, s.Tick()), state=state)
    assert [one.state for one in state.steps] == ["raised"] and state.center
    state, _ = play((6, status(state.alert_id, "received")), state=state)
    assert [one.state for one in state.steps] == ["raised", "received"]


def test_a_quiet_alert_ends_when_its_center_closes_or_the_router_takes_no_more() -> None:
    state, effects = play((0, s.Shaken()), (1, s.PinChecked("duress")))
    [alert_id] = state.quiet
    assert s.Untrack(alert_id) not in effects and sent(effects)[-1] == ("ended", "duress")
    for news in (status(alert_id, "closed"), s.LineEnded(alert_id)):
        after, effects = play((9, s.LineEnded("another")), (60, news), state=state)
        assert effects == [s.Untrack(alert_id)] and after.quiet == ()


def test_an_alert_that_the_router_ended_leaves_her_no_screen_that_believes_in_it() -> None:
    """Nobody entered a PIN: she is told, nothing of hers goes on, and one touch calls for help anew."""
    state = active()
    over = s.LineOver(state.alert_id)
    assert play((30, s.LineOver("another")), state=state) == (state, [])
    closed, effects = play((30, over), state=state)
    assert closed.phase == s.CLOSED and s.Linger(state.alert_id) in effects and not closed.is_capturing
    again, effects = play((31, s.RescueConfirmed(False)), state=closed)
    assert again.phase == s.RUNNING and again.alert_id != state.alert_id and ("active", "") in sent(effects)
    ended, _ = play((31, s.PinChecked("duress")), state=state)
    assert play((32, over), state=ended) == (ended, []), "after her PIN it is no news, whichever it was"


def test_nobody_answers_so_she_may_call_herself_until_somebody_does() -> None:
    state = active()
    state, effects = play((25, s.DialDue(state.alert_id)), (25, s.DialDue(state.alert_id)), state=state)
    assert effects == [s.OfferDial("112")] and s.visible(state)["dial"] == "112"
    state, effects = play((26, s.DialDue(state.alert_id, "")), state=state)
    assert effects == [s.OfferDial("")] and s.visible(state)["dial"] == ""
    assert play((27, s.DialDue("another")), state=state) == (state, [])


def test_on_scene_she_is_asked_whether_she_is_safe_and_both_answers_are_lines_of_the_talk() -> None:
    state = active()
    assert play((6, s.RescueConfirmed(True)), state=state) == (state, []), "nobody asked yet"
    state, _ = play((7, status(state.alert_id, "on_scene")), state=state)
    assert s.visible(state)["asks_safe"]
    for is_safe, code in ((True, "safe_now"), (False, "danger")):
        told, effects = play((8, s.RescueConfirmed(is_safe)), (9, s.RescueConfirmed(not is_safe)), state=state)
        assert effects == [s.SpeakUp(state.alert_id)] and [one.code for one in told.talk.waiting] == [code]
        closed, _ = play((10, status(state.alert_id, "closed")), state=told)
        assert s.visible(closed)["asks_safe"] is not is_safe, "who was not safe is asked again"


def test_after_the_close_her_word_still_reaches_the_center() -> None:
    state = active()
    alert_id = state.alert_id
    state, effects = play((9, status(alert_id, "closed")), state=state)
    assert s.Linger(alert_id) in effects and s.Untrack(alert_id) not in effects and s.visible(state)["asks_safe"]
    told, effects = play((20, s.RescueConfirmed(True)), (21, s.Dismissed()), state=state)
    [line] = s.unsaid(told, alert_id)
    assert effects == [s.SpeakUp(alert_id)] and line.code == "safe_now" and told.phase == s.IDLE
    assert s.unsaid(s.resume(s.save(told), at(22))[0], alert_id) == (line,), "also through a kill"
    after, effects = play((23, s.SaidDelivered(alert_id, line.said_id)), state=told)
    assert effects == [s.Untrack(alert_id)] and after == replace(s.Session(), afterwards=())
    assert play((20, s.Dismissed()), state=state)[1] == [s.Untrack(alert_id)], "she need not answer"
    assert play((99, s.LineEnded(alert_id)), state=told)[0].afterwards == (), "nor is it tried for ever"


def test_not_safe_after_the_close_is_a_new_cry_for_help_at_once() -> None:
    state = active()
    state, _ = play((9, status(state.alert_id, "closed")), state=state)
    again, effects = play((20, s.RescueConfirmed(False)), state=state)
    assert again.phase == s.RUNNING and again.alert_id != state.alert_id and sent(effects) == [("active", "")]
    assert s.Untrack(state.alert_id) in effects and s.Track(again.alert_id) in effects


def test_an_answer_in_a_drill_stays_a_drill_but_a_shake_after_it_is_real() -> None:
    state, _ = play((0, s.DrillChosen(True)), (1, s.Shaken()), (6, s.Tick()))
    closed, _ = play((7, status(state.alert_id, "closed")), state=state)
    assert play((8, s.RescueConfirmed(False)), state=closed)[0].is_drill
    assert not play((8, s.Shaken()), state=closed)[0].is_drill


def test_a_drill_is_one_on_the_wire_and_drill_mode_ends_by_itself() -> None:
    state, effects = play((0, s.DrillChosen(True)), (1, s.Shaken()), (2, s.PinChecked("cancel")))
    assert {one.service for one in effects if isinstance(one, s.Send)} == {DRILL} and state.drill_until_s is None
    assert play((0, s.DrillChosen(True)), (301, s.Tick()))[0].drill_until_s is None
    hidden, _ = play((0, s.DrillChosen(True)), *taps(1), (7, s.Tick()), (301, s.Tick()))
    assert hidden.hidden is not None and hidden.hidden.is_drill and hidden.drill_until_s is None


def test_chosen_rules_hold_from_the_next_alert_on() -> None:
    state, _ = play((0, s.Shaken()), (1, s.RulesChosen(Rules(30.0, Profiles(shake=LOUD)))), (5, s.Tick()))
    assert state.phase == s.RUNNING and not state.is_noisy
    state, _ = play((6, s.PinChecked("cancel")), (7, s.Shaken()), (20, s.Tick()), state=state)
    assert state.phase == s.COUNTDOWN and state.profile == LOUD


def test_at_home_mode_goes_with_the_alert_and_stays_when_it_ends() -> None:
    state, effects = play((0, s.AtHome(True)), (1, s.Shaken()), *taps(2), (7, s.Tick()))
    assert all(one.is_at_home for one in effects if isinstance(one, s.Send))
    state, _ = play((8, s.PinChecked("cancel")), state=state)
    assert s.visible(state)["is_at_home"] and s.resume(s.save(state), at(9))[0].is_at_home
