"""Too much is refused before it is kept, whether it was announced or not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from location_router.runtime.limits import BodyLimit
from location_router.runtime.problems import install_problems


async def answer(content: bytes | AsyncIterator[bytes], headers: dict[str, str] | None = None) -> httpx.Response:
    app = FastAPI()
    install_problems(app)
    app.add_middleware(BodyLimit, most_bytes=1000)

    @app.post("/")
    async def length(request: Request) -> int:
        return len(await request.body())

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        return await client.post("/", content=content, headers=headers)


async def test_a_longer_body_is_for_the_named_addresses_alone() -> None:
    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(str(len(await Request(scope, receive).body())))(scope, receive, send)

    limited = BodyLimit(echo, most_bytes=10, larger={"/lines/*/attachments": 100, "/files/": 100})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(limited), base_url="http://x") as client:
        for path, is_read in (("/lines/a/attachments", True), ("/files/b", True), ("/lines/a/sources", False)):
            if is_read:
                assert (await client.post(path, content=b"x" * 50)).text == "50"
            else:
                with pytest.raises(HTTPException):
                    await client.post(path, content=b"x" * 50)


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 100


async def test_what_fits_is_read_and_what_is_too_long_is_not() -> None:
    assert (await answer(b"x" * 1000)).json() == 1000
    assert (await answer(pieces(10))).json() == 1000
    for too_much in (await answer(b"x" * 1001), await answer(pieces(11))):
        assert (too_much.status_code, too_much.headers["content-type"]) == (413, "application/problem+json")


@pytest.mark.parametrize("announced", ["-1", "1e3", "9" * 40, "1001", ""])
async def test_an_odd_announcement_is_not_believed(announced: str) -> None:
    assert (await answer(b"x", {"content-length": announced})).status_code == 413
