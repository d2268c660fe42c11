"""An agreement is in force from its first instant to its last, and not while it is suspended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from server.agencies.model import Agreement, choose

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOU = Agreement(UUID(int=1), "41170", "112-demo", frozenset({"dispatch"}), ("pipa-18-2-3",), True, True, NOON)


def test_it_begins_on_the_instant_and_ends_before_the_instant() -> None:
    short = replace(MOU, ends_at=NOON + timedelta(hours=1))
    assert not short.in_force(NOON - timedelta(microseconds=1))
    assert short.in_force(NOON)
    assert not short.in_force(NOON + timedelta(hours=1))


def test_suspended_is_not_in_force() -> None:
    assert not replace(MOU, suspended_at=NOON).in_force(NOON)
    assert replace(MOU, suspended_at=NOON + timedelta(days=1)).in_force(NOON)


def test_the_newest_agreement_that_covers_the_trigger_counts() -> None:
    newer = replace(MOU, agreement_id=UUID(int=2), starts_at=NOON + timedelta(hours=1))
    other = replace(newer, agreement_id=UUID(int=3), triggers=frozenset({"help_request"}))
    later = NOON + timedelta(hours=2)
    assert choose([newer, MOU, other], trigger="dispatch", now=later) == newer
    assert choose([newer, MOU, other], trigger="dispatch", now=NOON) == MOU
    assert choose([MOU], trigger="anklet", now=later) is None
