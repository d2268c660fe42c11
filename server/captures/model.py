"""Photo and sound that came from a person's own phone: what a piece says, and whether the chain of pieces holds. Pure.

What an agency attaches to its request (`lens` agency: a photo, a sensor's reading) comes in the same pieces, each
attachment a chain of its own.

Each piece names the hash of the one that the phone made before it, so a piece that is left out or changed shows. The
pieces come in another order than they were made (the newest photo first), so a gap is `missing` and no break: only two
neighbours that don't fit, or two different pieces at one place, are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

FORMATS = {"image/jpeg": ".jpg", "audio/mp4": ".m4a", "audio/wav": ".wav", "application/json": ".json"}
OF_AGENCY = "agency"
GENESIS = bytes(32)
PIECE_BYTES = 48 * 1024
MOST_PIECES_EACH = 100
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Header(BaseModel):
    """`X-Ansim-Capture` as the phone wrote it (docs/phone.md section 8)."""

    model_config = ConfigDict(extra="ignore")
    alert_id: UUID
    capture_id: UUID
    kind: Literal["photo", "sound", "reading"]
    format: Literal["image/jpeg", "audio/mp4", "audio/wav", "application/json"]
    lens: Literal["back", "front", "agency", ""] = ""
    taken_at: AwareDatetime
    seconds: float = Field(default=0.0, ge=0, le=600)
    piece_no: int = Field(ge=0, lt=MOST_PIECES_EACH)
    pieces: int = Field(ge=1, le=MOST_PIECES_EACH)
    size: int = Field(ge=1, le=PIECE_BYTES)
    chain_no: int = Field(ge=0, le=1_000_000)
    previous: Hash
    is_test: bool = False


class About(BaseModel):
    """What the router says beside a piece."""

    alert_id: UUID
    assignment_no: int
    received_at: AwareDatetime
    header: str = Field(max_length=2048)


class Unreadable(ValueError):
    """No piece; the sentence names the field."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One piece as it came: `text` is its header, byte for byte."""

    about: About
    header: Header
    text: str
    body: bytes

    @property
    def digest(self) -> bytes:
        """What the next piece calls `previous`."""
        return digest(self.text, self.body)


def digest(header: str, body: bytes) -> bytes:
    return hashlib.sha256(header.encode() + b"\n" + body).digest()


def read(data: bytes) -> Arrived:
    """The router's line, a line feed, the piece's bytes. Raises Unreadable."""
    line, _, body = data.partition(b"\n")
    try:
        about = About.model_validate_json(line)
        header = Header.model_validate(json.loads(about.header))
    except ValueError as error:  # pydantic's and json's
        names: list[dict[str, Any]] = getattr(error, "errors", list)()
        raise Unreadable(", ".join(".".join(map(str, one["loc"])) for one in names)[:200] or "header") from None
    if header.alert_id != about.alert_id:
        raise Unreadable("alert_id")
    if header.size != len(body):
        raise Unreadable("size")
    if header.piece_no >= header.pieces:
        raise Unreadable("piece_no")
    if header.lens != OF_AGENCY and (header.kind == "reading" or header.format == "application/json"):
        raise Unreadable("kind")
    return Arrived(about, header, about.header, body)


@dataclass(frozen=True, slots=True)
class Link:
    """One piece's place in the chain of its alert."""

    capture_id: UUID
    chain_no: int
    previous: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Chain:
    """`broken`: captures with a piece that doesn't fit its neighbour. `missing`: how many pieces between the first and
    the last one are not here (yet). `begins_at`: more than 0 when an earlier center has the beginning."""

    broken: frozenset[UUID]
    missing: int
    begins_at: int


def chain_of(links: Iterable[Link]) -> Chain:
    """The chain of one alert as far as it has come, in whatever order."""
    by_no: dict[int, Link] = {}
    broken: set[UUID] = set()
    for link in links:
        other = by_no.setdefault(link.chain_no, link)
        if other.digest != link.digest:
            broken |= {other.capture_id, link.capture_id}
    for number, link in by_no.items():
        before = by_no.get(number - 1)
        wanted = GENESIS if number == 0 else before.digest if before else None
        if wanted is not None and link.previous != wanted:
            broken |= {link.capture_id} | ({before.capture_id} if before else set())
    if not by_no:
        return Chain(frozenset(), 0, 0)
    first, last = min(by_no), max(by_no)
    return Chain(frozenset(broken), last - first + 1 - len(by_no), first)


@dataclass(frozen=True, slots=True)
class Place:
    """What decides whether a piece is kept. `is_test`: the phone says that it shows nothing and tries the way."""

    incident_state: str
    is_drill: bool
    phase: str
    is_duress: bool
    is_test: bool = False


def is_kept(place: Place) -> bool:
    """Nothing of a drill but what tries the way, nor of an alert that its person has ended; a forced PIN is no end."""
    if place.incident_state == "cancelled" or (place.is_drill and not place.is_test):
        return False
    return place.phase != "ended" or place.is_duress


def whole(numbers: Iterable[int]) -> int:
    """How many pieces from the first on are here without a hole."""
    there, count = set(numbers), 0
    while count in there:
        count += 1
    return count


def taken_at(said: datetime, received_at: datetime) -> datetime:
    """When the phone says that it was; what no calendar here bears (a header is anybody's text) counts as received."""
    return said if 1970 <= said.year < 9999 else received_at


def name_of(kind: str, lens: str, taken_at: datetime, format: str) -> str:
    """A file's name in an evidence package."""
    parts = [f"{taken_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}", kind, *([lens] if lens else [])]
    return "-".join(parts) + FORMATS.get(format, ".bin")
