"""A browser gets the packing that it takes, with the type of what is inside, and asks once a year."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from location_router.runtime.packed_files import FOREVER, PackedFiles

SCRIPT = b"console.log('ansim');" * 100


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    (tmp_path / "assets").mkdir()
    for name in ("assets/console-BnGs4lhA.js", "mark.svg"):
        (tmp_path / name).write_bytes(SCRIPT)
    (tmp_path / "assets/console-BnGs4lhA.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / "assets/console-BnGs4lhA.js.br").write_bytes(b"packed with brotli")
    app = Starlette()
    app.mount("/static", PackedFiles(tmp_path))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://center/static") as client:
        yield client


async def test_each_browser_gets_what_it_takes(pages: httpx.AsyncClient) -> None:
    taken = {"br, gzip": "br", "gzip, deflate": "gzip", "gzip;q=0, br;q=0.0": None, "": None, "gzip;q=0.5": "gzip"}
    for header, encoding in taken.items():
        async with pages.stream("GET", "/assets/console-BnGs4lhA.js", headers={"accept-encoding": header}) as answer:
            raw = b"".join([piece async for piece in answer.aiter_raw()])
        assert answer.headers.get("content-encoding") == encoding, header
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["cache-control"] == FOREVER and answer.headers["vary"] == "accept-encoding"
        assert raw == {"br": b"packed with brotli", None: SCRIPT}.get(encoding, raw)
        assert encoding != "gzip" or gzip.decompress(raw) == SCRIPT


async def test_what_may_change_is_asked_for_again(pages: httpx.AsyncClient) -> None:
    first = await pages.get("/mark.svg")
    assert first.headers["cache-control"] == "no-cache" and first.content == SCRIPT
    again = await pages.get("/mark.svg", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert (await pages.get("/assets/gone-BnGs4lhA.js")).status_code == 404
    assert (await pages.get("/../secret")).status_code == 404
