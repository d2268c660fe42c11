"""A desktop's siren, ring tone, recorder and microphone: tones made here; heard where a player is installed."""

from __future__ import annotations

import array
import math
import shutil
import subprocess
import tempfile
import threading
import time
import wave
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mobile_app.ports import MICROPHONE_HZ, RING, SIREN

RATE_HZ = 16_000
PLAYERS = (("pw-play",), ("paplay",), ("aplay", "-q"), ("play", "-q"))
FRAME_S = 0.1


def tone(seconds: float, frequency_hz: Callable[[float], float], *, loudness: float = 0.8) -> bytes:
    """int16 mono at `RATE_HZ`; the frequency may move with time."""
    phase, samples = 0.0, array.array("h")
    for at in range(int(seconds * RATE_HZ)):
        phase += 2 * math.pi * frequency_hz(at / RATE_HZ) / RATE_HZ
        samples.append(int(loudness * 32_000 * math.sin(phase)))
    return samples.tobytes()


SOUNDS: dict[str, Callable[[float], float]] = {
    SIREN: lambda t_s: 800.0 + 800.0 * abs((t_s % 1.0) * 2 - 1),
    RING: lambda t_s: 440.0 if t_s % 0.2 < 0.1 else 480.0,
}


def write_wav(path: Path, samples: bytes) -> None:
    with path.open("wb") as raw, wave.open(raw, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples)


class TonePlayer:
    """`playing` is what the panel shows; without a player the panel is all there is."""

    def __init__(self) -> None:
        self.playing = ""
        found = ((shutil.which(name), rest) for name, *rest in PLAYERS)
        self._player = next(([path, *rest] for path, rest in found if path), None)
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def play(self, name: str) -> bool:
        if name not in SOUNDS:
            return False
        with self._turn:
            if self.playing == name:
                return True
            self._silence()
            self.playing = name
        if self._player is not None:
            threading.Thread(target=self._sound, args=(name,), name="speaker", daemon=True).start()
        return True

    def stop(self) -> None:
        with self._turn:
            self.playing = ""
            self._silence()

    def _silence(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None

    def _sound(self, name: str) -> None:
        with tempfile.TemporaryDirectory() as folder, suppress(OSError):
            path = Path(folder) / f"{name}.wav"
            write_wav(path, tone(2.0, SOUNDS[name]))
            while True:
                with self._turn:
                    if self.playing != name:
                        return
                    self._process = process = subprocess.Popen(
                        [*(self._player or ()), str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                    )  # fmt: skip
                if process.wait() != 0:
                    return


class ToneRecorder:
    """Records a test tone in real time: it is there to be sealed, sent and heard at the other end."""

    suffix = ".wav"

    def __init__(self) -> None:
        self._stopped: threading.Event | None = None

    @property
    def is_recording(self) -> bool:
        return self._stopped is not None

    def start(self, path: Path, *, seconds: float, ended: Callable[[bool], None]) -> bool:
        if self._stopped is not None:
            return False
        self._stopped = threading.Event()
        work = (path, seconds, ended, self._stopped)
        threading.Thread(target=self._record, args=work, name="recorder", daemon=True).start()
        return True

    def stop(self) -> None:
        if self._stopped is not None:
            self._stopped.set()

    def _record(self, path: Path, seconds: float, ended: Callable[[bool], None], stopped: threading.Event) -> None:
        began_s = time.monotonic()
        stopped.wait(seconds)
        is_good = True
        try:
            write_wav(path, tone(min(seconds, time.monotonic() - began_s), lambda _: 440.0, loudness=0.2))
        except OSError:
            is_good = False
        self._stopped = None
        ended(is_good)


class PlayedMicrophone:
    """Silence, or int16 mono samples at `MICROPHONE_HZ` that the panel or a test gives it to hear."""

    def __init__(self) -> None:
        self._heard: Callable[[bytes], None] | None = None

    def listen(self, heard: Callable[[bytes], None]) -> bool:
        self._heard = heard
        return True

    def stop(self) -> None:
        self._heard = None

    def play(self, samples: bytes) -> None:
        """In real time, on a thread of its own."""
        threading.Thread(target=self._play, args=(samples,), name="microphone", daemon=True).start()

    def _play(self, samples: bytes) -> None:
        size = int(MICROPHONE_HZ * FRAME_S) * 2
        for start in range(0, len(samples), size):
            if self._heard is not None:
                self._heard(samples[start : start + size])
            time.sleep(FRAME_S)
