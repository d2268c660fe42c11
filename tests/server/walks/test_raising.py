"""A phone that falls silent: she is asked, called, her guardians hear, and the center gets the walk's own alert."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest

from server.people import account, second_hand
from server.people.service import device_user, public_key_pem
from server.services import make_services
from server.walks.due import advance_walks
from server.walks.raising import send_alert
from tests.location_router.routers import KEYS, Desk, World, a_world, until
from tests.server.scene import installation
from tests.server.walks.walkers import SOON, Walker, walking

pytestmark = pytest.mark.database


async def restarted_and_swept(walker: Walker, **settings: object) -> None:
    """Everything was killed; a new process finds what is due in the rows."""
    held = walker.scene.services
    fresh = make_services(held.settings, clock=walker.clock)
    await advance_walks(fresh)
    await fresh.close()


async def to_the_rung(walker: Walker, rung: str) -> dict[str, object]:
    """Time passes, with a restart before each look, until the walk stands there."""
    for _ in range(60):
        row = await walker.row()
        if row["rung"] == rung:
            return row
        walker.clock.forward(max(1.0, (row["look_at"] - walker.clock()).total_seconds() + 0.5))
        await restarted_and_swept(walker)
    raise AssertionError(f"never {rung}: {row['state']} {row['rung']}")


async def test_silence_climbs_the_ladder_over_restarts_and_raises_one_alert(
    installation_database: str, router_database: str, bus_database: str
) -> None:
    async with (
        installation(installation_database, serves="", walk_patience=SOON) as home,
        walking(home) as walker,
        a_world(router_database, bus_database) as world,
    ):
        services = home.services
        services.settings.installation, services.settings.installation_key = "home-1", KEYS["home-1"]
        await world.register("serving-1", "all")
        await world.register("home-1", [], pem=await public_key_pem(services))
        services.router_client = httpx.AsyncClient(base_url=world.url, trust_env=False)
        desk = await Desk("serving-1", world.bus).listen()

        begun = await walker.begin(steps={"prompt_s": 30, "call_s": 40, "guardians_s": 50})
        assert (begun["state"], begun["rung"], begun["version"]) == ("on_track", "calm", 1)
        assert await walker.begin(steps={"prompt_s": 30, "call_s": 40, "guardians_s": 50}) == begun, "twice is once"
        for n in range(1, 8):
            last = await walker.at(n / 16)
        assert (last["state"], last["rung"]) == ("on_track", "calm")
        last_fix: datetime = (await walker.row())["fixed_at"]

        waits = {}
        for rung in ("prompted", "called", "guardians", "raised"):
            row = await to_the_rung(walker, rung)
            waits[rung] = walker.clock()
        assert row["state"] == "no_signal" and row["lat"] is not None
        gaps = [waits[two] - waits[one] for one, two in zip(list(waits), list(waits)[1:], strict=False)]
        for gap, step_s in zip(gaps, (30, 40, 50), strict=True):
            assert timedelta(seconds=step_s) <= gap < timedelta(seconds=step_s + 5)
        assert await walker.notices() == ["walk_begun", "walk_late", "walk_raised"]
        assert (await walker.jobs("ask_walker"), await walker.jobs("raise_walk")) == (2, 1)
        await restarted_and_swept(walker)
        assert await walker.jobs("raise_walk") == 1, "a rung is reached once"

        # the phone wakes at the same moment and raises its walk's alert too; the router was away at first
        services.router_client, real = (
            httpx.AsyncClient(base_url="http://127.0.0.1:9", trust_env=False),
            services.router_client,
        )
        with pytest.raises(Exception, match="away"):
            await send_alert(services, walker.walk_id)
        services.router_client = real
        token = walker.api.headers["Authorization"].removeprefix("Bearer ")
        hers = {"alert_id": str(walker.alert_id), "phase": "active", "trigger": "overdue_walk"}
        assert (await world.post(hers, token=token)).status_code == 202
        for _ in range(2):
            await send_alert(services, walker.walk_id)
        await until(lambda: desk.deliveries and desk.deliveries[-1].alert.caller.nickname == "보라")
        delivered = desk.deliveries[-1]
        assert world.rows("SELECT count(*) FROM alert") == [(1,)]
        assert (delivered.alert.alert_id, delivered.alert.trigger) == (walker.alert_id, "overdue_walk")
        assert delivered.alert.position is not None and delivered.alert.position.fixed_at == last_fix
        assert "unverified" not in delivered.flags
        assert (await walker.row())["sent_at"] is not None
        assert UUID(begun["alert_id"]) == walker.alert_id
        await _her_account_goes_before_the_router_has_it(walker, world, desk)
        await real.aclose()


async def _her_account_goes_before_the_router_has_it(walker: Walker, world: World, desk: Desk) -> None:
    """Another walk is raised while the router is away; she deletes her account; the router comes back."""
    services, scene = walker.scene.services, walker.scene
    await scene.sql("UPDATE walk SET ended_at = :now, outcome = 'raised'", now=walker.clock())
    token = walker.api.headers["Authorization"].removeprefix("Bearer ")
    for outcome in ("cancelled", "raised"):
        walker.again()
        await walker.begin(steps={"prompt_s": 30, "call_s": 40, "guardians_s": 50})
        last = await walker.at(0.1)
        await to_the_rung(walker, "raised")
        if outcome == "cancelled":  # her own word, before the router had it
            await walker.says("cancel")
    last_fix = (await walker.row())["fixed_at"]
    await account.end(services, await device_user(services, token))
    assert last["rung"] == "calm" and await scene.sql("SELECT walk_id FROM walk") == []
    await send_alert(services, walker.walk_id)
    jobs = await scene.sql("SELECT args FROM procrastinate_jobs WHERE task_name = 'send_second_hand'")
    assert [job["args"]["alert_id"] for job in jobs] == [str(walker.alert_id)]
    before = len(desk.deliveries)
    for _ in range(2):
        await second_hand.send(services, walker.alert_id)
    await until(lambda: len(desk.deliveries) > before)
    delivered = desk.deliveries[-1]
    assert (delivered.alert.alert_id, delivered.alert.trigger) == (walker.alert_id, "overdue_walk")
    assert (delivered.alert.caller.nickname, delivered.alert.caller.phone) == ("보라", "01012345678")
    assert delivered.alert.position is not None and delivered.alert.position.fixed_at == last_fix
    assert "unverified" not in delivered.flags and len(world.rows("SELECT 1 FROM alert")) == 2
