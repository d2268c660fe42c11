"""How agencies' requests went: for whoever answers for the agreements. Counts only, nobody's request in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from server.connection import services_of
from server.incidents.queue import FALSE_REASONS
from server.staff.model import Viewer
from server.staff.routes import permitted

router = APIRouter()
Manager = Annotated[Viewer, Depends(permitted("agreements.manage"))]
_ASKED = """
SELECT r.agency_id, a.kind, coalesce(a.name_ko, r.agency_id) AS name_ko, coalesce(a.name_en, r.agency_id) AS name_en,
       count(*) FILTER (WHERE r.state <> 'refused') AS taken,
       count(*) FILTER (WHERE r.state = 'refused') AS refused,
       count(*) FILTER (WHERE r.state = 'rejected') AS rejected,
       count(*) FILTER (WHERE r.decided_at IS NOT NULL) AS decided,
       count(*) FILTER (WHERE r.state = 'expired') AS expired,
       count(*) FILTER (WHERE r.state = 'cancelled') AS cancelled,
       count(*) FILTER (WHERE r.is_auto) AS by_rule,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.decided_at - r.received_at))
         FILTER (WHERE r.decided_at IS NOT NULL AND NOT r.is_auto) AS decided_in_s
FROM agency_request r LEFT JOIN agency a USING (agency_id)
WHERE r.received_at >= :since AND NOT r.is_drill GROUP BY 1, 2, 3, 4 ORDER BY 1
"""
_REASONS = """
SELECT agency_id, reason, count(*) AS n FROM agency_request
WHERE received_at >= :since AND NOT is_drill AND state = 'rejected' GROUP BY 1, 2 ORDER BY 3 DESC
"""
_REFUSALS = """
SELECT agency_id, code, sum(count) AS n FROM request_refusal WHERE at >= :since GROUP BY 1, 2 ORDER BY 3 DESC
"""


@router.get("/api/agency-numbers")
async def numbers(request: Request, viewer: Manager, days: Annotated[int, Query(ge=1, le=366)] = 30) -> dict[str, Any]:
    """`{"days", "agencies": [{agency_id, kind, names, taken, decided, rejected, false_rate, reasons …}], "refusals":
    [{agency_id, code, n}]}` of the viewer's centers, drills left out. `false_rate`: rejected as false of those
    decided, None where none was."""
    services = services_of(request)
    said = {"since": services.clock() - timedelta(days=days)}
    async with services.db.begin(center=viewer.scope) as unit:
        rows, reasons = await unit.all(_ASKED, said), await unit.all(_REASONS, said)
        refusals = await unit.all(_REFUSALS, said)
    return {"days": days, "agencies": [_line(row, reasons) for row in rows], "refusals": refusals}


def _line(row: dict[str, Any], reasons: list[dict[str, Any]]) -> dict[str, Any]:
    own = {one["reason"]: one["n"] for one in reasons if one["agency_id"] == row["agency_id"]}
    rate = sum(own.get(reason, 0) for reason in FALSE_REASONS) / row["decided"] if row["decided"] else None
    return {**row, "false_rate": rate, "reasons": own}
