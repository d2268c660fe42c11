"""What other networks bring us: text messages from an SMS gateway, ELS locations from a phone network.

A text message becomes the same alert as its copy over data: whichever comes first makes it, the other one adds to it.
Fail open: of a message that is cut or badly signed whatever is legible becomes an alert, flagged; only what shows no
cry for help at all is kept in quarantine. An ELS location becomes no alert by itself: it joins the running alert of
the same number as a second source, or waits some minutes for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import orjson
import structlog

from location_router import els, intake, sms_text
from location_router.alerts import Alerts
from location_router.linking import callback_number
from location_router.live import Live
from location_router.origin import Origin
from location_router.runtime.device_keys import raw
from location_router.runtime.pool import Pool
from location_router.runtime.seal import Sealer
from location_router.runtime.tokens import Device
from location_router.wire import DRILL, SOS, Accepted, AlertMessage, Flag, Position, utc_now

log = structlog.get_logger("gateways")
SMS_IDS = UUID("0b8c1c0e-6a0d-5b0e-9d51-616e73696d01")
WAIT_MINUTES = 10
PRE_BY_TEXT_S = 15.0
"""A text doesn't say how long its countdown is: time for the longest that a phone begins by itself (a fall's), and for
the text that takes it back, before a silent phone's pre-alert counts as an alert."""
LIVE_OF_NUMBER = """
SELECT a.alert_id, a.message_sealed, a.position_sealed FROM alert_claim c JOIN alert a USING (alert_id)
WHERE c.claim = ANY(%s) AND a.message_sealed IS NOT NULL AND a.closed_at IS NULL
  AND (a.phase <> 'ended' OR a.outcome = 'duress') AND a.received_at > now() - interval '2 hours'
ORDER BY c.claim = %s DESC, a.received_at DESC LIMIT 1"""  # a verified alert before one that only names the number
WAITING = f"""
SELECT els_id, body_sealed FROM els_location WHERE alert_id IS NULL
  AND received_at > now() - interval '{WAIT_MINUTES} minutes' ORDER BY received_at LIMIT 200"""


@dataclass(frozen=True, slots=True)
class Sms:
    """One text message as a gateway hands it on."""

    sender_number: str
    text: str
    received_at: datetime
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message: `accepted`, `location` (it was an AML text) or `quarantined`."""

    what: str
    accepted: Accepted | None = None
    device: Device | None = None
    flags: tuple[str, ...] = ()


class Gateways:
    def __init__(self, pool: Pool, sealer: Sealer, alerts: Alerts, live: Live, keys: Mapping[str, str]) -> None:
        self._pool, self._sealer, self._alerts, self._live = pool, sealer, alerts, live
        self._keys = keys

    async def text_message(self, sms: Sms, *, sender: str) -> Taken:
        """Raises Unavailable; the gateway sends it again."""
        if els.is_aml(sms.text):
            located = els.read_aml(sms.text, number=sms.sender_number, now=utc_now())
            await self.location(located)
            return Taken("location", flags=located.flags)
        found = sms_text.decode(sms.text, self._keys)
        body, flags = _as_alert(found, sms)
        if body is None:
            await self._quarantine(sms)
            return Taken("quarantined")
        device = _device(found) if found.alert else None
        accepted = await self._alerts.accept(
            orjson.dumps(body), token=None, origin=Origin("sms", sender, device, flags=frozenset(flags))
        )
        await self._follow(accepted, body, found)
        return Taken("accepted", accepted, device, tuple(flag.value for flag in flags))

    async def _follow(self, accepted: Accepted, body: dict[str, Any], found: sms_text.Read) -> None:
        """A newer place in a copy of an alert we have is a position of it; only a signed one moves anybody."""
        position = intake.read_position(body.get("position"), now=utc_now())
        standing = await self._live.standing(accepted.alert_id)
        if found.alert is None or position is None or standing is None:
            return
        rows = await self._pool.run(
            "SELECT message_sealed, position_sealed FROM alert WHERE alert_id = %s", (accepted.alert_id,)
        )
        known = self._known_position(accepted.alert_id, rows[0][0], rows[0][1]) if rows else None
        if known is None or position.fixed_at > known.fixed_at:
            await self._live.moved(accepted.alert_id, standing, position)

    async def location(self, located: els.Located) -> UUID | None:
        """Keep an ELS location and show it at its alert; the alert's id, None while it waits. Raises Unavailable."""
        els_id, alert_id = uuid4(), None
        if located.position is not None:
            alert_id = await self._attach(located)
        body = {"number": located.number, "position": located.position and located.position.model_dump_json(),
                "flags": located.flags, "method": located.method, "country": located.country}  # fmt: skip
        await self._pool.run(
            "INSERT INTO els_location (els_id, body_sealed, alert_id) VALUES (%s, %s, %s)",
            (els_id, self._sealer.seal(body, context=f"els_location.body:{els_id}"), alert_id),
        )
        return alert_id

    async def match_waiting(self) -> int:
        """Locations whose alert has come meanwhile; how many found it."""
        found = 0
        for els_id, sealed in await self._pool.run(WAITING):
            body = self._sealer.open(sealed, context=f"els_location.body:{els_id}")
            if not body.get("position"):
                continue
            position = Position.model_validate_json(body["position"])
            alert_id = await self._attach(els.Located(body["number"], position, ()))
            if alert_id is not None:
                await self._pool.run("UPDATE els_location SET alert_id = %s WHERE els_id = %s", (alert_id, els_id))
                found += 1
        return found

    async def _attach(self, located: els.Located) -> UUID | None:
        number, position = callback_number(located.number), located.position
        if not number or position is None:
            return None
        claims = [self._sealer.digest(f"{how}:{number}", context="alert.claim") for how in ("proven", "told")]
        rows = await self._pool.run(LIVE_OF_NUMBER, (claims, claims[0]))
        if not rows:
            return None
        alert_id, message, last = rows[0]
        standing = await self._live.standing(alert_id)
        if standing is not None and els.improves(self._known_position(alert_id, message, last), position):
            await self._live.moved(alert_id, standing, position)
        return UUID(str(alert_id))

    def _known_position(self, alert_id: UUID, message: bytes | None, last: bytes | None) -> Position | None:
        if last is not None:
            return Position.model_validate_json(self._sealer.open(last, context=f"alert.position:{alert_id}"))
        if message is None:
            return None
        return AlertMessage.model_validate_json(
            self._sealer.open(message, context=f"alert.message:{alert_id}")
        ).position

    async def _quarantine(self, sms: Sms) -> None:
        said = orjson.dumps({"from": sms.sender_number, "text": sms.text, "received_at": sms.received_at})
        refusal = intake.Refusal(422, "sms_unreadable", "text", "", "읽을 수 없는 문자", "An unreadable text message")
        await self._alerts.quarantine(refusal, said)


def _device(found: sms_text.Read) -> Device:
    device_id = raw(found.device_ref[4:])
    assert device_id is not None, "a good signature names a device"
    return Device(found.installation, str(UUID(bytes=device_id)), "", "")


def _as_alert(found: sms_text.Read, sms: Sms) -> tuple[dict[str, Any] | None, set[Flag]]:
    """The alert as intake reads it, and its flags; None for a message that is no cry for help."""
    flags: set[Flag] = set()
    if found.alert is None:
        if not (found.is_ours or found.alert_id):
            return None, flags
        flags.add(Flag.UNVERIFIED)
    if found.is_truncated:
        flags.add(Flag.TRUNCATED)
    said = found.alert
    mode = found.mode or "AOLRK"
    alert_id = found.alert_id or uuid5(SMS_IDS, f"{sms.sender_number}/{hashlib.sha256(sms.text.encode()).hexdigest()}")
    silent = said.is_silent if said else mode[2] == "S"
    drill = bool(said and said.is_drill)  # nobody unproven turns a cry for help into a drill
    body: dict[str, Any] = {
        "alert_id": str(alert_id),
        "phase": said.phase if said else "active",
        "outcome": said.outcome if said else "",
        "service": DRILL if drill else SOS,
        "trigger": said.trigger if said else "sms",
        "raised_at": (sms_text.id_instant(alert_id) or sms.received_at).isoformat(),
        "countdown_s": PRE_BY_TEXT_S if said and said.phase == "pre" else 0.0,
        "battery_percent": found.alert.battery_percent if found.alert else found.battery_percent,
        "caller": {
            "phone": sms.sender_number,
            "language": said.language if said else "ko",
            "profile": {"call": "silent"} if silent else {},
        },
    }
    if found.place:
        accuracy_m = said.accuracy_m if said else found.accuracy_m
        body["position"] = {
            "lat": found.place[0],
            "lon": found.place[1],
            "accuracy_m": 50 if accuracy_m is None else accuracy_m,
            "fixed_at": sms_text.fixed_at(said or found, default=sms.received_at).astimezone(UTC).isoformat(),
            "source": "sms",
        }
    return body, flags


async def quarantined(pool: Pool, sealer: Sealer, *, limit: int = 100) -> list[dict[str, Any]]:
    """What the router could not read (alerts and text messages), newest first; for administrators. Personal."""
    rows = await pool.run(
        "SELECT quarantine_id, code, field, size_bytes, body_sealed, received_at FROM quarantine "
        "ORDER BY received_at DESC LIMIT %s",
        (limit,),
    )
    return [
        {
            "quarantine_id": str(row[0]),
            "code": row[1],
            "field": row[2],
            "size_bytes": row[3],
            "body": sealer.open(row[4], context=f"quarantine.body:{row[0]}"),
            "received_at": row[5].isoformat().replace("+00:00", "Z"),
        }
        for row in rows
    ]
