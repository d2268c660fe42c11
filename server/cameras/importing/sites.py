"""What a good row says about its cameras: one site with one or several cameras of it; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from server.cameras.importing.columns import AT
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
    at = AT
    direction, purpose, kind = values[at["direction"]], values[at["purpose"]], values[at["kind"]]
    address = values[at["road_address"]] or values[at["lot_address"]]
    views = views_of(direction, cameras)
    width, days, since = (
        width_px(values[at["pixels"]]),
        retention_days(values[at["retention"]]),
        values[at["installed"]],
    )
    height = number(values[at["height"]]) if values[at["height"]] else None
    rest = (
        values[at["name"]] or name_of(values[at["lot_address"]] or address),
        direction,
        "" if height is None or height > 500 else str(height),
        _flag(is_turning(kind)),
        _flag(is_plate_reader(purpose, kind)),
        str(width or ""),
        night_of(values[at["night"]]) if values[at["night"]] else "unknown",
        purpose,
        "{" + ",".join(purposes_of(purpose)) + "}",
        values[at["office"]],
        values[at["phone"]],
        values[at["management_no"]],
        address,
        str(days or ""),
        str(installed_on(since) or "") if since else "",
    )
    place = (repr(good.lat), repr(good.lon), str(good.accuracy_m))
    told = digest(good.center_id, place) + digest(rest, cameras)
    texts = (
        key,
        good.center_id,
        *place,
        str(cameras),
        _headings(views),
        _fields(views),
        *rest,
        told,
        str(good.row.line),
    )
    return Site(
        key, good.center_id, cameras, "\t".join([_copied(text, n in _NULL) for n, text in enumerate(texts)]) + "\n"
    )


_NULL = frozenset(STAGED.index(name) for name in ("height_m", "width_px", "retention_days", "installed_on"))


def _copied(text: str, is_nullable: bool) -> str:
    if is_nullable and not text:
        return "\\N"
    return text.replace("\\", "\\\\") if "\\" in text else text


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
