"""The line to her phone: what changes while she walks, at once. Only a hint wakes it; it reads what is on disk, and
looks by itself every few seconds, so that nothing it missed stays unknown."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import UUID

from fastapi import APIRouter
from starlette.websockets import WebSocket

from location_router.runtime.db import Unavailable
from location_router.runtime.problems import Problem
from server.connection import same_origin, services_of
from server.live import FOREIGN_PAGE, run_page
from server.people.hub import FollowHub
from server.people.routes import device_user
from server.people.service import DeviceUser
from server.walks import answers
from server.walks.reading import one_of_hers

if TYPE_CHECKING:
    from server.services import Services

router = APIRouter()
TOPIC = "walk:"
LOOK_S = 5.0
NOT_HERS = 4404


class LineHub(FollowHub):
    """Wakes the lines of this process, and by a hint those of the others."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        services.broadcast.subscribe(on_hint=self._hint)

    def told(self, walk_id: UUID) -> None:
        self.changed(walk_id)
        self._services.broadcast.hint(f"{TOPIC}{walk_id}")

    def _hint(self, topic: str) -> None:
        with suppress(ValueError):
            if topic.startswith(TOPIC):
                self.changed(UUID(topic.removeprefix(TOPIC)))


def line_hub(services: Services) -> LineHub:
    """This process's hub, made on first use."""
    hub: LineHub | None = services.shared.get("walk_line")
    if hub is None:
        hub = services.shared["walk_line"] = LineHub(services)
    return hub


@router.websocket("/api/people/me/walks/{walk_id}/line")
async def line(socket: WebSocket, walk_id: UUID) -> None:
    """`Brief` at once and at each change; closes with 1000 when the walk has ended, 4404 when it is not hers."""
    await socket.accept()
    services = services_of(socket)
    if not same_origin(socket):
        return await socket.close(FOREIGN_PAGE)
    try:
        user = await device_user(socket)  # type: ignore[arg-type]
        row = await one_of_hers(services, user, walk_id)
    except Problem:
        return await socket.close(NOT_HERS)
    with line_hub(services).page(walk_id) as wake:
        await run_page(socket, _send(socket, user, answers.brief(row), walk_id, wake))


async def _send(socket: WebSocket, user: DeviceUser, shown: answers.Brief, walk_id: UUID, wake: asyncio.Event) -> None:
    services = services_of(socket)
    await socket.send_text(shown.model_dump_json())
    while shown.ended_at is None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await wake.wait()
        wake.clear()
        try:
            now = answers.brief(await one_of_hers(services, user, walk_id))
        except Unavailable:
            continue
        except Problem:
            return
        if now != shown:
            shown = now
            await socket.send_text(shown.model_dump_json())
