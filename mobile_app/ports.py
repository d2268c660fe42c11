"""What the app asks of a device: one small Protocol each. `platforms/` answers them (fake, desktop, later android)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mobile_app.core.messages import Position

SampleTaken = Callable[[float, float, float, float], None]
"""`(t_s, x, y, z)`: sensor time in seconds, m/s² with gravity."""


class Accelerometer(Protocol):
    def listen(self, taken: SampleTaken) -> None:
        """Call `taken` for each sample from now on, from any thread."""


class Location(Protocol):
    def listen(self, fixed: Callable[[Position], None]) -> None:
        """Call `fixed` for each new position from now on, from any thread."""


class Vibrator(Protocol):
    def vibrate(self, pattern_ms: tuple[int, ...]) -> None:
        """On, off, on … in milliseconds. Never raises: no motor is no reason to fail."""


class Battery(Protocol):
    def percent(self) -> int | None:
        """0 to 100, or None where the device doesn't say."""


class Radio(Protocol):
    def is_on(self) -> bool:
        """False when the device knows that it has no data connection; True when it has or does not know."""


@dataclass(frozen=True)
class Device:
    accelerometer: Accelerometer
    location: Location
    vibrator: Vibrator
    battery: Battery
    radio: Radio
