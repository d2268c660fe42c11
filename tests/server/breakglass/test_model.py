"""Two people, half an hour, one incident, and a third who reviews: the rule by property."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from server.breakglass.model import LASTS, BreakGlass, may_decide, may_review

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEOPLE = [UUID(int=n) for n in range(1, 5)]
INCIDENTS = [UUID(int=n) for n in range(11, 14)]
MINUTES = st.integers(-10, 90).map(lambda minutes: NOON + timedelta(minutes=minutes))
ASKED = BreakGlass(UUID(int=99), "11110", INCIDENTS[0], PEOPLE[0], b"seat", NOON)


@given(st.sampled_from(PEOPLE), st.sampled_from([b"seat", b"other"]), MINUTES)
def test_nobody_approves_his_own_and_nobody_from_the_same_seat(who: UUID, session: bytes, now: datetime) -> None:
    refusal = may_decide(ASKED, who, session, now)
    if refusal is None:
        assert who != ASKED.account_id and session != ASKED.session and now < NOON + timedelta(minutes=15)
    elif refusal == "not_alone":
        assert who == ASKED.account_id or session == ASKED.session


@given(st.sampled_from(PEOPLE), st.sampled_from(INCIDENTS), MINUTES, MINUTES, st.booleans(), st.none() | MINUTES)
def test_it_opens_one_incident_for_one_person_for_half_an_hour(
    who: UUID, incident_id: UUID, decided_at: datetime, now: datetime, approve: bool, ended_at: datetime | None
) -> None:
    decided = replace(
        ASKED,
        decided_by=PEOPLE[1],
        decided_at=decided_at,
        is_approved=approve,
        ends_at=decided_at + LASTS if approve else None,
        ended_at=ended_at,
    )
    if decided.opens(who, incident_id, now):
        assert approve and (who, incident_id) == (ASKED.account_id, ASKED.incident_id)
        assert now < decided_at + LASTS and (ended_at is None or now < ended_at)
    assert not replace(decided, incident_id=None).opens(who, incident_id, now)
    assert decided.needs_review == approve


@given(st.sampled_from(PEOPLE), MINUTES)
def test_the_two_never_review_themselves_and_nothing_is_reviewed_while_it_runs(who: UUID, now: datetime) -> None:
    running = replace(ASKED, decided_by=PEOPLE[1], decided_at=NOON, is_approved=True, ends_at=NOON + LASTS)
    answer = may_review(running, who, now)
    assert (answer == "not_yourselves") == (who in PEOPLE[:2])
    if answer is None:
        assert now >= NOON + LASTS and who in PEOPLE[2:]
    assert may_review(replace(running, reviewed_at=NOON), PEOPLE[3], now) == "reviewed"
