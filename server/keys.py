"""Keys of the centers: each seals its own rows, so that keys are changed, and destroyed, one center at a time.

Every act here is a `key:*` event of the installation's chain. A center that has no key yet is sealed for under the
installation's: an alert is never refused for want of a key; the center's own is made within `LOOK_S` and `reseal` moves
the row. The key of digests is wrapped like the others, made once from what `DATA_KEY` gave at first: look-ups by phone
number or token survive every later DATA_KEY.
"""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from location_router.runtime.db import Unavailable, Unit
from location_router.runtime.ending import end
from location_router.runtime.jobs import defer_in
from location_router.runtime.seal import KEY_ID_BYTES
from server.actor import SYSTEM, Actor
from server.events import record_admin
from server.key_ring import INSTALLATION, SEEN, KeyRing, center_key, key_context

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("keys")

LOOK_S = 5.0
_MAKING = 7_020_012  # advisory lock: one maker at a time


class KeyRefused(ValueError):
    """What was asked for can't be done with this center's keys now; the text names the cure."""

    says_no_values = True


async def make_missing(unit: Unit, services: Services) -> list[str]:
    """A key for every center that never had one, for the installation, and for digests; returns whose were made.

    A center whose keys were destroyed has left: it gets no new one by itself (`rotate` does it)."""
    await unit.execute("SELECT pg_advisory_xact_lock(:lock)", {"lock": _MAKING})
    rows = await unit.all(
        "SELECT code FROM center WHERE NOT EXISTS (SELECT FROM center_key WHERE center_id = code)"
        " UNION ALL SELECT CAST(:own AS text) WHERE NOT EXISTS"
        " (SELECT FROM center_key WHERE center_id = :own AND purpose = 'seal') ORDER BY 1",
        {"own": INSTALLATION},
    )
    for row in rows:
        await _insert(unit, services, row["code"], key_no=1)
    if not await unit.scalar("SELECT true FROM center_key WHERE purpose = 'digest'"):
        derived = services.sealer.derived_digest_key
        await _insert(unit, services, INSTALLATION, key_no=1, purpose="digest", secret=derived)
    made = [str(row["code"]) for row in rows]
    if made:
        record_admin(unit, tag="key:created", actor=SYSTEM, payload={"centers": made})
    return made


async def rotate(unit: Unit, services: Services, center: str, *, actor: Actor) -> int:
    """A new active key for `center` (`-`: the installation's own); the former one goes on opening. The job that
    reseals its rows rides in the same transaction. Returns the new key's number. Raises KeyRefused."""
    await unit.execute("SELECT pg_advisory_xact_lock(:lock)", {"lock": _MAKING})
    known = center == INSTALLATION or await unit.scalar("SELECT true FROM center WHERE code = :c", {"c": center})
    if not known:
        raise KeyRefused(
            f"--center {center}: 이 서버의 센터가 아닙니다 · no center of this installation; see: ansim keys list"
        )
    now = services.clock()
    last = await unit.scalar(
        "SELECT max(key_no) FROM center_key WHERE center_id = :c AND purpose = 'seal'", {"c": center}
    )
    await unit.execute(
        "UPDATE center_key SET state = 'retired', retired_at = :now"
        " WHERE center_id = :c AND purpose = 'seal' AND state = 'active'",
        {"c": center, "now": now},
    )
    key_no = (last or 0) + 1
    await _insert(unit, services, center, key_no=key_no)
    record_admin(unit, tag="key:rotated", actor=actor, payload={"center": center, "key_no": key_no})
    await defer_in(unit, "reseal", lock="reseal", schedule_at=now + timedelta(seconds=3 * LOOK_S))
    return key_no


async def rewrap(unit: Unit, services: Services, *, actor: Actor) -> int:
    """Wrap every key under the first DATA_KEY; returns how many stood under an older one. No value is touched.
    Raises SealError when a key can't be opened: nothing was changed then."""
    wrapping = ring_of(services).wrapping
    rows = await unit.all("SELECT key_id, wrapped FROM center_key WHERE wrapped IS NOT NULL FOR UPDATE")
    older = [(bytes(row["key_id"]), bytes(row["wrapped"])) for row in rows]
    older = [(key_id, wrapped) for key_id, wrapped in older if not wrapped.startswith(wrapping.mark)]
    for key_id, wrapped in older:
        secret = wrapping.unwrap(wrapped, context=key_context(key_id))
        await unit.execute(
            "UPDATE center_key SET wrapped = :wrapped WHERE key_id = :id",
            {"id": key_id, "wrapped": wrapping.wrap(secret, context=key_context(key_id))},
        )
    if older:
        record_admin(unit, tag="key:rewrapped", actor=actor, payload={"keys": len(older)})
    return len(older)


async def mark_destroyed(unit: Unit, services: Services, center: str, *, actor: Actor, values: int) -> int:
    """Forget the keys of `center` for good; returns how many. `values` is how many values they sealed, for the log."""
    count = await unit.execute(
        "UPDATE center_key SET state = 'destroyed', wrapped = NULL, retired_at = :now"
        " WHERE center_id = :c AND state <> 'destroyed'",
        {"c": center, "now": services.clock()},
    )
    gone = int(count.rowcount)
    record_admin(unit, tag="key:destroyed", actor=actor, payload={"center": center, "keys": gone, "values": values})
    return gone


async def _insert(
    unit: Unit, services: Services, center: str, *, key_no: int, purpose: str = "seal", secret: bytes | None = None
) -> None:
    key_id = os.urandom(KEY_ID_BYTES)
    wrapped = ring_of(services).wrapping.wrap(secret or os.urandom(32), context=key_context(key_id))
    await unit.execute(
        center_key.insert().values(
            center_id=center,
            purpose=purpose,
            key_no=key_no,
            key_id=key_id,
            wrapped=wrapped,
            state="active",
            created_at=services.clock(),
        )
    )


def ring_of(services: Services) -> KeyRing:
    """The ring of the installation's sealer."""
    ring = services.sealer.ring
    if not isinstance(ring, KeyRing):
        raise RuntimeError("these services have no ring of keys: make them with server.services.make_services")
    return ring


class KeyKeeper:
    """Keeps a process's ring as the table is, and makes the keys that are missing; beside serve and worker."""

    def __init__(self, services: Services) -> None:
        self._services, self._ring = services, ring_of(services)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises WrongDataKey before anything is sealed under a key that nobody else has."""
        await asyncio.to_thread(self._ring.load)
        self._ring.require_open()
        await self.look(makes=True)
        self._task = asyncio.create_task(self._run(), name="keys")

    async def stop(self) -> None:
        await end(self._task)

    async def look(self, *, makes: bool = False) -> None:
        """Once: make what is missing, and read the table again when it has changed."""
        makes, self._ring.missing = makes or bool(self._ring.missing), set()
        async with self._services.db.begin() as unit:
            made = await make_missing(unit, self._services) if makes else []
            row = await (await unit.driver.execute(SEEN)).fetchone()
        if made or row is None or self._ring.is_behind(tuple(row)):
            await asyncio.to_thread(self._ring.load)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except Unavailable:
                pass
            except Exception:
                log.exception("keys_not_read")
