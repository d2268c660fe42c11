"""Whose positions these are, without asking the database for each: phones speak every few seconds, and all of them at
once after a restart.

A token's signature is checked here, by a key that is read once in ten minutes, and then believed for as long, never
beyond the token's own end; whether its phone may speak (ours, not taken back, not replaced by a newer token) is asked
once for a whole beat. Every other route, and a browser's cookie, go the long way (`people.routes.device_user`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from location_router.runtime.tokens import BadToken, verify_device_token
from server.people.phones import is_superseded, life_of
from server.people.service import bad_token

if TYPE_CHECKING:
    from server.services import Services

CHECKED_FOR = timedelta(minutes=10)
MOST_KNOWN = 20_000
_LIVING = """
SELECT device_id, person_id, renewals FROM device
WHERE device_id = ANY(%(devices)s) AND revoked_at IS NULL AND kind <> 'browser'
"""


@dataclass(frozen=True, slots=True)
class Speaker:
    """`token_issued_at` None: she was checked in full (a browser of hers); there is nothing left to ask."""

    person_id: UUID
    device_id: UUID
    token_issued_at: datetime | None = None


class KnownTokens:
    """`shared["walk_tokens"]` of the services; keeps digests, no tokens."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[datetime, datetime, Speaker]] = {}
        self._public: tuple[datetime, str] | None = None

    async def speaker(self, services: Services, token: str) -> Speaker:
        """Problem 401 `bad_token` for what our key did not sign. Raises Unavailable."""
        now, key = services.clock(), hashlib.sha256(token.encode()).digest()
        checked_at, ends_at, found = self._known.get(key, (now, now, None))
        if found is not None and now < ends_at and _is_fresh(checked_at, now):
            return found
        self._known.pop(key, None)
        try:
            device = verify_device_token(token, {services.settings.installation: await self._key(services, now)})
            issued_at, ends_at = life_of(token)
            found = Speaker(UUID(device.person_id), UUID(device.device_id), issued_at)
        except (BadToken, ValueError):
            raise bad_token() from None
        while len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[key] = now, ends_at, found
        return found

    async def _key(self, services: Services, now: datetime) -> str:
        if self._public is None or not _is_fresh(self._public[0], now):
            rows = await services.db.look("SELECT public_pem FROM signing_key WHERE purpose = 'device'")
            if not rows:
                return ""
            self._public = now, rows[0][0]
        return self._public[1]


def _is_fresh(checked_at: datetime, now: datetime) -> bool:
    return now - CHECKED_FOR < checked_at <= now


def known_tokens(services: Services) -> KnownTokens:
    known: KnownTokens | None = services.shared.get("walk_tokens")
    if known is None:
        known = services.shared["walk_tokens"] = KnownTokens()
    return known


async def silenced(services: Services, speakers: Iterable[Speaker]) -> set[Speaker]:
    """Those among them that may not speak. Raises Unavailable."""
    asked = {one for one in speakers if one.token_issued_at is not None}
    if not asked:
        return set()
    rows = await services.db.look(_LIVING, devices=[one.device_id for one in asked])
    living = {(device_id, person_id): renewals for device_id, person_id, renewals in rows}
    return {one for one in asked if not _may_speak(one, living, services.clock())}


def _may_speak(one: Speaker, living: Mapping[tuple[UUID, UUID], list[datetime]], now: datetime) -> bool:
    renewals = living.get((one.device_id, one.person_id))
    return (
        renewals is not None
        and one.token_issued_at is not None
        and not is_superseded(one.token_issued_at, renewals, now)
    )
