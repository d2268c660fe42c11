"""What every staff page may ask about the house itself: its roles, and its centers with their desks."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from server.connection import services_of
from server.staff.permissions import PERMISSIONS
from server.staff.role_words import ROLES, WORDS
from server.staff.routes import AnyViewer

router = APIRouter()
CLOSED = "('closed', 'cancelled', 'transferred')"
_CENTERS = f"""
SELECT c.code, c.name_ko, c.name_en, c.desk, c.callback, coalesce(i.open, 0) AS open_incidents,
       coalesce(k.cameras, 0) AS cameras, coalesce(g.kinds, '{{}}') AS agencies
FROM center c
LEFT JOIN (SELECT center_id, count(*) AS open FROM incident WHERE state NOT IN {CLOSED} AND NOT is_drill
           GROUP BY center_id) i ON i.center_id = c.code
LEFT JOIN (SELECT center_id, count(*) AS cameras FROM camera WHERE retired_at IS NULL
           GROUP BY center_id) k ON k.center_id = c.code
LEFT JOIN (SELECT center_id, array_agg(DISTINCT a.kind ORDER BY a.kind) AS kinds FROM agreement
           JOIN agency a USING (agency_id) WHERE starts_at <= :now AND (ends_at IS NULL OR ends_at > :now)
           AND suspended_at IS NULL GROUP BY center_id) g ON g.center_id = c.code
ORDER BY c.code
"""
_DESKS = """
SELECT a.desk, count(*) AS staff, count(*) FILTER (WHERE EXISTS (SELECT 1 FROM shift s
  WHERE s.account_id = a.account_id AND s.ended_at IS NULL)) AS on_shift,
  count(*) FILTER (WHERE EXISTS (SELECT 1 FROM session x WHERE x.account_id = a.account_id AND x.ended_at IS NULL
  AND x.expires_at > :now)) AS signed_in
FROM account a WHERE a.active AND a.role IN ('operator', 'supervisor') AND a.desk IS NOT NULL
GROUP BY a.desk ORDER BY a.desk
"""


@router.get("/api/roles")
async def roles(viewer: AnyViewer) -> dict[str, Any]:
    """`{"roles": [{"role","ko","en","permissions"}], "permissions": [{"permission","ko","en"}]}`, the whole table."""
    return {
        "roles": [
            {"role": role, "ko": ko, "en": en, "permissions": [one for one in WORDS if one in PERMISSIONS[role]]}
            for role, (ko, en) in ROLES.items()
        ],
        "permissions": [{"permission": one, "ko": ko, "en": en} for one, (ko, en) in WORDS.items()],
    }


@router.get("/api/centers")
async def centers(request: Request, viewer: AnyViewer) -> dict[str, Any]:
    """The viewer's centers by code, with what stands behind each; for who reads how the installation fares also who
    is at their desks now (`desks`)."""
    services = services_of(request)
    now = services.clock()
    async with services.db.begin(center=viewer.scope) as unit:
        rows = [row for row in await unit.all(_CENTERS, {"now": now}) if viewer.sees(row["code"])]
        desks = await unit.all(_DESKS, {"now": now}) if viewer.may("operation.read") else []
    seen = {row["desk"] for row in rows}
    return {"centers": rows, "desks": [row for row in desks if row["desk"] in seen]}
