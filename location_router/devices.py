"""The open device protocol: a button, a pendant or a meter says press, cancel or heartbeat in one small JSON object.

    {"v":1,"device":"<26 letters>","seq":7,"kind":"press","pattern":"silent","lat":37.4015,"lon":126.9227,
     "acc":12,"bat":81,"at":1795253100,"mac":"<14 letters>"}

`mac` = first 80 bits of HMAC-SHA256(device key, the values in this order joined by `;`), as `device_keys.letters`. The
key is derived (`runtime.device_keys`), so the router stores none and checks without a call. `seq` only grows.

A press makes the alert whose id follows from device, `seq` and the device's key: a replayed or repeated one is the same
alert, for ever, so a replay raises nothing, and nobody else can tell the id of a press to come and occupy it. An
unsigned one is an alert too, flagged, under an id of its own. Cancel and heartbeat need the signature and a new `seq`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import orjson
import structlog

from location_router.alerts import Alerts
from location_router.ledger import Mail
from location_router.origin import Origin
from location_router.runtime.device_keys import device_key, installations_named, letters, raw
from location_router.runtime.pool import Pool
from location_router.runtime.tokens import Device
from location_router.sms_text import MAC_BYTES
from location_router.wire import Accepted, DeviceReport, Flag, utc_now

log = structlog.get_logger("devices")
IDS = UUID("0b8c1c0e-6a0d-5b0e-9d51-616e73696d02")
SIGNED = ("v", "device", "seq", "kind", "pattern", "lat", "lon", "acc", "bat", "at")
KINDS = ("press", "cancel", "heartbeat")
LOW_BATTERY_PERCENT = 15
MOST_BYTES = 4096
LATE_AT_MOST = timedelta(hours=24)
_PURPOSE, _PRESS = b"ansim device 1\x00", b"ansim device press 1\x00"
# A device that nobody has registered yet is remembered all the same: its home center may be late.
HEARD = """
INSERT INTO device AS d (device_id, home_installation, last_seq, battery_percent, last_seen_at)
VALUES (%(device_id)s, %(home)s, %(seq)s, %(battery)s, now())
ON CONFLICT (device_id) DO UPDATE SET last_seq = excluded.last_seq, last_seen_at = now(),
  battery_percent = coalesce(excluded.battery_percent, d.battery_percent) WHERE d.last_seq < excluded.last_seq
RETURNING reported, battery_percent"""
LIVE = """
SELECT alert_id FROM alert WHERE device_id = %s AND home_installation = %s AND phase <> 'ended' AND closed_at IS NULL
  AND received_at > now() - interval '2 hours'"""
SILENT = """
UPDATE device SET reported = 'silent' WHERE heartbeat_s > 0 AND state = 'active' AND reported <> 'silent'
  AND last_seen_at < now() - 3 * heartbeat_s * interval '1 s'
RETURNING device_id, home_installation, battery_percent, last_seen_at"""
NEW_MAIL = """
INSERT INTO outbox (subject, message_id, body, next_attempt_at) VALUES (%s, %s, %s, now()) ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Said:
    """A device message after tolerant reading; `home` is set when the signature is good."""

    data: dict[str, Any]
    kind: str
    device_ref: str
    seq: int
    device_id: UUID | None
    home: str
    key: bytes = field(default=b"", repr=False)

    @property
    def press_id(self) -> UUID:
        """The alert of this press; an unsigned one gets an id that no signed one can have."""
        name = f"{self.device_ref}/{self.seq}"
        if self.home:
            name = hmac.new(self.key, _PRESS + name.encode(), hashlib.sha256).hexdigest()
        else:
            name = f"unsigned/{name}/{hashlib.sha256(orjson.dumps(self.data)).hexdigest()}"
        return uuid5(IDS, name)


@dataclass(frozen=True, slots=True)
class Heard:
    """The answer to a device. `is_new`: its `seq` was not heard before."""

    kind: str
    is_new: bool
    accepted: Accepted | None = None
    flags: tuple[str, ...] = ()


def signed_text(data: Mapping[str, Any]) -> str:
    """What the MAC covers: the ten values as they stand in the JSON text, `;` between them, nothing for one that is
    not there. A device signs the same digits that it sends."""
    return ";".join("" if data.get(name) is None else _plain(data[name]) for name in SIGNED)


def mac_of(key: bytes, text: str) -> str:
    return letters(hmac.new(key, _PURPOSE + text.encode(), hashlib.sha256).digest()[:MAC_BYTES])


def read(body: bytes, keys: Mapping[str, str]) -> Said | None:
    """None for what is no message of a device. Numbers are kept as they were written, for the signature."""
    data = _parse(body)
    ref = data.get("device") if data else None
    if data is None or not isinstance(ref, str) or not 1 <= len(ref) <= 80:
        return None
    known = raw(ref[4:]) if len(ref) == 26 else None
    device_id = UUID(bytes=known) if known and len(known) == 16 else None
    seq, kind = _whole(data.get("seq")), data.get("kind")
    home, secret = "", b""
    if device_id is not None and seq is not None:
        text, mac = signed_text(data), str(data.get("mac", ""))
        for installation in installations_named(ref, keys):
            key = device_key(keys[installation], str(device_id))
            if hmac.compare_digest(mac_of(key, text).encode(), mac.encode("utf-8", "replace")):
                home, secret = installation, key
    return Said(data, kind if kind in KINDS else "press", ref, -1 if seq is None else seq, device_id, home, secret)


class Devices:
    """`keys` maps home installations to the secrets they share with the router."""

    def __init__(self, pool: Pool, alerts: Alerts, keys: Mapping[str, str]) -> None:
        self._pool, self._alerts, self._keys = pool, alerts, keys

    async def hear(self, body: bytes, *, sender: str = "") -> Heard | None:
        """One message; None when it names no device. Raises Unavailable, the device sends again."""
        said = read(body, self._keys)
        if said is None:
            return None
        if not said.home:
            return await self._unsigned(said, sender)
        assert said.device_id is not None
        state, last_seq = await self._state(said.device_id)
        is_new = said.seq > last_seq
        if not is_new and await self._is_old_replay(said):
            log.warning("device_replay", device_id=str(said.device_id), seq=said.seq)
            return Heard(said.kind, False)
        flags = frozenset({Flag.UNVERIFIED}) if state == "revoked" else frozenset[Flag]()
        accepted = await self._press(said, sender, flags) if said.kind == "press" else None
        if accepted is not None and is_new:
            await self.report(said.device_id, said.home, "pressed", alert_id=accepted.alert_id)
        if is_new and said.kind == "cancel" and not flags:
            await self._cancel(said, sender)
        await self._heard(said)
        shown = accepted.flags if accepted else sorted(flags)
        return Heard(said.kind, is_new, accepted, tuple(flag.value for flag in shown))

    async def _is_old_replay(self, said: Said) -> bool:
        """An old `seq` with an old clock, and no alert that it could repeat: a recording, not a late first copy."""
        at = at_of(said)
        if said.kind != "press":
            return True
        if at is None or utc_now() - at < LATE_AT_MOST:
            return False
        return not await self._pool.run("SELECT 1 FROM alert WHERE alert_id = %s", (said.press_id,))

    async def _unsigned(self, said: Said, sender: str) -> Heard:
        log.warning("device_unsigned", kind=said.kind)
        if said.kind != "press":
            return Heard(said.kind, False, None, (Flag.UNVERIFIED.value,))
        accepted = await self._press(said, sender, frozenset({Flag.UNVERIFIED}))
        return Heard(said.kind, True, accepted, tuple(flag.value for flag in accepted.flags))

    async def _press(self, said: Said, sender: str, flags: frozenset[Flag]) -> Accepted:
        device = Device(said.home, str(said.device_id), "", "") if said.home else None
        origin = Origin("device", sender, device, flags=flags)
        return await self._alerts.accept(orjson.dumps(_alert(said, utc_now())), token=None, origin=origin)

    async def _cancel(self, said: Said, sender: str) -> None:
        """Ends every running alert of the device, as a person with her PIN would."""
        device = Device(said.home, str(said.device_id), "", "")
        for (alert_id,) in await self._pool.run(LIVE, (str(said.device_id), said.home)):
            body = _alert(said, utc_now()) | {"alert_id": str(alert_id), "phase": "ended", "outcome": "cancel"}
            await self._alerts.accept(orjson.dumps(body), token=None, origin=Origin("device", sender, device))

    async def _heard(self, said: Said) -> None:
        """Remember `seq`; tell the home center of an empty battery, and of a device that is well again."""
        battery = _percent(said.data.get("bat"))
        rows = await self._pool.run(
            HEARD, {"device_id": said.device_id, "home": said.home, "seq": said.seq, "battery": battery}
        )
        if not rows:
            return
        reported, battery = rows[0]
        is_low = battery is not None and battery <= LOW_BATTERY_PERCENT
        word = "low_battery" if is_low else ""
        if word != reported:
            await self._pool.run("UPDATE device SET reported = %s WHERE device_id = %s", (word, said.device_id))
            assert said.device_id is not None
            await self.report(said.device_id, said.home, word or "back", battery_percent=battery)

    async def _state(self, device_id: UUID) -> tuple[str, int]:
        rows = await self._pool.run("SELECT state, last_seq FROM device WHERE device_id = %s", (device_id,))
        return (str(rows[0][0]), int(rows[0][1])) if rows else ("", -1)

    async def register(self, device_id: UUID, *, home: str, kind: str, state: str, heartbeat_s: int) -> bool:
        """What a home center says about its device; False when the device is another home's."""
        rows = await self._pool.run(
            "INSERT INTO device AS d (device_id, home_installation, kind, state, heartbeat_s) VALUES (%s,%s,%s,%s,%s) "
            "ON CONFLICT (device_id) DO UPDATE SET kind = excluded.kind, state = excluded.state, "
            "heartbeat_s = excluded.heartbeat_s WHERE d.home_installation = excluded.home_installation RETURNING 1",
            (device_id, home, kind, state, heartbeat_s),
        )
        return bool(rows)

    async def report(self, device_id: UUID, home: str, event: str, **fields: Any) -> None:
        """A line to the home center, by the outbox."""
        at = utc_now()
        report_id = uuid5(device_id, f"{event}/{fields.get('alert_id', at.isoformat())}")
        report = DeviceReport(report_id=report_id, device_id=str(device_id), event=event, at=at, **fields)  # type: ignore[arg-type]
        mail = Mail(f"home.{home}", str(report_id), report.model_dump_json().encode())
        await self._pool.run(NEW_MAIL, (mail.subject, mail.message_id, mail.body))

    async def report_silent(self) -> int:
        """Devices that owe three heartbeats are reported to their homes, once; how many."""
        rows = await self._pool.run(SILENT)
        for device_id, home, battery, _ in rows:
            await self.report(device_id, home, "silent", battery_percent=battery)
        return len(rows)


def _alert(said: Said, now: datetime) -> dict[str, Any]:
    data = said.data
    at = data.get("at")
    moment = _plain(at) if at is not None else now.isoformat()
    body: dict[str, Any] = {
        "alert_id": str(said.press_id),
        "phase": "active",
        "trigger": "device",
        "raised_at": moment,
        "battery_percent": _percent(data.get("bat")),
        "caller": {"profile": {"call": "silent"} if data.get("pattern") == "silent" else {}},
    }
    if data.get("lat") is not None or data.get("lon") is not None:
        body["position"] = {
            "lat": _number(data.get("lat")),
            "lon": _number(data.get("lon")),
            "accuracy_m": _number(data.get("acc")),
            "fixed_at": moment,
            "source": "device",
        }
    return body


def _parse(body: bytes) -> dict[str, Any] | None:
    """Numbers stay texts: 37.40150 is signed as such, and 37.4015 is another text."""
    try:
        data = json.loads(body[:MOST_BYTES].decode("utf-8"), parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    return {str(name): value for name, value in list(data.items())[:30]} if isinstance(data, dict) else None


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else "?"


def _number(value: Any) -> Any:
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _whole(value: Any) -> int | None:
    text = str(value) if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _percent(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 0 <= number <= 100 else None


def at_of(said: Said) -> datetime | None:
    """The device's own clock, None when it has none."""
    number = _number(said.data.get("at"))
    try:
        return None if number is None else datetime.fromtimestamp(number, UTC)
    except (ValueError, OverflowError, OSError):
        return None
