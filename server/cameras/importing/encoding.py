"""Which encoding a text file is in: by its mark, by its zero bytes, else the first of UTF-8 and CP949 that fits it all.

CP949 holds EUC-KR, so one name stands for both.
"""

from __future__ import annotations

import codecs
from pathlib import Path

_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(path: Path) -> tuple[str, str]:
    """(encoding, errors) for `open`. `errors` is `replace` only where neither UTF-8 nor CP949 fits the whole file; the
    one with fewer broken characters wins then."""
    with path.open("rb") as file:
        head = file.read(4096)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, "strict" if _fits(path, name) else "replace"
    if without_mark := _utf16_without_mark(head):
        return without_mark, "replace"
    for name in ("utf-8", "cp949"):
        if _fits(path, name):
            return name, "strict"
    return min(("utf-8", "cp949"), key=lambda name: _broken(path, name)), "replace"


def _utf16_without_mark(head: bytes) -> str | None:
    """Commas, digits and line ends have a zero byte on one side; no other text has zero bytes."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if even + odd < max(2, len(head) // 20):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _fits(path: Path, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _broken(path: Path, name: str) -> int:
    decoder = codecs.getincrementaldecoder(name)(errors="replace")
    broken = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            broken += decoder.decode(chunk).count("�")
    return broken
