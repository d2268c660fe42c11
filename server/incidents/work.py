"""How operators work on an incident: claim and hand-over, verify first, reminders; pure.

Verify first: contact → view → classify, each with a target time that starts at the acknowledgment. A missed target is
one line of the timeline and a colour on the card; nothing is ever taken away for it.
The claim is a lock: only its owner or a leader closes, classifies, hands over. Helping stays open to every colleague:
a note, looking, speaking with the person, calling 112.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.incidents.codes import CONTACT_WAYS, TYPES
from server.incidents.state import (
    DRILL_END_S,
    NO_HANDOVER,
    AlreadyTaken,
    Happened,
    Incident,
    NotAllowed,
    UnknownCode,
    Who,
    require,
    require_hold,
)

STAGES = {
    "contact": ("contact_due_at", "contacted_at"),
    "view": ("view_due_at", "viewed_at"),
    "classify": ("classify_due_at", "classified_at"),
}
LEADER_FROM = 2  # the reminder that also goes to the shift leader


@dataclass(frozen=True)
class Targets:
    """Seconds after the acknowledgment for each stage."""

    contact_s: float = 30.0
    view_s: float = 30.0
    classify_s: float = 120.0


@dataclass(frozen=True)
class Classify:
    by: Who
    type: str
    grave: bool = False


@dataclass(frozen=True)
class Contacted:
    """Somebody spoke or wrote with the person, or tried to (`how` none)."""

    how: str
    text: str = ""


@dataclass(frozen=True)
class Viewed:
    """A camera of the incident was opened; counts when it is the owner who looks."""

    account_id: UUID


@dataclass(frozen=True)
class HandOver:
    """Asks `to` to take it; it stays with its owner until that one accepts."""

    by: Who
    to: UUID
    reason: str
    wait_s: float = 60.0


@dataclass(frozen=True)
class AcceptHandover:
    by: Who


@dataclass(frozen=True)
class DeclineHandover:
    by: Who
    reason: str = ""


@dataclass(frozen=True)
class Assign:
    """The owner leaves (end of the shift) or a leader decides: `to` has it from now on."""

    by: Who
    to: UUID
    reason: str


@dataclass(frozen=True)
class Seize:
    """take_over: a leader at any time; an operator when the owner has signed out or fallen silent."""

    by: Who
    reason: str
    owner_is_away: bool = False


@dataclass(frozen=True)
class ReleaseClaim:
    """Nobody has it any more: it rings again."""

    by: Who
    reason: str
    escalate_leader_s: float


@dataclass(frozen=True)
class RemindLater:
    by: Who
    minutes: int


@dataclass(frozen=True)
class Remind:
    """`remind_at` has come. `active_at`: when somebody last did something here."""

    idle_s: float
    active_at: datetime | None = None
    owner_is_away: bool = False


@dataclass(frozen=True)
class TargetPassed:
    """`target_at` has come."""


@dataclass(frozen=True)
class HandoverPassed:
    """`handover_until` has come without an answer."""


Work = (
    Classify
    | Contacted
    | Viewed
    | HandOver
    | AcceptHandover
    | DeclineHandover
    | Assign
    | Seize
    | ReleaseClaim
    | RemindLater
    | Remind
    | TargetPassed
    | HandoverPassed
)


class OwnerIsWorking(AlreadyTaken):
    """The owner is here and at work: ask for a hand-over, or a leader."""


def decide_work(state: Incident, command: Work, now: datetime) -> list[Happened]:
    """What `command` makes happen. Raises NotAllowed, AlreadyTaken, OwnerIsWorking, UnknownCode."""
    match command:
        case Classify():
            return _classify(state, command, now)
        case Contacted():
            return _contacted(state, command, now)
        case Viewed(account_id=account_id):
            return _viewed(state, account_id, now)
        case HandOver():
            return _hand_over(state, command, now)
        case AcceptHandover(by=by):
            return _accept(state, by)
        case DeclineHandover(by=by, reason=reason):
            return _decline(state, by, reason)
        case Assign():
            return _assign(state, command)
        case Seize():
            return _seize(state, command)
        case ReleaseClaim():
            return _release(state, command, now)
        case RemindLater():
            return _remind_later(state, command, now)
        case Remind():
            return _remind(state, command, now)
        case TargetPassed():
            return _target_passed(state, now)
        case HandoverPassed():
            return _handover_passed(state, now)


def start_targets(state: Incident, now: datetime, targets: Targets) -> dict[str, Any]:
    """The columns of the stages when somebody acknowledges: each one that is not done is due from now."""
    if state.is_silent or state.phase == "ended":
        return {}
    wait_s = {"contact": targets.contact_s, "view": targets.view_s, "classify": targets.classify_s}
    if state.origin == "observed":  # nobody has called: there is nobody to answer
        del wait_s["contact"]
    changes: dict[str, Any] = {
        STAGES[stage][0]: now + timedelta(seconds=seconds)
        for stage, seconds in wait_s.items()
        if getattr(state, STAGES[stage][1]) is None
    }
    return changes | {"target_at": min(changes.values(), default=None)}


def due_stages(state: Incident) -> Iterable[tuple[str, datetime]]:
    """Stages with a target that are not done."""
    for stage, (due, done) in STAGES.items():
        due_at: datetime | None = getattr(state, due)
        if due_at is not None and getattr(state, done) is None:
            yield stage, due_at


def _done(state: Incident, stage: str, now: datetime) -> dict[str, Any]:
    """The first time counts; the next target is the earliest of the rest that was not reported yet."""
    column = STAGES[stage][1]
    if getattr(state, column) is not None:
        return {}
    since = state.target_at
    rest = [at for name, at in due_stages(state) if name != stage and since is not None and at >= since]
    return {column: now, "target_at": min(rest, default=None)}


def _late(state: Incident, stage: str, now: datetime) -> dict[str, float]:
    due: datetime | None = getattr(state, STAGES[stage][0])
    return {"late_s": round((now - due).total_seconds(), 3)} if due is not None and now > due else {}


def _classify(state: Incident, command: Classify, now: datetime) -> list[Happened]:
    require(state, "classify")
    require_hold(state, command.by)
    if command.type not in TYPES:
        raise UnknownCode("type", command.type)
    payload = {"type": command.type, "grave": command.grave, "was": state.type} | _late(state, "classify", now)
    changes = {"type": command.type, "classification": "grave" if command.grave else "ordinary"}
    return [Happened("incident:classified", payload, changes | _done(state, "classify", now))]


def _contacted(state: Incident, command: Contacted, now: datetime) -> list[Happened]:
    require(state, "contacted")
    if command.how not in CONTACT_WAYS:
        raise UnknownCode("how", command.how)
    payload = {"how": command.how, "text": command.text} | _late(state, "contact", now)
    return [Happened("incident:contacted", payload, _done(state, "contact", now))]


def _viewed(state: Incident, account_id: UUID, now: datetime) -> list[Happened]:
    if not state.is_open or state.role != "owner" or state.owner_id != account_id or state.viewed_at is not None:
        return []
    return [Happened("incident:viewed", _late(state, "view", now), _done(state, "view", now))]


def _hand_over(state: Incident, command: HandOver, now: datetime) -> list[Happened]:
    require(state, "hand_over")
    require_hold(state, command.by)
    if command.to == state.owner_id:
        return []
    changes = {
        "handover_to": command.to,
        "handover_by": command.by.account_id,
        "handover_at": now,
        "handover_until": now + timedelta(seconds=command.wait_s),
    }
    return [Happened("incident:handover_asked", {"to": str(command.to), "reason": command.reason}, changes)]


def _accept(state: Incident, by: Who) -> list[Happened]:
    require(state, "accept_handover")
    if state.handover_to != by.account_id:
        raise NotAllowed("accept_handover", state)
    return [_moved("incident:handed_over", state, by.account_id, "accepted")]


def _decline(state: Incident, by: Who, reason: str) -> list[Happened]:
    require(state, "decline_handover")
    if by.account_id not in (state.handover_to, state.handover_by, state.owner_id):
        raise NotAllowed("decline_handover", state)
    payload = {"to": str(state.handover_to), "reason": reason}
    return [Happened("incident:handover_declined", payload, dict(NO_HANDOVER))]


def _assign(state: Incident, command: Assign) -> list[Happened]:
    require(state, "hand_over")
    require_hold(state, command.by)
    if command.to == state.owner_id:
        return []
    return [_moved("incident:handed_over", state, command.to, command.reason)]


def _seize(state: Incident, command: Seize) -> list[Happened]:
    require(state, "take_over")
    assert state.owner_id is not None
    if state.owner_id == command.by.account_id:
        return []
    if not (command.by.is_leader or command.owner_is_away):
        raise OwnerIsWorking(state.owner_id)
    return [_moved("incident:taken_over", state, command.by.account_id, command.reason)]


def _moved(tag: str, state: Incident, to: UUID, reason: str) -> Happened:
    payload = {"from": str(state.owner_id), "to": str(to), "reason": reason}
    return Happened(tag, payload, {"owner_id": to, "remind_at": None} | NO_HANDOVER)


def _release(state: Incident, command: ReleaseClaim, now: datetime) -> list[Happened]:
    require(state, "release_claim")
    require_hold(state, command.by)
    changes: dict[str, Any] = {"owner_id": None, "attention_at": None}
    if state.state == "acknowledged":
        changes["state"] = "received"
    if state.is_silent:
        changes["escalate_at"] = state.escalate_at or now + timedelta(seconds=DRILL_END_S)
    else:
        changes |= {"escalation_level": 0, "escalate_at": now + timedelta(seconds=command.escalate_leader_s)}
    return [Happened("incident:released", {"from": str(state.owner_id), "reason": command.reason}, changes)]


def _remind_later(state: Incident, command: RemindLater, now: datetime) -> list[Happened]:
    require(state, "remind_later")
    require_hold(state, command.by)
    changes = {"remind_at": now + timedelta(minutes=command.minutes), "reminders": 0, "remind_asked": True}
    return [Happened("incident:postponed", {"minutes": command.minutes}, changes)]


def _remind(state: Incident, command: Remind, now: datetime) -> list[Happened]:
    """The owner is told first, the shift leader with the second time, or at once when the owner has left."""
    if state.remind_at is None or state.remind_at > now:
        return []
    if not needs_reminder(state):
        return [Happened("", changes={"remind_at": None})]
    idle = timedelta(seconds=command.idle_s)
    last = command.active_at
    if last is not None and last + idle > now and not state.remind_asked and not command.owner_is_away:
        return [Happened("", changes={"remind_at": last + idle, "reminders": 0})]
    is_new = last is not None and last > state.remind_at - idle  # something has happened since the last one
    count = 1 if is_new else state.reminders + 1
    to = "supervisor" if count >= LEADER_FROM or command.owner_is_away else "owner"
    payload = {"count": count, "to": to, "owner_is_away": command.owner_is_away}
    changes = {"remind_at": now + idle, "reminders": count, "remind_asked": False}
    return [Happened("incident:reminded", payload, changes)]


def needs_reminder(state: Incident) -> bool:
    """Somebody has it and could forget it."""
    return state.is_open and state.role == "owner" and state.owner_id is not None and not state.is_silent


def kept_reminded(after: Incident, now: datetime, idle_s: float) -> dict[str, Any]:
    """The columns that keep a clock running on every incident that somebody has; `after` is it as it will be."""
    if after.remind_at is not None or not needs_reminder(after):
        return {}
    return {"remind_at": now + timedelta(seconds=idle_s), "reminders": 0, "remind_asked": False}


def _target_passed(state: Incident, now: datetime) -> list[Happened]:
    since = state.target_at
    if since is None or since > now:
        return []
    missed = [(stage, at) for stage, at in due_stages(state) if since <= at <= now]
    later = [at for _, at in due_stages(state) if at > now]
    events = [
        Happened("incident:target_missed", {"stage": stage, "due_at": at.isoformat()}, {}) for stage, at in missed
    ]
    return [*events, Happened("", changes={"target_at": min(later, default=None)})]


def _handover_passed(state: Incident, now: datetime) -> list[Happened]:
    if state.handover_until is None or state.handover_until > now:
        return []
    return [Happened("incident:handover_expired", {"to": str(state.handover_to)}, dict(NO_HANDOVER))]
