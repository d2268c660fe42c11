"""Looks at every open camera now and then, and says what its picture is worth; a patrol opens those nobody watches.

Machine reading: one key frame in 10 s is decoded small, in one thread for all cameras, and leaves nothing but a word.
`server/video/judging.py` decides. A verdict is told when it changes and again every few minutes, so that the registry
knows how fresh it is. What this module needs of the registry is `HealthSink`; it imports no slice.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

import structlog

from server.video.hub import CameraStream, Hold, Hub, NoRoom
from server.video.judging import HEIGHT, WIDTH, Grey, Health, Judge, Look
from server.video.still import NoPicture, array_of
from server.video.stream import KeySample

MOST_JUDGES = 20_000  # a few kB each
Told = Health | Literal["unknown"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """A camera whose health was not looked at for long; `url` of its sub-stream."""

    camera_id: str
    url: str


class HealthSink(Protocol):
    """Implemented over the registry (`server/video_health.py`)."""

    async def note(self, camera_id: str, health: Told, at: datetime) -> None:
        """What the camera's picture is worth. Told again while it lasts; `unknown`: a patrol could not tell."""

    async def movable(self, camera_ids: Collection[str]) -> Collection[str]:
        """Of these, the cameras that may look elsewhere on purpose (PTZ)."""

    async def due(self, limit: int) -> Sequence[Due]:
        """At most so many cameras that nobody looked at for an hour, longest first."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often: all in seconds but `patrol_per_minute` (0: no patrol). `hurry_s` is for a camera about which nothing
    is settled, or which was bad: a camera that is well again should be chosen again soon."""

    tick_s: float = 2.0
    look_s: float = 10.0
    hurry_s: float = 4.0
    tell_s: float = 300.0
    visit_s: float = 20.0
    patrol_per_minute: float = 10.0


@dataclass(slots=True)
class _Watched:
    judge: Judge = field(default_factory=Judge)
    looked_at: float = -1e9
    last_pts: int = -1
    told: Told | None = None
    told_at: float = -1e9


Onlooker = Callable[[CameraStream, KeySample], None]


class Watcher:
    """Run `run()` as one task beside the hub. `onlookers` are shown each sample that health looks at (the analyser)."""

    def __init__(
        self,
        hub: Hub,
        sink: HealthSink,
        pace: Pace | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        onlookers: Sequence[Onlooker] = (),
    ) -> None:
        self._hub, self._sink, self._pace = hub, sink, pace or Pace()
        self._clock, self._onlookers = clock, onlookers
        self._watched: OrderedDict[str, _Watched] = OrderedDict()
        self._visits: dict[str, tuple[Hold, float]] = {}  # each with its beginning
        self._next_visit = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="health")
        self.looks = 0

    async def run(self) -> None:
        """Until cancelled. A sink that fails is asked again; watching goes on."""
        try:
            while True:
                for work in (self._look_at_all, self._patrol):
                    try:
                        await work()
                    except Exception as error:
                        log.error("watching failed", error=repr(error))
                await asyncio.sleep(self._pace.tick_s)
        finally:
            for hold, _ in self._visits.values():
                hold.release()
            self._thread.shutdown(wait=False, cancel_futures=True)

    # ------------------------------------------------------------ looking
    async def _look_at_all(self) -> None:
        cameras: dict[str, CameraStream] = {}
        for stream in self._hub.streams():  # one quality of a camera is enough: the sub-stream, or what there is
            if stream.quality == "sub" or stream.camera_id not in cameras:
                cameras[stream.camera_id] = stream
        new = [camera_id for camera_id in cameras if camera_id not in self._watched]
        movable = set(await self._sink.movable(new)) if new else set()
        for camera_id, stream in cameras.items():
            watched = self._of(camera_id)
            if camera_id in new:
                watched.judge.is_fixed = camera_id not in movable
            try:
                await self._look(stream, watched)
            except Exception as error:  # of this camera; the others are looked at all the same
                log.error("health not told", camera_id=camera_id, error=repr(error))

    def _of(self, camera_id: str) -> _Watched:
        watched = self._watched.setdefault(camera_id, _Watched())
        self._watched.move_to_end(camera_id)
        if len(self._watched) > MOST_JUDGES:
            self._watched.popitem(last=False)
        return watched

    async def _look(self, stream: CameraStream, watched: _Watched) -> None:
        now, state = time.monotonic(), stream.state()
        if state.refusal in ("no_room", "closed") or state.state == "connecting":
            return
        if state.state != "live":
            look = Look(now, None, "frozen" if state.state == "frozen" else "down")
            return await self._judged(stream.camera_id, watched, look)
        every_s = self._pace.look_s if watched.judge.is_settled else self._pace.hurry_s
        sample = stream.key_sample() if now - watched.looked_at >= every_s else None
        if sample is None or sample.fragment.pts == watched.last_pts:
            return None
        watched.looked_at, watched.last_pts = now, sample.fragment.pts
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NoPicture):  # a torn key frame says nothing
            look = await loop.run_in_executor(self._thread, look_at, sample, now)
            self.looks += 1
            for onlooker in self._onlookers:
                onlooker(stream, sample)
            await self._judged(stream.camera_id, watched, look)
        return None

    async def _judged(self, camera_id: str, watched: _Watched, look: Look) -> None:
        health = watched.judge.see(look)
        if health is not None and (health != watched.told or look.at - watched.told_at >= self._pace.tell_s):
            await self._tell(camera_id, watched, health)

    async def _tell(self, camera_id: str, watched: _Watched, health: Told) -> None:
        await self._sink.note(camera_id, health, self._clock())
        if health not in (watched.told, "working"):
            log.warning("camera can't be trusted", camera_id=camera_id, health=health)
        watched.told, watched.told_at = health, time.monotonic()

    # ------------------------------------------------------------ the patrol
    async def _patrol(self) -> None:
        now = time.monotonic()
        for camera_id, (hold, begun) in list(self._visits.items()):
            if now - begun >= self._pace.visit_s or not hold.is_open:
                del self._visits[camera_id]
                await self._end_visit(camera_id, hold, begun)
        per_minute = self._pace.patrol_per_minute
        if per_minute <= 0 or now < self._next_visit:
            return
        due = [one for one in await self._sink.due(1 + len(self._visits)) if one.camera_id not in self._visits]
        self._next_visit = now + 60.0 / per_minute
        if due:
            with contextlib.suppress(NoRoom):
                hold = self._hub.hold(due[0].camera_id, "sub", due[0].url, "patrol")
                self._visits[due[0].camera_id] = (hold, now)

    async def _end_visit(self, camera_id: str, hold: Hold, begun: float) -> None:
        """A camera that let itself not be judged (key frames a minute apart) is told too, or it were due for ever."""
        had_room = hold.is_open
        hold.release()
        watched = self._of(camera_id)
        if had_room and watched.told_at < begun:
            await self._tell(camera_id, watched, "working" if watched.judge.said == "working" else "unknown")


def look_at(sample: KeySample, now: float) -> Look:
    """Decode small, in the calling thread. Raises NoPicture."""
    fragment = sample.fragment
    picture: Grey = array_of(fragment, width=WIDTH, height=HEIGHT, pixels="gray")
    digest = hashlib.blake2b(fragment.sample, digest_size=16).digest()
    return Look(now, picture, digest=digest, key_bytes=len(fragment.sample), step_bytes=sample.step_bytes)
