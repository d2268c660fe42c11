"""Keeps the cameras of open incidents warm for as long as they are open, and follows addresses that change.

The center server warms cameras when it chooses them; this asks the installation again and again, so that an incident
that lasts an hour keeps its eyes, and a video process that was killed has them back as soon as it runs again. A stream
that is down is compared with the registry's address: a corrected password works without anybody opening it anew.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Protocol

import structlog

from server.video.gateway import Sources, WarmCamera
from server.video.hub import CameraStream, Hub

EVERY_S, DOWN_S = 20.0, 3.0

log = structlog.get_logger(__name__)


class Wanted(Protocol):
    async def wanted(self) -> Sequence[WarmCamera]:
        """The chosen cameras of all open incidents, the newest incident first; drills show no pictures."""


class Keeper:
    """Run `run()` as one task beside the hub."""

    def __init__(self, hub: Hub, wanted: Wanted, sources: Sources, *, every_s: float = EVERY_S) -> None:
        self._hub, self._wanted, self._sources, self._every_s = hub, wanted, sources, every_s

    async def run(self) -> None:
        """Until cancelled. A database that is away is asked again; what is warm stays so meanwhile."""
        while True:
            try:
                await self.renew()
                await self._readdress()
            except Exception as error:
                log.error("cameras not kept", error=repr(error))
            await asyncio.sleep(self._every_s)

    async def renew(self) -> None:
        """Oldest incident first, so that under a flood the newest keeps its room."""
        for camera in reversed(await self._wanted.wanted()):
            self._hub.warm(camera.camera_id, camera.url, self._every_s * 3)

    async def _readdress(self) -> None:
        for stream in self._hub.streams():
            if stream.is_open and _is_long_down(stream):
                try:
                    url = await self._sources.stream_url(
                        stream.camera_id, "main" if stream.quality == "main" else "sub"
                    )
                except KeyError:
                    continue
                if url != stream.url:
                    stream.restart(url)


def _is_long_down(stream: CameraStream) -> bool:
    state = stream.state()
    is_young = time.monotonic() - stream.opened_at < DOWN_S
    return state.state != "live" and state.refusal is None and not is_young
