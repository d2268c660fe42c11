"""The floor of the alert path: two chained bare FastAPI + psycopg commits and one WebSocket, nothing else.

`python -m tests.bench.floor DATABASE_URL PORT [NEXT_URL]`: each POST inserts one row, commits, hands the body on to
NEXT_URL if given, and otherwise sends it to the open WebSocket. Same server settings as the product.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from psycopg_pool import AsyncConnectionPool

from location_router.runtime.db import conninfo
from tests.bench.load import Poster


def create_app(database_url: str, next_url: str | None) -> FastAPI:
    pool = AsyncConnectionPool(conninfo(database_url), min_size=4, max_size=8, open=False, kwargs={"autocommit": True})
    seats: set[WebSocket] = set()
    state: dict[str, Poster] = {}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await pool.open(wait=True)
        async with pool.connection() as connection:
            await connection.execute(
                "CREATE TABLE IF NOT EXISTS floor (id bigserial PRIMARY KEY, key text UNIQUE, body text)"
            )
        if next_url:
            state["next"] = Poster(next_url)
        yield
        await pool.close()

    app = FastAPI(lifespan=lifespan)

    @app.post("/alerts")
    async def alerts(request: Request) -> Response:
        import json

        text = (await request.body()).decode()
        body = json.loads(text)
        async with pool.connection() as connection:
            await connection.execute(
                "INSERT INTO floor (key, body) VALUES (%s, %s) ON CONFLICT DO NOTHING", (body["alert_id"], text)
            )
        if "next" in state:
            asyncio.get_running_loop().create_task(state["next"].post("/alerts", body))
        for seat in list(seats):
            await seat.send_text(text)
        return Response(b'{"ok":true}', 202, media_type="application/json")

    @app.websocket("/feed")
    async def feed(seat: WebSocket) -> None:
        await seat.accept()
        seats.add(seat)
        try:
            while True:
                await seat.receive_text()
        except WebSocketDisconnect:
            seats.discard(seat)

    return app


if __name__ == "__main__":
    following = sys.argv[3] if len(sys.argv) > 3 else None
    uvicorn.run(
        create_app(sys.argv[1], following),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        loop="uvloop",
        ws="websockets-sansio",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
