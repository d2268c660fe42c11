"""Recorded motion, row by row: `t,x,y,z` in seconds and m/s² with gravity, whatever the file looks like.

Files come from other people's loggers and spreadsheets: with a BOM, in UTF-16, with CRLF, semicolons or tabs, columns
in another order or without names, rows that are damaged, out of order or of another clock. What can be read is read, in
bounded memory however long the file is; what is passed over is told with its line. Only a file without a single sample,
or one that is no text, is a `BadTrace`.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

Sample = tuple[float, float, float, float]
"""`(t_s, x, y, z)`: seconds, m/s² with gravity."""
Row = tuple[float, int, Sample]
"""Time, line number, sample: in this order they sort by time and, where that is the same, as they stood."""
Told = Callable[[str], object]

COLUMNS = {
    "t": ("t", "t_s", "time", "time_s", "seconds"),
    "x": ("x", "ax", "acc_x"),
    "y": ("y", "ay", "acc_y"),
    "z": ("z", "az", "acc_z"),
}
LONGEST_LINE = 4096
MOST_SECONDS = 1e13
SORTABLE_BYTES = 16 * 1024 * 1024
"""Three hours at 50 Hz. A file that is not larger is put in order as a whole if it is none at all."""
NEAR = 32
"""So many rows wait for one that comes late."""
JUMP_S = 5.0
ENOUGH = 12
"""Rows that go on from a jump in time make it true; fewer are strays."""


class BadTrace(ValueError):
    """One sentence for a person: which file, which line, what to do."""


def read_samples(path: Path, *, refused: Told = lambda said: None) -> Iterator[Sample]:
    """Samples with rising times; where the clock of the recording jumped back they go on from there.

    `refused` hears one sentence for each row that is passed over. Raises BadTrace, at the latest at the end.
    """
    count, first_bad = 0, ""

    def pass_over(said: str) -> None:
        nonlocal first_bad
        first_bad = first_bad or said
        refused(said)

    with _opened(path) as file:
        rows: Iterable[Row] = _rows(path, file, pass_over)
        if _is_small(path):
            rows = list(rows)
            back = sum(after[0] < before[0] for before, after in zip(rows, rows[1:], strict=False))
            if back > len(rows) / 20 and back > 3:
                refused(f"{path}: the rows are in no order; they were sorted by t")
                rows.sort()
        for sample in _in_order(path, rows, pass_over):
            count += 1
            yield sample
    if not count:
        raise BadTrace(first_bad or f"{path}: line 2: no samples after the header; add one row per sample")


def _is_small(path: Path) -> bool:
    return path.is_file() and path.stat().st_size <= SORTABLE_BYTES


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        encoding = "utf-8-sig"
        if path.is_file():
            with path.open("rb") as raw:
                if raw.read(2) in (b"\xff\xfe", b"\xfe\xff"):
                    encoding = "utf-16"
        file = path.open(encoding=encoding, errors="replace")
    except FileNotFoundError:
        raise BadTrace(f"{path}: there is no such file; check the name") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise BadTrace(f"{path}: cannot be read ({why}); check the name and the rights") from None
    with file:
        try:
            yield file
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or error
            raise BadTrace(f"{path}: cannot be read to its end ({why}); copy it anew") from None


def _lines(path: Path, file: TextIO, told: Told) -> Iterator[tuple[int, str]]:
    """Numbered lines that hold something. A line without end costs no memory."""
    number, is_rest = 0, False
    while part := file.readline(LONGEST_LINE):
        is_whole = part.endswith("\n")
        if not is_rest:
            number += 1
            if not is_whole and len(part) == LONGEST_LINE:
                told(f"{path}: line {number}: longer than {LONGEST_LINE} characters; every row needs four values")
            elif (text := part.strip()) and not text.startswith("#"):
                yield number, text
        is_rest = not is_whole


def _rows(path: Path, file: TextIO, told: Told) -> Iterator[Row]:
    lines = _lines(path, file, told)
    number, first = next(lines, (0, ""))
    if not first:
        raise BadTrace(f"{path}: the file is empty; it needs a first line 't,x,y,z' and one row per sample")
    split = max(",;\t", key=first.count)
    names = [name.strip().strip('"').strip().lower() for name in first.split(split)]
    places = [next((names.index(name) for name in known if name in names), -1) for known in COLUMNS.values()]
    if -1 in places:
        if "\0" in first or "\N{REPLACEMENT CHARACTER}" in first or first.startswith("PK"):
            raise BadTrace(f"{path}: not UTF-8 text; save the recording as CSV in UTF-8")
        try:
            yield _row(path, number, first, split, [0, 1, 2, 3])
        except BadTrace:
            missing = list(COLUMNS)[places.index(-1)]
            raise BadTrace(f"{path}: line {number}: no column '{missing}'; the first line must be 't,x,y,z'") from None
        told(f"{path}: line {number}: no names of columns; read as t,x,y,z")
        places = [0, 1, 2, 3]
    for number, text in lines:
        try:
            yield _row(path, number, text, split, places)
        except BadTrace as error:
            told(str(error))


def _row(path: Path, line: int, text: str, split: str, places: list[int]) -> Row:
    parts = text.split(split)
    values = []
    for name, place in zip(COLUMNS, places, strict=True):
        if place >= len(parts):
            raise BadTrace(f"{path}: line {line}: {name} is missing; every row needs 4 values")
        word = parts[place].strip().strip('"')
        try:
            value = float(word.replace(",", ".") if split != "," else word)
        except ValueError:
            raise BadTrace(f"{path}: line {line}: {name} is '{word[:30]}'; write a number with a point") from None
        if not math.isfinite(value):
            raise BadTrace(f"{path}: line {line}: {name} is {word[:30]}; remove the row or give a finite number")
        values.append(value)
    t, x, y, z = values
    if abs(t) > MOST_SECONDS:
        raise BadTrace(f"{path}: line {line}: t is {t:g}; give seconds")
    return t, line, (t, x, y, z)


def _in_order(path: Path, rows: Iterable[Row], told: Told) -> Iterator[Sample]:
    """Rows that come a little late are put in their place, strays are passed over, a clock that jumped is followed."""
    waiting, strays = list[Row](), list[Row]()

    def drop() -> None:
        for t, line, _ in strays:
            way = "goes back" if t < waiting[0][0] else "jumps"
            told(f"{path}: line {line}: time {way} from {waiting[-1][0]} to {t}; the row is passed over")
        strays.clear()

    for row in rows:
        if not waiting or waiting[0][0] <= row[0] <= waiting[-1][0] + JUMP_S:
            drop()
            insort(waiting, row)
            if len(waiting) > NEAR:
                yield waiting.pop(0)[2]
            continue
        if strays and row[0] < strays[-1][0]:
            drop()
        strays.append(row)
        if len(strays) >= ENOUGH:
            yield from (sample for _, _, sample in waiting)
            waiting, strays = strays, []
    if strays and strays[0][0] > waiting[-1][0]:
        waiting, strays = waiting + strays, []
    drop()
    yield from (sample for _, _, sample in waiting)
