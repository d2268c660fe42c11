"""The phone on a thread of its own, for a window that must never wait for the network."""

from __future__ import annotations

import asyncio
import contextlib
import threading

from mobile_app.service.phone import Phone


class PhoneThread:
    """`start()` returns when the phone is ready; `stop()` when it has ended. What is unsent stays on disk."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self._thread = threading.Thread(target=self._main, name="phone", daemon=True)
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._thread.start()
        self._started.wait(10)

    def stop(self, *, within_s: float = 5.0) -> None:
        if self._loop is not None and self._task is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
            self._thread.join(within_s)

    def _main(self) -> None:
        asyncio.run(self._live())

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self.phone.run())
        ready = asyncio.create_task(self.phone.ready())
        await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        self._started.set()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
