"""A geocoder of another house: what it answers is read up to a bound, and nothing that it says stops an address."""

from __future__ import annotations

import gzip
import json
import tracemalloc

from fastapi import FastAPI, Request, Response

from location_router.runtime.seal import new_key
from server.basemap.geocoder import Road, create_geocoder
from server.settings import Settings
from tests.server.scene import LAT, LON, listening

BOMB = gzip.compress(b'{"road": "' + bytes(60_000_000) + b'"}')


async def test_no_answer_of_a_geocoder_hurts() -> None:
    asked: list[str] = []
    app, answers = FastAPI(), iter((b"[" * 100_000, b'{"road": "' + b"x" * 3_000_000 + b'"}', BOMB, b"[1]", b"null"))

    @app.post("/where")
    async def where(request: Request) -> Response:
        asked.append(str(request.url))
        body = next(answers, json.dumps({"road": "시민대로 235", "lot": 7}).encode())
        return Response(body, headers={"Content-Encoding": "gzip"} if body is BOMB else {})

    async with listening(app) as url:
        database = "postgresql+psycopg://nobody@127.0.0.1:9/none"
        given = {"geocoder": "http", "geocoder_url": url + "/where", "video_gateway": "console"}
        geocoder = create_geocoder(Settings(database_url=database, data_key=new_key(), **given))
        tracemalloc.start()
        for _ in range(5):
            assert await geocoder.road(lat=LAT, lon=LON) == Road()
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
        tracemalloc.stop()
        assert await geocoder.road(lat=LAT, lon=LON) == Road("시민대로 235", "7")
        await geocoder.close()
    assert set(asked) == {url + "/where"}, "no place in an address"
