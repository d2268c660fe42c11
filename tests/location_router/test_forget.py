"""Nothing about a person outlives its purpose: every cell of every table is looked at when the time is over."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from location_router.runtime.seal import Sealer
from location_router.runtime.tokens import Device, new_device_keys, sign_device_token
from location_router.senders import intakes
from location_router.tables import metadata
from location_router.wire import State, utc_now
from location_router.worker import forget
from tests.location_router.routers import ANYANG, ANYANG_CODE, TEST_KEY, Desk, World, a_world, an_alert, until
from tests.location_router.senders.vendors import Button, a_sender, send

pytestmark = pytest.mark.database
PRIVATE, PEM = new_device_keys()


def cells(world: World) -> dict[str, str]:
    """Every row of every table as text, by table."""
    found = {}
    for table in metadata.tables:
        rows = world.rows(f'SELECT t::text FROM "{table}" t')
        found[table] = "\n".join(row[0] for row in rows)
    return found


def sealed(world: World) -> dict[str, int]:
    """How many sealed values about a person each table holds; keys of senders are none."""
    columns = [one for one in metadata.sorted_tables for one in one.columns if one.name.endswith("_sealed")]
    counts = {
        f"{one.table.name}.{one.name}": world.rows(
            f'SELECT count(*) FROM "{one.table.name}" WHERE {one.name} IS NOT NULL'
        )
        for one in columns
        if one.table.name != "sender_key"
    }
    return {name: rows[0][0] for name, rows in counts.items() if rows[0][0]}


def age(world: World, days: int) -> None:
    """Everything on record happened that many days ago. In a thread: the router of this process may hold a row."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if str(column.type) == "DATETIME" and table.name not in ("installation", "node", "node_key", "sender_key"):
                world.rows(f"UPDATE \"{table.name}\" SET {column.name} = {column.name} - interval '{days} days'")


async def forget_all(world: World) -> None:
    await forget(world.router.pool)
    for statement in intakes.FORGET:
        await world.router.pool.run(statement)
    await world.router.alarms.forget()


async def a_busy_night(world: World, *, is_answered: bool) -> None:
    """An alert with its second press, a spoof of her number, a button, a location of the network, a sandbox, junk."""
    await world.register("home-1", [], pem=PEM)
    desk = Desk("serving-1", world.bus, answers=is_answered)
    if is_answered:
        await world.register("serving-1", "all")
        await desk.listen()
    token = sign_device_token(Device("home-1", "device-of-jiyoung", "person-jiyoung", ANYANG_CODE), PRIVATE)
    for again in range(2):
        await world.post(an_alert(position=None if again else {**ANYANG, "lat": 999}), token=token)
    await world.post(an_alert())
    await world.client.post("/v1/devices/messages", content=Button().message())
    await world.post(b"010-1234-5678 is no alert")
    network = await a_sender(world, "network")
    fix = {"location_latitude": ANYANG["lat"], "location_longitude": ANYANG["lon"], "location_accuracy": 9,
           "location_time": int(utc_now().timestamp() * 1000)}  # fmt: skip
    for number in ("01012345678", "01055555555"):
        await send(world, network, "/v1/els", fix | {"device_number": number})
    await send(world, network, "/v1/sandbox/alerts", an_alert(alert_id=str(uuid4())))
    if is_answered:
        await until(lambda: len(world.rows("SELECT 1 FROM alert WHERE owner_receipt_at IS NOT NULL")) == 4)
        for index in range(len(desk.deliveries)):
            await desk.say(State.CLOSED, index=index)
        await until(lambda: not world.rows("SELECT 1 FROM alert WHERE closed_at IS NULL"))
    await asyncio.sleep(0.3)


@pytest.mark.parametrize("is_answered", [True, False])
async def test_a_month_later_no_cell_tells_of_her(is_answered: bool, router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await a_busy_night(world, is_answered=is_answered)
        assert sealed(world), "there was something to forget"
        await asyncio.to_thread(age, world, 8 if is_answered else 31)
        await forget_all(world)
        assert sealed(world) == {}
        sealer, number = Sealer(TEST_KEY), "01012345678"
        digests = [sealer.digest(f"{how}:{number}", context="alert.claim").hex() for how in ("told", "proven")]
        words = ["device-of-jiyoung", "person-jiyoung", "지영", "1234-5678", number, "37.40", "126.92", *digests]
        for table, text in cells(world).items():
            assert [word for word in words if word in text] == [], table
        assert world.rows("SELECT count(*) FROM alert_link") == [(0,)], "nor which alerts were the same person's"
        assert len(world.rows("SELECT 1 FROM alert")) == 4, "that there were alerts stays on record"


async def test_what_is_still_worked_on_is_kept(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await a_busy_night(world, is_answered=False)
        await asyncio.to_thread(age, world, 8)
        await forget(world.router.pool)
        assert sealed(world)["alert.message_sealed"] == 4, "nobody has received them: they are still tried"
