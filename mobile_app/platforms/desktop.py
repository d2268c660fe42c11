"""A desktop as a phone: recorded motion and walks are played in real time, the other parts are set by hand and shown
on the simulation panel, which sits in the window's process and reaches them by `simulate` and `state`."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mobile_app.platforms.desktop_camera import DrawnCamera
from mobile_app.platforms.desktop_motion import PlayedAccelerometer, SetBarometer, WalkedLocation, along
from mobile_app.platforms.desktop_push import TwinPush
from mobile_app.platforms.desktop_secrets import AesSealer, FileSecretStore
from mobile_app.platforms.desktop_sound import PlayedMicrophone, TonePlayer, ToneRecorder
from mobile_app.platforms.desktop_telephony import PressedKey, SetReadiness, ShownDialer, ShownNotifier, TwinSms
from mobile_app.ports import ABSENT, CHECKS, MISSING, OK, Device
from mobile_app.recording import BadTrace
from mobile_app.traces import RoutePoint, read_route, read_trace

__all__ = ["BadSimulation", "Desktop", "PlayedAccelerometer", "WalkedLocation", "along"]


class BadSimulation(ValueError):
    """What the panel asked for can't be played; one sentence."""


@dataclass
class ShownVibrator:
    """The simulation panel shows a desktop's vibration; `until_s` is monotonic."""

    until_s: float = 0.0
    count: int = 0

    def vibrate(self, pattern_ms: tuple[int, ...]) -> None:
        self.until_s, self.count = time.monotonic() + sum(pattern_ms) / 1000, self.count + 1


@dataclass
class ShownTorch:
    is_on: bool = False

    def set(self, on: bool) -> bool:
        self.is_on = on
        return True


@dataclass
class SetBattery:
    level: int | None = 76

    def percent(self) -> int | None:
        return self.level


@dataclass
class SwitchedRadio:
    on: bool = True

    def is_on(self) -> bool:
        return self.on

    def is_metered(self) -> bool:
        return False


@dataclass
class Desktop:
    """The simulated parts by their own types, for whoever plays with them. Secrets need `folder`."""

    folder: Path | None = None
    accelerometer: PlayedAccelerometer = field(default_factory=PlayedAccelerometer)
    location: WalkedLocation = field(default_factory=WalkedLocation)
    vibrator: ShownVibrator = field(default_factory=ShownVibrator)
    battery: SetBattery = field(default_factory=SetBattery)
    radio: SwitchedRadio = field(default_factory=SwitchedRadio)
    barometer: SetBarometer = field(default_factory=SetBarometer)
    sms: TwinSms = field(default_factory=TwinSms)
    dialer: ShownDialer = field(default_factory=ShownDialer)
    torch: ShownTorch = field(default_factory=ShownTorch)
    speaker: TonePlayer = field(default_factory=TonePlayer)
    recorder: ToneRecorder = field(default_factory=ToneRecorder)
    microphone: PlayedMicrophone = field(default_factory=PlayedMicrophone)
    notifier: ShownNotifier = field(default_factory=ShownNotifier)
    readiness: SetReadiness = field(default_factory=SetReadiness)
    key: PressedKey = field(default_factory=PressedKey)
    push: TwinPush = field(init=False)

    def __post_init__(self) -> None:
        self.push = TwinPush(self.folder)

    @property
    def device(self) -> Device:
        secrets = FileSecretStore(self.folder) if self.folder else ABSENT
        return Device(
            self.accelerometer, self.location, self.vibrator, self.battery, self.radio, barometer=self.barometer,
            sms=self.sms, dialer=self.dialer, torch=self.torch, speaker=self.speaker, recorder=self.recorder,
            microphone=self.microphone, camera=DrawnCamera(), secrets=secrets,
            sealer=AesSealer(secrets) if self.folder else ABSENT, notifier=self.notifier, readiness=self.readiness,
            hardware_key=self.key, push=self.push,
        )  # fmt: skip

    def simulate(self, facts: dict[str, Any]) -> None:
        """`{"what": play | walk | stand | battery | radio | lost | signal | pressure | key | missing | push, …}`.
        Raises BadSimulation."""
        play = _PLAYS.get(str(facts.get("what")))
        if play is None:
            raise BadSimulation(f"what: one of {', '.join(_PLAYS)}")
        try:
            play(self, facts)
        except (BadTrace, KeyError, TypeError, ValueError) as error:
            raise BadSimulation(f"{facts['what']}: {error}") from None

    def state(self) -> dict[str, Any]:
        """What the panel shows, as JSON."""
        return {
            "is_on": self.radio.on, "battery": self.battery.level, "is_playing": self.accelerometer.is_playing,
            "is_walking": self.location.is_walking, "is_lost": self.location.is_lost,
            "vibrations": self.vibrator.count, "vibrating_until_s": self.vibrator.until_s,
            "sound": self.speaker.playing, "is_torch_on": self.torch.is_on, "has_signal": self.sms.has_signal,
            "texts": [list(sent) for sent in self.sms.sent], "dialled": self.dialer.dialled,
            "is_recording": self.recorder.is_recording,
            "notices": {kind: list(words) for kind, words in self.notifier.shown.items()},
        }  # fmt: skip


def _stand(desktop: Desktop, facts: dict[str, Any]) -> None:
    lat, lon = float(facts["lat"]), float(facts["lon"])
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ValueError(f"lat {lat}, lon {lon} is not on Earth")
    desktop.location.stand(lat=lat, lon=lon, accuracy_m=float(facts.get("accuracy_m", 10.0)))


def _walk(desktop: Desktop, facts: dict[str, Any]) -> None:
    given = facts.get("points")
    points = [RoutePoint(*map(float, point)) for point in given] if given else read_route(Path(str(facts["path"])))
    desktop.location.walk(points)


def _play(desktop: Desktop, facts: dict[str, Any]) -> None:
    given = facts.get("samples")
    samples = [(t, x, y, z) for t, x, y, z in given] if given else read_trace(Path(str(facts["path"])))
    desktop.accelerometer.play(samples)


def _battery(desktop: Desktop, facts: dict[str, Any]) -> None:
    level = facts.get("percent")
    desktop.battery.level = None if level is None else min(100, max(0, int(level)))


def _radio(desktop: Desktop, facts: dict[str, Any]) -> None:
    desktop.radio.on = bool(facts["on"])


def _lost(desktop: Desktop, facts: dict[str, Any]) -> None:
    desktop.location.is_lost = bool(facts["on"])


def _signal(desktop: Desktop, facts: dict[str, Any]) -> None:
    desktop.sms.has_signal = bool(facts["on"])


def _pressure(desktop: Desktop, facts: dict[str, Any]) -> None:
    desktop.barometer.set(float(facts["hpa"]))


def _key(desktop: Desktop, _: dict[str, Any]) -> None:
    desktop.key.press()


def _push(desktop: Desktop, facts: dict[str, Any]) -> None:
    desktop.push.put({str(name): str(one) for name, one in dict(facts["data"]).items()})


def _missing(desktop: Desktop, facts: dict[str, Any]) -> None:
    if facts["name"] not in CHECKS:
        raise ValueError(f"name: one of {', '.join(CHECKS)}")
    desktop.readiness.states[facts["name"]] = MISSING if facts.get("on", True) else OK


_PLAYS = {
    "play": _play, "walk": _walk, "stand": _stand, "battery": _battery, "radio": _radio, "lost": _lost,
    "signal": _signal, "pressure": _pressure, "key": _key, "missing": _missing, "push": _push,
}  # fmt: skip
