"""Where a point is, in words, from the tile that it lies in. Pure; it works without any network."""

from __future__ import annotations

from mobile_app.maps.vector_tile import EXTENT, LEVELS, VectorTile


def place_words(tile: VectorTile, *, x: float, y: float) -> tuple[str, str]:
    """Korean and English for a point in the tile's units; empty where none of its areas is (the sea, abroad).

    Korean goes from the large to the small, English the other way."""
    found: list[tuple[str, str]] = []
    for level in LEVELS:
        area = next((one for one in tile.areas.get(level, ()) if _holds(one.rings, x, y)), None)
        if area is not None and area.ko not in [ko for ko, _ in found]:
            found.append((area.ko, area.en))
    return " ".join(ko for ko, _ in found), ", ".join(en for _, en in reversed(found))


def _holds(rings: list[list[int]], x: float, y: float) -> bool:
    """By the even-odd rule."""
    inside = False
    for ring in rings:
        from_x, from_y = ring[-2:]
        for place in range(0, len(ring), 2):
            to_x, to_y = ring[place], ring[place + 1]
            if (from_y > y) != (to_y > y) and x < from_x + (to_x - from_x) * (y - from_y) / (to_y - from_y):
                inside = not inside
            from_x, from_y = to_x, to_y
    return inside


def spot(*, x: float, y: float, z: int) -> tuple[tuple[int, int, int], float, float]:
    """The tile of a projected point (0 to 1), and where in it."""
    count = 2**z
    column, row = min(count - 1, max(0, int(x * count))), min(count - 1, max(0, int(y * count)))
    return (z, column, row), (x * count - column) * EXTENT, (y * count - row) * EXTENT
