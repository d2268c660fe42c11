"""Invariant 9 in the brain: two phones live the same life until one is given the cancel PIN and the other the duress
PIN. From then on nothing may tell them apart but six letters of one message."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile_app.core import session as s
from tests.mobile_app.brain import (
    COVERT,
    LOUD,
    SILENT,
    TRIGGERS,
    Profiles,
    Rules,
    asked,
    at,
    every,
    perceived,
    plainly,
    play,
    sent,
    status,
    taps,
)

PERSON = st.sampled_from(
    (s.HoldStarted(), s.HoldReleased(), s.Shaken(), s.Tapped(), s.KeyPressed(5), s.Confirmed(), s.Tick(), s.Fell(),
     s.DrillChosen(True), s.SafeHoldStarted(), s.SafeHoldReleased(), s.WalkOverdue("w"), s.AtHome(True),
     s.NoiseStopped(), s.Say("text", text="3층"), s.RescueConfirmed(False), s.Dismissed(), s.PinChecked("wrong"))
)  # fmt: skip
NEWS = st.sampled_from(("received", "on_scene", "closed", "said", "dial", "line_ended"))
RULES = st.builds(
    Rules, profiles=st.builds(Profiles, **dict.fromkeys(TRIGGERS, st.sampled_from((LOUD, SILENT, COVERT)))),
    is_loud_in_drill=st.booleans(), is_capturing=st.booleans(), is_capturing_covertly=st.booleans(),
)  # fmt: skip


def disk(state: s.Session) -> str:
    return json.dumps(s.save(state))


def going(state: s.Session) -> list[str]:
    alive = (s.COUNTDOWN, s.RUNNING)
    return [one.alert_id for one in (state, state.hidden) if one is not None and one.phase in alive]


def news_of(word: str, alert_id: str) -> Any:
    ways = {"said": asked, "dial": s.DialDue, "line_ended": s.LineEnded}
    return ways[word](alert_id) if word in ways else status(alert_id, word)


@given(RULES, st.lists(PERSON, max_size=15), st.lists(st.one_of(PERSON, NEWS), max_size=10), st.booleans())
def test_from_whatever_was_before_both_pins_lead_to_the_same_phone(
    rules: Rules, before: list[Any], after: list[Any], is_killed: bool
) -> None:
    state, _ = play((0, s.Shaken()), *((n * 0.7, one) for n, one in enumerate(before)), state=s.Session(rules=rules))
    alert_ids = going(state)
    if not alert_ids:
        return
    cancelled, by_cancel = play((20, s.PinChecked("cancel")), state=state)
    forced, by_duress = play((20, s.PinChecked("duress")), state=state)
    assert cancelled == forced and disk(cancelled) == disk(forced) and s.visible(cancelled) == s.visible(forced)
    assert plainly(by_cancel) == plainly(by_duress) and len(disk(cancelled)) == len(disk(forced))
    assert sent(by_duress) == [("ended", "duress")] * len(alert_ids)
    if is_killed:
        cancelled, forced = (s.resume(s.save(one), at(21), rules=rules)[0] for one in (cancelled, forced))
    for n, one in enumerate(after):
        happened = news_of(one, alert_ids[0]) if isinstance(one, str) else one
        cancelled, more = play((22 + n, happened), state=cancelled)
        forced, as_much = play((22 + n, happened), state=forced)
        assert cancelled == forced and more == as_much


@pytest.mark.parametrize("seconds", [1, 6])
@pytest.mark.parametrize("profile", [LOUD, SILENT, COVERT])
def test_in_each_profile_in_countdown_and_active_both_end_the_same_and_the_siren_with_it(
    profile: str, seconds: int
) -> None:
    state, _ = play((0, s.Shaken()), (seconds, s.Tick()), state=s.Session(rules=every(profile, is_capturing=True)))
    ends = [play((7, s.PinChecked(verdict)), state=state) for verdict in ("cancel", "duress")]
    assert ends[0][0] == ends[1][0] and plainly(ends[0][1]) == plainly(ends[1][1])
    assert (s.Sound(None) in ends[0][1]) == (s.Strobe(False) in ends[0][1]) == (profile == LOUD and seconds == 6)
    assert (perceived(ends[0][1]) == []) == (profile == COVERT)


def test_a_duress_pin_where_nothing_goes_on_calls_for_help_and_shows_what_the_other_pin_shows() -> None:
    rest = s.Session(wrong_pins=2, notice="wrong_pin")
    calm, nothing = play((0, s.PinChecked("cancel")), state=rest)
    forced, effects = play((0, s.PinChecked("duress")), state=rest)
    assert nothing == [] and perceived(effects) == [] and s.visible(calm) == s.visible(forced)
    assert sent(effects) == [("active", ""), ("ended", "duress")]
    [alert_id] = forced.quiet
    assert s.Track(alert_id) in effects and {one.trigger for one in effects if isinstance(one, s.Send)} == {"duress"}
    again, effects = play((9, s.PinChecked("cancel")), state=forced)
    assert again.quiet == (alert_id,) and effects == [], "no PIN takes it back: only her center ends it"
    assert play((10, status(alert_id, "closed")), state=again)[1] == [s.Untrack(alert_id)]


def test_on_disk_a_forced_call_looks_like_a_phone_after_a_cancel() -> None:
    forced, _ = play((0, s.PinChecked("duress")))
    cancelled, _ = play((0, s.Shaken()), (1, s.PinChecked("cancel")))
    assert disk(forced).replace(forced.quiet[0], "") == disk(cancelled).replace(cancelled.quiet[0], "")


def test_while_a_covert_alert_goes_on_a_pin_does_what_it_does_at_rest() -> None:
    running, _ = play(*taps(0), (7, s.Tick()))
    for verdict in ("wrong", "cancel", "duress"):
        at_rest, _ = play((9, s.PinChecked(verdict)))
        hidden, effects = play((9, s.PinChecked(verdict)), state=running)
        assert s.visible(hidden) == s.visible(at_rest) and perceived(effects) == []
