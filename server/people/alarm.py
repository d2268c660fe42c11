"""A guardian raises an alarm on her behalf: an alert like any other, marked `guardian`, with the guardian as who can be
called back. Her phone is told nothing: who holds it may be why.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.problems import Problem
from server.events import Actor, record_admin
from server.people import care, second_hand

if TYPE_CHECKING:
    from server.services import Services

SAME_FOR = timedelta(minutes=10)
"""So long a second press of the same guardian is the same alarm."""


async def raise_alarm(services: Services, invitation: str, alert_id: UUID) -> dict[str, Any]:
    """On disk with its job; `alert_id` is the guardian's own, so that a repeated request is one alarm. Problem 404
    `no_invitation`, 409 `not_accepted`, `other_alarm`."""
    now = services.clock()
    async with services.db.begin() as unit:
        row = await care.accepted(unit, services, invitation)
        running: UUID | None = await unit.scalar(
            "SELECT alert_id FROM second_hand_alert WHERE raised_by = :id AND raised_at > :since"
            " ORDER BY raised_at DESC LIMIT 1",
            {"id": row["guardian_id"], "since": now - SAME_FOR},
        )
        if running is not None:
            return {"alert_id": str(running), "state": "raised"}
        alarm = row | {"alert_id": alert_id, "raised_at": now, "raised_by": row["guardian_id"]}
        alert = await second_hand.guardians_alert(unit, services, alarm)
        if not await second_hand.keep(unit, services, alarm, alert):
            raise Problem(409, "other_alarm", "이미 쓴 번호입니다. 다시 눌러 주세요.", "Press again.", field="alert_id")
        record_admin(
            unit,
            tag="guardian:raised",
            actor=Actor("guardian", str(row["guardian_id"])),
            center_id=row["center_id"],
            at=now,
            payload={"alert_id": str(alert_id), "person_id": str(row["person_id"])},
        )
    return {"alert_id": str(alert_id), "state": "raised"}
