"""An alert changes hands because the person moved: the rows of it, and who goes on seeing it.

Warm: the new desk owns the alert at once (the next `assignment_no`; exactly one owner), the old one is told in role
`leaving`, keeps its incident and goes on getting positions, until the new owner's operator has acknowledged or the
incident has ended. Then it is told `former`. Everything happens under the alert's row lock and only for the assignment
that was looked at, so that any number of processes that see the same crossing move the alert once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog

from location_router import ledger
from location_router.delivery import Courier
from location_router.handover import Crossing
from location_router.ladder import SILENT
from location_router.ledger import AlertRow, Effects
from location_router.registry import Decision, Registry
from location_router.runtime.pool import Connection, Pool
from location_router.runtime.seal import Sealer
from location_router.wire import Position, Reason, utc_now

log = structlog.get_logger("transfer")
GUESSED = {Reason.LAST_KNOWN, Reason.HOME}

ACCEPTED = """
SELECT EXISTS (SELECT FROM status
  WHERE alert_id = %s AND assignment_no = %s AND is_adopted AND state = 'acknowledged')"""
RELEASE = "UPDATE alert SET watchers = %s, leaving = %s WHERE alert_id = %s"
# What a desk was told as a watcher and has not answered is overtaken by `former`.
OVERTAKEN = """
UPDATE delivery SET next_attempt_at = NULL
WHERE alert_id = %s AND installation = ANY(%s) AND is_notice AND receipt_at IS NULL"""


class Transfers:
    """Moves alerts; the statuses of centers and the positions of phones tell when."""

    def __init__(self, pool: Pool, sealer: Sealer, registry: Registry, courier: Courier) -> None:
        self._pool, self._sealer, self._registry, self._courier = pool, sealer, registry, courier

    async def relocate(self, alert_id: UUID, position: Position) -> bool:
        """A first position of an alert that was given out on a guess. True when the alert is where it belongs now.
        Raises Unavailable."""
        async with self._pool.transaction() as conn:
            row = await self._standing_at(conn, alert_id, position)
            if row is None:
                return False
            if row.record.reason not in GUESSED:
                return True
            moved = await better_placed(conn, self._registry, row, utc_now())
            if moved.record.assignment_no == row.record.assignment_no:
                decision = self._registry.decide(row.message)
                belongs = decision.center.code == row.record.center.code
                return belongs and Reason(decision.assignment.reason) not in GUESSED
            effects = await self._write(conn, moved)
        self._sent(row, moved, effects, guessed=True)
        return True

    async def hand_over(self, alert_id: UUID, position: Position, crossing: Crossing, *, number: int) -> bool:
        """She has crossed a border. False when it can't be: another process was first, the alert is over, or the new
        desk is not there (it is asked again with a later position). Raises Unavailable."""
        async with self._pool.transaction() as conn:
            row = await self._standing_at(conn, alert_id, position)
            if row is None or row.record.assignment_no != number:
                return False
            if not row.standing.is_live or row.closed_at is not None:
                return False
            silent = {name for (name,) in await (await conn.execute(SILENT, (alert_id,))).fetchall()}
            decision = self._registry.decide(row.message, silent=silent)
            if not self._is_there(decision, crossing) or decision.center.code == row.record.center.code:
                return False
            moved = await ledger.reassign(conn, row, decision, reason=Reason.HANDOVER, now=utc_now())
            effects = await self._write(conn, moved)
        self._sent(row, moved, effects, distance_m=crossing.distance_m, dwell_s=crossing.dwell_s, fixes=crossing.fixes)
        return True

    async def settle(self, alert_id: UUID) -> bool:
        """Who no longer needs to see the alert is told so: who was leaving, once its owner's operator has acknowledged;
        everybody who watches, once it is over. True when somebody was. Raises Unavailable."""
        effects = Effects(alert_id)
        async with self._pool.transaction() as conn:
            row = await ledger.lock(conn, self._sealer, alert_id)
            if row is None or not row.watchers:
                return False
            number = row.record.assignment_no
            accepted = await (await conn.execute(ACCEPTED, (alert_id, number))).fetchone()
            gone = row.watchers if row.closed_at is not None else row.leaving if accepted and accepted[0] else ()
            if not gone:
                return False
            staying = [one for one in row.watchers if one not in gone]
            await conn.execute(RELEASE, (staying, [], alert_id))
            await conn.execute(OVERTAKEN, (alert_id, list(gone)))
            effects.letters += [row.letter(to=one, role="former") for one in gone]
            await ledger.store(conn, self._sealer, effects)
        log.info("watchers_released", alert_id=str(alert_id), former=list(gone), assignment_no=number)
        self._courier.send_soon(effects)
        return True

    async def _standing_at(self, conn: Connection, alert_id: UUID, position: Position) -> AlertRow | None:
        row = await ledger.lock(conn, self._sealer, alert_id)
        return row and replace(row, message=row.message.model_copy(update={"position": position}))

    def _is_there(self, decision: Decision, crossing: Crossing) -> bool:
        """Only to the center that she walked into, while its desk is there: else she stays with who has her."""
        return decision.center.code == crossing.to and self._registry.is_online(decision.served_by)

    async def _write(self, conn: Connection, moved: AlertRow) -> Effects:
        effects = Effects(moved.alert_id, moved.told())
        if moved.active_at is not None:
            await ledger.announce(conn, moved, effects, utc_now())
        return await ledger.store(conn, self._sealer, effects)

    def _sent(self, row: AlertRow, moved: AlertRow, effects: Effects, **why: object) -> None:
        log.info(
            "handed_over",
            alert_id=str(row.alert_id),
            origin=row.record.center.code,
            to=moved.record.center.code,
            assignment_no=moved.record.assignment_no,
            **why,
        )
        self._courier.send_soon(effects)


async def better_placed(conn: Connection, registry: Registry, row: AlertRow, now: datetime) -> AlertRow:
    """An alert that was given out on a guess goes to the right center once the phone knows where it is."""
    if row.record.reason not in GUESSED or row.message.position is None or not row.standing.is_live:
        return row
    decision = registry.decide(row.message)
    if decision.center.code == row.record.center.code or Reason(decision.assignment.reason) in GUESSED:
        return row
    return await ledger.reassign(conn, row, decision, reason=Reason.HANDOVER, now=now)
