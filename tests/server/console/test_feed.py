"""The operators' feed: what every seat sees is what is on disk, once each."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed

from location_router.wire import Phase, Position, PositionUpdate, utc_now
from server.events import record
from server.intake import receive
from server.positions import PositionWriter
from tests.server.conftest import Desk
from tests.server.deliveries import delivery, rows

pytestmark = pytest.mark.database


async def until(socket: Any, kind: str, **fields: Any) -> dict[str, Any]:
    """The next frame of this kind."""
    async with asyncio.timeout(20):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["type"] == kind and all(frame.get(name) == value for name, value in fields.items()):
                return frame


async def command(socket: Any, name: str, incident_id: object, **args: Any) -> dict[str, Any]:
    identity = str(uuid4())
    await socket.send(
        json.dumps({"type": "command", "id": identity, "name": name, "incident_id": str(incident_id), "args": args})
    )
    return await until(socket, "result", id=identity)


async def test_a_card_appears_is_taken_once_and_closes_on_every_seat(desk: Desk) -> None:
    async with desk.browser() as one, desk.browser("colleague") as other:
        async with desk.feed(one) as seat, desk.feed(other) as second:
            assert (await until(seat, "snapshot"))["incidents"] == []
            await until(second, "snapshot")
            receipt = await receive(desk.services, delivery())
            shown = await until(seat, "event", seq=1)
            card = shown["incident"]
            assert shown["event"]["tag"] == "alert:received" and card["state"] == "received"
            assert card["caller"] == {"name_masked": "홍○동", "phone_masked": "***-****-5432", "language": "ko"}
            assert (card["position"], card["battery_percent"]) == (None, 61), "the place comes behind its row"
            for socket in (seat, second):
                assert (await until(socket, "position"))["position"]["lat"] == 37.3943
            shown = await rows(desk.services, "SELECT viewer_id, granted_event FROM release WHERE kind = 'position'")
            assert len({row["viewer_id"] for row in shown}) == 2 and len({row["granted_event"] for row in shown}) == 1
            taken = await command(seat, "acknowledge", receipt.incident_id)
            assert taken["ok"] and taken["data"]["incident"]["owner"]["name"] == "operator 김"
            late = await command(second, "acknowledge", receipt.incident_id)
            assert (late["problem"]["code"], late["problem"]["owner"]["name"]) == ("already_taken", "operator 김")
            http = await other.post(f"/api/incidents/{receipt.incident_id}/acknowledge")
            assert (http.status_code, http.json()["code"]) == (409, "already_taken")
            wrong = await command(seat, "close", receipt.incident_id, disposition="bored")
            assert wrong["problem"]["code"] == "unknown_disposition"
            closed = await command(seat, "close", receipt.incident_id, disposition="handled", note="귀가 확인")
            assert closed["data"]["incident"]["state"] == "closed"
            while (seen := await until(second, "event"))["event"]["tag"] != "incident:closed":
                pass
            assert seen["incident"]["disposition"] == "handled"
            again = await command(second, "dispatch", receipt.incident_id, agency="112")
            assert (again["problem"]["code"], again["problem"]["allowed"]) == ("not_allowed", ["note", "reopen"])
        told = await one.get(f"/api/incidents/{receipt.incident_id}")
        assert [line["tag"] for line in told.json()["timeline"] if not line["tag"].startswith("camera")] == [
            "alert:received",
            "alert:activated",
            "release:granted",  # to two by name
            "incident:acknowledged",
            "incident:closed",
            "release:ended",
        ]
        assert told.json()["track"] == [], "with the incident ends the right to see where she was"


async def test_two_seats_press_at_the_same_moment_and_one_has_it(desk: Desk) -> None:
    async with desk.browser() as one, desk.browser("colleague") as other:
        for _ in range(5):
            incident = (await receive(desk.services, delivery())).incident_id
            answers = await asyncio.gather(
                *(client.post(f"/api/incidents/{incident}/acknowledge") for client in (one, other))
            )
            assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_no_hole_and_no_repeat_under_writers_and_lost_connections(desk: Desk) -> None:
    """Six writers on two centers, a seat that loses its line at random and comes back with its cursor."""
    chance = random.Random(20261121)
    heard: dict[str, list[int]] = {"41170": [], "11110": []}
    writing = asyncio.create_task(_write(desk, chance, 120))
    async with desk.browser() as client:
        cursor: dict[str, int] | None = None
        async with asyncio.timeout(100):
            for turn in range(1000):
                async with desk.feed(client, cursor) as seat:
                    first = json.loads(await seat.recv())
                    if first["type"] == "snapshot":
                        assert turn == 0, "a cursor that is near enough gets what it missed"
                        cursor = dict(first["cursor"])
                        heard = {center: await _lines(desk, center, upto=cursor.get(center, 0)) for center in heard}
                    for event in first.get("events", []):
                        _hear(heard, cursor, event)
                    if await _listen(seat, heard, cursor, frames=chance.randint(0, 25)):
                        continue
                if writing.done() and await _is_complete(desk, heard):
                    break
    await writing
    assert await _is_complete(desk, heard)


async def _write(desk: Desk, chance: random.Random, count: int) -> None:
    incidents = [(await receive(desk.services, delivery(center=center))) for center in ("41170", "11110")]

    async def writer() -> None:
        for _ in range(count // 6):
            async with desk.services.db.begin() as unit:
                for receipt in chance.sample(incidents, chance.randint(1, 2)):
                    record(unit, center_id=receipt.center_code, incident_id=receipt.incident_id, tag="incident:noted")
            await asyncio.sleep(chance.random() * 0.02)

    await asyncio.gather(*(writer() for _ in range(6)))


async def _listen(seat: Any, heard: dict[str, list[int]], cursor: dict[str, int] | None, *, frames: int) -> bool:
    """Hear so many events; True when the line was cut, False when it has become quiet."""
    for _ in range(frames):
        try:
            async with asyncio.timeout(1.0):
                frame = json.loads(await seat.recv())
        except TimeoutError:
            return False
        if frame["type"] == "event":
            _hear(heard, cursor, frame)
    return frames > 0


def _hear(heard: dict[str, list[int]], cursor: dict[str, int] | None, frame: dict[str, Any]) -> None:
    """Nothing that is for seats lies between what was known and this frame."""
    assert cursor is not None
    assert frame["after"] <= cursor.get(frame["center"], 0) < frame["seq"]
    heard[frame["center"]].append(frame["seq"])
    cursor[frame["center"]] = frame["seq"]


async def _is_complete(desk: Desk, heard: dict[str, list[int]]) -> bool:
    lines = [await _lines(desk, center) for center in heard]
    return lines == list(heard.values())


async def _lines(desk: Desk, center: str, *, upto: int = 10**9) -> list[int]:
    """What seats are told: all but who was shown a place, which are the only releases here."""
    query = "SELECT seq FROM event WHERE center_id = :center AND seq <= :upto AND tag NOT LIKE 'release:%' ORDER BY seq"
    return [row["seq"] for row in await rows(desk.services, query, center=center, upto=upto)]


async def test_a_reader_that_has_stalled_is_cut_off_and_holds_nobody_up(desk: Desk) -> None:
    async with desk.browser() as one, desk.browser("colleague") as other:  # noqa: SIM117
        async with desk.feed(one, max_queue=1, close_timeout=0.2) as stalled, desk.feed(other) as healthy:
            await until(stalled, "snapshot")
            await until(healthy, "snapshot")
            hub, text = desk.services.shared["feed"], "가" * 20_000
            for number in range(400):  # more than the queue and the kernel's buffers hold
                hub.put(lambda number=number: {"type": "big", "number": number, "text": text}, to="41170")
                assert (await until(healthy, "big"))["number"] == number
            async with asyncio.timeout(20):
                while len(hub.seats) > 1:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            assert hub.slow == 1


async def test_the_socket_ends_with_the_session_and_is_closed_to_strangers(desk: Desk) -> None:
    async with desk.browser() as client, desk.browser("police") as agent:
        async with desk.feed(client) as seat:
            await until(seat, "snapshot")
            await client.post("/api/logout")
            with pytest.raises(ConnectionClosed) as ended:
                while True:
                    await asyncio.wait_for(seat.recv(), 20)
            assert ended.value.rcvd is not None and ended.value.rcvd.code == 4401
        async with desk.feed(agent) as seat:
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(seat.recv(), 20)
        async with desk.browser("colleague") as other, desk.feed(other, origin="http://evil.example") as seat:
            with pytest.raises(ConnectionClosed) as refused:
                await asyncio.wait_for(seat.recv(), 20)
            assert refused.value.rcvd is not None and refused.value.rcvd.code == 4403


async def test_positions_pass_by_the_log_and_never_go_back(desk: Desk) -> None:
    alert_id, writer = uuid4(), PositionWriter(desk.services)

    def update(seconds: float, lat: float) -> PositionUpdate:
        fixed = utc_now() + timedelta(seconds=seconds)
        return PositionUpdate(alert_id=alert_id, position=Position(lat=lat, lon=126.9, fixed_at=fixed))

    async with desk.browser() as client, desk.feed(client) as seat:
        await until(seat, "snapshot")
        writer.add(update(-1, 37.41))  # overtakes its alert
        assert await writer.flush() == 0
        receipt = await receive(desk.services, delivery(alert_id=alert_id, lat=37.40))
        writer.add(update(0, 37.42))
        assert await writer.flush() == 2
        assert (await until(seat, "position"))["position"]["lat"] == 37.42, "the newest of the batch"
        writer.add(update(-60, 37.30))  # late: completes the track, is not shown
        writer.add(update(3600, 37.43))  # a clock that runs ahead counts as of its arrival
        await writer.flush()
        frame = await until(seat, "position")
        assert (frame["position"]["lat"], frame["alert_id"]) == (37.43, str(alert_id))
        assert frame["position"]["fixed_at"] == frame["position"]["received_at"]
        track = (await client.get(f"/api/incidents/{receipt.incident_id}")).json()["track"]
        assert [point["lat"] for point in track][0] == 37.30
        await receive(desk.services, delivery(alert_id=alert_id, phase=Phase.ENDED, outcome="cancel", was_active=True))
        await client.post(f"/api/incidents/{receipt.incident_id}/acknowledge")
        await client.post(f"/api/incidents/{receipt.incident_id}/close", json={"disposition": "handled"})
        writer.add(update(10, 37.44))
        assert await writer.flush() == 0, "after the end nothing is stored"
