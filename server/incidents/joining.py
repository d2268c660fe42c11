"""What becomes of incidents when alerts come together or go apart; pure.

`join`: another alert of the same person. `merge`, `part` and `revived`: what an operator does with two incidents.
The rule behind all of them: an alert is in exactly one incident, the incident is as grave as its gravest alert, and
whatever brings an alert to somebody's screen rings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.incidents.model import cry, is_attended
from server.incidents.state import NO_TIMERS, Happened, Incident


class Unjoinable(Exception):
    """Why two incidents can't become one; `code` is the problem's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Joining:
    """The alert that joins, as its delivery tells it; `alert_phase` pre, active or ended."""

    alert_phase: str
    pre_deadline_at: datetime | None
    is_duress: bool
    is_drill: bool
    escalate_leader_s: float


def join(state: Incident, alert: Joining, received: Happened, now: datetime) -> list[Happened]:
    """A second press. A cry while nobody has answered the first calls the shift leader at once; one while somebody has
    rings again until it is answered; `pre` waits for its own countdown and takes nothing back."""
    events = [received]
    if alert.alert_phase == "active" or alert.is_duress:
        events += _raise(state, alert, now)
    elif alert.alert_phase == "pre":
        known = [at for at in (state.pre_deadline_at, alert.pre_deadline_at) if at is not None]
        events.append(Happened("", changes={"pre_deadline_at": min(known, default=None)}))
    if alert.is_duress and not state.is_duress:
        events.append(Happened("alert:duress", {}, {"is_duress": True, "phase": "active"}))
    return events


def _raise(state: Incident, alert: Joining, now: datetime) -> list[Happened]:
    turns_real = state.is_drill and not alert.is_drill
    stays_drill = state.is_drill and not turns_real
    delay = timedelta(seconds=alert.escalate_leader_s)
    if state.phase != "active" or turns_real:
        changes: dict[str, Any] = {
            "phase": "active",
            "active_at": state.active_at if state.phase == "ended" and not turns_real else now,
            "pre_deadline_at": None,
            "is_drill": stays_drill,
        }
        if not stays_drill:
            changes |= {"escalate_at": now + delay}
            if state.owner_id is not None:
                changes |= {"attention_at": now}
        return [Happened("alert:activated", {"by": "person", "was_drill": turns_real, "again": True}, changes)]
    changes = {} if alert.is_drill else cry(state, now, alert.escalate_leader_s)
    return [Happened("", changes=changes)] if changes else []


def cancelled_beside(state: Incident, alert_id: UUID, others: list[datetime | None], now: datetime) -> list[Happened]:
    """One alert was cancelled while others of the incident are live (`others`: their pre-alert deadlines): noted, and
    nothing ends. Their countdowns go on."""
    known = [at for at in others if at is not None and (at > now or state.phase == "pre")]
    changes = {"pre_deadline_at": min(known, default=None)} if state.pre_deadline_at is not None else {}
    payload = {"alert_id": str(alert_id), "by": "person", "was": state.phase, "others": len(others)}
    return [Happened("alert:cancelled", payload, changes)]


def merge(
    source: Incident, target: Incident, *, has_open_dispatch: bool, moved: list[str], now: datetime
) -> tuple[list[Happened], list[Happened]]:
    """What happens to `source` and to `target`, whose alerts become one incident. Raises Unjoinable."""
    if source.incident_id == target.incident_id:
        raise Unjoinable("same_incident")
    if source.center_id != target.center_id:
        raise Unjoinable("other_center")
    if not source.is_open or not target.is_open or {source.role, target.role} != {"owner"}:
        raise Unjoinable("not_open")
    if source.is_drill != target.is_drill:
        raise Unjoinable("drill_and_real")
    if has_open_dispatch:
        raise Unjoinable("help_on_the_way")
    said = {"from": str(source.incident_id), "into": str(target.incident_id), "alerts": moved}
    gone: dict[str, Any] = {
        "state": "closed",
        "disposition": "duplicate",
        "closed_at": now,
        "merged_into": target.incident_id,
    } | NO_TIMERS
    taken = _graver(source, target)
    took = {name: taken[name] for name in ("phase", "is_duress", "type", "classification", "origin") if name in taken}
    return [Happened("incident:merged", said, gone)], [Happened("incident:merged", said | {"took": took}, taken)]


def _graver(source: Incident, target: Incident) -> dict[str, Any]:
    rank = {"ended": 0, "pre": 1, "active": 2}
    changes: dict[str, Any] = {}
    if target.origin == "agency" and source.origin in ("alert", "observed"):
        changes["origin"] = "alert"  # a person's alert keeps its way to 112, whatever it is merged into
    if rank[source.phase] > rank[target.phase]:
        changes |= {"phase": source.phase, "active_at": target.active_at or source.active_at}
    if source.is_duress and not target.is_duress:
        changes |= {"is_duress": True, "phase": "active", "active_at": target.active_at or source.active_at}
    if source.classification == "grave":
        changes["classification"] = "grave"
    if source.classification is not None and target.classification is None:
        changes |= {"type": source.type, "classification": source.classification}
    phase = changes.get("phase", target.phase)
    deadlines = [at for at in (source.pre_deadline_at, target.pre_deadline_at) if at is not None]
    if deadlines and phase != "active":
        changes["pre_deadline_at"] = min(deadlines)
    elif phase == "active" and target.pre_deadline_at is not None:
        changes["pre_deadline_at"] = None
    if target.owner_id is None:
        clocks = [at for at in (source.escalate_at, target.escalate_at) if at is not None]
        changes |= {"escalate_at": min(clocks)} if clocks else {}
        if phase == "active" and not clocks and source.active_at:
            changes["escalate_at"] = source.active_at
    return {name: value for name, value in changes.items() if getattr(target, name) != value}


def part(
    source: Incident,
    *,
    alert_phase: str,
    alert_id: UUID,
    to: UUID,
    count: int,
    escalate_leader_s: float,
    now: datetime,
    asked_as: str = "",
) -> tuple[list[Happened], Incident]:
    """An alert goes its own way: what is noted on `source`, and the new incident `to`. It rings until somebody takes
    it, since nobody has looked at it for itself. `asked_as`: the type of an agency's request, which stays one and calls
    no 112. Raises Unjoinable."""
    if not source.is_open:
        raise Unjoinable("not_open")
    if count < 2:
        raise Unjoinable("only_alert")
    is_pre, is_live = alert_phase == "pre" and source.phase == "pre", alert_phase != "ended" or source.is_duress
    phase = "pre" if is_pre else "active" if is_live else "ended"
    fresh = Incident(
        to,
        source.center_id,
        "received",
        phase,
        is_drill=source.is_drill,
        is_duress=source.is_duress,
        opened_at=now,
        active_at=None if is_pre else (source.active_at or now),
        pre_deadline_at=source.pre_deadline_at if is_pre else None,
        escalate_at=None if is_pre else now + timedelta(seconds=escalate_leader_s),
    )
    said: dict[str, Any] = {"from": str(source.incident_id), "to": str(to), "alert_id": str(alert_id)}
    said |= {"phase": phase, "is_duress": source.is_duress}
    if asked_as:
        fresh = replace(fresh, origin="agency", type=asked_as)
        said |= {"origin": "agency", "type": asked_as}
    rest = {"pre_deadline_at": None} if alert_phase == "pre" and not is_pre and source.pre_deadline_at else {}
    return [Happened("incident:split", said, rest)], fresh


def revived(origin: Incident, fresh: Incident) -> dict[str, Any]:
    """The columns that bring a merged incident back as it was, with whoever had it."""
    is_owned = is_attended(origin)
    return {
        "state": "acknowledged" if is_owned else "received",
        "phase": fresh.phase,
        "is_duress": origin.is_duress or fresh.is_duress,
        "active_at": origin.active_at or fresh.active_at,
        "pre_deadline_at": fresh.pre_deadline_at,
        "escalate_at": None if is_owned else fresh.escalate_at,
        "closed_at": None,
        "disposition": None,
        "merged_into": None,
    }
