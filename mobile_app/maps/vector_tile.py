"""One vector tile of our own basemap, read: borders as rings, names as points. Pure; the bytes may be anybody's.

Mapbox Vector Tile 2.1: protobuf, of which only varints and lengths are needed. What is not ours (other layers, lines,
unknown fields) is passed over; what is broken, or more than a tile of ours could be, is `BadTile`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from mobile_app.maps.varints import BadNumber, varint

EXTENT = 4096
"""Units on a side, from the upper left."""
LEVELS = ("province", "municipality", "district", "dong")
NAMES = "name"
MOST_PACKED, MOST_BYTES = 512 * 1024, 1024 * 1024
MOST_POINTS, MOST_FEATURES, MOST_TEXT = 120_000, 6_000, 60
FARTHEST = 4 * EXTENT
GZIP = b"\x1f\x8b"
POINT, POLYGON = 1, 3
MOVE, LINE, CLOSE = 1, 2, 7


class BadTile(ValueError):
    """Not a tile that can be drawn; the sentence says why."""


@dataclass(slots=True)
class Area:
    """`rings`: x0, y0, x1, y1 … each, not closed; the first of a part is outside, holes turn the other way."""

    rings: list[list[int]]
    ko: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    level: str
    x: int
    y: int
    ko: str
    en: str


@dataclass(slots=True)
class VectorTile:
    areas: dict[str, list[Area]] = field(default_factory=dict)
    names: list[Name] = field(default_factory=list)


def unpacked(data: bytes) -> bytes:
    """A gzipped tile's bytes, or those of one that is not. Raises BadTile; never makes more than `MOST_BYTES`."""
    if len(data) > MOST_PACKED:
        raise BadTile(f"{len(data)} bytes are more than a tile has")
    if data[:2] != GZIP:
        return data
    reader = zlib.decompressobj(wbits=31)
    try:
        found = reader.decompress(data, MOST_BYTES)
    except zlib.error as error:
        raise BadTile(f"not gzip: {error}") from None
    if not reader.eof:
        raise BadTile("cut off, or more than a tile has")
    return found


def read_tile(data: bytes) -> VectorTile:
    """Packed or not. Raises BadTile."""
    data = unpacked(data)
    tile, room = VectorTile(), _Room()
    try:
        for number, start, end in _fields(data, 0, len(data)):
            if number == 3:
                _layer(data, start, end, tile, room)
    except (BadNumber, IndexError, UnicodeDecodeError) as error:
        raise BadTile(f"broken: {error}") from None
    return tile


@dataclass(slots=True)
class _Room:
    """What is left of a tile's bounds."""

    points: int = MOST_POINTS
    features: int = MOST_FEATURES

    def take(self, *, points: int = 0, features: int = 0) -> None:
        self.points -= points
        self.features -= features
        if self.points < 0 or self.features < 0:
            raise BadTile("more shapes than a tile has")


def _fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, and where its bytes stand (for a plain number: its value, and -1)."""
    while at < end:
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
            yield key >> 3, value, -1
            continue
        length, at = varint(data, at) if kind == 2 else ({1: 8, 5: 4}.get(kind, -1), at)
        if length < 0 or at + length > end:
            raise BadTile("a field runs out of its message")
        if kind == 2:
            yield key >> 3, at, at + length
        at += length


def _layer(data: bytes, start: int, end: int, tile: VectorTile, room: _Room) -> None:
    name, extent = "", EXTENT
    features: list[tuple[int, int]] = []
    keys: list[str] = []
    values: list[str] = []
    for number, begins, ends in _fields(data, start, end):
        if ends < 0:
            extent = begins if number == 5 else extent
        elif number == 1:
            name = data[begins:ends].decode()
        elif number == 2:
            room.take(features=1)
            features.append((begins, ends))
        elif number == 3:
            keys.append(data[begins:ends].decode())
        elif number == 4:
            room.take(features=1)
            values.append(_text(data, begins, ends))
    if name not in LEVELS and name != NAMES:
        return
    if extent != EXTENT:
        raise BadTile(f"an extent of {extent}")
    for begins, ends in features:
        _feature(data, begins, ends, name, keys, values, tile, room)


def _text(data: bytes, start: int, end: int) -> str:
    for number, begins, ends in _fields(data, start, end):
        if number == 1 and ends >= 0:
            said = data[begins : min(ends, begins + 8 * MOST_TEXT)].decode(errors="replace")
            return "".join(one for one in said if one.isprintable())[:MOST_TEXT]
    return ""


def _feature(
    data: bytes, start: int, end: int, layer: str, keys: list[str], values: list[str], tile: VectorTile, room: _Room
) -> None:
    kind, told, drawn = 0, {}, (0, 0)
    for number, begins, ends in _fields(data, start, end):
        if number == 3 and ends < 0:
            kind = begins
        elif number == 2 and ends >= 0:
            tags = _packed(data, begins, ends)
            if len(tags) > 64 or any(tag >= len(keys) for tag in tags[::2]) or any(
                tag >= len(values) for tag in tags[1::2]
            ):  # fmt: skip
                raise BadTile("a word that the layer does not have")
            told = {keys[key]: values[value] for key, value in zip(tags[::2], tags[1::2], strict=False)}
        elif number == 4 and ends >= 0:
            drawn = begins, ends
    ko, en = told.get("ko", ""), told.get("en", "")
    if layer == NAMES:
        level = told.get("level", "")
        if kind == POINT and level in LEVELS and ko:
            x, y = _point(_packed(data, *drawn))
            tile.names.append(Name(level, x, y, ko, en or ko))
    elif kind == POLYGON:
        rings = _rings(_packed(data, *drawn), room)
        tile.areas.setdefault(layer, []).append(Area(rings, ko, en or ko))


def _packed(data: bytes, start: int, end: int) -> list[int]:
    """The numbers of a packed field: the hottest loop of a tile."""
    found: list[int] = []
    add = found.append
    value = shift = 0
    for byte in data[start:end]:
        if byte > 127:
            value |= (byte & 127) << shift
            shift += 7
            if shift > 35:
                raise BadTile("a number without end")
        elif shift:
            add(value | byte << shift)
            value = shift = 0
        else:
            add(byte)
    if shift:
        raise BadTile("cut off in a number")
    return found


def _point(told: list[int]) -> tuple[int, int]:
    if len(told) < 3 or told[0] & 7 != MOVE:
        raise BadTile("a name without a place")
    x, y = ((value >> 1) ^ -(value & 1) for value in told[1:3])
    if not (-EXTENT <= x <= 2 * EXTENT and -EXTENT <= y <= 2 * EXTENT):
        raise BadTile("a name far outside")
    return x, y


def _rings(told: list[int], room: _Room) -> list[list[int]]:
    """The rings of a polygon. Each begins by a move to one point; lines follow; then it is closed."""
    rings: list[list[int]] = []
    ring: list[int] = []
    at, end, x, y = 0, len(told), 0, 0
    while at < end:
        command, count = told[at] & 7, told[at] >> 3
        at += 1
        if command == CLOSE:
            if len(ring) >= 6:
                rings.append(ring)
            ring = []
            continue
        if command not in (MOVE, LINE) or at + 2 * count > end or (command == MOVE and (count != 1 or ring)):
            raise BadTile("lines that are none")
        room.take(points=count)
        for place in range(at, at + 2 * count, 2):
            across, down = told[place], told[place + 1]
            x += (across >> 1) ^ -(across & 1)
            y += (down >> 1) ^ -(down & 1)
            ring += (x, y)
        at += 2 * count
        if not (-FARTHEST < x < FARTHEST and -FARTHEST < y < FARTHEST):
            raise BadTile("a line far outside")
    for one in rings:
        if max(one) > FARTHEST or min(one) < -FARTHEST:
            raise BadTile("a line far outside")
    return rings
