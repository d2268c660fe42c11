"""A request to an agency: its states, who may move it, and what follows; pure.

requested → delivered → accepted → en_route → on_scene → done, with declined (before acceptance, or handed back on
the way), cancelled (by the center) and failed (the agency's system can't be reached or refuses). At the agency's desk
a step may be skipped forward, never back. Its system reports over a network that repeats, delays and reorders: a
report that is older than what we know completes the record and changes nothing (`Report`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

OVERDUE_AFTER_S = 60.0
GIVE_UP_AFTER_S = 600.0
CLOCKS_APART_S = 300.0
LEADER_AFTER_TRIES = 4  # about seven seconds after the first


class DispatchState(StrEnum):
    REQUESTED = "requested"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


S = DispatchState
OPEN_STATES = frozenset({S.REQUESTED, S.DELIVERED, S.ACCEPTED, S.EN_ROUTE, S.ON_SCENE})
WAITING_STATES = frozenset({S.REQUESTED, S.DELIVERED})
# An agency that has taken the case, and only while it works on it, may ask for pictures.
WORKING_STATES = frozenset({S.ACCEPTED, S.EN_ROUTE, S.ON_SCENE})
# The way a case goes when help comes; a report of an earlier stage is late, not wrong.
WAY = (S.REQUESTED, S.DELIVERED, S.ACCEPTED, S.EN_ROUTE, S.ON_SCENE, S.DONE)

Move = Literal["accept", "decline", "en_route", "on_scene", "done"]
MOVES: dict[Move, tuple[DispatchState, frozenset[DispatchState]]] = {
    "accept": (S.ACCEPTED, WAITING_STATES | {S.FAILED}),
    "decline": (S.DECLINED, WAITING_STATES | {S.ACCEPTED, S.EN_ROUTE, S.FAILED}),
    "en_route": (S.EN_ROUTE, frozenset({S.ACCEPTED})),
    "on_scene": (S.ON_SCENE, frozenset({S.ACCEPTED, S.EN_ROUTE})),
    "done": (S.DONE, WORKING_STATES),
}
REPORTABLE = (S.DELIVERED, S.ACCEPTED, S.DECLINED, S.EN_ROUTE, S.ON_SCENE, S.DONE)


@dataclass(frozen=True, slots=True)
class Case:
    """What decisions look at. `request_no` counts how often this agency was asked for this incident; `times` by
    state, ISO 8601; `reported_at` is the agency's own time of its newest report."""

    state: DispatchState
    request_no: int = 1
    requested_at: datetime | None = None
    overdue_at: datetime | None = None
    is_overdue: bool = False
    receipt_no: str | None = None
    times: dict[str, str] = field(default_factory=dict)
    attempts: int = 0
    failed_reason: str = ""
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the timeline (none when `tag` is empty) and the columns it changes. `is_loud`: the shift leader is
    called."""

    tag: str
    payload: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    is_loud: bool = False


class NotAllowed(Exception):
    """The command is not open in this state; `allowed` are those of its kind that are."""

    def __init__(self, state: DispatchState, allowed: list[str]) -> None:
        super().__init__(f"{state}: {allowed}")
        self.state, self.allowed = state, allowed


@dataclass(frozen=True, slots=True)
class Request:
    """The operator (or the escalation) asks; while the case is open, that is the same request again."""


@dataclass(frozen=True, slots=True)
class Deliver:
    """The agency has it: a seat has received it, or its system took it."""

    receipt_no: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """An agent's button at the desk; None and "" say nothing about that field."""

    move: Move
    receipt_no: str = ""
    reason: str = ""
    unit: str = ""
    eta_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What the agency's system says; `at` by its clock. None and "" say nothing about that field."""

    state: DispatchState
    at: datetime | None = None
    receipt_no: str = ""
    reason: str = ""
    eta_at: datetime | None = None
    unit: str = ""
    unit_position: dict[str, Any] | None = None
    request_no: int | None = None


@dataclass(frozen=True, slots=True)
class FailTry:
    """A try to deliver failed; `is_final`: trying again would change nothing (the system refused the request)."""

    reason: str
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Late:
    """The time for an answer has passed."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """The center calls it off."""

    reason: str = ""


Command = Request | Deliver | Step | Report | FailTry | Late | Cancel


def allowed_moves(state: DispatchState) -> list[str]:
    return [move for move, (_, sources) in MOVES.items() if state in sources]


def allowed_reports(state: DispatchState) -> list[str]:
    """The states that an agency's system may report now, beside late ones."""
    return [one.value for one in REPORTABLE if _may_follow(state, one)]


def decide(case: Case, command: Command, now: datetime) -> list[Happened]:
    """What `command` makes happen at `now`; nothing when it says what is known already. Raises NotAllowed."""
    match command:
        case Request():
            return _request(case, now)
        case Deliver(receipt_no=receipt_no):
            return _to(case, S.DELIVERED, now, receipt_no=receipt_no) if case.state in (S.REQUESTED, S.FAILED) else []
        case Step():
            return _step(case, command, now)
        case Report():
            return _report(case, command, now)
        case FailTry():
            return _fail(case, command, now)
        case Late():
            if not is_overdue(case.state, overdue_at=case.overdue_at, now=now) or case.is_overdue:
                return []
            return [Happened("dispatch:overdue", {"after_s": OVERDUE_AFTER_S}, {"is_overdue": True}, is_loud=True)]
        case Cancel(reason=reason):
            return _to(case, S.CANCELLED, now, reason=reason) if case.state in OPEN_STATES | {S.FAILED} else []


def _request(case: Case, now: datetime) -> list[Happened]:
    if case.state in OPEN_STATES:
        return []
    number = case.request_no + 1
    changes = {**fresh(now), "request_no": number}
    return [Happened("dispatch:requested", {"request_no": number, "was": case.state.value}, changes)]


def fresh(now: datetime) -> dict[str, Any]:
    """The columns of a request that has just been made."""
    return {
        "state": S.REQUESTED,
        "request_no": 1,
        "requested_at": now,
        "overdue_at": now + timedelta(seconds=OVERDUE_AFTER_S),
        "is_overdue": False,
        "receipt_no": None,
        "times": {S.REQUESTED.value: iso_of(now)},
        "attempts": 0,
        "failed_reason": "",
        "reported_at": None,
        "unit": "",
        "eta_at": None,
        "unit_position": None,
        "update_no": 0,
        "update_fixed_at": None,
    }


def iso_of(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _to(
    case: Case, state: DispatchState, now: datetime, *, receipt_no: str = "", reason: str = "", **changes: Any
) -> list[Happened]:
    """The case moves to `state`: its time, and its line."""
    payload = {name: value for name, value in (("receipt_no", receipt_no), ("reason", reason)) if value}
    moved = {"state": state, "times": {**case.times, state.value: iso_of(now)}, **changes}
    moved |= {"receipt_no": receipt_no} if receipt_no else {}
    moved |= {"failed_reason": ""} if state is not S.CANCELLED and case.failed_reason else {}
    # a crew that is not coming after all is as loud as one that does not answer
    return [Happened(f"dispatch:{state.value}", payload, moved, is_loud=state is S.DECLINED)]


def _step(case: Case, step: Step, now: datetime) -> list[Happened]:
    target, sources = MOVES[step.move]
    details = Report(target, unit=step.unit, eta_at=step.eta_at)
    if case.state is target:  # a double click, or news of the unit
        return _told(case, details, None)
    if case.state not in sources:
        raise NotAllowed(case.state, allowed_moves(case.state))
    (moved,) = _to(case, target, now, receipt_no=step.receipt_no, reason=step.reason, **_details(case, details, None))
    return [replace(moved, payload={**moved.payload, **_unit_payload(details)})]


def _may_follow(state: DispatchState, reported: DispatchState) -> bool:
    if state is S.FAILED:  # it has the case although we thought that it had not
        return reported is not S.DONE
    if state not in OPEN_STATES:
        return False
    if reported is S.DECLINED:
        return state is not S.ON_SCENE
    return WAY.index(reported) > WAY.index(state)


def _report(case: Case, report: Report, now: datetime) -> list[Happened]:
    """Forward, also over stages that were never reported; the same again is nothing; what is older than the newest
    report, or than the request itself, only completes `times`."""
    at = report.at if report.at is None or report.at <= now + timedelta(seconds=CLOCKS_APART_S) else now
    if _is_about_an_earlier_request(case, report, at):
        return []
    is_old = at is not None and case.reported_at is not None and at < case.reported_at
    if report.state is case.state:
        return [] if is_old else _told(case, report, at)
    if not is_old and _may_follow(case.state, report.state):
        said = {"said_at": iso_of(at)} if at else {}
        (moved,) = _to(
            case, report.state, now, receipt_no=report.receipt_no, reason=report.reason, **_details(case, report, at)
        )
        return [replace(moved, payload={**moved.payload, **said, **_unit_payload(report)})]
    is_passed = report.state in WAY and case.state in WAY and WAY.index(report.state) < WAY.index(case.state)
    if is_old or is_passed:
        return _late(case, report, at, now)
    raise NotAllowed(case.state, allowed_reports(case.state))


def _is_about_an_earlier_request(case: Case, report: Report, at: datetime | None) -> bool:
    """Told by its number; where the system names none, by its time, and then only for what ends a case: its clock may
    be behind ours, and an acceptance that is not heard would be worse."""
    if report.request_no is not None:
        return report.request_no < case.request_no
    is_before = at is not None and case.requested_at is not None and at < case.requested_at
    return is_before and case.request_no > 1 and report.state in (S.DECLINED, S.DONE)


def _details(case: Case, report: Report, at: datetime | None) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if at is not None:
        changes["reported_at"] = at
    for name in ("unit", "eta_at", "unit_position"):
        if (value := getattr(report, name)) is not None and value != "":
            changes[name] = value
    return changes


def _unit_payload(report: Report) -> dict[str, Any]:
    payload: dict[str, Any] = {"unit": report.unit} if report.unit else {}
    return payload | ({"eta_at": iso_of(report.eta_at)} if report.eta_at else {})


def _told(case: Case, report: Report, at: datetime | None) -> list[Happened]:
    """The same state with news about the unit: shown, and a line only when there is a new unit or time of arrival."""
    changes = _details(case, report, at)
    if report.receipt_no and report.receipt_no != case.receipt_no:
        changes["receipt_no"] = report.receipt_no
    if not changes:
        return []
    payload = _unit_payload(report)
    return [Happened("dispatch:updated" if payload else "", payload, changes)]


def _late(case: Case, report: Report, at: datetime | None, now: datetime) -> list[Happened]:
    changes: dict[str, Any] = {}
    if report.state.value not in case.times and report.state is not S.DECLINED:
        changes["times"] = {**case.times, report.state.value: iso_of(at or now)}
    if report.receipt_no and not case.receipt_no:
        changes["receipt_no"] = report.receipt_no
    if not changes:
        return []
    said = {"said_at": iso_of(at)} if at else {}
    return [Happened(f"dispatch:{report.state.value}", {"late": True, **said}, changes)]


def _fail(case: Case, command: FailTry, now: datetime) -> list[Happened]:
    """The first failing try is a line, and so is the end of trying; those between only count. One lost connection is
    the operator's to see; the fourth in a row calls the shift leader."""
    if case.state is not S.REQUESTED:
        return []
    changes: dict[str, Any] = {"attempts": case.attempts + 1, "failed_reason": command.reason}
    since = case.requested_at or now
    if command.is_final or now >= since + timedelta(seconds=GIVE_UP_AFTER_S):
        moved = {"state": S.FAILED, "times": {**case.times, S.FAILED.value: iso_of(now)}}
        payload = {"reason": command.reason, "final": True, "attempts": case.attempts + 1}
        return [Happened("dispatch:failed", payload, changes | moved, is_loud=True)]
    if case.failed_reason:
        return [Happened("", {}, changes, is_loud=case.attempts + 1 == LEADER_AFTER_TRIES)]
    return [Happened("dispatch:failed", {"reason": command.reason, "final": False}, changes)]


def evolve(case: Case, events: list[Happened]) -> Case:
    """The case after `events`."""
    changes: dict[str, Any] = {}
    for event in events:
        changes |= {name: value for name, value in event.changes.items() if name in Case.__dataclass_fields__}
    return replace(case, **changes)


def is_overdue(state: DispatchState, *, overdue_at: datetime | None, now: datetime) -> bool:
    """Nobody has taken the case in time: this has to be loud."""
    return state in WAITING_STATES and overdue_at is not None and now >= overdue_at


def case_number(kind: str, day: date, number: int) -> str:
    """`112-20260101-00001`: readable over the radio; `day` is the Korean date."""
    return f"{kind}-{day:%Y%m%d}-{number:05d}"
