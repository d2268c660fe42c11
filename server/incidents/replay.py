"""An incident again from its timeline: what was true after each line; pure.

The log is the record of what happened; the row only its latest state. `replayed` reads nothing but lines, so that a
row which was changed without one shows (tests compare; `ansim replay` shows it step by step).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Line:
    """A line of the timeline."""

    tag: str
    actor_id: str
    at: datetime
    payload: dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """What the lines say of the incident."""

    state: str = "received"
    phase: str = "pre"
    origin: str = "alert"
    type: str = "sos"
    classification: str | None = None
    is_duress: bool = False
    owner_id: UUID | None = None
    escalation_level: int = 0
    disposition: str | None = None
    role: str = "owner"
    handover_to: UUID | None = None
    contacted_at: datetime | None = None
    viewed_at: datetime | None = None
    classified_at: datetime | None = None


def replayed(lines: Iterable[Line], incident_id: UUID, *, start: Seen | None = None) -> Seen:
    """The incident after all of `lines`, in their order."""
    seen = start or Seen()
    for line in lines:
        seen = replace(seen, **_changes(seen, line, incident_id))
    return seen


def _changes(seen: Seen, line: Line, incident_id: UUID) -> dict[str, Any]:
    subject = line.tag.partition(":")[0]
    if subject == "alert":
        return _alert(seen, line)
    if subject == "dispatch":
        return _dispatch(seen, line)
    if line.tag in ("incident:handed_over", "incident:taken_over"):
        return {"owner_id": UUID(line.payload["to"]), "handover_to": None}
    if line.tag in ("incident:merged", "incident:split"):
        return _together(seen, line, incident_id)
    if line.tag in ("incident:closed", "incident:cancelled", "incident:reopened"):
        return _ends(line)
    return _work(seen, line)


def _alert(seen: Seen, line: Line) -> dict[str, Any]:
    match line.tag:
        case "alert:activated":
            return {"phase": "active"}
        case "alert:duress":
            return {"phase": "active", "is_duress": True}
        case "alert:cancelled" if line.payload.get("was") == "active" and "others" not in line.payload:
            return {"phase": "ended"}
        case "alert:superseded" if line.payload.get("transferred"):
            return {"state": "transferred", "handover_to": None}
        case "alert:handed_over":
            return {"role": "leaving", "handover_to": None}
        case "alert:taken_over":
            return {"role": "owner"}
    return {}


def _dispatch(seen: Seen, line: Line) -> dict[str, Any]:
    if line.tag == "dispatch:requested" and seen.state in ("received", "acknowledged"):
        return {"state": "dispatched"}
    if line.tag == "dispatch:on_scene" and seen.state in ("received", "acknowledged", "dispatched"):
        return {"state": "on_scene"}
    return {}


def _together(seen: Seen, line: Line, incident_id: UUID) -> dict[str, Any]:
    """Alerts came together or went apart: what that made of this incident."""
    payload, here = line.payload, str(incident_id)
    if line.tag == "incident:merged":
        gone = {"state": "closed", "disposition": "duplicate", "handover_to": None}
        return gone if payload["from"] == here else dict(payload.get("took", {}))
    if payload["to"] != here or (seen.state != "closed" and seen != Seen()):
        return {}
    state = "acknowledged" if seen.owner_id is not None else "received"
    is_duress = seen.is_duress or payload["is_duress"]
    asked = {name: payload[name] for name in ("origin", "type") if name in payload and seen == Seen()}
    return {"state": state, "phase": payload["phase"], "is_duress": is_duress, "disposition": None} | asked


def _ends(line: Line) -> dict[str, Any]:
    match line.tag:
        case "incident:cancelled":
            return {"state": "cancelled", "phase": "ended", "handover_to": None}
        case "incident:closed":
            disposition = line.payload["disposition"]
            return {"state": "closed", "phase": "ended", "disposition": disposition, "handover_to": None}
        case "incident:reopened":
            return {"state": "acknowledged", "owner_id": UUID(line.actor_id), "disposition": None}
    return {}


def _work(seen: Seen, line: Line) -> dict[str, Any]:
    match line.tag:
        case "incident:opened":
            return _opened(line)
        case "request:received":
            return {"origin": "agency", "type": line.payload["type"]}
        case "incident:acknowledged" if not line.payload.get("again"):
            state = "acknowledged" if seen.state == "received" else seen.state
            return {"owner_id": UUID(line.actor_id), "state": state}
        case "incident:escalated":
            return {"escalation_level": max(seen.escalation_level, line.payload["level"])}
        case "incident:classified":
            grave = "grave" if line.payload["grave"] else "ordinary"
            at = seen.classified_at or line.at
            return {"type": line.payload["type"], "classification": grave, "classified_at": at}
        case "incident:contacted":
            return {"contacted_at": seen.contacted_at or line.at}
        case "incident:viewed":
            return {"viewed_at": seen.viewed_at or line.at}
        case "incident:handover_asked":
            return {"handover_to": UUID(line.payload["to"])}
        case "incident:handover_declined" | "incident:handover_expired":
            return {"handover_to": None}
        case "incident:released":
            state = "received" if seen.state == "acknowledged" else seen.state
            return {"owner_id": None, "state": state, "escalation_level": 0, "handover_to": None}
    return {}


def _opened(line: Line) -> dict[str, Any]:
    said = {"origin": line.payload["origin"], "type": line.payload["type"], "phase": "active"}
    if line.payload["origin"] != "observed":
        return said
    viewed = {"viewed_at": line.at} if line.payload.get("camera_id") else {}
    named = line.payload["type"] not in ("sos", "observed", "other")
    known = {"classification": "ordinary", "classified_at": line.at} if named else {}
    return said | viewed | known | {"state": "acknowledged", "owner_id": UUID(line.actor_id)}
