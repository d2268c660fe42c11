"""A shake is found at any angle, rate and clipping; walking, jogging and jumping are not one."""

from __future__ import annotations

import csv
import math
import os
import random
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobile_app.core.shake import ShakeDetector
from tests.mobile_app import motions

TRACES = Path(__file__).parents[2] / "fixtures" / "traces"
RECORDINGS = Path(os.environ.get("ANSIM_DATA", Path(__file__).parents[3] / "shared" / "data")) / "shake" / "microbit"
RATES = st.sampled_from((25.0, 50.0, 100.0))
QUICK = settings(max_examples=25, deadline=None, derandomize=True)


def shakes(samples: list[motions.Sample], sensitivity: int = 2) -> list[float]:
    detector = ShakeDetector(sensitivity)
    return [sample[0] for sample in samples if detector.feed(*sample)]


def read(path: Path) -> list[motions.Sample]:
    with path.open() as file:
        return [tuple(map(float, row)) for row in list(csv.reader(file))[1:]]  # type: ignore[misc]


@QUICK
@given(
    hz=st.floats(3.1, 6),
    peak=st.floats(28, 40),
    tilt=st.floats(0, 1.57),
    rate=RATES,
    clip=st.sampled_from((2.0, 4.0, 8.0)),
    seed=st.integers(0, 999),
)
def test_five_seconds_of_shaking_are_one_shake(
    hz: float, peak: float, tilt: float, rate: float, clip: float, seed: int
) -> None:
    force = motions.shake(hz=hz, peak_mps2=peak, tilt=tilt, start_s=0.5, until_s=5.5)
    found = shakes(motions.sampled(force, duration_s=6.5, rate_hz=rate, seed=seed, clip_g=clip))
    assert len(found) == 1 and found[0] < 3.5


@QUICK
@given(hz=st.floats(2.3, 3.0), duty=st.floats(0.4, 0.8), fore=st.floats(0, 8), sway=st.floats(0, 5), rate=RATES,
       clip=st.sampled_from((2.0, 8.0)), seed=st.integers(0, 999))  # fmt: skip
def test_jogging_is_no_shake(
    hz: float, duty: float, fore: float, sway: float, rate: float, clip: float, seed: int
) -> None:
    force = motions.steps(hz=hz, duty=duty, fore_aft_mps2=fore, sway_mps2=sway)
    assert shakes(motions.sampled(force, duration_s=10, rate_hz=rate, seed=seed, clip_g=clip)) == []


@QUICK
@given(hz=st.floats(1.5, 2.4), duty=st.floats(0.25, 0.6), rate=RATES, seed=st.integers(0, 999))
def test_jumping_is_no_shake_even_when_triggered_easily(hz: float, duty: float, rate: float, seed: int) -> None:
    force = motions.steps(hz=hz, duty=duty, fore_aft_mps2=2, sway_mps2=2)
    assert shakes(motions.sampled(force, duration_s=8, rate_hz=rate, seed=seed, clip_g=8), 3) == []


@QUICK
@given(hz=st.floats(1.4, 2.4), rate=RATES, seed=st.integers(0, 999))
def test_walking_is_no_shake_even_when_triggered_easily(hz: float, rate: float, seed: int) -> None:
    assert shakes(motions.sampled(motions.walk(hz=hz), duration_s=8, rate_hz=rate, seed=seed, clip_g=8), 3) == []


@given(st.lists(st.tuples(*[st.floats() for _ in range(4)]), max_size=60))
@settings(deadline=None, max_examples=60)
def test_nothing_a_sensor_says_breaks_it(samples: list[motions.Sample]) -> None:
    shakes(samples)


def test_a_gap_starts_over_and_the_rest_of_the_shake_is_found() -> None:
    force = motions.shake(hz=4.5, peak_mps2=32, tilt=0.4)
    samples = motions.sampled(force, duration_s=5, rate_hz=50, seed=3)
    torn = [sample for sample in samples if not 0.8 < sample[0] < 1.6]
    found = shakes(torn)
    assert len(found) == 1 and found[0] > 2.4


def test_two_shakes_with_a_rest_are_two() -> None:
    first = motions.shake(hz=4.5, peak_mps2=32, tilt=0.4, start_s=0.5, until_s=3)
    second = motions.shake(hz=4.5, peak_mps2=32, tilt=0.4, start_s=9, until_s=12)
    samples = motions.sampled(lambda t: first(t) if t < 6 else second(t), duration_s=13, rate_hz=50, seed=4)
    assert len(shakes(samples)) == 2


def test_easier_means_sooner_and_never_later() -> None:
    samples = read(TRACES / "synthetic_shake.csv")
    hard, normal, easy = (shakes(samples, level)[0] for level in (1, 2, 3))
    assert easy <= normal <= hard


def test_memory_does_not_grow() -> None:
    detector, rng = ShakeDetector(), random.Random(1)
    tracemalloc.start()
    for n in range(8_000):
        detector.feed(n * 0.02, 20 * math.sin(n * 0.6), rng.uniform(-3, 3), 9.8)
        if n == 1_000:
            before = tracemalloc.get_traced_memory()[0]
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 20_000


@pytest.mark.parametrize("name", sorted(motions.FILES))
def test_the_fixtures_are_what_they_are_called(name: str) -> None:
    assert len(shakes(read(TRACES / name))) == (1 if "shake" in name else 0)


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recorded gestures are not part of the repository")
def test_recorded_gestures() -> None:
    """The hard shakes are found, no other movement is. Soft ones (019 to 028) and short ones are for tuning later;
    `still-029` to `-037` hold shaking, whatever their name says."""
    found = {path.stem: bool(shakes(read(path))) for path in sorted(RECORDINGS.glob("*.csv"))}
    assert all(found[f"shake-{number:03d}"] for number in range(82, 89))
    assert {
        name for name, hit in found.items() if hit and not name.startswith(("shake", "still-03", "still-029"))
    } == set()
