"""What the sensors say, turned into inputs of the brain: shake, fall, scream, hardware key, place and floor.

Callbacks of the device come from any thread; motion and places are handed to the loop, sound stays on its own thread
(a millisecond of arithmetic for each 32 ms of a loud scene) and nothing of it is kept.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

from mobile_app.core.fall import FallDetector
from mobile_app.core.floor import Barometer
from mobile_app.core.messages import Position
from mobile_app.core.meter import Meter, hint
from mobile_app.core.scream import ScreamDetector
from mobile_app.core.shake import RULES, ShakeDetector
from mobile_app.core.signals import Fell, Input, KeyPressed, Screamed, Shaken
from mobile_app.ports import MICROPHONE_HZ, Device
from mobile_app.settings import Settings

OPEN_SKY_M = 12.0
"""A fix as good as this is made outside, at street level or near it: floors are counted from there."""
STILL_MPS2, MOTION_TAU_SAMPLES = 0.5, 250.0
STILL_AFTER_S, SILENT_AFTER_S = 60.0, 5.0
MIDDLE_SENSITIVITY = 2
REHEARSED_S = 2.0
"""So long after the last look at the meter a shake raises nothing; a window that is gone can't keep it so."""


class Sensing:
    """`listen()` once on the loop; `choose(settings)` at the start and at every change."""

    def __init__(self, device: Device, *, happened: Callable[[Input], None], fixed: Callable[[Position], None]) -> None:
        self._device, self._happened, self._fixed = device, happened, fixed
        self._loop: asyncio.AbstractEventLoop | None = None
        self._shake = ShakeDetector(MIDDLE_SENSITIVITY)
        self._sensitivity = MIDDLE_SENSITIVITY
        self._fall: FallDetector | None = None
        self._scream: ScreamDetector | None = None
        self._is_scream_on = self._is_listening = False
        self._barometer = Barometer()
        self._plan: tuple[float, bool] | None = None
        self._mean_mps2, self._motion_mps2 = 9.8, 0.0
        self._moved_s, self._sampled_s = -math.inf, -math.inf
        self._meter, self._rehearsed_until_s = Meter(), -math.inf

    def listen(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._device.accelerometer.listen(lambda *sample: self._hand_over(self._sampled, *sample))
        self._device.location.listen(lambda position: self._hand_over(self._located, position))
        self._device.barometer.listen(lambda t_s, hpa: self._hand_over(self._barometer.feed, t_s, hpa))
        self._device.hardware_key.listen(lambda: self._hand_over(self._happened, KeyPressed()))

    def choose(self, settings: Settings) -> None:
        if settings.sensitivity != self._sensitivity and settings.sensitivity in RULES:
            self._shake, self._sensitivity = ShakeDetector(settings.sensitivity), settings.sensitivity
        if settings.is_fall_on != (self._fall is not None):
            self._fall = FallDetector() if settings.is_fall_on else None
        self._is_scream_on = settings.is_scream_on
        self.hear(self._is_scream_on)

    def hear(self, on: bool) -> None:
        """Listen for screams, if she has switched that on; the recorder needs the microphone for itself."""
        on = on and self._is_scream_on
        if on and not self._is_listening:
            self._scream = ScreamDetector(MICROPHONE_HZ)
            self._is_listening = self._device.microphone.listen(self._heard)
        elif not on and self._is_listening:
            self._is_listening = False
            self._device.microphone.stop()

    def plan(self, *, interval_s: float, is_high_accuracy: bool) -> None:
        """Tell the location port, when it is something new."""
        if (interval_s, is_high_accuracy) != self._plan:
            self._plan = (interval_s, is_high_accuracy)
            self._device.location.plan(interval_s=interval_s, is_high_accuracy=is_high_accuracy)

    @property
    def is_moving(self) -> bool:
        """In the last minute; without a motion sensor's word nobody is taken to be still."""
        now_s = time.monotonic()
        return now_s - self._moved_s < STILL_AFTER_S or now_s - self._sampled_s > SILENT_AFTER_S

    def rehearse(self) -> dict[str, Any]:
        """How it is being shaken; for a little while from now shakes are only counted."""
        now_s, meter = time.monotonic(), self._meter
        if now_s > self._rehearsed_until_s:
            self._meter = meter = Meter()
        self._rehearsed_until_s = now_s + REHEARSED_S
        strength, beat = meter.strength_mps2(), meter.beat_hz()
        if not self.is_sampled:
            strength = beat = 0.0
        return {
            "strength_mps2": round(strength, 2), "beat_hz": round(beat, 2), "hint": hint(strength, beat),
            "found": {str(level): count for level, count in meter.found.items()}, "is_sampled": self.is_sampled,
        }  # fmt: skip

    @property
    def is_sampled(self) -> bool:
        """The motion sensor says something."""
        return time.monotonic() - self._sampled_s < SILENT_AFTER_S

    def floor_hint(self) -> str:
        """`+3 ±1`: floors since the last fix under open sky; empty where it says nothing."""
        hint = self._barometer.hint()
        if hint is None or not hint.is_useful:
            return ""
        return f"{hint.floors:+d} ±{hint.uncertainty_floors:g}"

    def stop(self) -> None:
        self.hear(False)

    def _sampled(self, t_s: float, x: float, y: float, z: float) -> None:
        size = math.hypot(x, y, z)
        if not math.isfinite(size):
            return
        self._mean_mps2 += (size - self._mean_mps2) / MOTION_TAU_SAMPLES
        self._motion_mps2 += (abs(size - self._mean_mps2) - self._motion_mps2) / MOTION_TAU_SAMPLES
        self._sampled_s = time.monotonic()
        if self._motion_mps2 > STILL_MPS2:
            self._moved_s = self._sampled_s
        is_shake = self._shake.feed(t_s, x, y, z)
        if self._sampled_s < self._rehearsed_until_s:
            self._meter.feed(t_s, x, y, z)
        elif is_shake:
            self._happened(Shaken())
        if self._fall is not None and self._fall.feed(t_s, x, y, z):
            self._happened(Fell())

    def _located(self, position: Position) -> None:
        if position.source == "gps" and position.accuracy_m <= OPEN_SKY_M:
            self._barometer.mark()
        self._fixed(position)

    def _heard(self, samples: bytes) -> None:
        detector = self._scream
        if detector is not None and self._is_listening and detector.feed(samples):
            self._hand_over(self._happened, Screamed())

    def _hand_over(self, call: Callable[..., None], *arguments: Any) -> None:
        """To the loop's thread; nothing happens when the loop has ended."""
        try:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:
            return
