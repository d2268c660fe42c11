"""A guardian raises an alarm on her behalf: an alert like any other, marked `guardian`, with the guardian as who can be
called back, and her last known place if there is one.

The home center signs for the guardian's designation; the alert is on disk here before the answer and is tried until the
router has it. Her phone is told nothing: who holds it may be why.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import orjson
import structlog
from sqlalchemy.dialects.postgresql import insert

from location_router.runtime.jobs import Again, defer_in
from location_router.runtime.problems import Problem
from location_router.runtime.tokens import Device, sign_device_token
from server.events import Actor, record_admin
from server.people import care, walk_place
from server.people.service import device_keys
from server.people.store import guardian_alarm

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("people.second_hand")
TRIGGER = "guardian"
ROUTER_ANSWERS_IN_S = 5.0
SAME_FOR = timedelta(minutes=10)
"""So long a second press of the same guardian is the same alarm."""
_QUERY = """
SELECT s.*, g.name_sealed, g.phone_sealed, p.nickname_sealed FROM guardian_alarm s JOIN guardian g USING (guardian_id)
JOIN person p ON p.person_id = s.person_id WHERE s.alert_id = :id
"""


async def raise_alarm(services: Services, invitation: str, alert_id: UUID) -> dict[str, Any]:
    """On disk with its job; `alert_id` is the guardian's own, so that a repeated request is one alarm. Problem 404
    `no_invitation`, 409 `not_accepted`, `other_alarm`."""
    now = services.clock()
    async with services.db.begin() as unit:
        row = await care.accepted(unit, services, invitation)
        running: UUID | None = await unit.scalar(
            "SELECT alert_id FROM guardian_alarm WHERE guardian_id = :id AND raised_at > :since"
            " ORDER BY raised_at DESC LIMIT 1",
            {"id": row["guardian_id"], "since": now - SAME_FOR},
        )
        if running is not None:
            return {"alert_id": str(running), "state": "raised"}
        new = await unit.scalar(
            insert(guardian_alarm)
            .values(
                alert_id=alert_id,
                center_id=row["center_id"],
                person_id=row["person_id"],
                guardian_id=row["guardian_id"],
                raised_at=now,
            )
            .on_conflict_do_nothing()
            .returning(guardian_alarm.c.alert_id)
        )
        if new is None:
            raise Problem(409, "other_alarm", "이미 쓴 번호입니다. 다시 눌러 주세요.", "Press again.", field="alert_id")
        await defer_in(unit, "send_second_hand", alert_id=str(alert_id))
        record_admin(
            unit,
            tag="guardian:raised",
            actor=Actor("guardian", str(row["guardian_id"])),
            center_id=row["center_id"],
            at=now,
            payload={"alert_id": str(alert_id), "person_id": str(row["person_id"])},
        )
    return {"alert_id": str(alert_id), "state": "raised"}


async def send(services: Services, alert_id: UUID) -> None:
    """One attempt; raises Again until the router has it on disk: its 202."""
    async with services.db.begin() as unit:
        row = await unit.one(_QUERY, {"id": alert_id})
        if row is None or row["sent_at"] is not None:
            return
        place = await walk_place.running(unit, row["person_id"])
        private, _ = await device_keys(unit, services)
    settings = services.settings
    who = Device(settings.installation, str(row["guardian_id"]), str(row["person_id"]), row["center_id"])
    token = sign_device_token(who, private, now=services.clock())
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        answer = await services.router_client.post(
            "/v1/alerts", content=orjson.dumps(_alert(services, row, place)), headers=headers,
            timeout=ROUTER_ANSWERS_IN_S,
        )  # fmt: skip
    except httpx.HTTPError as error:
        raise Again(f"the router is away: {type(error).__name__}") from error
    if answer.status_code != httpx.codes.ACCEPTED:  # it has not taken a cry for help: never give up
        log.error("second_hand_not_raised", alert_id=str(alert_id), status=answer.status_code)
        raise Again(f"the router answered {answer.status_code}")
    async with services.db.begin() as unit:
        await unit.execute(
            "UPDATE guardian_alarm SET sent_at = :now WHERE alert_id = :id AND sent_at IS NULL",
            {"now": services.clock(), "id": alert_id},
        )


def _alert(services: Services, row: dict[str, Any], place: dict[str, Any] | None) -> dict[str, Any]:
    opened, person_id, guardian_id = services.sealer.open, row["person_id"], row["guardian_id"]
    nickname = opened(row["nickname_sealed"], context=f"person.nickname:{person_id}") or ""
    guardian = opened(row["name_sealed"], context=f"guardian.name:{guardian_id}") or ""
    alert: dict[str, Any] = {
        "alert_id": str(row["alert_id"]),
        "phase": "active",
        "raised_at": row["raised_at"].isoformat(),
        "trigger": TRIGGER,
        "home": row["center_id"],
        "caller": {
            "person_id": str(person_id),
            "nickname": f"{nickname} (보호자 {guardian})"[:80],
            "phone": opened(row["phone_sealed"], context=f"guardian.phone:{guardian_id}"),
        },
    }
    if place is not None:
        alert["position"] = {
            "lat": place["lat"],
            "lon": place["lon"],
            "accuracy_m": place["accuracy_m"],
            "fixed_at": place["fixed_at"].isoformat(),
            "source": "second_hand",
        }
    return alert
