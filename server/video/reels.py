"""Writing: one thread, a bounded queue, and for each camera one open file. Nothing here waits for anybody.

A file is written under a name of its own (`….part`), hashed while it is written, and renamed when it is complete; a
kill -9 leaves at most that part, whose whole pictures are taken up at the next start. A file begins with a key frame,
ends at the first key frame after ten seconds, and never spans a hole.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import structlog

from server.video.film import NotOurs, format_of, stsd_of
from server.video.fmp4 import TIMESCALE
from server.video.mux import Fragment, StreamInit

Digest = bytes  # the field named `bytes` hides the type
HOLE_S = 1.5
IDLE_S = 3.0
SLOW_S = 2.0
MOST_WAITING_BYTES, MOST_WAITING = 64_000_000, 20_000
_RETRY_S = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Finished:
    """A complete file. `begin_s`, `end_s`: Unix seconds by this machine's clock, when the first picture arrived and
    the last one ended. `path` is relative to the folder."""

    segment_id: UUID
    center_id: str
    camera_id: str
    begin_s: float
    end_s: float
    bytes: int
    frames: int
    sha256: Digest
    path: str
    width_px: int
    height_px: int
    codec: str
    format: str
    is_adopted: bool = False


class Take:
    """One camera's end of the queue, on the event loop. Bound to its thread by nothing but the queue."""

    def __init__(self, reeler: Reeler, camera_id: str, center_id: str, folder: str) -> None:
        self._reeler = reeler
        self.camera_id, self.center_id, self.folder = camera_id, center_id, folder
        self._waits_for_key = True
        self._last_arrived = 0.0

    def fragment(self, fragment: Fragment) -> None:
        """From the hub. A hole in what comes, or a queue that is full, ends the file; the next key frame begins one."""
        if fragment.is_key:
            is_new = self._waits_for_key or fragment.arrived - self._last_arrived > HOLE_S
            self._waits_for_key = False
        elif self._waits_for_key:
            return
        else:
            is_new = False
        self._last_arrived = fragment.arrived
        if not self._reeler.offer(self, fragment, is_new):
            self._waits_for_key = True

    def lost(self, why: str) -> None:
        """The camera broke off, or is not recorded any more."""
        self._waits_for_key = True
        self._reeler.close_soon(self)


@dataclass
class _Open:
    take: Take
    init: StreamInit
    file: int
    part: Path
    path: str
    begin_s: float
    first_pts: int
    digest: hashlib._Hash
    good: int = 0
    frames: int = 0
    last: Fragment | None = None
    waiting: list[bytes] = field(default_factory=list)
    written_at: float = 0.0
    kept: tuple[int, Fragment] | None = None
    """Pictures that are in the file for sure, and the last of them."""


class Reeler(threading.Thread):
    """`finished` is called in this thread for each complete file."""

    def __init__(self, folder: Path, finished: Callable[[Finished], None], *, segment_s: float = 10.0) -> None:
        super().__init__(name="recordings", daemon=True)
        self._folder, self._on_finished, self._segment_s = folder, finished, segment_s
        self._queue: queue.Queue[tuple[Take, Fragment | None, bool]] = queue.Queue(MOST_WAITING)
        self._waiting_bytes = 0
        self._count_lock = threading.Lock()
        self._open: dict[Take, _Open] = {}
        self._no_sooner: dict[str, float] = {}
        self._stopping = threading.Event()
        self._busy_since: float | None = None
        self._looked_at = 0.0
        self._fell_behind_at = 0.0
        self.begun: set[str] | None = set()
        """Files of this process, until somebody has looked at what the last one left and sets it to None."""
        self.dropped = 0
        self.refuses = False
        """The last attempt to write failed."""

    # ------------------------------------------------------------ from the event loop; never blocks
    def take(self, camera_id: str, center_id: str, folder: str) -> Take:
        return Take(self, camera_id, center_id, folder)

    def offer(self, take: Take, fragment: Fragment, is_new: bool) -> bool:
        """False when the disk is too far behind: the picture is not recorded."""
        if self._waiting_bytes > MOST_WAITING_BYTES or not self._put((take, fragment, is_new)):
            self.dropped += 1
            self._fell_behind_at = time.monotonic()
            return False
        with self._count_lock:
            self._waiting_bytes += len(fragment.data)
        return True

    def close_soon(self, take: Take) -> None:
        self._put((take, None, False))  # lost in a full queue: then idleness closes it

    def is_slow(self) -> bool:
        """The disk does not keep up, or holds one write for longer than two seconds."""
        busy = self._busy_since
        stuck = busy is not None and time.monotonic() - busy > SLOW_S
        return stuck or (self._fell_behind_at > 0 and time.monotonic() - self._fell_behind_at < 60)

    def _put(self, item: tuple[Take, Fragment | None, bool]) -> bool:
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            return False
        return True

    def stop(self, patience_s: float = 5.0) -> None:
        """Write what waits, finish every file."""
        self._stopping.set()
        if self.is_alive():
            self.join(patience_s)

    # ------------------------------------------------------------ in the thread
    def run(self) -> None:
        while not (self._stopping.is_set() and self._queue.empty()):
            try:
                take, fragment, is_new = self._queue.get(timeout=0.25)
            except queue.Empty:
                self._close_idle()
                continue
            self._busy_since = time.monotonic()
            if self._busy_since - self._looked_at > 1.0:
                self._close_idle()
            if fragment is None:
                self._close(take)
            else:
                with self._count_lock:
                    self._waiting_bytes -= len(fragment.data)
                self._write(take, fragment, is_new)
            self._busy_since = None
        for take in list(self._open):
            self._close(take)

    def _write(self, take: Take, fragment: Fragment, is_new: bool) -> None:
        found = self._open.get(take)
        try:
            if found and (is_new or self._is_over(found, fragment)):
                self._close(take)
                found = None
            if found is None:
                if not fragment.is_key or time.monotonic() < self._no_sooner.get(take.camera_id, 0.0):
                    return
                found = self._open[take] = self._begin(take, fragment)
            if fragment.is_key:
                self._flush(found)
            found.waiting.append(fragment.data)
            found.last, found.written_at = fragment, time.monotonic()
            found.frames += 1
        except Exception as error:  # of this camera alone: one thread writes for all of them
            self._refused(take, error)

    def _is_over(self, found: _Open, fragment: Fragment) -> bool:
        if not fragment.is_key:
            return False
        seconds = (fragment.pts - found.first_pts) / TIMESCALE
        return seconds >= self._segment_s or fragment.init is not found.init or seconds < 0

    def _begin(self, take: Take, fragment: Fragment) -> _Open:
        begin_s = time.time() - (time.monotonic() - fragment.arrived)
        (self._folder / take.folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._free_name(take.folder, int(begin_s * 1000))
        if self.begun is not None:
            self.begun.add(path)
        part = self._folder / f"{path}.part"
        file = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        found = _Open(take, fragment.init, file, part, path, begin_s, fragment.pts, hashlib.sha256())
        found.waiting.append(fragment.init.segment)
        return found

    def _free_name(self, folder: str, arrived_ms: int) -> str:
        """A clock that was set back must not write over what is there."""
        while True:
            path = f"{folder}/{arrived_ms}.mp4"
            if not any((self._folder / name).exists() for name in (path, f"{path}.part")):
                return path
            arrived_ms += 1

    def _flush(self, found: _Open) -> None:
        """A key-frame group at a time: what a kill -9 leaves ends with whole pictures."""
        data = b"".join(found.waiting)
        found.waiting = []
        view = memoryview(data)
        while view:
            view = view[os.write(found.file, view) :]
        found.digest.update(data)
        found.good += len(data)
        if found.last is not None:
            found.kept = found.frames, found.last
        self.refuses = False

    def _close(self, take: Take) -> None:
        found = self._open.get(take)
        if found is None:
            return
        try:
            self._flush(found)
            self._finish(found)
        except Exception as error:  # as above
            return self._refused(take, error)
        del self._open[take]
        os.close(found.file)

    def _finish(self, found: _Open) -> None:
        if found.kept is None:
            return found.part.unlink(missing_ok=True)
        frames, last = found.kept
        os.fdatasync(found.file)
        os.rename(found.part, self._folder / found.path)
        seconds = (last.pts - found.first_pts) / TIMESCALE
        step_s = min(max(seconds / max(frames - 1, 1), 1 / 120), 1.0)
        picture = found.init.picture
        self._on_finished(
            Finished(
                uuid4(),
                found.take.center_id,
                found.take.camera_id,
                found.begin_s,
                found.begin_s + seconds + step_s,
                found.good,
                frames,
                found.digest.digest(),
                found.path,
                picture.width,
                picture.height,
                picture.codec,
                format_of(stsd_of(found.init.segment)),
            )
        )

    def _refused(self, take: Take, error: Exception) -> None:
        """The disk is full or broken (or this camera sends what can't be laid in a file): what is whole is finished if
        it can be (else it is taken up at the next start), and the camera is tried again in some seconds."""
        self.refuses = self.refuses or isinstance(error, OSError)
        self._no_sooner[take.camera_id] = time.monotonic() + _RETRY_S
        said = getattr(error, "strerror", None) or type(error).__name__
        log.error("recording_refused", camera_id=take.camera_id, error=said)
        found = self._open.pop(take, None)
        if found is None:
            return
        with contextlib.suppress(OSError, NotOurs):
            os.ftruncate(found.file, found.good)
            self._finish(found)
        with contextlib.suppress(OSError):
            os.close(found.file)

    def _close_idle(self) -> None:
        now = self._looked_at = time.monotonic()
        for take, found in list(self._open.items()):
            if now - found.written_at > IDLE_S:
                self._close(take)
