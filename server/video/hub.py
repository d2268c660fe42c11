"""All open camera streams of this process: one ingest per watched, held or warmed camera, many viewers.

A stream (`server/video/stream.py`) lingers 10 s after its last user. Warming pins the ingest and gives no picture to
anyone. How many are open at once is bounded; who makes room for whom stands in `server/video/admission.py`. A pin that
had to make room is remembered: it opens again when there is room, and whoever looks at its camera meanwhile is an SOS.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from server.video.admission import RANKS, Class, NoRoom, Occupant, highest, who_makes_room
from server.video.mux import Fragment
from server.video.pinned import Network
from server.video.stream import CameraStream, State, StreamState, Viewer

LINGER_S = 10.0
MOST_STREAMS = 80  # what one core carries, measured

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Pin:
    url: str
    until: float
    class_: Class


class Hold:
    """A reason to keep a stream open with nobody watching. `release()` (or calling it) ends it, once or twice."""

    def __init__(self, stream: CameraStream, class_: Class) -> None:
        self.stream = stream
        self._class: Class | None = class_
        stream.holds.append(class_)

    @property
    def is_open(self) -> bool:
        """False after `release()`, and when the stream had to make room: then hold again later."""
        return self._class is not None and self.stream.is_open

    def release(self) -> None:
        if self._class is not None:
            self.stream.holds.remove(self._class)
            self.stream.idle_since = time.monotonic()
            self._class = None

    __call__ = release


class Hub:
    """Streams by camera and quality. Use inside one event loop; `close()` stops every ingest. `may_lead`: as of
    Ingest."""

    def __init__(self, may_lead: Sequence[Network] = ()) -> None:
        self._may_lead = tuple(may_lead)
        self._streams: dict[tuple[str, str], CameraStream] = {}
        self._pins: dict[str, _Pin] = {}
        self._keeper: asyncio.Task[None] | None = None
        self.detour: Callable[[str, str, str], str] | None = None  # (camera, quality, its address) → where to read it
        self.refused: dict[Class, int] = dict.fromkeys((one for one in RANKS if one), 0)

    def stream(self, camera_id: str, quality: str, url: str, class_: Class = "watched") -> CameraStream:
        """The open stream, opened now when it is not. The caller joins it, or it closes after 10 s.

        A new `url` (a corrected password) connects anew. Raises NoRoom; a camera that is kept warm for an alert is
        asked for as `sos` whatever `class_` says.
        """
        stream = self._open(camera_id, quality, url, class_)
        if not stream.viewers or RANKS[class_] > RANKS[stream.asked_class]:
            stream.asked_class = class_
        stream.asked_at = time.monotonic()
        return stream

    def find(self, camera_id: str, quality: str) -> CameraStream | None:
        """The stream if it is open; nothing is opened."""
        return self._streams.get((camera_id, quality))

    def streams(self) -> list[CameraStream]:
        """All that are open now."""
        return list(self._streams.values())

    def hold(self, camera_id: str, quality: str, url: str, class_: Class) -> Hold:
        """Keep the stream open until the hold is released. Raises NoRoom. A hold of a lower class may lose its stream
        to a higher one: taps hear `no_room`, `Hold.is_open` is false, and the holder asks again later."""
        stream = self._open(camera_id, quality, url, class_)
        return Hold(stream, class_)

    def warm(self, camera_id: str, url: str, seconds: float, class_: Class = "sos") -> bool:
        """Keep the camera's sub-stream open for so long, with no viewer. A longer pin stays. False when there is no
        room now: it is opened as soon as there is."""
        until = time.monotonic() + seconds
        pin = self._pins.get(camera_id)
        if pin:
            pin.url, pin.until = url, max(pin.until, until)
            pin.class_ = highest((pin.class_, class_)) or class_
        else:
            pin = self._pins[camera_id] = _Pin(url, until, class_)
        try:
            self._pinned(camera_id, pin)
        except NoRoom:
            log.warning("no room to warm a camera", camera_id=camera_id, streams=len(self._streams))
            return False
        return True

    async def key_frame(
        self, camera_id: str, url: str, patience_s: float, class_: Class = "watched"
    ) -> Fragment | None:
        """The camera's newest key frame; a camera that is not open yet is opened and waited for. Raises NoRoom."""
        stream = self.stream(camera_id, "sub", url, class_)
        viewer = stream.join()  # whose first picture is always a key frame
        try:
            return await viewer.next(patience_s)
        finally:
            stream.leave(viewer)

    def report(self) -> list[dict[str, Any]]:
        """One row per open stream, without addresses."""
        now = time.monotonic()
        rows = []
        for (camera_id, quality), stream in self._streams.items():
            state = stream.state()
            row = {"camera_id": camera_id, "quality": quality, "state": state.state, "age_ms": state.age_ms}
            row |= {"refusal": state.refusal, "reason": state.reason, "viewers": len(stream.viewers)}
            row |= {"class": stream.used_by(now), "holds": len(stream.holds)}
            rows.append(row | {"warm_s": round(max(0.0, stream.warm_until - now), 1)})
        return rows

    async def close(self) -> None:
        if self._keeper:
            self._keeper.cancel()
        for stream in list(self._streams.values()):
            stream.stop()
        self._streams.clear()
        self._pins.clear()

    # ------------------------------------------------------------ room
    def _open(self, camera_id: str, quality: str, url: str, class_: Class) -> CameraStream:
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep())
        url = self.detour(camera_id, quality, url) if self.detour else url
        stream = self._streams.get((camera_id, quality))
        if stream is None:
            self._admit(self._raised(camera_id, class_))
            stream = self._streams[camera_id, quality] = CameraStream(camera_id, quality, url, self._may_lead)
        elif stream.url != url or stream.state().refusal:
            stream.restart(url)
        stream.idle_since = time.monotonic()
        return stream

    def _raised(self, camera_id: str, class_: Class) -> Class:
        """The class to ask with: that of the camera's pin when it is higher, even if the pin had to make room."""
        pin = self._pins.get(camera_id)
        if pin and time.monotonic() < pin.until and RANKS[pin.class_] > RANKS[class_]:
            return pin.class_
        return class_

    def _pinned(self, camera_id: str, pin: _Pin) -> None:
        stream = self._open(camera_id, "sub", pin.url, pin.class_)
        stream.warm_until, stream.warm_class = pin.until, pin.class_

    def _admit(self, class_: Class) -> None:
        """Make room for one more stream of this class, or raise NoRoom."""
        if len(self._streams) < MOST_STREAMS:
            return
        now = time.monotonic()
        occupants = [
            Occupant(key, one.used_by(now), bool(one.viewers or one.holds), one.warm_until)
            for key, one in self._streams.items()
        ]
        key = who_makes_room(occupants, class_)
        if key is None:
            self.refused[class_] += 1
            raise NoRoom(class_)
        self._streams.pop(key).stop("no_room")

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            try:
                self._close_unused(time.monotonic())
                self._reopen_pins()
            except Exception:  # no thread to be had, for example: what is unused must be closed all the same, later
                log.exception("streams not kept")

    def _close_unused(self, now: float) -> None:
        for key, stream in list(self._streams.items()):
            lingers = now - stream.idle_since < LINGER_S
            if not (stream.viewers or stream.holds or now < stream.warm_until or lingers):
                del self._streams[key]
                stream.stop()
        self._pins = {camera_id: pin for camera_id, pin in self._pins.items() if now < pin.until}

    def _reopen_pins(self) -> None:
        """Pins that once made room, as long as nobody has to go for them."""
        for camera_id, pin in self._pins.items():
            if len(self._streams) >= MOST_STREAMS:
                return
            if (camera_id, "sub") not in self._streams:
                with contextlib.suppress(NoRoom):
                    self._pinned(camera_id, pin)


__all__ = ["CameraStream", "Hold", "Hub", "NoRoom", "State", "StreamState", "Viewer"]
