"""The phone's line: positions up, statuses down, whichever process holds it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from location_router.live import SAVE_GAP_S
from location_router.runtime.seal import new_key
from location_router.runtime.tokens import Device, new_device_keys, sign_device_token
from location_router.wire import State
from tests.location_router.routers import ANYANG, ANYANG_CODE, Desk, World, a_world, an_alert, until

pytestmark = pytest.mark.database


class Line:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def next(self, kind: str) -> dict[str, Any]:
        """The next frame of this kind; others before it are skipped."""
        async with asyncio.timeout(15):
            while True:
                frame = json.loads(await self.socket.recv())
                if frame["type"] == kind:
                    return frame

    async def move(self, seq: int, **fields: Any) -> None:
        position = {**ANYANG, "accuracy_m": 8, "fixed_at": f"2026-11-21T01:00:{seq % 60:02d}Z", "seq": seq} | fields
        await self.socket.send(json.dumps({"type": "position", "position": position}))

    async def closed(self) -> int:
        async with asyncio.timeout(15):
            try:
                while True:
                    await self.socket.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 0


@asynccontextmanager
async def a_line(world: World, alert_id: str, token: str) -> AsyncIterator[Line]:
    address = f"{world.url.replace('http', 'ws')}/v1/alerts/{alert_id}/live?token={token}"
    async with connect(address, proxy=None) as socket:
        yield Line(socket)


async def test_statuses_reach_the_phone_on_any_process_and_the_end_closes_the_line(
    router_database: str, bus_database: str
) -> None:
    async with (
        a_world(router_database, bus_database) as world,
        a_world(router_database, bus_database, worker=False) as other,
    ):
        await world.register("serving-1", "all")
        desk = await Desk("serving-1", world.bus).listen()
        alert = an_alert()
        token = (await world.post(alert)).json()["live_token"]
        async with a_line(other, alert["alert_id"], token) as line:
            first = (await line.next("status"))["status"]
            assert first["state"] == "assigned" and first["center"]["code"] == ANYANG_CODE
            await until(lambda: desk.deliveries)
            await desk.say(State.RECEIVED)
            assert (await line.next("status"))["status"]["state"] == "received"
            async with a_line(world, alert["alert_id"], token) as second:
                assert (await second.next("status"))["status"]["state"] == "received", "the last one at once"
            await desk.say(State.CLOSED)
            assert (await line.next("status"))["status"]["state"] == "closed"
            await line.next("ended")
            assert await line.closed() == 1000


async def test_positions_reach_desk_and_home_and_the_newest_wins(router_database: str, bus_database: str) -> None:
    private, public = new_device_keys()
    device_token = sign_device_token(Device("home-1", "device-1", "person-1", ANYANG_CODE), private)
    seen: dict[str, dict[str, Any]] = {"serving-1": {}, "home-1": {}}
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        await world.register("home-1", [], pem=public)
        for name in seen:

            async def keep(key: str, body: bytes, name: str = name) -> None:
                seen[name][key] = json.loads(body)["position"]

            await world.bus.subscribe_latest(f"position.{name}", keep)
        alert = an_alert()
        token = (await world.post(alert, token=device_token)).json()["live_token"]
        async with a_line(world, alert["alert_id"], token) as line:
            for seq in range(1, 21):
                if seq == 11:  # from here on the process is busy and thins positions out: the last one comes yet
                    world.router.thinning.came_late(1.0)
                await line.move(seq)
                assert (await line.next("ack"))["seq"] == seq
            await line.move(21, lat="nonsense")
            assert (await line.next("ack"))["seq"] == 21, "taken, so that the phone does not send it for ever"
            await line.socket.send('{"type":"ping"}')
            await line.next("pong")
        await until(lambda: all(seen[name].get(alert["alert_id"], {}).get("seq") == 20 for name in seen))

        path = f"/v1/alerts/{alert['alert_id']}/positions"
        batch = {"positions": [{**ANYANG, "fixed_at": f"2026-11-21T01:01:{n:02d}Z", "seq": 30 + n} for n in range(3)]}
        for bearer in (token, device_token):
            answer = await world.client.post(path, json=batch, headers={"Authorization": f"Bearer {bearer}"})
            assert (answer.status_code, answer.json()) == (202, {"stored": 3})
        await until(lambda: seen["home-1"][alert["alert_id"]]["seq"] == 32)
        await until(lambda: world.rows("SELECT 1 FROM alert WHERE position_sealed IS NOT NULL"))
        assert (await world.client.post(path, json=batch)).status_code == 403


async def test_cancel_and_duress_end_the_line_alike_but_only_duress_is_followed(
    router_database: str, bus_database: str
) -> None:
    seen: set[str] = set()

    async def keep(key: str, _: bytes) -> None:
        seen.add(key)

    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        desk = await Desk("serving-1", world.bus).listen()
        await world.bus.subscribe_latest("position.serving-1", keep)
        frames, ids = [], {}
        for outcome in ("cancel", "duress"):
            alert = an_alert(phase="pre", countdown_s=5)
            ids[outcome] = alert["alert_id"]
            token = (await world.post(alert)).json()["live_token"]
            async with a_line(world, alert["alert_id"], token) as line:
                await world.post(alert | {"phase": "ended", "outcome": outcome})
                frames.append(await line.next("ended"))
                assert await line.closed() == 1000
            await until(
                lambda alert=alert: [
                    one for one in desk.deliveries if str(one.alert.alert_id) == alert["alert_id"] and one.alert.outcome
                ]
            )
            await desk.say(State.RECEIVED)
            async with a_line(world, alert["alert_id"], token) as line:
                assert json.loads(await line.socket.recv()) == {"type": "ended"}, "no status gives it away"
            answer = await world.client.post(
                f"/v1/alerts/{alert['alert_id']}/positions",
                json={"positions": [an_alert()["position"]]},
                headers={"Authorization": f"Bearer {token}"},
            )
            assert answer.json() == {"stored": 1}
        assert frames[0] == frames[1]
        await until(lambda: ids["duress"] in seen)
        assert ids["cancel"] not in seen


async def test_a_wrong_token_opens_no_line(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        alert = an_alert()
        await world.post(alert)
        with pytest.raises(InvalidStatus):
            async with a_line(world, alert["alert_id"], "x" * 32):
                pass


async def test_an_older_position_through_another_process_takes_nothing_from_a_newer_one(
    router_database: str, bus_database: str
) -> None:
    key = new_key()
    async with (
        a_world(router_database, bus_database, worker=False, key=key) as world,
        a_world(router_database, bus_database, worker=False, key=key) as other,
    ):
        name, sealer = (alert := an_alert())["alert_id"], world.router.sealer
        token = (await world.post(alert)).json()["live_token"]

        def last() -> str:
            ((sealed,),) = world.rows("SELECT position_sealed FROM alert WHERE alert_id = %s", name)
            return str(json.loads(sealer.open(sealed, context=f"alert.position:{name}"))["fixed_at"]) if sealed else ""

        async with a_line(other, name, token) as line:
            await line.move(30)
            await until(lambda: "01:00:30" in last())
            batch = {"positions": [{**ANYANG, "fixed_at": "2026-11-21T01:00:05Z", "seq": 5}]}
            bearer = {"Authorization": f"Bearer {token}"}
            answer = await world.client.post(f"/v1/alerts/{name}/positions", json=batch, headers=bearer)
            assert answer.status_code == 202
            await asyncio.sleep(2 * SAVE_GAP_S)
            assert "01:00:30" in last()
            for _ in range(50):  # on a busy machine positions are thinned, one may be among those
                await line.move(31)
                await asyncio.sleep(SAVE_GAP_S)
                if "01:00:31" in last():
                    break
            assert "01:00:31" in last()
