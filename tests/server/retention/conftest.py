"""An installation whose clock the test drives, with positions that come the way they come in service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from location_router.wire import Position
from server.console import commands
from server.positions import store_positions
from server.retention.purge import Report, purge
from tests.server.deliveries import Clock
from tests.server.scene import CENTER, Scene, installation

DAY_S = 86_400.0


@dataclass
class Years:
    """A scene in which years pass."""

    scene: Scene
    clock: Clock

    @property
    def now(self) -> datetime:
        return self.clock()

    def days(self, days: float) -> None:
        self.clock.forward(days * DAY_S)

    async def emergency(self, *, center: str = CENTER, person: str = "", sources: tuple[str, ...] = ("gps",)) -> UUID:
        """An incident of this moment with ten positions of each source."""
        incident_id = await self.scene.emergency(center=center, with_position=False)
        await self.scene.sql(
            "UPDATE incident SET opened_at = :now, active_at = :now, remind_at = NULL WHERE incident_id = :id",
            now=self.now,
            id=incident_id,
        )
        alert = await self.scene.one(
            "UPDATE alert SET person_ref = :ref, raised_at = :now, received_at = :now WHERE incident_id = :id"
            " RETURNING alert_id",
            ref=person,
            now=self.now,
            id=incident_id,
        )
        for number, source in enumerate(sources):
            await self.walk(alert, incident_id, center, source=source, offset_s=number)
        return incident_id

    async def walk(
        self, alert: UUID, incident: UUID, center: str, *, source: str = "gps", offset_s: float = 0, count: int = 10
    ) -> None:
        fixes = [
            Position(
                lat=37.4,
                lon=126.9,
                accuracy_m=9,
                fixed_at=self.now - timedelta(seconds=offset_s + 10 * step),
                source=source,
            )
            for step in range(count)
        ]
        async with self.scene.services.db.begin() as unit:
            await store_positions(unit, [(alert, incident, center, fix) for fix in fixes], now=self.now)

    async def close(self, incident_id: UUID) -> None:
        """As an operator does it, who has looked at it: that leaves a release."""
        for name, args in (("open", {}), ("close", {"disposition": "handled"})):
            await commands.run(self.scene.services, self.scene.staff["operator"], name, incident_id, args)

    async def end(self, incident_id: UUID) -> None:
        """The bare row of an incident that has ended now."""
        await self.scene.sql(
            "UPDATE incident SET state = 'closed', closed_at = :now WHERE incident_id = :id",
            now=self.now,
            id=incident_id,
        )

    async def positions(self, incident_id: UUID, source: str = "gps") -> int:
        count = await self.scene.one(
            "SELECT count(*) FROM position WHERE incident_id = :id AND source = :source", id=incident_id, source=source
        )
        return int(count)

    async def purge(self) -> Report:
        report = await purge(self.scene.services)
        assert not report.failed, report.failed
        return report


@pytest.fixture
async def years(installation_database: str, clock: Clock) -> AsyncIterator[Years]:
    async with installation(installation_database) as scene:
        scene.services.clock = clock
        await scene.add("privacy", "privacy", desk="main")
        yield Years(scene, clock)
