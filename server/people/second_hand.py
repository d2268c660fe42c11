"""Alerts that the home center raises for somebody: a guardian on her behalf, or what is left of a walk whose person has
deleted her account after it was raised.

Each is sealed here, whole, with its job before the answer, and tried until the router has it, whatever becomes of the
rows it was made of. The home center signs for who raised it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import orjson
import structlog
from sqlalchemy.dialects.postgresql import insert

from location_router.runtime.db import Unit
from location_router.runtime.jobs import Again, defer_in
from location_router.runtime.tokens import Device, sign_device_token
from server.people import walk_place
from server.people.service import device_keys
from server.people.store import second_hand_alert

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("people.second_hand")
ROUTER_ANSWERS_IN_S = 5.0


async def guardians_alert(unit: Unit, services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """`row`: of the alarm, with the guardian's sealed name and number, and the person's nickname. With the last place
    of her walk, if there is one."""
    opened, guardian_id = services.sealer.open, row["raised_by"]
    nickname = opened(row["nickname_sealed"], context=f"person.nickname:{row['person_id']}") or ""
    guardian = opened(row["name_sealed"], context=f"guardian.name:{guardian_id}") or ""
    phone = opened(row["phone_sealed"], context=f"guardian.phone:{guardian_id}")
    place = await walk_place.running(unit, row["person_id"])
    alert = _alert_of(row, "guardian", nickname=f"{nickname} (보호자 {guardian})"[:80], phone=phone, place=place)
    if place is not None:
        alert["position"]["source"] = "second_hand"
    return alert


def walks_alert(services: Services, row: Mapping[str, Any]) -> dict[str, Any]:
    """Of a raised walk's row, with her sealed nickname and number; the place is the last one, however old."""
    opened, person_id = services.sealer.open, row["person_id"]
    nickname = opened(row["nickname_sealed"], context=f"person.nickname:{person_id}")
    phone = opened(row["phone_sealed"], context=f"person.phone:{person_id}")
    place = row if row["lat"] is not None else None  # without one the router takes her home
    return _alert_of(row, "overdue_walk", nickname=nickname, phone=phone, place=place)


def _alert_of(
    row: Mapping[str, Any], trigger: str, *, nickname: str, phone: str, place: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The body of `POST /v1/alerts`. `row`: alert_id, raised_at, center_id, person_id; `place`: lat, lon, accuracy_m,
    fixed_at, the time of its fix."""
    alert: dict[str, Any] = {
        "alert_id": str(row["alert_id"]),
        "phase": "active",
        "raised_at": row["raised_at"].isoformat(),
        "trigger": trigger,
        "home": row["center_id"],
        "caller": {"person_id": str(row["person_id"]), "nickname": nickname, "phone": phone},
    }
    if place is not None:
        alert["position"] = {name: place[name] for name in ("lat", "lon", "accuracy_m")}
        alert["position"]["fixed_at"] = place["fixed_at"].isoformat()
    return alert


async def keep(unit: Unit, services: Services, row: Mapping[str, Any], alert: dict[str, Any]) -> bool:
    """The alert with its job in the caller's transaction; False when this id is there already."""
    names = ("alert_id", "center_id", "person_id", "raised_by", "raised_at")
    sealed = services.sealer.seal(alert, context=_context(row["alert_id"]), center=row["center_id"])
    new = await unit.scalar(
        insert(second_hand_alert)
        .values(body_sealed=sealed, **{name: row[name] for name in names})
        .on_conflict_do_nothing()
        .returning(second_hand_alert.c.alert_id)
    )
    if new is not None:
        await defer_in(unit, "send_second_hand", alert_id=str(new))
    return new is not None


def _context(alert_id: UUID) -> str:
    return f"second_hand_alert.body:{alert_id}"


async def keep_raised_walks(unit: Unit, services: Services, person_id: UUID) -> None:
    """Her account goes: of a walk that was raised and that the router does not have yet, its alert stays until it has.
    Her phone is taken back with the account, so she herself stands for it."""
    rows = await unit.all(
        "DELETE FROM walk w USING person p WHERE w.person_id = :id AND p.person_id = w.person_id"
        " AND w.raised_at IS NOT NULL AND w.sent_at IS NULL AND w.ended_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM followed_alert a WHERE a.alert_id = w.alert_id AND a.person_id = w.person_id)"
        " RETURNING w.*, p.nickname_sealed, p.phone_sealed",
        {"id": person_id},
    )
    for row in rows:
        await keep(unit, services, row | {"raised_by": person_id}, walks_alert(services, row))


async def send(services: Services, alert_id: UUID) -> None:
    """One attempt; raises Again until the router has it on disk: its 202. Then what it says is forgotten here."""
    async with services.db.begin() as unit:
        row = await unit.one("SELECT * FROM second_hand_alert WHERE alert_id = :id", {"id": alert_id})
        if row is None or row["sent_at"] is not None:
            return
        alert = await _body(unit, services, row)
    if alert is None:
        return log.error("second_hand_left_no_body", alert_id=str(alert_id))
    who = Device(services.settings.installation, str(row["raised_by"]), str(row["person_id"]), row["center_id"])
    await post(services, who, alert)
    async with services.db.begin() as unit:
        await unit.execute(
            "UPDATE second_hand_alert SET sent_at = :now, body_sealed = NULL WHERE alert_id = :id",
            {"now": services.clock(), "id": alert_id},
        )


async def _body(unit: Unit, services: Services, row: dict[str, Any]) -> dict[str, Any] | None:
    if row["body_sealed"] is not None:
        alert: dict[str, Any] = services.sealer.open(row["body_sealed"], context=_context(row["alert_id"]))
        return alert
    whose = await unit.one(  # raised before 0036, which could seal nothing
        "SELECT g.name_sealed, g.phone_sealed, p.nickname_sealed FROM guardian g JOIN person p USING (person_id)"
        " WHERE g.guardian_id = :id",
        {"id": row["raised_by"]},
    )
    return await guardians_alert(unit, services, row | whose) if whose else None


async def post(services: Services, who: Device, alert: dict[str, Any]) -> None:
    """Returns once the router has it on disk, raises Again otherwise: whatever it answered, it has not taken a cry for
    help, so nobody gives up."""
    async with services.db.begin() as unit:
        private, _ = await device_keys(unit, services)
    token = sign_device_token(who, private, now=services.clock())
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        answer = await services.router_client.post(
            "/v1/alerts", content=orjson.dumps(alert), headers=headers, timeout=ROUTER_ANSWERS_IN_S
        )
    except httpx.HTTPError as error:
        raise Again(f"the router is away: {type(error).__name__}") from error
    if answer.status_code != httpx.codes.ACCEPTED:
        log.error("alert_not_raised", alert_id=alert["alert_id"], status=answer.status_code)
        raise Again(f"the router answered {answer.status_code}")
