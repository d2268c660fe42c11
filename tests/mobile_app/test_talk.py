"""The talk on the phone: said once, shown once, silent, and gone with any PIN."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from mobile_app.core import session
from mobile_app.core.messages import Said
from mobile_app.core.session import (
    Confirmed,
    Moment,
    PinChecked,
    SaidArrived,
    SaidDelivered,
    Say,
    Session,
    Shaken,
    Shown,
    SpeakUp,
    Vibrate,
    step,
)
from mobile_app.core.talk import MOST_CHARACTERS, Talk, resume, save

WALL = datetime(2026, 11, 21, 16, 3, tzinfo=UTC)


def moment(number: int = 0) -> Moment:
    return Moment(float(number), WALL, number)


def running() -> Session:
    state, _ = step(Session(), Shaken(), moment(1))
    return step(state, Confirmed(), moment(2))[0]


def from_center(state: Session, text: str = "들리나요?", **more: Any) -> Said:
    return Said(said_id=str(uuid4()), alert_id=state.alert_id, at=WALL, by="operator", text=text, **more)


def test_what_she_says_is_kept_until_the_router_has_it() -> None:
    state, effects = step(running(), Say("quick", code="hiding", language="vi"), moment(3))
    (said,) = state.talk.waiting
    assert effects == (SpeakUp(state.alert_id),)
    assert (said.code, said.language, said.by, said.alert_id) == ("hiding", "vi", "person", state.alert_id)
    assert session.resume(session.save(state), moment(4))[0].talk.waiting == (said,), "also through a kill"
    state, _ = step(state, SaidDelivered(state.alert_id, said.said_id), moment(5))
    assert state.talk.waiting == () and state.talk.lines == (said,)
    assert step(state, SaidDelivered(state.alert_id, said.said_id), moment(6)) == (state, ())


def test_a_line_of_the_center_is_shown_once_answered_each_time_and_makes_no_sound() -> None:
    before = running()
    said = from_center(before)
    state, effects = step(before, SaidArrived(said), moment(3))
    again, once_more = step(state, SaidArrived(said), moment(4))
    assert state.talk.lines == again.talk.lines == (said,)
    assert effects == once_more == (Shown(state.alert_id, said.said_id),)
    assert not any(isinstance(one, Vibrate) for one in effects), "a phone that buzzes may give her away"


def test_what_she_says_follows_what_she_has_read() -> None:
    state = running()
    said = from_center(state)
    state, _ = step(state, SaidArrived(said), moment(3))
    state, _ = step(state, Say("tap", code="yes"), moment(4))
    assert state.talk.waiting[0].ref == said.said_id


def test_after_either_pin_nothing_is_left_and_nothing_is_answered() -> None:
    state, _ = step(running(), Say("text", text="3층 화장실"), moment(3))
    said = from_center(state)
    state, _ = step(state, SaidArrived(said), moment(4))
    ends = [step(state, PinChecked(verdict), moment(5)) for verdict in ("cancel", "duress")]
    assert ends[0][0] == ends[1][0], "the same phone, whichever it was"
    after = ends[0][0]
    assert after.talk == Talk() and "화장실" not in str(session.save(after))
    for late in (SaidArrived(said), SaidArrived(from_center(state, "112가 갑니다")), Say("text", text="x")):
        assert step(after, late, moment(6)) == (after, ()), "not shown, and no `heard` that would tell the two apart"


def test_a_line_for_another_alert_is_nothing() -> None:
    state = running()
    other = replace(from_center(state), alert_id=str(uuid4()))
    assert step(state, SaidArrived(other), moment(3)) == (state, ())
    assert step(Session(), Say("text", text="x"), moment(3))[1] == ()


@given(st.text(max_size=2000))
def test_any_text_can_be_said_in_its_length(text: str) -> None:
    state, effects = step(running(), Say("text", text=text), moment(3))
    assert bool(effects) == bool(text.strip())
    assert all(len(one.text) <= MOST_CHARACTERS for one in state.talk.lines)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.dictionaries(st.text(), x) | st.lists(x)))
def test_whatever_an_old_phone_wrote_the_session_goes_on(saved: Any) -> None:
    assert isinstance(resume(saved), Talk)
    assert resume(save(Talk())) == Talk()
