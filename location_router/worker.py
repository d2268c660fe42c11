"""What runs beside the API: the sweeper, the ladder, alarms, the bus consumers for receipts and statuses, forgetting.

Any number of workers may run at once; API processes can run these loops too (`ROUTER_INLINE_WORKER=1`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import structlog

from location_router import approaches, cap_warnings, captures, disclosed, guardian_notes, links, requests, talk
from location_router.alarms import PROBE_S, Alarms
from location_router.bus import Bus, PgBus, Subscription
from location_router.delivery import Courier
from location_router.desk_112 import Desk112
from location_router.ladder import Ladder
from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end
from location_router.runtime.pool import Pool
from location_router.statuses import Statuses
from location_router.wire import Linked, Receipt, Status, TalkNote, kind_of
from location_router.wire_requests import RequestState

log = structlog.get_logger("worker")
FORGET_EVERY_S = 60.0
CLIMB_EVERY_S = 0.5
ALARM_EVERY_S = 1.0
CROWDS_EVERY_S = 0.5
SWEEPS_AT_ONCE = 4
RECEIPTS_AT_ONCE = 100
DURABLE = "router"

# A month is the bound for what waits for something that never comes: a receipt, an end. What remains of an alert tells
# which center had it when, and nothing about whose it was or which others were the same person's.
FORGET = {
    "caller": "UPDATE alert SET message_sealed = NULL, original_sealed = NULL, position_sealed = NULL, "
    "crossing_sealed = NULL "
    "WHERE message_sealed IS NOT NULL AND (owner_receipt_at < now() - interval '24 hours' "
    "OR received_at < now() - interval '30 days')",
    "device": "UPDATE alert SET device_id = '' WHERE device_id > '' AND message_sealed IS NULL "
    "AND (closed_at < now() - interval '24 hours' OR received_at < now() - interval '30 days')",
    "delivery": "UPDATE delivery d SET body_sealed = NULL, next_attempt_at = NULL FROM alert a "
    "WHERE d.alert_id = a.alert_id AND d.body_sealed IS NOT NULL AND a.message_sealed IS NULL",
    "status": "DELETE FROM status USING alert a WHERE status.alert_id = a.alert_id "
    "AND (a.closed_at < now() - interval '7 days' OR a.received_at < now() - interval '30 days')",
    "talk": talk.FORGET,
    "capture": captures.FORGET,
    "capture_row": captures.FORGET_ROWS,
    "claim": links.FORGET,
    "link": links.FORGET_LINKS,
    "request": requests.FORGET,
    "warning": cap_warnings.FORGET,
    "quarantine": "DELETE FROM quarantine WHERE received_at < now() - interval '7 days'",
}


class Worker:
    def __init__(
        self,
        pool: Pool,
        bus: Bus,
        courier: Courier,
        statuses: Statuses,
        ladder: Ladder,
        desk_112: Desk112,
        alarms: Alarms,
        crowds: links.Crowds,
        talking: talk.Talk,
        pictures: captures.Captures,
        asked: requests.Requests,
        warnings: cap_warnings.CapWarnings,
        *,
        sweep_s: float,
    ) -> None:
        self._pool, self._bus, self._courier, self._statuses = pool, bus, courier, statuses
        self._ladder, self._desk_112, self._alarms, self._crowds = ladder, desk_112, alarms, crowds
        self._talking, self._pictures, self._sweep_s = talking, pictures, sweep_s
        self._asked, self._warnings = asked, warnings
        self._subscriptions: list[Subscription] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._sweep(), name="sweep"),
            asyncio.create_task(_every(CLIMB_EVERY_S, self._ladder.climb), name="climb"),
            asyncio.create_task(_every(CLIMB_EVERY_S, self._desk_112.sweep), name="desk-112"),
            asyncio.create_task(_every(ALARM_EVERY_S, self._alarms.look), name="alarms"),
            asyncio.create_task(_every(ALARM_EVERY_S, self._alarms.tell), name="tell-alarms"),
            asyncio.create_task(_every(PROBE_S, self._alarms.watch_parts), name="watch-parts"),
            asyncio.create_task(_every(CROWDS_EVERY_S, self._crowds.sweep), name="crowds"),
            asyncio.create_task(_every(self._sweep_s, self._talking.sweep), name="talk"),
            asyncio.create_task(_every(ALARM_EVERY_S, self._warnings.sweep), name="warnings"),
            asyncio.create_task(_every(self._sweep_s, self._pictures.sweep), name="captures"),
            asyncio.create_task(self._forget(), name="forget"),
        ]
        self._subscriptions = [
            await self._bus.subscribe("receipt", DURABLE, self.receipt, at_once=RECEIPTS_AT_ONCE),
            await self._bus.subscribe("status", DURABLE, self.status),
        ]

    async def stop(self) -> None:
        for subscription in self._subscriptions:
            await subscription.stop()
        await end(*self._tasks)

    async def receipt(self, _: str, body: bytes) -> None:
        await self._courier.received(Receipt.model_validate_json(body))

    async def status(self, _: str, body: bytes) -> None:
        match kind_of(body):
            case "links":
                await links.told(self._pool, Linked.model_validate_json(body))
            case "talk":
                await self._talking.told(TalkNote.model_validate_json(body))
            case "disclosed":
                await disclosed.pass_on(self._pool, self._bus, body)
            case "approach":
                await approaches.pass_on(self._pool, self._bus, body)
            case "guardian":
                await guardian_notes.pass_on(self._pool, self._bus, body)
            case "request_state":
                await self._asked.told(RequestState.model_validate_json(body))
            case _:
                await self._statuses.told(Status.model_validate_json(body))

    async def _sweep(self) -> None:
        """A sweep that waits for a slow desk or bus must not keep the other desks' alerts waiting: the next one starts
        beside it, up to a few."""
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                if len(running) < SWEEPS_AT_ONCE:
                    task = asyncio.create_task(self._sweep_once(), name="sweep:once")
                    running.add(task)
                    task.add_done_callback(running.discard)
                await asyncio.sleep(self._sweep_s)
        finally:
            await end(*running)

    async def _sweep_once(self) -> None:
        try:
            await self._courier.sweep()
        except (Unavailable, TimeoutError, psycopg.Error) as error:
            log.warning("sweep_failed", error=str(error)[:200])
        except Exception:
            log.exception("sweep_failed")

    async def _forget(self) -> None:
        while True:
            try:
                await forget(self._pool)
                await self._alarms.forget()
                if isinstance(self._bus, PgBus):
                    await self._bus.purge()
            except (Unavailable, psycopg.Error) as error:
                log.warning("forget_failed", error=str(error)[:200])
            except Exception:
                log.exception("forget_failed")
            await asyncio.sleep(FORGET_EVERY_S)


async def _every(pause_s: float, work: Callable[[], Awaitable[object]]) -> None:
    """For ever; what fails is tried again at the next turn."""
    while True:
        await asyncio.sleep(pause_s)
        try:
            await work()
        except (Unavailable, TimeoutError, psycopg.Error) as error:
            log.warning("turn_failed", work=work.__qualname__, error=str(error)[:200])
        except Exception:
            log.exception("turn_failed", work=work.__qualname__)


async def forget(pool: Pool) -> dict[str, int]:
    """Delete what the router may not keep: the caller 24 h after the owner's receipt. How many rows of each."""
    counts = {}
    async with pool.transaction() as conn:
        for name, statement in FORGET.items():
            counts[name] = (await conn.execute(statement)).rowcount
    if any(counts.values()):
        log.info("forgotten", **counts)
    return counts
