"""The incident's states, walked at random: what may never happen, never happens."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from server.incidents import joining, model, opening, work
from server.incidents.cards import mask_name, mask_phone
from server.incidents.codes import DISPOSITION_NAMES, TYPES
from server.incidents.model import Command, Happened, Incident, allowed, decide, evolve
from server.incidents.replay import Line, Seen, replayed
from server.incidents.state import NO_TIMERS, Who, rings

START = datetime(2026, 1, 1, tzinfo=UTC)
ID, OPERATOR, COLLEAGUE, LEADER = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
PEOPLE = {OPERATOR: Who(OPERATOR), COLLEAGUE: Who(COLLEAGUE), LEADER: Who(LEADER, is_leader=True)}
IDLE_S = 180.0


def by_anybody(who: Who) -> list[Command]:
    """What a person at a seat can press."""
    return [
        model.Acknowledge(who.account_id),
        model.Verify("x"),
        model.Close("handled", by=who),
        model.Close("no reason", by=who),
        model.Reopen(who.account_id, "again"),
        model.Note("x"),
        work.Classify(who, "assault", grave=True),
        work.Classify(who, "nonsense"),
        work.Contacted("voice", "she speaks"),
        work.Viewed(who.account_id),
        work.HandOver(who, COLLEAGUE, "a break"),
        work.HandOver(who, OPERATOR, "back"),
        work.AcceptHandover(who),
        work.DeclineHandover(who, "busy"),
        work.Assign(who, COLLEAGUE, "shift_end"),
        work.Seize(who, "he does not answer"),
        work.Seize(who, "he has left", owner_is_away=True),
        work.ReleaseClaim(who, "must go", 15),
        work.RemindLater(who, 10),
    ]


BY_ITSELF: list[Command] = [
    model.Activate("timer", 15),
    model.Activate("person", 15, is_duress=True),
    model.Activate("person", 15, is_drill=False),
    model.CancelByPerson(),
    model.Escalate(15, 60),
    model.Dispatched(),
    model.Dispatched(automatic=True),
    model.Arrived(),
    model.Supersede("11110", 2, "failover"),
    work.Remind(IDLE_S),
    work.Remind(IDLE_S, owner_is_away=True),
    work.TargetPassed(),
    work.HandoverPassed(),
]
NAMES = {
    model.Acknowledge: "acknowledge",
    model.Verify: "verify",
    model.Close: "close",
    model.Reopen: "reopen",
    work.Classify: "classify",
    work.Contacted: "contacted",
    work.HandOver: "hand_over",
    work.AcceptHandover: "accept_handover",
    work.DeclineHandover: "decline_handover",
    work.Seize: "take_over",
    work.ReleaseClaim: "release_claim",
    work.RemindLater: "remind_later",
}
LOSES = (model.Reopen, work.AcceptHandover, work.Assign, work.Seize, work.ReleaseClaim)
REFUSALS = (model.NotAllowed, model.AlreadyTaken, model.UnknownCode)
AGENCY_LINES = {model.Dispatched: "dispatch:requested", model.Arrived: "dispatch:on_scene"}


class Life(RuleBasedStateMachine):
    """`given`: a person at a seat. `happens`: the alert, a timer, another slice. Both as the service does it: decide,
    then the clock that every owned incident has."""

    @initialize(kind=st.sampled_from(["alert", "drill", "observed", "exercise"]))
    def opens(self, kind: str) -> None:
        self.now, self.lines, self.past = START, [], []
        if kind in ("alert", "drill"):
            deadline = START + timedelta(seconds=5)
            self.state = Incident(ID, "41170", "received", "pre", pre_deadline_at=deadline, is_drill=kind == "drill")
            return
        said = {"center_id": "41170", "type": "assault", "camera_id": "c", "note": "", "now": START}
        if kind == "observed":
            targets = work.Targets()
            self.state, happened = opening.observed(ID, operator_id=OPERATOR, targets=targets, **said)  # type: ignore[arg-type]
        else:
            self.state, happened = opening.exercise(ID, escalate_leader_s=15, **said)  # type: ignore[arg-type]
        self.write(happened, OPERATOR)

    @rule(who=st.sampled_from(sorted(PEOPLE)), number=st.integers(0, 18), seconds=st.integers(0, 100))
    def given(self, who: UUID, number: int, seconds: int) -> None:
        self.do(by_anybody(PEOPLE[who])[number], who, seconds)

    @precondition(lambda self: self.state.is_open and self.state.phase != "pre")
    @rule(data=st.data(), seconds=st.integers(0, 40))
    def given_what_fits(self, data: st.DataObject, seconds: int) -> None:
        """As a person who reads the buttons would: the owner mostly, or the one who was asked."""
        nobody = sorted(PEOPLE)
        who = data.draw(st.sampled_from([self.state.handover_to or nobody[0], self.state.owner_id or nobody[0]]))
        fitting = [one for one in by_anybody(PEOPLE[who]) if NAMES.get(type(one)) in (*allowed(self.state), None)]
        self.do(data.draw(st.sampled_from(fitting)), who, seconds)

    @rule(command=st.sampled_from(BY_ITSELF), seconds=st.integers(0, 700))
    def happens(self, command: Command, seconds: int) -> None:
        self.do(command, LEADER, seconds)

    @precondition(lambda self: self.state.phase == "pre")
    @rule()
    def becomes_active(self) -> None:
        self.do(model.Activate("timer", 15), LEADER, 0)

    def do(self, command: Command, who: UUID, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        before = self.state
        try:
            happened = decide(before, command, self.now)
        except model.NotAllowed as refused:
            assert refused.allowed == allowed(before), "a refusal says what is possible instead"
            return
        except REFUSALS:
            return
        if type(command) in AGENCY_LINES:
            happened = [Happened(AGENCY_LINES[type(command)]), *happened]
        self.write(happened, who)
        self.nothing_by_stealth(before, command)

    def write(self, happened: list[Happened], who: UUID) -> None:
        self.past += happened
        self.lines += [Line(one.tag, str(who), self.now, one.payload) for one in happened if one.tag]
        after = evolve(self.state, happened)
        clock = Happened("", changes=work.kept_reminded(after, self.now, IDLE_S)) if happened else Happened("")
        self.past.append(clock)
        self.state = evolve(after, [clock])

    def nothing_by_stealth(self, before: Incident, command: Command) -> None:
        after = self.state
        if (name := NAMES.get(type(command))) and after != before:
            assert name in allowed(before), "what was done had been offered"
        if before.owner_id is not None and after.owner_id != before.owner_id:
            assert isinstance(command, LOSES), "nobody loses an incident by another's press"
        if before.state == "closed" and after.state != "closed":
            assert isinstance(command, model.Reopen)
        if isinstance(command, model.Close) and before.is_open and not after.is_open and command.by is not None:
            assert before.owner_id in (None, command.by.account_id) or command.by.is_leader, "the claim is a lock"
        assert before.type == after.type or isinstance(command, work.Classify)

    @precondition(lambda self: self.state.is_open and self.state.phase != "pre" and self.state.owner_id is None)
    @invariant()
    def somebody_is_going_to_be_told(self) -> None:
        assert self.state.escalate_at is not None or self.state.escalation_level == 2

    @precondition(lambda self: self.state.is_open and self.state.owner_id is not None and not self.state.is_silent)
    @invariant()
    def what_somebody_has_is_not_forgotten(self) -> None:
        assert self.state.remind_at is not None

    @precondition(lambda self: self.state.is_open and self.state.phase == "pre")
    @invariant()
    def a_pre_alert_has_a_deadline(self) -> None:
        assert self.state.pre_deadline_at is not None and self.state.owner_id is None

    @invariant()
    def a_drill_never_dispatches(self) -> None:
        was_drill = self.state.is_drill
        assert not (was_drill and self.state.state in ("dispatched",)), "nobody may be sent to a drill"
        assert not (was_drill and "dispatch" in allowed(self.state))

    @invariant()
    def the_end_is_an_end(self) -> None:
        if self.state.state == "closed":
            assert self.state.disposition in DISPOSITION_NAMES and self.state.closed_at is not None
        if not self.state.is_open:
            assert {name: getattr(self.state, name) for name in NO_TIMERS} == NO_TIMERS
        assert self.state.state != "cancelled" or not self.state.is_duress

    @invariant()
    def it_rings_as_long_as_somebody_must_answer(self) -> None:
        assert not (rings(self.state) and (self.state.is_silent or not self.state.is_open or self.state.phase == "pre"))
        is_unheard = self.state.is_open and self.state.role == "owner" and self.state.phase == "active"
        if is_unheard and self.state.owner_id is None and not self.state.is_silent:
            assert rings(self.state)

    @invariant()
    def a_hand_over_has_all_its_parts(self) -> None:
        asked = (self.state.handover_to, self.state.handover_by, self.state.handover_at, self.state.handover_until)
        assert all(asked) or not any(asked)
        assert not any(asked) or self.state.owner_id is not None

    @invariant()
    def the_next_target_is_one_that_is_open(self) -> None:
        due = dict(work.due_stages(self.state))
        if self.state.target_at is not None:
            assert self.state.target_at in due.values()

    @invariant()
    def the_log_tells_the_same_story(self) -> None:
        told = replayed(self.lines, ID)
        for field in fields(Seen):
            assert getattr(told, field.name) == getattr(self.state, field.name), field.name


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)


def test_a_refusal_names_what_is_possible() -> None:
    state = Incident(ID, "41170", "received", "active")
    with pytest.raises(model.NotAllowed) as refused:
        decide(state, model.Close("handled"), START)
    assert refused.value.allowed == ["acknowledge", "link", "merge", "note", "open", "split", "unlink", "view"]


@pytest.mark.parametrize("origin", ["alert", "exercise"])
def test_a_drill_refuses_every_kind_of_dispatch(origin: str) -> None:
    state = Incident(ID, "41170", "acknowledged", "active", is_drill=True, origin=origin, owner_id=OPERATOR)
    for automatic in (False, True):
        with pytest.raises(model.NotAllowed):
            decide(state, model.Dispatched(automatic=automatic), START)


def test_nobody_answers_and_each_step_comes_once() -> None:
    state = Incident(ID, "41170", "received", "pre", pre_deadline_at=START)
    state = evolve(state, decide(state, model.Activate("timer", 15), START))
    assert levels_of(state) == [(15, 1), (60, 2)]


def test_an_exercise_rings_and_is_escalated_like_a_real_one() -> None:
    state, _ = opening.exercise(
        ID, center_id="41170", type="fire", camera_id=None, note="", now=START, escalate_leader_s=15
    )
    assert levels_of(state) == [(15, 1), (60, 2)]


@pytest.mark.parametrize(("asked_level", "hers"), [(0, "alert"), (1, "alert"), (1, "observed")])
def test_a_persons_alert_keeps_its_way_to_112_in_an_agencys_incident(asked_level: int, hers: str) -> None:
    due = None if asked_level else START + timedelta(seconds=15)  # None: its leader was told, and it waits
    asked = Incident(
        ID, "41170", "received", "active", origin="agency", escalation_level=asked_level, escalate_at=due
    )  # fmt: skip
    alone = [(15, 1)] if asked_level == 0 else []
    assert levels_of(asked) == alone, "for the agency's own nobody calls 112 by itself"
    person = Incident(COLLEAGUE, "41170", "received", "active", origin=hers, escalate_at=START + timedelta(seconds=15))
    now = START + timedelta(seconds=5)
    for source, target in ((person, asked), (asked, person)):
        _, kept = joining.merge(source, target, has_open_dispatch=False, moved=[], now=now)
        assert levels_of(evolve(target, kept))[-1][1] == 2, target.origin
    _, kept = joining.merge(asked, replace(asked, incident_id=LEADER), has_open_dispatch=False, moved=[], now=now)
    assert evolve(asked, kept).origin == "agency"


def levels_of(state: Incident) -> list[tuple[int, int]]:
    levels = []
    for second in range(120):
        happened = decide(state, model.Escalate(15, 60), START + timedelta(seconds=second))
        levels += [(second, event.payload["level"]) for event in happened if event.tag]
        state = evolve(state, happened)
    return levels


def test_every_type_of_the_taxonomy_has_two_names_and_can_be_chosen() -> None:
    named = "sos kidnapping robbery assault sexual_violence stalking intrusion missing_child missing_person fire rescue"
    of_agencies = {"help_request", "anklet", "wanted_vehicle", "agency_case"}
    assert set(TYPES) == {*named.split(), "ambulance", "disaster", "observed", "other"} | of_agencies
    state = Incident(ID, "41170", "acknowledged", "active", owner_id=OPERATOR)
    for code, names in TYPES.items():
        assert all(names)
        after = evolve(state, decide(state, work.Classify(Who(OPERATOR), code), START))
        assert (after.type, after.classification, after.classified_at) == (code, "ordinary", START)


@pytest.mark.parametrize(
    ("name", "masked"), [("홍길동", "홍○동"), ("보라", "보○"), ("A", "A"), ("", ""), ("남궁민수", "남○○수")]
)
def test_names_are_masked(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_telephones_show_the_last_four_digits_only() -> None:
    assert mask_phone("+82 10-1234-5678") == "***-****-5678"
    assert mask_phone("112") == ""
