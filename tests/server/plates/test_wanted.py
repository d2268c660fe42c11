"""From a pushed plate to the agency's line: on a real database, over real sockets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from location_router.runtime.webhook import signed
from server import plate_jobs, plate_routes
from server.actor import SYSTEM
from server.demo import agency_line
from server.demo.agency_line import Ledger
from server.dispatch.lines import set_line
from server.plates import readers
from server.plates.live import lists_of
from tests.server.requests.asking import BASIS, CENTER, FIRM, KEY, Office, agree
from tests.server.scene import app_of, client, installation, listening

POLICE = FIRM
PLATE = "123가4567"
TERMS: dict[str, Any] = {"triggers": ["wanted_vehicle"], "auto_triggers": ["wanted_vehicle"]}


@dataclass
class Post:
    """A police system with a line, a reader of two cameras, and the lists of this process."""

    office: Office
    key: str

    @property
    def scene(self) -> Any:
        return self.office.scene

    async def say(self, method: str, path: str, said: Any = None, *, key: str = KEY) -> httpx.Response:
        body = b"" if said is None else json.dumps(said).encode()
        at = int(self.scene.services.clock().timestamp())
        headers = signed(key, str(uuid4()), body, at=at)
        url = f"/api/lines/{POLICE}/plates{path}"
        return await self.office.http.request(method, url, content=body, headers=headers)

    def entry(self, **changed: Any) -> dict[str, Any]:
        until = self.scene.services.clock() + timedelta(days=3)
        said = {"plate": PLATE, "crime": "abduction", "legal_basis": BASIS, "expires_at": until.isoformat()}
        return {**said, "reason": "납치", "case_no": "2026-112", **changed}

    async def want(self, **changed: Any) -> str:
        entry_id = str(uuid4())
        answer = await self.say("PUT", f"/{entry_id}", self.entry(**changed))
        assert answer.status_code == 200, answer.text
        await lists_of(self.scene.services).look()
        return entry_id

    def read(self, plate: str = PLATE, *, camera: str = "cam-1", after_s: float = 0, **more: Any) -> dict[str, Any]:
        at = self.scene.services.clock() - timedelta(seconds=5 - after_s)
        return {"camera": camera, "at": at.isoformat(), "plate": plate, "confidence": 0.9999, "lines": 1, **more}

    async def send(self, *reads: Any, key: str = "", lines: bool = False) -> httpx.Response:
        body = "\n".join(map(json.dumps, reads)) if lines else json.dumps(reads)
        headers = signed(key or self.key, str(uuid4()), body.encode(), at=int(self.scene.services.clock().timestamp()))
        return await self.office.http.post("/api/readers/r-1/reads", content=body.encode(), headers=headers)

    def heard(self) -> list[dict[str, Any]]:
        """The hits that the agency's system has taken, each once."""
        told = [json.loads(one.body) for one in self.office.ledger.messages if one.is_new]
        return [one for one in told if one.get("kind") == "plate_hit"]

    async def hits(self) -> list[dict[str, Any]]:
        return await self.scene.sql("SELECT * FROM plate_hit ORDER BY read_at")  # type: ignore[no-any-return]


@asynccontextmanager
async def post(url: str) -> AsyncIterator[Post]:
    ledger = Ledger(KEY)
    async with installation(url, line_networks="127.0.0.0/8") as scene:
        app = app_of(scene.services, plate_routes.router)
        async with listening(app) as address, agency_line.listening(ledger) as line_url, client(address) as http:
            await scene.sql(
                "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, 'police', '경찰', 'Police')",
                id=POLICE,
            )
            await scene.sql("UPDATE camera SET is_anpr = true WHERE camera_id IN ('cam-1', 'cam-2')")
            async with scene.services.db.begin() as unit:
                line = {"agency_id": POLICE, "center_id": None, "kind": "webhook", "url": line_url, "key": KEY}
                await set_line(unit, scene.services, **line, actor=SYSTEM)  # type: ignore[arg-type]
                reader: dict[str, Any] = {"reader_id": "r-1", "center_id": CENTER, "cameras": ["cam-1", "cam-2"]}
                key = await readers.add(unit, scene.services, **reader, actor=SYSTEM)
            lists = lists_of(scene.services)
            lists.start()
            try:
                yield Post(Office(scene, http, ledger), key)
            finally:
                await lists.stop()


@pytest.fixture
async def desk(installation_database: str) -> AsyncIterator[Post]:
    async with post(installation_database) as made:
        yield made


async def test_from_the_pushed_plate_to_the_hit_on_the_agencys_line(desk: Post) -> None:
    await agree(desk.scene, POLICE, **TERMS)
    entry_id = await desk.want()
    answer = await desk.send(desk.read(), desk.read("99하1234"), lines=True)
    assert (answer.status_code, answer.json()) == (200, {"reads": 2}), answer.text
    (hit,) = await desk.hits()
    assert (str(hit["entry_id"]), hit["camera_id"], hit["center_id"]) == (entry_id, "cam-1", CENTER)
    row = await desk.office.row(str(hit["request_id"]))
    assert (row["state"], row["is_auto"], row["trigger"]) == ("accepted", True, "wanted_vehicle")
    (case,) = await desk.scene.sql("SELECT * FROM incident WHERE incident_id = :id", id=row["incident_id"])
    assert (case["origin"], case["type"]) == ("agency", "wanted_vehicle")
    assert await desk.scene.one("SELECT count(*) FROM sighting WHERE subject = 'vehicle'") == 1

    await plate_jobs.tell(desk.scene.services, hit["request_id"], CENTER)
    (told,) = desk.heard()
    assert (told["entry_id"], told["camera"]["camera_id"], told["confidence"]) == (entry_id, "cam-1", 0.9999)
    assert PLATE not in json.dumps(told, ensure_ascii=False)
    assert (await desk.hits())[0]["told_at"] is not None
    assert await desk.scene.one("SELECT count(*) FROM release WHERE kind = 'position' AND viewer_kind = 'agent'") == 1
