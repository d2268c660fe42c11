"""Group commit: what comes while one statement is under way goes into the next one together.

Nobody waits when nothing is going on: the first item starts at once. Under load each statement takes all that has
gathered, so a hundred callers cost one commit instead of a hundred. A caller's answer comes after the commit that
holds its item. Where a group fails for any other reason than an absent server, its items are tried one by one, so that
one bad row takes no other with it.

A statement that does not come back (a half-dead connection) must not hold all the others: beside one that has been
under way for `PATIENCE_S` another may start. And while the server is away, whoever has waited for `GIVE_UP_S` hears so
with those of the statement that found out, instead of waiting for its own turn to fail.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from psycopg import errors

from location_router.runtime.db import Unavailable

T = TypeVar("T")
R = TypeVar("R")
PATIENCE_S = 0.1
GIVE_UP_S = 1.0
OURS_TO_SPLIT = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable)


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[T, R]):
    item: T
    future: asyncio.Future[R]
    since: float


class Group(Generic[T, R]):
    """`work` handles up to `most` items in one statement and gives one result for each, in their order. One statement
    is under way, up to `at_once` when they are slow. Two items that share one of their `keys` never are in one
    statement, and keep their order."""

    def __init__(
        self,
        work: Callable[[list[T]], Awaitable[Sequence[R]]],
        *,
        most: int,
        at_once: int = 1,
        keys: Callable[[T], Iterable[Hashable]] | None = None,
    ) -> None:
        self._work, self._most, self._at_once, self._keys = work, most, at_once, keys
        self._waiting: deque[_Waiting[T, R]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy, self._began = 0, 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    async def put(self, item: T) -> R:
        """The item's own result, after its statement. Raises what the statement raised for it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self._waiting.append(_Waiting(item, future, loop.time()))
        is_slow = self._busy < self._at_once and loop.time() - self._began > PATIENCE_S
        if not self._busy or is_slow:
            self._busy += 1
            self._began = loop.time()
            task = asyncio.create_task(self._drain(), name="group")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _drain(self) -> None:
        try:
            while self._waiting:
                await self._run(self._next())
        finally:  # at once, not when the task is done: whom we answered may come again before that
            self._busy -= 1

    def _next(self) -> list[_Waiting[T, R]]:
        if self._keys is None:
            return [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        taken: list[_Waiting[T, R]] = []
        later: list[_Waiting[T, R]] = []
        seen: set[Hashable] = set()
        while self._waiting and len(taken) < self._most:
            one = self._waiting.popleft()
            mine = set(self._keys(one.item))
            (taken if seen.isdisjoint(mine) else later).append(one)
            seen |= mine
        self._waiting.extendleft(reversed(later))
        return taken

    async def _run(self, batch: list[_Waiting[T, R]]) -> None:
        self._began = asyncio.get_running_loop().time()
        try:
            results = await self._work([one.item for one in batch])
        except Exception as error:
            is_away = isinstance(error, Unavailable) and not isinstance(error.__cause__, OURS_TO_SPLIT)
            if len(batch) > 1 and not is_away:
                for one in batch:
                    await self._run([one])
                return
            for one in batch + (self._given_up() if is_away else []):
                if not one.future.done():
                    one.future.set_exception(error)
        except BaseException:
            for one in batch:
                one.future.cancel()
            raise
        else:
            for one, result in zip(batch, results, strict=True):
                if not one.future.done():
                    one.future.set_result(result)

    def _given_up(self) -> list[_Waiting[T, R]]:
        now, given_up = asyncio.get_running_loop().time(), []
        while self._waiting and now - self._waiting[0].since >= GIVE_UP_S:
            given_up.append(self._waiting.popleft())
        return given_up
