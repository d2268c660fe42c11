"""Getting an alert to a desk that answers: bus at once, the desk's HTTPS address at 1 s, the next center at 4 s.

`send_soon` is only speed. The guarantee is the sweeper: a delivery row without receipt has `next_attempt_at`, any
number of workers claim due rows with SKIP LOCKED, and nothing ends but by a receipt. A desk that is silent is passed
over for the next one with `assignment_no + 1`; whoever answers first while the owner is silent becomes the owner.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import psycopg
import structlog

from location_router import ledger
from location_router.bus import Bus
from location_router.inboxes import Inboxes
from location_router.ledger import AlertRow, Effects, Letter, Mail
from location_router.registry import Registry
from location_router.runtime.db import Unavailable
from location_router.runtime.notify import Notifier
from location_router.runtime.pool import Connection, Pool
from location_router.runtime.seal import Sealer
from location_router.settings import Settings
from location_router.wire import Phase, PositionUpdate, Reason, Receipt, utc_now

log = structlog.get_logger("delivery")
STATUS_CHANNEL = "alert_status"
ANSWERING_S = 1.0
RETRY_S, RETRY_NOTICE_S, LONGEST_RETRY_S = 2.0, 10.0, 10.0
BUS_TIMEOUT_S = 1.0

CLAIM = """
UPDATE delivery SET attempts = attempts + 1, next_attempt_at = now() + interval '3 s' WHERE delivery_id IN (
  SELECT delivery_id FROM delivery WHERE next_attempt_at <= now() ORDER BY next_attempt_at LIMIT 40
  FOR UPDATE SKIP LOCKED)
RETURNING delivery_id, alert_id, assignment_no, installation, is_notice, body_sealed, published_at IS NOT NULL,
  extract(epoch FROM now() - created_at)::float8"""
PUBLISHED = """
UPDATE delivery SET published_at = coalesce(published_at, now()),
  next_attempt_at = CASE WHEN receipt_at IS NULL AND next_attempt_at IS NOT NULL
                         THEN greatest(created_at + %s * interval '1 s', now()) END
WHERE delivery_id = ANY(%s)"""
AGAIN = """
UPDATE delivery SET next_attempt_at = now() + %s * interval '1 s'
WHERE delivery_id = %s AND receipt_at IS NULL AND next_attempt_at IS NOT NULL"""
# The alert is locked before its deliveries, here as everywhere else.
RECEIVED = """
WITH target AS (
  SELECT alert_id FROM alert WHERE alert_id = %(alert_id)s FOR UPDATE
), known AS (
  UPDATE delivery SET receipt_at = coalesce(receipt_at, now()), incident_id = %(incident_id)s, next_attempt_at = NULL
  FROM target WHERE delivery.alert_id = target.alert_id AND delivery_id = %(delivery_id)s
    AND installation = %(installation)s RETURNING delivery.alert_id)
UPDATE alert SET owner_receipt_at = coalesce(owner_receipt_at, now()) FROM known
WHERE alert.alert_id = known.alert_id AND alert.assignment_no = %(assignment_no)s
  AND alert.served_by = %(installation)s RETURNING alert.alert_id"""
SILENT = """
SELECT installation FROM delivery WHERE alert_id = %s GROUP BY installation
HAVING max(created_at) FILTER (WHERE receipt_at IS NULL) > coalesce(max(receipt_at), '-infinity')"""
# Owned by a desk that gave its receipt and then fell silent (no heartbeat), and no operator has taken it, while
# another desk is there. A pre-alert counts from the end of its countdown: the desk's own timer died with the desk.
ABANDONED = """
SELECT a.alert_id FROM alert a JOIN installation i ON i.installation_id = a.served_by
WHERE a.message_sealed IS NOT NULL AND a.owner_receipt_at IS NOT NULL AND a.closed_at IS NULL
  AND (a.phase <> 'ended' OR a.outcome = 'duress')
  AND coalesce(a.active_at, a.pre_deadline_at) < now() - %(after_s)s * interval '1 s'
  AND a.state NOT IN ('acknowledged', 'dispatched', 'en_route', 'on_scene')
  AND i.last_seen_at < now() - %(offline_s)s * interval '1 s'
  AND EXISTS (SELECT FROM installation o WHERE o.installation_id <> a.served_by
              AND o.last_seen_at > now() - %(offline_s)s * interval '1 s')
  AND (%(alert_id)s::uuid IS NULL OR a.alert_id = %(alert_id)s) LIMIT 40"""
MAIL = """
SELECT subject, message_id, body FROM outbox WHERE next_attempt_at <= now() ORDER BY next_attempt_at LIMIT 40
FOR UPDATE SKIP LOCKED"""


@dataclass(frozen=True, slots=True)
class _Due:
    """A claimed delivery; `age_s` since it was written."""

    letter: Letter
    is_published: bool
    age_s: float


class Courier:
    """Sends, retries and moves on. `notifier` wakes the phones' lines in all API processes."""

    def __init__(
        self, settings: Settings, pool: Pool, sealer: Sealer, registry: Registry, bus: Bus, notifier: Notifier
    ) -> None:
        self._settings, self._pool, self._sealer = settings, pool, sealer
        self._registry, self._bus, self._notifier = registry, bus, notifier
        self._heard: dict[str, float] = {}  # when each installation's last receipt came over the bus
        self._inboxes = Inboxes(registry, settings.router_installation_keys)
        self._abandoned: dict[UUID, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        await self._inboxes.close()

    # -- at once, after commit

    def send_soon(self, effects: Effects) -> None:
        """Start sending what is committed; if this never finishes, the sweeper does it."""
        self._notifier.tell(str(effects.alert_id))
        task = asyncio.create_task(self._send(effects), name=f"send:{effects.alert_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def show_home(self, row: AlertRow) -> None:
        """The place she reported in the alert itself, for her guardians; lossy, the line's positions follow."""
        position = row.message.position
        if row.home_installation and position is not None and row.standing.phase is Phase.ACTIVE:
            body = PositionUpdate(alert_id=row.alert_id, position=position).model_dump_json().encode()
            task = asyncio.create_task(self._show(f"position.{row.home_installation}", str(row.alert_id), body))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _show(self, subject: str, key: str, body: bytes) -> None:
        try:
            async with asyncio.timeout(BUS_TIMEOUT_S):
                await self._bus.latest(subject, key, body)
        except (Unavailable, TimeoutError, psycopg.Error) as error:
            log.warning("first_position_lost", alert_id=key, error=str(error)[:200])

    async def _send(self, effects: Effects) -> None:
        try:
            for letter in effects.letters:
                await self._publish(letter)
            published = [letter.delivery_id for letter in effects.letters if letter.installation]
            if published:
                await self._pool.run(PUBLISHED, (self._settings.deliver_https_s, published))
            for mail in effects.mail:
                await self._post(mail)
                await self._pool.run(
                    "DELETE FROM outbox WHERE subject = %s AND message_id = %s", (mail.subject, mail.message_id)
                )
        except (Unavailable, TimeoutError, psycopg.Error) as error:
            log.warning("send_left_to_sweeper", alert_id=str(effects.alert_id), error=str(error)[:200])

    async def _publish(self, letter: Letter) -> None:
        if letter.installation:
            async with asyncio.timeout(BUS_TIMEOUT_S):
                await self._bus.publish(f"alert.{letter.installation}", str(letter.delivery_id), letter.body)

    async def _post(self, mail: Mail) -> None:
        async with asyncio.timeout(BUS_TIMEOUT_S):
            await self._bus.publish(mail.subject, mail.message_id, mail.body)

    # -- the guarantee

    async def sweep(self) -> int:
        """Work on everything that is due; how many. Raises Unavailable."""
        rows = await self._pool.run(CLAIM)
        due = [
            _Due(
                Letter(row[0], row[1], row[2], row[3], ledger.open_letter(self._sealer, row[0], row[5]), row[4]),
                row[6],
                row[7],
            )
            for row in rows
            if row[5] is not None
        ]
        results = await asyncio.gather(*(self._attempt(one) for one in due), return_exceptions=True)
        for one, result in zip(due, results, strict=True):
            if isinstance(result, Exception):
                log.warning("attempt_failed", delivery_id=str(one.letter.delivery_id), error=repr(result)[:200])
        return len(due) + await self._sweep_mail()

    async def _sweep_mail(self) -> int:
        async with self._pool.transaction() as conn:
            rows = await (await conn.execute(MAIL)).fetchall()
            for subject, message_id, body in rows:
                await self._post(Mail(subject, message_id, bytes(body)))
                await conn.execute("DELETE FROM outbox WHERE subject = %s AND message_id = %s", (subject, message_id))
        return len(rows)

    async def _attempt(self, due: _Due) -> None:
        letter = due.letter
        if not due.is_published and letter.installation:
            try:
                await self._publish(letter)
                await self._pool.run(PUBLISHED, (self._settings.deliver_https_s, [letter.delivery_id]))
            except (Unavailable, TimeoutError) as error:
                log.warning("bus_away", error=str(error)[:200])
        if self._may_knock(due) and await self._by_https(letter):
            return
        is_late = due.age_s >= self._settings.deliver_next_s or not letter.installation
        if is_late and not letter.is_notice and await self._pass_on(letter):
            return
        await self._pool.run(AGAIN, (self._pause_s(due), letter.delivery_id))

    def _may_knock(self, due: _Due) -> bool:
        """The HTTPS address is for a desk that the bus does not reach. One whose receipts come over the bus right now
        is only slow, and the same letter twice makes it slower; but not for ever: this letter may be lost."""
        if due.age_s < self._settings.deliver_https_s:
            return False
        answering = time.monotonic() - self._heard.get(due.letter.installation, -math.inf) < ANSWERING_S
        return not answering or due.age_s >= 0.75 * self._settings.deliver_next_s

    def _pause_s(self, due: _Due) -> float:
        if due.age_s < self._settings.deliver_https_s:
            return self._settings.deliver_https_s - due.age_s
        if due.age_s < self._settings.deliver_next_s:
            return min(1.0, self._settings.deliver_next_s - due.age_s)
        if due.letter.is_notice and due.age_s > 60:
            return RETRY_NOTICE_S
        return max(min(RETRY_S, self._settings.deliver_next_s), min(due.age_s / 12, LONGEST_RETRY_S))

    async def _by_https(self, letter: Letter) -> bool:
        """The desk's own address; True when it gave its receipt."""
        receipt = await self._inboxes.deliver(letter)
        if receipt is not None:
            await self.received(receipt, sender=letter.installation)
        return receipt is not None

    # -- receipts and the next center

    async def received(self, receipt: Receipt, *, sender: str = "") -> bool:
        """Record a receipt; True when it is the owner's. One from an older assignment is recorded and nothing more."""
        if sender and sender != receipt.installation:
            log.warning("receipt_of_another", sender=sender, installation=receipt.installation)
            return False
        if not sender:
            self._heard[receipt.installation] = time.monotonic()
        adopted = await self._pool.run(
            RECEIVED,
            {
                "alert_id": receipt.alert_id,
                "delivery_id": receipt.delivery_id,
                "incident_id": receipt.incident_id,
                "installation": receipt.installation,
                "assignment_no": receipt.assignment_no,
            },
        )
        return bool(adopted)

    async def _pass_on(self, letter: Letter) -> bool:
        """Give a silent desk's alert to the next one; False when there is nobody better."""
        async with self._pool.transaction() as conn:
            row = await ledger.lock(conn, self._sealer, letter.alert_id)
            if row is None or not await _still_silent(conn, row, letter):
                return False
            effects = await self._give_next(conn, row)
        if effects is not None:
            self.send_soon(effects)
        return effects is not None

    async def _give_next(self, conn: Connection, row: AlertRow, *, only_online: bool = False) -> Effects | None:
        """The next desk owns the alert, the silent one gets a notice; None when there is nobody better."""
        owner = row.record.served_by
        silent = {name for (name,) in await (await conn.execute(SILENT, (row.alert_id,))).fetchall()}
        decision = self._next_desk(row, silent | {owner} if only_online else silent)
        if decision is None or (only_online and not self._registry.is_online(decision.served_by)):
            return None
        now, effects = utc_now(), Effects(row.alert_id)
        row = await ledger.reassign(conn, row, decision, reason=Reason.FAILOVER, now=now)
        effects.letters.append(row.letter())
        if owner:
            effects.letters.append(row.letter(to=owner))
        if row.active_at is not None:
            await ledger.announce(conn, row, effects, now)
        await ledger.store(conn, self._sealer, effects)
        log.warning(
            "passed_on",
            alert_id=str(row.alert_id),
            silent=owner,
            to=row.record.served_by,
            assignment_no=row.record.assignment_no,
        )
        return effects

    async def relieve(self) -> int:
        """Give what a desk has received and then left alone by falling silent to the runner-up; how many. Raises
        Unavailable. A desk gets the time of some heartbeats after we first saw that only it is silent: it may be us
        who were away."""
        offline_s = self._settings.offline_after_s
        asked = {"after_s": max(self._settings.runner_up_s - offline_s, 0.0), "offline_s": offline_s}
        found = {row[0] for row in await self._pool.run(ABANDONED, asked | {"alert_id": None})}
        now = time.monotonic()
        self._abandoned = {alert_id: self._abandoned.get(alert_id, now) for alert_id in found}
        relieved = 0
        for alert_id in [one for one, since in self._abandoned.items() if now - since >= offline_s]:
            async with self._pool.transaction() as conn:
                row = await ledger.lock(conn, self._sealer, alert_id)
                still = await (await conn.execute(ABANDONED, asked | {"alert_id": alert_id})).fetchone()
                effects = await self._give_next(conn, row, only_online=True) if row is not None and still else None
                if effects is not None:
                    await conn.execute("UPDATE alert SET runner_up_told_at = now() WHERE alert_id = %s", (alert_id,))
            if effects is not None:
                relieved += 1
                self.send_soon(effects)
        return relieved

    def _next_desk(self, row: AlertRow, silent: set[str]) -> Any:
        """The nearest center of another desk; else another installation that offered to serve the same center."""
        decision = self._registry.decide(row.message, previous=row.record.center.code, silent=silent)
        if decision.served_by and decision.served_by not in silent:
            return decision
        stand_in = self._registry.stand_in(row.record.center.code, silent=silent)
        if not stand_in:
            return None
        same = self._registry.decide(row.message, previous=row.record.center.code)
        return replace(same, served_by=stand_in)


async def _still_silent(conn: Connection, row: AlertRow, letter: Letter) -> bool:
    """Whether this delivery is the owner's, unanswered, and about an alert that somebody has to act on."""
    if row.record.assignment_no != letter.assignment_no or row.closed_at is not None:
        return False
    if row.standing.phase is Phase.ENDED and row.active_at is None:
        return False
    answered = await (
        await conn.execute("SELECT receipt_at IS NOT NULL FROM delivery WHERE delivery_id = %s", (letter.delivery_id,))
    ).fetchone()
    return answered is not None and not answered[0]


async def undelivered(pool: Pool, *, older_than_s: float = 15.0) -> tuple[int, float, float]:
    """(live alerts whose owner has given no receipt for so long, median and 99th percentile of the last five
    minutes' time to receipt in seconds)."""
    waiting = await pool.run(
        "SELECT count(DISTINCT d.alert_id) FROM delivery d JOIN alert a USING (alert_id, assignment_no) "
        "WHERE d.next_attempt_at IS NOT NULL AND NOT d.is_notice AND d.created_at < now() - %s * interval '1 s'",
        (older_than_s,),
    )
    speed = await pool.run(
        "SELECT coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY s), 0), "
        "coalesce(percentile_cont(0.99) WITHIN GROUP (ORDER BY s), 0) FROM ("
        "SELECT extract(epoch FROM receipt_at - created_at)::float8 AS s FROM delivery "
        "WHERE receipt_at > now() - interval '5 minutes' AND NOT is_notice) AS taken"
    )
    return int(waiting[0][0]), float(speed[0][0]), float(speed[0][1])
