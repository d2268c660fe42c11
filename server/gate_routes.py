"""What-if: may this account be shown that now, and why not (docs/agencies.md section 5)? Nobody is shown anything."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server import gate_facts
from server.agencies.model import Agreement
from server.connection import services_of
from server.gate import OF_CAMERAS, SENTENCES, Facts
from server.gate_why import Verdict, verdicts
from server.incidents.cards import iso
from server.legal import ReleaseKind
from server.staff import accounts
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Manager = Annotated[Viewer, Depends(permitted("agreements.manage"))]
Asked = Literal["live", "still", "recorded", "position", "identity"]
_SEAT = """
SELECT coalesce((SELECT address FROM session WHERE account_id = :id AND ended_at IS NULL AND expires_at > :now
                 ORDER BY created_at DESC LIMIT 1),
                (SELECT host(network::inet) FROM registered_network WHERE account_id = :id ORDER BY network LIMIT 1),
                '')
"""
_INCIDENTS = """
SELECT incident_id, center_id AS center, state, type, opened_at FROM incident
WHERE state IN ('received', 'acknowledged', 'dispatched', 'on_scene') ORDER BY opened_at DESC LIMIT 100
"""
_CAMERAS = """
SELECT camera_id, name, center_id AS center FROM camera
WHERE retired_at IS NULL AND (camera_id ILIKE :words OR name ILIKE :words) ORDER BY name, camera_id LIMIT 20
"""


@router.get("/api/gate/why")
async def why(
    request: Request,
    viewer: Manager,
    account: UUID,
    incident: UUID,
    camera: Annotated[str, Query(max_length=200)] = "",
    kind: Asked = "live",
) -> dict[str, Any]:
    """`{"allowed", "at", "kind", "address", "account", "agreement", "rules": [{code, is_met, parts, ko, en}]}` for the
    seat where the account is signed in, or might be. No release, no line: it is asked about, not shown."""
    services, now = services_of(request), services_of(request).clock()
    async with services.db.begin(center=viewer.scope) as unit:
        (card, *_) = await accounts.cards(unit, services, accounts.Reach.of(viewer), account_id=account) or [None]
        if card is None:
            raise Problem(404, "no_account", "그런 계정이 없습니다.", "There is no such account for you.")
        address = await unit.scalar(_SEAT, {"id": account, "now": now})
        facts = await _facts(unit, kind, incident, camera, account, address, now)
    found = verdicts(facts, now)
    return {
        "allowed": all(one.is_met for one in found),
        "at": iso(now),
        "kind": kind,
        "address": address,
        "account": {name: card[name] for name in ("account_id", "login", "name", "role", "agency_id")},
        "agreement": _agreement(facts.agreement),
        "rules": [_told(one) for one in found],
    }


async def _facts(
    unit: Unit, kind: ReleaseKind, incident: UUID, camera: str, account: UUID, address: str, now: Any
) -> Facts:
    asked = {"incident": incident, "center": "", "cameras": [camera], "account": account, "address": address}
    (row,) = await unit.all(gate_facts.KNOCK, asked | {"basis": None, "kind": kind, "now": now})
    values = gate_facts.from_row(row, kind)
    known = values.pop("camera_known") or kind not in OF_CAMERAS
    return Facts(**values, camera_known=known, reason="what-if")


def _told(one: Verdict) -> dict[str, Any]:
    ko, en = SENTENCES[one.code]
    return {"code": one.code, "is_met": one.is_met, "parts": list(one.parts), "ko": ko, "en": en}


def _agreement(held: Agreement | None) -> dict[str, Any] | None:
    if held is None:
        return None
    times = {"starts_at": iso(held.starts_at), "ends_at": iso(held.ends_at), "suspended_at": iso(held.suspended_at)}
    return {"agreement_id": str(held.agreement_id), "agency_id": held.agency_id, "center": held.center_id, **times}


@router.get("/api/gate/choices")
async def choices(
    request: Request, viewer: Manager, camera: Annotated[str, Query(max_length=80)] = ""
) -> dict[str, Any]:
    """What one may ask about: open incidents (nobody's name, no place), accounts within reach, cameras by words."""
    services = services_of(request)
    async with services.db.begin(center=viewer.scope) as unit:
        incidents = await unit.all(_INCIDENTS)
        words = "%" + camera.replace("\x00", "").replace("\\", "").replace("%", "").replace("_", "") + "%"
        cameras = await unit.all(_CAMERAS, {"words": words})
        people = await accounts.cards(unit, services, accounts.Reach.of(viewer))
    names = ("account_id", "login", "name", "role", "agency_id")
    shown = [{name: one[name] for name in names} for one in people if one["active"]]
    return {"incidents": incidents, "accounts": shown, "cameras": cameras}
