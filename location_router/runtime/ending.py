"""Ending tasks for certain, and not waiting for what may never come.

A cancellation is said again until it is heard, since it can be lost: Python 3.11's `asyncio.wait_for` returns its
result instead of ending when both come in the same moment, and so do the libraries that use it (psycopg_pool,
nats-py); whoever then waits for the task waits for ever. Our own code says `async with asyncio.timeout(…)`, which loses
nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
AGAIN_S = 0.5
_left: set[asyncio.Task[Any]] = set()


async def end(*tasks: asyncio.Task[Any] | None) -> list[Exception]:
    """Cancel `tasks` and wait until all have ended; the errors with which some did. None stands for no task."""
    given = [task for task in tasks if task is not None]
    left = set(given)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_S)
    errors = [task.exception() for task in given if not task.cancelled()]
    return [error for error in errors if isinstance(error, Exception)]


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`. Raises TimeoutError after `seconds`, and `work` goes on by itself: cancelling a statement
    means asking the server for leave, which takes ten seconds more where the server hangs."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            _left.add(task)
            task.add_done_callback(_forget)
    if not task.done():
        raise TimeoutError
    return task.result()


def _forget(task: asyncio.Task[Any]) -> None:
    _left.discard(task)
    if not task.cancelled():
        task.exception()  # nobody waits for it any more
