"""The phone's walk: who climbs the ladder when, what a home center's word does, and that nothing is asked for ever."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mobile_app.core import adopting
from mobile_app.core import walk as w
from mobile_app.core.messages import Position, write_time
from mobile_app.service import codec

START = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
HOME = Position(lat=37.4015, lon=126.9227, accuracy_m=8, fixed_at=START)
PLAN = w.Plan(lat=37.41, lon=126.93, place_name="집", eta_s=1200, guardians=("g1",))


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def begun(plan: w.Plan = PLAN) -> w.Book:
    book, _ = w.begin(w.Book(), plan, walk_id="walk", alert_id="alert", origin=HOME, now=START)
    return w.known(book, "walk")


def on(book: w.Book, *minutes: float) -> tuple[w.Book, list[tuple[float, w.Effect]]]:
    """Ticks at these minutes."""
    seen: list[tuple[float, w.Effect]] = []
    for one in minutes:
        book, effects = w.tick(book, at(one))
        seen += [(one, effect) for effect in effects]
    return book, seen


def says(book: w.Book, minutes: float, **said: Any) -> tuple[w.Book, tuple[w.Effect, ...]]:
    known = {"state": "on_track", "rung": "calm", "version": 1, "eta": write_time(at(20))}
    return w.heard(book, "walk", known | said, at(minutes))


def every_second(book: w.Book, begin: float, end: float) -> tuple[w.Book, list[tuple[float, w.Effect]]]:
    return on(book, *(begin + second / 60 for second in range(int((end - begin) * 60) + 1)))


def test_without_a_home_center_the_phone_climbs_alone_to_the_alert_that_was_named_at_the_beginning() -> None:
    book, seen = every_second(begun(), 0, 40)
    when = {type(effect).__name__: minutes for minutes, effect in reversed(seen)}
    assert when["Ask"] == 25 and when["Raise"] == 25 + 4, "twenty minutes, five of grace, then a minute, one, and two"
    assert [effect.on for _, effect in seen if isinstance(effect, w.Ring)] == [True, False]
    raised = [effect for _, effect in seen if isinstance(effect, w.Raise)]
    assert raised == [w.Raise("walk", "alert", False)] and book.walk is not None and book.walk.rung == "raised"
    assert sum(isinstance(effect, w.Buzz) for _, effect in seen) > 10
    assert w.answer(book, "ok", at(41)) == (book, ()), "a raised walk is its alert's"
    over, effects = w.alert_ended(book)
    assert over.walk is None and over.leaving[0].waiting == (w.Answer(1, "cancel"),)
    assert w.Over("walk", "cancel") in effects


def test_while_the_home_center_speaks_it_watches_and_its_word_stands() -> None:
    book, _ = says(begun(), 26, eta=write_time(at(60)))
    assert every_second(book, 26, 27.4)[1] == []
    book, effects = says(book, 30, rung="prompted", trouble="stopped", prompt_until=write_time(at(31)), version=2)
    assert effects == (w.Ask("prompted"),) and book.walk is not None and book.walk.trouble == "stopped"
    overtaken = says(book, 30.1, rung="calm", version=1, eta=write_time(at(90)))
    assert overtaken == (book, ()), "an older word neither silences a newer question nor counts as watching"
    assert says(book, 30.1, rung="calm", version=2)[0].walk.rung == "calm"  # type: ignore[union-attr]
    late, seen = on(book, 31.3, 31.6)
    assert [type(effect).__name__ for _, effect in seen] == ["Buzz", "Ask", "Ring"], "half a minute later than it said"
    book, effects = says(late, 33, rung="raised", version=3)
    assert effects[-1] == w.Raise("walk", "alert", True)
    gone, effects = says(book, 50, rung="raised", version=4, ended_at=write_time(at(50)), outcome="raised")
    assert gone == w.Book() and w.Over("walk", "gone") in effects


def test_her_answers_calm_the_phone_and_are_numbered() -> None:
    book, _ = on(begun(), 25)
    book, effects = w.answer(book, "ok", at(25.5))
    assert effects == (w.Calm(), w.Speak())
    assert says(book, 25.6, rung="called")[1] == (), "older than her answer, which is still on its way"
    assert every_second(book, 25.5, 35.4)[1] == [] and on(book, 35.6)[1] != []
    book, _ = w.answer(book, "extend", at(26), 30)
    book, _ = w.answer(book, "snooze", at(27), 999)
    assert book.walk is not None and [(one.no, one.minutes) for one in book.walk.waiting] == [(1, 0), (2, 30), (3, 30)]
    assert [one.at for one in book.walk.waiting] == [at(25.5), at(26), at(27)]
    older = json.loads(json.dumps(codec.write(book)))
    for one in older["walk"]["waiting"]:
        del one["at"]
    read = codec.read(w.Book, older).walk
    assert read is not None and {one.at for one in read.waiting} == {None}, "a file of a version before is read"
    assert every_second(book, 57.1, 60.9)[1] == [] and book.walk.eta_at == at(56)
    assert on(book, 61)[1] == [(61, w.Ask("prompted"))], "as late as before is no trouble"
    book = w.delivered(book, "walk", 2)
    assert book.walk is not None and [one.no for one in book.walk.waiting] == [3]
    book, effects = w.answer(book, "arrived", at(58))
    assert book.walk is None and [one.no for one in book.leaving[0].waiting] == [3, 4]
    assert w.delivered(book, "walk", 4) == w.Book() and w.given_up(book, at(60 * 80)) == w.Book()


def test_a_walk_of_which_nobody_heard_leaves_no_word_and_only_a_fresh_place_says_that_she_is_there() -> None:
    fresh, _ = w.begin(w.Book(), PLAN, walk_id="walk", alert_id="alert", origin=None, now=START)
    assert w.answer(fresh, "cancel", at(1))[0] == w.Book()
    assert w.answer(w.tried(fresh, "walk"), "cancel", at(1))[0].leaving
    there = Position(lat=37.4102, lon=126.9301, accuracy_m=15, fixed_at=at(9))
    assert w.is_there(PLAN, there, at(10)) and not w.is_there(PLAN, there, at(12)) and not w.is_there(PLAN, HOME, at(0))
    timer, _ = w.begin(w.Book(), w.Plan(kind="timer", eta_s=600), walk_id="t", alert_id="a", origin=None, now=START)
    assert on(timer, 9.9)[1] == [] and on(timer, 10)[1] == [(10, w.Ask("prompted"))], "a timer has no grace"


WORDS = st.fixed_dictionaries(
    {}, optional={
        "rung": st.sampled_from((*w.RUNGS, "odd", None)), "state": st.sampled_from(("on_track", "stopped", "arrived")),
        "eta": st.sampled_from((write_time(at(20)), write_time(at(90)), "soon", None)), "version": st.integers(0, 5),
        "prompt_until": st.sampled_from((write_time(at(26)), None)), "steps": st.sampled_from(({"prompt_s": 5}, [], 7)),
    },
)  # fmt: skip
DID = st.one_of(
    st.tuples(st.just("tick"), st.none()), st.tuples(st.just("answer"), st.sampled_from(("ok", "snooze", "extend"))),
    st.tuples(st.just("heard"), WORDS),
)  # fmt: skip


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(st.floats(0, 30), DID), max_size=12))
def test_whatever_was_said_an_unanswered_silence_ends_in_one_alert(story: list[tuple[float, Any]]) -> None:
    book, now, raised = begun(), 0.0, 0
    for minutes, (what, given_) in story:
        now += minutes
        if what == "tick":
            book, effects = w.tick(book, at(now))
        elif what == "answer":
            book, effects = w.answer(book, given_, at(now))
        else:
            book, effects = w.heard(book, "walk", given_, at(now))
        raised += sum(isinstance(one, w.Raise) for one in effects)
        assert codec.read(w.Book, json.loads(json.dumps(codec.write(book)))) == book
    for step in range(600):
        book, effects = w.tick(book, at(now + step))
        raised += sum(isinstance(one, w.Raise) for one in effects)
    assert raised == 1 and book.walk is not None and book.walk.rung == "raised"


def test_a_walk_that_is_found_at_the_home_center() -> None:
    """Its own phone goes on by itself, a new one where the old one is silent; nobody else, and no raised alarm."""
    now = at(30)
    said = {
        "walk_id": "w", "alert_id": "a", "kind": "route", "device_id": "old", "begun_at": write_time(at(0)),
        "until": write_time(at(50)), "eta_s": 1200.0, "destination": {"lat": 37.41, "lon": 126.93}, "place_name": "집",
        "guardians": ["g"], "keep_days": 30, "no": 3, "rung": "prompted", "version": 4, "heard_at": write_time(at(29)),
    }  # fmt: skip
    walk = adopting.found(said)
    assert walk is not None and (walk.no, walk.eta_at, walk.plan.lat, walk.plan.keep_days) == (3, at(50), 37.41, 30)
    assert walk.is_known and walk.rung == w.CALM, "what is asked comes by the home center's word"
    book, effects = w.heard(adopting.adopted(w.Book(), walk), "w", said, now)
    assert book.walk is not None and book.walk.rung == w.PROMPTED and w.Ask(w.PROMPTED) in effects
    assert adopting.adopted(book, replace(walk, walk_id="other")) == book, "one that runs here stays"
    assert w.answer(book, w.OK, now)[0].walk.no == 4  # type: ignore[union-attr]

    def leads(device_id: str, *, is_new: bool = True, **more: object) -> bool:
        return adopting.leads(said | more, walk, device_id=device_id, is_new=is_new, now=now)

    assert leads("old", is_new=False) and leads("old", rung="raised")
    assert not leads("") and not leads("new"), "the other one spoke a minute ago"
    silent = write_time(at(27))
    assert leads("new", heard_at=silent) and leads("new", heard_at=None)
    assert not leads("new", heard_at=silent, is_new=False), "a tablet at home would end it as arrived"
    assert not leads("new", heard_at=silent, rung="raised"), "an alarm's PINs are on the phone that began it"
    for strange in ({}, {"ended_at": "2026-01-01T00:00:00Z"}, {"kind": "boat"}, {"begun_at": 3}, {"walk_id": None}):
        assert adopting.found((said | strange) if strange else {}) is None
    timer = adopting.found(said | {"kind": "timer", "eta_s": None, "destination": {"lat": "x"}, "keep_days": "?"})
    assert timer is not None and (timer.plan.eta_s, timer.plan.lat, timer.plan.keep_days) == (3000.0, None, 0)


def test_an_alarm_that_no_pin_has_ended_comes_onto_the_screen_after_an_arrival() -> None:
    sent = {"is_sent": True, "outcome": "arrived"}
    for what, outcome, said, is_open in (
        (w.ARRIVED, "", sent, True),
        (w.ARRIVED, "", sent | {"outcome": "raised"}, False),
        (w.ARRIVED, "", sent | {"is_sent": False}, False),
        (w.ARRIVED, "cancel", sent, False),
        (w.ARRIVED, "duress", sent, False),
        (w.CANCEL, "", sent | {"outcome": "cancelled"}, False),
    ):
        book, _ = w.answer(begun(), what, at(1), outcome=outcome)
        assert (w.unended_alarm(book, "walk", said) is not None) == is_open, (what, outcome, said)
