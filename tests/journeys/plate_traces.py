"""What a plate reader saw and nobody wants is written nowhere: looked for in every table of every database, within
sealed values too, in PostgreSQL's own files with its log of changes, in each process's log and other files, and in what
the console was told; the reader's own picture of such a car, too, as it came and as it would be kept. The plate that is
wanted and its picture are found there, so the search can fail."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import httpx
from PIL import Image
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from location_router.request_content.attachments import drawn_anew
from location_router.runtime.webhook import signed_call
from server.actor import SYSTEM
from server.demo.agency_line import Ledger, listening
from server.demo.world import World
from server.dispatch.lines import set_line
from server.plates import readers
from server.sealed_columns import SEALED_COLUMNS
from server.services import Services, make_services
from server.settings import Settings
from tests.journeys.world import ANYANG_CODE, rows

POLICE, WANTED, UNWANTED = "wanted-demo", "12가3456", "683러"
READS, PICTURES = 1000, 40
PARTS = ("serving", "second", "router", "bus")


async def only_the_hit_is_left(world: World, temporary: Path) -> None:
    """`temporary`: where the processes put what is temporary."""
    key = world.keys["serving_data"]
    settings = Settings(database_url=world.databases["serving"], data_key=key, video_gateway="console")
    services, ledger = make_services(settings), Ledger(world.keys[POLICE])
    try:
        async with listening(ledger) as line_url:
            reader_key = await _furnished(world, services, line_url)
            frames = await _read(world, reader_key)
        hit = rows(world, "serving", "SELECT hit_id FROM plate_hit")
        assert hit, "the wanted one is a hit"
        opened = await _opened(services)
    finally:
        await services.close()
    held = {name: _dump(world, name) for name in PARTS} | {"the console": "\n".join(frames)}
    files = _files(world.folder.parent, temporary)
    everywhere = {**{name: text.encode() for name, text in held.items()}, "sealed": opened.encode(), **files}
    assert WANTED.encode() in everywhere["sealed"], "the search opens what is sealed"
    assert any(one in everywhere["sealed"] for one in pieces(picture_of(WANTED))), "and finds pictures there"
    assert any(one["hit_id"].bytes in body for body in files.values() for one in hit), "and reads PostgreSQL's files"
    assert frames and any(name.endswith(".log") and body for name, body in files.items())
    spelled = [UNWANTED.encode(), json.dumps(UNWANTED).strip('"').encode(), UNWANTED.encode("utf-16-le")]
    spelled += pieces(picture_of(UNWANTED))
    found = [name for name, body in everywhere.items() for one in spelled if one in body]
    assert not found, found


def picture_of(plate: str) -> bytes:
    """A JPEG that no other plate's looks like, and that nothing makes shorter."""
    noise, made = Random(plate).randbytes(3 * 32 * 24), io.BytesIO()
    Image.frombytes("RGB", (32, 24), noise).save(made, "JPEG")
    return made.getvalue()


def pieces(picture: bytes) -> list[bytes]:
    """What tells that it is there: of its end, where no table is that all have, as it came or drawn anew, the bytes and
    their base64."""
    found = []
    for body in (picture, drawn_anew(picture)):
        at = (len(body) - 120) // 3 * 3
        found += [body[at : at + 48], base64.b64encode(body[at : at + 48])]
    return found


async def _furnished(world: World, services: Services, line_url: str) -> str:
    """A reader of two cameras, and the police's list with one plate; the reader's key."""
    cameras = [row["camera_id"] for row in rows(world, "serving", "SELECT camera_id FROM camera LIMIT 2")]
    async with services.db.begin() as unit:
        await unit.execute("UPDATE camera SET is_anpr = true WHERE camera_id = ANY(:ids)", {"ids": cameras})
        await set_line(
            unit, services, agency_id=POLICE, center_id=None, kind="webhook", url=line_url, key=world.keys[POLICE],
            actor=SYSTEM,
        )  # fmt: skip
        key = await readers.add(unit, services, reader_id="r-1", center_id=ANYANG_CODE, cameras=cameras, actor=SYSTEM)
    until = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    said = {"plate": WANTED, "crime": "abduction", "legal_basis": "pipa-18-2-7", "expires_at": until}
    path = f"/api/lines/{POLICE}/plates/{uuid4()}"
    answer = await _said(world, "PUT", path, world.keys[POLICE], said)
    assert answer.status_code == 200, answer.text
    return key


async def _said(world: World, method: str, path: str, key: str, said: Any) -> httpx.Response:
    body = json.dumps(said, ensure_ascii=False).encode()
    async with httpx.AsyncClient(base_url=world.urls["serving"], trust_env=False, timeout=20) as http:
        headers = signed_call(key, str(uuid4()), body, method=method, path=path)
        return await http.request(method, path, content=body, headers=headers)


async def _read(world: World, key: str) -> list[str]:
    """A thousand cars pass, and the wanted one until it is a hit; what the console was told meanwhile."""
    url, login = world.urls["serving"], world.logins["operator"]
    camera = rows(world, "serving", "SELECT cameras FROM plate_reader")[0]["cameras"][0]
    frames: list[str] = []
    shown_of = {plate: base64.b64encode(picture_of(plate)).decode() for plate in (WANTED, UNWANTED)}
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as http:
        (await http.post("/api/login", json={"login": login.login, "password": login.password})).raise_for_status()
        jar = {"Cookie": f"ansim_session={http.cookies['ansim_session']}"}
    async with connect(url.replace("http", "ws") + "/api/feed", additional_headers=jar, proxy=None) as seat:
        await seat.send(json.dumps({"type": "hello", "seat": "s", "cursor": None}))
        hearing = asyncio.create_task(_heard(seat, frames))
        async with asyncio.timeout(30):
            while not rows(world, "serving", "SELECT 1 FROM plate_hit"):
                now = datetime.now(UTC).isoformat()
                reads = [{"camera": camera, "at": now, "plate": f"{UNWANTED}{number:04}"} for number in range(READS)]
                reads[500] |= {"plate": WANTED, "confidence": 0.9999, "lines": 1, "picture": shown_of[WANTED]}
                for read in reads[: PICTURES * 2 : 2]:
                    read["picture"] = shown_of[UNWANTED]
                answer = await _said(world, "POST", "/api/readers/r-1/reads", key, reads)
                assert answer.status_code in (200, 503), answer.text
                await asyncio.sleep(0.3)
        await asyncio.sleep(1.0)  # whoever would write it down a moment later
        hearing.cancel()
    return frames


async def _heard(seat: Any, frames: list[str]) -> None:
    try:
        async for text in seat:
            frames.append(str(text))
    except ConnectionClosed:
        pass


async def _opened(services: Services) -> str:
    """Every sealed value of the installation in the clear."""
    found = []
    async with services.db.begin() as unit:
        for one in SEALED_COLUMNS:
            fields = ", ".join((*(f"{name}" for name in one.fields), f"t.{one.column} AS sealed"))
            query = f"SELECT {fields} FROM {one.table} t {one.join} WHERE t.{one.column} IS NOT NULL"
            for row in await unit.all(query):
                context = one.context.format(**row)
                value = services.sealer.open(row["sealed"], context=context)
                found.append(json.dumps(value, ensure_ascii=False, default=str))
    return "\n".join(found)


def _dump(world: World, name: str) -> str:
    """Every table of the part's database."""
    tables = rows(
        world, name,
        "SELECT c.relname FROM pg_class c WHERE relkind IN ('r', 'p') AND NOT relispartition"
        " AND relnamespace = 'public'::regnamespace",
    )  # fmt: skip
    assert tables
    found = []
    for table in tables:
        for row in rows(world, name, f'SELECT * FROM "{table["relname"]}"'):
            found += [one.decode("utf-8", "ignore") if isinstance(one, bytes) else str(one) for one in row.values()]
    return "\n".join(found)


def _files(*folders: Path) -> dict[str, bytes]:
    return {
        str(file): file.read_bytes()
        for folder in folders
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.is_symlink()
    }
