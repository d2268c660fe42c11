"""The decision's rules, as stories and as laws."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from location_router.assign import Assignment, CenterState, _runner_up, as_handover, assign
from location_router.states import TAKES
from location_router.wire import Candidate, Flag, Reason
from tests.location_router.places import ANYANG_STATION, INCHEON_BRIDGE, TOKYO, in_force

VERSION = "2023-07-01"
CODES = st.sampled_from(["41170", "41410", "41210", "11545", "41390", "11680", "28110"])
STATES = st.dictionaries(CODES, st.sampled_from([state.value for state in CenterState]))
ANYTHING = st.one_of(
    st.none(), st.floats(), st.floats(33.0, 38.7), st.floats(124.5, 131.9), st.sampled_from([0.0, 37.4, 126.9])
)


def decide(**given: object) -> Assignment:
    return assign(in_force(VERSION), **given)  # type: ignore[arg-type]


def test_the_jurisdiction_that_contains_the_place_has_it() -> None:
    made = decide(**ANYANG_STATION, accuracy_m=30.0)
    assert (made.center, made.reason, made.distance_m, made.flags) == ("41170", "contains", 0.0, ())
    assert made.boundary_version == VERSION
    assert [(one.code, one.probability) for one in made.candidates] == [("41170", 1.0)], (
        "nobody else comes into question"
    )
    shown = decide(**ANYANG_STATION, accuracy_m=30.0, neighbours=True)
    assert [one.code for one in shown.candidates][:2] == ["41170", "41410"] and len(shown.candidates) == 5


def test_a_wide_circle_gives_the_neighbours_their_share() -> None:
    made = decide(**ANYANG_STATION, accuracy_m=3_000.0)
    shares = {one.code: one.probability for one in made.candidates}
    assert 0.5 < shares["41170"] < 1.0 and sum(shares.values()) <= 1.001
    assert sum(1 for share in shares.values() if share > 0) >= 2


def test_equally_likely_centers_are_told_apart_by_their_code_whatever_their_order() -> None:
    shares = {"41170": 0.4, "41410": 0.3, "11680": 0.3}
    for found in (shares, dict(reversed(shares.items()))):
        assert _runner_up(found, "41170", 0.1) == "11680"


def test_an_offline_center_fails_over_to_the_nearest_online_polygon() -> None:
    made = decide(**ANYANG_STATION, states={"41170": "offline"})
    assert (made.center, made.reason) == ("41410", "failover") and made.distance_m > 0
    again = decide(**ANYANG_STATION, states={"41170": "offline"}, exclude=["41410"])
    assert again.center not in {"41170", "41410"} and again.reason == "failover"
    assert again.distance_m >= made.distance_m


def test_at_sea_the_nearest_online_polygon_has_it() -> None:
    first = decide(**INCHEON_BRIDGE)
    assert (first.center, first.reason) == ("28110", "nearest")
    second = decide(**INCHEON_BRIDGE, states={"28110": "offline"})
    assert second.reason == "nearest" and second.center != "28110" and second.distance_m > first.distance_m


@pytest.mark.parametrize(
    ("place", "lat", "lon", "center", "is_default"),
    [
        ("인천대교 한가운데", 37.4147, 126.5678, "28110", True),
        ("광안대교", 35.1465, 129.1290, "26500", True),
        ("새만금방조제", 35.7330, 126.5400, "45130", True),
        ("이어도 해양과학기지", 32.1228, 125.1823, "50130", True),
        ("소청도 앞바다", 37.7500, 124.7500, "28720", True),
        ("판문점 JSA", 37.9560, 126.6770, "41480", True),
        ("대성동마을, DMZ", 37.9400, 126.6770, "41480", False),
        ("독도 동도", 37.2415, 131.8646, "47940", False),
        ("백령도", 37.9700, 124.6600, "28720", False),
    ],
)
def test_bridges_islands_and_the_border_zone(place: str, lat: float, lon: float, center: str, is_default: bool) -> None:
    made = decide(lat=lat, lon=lon, accuracy_m=20.0)
    assert (made.center, "defaulted" in made.flags) == (center, is_default), place
    assert made.reason == ("nearest" if is_default else "contains") and (made.distance_m > 0) is is_default


@settings(max_examples=60, deadline=None)
@given(lat=st.floats(32.5, 38.6), lon=st.floats(124.6, 131.9))
def test_the_quick_look_for_the_nearest_polygon_is_the_slow_one_s(lat: float, lon: float) -> None:
    version = in_force(VERSION)
    quick, [(code, metres)] = version.near.nearest(lat=lat, lon=lon), version.nearest(lat=lat, lon=lon, limit=1)
    if version.containing(lat=lat, lon=lon) is None and quick is not None:
        assert quick[0] == code or quick[1] == pytest.approx(metres, abs=0.002)
        assert quick[1] == pytest.approx(metres, abs=0.01)


def test_exchanged_axes_are_put_right_and_flagged() -> None:
    made = decide(lat=126.9227, lon=37.4019)
    assert (made.center, made.reason, made.flags) == ("41170", "contains", ("swapped",))
    assert (made.lat, made.lon) == (37.4019, 126.9227)


@pytest.mark.parametrize(("lat", "lon"), [(None, None), (math.nan, 127.0), (37.0, math.inf), (0.0, 0.0), (500.0, 1.0)])
def test_without_a_usable_place_the_last_known_center_then_home(lat: float | None, lon: float | None) -> None:
    last = decide(lat=lat, lon=lon, previous="11680", home="41170")
    assert (last.center, last.reason, last.flags) == ("11680", "last_known", ("no_position",))
    home = decide(lat=lat, lon=lon, home="41170")
    assert (home.center, home.reason) == ("41170", "home")
    nobody = decide(lat=lat, lon=lon)
    assert nobody.center in in_force(VERSION).centers and "defaulted" in nobody.flags


def test_abroad_goes_home() -> None:
    made = decide(**TOKYO, home="41170", previous="11680")
    assert (made.center, made.reason, made.flags) == ("41170", "home", ("abroad",))
    stranger = decide(**TOKYO)
    assert stranger.reason == "nearest" and stranger.flags == ("abroad", "defaulted")
    away = decide(**TOKYO, home="41170", states={"41170": "offline"})
    assert away.reason == "failover" and away.center != "41170"


def test_a_home_of_an_older_boundary_version_is_still_found() -> None:
    made = assign(in_force("2026-07-01"), lat=None, lon=None, home="29110")
    assert made.center == "12210" and made.reason == "home"


def test_with_no_center_online_somebody_still_owns_it() -> None:
    everyone = dict.fromkeys(in_force(VERSION).centers, "offline")
    made = decide(**ANYANG_STATION, states=everyone)
    assert (made.center, made.reason, made.flags) == ("41170", "contains", ("defaulted",))
    tried = decide(**ANYANG_STATION, states=everyone, exclude=["41170"])
    assert (tried.center, tried.reason) == ("41410", "failover")
    assert decide(**ANYANG_STATION, exclude=list(everyone)).center == "41170"


def test_a_draining_center_gets_nothing_new_while_another_is_online() -> None:
    assert decide(**ANYANG_STATION, states={"41170": "draining"}).center == "41410"
    others = dict.fromkeys(in_force(VERSION).centers, "offline") | {"41170": "draining"}
    assert decide(**ANYANG_STATION, states=others).center == "41170"


def test_handover_keeps_the_decision() -> None:
    made = decide(**ANYANG_STATION)
    assert as_handover(made).reason == "handover" and as_handover(made).center == made.center


@settings(max_examples=150, deadline=None)
@given(
    lat=ANYTHING,
    lon=ANYTHING,
    accuracy_m=st.one_of(st.none(), st.floats()),
    states=STATES,
    exclude=st.lists(CODES),
    home=st.one_of(st.none(), CODES, st.text(max_size=5)),
    previous=st.one_of(st.none(), CODES),
)
def test_any_input_gets_one_owner_the_same_each_time(**given: object) -> None:
    made = decide(**given)
    assert made == decide(**given)
    assert made.center in in_force(VERSION).centers
    assert made.reason in set(Reason) and set(made.flags) <= set(Flag)
    assert math.isfinite(made.distance_m) and made.distance_m >= 0
    assert made.center in [one.code for one in made.candidates] and len(made.candidates) <= 5
    for one in made.candidates:
        Candidate.model_validate({"code": one.code, "distance_m": one.distance_m, "online": one.online})


@settings(max_examples=150, deadline=None)
@given(lat=st.floats(34.5, 38.2), lon=st.floats(126.5, 129.3), states=STATES, exclude=st.lists(CODES))
def test_who_cannot_take_it_never_gets_it(lat: float, lon: float, states: dict[str, str], exclude: list[str]) -> None:
    made = decide(lat=lat, lon=lon, states=states, exclude=exclude)
    assert made.center not in exclude and states.get(made.center, "online") in TAKES
    nearest = in_force(VERSION).nearest(
        lat=lat, lon=lon, limit=1, skip={code for code, state in states.items() if state not in TAKES} | set(exclude)
    )
    assert nearest[0][0] == made.center
