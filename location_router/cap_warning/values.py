"""What a warning says once it is understood."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid5

Kind = Literal["Alert", "Update", "Cancel"]
SEVERITIES = ("Unknown", "Minor", "Moderate", "Severe", "Extreme")
"""From the least to the most."""
USUAL_LIFE = timedelta(hours=24)
"""Of a warning that tells no end."""
LONGEST_LIFE = timedelta(days=7)
"""From `sent` to `expires`. What calls a warning off is kept at least so long, at a center and at the router, so that
no warning outlives its end."""
_IDS = UUID("5c0f2a7e-1f0d-4c0c-8f53-616e73696d04")


@dataclass(frozen=True, slots=True)
class Area:
    """`rings`: corners as (lat, lon); `circles`: (lat, lon, radius in metres); `codes`: of 행정구역코드, 2, 5 or 10
    digits. Where there are rings or circles they are the area, and the codes say the same less exactly."""

    words: str
    rings: tuple[tuple[tuple[float, float], ...], ...] = ()
    circles: tuple[tuple[float, float, float], ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Info:
    """One `info`: a language, or a part of the area with a severity of its own. `texts`: event, headline, description,
    instruction, senderName, contact, web, as far as told; `kept`: (element, name, value) of the profile's codes."""

    language: str
    severity: str
    urgency: str
    certainty: str
    categories: tuple[str, ...]
    begins_at: datetime
    expires_at: datetime
    texts: dict[str, str]
    areas: tuple[Area, ...]
    kept: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CapWarning:
    """`key` names this message, `references` the earlier ones that it replaces (Update) or ends (Cancel)."""

    kind: Kind
    key: str
    references: tuple[str, ...]
    sent_at: datetime
    is_drill: bool
    is_public: bool
    codes: tuple[str, ...]
    note: str
    infos: tuple[Info, ...]

    @property
    def severity(self) -> str:
        return max((one.severity for one in self.infos), key=SEVERITIES.index, default="Unknown")

    @property
    def expires_at(self) -> datetime:
        """When the last part of it is over; of a Cancel at once."""
        return max((one.expires_at for one in self.infos), default=self.sent_at)

    def areas(self) -> Iterable[Area]:
        return (area for one in self.infos for area in one.areas)


def key_of(sender: str, identifier: str, sent_at: datetime) -> str:
    """A message's name as `references` bear it, with the time in UTC however it was written."""
    return f"{sender},{identifier},{sent_at.astimezone(UTC).isoformat(timespec='milliseconds')}"


def warning_id(agency_id: str, key: str) -> UUID:
    """The same at the router, at every center and at every home; of another agency always another."""
    return uuid5(_IDS, f"{agency_id}\x00{key}")


def digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


def told(warning: CapWarning) -> dict[str, Any]:
    """As it is stored and shown: JSON, times in ISO."""
    return {
        "sent_at": warning.sent_at.isoformat(),
        "codes": list(warning.codes),
        "note": warning.note,
        "infos": [_info(one) for one in warning.infos],
    }


def _info(one: Info) -> dict[str, Any]:
    return {
        "language": one.language,
        "severity": one.severity,
        "urgency": one.urgency,
        "certainty": one.certainty,
        "categories": list(one.categories),
        "begins_at": one.begins_at.isoformat(),
        "expires_at": one.expires_at.isoformat(),
        "texts": one.texts,
        "areas": [
            {"words": area.words, "rings": area.rings, "circles": area.circles, "codes": list(area.codes)}
            for area in one.areas
        ],
        "kept": [list(triple) for triple in one.kept],
    }
