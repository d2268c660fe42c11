"""Floors by air pressure: a hint whose uncertainty is honest about the weather. Synthetic pressures."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mobile_app.core.floor import FLOOR_M, Barometer, FloorHint


def climbed(rise_m: float, *, minutes: float = 3, ground_hpa: float = 1013, weather_hpa: float = 0.0) -> FloorHint:
    """Standing for a minute, marked, then up at an even pace, then standing for a minute."""
    barometer, seconds = Barometer(), int(minutes * 60)
    for t in range(60):
        barometer.feed(t, ground_hpa)
    barometer.mark()
    for n in range(seconds + 60):
        share = min(1.0, n / seconds)
        barometer.feed(60 + n, ground_hpa * math.exp(-rise_m * share / 8434) + weather_hpa * share)
    hint = barometer.hint()
    assert hint is not None
    return hint


@given(st.integers(-5, 40), st.floats(960, 1040))
@settings(max_examples=30, deadline=None)
def test_floors_are_counted_from_the_mark(floors: int, ground_hpa: float) -> None:
    hint = climbed(floors * FLOOR_M, ground_hpa=ground_hpa)
    assert hint.floors == floors and hint.rise_m == pytest.approx(floors * FLOOR_M, abs=0.3)


@example(3.0, 1, 90, 1.0)
@given(st.floats(2.7, 3.4), st.integers(1, 25), st.floats(5, 90), st.floats(-1, 1))
@settings(max_examples=40, deadline=None)
def test_the_truth_lies_within_the_uncertainty(storey_m: float, floors: int, minutes: float, wind: float) -> None:
    """Storeys of 2.7 to 3.4 m, and weather of up to 0.3 hPa in an hour (a random walk)."""
    hint = climbed(storey_m * floors, minutes=minutes, weather_hpa=0.3 * wind * math.sqrt(minutes / 60))
    assert abs(hint.rise_m / FLOOR_M - floors) <= hint.uncertainty_floors + 0.05


def test_it_grows_unsure_with_time_until_it_is_of_no_use() -> None:
    soon, late, night = climbed(9, minutes=2), climbed(9, minutes=60), climbed(9, minutes=600)
    assert soon.uncertainty_floors < late.uncertainty_floors < night.uncertainty_floors
    assert soon.is_useful and not night.is_useful


def test_silence_loses_the_reference_and_nonsense_is_passed_over() -> None:
    barometer = Barometer()
    assert barometer.hint() is None
    barometer.feed(0, 1013.0)
    for hpa in (math.nan, math.inf, -5.0, 0.0, 5000.0):
        barometer.feed(1, hpa)
    barometer.feed(-100, 900.0)
    hint = barometer.hint()
    assert hint is not None and hint.floors == 0
    barometer.feed(4000, 1000.0)
    after = barometer.hint()
    assert after is not None and after.floors == 0 and after.since_s == 0
