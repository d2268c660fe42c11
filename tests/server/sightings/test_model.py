"""The pure rules: order and speed of a trail, states of a request, case numbers, areas."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.dispatch.model import case_number
from server.sightings import asking
from server.sightings.asking import Ground, Request, decide, evolve, is_case_number
from server.sightings.model import FASTEST_MPS, Sighting, digest, flaw_of_time, trail
from server.sightings.shape import MOST_KM2, BadArea, area_km2, middle_of, polygon_of

NOW = datetime(2026, 3, 1, 16, tzinfo=UTC)
LAT, LON = 37.3943, 126.9568
M_LAT, M_LON = 1 / 111_000, 1 / 88_500

seconds = st.integers(0, 3600)
places = st.tuples(st.integers(-5000, 5000), st.integers(-5000, 5000))


@st.composite
def sightings(draw: st.DrawFn) -> list[Sighting]:
    found = []
    for number in range(draw(st.integers(0, 12))):
        (x, y), at = draw(places), NOW + timedelta(seconds=draw(seconds))
        subject = draw(st.sampled_from(("person", "vehicle")))
        marked = NOW + timedelta(seconds=draw(seconds))
        where = (LAT + y * M_LAT, LON + x * M_LON)
        found.append(Sighting(UUID(int=number + 1), f"cam-{number}", *where, at, subject, marked))
    return found


@given(sightings(), st.randoms())
def test_the_trail_is_the_same_however_it_was_marked(found: list[Sighting], random: Any) -> None:
    steps, mixed = trail(found), list(found)
    random.shuffle(mixed)
    assert trail(mixed) == steps
    assert sorted(one.sighting_id for one in found) == sorted(step.sighting.sighting_id for step in steps)
    assert all(a.sighting.seen_at <= b.sighting.seen_at for a, b in itertools.pairwise(steps))
    for subject in ("person", "vehicle"):
        mine = [step for step in steps if step.sighting.subject == subject]
        assert [step.leg and step.leg.from_id for step in mine] == [None, *(s.sighting.sighting_id for s in mine)][:-1]


@given(sightings())
def test_a_leg_is_impossible_only_when_no_ends_of_both_views_are_near_enough(found: list[Sighting]) -> None:
    for step in trail(found):
        if (leg := step.leg) is None:
            continue
        assert leg.distance_m >= 0 and leg.seconds >= 0 and (leg.heading_deg is None or 0 <= leg.heading_deg < 360)
        fastest = FASTEST_MPS[step.sighting.subject]
        if leg.distance_m <= fastest * leg.seconds:
            assert leg.flag is None, "it can have been"
        if leg.distance_m - 121 > fastest * (leg.seconds + 1):
            assert leg.flag == "too_fast"


def test_two_cameras_on_one_corner_see_the_same_person_in_the_same_second() -> None:
    one = Sighting(UUID(int=1), "a", LAT, LON, NOW, "person", NOW)
    same = Sighting(UUID(int=2), "b", LAT + 40 * M_LAT, LON, NOW, "person", NOW)
    (_, step) = trail([one, same])
    assert step.leg is not None and step.leg.speed_mps is None and step.leg.flag is None


def test_when_somebody_can_have_been_seen() -> None:
    assert flaw_of_time(NOW, NOW) is None and flaw_of_time(NOW + timedelta(seconds=4), NOW) is None
    assert flaw_of_time(NOW + timedelta(seconds=6), NOW) == "in_the_future"
    assert flaw_of_time(NOW - timedelta(days=29), NOW) is None
    assert flaw_of_time(NOW - timedelta(days=31), NOW) == "too_long_ago"


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), min_size=1), st.binary(min_size=16, max_size=16))
def test_a_digest_fits_one_row_only(told: dict[str, str], salt: bytes) -> None:
    name = next(iter(told))
    assert digest(salt, told) == digest(salt, dict(reversed(told.items())))
    assert digest(salt, told) != digest(salt, told | {name: told[name] + "x"})
    assert digest(salt, told) != digest(bytes(16 * [salt[0] ^ 1]), told)


@given(st.lists(st.tuples(st.integers(0, 2000), st.booleans(), st.booleans(), st.booleans()), max_size=30))
def test_a_request_goes_one_way_and_everything_ends(moments: list[tuple[int, bool, bool, bool]]) -> None:
    request, escalations = asking.ask(now=NOW, until_at=NOW + timedelta(hours=1), leader_s=120, expires_s=900), 0
    for at, *ground in sorted(moments):
        now = NOW + timedelta(seconds=at)
        happened = decide(request, Ground(*ground), now)
        if happened is None:
            assert request.state == "expired" or now < request.expires_at, "nobody waits longer"
            continue
        assert request.state == "asked", "what is over stays over"
        escalations += happened.what == "escalated"
        request = evolve(request, happened)
    assert escalations <= 1 and request.state in ("asked", "expired")
    assert (request.due_at is None) == (request.state == "expired")


@given(seconds, st.booleans(), st.booleans(), st.booleans())
def test_an_approved_one_ends_with_whatever_it_stands_on(
    at_s: int, is_open: bool, is_working: bool, allows: bool
) -> None:
    until = NOW + timedelta(seconds=1800)
    request = Request("approved", NOW, until, NOW + timedelta(seconds=900), until)
    happened = decide(request, Ground(is_open, is_working, allows), NOW + timedelta(seconds=at_s))
    stands = at_s < 1800 and is_open and is_working and allows
    assert (happened is None) == stands
    if happened is not None:
        after = evolve(request, happened)
        assert (after.state, after.due_at) == ("ended", None)
        assert decide(after, Ground(False, False, False), until + timedelta(days=1)) is None


@given(
    st.dates(date(2000, 1, 1), date(2026, 3, 2)), st.integers(0, 99_999), st.sampled_from(("112", "119", "disaster"))
)
def test_our_own_case_numbers_fit_and_another_kinds_do_not(day: date, number: int, kind: str) -> None:
    text, today = case_number(kind, day, number), date(2026, 3, 2)
    assert is_case_number(kind, text, today)
    assert not is_case_number("113", text, today) and not is_case_number(kind, text, day - timedelta(days=1))
    assert not is_case_number(kind, text + "1", today) and not is_case_number(kind, text.replace("-", "–"), today)
    assert not is_case_number(kind, text.replace("0", "٠"), today) or "0" not in text


def ring(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(one) for one in (*points, points[0])]]}


@given(st.integers(20, 4900), st.integers(20, 4900))
def test_an_area_is_as_large_as_it_is_and_its_middle_lies_inside(east_m: int, north_m: int) -> None:
    lon, lat = LON + east_m * M_LON, LAT + north_m * M_LAT
    shape = polygon_of(ring((LON, LAT), (lon, LAT), (lon, lat), (LON, lat)))
    assert area_km2(shape) == pytest.approx(east_m * north_m / 1e6, rel=0.02)
    middle = middle_of(shape)
    assert LAT < middle[0] < lat and LON < middle[1] < lon


@pytest.mark.parametrize(
    ("area", "says"),
    [
        (None, "GeoJSON Polygon"),
        ({"type": "Point", "coordinates": [LON, LAT]}, "GeoJSON Polygon"),
        ({"type": "Polygon"}, "list of rings"),
        ({"type": "Polygon", "coordinates": []}, "list of rings"),
        ({"type": "Polygon", "coordinates": [[[LON, LAT], [LON, LAT]]]}, "four positions"),
        ({"type": "Polygon", "coordinates": [[[LON, LAT], ["x", 1], [1, 1], [LON, LAT]]]}, "[longitude, latitude]"),
        (ring((LAT, LON), (LAT + 0.01, LON), (LAT, LON + 0.01)), "swapped"),
        (ring((LON, LAT), (math.nan, LAT), (LON, LAT + 0.01)), "[longitude, latitude]"),
        (ring((LON, LAT), (LON + 0.01, LAT + 0.01), (LON + 0.01, LAT), (LON, LAT + 0.01)), "not a valid polygon"),
        (ring((LON, LAT), (LON + 0.1, LAT), (LON, LAT + 0.1)), f"{MOST_KM2:.0f} at most"),
        (ring((LON, LAT), (LON + 1e-6, LAT), (LON, LAT + 1e-6)), "too small"),
        (ring(*((LON + 0.01 * math.cos(i / 80), LAT + 0.01 * math.sin(i / 80)) for i in range(500))), "500 at most"),
    ],
)
def test_an_area_that_cant_be_used_is_told_with_its_cure(area: Any, says: str) -> None:
    with pytest.raises(BadArea, match=says.replace("[", r"\[")) as bad:
        polygon_of(area)
    assert bad.value.ko
