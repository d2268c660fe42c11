"""Dispatches as others read them: rows, the DispatchCard, what was sent, the track."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.dispatch.model import Case, DispatchState
from server.incidents.cards import iso, position_json

if TYPE_CHECKING:
    from server.services import Services

_SELECT = "SELECT d.*, a.kind, a.name_ko, a.name_en FROM dispatch d JOIN agency a USING (agency_id)"


async def of_kind(unit: Unit, incident_id: UUID, kind: str) -> dict[str, Any] | None:
    """The incident's dispatch to an agency of this kind ("112", "119")."""
    return await unit.one(
        f"{_SELECT} WHERE d.incident_id = :id AND a.kind = :kind ORDER BY d.created_at LIMIT 1",
        {"id": incident_id, "kind": kind},
    )


async def find(unit: Unit, dispatch_id: UUID, *, agency_id: str | None = None) -> dict[str, Any] | None:
    """The dispatch's row; with `agency_id` only when it is that agency's."""
    return await unit.one(
        f"{_SELECT} WHERE d.dispatch_id = :id AND (CAST(:agency AS text) IS NULL OR d.agency_id = :agency)",
        {"id": dispatch_id, "agency": agency_id},
    )


async def find_case(unit: Unit, case_no: str, *, agency_id: str) -> dict[str, Any] | None:
    return await unit.one(
        f"{_SELECT} WHERE d.case_no = :case_no AND d.agency_id = :agency", {"case_no": case_no, "agency": agency_id}
    )


def unknown() -> Problem:
    return Problem(404, "no_dispatch", "출동 요청을 찾을 수 없습니다.", "There is no such dispatch for your agency.")


def case_of(row: dict[str, Any]) -> Case:
    """The row as decisions see it."""
    values = {name: row[name] for name in Case.__dataclass_fields__}
    return Case(**values | {"state": DispatchState(row["state"])})


def card(row: dict[str, Any]) -> dict[str, Any]:
    """The contract's DispatchCard."""
    agency = {name: row[name] for name in ("agency_id", "kind", "name_ko", "name_en")}
    return {
        "dispatch_id": str(row["dispatch_id"]),
        "agency": agency,
        "state": str(row["state"]),
        "case_no": row["case_no"],
        "receipt_no": row["receipt_no"],
        "legal_basis": row["legal_basis"],
        "times": row["times"],
        "is_overdue": row["is_overdue"],
        "is_drill": row["is_drill"],
        "gateway": row["gateway"],
        "request_no": row["request_no"],
        "unit": row["unit"],
        "eta_at": iso(row["eta_at"]),
        "unit_position": row["unit_position"],
        "attempts": row["attempts"],
        "failed_reason": row["failed_reason"],
    }


async def body(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """What was sent: `{"caller": {"name", "phone", "language"}, "note"}`."""
    opened: dict[str, Any] = services.sealer.open(row["body_sealed"], context=f"dispatch.body:{row['dispatch_id']}")
    return opened


async def track(
    unit: Unit, incident_id: UUID, *, since: datetime, limit: int = 600, alert_id: UUID | None = None
) -> list[dict[str, Any]]:
    """Positions from `since` on, oldest first, at most the newest `limit`; of one alert, or of all."""
    rows = await unit.all(
        "SELECT * FROM (SELECT * FROM position WHERE incident_id = :id AND fixed_at >= :since"
        " AND (CAST(:alert AS uuid) IS NULL OR alert_id = :alert)"
        " ORDER BY fixed_at DESC LIMIT :limit) p ORDER BY fixed_at",
        {"id": incident_id, "since": since, "limit": limit, "alert": alert_id},
    )
    return [position_json(row) for row in rows]
