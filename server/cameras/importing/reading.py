"""A file of any dialect as one table: what it is, which column is which, and its rows with their line numbers.

What the file is called says nothing: a workbook begins with `PK` whatever its name. Rows are streamed and can be read
again; a workbook alone is held in memory by its reader.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from server.cameras.importing import sql_dump
from server.cameras.importing.columns import Columns, from_content, from_header, with_places
from server.cameras.importing.delimited import Record, delimiter_of, records
from server.cameras.importing.encoding import encoding_of
from server.cameras.importing.reasons import Unreadable
from server.cameras.importing.workbook import check_size

_HEADER_WITHIN = 30
_SAMPLE = 400
_MOST_LINE = 1 << 20
Opened = tuple[BinaryIO, io.TextIOWrapper]
_WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_NAMES = {",": "csv", "\t": "tsv", ";": "semicolon", "|": "pipe", "^": "caret"}


@dataclass
class Position:
    """How far a reading of the file has come, in bytes; for the progress bar."""

    done: int = 0
    size: int = 1


@dataclass(frozen=True)
class Table:
    """`kind`: csv, tsv, semicolon, pipe, caret, workbook or sql. `rows()` yields (line, cells) of the data rows,
    without the header and blank lines; it can be called again. `header`: the columns' own words, if it has any."""

    path: Path
    kind: str
    encoding: str
    columns: Columns
    rows: Callable[[], Iterator[Record]]
    position: Position = field(default_factory=Position)
    header: tuple[str, ...] = ()

    @property
    def layout(self) -> str:
        head = "header" if self.columns.has_header else "no header"
        return f"{self.kind}, {self.columns.width} columns, {head}"


def open_table(path: Path) -> Table:
    """Raises Unreadable."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
        size = path.stat().st_size
    except OSError as error:
        raise Unreadable("not_found", error.strerror or type(error).__name__) from None
    if not head:
        raise Unreadable("empty")
    position = Position(0, size)
    table = _workbook(path) if head.startswith(_WORKBOOK) else _text(path, position)
    if not table.columns.has_place:
        raise Unreadable("no_coordinate_columns", f"{table.layout}: {_first_cells(table)}")
    return replace(table, position=position)


def _first_cells(table: Table) -> str:
    _, cells = next(table.rows(), (0, []))
    return ", ".join(cells)[:200]


def _text(path: Path, position: Position) -> Table:
    encoding, errors = encoding_of(path)

    with _opened(path, encoding, errors) as (_, text):
        start = text.read(1 << 17)
    if not start.strip("\ufeff \r\n\t"):
        raise Unreadable("empty")
    if sql_dump.looks_like_sql(start):
        return _sql(path, encoding, errors, position)
    found = delimiter_of(iter(_whole_lines(start)))
    if found is None:
        raise Unreadable("no_table")
    delimiter, width = found

    def read(width: int = width) -> Iterator[Record]:
        with _opened(path, encoding, errors) as (raw, lines):
            for number, record in enumerate(records(_lines(lines), delimiter, width)):
                if number % 500 == 0:
                    position.done = raw.tell()
                yield record

    return _table(path, _NAMES[delimiter], encoding, read, width)


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Raises Unreadable for one that is no line any more: it would fill the memory."""
    for number, line in enumerate(iter(lambda: text.readline(_MOST_LINE), ""), 1):
        if len(line) == _MOST_LINE:
            raise Unreadable("too_long", f"{number}행 · line {number}")
        yield line


@contextmanager
def _opened(path: Path, encoding: str, errors: str, newline: str | None = "") -> Iterator[Opened]:
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline=newline) as text:
        yield raw, text


def _whole_lines(text: str) -> list[str]:
    lines = io.StringIO(text, newline="").readlines()
    return lines[:-1] if len(lines) > 1 else lines


def _table(path: Path, kind: str, encoding: str, read: Callable[[], Iterator[Record]], width: int) -> Table:
    """Where the header is, if there is one, and what the columns are."""
    sample = list(islice(read(), _SAMPLE))
    if not sample:
        raise Unreadable("empty")
    header_line, columns, header = 0, None, ()
    for line, cells in sample[:_HEADER_WITHIN]:
        if columns := from_header(cells):
            header_line, header = line, tuple(cells)
            break
    body = [cells for line, cells in sample if line > header_line]
    if columns is None:
        columns = from_content(body, max(width, max(map(len, body))) if width == 0 else width)
    else:
        columns = with_places(columns, body)

    def rows() -> Iterator[Record]:
        return (record for record in read() if record[0] > header_line)

    return Table(path, kind, encoding, columns, rows, header=header)


def _sql(path: Path, encoding: str, errors: str, position: Position) -> Table:
    def read() -> Iterator[sql_dump.Row]:
        with _opened(path, encoding, errors, newline=None) as (raw, text):
            for row in sql_dump.rows(text):
                position.done = raw.tell()
                yield row

    chosen, columns = _chosen(islice(read(), 5_000))

    def rows() -> Iterator[Record]:
        return ((line, values) for line, table, _, values in read() if table == chosen)

    return Table(path, "sql", encoding, columns, rows)


def _chosen(sample: Iterable[sql_dump.Row]) -> tuple[str, Columns]:
    """The first table of the dump that says where things are."""
    by_table: dict[str, tuple[list[str], list[list[str]]]] = {}
    for _, table, names, values in sample:
        by_table.setdefault(table, (list(names), []))[1].append(values)
    found: list[tuple[str, Columns]] = []
    for table, (names, rows) in by_table.items():
        width = len(rows[0])
        named = from_header(names) if len(names) == width else None
        columns = with_places(named, rows) if named else from_content(rows[:_SAMPLE], width)
        found.append((table, columns))
    if not found:
        raise Unreadable("no_table")
    return next((one for one in found if one[1].has_place), found[0])


def _workbook(path: Path) -> Table:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    check_size(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
    except PasswordError:
        raise Unreadable("protected") from None
    except (CalamineError, OSError, ValueError) as error:
        raise Unreadable("no_table", str(error)[:200]) from None
    tables = [_sheet(path, book, name) for name in book.sheet_names]
    whole = [table for table in tables if table is not None]
    if not whole:
        raise Unreadable("empty")
    return next((table for table in whole if table.columns.has_place), whole[0])


def _sheet(path: Path, book: Any, name: str) -> Table | None:
    sheet = book.get_sheet_by_name(name)

    def read() -> Iterator[Record]:
        for number, row in enumerate(sheet.iter_rows(), 1):
            cells = [_cell(value) for value in row]
            if any(cells):
                yield number, cells

    try:
        return _table(path, "workbook", "xlsx", read, sheet.width or 0)
    except Unreadable:
        return None


def _cell(value: Any) -> str:
    """A workbook's value as it would stand in a CSV."""
    if isinstance(value, str):
        return value.replace("\0", "").strip()
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value or "")
