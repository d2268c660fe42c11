"""Ways back in: the release of a login that is held, a pass for a lost telephone, recovery codes, and who is told.

A supervisor of the desk can open what guessing has closed, in one step, at night, with nobody else in the building.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import Actor
from server.events import record_admin
from server.staff import factor, holds
from server.staff.accounts import Reach, card, cards
from server.staff.model import DESK_ROLES, Viewer

if TYPE_CHECKING:
    from server.services import Services

PASS_LIFE = timedelta(minutes=15)


async def release(
    unit: Unit, services: Services, reach: Reach, viewer: Viewer, account_id: UUID, *, with_pass: bool
) -> str | None:
    """Open a login that is held. With a pass: also a code that stands for the second factor once, for a quarter of an
    hour (a lost telephone at 1 a.m.); it is returned and never kept."""
    found = await card(unit, services, reach, account_id)
    if found["role"] not in DESK_ROLES and not viewer.may("accounts.manage"):
        raise Problem(403, "wrong_role", "관리자만 풀 수 있습니다.", "Only an administrator can release this account.")
    if account_id == viewer.account_id:
        raise Problem(409, "own_account", "자기 계정은 다른 사람이 풀어야 합니다.", "Somebody else must release you.")
    code = None
    if with_pass and found["has_second_factor"]:
        code = factor.new_recovery_code()
        await keep_recovery_codes(unit, services, account_id, [code], life=PASS_LIFE)
    await open_login(unit, services, viewer.actor, account_id, found["login"], with_pass=code is not None)
    return code


async def open_login(
    unit: Unit, services: Services, actor: Actor, account_id: UUID, login: str, *, with_pass: bool = False
) -> bool:
    """End a hold and what led to it, on the log; whether there was one."""
    was_held = await holds.end_hold(unit, services, holds.login_digest(services, login))
    payload = {"account_id": str(account_id), "was_held": was_held, "pass": with_pass}
    record_admin(unit, tag="account:released", actor=actor, payload=payload)
    return was_held


async def keep_recovery_codes(
    unit: Unit, services: Services, account_id: UUID, codes: list[str], *, life: timedelta | None = None
) -> None:
    for code in codes:
        await unit.execute(
            "INSERT INTO recovery_code (account_id, code_digest, expires_at) VALUES (:id, :digest, :expires)",
            {
                "id": account_id,
                "digest": recovery_digest(services, account_id, code),
                "expires": services.clock() + life if life else None,
            },
        )


def recovery_digest(services: Services, account_id: UUID, code: str) -> bytes:
    return services.sealer.digest(f"{account_id}:{factor.plain_recovery_code(code)}", context="recovery code")


async def held(unit: Unit, services: Services, reach: Reach) -> list[dict[str, Any]]:
    """Break-in attempts of the last day: which login was held, why, from where. A login that nobody has is shown
    without its text (it may be a password typed into the wrong field), and to who rules over all."""
    rows = await unit.all(
        "SELECT account_id, reason, addresses, held_at, held_until, held_until > :now AS is_held FROM login_hold"
        " ORDER BY held_at DESC LIMIT 200",
        {"now": services.clock()},
    )
    known = {one["account_id"]: one for one in await cards(unit, services, reach)}
    shown = []
    for row in rows:
        account = known.get(row.pop("account_id"))
        if account is None and reach.desk is not None:
            continue
        who = {name: account[name] for name in ("account_id", "login", "name")} if account else None
        shown.append({"account": who, **row})
    return shown


async def new_recovery_codes(unit: Unit, services: Services, account_id: UUID) -> list[str]:
    """Ten fresh ones; the old ones are worth nothing any more. They are shown once and kept as digests."""
    codes = [factor.new_recovery_code() for _ in range(factor.RECOVERY_CODES)]
    await unit.execute("DELETE FROM recovery_code WHERE account_id = :id", {"id": account_id})
    await keep_recovery_codes(unit, services, account_id, codes)
    return codes


async def use_recovery_code(unit: Unit, services: Services, account_id: UUID, code: str) -> bool:
    """Whether it was one that had not been used; it is now."""
    row = await unit.one(
        "UPDATE recovery_code SET used_at = :now WHERE account_id = :id AND code_digest = :digest"
        " AND used_at IS NULL AND (expires_at IS NULL OR expires_at > :now) RETURNING 1",
        {"now": services.clock(), "id": account_id, "digest": recovery_digest(services, account_id, code)},
    )
    return row is not None


async def recovery_codes_left(unit: Unit, account_id: UUID) -> int:
    return int(
        await unit.scalar(
            "SELECT count(*) FROM recovery_code WHERE account_id = :id AND used_at IS NULL AND expires_at IS NULL",
            {"id": account_id},
        )
    )
