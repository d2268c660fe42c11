"""Positions of walks, written together: what arrives within a beat is one transaction for many walks.

Not lossy: a phone removes from its disk what we have answered, so each request waits for the commit of its beat. One
beat runs at a time in a process; what comes meanwhile waits for the next, so that the more comes the larger the beats.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from location_router.runtime.db import Unavailable
from location_router.wire import Position
from server.people.service import bad_token
from server.walks.beat import hear_all
from server.walks.rows import Running
from server.walks.speaking import Speaker, silenced

if TYPE_CHECKING:
    from server.services import Services

MOST_WALKS = 500
"""Of one beat: a larger one keeps everybody waiting for longer than it saves."""
GATHER_S = 0.02


@dataclass(slots=True)
class _Waiting:
    walk_id: UUID
    speaker: Speaker
    positions: Sequence[Position]
    answer: asyncio.Future[Running | None]


def _refuse(batch: Sequence[_Waiting], error: Exception) -> None:
    for one in batch:
        if not one.answer.done():
            one.answer.set_exception(error)


class WalkWriter:
    """`shared["walk_writer"]` of the services."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def heard(self, walk_id: UUID, positions: Sequence[Position], speaker: Speaker) -> Running | None:
        """Returns when the positions are on disk: the walk as it is now, None when it does not run or is not this
        person's. Raises Unavailable, and Problem 401 `bad_token` for a phone that may not speak any more."""
        one = _Waiting(walk_id, speaker, positions, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="walks")
        return await one.answer

    async def _run(self) -> None:
        await asyncio.sleep(GATHER_S)
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_WALKS], self._waiting[MOST_WALKS:]
            try:
                await self._take(batch)
            except Unavailable as error:
                _refuse(batch, error)
            except Exception:  # what one of them said must not silence the others
                for one in batch:
                    await self._take_alone(one)

    async def _take_alone(self, one: _Waiting) -> None:
        try:
            await self._take([one])
        except Exception as error:
            _refuse([one], error)

    async def _take(self, batch: Sequence[_Waiting]) -> None:
        silent = await silenced(self._services, (one.speaker for one in batch))
        heard: defaultdict[tuple[UUID, UUID], list[Position]] = defaultdict(list)
        for one in batch:
            if one.speaker not in silent:
                heard[one.walk_id, one.speaker.person_id].extend(one.positions)
            elif not one.answer.done():
                one.answer.set_exception(bad_token())
        walks = await hear_all(self._services, heard) if heard else {}
        for one in batch:
            if not one.answer.done():
                one.answer.set_result(walks.get((one.walk_id, one.speaker.person_id)))


def writer_of(services: Services) -> WalkWriter:
    writer: WalkWriter | None = services.shared.get("walk_writer")
    if writer is None:
        writer = services.shared["walk_writer"] = WalkWriter(services)
    return writer
