"""A request to an agency: forward at the desk, patient with a network that repeats and reorders, never silent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from server.dispatch import model
from server.dispatch.model import (
    MOVES,
    OPEN_STATES,
    REPORTABLE,
    WAY,
    Cancel,
    Case,
    Deliver,
    DispatchState,
    FailTry,
    Late,
    NotAllowed,
    Report,
    Request,
    Step,
    allowed_moves,
    allowed_reports,
    case_number,
    decide,
    evolve,
    fresh,
    is_overdue,
)

S = DispatchState
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def new_case() -> Case:
    return Case(**{name: value for name, value in fresh(NOON).items() if name in Case.__dataclass_fields__})


def after(case: Case, *commands: model.Command, now: datetime = NOON) -> Case:
    for command in commands:
        case = evolve(case, decide(case, command, now))
    return case


def in_state(state: DispatchState) -> Case:
    """A case that came to `state` the usual way."""
    case = new_case()
    if state in WAY:
        return after(case, *[Report(one) for one in WAY[1 : WAY.index(state) + 1]])
    ends = {S.DECLINED: Report(S.DECLINED), S.CANCELLED: Cancel(), S.FAILED: FailTry("http_400", is_final=True)}
    return after(case, ends[state])


class Dispatching(RuleBasedStateMachine):
    """Everybody presses, reports, repeats and gives up in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.case, self.now, self.loud = new_case(), NOON, 0

    def do(self, command: model.Command) -> None:
        before = self.case
        try:
            happened = decide(before, command, self.now)
        except NotAllowed as refused:
            self.refused(before, command, refused)
            return
        self.loud += sum(event.is_loud for event in happened)
        self.case = evolve(before, happened)
        again = decide(self.case, command, self.now) if not isinstance(command, FailTry) else []
        assert not any(event.changes.get("state") for event in again), "said twice is done once"
        if self.case.state is not before.state:
            self.moved(before, command)

    def refused(self, before: Case, command: model.Command, refused: NotAllowed) -> None:
        assert isinstance(command, Step | Report), "the center's own commands always fit"
        name = command.move if isinstance(command, Step) else command.state.value
        assert name not in refused.allowed
        fitting = allowed_moves if isinstance(command, Step) else allowed_reports
        assert refused.allowed == fitting(before.state)

    def moved(self, before: Case, command: model.Command) -> None:
        if isinstance(command, Request):
            assert before.state not in OPEN_STATES and self.case.request_no == before.request_no + 1
        elif self.case.state in WAY and before.state in WAY:
            assert WAY.index(self.case.state) > WAY.index(before.state), "never back"
        assert self.case.state.value in self.case.times

    @rule()
    def ask(self) -> None:
        self.do(Request())

    @rule(receipt_no=st.sampled_from(["", "A-7"]))
    def deliver(self, receipt_no: str) -> None:
        self.do(Deliver(receipt_no))

    @rule(move=st.sampled_from(sorted(MOVES)))
    def click(self, move: model.Move) -> None:
        self.do(Step(move))

    @rule(
        state=st.sampled_from(REPORTABLE),
        ago=st.one_of(st.none(), st.integers(-400, 400)),
        number=st.one_of(st.none(), st.integers(1, 3)),
    )
    def hear(self, state: DispatchState, ago: int | None, number: int | None) -> None:
        at = None if ago is None else self.now - timedelta(seconds=ago)
        self.do(Report(state, at=at, request_no=number))

    @rule(is_final=st.booleans())
    def fail(self, is_final: bool) -> None:
        self.do(FailTry("timeout", is_final))

    @rule()
    def late(self) -> None:
        self.do(Late())

    @rule()
    def cancel(self) -> None:
        self.do(Cancel())

    @rule(seconds=st.integers(1, 400))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def trouble_is_never_silent(self) -> None:
        troubled = self.case.is_overdue or self.case.state in (S.FAILED, S.DECLINED)
        assert self.loud or not troubled

    @precondition(lambda self: self.case.state is S.REQUESTED)
    @invariant()
    def giving_up_has_a_time(self) -> None:
        happened = decide(self.case, FailTry("x"), self.case.requested_at + timedelta(seconds=600))  # type: ignore[operator]
        assert evolve(self.case, happened).state is S.FAILED


Dispatching.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestDispatching = Dispatching.TestCase


@pytest.mark.parametrize("state", [S.DONE, S.DECLINED, S.CANCELLED])
def test_an_ended_dispatch_moves_no_more_until_it_is_asked_anew(state: DispatchState) -> None:
    assert allowed_moves(state) == [] and allowed_reports(state) == []
    case = in_state(state)
    again = after(case, Request())
    assert (again.state, again.request_no, again.receipt_no) == (S.REQUESTED, 2, None)


def test_pressing_twice_is_one_request_whatever_the_agency_does_meanwhile() -> None:
    for state in OPEN_STATES:
        assert decide(in_state(state), Request(), NOON) == []


def test_reports_in_the_wrong_order_end_where_the_newest_says() -> None:
    said = [Report(S.EN_ROUTE, NOON + timedelta(seconds=90)), Report(S.ACCEPTED, NOON + timedelta(seconds=30), "R-9")]
    case = after(in_state(S.DELIVERED), *said, now=NOON + timedelta(seconds=100))
    assert (case.state, case.receipt_no) == (S.EN_ROUTE, "R-9")
    assert case.times["accepted"] == "2026-03-01T12:00:30Z", "the record is completed with the agency's own time"


def test_a_decline_that_was_overtaken_by_a_crew_on_its_way_calls_nobody_back() -> None:
    case = after(
        in_state(S.ACCEPTED), Report(S.EN_ROUTE, NOON + timedelta(seconds=90)), now=NOON + timedelta(minutes=2)
    )
    assert decide(case, Report(S.DECLINED, NOON + timedelta(seconds=60)), NOON + timedelta(minutes=2)) == []


def test_a_late_answer_to_the_first_request_does_not_touch_the_second() -> None:
    case = after(in_state(S.DECLINED), Request(), now=NOON + timedelta(minutes=5))
    now = NOON + timedelta(minutes=6)
    assert decide(case, Report(S.DECLINED, NOON + timedelta(seconds=20)), now) == []
    assert decide(case, Report(S.ACCEPTED, now, request_no=1), now) == []
    assert after(case, Report(S.ACCEPTED, NOON + timedelta(minutes=4)), now=now).state is S.ACCEPTED, (
        "an acceptance by a clock that is behind is heard"
    )


def test_an_agency_that_had_the_case_although_we_gave_up_is_believed() -> None:
    assert after(in_state(S.FAILED), Report(S.ACCEPTED, unit="순찰 3호")).state is S.ACCEPTED
    assert after(in_state(S.FAILED), Deliver("R-1")).state is S.DELIVERED


def test_a_lost_connection_is_a_line_and_only_one_that_lasts_calls_the_shift_leader() -> None:
    case, lines, loud = new_case(), [], []
    for attempt in range(6):
        happened = decide(case, FailTry("timeout"), NOON + timedelta(seconds=attempt))
        lines += [event.tag for event in happened if event.tag]
        loud += [attempt for event in happened if event.is_loud]
        case = evolve(case, happened)
    assert lines == ["dispatch:failed"] and loud == [3] and case.attempts == 6
    assert after(case, Deliver()).failed_reason == "", "the flag goes when it has arrived"


def test_news_of_the_unit_is_a_line_and_its_place_is_not() -> None:
    case = in_state(S.EN_ROUTE)
    eta = Report(S.EN_ROUTE, unit="순찰 3호", eta_at=NOON + timedelta(minutes=4))
    assert [event.tag for event in decide(case, eta, NOON)] == ["dispatch:updated"]
    place = Report(S.EN_ROUTE, unit_position={"lat": 37.5, "lon": 127.0, "at": "2026-03-01T12:00:00Z"})
    (moved,) = decide(case, place, NOON)
    assert (moved.tag, list(moved.changes)) == ("", ["unit_position"])


def test_a_clock_that_runs_ahead_is_not_believed_for_later_reports() -> None:
    case = after(in_state(S.ACCEPTED), Report(S.EN_ROUTE, NOON + timedelta(days=1)))
    assert (
        after(case, Report(S.ON_SCENE, NOON + timedelta(minutes=1)), now=NOON + timedelta(minutes=1)).state
        is S.ON_SCENE
    )


@given(st.sampled_from(list(S)), st.integers(0, 200))
def test_only_what_nobody_took_in_time_is_overdue(state: DispatchState, seconds: int) -> None:
    overdue = is_overdue(state, overdue_at=NOON + timedelta(seconds=60), now=NOON + timedelta(seconds=seconds))
    assert overdue == (state in (S.REQUESTED, S.DELIVERED) and seconds >= 60)


def test_case_numbers_read_well_over_the_radio() -> None:
    assert case_number("112", date(2026, 3, 1), 7) == "112-20260301-00007"
