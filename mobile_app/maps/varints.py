"""Whole numbers in seven bits a byte, as tiles and the directories of tile files write them. Pure."""

from __future__ import annotations


class BadNumber(ValueError):
    """Cut off, or longer than a number is."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at `at`, and where it ends. Raises BadNumber."""
    value = shift = 0
    while shift <= 63:
        if at >= len(data):
            raise BadNumber("a number that is cut off")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise BadNumber("a number without end")
