"""Laws of the ladder: one rung at a time, silence always ends in an alert, her word always quiets it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from server.walks.rungs import QUIET, RUNGS, TROUBLES, Ladder, Steps, answered, climbed, seen, steps_from

T0 = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
STEPS = Steps()
WORDS = st.sampled_from(("", "slow", *sorted(TROUBLES)))
EVENTS = st.lists(
    st.tuples(st.integers(0, 900), st.one_of(WORDS, st.sampled_from(("!ok", "!snooze", "!extend")))), max_size=40
)


def lived(events: list[tuple[int, str]], steps: Steps = STEPS) -> list[tuple[datetime, Ladder]]:
    now, ladder, seen_so_far = T0, Ladder(), []
    for seconds, what in events:
        now += timedelta(seconds=seconds)
        said: Any = what[1:]
        ladder = answered(ladder, said, now) if what.startswith("!") else seen(ladder, what, now, steps)
        ladder = climbed(ladder, now, steps)
        seen_so_far.append((now, ladder))
    return seen_so_far


@given(EVENTS)
def test_a_ladder_never_skips_a_rung_and_raised_is_final(events: list[tuple[int, str]]) -> None:
    before = Ladder()
    for _, ladder in lived(events):
        up = RUNGS.index(ladder.rung) - RUNGS.index(before.rung)
        assert up <= (2 if before.rung == "calm" else 1), "asked and, when that is long due, called"
        assert before.rung != "raised" or ladder.rung == "raised"
        assert ladder.rung in ("calm", "raised") or ladder.due_at is not None, "nobody waits for ever"
        before = ladder


@given(EVENTS, st.sampled_from(sorted(TROUBLES)))
def test_trouble_that_nobody_answers_is_always_raised(events: list[tuple[int, str]], trouble: str) -> None:
    past = lived(events)
    now, ladder = past[-1] if past else (T0, Ladder())
    for _ in range(8):
        ladder = climbed(seen(ladder, trouble, now, STEPS), now, STEPS)
        if ladder.rung == "raised":
            break
        assert ladder.due_at is not None
        now = max(now, ladder.due_at)
    assert ladder.rung == "raised"


@given(EVENTS)
def test_her_word_quiets_the_same_trouble_and_no_other(events: list[tuple[int, str]]) -> None:
    past = [pair for pair in lived(events) if pair[1].rung in ("prompted", "called", "guardians")]
    for now, ladder in past:
        quiet = answered(ladder, "ok", now)
        later = now + QUIET - timedelta(seconds=1)
        assert quiet.rung == "calm" and climbed(seen(quiet, ladder.trouble, later, STEPS), later, STEPS).rung == "calm"
        other = next(one for one in sorted(TROUBLES) if one != ladder.trouble)
        assert seen(quiet, other, later, STEPS).rung == "prompted"
        assert seen(answered(ladder, "snooze", now, 5), other, now + timedelta(minutes=4), STEPS).rung == "calm"
        assert seen(ladder, "", now, STEPS).rung == "calm", "trouble that is over asks nobody"


SAID = st.sampled_from(("ok", "snooze", "extend"))


@given(EVENTS, SAID, st.integers(0, 40), st.integers(-3600, 900), st.integers(0, 3600))
def test_an_answer_that_comes_late_is_worth_what_it_was_when_she_gave_it(
    events: list[tuple[int, str]], what: Any, minutes: int, after_s: int, waited_s: int
) -> None:
    """It calms no trouble that came after it; else it quiets until the moment that it would have in time, or nothing
    any more."""
    since, ladder = (lived(events) or [(T0, Ladder())])[-1]
    said_at = since + timedelta(seconds=after_s)
    now = max(said_at + timedelta(seconds=waited_s), since)
    late = answered(ladder, what, now, minutes, at=said_at, since=since)
    in_time = answered(ladder, what, said_at, minutes)
    is_over = in_time.quiet_until is not None and in_time.quiet_until <= now
    if ladder.rung == "raised" or (ladder.trouble and said_at < since) or is_over:
        assert late == ladder
    else:
        assert late == in_time and late.rung == "calm"
    future = now + timedelta(seconds=waited_s)
    assert answered(ladder, what, now, minutes, at=future, since=since) == answered(ladder, what, now, minutes)


def test_steps_stay_within_their_bounds() -> None:
    assert steps_from({"prompt_s": 1, "call_s": 99_999}) == Steps(15, 900, 120)
    assert steps_from(None) == STEPS
