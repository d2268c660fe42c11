"""The registry of nodes at a real router: enrolling, refusing, revoking, rolling, and the list the centers keep."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from location_router import nodes
from location_router.bus import LIST_HEADER, PgBus, Signer, Unavailable
from location_router.guard import Guard
from location_router.nodelist import BadList, NodeList, open_list, proofs_of
from location_router.runtime.signing import sign
from location_router.wire import Delivery, Linked, LinkedPair, Receipt, State, utc_now
from tests.location_router.routers import KEYS, Desk, World, a_world, an_alert, receipt_for, until

ONE = Signer("serving-1", [os.urandom(32)])
TWO = Signer("serving-2", [os.urandom(32)])


@pytest.fixture
async def world(router_database: str, bus_database: str) -> AsyncIterator[World]:
    async with a_world(router_database, bus_database) as one:
        yield one


async def enrol(world: World, signer: Signer, *, expect: str = "enrolled") -> None:
    body = {"installation": signer.node, "serves": "all", "node_keys": proofs_of(signer, now=datetime.now(UTC))}
    answer = await world.signed("/v1/installations/register", json.dumps(body).encode(), installation=signer.node)
    assert answer.status_code == 200 and answer.json()["node"]["code"] == expect, answer.text


async def a_list(world: World, tmp_path: Path, **options: object) -> NodeList:
    async def fetch() -> tuple[bytes, str]:
        headers = sign(
            KEYS["serving-1"], installation="serving-1", method="GET", path="/v1/nodes", body=b"", now=time.time()
        )
        answer = await world.client.get("/v1/nodes", headers=headers)
        if answer.status_code != 200:
            raise Unavailable(answer.text)
        return answer.content, answer.headers[LIST_HEADER]

    given = {"trust": [], "installation_key": KEYS["serving-1"], "cache": tmp_path / "nodes.json"} | options
    return NodeList(fetch, **given)  # type: ignore[arg-type]


def signed_bus(world: World, signer: Signer, bus_database: str) -> PgBus:
    """The bus as an installation has it that believes everything; it signs."""

    class Nothing:
        keyring = world.router.nodes.keyring
        is_binding = False

        async def look_again(self) -> None: ...

    async def nowhere(*_: object) -> None: ...

    return PgBus(bus_database, guard=Guard(signer, Nothing(), nowhere))


def kept(world: World) -> list[str]:
    return [row[0] for row in world.rows("SELECT code FROM quarantine ORDER BY received_at")]


async def test_an_alert_and_its_receipt_go_signed_and_an_unsigned_receipt_is_quarantined(
    world: World, bus_database: str
) -> None:
    await enrol(world, ONE)
    bus = signed_bus(world, ONE, bus_database)
    taken: list[Delivery] = []

    async def take(_: str, body: bytes) -> None:
        taken.append(Delivery.model_validate_json(body))

    await bus.subscribe("alert.serving-1", "intake", take)
    assert (await world.post(an_alert())).status_code == 202
    await until(lambda: taken)
    stored = world_bus_bodies(bus_database, "alert.serving-1")
    assert all(body.startswith(b"ansim1 router ") for body in stored), "signed by the router"
    receipt = receipt_for(taken[0], "serving-1")
    await world.bus.publish("receipt", str(uuid4()), receipt.model_dump_json().encode())
    await until(lambda: kept(world) == ["bus_unsigned"])
    assert not world.rows("SELECT 1 FROM delivery WHERE receipt_at IS NOT NULL")
    await bus.publish("receipt", str(receipt.delivery_id), receipt.model_dump_json().encode())
    await until(lambda: world.rows("SELECT 1 FROM delivery WHERE receipt_at IS NOT NULL"))
    await bus.close()


def world_bus_bodies(bus_database: str, subject: str) -> list[bytes]:
    import psycopg

    from location_router.runtime.db import conninfo

    with psycopg.connect(conninfo(bus_database)) as connection:
        rows = connection.execute("SELECT body FROM bus_message WHERE subject = %s", (subject,)).fetchall()
    return [bytes(row[0]) for row in rows]


async def test_nobody_speaks_for_another(world: World, bus_database: str) -> None:
    await enrol(world, ONE)
    await enrol(world, TWO)
    one, two = signed_bus(world, ONE, bus_database), signed_bus(world, TWO, bus_database)
    desk = await Desk("serving-1", one, answers=False).listen()
    assert (await world.post(an_alert())).status_code == 202
    await until(lambda: desk.deliveries)
    theirs = Desk("serving-1", two, deliveries=desk.deliveries)
    await two.publish("receipt", "r1", receipt_for(desk.deliveries[0], "serving-1").model_dump_json().encode())
    await until(lambda: kept(world) == ["bus_speaks_for_another"])
    await theirs.say(State.CLOSED)
    own = receipt_for(desk.deliveries[0], "serving-1")
    answer = await world.signed("/v1/receipts", own.model_dump_json().encode(), installation="serving-2")
    assert answer.status_code == 403
    await desk.say(State.RECEIVED)
    await until(lambda: world.rows("SELECT 1 FROM status WHERE state = 'received'"))
    assert not world.rows("SELECT 1 FROM status WHERE state = 'closed'"), "who never had the alert can't close it"
    await one.close()
    await two.close()


async def test_a_revoked_node_is_refused_on_every_way(world: World, bus_database: str) -> None:
    await enrol(world, ONE)
    bus = signed_bus(world, ONE, bus_database)
    desk = await Desk("serving-1", bus, answers=False).listen()
    await world.post(an_alert())
    await until(lambda: desk.deliveries)
    async with world.router.pool.transaction() as conn:
        assert await nodes.revoke(conn, "serving-1", reason="a stolen disk", by="test")
    await world.router.nodes.look_again()
    receipt: Receipt = receipt_for(desk.deliveries[0], "serving-1")
    await bus.publish("receipt", "r1", receipt.model_dump_json().encode())
    await until(lambda: kept(world) == ["bus_revoked"])
    for path in ("/v1/receipts", "/v1/centers/heartbeat", "/v1/installations/register"):
        answer = await world.signed(path, receipt.model_dump_json().encode())
        assert answer.status_code == 403 and answer.json()["code"] == "node_revoked", path
    assert not world.rows("SELECT 1 FROM delivery WHERE receipt_at IS NOT NULL")
    async with world.router.pool.transaction() as conn:
        assert await nodes.reinstate(conn, "serving-1", by="test")
    await world.router.nodes.look_again()
    assert (await world.signed("/v1/receipts", receipt.model_dump_json().encode())).status_code == 200
    await bus.close()


async def test_keys_roll_one_vouching_for_the_next_and_a_stranger_can_not_take_the_name(world: World) -> None:
    old, new = os.urandom(32), os.urandom(32)
    await enrol(world, Signer("serving-1", [old]))
    await enrol(world, Signer("serving-1", [old]), expect="known")
    await enrol(world, Signer("serving-1", [os.urandom(32)]), expect="not_vouched")
    await enrol(world, Signer("serving-1", [new, old]))
    await enrol(world, Signer("serving-1", [new]), expect="known")
    assert len(world.router.nodes.keyring.of("serving-1")) == 2, "both hold"


async def test_a_first_message_that_overtakes_its_registration_waits_for_it(world: World, bus_database: str) -> None:
    await enrol(world, TWO)
    bus = signed_bus(world, ONE, bus_database)
    desk = await Desk("serving-1", bus, answers=True).listen()
    await world.register("serving-1", "all")
    await world.post(an_alert())
    await until(lambda: desk.deliveries or world.rows("SELECT 1 FROM delivery WHERE published_at IS NOT NULL"))
    await bus.publish("status", "s1", b"{}")
    assert kept(world) == []
    await enrol(world, ONE)
    await until(lambda: "bus_malformed" in kept(world))
    await bus.close()


async def test_a_center_keeps_the_list_on_disk_and_believes_no_older_or_foreign_one(
    world: World, tmp_path: Path
) -> None:
    await enrol(world, ONE)
    await enrol(world, TWO)
    first = await a_list(world, tmp_path)
    await first.look_again()
    assert {"router", "serving-1"} <= first.keyring.nodes and first.is_binding
    old_body = (tmp_path / "nodes.json").read_bytes()

    async with world.router.pool.transaction() as conn:
        await nodes.revoke(conn, "serving-2", reason="test", by="test")
    await world.router.nodes.look_again()
    await (await a_list(world, tmp_path)).look_again()

    async def away() -> tuple[bytes, str]:
        raise Unavailable("the router is away")

    alone = NodeList(away, trust=[], installation_key=KEYS["serving-1"], cache=tmp_path / "nodes.json")
    alone.start()
    assert alone.keyring.is_revoked("serving-2"), "known without the router"
    kept_list = json.loads(old_body)
    with pytest.raises(BadList, match="older"):
        alone._take(kept_list["body"].encode(), kept_list["mac"])
    await alone.stop()
    body, mac = kept_list["body"].encode(), kept_list["mac"]
    with pytest.raises(BadList, match="INSTALLATION_KEY"):
        open_list(body, mac, trust=[], installation_key="another")
    with pytest.raises(BadList, match="NODE_TRUST"):
        open_list(body, mac, trust=[os.urandom(32)], installation_key=KEYS["serving-1"])
    open_list(body, "", trust=world.router.nodes.signer.public_keys, installation_key="")


async def test_what_an_operator_links_passes_the_guard_and_only_in_its_own_name(
    world: World, bus_database: str
) -> None:
    await enrol(world, ONE)
    await enrol(world, TWO)
    one, two = signed_bus(world, ONE, bus_database), signed_bus(world, TWO, bus_database)
    desk = await Desk("serving-1", one).listen()
    for _ in range(2):
        assert (await world.post(an_alert(caller={}))).status_code == 202
    await until(lambda: len(desk.deliveries) == 2)
    first, second = (delivery.alert.alert_id for delivery in desk.deliveries)
    pair = LinkedPair(alert_id=first, other_id=second, kind="manual", at=utc_now())
    note = Linked(note_id=uuid4(), links=[pair], installation="serving-1")
    await two.publish("status", str(note.note_id), note.model_dump_json().encode())
    await until(lambda: kept(world) == ["bus_speaks_for_another"])
    assert not world.rows("SELECT 1 FROM alert_link WHERE kind = 'manual'")
    note = Linked(note_id=uuid4(), links=[pair], installation="serving-1")
    await one.publish("status", str(note.note_id), note.model_dump_json().encode())
    await until(lambda: world.rows("SELECT 1 FROM alert_link WHERE kind = 'manual'"))
    await one.close()
    await two.close()
