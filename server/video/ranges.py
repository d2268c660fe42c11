"""`Range: bytes=…` of HTTP (RFC 9110, 14.2), one range; pure."""

from __future__ import annotations

import re

_ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Unsatisfiable(Exception):
    """416: the range begins behind the end."""


def byte_range(text: str, size: int) -> tuple[int, int] | None:
    """[begin, end) of `size` bytes; None: send everything (no range, several, or one that can't be read, all of which
    the standard lets us ignore). Raises Unsatisfiable."""
    found = _ONE.fullmatch(text.replace(" ", ""))
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        if int(last) == 0 or size == 0:
            raise Unsatisfiable
        return max(0, size - int(last)), size
    begin, end = int(first), min(int(last) + 1, size) if last else size
    if last and int(last) < begin:
        return None
    if begin >= size:
        raise Unsatisfiable
    return begin, end
