"""Duties as a calendar file (RFC 5545): whose night is when, without names of persons; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

MOST_OCTETS = 75


@dataclass(frozen=True, slots=True)
class Duty:
    pair_id: UUID
    name: str
    center: str
    begins_at: datetime
    ends_at: datetime
    is_over: bool = False


def calendar(duties: Iterable[Duty], now: datetime) -> str:
    """The file; lines end with CRLF and are folded at 75 octets, never inside a character."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Ansim//Scouts//KO", "CALSCALE:GREGORIAN"]
    for duty in duties:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{duty.pair_id}@scouts.ansim",
            f"DTSTAMP:{_utc(now)}",
            f"DTSTART:{_utc(duty.begins_at)}",
            f"DTEND:{_utc(duty.ends_at)}",
            f"SUMMARY:{_text(f'안심귀가 스카우트 {duty.name} ({duty.center})')}",
            f"STATUS:{'CANCELLED' if duty.is_over and now < duty.begins_at else 'CONFIRMED'}",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    for special in ("\\", ";", ","):
        words = words.replace(special, "\\" + special)
    return " ".join(words.split())


def _folded(line: str) -> list[str]:
    """RFC 5545 3.1."""
    pieces, piece = [], ""
    for letter in line:
        if len((piece + letter).encode()) > MOST_OCTETS:
            pieces.append(piece)
            piece = " "
        piece += letter
    return [*pieces, piece]
