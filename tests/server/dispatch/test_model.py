"""A request to an agency only ever goes forward."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import gate
from server.dispatch.model import (
    MOVES,
    OPEN_STATES,
    WORKING_STATES,
    DispatchState,
    NotAllowed,
    allowed_moves,
    case_number,
    decide,
    is_overdue,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@given(st.lists(st.sampled_from(sorted(MOVES))))
def test_any_sequence_of_clicks_goes_forward_or_is_refused_with_what_is_open(clicks: list[str]) -> None:
    state = DispatchState.REQUESTED
    order = list(DispatchState)
    for click in clicks:
        try:
            moved = decide(state, click)  # type: ignore[arg-type]
        except NotAllowed as refused:
            assert click not in refused.allowed and refused.allowed == allowed_moves(state)
            continue
        assert order.index(moved.state) >= order.index(state) or moved.state is DispatchState.DECLINED
        assert moved.changed == (moved.state is not state)
        state = moved.state


def test_a_double_click_is_one_step() -> None:
    assert decide(DispatchState.REQUESTED, "accept").changed
    assert not decide(DispatchState.ACCEPTED, "accept").changed


@pytest.mark.parametrize("state", [DispatchState.DONE, DispatchState.DECLINED, DispatchState.CANCELLED])
def test_an_ended_dispatch_stays_ended(state: DispatchState) -> None:
    assert allowed_moves(state) == []
    assert state not in OPEN_STATES


def test_only_what_nobody_took_in_time_is_overdue() -> None:
    late = NOON + timedelta(seconds=60)
    assert is_overdue(DispatchState.REQUESTED, overdue_at=late, now=late)
    assert is_overdue(DispatchState.DELIVERED, overdue_at=late, now=late)
    assert not is_overdue(DispatchState.DELIVERED, overdue_at=late, now=late - timedelta(milliseconds=1))
    assert not is_overdue(DispatchState.ACCEPTED, overdue_at=late, now=late + timedelta(hours=1))


def test_case_numbers_read_well_over_the_radio() -> None:
    assert case_number("112", date(2026, 3, 1), 7) == "112-20260301-00007"


def test_the_gate_and_the_dispatch_mean_the_same_by_working_on_it() -> None:
    assert set(gate.WORKING_DISPATCH) == {state.value for state in WORKING_STATES}
