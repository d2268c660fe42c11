"""At the hub: the leaves of all installations are linked, and a link that hears nothing although it could is mended.

Runs in every worker, one at a time does the work (advisory lock). With PgBus there is nothing to do.
"""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import structlog

from location_router.nodes import Nodes
from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end
from location_router.runtime.pool import Pool

log = structlog.get_logger("leaves")
EVERY_S = 2.0
LOCK = 7_007_007


class Leaves:
    def __init__(self, pool: Pool, bus: Any, nodes: Nodes) -> None:
        self._pool, self._bus, self._nodes = pool, bus, nodes
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if hasattr(self._bus, "link_leaf"):
            self._task = asyncio.create_task(self._run(), name="leaves")

    async def stop(self) -> None:
        await end(self._task)

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except (Unavailable, psycopg.Error, TimeoutError) as error:
                log.warning("leaves_wait", error=str(error)[:200])
            except Exception:
                log.exception("leaves_failed")
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Link what is new, mend what is silent."""
        async with self._pool.transaction() as conn:
            row = await (await conn.execute("SELECT pg_try_advisory_xact_lock(%s)", (LOCK,))).fetchone()
            if not row or not row[0]:
                return
            for domain in sorted(set(self._nodes.domains.values())):
                if await self._bus.link_leaf(domain):
                    log.info("leaf_linked", domain=domain)
            if mended := await self._bus.mend():
                log.warning("leaves_mended", sources=mended)


async def lag_lines(bus: Any) -> str:
    """For `/metrics`: messages a leaf still holds for the hub, and for how long nothing was heard of it."""
    if not hasattr(bus, "lags"):
        return ""
    try:
        async with asyncio.timeout(1.5):
            lags = await bus.lags()
    except (Unavailable, TimeoutError):
        return "# TYPE ansim_bus_up gauge\nansim_bus_up 0.0\n"
    text = "# TYPE ansim_bus_up gauge\nansim_bus_up 1.0\n# TYPE ansim_leaf_lag gauge\n"
    text += "".join(f'ansim_leaf_lag{{source="{one["source"]}"}} {float(one["lag"])}\n' for one in lags)
    text += "# TYPE ansim_leaf_silent_seconds gauge\n"
    return text + "".join(
        f'ansim_leaf_silent_seconds{{source="{one["source"]}"}} '
        f"{'+Inf' if one['silent_s'] is None else one['silent_s']}\n"
        for one in lags
    )
