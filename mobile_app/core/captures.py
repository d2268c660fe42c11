"""Photo and sound of an active alert: when to take what, how it is cut into pieces, what goes first; pure.

Each piece names the hash of the piece that this phone made before it for the same alert, so a piece that is left out
or changed on the way shows. The chain is no signature: whoever could rewrite every piece could rewrite the chain too.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

OFF, PHOTO, PHOTO_SOUND = "off", "photo", "photo_sound"
MODES = (OFF, PHOTO, PHOTO_SOUND)
PHOTOGRAPH, SOUND = "photo", "sound"
LENSES = ("back", "front")
FORMATS = {".jpg": "image/jpeg", ".m4a": "audio/mp4", ".wav": "audio/wav"}
PIECE_BYTES = 48 * 1024
SOUND_S = 10.0
FIRST_MINUTE_S, EARLY_S, LATER_S = 60.0, 10.0, 30.0
MOST_BYTES = 20 * 1024 * 1024
SHARE_BYTES = MOST_BYTES // 2
"""Of photos, and of sound: neither takes the other's room."""
LARGEST_BYTES = 4 * 1024 * 1024
GENESIS = "0" * 64
TEST_PICTURE = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////////////////////////////"
    "////////wAALCAAQABABAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AAP/Z"
)
"""Sixteen by sixteen grey dots: what a drill sends instead of a photo. No camera is opened for it."""
WAY_BACK_S = 0.3


@dataclass(frozen=True, slots=True)
class Header:
    """What a piece says of itself. `seconds` 0: a photo; `previous`: the hash of piece `chain_no` − 1, hex."""

    alert_id: str
    capture_id: str
    kind: str
    format: str
    lens: str
    taken_at: str
    seconds: float
    piece_no: int
    pieces: int
    size: int
    chain_no: int
    previous: str
    is_test: bool = False

    def text(self) -> str:
        """As it travels and is hashed, byte for byte; ASCII. What is no test says nothing about it."""
        told = asdict(self)
        if not self.is_test:
            del told["is_test"]
        return json.dumps(told, separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> Header:
        """Raises ValueError, TypeError, KeyError."""
        values: dict[str, Any] = json.loads(text)
        values.setdefault("is_test", False)
        return cls(**{name: values[name] for name in cls.__dataclass_fields__})


def digest(header: str, body: bytes) -> str:
    """The hash of a piece: over its header as it travels and its bytes; hex."""
    return hashlib.sha256(header.encode() + b"\n" + body).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """Where an alert's chain stands: the next piece's number, the last one's hash, the bytes taken of each kind."""

    next_no: int = 0
    last: str = GENESIS
    photo_bytes: int = 0
    sound_bytes: int = 0

    def after(self, header: str, body: bytes) -> Head:
        """With one piece more."""
        read = Header.read(header)
        is_photo = read.kind == PHOTOGRAPH
        return Head(
            read.chain_no + 1, digest(header, body),
            self.photo_bytes + (len(body) if is_photo else 0), self.sound_bytes + (0 if is_photo else len(body)),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """One photo or one stretch of sound, whole. `lens` is empty for sound. `is_test`: of a drill, made of nothing."""

    capture_id: str
    kind: str
    format: str
    lens: str
    taken_at: str
    seconds: float
    is_test: bool = False


def cut(alert_id: str, taken: Taken, data: bytes, head: Head) -> list[tuple[str, bytes]]:
    """The pieces as (header, bytes) in the order of the chain; none of what is empty or larger than one may be."""
    if not 0 < len(data) <= LARGEST_BYTES:
        return []
    parts = [data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES)]
    pieces: list[tuple[str, bytes]] = []
    for number, part in enumerate(parts):
        header = Header(
            alert_id, taken.capture_id, taken.kind, taken.format, taken.lens, taken.taken_at, taken.seconds, number,
            len(parts), len(part), head.next_no, head.last, taken.is_test,
        ).text()  # fmt: skip
        pieces.append((header, part))
        head = head.after(header, part)
    return pieces


def photo_pause_s(since_begin_s: float, used_bytes: int) -> float:
    """From one photo to the next: every 10 s in the first minute, then every 30 s, and twice as long each time half
    of what was left of the room is gone, so that an alert of hours is still seen. Infinite: the room is full."""
    if used_bytes >= SHARE_BYTES:
        return float("inf")
    return EARLY_S if since_begin_s < FIRST_MINUTE_S else LATER_S * _thinned(used_bytes)


def sound_pause_s(used_bytes: int) -> float:
    """Between two stretches of sound: none, then longer and longer as the room fills."""
    if used_bytes >= SHARE_BYTES:
        return float("inf")
    return SOUND_S * (_thinned(used_bytes) - 1)


def _thinned(used_bytes: int) -> int:
    left, times = SHARE_BYTES - used_bytes, 1
    while left <= SHARE_BYTES // (2 * times):
        times *= 2
    return times


@dataclass(frozen=True, slots=True)
class Waiting:
    """A piece on the phone's disk that the router does not have."""

    chain_no: int
    capture_id: str
    kind: str
    piece_no: int


def first_to_go(waiting: Iterable[Waiting]) -> Waiting | None:
    """The first piece of each capture goes before the rest of any, so that the desk knows what is coming; then photos,
    the newest first; then sound in the order in which it was said."""
    return min(waiting, key=_turn, default=None)


def _turn(one: Waiting) -> tuple[int, ...]:
    is_photo = one.kind == PHOTOGRAPH
    newest_first = -int(one.capture_id.replace("-", ""), 16)  # UUIDv7: ids sort by time
    if one.piece_no == 0:
        return 0, 0 if is_photo else 1, newest_first, 0
    return (1, 0, newest_first, one.piece_no) if is_photo else (1, 1, one.chain_no, 0)


def breath_s(took_s: float) -> float:
    """How long the line is left to positions and talk after a piece that took so long."""
    return max(WAY_BACK_S, took_s)


def fits(pieces: Sequence[tuple[str, bytes]], used_bytes: int) -> bool:
    """Whether a whole capture still has room."""
    return bool(pieces) and used_bytes + sum(len(body) for _, body in pieces) <= SHARE_BYTES
