"""The talk as the screen shows it: how far a line of hers got, and what the center still wants to know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mobile_app.core.messages import Said
from mobile_app.core.talk import Talk
from mobile_app.ui.lines import bubbles, open_question, reached

AT = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)


def line(name: str, *, by: str = "person", **facts: Any) -> Said:
    return Said(said_id=name, alert_id="a", at=AT, by=by, **facts)


def test_a_line_is_read_only_when_an_operator_has_answered_it_or_a_later_one() -> None:
    talk = Talk((line("1", text="a"), line("2", text="b"), line("3", by="operator", text="c", ref="2"),
                 line("4", text="d"), line("5", by="operator", text="e"), line("6", text="f")), ("6",))  # fmt: skip
    assert [reached(talk, place) for place in (0, 1, 3, 5)] == ["seen", "seen", "sent", "sending"]


def test_a_question_is_open_until_she_answers_it_and_stands_on_its_card_only() -> None:
    question = line("2", by="operator", kind="quick", code="are_you_hurt")
    asked = Talk((line("1", text="a"), question))
    assert open_question(asked, spoken="ko") == {
        "said_id": "2", "text": "다쳤나요?", "answers": [("hurt", "다쳤어요"), ("no", "아니요")],
    }  # fmt: skip
    assert [one["text"] for one in bubbles(asked, language="ko", spoken="ko")] == ["a"]
    for answer in (line("3", kind="tap", code="no"), line("3", kind="text", text="조금", ref="2"),
                   line("3", kind="tap", code="danger")):  # fmt: skip
        answered = Talk((*asked.lines, answer))
        assert open_question(answered, spoken="ko") == {}
        assert len(bubbles(answered, language="ko", spoken="ko")) == 3
    chatted = Talk((*asked.lines, line("3", text="여기요")))
    assert open_question(chatted, spoken="en")["text"] == "Are you hurt?"
    assert open_question(Talk((*asked.lines, line("4", by="operator", kind="phrase", code="we_are_here"))), spoken="ko")


SAIDS = st.lists(
    st.tuples(
        st.sampled_from(("person", "operator")), st.sampled_from(("", "yes", "no", "danger", "are_you_safe", "hiding")),
        st.integers(0, 9),
    ),
    max_size=12,
)  # fmt: skip


@given(said=SAIDS, unsaid=st.sets(st.integers(0, 11)))
def test_no_talk_loses_a_line_or_calls_one_read_that_has_not_left(
    said: list[tuple[str, str, int]], unsaid: set[int]
) -> None:
    lines = tuple(
        line(str(place), by=by, code=code, text="" if code else "x", kind="quick" if code else "text", ref=str(ref))
        for place, (by, code, ref) in enumerate(said)
    )
    waiting = tuple(one.said_id for one in lines if one.by == "person" and int(one.said_id) in unsaid)
    talk = Talk(lines, waiting)
    asked = open_question(talk, spoken="ko")
    shown = bubbles(talk, language="ko", spoken="ko")
    assert len(shown) == len(lines) - bool(asked)
    assert all(one["text"] for one in shown)
    for place, one in enumerate(lines):
        if one.by == "person":
            assert (reached(talk, place) == "sending") == (one.said_id in waiting)
