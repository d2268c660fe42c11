"""A recorded trace as a file: CSV `time,lat,lon[,accuracy_m]`, ISO times (UTC unless they say otherwise). Pure.

What was recorded is read as a server would have heard it. A clock that is wrong for some rows (repeated, backwards, or
far ahead) must not swallow the others, so the longest run of growing times is kept.
"""

from __future__ import annotations

import csv
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite

from location_router.geo import haversine_m
from server.walks.memory import Fix

COLUMNS = ("time", "lat", "lon", "accuracy_m")
FASTEST_MPS, SLACK_M = 60.0, 100.0
UNSET = timedelta(minutes=20)
SHUFFLED_SHARE = 0.5
"""When less than that is in order, the file is out of order, not its clock: it is sorted."""


class BadTrace(ValueError):
    """Not a trace; the sentence says why and what to do."""


@dataclass(slots=True)
class Trace:
    """Fixes with growing times, and the lines that were left out: (line number, why)."""

    fixes: list[Fix]
    refused: list[tuple[int, str]] = field(default_factory=list)

    @property
    def duration_s(self) -> float:
        return (self.fixes[-1].fixed_at - self.fixes[0].fixed_at).total_seconds()

    @property
    def distance_m(self) -> float:
        """Along the fixes that follow each other at no more than 60 m/s."""
        steps = (
            (_apart_m(one, other), _limit_m(one, other)) for one, other in zip(self.fixes, self.fixes[1:], strict=False)
        )
        return sum(far for far, limit in steps if far <= limit)

    @property
    def begin(self) -> Fix:
        """The first fix that most of those after it agree with."""
        return _settled(self.fixes)

    @property
    def end(self) -> Fix:
        return _settled(self.fixes[::-1])


def read_trace(lines: Iterable[str]) -> Trace:
    """Raises BadTrace when no two rows can be used."""
    rows: list[tuple[int, Fix]] = []
    refused: list[tuple[int, str]] = []
    for number, found in _rows(lines):
        if isinstance(found, str):
            refused.append((number, found))
        else:
            rows.append((number, found))
    return _trace(rows, refused)


def read_fixes(fixes: Iterable[Fix]) -> Trace:
    """Fixes in the order in which they came, as if they had been lines. Raises BadTrace as `read_trace` does."""
    return _trace(list(enumerate(fixes, 1)), [])


def _trace(rows: list[tuple[int, Fix]], refused: list[tuple[int, str]]) -> Trace:
    kept, late = _in_order(rows)
    if len(kept) < 2:
        why = f": line {refused[0][0]}: {refused[0][1]}" if refused else ""
        raise BadTrace(f"쓸 수 있는 위치 둘 이상 필요 · two usable positions are needed, found {len(kept)}{why}")
    return Trace([fix for _, fix in kept], sorted(refused + late))


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, Fix | str]]:
    reader = csv.reader(line.replace("\0", "") for line in lines)
    columns: list[str] | None = None
    for row in reader:
        cells = [cell.strip().lstrip("\ufeff") for cell in row]
        if not any(cells):
            continue
        if columns is None:
            names = [cell.lower() for cell in cells]
            columns = names if "lat" in names else list(COLUMNS)
            if columns is names:
                missing = [name for name in COLUMNS[:3] if name not in names]
                if missing:
                    raise BadTrace(
                        f"열이 없습니다 · missing column {', '.join(missing)}; the first line is time,lat,lon"
                    )
                continue
        yield reader.line_num, _fix(dict(zip(columns, cells, strict=False)))


def _fix(row: dict[str, str]) -> Fix | str:
    """A fix, or why there is none."""
    told = row.get("time", "")
    try:
        at = datetime.fromisoformat(told)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return f"time {told!r} is no ISO time, such as 2026-03-01T14:05:00Z"
    try:
        lat, lon = float(row.get("lat", "")), float(row.get("lon", ""))
    except ValueError:
        return f"lat {row.get('lat', '')!r}, lon {row.get('lon', '')!r}: not numbers"
    if not (isfinite(lat) and isfinite(lon) and abs(lat) <= 90.0 and abs(lon) <= 180.0):
        return f"lat {lat}, lon {lon}: no place on earth"
    if lat == 0.0 and lon == 0.0:
        return "lat 0, lon 0: a receiver without a fix"
    return Fix(lat, lon, at, _accuracy(row.get("accuracy_m", "")))


def _accuracy(told: str) -> float | None:
    """Metres, or None: an unreadable accuracy is none."""
    try:
        value = float(told)
    except ValueError:
        return None
    return value if isfinite(value) and value > 0.0 else None


def _in_order(rows: list[tuple[int, Fix]]) -> tuple[list[tuple[int, Fix]], list[tuple[int, str]]]:
    """The longest run of growing times, in file order; a file that is out of order altogether is sorted."""
    kept = _longest_run(rows)
    if len(kept) < SHUFFLED_SHARE * len({row[1].fixed_at for row in rows}):
        kept = _longest_run(sorted(rows, key=lambda row: row[1].fixed_at))
    for first in (2, 1):  # a row or two long before all others: a clock that was not set yet
        if len(kept) > first + 1 and kept[first][1].fixed_at - kept[first - 1][1].fixed_at > UNSET:
            kept = kept[first:]
    numbers = {number for number, _ in kept}
    return kept, [(number, "time repeated or out of order") for number, _ in rows if number not in numbers]


def _longest_run(rows: list[tuple[int, Fix]]) -> list[tuple[int, Fix]]:
    ends: list[datetime] = []
    at_end: list[int] = []
    before: list[int] = []
    for index, (_, fix) in enumerate(rows):
        place = bisect_left(ends, fix.fixed_at)
        before.append(at_end[place - 1] if place else -1)
        if place == len(ends):
            ends.append(fix.fixed_at)
            at_end.append(index)
        elif fix.fixed_at < ends[place]:  # of a time that is repeated the first row counts
            ends[place], at_end[place] = fix.fixed_at, index
    found: list[tuple[int, Fix]] = []
    index = at_end[-1] if at_end else -1
    while index >= 0:
        found.append(rows[index])
        index = before[index]
    return found[::-1]


def _apart_m(one: Fix, other: Fix) -> float:
    return haversine_m(lat=one.lat, lon=one.lon, to_lat=other.lat, to_lon=other.lon)


def _limit_m(one: Fix, other: Fix) -> float:
    return FASTEST_MPS * abs((other.fixed_at - one.fixed_at).total_seconds()) + SLACK_M


def _settled(fixes: list[Fix]) -> Fix:
    """The first of those that most of the first seven agree with."""
    first = fixes[:7]
    return max(first, key=lambda one: sum(_apart_m(one, other) <= _limit_m(one, other) for other in first))
