"""Buttons, pendants and meters of a person who agreed, and the phone's text messages: what the router can't know.

A device is bound by the person herself, with her consent on record. Its key is derived from the secret that this
installation shares with the router, shown once and stored nowhere; the router learns that the device exists, and no
more. When one is pressed (or a text message comes from her phone) the router tells us the alert's id, and we add her
name, number and language to the alert as her phone would, with a token of that device.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import orjson
import structlog

from location_router.runtime.device_keys import device_key, device_ref
from location_router.runtime.jobs import Again, defer_in
from location_router.runtime.problems import Problem
from location_router.runtime.signing import sign
from location_router.runtime.tokens import Device, sign_device_token
from location_router.wire import DeviceReport
from server.events import Actor, record_admin
from server.people import model
from server.people.service import DeviceUser, device_keys
from server.people.store import device

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("devices")
KINDS = ("button", "wearable", "home", "meter")
MOST_DEVICES = 10
HEARTBEAT_S = 6 * 3600
SUPPLEMENT_FOR = timedelta(minutes=30)
_TROUBLES = {"low_battery": "low_battery", "silent": "silent", "back": "", "pressed": None}


def sms_credentials(services: Services, device_id: UUID) -> dict[str, str]:
    """What a phone needs to sign a text message and where it goes; without a key where this installation shares no
    secret with the router."""
    settings = services.settings
    number = {"sos_text_number": settings.sos_text_number}
    if not settings.installation_key:
        return {"device_ref": "", "device_key": ""} | number
    return number | {
        "device_ref": device_ref(settings.installation, device_id),
        "device_key": device_key(settings.installation_key, str(device_id)).hex(),
    }


async def bind(services: Services, user: DeviceUser, *, kind: str, name: str, consent: bool) -> dict[str, Any]:
    """A new device of this person, with its key, shown once. Raises Problem 422 `no_consent`, `bad_kind`, `bad_name`,
    409 `too_many_devices`, 503 `no_router_key`."""
    _check(services, kind, consent)
    try:
        shown = model.clean_name(name)
    except model.BadName:
        raise Problem(422, "bad_name", "기기 이름을 적어 주세요.", "Write a name for the device.") from None
    device_id = uuid4()
    async with services.db.begin(center=user.center_id) as unit:
        await unit.execute("SELECT 1 FROM person WHERE person_id = :id FOR UPDATE", {"id": user.person_id})
        count = await unit.scalar(
            "SELECT count(*) FROM device WHERE person_id = :id AND kind NOT IN ('phone', 'browser')"
            " AND revoked_at IS NULL",
            {"id": user.person_id},
        )
        if count >= MOST_DEVICES:
            raise Problem(
                409,
                "too_many_devices",
                f"기기는 {MOST_DEVICES}개까지 등록할 수 있습니다.",
                f"At most {MOST_DEVICES} devices.",
            )
        await unit.execute(
            device.insert().values(
                device_id=device_id,
                center_id=user.center_id,
                person_id=user.person_id,
                kind=kind,
                name_sealed=services.sealer.seal(shown, context=f"device.name:{device_id}", center=user.center_id),
                consented_at=services.clock(),
            )
        )
        await defer_in(unit, "tell_router_of_device", device_id=str(device_id))
    router = services.settings.router_url.rstrip("/")
    return {
        "device_id": str(device_id),
        **sms_credentials(services, device_id),
        "messages_url": f"{router}/v1/devices/messages",
    }


def _check(services: Services, kind: str, consent: bool) -> None:
    if not consent:
        raise Problem(
            422,
            "no_consent",
            "기기를 누르면 이름과 위치가 관제센터로 전해집니다. 동의해야 등록할 수 있습니다.",
            "A press sends your name and place to the control center; agree to that to bind the device.",
            field="consent",
        )
    if kind not in KINDS:
        words = ", ".join(KINDS)
        raise Problem(422, "bad_kind", f"종류는 {words} 중 하나입니다.", f"A kind is one of {words}.", field="kind")
    if not services.settings.installation_key:
        raise Problem(
            503, "no_router_key", "이 서버에서는 기기를 등록할 수 없습니다.", "This server can't bind devices."
        )


async def bound(services: Services, user: DeviceUser) -> list[dict[str, Any]]:
    """The person's devices that are no phones, without their keys."""
    async with services.db.begin(center=user.center_id) as unit:
        rows = await unit.all(
            "SELECT * FROM device WHERE person_id = :id AND kind NOT IN ('phone', 'browser') AND revoked_at IS NULL"
            " ORDER BY enrolled_at, device_id",
            {"id": user.person_id},
        )
    return [
        {
            "device_id": str(row["device_id"]),
            "kind": row["kind"],
            "name": services.sealer.open(row["name_sealed"], context=f"device.name:{row['device_id']}"),
            "enrolled_at": row["enrolled_at"].isoformat(),
            "trouble": row["trouble"],
            "battery_percent": row["battery_percent"],
        }
        for row in rows
    ]


async def revoke(services: Services, user: DeviceUser, device_id: UUID) -> None:
    """Consent withdrawn, or the thing lost: her name is not added any more, the router flags it. Problem 404."""
    from server.people.phones import revoke_phones

    async with services.db.begin(center=user.center_id) as unit:
        if await revoke_phones(unit, services, center=user.center_id, person_id=user.person_id, only=device_id):
            return
        row = await unit.one(
            "UPDATE device SET revoked_at = now(), name_sealed = NULL WHERE device_id = :device AND person_id = :person"
            " AND kind NOT IN ('phone', 'browser') AND revoked_at IS NULL RETURNING device_id",
            {"device": device_id, "person": user.person_id},
        )
        if row is None:
            raise Problem(404, "no_device", "등록된 기기가 아닙니다.", "You have no such device.")
        await defer_in(unit, "tell_router_of_device", device_id=str(device_id))
        who, payload = Actor("person", str(user.person_id)), {"device_id": str(device_id)}
        record_admin(unit, tag="device:revoked", actor=who, center_id=user.center_id, payload=payload)


async def tell_router(services: Services, device_id: UUID) -> None:
    """One attempt to say whether the device is good; raises Again when the router did not take it."""
    async with services.db.begin() as unit:
        row = await unit.one("SELECT kind, revoked_at FROM device WHERE device_id = :id", {"id": device_id})
    settings, path = services.settings, f"/v1/devices/{device_id}"
    beat_s = 0 if row is None or row["kind"] in ("phone", "browser") else HEARTBEAT_S
    state = "revoked" if row is None or row["revoked_at"] else "active"  # without a row: its person has left
    body = orjson.dumps({"kind": row["kind"] if row else "phone", "state": state, "heartbeat_s": beat_s})
    headers = sign(
        settings.installation_key,
        installation=settings.installation,
        method="PUT",
        path=path,
        body=body,
        now=services.clock().timestamp(),
    )
    await _called(services, "PUT", path, body, headers)


def is_device_report(body: bytes) -> bool:
    """Whether what came on `home.<installation>` is a DeviceReport and no Status."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(data, dict) and data.get("kind") == "device"


async def receive_device_report(services: Services, report: DeviceReport) -> None:
    """What the router says of a device of ours; the same report again has no effect."""
    device_id, trouble = UUID(report.device_id), _TROUBLES[report.event]
    async with services.db.begin() as unit:
        first_time = await unit.scalar(
            "INSERT INTO home_inbox (status_id, alert_id) VALUES (:report, :alert) ON CONFLICT DO NOTHING"
            " RETURNING status_id",
            {"report": report.report_id, "alert": report.alert_id or UUID(int=0)},
        )
        if first_time is None:
            return
        if trouble is not None:
            await unit.execute(
                "UPDATE device SET trouble = :trouble, reported_at = :at,"
                " battery_percent = coalesce(:battery, battery_percent)"
                " WHERE device_id = :id AND (reported_at IS NULL OR reported_at <= :at)",
                {"trouble": trouble, "at": report.at, "battery": report.battery_percent, "id": device_id},
            )
        if report.event == "pressed" and report.alert_id is not None:
            await defer_in(unit, "supplement_alert", alert_id=str(report.alert_id), device_id=str(device_id))


async def supplement(services: Services, alert_id: UUID, device_id: UUID) -> None:
    """Add to the alert what only we know. Phase `pre` changes no phase of a known alert. Raises Again."""
    async with services.db.begin() as unit:
        row = await unit.one(
            "SELECT p.person_id, p.center_id, p.nickname_sealed, p.phone_sealed, d.kind, i.received_at"
            " FROM device d JOIN person p USING (person_id)"
            " LEFT JOIN LATERAL (SELECT received_at FROM home_inbox WHERE alert_id = :alert"
            " ORDER BY received_at LIMIT 1) i ON true WHERE d.device_id = :device AND d.revoked_at IS NULL",
            {"device": device_id, "alert": alert_id},
        )
        private, _ = await device_keys(unit, services)
    now, settings = services.clock(), services.settings
    if row is None or (row["received_at"] and now - row["received_at"] > SUPPLEMENT_FOR):
        log.warning("alert_not_supplemented", alert_id=str(alert_id))
        return
    person_id, center = row["person_id"], row["center_id"]
    body = {
        "alert_id": str(alert_id),
        "phase": "pre",
        "raised_at": now.isoformat(),
        "trigger": "device",
        "home": center,
        "caller": {
            "person_id": str(person_id),
            "nickname": services.sealer.open(row["nickname_sealed"], context=f"person.nickname:{person_id}"),
            "phone": services.sealer.open(row["phone_sealed"], context=f"person.phone:{person_id}"),
        },
    }
    speaker = Device(settings.installation, str(device_id), str(person_id), center)
    token = sign_device_token(speaker, private, now=now)
    await _called(services, "POST", "/v1/alerts", orjson.dumps(body), {"Authorization": f"Bearer {token}"})


async def _called(services: Services, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
    try:
        answer = await services.router_client.request(
            method, path, content=body, headers={**headers, "Content-Type": "application/json"}
        )
    except httpx.HTTPError as error:
        raise Again(f"the router is away: {error!r}") from error
    if answer.status_code >= 500 or answer.status_code in (401, 429):
        raise Again(f"the router answered {answer.status_code}")
    if answer.status_code >= 400:
        log.error("router_refused", path=path.partition("/v1/")[2].partition("/")[0], status=answer.status_code)
