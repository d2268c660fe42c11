"""One quality of one camera, open: what the ingest thread brings is fanned out here, on the event loop.

The pictures since the last key frame are kept, so that a new viewer sees something at once. Each viewer has a bounded
queue and, when it is too slow, loses pictures up to the next key frame. A tap gets every fragment in order and may not
block. Nobody can hold up a camera or another viewer.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import structlog

from server.video.admission import Class, highest
from server.video.ingest import Ingest
from server.video.mux import Fragment
from server.video.pinned import Network

STALE_S, PATIENCE_S = 2.0, 5.0
_QUEUE_PICTURES, _CACHE_PICTURES, _CACHE_BYTES = 128, 600, 16_000_000

log = structlog.get_logger(__name__)

State = Literal["connecting", "live", "frozen", "down"]


@dataclass(frozen=True, slots=True)
class StreamState:
    """`age_ms` since the last picture arrived, None before the first. `refusal`: this object gives no picture any more,
    since the camera is set up wrongly (`b_frames`, `codec`) or the hub closed it (`no_room`, `closed`). `reason` says
    why it is not live for now: `unreachable`, `password`, `not_found`, `silent`, `no_video`, `broken`,
    `redirected` (it leads elsewhere: docs/operations/cameras.md)."""

    state: State
    age_ms: int | None
    refusal: str | None = None
    reason: str | None = None


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


@dataclass(eq=False, slots=True)
class _Tap:
    callback: Callable[[Fragment], None]
    on_lost: Callable[[str], None] | None


@dataclass(frozen=True, slots=True)
class KeySample:
    """The newest key frame, and what the encoder says about movement: the median size in bytes of the pictures after
    it (None when there are none yet)."""

    fragment: Fragment
    step_bytes: float | None


class CameraStream:
    """Lives on the event loop; its ingest calls back from a thread. Opened and closed by the hub alone."""

    def __init__(self, camera_id: str, quality: str, url: str, may_lead: Sequence[Network] = ()) -> None:
        self._may_lead = may_lead
        self.camera_id, self.quality, self.url = camera_id, quality, url
        self.viewers: set[Viewer] = set()
        self.holds: list[Class] = []
        self.warm_until = 0.0
        self.warm_class: Class = "sos"
        self.asked_class: Class = "watched"
        self.asked_at = 0.0
        self.idle_since = time.monotonic()
        self._taps: list[_Tap] = []
        self._loop = asyncio.get_running_loop()
        self._group: list[Fragment] = []
        self._group_bytes = 0
        self._last: Fragment | None = None
        self._fault: tuple[State, str] | None = None
        self._refusal: str | None = None
        self._ingest: Ingest | None = None
        self.restart(url)

    def restart(self, url: str) -> None:
        """Connect anew, to a new address or after a refusal."""
        if self._ingest:
            self._ingest.stop()
        self.url, self._fault, self._refusal = url, None, None
        self.opened_at = time.monotonic()
        self._ingest = Ingest(self.camera_id, url, _Relay(self, self._loop), self._may_lead)
        self._ingest.start()

    def stop(self, why: str = "closed") -> None:
        """Let the camera go. `why` (`closed`, `no_room`) is told to the taps; no fragment comes after it."""
        if self._ingest:
            self._ingest.stop()
            self._ingest = None
            self._refusal = why
            self._tell_lost(why)

    # ------------------------------------------------------------ who uses it
    def join(self) -> Viewer:
        """A new viewer; it starts with the pictures since the last key frame when they are fresh."""
        fresh = self.state().state == "live"
        viewer = Viewer(list(self._group) if fresh else [])
        self.viewers.add(viewer)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        self.viewers.discard(viewer)
        self.idle_since = time.monotonic()

    def tap(
        self, callback: Callable[[Fragment], None], on_lost: Callable[[str], None] | None = None
    ) -> Callable[[], None]:
        """Every fragment from now on, in order, none dropped, called on the event loop; the callback must not block.

        `on_lost` gets `down` or `frozen` when the camera breaks off (fragments come again by themselves), a refusal's
        code (`b_frames`, `codec`), or `no_room` or `closed` when the stream has ended for good. A tap does not keep
        the stream open: `Hub.hold` does. The returned function ends it, and may be called twice.
        """
        tap = _Tap(callback, on_lost)
        self._taps.append(tap)

        def untap() -> None:
            with contextlib.suppress(ValueError):
                self._taps.remove(tap)

        return untap

    def used_by(self, now: float) -> Class | None:
        """The highest class that needs this stream at `now` (monotonic seconds). None: idle; it may still linger."""
        classes: list[Class | None] = [*self.holds]
        if now < self.warm_until:
            classes.append(self.warm_class)
        if self.viewers or now - self.asked_at < PATIENCE_S:
            classes.append(self.asked_class)
        return highest(classes)

    @property
    def is_open(self) -> bool:
        """False once the hub has closed it; a holder of the object then asks the hub again."""
        return self._ingest is not None

    # ------------------------------------------------------------ what it shows
    @property
    def live_pts(self) -> int:
        """Time of the newest picture, 1/90000 s."""
        return self._last.pts if self._last else 0

    def key_sample(self) -> KeySample | None:
        """For machine reading only (health): the newest key frame while the stream is live."""
        if not self._group or self.state().state != "live":
            return None
        steps = [len(one.sample) for one in self._group[1:]]
        return KeySample(self._group[0], statistics.median(steps) if steps else None)

    def state(self) -> StreamState:
        now = time.monotonic()
        age_s = now - self._last.arrived if self._last else None
        age_ms = None if age_s is None else int(age_s * 1000)
        if self._refusal:
            return StreamState("down", age_ms, self._refusal)
        if age_s is not None and age_s < STALE_S:
            return StreamState("live", age_ms)
        if self._fault:
            return StreamState(self._fault[0], age_ms, reason=self._fault[1])
        waiting = age_s is None and now - self.opened_at < PATIENCE_S
        return StreamState("connecting" if waiting else "frozen", age_ms, reason=None if waiting else "silent")

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
        for tap in tuple(self._taps):
            _call(tap.callback, fragment, self.camera_id)

    def lose(self, ingest: Ingest | None, lost: tuple[State, str]) -> None:
        if ingest is self._ingest:
            self._fault = lost
            self._group, self._group_bytes = [], 0
            self._tell_lost(lost[0])

    def refuse(self, ingest: Ingest | None, code: str) -> None:
        if ingest is self._ingest:
            self._refusal = code
            self._group, self._group_bytes = [], 0
            self._tell_lost(code)

    def _tell_lost(self, why: str) -> None:
        for tap in tuple(self._taps):
            if tap.on_lost:
                _call(tap.on_lost, why, self.camera_id)


def _call(callback: Callable[[Any], None], value: object, camera_id: str) -> None:
    """A tap that breaks holds up nobody else."""
    try:
        callback(value)
    except Exception:
        log.exception("a tap broke", camera_id=camera_id)


class _Relay:
    """Carries what the ingest thread tells to the loop; silent once the loop is gone."""

    def __init__(self, stream: CameraStream, loop: asyncio.AbstractEventLoop) -> None:
        self._stream, self._loop = stream, loop

    def on_fragment(self, fragment: Fragment) -> None:
        self._call(self._stream.take, fragment)

    def on_lost(self, state: str, reason: str) -> None:
        self._call(self._stream.lose, (state, reason))

    def on_unplayable(self, code: str) -> None:
        self._call(self._stream.refuse, code)

    def _call(self, function: Callable[..., None], value: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed
            self._loop.call_soon_threadsafe(function, threading.current_thread(), value)
