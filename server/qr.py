"""A text as a QR code for a page: dark squares as an SVG path."""

from __future__ import annotations

from typing import Any

import segno


def qr_path(text: str) -> dict[str, Any]:
    """`{"size": modules per side, "path": SVG path of the dark ones}`: data, not markup, so that a page need not
    trust it."""
    matrix = segno.make(text, error="m", micro=False).matrix
    pieces = []
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            width = 0
            while x + width < len(row) and row[x + width]:
                width += 1
            if width:
                pieces.append(f"M{x} {y}h{width}v1h-{width}z")
            x += width + 1
    return {"size": len(matrix), "path": "".join(pieces)}
