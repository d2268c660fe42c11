"""Argon2id: some 30 ms of one core each, at most two at a time, since the same cores serve alerts."""

from __future__ import annotations

import asyncio
import secrets
from functools import lru_cache
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

if TYPE_CHECKING:
    from server.services import Services

MOST_HASHES = 2
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's minimum


@lru_cache(maxsize=1)
def _nobody() -> str:
    """The hash that an unknown login is compared with."""
    return _hasher.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    """For seeds and administrators' tools; blocks."""
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Blocks as long for None, an account that does not exist."""
    try:
        return _hasher.verify(password_hash or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


async def is_right(services: Services, password_hash: str | None, password: str) -> bool:
    async with _room(services):
        return await asyncio.to_thread(matches, password_hash, password)


async def hashed(services: Services, password: str) -> str:
    async with _room(services):
        return await asyncio.to_thread(hash_password, password)


def _room(services: Services) -> asyncio.Semaphore:
    room: asyncio.Semaphore = services.shared.setdefault("login_hashing", asyncio.Semaphore(MOST_HASHES))
    return room
