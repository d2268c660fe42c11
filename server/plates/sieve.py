"""Which of many reads can't be wanted plates, nor one sign away from one: a bitmap of hashes, all at once; pure.

A text's hash is the sum of its signs' codes, each times the number of its place, so a text with one sign left open is
its sum with that one term exchanged. The bitmap knows the hashes of what is looked for; a bit that isn't set says
surely no. About 16 MB; with 100,000 plates every hundred-and-fortieth bit is set, which costs a look and no error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

SPAN_BITS = 27
PLACES = 16
_AT = np.random.default_rng(27).integers(1, 2**63, size=PLACES, dtype=np.uint64) | np.uint64(1)
_OPEN = np.random.default_rng(28).integers(1, 2**63, size=PLACES, dtype=np.uint64)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(64 - SPAN_BITS)
_END = "\0"

Numbers = np.ndarray[Any, Any]


class Signs(NamedTuple):
    """Texts as numbers: code and place of each sign, the row and the term that it adds, and each text's sum."""

    codes: Numbers
    places: Numbers
    rows: Numbers
    starts: Numbers
    terms: Numbers
    sums: Numbers


def signs_of(texts: Sequence[str]) -> Signs | None:
    """None when a text holds the sign that ends them here."""
    joined = _END.join(texts) + _END
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    ends = np.flatnonzero(codes == 0)
    if len(ends) != len(texts):
        return None
    starts = np.concatenate(([0], ends[:-1] + 1))
    rows = np.repeat(np.arange(len(texts)), ends - starts + 1)
    places = np.minimum(np.arange(len(codes)) - starts[rows], PLACES - 1)
    terms = codes * _AT[places]
    return Signs(codes, places, rows, starts, terms, np.add.reduceat(terms, starts))


class Sieve:
    """Texts may be added at any time; to take some out, build another."""

    def __init__(self) -> None:
        self._bits = np.zeros(2 ** (SPAN_BITS - 3), dtype=np.uint8)

    def add(self, texts: Sequence[str], known: Sequence[str] = ()) -> None:
        """`texts` are found with one sign changed, or both of a region; those and `known` as they are."""
        if signs := signs_of(texts):
            self._set(signs.sums)
            self._set(_opened(signs, signs.rows))
            self._set(_without_region(signs, np.arange(len(signs.sums))))
        if known and (others := signs_of(known)):
            self._set(others.sums)

    def known(self, signs: Signs) -> Numbers:
        """Of each text, whether it may be one of them."""
        return self._has(signs.sums)

    def near(self, signs: Signs, among: Numbers) -> Numbers:
        """Of each text, whether it may be one sign away from one of them; asked only for `among` (true or false)."""
        chosen = np.flatnonzero(among[signs.rows] & (signs.codes != 0))
        rows = signs.rows[chosen]
        opened = signs.sums[rows] - signs.terms[chosen] + _OPEN[signs.places[chosen]]
        found = np.zeros(len(signs.sums), dtype=bool)
        found[rows[self._has(opened)]] = True
        regional = np.flatnonzero(among & (signs.codes[signs.starts] > 0xAC00))
        found[regional[self._has(_without_region(signs, regional))]] = True
        return found

    def _set(self, sums: Numbers) -> None:
        at = (sums * _MIX) >> _SHIFT
        np.bitwise_or.at(self._bits, at >> np.uint64(3), np.uint8(1) << (at & np.uint64(7)).astype(np.uint8))

    def _has(self, sums: Numbers) -> Numbers:
        at = (sums * _MIX) >> _SHIFT
        found: Numbers = (self._bits[at >> np.uint64(3)] >> (at & np.uint64(7)).astype(np.uint8)) & np.uint8(1) > 0
        return found


def _opened(signs: Signs, rows: Numbers) -> Numbers:
    opened: Numbers = (signs.sums[rows] - signs.terms + _OPEN[signs.places])[signs.codes != 0]
    return opened


def _without_region(signs: Signs, rows: Numbers) -> Numbers:
    """Sums with the first two signs open, for texts that begin with a region."""
    first = signs.starts[rows]
    second = np.minimum(first + 1, len(signs.terms) - 1)
    opened: Numbers = signs.sums[rows] - signs.terms[first] - signs.terms[second] + _OPEN[0] + _OPEN[1]
    return opened
