"""A scream is loud, high, harmonic, rough and lasts; sirens, music, speech and applause are not. Synthetic sounds."""

from __future__ import annotations

import array
import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobile_app.core.scream import ScreamDetector

TAU = 2 * math.pi
Sound = Callable[[float], float]


def voice(*, hz: Callable[[float], float], size: float, rough: float, parts: tuple[float, ...], seed: int = 1) -> Sound:
    """Harmonics of a gliding pitch whose loudness trembles at about 70 Hz. Call with rising times."""
    rng, state = random.Random(seed), [0.0, 0.0]

    def sound(t: float) -> float:
        state[0] += TAU * hz(t) * (t - state[1])
        state[1] = t
        loud = size * (1 + rough * math.sin(TAU * 70 * t + 2 * math.sin(TAU * 7 * t)))
        wave = sum(part * math.sin((n + 1) * state[0]) for n, part in enumerate(parts) if part)
        return loud * wave + rng.uniform(-0.02, 0.02)

    return sound


def scream(hz: float = 1100.0, *, size: float = 0.5, rough: float = 0.35) -> Sound:
    return voice(hz=lambda t: hz * (1 + 0.12 * math.sin(TAU * 0.9 * t)), size=size, rough=rough, parts=(0.6, 0.3, 0.15))


def syllables(hz: float) -> Sound:
    """A voice that speaks: four syllables a second, its formant at 600 Hz."""
    parts = tuple(math.exp(-((((n + 1) * hz - 600) / 300) ** 2)) / 2 for n in range(10))
    said = voice(hz=lambda t: hz * (1 + 0.1 * math.sin(TAU * 2 * t)), size=0.6, rough=0.05, parts=parts)
    return lambda t: said(t) * max(0.0, math.sin(TAU * 4 * t))


def clapping(t: float, rng: random.Random = random.Random(3)) -> float:
    return rng.gauss(0, 0.2) * (1 + 0.5 * math.sin(TAU * 9 * t))


def chords(t: float) -> float:
    root = (262, 294, 330, 349)[int(t * 2) % 4]
    return sum(0.15 * math.sin(TAU * root * part * t) for part in (1, 1.26, 1.5, 2, 2.52, 3)) * (1 - (t * 2) % 1 / 2)


def pcm(sound: Sound, *, seconds: float, rate_hz: int = 16_000) -> bytes:
    values = (sound(n / rate_hz) for n in range(int(seconds * rate_hz)))
    return array.array("h", (int(32767 * max(-1.0, min(1.0, value))) for value in values)).tobytes()


def heard(data: bytes, *, rate_hz: int = 16_000, piece: int = 640) -> list[float]:
    detector = ScreamDetector(rate_hz)
    places = range(0, len(data), piece)
    return [(at + piece) / 2 / rate_hz for at in places if detector.feed(data[at : at + piece])]


@pytest.mark.parametrize(("hz", "rate_hz"), [(550, 16_000), (1100, 16_000), (1700, 16_000), (1100, 8_000)])
def test_a_scream_is_found_within_a_second_and_once(hz: float, rate_hz: int) -> None:
    found = heard(pcm(scream(hz), seconds=2.0, rate_hz=rate_hz), rate_hz=rate_hz)
    assert len(found) == 1 and 0.6 <= found[0] < 1.2


@pytest.mark.parametrize(
    ("what", "sound"),
    [
        ("far away", scream(size=0.03)),
        ("a clear held note", scream(rough=0.0)),
        ("a siren", voice(hz=lambda t: 900 + 450 * math.sin(TAU * 0.3 * t), size=0.5, rough=0.0, parts=(0.8, 0, 0.3))),
        ("a beep", lambda t: 0.5 * math.sin(TAU * 1000 * t)),
        ("a violin", voice(hz=lambda t: 660 + 7 * math.sin(TAU * 6 * t), size=0.4, rough=0, parts=(1, 0.5, 0.3, 0.2))),
        ("chords", chords),
        ("applause", clapping),
        ("a man who speaks", syllables(120)),
        ("a woman who speaks", syllables(220)),
    ],
)
def test_what_is_no_scream(what: str, sound: Sound) -> None:
    assert heard(pcm(sound, seconds=2.0)) == [], what


def test_half_a_second_is_too_short_and_a_breath_in_between_is_not_too_long() -> None:
    long = pcm(scream(), seconds=1.0)
    assert heard(long[:16_000]) == []
    breath = bytes(2 * 1280)
    assert len(heard(long[:14_400] + breath + long[16_000:])) == 1


@given(st.lists(st.binary(max_size=3000), max_size=12), st.sampled_from((8_000, 16_000, 48_000)))
@settings(deadline=None, max_examples=30)
def test_pieces_of_any_length_and_content_are_heard_alike(pieces: list[bytes], rate_hz: int) -> None:
    torn, whole = ScreamDetector(rate_hz), ScreamDetector(rate_hz)
    found = [torn.feed(piece) for piece in pieces]
    assert whole.feed(b"".join(pieces)) is any(found)


def test_a_rate_that_can_t_be_thinned_is_refused() -> None:
    with pytest.raises(ValueError, match="44100"):
        ScreamDetector(44_100)
