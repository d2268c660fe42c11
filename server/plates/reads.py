"""Readers' batches: JSON bytes → columns, or what is wrong with them; pure.

`{"cameras": ["c-17", "c-18"], "camera": [0, 1, 1], "from": "2026-11-23T00:00:00Z", "after_ms": [0, 12, 950],
"plates": ["12가3456", …], "confidences": [0.98, …], "two_lines": [2]}`: a second of a city's readers. `camera` points
into `cameras`; a read was made `after_ms` after `from`; `confidences` may be missing or hold null; `two_lines` are the
places of the plates whose signs stand in two lines, and is missing when the reader can't tell. Columns, because they
are decoded several times faster than a list of objects; names and times are looked at only where a read matches.

A batch without a fault is read by simdjson straight into arrays, with no object for a read. Whatever it can't take so
is read again with orjson, and `batch_of` finds the fault and names it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import orjson
import simdjson

from server.plates.texts import Numbers, Texts, texts_in, texts_of

MOST = 10_000
_COLUMNS = ("cameras", "camera", "after_ms", "plates", "confidences", "two_lines")
_SHARE = {float, int, type(None)}
_MOST_NAMES = 32
_FAR = 2**62
_GAPS = b" -_.:/()'"  # plates are compared without them
_spare: list[simdjson.Parser] = []  # one keeps its memory; several only where threads decode
_WHITE = re.compile(rb"\\[nrt]")

Confidences = np.ndarray[Any, np.dtype[np.float64]]


class BadBatch(ValueError):
    """`field`, `ko`, `en`: where and what is wrong, and what to send; `shown` is the value, short."""

    def __init__(self, field: str, ko: str, en: str, shown: Any) -> None:
        super().__init__(f"{field}: {en}")
        self.field, self.ko, self.en, self.shown = field, ko, en, str(shown)[:80]


class Batch(NamedTuple):
    """Columns of one length, and what they point to. A confidence is NaN where the reader told none; `pictures`: base64
    by the read's place, as it came."""

    cameras: list[str]
    camera: Numbers
    begin: str
    after_ms: Numbers
    plates: Texts
    confidences: Confidences
    two_lines: set[int] | None
    pictures: Mapping[int, str] = MappingProxyType({})

    def camera_of(self, place: int) -> str:
        return self.cameras[int(self.camera[place])]


def decode_faultless(body: bytes) -> Batch | None:
    """None: something else than columns, or a fault, or a batch that has to be read closely."""
    try:
        parser = _spare.pop()
    except IndexError:
        parser = simdjson.Parser()
    found = _columns_of(parser, body)
    _spare.append(parser)
    return found


def _columns_of(parser: simdjson.Parser, body: bytes) -> Batch | None:
    try:
        given: Any = parser.parse(body)
        if len(given) > _MOST_NAMES:  # each is looked up along all before it
            return None
        columns = {name: given[name] for name in given if name in _COLUMNS}
        # A list within a list would be read as if it were none.
        is_flat = len(set(given)) == len(given) and len(body.split(b"[", len(columns) + 1)) == len(columns) + 1
        plates = _plates(columns["plates"].mini) if is_flat else None
        if plates is None:
            return None
        found = Batch(
            [*_names(columns["cameras"].mini)],
            _whole(columns["camera"]),
            given["from"],
            _whole(columns["after_ms"]),
            plates,
            _confidences(columns["confidences"]) if "confidences" in columns else np.full(len(plates), np.nan),
            set(_whole(columns["two_lines"]).tolist()) if "two_lines" in columns else None,
        )
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError):
        return None
    sizes = {len(found.camera), len(found.after_ms), len(found.confidences), len(plates)}
    is_right = len(sizes) == 1 and len(plates) <= MOST and type(found.begin) is str and _points(found)
    return found if is_right else None


@lru_cache(maxsize=32)
def _names(array: bytes) -> list[str]:
    """A reader names the same cameras in every batch. Raises ValueError, and nothing of what it can't take is kept."""
    return _column({"cameras": orjson.loads(array)}, "cameras", {str})


def _plates(array: bytes) -> Texts | None:
    """None: one of them is written with an escape."""
    if b"\\" in array:
        array = _WHITE.sub(b"", array)
        if b"\\" in array:
            return None
    return texts_in(array.translate(None, _GAPS).decode())


def _whole(column: Any) -> Numbers:
    return np.frombuffer(column.as_buffer(of_type="i"), dtype=np.int64)


def _confidences(column: Any) -> Confidences:
    try:
        shares = np.frombuffer(column.as_buffer(of_type="d"), dtype=np.float64)
    except TypeError:  # a null
        return _shares(_column({"confidences": column.as_list()}, "confidences", _SHARE))
    if not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError("confidences")
    return shares


def _points(batch: Batch) -> bool:
    """Whether every read names one of the cameras."""
    if not len(batch.camera):
        return True
    return bool(batch.camera.min() >= 0 and batch.camera.max() < len(batch.cameras))


def batch_of(given: dict[str, Any]) -> Batch:
    """Of columns as orjson reads them. Raises BadBatch."""
    plates = _column(given, "plates", {str})
    count = len(plates)
    if count > MOST:
        raise BadBatch("plates", f"한 번에 {MOST}건까지 받습니다.", f"{MOST} reads at most: send several.", count)
    if not isinstance(given.get("from"), str):
        raise BadBatch("from", "시각이 없습니다.", "Say the time the batch begins at.", given.get("from"))
    has_shares = "confidences" in given
    found = Batch(
        _column(given, "cameras", {str}),
        _numbers(given, "camera", count),
        given["from"],
        _numbers(given, "after_ms", count),
        texts_of(plates),
        _shares(_column(given, "confidences", _SHARE, count)) if has_shares else np.full(count, np.nan),
        set(_column(given, "two_lines", {int})) if "two_lines" in given else None,
    )
    if not _points(found):
        raise BadBatch("camera", "cameras의 자리 번호여야 합니다.", "Has to point into cameras.", found.camera.max())
    return found


def _numbers(given: dict[str, Any], field: str, count: int) -> Numbers:
    """Those that 64 bits can't hold are as far as these go."""
    return np.array([min(max(one, -_FAR), _FAR) for one in _column(given, field, {int}, count)], dtype=np.int64)


def _shares(confidences: list[float | None]) -> Confidences:
    """Between 0 and 1, NaN for null: a reader that tells per cent would be believed in everything."""
    shares = np.array(confidences, dtype=np.float64)
    if wrong := np.flatnonzero((shares < 0) | (shares > 1)).tolist():
        at = wrong[0]
        raise BadBatch(f"confidences[{at}]", "0에서 1 사이여야 합니다.", "Has to be from 0 to 1.", confidences[at])
    return shares


def _column(given: dict[str, Any], field: str, sorts: set[type], count: int | None = None) -> list[Any]:
    """`sorts`: what may be in it."""
    column = given.get(field)
    if not isinstance(column, list):
        raise BadBatch(field, "목록이어야 합니다.", "Has to be a list.", column)
    if not set(map(type, column)) <= sorts:
        at, wrong = next((at, one) for at, one in enumerate(column) if type(one) not in sorts)
        names = " or ".join(sorted("null" if one is type(None) else one.__name__ for one in sorts))
        raise BadBatch(f"{field}[{at}]", f"{names} 값이어야 합니다.", f"Has to be {names}.", wrong)
    if count is not None and len(column) != count:
        ko = f"plates와 길이가 같아야 합니다 ({count})."
        raise BadBatch(field, ko, f"Has to be as long as plates ({count}).", len(column))
    return column
