"""How a recogniser gets plates wrong: probabilities fitted on (truth, read, confidence) triples; pure.

The model that ships (`confusions.json`) was measured by `scripts/measure_plate_reader.py` on *drawn* plates: a
correlation reader (the method of Sarker and Song, JIPS 12(4), 2016) on Noto Sans CJK glyphs that were shrunk, turned,
blurred, dirtied and shaken. No published confusion table of Korean plates was found. It says which signs look alike,
and how far such a reader's own confidence can be trusted; it says nothing about the reader of a city. A city fits its
own: `fit(triples)` on some ten thousand reads that people have checked, `dumps` into a file, `loads` in its place.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any, NamedTuple

import orjson

from server.plates.grammar import LETTERS, PRIVATE, REGIONS, RENTAL, Shape, shape_of

SMOOTHING = 0.5  # of a read, for each confusion that was never seen
BINS = 50
NEVER = 2.0
MOST_WRONG_BUT_SURE = 2e-4
"""Share of all reads that may be wrong and yet as sure as the automatic bar. With 100,000 wanted a wrong read is a
wanted one by chance some 5 times in 10,000: a tenth of a false automatic hit in a million reads."""


class Told(NamedTuple):
    """What a person saw on the plate, what the reader said (both spelled), and how sure it was (0 to 1)."""

    truth: str
    read: str
    confidence: float


class BadModel(ValueError):
    """Not a confusion model: says which part is wrong."""


@dataclass(frozen=True)
class Confusions:
    """P(read sign | true sign), and what a plate's confidence is worth.

    `usual_share`: of all plates, those whose signs were all read rightly; `wrong`: true sign → read sign → probability,
    other signs only; `right`: (confidence from, share of plates whose signs are all right), both rising;
    `automatic_from`: the confidence at which a read may act without a person (above 1: never); `region_lost`,
    `digit_lost`: share of plates that have one which lost their region, the first of three digits.
    """

    source: str
    reads: int
    usual_share: float
    wrong: Mapping[str, Mapping[str, float]]
    right: tuple[tuple[float, float], ...]
    automatic_from: float
    region_lost: float
    digit_lost: float

    @cached_property
    def _froms(self) -> list[float]:
        return [start for start, _ in self.right]

    @cached_property
    def _floor(self) -> float:
        """For a confusion that was never seen: half a read of the mean sign's."""
        return SMOOTHING * max(1, len(self.wrong)) / max(1, self.reads * 7)

    def right_share(self, confidence: float) -> float:
        """Share of the reads of this confidence that are right as a whole."""
        at = bisect_right(self._froms, confidence) - 1
        return self.right[max(0, at)][1]

    def odds(self, truth: str, read: str) -> float:
        """P(`read` | `truth`) ÷ P(`read` | it is that): how much more a sign looks like another than like itself."""
        if truth == read:
            return 1.0
        said = self.wrong.get(truth)
        return max(said.get(read, 0.0) if said else 0.0, self._floor) / self._itself.get(read, 1.0)

    @cached_property
    def _itself(self) -> dict[str, float]:
        """How often a sign is read as what it is; a sign that was never seen always."""
        return {sign: max(0.05, 1.0 - sum(said.values())) for sign, said in self.wrong.items()}

    def weight_of_others(self, read: str) -> float:
        """Sum of `odds` over all signs of the same sort but `read` itself: how often that sign is in truth another."""
        return self._others.get(read, len(PRIVATE + RENTAL) * self._floor)

    @cached_property
    def _others(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for signs in (tuple("0123456789"), tuple(LETTERS), REGIONS):
            found |= {read: sum(self.odds(truth, read) for truth in signs if truth != read) for read in signs}
        return found


def fit(triples: Iterable[Told], source: str) -> Confusions:
    """The model of a reader, from reads whose truth is known. Raises BadModel when there are none."""
    told = [one for one in triples if shape_of(one.truth) is not None]
    if not told:
        raise BadModel("no read with a plate as its truth")
    pairs: defaultdict[str, Counter[str]] = defaultdict(Counter)
    regions: Counter[bool] = Counter()
    digits: Counter[bool] = Counter()
    for one in told:
        truth, read = shape_of(one.truth), shape_of(one.read)
        if truth is None or read is None or truth.form != read.form:
            continue
        if truth.region:
            regions[not read.region] += 1
        if len(truth.class_no) == 3:
            digits[len(read.class_no) == 2] += 1
        for true_sign, read_sign in aligned(truth, read):
            pairs[true_sign][read_sign] += 1
    wrong = {
        truth: {read: round(count / said.total(), 7) for read, count in said.items() if read not in (truth, "?")}
        for truth, said in sorted(pairs.items())
    }
    usual = round((sum(map(_is_right, told)) + SMOOTHING) / (len(told) + 2 * SMOOTHING), 6)
    return Confusions(
        source, len(told), usual, wrong, _calibration(told), _automatic_from(told), _share(regions), _share(digits)
    )


def aligned(truth: Shape, read: Shape) -> list[tuple[str, str]]:
    """Sign beside sign; the region is one sign; a class number that lost its first digits is compared from behind."""
    found = [(truth.region, read.region)] if truth.region and read.region else []
    found += list(zip(reversed(truth.class_no), reversed(read.class_no), strict=False))
    if len(truth.serial) == len(read.serial):
        found += zip(truth.serial, read.serial, strict=True)
    return [*found, (truth.letter, read.letter)] if truth.letter and read.letter else found


def _share(counted: Counter[bool]) -> float:
    return round((counted[True] + SMOOTHING) / (counted.total() + 2 * SMOOTHING), 6)


def _is_right(one: Told) -> bool:
    """Every sign that was read is right. A lost region is counted apart: no rule trusts a read that may lack one."""
    truth = shape_of(one.truth)
    return one.read == one.truth or (truth is not None and one.read == truth.core)


def _calibration(told: list[Told]) -> tuple[tuple[float, float], ...]:
    """Bins of about as many reads each; neighbours that fall are pooled: more confidence never means less."""
    ordered = sorted(told, key=lambda one: one.confidence)
    size = -(-len(ordered) // BINS)
    pooled: list[_Bin] = []
    for start in range(0, len(ordered), size):
        part = ordered[start : start + size]
        pooled.append(_Bin(part[0].confidence, sum(map(_is_right, part)), len(part)))
        while len(pooled) > 1 and (pooled[-2].share >= pooled[-1].share or pooled[-2].start == pooled[-1].start):
            last = pooled.pop()
            pooled[-1] = _Bin(pooled[-1].start, pooled[-1].right + last.right, pooled[-1].reads + last.reads)
    return tuple((round(one.start, 6), round(one.share, 6)) for one in pooled)


class _Bin(NamedTuple):
    start: float
    right: int
    reads: int

    @property
    def share(self) -> float:
        return (self.right + SMOOTHING) / (self.reads + 2 * SMOOTHING)


def _automatic_from(told: list[Told]) -> float:
    spared = int(MOST_WRONG_BUT_SURE * len(told))
    if not spared:  # fewer than 5,000 checked reads can't show so rare a thing
        return NEVER
    wrong = sorted((one.confidence for one in told if not _is_right(one)), reverse=True)
    return round(wrong[spared] + 1e-6, 6) if spared < len(wrong) else 0.0


def dumps(model: Confusions) -> str:
    facts = {name: getattr(model, name) for name in Confusions.__dataclass_fields__}
    return orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode()


def loads(text: str | bytes) -> Confusions:
    """A model from its JSON. Raises BadModel naming the part."""
    try:
        given: dict[str, Any] = orjson.loads(text)
        model = Confusions(**given | {"right": tuple((float(start), float(share)) for start, share in given["right"])})
        _check(model)
    except BadModel:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadModel(f"not a confusion model: {error}") from error
    return model


def _check(model: Confusions) -> None:
    for truth, said in model.wrong.items():
        if not all(0 <= share <= 1 for share in said.values()) or sum(said.values()) > 1.000001:
            raise BadModel(f"wrong[{truth}]: probabilities lie between 0 and 1 and add up to 1 at most")
    rising = list(model.right) == sorted(model.right)
    if not model.right or not rising or any(not 0 < share < 1 for _, share in model.right):
        raise BadModel("right: pairs of confidence and share, rising, shares above 0 and below 1")
    for name in ("usual_share", "region_lost", "digit_lost"):
        if not 0 < getattr(model, name) < 1:
            raise BadModel(f"{name}: a share above 0 and below 1")
    if not model.reads > 0 or not model.automatic_from >= 0:
        raise BadModel("reads, automatic_from: not below 0")


def shipped() -> Confusions:
    """The model that comes with the program."""
    return loads(files("server.plates").joinpath("confusions.json").read_text(encoding="utf-8"))
