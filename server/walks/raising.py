"""The walk's own alert, sent to the router by the home center when she does not answer.

Her phone's device token is signed here anew, so the router takes it for hers; the alert's id is the one that her phone
would use, so whoever comes first, it is one alert (invariant 2). Tried until the router has it on disk: its 202.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.tokens import Device
from server.people import second_hand

if TYPE_CHECKING:
    from server.services import Services

_WALK = """
SELECT w.*, p.nickname_sealed, p.phone_sealed FROM walk w JOIN person p USING (person_id) WHERE w.walk_id = :id
"""


async def send_alert(services: Services, walk_id: UUID) -> None:
    """One attempt; raises Again until the router has it. Nothing is sent once she has ended the walk herself: until
    the router has it, her own word counts."""
    async with services.db.begin() as unit:
        row = await unit.one(_WALK, {"id": walk_id})
    if row is None or row["sent_at"] is not None or row["raised_at"] is None or row["ended_at"] is not None:
        return
    await second_hand.post(services, _phone(services, row), second_hand.walks_alert(services, row))
    async with services.db.begin() as unit:
        await unit.execute(
            "UPDATE walk SET sent_at = :now WHERE walk_id = :id AND sent_at IS NULL",
            {"id": walk_id, "now": services.clock()},
        )


async def end_alert(services: Services, walk_id: UUID, outcome: str) -> None:
    """One attempt to end the walk's alert by the PIN that ended the walk (`cancel`, or `duress`, which the router keeps
    alive); raises Again until the router has it. From here on it needs no phone."""
    async with services.db.begin() as unit:
        row = await unit.one(_WALK, {"id": walk_id})
    if row is not None and row["raised_at"] is not None:
        ended = second_hand.walks_alert(services, row) | {"phase": "ended", "outcome": outcome}
        await second_hand.post(services, _phone(services, row), ended)


def _phone(services: Services, row: dict[str, Any]) -> Device:
    return Device(services.settings.installation, str(row["device_id"]), str(row["person_id"]), row["center_id"])
