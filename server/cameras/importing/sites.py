"""What a good row says about its cameras: one site with one or several cameras of it; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from server.cameras.importing.columns import AT, FIELDS
from server.cameras.importing.directions import View, views_of
from server.cameras.importing.judging import Good
from server.cameras.importing.rows import Row, digest
from server.cameras.importing.words import (
    count_of,
    installed_on,
    is_plate_reader,
    is_turning,
    night_of,
    number,
    plain,
    purposes_of,
    retention_days,
    width_px,
)

_ROUND_DEG, _USUAL_DEG = 360.0, 70.0
_REGION = re.compile(
    r"^(?:[가-힣]+(?:특별자치도|특별자치시|통합특별시|특별시|광역시|도)\s*)?(?:[가-힣]+[시군]\s*)?(?:[가-힣]+구\s+)?"
)
STAGED = (
    ("key", "center_id", "lat", "lon", "accuracy_m", "cameras", "headings", "views", "name", "heading_text", "height_m")
    + ("is_ptz", "is_anpr", "width_px", "night", "purpose", "purposes", "office", "office_phone", "management_no")
    + ("site_address", "retention_days", "installed_on", "digest", "line")
)


@dataclass(frozen=True, slots=True)
class Site:
    """`key` names it in every import of its source; `line` is COPY's text of it, in the order of STAGED."""

    key: str
    center_id: str
    cameras: int
    copied: str


def cameras_of(row: Row) -> int | None:
    """How many cameras the row stands for; None when that can't be read."""
    return count_of(row.values[AT["count"]])


def site(good: Good, key: str, cameras: int) -> Site:
    """The site of a row whose place is settled."""
    values = [value and plain(value) for value in good.row.values]
    if "\\" in "".join(values):
        values = [value.replace("\\", "\\\\") for value in values]
    (
        office,
        road,
        lot,
        purpose,
        _,
        pixels,
        direction,
        retention,
        installed,
        phone,
        _,
        _,
        _,
        management_no,
        name,
        kind,
    ) = values[:16]
    night, height = values[AT["night"]], values[AT["height"]]
    metres = number(height) if height else None
    rest = (
        name or name_of(lot or road),
        direction,
        _NULL if metres is None or metres > 500 else str(metres),
        _flag(bool(kind) and is_turning(kind)),
        _flag(is_plate_reader(purpose, kind)),
        str((pixels and width_px(pixels)) or _NULL),
        night_of(night) if night else "unknown",
        purpose,
        _listed(purposes_of(purpose)),
        office,
        phone,
        management_no,
        road or lot,
        str((retention and retention_days(retention)) or _NULL),
        str((installed and installed_on(installed)) or _NULL),
    )
    views = views_of(direction, cameras)
    place = (repr(good.lat), repr(good.lon), str(good.accuracy_m))
    told = digest(good.center_id, place) + digest(rest, cameras)
    texts = [key, good.center_id, *place, str(cameras), _headings(views), _fields(views), *rest, told]
    return Site(key, good.center_id, cameras, "\t".join([*texts, str(good.row.line)]) + "\n")


_NULL = "\\N"
assert FIELDS[:16] == (
    ("office", "road_address", "lot_address", "purpose", "count", "pixels", "direction", "retention", "installed")
    + ("phone", "lat", "lon", "as_of", "management_no", "name", "kind")
)


@lru_cache(maxsize=4096)
def _listed(codes: tuple[str, ...]) -> str:
    return "{" + ",".join(codes) + "}"


def _flag(value: bool) -> str:
    return "t" if value else "f"


@lru_cache(maxsize=4096)
def _headings(views: tuple[View, ...]) -> str:
    return "{" + ",".join("NULL" if one.heading_deg is None else str(one.heading_deg) for one in views) + "}"


@lru_cache(maxsize=4096)
def _fields(views: tuple[View, ...]) -> str:
    return "{" + ",".join(str(_ROUND_DEG if one.is_round else _USUAL_DEG) for one in views) + "}"


def name_of(address: str) -> str:
    """An address without its province and municipality: what a person at the desk calls the camera."""
    return (_REGION.sub("", address, count=1) or address)[:120]
