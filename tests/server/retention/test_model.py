"""Cutoffs and limits: nothing is kept longer than its days, no center is forgotten or asked twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.retention import model
from server.retention.kinds import KINDS, kind_named
from server.retention.model import EVERY_CENTER, Policy

POSITIONS = kind_named("positions")
QUARANTINE = kind_named("quarantine")
assert POSITIONS is not None and QUARANTINE is not None
MOMENTS = st.integers(0, 4 * 365 * 86_400).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
NOW = datetime(2026, 12, 1, 4, 30, tzinfo=UTC)


@given(at=MOMENTS, days=st.integers(0, 400), kind=st.sampled_from(KINDS))
def test_due_and_cutoff_say_the_same(at, days, kind) -> None:
    """At the moment that the preview names, the purge agrees; a moment before, it does not."""
    policy = Policy(days)
    due = model.due_on(kind, policy, at)
    assert due <= at + timedelta(days=days), "never longer than its days"
    assert at < model.cutoff(kind, policy, due + timedelta(microseconds=1))
    assert not at < model.cutoff(kind, policy, due - timedelta(microseconds=1))


@given(now=MOMENTS, days=st.integers(1, 30), shorter=st.integers(1, 30))
def test_a_day_is_dropped_only_when_it_is_over_for_every_center(now, days, shorter) -> None:
    groups = model.groups_of(
        {("a", "positions"): Policy(shorter, 1), (EVERY_CENTER, "positions"): Policy(days, 2)}, POSITIONS
    )
    around = [now.date() - timedelta(days=n) for n in range(-4, 40)]
    dropped = model.whole_days(POSITIONS, groups, around, now)
    for day in around:
        over = model.day_start(day) + timedelta(days=max(days, shorter)) <= now
        assert (day in dropped) == over


@given(own=st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(1, 30)))
def test_every_center_is_in_exactly_one_group(own) -> None:
    known = {(center, "positions"): Policy(days, 1) for center, days in own.items()}
    for center in ("a", "b", "c", "a center nobody listed"):
        mine = [
            group
            for group in model.groups_of(known, POSITIONS)
            if (center in group.only if group.only is not None else center not in group.others)
        ]
        assert [group.policy.days for group in mine] == [own.get(center, POSITIONS.days)]


def test_the_center_counts_before_the_city_and_the_law_before_both() -> None:
    known = {(EVERY_CENTER, "positions"): Policy(14, 3), ("a", "positions"): Policy(90, 4)}
    assert model.policy_of(known, POSITIONS, "a") == Policy(30, 4), "a number older than the limit"
    assert model.policy_of(known, POSITIONS, "b") == Policy(14, 3)
    assert model.policy_of({}, POSITIONS, "b") == Policy(30, 0)


@pytest.mark.parametrize(
    ("name", "days", "trouble"),
    [
        ("positions", 31, "above_maximum"),
        ("positions", 0, "below_minimum"),
        ("positions", 7, None),
        ("releases", 364, "below_minimum"),
        ("positions_rescue", 1, "fixed"),
        ("positions_rescue", 0, None),
    ],
)
def test_what_the_law_does_not_allow_is_no_policy(name, days, trouble) -> None:
    kind = kind_named(name)
    assert kind is not None
    assert model.trouble_with(kind, days) == trouble


def test_a_confirmation_stands_for_one_change_only() -> None:
    words = {
        model.confirmation(center, kind, Policy(30, version), days)
        for center in ("a", "b")
        for kind in (POSITIONS, QUARANTINE)
        for version in (0, 1)
        for days in (7, 14)
    }
    assert len(words) == 16


def test_a_proof_can_not_be_changed_without_its_digest() -> None:
    proof = {
        "run_id": "r",
        "center_id": "a",
        "kind": "positions",
        "before": NOW,
        "deleted": 10,
        "tables": {"position": 10},
        "held": 0,
        "oldest_kept": None,
        "policy_version": 1,
    }
    changed = [proof | {name: "x"} for name in model.PROVED]
    assert len({model.proof_digest(one) for one in (proof, *changed)}) == len(changed) + 1


def test_a_late_purge_is_counted_in_days() -> None:
    day = 86_400.0
    assert model.overdue_days(NOW - timedelta(hours=20), NOW, every_s=day, now=NOW) == 0
    assert model.overdue_days(NOW - timedelta(days=4), NOW, every_s=day, now=NOW) == 3
    assert model.overdue_days(None, NOW - timedelta(days=2), every_s=day, now=NOW) == 1, "it has never run"


@given(now=MOMENTS, kind=st.sampled_from(KINDS))
def test_the_next_run_is_ahead_and_by_the_rhythm_of_the_kind(now, kind) -> None:
    after = model.next_run(kind, now) - now
    assert timedelta(0) < after <= (timedelta(hours=1) if kind.hourly else timedelta(days=1))
    assert model.next_run(kind, now).minute == (7 if kind.hourly else 23)
