"""A person who walks home with her phone, for stories: the real routes over a real socket, the clock in the hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from server.people import notice_routes
from server.people import routes as people
from server.people import service as people_service
from server.services import Services
from server.walks import guardian_view, line, routes
from tests.server.deliveries import Clock
from tests.server.scene import LAT, LON, Scene, app_of, client, listening

HOME = {"lat": LAT + 0.009, "lon": LON}
"""A kilometre to the north of where she sets out."""

SOON = '{"silent_s": [900, 900], "silent_far_s": [900, 900], "silent_not_set_out_s": [900, 900]}'
"""`WALK_PATIENCE` of a center that asks after a quarter of an hour of silence, at whatever hour the test runs."""


@dataclass
class Walker:
    scene: Scene
    api: httpx.AsyncClient
    clock: Clock
    guardian_id: str
    walk_id: UUID = field(default_factory=uuid4)
    alert_id: UUID = field(default_factory=uuid4)
    no: int = 0

    @property
    def path(self) -> str:
        return f"/api/people/me/walks/{self.walk_id}"

    def body(self, **changes: Any) -> dict[str, Any]:
        return {
            "kind": "route",
            "alert_id": str(self.alert_id),
            "origin": {"lat": LAT, "lon": LON},
            "destination": HOME,
            "place_name": "우리 집",
            "guardians": [self.guardian_id],
        } | changes

    def again(self) -> None:
        """Another walk."""
        self.walk_id, self.alert_id, self.no = uuid4(), uuid4(), 0

    async def begin(self, **changes: Any) -> dict[str, Any]:
        answer = await self.api.put(self.path, json=self.body(**changes))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def at(self, share: float, *, after_s: float = 60.0, **more: Any) -> dict[str, Any]:
        """So much of the way (0 to 1), so much later."""
        self.clock.forward(after_s)
        return await self.heard([self.fix(share, **more)])

    def fix(self, share: float, *, at: datetime | None = None, **more: Any) -> dict[str, Any]:
        where = {"lat": LAT + (HOME["lat"] - LAT) * share, "lon": LON, "accuracy_m": 8}
        return where | {"fixed_at": (at or self.clock()).isoformat()} | more

    async def heard(self, positions: list[dict[str, Any]]) -> dict[str, Any]:
        answer = await self.api.post(f"{self.path}/positions", json={"positions": positions})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def says(self, what: str, **more: Any) -> dict[str, Any]:
        self.no += 1
        answer = await self.api.post(f"{self.path}/answer", json={"what": what, "no": self.no} | more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def row(self) -> dict[str, Any]:
        return (await self.scene.sql("SELECT * FROM walk WHERE walk_id = :id", id=self.walk_id))[0]

    async def notices(self) -> list[str]:
        rows = await self.scene.sql(
            "SELECT event FROM notice WHERE subject_id = :id ORDER BY created_at", id=self.walk_id
        )
        return [row["event"] for row in rows]

    async def jobs(self, task: str) -> int:
        query = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task AND args->>'walk_id' = :id"
        return int(await self.scene.one(query, task=task, id=str(self.walk_id)))


@asynccontextmanager
async def walking(scene: Scene, *, began_ago: timedelta = timedelta(hours=2)) -> AsyncIterator[Walker]:
    """She has signed up and has a guardian who has accepted; her clock begins in the past."""
    clock = Clock()
    clock.ahead = -began_ago
    services: Services = scene.services
    services.clock = clock
    app = app_of(services, people.router, routes.router, line.router, notice_routes.router, guardian_view.router)
    async with listening(app) as address, client(address) as api:
        signed = (await api.post("/api/people", json={"nickname": "보라", "phone": "010-1234-5678"})).json()
        api.headers["Authorization"] = f"Bearer {signed['device_token']}"
        named = (await api.post("/api/people/me/guardians", json={"name": "엄마", "phone": "010-9999-1234"})).json()
        await people_service.accept(services, named["invitation"], push_token="token-of-mother")
        yield Walker(scene, api, clock, named["guardian_id"])
