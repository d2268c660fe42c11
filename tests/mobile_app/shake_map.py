"""The robustness map of the shake detector, as the Markdown tables of docs/phone.md section 7.

`python -m tests.mobile_app.shake_map [--minutes 60] [--shakes 100] [--crowd WORD]`: all motions are synthetic
(`families.py`), another person every 20 s, at 25, 50 or 100 Hz, clipped at 2, 4 or 16 g, a third of them with gaps of
50 to 250 ms. One minute of each takes about half a second of one core.
"""

from __future__ import annotations

import argparse
import random

from mobile_app.core.shake import RULES, ShakeDetector
from tests.bench.phone_shake import SquareRule
from tests.mobile_app import families, motions

PIECE_S = 20.0
SHAKES: dict[str, dict[str, float]] = {
    "3.1 to 6 Hz, 24 to 45 m/s²": {},
    "the same at 25 Hz": {"rate_hz": 25},
    "the same, clipped at 2 g": {"clip_g": 2},
    "the same, a gap of 50 to 250 ms each second": {"gaps_per_s": 1},
    "the same, round (ellipses up to 0.9)": {"roundness": 0.9},
    "the same, phone turning by up to 1.5 rad": {"turning_rad": 1.5},
    "60 m/s², clipped at 2 g": {"peak": 60, "clip_g": 2},
    "2.5 Hz": {"hz": 2.5},
    "3 Hz": {"hz": 3.0},
    "7 Hz": {"hz": 7.0},
    "weak: 18 m/s²": {"peak": 18},
    "weak: 15 m/s²": {"peak": 15},
    "weak: 12 m/s²": {"peak": 12},
}


def found(detector: ShakeDetector | SquareRule, samples: list[motions.Sample]) -> list[float]:
    return [sample[0] for sample in samples if detector.feed(*sample)]


def person(name: str, piece: int, crowd: str = "") -> list[motions.Sample]:
    """20 s of one person's motion, by one sensor; another word for the crowd gives other people."""
    rng = random.Random(f"{crowd} {name} {piece}".strip())
    return motions.sampled(
        families.QUIET[name](rng), duration_s=PIECE_S, rate_hz=rng.choice((25, 50, 50, 100)),
        seed=piece + 1000 * bool(crowd), clip_g=rng.choice((2, 2, 4, 16)), gaps_per_s=rng.choice((0, 0, 0.3)),
    )  # fmt: skip


def false_accepts(name: str, minutes: float, crowd: str = "") -> list[float]:
    """Per hour: at the three sensitivities, then Square's rule."""
    counts = [0] * (len(RULES) + 1)
    pieces = round(minutes * 60 / PIECE_S)
    for piece in range(pieces):
        samples = person(name, piece, crowd)
        for place, detector in enumerate([*map(ShakeDetector, sorted(RULES)), SquareRule()]):
            counts[place] += len(found(detector, samples))
    return [count * 3600 / (pieces * PIECE_S) for count in counts]


def detections(kind: dict[str, float], *, lasting_s: float, shakes: int, below: str = "") -> list[tuple[float, float]]:
    """At the three sensitivities: the share found, and the median time from the first stroke."""
    times: list[list[float]] = [[] for _ in RULES]
    for seed in range(shakes):
        rng = random.Random(seed)
        under = families.QUIET[below](rng) if below else None
        force = families.shaking(
            rng, hz=kind.get("hz") or rng.uniform(3.1, 6), peak=kind.get("peak") or rng.uniform(24, 45),
            lasting_s=lasting_s, start_s=2.0 if below else 0.0, below=under,
            roundness=kind.get("roundness", 0.35), turning_rad=kind.get("turning_rad", 0.7),
        )  # fmt: skip
        rate_hz, before_s = kind.get("rate_hz") or rng.choice((25, 50, 100)), 2.0 if below else 0.0
        samples = motions.sampled(
            force, duration_s=before_s + lasting_s, rate_hz=rate_hz, seed=seed,
            clip_g=kind.get("clip_g") or rng.choice((2, 4)), gaps_per_s=kind.get("gaps_per_s", 0),
        )  # fmt: skip
        for place, sensitivity in enumerate(sorted(RULES)):
            times[place] += [t - before_s for t in found(ShakeDetector(sensitivity), samples)[:1]]
    return [(len(one) / shakes, sorted(one)[len(one) // 2] if one else 0.0) for one in times]


def _cell(share: float, median_s: float) -> str:
    return f"{share:.0%}, {median_s:.2f} s" if share else "0 %"


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.mobile_app.shake_map")
    parser.add_argument("--minutes", type=float, default=60, help="of each motion")
    parser.add_argument("--shakes", type=int, default=100, help="of each kind and length")
    parser.add_argument("--crowd", default="", metavar="WORD", help="other people than those of the tables")
    arguments = parser.parse_args()
    print("| motion | false accepts an hour: hard | normal | easy | Square |\n|---|---|---|---|---|")
    for name in families.QUIET:
        rates = false_accepts(name, arguments.minutes, arguments.crowd)
        print(f"| {name} | {' | '.join(f'{rate:.0f}' for rate in rates)} |", flush=True)
    print("\n| shake | 1.8 s: hard | normal | easy | 5 s: hard | normal | easy |\n|---|---|---|---|---|---|---|")
    kinds = [(name, kind, "") for name, kind in SHAKES.items()]
    kinds += [(f"3.1 to 6 Hz during: {name}", {}, name) for name in ("walk", "stairs down, fast", "jog, hand")]
    for name, kind, below in kinds:
        cells = [
            _cell(*cell)
            for lasting_s in (1.8, 5.0)
            for cell in detections(kind, lasting_s=lasting_s, shakes=arguments.shakes, below=below)
        ]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
