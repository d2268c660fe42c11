"""A stored warning as it is drawn and told: parts of one area and severity with their texts by language; pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from location_router.cap_warning.reach import shape_of
from location_router.cap_warning.values import SEVERITIES, Area

Outlines = Callable[[str], Iterable[BaseGeometry]]
"""The outlines that a code of 행정구역코드 stands for, as far as this reader has any."""
MOST_PLACES = 5
"""Municipalities that somebody may choose to be warned for."""
HIDE_REASONS: dict[str, tuple[str, str]] = {
    "over": ("이곳에서는 끝난 상황", "It is over here"),
    "wrong_area": ("구역이 잘못됨", "The area is wrong"),
    "duplicate": ("같은 경보가 이미 있음", "The same warning stands already"),
    "mistake": ("잘못 보낸 경보(기관 확인)", "Sent by mistake (the agency says so)"),
    "in_the_way": ("업무에 방해됨", "It is in the way of the work"),
}
"""Why a center takes a warning off its map."""


def area_of(told: dict[str, Any]) -> Area:
    """From the JSON of `cap_warning.values.told`."""
    rings = tuple(tuple((lat, lon) for lat, lon in ring) for ring in told["rings"])
    return Area(told["words"], rings, tuple(tuple(one) for one in told["circles"]), tuple(told["codes"]))


def parts_of(content: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    """What is not over of it, the gravest first: translations of one area and severity are one part, with `areas` (as
    stored) and `texts` by `ko` or `en` (another language stands for both where there is neither)."""
    parts: dict[str, dict[str, Any]] = {}
    for info in content["infos"]:
        if datetime.fromisoformat(info["expires_at"]) <= now:
            continue
        name = repr((info["areas"], info["severity"], info["begins_at"], info["expires_at"]))
        kept = ("severity", "urgency", "certainty", "categories", "begins_at", "expires_at", "areas", "kept")
        part = parts.setdefault(name, {one: info[one] for one in kept} | {"texts": {}})
        language = info["language"][:2].lower()
        words = info["texts"] | {"areas": ", ".join(dict.fromkeys(one["words"] for one in info["areas"]))}
        for known in (language,) if language in ("ko", "en") else ("ko", "en"):
            part["texts"].setdefault(known, words)
    return sorted(parts.values(), key=lambda one: -SEVERITIES.index(one["severity"]))


def drawn(part: dict[str, Any], outlines: Outlines) -> dict[str, Any] | None:
    """GeoJSON of the part's area (x = longitude): its rings and circles, else the outlines of its codes; None where
    this reader knows none of them."""
    shapes: list[BaseGeometry] = []
    for told in part["areas"]:
        area = area_of(told)
        shape = shape_of(area)
        shapes += [shape] if shape is not None else [one for code in area.codes for one in outlines(code)]
    if not shapes:
        return None
    whole = shapely.set_precision(shapely.union_all(shapes), 1e-6)
    return dict(shapely.geometry.mapping(whole))


def on_the_phone(part: dict[str, Any], mine: Collection[str], centers_of_code: Callable[[str], Iterable[str]]) -> Any:
    """The part as a phone looks whether it is inside: `rings` and `circles`, or `is_whole` where the area is told by
    codes alone and one of `mine` (her municipalities) is among them. None: nothing of it can concern her."""
    areas = [area_of(one) for one in part["areas"]]
    rings = [ring for area in areas for ring in area.rings]
    circles = [circle for area in areas for circle in area.circles]
    named = (code for area in areas if not area.rings and not area.circles for code in area.codes)
    is_whole = any(center in mine for code in named for center in centers_of_code(code))
    if not rings and not circles and not is_whole:
        return None
    shown = {name: part[name] for name in ("severity", "begins_at", "expires_at", "texts")}
    return shown | {"rings": rings, "circles": circles, "is_whole": is_whole}
