"""Incidents that no alert has opened: what an operator sees (observed), and a center's exercise; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.incidents.codes import TYPES
from server.incidents.state import Happened, Incident, UnknownCode, evolve
from server.incidents.work import Targets, start_targets


def observed(
    incident_id: UUID,
    *,
    center_id: str,
    operator_id: UUID,
    type: str,
    camera_id: str | None,
    note: str,
    now: datetime,
    targets: Targets,
) -> tuple[Incident, list[Happened]]:
    """An operator has seen something: the operator has it, has looked, and has said what it is. Raises UnknownCode."""
    _require_type(type)
    fresh = Incident(
        incident_id,
        center_id,
        "acknowledged",
        "active",
        owner_id=operator_id,
        opened_at=now,
        active_at=now,
        acknowledged_at=now,
        type=type,
        origin="observed",
        viewed_at=now if camera_id else None,
        classification="ordinary" if type not in ("sos", "observed", "other") else None,
        classified_at=now if type not in ("sos", "observed", "other") else None,
    )
    opened = Happened("incident:opened", _said("observed", type, camera_id, note), start_targets(fresh, now, targets))
    return evolve(fresh, [opened]), [opened]


def exercise(
    incident_id: UUID,
    *,
    center_id: str,
    type: str,
    camera_id: str | None,
    note: str,
    now: datetime,
    escalate_leader_s: float,
) -> tuple[Incident, list[Happened]]:
    """A center's drill: it rings like a real one, nobody has it yet, and it can't dispatch. Raises UnknownCode."""
    _require_type(type)
    fresh = Incident(
        incident_id,
        center_id,
        "received",
        "active",
        is_drill=True,
        opened_at=now,
        active_at=now,
        escalate_at=now + timedelta(seconds=escalate_leader_s),
        type=type,
        origin="exercise",
    )
    return fresh, [Happened("incident:opened", _said("exercise", type, camera_id, note))]


def _require_type(type: str) -> None:
    if type not in TYPES:
        raise UnknownCode("type", type)


def _said(origin: str, type: str, camera_id: str | None, note: str) -> dict[str, Any]:
    return {"origin": origin, "type": type, "camera_id": camera_id, "note": note}
