"""Getting an alert to a desk that answers: bus at once, the desk's HTTPS address at 1 s, the next center at 4 s.

`send_soon` is only speed. The guarantee is the sweeper: a delivery row without receipt has `next_attempt_at`, any
number of workers claim due rows with SKIP LOCKED, and nothing ends but by a receipt. A desk that is silent is passed
over for the next one with `assignment_no + 1`; whoever answers first while the owner is silent becomes the owner. The
steps above (runner-up, 112 desk) are `ladder.py`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
import psycopg
import structlog

from location_router import ledger
from location_router.bus import Bus
from location_router.inboxes import Closed, Inboxes
from location_router.ladder import give_next
from location_router.ledger import AlertRow, Effects, Letter, Mail
from location_router.registry import Registry
from location_router.runtime.db import Unavailable
from location_router.runtime.notify import Notifier
from location_router.runtime.pool import Connection, Pool
from location_router.runtime.seal import Sealer
from location_router.settings import Settings
from location_router.steps import NEW_STEP, Step
from location_router.wire import Phase, PositionUpdate, Receipt

log = structlog.get_logger("delivery")
STATUS_CHANNEL = "alert_status"
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
    AND installation = %(installation)s RETURNING delivery.alert_id, delivery.assignment_no, role, created_at
), step AS (
  INSERT INTO alert_step (alert_id, step, ref, detail)
  SELECT alert_id, 'delivered', %(delivery_id)s::text, jsonb_build_object('way', %(way)s::text,
    'installation', %(installation)s::text, 'role', role, 'assignment_no', assignment_no,
    'after_ms', round(extract(epoch FROM clock_timestamp() - created_at) * 1000))
  FROM known ON CONFLICT DO NOTHING)
UPDATE alert SET owner_receipt_at = coalesce(owner_receipt_at, now()) FROM known
WHERE alert.alert_id = known.alert_id AND alert.assignment_no = %(assignment_no)s
  AND alert.served_by = %(installation)s RETURNING alert.alert_id"""
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
        self._inboxes = Inboxes(
            registry,
            settings.router_installation_keys,
            from_s=settings.deliver_https_s,
            surely_s=0.75 * settings.deliver_next_s,
        )
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        await self._inboxes.close()

    # -- at once, after commit

    @property
    def grace_ms(self) -> float:
        """How long the sweeper leaves a new letter to the process that wrote it."""
        return 150.0

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
                await self._note(letter, Step.BUS_SILENT)
        if await self._by_https(due):
            return
        is_late = due.age_s >= self._settings.deliver_next_s or not letter.installation
        if is_late and not letter.is_notice and await self._pass_on(letter):
            return
        await self._pool.run(AGAIN, (self._pause_s(due), letter.delivery_id))

    def _pause_s(self, due: _Due) -> float:
        if due.age_s < self._settings.deliver_https_s:
            return self._settings.deliver_https_s - due.age_s
        if due.age_s < self._settings.deliver_next_s:
            return min(1.0, self._settings.deliver_next_s - due.age_s)
        if due.letter.is_notice and due.age_s > 60:
            return RETRY_NOTICE_S
        return max(min(RETRY_S, self._settings.deliver_next_s), min(due.age_s / 12, LONGEST_RETRY_S))

    async def _by_https(self, due: _Due) -> bool:
        """The desk's own address; True when it gave its receipt."""
        try:
            receipt = await self._inboxes.deliver(due.letter, age_s=due.age_s)
        except Closed:
            return False
        if receipt is None:
            await self._note(due.letter, Step.HTTPS_TRIED)
            return False
        await self.received(receipt, sender=due.letter.installation)
        return True

    async def _note(self, letter: Letter, step: Step) -> None:
        detail = {"installation": letter.installation, "assignment_no": letter.assignment_no}
        values = letter.alert_id, step, str(letter.delivery_id), orjson.dumps(detail).decode()
        with contextlib.suppress(Unavailable):  # for the record only; delivering goes on
            await self._pool.run(NEW_STEP, values)

    # -- receipts and the next center

    async def received(self, receipt: Receipt, *, sender: str = "") -> bool:
        """Record a receipt; True when it is the owner's. One from an older assignment is recorded and nothing more."""
        if sender and sender != receipt.installation:
            log.warning("receipt_of_another", sender=sender, installation=receipt.installation)
            return False
        if not sender:
            self._inboxes.heard(receipt.installation)
        adopted = await self._pool.run(
            RECEIVED,
            {
                "alert_id": receipt.alert_id,
                "delivery_id": receipt.delivery_id,
                "incident_id": receipt.incident_id,
                "installation": receipt.installation,
                "assignment_no": receipt.assignment_no,
                "way": "https" if sender else "bus",
            },
        )
        return bool(adopted)

    async def _pass_on(self, letter: Letter) -> bool:
        """Give a silent desk's alert to the next one; False when there is nobody better."""
        async with self._pool.transaction() as conn:
            row = await ledger.lock(conn, self._sealer, letter.alert_id)
            if row is None or not await _still_silent(conn, row, letter):
                return False
            effects = await give_next(conn, self._sealer, self._registry, row)
        if effects is not None:
            self.send_soon(effects)
        return effects is not None

    def first_look(self, ladder_from: datetime | None) -> datetime | None:
        """When the ladder first has to look at an alert whose clock starts then."""
        wait_s = max(self._settings.runner_up_s - self._settings.offline_after_s, 0.0)
        return ladder_from + timedelta(seconds=wait_s) if ladder_from else None


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
