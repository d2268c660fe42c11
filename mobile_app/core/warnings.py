"""Disaster warnings on the phone: is she inside, and what is news to her. Pure; the place stays here.

A vague or a missing place counts as inside, and so does the border: rather a warning too many. What was told is
remembered by its thread, the first message of what an Update or a Cancel goes on with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, hypot, radians
from typing import Any

from mobile_app.core.messages import Position, read_time

SEVERITIES = ("Unknown", "Minor", "Moderate", "Severe", "Extreme")
OLD_AFTER = timedelta(minutes=30)
M_PER_DEG = 111_195.0
BORDER_M = 1.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What she was told of a thread. `is_over`: that it is over, or no longer concerns her."""

    warning_id: str
    rank: int
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class News:
    """To be told now. `texts`: by language, of the gravest part that concerns her; empty for an all-clear."""

    thread_id: str
    severity: str
    texts: dict[str, Any]
    is_over: bool = False


def is_inside(part: dict[str, Any], place: Position | None, now: datetime) -> bool:
    """Whether she may be in the part's area, by its `is_whole`, `rings` (lat, lon) and `circles` (lat, lon, metres)."""
    if part.get("is_whole") or place is None or now - place.fixed_at > OLD_AFTER:
        return True
    doubt_m = max(place.accuracy_m, 0.0) + BORDER_M
    for lat, lon, radius_m in part.get("circles") or ():
        if hypot(*_metres(place, lat, lon)) <= radius_m + doubt_m:
            return True
    return any(_ring_covers([_metres(place, *corner) for corner in ring], doubt_m) for ring in part.get("rings") or ())


def _metres(place: Position, lat: float, lon: float) -> tuple[float, float]:
    """(north, east) of a point as seen from the place."""
    return (lat - place.lat) * M_PER_DEG, (lon - place.lon) * M_PER_DEG * cos(radians(place.lat))


def _ring_covers(corners: list[tuple[float, float]], doubt_m: float) -> bool:
    """Of corners as seen from her: an odd number of sides to the east, or a side within the doubt."""
    crossings = 0
    for (y1, x1), (y2, x2) in zip(corners, [*corners[1:], *corners[:1]], strict=True):
        if (y1 > 0) != (y2 > 0) and x1 - y1 * (x2 - x1) / (y2 - y1) > 0:
            crossings += 1
        if _away_m(y1, x1, y2, x2) <= doubt_m:
            return True
    return crossings % 2 == 1


def _away_m(y1: float, x1: float, y2: float, x2: float) -> float:
    along, length = -(y1 * (y2 - y1) + x1 * (x2 - x1)), (y2 - y1) ** 2 + (x2 - x1) ** 2
    share = min(max(along / length, 0.0), 1.0) if length > 0 else 0.0
    return hypot(y1 + share * (y2 - y1), x1 + share * (x2 - x1))


def news_of(
    warnings: Iterable[dict[str, Any]], heard: dict[str, Heard], place: Position | None, now: datetime
) -> tuple[list[News], dict[str, Heard]]:
    """What to tell now, and what will have been heard then: each thread once, again when it is graver than before, and
    once that it is over for her, if she was told of it."""
    news, after = [], {}
    for one in warnings:
        thread, warning_id = str(one.get("thread_id")), str(one.get("warning_id"))
        known, part = heard.get(thread), _gravest(one, place, now)
        if part is None:
            has_left = bool(one.get("is_over")) or (known is not None and known.warning_id != warning_id)
            if known is not None and has_left and not known.is_over:
                news.append(News(thread, str(one.get("severity")), {}, is_over=True))
                known = Heard(warning_id, known.rank, is_over=True)
            if known is not None:
                after[thread] = known
            continue
        rank = _rank(part)
        if known is None or known.is_over or rank > known.rank:
            news.append(News(thread, str(part.get("severity")), dict(part.get("texts") or {})))
        after[thread] = Heard(warning_id, rank if known is None or known.is_over else max(rank, known.rank))
    return news, after


def _gravest(one: dict[str, Any], place: Position | None, now: datetime) -> dict[str, Any] | None:
    """Of the parts that run and hold her."""
    if one.get("is_over"):
        return None
    parts = [part for part in one.get("parts") or () if isinstance(part, dict) and _runs(part, now)]
    inside = [part for part in parts if is_inside(part, place, now)]
    return max(inside, key=_rank, default=None)


def _runs(part: dict[str, Any], now: datetime) -> bool:
    until = read_time(part.get("expires_at"))
    return until is not None and until > now


def _rank(part: dict[str, Any]) -> int:
    severity = part.get("severity")
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0
