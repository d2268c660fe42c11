"""The panel's motions are what their names say, to the detectors that hear them."""

from __future__ import annotations

from mobile_app.core.fall import FallDetector
from mobile_app.core.shake import ShakeDetector
from mobile_app.ui.panel_motion import fallen, running, shaken


def shakes(samples: list[tuple[float, float, float, float]]) -> int:
    detector = ShakeDetector(2)
    return sum(detector.feed(*sample) for sample in samples)


def test_shaking_is_found_running_and_weak_or_slow_shaking_are_not() -> None:
    assert shakes(shaken(strength_mps2=30, beat_hz=4.5)) == 1
    assert shakes(shaken(strength_mps2=8, beat_hz=4.5)) == shakes(shaken(strength_mps2=30, beat_hz=1.5)) == 0
    assert shakes(running()) == shakes(fallen()) == 0


def test_a_fall_is_one() -> None:
    detector = FallDetector()
    assert sum(detector.feed(*sample) for sample in fallen()) == 1
    detector = FallDetector()
    assert not any(detector.feed(*sample) for sample in [*running(), *shaken(strength_mps2=30, beat_hz=4.5)])
