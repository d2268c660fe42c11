"""A guardian's question on her phone, cut-offs without data, pushes, and the line of a walk."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile_app.core import care as rules
from mobile_app.net import walks as net
from mobile_app.problem import Problem
from mobile_app.service import care
from server.walks import routes  # noqa: F401  read before the first story: it takes longer than a phone waits
from tests.mobile_app.local_router import LocalRouter
from tests.mobile_app.running import until
from tests.mobile_app.test_walks import SIGNED, begin

MUM = {"guardian_id": "g1", "name": "엄마", "phone_last4": "4321", "accepted_at": "2026-11-01T00:00:00Z"}
NOW = datetime(2026, 11, 22, 13, tzinfo=UTC)


def question(name: str = "q1", **facts: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "question_id": name, "guardian_id": "g1", "name": "엄마", "state": "asked", "asked_at": now.isoformat(),
        "expires_at": (now + timedelta(minutes=5)).isoformat(), "shown_until": None, "shares_on_silence": True,
    } | facts  # fmt: skip


async def answered(future: Any) -> Any:
    return await asyncio.wrap_future(future)


async def test_a_question_comes_by_push_is_answered_without_data_and_a_guardian_is_cut_off_at_once(
    start: Any, router: LocalRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TICK_S", "AGAIN_S"):
        monkeypatch.setattr(care, name, 0.05)
    router.guardians = [MUM]
    on = await start(**SIGNED)
    on.device.push.told("token-1")
    await until(lambda: ("token", "token-1") in router.care_heard)
    await until(lambda: on.phone._care._look_at_s)
    router.questions = [question(), question("old", state="ok")]
    on.device.push.waiting.append({"kind": "care_question", "about": "q1"})
    await until(lambda: on.views[-1].questions)
    assert [one.question_id for one in on.views[-1].questions] == ["q1"] and on.views[-1].questions[0].shares
    assert on.device.notifier.shown["message"][0] == "엄마 님이 괜찮은지 묻습니다"
    on.device.radio.on = False
    assert await answered(on.phone.answer_question("q1", "ok")) == "kept" and on.views[-1].questions == ()
    assert "message" not in on.device.notifier.shown
    assert await answered(on.phone.remove_guardian("g1")) == "kept"
    await on.stop()
    again = await start(**SIGNED)
    await until(lambda: {("q1", "ok"), ("cut", "g1")} <= set(router.care_heard))
    assert await answered(again.phone.guardians()) == [] and router.guardians == []
    await until(lambda: not again.phone._care.is_busy)
    assert await answered(again.phone.remove_guardian("g1")) == "", "cut off already"


async def test_her_silence_shows_her_place_and_a_late_word_ends_that(
    start: Any, router: LocalRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(care, "TICK_S", 0.05)
    shown_until = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
    router.questions = [question(state="silent", shown_until=shown_until)]
    on = await start(**SIGNED, is_covert=True)
    await until(lambda: on.views[-1].questions)
    assert on.device.vibrator.felt and "message" not in on.device.notifier.shown, "no word of it where she hides"
    assert await answered(on.phone.answer_question("q1", "call_me")) == ""
    await until(lambda: on.views[-1].questions == ())
    on.device.push.waiting.append({"kind": "question"})  # home still names it, as an answer does that was on its way
    await asyncio.sleep(0.3)
    assert router.care_heard == [("q1", "call_me")] and on.views[-1].questions == (), "her word stands"
    with pytest.raises(Problem) as refused:
        await answered(on.phone.ask_home("anything", {}, {}))
    assert refused.value.code == "no_question"


async def test_what_the_home_center_says_of_a_walk_comes_down_its_line_at_once(
    start: Any, router: LocalRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net, "LISTEN_EVERY_S", 3600.0)
    on = await start(**SIGNED)
    await begin(on)
    await until(lambda: router.walk_lines)
    router.say_on_walk(rung="called", trouble="stopped", version=2)
    await until(lambda: on.views[-1].walk.rung == "called")
    assert on.device.speaker.played == ["ring"], "rings like a call until she answers"
    router.walk_says = {"rung": "calm", "version": 3}
    on.phone.answer_walk("ok")
    await until(lambda: on.views[-1].walk.rung == "calm" and on.device.speaker.played == ["ring", ""])
    router.walk_says = {"ended_at": datetime.now(UTC).isoformat(), "outcome": "arrived", "version": 4}
    on.device.push.waiting.append({"kind": "walk", "walk_id": router.walk["walk_id"]})
    await until(lambda: on.views[-1].walk.ended == "arrived")


kept = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(("cut", "ok", "call_me"))), max_size=8)


@given(kept)
def test_what_she_said_last_is_what_waits_and_nothing_waits_twice(said: list[tuple[str, str]]) -> None:
    book = rules.CareBook()
    for about, what in said:
        cut = what == "cut"
        book = rules.cut_off(book, about, NOW) if cut else rules.answered(book, about, what, NOW)
    last = {about: what for about, what in said if what != "cut"}
    assert {one.about: one.said for one in book.answers} == last and len(book.answers) == len(last)
    assert {one.about for one in book.cut} == {about for about, what in said if what == "cut"}
    told = [{"question_id": about, "guardian_id": "x", "state": "asked"} for about in "abcd"]
    open_ = rules.still_open(rules.questions_of(told), book, NOW)
    assert {one.question_id for one in open_} == {"a", "b", "c", "d"} - set(last) - {one.about for one in book.cut}
    for about in "abc":
        book = rules.told(book, about)
    assert not book.is_waiting
