"""What a traffic gateway may say, read strictly, and the life of a request for green lights; pure.

A gateway is somebody else's program: what it says is bounded, checked piece by piece, and never believed to be newer
than it is. A link that can't be read is left out; an answer of which most can't be read is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor, isfinite
from typing import Any, Literal, NamedTuple, get_args

Level = Literal["free", "slow", "jammed", "closed"]
LEVELS: tuple[Level, ...] = get_args(Level)
STEP_DEG = 0.01
"""Boxes are asked for in steps of about a kilometre: none says where somebody is."""
MOST_BOX_DEG = 0.6
MOST_LINKS, MOST_POINTS, LONGEST_NAME = 4000, 500, 80
STALE_AFTER = timedelta(minutes=5)
USELESS_AFTER = timedelta(minutes=30)
MOST_TRAVEL_S = 4 * 3600

PriorityState = Literal["requested", "granted", "refused", "ended"]
OPEN_PRIORITY = frozenset({"requested", "granted"})
ANSWERED_WITHIN = timedelta(seconds=120)
LONGEST_PRIORITY = timedelta(minutes=30)
"""Lights are given back by themselves, whatever is forgotten."""


class Box(NamedTuple):
    west: float
    south: float
    east: float
    north: float


class Unreadable(ValueError):
    """The gateway's answer is not what the contract says; the text names the field, never its value."""


def box_of(*, west: float, south: float, east: float, north: float) -> Box | None:
    """The box that is asked for, widened to whole steps; None for one that is upside down or larger than a city."""
    if not (west < east and south < north):
        return None
    box = Box(
        round(floor(west / STEP_DEG) * STEP_DEG, 2),
        round(floor(south / STEP_DEG) * STEP_DEG, 2),
        round(ceil(east / STEP_DEG) * STEP_DEG, 2),
        round(ceil(north / STEP_DEG) * STEP_DEG, 2),
    )
    return box if box.east - box.west <= MOST_BOX_DEG and box.north - box.south <= MOST_BOX_DEG else None


@dataclass(frozen=True, slots=True)
class Link:
    """A piece of road. `speed_kph` None: not measured. `line`: (lon, lat), at least two."""

    link_id: str
    name_ko: str
    name_en: str
    level: Level
    speed_kph: float | None
    line: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Links:
    links: tuple[Link, ...]
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Travel:
    """Seconds from now, and what says so."""

    seconds: float
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the signal system says about a request; `reason` in its own words."""

    state: Literal["requested", "granted", "refused"]
    reason: str = ""


def is_stale(at: datetime, now: datetime) -> bool:
    return now - at > STALE_AFTER


def is_useless(at: datetime, now: datetime) -> bool:
    """Older than this it says nothing about the roads now, and is not shown at all."""
    return now - at > USELESS_AFTER


def links_from(said: Any, now: datetime) -> Links:
    """Of `{"at", "source", "links": [{"id","name","name_en","level","speed_kph","line"}]}`. Raises Unreadable."""
    if not isinstance(said, dict) or not isinstance(said.get("links"), list):
        raise Unreadable("links")
    rows = said["links"]
    if len(rows) > MOST_LINKS:
        raise Unreadable(f"links: more than {MOST_LINKS}")
    links = [link for row in rows if (link := _link(row)) is not None]
    if len(links) * 2 < len(rows):
        raise Unreadable("links: most can't be read")
    return Links(tuple(links), _time(said.get("at"), now), _name(said.get("source")))


def travel_from(said: Any, now: datetime) -> Travel:
    """Of `{"eta_s", "at", "source"}`. Raises Unreadable."""
    seconds = _number(said.get("eta_s")) if isinstance(said, dict) else None
    if seconds is None or not 0 <= seconds <= MOST_TRAVEL_S:
        raise Unreadable("eta_s")
    return Travel(seconds, _time(said.get("at"), now), _name(said.get("source")))


def verdict_from(said: Any) -> Verdict:
    """Of `{"state", "reason"}`. Raises Unreadable."""
    state = said.get("state") if isinstance(said, dict) else None
    if state not in ("requested", "granted", "refused"):
        raise Unreadable("state")
    return Verdict(state, _name(said.get("reason")))


def features(links: Links) -> dict[str, Any]:
    """GeoJSON lines: `id name_ko name_en level speed_kph`."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "LineString", "coordinates": [list(point) for point in one.line]},
                "properties": {
                    "id": one.link_id,
                    "name_ko": one.name_ko,
                    "name_en": one.name_en,
                    "level": one.level,
                    "speed_kph": one.speed_kph,
                },
            }
            for one in links.links
        ],
    }


def _link(row: Any) -> Link | None:
    if not isinstance(row, dict) or row.get("level") not in LEVELS:
        return None
    line = _line(row.get("line"))
    if line is None:
        return None
    speed, name = _number(row.get("speed_kph")), _name(row.get("name"))
    if speed is not None and not 0 <= speed <= 250:
        speed = None
    return Link(_name(row.get("id")), name, _name(row.get("name_en")) or name, row["level"], speed, line)


def _line(said: Any) -> tuple[tuple[float, float], ...] | None:
    if not isinstance(said, list) or not 2 <= len(said) <= MOST_POINTS:
        return None
    points = []
    for one in said:
        if not isinstance(one, list) or len(one) != 2:
            return None
        lon, lat = _number(one[0]), _number(one[1])
        if lon is None or lat is None or not (-180 <= lon <= 180 and -90 <= lat <= 90):
            return None
        points.append((lon, lat))
    return tuple(points)


def _number(said: Any) -> float | None:
    try:
        value = float(said) if isinstance(said, int | float) and not isinstance(said, bool) else None
    except OverflowError:
        return None
    return value if value is not None and isfinite(value) else None


def _name(said: Any) -> str:
    return said.replace("\x00", "").strip()[:LONGEST_NAME] if isinstance(said, str) else ""


def _time(said: Any, now: datetime) -> datetime:
    """When it was measured; a clock that is ahead of ours says now."""
    try:
        at = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Unreadable("at")
    return min(at, now)
