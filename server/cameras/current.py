"""The cameras as this process knows them: one index for each center, rebuilt beside the work when the registry moves.

Nobody waits for a rebuild. Until the first index is there, and whenever it names a camera that is gone, a choice is
made over the nearest cameras straight from the database; while a newer one is built the old one serves. Health is not
part of the index's revision: who is broken is asked anew every HEALTH_S, and of the chosen ones at each choice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import structlog

from location_router.runtime.db import Unit
from server.cameras.codes import BROKEN_HEALTH
from server.cameras.index import CameraIndex
from server.cameras.model import FACTS, facts_from_row
from server.cameras.select import CameraFacts, Chosen, Scene, select
from server.purposes import STANDS

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("cameras")

HEALTH_S = 5.0
_AT_ONCE = 1000  # rows the event loop reads before it lets others work
_NEAR_WITH_STREAM, _NEAR_WITHOUT = 400, 20
_WIDENING_M = (1_500.0, 20_000.0, 2e7)
_TRIES = 3
COLUMNS = (
    "camera_id, ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon, heading_deg, field_of_view_deg, range_m,"
    " is_ptz, health, purposes, night, width_px, pan_speed_deg_s, height_m, accuracy_m, is_anpr, is_indoor, is_private,"
    " consent_until, sub_url_sealed IS NOT NULL AS has_stream"
)
_NEAREST = (
    f"SELECT {COLUMNS} FROM camera WHERE center_id = :center AND {STANDS.format(c='')}"
    " AND sub_url_sealed IS {stream} NULL"
    " AND ST_DWithin(place, CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography), :metres)"
    " ORDER BY place <-> CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography) LIMIT :limit"
)


_PIECE = (
    f"SELECT center_id, {COLUMNS} FROM camera WHERE camera_id > %s AND retired_at IS NULL"
    f" ORDER BY camera_id LIMIT {_AT_ONCE}"
)


@dataclass
class CurrentIndex:
    """Held by `current(services)`. `revision` is the registry's as of the index; -1: there is none yet."""

    services: Services
    revision: int = -1
    centers: dict[str, CameraIndex] = field(default_factory=dict)
    _broken: dict[str, tuple[float, dict[str, str]]] = field(default_factory=dict)
    _is_building: bool = False

    async def of(self, unit: Unit, center_id: str) -> CameraIndex | None:
        """The center's cameras with their health of HEALTH_S ago at most; None: not known yet, ask `nearby`."""
        revision = int(await unit.scalar("SELECT revision FROM camera_revision") or 0)
        if revision != self.revision and not self._is_building:
            self._is_building = True
            self.services.soon(self._rebuild, name="camera_index")
        if self.revision < 0:
            return None
        index = self.centers.get(center_id)
        return await self._with_health(unit, center_id, index) if index is not None else None

    async def _with_health(self, unit: Unit, center_id: str, index: CameraIndex) -> CameraIndex:
        asked_at, known = self._broken.get(center_id, (-HEALTH_S, {}))
        if time.monotonic() - asked_at < HEALTH_S:
            return index
        broken = await self._who_is_broken(unit, center_id)
        if broken != known:
            index = index.with_health(broken)
            self.centers[center_id] = index
        self._broken[center_id] = (time.monotonic(), broken)
        return index

    async def _who_is_broken(self, unit: Unit, center_id: str) -> dict[str, str]:
        rows = await unit.all(
            "SELECT camera_id, health FROM camera WHERE center_id = :center"
            " AND health NOT IN ('unknown', 'working') AND retired_at IS NULL",
            {"center": center_id},
        )
        return {row["camera_id"]: row["health"] for row in rows}

    def learnt(self, center_id: str, health: Mapping[str, str]) -> CameraIndex:
        """Health that was just read from the registry, of a center whose index is known."""
        asked_at, broken = self._broken.get(center_id, (-HEALTH_S, {}))
        broken = {one: word for one, word in broken.items() if one not in health}
        broken |= {one: word for one, word in health.items() if word in BROKEN_HEALTH}
        self._broken[center_id] = (asked_at, broken)
        self.centers[center_id] = self.centers[center_id].with_health(broken)
        return self.centers[center_id]

    async def _rebuild(self) -> None:
        began = time.monotonic()
        try:
            revision, facts = await self._read()
            centers = {}
            for center_id, cameras in facts.items():
                centers[center_id] = await asyncio.to_thread(CameraIndex.build, cameras)
            self.centers, self.revision, self._broken = centers, revision, {}
        finally:
            self._is_building = False
        cameras_in_all = sum(len(index) for index in self.centers.values())
        log.info("camera_index", cameras=cameras_in_all, revision=revision, took_s=round(time.monotonic() - began, 2))

    async def _read(self) -> tuple[int, dict[str, list[CameraFacts]]]:
        """All cameras by center, in pieces with a transaction each: neither the loop nor a connection is held for long.
        The revision is read first: what changes meanwhile makes the index old at once, never falsely new."""
        facts: dict[str, list[CameraFacts]] = {}
        async with self.services.db.begin() as unit:
            revision = int(await unit.scalar("SELECT revision FROM camera_revision") or 0)
        after = ""
        while True:
            async with self.services.db.begin() as unit:
                # or each piece is found by reading and sorting all that is left: 60 ms instead of one
                await unit.driver.execute("SET LOCAL enable_sort = off")
                rows = await (await unit.driver.execute(_PIECE, [after])).fetchall()
            if not rows:
                return revision, facts
            after = rows[-1][1]
            for center_id, one in await asyncio.to_thread(_facts_of, rows):
                facts.setdefault(center_id, []).append(one)


def _facts_of(rows: Sequence[Sequence[Any]]) -> list[tuple[str, CameraFacts]]:
    return [(row[0], facts_from_row(dict(zip(FACTS, row[1:], strict=True)))) for row in rows]


def current(services: Services) -> CurrentIndex:
    """This process's index."""
    return services.shared.setdefault("camera_index", CurrentIndex(services))  # type: ignore[no-any-return]


async def nearby(unit: Unit, center_id: str, scene: Scene, *, always: Iterable[str] = ()) -> CameraIndex:
    """A small index of the nearest cameras, straight from the database: what a choice stands on before the index is
    built, and whenever that is older than what it names."""
    asked = {"center": center_id, "lat": scene.lat, "lon": scene.lon, "now": scene.now}
    rows: list[dict[str, Any]] = []
    for metres in _WIDENING_M:  # or a center of 100,000 cameras would be sorted by distance for each question
        rows = await unit.all(_NEAREST.format(stream="NOT"), asked | {"limit": _NEAR_WITH_STREAM, "metres": metres})
        if len(rows) >= 2 * scene.limit:
            break
    rows += await unit.all(_NEAREST.format(stream=""), asked | {"limit": _NEAR_WITHOUT, "metres": metres})
    rows += await unit.all(
        f"SELECT {COLUMNS} FROM camera WHERE camera_id = ANY(:ids) AND center_id = :center AND retired_at IS NULL",
        {"ids": list(always), "center": center_id},
    )
    return CameraIndex.build(facts_from_row(row) for row in rows)


async def index_of(unit: Unit, services: Services, center_id: str, *, lat: float, lon: float) -> CameraIndex:
    """The center's cameras; those nearest to the place as long as this process does not know them all yet."""
    known = await current(services).of(unit, center_id)
    return known or await nearby(unit, center_id, Scene(lat, lon, 1.0, services.clock()))


async def choose_in(
    unit: Unit, services: Services, center_id: str, scene: Scene
) -> tuple[list[Chosen], dict[str, dict[str, Any]]]:
    """The best cameras of a center with the rows they have now. A camera that broke a moment ago makes room for one
    that works; one that is gone sends the question to the database."""
    known = current(services)
    index = await known.of(unit, center_id)
    for _ in range(_TRIES):
        if index is None:
            break
        chosen = select(index, scene)
        rows = await rows_of(unit, center_id, [one.camera_id for one in chosen])
        if any(one.camera_id not in rows for one in chosen):
            break
        told = {one.camera_id: rows[one.camera_id]["health"] for one in chosen}
        if all((told[one.camera_id] in BROKEN_HEALTH) == (one.health in BROKEN_HEALTH) for one in chosen):
            return [replace(one, health=told[one.camera_id]) for one in chosen], rows
        index = known.learnt(center_id, told)
    chosen = select(await nearby(unit, center_id, scene, always=scene.keep), scene)
    return chosen, await rows_of(unit, center_id, [one.camera_id for one in chosen])


async def rows_of(unit: Unit, center_id: str, camera_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What is shown of these cameras, by id; those of another center and retired ones are not there."""
    rows = await unit.all(
        "SELECT camera_id, center_id, name, ST_Y(place::geometry) AS lat, ST_X(place::geometry) AS lon, heading_deg,"
        " field_of_view_deg, range_m, is_ptz, health, health IN ('unknown', 'working') AS healthy, office, office_phone"
        " FROM camera WHERE camera_id = ANY(:ids) AND center_id = :center AND retired_at IS NULL",
        {"ids": list(camera_ids), "center": center_id},
    )
    return {row["camera_id"]: row for row in rows}
