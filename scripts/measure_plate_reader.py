"""Measures how a plain plate reader errs on drawn plates.

`python scripts/measure_plate_reader.py [--plates 60000] [--font PATH]` draws the signs of random plates with a Korean
sans font, spoils them as a camera does (few pixels, turned, sheared, smeared, noisy, dirty; one degree of spoiling a
plate), reads each sign with a linear discriminant learnt from other spoiled signs, and writes what came out:

- `server/plates/confusions.json`: the fitted model that ships (server/plates/confusion.py says what it is worth);
- `fixtures/plates/channel.json`: what came out in numbers, for tests and bench to misread plates with.

The amount of spoiling is chosen, not measured: that is why about two plates of a hundred are read wrongly, as makers
and papers tell of their readers in daylight. How often the line with the region is lost is set, not measured.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from server.plates.confusion import Told, dumps, fit
from server.plates.grammar import COMMERCIAL, LETTERS, PRIVATE, REGIONS, RENTAL, shape_of

ROOT = Path(__file__).resolve().parents[1]
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"
KOREAN_FACE = 1
TALL, DIGIT_WIDE, LETTER_WIDE = 83, 56, 96  # millimetres of the plate's signs, and pixels here
GRID = (24, 16)  # rows and columns that signs are read from
LESSONS, SHRINKAGE = 400, 0.2
CALM = 8.0  # dividing the score: spreads confidences out, changes no sign
BINS = 1000
REGION_LOST = 0.03
EDGE_SEEN_FROM = 0.4  # a first digit less sure than this counts as no sign at all: 123가4567 becomes 23가4567

Numbers = np.ndarray[Any, np.dtype[np.float64]]


class Signs:
    """The drawn signs, clean, and what a reader learnt of them."""

    def __init__(self, font: str) -> None:
        self.face = ImageFont.truetype(font, TALL, index=KOREAN_FACE)
        self.sorts = (tuple("0123456789"), tuple(LETTERS), REGIONS)
        self.drawn = {sign: self._draw(sign) for signs in self.sorts for sign in signs}
        self.learnt = {signs: self._learn(signs) for signs in self.sorts}

    def _draw(self, sign: str) -> Image.Image:
        left, top, right, bottom = self.face.getbbox(sign)
        tight = Image.new("L", (int(right - left), int(bottom - top)))
        ImageDraw.Draw(tight).text((-left, -top), sign, fill=255, font=self.face)
        wide = DIGIT_WIDE if sign.isascii() else LETTER_WIDE
        framed = Image.new("L", (wide + 24, TALL + 24))
        framed.paste(tight.resize((wide, TALL)), (12, 12))
        return framed

    def _learn(self, signs: tuple[str, ...]) -> tuple[Numbers, Numbers]:
        """Weights and offsets whose softmax is the probability of each sign: one covariance for all, shrunk."""
        chance, noise = random.Random("learn"), np.random.default_rng(7)
        rows = np.stack(
            [flat(Spoiling(chance).see(self.drawn[sign], noise)) for sign in signs for _ in range(LESSONS)]
        ).reshape(len(signs), LESSONS, -1)
        means = rows.mean(axis=1)
        spread = (rows - means[:, None]).reshape(-1, means.shape[1])
        covariance = spread.T @ spread / len(spread)
        covariance += np.eye(len(covariance)) * SHRINKAGE * np.trace(covariance) / len(covariance)
        weights = np.linalg.solve(covariance, means.T)
        return weights, -0.5 * np.einsum("ij,ji->i", means, weights)


def flat(image: Image.Image) -> Numbers:
    """A sign as a row of zero mean and length 1."""
    row = np.asarray(image.resize(GRID[::-1], Image.Resampling.BILINEAR), dtype=np.float64).ravel()
    row -= row.mean()
    row /= float(np.linalg.norm(row)) or 1.0
    return row


class Spoiling:
    """How badly one plate is seen. `hard` from 0 to 1."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.hard = chance, chance.random() ** 2.7
        self.tall_px = 26 - 16 * self.hard
        self.turn = chance.gauss(0, 1.5 + 2.5 * self.hard)
        self.shear = chance.gauss(0, 0.02 + 0.05 * self.hard)
        self.smear = chance.uniform(0, 1 + 2.2 * self.hard)
        self.noise = 8 + 62 * self.hard
        self.contrast = chance.uniform(1 - 0.55 * self.hard, 1)
        self.is_dirty = chance.random() < 0.10 * self.hard

    def see(self, image: Image.Image, noise: np.random.Generator) -> Image.Image:
        chance = self.chance
        wide, tall = image.size
        shaken = (1, self.shear, chance.gauss(0, 1.6) - self.shear * tall / 2, 0, 1, chance.gauss(0, 1.6))
        image = image.rotate(self.turn, Image.Resampling.BILINEAR).transform(
            image.size, Image.Transform.AFFINE, shaken, Image.Resampling.BILINEAR
        )
        if self.is_dirty and chance.random() < 0.3:
            at, size = (chance.randrange(wide), chance.randrange(tall)), chance.randint(12, 34)
            box = (at[0], at[1], at[0] + size, at[1] + size)
            ImageDraw.Draw(image).ellipse(box, fill=chance.choice((0, 255)))
        scale = self.tall_px / TALL
        small = image.resize((max(4, round(wide * scale)), max(6, round(tall * scale))), Image.Resampling.BOX)
        small = small.filter(ImageFilter.BoxBlur((self.smear / 2, 0)))
        seen = np.asarray(small, dtype=np.float64) * self.contrast
        seen = seen + noise.normal(0, self.noise, seen.shape)
        return Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8))


def read_sign(signs: Signs, sort: tuple[str, ...], seen: Image.Image) -> tuple[str, float]:
    weights, offsets = signs.learnt[sort]
    score = flat(seen) @ weights + offsets
    likeness = np.exp((score - score.max()) / CALM)
    return sort[int(score.argmax())], float(1 / likeness.sum())


def random_plate(chance: random.Random) -> list[str]:
    """Signs of a plate: every sort of letter and region comes often enough to be measured."""
    if chance.random() < 0.3:
        region, digits = [chance.choice(REGIONS)], 2
    else:
        region, digits = [], chance.choice((2, 3))
    front = [chance.choice("0123456789") for _ in range(digits)]
    letter = chance.choice(LETTERS if chance.random() < 0.5 else PRIVATE + COMMERCIAL + RENTAL)
    return [*region, *front, letter, *(chance.choice("0123456789") for _ in range(4))]


def measure(plates: int, font: str) -> tuple[list[Told], dict[str, Any]]:
    """The reads, and what the channel of the tests draws from: how sure right plates were; of each wrong one how sure
    it was and how many signs were wrong; how sure those were that lost a digit; how often a sign was read as which."""
    signs, chance, noise = Signs(font), random.Random("plates"), np.random.default_rng(9)
    sort_of = {sign: sort for sort in signs.sorts for sign in sort}
    told: list[Told] = []
    said: defaultdict[str, Counter[str]] = defaultdict(Counter)
    right: Counter[int] = Counter()
    wrong: list[tuple[float, int]] = []
    short: list[float] = []
    for _ in range(plates):
        truth, spoiling = random_plate(chance), Spoiling(chance)
        read = [read_sign(signs, sort_of[sign], spoiling.see(signs.drawn[sign], noise)) for sign in truth]
        for sign, (found, _sure) in zip(truth, read, strict=True):
            said[sign][found] += 1
        kept = lose(truth, read, chance)
        least = min(sure for _, sure in kept)
        told.append(Told("".join(truth), "".join(sign for sign, _ in kept), least))
        if errors := sum(sign != found for sign, (found, _sure) in zip(truth, read, strict=True)):
            wrong.append((round(least, 4), errors))
        if len(kept) == 7 and len(truth) == 8 and truth[0] not in REGIONS:
            short.append(round(least, 4))
        if not errors:
            right[min(BINS - 1, int(least * BINS))] += 1
    return told, {
        "plates": plates,
        "region_lost": REGION_LOST,
        "bins": BINS,
        "right": dict(sorted(right.items())),
        "wrong": sorted(wrong),
        "short": sorted(short),
        "long_plates": sum(len(one.truth) == 8 and one.truth[0].isdigit() for one in told),
        "read_as": {truth: dict(sorted(counts.items())) for truth, counts in sorted(said.items())},
    }


def lose(truth: list[str], read: list[tuple[str, float]], chance: random.Random) -> list[tuple[str, float]]:
    if truth[0] in REGIONS:
        return read[1:] if chance.random() < REGION_LOST else read
    return read[1:] if len(truth) == 8 and read[0][1] < EDGE_SEEN_FROM else read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plates", type=int, default=60_000)
    parser.add_argument("--font", default=FONT)
    given = parser.parse_args()
    told, channel = measure(given.plates, given.font)
    model = fit(told, f"scripts/measure_plate_reader.py: {given.plates} drawn plates, {Path(given.font).name}")
    (ROOT / "server" / "plates" / "confusions.json").write_text(dumps(model) + "\n", encoding="utf-8")
    (ROOT / "fixtures" / "plates" / "channel.json").write_text(
        json.dumps(channel, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )
    wrong = sum(one.truth != one.read for one in told)
    lost = sum(shape_of(one.read) is None for one in told)
    print(f"{wrong / len(told):.4f} of the plates wrong, {lost} without a shape; automatic from {model.automatic_from}")


if __name__ == "__main__":
    main()
