"""Which of many reads can't be wanted plates, nor one sign away from one: bitmaps of hashes, all at once; pure.

A text is looked for in two bits of a bitmap that holds those of what is wanted: one that isn't set says surely no.
For one sign away a text's hash is the sum of its signs' codes, each times the number of its place, so that with one
sign left open it is the sum with that one term exchanged. About 200 bytes a plate, 10 MB at most; with 100,000 plates
one read of some 2,000 passes for nothing, which costs a look and no error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from server.plates.texts import PLACES, Numbers, Texts, texts_of

KNOWN_BITS, OPENED_BITS = 24, 26  # spans, at most
KNOWN_EACH, OPENED_EACH = 168, 671  # bits for each plate: what 100,000 have then
_AT = np.random.default_rng(27).integers(1, 2**63, size=PLACES, dtype=np.uint64) | np.uint64(1)
_OPEN = np.random.default_rng(28).integers(1, 2**63, size=PLACES, dtype=np.uint64)
_MIX, _MIX_AGAIN = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_FIRST_SYLLABLE = 0xAC00


class _Bits:
    """Two of 2 ** `span` bits for each number."""

    def __init__(self, span: int) -> None:
        self._bits = np.zeros(2 ** (span - 3), dtype=np.uint8)
        self._shift = np.uint64(64 - span)

    def set(self, numbers: Numbers) -> None:
        for mix in (_MIX, _MIX_AGAIN):
            at = (numbers * mix) >> self._shift
            np.bitwise_or.at(self._bits, at >> np.uint64(3), np.uint8(1) << (at & np.uint64(7)).astype(np.uint8))

    def places_of(self, numbers: Numbers) -> Numbers:
        """Of those that may be among them."""
        found = np.flatnonzero(self._has(numbers, _MIX))
        return found[self._has(numbers[found], _MIX_AGAIN)]

    def _has(self, numbers: Numbers, mix: np.uint64) -> Numbers:
        at = (numbers * mix) >> self._shift
        found: Numbers = (self._bits[at >> np.uint64(3)] >> (at & np.uint64(7)).astype(np.uint8)) & np.uint8(1) > 0
        return found


class Sieve:
    """Texts may be added at any time, `room` in all: more let more through. To take some out, build another."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._known = _Bits(min((room * KNOWN_EACH).bit_length(), KNOWN_BITS))
        self._opened = _Bits(min((room * OPENED_EACH).bit_length(), OPENED_BITS))

    def add(self, texts: Sequence[str], known: Sequence[str] = ()) -> None:
        """`texts` are found with one sign changed, or both of a region; those and `known` as they are."""
        self._known.set(texts_of([*texts, *known]).hashes)
        for numbers, _, _ in _opened(texts_of(texts), np.arange(len(texts))):
            self._opened.set(numbers)

    def known(self, texts: Texts) -> Numbers:
        """The places of those that may be one of them."""
        return self._known.places_of(texts.hashes)

    def near(self, texts: Texts, rows: Numbers) -> Numbers:
        """Those of `rows`, with repeats, that may be one sign away from one of them."""
        found = [rows[at[self._opened.places_of(sums)] // width] for sums, at, width in _opened(texts, rows)]
        return np.concatenate(found)


def _opened(texts: Texts, rows: Numbers) -> Iterator[tuple[Numbers, Numbers, int]]:
    """Sums with one sign open, and with both of a region; where each comes from: ÷ the last, its place in `rows`."""
    codes = texts.codes(rows)
    terms = codes * _AT[: codes.shape[1]]
    sums = terms.sum(axis=1, dtype=np.uint64)
    at = np.flatnonzero(codes)
    yield (sums[:, None] - terms + _OPEN[: codes.shape[1]]).ravel()[at], at, codes.shape[1]
    regional = np.flatnonzero(codes[:, 0] >= _FIRST_SYLLABLE)
    yield sums[regional] - terms[regional, :2].sum(axis=1) + _OPEN[0] + _OPEN[1], regional, 1
