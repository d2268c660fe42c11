"""The states of an agency's request at a center, and whether it may be taken at all; pure.

received → accepted → ended, or received → rejected | cancelled | expired | ended; `refused` was never opened. Rights
stand on `accepted` and on nothing else. What was accepted is `received` again when its incident has become another one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from location_router.wire_requests import RequestStateName as State
from server.agencies.model import Agreement, choose

OPEN_STATES: tuple[State, ...] = ("received", "accepted")
MOST_EXTENDED = timedelta(hours=24)
"""No request lasts longer than this from now on, however often it is extended."""

REJECT_REASONS: dict[str, tuple[str, str]] = {
    "alarm_only": ("경보일 뿐 도움 요청이 아님", "Only an alarm, nobody asks for help"),
    "no_danger": ("확인 결과 위험 없음", "Looked at: no danger"),
    "cannot_verify": ("확인되지 않음(연락 안 됨)", "Can't be verified (nobody answers)"),
    "wrong_place": ("위치가 맞지 않음", "The place is wrong"),
    "duplicate": ("이미 처리 중인 요청", "Being worked on already"),
    "not_agreed": ("협약이 뜻하는 일이 아님", "Not what the agreement is for"),
    "other": ("그 밖(메모 참조)", "Other (see the note)"),
}

# What an incident is called that a request of this trigger opens (server/incidents/codes.py).
TYPES: dict[str, str] = {
    "dispatch": "agency_case",
    "help_request": "help_request",
    "anklet_tamper": "anklet",
    "anklet_curfew": "anklet",
    "anklet_zone": "anklet",
    "anklet_approach": "anklet",
    "wanted_vehicle": "wanted_vehicle",
    "missing_child": "missing_child",
    "missing_dementia": "missing_person",
    "disaster": "disaster",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The columns that decisions look at."""

    state: State
    ends_at: datetime | None
    verify_due_at: datetime | None = None
    is_overdue: bool = False


@dataclass(frozen=True, slots=True)
class Accept:
    """`by` is operator, rule, drill or handover; it then lasts until `until_at`."""

    until_at: datetime
    by: str = "operator"


@dataclass(frozen=True, slots=True)
class Reject:
    reason: str


@dataclass(frozen=True, slots=True)
class Extend:
    minutes: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """By the agency."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """With its incident, which was closed or went to another center."""

    reason: str = "incident_closed"


@dataclass(frozen=True, slots=True)
class Reopen:
    """Its incident was merged with somebody else's: what was accepted is not what it would show now."""

    due_at: datetime


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Command = Accept | Reject | Extend | Cancel | End | Reopen | Tick


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the timeline and the columns it changes; `is_told`: the agency hears of it."""

    tag: str
    payload: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    is_told: bool = True


class NotAllowed(Exception):
    """`allowed` are the operator's commands that fit the state."""

    def __init__(self, state: State) -> None:
        super().__init__(f"not in state {state}")
        self.state, self.allowed = state, allowed(state)


class UnknownReason(Exception):
    """None of REJECT_REASONS."""


def allowed(state: State) -> list[str]:
    return {"received": ["accept", "reject"], "accepted": ["extend", "reject"]}.get(state, [])


def decide(asked: Asked, command: Command, now: datetime) -> list[Happened]:
    """What `command` makes happen at `now`; the same twice happens once. Raises NotAllowed, UnknownReason."""
    match command:
        case Accept():
            return _accept(asked, command, now)
        case Reject(reason=reason):
            return _reject(asked, reason, now)
        case Extend(minutes=minutes):
            return _extend(asked, minutes, now)
        case Cancel(reason=reason):
            return _over(asked, "cancelled", reason, now)
        case End(reason=reason):
            return _over(asked, "ended", reason, now)
        case Reopen(due_at=due_at):
            return _reopen(asked, due_at)
        case Tick():
            return _tick(asked, now)


def _accept(asked: Asked, command: Accept, now: datetime) -> list[Happened]:
    if asked.state == "accepted":
        return []
    if asked.state != "received" or _is_over(asked, now):
        raise NotAllowed(asked.state)
    changes = {
        "state": "accepted",
        "reason": "",
        "decided_at": now,
        "is_auto": command.by != "operator",
        "ends_at": command.until_at,
        "verify_due_at": None,
        "is_overdue": False,
    }
    return [Happened("request:accepted", {"by": command.by}, changes)]


def _reject(asked: Asked, reason: str, now: datetime) -> list[Happened]:
    """Also of what was accepted: by a rule, or before one knew better."""
    if reason not in REJECT_REASONS:
        raise UnknownReason(reason)
    if asked.state == "rejected":
        return []
    if asked.state not in OPEN_STATES:
        raise NotAllowed(asked.state)
    changes = _ending("rejected", reason, now) | {"decided_at": now}
    return [Happened("request:rejected", {"reason": reason, "was": asked.state}, changes)]


def _extend(asked: Asked, minutes: int, now: datetime) -> list[Happened]:
    if asked.state != "accepted" or asked.ends_at is None or _is_over(asked, now):
        raise NotAllowed(asked.state)
    ends_at = min(asked.ends_at + timedelta(minutes=minutes), now + MOST_EXTENDED)
    if ends_at <= asked.ends_at:
        return []
    return [Happened("request:extended", {"minutes": minutes}, {"ends_at": ends_at})]


def _reopen(asked: Asked, due_at: datetime) -> list[Happened]:
    if asked.state != "accepted":
        return []
    undecided = {"decided_at": None, "decided_by": None, "is_auto": False, "is_overdue": False}
    changes = {"state": "received", "reason": "merged", "verify_due_at": due_at, **undecided}
    return [Happened("request:reopened", {"reason": "merged"}, changes)]


_LINES: dict[State, str] = {
    "cancelled": "request:cancelled",
    "ended": "request:ended",
    "expired": "request:expired",
}


def _over(asked: Asked, state: State, reason: str, now: datetime) -> list[Happened]:
    if asked.state not in OPEN_STATES:
        return []
    return [Happened(_LINES[state], {"reason": reason, "was": asked.state}, _ending(state, reason, now))]


def _tick(asked: Asked, now: datetime) -> list[Happened]:
    if asked.state not in OPEN_STATES:
        return []
    if _is_over(asked, now):
        return _over(asked, "expired" if asked.state == "received" else "ended", "time", now)
    if asked.state == "received" and asked.verify_due_at is not None and asked.verify_due_at <= now:
        late = {"is_overdue": True, "verify_due_at": None}
        return [Happened("request:overdue", {"to": "supervisor"}, late, is_told=False)]
    return []


def _is_over(asked: Asked, now: datetime) -> bool:
    return asked.ends_at is not None and asked.ends_at <= now


def _ending(state: State, reason: str, now: datetime) -> dict[str, Any]:
    return {"state": state, "reason": reason, "ended_at": now, "verify_due_at": None, "is_overdue": False}


def evolve(asked: Asked, happened: Iterable[Happened]) -> Asked:
    """The request afterwards."""
    for one in happened:
        changes = {name: value for name, value in one.changes.items() if name in Asked.__dataclass_fields__}
        asked = replace(asked, **changes)
    return asked


def fitting(
    agreements: Collection[Agreement], *, trigger: str, basis: str, place: tuple[float, float] | None, now: datetime
) -> Agreement | str:
    """The agreement by which this center takes such a request now, or the code of the first reason why none does.
    `agreements`: all of this agency with this center; `place`: (lat, lon), None: not known, which is in no area."""
    found = choose(agreements, trigger=trigger, now=now)
    if found is None:
        begun = [one for one in agreements if one.starts_at <= now and (one.ends_at is None or now < one.ends_at)]
        if any(one.in_force(now) for one in begun):
            return "trigger_not_agreed"
        return "suspended" if begun else "no_agreement"
    if basis not in found.legal_bases:
        return "legal_basis"
    if found.areas is not None and (place is None or not found.covers(lat=place[0], lon=place[1])):
        return "outside_area"
    return found
