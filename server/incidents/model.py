"""What may happen to an incident, and what follows: `decide(state, command, now) -> events`; pure.

`received → acknowledged → (verified) → dispatched → on_scene → closed (→ reopened)`, or `cancelled`, `transferred`.
An incident that nobody owns can be acknowledged in any open state: the automatic call to 112 may come first.
Here: what the alert, its timers and other slices do, and the beginning and end of the work. What operators do in
between stands in `work`, the incident itself in `state`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.incidents.codes import DISPOSITION_NAMES
from server.incidents.state import (
    DISPOSITIONS,
    DRILL_END_S,
    NO_TIMERS,
    OPEN,
    WORKED,
    AlreadyTaken,
    Happened,
    Incident,
    NotAllowed,
    UnknownCode,
    Who,
    allowed,
    evolve,
    require,
    require_hold,
    settled,
)
from server.incidents.work import Targets, Work, decide_work, start_targets

__all__ = [
    "DISPOSITIONS",
    "OPEN",
    "WORKED",
    "AlreadyTaken",
    "Command",
    "Happened",
    "Incident",
    "NotAllowed",
    "UnknownCode",
    "Who",
    "allowed",
    "decide",
    "evolve",
]


@dataclass(frozen=True)
class Activate:
    """The pre-alert is an emergency now; `by` is person (confirmed) or timer (the phone fell silent)."""

    by: str
    escalate_leader_s: float
    is_duress: bool = False
    is_drill: bool = True  # False: the message says that it is real, also when the first one was a drill


@dataclass(frozen=True)
class CancelByPerson:
    """The person ended it with her PIN."""


@dataclass(frozen=True)
class Escalate:
    """The deadline for an acknowledgement has passed."""

    escalate_leader_s: float
    escalate_112_s: float


@dataclass(frozen=True)
class Acknowledge:
    """Somebody takes it: the claim."""

    operator_id: UUID
    targets: Targets = Targets()


@dataclass(frozen=True)
class Verify:
    text: str = ""


@dataclass(frozen=True)
class Dispatched:
    """An agency was asked for help (the dispatch slice records its own events); `automatic` by the escalation."""

    automatic: bool = False


@dataclass(frozen=True)
class Arrived:
    """Help is on the scene."""


@dataclass(frozen=True)
class Close:
    disposition: str
    note: str = ""
    by: Who | None = None  # None: the system


@dataclass(frozen=True)
class Reopen:
    operator_id: UUID
    reason: str


@dataclass(frozen=True)
class Note:
    text: str


@dataclass(frozen=True)
class Supersede:
    """The router gave the alert to another desk."""

    to_center: str
    assignment_no: int
    reason: str
    is_final: bool = False  # this desk is out of it, whoever works on it here


@dataclass(frozen=True)
class Leave:
    """She has crossed a border: another center owns the alert now, and this one sees it until that one has accepted."""

    to_center: str
    to_name_ko: str
    to_name_en: str
    assignment_no: int


@dataclass(frozen=True)
class TakeOver:
    """An incident that only looked on owns the alert from now on."""

    assignment_no: int
    reason: str
    escalate_leader_s: float
    pre_deadline_at: datetime | None = None


Command = (
    Activate
    | CancelByPerson
    | Escalate
    | Acknowledge
    | Verify
    | Dispatched
    | Arrived
    | Close
    | Reopen
    | Note
    | Supersede
    | Leave
    | TakeOver
    | Work
)


def is_attended(state: Incident) -> bool:
    """An operator has it."""
    return state.owner_id is not None


def decide(state: Incident, command: Command, now: datetime) -> list[Happened]:
    """What `command` makes happen at `now`. Raises NotAllowed, AlreadyTaken, UnknownCode.

    Whatever it is: with the end of an incident, and where another center acts, its timers end too."""
    return settled(state, _decide(state, command, now))


def _decide(state: Incident, command: Command, now: datetime) -> list[Happened]:
    match command:
        case Activate():
            return _quiet(state, _activate(state, command, now))
        case CancelByPerson():
            return _cancel(state, now)
        case Escalate():
            return _escalate(state, command, now)
        case Acknowledge():
            return _acknowledge(state, command, now)
        case Verify(text=text):
            require(state, "verify")
            return [Happened("incident:verified", {"text": text})]
        case Dispatched(automatic=automatic):
            return _dispatched(state, automatic)
        case Arrived():
            if state.state not in ("received", "acknowledged", "dispatched"):
                return []
            return [Happened("", changes={"state": "on_scene"})]
        case Close():
            return _close(state, command, now)
        case Reopen():
            return _reopen(state, command, now)
        case Note(text=text):
            return [Happened("incident:noted", {"text": text})]
        case Supersede():
            return _supersede(state, command, now)
        case Leave():
            return _leave(state, command)
        case TakeOver():
            return _take_over(state, command, now)
        case _:
            return decide_work(state, command, now)


def _reopen(state: Incident, command: Reopen, now: datetime) -> list[Happened]:
    require(state, "reopen")
    changes = {
        "state": "acknowledged",
        "owner_id": command.operator_id,
        "acknowledged_at": now,
        "closed_at": None,
        "disposition": None,
    }
    return [Happened("incident:reopened", {"reason": command.reason}, changes)]


def _activate(state: Incident, command: Activate, now: datetime) -> list[Happened]:
    if not state.is_open:
        return []
    events = []
    turns_real = state.is_drill and not command.is_drill
    presses_again = state.phase != "pre" and state.pre_deadline_at is not None
    waits = presses_again and state.phase == "ended"  # she was safe
    if presses_again and not waits and not turns_real:
        changes = {"pre_deadline_at": None} | cry(state, now, command.escalate_leader_s)
        events.append(Happened("alert:activated", {"by": command.by, "again": True}, changes))
    elif state.phase == "pre" or waits or turns_real:
        stays_drill = state.is_drill and not turns_real
        delay_s = DRILL_END_S if stays_drill else command.escalate_leader_s
        changes = {
            "phase": "active",
            "active_at": now,
            "pre_deadline_at": None,
            "is_drill": stays_drill,
            "escalate_at": now + timedelta(seconds=delay_s),
        }
        if waits and state.owner_id is not None:
            changes["attention_at"] = now
        events.append(Happened("alert:activated", {"by": command.by, "was_drill": turns_real}, changes))
    if command.is_duress and not state.is_duress:
        events.append(Happened("alert:duress", {}, {"is_duress": True, "phase": "active"}))
    return events


def cry(state: Incident, now: datetime, escalate_leader_s: float) -> dict[str, Any]:
    """She presses again in an active incident: it rings until it is answered; unanswered, the shift leader is called,
    at once where nobody has answered the first press either."""
    if state.is_drill:
        return {}
    if state.owner_id is not None:
        return {"attention_at": now, "escalate_at": now + timedelta(seconds=escalate_leader_s)}
    return {"escalate_at": now} if state.escalation_level == 0 else {}


def _cancel(state: Incident, now: datetime) -> list[Happened]:
    if not state.is_open or state.is_duress:  # a cancel that comes late, or was forced from her too
        return []
    if state.phase == "pre":
        changes = {"state": "cancelled", "phase": "ended", "pre_deadline_at": None, "closed_at": now}
        return [
            Happened("alert:cancelled", {"by": "person", "was": "pre"}),
            Happened("incident:cancelled", {}, changes),
        ]
    safe = Happened("alert:cancelled", {"by": "person", "was": "active"}, {"phase": "ended", "pre_deadline_at": None})
    if not state.is_drill:
        return [] if state.phase == "ended" and state.pre_deadline_at is None else [safe]
    return [safe, Happened("incident:closed", {"disposition": "drill"}, _closed("drill", now))]


def _escalate(state: Incident, command: Escalate, now: datetime) -> list[Happened]:
    if not state.is_open or state.escalate_at is None or state.escalate_at > now:
        return []
    if state.role != "owner":
        return [Happened("", changes={"escalate_at": None})]
    if state.is_silent:
        return [Happened("incident:closed", {"disposition": "drill"}, _closed("drill", now))]
    if state.owner_id is not None:
        return _call_leader_again(state)
    if state.escalation_level == 0:
        wait = max(command.escalate_112_s - command.escalate_leader_s, 0.0)
        changes = {"escalation_level": 1, "escalate_at": now + timedelta(seconds=wait)}
        return [Happened("incident:escalated", {"level": 1, "to": "supervisor"}, changes)]
    if state.origin == "agency":  # nobody has looked yet whether there is a case for 112, which may itself be asking
        return [Happened("", changes={"escalate_at": None})]
    if state.escalation_level == 1:
        return [Happened("incident:escalated", {"level": 2, "to": "112"}, {"escalation_level": 2, "escalate_at": None})]
    return [Happened("", changes={"escalate_at": None})]  # the call to 112 failed before and is tried again


def _call_leader_again(state: Incident) -> list[Happened]:
    """She has pressed again and whoever has the incident does not answer."""
    if state.attention_at is None:
        return []
    changes = {"escalation_level": max(state.escalation_level, 1), "escalate_at": None}
    return [Happened("incident:escalated", {"level": 1, "to": "supervisor", "again": True}, changes)]


def _acknowledge(state: Incident, command: Acknowledge, now: datetime) -> list[Happened]:
    if state.is_open and state.owner_id is not None:
        if state.attention_at is not None:  # her second press is heard, by the owner or a colleague: it stays hers
            heard = {"attention_at": None, "escalate_at": None}
            return [Happened("incident:acknowledged", {"again": True}, heard)]
        if state.owner_id == command.operator_id:
            return []
        raise AlreadyTaken(state.owner_id)
    require(state, "acknowledge")
    changes: dict[str, Any] = {"owner_id": command.operator_id, "acknowledged_at": now}
    changes |= start_targets(state, now, command.targets)
    if not state.is_silent:
        changes["escalate_at"] = None
    if state.state == "received":
        changes["state"] = "acknowledged"
    return [Happened("incident:acknowledged", {}, changes)]


def _dispatched(state: Incident, automatic: bool) -> list[Happened]:
    fits = state.is_open and state.phase != "pre" and not state.is_drill  # whatever else goes wrong: a drill never
    if not fits or (state.state == "received" and not automatic):
        raise NotAllowed("dispatch", state)
    if state.state in ("received", "acknowledged"):
        return [Happened("", changes={"state": "dispatched"})]
    return []


def _close(state: Incident, command: Close, now: datetime) -> list[Happened]:
    require(state, "close")
    require_hold(state, command.by)
    if command.disposition not in DISPOSITION_NAMES:
        raise UnknownCode("disposition", command.disposition)
    payload = {"disposition": command.disposition, "note": command.note}
    return [Happened("incident:closed", payload, _closed(command.disposition, now))]


def _closed(disposition: str, now: datetime) -> dict[str, Any]:
    return {"state": "closed", "phase": "ended", "disposition": disposition, "closed_at": now} | NO_TIMERS


def _supersede(state: Incident, command: Supersede, now: datetime) -> list[Happened]:
    """Nobody works on it: it goes over. Somebody does (an operator, or 112 by the automatic call): both desks keep
    it, and this one sees that it moved."""
    if not state.is_open:
        return []
    changes: dict[str, Any] = {}
    if command.is_final or state.role != "owner" or (state.owner_id is None and state.state == "received"):
        changes = {"state": "transferred", "closed_at": now} | NO_TIMERS
    payload: dict[str, Any] = {"to": command.to_center, "assignment_no": command.assignment_no}
    payload |= {"reason": command.reason, "transferred": bool(changes)}
    return [Happened("alert:superseded", payload, changes)]


def _quiet(state: Incident, events: list[Happened]) -> list[Happened]:
    """Nothing rings and nobody is called where another center owns the alert."""
    if state.role == "owner":
        return events
    silent = {"escalate_at": None, "attention_at": None}
    return [replace(event, changes=event.changes | silent) if event.changes else event for event in events]


def _leave(state: Incident, command: Leave) -> list[Happened]:
    if not state.is_open or state.role == "runner_up":
        return []
    payload = {
        "to": command.to_center,
        "to_name_ko": command.to_name_ko,
        "to_name_en": command.to_name_en,
        "assignment_no": command.assignment_no,
    }
    return [Happened("alert:handed_over", payload, {"role": "leaving"} | NO_TIMERS)]


def _take_over(state: Incident, command: TakeOver, now: datetime) -> list[Happened]:
    """From now on it is like any incident: it rings, and it is escalated unless somebody has it already."""
    if not state.is_open or state.role == "owner":
        return []
    changes: dict[str, Any] = {"role": "owner"}
    if state.phase == "pre":
        changes["pre_deadline_at"] = command.pre_deadline_at
    elif state.phase == "active" or state.is_duress:
        changes["escalate_at"] = now + timedelta(seconds=DRILL_END_S if state.is_drill else command.escalate_leader_s)
        changes |= {"attention_at": now} if state.owner_id is not None and not state.is_drill else {}
    payload = {"was": state.role, "assignment_no": command.assignment_no, "reason": command.reason}
    return [Happened("alert:taken_over", payload, changes)]
