"""Fragmented MP4 by hand: one init segment per format, one fragment per picture; pure.

A fragment is made once per camera and its bytes are shared by all viewers, so a further viewer costs
one socket write. Box layouts: ISO/IEC 14496-12 and 14496-15 (avcC). No composition offsets: streams
with B-frames are refused before they get here.
"""

from __future__ import annotations

from struct import pack

from server.video.h264 import PictureFormat

TIMESCALE = 90_000
_SYNC_SAMPLE, _DEPENDENT_SAMPLE = 0x02000000, 0x01010000
_MATRIX = pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def init_segment(picture: PictureFormat, *, sps: bytes, pps: bytes) -> bytes:
    """`ftyp` + `moov` for one H.264 track; append it before the first fragment."""
    size = pack(">HH", picture.width, picture.height)
    avcc = box(
        b"avcC",
        b"\x01" + sps[1:4] + b"\xff\xe1" + pack(">H", len(sps)) + sps,
        b"\x01" + pack(">H", len(pps)) + pps,
    )
    avc1 = box(
        b"avc1",
        bytes(6) + pack(">H", 1) + bytes(16) + size,
        pack(">IIIH", 0x480000, 0x480000, 0, 1) + bytes(32) + pack(">Hh", 24, -1),
        avcc,
    )
    tables = [full_box(name, pack(">I", 0)) for name in (b"stts", b"stsc", b"stco")]
    stbl = box(b"stbl", full_box(b"stsd", pack(">I", 1), avc1), *tables, full_box(b"stsz", bytes(8)))
    dinf = box(b"dinf", full_box(b"dref", pack(">I", 1), full_box(b"url ", flags=1)))
    minf = box(b"minf", full_box(b"vmhd", bytes(8), flags=1), dinf, stbl)
    mdia = box(
        b"mdia",
        full_box(b"mdhd", pack(">IIIIHH", 0, 0, TIMESCALE, 0, 0x55C4, 0)),
        full_box(b"hdlr", pack(">I4s", 0, b"vide") + bytes(12) + b"video\x00"),
        minf,
    )
    tkhd = full_box(
        b"tkhd",
        pack(">IIIII", 0, 0, 1, 0, 0) + bytes(8) + pack(">hhhH", 0, 0, 0, 0),
        _MATRIX + pack(">II", picture.width << 16, picture.height << 16),
        flags=3,
    )
    mvhd = full_box(
        b"mvhd",
        pack(">IIIIIH", 0, 0, TIMESCALE, 0, 0x10000, 0x100) + bytes(10) + _MATRIX,
        bytes(24) + pack(">I", 2),
    )
    mvex = box(b"mvex", full_box(b"trex", pack(">IIIII", 1, 1, 0, 0, 0)))
    ftyp = box(b"ftyp", b"iso6" + pack(">I", 1) + b"iso6mp41avc1")
    return ftyp + box(b"moov", mvhd, box(b"trak", tkhd, mdia), mvex)


def fragment(sequence: int, sample: bytes, *, pts: int, duration: int, is_key: bool) -> bytes:
    """`moof` + `mdat` with one picture; `pts` and `duration` in 1/90000 s."""
    flags = _SYNC_SAMPLE if is_key else _DEPENDENT_SAMPLE
    mfhd = full_box(b"mfhd", pack(">I", sequence))
    tfhd = full_box(b"tfhd", pack(">I", 1), flags=0x020000)  # default-base-is-moof
    tfdt = full_box(b"tfdt", pack(">Q", pts), version=1)
    trun_size, moof_before_trun = 32, 8 + len(mfhd) + 8 + len(tfhd) + len(tfdt)
    data_offset = moof_before_trun + trun_size + 8
    trun = full_box(b"trun", pack(">IIIII", 1, data_offset, duration, len(sample), flags), flags=0x000701)
    moof = box(b"moof", mfhd, box(b"traf", tfhd, tfdt, trun))
    return b"".join((moof, pack(">I4s", 8 + len(sample), b"mdat"), sample))


def box(name: bytes, *parts: bytes) -> bytes:
    """Size, name, content (ISO/IEC 14496-12, 4.2)."""
    body = b"".join(parts)
    return pack(">I4s", 8 + len(body), name) + body


def full_box(name: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box with version and flags."""
    return box(name, pack(">I", version << 24 | flags), *parts)
