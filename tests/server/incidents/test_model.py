"""The incident's states, walked at random: what may never happen, never happens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from server.incidents import model
from server.incidents.cards import mask_name, mask_phone
from server.incidents.model import Incident, allowed, decide, evolve

START = datetime(2026, 1, 1, tzinfo=UTC)
ID, OPERATOR, COLLEAGUE = UUID(int=1), UUID(int=2), UUID(int=3)
ANY = st.sampled_from(
    [
        model.Activate("timer", 15),
        model.Activate("person", 15, is_duress=True),
        model.Activate("person", 15, is_drill=False),
        model.CancelByPerson(),
        model.Escalate(15, 60),
        model.Acknowledge(OPERATOR),
        model.Acknowledge(COLLEAGUE),
        model.Verify("x"),
        model.Dispatched(),
        model.Dispatched(automatic=True),
        model.Arrived(),
        model.Close("handled"),
        model.Close("no reason"),
        model.Reopen(OPERATOR, "again"),
        model.Note("x"),
        model.Supersede("11110", 2, "failover"),
    ]
)
NAMES = {model.Acknowledge: "acknowledge", model.Verify: "verify", model.Close: "close", model.Reopen: "reopen"}


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.state = Incident(ID, "41170", "received", "pre", pre_deadline_at=START + timedelta(seconds=5))
        self.now = START

    @rule(command=ANY, seconds=st.integers(0, 700))
    def give(self, command: model.Command, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        before = self.state
        try:
            self.state = evolve(before, decide(before, command, self.now))
        except (model.NotAllowed, model.AlreadyTaken, model.UnknownDisposition):
            return
        if (name := NAMES.get(type(command))) and self.state != before:
            assert name in allowed(before), "what was done had been offered"
        if before.owner_id is not None and self.state.owner_id != before.owner_id:
            assert isinstance(command, model.Reopen), "nobody loses an incident by another's press"
        if before.state == "closed" and self.state.state != "closed":
            assert isinstance(command, model.Reopen)

    @precondition(lambda self: self.state.is_open and self.state.phase != "pre" and self.state.owner_id is None)
    @invariant()
    def somebody_is_going_to_be_told(self) -> None:
        assert self.state.escalate_at is not None or self.state.escalation_level == 2

    @precondition(lambda self: self.state.is_open and self.state.phase == "pre")
    @invariant()
    def a_pre_alert_has_a_deadline(self) -> None:
        assert self.state.pre_deadline_at is not None and self.state.owner_id is None

    @invariant()
    def the_end_is_an_end(self) -> None:
        if self.state.state == "closed":
            assert self.state.disposition in model.DISPOSITIONS and self.state.closed_at is not None
        if not self.state.is_open:
            assert self.state.escalate_at is None and self.state.pre_deadline_at is None
        assert self.state.state != "cancelled" or not self.state.is_duress


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)


def test_a_refusal_names_what_is_possible() -> None:
    state = Incident(ID, "41170", "received", "active")
    with pytest.raises(model.NotAllowed) as refused:
        decide(state, model.Close("handled"), START)
    assert refused.value.allowed == ["acknowledge", "link", "merge", "note", "open", "split", "unlink", "view"]


def test_nobody_answers_and_each_step_comes_once() -> None:
    state = Incident(ID, "41170", "received", "pre", pre_deadline_at=START)
    state = evolve(state, decide(state, model.Activate("timer", 15), START))
    levels = []
    for second in range(120):
        now = START + timedelta(seconds=second)
        happened = decide(state, model.Escalate(15, 60), now)
        levels += [(second, event.payload["level"]) for event in happened if event.tag]
        state = evolve(state, happened)
    assert levels == [(15, 1), (60, 2)]


@pytest.mark.parametrize(
    ("name", "masked"), [("홍길동", "홍○동"), ("보라", "보○"), ("A", "A"), ("", ""), ("남궁민수", "남○○수")]
)
def test_names_are_masked(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_telephones_show_the_last_four_digits_only() -> None:
    assert mask_phone("+82 10-1234-5678") == "***-****-5678"
    assert mask_phone("112") == ""
