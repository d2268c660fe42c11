"""A police system with a line, readers of two cameras, and what they send: on a real database, over real sockets."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from PIL import Image

from location_router.runtime.webhook import signed_call
from server import plate_routes
from server.actor import SYSTEM
from server.demo import agency_line
from server.demo.agency_line import Ledger
from server.dispatch.lines import set_line
from server.plates import readers
from server.plates.live import lists_of
from tests.server.requests.asking import BASIS, CENTER, FIRM, KEY, Office
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
        url = f"/api/lines/{POLICE}/plates{path}"
        headers = signed_call(key, str(uuid4()), body, method=method, path=url, at=at)
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
        """As readers do it: once more where the center says that it has not read its lists, on a busy machine."""
        body = "\n".join(map(json.dumps, reads)) if lines else json.dumps(reads)
        for _ in range(20):
            answer = await self.send_body(body.encode(), key=key or self.key)
            if answer.status_code != 503 or answer.json().get("code") != "lists_not_read":
                break
            await asyncio.sleep(float(answer.headers["Retry-After"]))
        return answer

    async def send_body(self, body: bytes, *, key: str, reader: str = "r-1", form: str = "") -> httpx.Response:
        at, url = int(self.scene.services.clock().timestamp()), f"/api/readers/{reader}/reads"
        headers = signed_call(key, str(uuid4()), body, method="POST", path=url, at=at)
        return await self.office.http.post(
            url, content=body, headers=headers | ({"Content-Type": form} if form else {})
        )

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


def picture_of(words: str) -> str:
    """A JPEG that says these words beside its pixels, as a reader sends it."""
    made = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 20, 20)).save(made, "JPEG", comment=words.encode())
    return base64.b64encode(made.getvalue()).decode()


async def dump_of(url: str) -> str:
    """Every table, as COPY writes it, texts within bytes too."""
    found = []
    plain = url.replace("+psycopg", "")
    async with await psycopg.AsyncConnection.connect(plain) as conn:
        await conn.execute("SELECT set_config('ansim.center', '*', true)")
        tables = await (
            await conn.execute(
                "SELECT c.relname FROM pg_class c WHERE relkind IN ('r', 'p') AND NOT relispartition"
                " AND relnamespace = 'public'::regnamespace AND has_table_privilege(c.oid, 'SELECT')"
            )
        ).fetchall()
        assert len(tables) > 60
        for (name,) in tables:
            for row in await (await conn.execute(f'SELECT * FROM "{name}"')).fetchall():  # type: ignore[arg-type]
                found += [one.decode("utf-8", "ignore") if isinstance(one, bytes) else str(one) for one in row]
    return "\n".join(found)
