"""Guilty and innocent nights, as the rules see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from server.oversight.misuse import FOREIGN, RULES, THRESHOLDS, Act, Glass, Shift, Story, findings

NIGHT = datetime(2026, 3, 2, 14, tzinfo=UTC)
WHO = uuid4()
NOW = NIGHT + timedelta(days=5)


def act(kind: str = "live", *, minutes: float = 0, **said: object) -> Act:
    at = NIGHT + timedelta(minutes=minutes)
    plain = Act(str(uuid4()), "41170", WHO, kind, at, uuid4(), None, at + timedelta(minutes=5))
    return replace(plain, **said)  # type: ignore[arg-type]


def rules(*acts: Act, **more: object) -> list[str]:
    return [one.rule for one in findings(Story(acts, **more), NOW)]  # type: ignore[arg-type]


def test_every_rule_has_words_and_a_threshold() -> None:
    assert RULES.keys() == THRESHOLDS.keys() and all(len(words) == 2 for words in RULES.values())


def test_looking_at_three_incidents_without_work_is_found_and_working_on_them_is_not() -> None:
    looks = [act(minutes=n) for n in range(3)]
    (found,) = findings(Story(looks), NOW)
    assert (found.rule, found.account_id, found.day) == ("looks_without_work", WHO, "2026-03-02")
    assert found.evidence == tuple(one.evidence for one in looks)
    assert rules(*[replace(one, worked=True) for one in looks]) == []
    assert rules(*looks[:2]) == [], "helping out twice is no habit"


def test_what_the_desk_opens_by_itself_counts_for_nobody() -> None:
    assert rules(*[act(minutes=n, answered_before=False) for n in range(9)]) == [], "it rang, and the seat opened it"
    short = [act(minutes=n, ended_at=NIGHT + timedelta(minutes=n, seconds=5)) for n in range(9)]
    assert rules(*short) == [], "a glance while choosing"


def test_five_cameras_of_one_incident_are_one_incident() -> None:
    same = uuid4()
    assert rules(*[act(minutes=n, incident_id=same) for n in range(9)]) == []


def test_a_leader_looks_over_shoulders() -> None:
    looks = [act(minutes=n) for n in range(9)]
    assert rules(*looks) == ["looks_without_work"]
    assert rules(*looks, leaders=frozenset({WHO})) == []
    assert rules(*looks, act(minutes=9), leaders=frozenset({WHO})) == ["looks_without_work"]


def test_one_person_looked_up_again_and_again() -> None:
    her = b"digest of somebody"
    looks = [act("identity", minutes=n * 60 * 30, subject=her) for n in range(3)]
    (found,) = findings(Story(looks), NOW)
    assert (found.rule, found.subject_digest) == ("same_person", her)
    others = [replace(one, subject=bytes([n])) for n, one in enumerate(looks)]
    assert rules(*others) == [], "three people on three days"
    assert rules(*[replace(one, worked=True) for one in looks]) == [], "she calls often, and he answers her"


def test_doors_that_were_not_ones_own_and_doors_that_were_shut() -> None:
    tries = [act("refused", minutes=n, code="not_your_incident") for n in range(5)]
    assert rules(*tries) == ["many_refused"]
    assert rules(*[replace(one, code="incident_closed") for one in tries]) == [], "five windows that had closed"
    assert rules(*[replace(one, at=NIGHT + timedelta(hours=n)) for n, one in enumerate(tries)]) == []
    assert "session_ended" not in FOREIGN


def test_the_last_quarter_of_an_hour() -> None:
    shift = Shift(WHO, NIGHT - timedelta(hours=8), NIGHT + timedelta(minutes=10))
    days = [timedelta(days=n) for n in range(3)]
    nights = [Shift(WHO, shift.started_at + day, NIGHT + timedelta(minutes=10) + day) for day in days]
    late = [act(minutes=n * 24 * 60) for n in range(3)]
    assert rules(*late, shifts=nights) == ["end_of_shift"]
    assert rules(*[replace(one, at=one.at - timedelta(hours=2)) for one in late], shifts=nights) == []


def test_off_shift_is_asked_of_who_keeps_shifts_and_of_nobody_else() -> None:
    shift = Shift(WHO, NIGHT - timedelta(hours=20), NIGHT - timedelta(hours=12))
    looks = [act(minutes=n) for n in range(2)]
    assert rules(*looks, shifts=[shift]) == ["out_of_shift"]
    assert rules(*looks) == []
    assert rules(*looks, shifts=[replace(shift, ended_at=None)]) == [], "the shift is still running"
    assert rules(*[replace(one, worked=True) for one in looks], shifts=[shift]) == [], "called in at night"


def test_carrying_the_log_away_and_searching_all_night() -> None:
    assert rules(*[act("export", minutes=n, incident_id=None) for n in range(4)]) == ["bulk_export"]
    assert rules(*[act("export", minutes=n * 60 * 24, incident_id=None) for n in range(4)]) == []
    assert rules(*[act("search", minutes=n, incident_id=None) for n in range(20)]) == ["many_searches"]


def test_break_glass_that_nobody_has_reviewed() -> None:
    glass = Glass("b-1", "41170", WHO, NOW - timedelta(days=4), None)
    (found,) = findings(Story(glasses=[glass]), NOW)
    assert (found.rule, found.evidence) == ("breakglass_unreviewed", ("breakglass:b-1",))
    assert rules(glasses=[replace(glass, reviewed_at=NOW)]) == []
    assert rules(glasses=[replace(glass, ended_at=NOW - timedelta(days=2))]) == []


@pytest.mark.parametrize("account", [WHO, UUID(int=5)])
def test_two_people_do_not_add_up(account: UUID) -> None:
    found = rules(act(), act(minutes=1), act(minutes=2, account_id=account))
    assert found == (["looks_without_work"] if account == WHO else [])
