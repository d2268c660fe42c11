"""What was not taken, for the administrators of a desk.

What nobody has signed is of no center: it may be anybody, in anybody's name. The door is every desk's, and whoever
answers for its safety has to watch for unlawful access (개인정보의 안전성 확보조치 기준): so each sees when, from which
address and why, and neither whose name was used nor what was said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from location_router.runtime.db import ALL_CENTERS

if TYPE_CHECKING:
    from server.services import Services

MOST = 200
UNSIGNED = (
    "unsigned", "unknown_line", "wrong_signature", "clock_skew", "address_not_registered", "too_large",
)  # fmt: skip
_OF_CENTERS = """
SELECT at, code, center_id AS center, agency_id, trigger, address, request_id, detail, count FROM request_refusal
ORDER BY at DESC LIMIT :most
"""
_OF_NOBODY = """
SELECT at, code, '' AS center, '' AS agency_id, '' AS trigger, address, NULL AS request_id,
       CAST('{}' AS jsonb) AS detail, count
FROM request_refusal WHERE center_id = '' AND code = ANY(:codes) ORDER BY at DESC LIMIT :most
"""


async def listed(services: Services, scope: str) -> list[dict[str, Any]]:
    """Newest first: of the centers of `scope`, and what nobody has signed."""
    async with services.db.begin(center=scope) as unit:
        rows = await unit.all(_OF_CENTERS, {"most": MOST})
    if scope != ALL_CENTERS:
        async with services.db.begin() as unit:
            rows += await unit.all(_OF_NOBODY, {"most": MOST, "codes": list(UNSIGNED)})
    return sorted(rows, key=lambda row: row["at"], reverse=True)[:MOST]
