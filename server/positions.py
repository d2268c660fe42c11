"""Positions of open incidents: lossy from the bus, stored in batches, the newest to the screens.

A phone's clock may run ahead: a fix from the future counts as of its arrival. What is shown never goes back in time
of the fix; late ones only complete the track. After an incident has ended nothing is stored any more: a position that
comes too late is dropped by rule and counted. What a telco or the police gave for the rescue goes when it ends.

A batch of `COPY_FROM` rows or more goes by binary COPY to a stage of the connection and from there to the table
(measured by `tests.bench.positions`); row-level security, which COPY can't do, holds on the second step.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from prometheus_client import Counter
from pydantic import ValidationError

from location_router.bus import METRICS
from location_router.runtime.db import Unavailable, Unit
from location_router.runtime.ending import end
from location_router.wire import Position, PositionUpdate
from server.apart import own_id
from server.broadcast import PositionFrame
from server.cameras.following import follow
from server.incidents.cards import position_json
from server.position_rows import packed
from server.requests import moving

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("positions")

BATCH_S = 0.2
BATCH_ROWS = 5000
MAX_WAITING = 4 * BATCH_ROWS
UNKNOWN_PATIENCE_S = 10.0
COPY_FROM = 100  # below, the stage costs more than it saves

RESCUE_SOURCES = ("els", "telco", "police")
"""Given for the rescue only (위치정보법 제29조): they go at close, and so does every place of a request for a missing
person. The partial index of the table names the same sources."""

LATE = Counter("ansim_positions_late", "Positions of ended incidents: dropped by rule", registry=METRICS)
SHED = Counter("ansim_positions_shed", "Positions dropped: more came than could be written", registry=METRICS)

_COLUMNS = (
    "alert_id, fixed_at, center_id, incident_id, lat, lon, accuracy_m, speed_mps, heading_deg, source, received_at"
)
_INSERT = f"""
INSERT INTO position ({_COLUMNS})
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_STAGE = """
CREATE TEMP TABLE IF NOT EXISTS position_stage (LIKE position INCLUDING DEFAULTS) ON COMMIT DELETE ROWS
"""
_COPY = f"COPY pg_temp.position_stage ({_COLUMNS}) FROM STDIN (FORMAT BINARY)"
_FROM_STAGE = f"INSERT INTO position ({_COLUMNS}) SELECT {_COLUMNS} FROM pg_temp.position_stage ON CONFLICT DO NOTHING"
OLDEST_FIX = timedelta(days=1)

_END_RESCUE = """
DELETE FROM position WHERE incident_id = %s AND incident_id NOT IN (SELECT held_incidents())
AND (source IN ('els', 'telco', 'police') OR alert_id IN (SELECT request_id FROM agency_request q
  WHERE q.incident_id = position.incident_id AND q.trigger IN ('missing_child', 'missing_dementia')))
"""
_END_SECOND = """
DELETE FROM second_source WHERE incident_id = %s AND incident_id NOT IN (SELECT held_incidents())
"""
_TARGETS = """
SELECT a.alert_id, a.incident_id, a.center_id, i.state IN ('closed','cancelled','transferred'),
       (SELECT max(fixed_at) FROM position p WHERE p.incident_id = a.incident_id),
       (SELECT min(q.via) FROM agency_request q WHERE q.request_id = a.alert_id AND q.state <> 'refused')
FROM (SELECT alert_id, incident_id, center_id FROM alert WHERE alert_id = ANY(%(alerts)s)
      UNION ALL SELECT alert_id, incident_id, center_id FROM handed_alert WHERE alert_id = ANY(%(alerts)s)) a
JOIN incident i USING (incident_id)
"""


def believable(fixed_at: datetime, received: datetime) -> datetime:
    """A fix is never younger than its arrival, and none that arrives now is older than a day: a phone whose clock
    was reset to 1970 would else be purged from a running incident."""
    return max(min(fixed_at, received), received - OLDEST_FIX)


async def store_positions(
    unit: Unit, rows: list[tuple[UUID, UUID, str, Position]], *, now: datetime
) -> list[dict[str, Any]]:
    """Insert (alert, incident, center, position) rows; returns them as stored."""
    stored = []
    for alert_id, incident_id, center, position in rows:
        received = min(position.received_at or now, now)
        stored.append(
            {
                "alert_id": alert_id,
                "fixed_at": believable(position.fixed_at, received),
                "center_id": center,
                "incident_id": incident_id,
                "lat": position.lat,
                "lon": position.lon,
                "accuracy_m": position.accuracy_m,
                "speed_mps": position.speed_mps,
                "heading_deg": position.heading_deg,
                "source": position.source,
                "received_at": received,
            }
        )
    if len(stored) == 1:
        await unit.driver.execute(_INSERT, list(stored[0].values()))
    elif len(stored) >= COPY_FROM:
        await _copy(unit, stored)
    elif stored:
        async with unit.driver.cursor() as cursor:
            await cursor.executemany(_INSERT, [list(row.values()) for row in stored])
    return stored


async def _copy(unit: Unit, stored: list[dict[str, Any]]) -> None:
    async with unit.driver.cursor() as cursor:
        await cursor.execute(_STAGE)
        async with cursor.copy(_COPY) as copy:
            await copy.write(packed(stored))
        await cursor.execute(_FROM_STAGE)


async def end_rescue_positions(unit: Unit, *, incident_id: UUID) -> int:
    """Delete what a telco or the police gave for this incident, unless a legal hold keeps it; returns how many.
    In the transaction that ends the incident."""
    result = await unit.driver.execute(_END_RESCUE, [incident_id])
    return result.rowcount


async def end_second_sources(unit: Unit, *, incident_id: UUID) -> int:
    """The same for what other sources said of her place, also through an operator (server/second_sources)."""
    result = await unit.driver.execute(_END_SECOND, [incident_id])
    return result.rowcount


def position_writer(services: Services) -> PositionWriter:
    """This process's writer, made on first use."""
    writer: PositionWriter | None = services.shared.get("positions")
    if writer is None:
        writer = services.shared["positions"] = PositionWriter(services)
    return writer


Waiting = tuple[float, PositionUpdate, bool]
"""When it came (monotonic), what it says, and whether the router has brought it."""


class PositionWriter:
    """Collects what the bus brings and writes it every 0.2 s."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._waiting: list[Waiting] = []
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="positions")

    async def stop(self) -> None:
        await end(self._task)

    async def take(self, _key: str, body: bytes) -> None:
        """Handler for `bus.subscribe_latest`."""
        try:
            self.add(PositionUpdate.model_validate_json(body), is_by_router=True)
        except ValidationError as error:
            log.warning("position_unreadable", error=str(error)[:200])

    def add(self, update: PositionUpdate, *, is_by_router: bool = False) -> None:
        self._waiting.append((time.monotonic(), update, is_by_router))
        if len(self._waiting) > MAX_WAITING:
            SHED.inc(MAX_WAITING // 2)
            del self._waiting[: MAX_WAITING // 2]  # lossy by contract: the newest matter
        self._arrived.set()

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            try:
                await self.flush()
            except Unavailable:
                pass
            except Exception:
                log.exception("positions_not_stored")
            if len(self._waiting) < BATCH_ROWS:
                await asyncio.sleep(BATCH_S)

    async def flush(self) -> int:
        """Store what waits; returns how many positions belonged to an open incident here."""
        batch, self._waiting = self._waiting[:BATCH_ROWS], self._waiting[BATCH_ROWS:]
        if not batch:
            return 0
        if self._waiting:
            self._arrived.set()
        alerts = list({update.alert_id for _, update, _ in batch})
        async with self._services.db.begin() as unit:
            rows = await (await unit.driver.execute(_TARGETS, {"alerts": alerts})).fetchall()
            target: dict[UUID, list[Any]] = {}
            for row in rows:
                target.setdefault(row[0], []).append(row)
            batch = self._without_strangers(batch, {row[0] for row in rows if row[5] == "center"})
            # two incidents hold an alert that is on its way from one center of this installation to another
            mine = [
                (u.alert_id, row[1], row[2], u.position)
                for _, u, _ in batch
                for row in target.get(u.alert_id, [])
                if not row[3]
            ]
            if any(row[5] is not None for row in rows):
                mine = await moving.taken(unit, mine, now=self._services.clock())
            stored = await store_positions(unit, mine, now=self._services.clock())
        ended = {alert_id for alert_id, rows in target.items() if all(row[3] for row in rows)}
        LATE.inc(sum(update.alert_id in ended for _, update, _ in batch))
        self._keep_unknown(batch, target)
        self._show(stored, {row[1]: row[4] for row in rows})
        return len({(alert_id, position.fixed_at) for alert_id, _, _, position in mine})

    def _without_strangers(self, batch: list[Waiting], direct: set[UUID]) -> list[Waiting]:
        """The router knows nothing of a request that was raised here: what it brings under such an id is of a person's
        alert, which stands under an id of its own (`server/apart.py`)."""
        ours = []
        for one in batch:
            at, update, is_by_router = one
            if is_by_router and update.alert_id in direct:
                hers = update.model_copy(update={"alert_id": own_id(update.alert_id)})
                self._waiting.append((at, hers, True))
                self._arrived.set()
            else:
                ours.append(one)
        return ours

    def _keep_unknown(self, batch: list[Waiting], target: dict[UUID, Any]) -> None:
        """A position may overtake its alert: wait for it a little."""
        now = time.monotonic()
        early = [item for item in batch if item[1].alert_id not in target and now - item[0] < UNKNOWN_PATIENCE_S]
        self._waiting += early
        if early:
            asyncio.get_running_loop().call_later(0.5, self._arrived.set)

    def _show(self, stored: list[dict[str, Any]], newest: dict[UUID, datetime | None]) -> None:
        """The incident's newest fix, from whichever of its alerts it came."""
        latest: dict[UUID, dict[str, Any]] = {}
        for row in stored:
            known, best = newest.get(row["incident_id"]), latest.get(row["incident_id"])
            if (known is None or row["fixed_at"] > known) and (best is None or row["fixed_at"] > best["fixed_at"]):
                latest[row["incident_id"]] = row
        for row in latest.values():
            self._services.broadcast.position(
                PositionFrame(row["center_id"], row["incident_id"], row["alert_id"], position_json(row))
            )
        follow(self._services, latest.values())
