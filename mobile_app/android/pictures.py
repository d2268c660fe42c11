"""The two pictures that python-for-android wants as PNG, drawn here so that no binary lies in the repository.

The launcher shows the vector icons of `res/` (Android 8 and later); the PNG icon is for tools that list packages.
"""

from __future__ import annotations

import struct
import zlib

Color = tuple[int, int, int]
BLUE, WHITE = (0x0B, 0x50, 0xD0), (255, 255, 255)
SHIELD = ((0.50, 0.26), (0.70, 0.335), (0.70, 0.49), (0.66, 0.61), (0.59, 0.70), (0.50, 0.75), (0.41, 0.70),
          (0.34, 0.61), (0.30, 0.49), (0.30, 0.335))  # fmt: skip


def png(rows: list[list[Color]]) -> bytes:
    """8 bits a channel, no alpha."""
    height, width = len(rows), len(rows[0])
    raw = b"".join(b"\0" + bytes(channel for pixel in row for channel in pixel) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def icon(side: int = 192) -> bytes:
    """A white shield on blue."""
    return png([[WHITE if _is_inside(x, y, side) else BLUE for x in range(side)] for y in range(side)])


def _is_inside(x: int, y: int, side: int) -> bool:
    px, py, inside = (x + 0.5) / side, (y + 0.5) / side, False
    for (ax, ay), (bx, by) in zip(SHIELD, SHIELD[1:] + SHIELD[:1], strict=True):
        if (ay > py) != (by > py) and px < ax + (py - ay) * (bx - ax) / (by - ay):
            inside = not inside
    return inside


def blank() -> bytes:
    """What is shown while the app starts: white, which says nothing."""
    return png([[WHITE] * 8] * 8)
