"""Many reads in one text: looked at all at once, without an object for each; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from server.plates.grammar import DIPLOMATIC, LETTERS, REGIONS, RENTED, TEMPORARY, UNKNOWN

Numbers = np.ndarray[Any, Any]

PLAIN = f"0123456789{LETTERS}{''.join((*REGIONS, *DIPLOMATIC, RENTED, TEMPORARY))}"
"""The signs of most plates. A plate with another one has a sign misread, or is an old motorcycle's."""
PLACES = 16
"""Signs of the longest plate's text, and two more."""
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
_QUOTE = ord('"')
_PADDING = bytes(2 * PLACES)
_ODD, _STRANGE, _SHORT = 1, 2, 3
_KIND_OF = np.full(2**16, _ODD, dtype=np.uint8)
_KIND_OF[ord("가") : ord("힣") + 1] = _STRANGE
_KIND_OF[ord(UNKNOWN)] = _STRANGE
_KIND_OF[[*map(ord, PLAIN)]] = 0
_KIND_OF[ord(TEMPORARY[0])] = _SHORT  # for 임시, unless it is that
_COMMA, _ZERO, _TEN = ord(","), np.uint16(ord("0")), np.uint16(10)
_REST = ord(TEMPORARY[1])
_FACTORS = np.random.default_rng(26).integers(1, 2**63, size=PLACES // 4, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_KEPT = np.array(
    [[(1 << 16 * min(max(size - 4 * word, 0), 4)) - 1 for word in range(PLACES // 4)] for size in range(PLACES + 1)],
    dtype=np.uint64,
)


class Marks(NamedTuple):
    """Rows, with repeats. `odd`: may be spelled another way, or isn't a plate at all. `strange`: spelled as plates are
    compared, with an unread sign or one that most plates don't have."""

    odd: Numbers
    strange: Numbers


class Texts:
    """`array` is a JSON array of texts without white space or escapes; text n lies from `starts[n]` to `ends[n]`."""

    def __init__(self, array: str, starts: Numbers, ends: Numbers, units: bytes) -> None:
        self._array, self._starts, self._ends, self._units = array, starts, ends, units

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, place: int) -> str:
        return self._array[self._starts[place] : self._ends[place]]

    @cached_property
    def _words(self) -> Numbers:
        """The first PLACES signs of each, four in a word, 0 after its end."""
        padded = self._units + _PADDING
        shape = ((len(padded) - 2 * PLACES) // 2 + 1,)
        windows = np.ndarray(shape, dtype=f"V{2 * PLACES}", buffer=padded, strides=(2,))
        words: Numbers = windows[self._starts].view("<u8").reshape(-1, PLACES // 4)
        words &= _KEPT[np.minimum(self._ends - self._starts, PLACES)]
        return words

    @cached_property
    def hashes(self) -> Numbers:
        """64 bits of the first PLACES signs of each text."""
        found: Numbers = self._words[:, 0] * _FACTORS[0]
        for word in range(1, PLACES // 4):  # a column at a time: numpy is slow in lines of four
            found ^= self._words[:, word] * _FACTORS[word]
        found ^= found >> np.uint64(32)
        return found

    def codes(self, rows: Numbers) -> Numbers:
        """A line of signs for each row, 0 after its end."""
        longest = int((self._ends[rows] - self._starts[rows]).max(initial=1))
        return self._words[rows].view("<u2")[:, : min(longest, PLACES)]

    @cached_property
    def marks(self) -> Marks:
        units = np.frombuffer(self._units, dtype="<u2")
        # Most signs are digits. A comma, which no plate is spelled with, need not be told from the array's own.
        marked = np.flatnonzero((units - _ZERO >= _TEN) & (units != _QUOTE) & (units != _COMMA))[1:-1]
        kinds = _KIND_OF[units[marked]]
        short = marked[kinds == _SHORT]
        odd = np.concatenate((marked[kinds == _ODD], short[units[short + 1] != _REST]))
        too_long = np.flatnonzero(self._ends - self._starts > PLACES)
        return Marks(np.concatenate((self._rows(odd), too_long)), self._rows(marked[kinds == _STRANGE]))

    def _rows(self, at: Numbers) -> Numbers:
        return np.searchsorted(self._starts, at, side="right") - 1


def texts_of(texts: Sequence[str]) -> Texts:
    array = '["' + '","'.join(texts) + '"]' if texts else "[]"
    if array.count('"') != 2 * len(texts) or _BEYOND.search(array):
        return texts_of([_BEYOND.sub(_compatible, text).replace('"', "'") for text in texts])
    sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    ends = np.fromiter(accumulate(sizes + 3), dtype=np.int64, count=len(texts)) - 1
    return Texts(array, ends - sizes, ends, array.encode("utf-16-le", "surrogatepass"))


def texts_in(array: str) -> Texts | None:
    """None: not an array of texts, or one with signs beyond the first 65,536."""
    units = array.encode("utf-16-le", "surrogatepass")
    quotes = np.flatnonzero(np.frombuffer(units, dtype="<u2") == _QUOTE)
    starts, ends = quotes[0::2] + 1, quotes[1::2]
    if len(starts) != len(ends) or len(units) != 2 * len(array):
        return None
    if not len(starts):
        return Texts(array, starts, ends, units) if array == "[]" else None
    is_plain = starts[0] == 2 and ends[-1] == len(array) - 2 and bool((starts[1:] - ends[:-1] == 3).all())
    return Texts(array, starts, ends, units) if is_plain else None


def _compatible(sign: re.Match[str]) -> str:
    """What it is in plain signs, as a plate's spelling takes it; unread when it is none."""
    plain = unicodedata.normalize("NFKC", sign[0])
    return UNKNOWN if _BEYOND.search(plain) else plain
