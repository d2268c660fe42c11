"""A pair calls for help: an alert through the router like anybody's, in the name of the team.

The row and the job are in the transaction of the 202 (invariant 1); the job goes on until the router has it. The home
center vouches with a token in which the pair stands for device and person, so the alert is verified and a second one of
the same pair joins the first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import structlog

from location_router.runtime.db import Unit
from location_router.runtime.jobs import Again, defer_in
from location_router.runtime.tokens import Device, sign_device_token
from server.incidents.cards import iso
from server.people.service import device_keys
from server.scouts import pairs, reading

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("scouts.sos")
RUNS_FOR = timedelta(hours=2)
"""So long after the call the router hears where they are, also if nobody tells us that it is over."""
TOKEN_LIFE = timedelta(hours=3)


async def call(
    services: Services, link: str, alert_id: UUID, position: dict[str, Any] | None, *, cookie: str
) -> dict[str, Any]:
    """On disk when this returns; the same id again is the same call. Problems as `pairs.bound`."""
    async with services.db.begin() as unit:
        row = await pairs.bound(unit, services, link, cookie=cookie)
        now = services.clock()
        body = _body(services, row, alert_id, position, now)
        is_new = await unit.scalar(
            "INSERT INTO scout_sos (alert_id, center_id, pair_id, body_sealed, raised_at)"
            " VALUES (:alert, :center, :pair, :body, :now) ON CONFLICT DO NOTHING RETURNING true",
            {
                "alert": alert_id,
                "center": row["center_id"],
                "pair": row["pair_id"],
                "body": services.sealer.seal(body, context=f"scout_sos.body:{alert_id}", center=row["center_id"]),
                "now": now,
            },
        )
        if is_new:
            await defer_in(unit, "send_scout_sos", alert_id=str(alert_id))
            reading.say(unit, row, "sos", pairs.actor_of(row), now, alert_id=str(alert_id), name=row["name"])
        called = await last(unit, row["pair_id"])
    return {"sos": line(called)}


def _body(
    services: Services, row: dict[str, Any], alert_id: UUID, position: dict[str, Any] | None, now: datetime
) -> dict[str, Any]:
    """The AlertMessage: the newest place we know, with its true age."""
    known = reading.position_of(services, row)
    if position is not None:
        position = {**position, "fixed_at": iso(min(position["fixed_at"], now))}
        if known is None or known["fixed_at"] < position["fixed_at"]:
            known = position
    phones = [one["phone"] for one in reading.members_of(services, row) if one["phone"]]
    return {
        "alert_id": str(alert_id),
        "phase": "active",
        "trigger": "tap",
        "raised_at": iso(now),
        "home": row["center_id"],
        "position": known and {**known, "sent_at": iso(now), "source": "gps"},
        "caller": {
            "person_id": str(row["pair_id"]),
            "nickname": f"안심귀가 스카우트 {row['name']}",
            "phone": phones[0] if phones else "",
        },
    }


async def last(unit: Unit, pair_id: UUID) -> dict[str, Any] | None:
    """The pair's newest call."""
    return await unit.one(
        "SELECT * FROM scout_sos WHERE pair_id = :id ORDER BY raised_at DESC LIMIT 1", {"id": pair_id}
    )


def line(called: dict[str, Any] | None) -> dict[str, Any] | None:
    if called is None:
        return None
    return {
        "alert_id": str(called["alert_id"]),
        "raised_at": iso(called["raised_at"]),
        "accepted_at": iso(called["accepted_at"]),
    }


def is_running(called: dict[str, Any] | None, now: datetime) -> bool:
    return called is not None and called["accepted_at"] is not None and now - called["raised_at"] < RUNS_FOR


async def send(services: Services, alert_id: UUID) -> None:
    """One attempt; raises Again until the router has it. Once it has, the words are forgotten here."""
    async with services.db.begin() as unit:
        row = await unit.one("SELECT * FROM scout_sos WHERE alert_id = :id", {"id": alert_id})
        if row is None or row["accepted_at"] is not None:
            return
        token = await _token(unit, services, row)
    body = services.sealer.open(row["body_sealed"], context=f"scout_sos.body:{alert_id}")
    answer = await _post(services, "/v1/alerts", body, token)
    if answer.status_code != httpx.codes.ACCEPTED:
        log.error("scout_sos_not_taken", alert_id=str(alert_id), status=answer.status_code)
        raise Again(f"the router answered {answer.status_code}")
    async with services.db.begin() as unit:
        await unit.execute(
            "UPDATE scout_sos SET accepted_at = :now, body_sealed = NULL WHERE alert_id = :id",
            {"now": services.clock(), "id": alert_id},
        )


async def follow(services: Services, pair: dict[str, Any], called: dict[str, Any], position: dict[str, Any]) -> bool:
    """Tell the router where they are, and whether it took it; a lost one is followed by the next."""
    async with services.db.begin() as unit:
        token = await _token(unit, services, {**called, "center_id": pair["center_id"]})
    sent = {**position, "sent_at": iso(services.clock()), "source": "gps"}
    try:
        answer = await _post(services, f"/v1/alerts/{called['alert_id']}/positions", {"positions": [sent]}, token)
        if answer.is_error:
            log.warning("scout_position_not_taken", status=answer.status_code)
        return answer.is_success
    except Again:
        return False


async def _token(unit: Unit, services: Services, row: dict[str, Any]) -> str:
    private, _ = await device_keys(unit, services)
    pair = str(row["pair_id"])
    speaker = Device(services.settings.installation, pair, pair, row["center_id"])
    return sign_device_token(speaker, private, now=services.clock(), life=TOKEN_LIFE)


async def _post(services: Services, path: str, body: dict[str, Any], token: str) -> httpx.Response:
    try:
        return await services.router_client.post(path, json=body, headers={"Authorization": f"Bearer {token}"})
    except httpx.HTTPError as error:
        raise Again(f"the router is away: {error!r}") from error
