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
from pydantic_settings import SettingsError

from location_router.app import make_app, make_router
from location_router.index import SnapshotError
from location_router.runtime.logs import set_up_logs
from location_router.runtime.memory import settle_memory
from location_router.runtime.told import told
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
    server.run(sockets=_or_exit(lambda: doors(settings)))
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


def doors(settings: Settings) -> list[socket.socket] | None:
    """The listening sockets when there is more to say than an address: one that other processes may share, and one of
    this process alone. None: uvicorn opens the one address. Raises ValueError where that can't be done."""
    if not settings.reuse_port and settings.own_port is None:
        return None
    if settings.reuse_port and not hasattr(socket, "SO_REUSEPORT"):
        raise ValueError("REUSE_PORT: this system can't share a port; put a proxy in front of several processes")
    found = [_door(settings.host, settings.port, is_shared=settings.reuse_port)]
    if settings.own_port is not None:
        found.append(_door(settings.host, settings.own_port, is_shared=False))
    return found


def _door(host: str, port: int, *, is_shared: bool) -> socket.socket:
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        door.bind((host, port))
    except OSError as error:
        door.close()
        raise ValueError(f"HOST and PORT: {host}:{port} can't be opened ({error.strerror})") from None
    return door


class _Announced(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self.servers:
            urls = [_url_of(one) for server in self.servers for one in server.sockets]
            _announce("router", urls[0], **({"own_url": urls[1]} if sockets and len(urls) > 1 else {}))


def _url_of(door: Any) -> str:
    host, port = door.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _announce(role: str, url: str, **more: str) -> None:
    print(json.dumps({"ready": True, "role": role, "url": url, "pid": os.getpid()} | more), flush=True)


def _settings() -> Settings:
    set_up_logs(level=os.environ.get("LOG_LEVEL", "INFO"))
    try:
        return Settings()  # type: ignore[call-arg]
    except (ValidationError, SettingsError) as error:
        print(told(error), file=sys.stderr)
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
