"""An agency's request for pictures: its case number, its time, its states and its deadlines; pure.

asked → approved → ended, or asked → refused | withdrawn | expired. Unanswered, the shift leader is called once; what
nobody has answered expires, so that the agency telephones instead of waiting.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

State = Literal["asked", "approved", "refused", "withdrawn", "expired", "ended"]
WAITING: State = "asked"
OPEN_STATES = ("asked", "approved")
LONGEST = timedelta(hours=24)
SHORTEST = timedelta(minutes=1)

# Which occasion of an agreement covers a request by this kind of agency. Others come by doors of their own.
TRIGGERS = {"112": "dispatch", "119": "dispatch", "disaster": "disaster"}
TYPES = {"112": "observed", "119": "observed", "disaster": "disaster"}


@dataclass(frozen=True, slots=True)
class Request:
    """The columns that decisions look at."""

    state: State
    asked_at: datetime
    until_at: datetime
    expires_at: datetime
    due_at: datetime | None
    escalated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What an approved request stands on, as the database has it now."""

    incident_is_open: bool = True
    dispatch_is_working: bool = True
    agreement_allows: bool = True


@dataclass(frozen=True, slots=True)
class Happened:
    """One line `video:…` and the columns it changes."""

    what: str
    payload: dict[str, Any]
    changes: dict[str, Any]


def ask(*, now: datetime, until_at: datetime, leader_s: float, expires_s: float) -> Request:
    """A new request and its deadlines; it waits no longer than it would have lasted."""
    expires = min(now + timedelta(seconds=expires_s), until_at)
    return Request("asked", now, until_at, expires, min(now + timedelta(seconds=leader_s), expires))


def decide(request: Request, ground: Ground, now: datetime) -> Happened | None:
    """What is due at `now`; None: nothing."""
    if request.state == "approved":
        return _end_of(request, ground, now)
    if request.state != "asked":
        return None
    if now >= request.expires_at:
        return ended("expired", "unanswered", now)
    if request.escalated_at is None and request.due_at is not None and now >= request.due_at:
        changes = {"escalated_at": now, "due_at": request.expires_at}
        return Happened("escalated", {"level": 1, "to": "supervisor"}, changes)
    return None


def _end_of(request: Request, ground: Ground, now: datetime) -> Happened | None:
    if now >= request.until_at:
        return ended("ended", "until", now)
    if not ground.incident_is_open:
        return ended("ended", "incident_closed", now)
    if not ground.dispatch_is_working:
        return ended("ended", "agency_done", now)
    return None if ground.agreement_allows else ended("ended", "no_agreement", now)


def ended(state: State, reason: str, now: datetime) -> Happened:
    """The request is over: `state` is what it was over by."""
    changes = {"state": state, "due_at": None, "ended_at": now, "end_reason": reason}
    return Happened(state, {"reason": reason}, changes)


def evolve(request: Request, happened: Happened) -> Request:
    """The request afterwards."""
    changes = {name: value for name, value in happened.changes.items() if name in Request.__dataclass_fields__}
    return replace(request, **changes)


def flaw_of_end(until_at: datetime, now: datetime) -> str | None:
    """None, or why this end does not fit: `until_in_the_past`, `until_too_late`."""
    if until_at < now + SHORTEST:
        return "until_in_the_past"
    return "until_too_late" if until_at > now + LONGEST else None


def quiet_minutes(until_at: datetime, now: datetime) -> int:
    """How long nobody is reminded of an incident in which only the agency looks: until its end, four hours at most."""
    return min(max(math.ceil((until_at - now).total_seconds() / 60), 1), 240)


def is_case_number(kind: str, text: str, today: date) -> bool:
    """`112-20260301-00007`: the agency's kind, a day that was (Korean date), a number; as dispatches have it."""
    found = re.fullmatch(rf"{re.escape(kind)}-(\d{{8}})-\d{{5}}", text, re.ASCII)
    if found is None:
        return False
    try:
        day = date(int(found[1][:4]), int(found[1][4:6]), int(found[1][6:]))
    except ValueError:
        return False
    return date(2000, 1, 1) <= day <= today
