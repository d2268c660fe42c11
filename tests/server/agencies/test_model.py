"""An agreement is in force from its first instant to its last, and allows what it says, on the grounds it names."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.agencies import area
from server.agencies.model import BASES, TRIGGERS, WHAT, Agreement, What, agreement_from_row, choose, flaws, overlaps

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOU = Agreement(UUID(int=1), "41170", "112-demo", frozenset({"dispatch"}), ("pipa-18-2-3",), True, True, NOON)
HOURS = st.integers(-48, 48).map(lambda hours: NOON + timedelta(hours=hours))
AGREEMENTS = st.builds(
    Agreement,
    agreement_id=st.integers(1, 5).map(lambda n: UUID(int=n)),
    center_id=st.sampled_from(["41170", "11110"]),
    agency_id=st.sampled_from(["112-demo", "guard-1"]),
    triggers=st.frozensets(st.sampled_from(TRIGGERS), max_size=3),
    legal_bases=st.lists(st.sampled_from(sorted(BASES)), max_size=2).map(tuple),
    starts_at=HOURS,
    ends_at=st.none() | HOURS,
    suspended_at=st.none() | HOURS,
    storage_days=st.integers(0, 30),
    **{name: st.booleans() for name in ("may_view_live", "may_see_position", "may_view_recorded", "may_view_still")},
    may_see_identity=st.booleans(),
    may_see_health=st.booleans(),
    may_store=st.booleans(),
)
DRAFT: dict[str, Any] = {
    "triggers": ["dispatch"],
    "legal_bases": ["pipa-18-2-3"],
    "starts_at": NOON,
    "ends_at": NOON + timedelta(days=365),
    "may_store": False,
    "storage_days": 0,
}


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
    assert choose([MOU], trigger="anklet_zone", now=later) is None


@given(AGREEMENTS, st.sampled_from(WHAT), st.sampled_from(TRIGGERS), st.sampled_from(sorted(BASES)), HOURS)
def test_nothing_is_allowed_that_is_not_written(
    one: Agreement, what: What, trigger: str, basis: str, now: datetime
) -> None:
    answer = one.allows(what, trigger, basis, now)
    written = {
        "live": one.may_view_live,
        "recorded": one.may_view_recorded,
        "still": one.may_view_still,
        "position": one.may_see_position,
        "identity": one.may_see_identity,
        "health": one.may_see_health,
        "store": one.may_store and one.storage_days >= 1,
    }[what]
    if answer is None:
        assert written and trigger in one.triggers and basis in one.legal_bases
        assert one.starts_at <= now and (one.ends_at is None or now < one.ends_at)
        assert one.suspended_at is None or now < one.suspended_at
    elif answer == "legal_basis":
        assert basis not in one.legal_bases and written
    else:
        assert answer == "no_agreement"
        assert not written or trigger not in one.triggers or not one.in_force(now)


@given(AGREEMENTS, st.sampled_from(WHAT), st.sampled_from(TRIGGERS), st.sampled_from(sorted(BASES)), HOURS, HOURS)
def test_what_is_over_stays_over_and_suspending_takes_everything(
    one: Agreement, what: What, trigger: str, basis: str, now: datetime, later: datetime
) -> None:
    now, later = sorted((now, later))
    assert replace(one, suspended_at=now).allows(what, trigger, basis, later) == "no_agreement"
    assert replace(one, ends_at=now).allows(what, trigger, basis, later) == "no_agreement"


def test_a_row_that_leaves_a_switch_out_grants_nothing_by_it() -> None:
    row = {"agreement_id": UUID(int=1), "center_id": "41170", "agency_id": "a", "triggers": ["dispatch"]}
    row |= {"legal_bases": ["lia-29"], "may_view_live": True, "may_see_position": True}
    row |= {"starts_at": NOON, "ends_at": None, "suspended_at": None}
    old = agreement_from_row(row)
    assert [what for what in WHAT if old.grants(what)] == ["live", "position"]


@given(AGREEMENTS, AGREEMENTS, HOURS)
def test_of_two_that_do_not_overlap_at_most_one_ever_speaks(one: Agreement, other: Agreement, now: datetime) -> None:
    assert overlaps(one, other) == overlaps(other, one)
    same_parties = (one.center_id, one.agency_id) == (other.center_id, other.agency_id)
    if same_parties and one.agreement_id != other.agreement_id and not overlaps(one, other):
        speaking = [a for a in (one, other) if a.in_force(now)]
        assert len(speaking) < 2 or not one.triggers & other.triggers


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"triggers": ["dispatch", "gossip"]}, "bad_code"),
        ({"triggers": []}, "bad_code"),
        ({"legal_bases": ["because"]}, "bad_code"),
        ({"ends_at": NOON}, "ends_before_start"),
        ({"starts_at": NOON - timedelta(days=9), "ends_at": NOON - timedelta(days=1)}, "ends_in_the_past"),
        ({"may_store": True}, "storage_days_missing"),
        ({"storage_days": 30}, "storage_not_allowed"),
        ({"may_store": True, "storage_days": 30}, None),
    ],
)
def test_a_draft_is_told_what_is_wrong_with_it(change: dict[str, Any], code: str | None) -> None:
    found = flaws(DRAFT | change, NOON)
    assert [one.code for one in found] == ([code] if code else [])


SQUARE = [[126.9, 37.3], [127.0, 37.3], [127.0, 37.4], [126.9, 37.4], [126.9, 37.3]]


def areas(*rings: Any, type: str = "MultiPolygon") -> dict[str, Any]:
    return {"type": type, "coordinates": [[ring] for ring in rings]}


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"auto_triggers": ["wanted_vehicle"]}, "bad_code", "auto_triggers"),
        ({"areas": {}}, "bad_areas", "areas"),
        ({"areas": areas(SQUARE, type="Polygon")}, "bad_areas", "areas"),
        ({"areas": areas([])}, "bad_areas", "areas"),
        ({"areas": areas([[37.3, 126.9], [37.4, 126.9], [37.4, 127.0], [37.3, 126.9]])}, "bad_areas", "areas"),
        ({"areas": areas([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]])}, "bad_areas", "areas"),
    ],
)
def test_what_an_agreement_says_of_requests_has_to_make_sense(change: dict[str, Any], code: str, field: str) -> None:
    (found,) = flaws(DRAFT | change, NOON)
    assert (found.code, found.field) == (code, field) and found.ko and found.en


def test_an_area_covers_its_places_and_none_covers_everything() -> None:
    assert flaws(DRAFT | {"areas": areas(SQUARE)}, NOON) == []
    assert area.covers(areas(SQUARE), lat=37.35, lon=126.95) and area.covers(areas(SQUARE), lat=37.3, lon=126.9)
    assert not area.covers(areas(SQUARE), lat=37.35, lon=127.05)
    assert not area.covers({"type": "Point"}, lat=37.35, lon=126.95), "what is no area covers nothing"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(json_values)
def test_no_shape_of_json_falls_over(coordinates: Any) -> None:
    with suppress(area.BadAreas):
        area.checked({"type": "MultiPolygon", "coordinates": coordinates})
