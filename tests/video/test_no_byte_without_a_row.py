"""The property that the whole of it is for: no sequence of calls yields a byte of video without a committed release row
that fits. The real video process, the real database, a seeded random walk over everything that people and strangers can
do; an observer with a connection of its own looks for the row when the first byte arrives.

`RELEASE_WALK_SEED`, `RELEASE_WALK_S`, `RELEASE_WALKS`: longer walks from other seeds (soak).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
import websockets
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from location_router.runtime.db import conninfo
from server.dispatch import service as dispatches
from server.gate import Refused, Wish, ask
from server.releases import end_incident_releases
from server.video import peer as peers
from tests.server.scene import SEAT
from tests.video.conftest import RunningCity
from tests.video.house import House, house
from tests.video.seat import eventually

SEED = int(os.environ.get("RELEASE_WALK_SEED", "1"))
SECONDS = float(os.environ.get("RELEASE_WALK_S", "2.5"))
WALKS = int(os.environ.get("RELEASE_WALKS", "1"))
LOGINS = ("operator", "supervisor", "police", "stranger", "admin", "fire")


@dataclass
class Knock:
    """One attempt to get pictures: by which ticket, when it began, and what came."""

    way: str
    ticket: dict[str, Any]
    login: str
    began_at: datetime
    bytes_received: int = 0
    is_over: bool = False


@dataclass
class Walk:
    home: House
    chance: random.Random
    witness: psycopg.AsyncConnection[Any]
    incidents: list[UUID] = field(default_factory=list)
    tickets: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    knocks: list[Knock] = field(default_factory=list)
    running: set[asyncio.Task[None]] = field(default_factory=set)
    did: Counter[str] = field(default_factory=Counter)
    peers: int = 0

    # ------------------------------------------------------------ the observer
    async def first_byte(self, knock: Knock, kind: str = "live") -> None:
        """A byte is here: then a row stands, that everybody can see, and it is this viewer's for this camera."""
        found = await self.witness.execute(
            "SELECT r.*, a.login FROM release r JOIN account a ON a.account_id = r.viewer_id WHERE release_id = %s",
            [knock.ticket["release_id"]],
        )
        names = [column.name for column in found.description or ()]
        row = dict(zip(names, await found.fetchone() or (), strict=False))
        assert row, f"{knock.way}: a picture without a row, ticket {knock.ticket}"
        seen = (row["kind"], row["camera_id"], row["login"], row["address"])
        assert seen == (kind, knock.ticket["camera_id"], knock.login, SEAT), f"{knock.way}: another's row {seen}"
        assert row["first_byte_at"] is not None, f"{knock.way}: the first byte was not noted before it left"
        ended = row["ended_at"]
        assert ended is None or ended > knock.began_at, f"{knock.way}: opened after its end ({row['end_reason']})"

    # ------------------------------------------------------------ people at work
    async def sos(self) -> None:
        if len(self.incidents) < 4:
            self.incidents.append(await self.home.scene.emergency(state="received"))

    async def open(self) -> None:
        if self.incidents:
            login = self.chance.choice(LOGINS)
            made = await self.home.open(login, self.chance.choice(self.incidents))
            self.tickets += [(login, one) for one in made]

    async def dispatch(self) -> None:
        if self.incidents:
            scene, incident_id = self.home.scene, self.chance.choice(self.incidents)
            with contextlib.suppress(Exception):  # the incident may be closed
                async with scene.services.db.begin() as unit:
                    actor = scene.staff["operator"].actor
                    await dispatches.request(unit, scene.services, incident_id=incident_id, agency="112", actor=actor)
            await scene.sql("UPDATE dispatch SET state = 'accepted' WHERE incident_id = :id", id=incident_id)

    async def close(self) -> None:
        if self.incidents:
            services, incident_id = self.home.scene.services, self.chance.choice(self.incidents)
            async with services.db.begin() as unit:
                await unit.execute("SELECT 1 FROM incident WHERE incident_id = :id FOR UPDATE", {"id": incident_id})
                await unit.execute("UPDATE incident SET state = 'closed' WHERE incident_id = :id", {"id": incident_id})
                gateway = services.gateway if self.chance.random() < 0.5 else None  # the kick may get lost
                await end_incident_releases(unit, incident_id, "incident_closed", gateway=gateway)

    async def reopen(self) -> None:
        await self.home.scene.sql("UPDATE incident SET state = 'acknowledged' WHERE state = 'closed'")

    async def kick(self) -> None:
        if self.tickets:
            _, one = self.chance.choice(self.tickets)
            await self.home.scene.services.gateway.kick([one["release_id"]], "released_ended")

    async def agreement(self) -> None:
        at = self.chance.choice(["now()", "NULL"])
        await self.home.scene.sql(f"UPDATE agreement SET suspended_at = {at} WHERE agency_id = '112-demo'")

    async def log_out_or_in(self) -> None:
        at = self.chance.choice(["now()", "NULL"])
        account = self.home.viewer(self.chance.choice(LOGINS)).account_id
        await self.home.scene.sql(f"UPDATE session SET ended_at = {at} WHERE account_id = :id", id=account)

    async def move_desk(self) -> None:
        network = self.chance.choice(["10.0.0.0/8", "127.0.0.0/8", "127.0.0.0/8"])
        account = self.home.viewer(self.chance.choice(LOGINS)).account_id
        await self.home.scene.sql(
            "UPDATE allowed_address SET network = :n WHERE account_id = :id", n=network, id=account
        )

    # ------------------------------------------------------------ who looks, and who only tries
    async def view(self) -> None:
        if self.tickets:
            login, ticket = self.chance.choice(self.tickets[-12:])
            self._go(self._socket(ticket["ws_url"], Knock("socket", ticket, login, datetime.now(UTC))))

    async def view_another(self) -> None:
        """A right ticket at another camera's door, or for another purpose, or of another's making."""
        if self.tickets:
            login, ticket = self.chance.choice(self.tickets[-12:])
            base, _, text = ticket["ws_url"].partition("?ticket=")
            payload, _, signature = text.partition(".")
            other = self.chance.choice([f"cam-{n}" for n in range(1, 6) if f"cam-{n}" != ticket["camera_id"]])
            url = self.chance.choice(
                [
                    base.rpartition("/")[0] + f"/{other}?ticket={text}",
                    f"{base}?ticket={ticket['plays'][1]['ticket']}",
                    f"{base}?ticket={payload[:-3]}AAA.{signature}",
                    f"{base}?ticket={uuid4().hex}",
                    base,
                ]
            )
            self._go(self._socket(url, Knock("forged", ticket, login, datetime.now(UTC))))

    async def whep(self) -> None:
        if self.tickets and self.peers < 2:
            login, ticket = self.chance.choice(self.tickets[-12:])
            self._go(self._peer(ticket, Knock("whep", ticket, login, datetime.now(UTC))))

    async def still(self) -> None:
        """A picture under a row of its own, under another's, and under none."""
        scene, login = self.home.scene, self.chance.choice(LOGINS)
        release_id, camera_id = str(uuid4()), f"cam-{self.chance.randint(1, 5)}"
        if self.incidents and self.chance.random() < 0.6:
            async with scene.services.db.begin() as unit:
                wish = Wish("still", self.chance.choice(self.incidents), camera_ids=(camera_id,))
                answer = await ask(unit, scene.staff[login], wish, now=datetime.now(UTC))
            release_id = release_id if isinstance(answer, Refused) else str(answer[0])
        elif self.tickets:
            login, one = self.chance.choice(self.tickets)
            release_id, camera_id = one["release_id"], one["camera_id"]
        knock = Knock("still", {"release_id": release_id, "camera_id": camera_id}, login, datetime.now(UTC))

        async def look() -> None:
            picture = await scene.services.gateway.still(camera_id, release_id)
            if picture is not None:
                knock.bytes_received = len(picture.jpeg)
                await self.first_byte(knock, "still")
            knock.is_over = True

        self._go(look())
        self.knocks.append(knock)

    async def clip(self) -> None:
        """A recording asked for with every kind of ticket but one of a row of kind `recorded`."""
        if self.tickets:
            _, ticket = self.chance.choice(self.tickets)
            texts = [one["ticket"] for one in ticket["plays"]] + ["", "x.y"]
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.home.port}", trust_env=False) as browser:
                path = f"/clips/{ticket['release_id']}"
                answer = await browser.get(path, params={"ticket": self.chance.choice(texts)}, timeout=15)
            assert answer.status_code >= 400 and b"ftyp" not in answer.content

    def _go(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self.running.add(task)

    async def _socket(self, url: str, knock: Knock) -> None:
        self.knocks.append(knock)
        try:
            async with websockets.connect(url, proxy=None, max_size=None, compression=None) as socket:
                async with asyncio.timeout(self.chance.uniform(0.3, 2.5)):
                    async for message in socket:
                        if isinstance(message, bytes):
                            is_first, knock.bytes_received = (
                                not knock.bytes_received,
                                knock.bytes_received + len(message),
                            )
                            if is_first:
                                await self.first_byte(knock)
        except (TimeoutError, websockets.WebSocketException, OSError):
            pass
        knock.is_over = True

    async def _peer(self, ticket: dict[str, Any], knock: Knock) -> None:
        self.knocks.append(knock)
        self.peers += 1
        peer, play = RTCPeerConnection(RTCConfiguration(iceServers=[])), ticket["plays"][1]
        arrived: asyncio.Queue[Any] = asyncio.Queue()
        readers: list[asyncio.Task[None]] = []
        peer.on("track", lambda track: readers.append(asyncio.create_task(_first_of(track, arrived))))
        try:
            peer.addTransceiver("video", direction="recvonly")
            await peer.setLocalDescription(await peer.createOffer())
            headers = {"Authorization": f"Bearer {play['ticket']}", "Content-Type": "application/sdp"}
            async with httpx.AsyncClient(trust_env=False, timeout=15) as browser:
                answer = await browser.post(play["url"], content=peer.localDescription.sdp, headers=headers)
            if answer.status_code == 201:
                await peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
                async with asyncio.timeout(2.5):
                    knock.bytes_received = await arrived.get()
                    await self.first_byte(knock)
        except (TimeoutError, httpx.HTTPError, ConnectionError):
            pass
        finally:
            for reader in readers:  # a track whose peer never came would wait for ever
                reader.cancel()
            await peer.close()
            self.peers -= 1
            knock.is_over = True

    async def step(self) -> None:
        often = [self.open] * 4 + [self.view] * 8 + [self.dispatch] * 2 + [self.reopen] * 2
        once = [self.sos, self.close, self.kick, self.agreement, self.log_out_or_in, self.move_desk]
        strangers = [self.view_another] * 5 + [self.still] * 2 + [self.clip, self.whep]
        doing = self.chance.choice([*often, *once, *strangers])
        self.did[doing.__name__] += 1
        await doing()


async def _first_of(track: Any, arrived: asyncio.Queue[Any]) -> None:
    with contextlib.suppress(Exception):
        frame = await track.recv()
        await arrived.put(frame.width * frame.height)


@pytest.mark.parametrize("seed", range(SEED, SEED + WALKS))
async def test_no_sequence_of_calls_yields_a_byte_without_its_committed_row(
    installation_database: str, installation_database_admin: str, city: RunningCity, tmp_path: Path, seed: int
) -> None:
    peers.offer_only_on(("127.0.0.1",))
    async with house(installation_database, city, tmp_path, away_s=61.0) as home:
        admin = conninfo(installation_database_admin)
        async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as witness:
            walk = Walk(home, random.Random(seed), witness)
            await walk.sos()
            until = asyncio.get_running_loop().time() + SECONDS
            while asyncio.get_running_loop().time() < until:
                await walk.step()
                await asyncio.sleep(0.01)
            for _ in range(30):  # nothing is closed any more, and something is really seen in every walk
                await home.scene.sql("UPDATE session SET ended_at = NULL")
                await home.scene.sql("UPDATE allowed_address SET network = '127.0.0.0/8'")
                walk.incidents.append(await home.scene.emergency())
                made = await home.open("operator", walk.incidents[-1])
                await walk._socket(made[0]["ws_url"], Knock("last", made[0], "operator", datetime.now(UTC)))
                if walk.knocks[-1].bytes_received:
                    break
            for incident_id in walk.incidents:  # and then everything ends, and nobody is told but the gate
                async with home.scene.services.db.begin() as unit:
                    await unit.execute(
                        "UPDATE incident SET state = 'closed' WHERE incident_id = :i", {"i": incident_id}
                    )
                    await end_incident_releases(unit, incident_id, "incident_closed")
            await asyncio.gather(*list(walk.running))
            await eventually(lambda: all(knock.is_over for knock in walk.knocks), 15)
            told = {way: sum(k.way == way and k.bytes_received > 0 for k in walk.knocks) for way in ("socket", "whep")}
            print("seed", seed, dict(walk.did), "seen", told, "knocks", len(walk.knocks))
            assert walk.knocks[-1].bytes_received and not any(
                knock.bytes_received for knock in walk.knocks if knock.way == "forged"
            )
            health = await home.scene.services.gateway.health()
            assert health["ok"]
