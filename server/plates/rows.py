"""Readers' batches in rows: a JSON array or JSON lines → the same batch as from columns; pure.

`{"camera": "c-17", "at": "2026-11-23T00:00:00.120Z", "plate": "12가3456", "confidence": 0.98, "lines": 1, "picture":
"…"}`; the last three may be missing. Up to 1,000 of them. A picture is the base64 of a JPEG or PNG.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import numpy as np
import orjson

from server.plates.reads import BadBatch, Batch, batch_of, decode_faultless

MOST_ROWS = 1_000
MOST_VALUES = 100_000
"""In one body: ten thousand reads in columns have fewer, a thousand rows as well."""
_LINE = re.compile(rb"[^\r\n]+")
_FIELDS = {"camera": str, "at": str, "plate": str}


def decode_any(body: bytes) -> Batch:
    """Columns, an array or lines. Raises BadBatch."""
    text = body.strip()
    if len(text) > MOST_VALUES:
        _check_few(text)
    if text.startswith(b"["):
        return batch_of_rows(_parsed(text))
    if not text.startswith(b"{"):
        raise BadBatch("body", "JSON 배열이나 줄을 보내 주세요.", "Send a JSON array, lines or columns.", "")
    if (found := decode_faultless(text)) is not None:
        return found
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError:
        lines = (found[0] for found in _LINE.finditer(text) if not found[0].isspace())
        return batch_of_rows([_parsed(line) for line in islice(lines, MOST_ROWS + 1)])
    return batch_of(given) if "plates" in given else batch_of_rows([given])


def _check_few(text: bytes) -> None:
    """Before anything of it is built: a parser holds up the whole process. Raises BadBatch."""
    signs = np.frombuffer(text, dtype=np.uint8)
    of = {sign: int(np.count_nonzero(signs == ord(sign))) for sign in ",[{\n\r"}
    count = max(of[","] + of["["] + of["{"], of["\n"], of["\r"])
    if count > MOST_VALUES:
        raise BadBatch("body", f"값이 {MOST_VALUES}개를 넘습니다. 나눠 보내 주세요.",
                       f"More than {MOST_VALUES} values: send several batches.", count)  # fmt: skip


def _parsed(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadBatch("body", "JSON이 아닙니다.", f"Not JSON: {error.msg}", "") from None


def batch_of_rows(rows: Any) -> Batch:
    """Raises BadBatch naming row and field."""
    if len(rows) > MOST_ROWS:
        raise BadBatch("body", f"한 번에 {MOST_ROWS}건까지입니다.", f"{MOST_ROWS} reads at most.", len(rows))
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise BadBatch(f"[{number}]", "객체여야 합니다.", "Has to be an object.", type(row).__name__)
        for field, sort in _FIELDS.items():
            if not isinstance(row.get(field), sort):
                raise BadBatch(f"[{number}].{field}", "글자여야 합니다.", "Has to be a text.", type(row.get(field)))
    times = [instant(row["at"], f"[{number}].at") for number, row in enumerate(rows)]
    begin = min(times, default=datetime(2000, 1, 1, tzinfo=UTC))
    cameras = list(dict.fromkeys(row["camera"] for row in rows))
    number_of = {camera: number for number, camera in enumerate(cameras)}
    columns: dict[str, Any] = {
        "cameras": cameras,
        "camera": [number_of[row["camera"]] for row in rows],
        "from": begin.isoformat(),
        "after_ms": [round((at - begin).total_seconds() * 1000) for at in times],
        "plates": [row["plate"] for row in rows],
        "confidences": [row.get("confidence") for row in rows],
    }
    if any("lines" in row for row in rows):
        columns["two_lines"] = [number for number, row in enumerate(rows) if row.get("lines") == 2]
    pictures = {number: row["picture"] for number, row in enumerate(rows) if row.get("picture") is not None}
    for number, picture in pictures.items():
        if not isinstance(picture, str):
            shown = type(picture).__name__
            raise BadBatch(f"[{number}].picture", "base64 글자여야 합니다.", "Has to be base64 text.", shown)
    return batch_of(columns)._replace(pictures=pictures)


def instant(text: str, field: str) -> datetime:
    """An aware instant. Raises BadBatch."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None and at.year > 1970:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    ko, en = "2026-03-01T16:05:00+09:00처럼 써 주세요.", "Write it with its offset: 2026-03-01T16:05:00+09:00."
    raise BadBatch(field, ko, en, text)
