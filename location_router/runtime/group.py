"""Group commit: what comes while one statement is under way goes into the next one together.

Nobody waits when nothing is going on: the first item starts at once. Under load each statement takes all that has
gathered, so a hundred callers cost one commit instead of a hundred. A caller's answer comes after the commit that
holds its item. Where a group fails for any other reason than an absent server, its items are tried one by one, so that
one bad row takes no other with it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar

from psycopg import errors

from location_router.runtime.db import Unavailable

T = TypeVar("T")
R = TypeVar("R")
OURS_TO_SPLIT = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable)


class Group(Generic[T, R]):
    """`work` handles up to `most` items in one statement and gives one result for each, in their order; `at_once`
    statements may be under way. Two items that share one of their `keys` never are in one statement, and keep their
    order."""

    def __init__(
        self,
        work: Callable[[list[T]], Awaitable[Sequence[R]]],
        *,
        most: int,
        at_once: int = 1,
        keys: Callable[[T], Iterable[Hashable]] | None = None,
    ) -> None:
        self._work, self._most, self._at_once, self._keys = work, most, at_once, keys
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy = 0

    def __len__(self) -> int:
        return len(self._waiting)

    async def put(self, item: T) -> R:
        """The item's own result, after its statement. Raises what the statement raised for it."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._busy < self._at_once:
            self._busy += 1
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

    def _next(self) -> list[tuple[T, asyncio.Future[R]]]:
        if self._keys is None:
            return [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        taken: list[tuple[T, asyncio.Future[R]]] = []
        later: list[tuple[T, asyncio.Future[R]]] = []
        seen: set[Hashable] = set()
        while self._waiting and len(taken) < self._most:
            one = self._waiting.popleft()
            mine = set(self._keys(one[0]))
            (taken if seen.isdisjoint(mine) else later).append(one)
            seen |= mine
        self._waiting.extendleft(reversed(later))
        return taken

    async def _run(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._work([item for item, _ in batch])
        except Exception as error:
            is_away = isinstance(error, Unavailable) and not isinstance(error.__cause__, OURS_TO_SPLIT)
            if len(batch) > 1 and not is_away:
                for one in batch:
                    await self._run([one])
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        except BaseException:
            for _, future in batch:
                future.cancel()
            raise
        else:
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)
