"""Data, then a text, then the person's own call: when each rung comes, and that none comes twice."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile_app.core.ladder import RANKS, Ladder, OfferDial, SendText, WithdrawDial

WALL = datetime(2026, 11, 21, 16, tzinfo=UTC)
A = "019aa6e1-5b2a-7c3d-9e4f-0123456789ab"


class Climbing:
    """A ladder, its clock, and what it asked for: `(second, what)`. `taken`: whether the phone takes a text to send."""

    def __init__(self, *, is_on: bool = True, can_text: bool = True, taken: bool = True) -> None:
        self.ladder, self.now_s, self.done = Ladder(), 0.0, []
        self.is_on, self.can_text, self.taken = is_on, can_text, taken

    def put(self, phase: str, alert_id: str = A, **more: Any) -> None:
        self._take(self.ladder.put(alert_id, phase, now_s=self.now_s, **more))

    def accept(self, phase: str, alert_id: str = A) -> None:
        self._take(self.ladder.accepted(alert_id, phase, now_s=self.now_s))

    def until(self, second: float) -> Climbing:
        while self.now_s < second:
            self.now_s = round(self.now_s + 0.5, 1)
            self._take(self.ladder.tick(self.now_s, is_radio_on=self.is_on, can_text=self.can_text))
        return self

    def restart(self, wall_moves_s: float = 0.0) -> None:
        saved = json.loads(json.dumps(self.ladder.save(self.now_s, WALL)))
        self.ladder = Ladder.resume(saved, now_s=self.now_s, wall=WALL + timedelta(seconds=wall_moves_s))

    def _take(self, effects: Any) -> None:
        for effect in effects:
            if isinstance(effect, SendText):
                self.done.append((self.now_s, f"text {effect.phase}"))
                self.ladder.texted(effect.alert_id, effect.phase, was_taken=self.taken, now_s=self.now_s)
            else:
                self.done.append((self.now_s, "dial" if isinstance(effect, OfferDial) else "no dial"))


def test_no_202_for_eight_seconds_a_text_for_twenty_the_call_and_once_more_after_a_minute() -> None:
    way = Climbing()
    way.put("active")
    assert way.until(300).done == [(8, "text active"), (20, "dial"), (68, "text active")]


def test_a_202_stops_everything_also_that_of_a_later_message() -> None:
    way = Climbing()
    way.put("pre")
    way.until(3).put("active")
    way.until(7).accept("active")
    way.accept("pre")
    assert way.until(300).done == []


def test_the_active_alert_does_not_wait_again_for_what_its_pre_alert_already_waited() -> None:
    way = Climbing()
    way.put("pre")
    way.until(5).put("active")
    assert way.until(60).done == [(8, "text active"), (20, "dial")]


def test_a_long_countdown_is_told_by_text_and_so_is_what_comes_of_it() -> None:
    way = Climbing()
    way.put("pre")
    way.until(30).put("active")
    assert way.until(60).done == [(8, "text pre"), (30.5, "dial"), (32, "text active")]


def test_a_202_of_the_pre_alert_gives_the_alert_its_own_time() -> None:
    way = Climbing()
    way.put("pre")
    way.until(5).put("active")
    way.until(6).accept("pre")
    assert way.until(30).done == [(13, "text active"), (25, "dial")]


def test_without_a_radio_the_text_comes_after_two_seconds_counted_from_when_it_went_dark() -> None:
    way = Climbing(is_on=False)
    way.put("active")
    assert way.until(19).done == [(2.5, "text active")], "the first tick sees that it is dark"
    later = Climbing()
    later.put("active")
    later.until(4).is_on = False
    assert later.until(19).done == [(6.5, "text active")]


@pytest.mark.parametrize("was_texted", [True, False])
def test_an_end_goes_by_text_too_and_takes_the_offer_back(was_texted: bool) -> None:
    way = Climbing()
    way.put("active")
    way.until(25 if was_texted else 3).put("ended")
    way.until(60)
    if was_texted:
        assert way.done == [(8, "text active"), (20, "dial"), (25, "no dial"), (27, "text ended")]
    else:
        assert way.done == [(8, "text ended")], (
            "a cry that was taken back before anyone heard it is not raised any more"
        )


def test_a_drill_offers_no_call_and_a_closed_alert_is_over() -> None:
    way = Climbing()
    way.put("active", offers_dial=False)
    assert way.until(30).done == [(8, "text active")]
    way.ladder.over(A)
    assert way.until(300).done == [(8, "text active")]


def test_where_no_text_can_be_sent_the_call_is_offered_at_eight_seconds() -> None:
    way = Climbing(can_text=False)
    way.put("active")
    assert way.until(100).done == [(8, "dial")]


def test_a_text_that_the_phone_refuses_is_tried_again_every_ten_seconds_until_it_is_taken() -> None:
    way = Climbing(taken=False)
    way.put("active", offers_dial=False)
    way.until(29).taken = True
    assert [at for at, _ in way.until(300).done] == [8, 18, 28, 38, 98]


def test_killed_between_the_note_and_the_text_the_repetition_goes_at_once_and_it_is_the_last() -> None:
    way = Climbing()
    way.put("active", offers_dial=False)
    way.until(7.5)
    [due] = way.ladder.tick(8, is_radio_on=True, can_text=True)
    assert due == SendText(A, "active")
    way.now_s = 8.0
    way.restart()  # nobody knows whether it left
    assert way.until(300).done == [(8.5, "text active")]


@pytest.mark.parametrize(("moved_s", "at"), [(0, 68), (3600, 31), (-3600, 90.5)])
def test_a_restart_never_sends_a_third_and_a_clock_that_jumped_only_moves_the_second(moved_s: float, at: float) -> None:
    way = Climbing()
    way.put("active", offers_dial=False)
    way.until(30.5).restart(moved_s)
    assert way.until(300).done == [(8, "text active"), (at, "text active")]


def test_last_gasps_go_by_text_once_each_where_no_data_goes_also_for_an_alert_that_was_confirmed() -> None:
    way = Climbing()
    way.put("active")
    way.accept("active")

    def gasp(level: int, works: bool) -> list[Any]:
        return list(way.ladder.gasp(level, now_s=way.now_s, does_data_work=works, can_text=True))

    assert gasp(5, True) == []
    assert gasp(5, False) == [SendText(A, "active", is_gasp=True)]
    way.restart()
    assert gasp(5, False) == [] and gasp(2, False) == [SendText(A, "active", is_gasp=True)]


def test_a_damaged_file_is_an_empty_ladder_and_a_good_part_of_it_is_kept() -> None:
    way = Climbing()
    way.put("active")
    saved = way.ladder.save(0, WALL)
    saved |= {"x": {"phase": "active"}, "y": None, "z": saved[A] | {"phase": "?"}}
    for junk in (None, [], 3, "x"):
        assert Ladder.resume(junk, now_s=0, wall=WALL).waiting() == []
    assert Ladder.resume(saved, now_s=0, wall=WALL).waiting() == [(A, "active")]


def test_withdrawing_what_was_not_offered_says_nothing() -> None:
    ladder = Ladder()
    ladder.put(A, "active", now_s=0)
    assert ladder.over(A) == () and ladder.over(A) == ()
    ladder.put(A, "active", now_s=0)
    ladder.tick(20, is_radio_on=True, can_text=True)
    assert ladder.accepted(A, "active", now_s=21) == (WithdrawDial(A),)


happenings = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.sampled_from([0.5, 2.0, 5.0, 9.0, 30.0, 70.0])),
        st.tuples(st.just("put"), st.sampled_from(["pre", "active", "ended"])),
        st.tuples(st.just("accept"), st.sampled_from(["pre", "active", "ended"])),
        st.tuples(st.just("radio"), st.booleans()),
        st.tuples(st.just("taken"), st.booleans()),
        st.tuples(st.just("restart"), st.sampled_from([0.0, 5.0, -5.0, 4000.0])),
    ),
    max_size=25,
)


@given(happenings)
def test_whatever_happens_no_phase_is_texted_three_times_and_none_waits_longer_than_promised(story: Any) -> None:
    way = Climbing()
    confirmed, newest, put_s = 0, 0, 0.0
    for what, value in story:
        asked = len(way.done)
        if what == "wait":
            way.until(way.now_s + value)
        elif what == "put":
            way.put(value)
            if RANKS[value] > newest:
                newest, put_s = RANKS[value], way.now_s
        elif what == "accept" and RANKS[value] <= newest:
            way.accept(value)
            confirmed = max(confirmed, RANKS[value])
        elif what == "restart":
            way.restart(value)
        elif what in ("radio", "taken"):
            setattr(way, "is_on" if what == "radio" else "taken", value)
        new = way.done[asked:]
        assert not [one for _, one in new if "text" in one and RANKS[one.split()[1]] <= confirmed], "it is confirmed"
        assert not [one for at, one in new if one == "dial" and (newest != 2 or confirmed >= 2)]
    if not newest:
        return
    way.taken = True
    way.until(way.now_s + 200)
    texts = Counter(one for _, one in way.done if one.startswith("text"))
    if all(what != "taken" for what, _ in story):
        assert max(texts.values(), default=0) <= 2
    phase = next(name for name, rank in RANKS.items() if rank == newest)
    if confirmed < newest:
        assert texts[f"text {phase}"] >= 1
        first_s = min(at for at, one in way.done if one == f"text {phase}")
        if all(what not in ("taken", "restart") for what, _ in story):
            assert first_s - put_s <= 8.5
