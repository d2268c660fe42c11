"""Which alerts belong together: the same whatever the order, and no joining by a number that anybody can type."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from location_router.linking import (
    REPEAT_WITHIN,
    Crowd,
    Partner,
    Spot,
    claims_of,
    groups,
    is_same_place,
    ordered,
    partners_in_time,
    whose_owner,
)

START = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
spots = st.lists(
    st.builds(
        Spot,
        alert_id=st.integers(0, 60).map(lambda n: UUID(int=n)),
        at=st.floats(0, 600).map(lambda s: START + timedelta(seconds=s)),
        lat=st.floats(37.400, 37.406),
        lon=st.floats(126.920, 126.927),
    ),
    max_size=25,
    unique_by=lambda spot: spot.alert_id,
)


def links_of(found: list[Spot]) -> set[tuple[UUID, UUID]]:
    crowd = Crowd()
    return {link for spot in found for link in crowd.add(spot)}


@settings(max_examples=150, deadline=None)
@given(spots, st.randoms(use_true_random=False))
def test_groups_are_those_of_all_pairs_in_reach_whatever_the_order(found: list[Spot], chance: object) -> None:
    mixed = found + found  # everything is delivered twice
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    links = links_of(mixed)
    everyone = {
        ordered(one.alert_id, other.alert_id)
        for one in found
        for other in found
        if one.alert_id != other.alert_id and is_same_place(one, other)
    }
    assert groups(links) == groups(everyone)
    assert links <= everyone and all(one < other for one, other in links)
    assert len(links) <= max(len(found) - 1, 0)


@settings(max_examples=60, deadline=None)
@given(spots, st.integers(0, 24))
def test_forgetting_the_old_loses_no_group_of_the_young(found: list[Spot], cut: int) -> None:
    found.sort(key=lambda spot: spot.rank)
    crowd, links = Crowd(), set()
    for spot in found[:cut]:
        links |= set(crowd.add(spot))
    crowd.forget(before=START - timedelta(seconds=1))
    crowd.forget(before=(found[cut].at if cut < len(found) else START) - timedelta(minutes=3, seconds=1))
    for spot in found[cut:]:
        links |= set(crowd.add(spot))
    assert groups(links) == groups(links_of(found))


def test_a_hundred_at_one_place_are_ninety_nine_links_and_one_group() -> None:
    crowd = [Spot(UUID(int=n), START + timedelta(seconds=n), 37.4, 126.92 + n * 1e-6) for n in range(100)]
    links = links_of(crowd)
    assert len(links) == 99
    assert len(groups(links)[UUID(int=0)]) == 100
    assert all(one == UUID(int=0) for one, _ in links), "all are told beside the first"


def test_a_number_joins_only_two_that_nobody_verified() -> None:
    told = claims_of(phone="010-1234-5678")
    again = claims_of(phone="+82 10 1234 5678")
    proven = claims_of(issuer="home-1", device_id="d", person_id="p", phone="01012345678")
    assert set(told.strong) & set(again.strong)
    assert not set(told.written) & set(proven.strong), "a typed number is no device"
    assert not set(proven.written) & set(told.strong), "and a device does not take over what was typed"
    assert set(told.asked) & set(proven.weak) and set(proven.asked) & set(told.strong), "but each is shown the other"


def test_a_person_is_one_on_two_devices_but_not_at_two_homes() -> None:
    phone, watch = (claims_of(issuer="home-1", device_id=one, person_id="p") for one in ("phone", "watch"))
    other = claims_of(issuer="home-2", device_id="phone", person_id="p")
    by_text = claims_of(issuer="home-1", device_id="PHONE")
    assert set(phone.strong) & set(watch.strong) and not set(phone.strong) & set(other.strong)
    assert set(phone.strong) & set(by_text.strong), "a text message knows the device and not the person"
    assert not set(watch.strong) & set(by_text.strong)
    vouched = claims_of(sender="button-co", phone="01012345678")
    assert not set(vouched.strong) & set(claims_of(phone="01012345678").strong)


def test_too_few_digits_and_no_number_claim_nothing() -> None:
    assert claims_of(phone="112").written == claims_of(phone="").written == ()


def a_partner(number: int, *, live: bool = True, over_s: float | None = None, where: str = "41170") -> Partner:
    over = None if over_s is None else START - timedelta(seconds=over_s)
    at = START + timedelta(seconds=number)
    return Partner(UUID(int=number), at, where, "serving-1", frozenset({where}), live, over)


def test_the_newest_live_one_says_who_gets_the_next() -> None:
    found = partners_in_time([a_partner(1), a_partner(2, where="11110"), a_partner(3, live=False, over_s=60)], START)
    assert [one.alert_id.int for one in found] == [3, 2, 1]
    here = whose_owner(found, jurisdictions=frozenset({"41410", "41170"}), has_place=True)
    nowhere = whose_owner(found, jurisdictions=frozenset({"26110"}), has_place=False)
    elsewhere = whose_owner(found, jurisdictions=frozenset({"26110"}), has_place=True)
    assert here and here.alert_id.int == 1 and nowhere and nowhere.alert_id.int == 2 and elsewhere is None


def test_what_ended_long_ago_is_another_matter() -> None:
    late = REPEAT_WITHIN.total_seconds()
    assert partners_in_time([a_partner(1, live=False, over_s=late + 1)], START) == []
    assert len(partners_in_time([a_partner(1, live=False, over_s=late)] * 2, START)) == 1
