"""The recorder against real cameras and a real disk: whole pictures, honest gaps, and no live picture ever waits."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from server.demo.night_street import age_s, read_strip
from server.video import reels
from server.video.film import NotOurs, film_of, read_reel
from server.video.folder import folder_name, reconcile
from server.video.h264 import PictureFormat
from server.video.hub import Hub
from server.video.mux import Fragment, StreamInit
from server.video.recorder import Doomed, Figures, Recorder, Wanted
from server.video.reels import Finished
from tests.video.conftest import RunningCity
from tests.video.seat import eventually


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.video.recorder.LOOK_S", 0.1)


@dataclass
class MemoryShelf:
    """Rows in memory, like the tables: by path, and what of them is kept."""

    cameras: list[Wanted] = field(default_factory=list)
    rows: dict[str, Finished] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    marked: list[Doomed] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    reports: list[Figures] = field(default_factory=list)
    is_away: bool = False

    async def wanted(self) -> Sequence[Wanted]:
        if self.is_away:
            raise ConnectionError("the database is away")
        return self.cameras

    async def add(self, finished: Sequence[Finished]) -> None:
        if self.is_away:
            raise ConnectionError("the database is away")
        for one in finished:
            self.rows.setdefault(one.path, one)

    async def folders(self) -> dict[str, tuple[str, str]]:
        return {folder_name(one.center_id, one.camera_id): (one.center_id, one.camera_id) for one in self.cameras}

    async def paths(self) -> dict[str, bool]:
        return dict.fromkeys(self.rows, True)

    async def mark_missing(self, paths: Sequence[str]) -> int:
        self.missing += paths
        return len([self.rows.pop(path) for path in paths])

    async def let_go(self, *, for_disk: bool, most: int) -> Sequence[Doomed]:
        if for_disk:
            free = [one for path, one in sorted(self.rows.items()) if path not in self.kept]
            self.marked += [Doomed(str(one.segment_id), one.path) for one in free[:most]]
            for one in free[:most]:
                del self.rows[one.path]
        return list(self.marked)

    async def forget(self, segment_ids: Sequence[str]) -> None:
        self.marked = [one for one in self.marked if one.segment_id not in segment_ids]

    async def report(self, figures: Figures) -> None:
        self.reports.append(figures)


def wanted(city: RunningCity, *camera_ids: str, class_: str = "sos") -> list[Wanted]:
    return [Wanted(one, "41170", city.url(one), class_) for one in camera_ids]  # type: ignore[arg-type]


@asynccontextmanager
async def recording(folder: Path, shelf: MemoryShelf, **options: object) -> AsyncIterator[tuple[Recorder, Hub]]:
    hub = Hub()
    recorder = Recorder(hub, shelf, folder, **{"segment_s": 0.5, "used": lambda _: 10.0, **options})  # type: ignore[arg-type]
    recorder.start()
    try:
        yield recorder, hub
    finally:
        await recorder.stop()
        await hub.close()


def decoded(path: Path) -> list[Any]:
    film = film_of([read_reel(path)])
    data = b"".join(
        piece if isinstance(piece, bytes) else path.read_bytes()[piece.begin : piece.begin + piece.length]
        for piece in film.pieces(0, film.size, most=1 << 20)
    )
    with av.open(io.BytesIO(data)) as file:
        return [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]


def lost(folder: Path, rows: Sequence[Finished]) -> int:
    """How often the pictures' own numbers jump."""
    strips = [read_strip(picture) for one in rows for picture in decoded(folder / one.path)]
    counters = [strip[1] for strip in strips if strip]
    assert len(counters) == sum(one.frames for one in rows)
    return sum((b - a) % 65536 != 1 for a, b in pairwise(counters))


async def test_pictures_are_on_disk_whole_hashed_and_in_order(city: RunningCity, tmp_path: Path) -> None:
    """Two cameras, some seconds, a camera that breaks off in between, a database that is away meanwhile."""
    shelf = MemoryShelf(wanted(city, "cam-1") + wanted(city, "cam-2", class_="buffer"))
    async with recording(tmp_path, shelf) as (recorder, hub):
        await eventually(lambda: sum("cam-2" in path for path in shelf.rows) >= 1, 20)
        shelf.cameras = wanted(city, "cam-1", "cam-2")  # an alert comes near
        await eventually(lambda: recorder.figures.cameras.get("cam-2") == "sos")
        assert [row["holds"] for row in hub.report()] == [1, 1]
        await eventually(lambda: sum("cam-1" in path for path in shelf.rows) >= 2, 20)
        shelf.is_away = True
        city.fault("cam-1", "down")
        await asyncio.sleep(1.8)
        city.fault("cam-1", "up")
        await eventually(lambda: recorder.figures.waiting_rows >= 2, 20)
        shelf.is_away = False
        await eventually(lambda: sum("cam-1" in path for path in shelf.rows) >= 4, 30)
    mine = sorted((one for one in shelf.rows.values() if one.camera_id == "cam-1"), key=lambda one: one.begin_s)
    for one in shelf.rows.values():
        path = tmp_path / one.path
        assert hashlib.sha256(path.read_bytes()).digest() == one.sha256, "the hash was taken while recording"
        assert path.stat().st_mode & 0o777 == 0o600
        reel = read_reel(path)
        assert reel.samples[0].is_key and len(reel.samples) == one.frames and reel.format == one.format
        pictures = decoded(path)
        assert len(pictures) == one.frames, "every recorded picture opens"
        assert abs(age_s(pictures[0], one.begin_s) or 0) < 1.5, "the file says when the picture was taken"
    assert lost(tmp_path, mine) == 1, "one hole, where the camera was away, and nothing lost elsewhere"
    near = sorted((one for one in shelf.rows.values() if one.camera_id == "cam-2"), key=lambda one: one.begin_s)
    assert lost(tmp_path, near) == 0, "the alert cost the buffered camera no picture"
    holes = [b.begin_s - a.end_s for a, b in zip(mine, mine[1:], strict=False)]
    assert sum(hole > 0.8 for hole in holes) == 1, f"the hole stands between two files: {holes}"
    assert not files(tmp_path, "*.part"), "stopping finishes what is open"


def test_a_camera_whose_pictures_fit_in_no_file_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread writes for all cameras: what one of them sends must never be its end."""

    def described(init: bytes) -> bytes:
        if init == b"strange":
            raise NotOurs("no sample description")
        return init

    monkeypatch.setattr(reels, "stsd_of", described)
    finished: list[Finished] = []
    writer = reels.Reeler(tmp_path, finished.append)
    writer.start()
    takes = {name: writer.take(name, "41170", f"41170/{name}") for name in ("strange", "plain")}
    for name in ("strange", "plain", "strange", "plain"):
        init = StreamInit(PictureFormat("avc1.42c01f", 64, 36), name.encode())
        takes[name].fragment(Fragment(init, b"picture", 90_000, True, time.monotonic()))
        takes[name].lost("down")
    writer.stop()
    assert [one.camera_id for one in finished] == ["plain", "plain"]
    assert not writer.refuses, "the disk is well"


async def test_a_disk_that_hangs_costs_recording_and_no_live_picture(
    city: RunningCity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing stands still for seconds: the viewer of the same camera misses nothing, and the gap is a gap."""
    is_stuck = False
    write = os.write

    def slow(file: int, data: bytes) -> int:
        while is_stuck:
            time.sleep(0.05)
        return write(file, data)

    monkeypatch.setattr(reels.os, "write", slow)
    monkeypatch.setattr(reels, "MOST_WAITING_BYTES", 20_000)
    shelf = MemoryShelf(wanted(city, "cam-3"))
    async with recording(tmp_path, shelf) as (recorder, hub):
        await eventually(lambda: shelf.rows, 20)
        viewer = hub.stream("cam-3", "sub", city.url("cam-3")).join()
        is_stuck = True
        await eventually(lambda: recorder._reeler.dropped > 3, 20)
        seen = [await viewer.next(5) for _ in range(12)]
        assert None not in seen and viewer.dropped == 0, "live goes on while the disk hangs"
        assert recorder._reeler.is_slow()
        before = len(shelf.rows)
        is_stuck = False
        await eventually(lambda: len(shelf.rows) >= before + 4, 20)
    rows = sorted(shelf.rows.values(), key=lambda one: one.begin_s)
    assert any(b.begin_s - a.end_s > 0.05 for a, b in zip(rows, rows[1:], strict=False)), "what was dropped is missing"
    assert all(len(decoded(tmp_path / one.path)) == one.frames for one in rows), "and no file holds half a picture"


async def test_a_full_disk_frees_what_nobody_keeps_and_stops_buffering_when_all_is_kept(
    city: RunningCity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.video.recorder.KEEP_S", 0.5)
    level = 10.0
    shelf = MemoryShelf(wanted(city, "cam-4") + wanted(city, "cam-5", class_="buffer"))
    async with recording(tmp_path, shelf, used=lambda _: level) as (recorder, _):
        await eventually(lambda: len({one.camera_id for one in shelf.rows.values()}) == 2, 20)
        shelf.kept = {path for path, one in shelf.rows.items() if one.camera_id == "cam-4"}
        level = 82.0
        await eventually(lambda: recorder.figures.trouble == "disk_high")
        assert shelf.kept <= set(shelf.rows), "an alarm frees nothing yet"
        level = 90.0
        await eventually(lambda: recorder.figures.trouble == "disk_kept")
        assert all((tmp_path / path).exists() for path in shelf.kept), "what an incident keeps is never freed"
        left = {path.relative_to(tmp_path).as_posix() for path in files(tmp_path, "*.mp4")}
        assert left <= set(shelf.rows) | {one.path for one in recorder._to_add}, "what was freed is gone from the disk"
        await eventually(lambda: set(recorder.figures.cameras) == {"cam-4"})  # the incident's own goes on
        level = 10.0
        await eventually(lambda: recorder.figures.trouble == "" and "cam-5" in recorder.figures.cameras)


PROGRAM = """
import asyncio, sys
from pathlib import Path
from tests.video.test_recorder import MemoryShelf, recording
from server.video.recorder import Wanted

async def main():
    async with recording(Path(sys.argv[1]), MemoryShelf([Wanted("cam-1", "41170", sys.argv[2], "sos")]), segment_s=1.5):
        await asyncio.sleep(60)
asyncio.run(main())
"""


def started(folder: Path, url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-W", "ignore", "-c", PROGRAM, str(folder), url])


def files(root: Path, pattern: str) -> list[Path]:
    return sorted(root.rglob(pattern))


async def test_kill_9_leaves_at_most_one_part_which_is_taken_up_or_removed(city: RunningCity, tmp_path: Path) -> None:
    process = started(tmp_path, city.url("cam-1"))
    try:
        await eventually(lambda: files(tmp_path, "*.mp4"), 30)
        await eventually(lambda: [part for part in files(tmp_path, "*.part") if part.stat().st_size > 4000], 20)
        shelf = MemoryShelf(wanted(city, "cam-1"))
        async with recording(tmp_path, shelf) as (second, _):
            await eventually(lambda: second.figures.trouble == "folder_taken", 15)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    parts = files(tmp_path, "*.part")
    assert len(parts) == 1
    with parts[0].open("ab") as file:  # torn in the middle of a picture
        file.write(b"\0\0\0\x64moof" + bytes(50))
    empty = parts[0].with_name("1.mp4.part")
    empty.touch()
    (tmp_path / "41170/unknown").mkdir()
    (tmp_path / "41170/unknown/5.mp4").write_bytes(b"somebody else's")
    shelf = MemoryShelf(wanted(city, "cam-1"))
    lost = Finished(*(list(vars_of_row(tmp_path))))  # a row whose file is away
    shelf.rows[lost.path] = lost
    async with recording(tmp_path, shelf) as (recorder, _):
        await eventually(lambda: recorder.figures.adopted >= 2 and shelf.missing, 20)
        assert recorder.figures.strays == 1
    assert shelf.missing == [lost.path] and not empty.exists() and (tmp_path / "41170/unknown/5.mp4").exists()
    adopted = [one for one in shelf.rows.values() if one.is_adopted]
    assert parts[0].name.removesuffix(".part") in {Path(one.path).name for one in adopted}
    for one in adopted:
        path = tmp_path / one.path
        assert len(decoded(path)) == one.frames and hashlib.sha256(path.read_bytes()).digest() == one.sha256
        assert read_reel(path).good_bytes == path.stat().st_size, "cut at its last whole picture"
    assert reconcile(tmp_path, dict.fromkeys(shelf.rows, True), {}, ()).adopted == [], "the second time nothing is new"


def vars_of_row(root: Path) -> list[object]:
    from uuid import uuid4

    return [uuid4(), "41170", "cam-1", 1.0, 2.0, 1, 1, b"", "41170/cam-1/1000.mp4", 640, 360, "avc1", "f"]
