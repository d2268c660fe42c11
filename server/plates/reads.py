"""Readers' batches: JSON bytes → columns, or what is wrong with them; pure.

`{"cameras": ["c-17", "c-18"], "camera": [0, 1, 1], "from": "2026-11-23T00:00:00Z", "after_ms": [0, 12, 950],
"plates": ["12가3456", …], "confidences": [0.98, …], "two_lines": [2]}`: a second of a city's readers. `camera` points
into `cameras`; a read was made `after_ms` after `from`; `confidences` may be missing or hold null; `two_lines` are the
places of the plates whose signs stand in two lines, and is missing when the reader can't tell. Columns, because they
are decoded several times faster than a list of objects; names and times are looked at only where a read matches.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import orjson

MOST = 10_000

Confidences = np.ndarray[Any, np.dtype[np.float64]]


class BadBatch(ValueError):
    """`field`, `ko`, `en`: where and what is wrong, and what to send; `shown` is the value, short."""

    def __init__(self, field: str, ko: str, en: str, shown: Any) -> None:
        super().__init__(f"{field}: {en}")
        self.field, self.ko, self.en, self.shown = field, ko, en, str(shown)[:80]


class Batch(NamedTuple):
    """Columns of one length, and what they point to. A confidence is NaN where the reader told none."""

    cameras: list[str]
    camera: list[int]
    begin: str
    after_ms: list[int]
    plates: list[str]
    confidences: Confidences
    two_lines: set[int] | None

    def camera_of(self, place: int) -> str:
        return self.cameras[self.camera[place]]


def decode(body: bytes) -> Batch:
    """Raises BadBatch."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadBatch("body", "JSON이 아닙니다.", f"Not JSON: {error}", body[:80]) from error
    if not isinstance(given, dict):
        raise BadBatch("body", "객체를 보내 주세요.", "Send an object of columns.", type(given).__name__)
    plates = _column(given, "plates", {str})
    count = len(plates)
    if count > MOST:
        raise BadBatch("plates", f"한 번에 {MOST}건까지 받습니다.", f"{MOST} reads at most: send several.", count)
    if not isinstance(given.get("from"), str):
        raise BadBatch("from", "시각이 없습니다.", "Say the time the batch begins at.", given.get("from"))
    confidences = _column(given, "confidences", {float, int, type(None)}, count) if "confidences" in given else None
    found = Batch(
        _column(given, "cameras", {str}),
        _column(given, "camera", {int}, count),
        given["from"],
        _column(given, "after_ms", {int}, count),
        plates,
        _shares(confidences, count),
        set(_column(given, "two_lines", {int})) if "two_lines" in given else None,
    )
    if count and not 0 <= min(found.camera) <= max(found.camera) < len(found.cameras):
        raise BadBatch("camera", "cameras의 자리 번호여야 합니다.", "Has to point into cameras.", max(found.camera))
    return found


def _shares(confidences: list[float | None] | None, count: int) -> Confidences:
    """Between 0 and 1, NaN for null: a reader that tells per cent would be believed in everything."""
    if confidences is None:
        return np.full(count, np.nan)
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
