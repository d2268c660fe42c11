"""Running a program until SIGTERM: a ready line on stdout when it is up, and a signal that ends it in order."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from location_router.runtime.memory import settle_memory


def say_ready(role: str, **more: Any) -> None:
    """The JSON line that whoever started us waits for."""
    print(json.dumps({"ready": True, "role": role, "pid": os.getpid(), **more}), flush=True)


def run_until_stopped(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `main(stop)` on uvloop; the event is set by SIGTERM or Ctrl-C."""
    import uvloop

    async def whole() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        settle_memory()
        await main(stop)

    uvloop.run(whole())
