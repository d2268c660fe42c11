"""An incident as decisions see it, what can happen to it, and which commands fit; pure.

`model.decide` and `work` build on it; nothing here decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from server.incidents.codes import DISPOSITION_NAMES

OPEN = ("received", "acknowledged", "dispatched", "on_scene")
WORKED = ("acknowledged", "dispatched", "on_scene")
DISPOSITIONS = tuple(DISPOSITION_NAMES)
DRILL_END_S = 600.0
"""A person's own drill ends by itself."""


@dataclass(frozen=True)
class Incident:
    """The columns that decisions look at."""

    incident_id: UUID
    center_id: str
    state: str
    phase: str
    is_drill: bool = False
    is_duress: bool = False
    owner_id: UUID | None = None
    escalation_level: int = 0
    opened_at: datetime | None = None
    active_at: datetime | None = None
    pre_deadline_at: datetime | None = None
    escalate_at: datetime | None = None
    acknowledged_at: datetime | None = None
    closed_at: datetime | None = None
    disposition: str | None = None
    attention_at: datetime | None = None
    merged_into: UUID | None = None
    # owner · runner_up: another center has it, the place lies perhaps here · leaving: had it until she crossed a border
    role: str = "owner"
    type: str = "sos"
    # alert · observed: an operator saw something · exercise: a center's drill, with sound · agency
    origin: str = "alert"
    classification: str | None = None  # grave | ordinary
    contact_due_at: datetime | None = None
    view_due_at: datetime | None = None
    classify_due_at: datetime | None = None
    contacted_at: datetime | None = None
    viewed_at: datetime | None = None
    classified_at: datetime | None = None
    target_at: datetime | None = None
    remind_at: datetime | None = None
    reminders: int = 0
    remind_asked: bool = False
    handover_to: UUID | None = None
    handover_by: UUID | None = None
    handover_at: datetime | None = None
    handover_until: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_silent(self) -> bool:
        """A person's own drill: no sound, no timers, ends by itself. A center's exercise has them all."""
        return self.is_drill and self.origin != "exercise"


@dataclass(frozen=True)
class Happened:
    """One event: its tag, its payload, and the columns it changes."""

    tag: str
    payload: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Who:
    """Who gives a command; a leader may act on what a colleague has."""

    account_id: UUID
    is_leader: bool = False


class NotAllowed(Exception):
    """The command doesn't fit the state; `allowed` are the operator's commands that do."""

    def __init__(self, command: str, state: Incident) -> None:
        super().__init__(f"{command} is not possible in state {state.state}")
        self.command, self.state, self.allowed = command, state.state, allowed(state)


class AlreadyTaken(Exception):
    """Somebody else has it, and the command is the owner's."""

    def __init__(self, owner_id: UUID) -> None:
        super().__init__(f"already taken by {owner_id}")
        self.owner_id = owner_id


class UnknownCode(Exception):
    """A code that is not in its list: `field` names the list (`disposition`, `type`, `how`)."""

    def __init__(self, field: str, given: str) -> None:
        super().__init__(f"{field}: {given}")
        self.field, self.given = field, given


NO_HANDOVER: dict[str, Any] = {"handover_to": None, "handover_by": None, "handover_at": None, "handover_until": None}
NO_TIMERS: dict[str, Any] = {
    "escalate_at": None,
    "pre_deadline_at": None,
    "attention_at": None,
    "target_at": None,
    "remind_at": None,
} | NO_HANDOVER


def rings(state: Incident) -> bool:
    """Whether seats sound until somebody answers: nobody has it, or a second press waits. An exercise does too, a
    pre-alert and a person's own drill never."""
    waits = state.owner_id is None or state.attention_at is not None
    return state.is_open and state.role == "owner" and state.phase == "active" and waits and not state.is_silent


def allowed(state: Incident) -> list[str]:
    """The operator's commands that fit, for buttons and for the answer to one that doesn't."""
    if state.state == "closed":
        return ["note", "reopen"] if state.merged_into is None else ["note"]
    if not state.is_open:
        return ["note"]
    commands = ["note"]
    if state.role != "owner":  # another center acts; who is leaving keeps its eyes until that one has accepted
        return commands + (["open", "view"] if state.role == "leaving" and state.phase != "pre" else [])
    if state.phase != "pre":
        commands += ["open", "view"]
        commands += ["acknowledge"] if state.owner_id is None or state.attention_at is not None else []
        commands += ["link", "merge", "split", "unlink"]
        commands += ["verify", "close"] if state.state in WORKED else []
        commands += ["dispatch"] if state.state in WORKED and not state.is_drill else []
        commands += _owned(state) if state.owner_id is not None else []
    return sorted(commands)


def _owned(state: Incident) -> list[str]:
    commands = ["classify", "contacted", "hand_over", "release_claim", "remind_later", "take_over"]
    return commands + (["accept_handover", "decline_handover"] if state.handover_to is not None else [])


def require(state: Incident, name: str) -> None:
    """Raises NotAllowed unless the operator's command `name` fits."""
    if name not in allowed(state):
        raise NotAllowed(name, state)


def require_hold(state: Incident, who: Who | None) -> None:
    """The claim is a lock: what only the owner does, or a leader. Raises AlreadyTaken. None: the system itself."""
    if who is None or who.is_leader or state.owner_id in (None, who.account_id):
        return
    assert state.owner_id is not None
    raise AlreadyTaken(state.owner_id)


def evolve(state: Incident, events: list[Happened]) -> Incident:
    """The incident after `events`."""
    changes: dict[str, Any] = {}
    for event in events:
        changes |= event.changes
    return replace(state, **changes)


def settled(state: Incident, events: list[Happened]) -> list[Happened]:
    """`events`, with every timer stopped where they end the incident, or take it from this center or its owner."""
    if not events:
        return events
    after = evolve(state, events)
    rest: dict[str, Any] = {}
    if not after.is_open:
        rest = NO_TIMERS
    elif after.role != "owner":  # where another center acts, its countdown still goes on
        rest = {name: None for name in NO_TIMERS if name != "pre_deadline_at"}
    elif after.owner_id is None:
        rest = {"remind_at": None, "target_at": None} | NO_HANDOVER
    rest = {name: value for name, value in rest.items() if getattr(after, name) is not None}
    return [*events, Happened("", changes=rest)] if rest else events
