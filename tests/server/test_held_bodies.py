"""Long bodies of unknown senders: so many bytes at once, given back whatever becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from unittest.mock import patch
from uuid import uuid4

import httpx
from fastapi import FastAPI, Request

from location_router.runtime.problems import install_problems
from server.app import create_app
from server.attachment_routes import ATTACHED
from server.held_bodies import LETTER_BYTES, HeldBodies
from server.plate_routes import READS
from server.video.relay_door import Full
from tests.server.conftest import settings_for

MIB = 1024 * 1024


def app_with(most_bytes: int) -> FastAPI:
    app = FastAPI()
    install_problems(app)
    app.add_middleware(HeldBodies, paths=("/long/*/here",), most_bytes=most_bytes)

    @app.post("/long/{name}/here")
    @app.post("/other")
    async def length(request: Request) -> int:
        return len(await request.body())

    return app


def sender(app: FastAPI, address: str = "10.0.0.1") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(address, 1)), base_url="http://center")


class Slow:
    """A body whose end does not come before `end` is set."""

    def __init__(self, size: int) -> None:
        self.size, self.begun, self.end = size, asyncio.Event(), asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"x" * self.size
        self.begun.set()
        await self.end.wait()
        yield b"x"


async def test_who_holds_much_is_told_to_come_again_and_others_are_taken() -> None:
    app = app_with(9 * MIB)  # three for one address
    slow = Slow(2 * MIB)
    async with asyncio.timeout(20), sender(app) as one, sender(app, "10.0.0.2") as other, asyncio.TaskGroup() as tasks:
        held = tasks.create_task(one.post("/long/a/here", content=slow))
        await slow.begun.wait()
        full = await one.post("/long/b/here", content=b"x" * 2 * MIB)
        assert (full.status_code, full.json()["code"], full.headers["Retry-After"]) == (503, "bodies_full", "2")
        assert (await one.post("/long/b/here", content=b"x" * LETTER_BYTES)).json() == LETTER_BYTES, (
            "a letter needs none"
        )
        assert (await one.post("/other", content=b"x" * 2 * MIB)).json() == 2 * MIB, "its route keeps no such body"
        assert (await other.post("/long/a/here", content=b"x" * 2 * MIB)).json() == 2 * MIB
        slow.end.set()
        assert (await held).json() == 2 * MIB + 1
        for _ in range(5):
            assert (await one.post("/long/b/here", content=b"x" * 3 * MIB)).status_code == 200, "all was given back"


async def test_who_has_a_whole_network_of_addresses_has_one_share() -> None:
    app, slow = app_with(9 * MIB), Slow(2 * MIB)
    one, same, other = sender(app, "2001:db8::1"), sender(app, "2001:db8::2"), sender(app, "2001:db8:0:1::1")
    async with asyncio.timeout(20), one, same, other, asyncio.TaskGroup() as tasks:
        held = tasks.create_task(one.post("/long/a/here", content=slow))
        await slow.begun.wait()
        assert (await same.post("/long/b/here", content=b"x" * 2 * MIB)).status_code == 503
        assert (await other.post("/long/b/here", content=b"x" * 2 * MIB)).status_code == 200
        slow.end.set()
        assert (await held).status_code == 200


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    app = app_with(9 * MIB)
    with patch("server.held_bodies.BODY_S", 0.05):
        async with asyncio.timeout(20), sender(app) as one:
            answer = await one.post("/long/a/here", content=Slow(2 * MIB))
            assert (answer.status_code, answer.json()["code"]) == (408, "too_slow")
    async with sender(app) as one:
        assert (await one.post("/long/a/here", content=b"x" * 3 * MIB)).status_code == 200


async def test_the_doors_for_long_bodies_have_the_purse() -> None:
    app = create_app(settings_for("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    (held,) = [one.kwargs["paths"] for one in app.user_middleware if "HeldBodies" in repr(one.cls)]
    assert held == (ATTACHED, READS)
    path = f"/api/lines/firm/requests/{uuid4()}/attachments"
    with patch("server.held_bodies.Purse.take", side_effect=Full):
        async with sender(app) as one:
            answer = await one.post(path, content=b"x" * MIB)
    assert (answer.status_code, answer.json()["code"]) == (503, "bodies_full")
    await app.state.services.close()
