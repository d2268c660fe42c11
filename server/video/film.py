"""Segments as one film: reads our fragmented MP4 files and lays a plain, seekable MP4 over them; no copy is made.

A recorded file is an init segment and one `moof` + `mdat` for each picture (`fmp4.fragment`). A browser that seeks
wants one `moov` in front. So a film is that header, made in memory, and slices of the files themselves: its `mdat` is
the fragments as they lie on the disk, and the sample table points past their `moof`s. Nothing is decoded, nothing is
written, so there is no second copy of a recording to lose sight of. Box layouts: ISO/IEC 14496-12.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, pairwise
from pathlib import Path
from struct import Struct, error, pack, unpack_from

from server.video.fmp4 import TIMESCALE, box, full_box

_MATRIX = pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
# moof 8, mfhd 16, traf 8, tfhd 16, tfdt 12 + 8, trun 12 + count 4, offset 4, duration 4, size 4, flags 4; then mdat
_FRAGMENT = Struct(">I4s 16x 8x 16x 12x Q 12x I 4x I I I I4s")
_SYNC = 0x02000000
_LONGEST_STEP = TIMESCALE  # a longer one is a hole, and no picture stands for it
_LARGE = 2**32 - 2**20


class NotOurs(Exception):
    """The file does not begin like a recording of ours."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture: `begin` of its fragment and where its bytes lie in the file; times in 1/90000 s."""

    begin: int
    offset: int
    size: int
    pts: int
    duration: int
    is_key: bool

    @property
    def end(self) -> int:
        return self.offset + self.size


@dataclass(frozen=True, slots=True)
class Reel:
    """What one file holds. `entry`: its sample description (`stsd`); `good_bytes`: what follows is a torn fragment."""

    path: Path
    entry: bytes
    width_px: int
    height_px: int
    codec: str
    samples: tuple[Sample, ...]
    good_bytes: int

    @property
    def duration_s(self) -> float:
        """From the first picture to the end of the last one."""
        last = self.samples[-1]
        return (last.pts + last.duration - self.samples[0].pts) / TIMESCALE

    @property
    def format(self) -> str:
        """The same for files that play as one film: the parameter sets are equal."""
        return format_of(self.entry)

    def between(self, begin_s: float, end_s: float) -> Reel:
        """Only the pictures of that span (seconds from the first one), from the key frame that the first needs."""
        first = self.samples[0].pts
        times = [(one.pts - first) / TIMESCALE for one in self.samples]
        keys = [i for i, one in enumerate(self.samples) if one.is_key and times[i] <= begin_s]
        start = keys[-1] if keys else 0
        return replace(
            self, samples=tuple(one for i, one in enumerate(self.samples) if i >= start and times[i] < end_s)
        )


def format_of(entry: bytes) -> str:
    return hashlib.sha256(entry).hexdigest()[:16]


def read_reel(path: Path) -> Reel:
    """Headers only. Raises NotOurs, OSError; a torn last fragment (kill -9) is left out."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise NotOurs(f"{path.name} is empty")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _reel(path, data)


def _reel(path: Path, data: mmap.mmap) -> Reel:
    try:
        ftyp_size, ftyp = unpack_from(">I4s", data, 0)
        moov_size, moov = unpack_from(">I4s", data, ftyp_size)
    except error:
        raise NotOurs(path.name) from None
    start = ftyp_size + moov_size
    if ftyp != b"ftyp" or moov != b"moov" or start > len(data):
        raise NotOurs(path.name)
    entry = stsd_of(data[ftyp_size:start])
    samples, good = _samples(data, start)
    width, height = unpack_from(">HH", entry, 16 + 8 + 24)
    profile = entry[entry.index(b"avcC") + 5 :][:3]
    return Reel(path, entry, width, height, f"avc1.{profile.hex()}", tuple(samples), good)


def _samples(data: mmap.mmap, at: int) -> tuple[list[Sample], int]:
    found: list[Sample] = []
    while at + _FRAGMENT.size <= len(data):
        size, name, pts, count, duration, sample, flags, mdat_size, mdat = _FRAGMENT.unpack_from(data, at)
        offset = at + _FRAGMENT.size
        if name != b"moof" or mdat != b"mdat" or count != 1 or mdat_size != sample + 8 or size + 8 != _FRAGMENT.size:
            break
        if offset + sample > len(data):
            break
        found.append(Sample(at, offset, sample, pts, duration, flags == _SYNC))
        at = offset + sample
    return found, at


def stsd_of(init: bytes) -> bytes:
    """The sample description box of an init segment. Raises NotOurs."""
    place = init.find(b"stsd")
    if place < 4:
        raise NotOurs("no sample description")
    size = int.from_bytes(init[place - 4 : place], "big")
    return init[place - 4 : place - 4 + size]


@dataclass(frozen=True, slots=True)
class Slice:
    path: Path
    begin: int
    length: int


@dataclass(frozen=True, slots=True)
class Film:
    """`header`, then the slices in order. `size` in bytes; `tag` changes with any byte of it."""

    header: bytes
    slices: tuple[Slice, ...]
    duration_s: float
    pictures: int
    tag: str

    @property
    def size(self) -> int:
        return len(self.header) + sum(one.length for one in self.slices)

    def pieces(self, begin: int, end: int, *, most: int) -> Iterator[bytes | Slice]:
        """Bytes [begin, end) in pieces of at most `most`: of the header itself, or a slice of a file to read."""
        at = len(self.header)
        for i in range(begin, min(end, at), most):
            yield self.header[i : min(i + most, end, at)]
        for one in self.slices:
            low, high = max(begin, at), min(end, at + one.length)
            for i in range(low, high, most):
                yield Slice(one.path, one.begin + i - at, min(most, high - i))
            at += one.length


def film_of(reels: Sequence[Reel]) -> Film:
    """One film of files of one format, in order. What is missing between two of them is cut out, not stood still.
    ValueError for several formats, or no picture at all."""
    if not reels or not all(reel.samples for reel in reels):
        raise ValueError("a film needs pictures")
    if len({reel.format for reel in reels}) > 1:
        raise ValueError("the parameter sets change: these are several films")
    slices = tuple(
        Slice(reel.path, reel.samples[0].begin, reel.samples[-1].end - reel.samples[0].begin) for reel in reels
    )
    samples = [one for reel in reels for one in reel.samples]
    steps = _steps(samples)
    offsets, at = [], 0
    for reel, part in zip(reels, slices, strict=True):
        offsets += [at + one.offset - part.begin for one in reel.samples]
        at += part.length
    large = at > _LARGE
    mdat = pack(">I4sQ", 1, b"mdat", at + 16) if large else pack(">I4s", at + 8, b"mdat")
    size = len(_moov(reels[0], samples, steps, offsets, 0, large))
    ahead = len(_FTYP) + size + len(mdat)
    header = _FTYP + _moov(reels[0], samples, steps, offsets, ahead, large) + mdat
    tag = hashlib.sha256(header + repr([(part.path.name, part.begin) for part in slices]).encode()).hexdigest()[:32]
    return Film(header, slices, sum(steps) / TIMESCALE, len(samples), tag)


_FTYP = box(b"ftyp", b"isom" + pack(">I", 0x200) + b"isomiso2avc1mp41")


def _steps(samples: Sequence[Sample]) -> list[int]:
    """How long each picture stands: until the next one, or its own time where a hole follows."""
    steps = []
    for one, following in pairwise(samples):
        step = following.pts - one.pts
        steps.append(step if 0 < step <= _LONGEST_STEP else max(one.duration, 1))
    return [*steps, max(samples[-1].duration, 1)]


def _moov(
    reel: Reel, samples: Sequence[Sample], steps: Sequence[int], offsets: Sequence[int], ahead: int, large: bool
) -> bytes:
    total, count = sum(steps), len(samples)
    runs = [(len(list(group)), step) for step, group in groupby(steps)]
    keys = [number for number, one in enumerate(samples, 1) if one.is_key]
    places = [offset + ahead for offset in offsets]
    stbl = box(
        b"stbl",
        reel.entry,
        full_box(b"stts", pack(f">I{2 * len(runs)}I", len(runs), *chain.from_iterable(runs))),
        full_box(b"stss", pack(f">I{len(keys)}I", len(keys), *keys)),
        full_box(b"stsc", pack(">IIII", 1, 1, 1, 1)),  # each picture is a chunk: a moof lies between two
        full_box(b"stsz", pack(f">II{count}I", 0, count, *(one.size for one in samples))),
        full_box(b"co64" if large else b"stco", pack(f">I{count}{'Q' if large else 'I'}", count, *places)),
    )
    dinf = box(b"dinf", full_box(b"dref", pack(">I", 1), full_box(b"url ", flags=1)))
    minf = box(b"minf", full_box(b"vmhd", bytes(8), flags=1), dinf, stbl)
    mdhd = full_box(b"mdhd", pack(">IIIIHH", 0, 0, TIMESCALE, total, 0x55C4, 0))
    mdia = box(b"mdia", mdhd, full_box(b"hdlr", pack(">I4s", 0, b"vide") + bytes(12) + b"video\x00"), minf)
    size = pack(">II", reel.width_px << 16, reel.height_px << 16)
    tkhd = full_box(b"tkhd", pack(">IIIII", 0, 0, 1, 0, total) + bytes(16) + _MATRIX + size, flags=3)
    rate = pack(">IIIIIH", 0, 0, TIMESCALE, total, 0x10000, 0x100) + bytes(10)
    mvhd = full_box(b"mvhd", rate + _MATRIX + bytes(24) + pack(">I", 2))
    return box(b"moov", mvhd, box(b"trak", tkhd, mdia))
