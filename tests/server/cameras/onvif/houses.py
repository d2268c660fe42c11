"""What the stories of this folder stand on: an installation whose cameras may be on the loopback, signed-in seats, and
devices of our own that listen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from server.cameras import device_routes
from server.cameras.devices import device_pool
from server.cameras.ptz_keeper import look, tell
from server.demo.onvif import OnvifFace
from server.gate import Refused, open_views
from server.releases import note_first_byte
from server.staff.routes import COOKIE
from tests.server.deliveries import Clock
from tests.server.scene import Scene, app_of, client, installation, listening


@dataclass
class House:
    """A running API, a clock that the test moves, and a browser for each login."""

    scene: Scene
    clock: Clock
    address: str
    stack: AsyncExitStack
    answers: list[str]

    async def seat(self, login: str) -> httpx.AsyncClient:
        await self.scene.sql(
            "UPDATE session SET token_digest = :digest WHERE account_id = :id",
            digest=self.scene.services.sealer.digest(login, context="session"),
            id=self.scene.staff[login].account_id,
        )

        async def keep(answer: httpx.Response) -> None:
            self.answers.append((await answer.aread()).decode("utf-8", "replace"))

        browser = client(self.address, cookies={COOKIE: login}, event_hooks={"response": [keep]})
        return await self.stack.enter_async_context(browser)

    async def plug(self, face: OnvifFace) -> str:
        """The device's address."""
        return await self.stack.enter_async_context(listening(face))  # type: ignore[arg-type]

    async def watch(self, login: str, incident_id: UUID, camera_id: str, *, sees: bool = True) -> UUID:
        """A live release; `sees`: its first picture has left."""
        async with self.scene.services.db.begin() as unit:
            answer = await open_views(
                unit,
                incident_id=incident_id,
                camera_ids=[camera_id],
                viewer=self.scene.staff[login],
                legal_basis=None,
                now=self.clock(),
            )
        assert not isinstance(answer, Refused), answer
        if sees:
            async with self.scene.services.db.begin() as unit:
                await note_first_byte(unit, answer[camera_id])
        return answer[camera_id]

    async def keep(self, *, seconds: float = 0.0) -> list[str]:
        """Let time pass, and the keeper look once; what it told the devices."""
        self.clock.forward(seconds)
        todo = await look(self.scene.services)
        for one in todo:
            await tell(self.scene.services, one)
        return [one.motion.kind for one in todo]


@asynccontextmanager
async def house(url: str, **settings: Any) -> AsyncIterator[House]:
    given = {"camera_networks": "127.0.0.0/8"} | settings
    async with AsyncExitStack() as stack:
        scene = await stack.enter_async_context(installation(url, **given))
        scene.services.clock = clock = Clock()
        stack.push_async_callback(device_pool(scene.services).close)
        address = await stack.enter_async_context(listening(app_of(scene.services, device_routes.router)))
        yield House(scene, clock, address, stack, [])


def said(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal; status and nothing of an answer."""
    return answer.status_code, answer.json().get("code", "")
