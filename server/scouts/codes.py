"""The codes by which she and the scouts know each other: six digits of an HMAC over the booking's key, the side and a
step of 30 seconds; pure. One code too early or too late is good as well (clocks, slow fingers)."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from server.scouts.model import Side

STEP_S = 30
DIGITS = 6
SLACK_STEPS = 1
_QR = "ansim-scout"


def step_at(now: datetime) -> int:
    return int(now.timestamp()) // STEP_S


def code_at(key: bytes, side: Side, now: datetime, *, shift: int = 0) -> str:
    """What `side` shows now (`shift` steps later): six digits."""
    message = f"scout code 1:{side}:{step_at(now) + shift}".encode()
    number = int.from_bytes(hmac.digest(key, message, hashlib.sha256)[:8]) % 10**DIGITS
    return f"{number:0{DIGITS}d}"


def next_step_at(now: datetime) -> datetime:
    """When the next code is shown."""
    return now + timedelta(seconds=STEP_S - now.timestamp() % STEP_S)


def is_right(key: bytes, side: Side, given: str, now: datetime) -> bool:
    """Whether `given` is what `side` shows now, or showed a moment ago. All of them are compared, always."""
    found = False
    for shift in range(-SLACK_STEPS, SLACK_STEPS + 1):
        found |= hmac.compare_digest(code_at(key, side, now, shift=shift).encode(), given.encode())
    return found


def fixed_code(key: bytes, side: Side, pair_id: UUID) -> str:
    """For who has no app: six digits that stand in a text message, good for this booking with this pair only."""
    message = f"scout text code 1:{side}:{pair_id}".encode()
    number = int.from_bytes(hmac.digest(key, message, hashlib.sha256)[:8]) % 10**DIGITS
    return f"{number:0{DIGITS}d}"


def is_fixed(key: bytes, side: Side, given: str, pair_id: UUID) -> bool:
    return hmac.compare_digest(fixed_code(key, side, pair_id).encode(), given.encode())


def qr_text(booking_id: UUID, side: Side, code: str) -> str:
    """What the drawn code says."""
    return f"{_QR}:{booking_id}:{side}:{code}"


def read(text: str, booking_id: UUID, side: Side) -> str:
    """The digits in what was typed or scanned: blanks are nothing, another booking's QR is no code ("")."""
    cleaned = "".join(text.split())
    parts = cleaned.split(":")
    if len(parts) == 4 and parts[0] == _QR:
        return parts[3] if parts[1:3] == [str(booking_id), side] else ""
    return cleaned if cleaned.isascii() and cleaned.isdigit() and len(cleaned) == DIGITS else ""
