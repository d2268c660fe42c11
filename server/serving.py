"""The center server as a program: HTTP and WebSocket until SIGTERM, with an orderly end within three seconds."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI

from location_router.runtime.door import open_door
from location_router.runtime.memory import settle_memory
from server.app import create_app
from server.console.feed import feed_hub
from server.running import say_ready
from server.settings import Settings

LONGEST_FRAME = 64 * 1024


class _Server(uvicorn.Server):
    """uvicorn that announces itself, and ends with exit code 0 on a signal."""

    def __init__(
        self,
        config: uvicorn.Config,
        on_ready: Callable[[], None],
        on_stop: Callable[[], None],
        on_drain: Callable[[], None] = lambda: None,
        drain_s: float = 0.0,
    ) -> None:
        super().__init__(config)
        self._on_ready, self._on_stop = on_ready, on_stop
        self._on_drain, self._drain_s, self._is_draining = on_drain, drain_s, False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            settle_memory()
            self._on_ready()

    @contextmanager
    def capture_signals(self) -> Any:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._drain)
        yield

    def _drain(self) -> None:
        """Not ready any more, but serving on for DRAIN_S, so that the proxy can look away; a second signal is final."""
        self._on_drain()
        if self._is_draining or not self._drain_s:
            return self._stop()
        self._is_draining = True
        asyncio.get_running_loop().call_later(self._drain_s, self._stop)

    def _stop(self) -> None:
        self._on_stop()  # open sockets first, or uvicorn waits for them
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True


def serve(settings: Settings) -> None:
    """The center server on HOST:PORT until SIGTERM; PORT 0 takes a free port and says which."""
    listening = open_door(settings.host, settings.port)
    settings.port = listening.getsockname()[1]
    app = create_app(settings)
    server = _Server(
        config_for(app),
        on_ready=lambda: say_ready("server", url=f"http://{settings.host}:{settings.port}"),
        on_stop=lambda: feed_hub(app.state.services).end_all(),
        on_drain=lambda: app.state.services.shared.update(is_stopping=True),
        drain_s=settings.drain_s,
    )
    server.run(sockets=[listening])
    if not server.started:
        raise SystemExit(3)


def config_for(app: FastAPI) -> uvicorn.Config:
    """Frames are small and many, so they are not deflated; an access log would keep follow links.

    uvicorn believes X-Forwarded-For of the loopback unless told otherwise: only TRUSTED_PROXIES are believed here.
    """
    proxies = app.state.services.settings.trusted_proxies
    return uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=2,
        server_header=False,
        ws_max_size=LONGEST_FRAME,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
    )
