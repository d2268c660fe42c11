"""Work that takes much memory, one piece after the other beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_THREAD = ThreadPoolExecutor(1, thread_name_prefix="one-by-one")
"""A thread of its own: who waits here keeps no thread from others."""


async def one_by_one(work: Callable[[], T]) -> T:
    """What `work` returns or raises. A picture of 5 MB is a hundred in memory, in the process that takes alerts: never
    two at once."""
    return await asyncio.get_running_loop().run_in_executor(_THREAD, work)
