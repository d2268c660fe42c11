"""The list of incidents over HTTP, and the codes to choose from. One incident with all that hangs on it, and the
commands, stand in `console/incident_routes.py` and `console/work_routes.py`: they reach into higher slices."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request

from location_router.runtime.problems import Problem
from server.connection import services_of
from server.incidents.cards import open_cards
from server.incidents.codes import CONTACT_WAYS, DISPOSITION_NAMES, TYPES, listed
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Reader = Annotated[Viewer, Depends(permitted("incidents.read"))]


@router.get("/api/incidents")
async def list_incidents(request: Request, viewer: Reader, state: Literal["open", "closed"] = "open") -> dict[str, Any]:
    """Every open incident, in the order of the queue."""
    if state == "closed":
        raise Problem(
            403,
            "reason_required",
            "종결 사건은 사유를 적고 조회해야 합니다.",
            "Closed incidents are searched with a reason: POST /api/incidents/search.",
        )
    async with services_of(request).db.begin(center=viewer.scope) as unit:
        cards = await open_cards(unit)
    for case in (case for card in cards for case in card["dispatches"] if not viewer.may("incidents.work")):
        case["unit_position"] = None  # a crew on the scene is where she is
    return {"incidents": cards}


@router.get("/api/incidents/codes")
async def codes(viewer: Reader) -> dict[str, Any]:
    """Types, dispositions and ways of contact, with their names."""
    return {"types": listed(TYPES), "dispositions": listed(DISPOSITION_NAMES), "how": listed(CONTACT_WAYS)}
