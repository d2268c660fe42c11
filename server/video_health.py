"""What the video process's watching needs of the registry: verdicts in, cameras to look at out, findings of analysers.

A camera of an open incident that goes bad has the choice made again, by a job in the transaction with its health.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, FastAPI

from location_router.runtime.db import Unit
from location_router.runtime.jobs import defer_in
from server.actor import SYSTEM
from server.cameras.registry import note_health
from server.cameras.service import chosen
from server.cameras.store import USABLE
from server.events import record, record_admin
from server.features.model import is_on
from server.features.service import flags_named
from server.gate import OPEN_STATES
from server.video.analyser import KINDS, Analyser, Analysis, Finding, create_analyser
from server.video.gateway import WarmCamera
from server.video.keeping import Keeper
from server.video.watching import Due, Pace, Told, Watcher

if TYPE_CHECKING:
    from server.services import Services
    from server.video.app import VideoDesk

PATROL_EVERY = timedelta(hours=1)
MOST_INCIDENTS = 200

log = structlog.get_logger("video")


class Registry:
    """`HealthSink`, `Wanted` and `FindingSink` over the installation's database. Nobody is shown a picture by it."""

    def __init__(self, services: Services) -> None:
        self._services = services

    # ------------------------------------------------------------ health
    async def note(self, camera_id: str, health: Told, at: datetime) -> None:
        async with self._services.db.begin() as unit:
            try:
                is_new = await note_health(unit, camera_id, health, at)
            except KeyError:
                return  # taken out of the registry while it was open
            if is_new and health not in ("working", "unknown"):
                for incident_id in await self._incidents_of(unit, camera_id):
                    await defer_in(unit, "choose_cameras", incident_id=str(incident_id))

    async def movable(self, camera_ids: Collection[str]) -> Collection[str]:
        async with self._services.db.begin() as unit:
            rows = await unit.all(
                "SELECT camera_id FROM camera WHERE camera_id = ANY(:ids) AND is_ptz", {"ids": list(camera_ids)}
            )
        return {row["camera_id"] for row in rows}

    async def due(self, limit: int) -> Sequence[Due]:
        now = self._services.clock()
        async with self._services.db.begin() as unit:
            rows = await unit.all(
                f"SELECT camera_id, sub_url_sealed FROM camera WHERE {USABLE}"
                " AND (health_at IS NULL OR health_at < :before)"
                " ORDER BY health_at NULLS FIRST, camera_id LIMIT :limit",
                {"now": now, "before": now - PATROL_EVERY, "limit": limit},
            )
        return [Due(row["camera_id"], self._opened(row)) for row in rows]

    # ------------------------------------------------------------ open incidents
    async def wanted(self) -> Sequence[WarmCamera]:
        """Each camera once, at its newest incident."""
        async with self._services.db.begin() as unit:
            ids: dict[str, None] = {}
            for row in await _open_incidents(unit):
                ids |= dict.fromkeys(one["camera_id"] for one in await chosen(unit, row["incident_id"]))
            rows = await unit.all(
                f"SELECT camera_id, sub_url_sealed FROM camera WHERE camera_id = ANY(:ids) AND {USABLE}",
                {"ids": list(ids), "now": self._services.clock()},
            )
        urls = {row["camera_id"]: self._opened(row) for row in rows}
        return [WarmCamera(camera_id, urls[camera_id]) for camera_id in ids if camera_id in urls]

    async def _incidents_of(self, unit: Unit, camera_id: str) -> list[UUID]:
        """Open incidents that have this camera among their chosen ones. Each choice leaves a pin, so that only those
        are looked at which ever chose it: a street that loses its power takes many cameras at once."""
        return [
            row["incident_id"]
            for row in await unit.all(_EVER_CHOSE, {"id": camera_id, "open": list(OPEN_STATES)})
            if any(one["camera_id"] == camera_id for one in await chosen(unit, row["incident_id"]))
        ]

    # ------------------------------------------------------------ analysers
    async def allowed(self, camera_ids: Collection[str]) -> Collection[str]:
        now = self._services.clock()
        async with self._services.db.begin() as unit:
            flags = await flags_named(unit, "analyse")
            rows = await unit.all(_BY_AGREEMENT, {"ids": list(camera_ids), "now": now})
        return {row["camera_id"] for row in rows if is_on(flags, "analyse", row["center_id"], now)}

    async def found(self, camera_id: str, finding: Finding, at: datetime) -> None:
        """A line in every open incident that has the camera, where its seat sees it; else in the center's log."""
        ko, en = KINDS[finding.kind]
        said: dict[str, Any] = {"camera_id": camera_id, "kind": finding.kind, "kind_ko": ko, "kind_en": en}
        said |= {"confidence": round(finding.confidence, 2)}
        async with self._services.db.begin() as unit:
            center = await unit.scalar("SELECT center_id FROM camera WHERE camera_id = :id", {"id": camera_id})
            incidents = await self._incidents_of(unit, camera_id)
            for incident_id in incidents:
                record(unit, center_id=center, incident_id=incident_id, tag="analyser:found", payload=said, at=at)
            if center and not incidents:
                record_admin(unit, tag="analyser:found", actor=SYSTEM, center_id=center, payload=said, at=at)

    def _opened(self, row: dict[str, Any]) -> str:
        return str(self._services.sealer.open(row["sub_url_sealed"], context=f"camera.sub_url:{row['camera_id']}"))


# A camera that is there by somebody's agreement is read by machines only while that agreement is in force.
_BY_AGREEMENT = """
SELECT c.camera_id, c.center_id FROM camera c LEFT JOIN agreement g USING (agreement_id)
WHERE c.camera_id = ANY(:ids) AND (c.agreement_id IS NULL OR (g.starts_at <= :now AND coalesce(g.ends_at > :now, true)
      AND coalesce(g.suspended_at > :now, true)))
"""
_EVER_CHOSE = """
SELECT p.incident_id FROM pin p JOIN incident i USING (incident_id)
WHERE p.camera_id = :id AND i.state = ANY(:open) AND NOT i.is_drill ORDER BY i.opened_at DESC
"""


async def _open_incidents(unit: Unit) -> list[dict[str, Any]]:
    return await unit.all(
        "SELECT incident_id FROM incident WHERE state = ANY(:open) AND NOT is_drill"
        " ORDER BY opened_at DESC LIMIT :most",
        {"open": list(OPEN_STATES), "most": MOST_INCIDENTS},
    )


def watching_routers(services: Services) -> list[Callable[[VideoDesk], APIRouter]]:
    """An extra of the video process without routes: health, patrol, kept cameras and the analyser run beside the hub.
    ValueError when ANALYSER names nothing."""
    analyser = create_analyser(services.settings.analyser)
    return [lambda desk: _watching(desk, services, analyser)]


def _watching(desk: VideoDesk, services: Services, analyser: Analyser | None) -> APIRouter:
    registry = Registry(services)
    analysis = Analysis(analyser, registry, clock=services.clock) if analyser else None
    onlookers = [analysis] if analysis else []
    pace = Pace(patrol_per_minute=services.settings.video_patrol_per_minute)
    watcher = Watcher(desk.hub, registry, pace, clock=services.clock, onlookers=onlookers)
    keeper = Keeper(desk.hub, registry, desk.sources)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(watcher.run()), asyncio.create_task(keeper.run())]
        yield
        for task in tasks:
            task.cancel()
        if analysis:
            await analysis.close()

    return APIRouter(lifespan=lifespan)
