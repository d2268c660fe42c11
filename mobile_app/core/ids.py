"""UUIDv7 (RFC 9562, 5.7) made on the phone: one alert has one id on every path, and ids sort by time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID


def uuid7(at: datetime, entropy: int) -> str:
    """48 bits of Unix milliseconds and 74 bits of `entropy` (its lowest ones)."""
    milliseconds = int(at.timestamp() * 1000) & (2**48 - 1)
    rand_a, rand_b = (entropy >> 62) & 0xFFF, entropy & (2**62 - 1)
    return str(UUID(int=milliseconds << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b))
