"""The order of the queue: earlier false alarms move nothing but unanswered incidents behind other unanswered ones."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from server.incidents.queue import DOUBTFUL, FIRM_PRIOR, Waiting, firm_score, rank, repeat_score

SCORES = st.builds(repeat_score, false_before=st.integers(0, 500), real_before=st.integers(0, 50))
ANY = st.builds(
    Waiting,
    phase=st.sampled_from(["pre", "active", "ended"]),
    is_answered=st.booleans(),
    is_silent=st.booleans(),
    is_drill=st.booleans(),
    is_owner=st.booleans(),
    is_duress=st.booleans(),
    presses_again=st.booleans(),
    is_grave=st.booleans(),
    escalation_level=st.integers(0, 2),
    score=SCORES,
)


def cries(one: Waiting) -> bool:
    """Somebody really asks, nobody has answered, and it is a duress code or a second press."""
    real = one.is_owner and not one.is_drill and not one.is_silent and one.phase != "pre"
    return real and not one.is_answered and (one.is_duress or one.presses_again)


@given(ANY, ANY)
def test_a_duress_or_a_second_press_outranks_everything_whatever_is_known_of_the_caller(
    one: Waiting, other: Waiting
) -> None:
    if cries(one):
        assert rank(one) == 0 <= rank(other)
        assert rank(replace(one, score=0.999)) == rank(one)


@given(st.lists(ANY, max_size=30))
def test_the_order_drops_nobody(waiting: list[Waiting]) -> None:
    ordered = sorted(waiting, key=rank)
    assert sorted(map(repr, ordered)) == sorted(map(repr, waiting))
    assert all(0 <= rank(one) <= 6 for one in waiting)


@given(ANY, SCORES, SCORES)
def test_a_score_never_moves_an_incident_behind_one_that_is_answered(one: Waiting, score: float, other: float) -> None:
    before, after = rank(replace(one, score=score)), rank(replace(one, score=other))
    assert {before, after} <= {1, 2} or before == after


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_score_is_a_share_that_grows_with_false_alarms_and_shrinks_with_real_ones(false: int, real: int) -> None:
    score = repeat_score(false_before=false, real_before=real)
    assert 0 <= score <= 1
    assert repeat_score(false_before=false + 1, real_before=real) >= score
    assert repeat_score(false_before=false, real_before=real + 1) <= score


def test_one_false_alarm_is_nobodys_name() -> None:
    assert repeat_score(false_before=1, real_before=0) < DOUBTFUL <= repeat_score(false_before=3, real_before=0)
    assert repeat_score(false_before=3, real_before=3) < DOUBTFUL


def test_who_waited_too_long_is_first_again() -> None:
    known = Waiting("active", is_answered=False, score=0.9)
    assert rank(known) > rank(replace(known, score=0.0)) > rank(replace(known, escalation_level=1)) == 0


@given(st.integers(0, 1_000), st.integers(0, 1_000))
def test_a_firm_is_judged_by_its_share_and_never_by_a_few(false: int, good: int) -> None:
    score = firm_score(false_before=false, decided=false + good)
    assert 0 <= score < 1
    assert firm_score(false_before=false + 1, decided=false + good + 1) >= score
    assert firm_score(false_before=false, decided=false + good + 1) <= score
    if false < FIRM_PRIOR or false <= good:
        assert score < DOUBTFUL, "few, or no more than the good ones: nobody waits"
    assert firm_score(false_before=40, decided=45) >= DOUBTFUL
