"""What a device sends, written as segments like our own: key-frame-aligned, about ten seconds, hashed while written.

They lie beside our own, `{center}/{camera}/{begin_ms}-{mark}.mp4`; `mark` is the fetch's, so that what a killed
worker left without a row is known as its own and goes when the job begins anew (`leftovers`). The recorder's
process takes up only names of its own, so the two never touch one another's files. One fetch at a time per camera:
`camera_lock`. Slow; run it in a thread.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from server.video.film import format_of, stsd_of
from server.video.fmp4 import TIMESCALE, fragment, init_segment
from server.video.folder import folder_name
from server.video.h264 import PictureFormat, read_sps
from server.video.reels import HOLE_S, Finished
from server.video.replay.rtp import Picture
from server.video.replay.trouble import ReplayTrouble

LONGEST_LEAD_S = 15.0
_MOST_LEAD_BYTES = 32_000_000


class DeviceReel:
    """Pictures of `[begin_s, end_s)` by our clock go into files; `offset_s`: the device's clock minus ours. The first
    file begins with the key frame that `begin_s` needs. `finished` fills; take from it what you like."""

    def __init__(
        self, root: Path, owner: tuple[str, str], mark: str, *, begin_s: float, end_s: float, offset_s: float = 0.0,
        segment_s: float = 10.0,
    ) -> None:  # fmt: skip
        self._root, self._owner, self._mark = root, owner, mark
        self._begin_s, self._end_s, self._offset_s, self._segment_s = begin_s, end_s, offset_s, segment_s
        self._folder = folder_name(*owner)
        self._sps = self._pps = b""
        self._init: tuple[PictureFormat, bytes] | None = None
        self._lead: list[tuple[float, Picture]] = []
        self._lead_bytes = 0
        self._file: _File | None = None
        self._last_s = float("-inf")
        self.has_begun = False
        self.finished: list[Finished] = []
        self.is_over = False
        self.reached_s = begin_s

    def add(self, pictures: Sequence[Picture]) -> None:
        """ReplayTrouble `replay_b_frames`, `replay_answer`; OSError."""
        for picture in pictures:
            at_s = picture.at_s - self._offset_s
            if self.is_over:
                return
            if picture.unit.has_b_slices:
                raise ReplayTrouble("replay_b_frames")
            self._take_sets(picture.unit.sps, picture.unit.pps)
            if not picture.unit.sample or at_s <= self._last_s:
                continue
            if at_s >= self._end_s:
                self.is_over = True
            else:
                self._place(at_s, picture)

    def close(self) -> None:
        """The last file is complete. Raises OSError."""
        if self._file is not None:
            self._finish(self._file)

    def discard(self) -> None:
        """Nothing of the file that is open stays."""
        if self._file is not None:
            self._file.discard()
            self._file = None

    # ------------------------------------------------------------ inside
    def _take_sets(self, sps: bytes | None, pps: bytes | None) -> None:
        if (sps and sps != self._sps) or (pps and pps != self._pps):
            self._sps, self._pps, self._init = sps or self._sps, pps or self._pps, None

    def _place(self, at_s: float, picture: Picture) -> None:
        if self.has_begun:
            return self._write(at_s, picture)
        if picture.unit.is_key:
            self._lead, self._lead_bytes = [], 0
        elif not self._lead:
            return None
        self._lead.append((at_s, picture))
        self._lead_bytes += len(picture.unit.sample)
        if self._lead_bytes > _MOST_LEAD_BYTES or self._lead[0][0] < self._begin_s - LONGEST_LEAD_S:
            self._lead = []  # an incident does not reach so far back: the next key frame begins
            return None
        if at_s < self._begin_s:
            return None
        self.has_begun, lead, self._lead = True, self._lead, []
        for one in lead:
            self._write(*one)
        return None

    def _write(self, at_s: float, picture: Picture) -> None:
        hole = at_s - self._last_s > HOLE_S or picture.is_discontinuity
        file = self._file
        is_full = file is not None and picture.unit.is_key and (at_s - file.begin_s >= self._segment_s)
        if file is not None and (hole or is_full or self._init is None):
            self._finish(file)
        if self._file is None:
            if not picture.unit.is_key:
                return  # after a hole, until the next key frame: a named gap
            self._file = self._open(at_s)
        self._file.add(at_s, picture)
        self._last_s = self.reached_s = at_s

    def _open(self, at_s: float) -> _File:
        if self._init is None:
            if not (self._sps and self._pps):
                raise ReplayTrouble("replay_answer")
            try:
                picture = read_sps(self._sps)
            except ValueError:
                raise ReplayTrouble("replay_answer") from None
            if not (0 < picture.width <= 8192 and 0 < picture.height <= 8192):
                raise ReplayTrouble("replay_answer")
            self._init = picture, init_segment(picture, sps=self._sps, pps=self._pps)
        (self._root / self._folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        return _File(self._root, f"{self._folder}/{int(at_s * 1000)}-{self._mark}", *self._init, at_s)

    def _finish(self, file: _File) -> None:
        self._file = None
        self.finished.append(file.finish(self._owner))


class _File:
    """One segment that is being written. A picture waits for the next one, which says how long it stands."""

    def __init__(self, root: Path, stem: str, picture: PictureFormat, init: bytes, begin_s: float) -> None:
        self._root, self._stem, self._picture, self._segment = root, stem, picture, init
        self.begin_s = begin_s
        self._part = root / f"{stem}.part"
        self._file = os.open(self._part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        self._hash, self._bytes, self._frames, self._step = hashlib.sha256(), 0, 0, TIMESCALE // 15
        self._waiting: tuple[int, Picture] | None = None
        self._put(init)

    def add(self, at_s: float, picture: Picture) -> None:
        pts = round((at_s - self.begin_s) * TIMESCALE)
        if self._waiting is not None:
            pts = max(pts, self._waiting[0] + 1)
            self._step = min(max(pts - self._waiting[0], TIMESCALE // 120), TIMESCALE)
            self._write_waiting()
        self._waiting = pts, picture

    def finish(self, owner: tuple[str, str]) -> Finished:
        """Complete, on disk, under its name."""
        assert self._waiting is not None
        end_s = self.begin_s + (self._waiting[0] + self._step) / TIMESCALE
        self._write_waiting()
        os.fdatasync(self._file)
        os.close(self._file)
        os.rename(self._part, self._root / f"{self._stem}.mp4")
        picture = self._picture
        return Finished(
            uuid4(),
            *owner,
            self.begin_s,
            end_s,
            self._bytes,
            self._frames,
            self._hash.digest(),
            f"{self._stem}.mp4",
            picture.width,
            picture.height,
            picture.codec,
            format_of(stsd_of(self._segment)),
        )

    def discard(self) -> None:
        os.close(self._file)
        self._part.unlink(missing_ok=True)

    def _write_waiting(self) -> None:
        assert self._waiting is not None
        pts, one = self._waiting
        self._frames += 1
        self._put(fragment(self._frames, one.unit.sample, pts=pts, duration=self._step, is_key=one.unit.is_key))

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]
        self._hash.update(data)
        self._bytes += len(data)


@contextmanager
def camera_lock(root: Path, owner: tuple[str, str]) -> Iterator[bool]:
    """False when another process fetches this camera's recordings at this moment. A kill lets go of it."""
    folder = root / folder_name(*owner)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.open(folder / ".fetching", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(file)


def leftovers(root: Path, owner: tuple[str, str], mark: str, known: Collection[str]) -> int:
    """Delete files of this fetch that have no row: it was killed between file and row. How many."""
    folder, gone = folder_name(*owner), 0
    for path in (root / folder).glob(f"*-{mark}.*"):
        if path.relative_to(root).as_posix() not in known:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
