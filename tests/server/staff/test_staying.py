"""How long a session lasts, how many there may be, and how fast it is over everywhere when it is over."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from location_router.runtime.db import Unit
from server.staff.watch import LOOK_S, SessionWatch, extend
from tests.server.conftest import Desk
from tests.server.deliveries import Clock, rows
from tests.server.scene import CENTER, Scene
from tests.server.staff.conftest import OTHER_SEAT, House, told

pytestmark = pytest.mark.database


async def test_of_too_many_sessions_the_one_left_alone_longest_ends(house: House) -> None:
    house.services.settings.sessions_max = 3
    browsers = []
    for _ in range(3):
        browsers.append(await house.enter("kim"))
        house.clock.forward(120)
    await browsers[0].get("/api/me")  # the oldest is the one in use
    browsers.append(await house.enter("kim"))
    assert [(await one.get("/api/me")).status_code for one in browsers] == [200, 401, 200, 200]
    [ended] = await rows(house.services, "SELECT end_reason FROM session WHERE ended_at IS NOT NULL")
    assert ended["end_reason"] == "limit"


async def test_four_sign_ins_at_the_same_moment_are_two_sessions(house: House) -> None:
    house.services.settings.sessions_max = 2
    await asyncio.gather(*(house.enter("kim", f"10.0.0.{seat}") for seat in range(1, 5)))
    [left] = await rows(house.services, "SELECT count(*) AS n FROM session WHERE ended_at IS NULL")
    assert left["n"] == 2


async def test_who_does_not_wait_at_a_desk_is_signed_out_when_nobody_is_there(house: House) -> None:
    admin, auditor, operator = await house.enter("choi"), await house.enter("eye"), await house.enter("kim")
    for _ in range(4):
        house.clock.forward(1000)
        assert (await admin.get("/api/me")).status_code == 200, "at work all the time"
    assert told(await auditor.get("/api/me"))[0] == 401
    assert (await operator.get("/api/me")).status_code == 200, "an operator waits for a call"
    [ended] = await rows(house.services, "SELECT end_reason FROM session WHERE ended_at IS NOT NULL")
    assert ended["end_reason"] == "idle"


async def test_one_sees_and_ends_the_own_sessions(house: House) -> None:
    here, there, third = await house.enter("kim"), await house.enter("kim", OTHER_SEAT), await house.enter("kim")
    listed = (await here.get("/api/sessions")).json()["sessions"]
    assert [(one["address"], one["own"]) for one in listed].count(("10.0.0.1", True)) == 1
    far = next(one for one in listed if one["address"] == OTHER_SEAT)
    assert (await here.delete(f"/api/sessions/{far['session_id']}")).status_code == 200
    assert told(await here.delete(f"/api/sessions/{far['session_id']}")) == (404, "no_session")
    assert told(await there.get("/api/me"))[0] == 401
    lee = await house.enter("lee")
    own = next(one for one in listed if one["own"])["session_id"]
    assert told(await lee.delete(f"/api/sessions/{own}")) == (404, "no_session"), "nobody else's"
    assert (await here.delete("/api/sessions")).json() == {"ended": 1}
    assert told(await third.get("/api/me"))[0] == 401 and (await here.get("/api/me")).status_code == 200
    admin = await house.enter("choi")
    path = f"/api/accounts/{await house.account_id('kim')}/sessions"
    [left] = (await admin.get(path)).json()["sessions"]
    assert (await admin.delete(f"{path}/{left['session_id']}")).status_code == 200
    assert told(await here.get("/api/me"))[0] == 401
    assert (await house.log("session")).count("session:ended") == 3


async def incident_of(house: House, login: str, state: str = "acknowledged") -> UUID:
    incident_id = await Scene(house.services).emergency(state=state, center=CENTER)
    await rows(
        house.services,
        "UPDATE incident SET owner_id = :owner WHERE incident_id = :id RETURNING 1",
        owner=await house.account_id(login),
        id=incident_id,
    )
    return incident_id


async def test_in_the_middle_of_an_incident_nobody_is_thrown_out(house: House) -> None:
    busy, free = await house.enter("kim"), await house.enter("lee")
    await incident_of(house, "kim")
    house.clock.forward(12 * 3600 - 60)
    told_before = (await busy.get("/api/me")).json()["session"]
    assert (told_before["ends_soon"], told_before["extended"]) == (True, False)
    assert await extend(house.services) == 1 and await extend(house.services) == 0
    house.clock.forward(300)
    assert (await busy.get("/api/me")).json()["session"]["extended"] is True
    assert told(await free.get("/api/me"))[0] == 401
    house.clock.forward(540)
    for _ in range(16):
        await extend(house.services)
        house.clock.forward(14 * 60)
    assert (await busy.get("/api/me")).status_code == 200
    house.clock.forward(20 * 60)
    await extend(house.services)
    assert told(await busy.get("/api/me"))[0] == 401, "sixteen hours are enough for anybody"
    assert (await house.log("session")).count("session:extended") > 10


async def test_when_the_incident_is_closed_the_extension_is_over(house: House) -> None:
    busy = await house.enter("kim")
    await incident_of(house, "kim", state="closed")
    house.clock.forward(12 * 3600 - 60)
    assert await extend(house.services) == 0
    house.clock.forward(61)
    assert told(await busy.get("/api/me"))[0] == 401


async def until_closed(seat: ClientConnection) -> int | None:
    """The close code."""
    async with asyncio.timeout(20):
        while True:
            try:
                await seat.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE session SET ended_at = now()",
        "UPDATE account SET active = false WHERE login = 'operator'",
        "DELETE FROM allowed_address",
    ],
)
async def test_a_socket_ends_whichever_process_took_the_right_away(desk: Desk, change: str) -> None:
    async with desk.browser() as browser, desk.feed(browser) as seat:
        await seat.recv()
        await rows(desk.services, f"{change} RETURNING 1")
        assert await until_closed(seat) == 4401
    assert LOOK_S <= 0.5, "looked for twice a second"


async def test_an_administrators_change_ends_the_socket_before_anybody_looks(
    desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody_looks(_: SessionWatch) -> None:
        pass

    async with desk.services.db.begin() as unit:
        from server.staff.service import add_account

        await add_account(
            unit, desk.services, login="choi", password="correct horse", name="C", role="admin", desk="main",
            networks=["127.0.0.1/32"],
        )  # fmt: skip
    async with desk.browser() as browser, desk.browser("choi") as admin, desk.feed(browser) as seat:
        await seat.recv()
        monkeypatch.setattr(SessionWatch, "look", nobody_looks)
        me = (await browser.get("/api/me")).json()
        changed = await admin.patch(f"/api/accounts/{me['account_id']}", json={"role": "supervisor"})
        assert changed.status_code == 200
        assert await until_closed(seat) == 4401


async def test_a_seat_is_told_before_its_time_is_over(desk: Desk, clock: Clock) -> None:
    async with desk.browser() as browser, desk.feed(browser) as seat:
        await seat.recv()
        await rows(desk.services, "UPDATE session SET expires_at = :at RETURNING 1", at=clock() + timedelta(minutes=8))
        frames: list[dict[str, Any]] = []
        async with asyncio.timeout(15):
            while not frames or frames[-1]["type"] != "session":
                frames.append(json.loads(await seat.recv()))
        assert frames[-1]["extended"] is False and "expires_at" in frames[-1]


async def test_a_thousand_seats_are_looked_at_by_one_question(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look is twice a second beside everything else."""

    class Hub:
        digests: set[bytes] = set()
        ended: list[bytes] = []

        def sessions(self) -> set[bytes]:
            return self.digests

        def end_session(self, digest: bytes) -> None:
            self.ended.append(digest)

        seats: set[Any] = set()

    await house.enter("kim")
    found = await rows(
        house.services,
        "INSERT INTO session (token_digest, account_id, address, expires_at) SELECT decode(md5(n::text), 'hex'),"
        " account_id, '10.0.0.1', now() + interval '1 hour' FROM account, generate_series(1, 1000) n"
        " WHERE login = 'kim' RETURNING token_digest",
    )
    hub = house.services.shared["feed"] = Hub()
    hub.digests = {bytes(row["token_digest"]) for row in found} | {b"unknown"}
    watch = SessionWatch(house.services)
    await watch.look()
    questions: list[int] = []
    real = Unit.all

    async def counted(unit: Unit, *asked: Any) -> list[dict[str, Any]]:
        found = await real(unit, *asked)
        questions.append(len(found))
        return found

    monkeypatch.setattr(Unit, "all", counted)
    await watch.look()
    assert hub.ended == [b"unknown", b"unknown"] and questions == [1000]
    del house.services.shared["feed"]
