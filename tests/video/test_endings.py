"""Every way in which the right to look ends, at both doors of a real video process; and what a crash leaves behind."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

from server.dispatch import service as dispatches
from server.releases import end_incident_releases
from server.video import peer as peers
from server.video.gateway import Play
from tests.video.conftest import RunningCity
from tests.video.house import House, house
from tests.video.screen import Screen
from tests.video.seat import Seat

ENDS = {
    "police": ("no_agreement", "UPDATE agreement SET ends_at = now() WHERE agency_id = '112-demo'"),
    "operator": ("session_ended", "UPDATE session SET ended_at = now() WHERE account_id = :id"),
    "supervisor": (
        "address_not_registered",
        "UPDATE allowed_address SET network = '10.0.0.0/8' WHERE account_id = :id",
    ),
}


class Looking:
    """One person with one camera at each door."""

    def __init__(self, home: House, login: str, tickets: list[dict[str, Any]]) -> None:
        self.home, self.login, self.tickets = home, login, tickets
        self.screen = Screen(f"http://127.0.0.1:{home.port}")

    async def begin(self) -> Looking:
        self.seat = await Seat.take(self.tickets[0]["ws_url"])
        whep = self.tickets[1]["plays"][1]
        await self.screen.watch(Play("whep", whep["url"], whep["ticket"], 0))
        await self.seat.until(lambda seat: seat.pictures)
        async with asyncio.timeout(15):
            while not self.screen.pictures:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return self

    async def ended(self) -> tuple[str, str]:
        """The reasons told at the socket and at the session."""
        end = await self.seat.until(lambda seat: seat.close_code and seat.last("end"))
        async with asyncio.timeout(15):
            while (told := await self.screen.told())["type"] != "end":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await self.screen.close()
        return end["reason"], told["reason"]


async def case(home: House) -> UUID:
    """An emergency whose dispatch the police has accepted."""
    incident_id = await home.scene.emergency()
    async with home.scene.services.db.begin() as unit:
        actor = home.scene.staff["operator"].actor
        await dispatches.request(unit, home.scene.services, incident_id=incident_id, agency="112", actor=actor)
    await home.scene.sql("UPDATE dispatch SET state = 'accepted' WHERE incident_id = :id", id=incident_id)
    return incident_id


async def close(home: House, incident_id: UUID) -> None:
    async with home.scene.services.db.begin() as unit:
        await unit.execute("UPDATE incident SET state = 'closed' WHERE incident_id = :id", {"id": incident_id})
        await end_incident_releases(unit, incident_id, "incident_closed", gateway=home.scene.services.gateway)


async def test_each_end_reaches_both_doors_and_a_crash_leaves_no_release_open(
    installation_database: str, city: RunningCity, tmp_path: Path
) -> None:
    peers.offer_only_on(("127.0.0.1",))
    async with house(installation_database, city, tmp_path, away_s=2.0) as home:
        incident_id = await case(home)
        looking = [Looking(home, login, await home.open(login, incident_id)) for login in ENDS]
        await asyncio.gather(*(one.begin() for one in looking))
        for one in looking:
            reason, change = ENDS[one.login]
            count = len(looking[-1].seat.pictures)
            account = {"id": home.viewer(one.login).account_id} if ":id" in change else {}
            await home.scene.sql(change, **account)
            assert await one.ended() == (reason, reason)
            if one is not looking[-1]:
                await looking[-1].seat.until(lambda seat, count=count: len(seat.pictures) > count)  # the others go on
        await home.scene.sql("UPDATE session SET ended_at = NULL")
        last = await Looking(home, "operator", await home.open("operator", incident_id)).begin()
        await close(home, incident_id)
        assert await last.ended() == ("incident_closed", "incident_closed")
        await _crash(home)


async def _crash(home: House) -> None:
    """kill -9 while two watch: the process comes back, one of them too, by his own ticket and through the gate."""
    made = await home.open("operator", await home.scene.emergency())
    stays, goes = await Seat.take(made[0]["ws_url"]), await Seat.take(made[1]["ws_url"])
    await stays.until(lambda seat: seat.pictures)
    await goes.until(lambda seat: seat.pictures)
    await home.stop(at_once=True)
    await stays.until(lambda seat: seat.close_code)
    assert await _ended(home, made) == {}, "a dead process can't tell anybody"
    await home.start()
    back = await Seat.take(made[0]["ws_url"])
    await back.until(lambda seat: seat.pictures)
    async with asyncio.timeout(15):
        while len(ended := await _ended(home, made)) < len(made) - 1:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert made[0]["release_id"] not in ended, "somebody watches this one"
    assert set(ended.values()) == {"viewer_left"}, "who did not come back, and who never came"
    count = len(back.pictures)
    await back.until(lambda seat: len(seat.pictures) > count)
    await back.leave()


async def _ended(home: House, tickets: list[dict[str, Any]]) -> dict[str, str]:
    rows = await home.scene.sql("SELECT release_id, end_reason FROM release WHERE ended_at IS NOT NULL")
    ours = {one["release_id"] for one in tickets}
    return {str(row["release_id"]): row["end_reason"] for row in rows if str(row["release_id"]) in ours}
