"""LoST requests a second over HTTP: one router process on one core, no database, places where people live.

The server is a child process with uvicorn as in production; this process is the client, with keep-alive connections
and the least work that reads an answer whole. `bench_lost` prints nothing; run the module to see its numbers.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from typing import Any

from location_router.index import Index

CONNECTIONS = 16
QUERIES = 4_000
_WARM_S = 0.3


def bench_lost(seconds: float = 2.0) -> dict[str, Any]:
    """`lost_requests_per_s` over HTTP, `lost_p50_ms`, `lost_p99_ms` with `CONNECTIONS` at a time, and
    `lost_in_process_per_s` for reading, answering and writing without HTTP; None when the server did not start."""
    from location_router.ready import ready_index

    index = ready_index()
    bodies = _bodies(index)
    found = {"lost_in_process_per_s": _in_process(index, bodies, min(seconds, 1.0))}
    with subprocess.Popen(
        [sys.executable, "-m", "location_router.bench.lost", "--serve"], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            port = int(json.loads(line)["port"]) if line else 0
            found |= asyncio.run(_load(port, bodies, seconds)) if port else {"lost_requests_per_s": None}
        finally:
            server.terminate()
    return found


def _bodies(index: Index) -> list[bytes]:
    from location_router.bench.lookups import population_points
    from location_router.lost.values import Area, FindService, Place
    from location_router.lost.writing import write_query

    return [
        write_query(FindService(Place("loc-1", Area("point", lat, lon)), "urn:service:sos.police"))
        for lon, lat in population_points(QUERIES).tolist()
    ]


def _in_process(index: Index, bodies: list[bytes], seconds: float) -> int:
    from datetime import UTC, datetime

    from location_router.lost.answering import Elsewhere, World, answer
    from location_router.lost.reading import read_query
    from location_router.lost.writing import write

    world = World(
        source="router.example.kr",
        now=datetime.now(UTC),
        jurisdictions=index.version(),
        states={},
        uri_of=lambda code: f"https://c-{code}.example.kr",
        version_at=index.version,
        find_boundary=index.find_boundary,
    )
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        for body in bodies[:500]:
            given = answer(read_query(body).query, world)
            assert not isinstance(given, Elsewhere)
            write(given)
        done += len(bodies[:500])
    return round(done / (time.perf_counter() - began))


class _Client(asyncio.Protocol):
    """One keep-alive connection: the next request goes out when an answer has come in whole."""

    def __init__(self, requests: list[bytes], offset: int, took: list[float]) -> None:
        self._requests, self._next, self._took = requests, offset, took
        self._held, self._sent_at = b"", 0.0
        self.bad = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, blank, body = self._held.partition(b"\r\n\r\n")
        if not blank:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        self._took.append(time.perf_counter() - self._sent_at)
        self.bad += b"<mapping " not in body
        self._held = b""
        self._send()

    def _send(self) -> None:
        request = self._requests[self._next % len(self._requests)]
        self._next += 1
        self._sent_at = time.perf_counter()
        self.transport.write(request)  # type: ignore[attr-defined]


async def _load(port: int, bodies: list[bytes], seconds: float) -> dict[str, Any]:
    requests = [
        b"POST /lost HTTP/1.1\r\nHost: router\r\nContent-Type: application/lost+xml\r\nContent-Length: %d\r\n\r\n"
        % len(body)
        + body
        for body in bodies
    ]
    took: list[float] = []
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda n=n: _Client(requests, n * 251, took), "127.0.0.1", port)  # type: ignore[misc]
        for n in range(CONNECTIONS)
    ]
    await asyncio.sleep(_WARM_S)
    took.clear()
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    rate, spent = len(took) / (time.perf_counter() - began), sorted(took)
    for transport, _ in made:
        transport.abort()
    if not spent or any(client.bad for _, client in made):
        return {"lost_requests_per_s": None}
    return {
        "lost_requests_per_s": round(rate),
        "lost_p50_ms": round(spent[len(spent) // 2] * 1000, 3),
        "lost_p99_ms": round(spent[len(spent) * 99 // 100] * 1000, 3),
    }


def _serve() -> None:
    """The endpoint as the router mounts it, behind the same uvicorn; its database is away."""
    import uvicorn
    from fastapi import FastAPI
    from prometheus_client import CollectorRegistry

    from location_router.discrepancies import Discrepancies
    from location_router.lost_routes import Lost
    from location_router.ready import ready_index
    from location_router.registry import Registry
    from location_router.runtime.pool import Pool
    from location_router.runtime.problems import install_problems

    pool = Pool("postgresql+psycopg://nobody@127.0.0.1:1/none", size=1, name="away")
    registry = Registry(pool, ready_index())
    app = FastAPI()
    install_problems(app)
    lost = Lost(registry, Discrepancies(pool), CollectorRegistry(), source="router.example.kr")
    app.router.routes.append(lost.route)
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        lifespan="off",
    )

    class Announced(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            print(json.dumps({"port": self.servers[0].sockets[0].getsockname()[1]}), flush=True)

    Announced(config).run()


if __name__ == "__main__":
    if "--serve" in sys.argv:
        _serve()
    else:
        print(json.dumps(bench_lost()))
