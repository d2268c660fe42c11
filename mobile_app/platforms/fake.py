"""A device in a test's hand: nothing happens by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mobile_app.core.messages import Position
from mobile_app.ports import Device, SampleTaken


@dataclass
class FakeAccelerometer:
    listeners: list[SampleTaken] = field(default_factory=list)

    def listen(self, taken: SampleTaken) -> None:
        self.listeners.append(taken)

    def give(self, t_s: float, x: float, y: float, z: float) -> None:
        for taken in self.listeners:
            taken(t_s, x, y, z)


@dataclass
class FakeLocation:
    listeners: list[Callable[[Position], None]] = field(default_factory=list)

    def listen(self, fixed: Callable[[Position], None]) -> None:
        self.listeners.append(fixed)

    def give(self, position: Position) -> None:
        for fixed in self.listeners:
            fixed(position)


@dataclass
class FakeVibrator:
    felt: list[tuple[int, ...]] = field(default_factory=list)

    def vibrate(self, pattern_ms: tuple[int, ...]) -> None:
        self.felt.append(pattern_ms)


@dataclass
class FakeBattery:
    level: int | None = 80

    def percent(self) -> int | None:
        return self.level


@dataclass
class FakeRadio:
    on: bool = True

    def is_on(self) -> bool:
        return self.on


def fake_device() -> Device:
    return Device(FakeAccelerometer(), FakeLocation(), FakeVibrator(), FakeBattery(), FakeRadio())
