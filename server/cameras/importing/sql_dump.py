"""Rows of SQL INSERT dumps: one row or many to a statement, MySQL's escapes or the standard's, values inside CAST(…).

Streamed: the text at hand is never more than a chunk and an unfinished row.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import TextIO

from server.cameras.importing.reasons import Unreadable

Row = tuple[int, str, list[str], list[str]]
"""Line, table, column names (empty when the statement names none), values."""

_CHUNK, _KEEP = 1 << 18, 1 << 17
_MOST_ROW = 1 << 20
# One run of bounded length, quotes and points in it: names within names are tried in exponentially many ways.
_NAMES = r"[`\"\[\]\w.$가-힣\-() ]{1,200}?"
INSERT = re.compile(
    rf"\b(?:INSERT\s+(?:IGNORE\s+)?(?:INTO\b)?|REPLACE\s+INTO|INTO)\s*(?!ALL\b|INTO\b)({_NAMES})\s{{0,99}}"
    r"(?:\(((?:[^()']|\([^()]*\)){0,20000})\)\s{0,99})?VALUES?\s*(?=\()",
    re.IGNORECASE,
)
CREATE = re.compile(
    r"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([^\s(]+)\s*\((.{1,100000}?)\)[^,)]{0,2000};", re.IGNORECASE | re.DOTALL
)
_COLUMN = re.compile(r"^\s*[`\"\[]?([\w가-힣]+)[`\"\]]?\s+\w+.*?(?:COMMENT\s+'([^']*)')?\s*,?\s*$", re.IGNORECASE)
_NO_COLUMN = re.compile(r"^\s*(?:PRIMARY|KEY|UNIQUE|CONSTRAINT|INDEX|FOREIGN|CHECK)\b", re.IGNORECASE)

_SPACE = r"(?:\s+|--[^\n]*\n|/\*.*?\*/)+"
_STANDARD = r"N?'(?:[^']|'')*'"
_MYSQL = r"N?'(?:[^'\\]|\\.|'')*'"
_REST = r"|(?P<open>\()|(?P<close>\))|(?P<comma>,)|(?P<end>;)|(?P<bare>[^\s(),;']+)"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "", "b": "", "Z": ""}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def looks_like_sql(head: str) -> bool:
    """Whether the beginning of a file is an SQL dump."""
    return INSERT.search(head) is not None and re.search(r"\bVALUES?\s*\(", head, re.IGNORECASE) is not None


def rows(file: TextIO) -> Iterator[Row]:
    """Every row of every INSERT. `columns` come from the statement, or from the CREATE TABLE before it.
    Raises Unreadable for a row that has no end."""
    text, line = "", 1
    created: dict[str, list[str]] = {}
    scan: _Scan | None = None
    at_end = False
    while True:
        if not at_end:
            more = file.read(_CHUNK)
            at_end = not more
            text += more.replace("\0", "")  # a database takes no such character
            scan = scan or _Scan(text)
        assert scan is not None
        used = yield from _take(text, line, created, scan, at_end)
        line += text.count("\n", 0, used)
        text = text[used:]
        if at_end and not used:
            return


def _take(text: str, line: int, created: dict[str, list[str]], scan: _Scan, at_end: bool) -> Generator[Row, None, int]:
    """Rows that stand whole in `text`; returns how much of it is done with."""
    at = 0
    while True:
        if scan.table is None:
            found = INSERT.search(text, at)
            if found is None:
                for create in CREATE.finditer(text, at):
                    created[_plain(create[1])] = _created(create[2])
                return len(text) if at_end else max(at, len(text) - _KEEP)
            for create in CREATE.finditer(text, at, found.start()):
                created[_plain(create[1])] = _created(create[2])
            table = _plain(found[1])
            scan.table = table
            scan.columns = [_plain(one) for one in found[2].split(",")] if found[2] else created.get(table, [])
            line, at = line + text.count("\n", at, found.end()), found.end()
        answer = scan.row(text, at)
        if answer is None:  # the row is not whole yet
            if at_end:
                scan.table = None
                return len(text)
            if len(text) - at > _MOST_ROW:  # each chunk more would be read with all that is there, for hours
                raise Unreadable("too_long", f"SQL, {line}행부터 · from line {line}")
            return at
        start, end, values = answer
        line += text.count("\n", at, start)
        if values is None:
            scan.table = None
        else:
            yield line, scan.table or "", scan.columns, values
        line += text.count("\n", start, end)
        at = end


class _Scan:
    """Where the scanner stands between two chunks."""

    def __init__(self, head: str) -> None:
        is_mysql = "`" in head or re.search(r"[^\\]\\'", head) is not None
        self.is_mysql = is_mysql
        string = _MYSQL if is_mysql else _STANDARD
        self.token = re.compile(rf"(?P<space>{_SPACE})|(?P<string>{string}){_REST}", re.DOTALL)
        self.table: str | None = None
        self.columns: list[str] = []

    def row(self, text: str, at: int) -> tuple[int, int, list[str] | None] | None:
        """(where the row begins, where it ends, its values): values None at the statement's end; None: not whole."""
        token, values, depth, start = self.token, list[str](), 0, at
        value: str | None = None
        while found := token.match(text, at):
            kind, at = found.lastgroup, found.end()
            if kind == "space":
                continue
            if depth == 0:
                if kind == "open":
                    depth, start = 1, found.start()
                elif kind != "comma":
                    return found.start(), at if kind == "end" else found.start(), None
                continue
            if kind == "open":
                depth += 1
                value = None if depth == 2 else value  # the function's name is no value, what it holds is
            elif kind == "close":
                depth -= 1
                if depth == 0:
                    values.append(value or "")
                    return start, at, values
            elif kind == "comma":
                if depth == 1:
                    values.append(value or "")
                    value = None
            elif kind == "string":
                value = value if value is not None and depth > 1 else self._unquoted(found[0])
            elif value is None:
                value = "" if found[0].upper() == "NULL" else found[0]
        return None

    def _unquoted(self, literal: str) -> str:
        inner = literal[literal.index("'") + 1 : -1].replace("''", "'")
        if self.is_mysql and "\\" in inner:
            inner = _ESCAPED.sub(lambda one: _ESCAPES.get(one[1], one[1]), inner)
        return inner


def _plain(name: str) -> str:
    return name.strip().split(".")[-1].strip('`"[] \n\t')


def _created(body: str) -> list[str]:
    """Column names of a CREATE TABLE; a Korean comment says more than an English name."""
    names = []
    for part in re.split(r",\s*\n|\n", body):
        if not part.strip() or _NO_COLUMN.match(part):
            continue
        if found := _COLUMN.match(part):
            names.append(found[2] or found[1])
    return names
