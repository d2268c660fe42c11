"""A fall is a free fall, a blow, and lying still in another posture; each part alone is none. Synthetic motions."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobile_app.core.fall import STILL_S, FallDetector, angle_rad
from tests.mobile_app import families, motions

UP, LYING = (0.5, 9.7, 1.0), (9.6, 1.0, 1.5)


def fall(*, free_s: float = 0.45, blow: float = 60.0, after: motions.Vector = LYING, moving_mps2: float = 0.1):
    """Standing for 3 s, falling, a blow that rings out in 0.3 s, then lying."""

    def force(t: float) -> motions.Vector:
        since = t - 3 - free_s
        if t < 3:
            return UP
        if since < 0:
            return (0.8, 0.9, 0.4)
        hit = blow * math.exp(-since / 0.12) * math.cos(20 * since)
        unrest = moving_mps2 * math.sin(2 * math.pi * 1.7 * t)
        return (after[0] + hit, after[1] + unrest, after[2] + 0.3 * hit)

    return force


def falls(force, *, duration_s: float = 20.0, rate_hz: float = 50.0, seed: int = 1, clip_g: float = 4.0) -> list[float]:
    detector = FallDetector()
    samples = motions.sampled(force, duration_s=duration_s, rate_hz=rate_hz, seed=seed, clip_g=clip_g)
    return [sample[0] for sample in samples if detector.feed(*sample)]


@pytest.mark.parametrize("rate_hz", [25, 50, 100])
def test_a_fall_is_told_once_after_ten_seconds_of_stillness(rate_hz: float) -> None:
    for seed, free_s in enumerate((0.35, 0.5, 0.8)):
        found = falls(fall(free_s=free_s), rate_hz=rate_hz, seed=seed)
        assert len(found) == 1 and 3 + free_s + STILL_S < found[0] < 3 + free_s + STILL_S + 5


@pytest.mark.parametrize(
    ("what", "force"),
    [
        ("a stumble without free fall", fall(free_s=0.1)),
        ("a soft landing", fall(blow=8)),
        ("a jump that ends standing", fall(after=UP)),
        ("someone who gets up and walks", fall(moving_mps2=4)),
        ("a phone that lies still", motions.still()),
    ],
)
def test_each_part_alone_is_no_fall(what: str, force: motions.Force) -> None:
    assert falls(force) == [], what


def test_who_writhes_first_and_then_lies_still_is_found() -> None:
    calm, wild = fall(), fall(moving_mps2=5)
    found = falls(lambda t: wild(t) if t < 12 else calm(t), duration_s=28)
    assert len(found) == 1 and found[0] > 12 + STILL_S


@pytest.mark.parametrize("name", ["walk", "jog, pocket", "jog, waist", "jump, rope, trampoline", "car, bus, train"])
def test_a_minute_of_ordinary_life_is_no_fall(name: str) -> None:
    assert falls(families.QUIET[name](random.Random(7)), duration_s=60, clip_g=8) == []


def test_a_gap_starts_over() -> None:
    detector = FallDetector()
    samples = motions.sampled(fall(), duration_s=20, rate_hz=50, seed=2, clip_g=4)
    assert not any(detector.feed(*sample) for sample in samples if not 5 < sample[0] < 7)


@given(st.lists(st.tuples(*[st.floats() for _ in range(4)]), max_size=40))
@settings(deadline=None, max_examples=50)
def test_nothing_a_sensor_says_breaks_it(samples: list[motions.Sample]) -> None:
    detector = FallDetector()
    assert not any(detector.feed(*sample) for sample in samples)


@given(*[st.tuples(*[st.floats(-30, 30)] * 3)] * 2)
def test_an_angle_is_the_same_from_both_sides(a: motions.Vector, b: motions.Vector) -> None:
    assert 0 <= angle_rad(a, b) <= math.pi and angle_rad(a, b) == pytest.approx(angle_rad(b, a))
