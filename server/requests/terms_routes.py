"""What agreements say about requests, told to those who ask by them and to those who decide."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from location_router.runtime.problems import Problem
from server.agencies.model import agreement_from_row
from server.connection import services_of
from server.dispatch.terms import terms
from server.incidents import service as incidents
from server.incidents.cards import iso
from server.staff.model import Viewer
from server.staff.routes import Agent, permitted

router = APIRouter()
Worker = Annotated[Viewer, Depends(permitted("incidents.work"))]


@router.get("/api/incidents/{incident_id}/request-terms")
async def of_incident(request: Request, viewer: Worker, incident_id: UUID) -> dict[str, Any]:
    """By request, what its agency may see while it is accepted: `{"terms": {request_id: {agreement_id, document,
    max_minutes, agreement (Terms, as of a dispatch)}}}`."""
    services = services_of(request)
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        if await incidents.find(unit, incident_id) is None:
            raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
        rows = await unit.all(
            "SELECT r.request_id, r.trigger, r.legal_basis, g.* FROM agency_request r"
            " JOIN agreed g ON g.agreement_id = r.agreement_id AND g.agency_id = r.agency_id"
            " WHERE r.incident_id = :id",
            {"id": incident_id},
        )
    return {
        "terms": {
            str(row["request_id"]): {
                "agreement_id": str(row["agreement_id"]),
                "document": row["document"],
                "max_minutes": row["max_minutes"],
                "agreement": terms(agreement_from_row(row), basis=row["legal_basis"], now=now, trigger=row["trigger"]),
            }
            for row in rows
        }
    }


@router.get("/api/agency/terms")
async def own_terms(request: Request, response: Response, viewer: Agent) -> dict[str, Any]:
    """What the agency's agreements in force let it ask: `{"agreements": [{center, names, triggers …}], "now"}`."""
    response.headers["Cache-Control"] = "no-store"
    if viewer.agency is None:
        raise Problem(403, "no_agency", "소속 기관이 없는 계정입니다.", "This account belongs to no agency.")
    services = services_of(request)
    now, agency_id = services.clock(), viewer.agency.agency_id
    async with services.db.begin() as unit:
        rows = await unit.all(
            "SELECT g.*, o.name_ko, o.name_en, o.callback,"
            " (SELECT f.branches FROM firm f WHERE f.agency_id = g.agency_id) AS branches"
            " FROM agreed g LEFT JOIN center o ON o.code = g.center_id"
            " WHERE g.agency_id = :agency ORDER BY g.center_id, g.starts_at",
            {"agency": agency_id},
        )
    names = ("center_id", "triggers", "legal_bases", "auto_triggers", "verify_s", "max_minutes", "areas")
    told = [
        {name: row[name] for name in names}
        | {"name_ko": row["name_ko"] or row["center_id"], "name_en": row["name_en"] or row["center_id"]}
        | {"callback": row["callback"] or "", "ends_at": iso(row["ends_at"]), "branches": row["branches"] or []}
        for row in rows
        if agreement_from_row(row).in_force(now)
    ]
    return {"agreements": told, "now": iso(now)}
