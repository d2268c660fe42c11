"""An alert that no desk has confirmed is an alarm within 15 seconds: on a page, as a metric, and to a webhook.

Each worker looks every second, writes what is wrong as rows (raised once, cleared once, whichever worker sees it) and
tells the webhook of both until it answers. The page and the metric do not believe the workers: they ask the database
themselves, and say so when it, the bus, or every worker is away. Nothing here tells about a person.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import structlog

from location_router import steps
from location_router.bus import Bus
from location_router.registry import Registry
from location_router.runtime.db import Unavailable
from location_router.runtime.pool import Pool
from location_router.steps import Step
from location_router.webhook import NotTold, Teller, pause_s

log = structlog.get_logger("alarms")
LOOK_S = 1.0
PROBE_S, PROBE_TIMEOUT_S = 2.0, 2.0
AWAY_AFTER_S = 5.0  # the database or the bus: a shorter pause is a reconnect
CALL_SILENT_S = 15.0
WORKER_GONE_S = 10.0

# Owned by nobody who said so. Letters that are newer than the last one its owners confirmed count, from the oldest.
UNDELIVERED = """
SELECT a.alert_id, a.center_code, a.served_by, a.assignment_no, extract(epoch FROM now() - late.since)::float8,
  (SELECT step FROM alert_step s WHERE s.alert_id = a.alert_id ORDER BY at DESC LIMIT 1)
FROM (SELECT DISTINCT alert_id FROM delivery WHERE next_attempt_at IS NOT NULL AND NOT is_notice) waiting
JOIN alert a USING (alert_id)
CROSS JOIN LATERAL (
  SELECT min(d.created_at) AS since FROM delivery d
  WHERE d.alert_id = a.alert_id AND NOT d.is_notice AND d.receipt_at IS NULL
    AND d.created_at > coalesce((SELECT max(r.created_at) FROM delivery r WHERE r.alert_id = a.alert_id
                                 AND NOT r.is_notice AND r.receipt_at IS NOT NULL), '-infinity')) late
WHERE a.closed_at IS NULL AND (a.phase <> 'ended' OR a.outcome = 'duress' OR a.active_at IS NOT NULL)
  AND late.since < now() - %s * interval '1 s' ORDER BY late.since LIMIT 1000"""
CALLS_WAITING = """
SELECT c.alert_id, a.center_code, c.attempts, extract(epoch FROM now() - c.created_at)::float8
FROM call_112 c JOIN alert a USING (alert_id)
WHERE c.next_attempt_at IS NOT NULL AND c.created_at < now() - %s * interval '1 s' ORDER BY c.created_at LIMIT 1000"""
RAISE = """
INSERT INTO alarm (kind, subject, center_code, next_attempt_at)
SELECT %s, t.subject, t.center, now() FROM unnest(%s::text[], %s::text[]) AS t(subject, center)
ON CONFLICT (kind, subject) WHERE cleared_at IS NULL DO NOTHING RETURNING subject"""
CLEAR = """
UPDATE alarm SET cleared_at = now(), next_attempt_at = now()
WHERE cleared_at IS NULL AND kind = %s AND subject <> ALL(%s::text[]) RETURNING subject"""
CLAIM = """
UPDATE alarm SET attempts = attempts + 1, next_attempt_at = now() + interval '10 s' WHERE alarm_id IN (
  SELECT alarm_id FROM alarm WHERE next_attempt_at <= now() ORDER BY next_attempt_at LIMIT 20 FOR UPDATE SKIP LOCKED)
RETURNING alarm_id, kind, subject, center_code, raised_at, cleared_at, raise_told_at, attempts"""
TOLD = """
UPDATE alarm SET attempts = 0, raise_told_at = coalesce(raise_told_at, now()),
  clear_told_at = CASE WHEN %(event)s = 'clear' THEN now() END,
  next_attempt_at = CASE WHEN %(event)s = 'raise' AND cleared_at IS NOT NULL THEN now() END
WHERE alarm_id = %(alarm_id)s"""
AGAIN = "UPDATE alarm SET next_attempt_at = now() + %s * interval '1 s' WHERE alarm_id = %s"
SEEN = """
INSERT INTO worker_seen (worker) VALUES (%s) ON CONFLICT (worker) DO UPDATE SET seen_at = now()"""
WORKERS = """
SELECT worker, extract(epoch FROM now() - seen_at)::float8 FROM worker_seen
WHERE seen_at > now() - interval '1 hour' ORDER BY seen_at DESC LIMIT 20"""
HISTORY = """
SELECT kind, subject, center_code, raised_at, cleared_at FROM alarm ORDER BY raised_at DESC LIMIT 200"""
FORGET = (
    "DELETE FROM alarm WHERE clear_told_at < now() - interval '30 days'",
    "DELETE FROM worker_seen WHERE seen_at < now() - interval '1 day'",
)


@dataclass(slots=True)
class _Part:
    """The database or the bus as this process finds it; `away_since` in unix seconds."""

    away_since: float | None = None
    told_id: str = ""


@dataclass(slots=True)
class Parts:
    """Asks the database and the bus now and then, for the page and for the alarm when they are away."""

    pool: Pool
    bus: Bus
    parts: dict[str, _Part] = field(default_factory=lambda: {"postgis": _Part(), "bus": _Part()})

    async def probe(self) -> dict[str, float]:
        """Seconds each part has been away, 0 for one that answers."""
        now = time.time()
        for name, is_there in zip(("postgis", "bus"), await asyncio.gather(self._database(), self._bus()), strict=True):
            part = self.parts[name]
            part.away_since = None if is_there else part.away_since or now
        return {
            name: max(now - part.away_since, 0.001) if part.away_since else 0.0 for name, part in self.parts.items()
        }

    async def _database(self) -> bool:
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                await self.pool.run("SELECT 1")
        except (Unavailable, TimeoutError, psycopg.Error):
            return False
        return True

    async def _bus(self) -> bool:
        """The same message each time: the bus keeps it once."""
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                await self.bus.publish("alert._probe", "probe", b"{}")
        except (Unavailable, TimeoutError, psycopg.Error, OSError):
            return False
        return True


class Alarms:
    """`outside` is the webhook or its console twin."""

    def __init__(self, pool: Pool, bus: Bus, registry: Registry, outside: Teller, *, undelivered_s: float) -> None:
        self._pool, self._registry, self._outside = pool, registry, outside
        self._undelivered_s = undelivered_s
        self.parts = Parts(pool, bus)
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    async def close(self) -> None:
        await self._outside.close()

    # -- in the workers

    async def look(self) -> int:
        """Raise and clear; how many alerts are undelivered. Raises Unavailable."""
        async with self._pool.transaction() as conn:
            await conn.execute(SEEN, (self._name,))
            late = await (await conn.execute(UNDELIVERED, (self._undelivered_s,))).fetchall()
            calls = await (await conn.execute(CALLS_WAITING, (CALL_SILENT_S,))).fetchall()
            for kind, rows in (("undelivered", late), ("desk_112_silent", calls)):
                subjects = [str(row[0]) for row in rows]
                raised = await (await conn.execute(RAISE, (kind, subjects, [row[1] for row in rows]))).fetchall()
                for (subject,) in raised:
                    await steps.write(conn, UUID(subject), Step.ALARMED, kind, kind=kind)
                    log.error("alarm_raised", kind=kind, alert_id=subject)
                for (subject,) in await (await conn.execute(CLEAR, (kind, subjects))).fetchall():
                    log.warning("alarm_cleared", kind=kind, alert_id=subject)
        return len(late)

    async def tell(self) -> int:
        """Send what the webhook has not heard yet; how many it took. Raises Unavailable."""
        rows = await self._pool.run(CLAIM)
        return sum(await asyncio.gather(*(self._tell(*row) for row in rows)))

    async def _tell(self, alarm_id: UUID, *rest: Any) -> bool:
        kind, subject, center, raised_at, cleared_at, raise_told_at, attempts = rest
        event = "raise" if raise_told_at is None else "clear"
        body = {
            "alarm_id": str(alarm_id),
            "kind": kind,
            "event": event,
            "alert": short(subject),
            "center": center,
            "raised_at": raised_at.isoformat(),
            "cleared_at": cleared_at.isoformat() if event == "clear" else None,
        }
        try:
            await self._outside.tell(f"{alarm_id}/{event}", body)
        except NotTold as error:
            log.error("alarm_webhook_silent", kind=kind, attempts=attempts, error=str(error)[:200])
            await self._pool.run(AGAIN, (pause_s(attempts), alarm_id))
            return False
        await self._pool.run(TOLD, {"event": event, "alarm_id": alarm_id})
        return True

    async def watch_parts(self) -> None:
        """Once: is the database or the bus away for long? There is no row for that; who answers is told from here."""
        for name, away_s in (await self.parts.probe()).items():
            part = self.parts.parts[name]
            event = "raise" if away_s >= AWAY_AFTER_S and not part.told_id else ""
            event = "clear" if not away_s and part.told_id else event
            if not event:
                continue
            alarm_id = part.told_id or f"{name}/{self._name}/{int(time.time())}"
            try:
                body = {"alarm_id": alarm_id, "kind": f"{name}_away", "event": event, "away_s": round(away_s)}
                await self._outside.tell(f"{alarm_id}/{event}", body)
                part.told_id = alarm_id if event == "raise" else ""
            except NotTold as error:
                log.error("alarm_webhook_silent", kind=name, error=str(error)[:200])

    async def forget(self) -> None:
        async with self._pool.connection() as conn:
            for statement in FORGET:
                await conn.execute(statement)

    # -- for people and metrics

    async def overview(self) -> dict[str, Any]:
        """`GET /admin/alarms`: everything that is wrong, `ok` only when nothing is. Also while parts are away."""
        away = await self.parts.probe()
        shown: dict[str, Any] = {name: "away" if seconds else "up" for name, seconds in away.items()}
        shown |= {"undelivered": None, "desk_112": None, "workers": None}
        if not away["postgis"]:
            try:
                shown |= await self._rows()
            except (Unavailable, psycopg.Error):
                shown["postgis"] = "away"
        alive = any(one["age_s"] < WORKER_GONE_S for one in shown["workers"] or [])
        is_up = shown["postgis"] == "up" and shown["bus"] == "up"
        return shown | {"ok": is_up and alive and not shown["undelivered"] and not shown["desk_112"], "swept": alive}

    async def _rows(self) -> dict[str, Any]:
        late = await self._pool.run(UNDELIVERED, (self._undelivered_s,))
        calls = await self._pool.run(CALLS_WAITING, (CALL_SILENT_S,))
        workers = await self._pool.run(WORKERS)
        return {
            "undelivered": [
                {
                    "alert": short(alert_id),
                    "center": self._center(code),
                    "desk": desk,
                    "assignment_no": number,
                    "age_s": round(age_s),
                    "step": step or "",
                }
                for alert_id, code, desk, number, age_s, step in late
            ],
            "desk_112": [
                {"alert": short(alert_id), "center": self._center(code), "attempts": attempts, "age_s": round(age_s)}
                for alert_id, code, attempts, age_s in calls
            ],
            "workers": [{"worker": name, "age_s": round(age_s, 1)} for name, age_s in workers],
        }

    async def history(self) -> list[dict[str, Any]]:
        """The newest alarms, raised and cleared. Raises Unavailable."""
        return [
            {
                "kind": kind,
                "alert": short(subject),
                "center": self._center(code),
                "raised_at": raised_at.isoformat(),
                "cleared_at": cleared_at.isoformat() if cleared_at else None,
            }
            for kind, subject, code, raised_at, cleared_at in await self._pool.run(HISTORY)
        ]

    def _center(self, code: str) -> dict[str, str]:
        center = self._registry.centers.get(code)
        return {
            "code": code,
            "name_ko": center.name_ko if center else code,
            "name_en": center.name_en if center else code,
        }

    async def gauge_lines(self) -> str:
        """Prometheus text: undelivered alerts by center. Raises Unavailable."""
        counts: dict[str, int] = {}
        for _, code, *_rest in await self._pool.run(UNDELIVERED, (self._undelivered_s,)):
            counts[code] = counts.get(code, 0) + 1
        name = "ansim_router_undelivered_alerts"
        lines = [f"# TYPE {name} gauge", *(f'{name}{{center="{code}"}} {count}' for code, count in counts.items())]
        return "\n".join(lines) + "\n"


def short(alert_id: UUID | str) -> str:
    """Enough of an id to find the alert, for pages and webhooks (a UUIDv7 begins with the time; its end tells more)."""
    return str(alert_id)[-12:]
