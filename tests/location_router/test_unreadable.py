"""A row that can't be read (a lost key, a bad disk) or a surprise in a loop: it is said, and everybody else goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from location_router import registry
from tests.location_router.routers import until
from tests.location_router.test_fencing import a_country

pytestmark = pytest.mark.database


async def test_an_alert_that_cannot_be_read_holds_up_no_other(
    router_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_country(router_database, monkeypatch) as country:
        broken, *others = [await country.raise_alert() for _ in range(4)]
        await country.rows("UPDATE alert SET message_sealed = 'x' WHERE alert_id = %s", broken)
        await country.rows("UPDATE delivery SET body_sealed = 'x' WHERE alert_id = %s", broken)
        for seat in country.seats.values():
            seat.is_cut = seat.name == "serving-1"
        for _ in range(3):
            await country.pass_time(3)
        assert [(await country.standing(one))[1] for one in others] == ["serving-2"] * 3
        for seat in country.seats.values():
            seat.is_cut = True
        for _ in range(2):
            await country.pass_time(61)
        called = await country.rows("SELECT alert_id FROM call_112")
        assert {one for (one,) in called} == set(others)


async def test_a_surprise_ends_no_loop(router_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk that dies after the surprise must still be seen to be dead."""
    monkeypatch.setattr(registry, "REFRESH_S", 0.01)
    async with a_country(router_database, monkeypatch) as country:
        followed = country.router.registry
        await followed.start()
        poll, surprises = followed.boundaries.poll, iter([KeyError("a surprise")])

        async def surprised(*given: Any) -> None:
            if error := next(surprises, None):
                raise error
            await poll(*given)

        monkeypatch.setattr(followed.boundaries, "poll", surprised)
        await asyncio.sleep(0.1)
        await country.rows("UPDATE installation SET last_seen_at = now() - interval '1 minute'")
        await until(lambda: not followed.is_online("serving-1"))
