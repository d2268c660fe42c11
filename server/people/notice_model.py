"""By which ways a guardian is told of what, and when; pure.

A way is only taken when the one before it has not reached her. Calm news (begun, arrived, over) is content with a push
that the service has taken; where minutes count, only her own phone's word counts, or that she looked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from server.people.ages import SEOUL

Event = Literal[
    "walk_begun", "walk_arrived", "walk_late", "walk_raised", "sos_active", "sos_closed", "approach", "approach_over",
]  # fmt: skip
DAY_MIN = 24 * 60
YIELD_TO_SOS = timedelta(seconds=10)
"""So long the walk's own word of its alarm waits for the SOS of the same alert, which brings a link to follow."""
CALM_LIFE, URGENT_LIFE = timedelta(minutes=10), timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Way:
    """How an event reaches a guardian. `text_after` and `call_after` count from the telling; None: never that way."""

    is_urgent: bool
    pierces_quiet: bool
    first_after: timedelta
    text_after: timedelta
    call_after: timedelta | None
    life: timedelta


def way_of(event: Event, *, text_after_s: float, sos_text_after_s: float, call_after_s: float) -> Way:
    """The installation's policy (NOTICE_TEXT_AFTER_S, NOTICE_SOS_TEXT_AFTER_S, NOTICE_CALL_AFTER_S) for one event."""
    text, sos, call = (timedelta(seconds=s) for s in (text_after_s, sos_text_after_s, call_after_s))
    if event in ("sos_active", "approach"):
        return Way(True, True, timedelta(0), sos, call, URGENT_LIFE)
    if event == "walk_raised":
        return Way(True, True, YIELD_TO_SOS, YIELD_TO_SOS + sos, YIELD_TO_SOS + call, URGENT_LIFE)
    if event == "walk_late":
        return Way(True, False, timedelta(0), text, call, URGENT_LIFE)
    return Way(False, event in ("sos_closed", "approach_over"), timedelta(0), text, None, CALM_LIFE)


def is_quiet(now: datetime, from_min: int | None, to_min: int | None) -> bool:
    """Whether `now` lies in the guardian's quiet hours: from … to, in minutes of Seoul's day, also over midnight. The
    same minute twice is the whole day."""
    if from_min is None or to_min is None:
        return False
    local = now.astimezone(SEOUL)
    minute = local.hour * 60 + local.minute
    if from_min < to_min:
        return from_min <= minute < to_min
    return minute >= from_min or minute < to_min


def has_reached(row: Mapping[str, Any], *, is_urgent: bool) -> bool:
    """Whether a push was enough: no text message follows."""
    if row["delivered_at"] or row["opened_at"] or row["acknowledged_at"]:
        return True
    return not is_urgent and row["push_state"] == "sent"


def needs_call(row: Mapping[str, Any]) -> bool:
    """Whether her telephone shall ring: she has neither acknowledged nor looked."""
    return not (row["acknowledged_at"] or row["opened_at"])


def state_of(row: Mapping[str, Any]) -> str:
    """The furthest that it came, in one word: for her, and for the center."""
    for name, word in (("acknowledged_at", "acknowledged"), ("opened_at", "opened"), ("delivered_at", "delivered")):
        if row[name]:
            return word
    if row["held_back"]:
        return str(row["held_back"])
    if row["push_state"] == "sent" or row["text_state"] == "sent" or row["call_state"] == "placed":
        return "sent"
    is_lost = row["push_state"] in ("failed", "no_token") and row["text_state"] in ("refused", "late")
    return "failed" if is_lost else "waiting"
