"""What the app asks of a device: one small Protocol each. `platforms/` answers them (fake, desktop, android).

Nothing here raises because a part is missing: help is called for all the same. A part that can't do what it is asked
says so by its answer (False, None), and `Absent` is the part that is not there at all. The one exception is sealing:
what can't be sealed must not be kept, so `Sealer` and `SecretStore.put` raise `Unavailable`. Callbacks come from any
thread unless said otherwise; listening twice means two listeners.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mobile_app.core.messages import Position

SampleTaken = Callable[[float, float, float, float], None]
"""`(t_s, x, y, z)`: sensor time in seconds, m/s² with gravity."""

PressureTaken = Callable[[float, float], None]
"""`(t_s, hpa)`: sensor time in seconds, air pressure in hPa."""

SIREN, RING = "siren", "ring"
"""What `Speaker.play` knows."""

GUARD, ALERT, NEUTRAL, WALK, MESSAGE, WARNING = "guard", "alert", "neutral", "walk", "message", "warning"
"""Kinds of notifications. The first three are the service's own (one at a time, it cannot be swiped away): watching
over the person, an alert that is going on, and covert words that say nothing of Ansim. The others stand beside it."""
ONGOING = (GUARD, ALERT, NEUTRAL)

MICROPHONE_HZ = 16_000

OK, MISSING, UNKNOWN = "ok", "missing", "unknown"
CHECKS = (
    "location", "location_precise", "location_on", "notifications", "full_screen", "battery_optimiser", "sms",
    "microphone", "camera", "accelerometer", "clock", "data", "push", "help_key",
)  # fmt: skip
"""Names of readiness checks in the order in which they are shown. A device gives those that it has."""


class Unavailable(Exception):
    """This device can't do that at all (a missing key store, a cipher that the platform doesn't have)."""


class Accelerometer(Protocol):
    def listen(self, taken: SampleTaken) -> None:
        """Call `taken` for each sample from now on, from any thread."""


class Barometer(Protocol):
    def listen(self, taken: PressureTaken) -> bool:
        """Call `taken` for each reading (about once a second) from now on. False: there is no such sensor."""


class Location(Protocol):
    def listen(self, fixed: Callable[[Position], None]) -> None:
        """Call `fixed` for each new position from now on, from any thread. Without a permission: never called."""

    def plan(self, *, interval_s: float, is_high_accuracy: bool) -> None:
        """How often and how exactly from now on (`core/position.plan`). High accuracy uses GPS, else the networks."""


class Vibrator(Protocol):
    def vibrate(self, pattern_ms: tuple[int, ...]) -> None:
        """On, off, on … in milliseconds. Never raises: no motor is no reason to fail."""


class Battery(Protocol):
    def percent(self) -> int | None:
        """0 to 100, or None where the device doesn't say."""


class Radio(Protocol):
    def is_on(self) -> bool:
        """False when the device knows that it has no data connection; True when it has or does not know."""

    def is_metered(self) -> bool:
        """The connection costs money or is counted (mobile data), or the device does not know: only what helps now."""


class Sms(Protocol):
    def send(self, *, to: str, text: str) -> bool:
        """In as many parts as the text needs. True: the phone's own sending took it, which is not yet delivered.
        False: no permission, no SIM, no signal. May block up to 10 s: not on the loop."""


class Dialer(Protocol):
    def dial(self, number: str) -> bool:
        """Open the dialler with the number in it; the person presses call. False: there is no dialler to open."""


class Torch(Protocol):
    def set(self, on: bool) -> bool:
        """The flash light, steadily. False: none, or another app has the camera. Strobing is the service's timer."""


class Speaker(Protocol):
    def play(self, name: str) -> bool:
        """`SIREN` at the alarm stream's full volume, or `RING` as a call, over and over until `stop`; a name that is
        already playing goes on. False: it can't be heard. Never blocks."""

    def stop(self) -> None:
        """Silence; the volume becomes what the person had chosen."""


class Recorder(Protocol):
    suffix: str
    """Of the file's name, with its dot: `.m4a` (AAC) or `.wav`."""

    def start(self, path: Path, *, seconds: float, ended: Callable[[bool], None]) -> bool:
        """Record sound into `path` for that long, then call `ended(True)`; `ended(False)` when what came is unusable.
        The answer is False (and `ended` is not called) when it can't begin: no permission, a call, another recording.
        """

    def stop(self) -> None:
        """End the recording now; `ended` is called with what there is."""


class Microphone(Protocol):
    def listen(self, heard: Callable[[bytes], None]) -> bool:
        """Call `heard` with int16 mono at `MICROPHONE_HZ`, some 100 ms each, until `stop`; nothing is kept by the
        device. False: it can't (no permission, a call, the recorder has the microphone)."""

    def stop(self) -> None: ...


class Camera(Protocol):
    suffix: str
    """Of the file's name, with its dot: `.jpg`."""

    def photo(self, path: Path, *, lens: str) -> bool:
        """One still by the `back` or `front` lens, without a sound or a preview. Blocks up to 8 s: not on the loop.
        False: no such lens, no permission, the camera is taken; then there is no file."""


class SecretStore(Protocol):
    def get(self, name: str) -> bytes | None:
        """None: never stored, or it can't be read any more (a restored backup: the key stayed in the old phone)."""

    def keeps(self, name: str) -> bool:
        """Something is stored under this name, whether or not it can be read just now."""

    def put(self, name: str, value: bytes) -> None:
        """On disk, encrypted by the platform, when it returns. Raises Unavailable when it can't be kept."""

    def remove(self, name: str) -> None:
        """Nothing there is fine."""


class Sealer(Protocol):
    def seal(self, data: bytes) -> bytes:
        """AES-256-GCM with a key from the SecretStore: nonce (12 bytes) + ciphertext + tag (16). Raises Unavailable."""

    def open(self, data: bytes) -> bytes:
        """What `seal` was given. Raises ValueError when it was changed or is of another key, Unavailable as `seal`."""


class Push(Protocol):
    def token(self, told: Callable[[str], None]) -> None:
        """Call `told` with the push service's token when it is known and when it changes. No push: never called."""

    def taken(self) -> list[dict[str, str]]:
        """What was pushed here since the last question, oldest first: ids and kinds, never words. Quick."""


class Notifier(Protocol):
    def show(self, kind: str, title: str, text: str, *, is_urgent: bool = False) -> bool:
        """One per kind, a later one replaces it; an `ONGOING` kind replaces the service's own. Urgent: with sound and
        over the lock screen where the device allows it, never for `NEUTRAL`. False: it can't be seen."""

    def clear(self, kind: str) -> None:
        """An `ONGOING` kind goes back to `NEUTRAL`'s empty words: the service must show something while it runs."""


@dataclass(frozen=True, slots=True)
class Check:
    """`name` is one of `CHECKS`, `state` one of OK, MISSING, UNKNOWN; `is_fixable`: `Readiness.fix` can help;
    `is_optional`: help is called for without it just as well."""

    name: str
    state: str
    is_fixable: bool = False
    is_optional: bool = False


class Readiness(Protocol):
    def checks(self) -> list[Check]:
        """As it is now; quick enough for each return to the window."""

    def fix(self, name: str) -> bool:
        """Ask for the permission or open the system's page for it. True: something was opened; the person decides, so
        look at `checks` again when the window comes back. Only while the window is in front."""


class TextPrompt(Protocol):
    def ask(self, title: str, text: str, done: Callable[[str | None], None]) -> bool:
        """The platform's own text field (Hangul, dictation). `done` hears the text, or None when it was given up, on
        the window's thread. False (and `done` is not called): there is none here, the window uses its own."""


class Messages(Protocol):
    def write(self, *, to: str, text: str) -> bool:
        """Open the phone's message app with these words for this number; the person sends them. False: there is none.
        Only while the window is in front."""


class Insets(Protocol):
    def current(self) -> tuple[float, float]:
        """Top and bottom in dp that the system's bars and the camera's hole cover. (0, 0) where there are none."""


class WakeLock(Protocol):
    def keep(self, on: bool) -> None:
        """Sensors and timers go on while the screen is off. Asking twice is asking once."""


class HardwareKey(Protocol):
    def listen(self, pressed: Callable[[], None]) -> bool:
        """Call `pressed` for each press of a key that the system lets an app hear. False: it lets it hear none."""


class Disguise(Protocol):
    """How the app looks from outside: its icon and name in the launcher, its picture among the recent apps."""

    def choices(self) -> tuple[str, ...]:
        """Names that `wear` takes, the app's own first (`ansim`). Empty: it can't be changed here."""

    def wear(self, name: str) -> bool:
        """Icon and name in the launcher from now on (takes seconds; the launcher may move the icon)."""

    def veil(self, on: bool) -> None:
        """No picture among the recent apps and in screenshots. Only while the window is in front."""


class Absent:
    """Every part that this device does not have: nothing happens, nothing is kept, every question is answered no."""

    suffix = ""

    def listen(self, _: object) -> bool:
        return False

    def plan(self, *, interval_s: float, is_high_accuracy: bool) -> None: ...

    def send(self, *, to: str, text: str) -> bool:
        return False

    def dial(self, number: str) -> bool:
        return False

    def set(self, on: bool) -> bool:
        return False

    def play(self, name: str) -> bool:
        return False

    def start(self, path: Path, *, seconds: float, ended: Callable[[bool], None]) -> bool:
        return False

    def stop(self) -> None: ...

    def photo(self, path: Path, *, lens: str) -> bool:
        return False

    def get(self, name: str) -> bytes | None:
        return None

    def put(self, name: str, value: bytes) -> None:
        raise Unavailable("this device has no secret store")

    def remove(self, name: str) -> None: ...

    def seal(self, data: bytes) -> bytes:
        raise Unavailable("this device has no cipher")

    def open(self, data: bytes) -> bytes:
        raise Unavailable("this device has no cipher")

    def token(self, told: Callable[[str], None]) -> None: ...

    def taken(self) -> list[dict[str, str]]:
        return []

    def show(self, kind: str, title: str, text: str, *, is_urgent: bool = False) -> bool:
        return False

    def clear(self, kind: str) -> None: ...

    def checks(self) -> list[Check]:
        return []

    def fix(self, name: str) -> bool:
        return False

    def write(self, *, to: str, text: str) -> bool:
        return False

    def ask(self, title: str, text: str, done: Callable[[str | None], None]) -> bool:
        return False

    def current(self) -> tuple[float, float]:
        return (0.0, 0.0)

    def keep(self, on: bool) -> None: ...

    def choices(self) -> tuple[str, ...]:
        return ()

    def wear(self, name: str) -> bool:
        return False

    def veil(self, on: bool) -> None: ...


ABSENT = Absent()


@dataclass(frozen=True)
class Device:
    """A device as the service has it."""

    accelerometer: Accelerometer
    location: Location
    vibrator: Vibrator
    battery: Battery
    radio: Radio
    barometer: Barometer = ABSENT
    sms: Sms = ABSENT
    dialer: Dialer = ABSENT
    torch: Torch = ABSENT
    speaker: Speaker = ABSENT
    recorder: Recorder = ABSENT
    microphone: Microphone = ABSENT
    camera: Camera = ABSENT
    secrets: SecretStore = ABSENT
    sealer: Sealer = ABSENT
    push: Push = ABSENT
    notifier: Notifier = ABSENT
    readiness: Readiness = ABSENT
    wake_lock: WakeLock = ABSENT
    hardware_key: HardwareKey = ABSENT


@dataclass(frozen=True)
class Surface:
    """What only the window's process can ask of the device: it needs the activity."""

    text_prompt: TextPrompt = ABSENT
    insets: Insets = ABSENT
    disguise: Disguise = ABSENT
    readiness: Readiness = ABSENT
    dialer: Dialer = ABSENT
    messages: Messages = ABSENT
