"""The hysteresis at a border: noise moves nothing, a true crossing moves an alert once. Walks over the real country."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from location_router import geo
from location_router.handover import RULE, Crossing, Fix, Rule, Track, fix_of, step
from location_router.index import Jurisdictions
from location_router.wire import Position
from tests.location_router.places import in_force

DAY = "2026-11-22"
ANYANG, GUNPO = "41170", "41410"
NOISES_M = st.floats(5, 50)
SPEEDS_MPS = st.sampled_from([1.4, 3.0, 14.0])
SEEDS = st.integers(0, 2**32)


class Place(NamedTuple):
    lat: float
    lon: float


@cache
def borders() -> list[tuple[Place, float, str, str]]:
    """Places on land borders, with the bearing (radians from east) that leads across, and the codes on both sides."""
    country, found = in_force(DAY), []
    segments = country._table.segments
    for x1, y1, x2, y2 in segments[:: max(1, len(segments) // 6000)].tolist():
        middle = Place((y1 + y2) / 2, (x1 + x2) / 2)
        north, east = geo.metres_per_degree(lat=middle.lat)
        across = math.atan2((y2 - y1) * north, (x2 - x1) * east) + math.pi / 2
        sides = [country.containing(**shifted(middle, across, metres)._asdict()) for metres in (-400, -20, 20, 400)]
        if None not in sides and sides[0] == sides[1] != sides[2] == sides[3]:
            found.append((middle, across, str(sides[0]), str(sides[3])))
    return found


def shifted(place: Place, bearing: float, metres: float) -> Place:
    north, east = geo.metres_per_degree(lat=place.lat)
    return Place(place.lat + metres * math.sin(bearing) / north, place.lon + metres * math.cos(bearing) / east)


def seen(way: list[Place], *, noise_m: float, seed: int, every_s: float = 1.0) -> Iterator[Fix]:
    """What the phone says of a true way: `noise_m` is the 68 % radius, and the phone knows it to within a fifth."""
    dice, sigma = random.Random(seed), geo.sigma_m(accuracy_m=noise_m)
    for number, place in enumerate(way):
        north, east = geo.metres_per_degree(lat=place.lat)
        told_m = noise_m * dice.uniform(0.8, 1.3)
        yield Fix(
            place.lat + dice.gauss(0, sigma) / north, place.lon + dice.gauss(0, sigma) / east, told_m, number * every_s
        )


def follow(start: str, fixes: Iterator[Fix], rule: Rule = RULE) -> list[tuple[float, Crossing]]:
    """Walk; each crossing moves the alert."""
    country, track, moves = in_force(DAY), Track(start, 1), []
    for fix in fixes:
        track, crossing = step(track, fix, country, rule)
        if crossing is not None:
            moves.append((fix.at_s, crossing))
            track = Track(crossing.to, track.number + 1, last=track.last)
    return moves


def true_crossings(way: list[Place]) -> int:
    country = in_force(DAY)
    inside = country.containing_many([one.lat for one in way], [one.lon for one in way]).tolist()
    return sum(one != other for one, other in pairwise(inside))


def along(place: int, *, offset_m: float, speed_mps: float, seconds: int) -> tuple[list[Place], str]:
    """Beside a border, on its near side as long as the border is straight; real borders are not."""
    middle, across, near, _ = borders()[place % len(borders())]
    start = shifted(middle, across, -offset_m)
    half = speed_mps * seconds / 2
    return [shifted(start, across - math.pi / 2, speed_mps * at - half) for at in range(seconds)], near


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(0, 10_000), NOISES_M, SPEEDS_MPS, st.floats(0, 40))
def test_along_a_border_noise_moves_an_alert_no_more_often_than_she_crosses_it(
    seed: int, place: int, noise_m: float, speed_mps: float, offset_m: float
) -> None:
    way, _ = along(place, offset_m=offset_m, speed_mps=speed_mps, seconds=240)
    start = in_force(DAY).containing(**way[0]._asdict())
    if start is None:
        return
    moves = follow(start, seen(way, noise_m=noise_m, seed=seed))
    assert len(moves) <= true_crossings(way)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(0, 10_000), NOISES_M, SPEEDS_MPS)
def test_across_a_border_and_deep_into_the_next_center_is_one_handover_soon(
    seed: int, place: int, noise_m: float, speed_mps: float
) -> None:
    middle, across, near, far = borders()[place % len(borders())]
    way = [shifted(middle, across, metres) for metres in np.arange(-250, 300, speed_mps)]
    deep_at = next(at for at in range(len(way)) if at * speed_mps >= 450)
    way += [way[-1]] * 40
    inside = in_force(DAY).containing_many([one.lat for one in way], [one.lon for one in way]).tolist()
    country = in_force(DAY)
    away_m = min(
        country.nearest(lat=one.lat, lon=one.lon, limit=1, skip=country.centers.keys() - {near})[0][1]
        for one in way[deep_at:]
    )
    if [code for code, other in pairwise(inside) if code != other] != [near] or away_m < 195:
        return  # the border bends: another story
    moves = follow(near, seen(way, noise_m=noise_m, seed=seed))
    assert [crossing.to for _, crossing in moves] == [far]
    assert moves[0][0] <= deep_at + 30


def test_broken_on_purpose_the_hysteresis_flaps() -> None:
    """Standing for ten minutes 5 m beside a border: without margin or without dwell the properties above go red."""
    broken = {
        "whole": RULE,
        "no dwell": replace(RULE, dwell_s=0.0, fixes=1, likely=0.0),
        "no margin": replace(RULE, clear_m=-1.0, dwell_s=1.0, fixes=2, likely=0.0),
    }
    flaps = dict.fromkeys(broken, 0)
    for place in range(0, 400, 40):
        middle, across, near, _ = borders()[place]
        fixes = list(seen([shifted(middle, across, -5)] * 600, noise_m=30, seed=place))
        for name, rule in broken.items():
            said = [replace(fix, accuracy_m=0.0) for fix in fixes] if name == "no margin" else fixes
            flaps[name] += len(follow(near, iter(said), rule))
    assert flaps["whole"] == 0 and flaps["no dwell"] > 3 and flaps["no margin"] > 100, flaps


# -- fixes that are none

DEEP = Place(37.3420, 126.9220)  # 군포, 600 m from 안양
HERE = Place(37.3943, 126.9568)  # 안양


def at(place: Place, at_s: float, **more: float) -> Fix:
    return Fix(place.lat, place.lon, more.get("accuracy_m", 10.0), at_s, more.get("age_s", 0.0))


def run(*fixes: Fix) -> tuple[Track, list[Crossing]]:
    track, moves = Track(ANYANG, 1), []
    for fix in fixes:
        track, crossing = step(track, fix, in_force(DAY))
        moves += [crossing] if crossing else []
    return track, moves


def test_the_places_are_where_they_should_be() -> None:
    country: Jurisdictions = in_force(DAY)
    assert country.containing(lat=DEEP.lat, lon=DEEP.lon) == GUNPO
    assert country.containing(lat=HERE.lat, lon=HERE.lon) == ANYANG


def test_a_dwell_beyond_the_border_is_a_crossing_and_says_why() -> None:
    _, moves = run(*(at(DEEP, second) for second in range(13)))
    assert [(one.origin, one.to) for one in moves] == [(ANYANG, GUNPO)]
    assert moves[0].distance_m > 25 and moves[0].dwell_s >= RULE.dwell_s and moves[0].probability == 1.0


@pytest.mark.parametrize(
    ("what", "fixes"),
    [
        ("a jump that comes back", [at(HERE, 0), *(at(DEEP, 1 + n / 10) for n in range(2)), at(HERE, 2), at(HERE, 3)]),
        ("one second, said a hundred times", [at(DEEP, 5.0) for _ in range(100)]),
        ("the clock runs backwards", [at(DEEP, 1000.0 - second) for second in range(100)]),
        ("old fixes of an hour ago", [at(DEEP, second, age_s=3600) for second in range(100)]),
        ("three fixes in a minute", [at(DEEP, second) for second in (0, 30, 60)]),
        ("each after two minutes of nothing", [at(DEEP, 120.0 * number) for number in range(20)]),
        ("a circle as wide as the city", [at(DEEP, second, accuracy_m=2000) for second in range(100)]),
        ("on the sea", [at(Place(37.0, 126.0), 3600.0 * second) for second in range(1, 100)]),
    ],
)
def test_moves_nothing(what: str, fixes: list[Fix]) -> None:
    assert run(*fixes)[1] == [], what


def test_a_wrong_first_place_is_given_up_when_the_next_ones_agree() -> None:
    busan = Place(35.1577, 129.0590)
    track, moves = run(at(busan, 0), *(at(HERE, second) for second in range(1, 6)))
    assert moves == [] and track.last is not None and track.last.lat == HERE.lat


def test_a_dwell_survives_being_written_down() -> None:
    country, track, moves = in_force(DAY), Track(ANYANG, 1), []
    for second in range(13):
        track, crossing = step(Track.load(track.dump()), at(DEEP, second), country)
        moves += [crossing] if crossing else []
    assert len(moves) == 1


def test_a_phone_whose_clock_is_an_hour_slow_is_not_old_and_one_ahead_counts_from_arrival() -> None:
    text = "2026-11-22T01:00:{:02d}Z"
    slow = Position(
        lat=37.4, lon=126.9, fixed_at=text.format(0), sent_at=text.format(1), received_at="2026-11-22T02:00:01Z"
    )
    assert fix_of(slow).age_s == 1
    ahead = Position(lat=37.4, lon=126.9, fixed_at="2026-11-22T05:00:00Z", received_at=text.format(9))
    assert fix_of(ahead).at_s == ahead.received_at.timestamp()  # type: ignore[union-attr]
