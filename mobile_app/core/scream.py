"""Scream detection in sound: loud, high, harmonic, rough, and that for 0.6 s. Pure, no sound is kept; off by default.

What tells a scream from other loud things (Arnal et al., Current Biology 2015: roughness, fast trembling of loudness):
speech and shouting are lower or broken, applause and traffic have no pitch, held notes, sirens and beeps don't tremble
or keep their pitch exactly. A scream is 0.4 to 2.2 kHz high, glides, and trembles at 30 to 125 Hz.

Honest limits: tried on made sounds only. Playing children, a stadium, a film and a rough-voiced singer scream too. In
a pocket or a bag sound loses 10 to 20 dB, so that "loud" is missed. That is why it is off, and its countdown long.

Cost: quiet frames cost one power sum; loud ones an autocorrelation on 8 kHz, about 1 ms for 32 ms of sound.
"""

from __future__ import annotations

import array
import math
import sys
from collections import deque
from operator import add, mul

FRAME_S = 0.032
WORK_HZ = 8000
LOUD_DBFS = -22.0
"""A phone's recording path puts speech at one metre near -35 dBFS, a scream at one metre at -15 to clipping."""
PITCH_HZ = (400.0, 2200.0)
HARMONICITY = 0.70
ROUGH = 0.07
"""Share of loudness that trembles: made sirens, beeps and violins have up to 0.04, made screams 0.2 and more."""
PITCH_SPREAD = 0.015
COARSE = 0.75
"""At 8 kHz a period of 4.5 samples falls between two of them, and looks this much less alike than its double."""
PITCH_JUMP = 1.6
SUSTAINED_S = 0.6
HOLE_S = 0.1
REST_S = 5.0
BLOCK = 32
SMOOTH = 3


class ScreamDetector:
    """Feed sound in pieces of any length; True once per scream, again only after `REST_S` of sound."""

    def __init__(self, rate_hz: int = 16_000) -> None:
        if rate_hz % WORK_HZ or not WORK_HZ <= rate_hz <= 48_000:
            raise ValueError(f"rate_hz is 8000, 16000, 24000, 32000, 40000 or 48000, not {rate_hz!r}")
        self._thin = rate_hz // WORK_HZ
        self._frame_bytes = 2 * self._thin * int(WORK_HZ * FRAME_S)
        self._rest_bytes = b""
        self._heard_s = 0.0
        self._quiet_until_s = 0.0
        self._envelope: deque[float] = deque(maxlen=int(0.4 * WORK_HZ / BLOCK))
        self._forget()

    def _forget(self) -> None:
        self._began_s: float | None = None
        self._good_s = 0.0
        self._last_good_s = 0.0
        self._pitches: deque[float] = deque(maxlen=64)

    def feed(self, samples: bytes) -> bool:
        """16-bit little-endian mono samples. An odd last byte waits for the next piece."""
        data, found = self._rest_bytes + samples, False
        whole = len(data) // self._frame_bytes * self._frame_bytes
        for begin in range(0, whole, self._frame_bytes):
            found = self._hear(data[begin : begin + self._frame_bytes]) or found
        self._rest_bytes = data[whole:]
        return found

    def _hear(self, data: bytes) -> bool:
        self._heard_s += FRAME_S
        sound = _thinned(data, self._thin)
        blocks = [math.sqrt(sum(map(mul, part, part)) / BLOCK) for part in _parts(sound)]
        self._envelope.extend(blocks)
        if self._heard_s < self._quiet_until_s:
            return False
        level = math.sqrt(sum(map(mul, blocks, blocks)) / len(blocks)) / 32768
        pitch = _pitch_hz(sound) if level > 10 ** (LOUD_DBFS / 20) else None
        self._take(pitch)
        if self._began_s is None or self._good_s < SUSTAINED_S or not self._is_alive():
            return False
        self._quiet_until_s = self._heard_s + REST_S
        self._forget()
        return True

    def _take(self, pitch: float | None) -> None:
        """A frame with a pitch near the last one carries the run on; a short hole doesn't end it, a leap does."""
        if pitch is None:
            if self._began_s is not None and self._heard_s - self._last_good_s > HOLE_S:
                self._forget()
            return
        if self._pitches and 1.7 < self._pitches[-1] / pitch < 2.3:
            pitch *= 2
        leaps = self._pitches and not 1 / PITCH_JUMP < pitch / self._pitches[-1] < PITCH_JUMP
        if self._began_s is None or leaps:
            self._forget()
            self._began_s = self._heard_s
        self._good_s, self._last_good_s = self._good_s + FRAME_S, self._heard_s
        self._pitches.append(pitch)

    def _is_alive(self) -> bool:
        """A voice trembles and glides; a machine does neither or only one."""
        pitches = sorted(self._pitches)
        low, high = pitches[len(pitches) // 10], pitches[-1 - len(pitches) // 10]
        return high / low - 1 >= PITCH_SPREAD and roughness(list(self._envelope)) >= ROUGH


def roughness(envelope: list[float]) -> float:
    """Share of the loudness (4 ms steps) that moves faster than 30 Hz: deviation from the mean of seven neighbours."""
    if len(envelope) < 4 * SMOOTH:
        return 0.0
    width = 2 * SMOOTH + 1
    middle = envelope[SMOOTH : len(envelope) - SMOOTH]
    sums = [sum(envelope[i : i + width]) / width for i in range(len(middle))]
    mean = sum(middle) / len(middle)
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(middle, sums, strict=True)) / len(middle)) / mean if mean else 0.0


def _thinned(data: bytes, thin: int) -> list[int] | array.array[int]:
    """The samples at 8 kHz, each the mean of its neighbours (a mild low-pass)."""
    samples = array.array("h")
    samples.frombytes(data)
    if sys.byteorder == "big":
        samples.byteswap()
    if thin == 1:
        return samples
    sums = list(samples[::thin])
    for offset in range(1, thin):
        sums = list(map(add, sums, samples[offset::thin]))
    return [value // thin for value in sums]


def _parts(sound: list[int] | array.array[int]) -> list[list[int] | array.array[int]]:
    return [sound[begin : begin + BLOCK] for begin in range(0, len(sound), BLOCK)]


def _pitch_hz(sound: list[int] | array.array[int]) -> float | None:
    """The fundamental by normalised autocorrelation, or None where nothing repeats itself within `PITCH_HZ`.

    A true period repeats at twice its length as well; the ringing of a low voice's formant has died away by then.
    """
    short, long = int(WORK_HZ / PITCH_HZ[1]), math.ceil(WORK_HZ / PITCH_HZ[0])
    length = len(sound) - 2 * long - 1
    head = sound[:length]
    own = sum(map(mul, head, head)) or 1

    def likeness(lag: int) -> float:
        tail = sound[lag : lag + length]
        return float(sum(map(mul, head, tail)) / math.sqrt(own * (sum(map(mul, tail, tail)) or 1)))

    likely = [likeness(lag) for lag in range(short - 1, long + 2)]
    best = max(likely[1:-1])
    if best < HARMONICITY:
        return None
    for place in range(1, len(likely) - 1):
        here = likely[place]
        if here >= COARSE * best and here >= likely[place - 1] and here >= likely[place + 1]:
            before, after = likely[place - 1], likely[place + 1]
            bend = before - 2 * here + after
            lag = short - 1 + place + (0.5 * (before - after) / bend if bend else 0.0)
            return WORK_HZ / lag if likeness(round(2 * lag)) >= HARMONICITY - 0.1 else None
    return None
