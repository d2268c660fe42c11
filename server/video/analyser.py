"""The port for intelligent CCTV: something that looks at pictures and says what happens there. Off by default.

An analyser sees the key frames that health looks at anyway, of cameras whose center has switched it on, and answers
with kinds of events out of a closed list. No kind names a person: no face, no gait, no plate, and a finding carries
no picture, so that what it says can go to a seat without a release; the operator who wants to see opens an incident.
The cost is bounded: one thread, at most a quarter of its time. Of each camera only the newest picture waits, and the
camera that was looked at longest ago comes next.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from server.video.still import NoPicture, array_of
from server.video.stream import CameraStream, KeySample

WIDTH, HEIGHT = 640, 360
MOST_SHARE, AGAIN_S, ALLOWED_S = 0.25, 60.0, 30.0
KINDS: dict[str, tuple[str, str]] = {
    "person_down": ("쓰러진 사람", "a person lying on the ground"),
    "fight": ("다툼", "a fight"),
    "crowd": ("사람이 몰림", "a crowd"),
    "loitering": ("배회", "loitering"),
    "intrusion": ("침입", "an intrusion"),
    "abandoned_object": ("방치된 물건", "an abandoned object"),
    "fire": ("불 또는 연기", "fire or smoke"),
    "flood": ("침수", "flooding"),
    "vehicle_stopped": ("멈춰 선 차량", "a stopped vehicle"),
}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """`kind` one of KINDS, `confidence` from 0 to 1."""

    kind: str
    confidence: float


class Analyser(Protocol):
    def look(self, camera_id: str, picture: NDArray[np.uint8], at: datetime) -> Sequence[Finding]:
        """`picture`: RGB, (HEIGHT, WIDTH, 3). Called in one thread, one picture after another; it may block."""


class FindingSink(Protocol):
    async def allowed(self, camera_ids: Collection[str]) -> Collection[str]:
        """Of these, the cameras whose center lets machines look."""

    async def found(self, camera_id: str, finding: Finding, at: datetime) -> None: ...


class ConsoleAnalyser:
    """The twin for installations with none: it finds nothing and logs how much it was shown."""

    def __init__(self) -> None:
        self.pictures = 0

    def look(self, camera_id: str, picture: NDArray[np.uint8], at: datetime) -> Sequence[Finding]:
        self.pictures += 1
        if self.pictures % 100 == 1:
            log.info("analyser: pictures looked at", pictures=self.pictures)
        return ()


def create_analyser(name: str) -> Analyser | None:
    """By the setting ANALYSER: `none`, `console`, or `package.module:factory` of an own one. ValueError says what is
    wrong with it."""
    if name in ("", "none"):
        return None
    if name == "console":
        return ConsoleAnalyser()
    module, _, factory = name.partition(":")
    try:
        made: Any = getattr(importlib.import_module(module), factory)()
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"ANALYSER={name}: none, console or package.module:factory ({error})") from error
    if not hasattr(made, "look"):
        raise ValueError(f"ANALYSER={name}: what the factory returns has no look(camera_id, picture, at)")
    return made  # type: ignore[no-any-return]


class Analysis:
    """An onlooker of `watching.Watcher`: call it with each sample on the event loop; it never waits."""

    def __init__(
        self, analyser: Analyser, sink: FindingSink, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._analyser, self._sink, self._clock = analyser, sink, clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="analyser")
        self._task: asyncio.Task[None] | None = None
        self._waiting: dict[str, KeySample] = {}
        self._looked_at: dict[str, float] = {}
        self._allowed: dict[str, tuple[bool, float]] = {}
        self._told: dict[tuple[str, str], float] = {}
        self.counts: Counter[str] = Counter()

    def __call__(self, stream: CameraStream, sample: KeySample) -> None:
        self.counts["left_out"] += stream.camera_id in self._waiting
        self._waiting[stream.camera_id] = sample
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _work(self) -> None:
        while self._waiting:
            camera_id = min(self._waiting, key=lambda one: self._looked_at.get(one, 0.0))
            sample, begun = self._waiting.pop(camera_id), time.monotonic()
            self._looked_at[camera_id] = begun
            try:
                await self._look(camera_id, sample)
            except NoPicture:
                self.counts["no_picture"] += 1
            except Exception as error:  # somebody else's program: it may not take anything down with it
                self.counts["failed"] += 1
                log.error("analyser failed", camera_id=camera_id, error=repr(error))
            await asyncio.sleep((time.monotonic() - begun) * (1 / MOST_SHARE - 1))

    async def _look(self, camera_id: str, sample: KeySample) -> None:
        if not await self._may(camera_id):
            self.counts["not_allowed"] += 1
            return
        at = self._clock()
        loop = asyncio.get_running_loop()
        findings = await loop.run_in_executor(self._thread, self._look_now, camera_id, sample, at)
        self.counts["looks"] += 1
        for finding in findings:
            await self._tell(camera_id, finding, at)

    def _look_now(self, camera_id: str, sample: KeySample, at: datetime) -> Sequence[Finding]:
        picture = array_of(sample.fragment, width=WIDTH, height=HEIGHT, pixels="rgb24")
        return self._analyser.look(camera_id, picture, at)

    async def _may(self, camera_id: str) -> bool:
        known, until = self._allowed.get(camera_id, (False, 0.0))
        if time.monotonic() < until:
            return known
        known = camera_id in await self._sink.allowed([camera_id])
        self._allowed[camera_id] = (known, time.monotonic() + ALLOWED_S)
        return known

    async def _tell(self, camera_id: str, finding: Finding, at: datetime) -> None:
        """The same of the same camera at most once a minute; a kind that is not in the list is not told."""
        if finding.kind not in KINDS or not 0 <= finding.confidence <= 1:
            if not self.counts["refused"]:  # it would say the same of every picture
                log.error("analyser: a finding outside the list", kind=finding.kind[:40], confidence=finding.confidence)
            self.counts["refused"] += 1
            return
        now = time.monotonic()
        if now - self._told.get((camera_id, finding.kind), -AGAIN_S) < AGAIN_S:
            return
        self._told[camera_id, finding.kind] = now
        self.counts["found"] += 1
        await self._sink.found(camera_id, finding, at)
