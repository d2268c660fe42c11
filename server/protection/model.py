"""A protected person's code, and what she is warned of when an offender comes near; pure.

The ministry gives her a code. What it sends with its requests (`protected_ref`) is made from the code one way: who
reads the reference (a serving center, an operator) can't register as her. What homes look a note up by (`tag_of`) is
made from the reference one way: who sees the tag (every other home) can't open the note.
"""

from __future__ import annotations

import base64
import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from location_router.geo import distance_m, metres_per_degree

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no I, L, O, U. Eighteen random ones are 90 bits."""
RANDOM, CHECK = 18, 2

Band = Literal["within_300", "within_1000", "within_3000", "beyond", "unknown"]
Direction = Literal["", "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"]
BANDS: tuple[tuple[float, Band], ...] = ((300.0, "within_300"), (1000.0, "within_1000"), (3000.0, "within_3000"))
_NEARNESS: dict[Band, int] = {"within_300": 3, "within_1000": 2, "within_3000": 1, "unknown": 0, "beyond": 0}
_POINTS: tuple[Direction, ...] = (
    "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest",
)  # fmt: skip
AGAIN_AFTER = timedelta(minutes=5)
OWN_OLD_AFTER = timedelta(minutes=10)
"""What is known of her own place from before this is nothing."""


def read_code(text: str) -> str | None:
    """The code as it was given, however it was typed (small letters, blanks, hyphens, O for 0, I or L for 1); None for
    what is none: the last two letters check the others, so that nobody believes to be registered who is not."""
    code = text.upper().translate(str.maketrans("OIL", "011", " -\t\n"))
    if len(code) != RANDOM + CHECK or set(code) - set(LETTERS):
        return None
    return code if code[RANDOM:] == _check(code[:RANDOM]) else None


def whole_code(random_letters: str) -> str:
    """What the ministry hands out: its eighteen random letters and the two that check them."""
    return random_letters + _check(random_letters)


def _check(letters: str) -> str:
    number = int.from_bytes(hashlib.sha256(b"ansim-protected-check:" + letters.encode()).digest()[:2], "big")
    return LETTERS[number >> 11] + LETTERS[(number >> 6) & 31]


def ref_of(code: str) -> str:
    """The ministry's `protected_ref` for a code: 32 letters (160 bits)."""
    digest = hashlib.sha256(b"ansim-protected-ref:" + code.encode()).digest()
    return base64.b32encode(digest)[:32].decode()


def tag_of(ref: str) -> str:
    """What a note of this reference is looked up by."""
    return hashlib.sha256(b"ansim-protected-tag:" + ref.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Place:
    """WGS84; `accuracy_m` is the radius that holds 68 %."""

    lat: float
    lon: float
    accuracy_m: float
    fixed_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """`direction` from her to the offender; empty where the fixes can't tell."""

    band: Band
    direction: Direction = ""


@dataclass(frozen=True, slots=True)
class Told:
    """The last warning of this request."""

    band: Band
    at: datetime


def assess(own: Place | None, other: Place | None, now: datetime) -> Found:
    """How near, and where from. The nearest that both fixes allow counts: a vague one never makes it look far."""
    if own is None or other is None or now - own.fixed_at > OWN_OLD_AFTER:
        return Found("unknown")
    away_m = distance_m(lat=own.lat, lon=own.lon, to_lat=other.lat, to_lon=other.lon)
    doubt_m = own.accuracy_m + other.accuracy_m
    nearest_m = max(0.0, away_m - doubt_m)
    band = next((name for most_m, name in BANDS if nearest_m < most_m), None)
    if band is None:
        return Found("beyond")
    return Found(band, _direction(own, other) if away_m > doubt_m else "")


def _direction(own: Place, other: Place) -> Direction:
    per_lat, per_lon = metres_per_degree(lat=own.lat)
    north, east = (other.lat - own.lat) * per_lat, (other.lon - own.lon) * per_lon
    return _POINTS[round(math.degrees(math.atan2(east, north)) / 45.0) % 8]


def is_due(last: Told | None, found: Found, now: datetime) -> bool:
    """Whether she is told now: at first, when it has come nearer, or after five minutes; of what is beyond, never."""
    if found.band == "beyond":
        return False
    return last is None or is_nearer(last, found) or now - last.at >= AGAIN_AFTER


def is_nearer(last: Told, found: Found) -> bool:
    return _NEARNESS[found.band] > _NEARNESS[last.band]
