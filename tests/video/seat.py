"""A viewer's seat in tests: a real WebSocket client that keeps all it got, and a real decoder."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import Callable
from typing import Any

import av
import numpy as np
import websockets
from numpy.typing import NDArray

from server.demo.night_street import age_s, read_strip

LIVE_S = 1.5


async def eventually(true: Callable[[], Any], timeout_s: float = 8.0) -> None:
    """Ask again every 50 ms until it holds."""
    for _ in range(int(timeout_s * 20)):
        if true():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"not true within {timeout_s} s")


class Seat:
    """`messages` are the texts; `pictures` are (Unix time of arrival, fragment)."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.init = b""
        self.pictures: list[tuple[float, bytes]] = []
        self.bytes_received = 0
        self.close_code: int | None = None
        self._changed = asyncio.Event()
        self._socket: Any = None
        self._reader: asyncio.Task[None] | None = None

    @classmethod
    async def take(cls, url: str, *, address: str | None = None) -> Seat:
        """`address`: of this machine, from which the seat comes."""
        seat, local = cls(), (address, 0) if address else None
        seat._socket = await websockets.connect(url, proxy=None, max_size=None, compression=None, local_addr=local)
        seat._reader = asyncio.create_task(seat._read())
        return seat

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                self._keep(message)
                self._changed.set()
        except websockets.ConnectionClosed:
            pass
        self.close_code = self._socket.close_code
        self._changed.set()

    def _keep(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.messages.append(json.loads(message))
            return
        self.bytes_received += len(message)
        if message[4:8] == b"ftyp":
            self.init = message
            self.pictures.clear()
        else:
            self.pictures.append((time.time(), message))

    async def until(self, true: Callable[[Seat], Any], timeout_s: float = 15.0) -> Any:
        """Wait for it; the failure shows what came instead."""
        try:
            async with asyncio.timeout(timeout_s):
                while not (value := true(self)):
                    self._changed.clear()
                    await self._changed.wait()
                return value
        except TimeoutError:
            told = [m for m in self.messages if m["type"] != "ticket"][-5:]
            raise AssertionError(f"waited {timeout_s} s; {len(self.pictures)} pictures, last told {told}") from None

    def last(self, kind: str) -> dict[str, Any] | None:
        return next((m for m in reversed(self.messages) if m["type"] == kind), None)

    def state(self) -> str | None:
        message = self.last("state")
        return message["state"] if message else None

    def decode(self) -> list[NDArray[np.uint8]]:
        """Luma of every picture so far, as any MP4 reader sees it."""
        data = io.BytesIO(self.init + b"".join(fragment for _, fragment in self.pictures))
        with av.open(data, format="mp4") as film:
            return [frame.to_ndarray(format="gray") for frame in film.decode(video=0)]

    def ages_s(self) -> list[float]:
        """Age of each decoded picture when its fragment arrived here, by the clock burnt into it."""
        lumas, arrivals = self.decode(), [at for at, _ in self.pictures]
        assert len(lumas) <= len(arrivals)
        ages = [age_s(luma, at) for luma, at in zip(lumas, arrivals, strict=False)]
        assert None not in ages, "a picture without a readable strip"
        return [age for age in ages if age is not None]

    async def until_live(self, count: int = 5) -> None:
        """Until the newest `count` pictures are live. How old they are on which machine is measured elsewhere
        (`tests.bench.video`); who is behind for a moment has time to catch up, and who shows yesterday never does."""
        async with asyncio.timeout(30):
            while max(self.ages_s()[-count:], default=LIVE_S) >= LIVE_S:  # noqa: ASYNC110
                await asyncio.sleep(0.3)

    def counters(self) -> list[int]:
        """Picture numbers counted from the first one, which hides the wrap at 65536."""
        strips = [strip for luma in self.decode() if (strip := read_strip(luma))]
        return [(strip[1] - strips[0][1]) % 65_536 for strip in strips]

    async def leave(self) -> None:
        if self._socket:
            await self._socket.close()
        if self._reader:
            await self._reader
