"""Nothing leaves without its row (invariant 4): whatever happens in whatever order, looked at from another connection.

The watch is put where a frame or a ticket leaves, and asks the database by a connection of its own, which sees only
what is committed. Sequences are chosen at random from a seed that a failure names.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest

from location_router.runtime.db import conninfo
from server.broadcast import PositionFrame
from server.cameras.service import open_cameras
from server.console import commands
from server.console.feed import FeedHub, read_start
from server.gate import Refused, Wish, ask
from server.live import Seat
from server.places import release_places
from server.staff.model import Viewer
from server.video.gateway import Refused as VideoRefused
from server.video.tickets import new_ticket
from server.video_gate import ReleaseGate
from tests.server.scene import CENTER, OTHER, SEAT, Scene, installation

pytestmark = pytest.mark.database

_COMMITTED = """
SELECT count(*) FROM release WHERE incident_id = %s AND viewer_id = %s AND kind = %s AND address = %s
AND (ended_at IS NULL OR %s) AND (%s::text IS NULL OR camera_id = %s)
"""


class Witness:
    """Somebody else on the database: sees what is committed, and nothing before."""

    def __init__(self, url: str) -> None:
        self._conn = psycopg.connect(conninfo(url), autocommit=True)
        self._conn.execute("SELECT set_config('ansim.center', '*', false)")
        self.looked = 0

    def row(self, incident_id: Any, viewer: Viewer, kind: str, camera: str | None = None, ended: bool = False) -> bool:
        self.looked += 1
        values = [incident_id, viewer.account_id, kind, SEAT, ended, camera, camera]
        found = self._conn.execute(_COMMITTED, values).fetchone()
        return bool(found and found[0])

    def close(self) -> None:
        self._conn.close()


@pytest.fixture
def witness(installation_database_admin: str) -> Iterator[Witness]:
    made = Witness(installation_database_admin)
    yield made
    made.close()


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database) as made:
        for number in range(2):
            await made.add(f"op-{number}", "operator", desk="main")
        yield made


@dataclass(eq=False)
class Watched(Seat):
    """A seat whose queue is looked at: each place that is put in has its row on disk by then."""

    witness: Witness = None  # type: ignore[assignment]
    places: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def put(self, text: str, key: Any = None) -> None:
        frame, viewer = orjson.loads(text), self.about["viewer"]
        if frame["type"] == "position":
            self.places.append(frame["incident_id"])
            if not self.witness.row(frame["incident_id"], viewer, "position"):
                self.wrong.append(f"{viewer.login} was shown {frame['incident_id']}")
        if (card := frame.get("incident")) and card["position"]:
            self.wrong.append("a card with a place in it")

    @classmethod
    def of(cls, viewer: Viewer, witness: Witness) -> Watched:
        socket: Any = None
        return cls(socket, wants=viewer.sees, about={"viewer": viewer}, witness=witness)


class Room:
    """A control room in which anything may happen next."""

    def __init__(self, scene: Scene, witness: Witness, chance: random.Random) -> None:
        self.scene, self.witness, self.chance = scene, witness, chance
        self.hub = FeedHub(scene.services)
        self.seats: list[Watched] = []
        self.everybody: list[Watched] = []
        self.incidents: list[UUID] = []

    @property
    def staff(self) -> list[Viewer]:
        return [one for one in self.scene.staff.values() if one.role != "agent"]

    async def alert(self) -> None:
        center, phase = self.chance.choice((CENTER, CENTER, OTHER)), self.chance.choice(("active", "active", "pre"))
        with_position = self.chance.random() < 0.8
        self.incidents.append(await self.scene.emergency(center=center, phase=phase, with_position=with_position))
        await self._note(self.incidents[-1])

    async def _note(self, incident_id: UUID) -> None:
        """An event of the incident, so that every seat hears of it."""
        from server.events import record

        async with self.scene.services.db.begin() as unit:
            center = await unit.scalar("SELECT center_id FROM incident WHERE incident_id = :i", {"i": incident_id})
            record(unit, center_id=center, incident_id=incident_id, tag="incident:noted")

    async def sit_down(self) -> None:
        seat = Watched.of(self.chance.choice(self.staff), self.witness)
        viewer: Viewer = seat.about["viewer"]
        self.hub.seats.add(seat)
        start = await read_start(self.scene.services, viewer, None)
        for card in start.frames[0]["incidents"]:
            if card["position"] and not self.witness.row(card["incident_id"], viewer, "position"):
                seat.wrong.append(f"the snapshot of {viewer.login}")
        self.hub.places.seated(seat, start.shown)
        self.seats.append(seat)
        self.everybody.append(seat)

    async def leave(self) -> None:
        if self.seats:
            seat = self.seats.pop(self.chance.randrange(len(self.seats)))
            self.hub.seats.discard(seat)
            self.hub.places.left(seat)

    async def move(self) -> None:
        if not self.incidents:
            return
        incident_id, now = self.chance.choice(self.incidents), datetime.now(UTC)
        [row] = await self.scene.sql(
            "SELECT i.center_id, a.alert_id FROM incident i JOIN alert a USING (incident_id)"
            " WHERE incident_id = :i AND state = 'acknowledged'",
            i=incident_id,
        ) or [None]
        if row is None:
            return  # after the end nothing is stored any more
        await self.scene.sql(
            "INSERT INTO position (alert_id, fixed_at, center_id, incident_id, lat, lon, accuracy_m, received_at)"
            " VALUES (:a, :now, :c, :i, 37, 127, 9, :now)",
            a=row["alert_id"],
            now=now,
            c=row["center_id"],
            i=incident_id,
        )
        place = {"lat": 37, "lon": 127, "fixed_at": now.isoformat().replace("+00:00", "Z")}
        self.scene.services.broadcast.position(PositionFrame(row["center_id"], incident_id, row["alert_id"], place))

    async def close(self) -> None:
        if self.incidents:
            incident_id = self.incidents.pop(self.chance.randrange(len(self.incidents)))
            viewer = self.scene.staff["supervisor"]
            args = {"disposition": "handled"}
            if incident_id in await self._mine():
                await commands.run(self.scene.services, viewer, "close", incident_id, args)

    async def _mine(self) -> set[UUID]:
        rows = await self.scene.sql(
            "SELECT incident_id FROM incident WHERE center_id = :c AND phase <> 'pre'", c=CENTER
        )
        return {row["incident_id"] for row in rows}

    async def sign_out(self) -> None:
        viewer = self.chance.choice([one for one in self.staff if one.login.startswith("op-")])
        await self.scene.sql("UPDATE session SET ended_at = now() WHERE account_id = :a", a=viewer.account_id)

    async def open_pictures(self) -> None:
        if not self.incidents:
            return
        viewer, incident_id = self.chance.choice(list(self.scene.staff.values())), self.chance.choice(self.incidents)
        try:
            tickets = await open_cameras(self.scene.services, viewer, incident_id)
        except Refused:
            return
        for ticket in tickets:
            assert self.witness.row(incident_id, viewer, "live", ticket["camera_id"]), "a ticket without its row"
        for ticket in tickets[:1]:
            await self._knock(viewer, incident_id, ticket)

    async def _knock(self, viewer: Viewer, incident_id: UUID, ticket: dict[str, Any]) -> None:
        """At the video process: with the row it opens, with another row's number it does not."""
        gate, made = ReleaseGate(self.scene.services), []
        for release_id in (ticket["release_id"], str(uuid4())):
            made.append(
                new_ticket(
                    release_id=release_id,
                    incident_id=str(incident_id),
                    camera_id=ticket["camera_id"],
                    viewer_id=str(viewer.account_id),
                    address=SEAT,
                    quality="sub",
                    now=datetime.now(UTC).timestamp(),
                )
            )
        await gate.open(made[0], ticket["camera_id"], SEAT)
        with pytest.raises(VideoRefused):
            await gate.open(made[1], ticket["camera_id"], SEAT)

    async def ask_a_name(self) -> None:
        if not self.incidents:
            return
        viewer, incident_id = self.chance.choice(self.staff), self.chance.choice(self.incidents)
        async with self.scene.services.db.begin() as unit:
            wish = Wish("identity", incident_id, reason="확인")
            answer = await ask(unit, viewer, wish, now=datetime.now(UTC))
        assert isinstance(answer, Refused) or self.witness.row(incident_id, viewer, "identity")

    async def settle(self) -> None:
        task = self.hub.places._task
        if task is not None:
            await task


@pytest.mark.parametrize("seed", range(4))
async def test_no_order_of_events_shows_anything_before_its_row(scene: Scene, witness: Witness, seed: int) -> None:
    room = Room(scene, witness, random.Random(seed))
    await scene.services.broadcast.start()
    steps = (room.alert, room.sit_down, room.move, room.open_pictures, room.ask_a_name, room.leave, room.close)
    for _ in range(3):
        await room.sit_down()
    for number in range(30):
        await room.chance.choices(steps, weights=(5, 3, 6, 3, 2, 1, 2))[0]()
        if room.chance.random() < 0.5:
            await room.settle()
        if number == 20:
            await room.sign_out()
    await room.settle()
    assert [wrong for seat in room.everybody for wrong in seat.wrong] == []
    assert sum(len(seat.places) for seat in room.everybody) > 10 and witness.looked > 10, "nothing was looked at"
    await room.hub.places.stop()


async def test_a_place_goes_to_those_who_may_and_has_one_line_for_all_of_them(scene: Scene) -> None:
    incident_id, now = await scene.emergency(), datetime.now(UTC)
    async with scene.services.db.begin() as unit:
        shown = await release_places(unit, [incident_id], scene.staff.values(), now=now)
    assert {account for account, _ in shown.seats[incident_id]} == {
        scene.staff[login].account_id for login in ("operator", "supervisor", "op-0", "op-1")
    }
    refused = {seat[0]: code for (_, seat), code in shown.refused.items()}
    assert (
        refused[scene.staff["admin"].account_id] == refused[scene.staff["stranger"].account_id] == "not_your_incident"
    )
    assert refused[scene.staff["police"].account_id] == "no_dispatch"
    assert await scene.tags(incident_id) == ["release:granted"]
    async with scene.services.db.begin() as unit:
        again = await release_places(unit, [incident_id], scene.staff.values(), now=now)
    assert again.seats == shown.seats and await scene.one("SELECT count(*) FROM release") == 4
    assert await scene.tags(incident_id) == ["release:granted"], "who has a row is told no second time"


async def test_an_incident_that_is_just_being_closed_is_waited_for_and_not_shown_after(scene: Scene) -> None:
    incident_id, viewer = await scene.emergency(), scene.staff["operator"]
    async with scene.services.db.begin() as closing:
        await closing.execute("SELECT 1 FROM incident WHERE incident_id = :i FOR UPDATE", {"i": incident_id})
        async with scene.services.db.begin() as unit:
            shown = await release_places(unit, [incident_id], [viewer], now=datetime.now(UTC), wait=False)
        assert shown.locked == {incident_id} and not shown.seats
        await closing.execute("UPDATE incident SET state = 'closed' WHERE incident_id = :i", {"i": incident_id})
    async with scene.services.db.begin() as unit:
        shown = await release_places(unit, [incident_id], [viewer], now=datetime.now(UTC), wait=False)
    assert not shown.locked and not shown.seats and await scene.one("SELECT count(*) FROM release") == 0
