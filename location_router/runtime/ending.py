"""Ending tasks for certain: a cancellation is said again until it is heard.

It can be lost on the way. Python 3.11's `asyncio.wait_for` returns its result instead of ending when both come in the
same moment, and so do the libraries that use it (psycopg_pool, nats-py); whoever then waits for the task waits for
ever. Our own code says `async with asyncio.timeout(…)`, which loses nothing.
"""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN_S = 0.5


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
