"""Detectors: microseconds per sample, beside Square's rule in the same Python on the same samples."""

from __future__ import annotations

import array
import math
import time
from collections import deque
from collections.abc import Callable

from mobile_app.core.fall import FallDetector
from mobile_app.core.scream import ScreamDetector
from mobile_app.core.shake import ShakeDetector
from tests.mobile_app import motions

ROUNDS = 7


class SquareRule:
    """The floor: Square's seismic rule (|a| > 13 m/s² in three of four samples of the last half second)."""

    def __init__(self) -> None:
        self._queue: deque[tuple[float, bool]] = deque()
        self._strong = 0

    def feed(self, t_s: float, x: float, y: float, z: float) -> bool:
        queue, strong = self._queue, x * x + y * y + z * z > 169.0
        while len(queue) >= 4 and queue[0][0] < t_s - 0.5:
            self._strong -= queue.popleft()[1]
        queue.append((t_s, strong))
        self._strong += strong
        if t_s - queue[0][0] >= 0.25 and self._strong >= (len(queue) >> 1) + (len(queue) >> 2):
            queue.clear()
            self._strong = 0
            return True
        return False


def _us_per_sample(
    make: Callable[[], ShakeDetector | FallDetector | SquareRule], samples: list[motions.Sample]
) -> float:
    """The best of some rounds: the others had a neighbour."""
    best = float("inf")
    for _ in range(ROUNDS):
        feed = make().feed
        began = time.perf_counter()
        for sample in samples:
            feed(*sample)
        best = min(best, time.perf_counter() - began)
    return round(best / len(samples) * 1e6, 2)


def measure() -> dict[str, float | str]:
    """Still, walking, jogging and shaking, one minute each at 50 Hz; what hearing sound takes of a core."""
    forces = {
        "still": motions.still(),
        "walk": motions.walk(hz=1.9),
        "jog": motions.steps(hz=2.7, duty=0.62, fore_aft_mps2=5, sway_mps2=3),
        "shake": motions.shake(hz=4.5, peak_mps2=32, tilt=0.4),
    }
    found: dict[str, float | str] = {"floor": "Square seismic rule in the same Python"}
    for name, force in forces.items():
        samples = motions.sampled(force, duration_s=60, rate_hz=50, seed=1)
        found[f"{name}_us_per_sample"] = _us_per_sample(ShakeDetector, samples)
        found[f"{name}_floor_us_per_sample"] = _us_per_sample(SquareRule, samples)
        found[f"{name}_fall_us_per_sample"] = _us_per_sample(FallDetector, samples)
    found["scream_loud_core_percent"] = _hearing_percent(size=12_000)
    found["scream_quiet_core_percent"] = _hearing_percent(size=300)
    return found


def _hearing_percent(*, size: int) -> float:
    """Five seconds of a pitch at 16 kHz, in pieces of 20 ms."""
    sound = array.array("h", (int(size * math.sin(0.43 * n)) for n in range(80_000))).tobytes()
    best = float("inf")
    for _ in range(3):
        feed, began = ScreamDetector(16_000).feed, time.perf_counter()
        for at in range(0, len(sound), 640):
            feed(sound[at : at + 640])
        best = min(best, time.perf_counter() - began)
    return round(best / 5 * 100, 2)
