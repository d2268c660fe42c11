"""The recorder: cameras that are wanted, kept open and written to files of about ten seconds.

The hub hands each fragment over on the event loop; a thread of its own writes (`server/video/reels.py`), so that a
slow or full disk costs a gap in the recording and an alarm, and never a live picture. What to record, and what becomes
of the rows, is asked of a `Shelf` (`server/video_shelf.py` over the database). The database away: recording goes on,
and rows follow when it is back. One process per folder: a lock in it says so.
"""

from __future__ import annotations

import asyncio
import fcntl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, Protocol

import structlog

from location_router.runtime.ending import end
from server.video.admission import NoRoom
from server.video.folder import folder_name, free_by_name, reconcile, used_percent
from server.video.hub import Hold, Hub
from server.video.reels import Finished, Reeler

LOOK_S, KEEP_S = 1.0, 15.0
ALARM_BELOW_MOST = 5.0
_FREE_AT_ONCE, _MOST_ROUNDS = 200, 50

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A camera to record: `sos` for an open incident, `buffer` for the rolling buffer."""

    camera_id: str
    center_id: str
    url: str
    class_: Literal["sos", "buffer"]


@dataclass(frozen=True, slots=True)
class Doomed:
    """A file that the shelf has let go: nobody may read it any more, and its row goes when it is gone."""

    segment_id: str
    path: str


class Shelf(Protocol):
    """What the recorder asks. Every method may raise when the database is away; it is asked again."""

    async def wanted(self) -> Sequence[Wanted]: ...

    async def add(self, finished: Sequence[Finished]) -> None:
        """Rows of complete files; the same file twice is once."""

    async def folders(self) -> dict[str, tuple[str, str]]:
        """`center/camera` as on the disk → (center, camera)."""

    async def paths(self) -> dict[str, bool]:
        """Every path that has a row → whether it should be there."""

    async def mark_missing(self, paths: Sequence[str]) -> int:
        """These are not there any more, and nobody let them go; returns how many an incident kept."""

    async def let_go(self, *, for_disk: bool, most: int) -> Sequence[Doomed]:
        """What no incident keeps and the buffer is over for, oldest first, or with `for_disk` whatever no incident
        keeps; and what was let go before and not yet forgotten."""

    async def forget(self, segment_ids: Sequence[str]) -> None:
        """The files are gone."""

    async def report(self, figures: Figures) -> None:
        """How it goes, every quarter of a minute and at once when `figures.trouble` changes."""


@dataclass
class _Recorded:
    wanted: Wanted
    hold: Hold
    untap: Callable[[], None]


@dataclass
class Figures:
    """How it goes. `trouble`: `disk_high` (above the alarm), `disk_kept` (all that is left is kept: nothing is buffered
    any more), `disk_refuses` (writing fails), `disk_slow`, `folder_taken`; empty when all is well. `missing`: files
    that were gone without anybody letting them go; `strays`: files that belong to no camera of ours."""

    recording: int = 0
    segments: int = 0
    bytes: int = 0
    dropped: int = 0
    waiting_rows: int = 0
    disk_percent: float = 0.0
    missing: int = 0
    adopted: int = 0
    strays: int = 0
    no_room: int = 0
    trouble: str = ""
    cameras: dict[str, str] = field(default_factory=dict)


class Recorder:
    """Runs inside the video process's loop between `start()` and `stop()`."""

    def __init__(
        self,
        hub: Hub,
        shelf: Shelf,
        folder: Path,
        *,
        quality: Literal["sub", "main"] = "sub",
        most_percent: float = 85.0,
        segment_s: float = 10.0,
        used: Callable[[Path], float] = used_percent,
    ) -> None:
        self._hub, self._shelf, self.folder = hub, shelf, folder
        self._quality: Literal["sub", "main"] = quality
        self._most_percent, self._used = most_percent, used
        self._reeler = Reeler(folder, self._finished, segment_s=segment_s)
        self._recorded: dict[str, _Recorded] = {}
        self._to_add: list[Finished] = []
        self._lock: IO[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_full = False
        self._missed: set[str] = set()
        self.figures = Figures()

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._run(), name="recorder")

    async def stop(self) -> None:
        """Finish what is open; the rows are on disk when this returns, if the database is there."""
        await end(self._task)
        for camera_id in list(self._recorded):
            self._leave(camera_id)
        await asyncio.to_thread(self._reeler.stop)
        await asyncio.sleep(0)  # what the thread has finished arrives
        await self._try(self._add_rows, "rows_not_written")
        if self._lock:
            self._lock.close()

    # ------------------------------------------------------------ the loop
    async def _run(self) -> None:
        while not await asyncio.to_thread(self._take_folder):
            await self._say("folder_taken")
            await asyncio.sleep(LOOK_S * 5)
        self._reeler.start()
        is_reconciled = False
        next_keeping = 0.0
        while True:
            if not is_reconciled:
                is_reconciled = await self._try(self._reconcile, "not_reconciled")
            await self._try(self._look, "wanted_unknown")
            await self._try(self._add_rows, "rows_not_written")
            if is_reconciled and time.monotonic() >= next_keeping:
                await self._try(self._keep, "buffer_not_kept")
                next_keeping = time.monotonic() + KEEP_S
            await asyncio.sleep(LOOK_S)

    async def _try(self, work: Callable[[], Any], name: str) -> bool:
        try:
            await work()
        except Exception as error:  # the database is away, the folder is: recording goes on
            log.warning(name, error=repr(error)[:200])
            return False
        return True

    def _take_folder(self) -> bool:
        """Two processes that write and prune one folder would destroy one another's work."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (self.folder / ".lock").open("ab")
        except OSError as error:
            log.error("video_dir_unusable", folder=str(self.folder), error=str(error))
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            log.error("video_dir_taken", folder=str(self.folder))
            return False
        self._lock = lock
        return True

    # ------------------------------------------------------------ which cameras
    async def _look(self) -> None:
        wanted = {one.camera_id: one for one in await self._shelf.wanted()}
        if self._is_full:  # an incident's cameras are still tried: freeing may just have made room
            wanted = {key: one for key, one in wanted.items() if one.class_ == "sos"}
        for camera_id, recorded in list(self._recorded.items()):
            one = wanted.get(camera_id)
            if one is None or one.url != recorded.wanted.url or not recorded.hold.is_open:
                self._leave(camera_id)
            elif one != recorded.wanted:
                self._rank(recorded, one)
        missed = set()
        for one in sorted(wanted.values(), key=lambda one: (one.class_ != "sos", one.camera_id)):
            if one.camera_id not in self._recorded and not self._record(one):
                missed.add(one.camera_id)
        if missed - self._missed:
            log.warning("not_recorded_no_room", cameras=sorted(missed - self._missed)[:20])
        self._missed = missed
        self.figures.no_room = len(missed)
        self.figures.recording = len(self._recorded)
        self.figures.cameras = {key: one.wanted.class_ for key, one in self._recorded.items()}

    def _record(self, one: Wanted) -> bool:
        try:
            hold = self._hub.hold(one.camera_id, self._quality, one.url, one.class_)
        except NoRoom:
            return False
        take = self._reeler.take(one.camera_id, one.center_id, folder_name(one.center_id, one.camera_id))
        untap = hold.stream.tap(take.fragment, take.lost)

        def leave() -> None:
            untap()
            take.lost("left")

        self._recorded[one.camera_id] = _Recorded(one, hold, leave)
        return True

    def _rank(self, recorded: _Recorded, one: Wanted) -> None:
        """An alert makes a buffered camera an SOS, its end the other way: the file goes on, no picture is lost."""
        try:
            hold = self._hub.hold(one.camera_id, self._quality, one.url, one.class_)
        except NoRoom:
            return
        recorded.hold.release()
        recorded.hold, recorded.wanted = hold, one

    def _leave(self, camera_id: str) -> None:
        recorded = self._recorded.pop(camera_id)
        recorded.untap()
        recorded.hold.release()

    # ------------------------------------------------------------ rows
    def _finished(self, finished: Finished) -> None:
        """Called in the writer's thread."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._to_add.append, finished)

    async def _add_rows(self) -> None:
        self.figures.dropped = self._reeler.dropped
        batch = self._to_add[:500]
        self.figures.waiting_rows = len(self._to_add)
        if batch:
            await self._shelf.add(batch)
            del self._to_add[: len(batch)]
            self.figures.segments += len(batch)
            self.figures.bytes += sum(one.bytes for one in batch)

    async def _reconcile(self) -> None:
        """After a crash: files without a row are taken up, torn ones cut at their last whole picture, rows without a
        file say so."""
        known, folders = await self._shelf.paths(), await self._shelf.folders()
        found = await asyncio.to_thread(reconcile, self.folder, known, folders, self._reeler.begun or ())
        for i in range(0, len(found.adopted), 500):
            await self._shelf.add(found.adopted[i : i + 500])
        self.figures.adopted += len(found.adopted)
        self.figures.strays = found.strays
        self._reeler.begun = None
        if found.missing:
            kept = await self._shelf.mark_missing(found.missing)
            self.figures.missing += len(found.missing)
            log.error("recordings_missing", files=len(found.missing), kept_by_incidents=kept)
        if found.adopted or found.strays:
            log.warning("recordings_adopted", files=len(found.adopted), strays=found.strays)

    # ------------------------------------------------------------ room on the disk
    async def _keep(self) -> None:
        """The rolling buffer rolls; above the limit, what no incident keeps goes, oldest first."""
        await self._free(for_disk=False)
        used = await asyncio.to_thread(self._used, self.folder)
        for _ in range(_MOST_ROUNDS):
            if used < self._most_percent or not await self._free(for_disk=True):
                break
            used = await asyncio.to_thread(self._used, self.folder)
        self._is_full = used >= self._most_percent
        self.figures.disk_percent = round(used, 1)
        await self._say(self._trouble(used))

    def _trouble(self, used: float) -> str:
        if self._reeler.refuses:
            return "disk_refuses"
        if self._is_full:
            return "disk_kept"
        if self._reeler.is_slow():
            return "disk_slow"
        return "disk_high" if used >= self._most_percent - ALARM_BELOW_MOST else ""

    async def _free(self, *, for_disk: bool) -> int:
        """Rows first (nobody may read it any more), then files, then the rows go too: no kill leaves a lie."""
        doomed = await self._shelf.let_go(for_disk=for_disk, most=_FREE_AT_ONCE)
        if not doomed:
            return 0
        gone = set(await asyncio.to_thread(free_by_name, self.folder, [one.path for one in doomed]))
        await self._shelf.forget([one.segment_id for one in doomed if one.path in gone])
        return len(gone)

    async def _say(self, trouble: str) -> None:
        if trouble != self.figures.trouble:
            log.error("recordings_suffer" if trouble else "recordings_well", code=trouble or self.figures.trouble)
        self.figures.trouble = trouble
        await self._try(lambda: self._shelf.report(self.figures), "not_reported")
