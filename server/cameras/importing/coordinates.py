"""Coordinates as files write them, and what a wrong pair may have meant; pure.

Nothing here decides: `readings` lists what the pair could mean, best reason first, and `judging` asks the borders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, get_args

from server.cameras.importing.words import plain

if TYPE_CHECKING:
    from pyproj import Transformer

SOUTH, NORTH, WEST, EAST = 32.8, 38.8, 124.4, 132.1
"""Where a municipality of Korea can be: Marado to Goseong, Baengnyeongdo to Dokdo."""

_DMS = re.compile(
    r"^(?:북위|동경|[NE위경도:\s])*(\d{2,3})\s*[°º도d:\-\s]\s*(\d{1,2})\s*['′’분m:\-\s]\s*(\d{1,2}(?:[.,]\d+)?)\s*"
    r"(?:\"|″|”|''|초|s)?\s*[NE]?$",
    re.IGNORECASE,
)
_MINUTES = re.compile(r"^(\d{2,3})\s*[°º도d]\s*(\d{1,2}(?:\.\d+)?)\s*['′’분m]\s*[NE]?$", re.IGNORECASE)
_PLAIN = re.compile(r"^-?\d+(?:\.\d+)?$")
_POINT = re.compile(r"POINT\s*\(?\s*\(?(-?\d+\.?\d*)[\s,]+(-?\d+\.?\d*)", re.IGNORECASE)
_PAIR = re.compile(r"(-?\d{2,3}\.\d+)[^\d.\-]+(-?\d{2,3}\.\d+)")

System = Literal["EPSG:5186", "EPSG:5181", "EPSG:5174", "EPSG:5179", "EPSG:5187", "EPSG:5185", "EPSG:5183", "EPSG:3857"]
SYSTEMS: tuple[System, ...] = get_args(System)
"""Metre systems of Korean files: middle belt (600,000 and 500,000 north, and the old datum), the whole country (UTM-K),
the east and west belts, and web maps."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A place that a pair may mean; `reason` is one of reasons.DOUBTFUL, `how` what was done."""

    reason: str
    lat: float
    lon: float
    how: str


def axis(text: str) -> float | None:
    """One coordinate in degrees (or metres): `37.512973`, `37,512973`, `443,211.5`, `37°30'46.7"N`, `37도 30분 46.7초`.
    None when it can't be read."""
    try:
        value = float(text)
        return value if -1e11 < value < 1e11 else None  # never inf or nan
    except ValueError:
        return _other_axis(text)


@lru_cache(maxsize=4096)
def _other_axis(text: str) -> float | None:
    words = plain(text)
    if not words:
        return None
    if dms := _DMS.match(words) or _DMS.match(text.strip()):
        return _degrees(int(dms[1]), int(dms[2]), float(dms[3].replace(",", ".")))
    if minutes := _MINUTES.match(words):
        return _degrees(int(minutes[1]), float(minutes[2]), 0.0)
    bare = re.sub(r"^[NE북동]\S*?\s*(?=\d)|\s*[NE°º도m]+$", "", words.replace(" ", ""), flags=re.IGNORECASE)
    if "," in bare and "." in bare:
        last = max(bare.rfind(","), bare.rfind("."))
        bare = bare[:last].replace(",", "").replace(".", "") + "." + bare[last + 1 :]
    elif bare.count(",") == 1 and not re.fullmatch(r"\d{3},\d{3}", bare):
        bare = bare.replace(",", ".")
    bare = bare.replace(",", "")
    return float(bare) if _PLAIN.match(bare) and len(bare) < 24 else None


def _degrees(degrees: int, minutes: float, seconds: float) -> float | None:
    return degrees + minutes / 60 + seconds / 3600 if minutes < 60 and seconds < 60 else None


def pair(text: str) -> tuple[str, str] | None:
    """(latitude, longitude) of a cell that holds both: `37.5, 127.0`, `POINT(127.0 37.5)`, `(127.0 37.5)`."""
    found = _POINT.search(text) or _PAIR.search(text)
    if not found:
        return None
    a, b = found[1], found[2]
    return (b, a) if float(a) > float(b) else (a, b)


def in_korea(*, lat: float, lon: float) -> bool:
    """Whether the place can belong to a municipality."""
    return SOUTH <= lat <= NORTH and WEST <= lon <= EAST


def decimals(value: float) -> int:
    """Digits after the point, up to 7: 36.1 has one, however many zeros were written."""
    for digits in range(7):
        if abs(value - round(value, digits)) < 1e-9:
            return digits
    return 7


def is_coarse(value: float) -> bool:
    """At most three digits after the point."""
    return abs(value * 1000 - round(value * 1000)) < 1e-6


def as_minutes_seconds(value: float) -> float | None:
    """36.174271 read as 36°17′42.71″; None when that can't be, as no minute has more than 59 seconds."""
    degrees = int(value)
    digits = f"{value - degrees:.8f}"[2:]
    return _degrees(degrees, int(digits[:2]), int(digits[2:]) / 10_000)


def readings(lat: float, lon: float) -> Iterator[Reading]:
    """What a pair in degrees that lies in the wrong place may mean; all are in Korea."""
    for reading in _candidates(lat, lon):
        if in_korea(lat=reading.lat, lon=reading.lon):
            yield reading


def _candidates(lat: float, lon: float) -> Iterator[Reading]:
    if in_korea(lat=lon, lon=lat):
        yield Reading("swapped_axes", lon, lat, "lat↔lon")
    south, east = as_minutes_seconds(lat), as_minutes_seconds(lon)
    if south is not None and east is not None:
        yield Reading("degrees_minutes_seconds", round(south, 7), round(east, 7), "lat, lon")
    if south is not None:
        yield Reading("degrees_minutes_seconds", round(south, 7), lon, "lat")
    if east is not None:
        yield Reading("degrees_minutes_seconds", lat, round(east, 7), "lon")
    moved = _with_point(lat, SOUTH, NORTH), _with_point(lon, WEST, EAST)
    if moved[0] is not None and moved[1] is not None and moved != (lat, lon):
        yield Reading("misplaced_point", moved[0], moved[1], "decimal point")


def _with_point(value: float, low: float, high: float) -> float | None:
    """The value itself, or the power of ten of it that lies in the range: 37512973 and 3.7512973 are 37.512973."""
    if low <= value <= high:
        return value
    for power in range(-1, 10):
        moved = value / 10**power
        if low <= moved <= high:
            return float(round(moved, 8))
    return None


def one_digit_changed(lat: float, lon: float) -> Iterator[Reading]:
    """Every place in Korea that differs from the pair in one digit of one axis, as written with six decimals."""
    for value, low, high, is_lat in ((lat, SOUTH, NORTH, True), (lon, WEST, EAST, False)):
        text = f"{value:09.6f}" if is_lat else f"{value:010.6f}"
        for at, old in enumerate(text):
            if not old.isdigit():
                continue
            for new in "0123456789":
                if new == old:
                    continue
                changed = float(text[:at] + new + text[at + 1 :])
                if not low <= changed <= high:
                    continue
                place = (changed, lon) if is_lat else (lat, changed)
                if in_korea(lat=place[0], lon=place[1]):
                    axis_name = "lat" if is_lat else "lon"
                    yield Reading("digit_typo", *place, f"{axis_name} {text[: at + 1]}→{text[:at]}{new}")


def from_metres(x: float, y: float) -> Iterator[Reading]:
    """Places that projected coordinates mean, by system; also with the axes the other way round."""
    for name in SYSTEMS:
        for east, north, how in ((x, y, name), (y, x, f"{name}, x↔y")):
            lon, lat = _transformer(name).transform(east, north)
            if in_korea(lat=lat, lon=lon):
                yield Reading("projected_coordinates", round(lat, 7), round(lon, 7), how)


@lru_cache(maxsize=16)
def _transformer(name: str) -> Transformer:
    from pyproj import Transformer

    return Transformer.from_crs(name, "EPSG:4326", always_xy=True)
