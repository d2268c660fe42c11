"""Direction text to headings; pure.

Only what is wholly a direction counts: 동 in `동대문 방면` is a name, not east. What nobody can read leaves the heading
open (the camera then counts as seeing all round) and the words in `heading_text`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from server.cameras.importing.words import plain

_POINTS = {"북": 0.0, "북동": 45.0, "동": 90.0, "남동": 135.0, "남": 180.0, "남서": 225.0, "서": 270.0, "북서": 315.0}
_POINTS |= {"동북": 45.0, "동남": 135.0, "서남": 225.0, "서북": 315.0}
_POINTS |= {"북북동": 22.5, "동북동": 67.5, "동남동": 112.5, "남남동": 157.5}
_POINTS |= {"남남서": 202.5, "서남서": 247.5, "서북서": 292.5, "북북서": 337.5}
_LETTERS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
_POINTS |= {name.lower(): number * 22.5 for number, name in enumerate(_LETTERS)}
_ENGLISH = {"north": "n", "east": "e", "south": "s", "west": "w"}
_SEVERAL: dict[str, tuple[str, ...]] = {
    "동서": ("동", "서"),
    "서동": ("동", "서"),
    "남북": ("남", "북"),
    "북남": ("북", "남"),
}
_SEVERAL |= {"동서남북": ("동", "서", "남", "북"), "동남서북": ("동", "남", "서", "북")}

_ROUND = re.compile(
    r"360|전\s*방\s*위|전\s*방\s*향|전\s*방\s*면|사\s*방|전체|회전|돔|파노라마|all|omni|dome|pan", re.IGNORECASE
)
_SPLIT = re.compile(r"[,/·ㆍ&+;|~\n]|\s및\s|\s와\s|\s-\s|\sand\s|\s(?=\d{1,2}\s*[).:번])", re.IGNORECASE)
_TAIL = re.compile(r"(?:쪽|향|측|편|방향|방면|방위|쪽방향|쪽방면|bound|ward|wards)+$")
_NUMBERED = re.compile(
    r"^(?:카메라|cctv|cam|no)?\.?\s*\d{1,2}\s*(?:번|호)?\s*(?:[:.)]\s*|(?=[동서남북]))", re.IGNORECASE
)
_DEGREES = re.compile(
    r"^(반시계방향|시계방향|방위각|방위|약|heading|azimuth)?\s*(\d{1,3}(?:\.\d+)?)\s*(°|도|degrees?|deg)?\s*(시계방향|반시계방향)?$"
)
_HANJA = str.maketrans("東西南北", "동서남북")
_BARE_DEGREES = re.compile(r"^\d{1,3}(?:\.\d+)?$")
_CLOCK = re.compile(r"^(\d{1,2})\s*시$")


@dataclass(frozen=True, slots=True)
class View:
    """Where one camera looks: `heading_deg` clockwise from north, None when open; `is_round`: it says all round."""

    heading_deg: float | None
    is_round: bool = False


@lru_cache(maxsize=8192)
def views_of(text: str, cameras: int) -> tuple[View, ...]:
    """One view for each camera of the row. One direction counts for all of them; of several each camera takes its own,
    and those left over stay open, as does a single camera with several."""
    words = plain(text)
    headings = headings_of(words)
    if _ROUND.search(words) and not headings:
        return (View(None, is_round=True),) * cameras
    if len(headings) == 1:
        return (View(headings[0]),) * cameras
    if len(headings) > 1 and cameras > 1:
        return tuple(View(headings[n]) if n < len(headings) else View(None) for n in range(cameras))
    return (View(None),) * cameras


@lru_cache(maxsize=8192)
def headings_of(text: str) -> tuple[float, ...]:
    """Every direction in the text, in its order: `북동`, `동,서`, `남북`, `NE`, `시계방향 90도`, `45°`, `3시방향`.
    Empty when a part is no direction: half-read text would send an operator to the wrong camera."""
    found: list[float] = []
    for part in _SPLIT.split(plain(text)):
        if not part.strip():
            continue
        headings = _part(_NUMBERED.sub("", part.strip().lower()))
        if headings is None:
            return ()
        found += headings
    return tuple(found)


def _part(part: str) -> list[float] | None:
    part = re.sub(r"\([^()]*\)", "", part.translate(_HANJA)).strip()
    if degrees := _DEGREES.match(part):
        value = float(degrees[2])
        turned = -value if "반시계방향" in (degrees[1], degrees[4]) else value
        return [turned % 360] if value < 360 else None
    core = _TAIL.sub("", part.replace(" ", ""))
    if clock := _CLOCK.match(core):
        hour = int(clock[1])
        return [hour % 12 * 30.0] if 1 <= hour <= 12 else None
    for word, letter in _ENGLISH.items():
        core = core.replace(word, letter)
    core = core.replace("-", "").removeprefix("정")
    if core in _POINTS:
        return [_POINTS[core]]
    return [_POINTS[one] for one in _SEVERAL[core]] if core in _SEVERAL else None
