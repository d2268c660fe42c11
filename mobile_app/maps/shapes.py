"""Rings of a tile as triangles for a shader: borders that keep their width, and the land between them. Pure.

Of a line each point is given twice, once for each side, with the direction in which it moves away from the line for one
unit of width: so its width is the shader's matter and a tile is prepared once for all zooms. Land is cut into slabs
from the upper edge down, by the even-odd rule: no shape, however broken, costs more than the bound or brings it down.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil, hypot

from mobile_app.maps.vector_tile import EXTENT, Area, BadTile, VectorTile

MOST_VERTICES = 60_000
"""Of one mesh: its indices have 16 bits."""
LONGEST_MITRE = 2.0
FLOATS = 5
"""Of a vertex: x and y (up, from the lower left), how it moves away from its line (x, y), and on which side it is."""
MOST_CROSSINGS = 250_000
SPECK = 10
"""Islands smaller than this are not outlined: they would be a dot of ink."""


@dataclass(slots=True)
class Mesh:
    vertices: array[float] = field(default_factory=lambda: array("f"))
    indices: array[int] = field(default_factory=lambda: array("H"))

    @property
    def count(self) -> int:
        return len(self.vertices) // FLOATS


@dataclass(slots=True)
class Prepared:
    """A tile as it is drawn; `bytes` is what it holds in memory."""

    land: list[Mesh]
    lines: dict[str, list[Mesh]]
    names: list[tuple[str, int, int, str, str]]
    """Level, x, y (up), Korean, English."""

    @property
    def bytes(self) -> int:
        meshes = [*self.land, *(mesh for level in self.lines.values() for mesh in level)]
        return sum(4 * len(mesh.vertices) + 2 * len(mesh.indices) for mesh in meshes) + 200 * len(self.names)


def prepared(tile: VectorTile, *, lines: Iterable[str], slab: int, is_deepest: bool) -> Prepared:
    """`lines`: the levels whose borders are drawn; `slab`: height of a slab of land in units. Raises BadTile."""
    speck = 0 if is_deepest else SPECK
    return Prepared(
        land(tile.areas.get("province", ()), slab=slab),
        {level: outlines(tile.areas[level], speck=speck) for level in lines if level in tile.areas},
        [(name.level, name.x, EXTENT - name.y, name.ko, name.en) for name in tile.names],
    )


# ---- borders --------------------------------------------------------------------------------------------------------


def outlines(areas: Iterable[Area], *, speck: int = 0) -> list[Mesh]:
    """The borders inside the tile; where a polygon was cut at the tile's edge there is none."""
    meshes = [Mesh()]
    for area in areas:
        for ring in area.rings:
            if speck and max(ring[::2]) - min(ring[::2]) < speck and max(ring[1::2]) - min(ring[1::2]) < speck:
                continue
            for line in _inside(ring):
                _outline(line, meshes)
    return meshes if meshes[0].indices else []


def _inside(ring: list[int]) -> list[list[tuple[int, int]]]:
    """The runs of a ring whose segments touch the tile."""
    points = list(zip(ring[::2], ring[1::2], strict=True))
    points.append(points[0])
    found: list[list[tuple[int, int]]] = []
    run: list[tuple[int, int]] = []
    from_x, from_y = points[0]
    for x, y in points[1:]:
        if (
            (x < 0 and from_x < 0) or (y < 0 and from_y < 0)
            or (x > EXTENT and from_x > EXTENT) or (y > EXTENT and from_y > EXTENT)
        ):  # fmt: skip
            if run:
                found.append(run)
                run = []
        elif x != from_x or y != from_y:
            if run:
                run.append((x, y))
            else:
                run = [(from_x, from_y), (x, y)]
        from_x, from_y = x, y
    if run:
        found.append(run)
    return found


def _outline(line: list[tuple[int, int]], meshes: list[Mesh]) -> None:
    if meshes[-1].count + 2 * len(line) > MOST_VERTICES:
        meshes.append(Mesh())
    mesh = meshes[-1]
    if 2 * len(line) > MOST_VERTICES:
        raise BadTile("a line longer than a tile has")
    first, add = mesh.count, mesh.vertices.extend
    is_ring = line[0] == line[-1] and len(line) > 3
    ways = [_normal(*line[n], *line[n + 1]) for n in range(len(line) - 1)]
    before = ways[-1] if is_ring else ways[0]
    for number, (x, y) in enumerate(line):
        after = ways[number] if number < len(ways) else (ways[0] if is_ring else before)
        across, up = before[0] + after[0], before[1] + after[1]
        share = (across * across + up * up) / 2  # 1 + cosine of the bend
        length = 1 / share if share > 1 / LONGEST_MITRE else LONGEST_MITRE / 2
        across, up = across * length, up * length
        if share < 0.02:  # it turns back on itself
            across, up = after
        add((x, EXTENT - y, across, up, 1.0, x, EXTENT - y, -across, -up, -1.0))
        before = after
    join = mesh.indices.extend
    for at in range(first, first + 2 * len(line) - 2, 2):
        join((at, at + 1, at + 2, at + 1, at + 3, at + 2))


def _normal(x: int, y: int, to_x: int, to_y: int) -> tuple[float, float]:
    """To the left of the way, y up."""
    across, down = to_x - x, to_y - y
    length = hypot(across, down)
    return down / length, across / length


# ---- land -----------------------------------------------------------------------------------------------------------

Edge = tuple[int, int, int, int]
"""x, y, to x, to y; downwards."""


def land(areas: Iterable[Area], *, slab: int) -> list[Mesh]:
    """The areas filled, as far as they lie in the tile. Raises BadTile beyond `MOST_CROSSINGS`."""
    meshes, room = [Mesh()], MOST_CROSSINGS
    for area in areas:
        room -= _fill(area, slab, meshes, room)
    return meshes if meshes[0].indices else []


def _fill(area: Area, slab: int, meshes: list[Mesh], room: int) -> int:
    """Slab by slab: the edges that cross its middle, from the left, two by two. Where the same two go on in the next
    slab, the piece of land goes on too. Returns how many crossings there were."""
    rows: dict[int, list[tuple[float, Edge]]] = {}
    used = 0
    for edge in _edges(area):
        x, y, to_x, to_y = edge
        top, bottom = max(0, ceil(y / slab - 0.5)), min(EXTENT // slab - 1, ceil(to_y / slab - 0.5) - 1)
        used += max(0, bottom - top + 1)
        if used > room:
            raise BadTile("more land than a tile has")
        slope = (to_x - x) / (to_y - y)
        for row in range(top, bottom + 1):
            rows.setdefault(row, []).append((x + slope * ((row + 0.5) * slab - y), edge))
    going: dict[tuple[Edge, Edge], int] = {}
    for row in sorted(rows):
        crossings = sorted(rows[row])
        pairs = [
            (left[1], right[1]) for left, right in zip(crossings[::2], crossings[1::2], strict=False)
            if right[0] > 0 and left[0] < EXTENT and right[0] > left[0]
        ]  # fmt: skip
        now = {pair: going.pop(pair, row) for pair in pairs}
        for pair, begun in going.items():
            _slab(pair, begun * slab, _last_of(pair, row, begun, slab), meshes)
        going = now
    for pair, begun in going.items():
        _slab(pair, begun * slab, _last_of(pair, EXTENT // slab, begun, slab), meshes)
    return used


def _last_of(pair: tuple[Edge, Edge], row: int, begun: int, slab: int) -> int:
    """Where a piece ends: at `row`, or where its edges do if rows without any land lie between."""
    lowest = min(pair[0][3], pair[1][3])
    return min(row, max(begun + 1, ceil(lowest / slab - 0.5))) * slab


def _edges(area: Area) -> Iterable[Edge]:
    for ring in area.rings:
        x, y = ring[-2:]
        for place in range(0, len(ring), 2):
            to_x, to_y = ring[place], ring[place + 1]
            if y != to_y and max(y, to_y) > 0 and min(y, to_y) < EXTENT:
                yield (x, y, to_x, to_y) if y < to_y else (to_x, to_y, x, y)
            x, y = to_x, to_y


def _slab(pair: tuple[Edge, Edge], top: int, bottom: int, meshes: list[Mesh]) -> None:
    if meshes[-1].count + 4 > MOST_VERTICES:
        meshes.append(Mesh())
    mesh, (left, right) = meshes[-1], pair
    at = mesh.count
    for y in (top, bottom):
        for edge in (left, right):
            mesh.vertices.extend((_x_at(edge, y), EXTENT - y, 0.0, 0.0, 0.0))
    mesh.indices.extend((at, at + 1, at + 2, at + 1, at + 3, at + 2))


def _x_at(edge: Edge, y: int) -> float:
    """Of the edge at this height; of its end where it does not reach so far."""
    x, from_y, to_x, to_y = edge
    y = min(max(y, from_y), to_y)
    return x + (to_x - x) * (y - from_y) / (to_y - from_y)
