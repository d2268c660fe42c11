"""The floor of `bench.paths`: FastAPI, one INSERT and one commit for each alert, nothing else, same server settings.

`python -m location_router.bench.floor DATABASE_URL` (an owner's URL: it makes a table). Prints its address.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import uvicorn
from fastapi import FastAPI, Request, Response

from location_router.runtime.pool import Pool


def create_app(database_url: str) -> FastAPI:
    pool = Pool(database_url, size=8, name="floor")

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await pool.open()
        await pool.run("CREATE TABLE IF NOT EXISTS floor (id bigserial PRIMARY KEY, key text UNIQUE, body text)")
        yield
        await pool.close()

    app = FastAPI(lifespan=life)

    @app.post("/v1/alerts")
    async def alerts(request: Request) -> Response:
        body = await request.body()
        key = orjson.loads(body)["alert_id"]
        await pool.run("INSERT INTO floor (key, body) VALUES (%s, %s) ON CONFLICT DO NOTHING", (key, body.decode()))
        return Response(b'{"ok":true}', 202, media_type="application/json")

    return app


class _Announced(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(json.dumps({"ready": True, "url": f"http://127.0.0.1:{port}"}), flush=True)


if __name__ == "__main__":
    app = create_app(sys.argv[1])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, loop="uvloop", http="httptools", log_config=None, access_log=False
    )
    _Announced(config).run()
