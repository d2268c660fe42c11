"""What a caller's own words in an alert (`caller.profile`) become on an operator's screen: groups in the order in which
help needs them, cleaned and bounded; and of which alerts they may be shown. Pure.

The keys are those of docs/phone.md section 2. One that nobody here knows is shown under its own name, at the end:
another app's "pacemaker" must not be lost because it is new.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.incidents.health import AGREED, HEALTH

GROUPS: dict[str, tuple[str, ...]] = {
    "where": ("home_address", "home_floor", "home_door", "floor_hint"),
    "health": HEALTH,
    "talk": ("language", "languages", "call"),
    "who": ("full_name", "birth_year", "looks"),
    "note": ("note",),
}
OTHER = "other"
SHOWN_ANYWAY = ("language", "call")
"""Stands on the card, or in the talk's warning, for every operator already."""
MOST_FACTS, MOST_KEY, MOST_WORDS = 24, 80, 2000
# Controls, and the marks that turn the direction of writing: with them a text could pass for another one.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Held:
    """An alert of the incident. `pre_deadline_at`: the end of a countdown of its own beside another alert."""

    phase: str
    pre_deadline_at: datetime | None = None


def told(alerts: Iterable[Held], *, is_duress: bool, now: datetime) -> list[bool]:
    """For each alert of an active incident, whether it was a cry for help. One that counts down beside another was
    not, yet; nor was one that its person took back while another still stands, unless under duress."""
    held = list(alerts)
    stands = any(one.phase != "ended" for one in held)
    return [_is_told(one, is_duress=is_duress, stands=stands, now=now) for one in held]


def _is_told(one: Held, *, is_duress: bool, stands: bool, now: datetime) -> bool:
    if one.phase == "pre":  # with no countdown of its own, or one that is over, the center's timer has raised it
        return one.pre_deadline_at is None or one.pre_deadline_at <= now
    return one.phase != "ended" or is_duress or not stands


def facts_of(caller: Mapping[str, Any]) -> list[dict[str, str]]:
    """`[{"group", "key", "words"}]` of a `Caller` as it was sealed, empty ones left out. A profile that is none is
    none."""
    profile = caller.get("profile")
    given = dict(profile) if isinstance(profile, Mapping) else {}
    if not given.get("language"):
        given["language"] = caller.get("language", "")
    plain = {name: words for key, value in given.items() if (name := clean(key)[:MOST_KEY]) and (words := clean(value))}
    known = [(group, key) for group, keys in GROUPS.items() for key in keys if key in plain]
    named = {key for _, key in known} | {AGREED}
    order = known + [(OTHER, key) for key in plain if key not in named]
    return [{"group": group, "key": key, "words": plain[key][:MOST_WORDS]} for group, key in order[:MOST_FACTS]]


def count_of(facts: Iterable[Mapping[str, str]]) -> int:
    """How much a press would show that is not on the screen already."""
    return sum(1 for one in facts if one["key"] not in SHOWN_ANYWAY)


def clean(value: object) -> str:
    return _UNSEEN.sub(" ", "" if value is None else str(value)).strip()
