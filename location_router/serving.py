"""The two processes of the router: `serve` (API) and `worker`. One JSON line says when each is up."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from typing import Any

import uvicorn
import uvloop
from pydantic import ValidationError

from location_router.app import make_app, make_router
from location_router.index import SnapshotError
from location_router.runtime.logs import set_up_logs
from location_router.runtime.memory import settle_memory
from location_router.settings import Settings

GRACE_S = 2


def run_serve() -> None:
    """Serve the API until SIGTERM or Ctrl-C; exit code 0 after a clean stop."""
    settings = _settings()
    app = _or_exit(lambda: make_app(settings))
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        timeout_graceful_shutdown=GRACE_S,
        log_config=None,
        access_log=False,
        lifespan="on",
        ws_max_size=64 * 1024,
        proxy_headers=False,
    )
    _quiet_signals()
    settle_memory()
    server = _Announced(config)
    server.run()
    if not server.started:
        sys.exit(1)


def run_worker() -> None:
    """Sweep, consume receipts and statuses, forget; until SIGTERM or Ctrl-C."""
    settings = _settings()
    router = _or_exit(lambda: make_router(settings))

    async def work() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for word in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(word, stopping.set)
        await router.start(with_lines=False, with_worker=True)
        settle_memory()
        _announce("router-worker", "")
        await stopping.wait()
        await router.stop()

    uvloop.run(work())


class _Announced(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self.servers:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            _announce("router", f"http://{shown}:{port}")


def _announce(role: str, url: str) -> None:
    print(json.dumps({"ready": True, "role": role, "url": url, "pid": os.getpid()}), flush=True)


def _settings() -> Settings:
    set_up_logs()
    try:
        return Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        names = ", ".join(".".join(str(part) for part in item["loc"]).upper() for item in error.errors())
        print(f"설정을 확인해 주세요 · check these settings: {names}", file=sys.stderr)
        sys.exit(2)


def _or_exit(make: Any) -> Any:
    try:
        return make()
    except (SnapshotError, ValueError) as error:
        print(str(error), file=sys.stderr)
        sys.exit(1)


def _quiet_signals() -> None:
    """uvicorn raises a caught signal again once it has stopped; a clean stop is no death by signal."""
    for word in (signal.SIGTERM, signal.SIGINT):
        signal.signal(word, lambda *_: None)
