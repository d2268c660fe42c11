"""The walk's own alert, sent to the router by the home center when she does not answer.

Her phone's device token is signed here anew, so the router takes it for hers; the alert's id is the one that her phone
would use, so whoever comes first, it is one alert (invariant 2). Tried until the router has it on disk: its 202.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import orjson
import structlog

from location_router.runtime.jobs import Again
from location_router.runtime.tokens import Device, sign_device_token
from server.people.service import device_keys

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("walks.raising")
TRIGGER = "overdue_walk"
ROUTER_ANSWERS_IN_S = 5.0
_WALK = """
SELECT w.*, p.nickname_sealed, p.phone_sealed FROM walk w JOIN person p USING (person_id) WHERE w.walk_id = :id
"""


async def send_alert(services: Services, walk_id: UUID) -> None:
    """One attempt; raises Again until the router has it. Nothing is sent once she has ended the walk herself: until
    the router has it, her own word counts."""
    async with services.db.begin() as unit:
        row = await unit.one(_WALK, {"id": walk_id})
        private, _ = await device_keys(unit, services)
    if row is None or row["sent_at"] is not None or row["raised_at"] is None or row["ended_at"] is not None:
        return
    settings = services.settings
    who = Device(settings.installation, str(row["device_id"]), str(row["person_id"]), row["center_id"])
    token = sign_device_token(who, private, now=services.clock())
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        answer = await services.router_client.post(
            "/v1/alerts", content=orjson.dumps(_alert(services, row)), headers=headers, timeout=ROUTER_ANSWERS_IN_S
        )
    except httpx.HTTPError as error:
        raise Again(f"the router is away: {type(error).__name__}") from error
    if answer.status_code != httpx.codes.ACCEPTED:  # whatever it is, it has not taken a cry for help: never give up
        log.error("walk_not_raised", walk_id=str(walk_id), status=answer.status_code)
        raise Again(f"the router answered {answer.status_code}")
    async with services.db.begin() as unit:
        await unit.execute(
            "UPDATE walk SET sent_at = :now WHERE walk_id = :id AND sent_at IS NULL",
            {"id": walk_id, "now": services.clock()},
        )


def _alert(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """`POST /v1/alerts`; the position with the time of its fix, however old. Without one the router takes her home."""
    person_id, open_ = row["person_id"], services.sealer.open
    alert: dict[str, Any] = {
        "alert_id": str(row["alert_id"]),
        "phase": "active",
        "raised_at": row["raised_at"].isoformat(),
        "trigger": TRIGGER,
        "home": row["center_id"],
        "caller": {
            "person_id": str(person_id),
            "nickname": open_(row["nickname_sealed"], context=f"person.nickname:{person_id}"),
            "phone": open_(row["phone_sealed"], context=f"person.phone:{person_id}"),
        },
    }
    if row["lat"] is not None:
        alert["position"] = {
            "lat": row["lat"],
            "lon": row["lon"],
            "accuracy_m": row["accuracy_m"],
            "fixed_at": row["fixed_at"].isoformat(),
        }
    return alert
