"""Reads against the wanted list: a hit that may act, a candidate for a person, or nothing that leaves a trace; pure.

**Exact** is automatic. It needs all of: the same plate, sign by sign, with its region where it has one; every sign
read; the reader's own confidence at or above the model's `automatic_from` (a reader that tells none is never
automatic); and no read of two lines without a region, which may be half of another car's plate. **Near** is for a
person, never automatic: everything else that is more likely than `near_from` the wanted vehicle.

Likelihood: a wanted vehicle is on the road, another number is with probability `OCCUPANCY`. A vehicle with other signs
weighs as much as the model says that they look alike, times what the reader's confidence tells (`_doubt`); missing
signs, and a missing region, are shared among all that would complete them. So a sharply read innocent plate one sign
beside a wanted one is nothing (1 of 20 reads is that), and a blurred one is worth a look.

The index is plain dictionaries: an entry added, changed or removed counts for the next read. It finds wanted plates
that agree with the read in two of three parts (front, letter and first digit, last three digits). Found are plates
with any one wrong or unread sign, a lost or wrong region, a lost first digit; not those with two wrong signs or with a
digit of the serial number lost. For batches a sieve tells first which reads are worth a look at all.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isnan
from operator import ne
from typing import Literal, NamedTuple

import numpy as np

from server.plates.confusion import Confusions
from server.plates.grammar import (
    LETTERS,
    LONGEST,
    OLD,
    PRIVATE,
    REGIONS,
    RENTAL,
    RENTED,
    UNKNOWN,
    BadPlate,
    Plate,
    Shape,
    plate_of,
    shape_of,
    spell,
)
from server.plates.reads import Confidences
from server.plates.sieve import Sieve
from server.plates.texts import PLAIN, Texts

OCCUPANCY = 0.2
"""Share of the lawful numbers that are on a vehicle: 26 million vehicles, about 130 million numbers given out [M]."""
NEAR_FROM = 0.1
ALIKE = 3  # regions that share a syllable: a garbled one is one of about so many
FEW = 64  # reads in a batch that are sooner matched one by one
STALE = 1000
ROOM = 64  # plates that the first sieve of a list is made for
DISTRICTS = 230  # cities, counties and districts that gave out motorcycles' plates

_ODD = re.compile(f"[^{PLAIN}]")
_COMMON = re.compile(f"(?:[1-9][0-9]{{1,2}}|0[1-9])[{PRIVATE}](?!0000)[0-9]{{4}}")

_NEVER = datetime.max.replace(tzinfo=UTC)

_Index = dict[str, tuple[str, ...]]

Because = Literal["same", "unsure", "lost_region", "unread_sign", "misread"]


class Read(NamedTuple):
    """What a reader sent. `confidence` 0 to 1 of the whole plate; `lines` of signs on it; None: it does not say."""

    text: str
    confidence: float | None = None
    lines: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A wanted plate. `expires_at` is aware; from then on it matches nothing."""

    entry_id: str
    plate: Plate
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Match:
    """`entries`: all that want this one plate. `probability` that it is on the vehicle; `because` says why the match
    is exact, or only near."""

    kind: Literal["exact", "near"]
    entries: tuple[Entry, ...]
    probability: float
    because: Because


class WantedList:
    """The entries of one center, found by any read of them."""

    def __init__(self, model: Confusions, entries: Iterable[Entry] = (), *, near_from: float = NEAR_FROM) -> None:
        self._model, self._near_from = model, near_from
        self._entries: dict[str, Entry] = {}
        self._wanting: dict[str, tuple[Entry, ...]] = {}
        self._watched: _Index = {}  # a plate's text, and that without its region → plates' texts
        self._parts: _Index = {}
        self._sieve, self._stale = Sieve(ROOM), 0
        self._soonest = _NEVER  # when the next one runs out, or sooner
        self.sure_from = self._sure_from()
        for entry in entries:
            self._index(entry)
        self._fill()

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: Entry) -> None:
        """Counts from the next read on. An entry of the same id is replaced."""
        self._index(entry)
        if len(self._wanting) + self._stale > self._sieve.room:
            self._fill()
        else:
            self._sieve.add([entry.plate.text], _known(entry.plate))

    def remove(self, entry_id: str) -> bool:
        """Whether it was there."""
        entry = self._entries.pop(entry_id, None)
        if entry is None:
            return False
        text = entry.plate.text
        if left := tuple(one for one in self._wanting[text] if one is not entry):
            self._wanting[text] = left
            return True
        del self._wanting[text]
        for index, key in _keys(entry.plate, self._watched, self._parts):
            if others := tuple(one for one in index[key] if one != text):
                index[key] = others
            else:
                del index[key]
        self._stale += 1
        if self._stale > STALE + len(self._wanting):
            self._fill()
        return True

    def _index(self, entry: Entry) -> None:
        self.remove(entry.entry_id)
        self._entries[entry.entry_id] = entry
        self._soonest = min(self._soonest, entry.expires_at)
        text = entry.plate.text
        if text not in self._wanting:
            for index, key in _keys(entry.plate, self._watched, self._parts):
                index[key] = (*index.get(key, ()), text)
        self._wanting[text] = (*self._wanting.get(text, ()), entry)

    def _fill(self) -> None:
        """What the sieve lets through for plates that are no longer wanted costs time, and nothing else."""
        self._sieve, self._stale = Sieve(max(ROOM, 2 * len(self._wanting))), 0
        plates = [entries[0].plate for entries in self._wanting.values()]
        if plates:
            known = [text for plate in plates for text in _known(plate)]
            self._sieve.add([plate.text for plate in plates], known)

    def expire(self, now: datetime) -> list[Entry]:
        """Takes out, and returns, what has run out. Nothing matches it since then anyway: this frees its place."""
        if now < self._soonest:
            return []
        gone = [entry for entry in self._entries.values() if entry.expires_at <= now]
        for entry in gone:
            self.remove(entry.entry_id)
        self._soonest = min((entry.expires_at for entry in self._entries.values()), default=_NEVER)
        return gone

    def match(self, read: Read, now: datetime) -> Match | None:
        """The likeliest wanted vehicle of a read in any spelling."""
        text = spell(read.text[:LONGEST])
        is_sure = read.confidence is not None and read.confidence >= self.sure_from
        if is_sure and text not in self._watched and not _ODD.search(text):
            return None
        return self._judge(text, read.confidence, read.lines, now)

    def scan(
        self, texts: Texts, confidences: Confidences, now: datetime, two_lines: Container[int] | None = None
    ) -> list[tuple[int, Match]]:
        """The matches among many reads, with their places: the same as `match` on each. `confidences`: NaN
        where the reader told none; `two_lines`: the places of the plates with two lines, None when it doesn't say."""
        found = []
        for at in self._worth_a_look(texts, confidences):
            lines = None if two_lines is None else 1 + (at in two_lines)
            sure = float(confidences[at])
            match = self.match(Read(texts[at], None if isnan(sure) else sure, lines), now)
            if match is not None:
                found.append((at, match))
        return found

    def _worth_a_look(self, texts: Texts, confidences: Confidences) -> Iterable[int]:
        """A superset of the places at which `match` finds anything."""
        if len(texts) < FEW:
            return range(len(texts))
        look = np.zeros(len(texts), dtype=bool)
        look[self._sieve.known(texts)] = True
        look[texts.marks.odd] = True
        is_doubtful = ~(confidences >= self.sure_from)  # NaN too
        is_doubtful[texts.marks.strange] = True
        look[self._sieve.near(texts, np.flatnonzero(is_doubtful & ~look))] = True
        return np.flatnonzero(look).tolist()

    def _judge(self, text: str, confidence: float | None, lines: int | None, now: datetime) -> Match | None:
        """`text` is spelled."""
        candidates = self._candidates(text)
        if not candidates or self._is_somebody_elses(text, candidates, confidence):
            return None
        shape = shape_of(text)
        if shape is None:
            return None
        plate = _lawful(shape)
        standing = {text: entries for text in candidates if (entries := self._standing(text, now))}
        if text in standing and plate is not None and plate.is_whole and self._is_automatic(shape, confidence, lines):
            return Match("exact", standing[text], self._model.right_share(confidence or 0.0), "same")
        return self._near(standing, shape, plate, self._doubt(confidence))

    def _candidates(self, text: str) -> list[str]:
        """Wanted plates that the read may be: itself, or with one wrong sign, another region, a lost one, a lost first
        digit."""
        found = [*self._watched.get(text, ())]
        size = len(text)
        for key in _parts(text):
            for wanted in self._parts.get(key, ()):
                if len(wanted) != size:
                    is_like = wanted[1:] == text
                else:
                    is_like = wanted[2:] == text[2:] or sum(map(ne, wanted, text)) == 1
                if is_like:
                    found.append(wanted)
        return found

    def _is_somebody_elses(self, text: str, candidates: list[str], confidence: float | None) -> bool:
        """Whether a plate of the commonest kind looks so little like the wanted ones, each with one other sign, that
        `_near` would say nothing: the same weights, without what can only lessen them."""
        if not _COMMON.fullmatch(text):
            return False
        total = 0.0
        for wanted in candidates:
            differing = [pair for pair in zip(wanted, text, strict=False) if pair[0] != pair[1]]
            if len(wanted) != len(text) or len(differing) != 1:
                return False
            total += self._model.odds(*differing[0])
        total *= self._doubt(confidence)
        return total < self._near_from * (OCCUPANCY + total)

    def _standing(self, text: str, now: datetime) -> tuple[Entry, ...]:
        return tuple(entry for entry in self._wanting[text] if entry.expires_at > now)

    def _is_automatic(self, shape: Shape, confidence: float | None, lines: int | None) -> bool:
        if confidence is None or confidence < self._model.automatic_from:
            return False
        return bool(shape.region) or lines != 2 or shape.form != "car"

    def _near(
        self, standing: dict[str, tuple[Entry, ...]], shape: Shape, plate: Plate | None, doubt: float
    ) -> Match | None:
        explained = {text: self._weight(entries[0].plate.shape, shape, doubt) for text, entries in standing.items()}
        total = sum(weight for weight, _ in explained.values())
        if not total:
            return None
        open_places = _completions(shape)
        is_innocent = plate is not None and plate.is_whole and shape.text not in explained
        others = is_innocent + open_places - 1 + open_places * doubt * self._resemblance(shape)
        wanted, (weight, because) = max(explained.items(), key=lambda one: one[1][0])
        probability = weight / (OCCUPANCY * others + total)
        return Match("near", standing[wanted], probability, because) if probability >= self._near_from else None

    def _resemblance(self, shape: Shape) -> float:
        """How much likelier than what was read it is that one of the signs is another. A letter that no such plate
        has is the wrong one."""
        is_lawful = len(shape.letter) > 1 or shape.letter in LETTERS or (shape.region and shape.letter in OLD)
        signs = shape.core if is_lawful or shape.letter == UNKNOWN else shape.letter
        return sum(self._model.weight_of_others(sign) for sign in signs if sign != UNKNOWN)

    def _weight(self, truth: Shape, read: Shape, doubt: float) -> tuple[float, Because]:
        """How much the wanted plate explains the read; 0 when it can't."""
        if truth.form != read.form or len(truth.serial) != len(read.serial):
            return 0.0, "misread"
        region = self._region_weight(truth.region, read.region, doubt, read.lacks_region)
        signs = self._class_weight(truth.class_no, read.class_no) * self._sign(truth.letter, read.letter)
        for true_sign, read_sign in zip(truth.serial, read.serial, strict=True):
            if signs == 0.0:
                break
            signs *= self._sign(true_sign, read_sign)
        if signs != 1.0:
            return region * signs * doubt, "misread"
        if truth.region != read.region:
            return region, "lost_region" if not read.region else "misread"
        return region, "unread_sign" if UNKNOWN in read.text else "unsure"

    def _sign(self, truth: str, read: str) -> float:
        return 1.0 if truth == read or read == UNKNOWN else self._model.odds(truth, read)

    def _class_weight(self, truth: str, read: str) -> float:
        weight = 1.0
        if len(truth) != len(read):
            if len(truth) != 3 or len(read) != 2:
                return 0.0
            weight, truth = self._model.digit_lost, truth[1:]
        for true_sign, read_sign in zip(truth, read, strict=True):
            weight *= self._sign(true_sign, read_sign)
        return weight

    def _region_weight(self, truth: str, read: str, doubt: float, is_due: bool) -> float:
        if truth == read:
            return 1.0
        if not truth:
            return 0.0
        if not read:
            return 1.0 if is_due else self._model.region_lost
        if read in REGIONS:
            return self._model.odds(truth, read) * doubt
        return float(len(truth) == len(read) and any(map(str.__eq__, truth, read)))

    def _doubt(self, confidence: float | None) -> float:
        """How much likelier than usual a wrong sign is; 1 for a reader that does not say."""
        if confidence is None:
            return 1.0
        usual, right = self._model.usual_share, self._model.right_share(confidence)
        return (1 - right) / right * usual / (1 - usual)

    def _sure_from(self) -> float:
        """The confidence from which no lawfully read plate can be another one, near enough for a person."""
        model = self._model
        most = max((model.odds(truth, read) for truth, said in model.wrong.items() for read in said), default=0.0)
        for start, _ in reversed(model.right):
            weight = max(most, model.digit_lost) * self._doubt(start)
            if weight / (weight + OCCUPANCY) >= self._near_from:
                return next((later for later, _ in model.right if later > start), 2.0)
        return 0.0


def _lawful(shape: Shape) -> Plate | None:
    try:
        return plate_of(shape) if UNKNOWN not in shape.text else None
    except BadPlate:
        return None


def _known(plate: Plate) -> list[str]:
    """How it may be read with all signs right: without its region, without the first of three digits."""
    found = [plate.shape.core] if plate.region else []
    return [*found, plate.text[1:]] if len(plate.class_no) == 3 else found


def _keys(plate: Plate, watched: _Index, parts: _Index) -> Iterator[tuple[_Index, str]]:
    for key in {plate.text, plate.shape.core}:
        yield watched, key
    for key in _parts(plate.text):
        yield parts, key


def _parts(text: str) -> tuple[str, str, str]:
    """Any two of the three parts of a text, front, letter and first digit, last three digits."""
    return text[:-3], text[-5:], f"{text[:-5]}/{text[-3:]}"


def _completions(shape: Shape) -> int:
    """How many plates a read with missing signs, or a missing region, may be."""
    found = int(10 ** (shape.class_no + shape.serial).count(UNKNOWN))
    if shape.letter == UNKNOWN:
        found *= len(PRIVATE + RENTAL)
    if shape.region and shape.region.removesuffix(RENTED) not in ("", *REGIONS) and shape.form == "car":
        found *= ALIKE
    if shape.lacks_region:
        found *= len(REGIONS) * (DISTRICTS if shape.form == "motorcycle" else 1)
    return found
