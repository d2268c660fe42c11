"""A database that neither answers nor hangs up: its disk stalls, its machine is frozen, somebody holds a lock.

Worse than one that is away, because every wait for it may last for ever. A phone gets its 503 in time, letters go by
the other way, and when it moves again everything goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import psycopg
import pytest

from location_router import alerts
from location_router.alerts import ANSWER_S
from location_router.runtime.db import conninfo
from tests.location_router.routers import ANYANG, Desk, World, a_world, an_alert, served, until

pytestmark = pytest.mark.database
LONG_S = 20.0  # for whom nothing ends: what is asked here would wait for ever, without its limit


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is short in a test: the answer comes three seconds earlier."""
    assert ANSWER_S + 1.0 <= 5, "a phone waits no longer"
    monkeypatch.setattr(alerts, "ANSWER_S", ANSWER_S - 3)


@asynccontextmanager
async def frozen(url: str) -> AsyncIterator[None]:
    """All backends of one database stand still; the rest of the server does not."""
    name = urlsplit(url).path.lstrip("/")
    async with await psycopg.AsyncConnection.connect(conninfo(url), dbname="postgres", autocommit=True) as conn:
        rows = await (await conn.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", (name,))).fetchall()
    pids = [pid for (pid,) in rows]
    assert pids
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
    except (PermissionError, ProcessLookupError):
        pytest.skip("the test server's processes are somebody else's")
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


async def ask(world: World, alert: dict[str, object]) -> int:
    async with asyncio.timeout(LONG_S):
        return (await world.post(alert)).status_code


async def test_phones_get_their_503_in_time_and_the_alert_goes_in_once_when_it_moves_again(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        desk = await Desk("serving-1", world.bus).listen()
        await world.register("serving-1", "all")
        known, new = an_alert(phase="pre", countdown_s=60), an_alert(caller={"phone": "010-2222-3333"})
        assert await ask(world, known) == 202
        await until(lambda: len(desk.deliveries) == 1)
        further = [an_alert(caller={"phone": f"010-5555-{n:04}"}) for n in range(12)]
        async with frozen(router_database):
            calls = [known | {"phase": "active"}, new, new, *further]
            answers = await asyncio.gather(*(ask(world, one) for one in calls))
            assert set(answers) <= {202, 503}, "a connection made meanwhile works"
        answers = await asyncio.gather(*(ask(world, one) for one in calls))
        assert set(answers) == {202}
        await until(lambda: len({one.delivery_id for one in desk.deliveries}) == 3 + len(further))
        active = [one.alert.alert_id for one in desk.deliveries if one.alert.phase == "active"]
        assert len(set(active)) == 2 + len(further)


async def test_one_alert_that_somebody_locks_holds_up_nobody_else(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        locked, other = an_alert(phase="pre", countdown_s=60), an_alert(caller={"phone": "010-2222-3333"})
        assert await ask(world, locked) == 202
        async with (
            await psycopg.AsyncConnection.connect(conninfo(router_database)) as conn,
            conn.transaction(),
        ):
            await conn.execute("SELECT FROM alert WHERE alert_id = %s FOR UPDATE", (locked["alert_id"],))
            waiting = [asyncio.create_task(ask(world, locked | {"phase": "active"})) for _ in range(20)]
            await asyncio.sleep(0.3)
            assert await ask(world, other) == 202
            assert set(await asyncio.gather(*waiting)) == {503}
        assert await ask(world, locked | {"phase": "active"}) == 202


async def test_a_bus_that_hangs_costs_a_letter_a_second_or_two(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        desk = Desk("serving-1", world.bus)
        async with served(desk.app()) as https_url:
            await world.register("serving-1", "all", https_url=https_url)
            assert await ask(world, an_alert(position=None)) == 202
            await until(lambda: len(desk.deliveries) == 1)
            async with frozen(bus_database):
                alert = an_alert(position={**ANYANG, "accuracy_m": 9, "fixed_at": an_alert()["raised_at"]})
                assert await ask(world, alert) == 202
                await until(lambda: [one for one in desk.deliveries if str(one.alert.alert_id) == alert["alert_id"]])
