"""kill -9 at every await of alert → incident → dispatch: nothing half, nothing twice, nothing lost.

`Crashes` owns a center's database, a real bus, and an agency's own system that survives the center's deaths. `at(n)`
lets one alert's life die at point n (tests/soak/center_child.py), starts the process again as systemd would, delivers
the alert again as the bus would, and says what is wrong afterwards: an empty list, or sentences.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from location_router.bus import PgBus
from location_router.wire import Delivery, Receipt
from server.actor import SYSTEM
from server.demo import agency_line
from server.demo.agency_line import Ledger
from server.dispatch.lines import set_line
from server.verify_log import verify_chain
from tests.server.deliveries import delivery
from tests.server.scene import CENTER, Scene, installation

KEY = "a key that only this campaign and its agency know"
ROOT = Path(__file__).resolve().parents[2]
ONCE = ("alert:received", "incident:acknowledged", "dispatch:requested", "dispatch:delivered")


@dataclass
class Crashes:
    scene: Scene
    ledger: Ledger
    child: asyncio.subprocess.Process
    bus_url: str
    receipts: list[Receipt] = field(default_factory=list)
    deaths: dict[str, int] = field(default_factory=dict)
    """How many deaths in each stage."""
    lives: int = 0

    async def clean(self) -> dict[str, int]:
        """One life without a death: how many points there are in each stage. It must be right as well."""
        order, letter = self._order()
        answer = await self._live(order, die_at=-1, again=False)
        assert answer["status"] == 0, "the clean run failed: see standard error"
        wrong = await self.wrong(letter)
        assert wrong == [], wrong
        return dict(answer["stages"])

    async def at(self, point: int, *, stage: str = "") -> list[str]:
        """What is wrong after a death at `point` (of that stage, or of the whole life) and a life after it. A point
        beyond the end kills nobody."""
        order, letter = self._order()
        first = await self._live(order | {"die_in": stage}, die_at=point, again=False)
        if first["status"] == -9:
            self.deaths[first["died_in"]] = self.deaths.get(first["died_in"], 0) + 1
        elif first["status"] != 0:
            return [f"point {point}: the first life ended with {first['status']}"]
        second = await self._live(order, die_at=-1, again=True)
        where = f"{stage or 'point'} {point} ({first.get('died_in', 'not reached')})"
        if second["status"] != 0:
            return [f"{where}: the life after it ended with {second['status']}"]
        return [f"{where}: {one}" for one in await self.wrong(letter)]

    def _order(self) -> tuple[dict[str, Any], Delivery]:
        settings = self.scene.services.settings
        letter = delivery(served_by=settings.installation)
        order = {
            "settings": settings.model_dump(mode="json"),
            "bus_url": self.bus_url,
            "operator": str(self.scene.staff["operator"].account_id),
            "alert_id": str(letter.alert.alert_id),
            "delivery": letter.model_dump_json(),
        }
        return order, letter

    async def on_a_walk(self, *, ahead_s: float, die_at: int) -> dict[str, Any]:
        """One look at the deadlines of walks; `{"status", "points"}`, -9 when it died on the way."""
        settings = self.scene.services.settings.model_dump(mode="json")
        order = {"settings": settings, "bus_url": self.bus_url, "ahead_s": ahead_s}
        return await self._live(order, die_at=die_at, again=False)

    async def on_reads(self, reads: list[dict[str, Any]], *, die_at: int, again: bool = False) -> dict[str, Any]:
        """A reader's batch and what the worker makes of it; as `on_a_walk`."""
        settings = self.scene.services.settings.model_dump(mode="json")
        order = {"settings": settings, "bus_url": self.bus_url, "reads": reads}
        return await self._live(order, die_at=die_at, again=again)

    async def _live(self, order: dict[str, Any], *, die_at: int, again: bool) -> dict[str, Any]:
        assert self.child.stdin is not None and self.child.stdout is not None
        self.lives += 1
        self.child.stdin.write(json.dumps(order | {"die_at": die_at, "again": again}).encode() + b"\n")
        async with asyncio.timeout(60):
            return dict(json.loads(await self.child.stdout.readline()))

    async def wrong(self, letter: Delivery) -> list[str]:
        """Sentences about what is not as it must be, once everything has settled."""
        alert_id = letter.alert.alert_id
        incidents = await self._column("SELECT DISTINCT incident_id FROM alert WHERE alert_id = :id", id=alert_id)
        if len(incidents) != 1:
            return [f"{len(incidents)} incidents"]
        (incident_id,) = incidents
        found = await self._rows_wrong(letter, incident_id)
        found += await self._told_wrong(letter, incident_id)
        async with self.scene.services.db.begin() as unit:
            report = await verify_chain(unit, CENTER)
        if not report.ok:
            found.append(f"the chain does not verify: {report.finding}")
        return found

    async def _rows_wrong(self, letter: Delivery, incident_id: UUID) -> list[str]:
        found = []
        counts = {
            "incidents without an alert": "SELECT count(*) FROM incident i WHERE NOT EXISTS"
            " (SELECT FROM alert a WHERE a.incident_id = i.incident_id)",
            "messages left in the outbox": "SELECT count(*) FROM outbox",
            "jobs neither done nor waiting": "SELECT count(*) FROM procrastinate_jobs WHERE status NOT IN"
            " ('todo', 'succeeded')",
            "requests to agencies not handed over": "SELECT count(*) FROM procrastinate_jobs WHERE task_name ="
            " 'deliver_dispatch' AND status <> 'succeeded'",
        }
        for what, query in counts.items():
            if number := await self.scene.one(query):
                found.append(f"{number} {what}")
        taken = "SELECT count(*) FROM inbox WHERE delivery_id = :id"
        if (number := await self.scene.one(taken, id=letter.delivery_id)) != 1:
            found.append(f"the delivery counted {number} times")
        states = "SELECT d.state FROM dispatch d WHERE d.incident_id = :id"
        if (cases := await self._column(states, id=incident_id)) != ["delivered"]:
            found.append(f"dispatches: {cases}")
        shown = await self._column("SELECT kind FROM release WHERE incident_id = :id ORDER BY kind", id=incident_id)
        if shown != ["identity", "position"]:
            found.append(f"releases: {shown}")
        tags = await self.scene.tags(incident_id)
        found += [f"{tag} stands {tags.count(tag)} times" for tag in ONCE if tags.count(tag) != 1]
        return found

    async def _told_wrong(self, letter: Delivery, incident_id: UUID) -> list[str]:
        """What the router and the agency have."""
        found = []
        async with asyncio.timeout(5):
            while not any(one.alert_id == letter.alert.alert_id for one in self.receipts):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        named = {one.incident_id for one in self.receipts if one.alert_id == letter.alert.alert_id}
        effects = [one for one in self.receipts if one.delivery_id == letter.delivery_id]
        if named != {incident_id} or len(effects) != 1:
            found.append(f"{len(effects)} receipts that name {named}")
        (case_no,) = await self._column("SELECT case_no FROM dispatch WHERE incident_id = :id", id=incident_id)
        cases = [one for one in self.ledger.cases.values() if json.loads(one.body)["case_no"] == case_no]
        if [json.loads(one.body)["kind"] for one in cases] != ["request"] or self.ledger.refused:
            found.append(f"the agency has {len(cases)} cases and refused {self.ledger.refused}")
        return found

    async def _column(self, query: str, **values: Any) -> list[Any]:
        return [next(iter(row.values())) for row in await self.scene.sql(query, **values)]


@asynccontextmanager
async def crashes(database_url: str, bus_url: str) -> AsyncIterator[Crashes]:
    """A center of the test's own, its bus, the router's ear on it, and the 112 line of an agency that stays up."""
    ledger, bus = Ledger(KEY), PgBus(bus_url)
    async with (
        installation(database_url, line_networks="127.0.0.0/8") as scene,
        agency_line.listening(ledger) as line_url,
        _child() as child,
    ):
        async with scene.services.db.begin() as unit:
            options = {"agency_id": "112-demo", "center_id": None, "kind": "webhook", "actor": SYSTEM}
            await set_line(unit, scene.services, url=line_url, key=KEY, **options)  # type: ignore[arg-type]
        campaign = Crashes(scene, ledger, child, bus_url)

        async def heard(_message_id: str, body: bytes) -> None:
            campaign.receipts.append(Receipt.model_validate_json(body))

        ear = await bus.subscribe("receipt", f"router-{uuid4()}", heard)
        try:
            yield campaign
        finally:
            await ear.stop()
            await bus.close()


@asynccontextmanager
async def _child() -> AsyncIterator[asyncio.subprocess.Process]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.soak.center_child", stdin=-1, stdout=-1, cwd=ROOT
    )
    assert child.stdin is not None and child.stdout is not None
    try:
        async with asyncio.timeout(60):
            await child.stdout.readline()
        yield child
    finally:
        child.stdin.close()
        await child.wait()
