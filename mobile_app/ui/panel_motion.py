"""Motion that the simulation panel plays: made up by simple physics, 50 samples a second; no recording of anybody."""

from __future__ import annotations

import math
from collections.abc import Callable

G, RATE_HZ = 9.81, 50
Sample = tuple[float, float, float, float]
Felt = Callable[[float], tuple[float, float, float]]


def shaken(*, strength_mps2: float, beat_hz: float, seconds: float = 3.0) -> list[Sample]:
    """A hand to and fro along one line; `strength_mps2` is the peak."""

    def felt(t: float) -> tuple[float, float, float]:
        push = strength_mps2 * math.sin(2 * math.pi * beat_hz * t)
        return push * 0.92, 0.12 * push, G + push * 0.37

    return _sampled(felt, seconds)


def running(*, beat_hz: float = 2.6, seconds: float = 10.0) -> list[Sample]:
    """Steps of a runner with the phone in a pocket: pushed up for a third of the time, then almost weightless."""

    def felt(t: float) -> tuple[float, float, float]:
        share = t * beat_hz % 1.0
        push = 3.0 * G * math.sin(math.pi * share / 0.36) if share < 0.36 else 0.6
        sway = 2.5 * math.sin(math.pi * beat_hz * t)
        return sway, 1.5 * math.cos(2 * math.pi * beat_hz * t), push

    return _sampled(felt, seconds)


def fallen(*, still_s: float = 14.0) -> list[Sample]:
    """Standing, half a second of free fall, the blow, and lying on the side without moving."""

    def felt(t: float) -> tuple[float, float, float]:
        if t < 1.5:
            return 0.0, G, 0.4 * math.sin(6 * t)
        if t < 2.0:
            return 0.3, 0.4, 0.5
        if t < 2.12:
            return 38.0, 22.0, 12.0
        return G, 0.2, 0.3

    return _sampled(felt, 2.12 + still_s)


def _sampled(felt: Felt, seconds: float) -> list[Sample]:
    times = [place / RATE_HZ for place in range(round(seconds * RATE_HZ))]
    return [(round(t, 3), *(round(value, 2) for value in felt(t))) for t in times]
