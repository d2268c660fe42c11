"""The recorder inside the video process: started and stopped with it, and what it tells of itself."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from server.video.gateway import INTERNAL_HEADER
from server.video.hub import Hub
from server.video.recorder import Figures, Recorder

if TYPE_CHECKING:
    from server.video.app import VideoDesk

_GAUGES = {
    "recording": "Cameras that are recorded now",
    "segments": "Files written since the start",
    "bytes": "Bytes written since the start",
    "dropped": "Pictures not recorded because the disk did not keep up",
    "waiting_rows": "Files whose row is not in the database yet",
    "disk_percent": "How full the disk of recordings is",
    "missing": "Files that were gone without anybody having let them go",
    "strays": "Files that belong to no camera",
    "no_room": "Cameras that should be recorded and are not: too many streams",
}


def recorder_router(make: Callable[[Hub], Recorder]) -> Any:
    """For `create_app(extra_routers=…)`. `GET /metrics/recordings`, `GET /internal/recordings`."""

    def router_of(desk: VideoDesk) -> APIRouter:
        recorder = make(desk.hub)

        @contextlib.asynccontextmanager
        async def lifespan(_: Any) -> AsyncIterator[None]:
            recorder.start()
            yield
            await recorder.stop()

        router = APIRouter(lifespan=lifespan)

        @router.get("/metrics/recordings")
        async def metrics() -> Response:
            return Response(_metrics(recorder.figures), media_type="text/plain; version=0.0.4")

        @router.get("/internal/recordings")
        async def state(given: Annotated[str, Header(alias=INTERNAL_HEADER)] = "") -> dict[str, Any]:
            if not hmac.compare_digest(given.encode(), desk.key.encode()):
                raise HTTPException(403, "internal")
            return asdict(recorder.figures)

        return router

    return router_of


def _metrics(figures: Figures) -> bytes:
    registry = CollectorRegistry()
    for name, what in _GAUGES.items():
        Gauge(f"ansim_recordings_{name}", what, registry=registry).set(getattr(figures, name))
    trouble = Gauge("ansim_recordings_trouble", "1: recordings suffer, and why", ["code"], registry=registry)
    if figures.trouble:
        trouble.labels(figures.trouble).set(1)
    return generate_latest(registry)
