"""Kinds of safe facilities, and what may be asked about them; pure.

`camera_sign` is what a city publishes of its cameras (the law has it put up signs). Positions of the registry's cameras
are never handed out from here: who knows what each of them sees knows where nobody looks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from location_router.geo import metres_per_degree

KINDS: dict[str, tuple[str, str]] = {
    "police_box": ("파출소·지구대", "police box"),
    "emergency_bell": ("비상벨", "emergency bell"),
    "light": ("보안등", "street light"),
    "safe_store": ("안심지킴이집", "safe store"),
    "camera_sign": ("CCTV 안내판", "CCTV sign"),
    "shelter": ("아동안전지킴이집·대피소", "shelter"),
    "other": ("그 밖의 안전시설", "other safe place"),
}
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (  # the first that fits: 여성안심지킴이집 is no 아동안전지킴이집
    ("police_box", ("파출소", "지구대", "치안센터", "경찰", "police")),
    ("emergency_bell", ("비상벨", "안심벨", "비상호출", "bell")),
    ("light", ("보안등", "가로등", "조명", "light")),
    ("shelter", ("아동안전", "대피소", "쉼터", "shelter")),
    ("safe_store", ("안심", "지킴이", "편의점", "store")),
    ("camera_sign", ("cctv", "카메라", "안내판", "camera")),
    ("other", ("기타", "other")),
)
MOST_DECIMALS = 3
"""Of a coordinate in an address, about 100 m: addresses stand in the logs of proxies."""
WIDEST_DEG = 0.3
MOST_RADIUS_M = 3_000.0


def kind_of(words: str) -> str | None:
    """The kind that a file's words (`방범용 비상벨`) name; a kind's own code too. None: nobody can say."""
    plain = words.replace(" ", "").lower()
    if plain in KINDS:
        return plain
    return next((kind for kind, parts in _WORDS if any(part in plain for part in parts)), None)


@dataclass(frozen=True, slots=True)
class Facility:
    """A row of a file that was found good. `lat`, `lon` in degrees (WGS84)."""

    facility_id: str
    center_id: str
    kind: str
    lat: float
    lon: float
    name: str = ""
    address: str = ""
    phone: str = ""
    hours: str = ""
    source_no: str = ""
    as_of: date | None = None


class NotAsked(ValueError):
    """A question that is not answered; `code` is bad_box, too_wide, too_exact or bad_kind, `field` which part."""

    def __init__(self, code: str, field: str, value: str) -> None:
        super().__init__(code)
        self.code, self.field, self.value = code, field, value[:60]


@dataclass(frozen=True, slots=True)
class Asked:
    """A box in degrees, with the middle to which the nearest comes first; `radius_m` of a circle in it."""

    west: float
    south: float
    east: float
    north: float
    kinds: tuple[str, ...]
    radius_m: float | None = None

    @property
    def lat(self) -> float:
        return (self.south + self.north) / 2

    @property
    def lon(self) -> float:
        return (self.west + self.east) / 2


def kinds_of(text: str) -> tuple[str, ...]:
    """`police_box,light`; all for nothing. Raises NotAsked."""
    named = tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))
    for one in named:
        if one not in KINDS:
            raise NotAsked("bad_kind", "kinds", one)
    return named or tuple(KINDS)


def box_of(text: str, kinds: tuple[str, ...]) -> Asked:
    """`west,south,east,north`. Raises NotAsked."""
    try:
        west, south, east, north = (float(one) for one in text.split(","))
    except ValueError:
        raise NotAsked("bad_box", "bbox", text) from None
    _check_exact("bbox", (west, south, east, north))
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise NotAsked("bad_box", "bbox", text)
    if east - west > WIDEST_DEG + 1e-9 or north - south > WIDEST_DEG + 1e-9:
        raise NotAsked("too_wide", "bbox", text)
    return Asked(west, south, east, north, kinds)


def circle_of(lat: float, lon: float, radius_m: float, kinds: tuple[str, ...]) -> Asked:
    """All within so many metres. Raises NotAsked."""
    _check_exact("lat, lon", (lat, lon))
    north_m, east_m = metres_per_degree(lat=lat)
    north, east = radius_m / north_m, radius_m / max(east_m, 1_000.0)
    return Asked(lon - east, lat - north, lon + east, lat + north, kinds, radius_m)


def _check_exact(field: str, values: Iterable[float]) -> None:
    for value in values:
        if not math.isfinite(value):
            raise NotAsked("bad_box", field, str(value))
        if abs(round(value, MOST_DECIMALS) - value) > 1e-9:
            raise NotAsked("too_exact", field, str(value))
