"""The router's own call of the 112 desk: the last step, when no center gives a sign of life about an alert.

The row (alert, step) is written in the transaction that decides it and is what makes the call happen once; it is tried
until it was answered. What is said is read from the alert at each attempt: where she is now, a number to call back, the
center that is silent. A drill's call never leaves the house: it goes to the console whatever is configured.
"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import structlog

from location_router import ledger, steps
from location_router.ledger import AlertRow
from location_router.runtime.pool import Connection, Pool
from location_router.runtime.seal import Sealer
from location_router.steps import Step
from location_router.webhook import ConsoleTeller, NotTold, Teller, pause_s
from location_router.wire import DRILL

log = structlog.get_logger("desk_112")
STEP, DRILL_STEP = "desk_112", "desk_112_drill"

NEW_CALL = """
INSERT INTO call_112 (alert_id, step, is_drill, next_attempt_at) VALUES (%s, %s, %s, now()) ON CONFLICT DO NOTHING"""
CLAIM = """
UPDATE call_112 SET attempts = attempts + 1, next_attempt_at = now() + interval '10 s' WHERE (alert_id, step) IN (
  SELECT alert_id, step FROM call_112 WHERE next_attempt_at <= now() ORDER BY next_attempt_at LIMIT 20
  FOR UPDATE SKIP LOCKED)
RETURNING alert_id, step, is_drill, attempts"""
ANSWERED = """
UPDATE call_112 SET answered_at = coalesce(answered_at, now()), answer = %s, next_attempt_at = NULL
WHERE alert_id = %s AND step = %s"""
AGAIN = """
UPDATE call_112 SET next_attempt_at = now() + %s * interval '1 s', answer = %s
WHERE alert_id = %s AND step = %s AND answered_at IS NULL"""


def step_of(*, is_drill: bool) -> str:
    """A drill that turned real is called for real: they are two steps."""
    return DRILL_STEP if is_drill else STEP


async def call(conn: Connection, row: AlertRow) -> None:
    """Decide the call, in the caller's transaction; it goes out with the next sweep."""
    is_drill = row.message.service == DRILL
    await conn.execute(NEW_CALL, (row.alert_id, step_of(is_drill=is_drill), is_drill))
    await steps.write(
        conn,
        row.alert_id,
        Step.DESK_112_CALLED,
        step_of(is_drill=is_drill),
        silent=row.record.served_by,
        center=row.record.center.code,
        assignment_no=row.record.assignment_no,
        is_drill=is_drill,
    )


def words(row: AlertRow, step: str) -> dict[str, Any]:
    """What the 112 desk is told, and nothing more."""
    place = row.message.position
    return {
        "alert_id": str(row.alert_id),
        "step": step,
        "is_drill": row.message.service == DRILL,
        "center": row.record.center.model_dump(),
        "active_at": row.active_at.isoformat() if row.active_at else None,
        "callback": row.message.caller.phone,
        "position": place.model_dump(mode="json", include={"lat", "lon", "accuracy_m", "fixed_at"}) if place else None,
    }


class Desk112:
    """Makes the calls that are due. `outside` is the real desk or its console twin."""

    def __init__(self, pool: Pool, sealer: Sealer, outside: Teller) -> None:
        self._pool, self._sealer, self._outside = pool, sealer, outside
        self._inside = ConsoleTeller("desk_112")

    async def close(self) -> None:
        await self._outside.close()

    async def sweep(self) -> int:
        """Call what is due, side by side: nobody waits for a call that fails. How many were answered. Raises
        Unavailable."""
        rows = await self._pool.run(CLAIM)
        results = await asyncio.gather(*(self._call(*row) for row in rows), return_exceptions=True)
        for row, result in zip(rows, results, strict=True):
            if isinstance(result, BaseException):
                log.error("desk_112_call_failed", alert_id=str(row[0]), error=repr(result)[:200])
        return sum(result is True for result in results)

    async def _call(self, alert_id: UUID, step: str, is_drill: bool, attempts: int) -> bool:
        async with self._pool.transaction() as conn:
            row = await ledger.lock(conn, self._sealer, alert_id)
        if row is None:
            await self._pool.run(ANSWERED, ("purged", alert_id, step))
            return False
        try:
            answer = await (self._inside if is_drill else self._outside).tell(f"{alert_id}/{step}", words(row, step))
        except NotTold as error:
            log.error("desk_112_silent", alert_id=str(alert_id), attempts=attempts, error=str(error)[:200])
            await self._pool.run(AGAIN, (pause_s(attempts), str(error)[:200], alert_id, step))
            return False
        async with self._pool.transaction() as conn:
            await conn.execute(ANSWERED, (answer, alert_id, step))
            await steps.write(conn, alert_id, Step.DESK_112_ANSWERED, step, attempts=attempts, answer=answer)
        return True
