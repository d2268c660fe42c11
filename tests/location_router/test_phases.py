"""Phases never go back, and a duress is never undone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from location_router.phases import Standing, advance, first
from location_router.wire import Phase

saying = st.tuples(st.sampled_from(list(Phase)), st.sampled_from(["", "cancel", "duress"]))


def standing_after(said: list[tuple[Phase, str]]) -> list[Standing]:
    history = [first(*said[0])]
    for phase, outcome in said[1:]:
        history.append(advance(history[-1], phase, outcome) or history[-1])
    return history


@given(st.lists(saying, min_size=1, max_size=8))
def test_a_phase_never_goes_back(said: list[tuple[Phase, str]]) -> None:
    order = [list(Phase).index(one.phase) for one in standing_after(said)]
    assert order == sorted(order)


@given(st.lists(saying, min_size=1, max_size=8))
def test_saying_everything_twice_changes_nothing(said: list[tuple[Phase, str]]) -> None:
    twice = [one for one in said for _ in range(2)]
    assert standing_after(said)[-1] == standing_after(twice)[-1]


@given(st.lists(saying, max_size=4), st.lists(saying, max_size=4))
def test_once_under_duress_she_is_delivered_as_active(
    before: list[tuple[Phase, str]], after: list[tuple[Phase, str]]
) -> None:
    last = standing_after([*before, (Phase.ENDED, "duress"), *after])[-1]
    assert last == Standing(Phase.ENDED, "duress") and last.is_live and last.delivered_phase is Phase.ACTIVE


def test_a_late_pre_after_active_changes_nothing() -> None:
    assert advance(Standing(Phase.ACTIVE), Phase.PRE, "") is None
