"""What may be said of a place by another source; pure.

An entry is one place at one time. Entries with the same `source_id` are one track. None of it ever becomes the
caller's position: nothing here knows how.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

SourceKind = Literal["telco", "car", "family", "device", "caller_said"]
KINDS: tuple[SourceKind, ...] = get_args(SourceKind)
FROM_AGENCIES: tuple[SourceKind, ...] = ("telco", "car", "device")
"""What a linked agency can know by its own means; what family or caller said is heard by whom they talk to."""

LEAST_RADIUS_M, MOST_RADIUS_M, USUAL_RADIUS_M = 1.0, 50_000.0, 500.0
LONGEST_LABEL, LONGEST_REFERENCE = 80, 80
MOST_ENTRIES = 500
OLDEST = timedelta(hours=24)
AHEAD = timedelta(seconds=60)
"""A clock on the wall of another office may run a little ahead."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a source says: a circle of `radius_m` around `lat`, `lon` at `fixed_at`. `label` names the source to people
    ("KT 기지국"), `reference` is its own number for the answer."""

    kind: SourceKind
    lat: float
    lon: float
    radius_m: float
    fixed_at: datetime
    label: str = ""
    reference: str = ""


def believable_time(fixed_at: datetime, now: datetime) -> datetime | None:
    """The time that counts: a little ahead is now; None for what can't be: later than that, or older than a day."""
    if fixed_at > now + AHEAD or fixed_at < now - OLDEST:
        return None
    return min(fixed_at, now)
