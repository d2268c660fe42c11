"""Getting an alert to a desk that answers: bus at once, the desk's HTTPS address at 1 s, the next center at 4 s.

`send_soon` is only speed. The guarantee is the sweeper: a delivery row without receipt has `next_attempt_at`, any
number of workers claim due rows with SKIP LOCKED, and nothing ends but by a receipt. A desk that is silent is passed
over for the next one with `assignment_no + 1`; whoever answers first while the owner is silent becomes the owner. The
steps above (runner-up, 112 desk) are `ladder.py`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

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
from location_router.runtime.group import Group
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
MARK_S = 0.05
# In a wave everything costs less in larger parts, here, on the bus and at the desks; and accepting goes before it.
WAVE, WAVE_PAUSE_S = 10, 0.04
MOST_OUT, MOST_RECEIPTS = 200, 200

CLAIM = """
UPDATE delivery SET attempts = attempts + 1, next_attempt_at = now() + interval '3 s' WHERE delivery_id IN (
  SELECT delivery_id FROM delivery WHERE next_attempt_at <= now() ORDER BY next_attempt_at LIMIT 40
  FOR UPDATE SKIP LOCKED)
RETURNING delivery_id, alert_id, assignment_no, installation, is_notice, body_sealed, published_at IS NOT NULL,
  extract(epoch FROM now() - created_at)::float8"""
# A receipt says as much: where one has come meanwhile, or is just coming, nothing is to be noted.
PUBLISHED = """
WITH sent AS (
  SELECT delivery_id FROM delivery WHERE delivery_id = ANY(%(ids)s) AND receipt_at IS NULL
  ORDER BY delivery_id FOR UPDATE SKIP LOCKED)
UPDATE delivery SET published_at = coalesce(published_at, now()),
  next_attempt_at = CASE WHEN next_attempt_at IS NOT NULL
                         THEN greatest(created_at + %(https_s)s * interval '1 s', now()) END
FROM sent WHERE delivery.delivery_id = sent.delivery_id"""
AGAIN = """
UPDATE delivery SET next_attempt_at = now() + %s * interval '1 s'
WHERE delivery_id = %s AND receipt_at IS NULL AND next_attempt_at IS NOT NULL"""
# Alerts are locked before their deliveries, here as everywhere else, and in one order.
RECEIVED = """
WITH given AS MATERIALIZED (
  SELECT * FROM unnest(%(alert_id)s::uuid[], %(delivery_id)s::uuid[], %(incident_id)s::uuid[], %(installation)s::text[],
                       %(assignment_no)s::int[], %(way)s::text[])
    AS g (alert_id, delivery_id, incident_id, installation, assignment_no, way)
), target AS (
  SELECT alert_id FROM alert WHERE alert_id = ANY(%(alert_id)s::uuid[]) ORDER BY alert_id FOR NO KEY UPDATE
), known AS (
  UPDATE delivery SET receipt_at = coalesce(receipt_at, now()), published_at = coalesce(published_at, now()),
    incident_id = g.incident_id, next_attempt_at = NULL
  FROM target JOIN given g USING (alert_id)
  WHERE delivery.delivery_id = g.delivery_id AND delivery.alert_id = g.alert_id
    AND delivery.installation = g.installation
  RETURNING delivery.alert_id, delivery.delivery_id, delivery.assignment_no, role, created_at, g.installation, g.way,
    g.assignment_no AS said_no
), step AS (
  INSERT INTO alert_step (alert_id, step, ref, detail)
  SELECT alert_id, 'delivered', delivery_id::text, jsonb_build_object('way', way,
    'installation', installation, 'role', role, 'assignment_no', assignment_no,
    'after_ms', round(extract(epoch FROM clock_timestamp() - created_at) * 1000))
  FROM known ON CONFLICT DO NOTHING)
UPDATE alert SET owner_receipt_at = coalesce(owner_receipt_at, now()) FROM known
WHERE alert.alert_id = known.alert_id AND alert.assignment_no = known.said_no
  AND alert.served_by = known.installation RETURNING alert.alert_id"""
POSTED = """
DELETE FROM outbox USING unnest(%s::text[], %s::text[]) AS t(subject, message_id)
WHERE outbox.subject = t.subject AND outbox.message_id = t.message_id"""
MAIL_WAITS = "SELECT 1 FROM outbox WHERE next_attempt_at <= now() LIMIT 1"
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
        self._outgoing: deque[Effects] = deque()
        self._published: list[UUID] = []
        self._is_sending = False
        self._receipts: Group[tuple[Receipt, str], bool] = Group(
            self._record, most=MOST_RECEIPTS, at_once=2, keys=lambda one: (one[0].alert_id,)
        )

    async def close(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        await self._inboxes.close()

    # -- at once, after commit

    @property
    def grace_ms(self) -> float:
        """How long the sweeper leaves a new letter to the process that wrote it: longer while that has much to send."""
        return min(150.0 + len(self._outgoing), 1000 * self._settings.deliver_https_s)

    def send_soon(self, effects: Effects) -> None:
        """Start sending what is committed, together with what else goes out just then; if this never finishes, the
        sweeper does it."""
        self._notifier.tell(str(effects.alert_id))
        self._outgoing.append(effects)
        if not self._is_sending:
            self._is_sending = True
            self._start(self._send_all(), "send")

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def show_home(self, row: AlertRow) -> None:
        """The place she reported in the alert itself, for her guardians; lossy, the line's positions follow."""
        position = row.message.position
        if row.home_installation and position is not None and row.standing.phase is Phase.ACTIVE:
            body = PositionUpdate(alert_id=row.alert_id, position=position).model_dump_json().encode()
            self._start(self._show(f"position.{row.home_installation}", str(row.alert_id), body), "show")

    async def _show(self, subject: str, key: str, body: bytes) -> None:
        try:
            async with asyncio.timeout(BUS_TIMEOUT_S):
                await self._bus.latest(subject, key, body)
        except (Unavailable, TimeoutError, psycopg.Error) as error:
            log.warning("first_position_lost", alert_id=key, error=str(error)[:200])

    async def _send_all(self) -> None:
        try:
            while self._outgoing:
                together = self._next_out()
                await self._send(together)
                if len(together) >= WAVE:
                    await asyncio.sleep(WAVE_PAUSE_S)
        except (Unavailable, TimeoutError, psycopg.Error) as error:
            log.warning("send_left_to_sweeper", alerts=len(self._outgoing) + 1, error=str(error)[:200])
            self._outgoing.clear()
        finally:
            self._is_sending = False

    def _next_out(self) -> list[Effects]:
        """What goes out together: of each alert only one standing, as the bus may swap what it gets together."""
        together: dict[UUID, Effects] = {}
        while self._outgoing and len(together) < MOST_OUT and self._outgoing[0].alert_id not in together:
            effects = self._outgoing.popleft()
            together[effects.alert_id] = effects
        return list(together.values())

    async def _send(self, together: list[Effects]) -> None:
        letters = [letter for effects in together for letter in effects.letters if letter.installation]
        mail = [one for effects in together for one in effects.mail]
        async with asyncio.timeout(BUS_TIMEOUT_S):
            await self._bus.publish_many(
                [(f"alert.{one.installation}", str(one.delivery_id), one.body) for one in letters]
                + [(one.subject, one.message_id, one.body) for one in mail]
            )
        if letters and not self._published:
            self._start(self._mark(), "mark")
        self._published += [letter.delivery_id for letter in letters]
        if mail:
            await self._pool.run(POSTED, ([one.subject for one in mail], [one.message_id for one in mail]))

    async def _mark(self) -> None:
        """Note what the bus holds, a moment later: by then most have their receipt, and need no note."""
        await asyncio.sleep(MARK_S)
        published, self._published = self._published, []
        try:
            await self._pool.run(PUBLISHED, {"ids": published, "https_s": self._settings.deliver_https_s})
        except (Unavailable, psycopg.Error) as error:
            log.warning("mark_left_to_sweeper", letters=len(published), error=str(error)[:200])

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
        due = [found for row in rows if row[5] is not None and (found := self._opened(row)) is not None]
        results = await asyncio.gather(*(self._attempt(one) for one in due), return_exceptions=True)
        for one, result in zip(due, results, strict=True):
            if isinstance(result, Exception):
                log.warning("attempt_failed", delivery_id=str(one.letter.delivery_id), error=repr(result)[:200])
        return len(due) + await self._sweep_mail()

    def _opened(self, row: Any) -> _Due | None:
        """None when it can't be read: it stays, loudly, and holds up none of the others."""
        try:
            body = ledger.open_letter(self._sealer, row[0], row[5])
        except Exception as error:
            log.error("letter_unreadable", delivery_id=str(row[0]), error=repr(error)[:200])
            return None
        return _Due(Letter(row[0], row[1], row[2], row[3], body, row[4]), row[6], row[7])

    async def _sweep_mail(self) -> int:
        if not await self._pool.run(MAIL_WAITS):  # five times a second, and nearly always no
            return 0
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
                await self._pool.run(
                    PUBLISHED, {"ids": [letter.delivery_id], "https_s": self._settings.deliver_https_s}
                )
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
        return await self._receipts.put((receipt, "https" if sender else "bus"))

    async def _record(self, receipts: list[tuple[Receipt, str]]) -> list[bool]:
        """One commit for all that came meanwhile."""
        rows = await self._pool.run(
            RECEIVED,
            {
                "alert_id": [one.alert_id for one, _ in receipts],
                "delivery_id": [one.delivery_id for one, _ in receipts],
                "incident_id": [one.incident_id for one, _ in receipts],
                "installation": [one.installation for one, _ in receipts],
                "assignment_no": [one.assignment_no for one, _ in receipts],
                "way": [way for _, way in receipts],
            },
        )
        adopted = {alert_id for (alert_id,) in rows}
        return [one.alert_id in adopted for one, _ in receipts]

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
