"""Is a workbook small enough to be opened? Its reader holds a sheet as a full rectangle, from the first cell to the
last one, and gives up the whole process when that does not fit: one stray cell at the far end of a sheet is enough.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from server.cameras.importing.reasons import Unreadable

MOST_BYTES = 1 << 30
MOST_CELLS = 25_000_000
_CHUNK, _KEEP = 1 << 20, 200
_CELL = re.compile(rb"<c r=\"([A-Z]{1,3})(\d{1,7})\"[^<>]*[^/<>]>|<c r=\"([A-Z]{1,3})(\d{1,7})\">")
"""One that holds something: a cell that only has a format takes no room."""


def check_size(path: Path) -> None:
    """Raises Unreadable `too_large`, `no_table`. Anything that is no ZIP is left to the reader."""
    try:
        with zipfile.ZipFile(path) as book:
            parts = book.infolist()
            if sum(part.file_size for part in parts) > MOST_BYTES:
                raise Unreadable("too_large", f"> {MOST_BYTES >> 20} MB")
            for part in parts:
                if part.filename.lower().startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                    _check_sheet(book, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        return  # damaged or encrypted: the reader names it


def _check_sheet(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    last_row = last_column = 0
    tail = b""
    with book.open(part) as sheet:
        while chunk := sheet.read(_CHUNK):
            text = tail + chunk
            for one in _CELL.finditer(text):
                column, row = _number(one[1] or one[3]), int(one[2] or one[4])
                last_row, last_column = max(last_row, row), max(last_column, column)
                if last_row * last_column > MOST_CELLS:
                    raise Unreadable("too_large", (one[1] or one[3]).decode() + str(row))
            tail = text[-_KEEP:]


def _number(letters: bytes) -> int:
    """`A` is 1, `AA` is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
