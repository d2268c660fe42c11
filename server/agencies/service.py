"""Which agency a center may call, and under which agreement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from location_router.runtime.db import Unit
from server.agencies.model import Agreement, agreement_from_row, choose


@dataclass(frozen=True, slots=True)
class Partner:
    """An agency together with the agreement that binds it to the center."""

    agency_id: str
    kind: str
    name_ko: str
    name_en: str
    agreement: Agreement


async def partner(unit: Unit, *, center_id: str, kind: str, trigger: str, now: datetime) -> Partner | None:
    """The agency of this kind ("112", "119") that an agreement in force lets us call for `trigger`, or None."""
    rows = await unit.all(
        "SELECT a.kind, a.name_ko, a.name_en, g.* FROM agency a JOIN agreement g USING (agency_id)"
        " WHERE g.center_id = :center AND a.kind = :kind ORDER BY g.starts_at",
        {"center": center_id, "kind": kind},
    )
    best = choose([agreement_from_row(row) for row in rows], trigger=trigger, now=now)
    if best is None:
        return None
    row: dict[str, Any] = next(row for row in rows if row["agreement_id"] == best.agreement_id)
    return Partner(best.agency_id, row["kind"], row["name_ko"], row["name_en"], best)
