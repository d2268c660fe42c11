"""Pruning and pinning, one stopped at each of its statements while the other runs: nothing pinned is ever pruned."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from server.recordings import keeping
from server.recordings.model import Segment
from server.recordings.pins import keep_recordings
from server.recordings.store import segments_between
from tests.server.scene import CENTER, Scene, installation

CAMERA = "cam-1"
_LATER = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass
class Stepped:
    """A unit that stops before its statement number `stop_at` until it may go on."""

    scene: Scene
    stop_at: int
    count: int = 0
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    done: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Unit]:
        async with self.scene.services.db.begin() as unit:
            execute = unit.execute

            async def step(statement: Any, parameters: Any = None) -> Any:
                await self._maybe_stop()
                result = await execute(statement, parameters)
                self.done.append(str(statement))
                return result

            unit.execute = step  # type: ignore[method-assign]
            yield unit
            await self._maybe_stop()  # before the commit

    async def _maybe_stop(self) -> None:
        if self.count == self.stop_at:
            self.stopped.set()
            await self.go_on.wait()
        self.count += 1


async def pin(scene: Scene, stepped: Stepped, incident_id: UUID, seen: dict[str, int]) -> None:
    async with stepped.begin() as unit:
        await keep_recordings(unit, scene.services, incident_id, [CAMERA])
        seen["by the pin"] = len(await segments_between(unit, CAMERA, datetime(2000, 1, 1, tzinfo=UTC), _LATER))


async def prune(scene: Scene, stepped: Stepped, seen: dict[str, int]) -> None:
    now = scene.services.clock()
    async with stepped.begin() as unit:
        seen["let go"] = len(await keeping.let_go(unit, cutoff=now, for_disk=False, most=50, now=now))


async def add(scene: Scene, count: int = 3) -> list[Segment]:
    begin = datetime.now(UTC) - timedelta(minutes=4)
    rows = [
        Segment(
            uuid4(),
            CENTER,
            CAMERA,
            begin + timedelta(seconds=10 * n),
            begin + timedelta(seconds=10 * n + 10),
            1000,
            100,
            bytes(32),
            f"{CENTER}/{CAMERA}/{uuid4()}.mp4",
            640,
            360,
            "avc1.42c016",
            "f",
        )
        for n in range(count)
    ]
    async with scene.services.db.begin() as unit:
        await keeping.add_segments(unit, rows)
    return rows


async def raced(scene: Scene, first: str, stop_at: int) -> tuple[bool, int, dict[str, int]]:
    """(whether it was stopped at all, how many segments are there, what each of the two saw)."""
    await scene.sql("DELETE FROM pin")
    await scene.sql("DELETE FROM segment")
    incident_id = await scene.emergency()
    rows = await add(scene)
    seen: dict[str, int] = {}
    one, other = Stepped(scene, stop_at), Stepped(scene, -1)
    work = {
        "pin": lambda stepped: pin(scene, stepped, incident_id, seen),
        "prune": lambda stepped: prune(scene, stepped, seen),
    }
    async with asyncio.timeout(30):
        begun = asyncio.create_task(work[first](one))
        waiting = asyncio.create_task(one.stopped.wait())
        await asyncio.wait([begun, waiting], return_when=asyncio.FIRST_COMPLETED)
        was_stopped = one.stopped.is_set()
        second = asyncio.create_task(work["prune" if first == "pin" else "pin"](other))
        with contextlib.suppress(TimeoutError):  # it may have to wait for the first one's lock
            async with asyncio.timeout(0.15):
                await asyncio.shield(second)
        one.go_on.set()
        waiting.cancel()
        await asyncio.gather(begun, second)
    left = await scene.one(
        "SELECT count(*) FROM segment WHERE gone_at IS NULL AND segment_id = ANY(:ids)",
        ids=[segment.segment_id for segment in rows],
    )
    assert left in (0, len(rows)), "all or none"
    return was_stopped, left, seen


async def test_whatever_a_pin_has_seen_is_never_pruned(installation_database: str) -> None:
    async with installation(installation_database) as scene:
        met: set[tuple[str, bool]] = set()
        for first in ("pin", "prune"):
            stop_at, was_stopped = 0, True
            while was_stopped:
                was_stopped, left, seen = await raced(scene, first, stop_at)
                met.add((first, left > 0))
                assert left == seen["by the pin"] == 3 - seen["let go"], f"{first} stopped at {stop_at}: {left} {seen}"
                stop_at += 1
            assert stop_at > 4, f"{first}: each of its statements was stopped at"
        assert met == {("pin", True), ("pin", False), ("prune", True), ("prune", False)}, "both outcomes were met"
        await _files_that_cannot_be_deleted_hold_up_nothing(scene)


async def _files_that_cannot_be_deleted_hold_up_nothing(scene: Scene) -> None:
    """A bad disk, a file of root's: what is let go and never forgotten is handed out again beside the others."""
    await scene.sql("DELETE FROM pin")
    await scene.sql("DELETE FROM segment")
    rows, now, seen = await add(scene, 6), scene.services.clock(), set[str]()
    for _ in range(12):
        async with scene.services.db.begin() as unit:
            seen |= {one["path"] for one in await keeping.let_go(unit, cutoff=now, for_disk=False, most=4, now=now)}
    assert seen == {one.path for one in rows}, "the buffer rolls on"
