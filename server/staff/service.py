"""Accounts and sessions: argon2 passwords, registered addresses, sessions of twelve hours.

The token lives only in the cookie; the table holds its keyed digest. A wrong login costs the same time whether the
account exists or not, and each wrong answer for a login or from an address delays the next one (never locks: an
operator at 1 a.m. must get in). Who comes from an address that is no seat of anybody's is turned away before any of
it: the internet can neither guess, nor delay an operator, nor keep our cores busy with hashing.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import defaultdict
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.staff.model import AgencyRef, Viewer, is_registered

if TYPE_CHECKING:
    from server.services import Services

SESSION_LIFE = timedelta(hours=12)
MAX_DELAY_S = 5.0
MOST_HASHES = 2  # at once; two cores serve alerts too
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's minimum; 2 cores serve alerts too


@lru_cache(maxsize=1)
def _nobody() -> str:
    """The hash that an unknown login is compared with."""
    return _hasher.hash(secrets.token_hex(16))


class Throttle:
    """Delay that doubles with each wrong answer from 0.25 s up, forgotten after five minutes of silence."""

    def __init__(self) -> None:
        self._wrong: defaultdict[str, tuple[int, float]] = defaultdict(lambda: (0, 0.0))

    def delay_s(self, *keys: str) -> float:
        now = time.monotonic()
        counts = [count for count, at in (self._wrong.get(key, (0, 0.0)) for key in keys) if now - at < 300]
        worst = max(counts, default=0)
        return min(0.25 * 2 ** (worst - 2), MAX_DELAY_S) if worst >= 2 else 0.0

    def wrong(self, *keys: str) -> None:
        now = time.monotonic()
        if len(self._wrong) > 10_000:
            oldest = sorted(self._wrong, key=lambda key: self._wrong[key][1])
            for key in oldest[:5_000]:
                del self._wrong[key]
        for key in keys:
            count, at = self._wrong[key]
            self._wrong[key] = (count + 1 if now - at < 300 else 1, now)

    def right(self, *keys: str) -> None:
        for key in keys:
            self._wrong.pop(key, None)


def hash_password(password: str) -> str:
    """For seeds and administrators' tools; some 30 ms of one core."""
    return _hasher.hash(password)


async def add_account(
    unit: Unit,
    services: Services,
    *,
    login: str,
    password: str,
    name: str,
    role: str,
    desk: str | None = None,
    agency_id: str | None = None,
    networks: list[str],
) -> UUID:
    """Create or replace the account `login` with the addresses it may come from; returns its id."""
    found = await unit.one("SELECT account_id FROM account WHERE login = :login", {"login": login})
    account_id: UUID = found["account_id"] if found else uuid4()
    await unit.execute(
        "INSERT INTO account (account_id, login, name_sealed, password_hash, role, desk, agency_id)"
        " VALUES (:id, :login, :name, :password, :role, :desk, :agency) ON CONFLICT (account_id) DO UPDATE SET"
        " name_sealed = excluded.name_sealed, password_hash = excluded.password_hash, role = excluded.role,"
        " desk = excluded.desk, agency_id = excluded.agency_id, active = true",
        {
            "id": account_id,
            "login": login,
            "name": services.sealer.seal(name, context=f"account.name:{account_id}"),
            "password": await asyncio.to_thread(hash_password, password),
            "role": role,
            "desk": desk,
            "agency": agency_id,
        },
    )
    await unit.execute("DELETE FROM allowed_address WHERE account_id = :id", {"id": account_id})
    for network in networks:
        await unit.execute(
            "INSERT INTO allowed_address (account_id, network) VALUES (:id, :network)",
            {"id": account_id, "network": network},
        )
    return account_id


async def sign_in(services: Services, *, login: str, password: str, address: str) -> tuple[str, Viewer]:
    """A new session's token and its viewer. Problem 401 `wrong_login`, 403 `address_not_registered`."""
    throttle: Throttle = services.shared.setdefault("login_throttle", Throttle())
    keys = (f"login:{login}", f"address:{address}")
    if not await _is_a_seat(services, address):
        raise address_refused()
    delay_s = throttle.delay_s(*keys)
    throttle.wrong(*keys)  # until it proves right, so that guesses at the same moment count, too
    await asyncio.sleep(delay_s)
    async with services.db.begin() as unit:  # one question, the same for a login that nobody has
        row = await unit.one(
            "SELECT a.*, ARRAY(SELECT network FROM allowed_address n WHERE n.account_id = a.account_id) AS networks"
            " FROM account a WHERE login = :login AND active",
            {"login": login},
        )
    hashing: asyncio.Semaphore = services.shared.setdefault("login_hashing", asyncio.Semaphore(MOST_HASHES))
    async with hashing:
        right = await asyncio.to_thread(_matches, row["password_hash"] if row else None, password)
    if row is None or not right:
        raise Problem(401, "wrong_login", "아이디나 비밀번호가 맞지 않습니다.", "The login or the password is wrong.")
    throttle.right(*keys)
    if not is_registered(address, row["networks"]):
        raise address_refused()
    token = secrets.token_urlsafe(32)
    now = services.clock()
    async with services.db.begin() as unit:
        await unit.execute(
            "INSERT INTO session (token_digest, account_id, address, created_at, expires_at)"
            " VALUES (:digest, :account, :address, :now, :expires)",
            {
                "digest": _digest(services, token),
                "account": row["account_id"],
                "address": address,
                "now": now,
                "expires": now + SESSION_LIFE,
            },
        )
        viewer = await _viewer(unit, services, row, address, _digest(services, token))
    return token, viewer


async def _is_a_seat(services: Services, address: str) -> bool:
    """Whether anybody at all is registered there."""
    async with services.db.begin() as unit:
        rows = await unit.all("SELECT DISTINCT network FROM allowed_address")
    return is_registered(address, [row["network"] for row in rows])


def address_refused() -> Problem:
    return Problem(
        403,
        "address_not_registered",
        "등록되지 않은 자리(IP)입니다. 관리자에게 등록을 요청하세요.",
        "This seat's address is not registered; ask an administrator.",
    )


async def viewer_of(services: Services, token: str, address: str) -> Viewer | None:
    """Who holds this session at this address; None when it ended, expired, moved, or lost its registration."""
    if not token:
        return None
    digest = _digest(services, token)
    async with services.db.begin() as unit:
        row = await unit.one(
            "SELECT a.*, s.address AS seat FROM session s JOIN account a USING (account_id)"
            " WHERE s.token_digest = :digest AND s.ended_at IS NULL AND s.expires_at > :now AND a.active",
            {"digest": digest, "now": services.clock()},
        )
        if row is None or row["seat"] != address:
            return None
        if not is_registered(address, await _networks(unit, row["account_id"])):
            return None
        return await _viewer(unit, services, row, address, digest)


async def sign_out(services: Services, viewer: Viewer) -> list[bytes]:
    """Sign the account out of this seat, with every browser it left open there: a picture that another forgotten
    session would keep alive goes dark. Returns the ended sessions."""
    async with services.db.begin() as unit:
        rows = await unit.all(
            "UPDATE session SET ended_at = :now WHERE account_id = :account AND address = :address"
            " AND ended_at IS NULL RETURNING token_digest",
            {"now": services.clock(), "account": viewer.account_id, "address": viewer.address},
        )
    return [bytes(row["token_digest"]) for row in rows]


async def still_signed_in(services: Services, viewer: Viewer) -> bool:
    """For sockets that outlive the request that opened them: session, address, role and desk are still the same."""
    async with services.db.begin() as unit:
        row = await unit.one(
            "SELECT 1 FROM session s JOIN account a USING (account_id) WHERE s.token_digest = :digest"
            " AND s.ended_at IS NULL AND s.expires_at > :now AND a.active AND a.role = :role"
            " AND coalesce(a.desk, '') = :desk AND coalesce(a.agency_id, '') = :agency",
            {
                "digest": viewer.session,
                "now": services.clock(),
                "role": viewer.role,
                "desk": viewer.desk,
                "agency": viewer.agency.agency_id if viewer.agency else "",
            },
        )
        return row is not None and is_registered(viewer.address, await _networks(unit, viewer.account_id))


def _matches(password_hash: str | None, password: str) -> bool:
    try:
        return _hasher.verify(password_hash or _nobody(), password)
    except VerificationError:
        return False


def _digest(services: Services, token: str) -> bytes:
    return services.sealer.digest(token, context="session")


async def _networks(unit: Unit, account_id: UUID) -> list[str]:
    rows = await unit.all("SELECT network FROM allowed_address WHERE account_id = :id", {"id": account_id})
    return [row["network"] for row in rows]


async def _viewer(unit: Unit, services: Services, row: dict[str, Any], address: str, digest: bytes) -> Viewer:
    agency = None
    if row["agency_id"]:
        found = await unit.one(
            "SELECT agency_id, kind, name_ko, name_en FROM agency WHERE agency_id = :id", {"id": row["agency_id"]}
        )
        agency = AgencyRef(**found) if found else AgencyRef(row["agency_id"], "", row["agency_id"], row["agency_id"])
    name = services.sealer.open(row["name_sealed"], context=f"account.name:{row['account_id']}")
    desk = row["desk"] or ""
    return Viewer(
        row["account_id"],
        row["login"],
        name,
        row["role"],
        desk,
        agency,
        await _centers(unit, services, desk),
        address,
        digest,
    )


async def _centers(unit: Unit, services: Services, desk: str) -> Any:
    """The centers whose desk it is; "all" when the installation serves all and no center has another desk."""
    if not desk:
        return ()
    rows = await unit.all("SELECT code, desk FROM center ORDER BY code")
    own = tuple(row["code"] for row in rows if row["desk"] == desk)
    if services.settings.serves_all and desk == services.settings.desk and len(own) == len(rows):
        return "all"
    return own
