"""Who has more than one person can watch: warnings in the log (`shift:over_norm`), and what they were.

The measure is that of the shift leader's view (`server/shifts/model.py`): 50 cameras, or four ordinary incidents.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from server.actor import SYSTEM
from server.events import record_admin
from server.incidents.cards import iso
from server.shifts import service as shifts
from server.shifts.model import NORM_CAMERAS, NORM_INCIDENTS

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

TAG = "shift:over_norm"
AGAIN_AFTER = timedelta(minutes=30)
_SAID = """
SELECT e.event_id, e.center_id, e.at, p.payload_sealed FROM event e JOIN event_payload p USING (center_id, seq)
WHERE e.tag = :tag AND e.at > :since ORDER BY e.at DESC LIMIT 1000
"""


async def warn(services: Services) -> int:
    """A line for everybody over the norm who had none in the last half hour; returns how many."""
    now, count = services.clock(), 0
    async with services.db.begin() as unit:
        desks = await unit.all("SELECT desk, array_agg(code ORDER BY code) AS codes FROM center GROUP BY desk")
        said = await unit.all(_SAID, {"tag": TAG, "since": now - AGAIN_AFTER})
        told = {_payload(services, row).get("account_id") for row in said}
    for desk in desks:
        async with services.db.begin(center=",".join(desk["codes"])) as unit:
            for one in await shifts.loads(unit, services, desk["desk"]):
                if not one["over_norm"] or one["account_id"] in told:
                    continue
                payload = {"account_id": one["account_id"], "load": one["load"], "cameras": one["cameras"]}
                payload |= {"incidents": len(one["incidents"]), "desk": desk["desk"]}
                record_admin(unit, tag=TAG, actor=SYSTEM, payload=payload, center_id=desk["codes"][0], at=now)
                count += 1
    return count


async def history(services: Services, viewer: Viewer, *, hours: int) -> dict[str, Any]:
    """`{"norm": …, "operators": now, "warnings": newest first}` of the viewer's desk."""
    async with services.db.begin(center=viewer.scope) as unit:
        operators = await shifts.loads(unit, services, viewer.desk)
        rows = await unit.all(_SAID, {"tag": TAG, "since": services.clock() - timedelta(hours=hours)})
    return {
        "norm": {"cameras": NORM_CAMERAS, "incidents": NORM_INCIDENTS},
        "operators": operators,
        "warnings": [{"at": iso(row["at"]), "center": row["center_id"], **_payload(services, row)} for row in rows],
    }


def _payload(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    body = services.sealer.open(row["payload_sealed"], context=f"event:{row['event_id']}")
    return dict(body["payload"]) if body else {}
