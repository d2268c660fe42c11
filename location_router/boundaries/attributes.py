"""In which encoding a file of borders writes its names: UTF-8, or CP949 as Korean offices save."""

from __future__ import annotations

import struct
from pathlib import Path

_SAMPLE_RECORDS = 5_000
_BLOCK = 1 << 20


def dbf_encoding(shp: Path) -> str:
    """For the .dbf beside `shp`: the encoding in which fewer values are unreadable. A .cpg is believed only where both
    read equally well, because many say UTF-8 over CP949 bytes."""
    values = _dbf_values(shp.with_suffix(".dbf"))
    failures = {name: sum(not _reads(value, name) for value in values) for name in ("utf-8", "cp949")}
    if failures["utf-8"] != failures["cp949"]:
        return "UTF-8" if failures["utf-8"] < failures["cp949"] else "CP949"
    cpg = shp.with_suffix(".cpg")
    told = cpg.read_text(encoding="ascii", errors="replace").strip().lower() if cpg.exists() else ""
    return "CP949" if told in ("cp949", "949", "euc-kr", "euckr", "ms949", "ansi 949", "korean") else "UTF-8"


def file_encoding(path: Path) -> str:
    """For a text file as a whole: UTF-8 when all of it is, else CP949."""
    with path.open(encoding="utf-8") as text:
        try:
            while text.read(_BLOCK):
                pass
        except UnicodeDecodeError:
            return "CP949"
    return "UTF-8"


def _reads(value: bytes, encoding: str) -> bool:
    """A value cut in the middle of its last character still counts as readable."""
    for cut in range(3):
        try:
            value[: len(value) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def _dbf_values(path: Path) -> list[bytes]:
    """Text values and column names with a byte beyond ASCII, of the first records."""
    with path.open("rb") as raw:
        head = raw.read(32)
        if len(head) < 32:
            return []
        records, head_bytes, record_bytes = struct.unpack("<IHH", head[4:12])
        columns = raw.read(max(head_bytes - 32, 0))
        body = raw.read(min(records, _SAMPLE_RECORDS) * record_bytes)
    spans, start, found = [], 1, []
    for place in range(0, len(columns) - 31, 32):
        column = columns[place : place + 32]
        if column[0] == 0x0D:
            break
        found.append(column[:11].split(b"\0")[0])
        if column[11:12] == b"C":
            spans.append((start, start + column[16]))
        start += column[16]
    for record in range(0, len(body) - record_bytes + 1, record_bytes or 1):
        found += [body[record + first : record + last].rstrip(b" \0") for first, last in spans]
    return [value for value in found if not value.isascii()]
