"""Accelerometer readings from physics, for tests and for `fixtures/traces/` (`python -m tests.mobile_app.motions`).

An accelerometer feels specific force: gravity when at rest, nothing in free fall. A jogger's foot pushes half-sines of
up to 3 g between flights of 0 g; a shaking hand drives a sine along one line on top of gravity. The phone lies at any
angle, and its sensor clips at ±`clip_g`. m/s², seconds.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path

G = 9.80665
Sample = tuple[float, float, float, float]
Vector = tuple[float, float, float]
Force = Callable[[float], Vector]


def _turn(rng: random.Random) -> list[list[float]]:
    """A random orientation of the phone as three orthogonal rows (Gram-Schmidt)."""
    rows: list[list[float]] = []
    while len(rows) < 3:
        row = [rng.gauss(0, 1) for _ in range(3)]
        for known in rows:
            dot = sum(a * b for a, b in zip(row, known, strict=True))
            row = [a - dot * b for a, b in zip(row, known, strict=True)]
        length = math.sqrt(sum(a * a for a in row))
        if length > 0.1:
            rows.append([a / length for a in row])
    return rows


def sampled(
    force: Force, *, duration_s: float, rate_hz: float, seed: int, clip_g: float = 2.0, jitter: float = 0.15,
    gaps_per_s: float = 0.0, longest_gap_s: float = 0.25,
) -> list[Sample]:  # fmt: skip
    """Sample `force(t) -> (x, y, up)` unevenly, turned at random, with noise, clipping and gaps of 50 ms or more."""
    rng = random.Random(seed)
    (a, b, c), (d, e, f), (g, h, i) = _turn(rng)
    limit, gauss, spread = clip_g * G, rng.gauss, 2 * jitter
    samples, t = [], 0.0
    while t < duration_s:
        if gaps_per_s and rng.random() < gaps_per_s / rate_hz:
            t += rng.uniform(0.05, longest_gap_s)
        u, v, w = force(t)
        x = max(-limit, min(limit, a * u + b * v + c * w + gauss(0, 0.25)))
        y = max(-limit, min(limit, d * u + e * v + f * w + gauss(0, 0.25)))
        z = max(-limit, min(limit, g * u + h * v + i * w + gauss(0, 0.25)))
        samples.append((round(t, 4), round(x, 3), round(y, 3), round(z, 3)))
        t += (1 - jitter + spread * rng.random()) / rate_hz
    return samples


def still():
    return lambda t: (0.0, 0.0, G)


def shake(*, hz: float, peak_mps2: float, tilt: float, start_s: float = 0.0, until_s: float = math.inf):
    """A hand moving along one line, `tilt` radians from level, with a weak wobble across it."""

    def force(t: float) -> tuple[float, float, float]:
        if not start_s <= t < until_s:
            return (0.0, 0.0, G)
        push = peak_mps2 * math.sin(2 * math.pi * hz * (t - start_s))
        wobble = 0.15 * peak_mps2 * math.sin(2 * math.pi * hz * (t - start_s) + 1.1)
        return (push * math.cos(tilt), wobble, G + push * math.sin(tilt))

    return force


def steps(*, hz: float, duty: float, fore_aft_mps2: float, sway_mps2: float):
    """Feet on the ground for `duty` of each step, in free fall for the rest; mean upward force is 1 g by momentum."""
    peak = G * math.pi / (2 * duty)

    def force(t: float) -> tuple[float, float, float]:
        phase = (t * hz) % 1.0
        up = peak * math.sin(math.pi * phase / duty) if phase < duty else 0.0
        forward = fore_aft_mps2 * math.sin(2 * math.pi * phase) if phase < duty else 0.0
        return (forward, sway_mps2 * math.sin(math.pi * hz * t), up)

    return force


def walk(*, hz: float):
    """No flight while walking: a body going up and down by 3 cm, and heel strikes."""

    def force(t: float) -> tuple[float, float, float]:
        phase = 2 * math.pi * hz * t
        strike = 5.0 * max(0.0, math.sin(phase)) ** 8
        return (
            1.5 * math.sin(phase + 0.7),
            1.0 * math.sin(phase / 2),
            G + 0.03 * (2 * math.pi * hz) ** 2 * math.sin(phase) + strike,
        )

    return force


FILES = {
    "synthetic_shake.csv": (shake(hz=4.4, peak_mps2=32, tilt=0.4, start_s=1.0, until_s=6.0), 7.0, 7),
    "synthetic_shake_short.csv": (shake(hz=3.6, peak_mps2=30, tilt=1.1, start_s=0.5, until_s=2.3), 3.0, 8),
    "synthetic_still.csv": (still(), 4.0, 9),
    "synthetic_walk.csv": (walk(hz=1.9), 8.0, 10),
    "synthetic_jog.csv": (steps(hz=2.7, duty=0.62, fore_aft_mps2=5.0, sway_mps2=3.0), 8.0, 11),
    "synthetic_jump.csv": (steps(hz=2.0, duty=0.45, fore_aft_mps2=1.5, sway_mps2=1.0), 6.0, 12),
}


def lines(samples: list[Sample]) -> Iterator[str]:
    yield "t,x,y,z"
    for t, x, y, z in samples:
        yield f"{t:.3f},{x:.3f},{y:.3f},{z:.3f}"


def main() -> None:
    folder = Path(__file__).parents[2] / "fixtures" / "traces"
    for name, (force, duration_s, seed) in FILES.items():
        samples = sampled(force, duration_s=duration_s, rate_hz=50, seed=seed)
        (folder / name).write_text("\n".join(lines(samples)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
