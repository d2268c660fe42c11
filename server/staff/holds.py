"""When somebody guesses: failures on disk, and logins that are held for a while.

A hold closes the door of one login and nothing else: sessions go on, a supervisor of the desk opens the door in one
step, and it opens by itself. Logins that nobody has are held like others, so a hold tells a stranger nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.events import SYSTEM, record_admin
from server.staff.model import FAILURE_WINDOW, HOLD, Failure, hold_reason

if TYPE_CHECKING:
    from server.services import Services


def login_digest(services: Services, login: str) -> bytes:
    return services.sealer.digest(login, context="login")


def held_problem(until: datetime) -> Problem:
    return Problem(
        403,
        "held",
        "여러 번 틀려서 잠시 로그인을 막았습니다. 같은 팀의 조장이 바로 풀 수 있고, 15분 안에 저절로 풀립니다.",
        "Too many wrong answers: signing in is held. A supervisor of your desk can release it at once;"
        " it releases itself within 15 minutes.",
        until=until.isoformat().replace("+00:00", "Z"),
    )


async def refuse_if_held(unit: Unit, services: Services, digest: bytes) -> None:
    """Raises Problem 403 `held`."""
    until = await unit.scalar(
        "SELECT held_until FROM login_hold WHERE login_digest = :digest AND held_until > :now",
        {"digest": digest, "now": services.clock()},
    )
    if until is not None:
        raise held_problem(until)


async def note_failure(
    services: Services,
    *,
    digest: bytes,
    kind: Literal["password", "second"],
    address: str,
    account_id: UUID | None,
) -> datetime | None:
    """Keep a wrong answer, and hold the login when it is one too many: the hold and its event in one transaction.
    Returns until when it is held."""
    async with services.db.begin() as unit:
        return await count_failure(unit, services, digest=digest, kind=kind, address=address, account_id=account_id)


async def one_at_a_time(unit: Unit, digest: bytes) -> None:
    """Answers for this login wait for each other until the unit ends: a thousand guesses at one moment are counted
    one by one, when each is looked at and counted in one unit."""
    await unit.execute("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))", {"key": f"hold:{digest.hex()}"})


async def count_failure(
    unit: Unit,
    services: Services,
    *,
    digest: bytes,
    kind: Literal["password", "second"],
    address: str,
    account_id: UUID | None,
) -> datetime | None:
    """`note_failure` in the caller's unit, which must commit."""
    now = services.clock()
    await one_at_a_time(unit, digest)
    await unit.execute("DELETE FROM login_failure WHERE at < :old", {"old": now - 4 * FAILURE_WINDOW})
    await unit.execute(
        "INSERT INTO login_failure (login_digest, at, kind, address) VALUES (:digest, :now, :kind, :address)",
        {"digest": digest, "now": now, "kind": kind, "address": address},
    )
    rows = await unit.all(
        "SELECT at, kind, address FROM login_failure WHERE login_digest = :digest AND at > :since",
        {"digest": digest, "since": now - FAILURE_WINDOW},
    )
    reason = hold_reason([Failure(row["at"], row["kind"], row["address"]) for row in rows], now)
    if reason is None:
        return None
    addresses = sorted({row["address"] for row in rows})
    return await _hold(unit, digest, account_id, reason, addresses, len(rows), now)


async def _hold(
    unit: Unit, digest: bytes, account_id: UUID | None, reason: str, addresses: list[str], count: int, now: datetime
) -> datetime:
    until = now + HOLD
    row = await unit.one(
        "INSERT INTO login_hold (login_digest, account_id, reason, addresses, held_at, held_until) VALUES"
        " (:digest, :account, :reason, :addresses, :now, :until) ON CONFLICT (login_digest) DO UPDATE SET"
        " account_id = excluded.account_id, reason = excluded.reason, addresses = excluded.addresses,"
        " held_at = excluded.held_at, held_until = excluded.held_until WHERE login_hold.held_until <= :now"
        " RETURNING held_until",
        {
            "digest": digest,
            "account": account_id,
            "reason": reason,
            "addresses": addresses,
            "now": now,
            "until": until,
        },
    )
    await unit.execute("DELETE FROM login_hold WHERE held_until < :old", {"old": now - timedelta(days=1)})
    if row is None:  # held already
        return until
    await unit.execute("DELETE FROM login_failure WHERE login_digest = :digest", {"digest": digest})
    payload: dict[str, Any] = {"reason": reason, "failures": count, "addresses": addresses}
    payload |= {"account_id": str(account_id) if account_id else None, "until": until.isoformat()}
    record_admin(unit, tag="account:held", actor=SYSTEM, payload=payload)
    return until


async def forget_failures(unit: Unit, digest: bytes) -> None:
    """After a whole sign-in, or a release."""
    await unit.execute("DELETE FROM login_failure WHERE login_digest = :digest", {"digest": digest})


async def end_hold(unit: Unit, services: Services, digest: bytes) -> bool:
    """Whether it was held."""
    ended = await unit.one(
        "UPDATE login_hold SET held_until = :now WHERE login_digest = :digest AND held_until > :now RETURNING 1",
        {"digest": digest, "now": services.clock()},
    )
    await forget_failures(unit, digest)
    return ended is not None
