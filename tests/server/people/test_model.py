"""Numbers as people write them, and news of an alert in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_router.wire import CenterRef, Phase, State, Status
from server.people import model

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANYANG = CenterRef(code="41170", name_ko="안양", name_en="Anyang")
GWACHEON = CenterRef(code="41290", name_ko="과천", name_en="Gwacheon")
ALERT = UUID(int=1)


@pytest.mark.parametrize(
    "text",
    [
        "01012345678",
        "010-1234-5678",
        " 010 1234 5678 ",
        "+82 10-1234-5678",
        "+82-010-1234-5678",
        "82 10 1234 5678",
        "010.1234.5678",
        "(010) 1234-5678",
        "０１０－１２３４－５６７８",
        "0082 10 1234 5678",
        "010–1234–5678",
    ],
)
def test_every_usual_way_of_writing_a_number_is_one_number(text: str) -> None:
    assert model.normalise_phone(text) == "01012345678"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "112",
        "02-123-4567",
        "0101234567",
        "010123456789",
        "011-123-4567",
        "+1 10 1234 5678",
        "010-1234-567a",
        "٠١٠١٢٣٤٥٦٧٨x",
    ],
)
def test_what_is_no_korean_mobile_number_is_refused(text: str) -> None:
    with pytest.raises(model.BadPhone):
        model.normalise_phone(text)


@given(st.text())
def test_any_text_is_a_number_in_one_form_or_refused(text: str) -> None:
    try:
        number = model.normalise_phone(text)
    except model.BadPhone:
        return
    assert number.isascii() and len(number) == 11 and model.normalise_phone(number) == number


@given(st.text())
def test_a_name_is_one_short_line_or_refused(text: str) -> None:
    try:
        name = model.clean_name(text)
    except model.BadName:
        return
    assert 1 <= len(name) <= model.NAME_LIMIT and name == name.strip()
    assert not any(c in name for c in "\n\r\t\x00\u202e")


def status(
    state: State,
    *,
    number: int = 1,
    center: CenterRef = ANYANG,
    after_s: int = 0,
    phase: Phase = Phase.ACTIVE,
    is_drill: bool = False,
) -> Status:
    return Status(
        status_id=UUID(int=after_s + 100 * number),
        alert_id=ALERT,
        assignment_no=number,
        state=state,
        phase=phase,
        is_drill=is_drill,
        center=center,
        at=NOON + timedelta(seconds=after_s),
    )


def test_there_is_nothing_to_follow_in_a_pre_alert_or_a_drill() -> None:
    assert model.begin(status(State.ASSIGNED, phase=Phase.PRE)) is None
    assert model.begin(status(State.ASSIGNED, is_drill=True)) is None


STORY = [
    status(State.ASSIGNED),
    status(State.RECEIVED, after_s=1),
    status(State.ACKNOWLEDGED, after_s=5),
    status(State.DISPATCHED, after_s=9),
    status(State.EN_ROUTE, after_s=20),
    status(State.ON_SCENE, after_s=300),
]


@given(st.permutations(STORY), st.data())
def test_news_in_any_order_and_twice_tell_the_same_story(news: list[Status], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(STORY), max_size=4))
    known = model.begin(news[0])
    assert known is not None
    for one in [*news[1:], *again]:
        known = model.advance(known, one)
    assert known.state is State.ON_SCENE
    assert [state for state, _ in known.history] == [one.state for one in STORY]


def test_nothing_changes_after_the_end() -> None:
    known = model.begin(status(State.ACKNOWLEDGED))
    assert known is not None
    closed = model.advance(known, status(State.CLOSED, after_s=60, phase=Phase.ENDED))
    assert closed.ended_at == NOON + timedelta(seconds=60)
    assert model.advance(closed, status(State.ON_SCENE, after_s=70)) == closed


def test_the_word_of_the_center_that_lost_the_alert_does_not_count() -> None:
    known = model.begin(status(State.RECEIVED))
    assert known is not None
    moved = model.advance(known, status(State.ASSIGNED, number=2, center=GWACHEON, after_s=4))
    assert (moved.serving, moved.state) == (GWACHEON, State.ASSIGNED)
    assert model.advance(moved, status(State.CLOSED, number=1, after_s=5)) == moved
