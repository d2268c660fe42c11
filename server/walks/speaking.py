"""Whose positions these are, without asking the database for each: phones speak every few seconds.

A token that was checked in full a moment ago is not checked again for its signature, and whether its phone may still
speak (not taken back, not replaced by a newer token) is asked once for a whole beat. Everything else about a token,
and every other route, goes the long way (`people.routes.device_user`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from server.people.phones import is_superseded, issued_at
from server.people.service import DeviceUser

if TYPE_CHECKING:
    from server.services import Services

CHECKED_FOR = timedelta(minutes=10)
MOST_KNOWN = 20_000
_LIVING = """
SELECT device_id, renewals FROM device
WHERE device_id = ANY(%(devices)s) AND revoked_at IS NULL AND kind <> 'browser'
"""


@dataclass(frozen=True, slots=True)
class Speaker:
    """`token_issued_at` None: just checked in full (or a browser of hers); there is nothing left to ask."""

    user: DeviceUser
    token_issued_at: datetime | None = None


class KnownTokens:
    """`shared["walk_tokens"]` of the services; keeps digests, no tokens."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[datetime, Speaker]] = {}

    def find(self, token: str, now: datetime) -> Speaker | None:
        key = hashlib.sha256(token.encode()).digest()
        checked_at, speaker = self._known.get(key, (now, None))
        if speaker is not None and not now - CHECKED_FOR < checked_at <= now:
            del self._known[key]
            return None
        return speaker

    def remember(self, token: str, user: DeviceUser, now: datetime) -> None:
        """A token that `device_user` has just taken."""
        while len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        key = hashlib.sha256(token.encode()).digest()
        self._known[key] = now, Speaker(user, issued_at(token))


def known_tokens(services: Services) -> KnownTokens:
    known: KnownTokens | None = services.shared.get("walk_tokens")
    if known is None:
        known = services.shared["walk_tokens"] = KnownTokens()
    return known


async def silenced(services: Services, speakers: Iterable[Speaker]) -> set[UUID]:
    """The devices among them that may not speak any more. Raises Unavailable."""
    asked = {one.user.device_id: one.token_issued_at for one in speakers if one.token_issued_at is not None}
    if not asked:
        return set()
    rows = await services.db.look(_LIVING, devices=list(asked))
    now = services.clock()
    living = {row[0] for row in rows if not is_superseded(asked[row[0]], row[1], now)}
    return set(asked) - living
