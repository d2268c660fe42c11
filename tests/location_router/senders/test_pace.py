"""One agreed rate, however many processes stand behind the router's address."""

from __future__ import annotations

import time
from typing import Any

import pytest

from location_router.runtime.pace import Pace
from location_router.runtime.pool import Pool
from location_router.senders.gate import Gate

pytestmark = pytest.mark.database
RATE: dict[str, Any] = {"per_minute": 60, "at_most_s": 20.0}


async def test_a_sender_gets_its_rate_once_and_not_once_per_process(router_database: str) -> None:
    pool = Pool(router_database, size=2, name="test")
    await pool.open()
    try:
        gates = [Gate(None, trusted_proxies="") for _ in range(2)]  # type: ignore[arg-type]
        for gate in gates:
            for _ in range(9):  # of ten that are free at once
                assert gate._pace.wait_s("vendor", now=time.monotonic(), **RATE) == 0
            await gate.share(pool)
        await gates[0].share(pool)  # nothing came since: nothing is counted twice
        assert 7 < gates[1]._pace.wait_s("vendor", now=time.monotonic(), **RATE) < 10
        assert gates[0]._pace.wait_s("vendor", now=time.monotonic(), **RATE) == 0
        await gates[0].share(pool)
        assert 8 < gates[0]._pace.wait_s("vendor", now=time.monotonic(), **RATE) < 12
    finally:
        await pool.close()


def test_what_came_while_the_others_were_asked_is_not_forgotten_and_nobody_waits_for_ever() -> None:
    pace = Pace()
    pace.wait_s("vendor", now=0.0, **RATE)
    assert pace.spent() == {"vendor": (1.0, 30.0)} and pace.spent() == {}
    pace.wait_s("vendor", now=0.0, **RATE)
    pace.learn("vendor", 15.0, now=0.0)
    assert pace.wait_s("vendor", now=0.0, **RATE) == 7.0
    pace.learn("vendor", 1e6, now=0.0)
    assert pace.wait_s("vendor", now=0.0, **RATE) == 20.0
