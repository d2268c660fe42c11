"""A device in a test's hand: nothing happens by itself, everything that was asked of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mobile_app.core.messages import Position
from mobile_app.ports import NEUTRAL, ONGOING, Check, Device, PressureTaken, SampleTaken


@dataclass
class FakeAccelerometer:
    listeners: list[SampleTaken] = field(default_factory=list)

    def listen(self, taken: SampleTaken) -> None:
        self.listeners.append(taken)

    def give(self, t_s: float, x: float, y: float, z: float) -> None:
        for taken in self.listeners:
            taken(t_s, x, y, z)


@dataclass
class FakeBarometer:
    listeners: list[PressureTaken] = field(default_factory=list)
    is_there: bool = True

    def listen(self, taken: PressureTaken) -> bool:
        if self.is_there:
            self.listeners.append(taken)
        return self.is_there

    def give(self, t_s: float, hpa: float) -> None:
        for taken in self.listeners:
            taken(t_s, hpa)


@dataclass
class FakeLocation:
    listeners: list[Callable[[Position], None]] = field(default_factory=list)
    plans: list[tuple[float, bool]] = field(default_factory=list)

    def listen(self, fixed: Callable[[Position], None]) -> None:
        self.listeners.append(fixed)

    def plan(self, *, interval_s: float, is_high_accuracy: bool) -> None:
        self.plans.append((interval_s, is_high_accuracy))

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
    metered: bool = False

    def is_on(self) -> bool:
        return self.on

    def is_metered(self) -> bool:
        return self.metered


@dataclass
class FakeSms:
    sent: list[tuple[str, str]] = field(default_factory=list)
    has_signal: bool = True

    def send(self, *, to: str, text: str) -> bool:
        if self.has_signal:
            self.sent.append((to, text))
        return self.has_signal


@dataclass
class FakeDialer:
    dialled: list[str] = field(default_factory=list)

    def dial(self, number: str) -> bool:
        self.dialled.append(number)
        return True


@dataclass
class FakeTorch:
    """Every switch in order."""

    switched: list[bool] = field(default_factory=list)

    def set(self, on: bool) -> bool:
        self.switched.append(on)
        return True


@dataclass
class FakeSpeaker:
    """Names in order, an empty one for each silence."""

    played: list[str] = field(default_factory=list)

    def play(self, name: str) -> bool:
        self.played.append(name)
        return True

    def stop(self) -> None:
        self.played.append("")


@dataclass
class FakeRecorder:
    """Records when the test says so: `give(data)` writes the file and ends the recording."""

    suffix: str = ".m4a"
    path: Path | None = None
    can: bool = True
    _ended: Callable[[bool], None] | None = None

    def start(self, path: Path, *, seconds: float, ended: Callable[[bool], None]) -> bool:
        if not self.can or self.path is not None:
            return False
        self.path, self._ended = path, ended
        return True

    def stop(self) -> None:
        self.give(b"")

    def give(self, data: bytes) -> None:
        if self.path is None or self._ended is None:
            return
        path, self.path = self.path, None
        path.write_bytes(data)
        self._ended(bool(data))


@dataclass
class FakeMicrophone:
    heard: Callable[[bytes], None] | None = None
    can: bool = True

    def listen(self, heard: Callable[[bytes], None]) -> bool:
        self.heard = heard if self.can else None
        return self.can

    def stop(self) -> None:
        self.heard = None

    def give(self, samples: bytes) -> None:
        if self.heard is not None:
            self.heard(samples)


@dataclass
class FakeCamera:
    suffix: str = ".jpg"
    lenses: tuple[str, ...] = ("back", "front")
    taken: list[str] = field(default_factory=list)

    def photo(self, path: Path, *, lens: str) -> bool:
        if lens not in self.lenses:
            return False
        self.taken.append(lens)
        path.write_bytes(b"\xff\xd8 not a picture \xff\xd9")
        return True


@dataclass
class FakeSecrets:
    kept: dict[str, bytes] = field(default_factory=dict)

    def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def keeps(self, name: str) -> bool:
        return name in self.kept

    def put(self, name: str, value: bytes) -> None:
        self.kept[name] = value

    def remove(self, name: str) -> None:
        self.kept.pop(name, None)


class FakeSealer:
    """No cipher: a mark before the data, so that a test sees whether it was sealed."""

    MARK = b"sealed:"

    def seal(self, data: bytes) -> bytes:
        return self.MARK + data

    def open(self, data: bytes) -> bytes:
        if not data.startswith(self.MARK):
            raise ValueError("not sealed here")
        return data.removeprefix(self.MARK)


@dataclass
class FakeNotifier:
    """`shown`: what stands now, kind → (title, text); `told`: every one in order."""

    shown: dict[str, tuple[str, str]] = field(default_factory=dict)
    told: list[tuple[str, str, str]] = field(default_factory=list)

    def show(self, kind: str, title: str, text: str, *, is_urgent: bool = False) -> bool:
        if kind in ONGOING:
            self.shown = {other: words for other, words in self.shown.items() if other not in ONGOING}
        self.shown[kind] = (title, text)
        self.told.append((kind, title, text))
        return True

    def clear(self, kind: str) -> None:
        self.shown.pop(kind, None)
        if kind in ONGOING:
            self.shown[NEUTRAL] = ("", "")


@dataclass
class FakeReadiness:
    given: list[Check] = field(default_factory=list)
    fixed: list[str] = field(default_factory=list)

    def checks(self) -> list[Check]:
        return list(self.given)

    def fix(self, name: str) -> bool:
        self.fixed.append(name)
        return True


@dataclass
class FakePush:
    told: Callable[[str], None] | None = None
    waiting: list[dict[str, str]] = field(default_factory=list)

    def token(self, told: Callable[[str], None]) -> None:
        self.told = told

    def taken(self) -> list[dict[str, str]]:
        came, self.waiting = self.waiting, []
        return came


@dataclass
class FakeWakeLock:
    kept: list[bool] = field(default_factory=list)

    def keep(self, on: bool) -> None:
        self.kept.append(on)


@dataclass
class FakeKey:
    pressed: Callable[[], None] | None = None

    def listen(self, pressed: Callable[[], None]) -> bool:
        self.pressed = pressed
        return True


def fake_device() -> Device:
    return Device(
        FakeAccelerometer(), FakeLocation(), FakeVibrator(), FakeBattery(), FakeRadio(), barometer=FakeBarometer(),
        sms=FakeSms(), dialer=FakeDialer(), torch=FakeTorch(), speaker=FakeSpeaker(), recorder=FakeRecorder(),
        microphone=FakeMicrophone(), camera=FakeCamera(), secrets=FakeSecrets(), sealer=FakeSealer(), push=FakePush(),
        notifier=FakeNotifier(), readiness=FakeReadiness(), wake_lock=FakeWakeLock(), hardware_key=FakeKey(),
    )  # fmt: skip
