"""All open camera streams of this process: one ingest per watched or warmed camera, many viewers.

Fragments are fanned out on the event loop. Each stream keeps the pictures since the last key frame, so
that a new viewer sees something at once; each viewer has a bounded queue and, when it is too slow,
loses pictures up to the next key frame. Nobody can hold up a camera or another viewer. A stream lingers
10 s after its last viewer. Warming pins the ingest and gives no picture to anyone; under a flood of
alerts the oldest pin makes room, and a camera that somebody watches is never closed for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from server.video.ingest import Ingest
from server.video.mux import Fragment

STALE_S, PATIENCE_S, LINGER_S = 2.0, 5.0, 10.0
MOST_STREAMS = 80  # what one core carries, measured
_QUEUE_PICTURES, _CACHE_PICTURES, _CACHE_BYTES = 128, 600, 16_000_000

State = Literal["connecting", "live", "frozen", "down"]


@dataclass(frozen=True, slots=True)
class StreamState:
    """`age_ms` since the last picture arrived, None before the first; `refusal` when set up wrongly."""

    state: State
    age_ms: int | None
    refusal: str | None = None


class Viewer:
    """A bounded queue of fragments for one viewing."""

    def __init__(self, burst: list[Fragment]) -> None:
        self._queue: deque[Fragment] = deque(burst)
        self._limit = _QUEUE_PICTURES + len(burst)
        self._ready = asyncio.Event()
        self._waits_for_key = not burst
        self.dropped = 0
        if burst:
            self._ready.set()

    def offer(self, fragment: Fragment) -> None:
        """Never blocks. Overflow empties the queue and waits for the next key frame."""
        if len(self._queue) >= self._limit:
            self.dropped += len(self._queue)
            self._queue.clear()
            self._waits_for_key = True
        if fragment.is_key:
            self._waits_for_key = False
        if self._waits_for_key:
            self.dropped += 1
            return
        self._queue.append(fragment)
        self._ready.set()

    async def next(self, timeout_s: float) -> Fragment | None:
        """The next picture, or None when there is none within `timeout_s`."""
        if not self._queue:
            self._ready.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._ready.wait()
        return self._queue.popleft() if self._queue else None


class CameraStream:
    """One quality of one camera. Lives on the event loop; its ingest calls back from a thread."""

    def __init__(self, camera_id: str, quality: str, url: str) -> None:
        self.camera_id, self.quality, self.url = camera_id, quality, url
        self.viewers: set[Viewer] = set()
        self.warm_until = 0.0
        self.idle_since = time.monotonic()
        self._loop = asyncio.get_running_loop()
        self._group: list[Fragment] = []
        self._group_bytes = 0
        self._last: Fragment | None = None
        self._fault: State | None = None
        self._refusal: str | None = None
        self._ingest: Ingest | None = None
        self.restart(url)

    def restart(self, url: str) -> None:
        """Connect anew, to a new address or after a refusal."""
        self.stop()
        self.url, self._fault, self._refusal = url, None, None
        self._opened = time.monotonic()
        self._ingest = Ingest(self.camera_id, url, _Relay(self, self._loop))
        self._ingest.start()

    def stop(self) -> None:
        if self._ingest:
            self._ingest.stop()
            self._ingest = None

    def join(self) -> Viewer:
        """A new viewer; it starts with the pictures since the last key frame when they are fresh."""
        fresh = self.state().state == "live"
        viewer = Viewer(list(self._group) if fresh else [])
        self.viewers.add(viewer)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        self.viewers.discard(viewer)
        self.idle_since = time.monotonic()

    @property
    def live_pts(self) -> int:
        """Time of the newest picture, 1/90000 s."""
        return self._last.pts if self._last else 0

    def state(self) -> StreamState:
        now = time.monotonic()
        age_s = now - self._last.arrived if self._last else None
        age_ms = None if age_s is None else int(age_s * 1000)
        if self._refusal:
            return StreamState("down", age_ms, self._refusal)
        if age_s is not None and age_s < STALE_S:
            return StreamState("live", age_ms)
        if self._fault:
            return StreamState(self._fault, age_ms)
        waiting = age_s is None and now - self._opened < PATIENCE_S
        return StreamState("connecting" if waiting else "frozen", age_ms)

    def is_wanted(self, now: float) -> bool:
        return bool(self.viewers) or now < self.warm_until or now - self.idle_since < LINGER_S

    # ------------------------------------------------------------ from the ingest, on the loop
    def take(self, ingest: Ingest | None, fragment: Fragment) -> None:
        if ingest is not self._ingest:
            return
        self._last, self._fault = fragment, None
        if fragment.is_key or len(self._group) >= _CACHE_PICTURES or self._group_bytes > _CACHE_BYTES:
            self._group, self._group_bytes = [], 0
        if fragment.is_key or self._group:
            self._group.append(fragment)
            self._group_bytes += len(fragment.data)
        for viewer in self.viewers:
            viewer.offer(fragment)

    def lose(self, ingest: Ingest | None, state: State) -> None:
        if ingest is self._ingest:
            self._fault = state
            self._group, self._group_bytes = [], 0

    def refuse(self, ingest: Ingest | None, code: str) -> None:
        if ingest is self._ingest:
            self._refusal = code
            self._group, self._group_bytes = [], 0


class _Relay:
    """Carries what the ingest thread tells to the loop; silent once the loop is gone."""

    def __init__(self, stream: CameraStream, loop: asyncio.AbstractEventLoop) -> None:
        self._stream, self._loop = stream, loop

    def on_fragment(self, fragment: Fragment) -> None:
        self._call(self._stream.take, fragment)

    def on_lost(self, state: str) -> None:
        self._call(self._stream.lose, state)

    def on_unplayable(self, code: str) -> None:
        self._call(self._stream.refuse, code)

    def _call(self, function: Callable[..., None], value: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed
            self._loop.call_soon_threadsafe(function, threading.current_thread(), value)


class Hub:
    """Streams by camera and quality. Use inside one event loop; `close()` stops every ingest."""

    def __init__(self) -> None:
        self._streams: dict[tuple[str, str], CameraStream] = {}
        self._keeper: asyncio.Task[None] | None = None

    def stream(self, camera_id: str, quality: str, url: str) -> CameraStream:
        """The open stream, opened now when it is not. The caller joins it, or it closes after 10 s."""
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep())
        stream = self._streams.get((camera_id, quality))
        if stream is None:
            stream = self._streams[camera_id, quality] = CameraStream(camera_id, quality, url)
        elif stream.url != url or stream.state().refusal:
            stream.restart(url)
        return stream

    def warm(self, camera_id: str, url: str, seconds: float) -> None:
        """Keep the camera's sub-stream open for so long, with no viewer. A longer pin stays."""
        if (camera_id, "sub") not in self._streams and len(self._streams) >= MOST_STREAMS:
            self._make_room()
        stream = self.stream(camera_id, "sub", url)
        stream.warm_until = max(stream.warm_until, time.monotonic() + seconds)

    async def key_frame(self, camera_id: str, url: str, patience_s: float) -> Fragment | None:
        """The camera's newest key frame; a camera that is not open yet is opened and waited for."""
        if (camera_id, "sub") not in self._streams and len(self._streams) >= MOST_STREAMS:
            self._make_room()
        stream = self.stream(camera_id, "sub", url)
        viewer = stream.join()  # whose first picture is always a key frame
        try:
            return await viewer.next(patience_s)
        finally:
            stream.leave(viewer)

    def _make_room(self) -> None:
        unwatched = [(s.warm_until, key) for key, s in self._streams.items() if not s.viewers]
        if unwatched:
            self._streams.pop(min(unwatched)[1]).stop()

    def report(self) -> list[dict[str, Any]]:
        """One row per open stream, without addresses."""
        now = time.monotonic()
        rows = []
        for (camera_id, quality), stream in self._streams.items():
            state = stream.state()
            row = {"camera_id": camera_id, "quality": quality, "state": state.state, "age_ms": state.age_ms}
            row |= {"refusal": state.refusal, "viewers": len(stream.viewers)}
            rows.append(row | {"warm_s": round(max(0.0, stream.warm_until - now), 1)})
        return rows

    async def close(self) -> None:
        if self._keeper:
            self._keeper.cancel()
        for stream in self._streams.values():
            stream.stop()
        self._streams.clear()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            now = time.monotonic()
            for key, stream in list(self._streams.items()):
                if not stream.is_wanted(now):
                    del self._streams[key]
                    stream.stop()
