"""What somebody does to the own account: a new password, a second factor, recovery codes; at the login and later.

A session alone changes nothing here: each change asks for the password again, or for a code, since a browser left
open must not become a new owner. Every change ends the account's other sessions and is on the log.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import Actor
from server.events import record_admin
from server.staff import factor, hashing, holds, ways_back
from server.staff.model import Viewer, needs_factor
from server.staff.passwords import SENTENCES, Weakness, weaknesses
from server.staff.service import (
    Arrival,
    code_refused,
    drop_tickets,
    one_guess,
    proceed,
    throttle_of,
    ticket_of,
    use_ticket,
    wrong_code,
)
from server.staff.sessions import end_account_sessions

if TYPE_CHECKING:
    from server.services import Services

_ROW = "SELECT * FROM account WHERE account_id = :id"


# At the login: each takes a ticket and goes on to the next step.


async def second(services: Services, *, ticket: str, code: str, arrival: Arrival) -> tuple[str, Viewer]:
    """The second factor: the app's code, or a recovery code. Problem 401 `wrong_code`, `ticket_ended`, 403 `held`."""
    held = await ticket_of(services, ticket, "second", arrival.address)
    async with services.db.begin() as unit:
        await one_guess(unit, services, held, "second", arrival.address)
        used = await _use_code(unit, services, held.account_id, code)
        if used is None:
            refusal = await wrong_code(unit, services, held, arrival.address)
        else:
            await use_ticket(unit, services, held)
            await _say_recovery(unit, held.account_id, used)
    if used is None:  # after the commit: the count must stay
        raise refusal
    return await proceed(services, held.account_id, [*held.passed, "second"], arrival, method=used)


async def change_at_login(services: Services, *, ticket: str, password: str, arrival: Arrival) -> tuple[str, Viewer]:
    """A new password for a temporary or an old one. Problem 422 `weak_password`, 401 `ticket_ended`."""
    held = await ticket_of(services, ticket, "change", arrival.address)
    await _check_new(services, held.account_id, password)
    fresh = await hashing.hashed(services, password)
    async with services.db.begin() as unit:
        await use_ticket(unit, services, held)
        await _set_password(unit, services, held.account_id, fresh)
        await end_account_sessions(unit, services, held.account_id, reason="rights")
        await drop_tickets(unit, held.account_id)
        _record(unit, "account:password_changed", held.account_id)
    return await proceed(services, held.account_id, [*held.passed, "change"], arrival)


async def setup_at_login(services: Services, *, ticket: str, address: str) -> dict[str, Any]:
    """The new second factor's secret and QR code, for the page; asked for again it is another secret."""
    held = await ticket_of(services, ticket, "setup", address)
    async with services.db.begin() as unit:
        return await _new_factor(unit, services, held.account_id, held.login)


async def confirm_at_login(
    services: Services, *, ticket: str, code: str, arrival: Arrival
) -> tuple[str, Viewer, list[str]]:
    """The app has the secret: the first code proves it. The recovery codes come with the session."""
    held = await ticket_of(services, ticket, "setup", arrival.address)
    async with services.db.begin() as unit:
        await one_guess(unit, services, held, "setup", arrival.address)
        codes = await _confirm_factor(unit, services, held.account_id, code)
        if codes is None:
            refusal = await wrong_code(unit, services, held, arrival.address)
        else:
            await use_ticket(unit, services, held)
            await drop_tickets(unit, held.account_id)
    if codes is None:
        raise refusal
    token, viewer = await proceed(services, held.account_id, [*held.passed, "setup"], arrival, method="totp")
    return token, viewer, codes


# Signed in.


async def change_password(services: Services, viewer: Viewer, *, old: str, new: str) -> None:
    """Problem 403 `wrong_password`, 422 `weak_password`."""
    await _prove(services, viewer, old)
    await _check_new(services, viewer.account_id, new)
    fresh = await hashing.hashed(services, new)
    async with services.db.begin() as unit:
        await _set_password(unit, services, viewer.account_id, fresh)
        await end_account_sessions(unit, services, viewer.account_id, reason="rights", but=viewer.session)
        await drop_tickets(unit, viewer.account_id)
        _record(unit, "account:password_changed", viewer.account_id, viewer.actor)


async def begin_factor(services: Services, viewer: Viewer, *, password: str, code: str) -> dict[str, Any]:
    """A new second factor, or another one in place of it: then its code is asked for, too."""
    await _prove(services, viewer, password)
    await _prove_code(services, viewer, code)
    async with services.db.begin() as unit:
        return await _new_factor(unit, services, viewer.account_id, viewer.login)


async def confirm_factor(services: Services, viewer: Viewer, *, code: str) -> list[str]:
    """The recovery codes. Problem 403 `wrong_code`, 409 `no_setup`."""
    async with services.db.begin() as unit:
        row = await unit.one(_ROW, {"id": viewer.account_id})
        if row is None or row["totp_new_sealed"] is None:
            raise Problem(409, "no_setup", "등록을 먼저 시작하세요.", "Begin the set-up first.")
        codes = await _confirm_factor(unit, services, viewer.account_id, code)
        if codes is not None:
            await end_account_sessions(unit, services, viewer.account_id, reason="rights", but=viewer.session)
            await drop_tickets(unit, viewer.account_id)
    if codes is None:
        await _failed(services, viewer, "second")
        raise code_refused(403)
    return codes


async def remove_factor(services: Services, viewer: Viewer, *, password: str, code: str) -> None:
    """Problem 409 `factor_required` where the setting asks for one."""
    if needs_factor(viewer.role, services.settings.second_factor):
        raise Problem(
            409,
            "factor_required",
            "이 계정에는 2단계 인증이 꼭 필요합니다. 새 기기로 바꾸기만 할 수 있습니다.",
            "This account must have a second factor; it can only be moved to another device.",
        )
    await _prove(services, viewer, password)
    await _prove_code(services, viewer, code)
    async with services.db.begin() as unit:
        await unit.execute(
            "UPDATE account SET totp_sealed = NULL, totp_new_sealed = NULL WHERE account_id = :id",
            {"id": viewer.account_id},
        )
        await unit.execute("DELETE FROM recovery_code WHERE account_id = :id", {"id": viewer.account_id})
        _record(unit, "account:factor_removed", viewer.account_id, viewer.actor)


async def renew_recovery_codes(services: Services, viewer: Viewer, *, password: str, code: str) -> list[str]:
    """Ten fresh ones. Problem 409 `no_factor`."""
    await _prove(services, viewer, password)
    if not await _prove_code(services, viewer, code):
        raise Problem(409, "no_factor", "2단계 인증을 먼저 등록하세요.", "Set up a second factor first.")
    async with services.db.begin() as unit:
        _record(unit, "account:recovery_renewed", viewer.account_id, viewer.actor)
        return await ways_back.new_recovery_codes(unit, services, viewer.account_id)


# Both.


async def _use_code(unit: Unit, services: Services, account_id: UUID, code: str) -> str | None:
    """How the code was right, and it is used up: "totp" or "recovery"; None: it was wrong."""
    row = await unit.one(_ROW + " FOR UPDATE", {"id": account_id})
    if row is None or row["totp_sealed"] is None:
        return None
    step = factor.matching_step(_secret(services, row, "totp_sealed"), code, services.clock(), after=row["totp_step"])
    if step is not None:
        await unit.execute(
            "UPDATE account SET totp_step = :step WHERE account_id = :id", {"step": step, "id": account_id}
        )
        return "totp"
    return "recovery" if await ways_back.use_recovery_code(unit, services, account_id, code) else None


async def _say_recovery(unit: Unit, account_id: UUID, used: str) -> None:
    if used == "recovery":
        left = await ways_back.recovery_codes_left(unit, account_id)
        _record(unit, "account:recovery_used", account_id, left=left)


async def _new_factor(unit: Unit, services: Services, account_id: UUID, login: str) -> dict[str, Any]:
    secret = factor.new_secret()
    await unit.execute(
        "UPDATE account SET totp_new_sealed = :sealed WHERE account_id = :id",
        {"sealed": services.sealer.seal(secret.hex(), context=f"account.totp:{account_id}"), "id": account_id},
    )
    return factor.enrolment(secret, login=login, issuer=f"Ansim {services.settings.installation}")


async def _confirm_factor(unit: Unit, services: Services, account_id: UUID, code: str) -> list[str] | None:
    row = await unit.one(_ROW + " FOR UPDATE", {"id": account_id})
    if row is None or row["totp_new_sealed"] is None:
        return None
    step = factor.matching_step(_secret(services, row, "totp_new_sealed"), code, services.clock(), after=0)
    if step is None:
        return None
    await unit.execute(
        "UPDATE account SET totp_sealed = totp_new_sealed, totp_new_sealed = NULL, totp_step = :step"
        " WHERE account_id = :id",
        {"step": step, "id": account_id},
    )
    _record(unit, "account:factor_added", account_id)
    return await ways_back.new_recovery_codes(unit, services, account_id)


def _secret(services: Services, row: dict[str, Any], column: str) -> bytes:
    return bytes.fromhex(services.sealer.open(row[column], context=f"account.totp:{row['account_id']}"))


async def _prove(services: Services, viewer: Viewer, password: str) -> None:
    """The password again. Wrong ones count and delay like wrong logins. Problem 403 `wrong_password`, `held`."""
    throttle = throttle_of(services)
    key = f"own:{viewer.account_id}"
    delay_s = throttle.delay_s(key)
    throttle.wrong(key)
    await asyncio.sleep(delay_s)
    async with services.db.begin() as unit:
        await holds.refuse_if_held(unit, services, holds.login_digest(services, viewer.login))
        row = await unit.one(_ROW, {"id": viewer.account_id})
    if row is None or not await hashing.is_right(services, row["password_hash"], password):
        await _failed(services, viewer, "password")
        raise Problem(403, "wrong_password", "지금 비밀번호가 맞지 않습니다.", "The present password is wrong.")
    throttle.right(key)


async def _prove_code(services: Services, viewer: Viewer, code: str) -> bool:
    """The present second factor's code. False: there is none. Problem 403 `wrong_code`."""
    digest = holds.login_digest(services, viewer.login)
    async with services.db.begin() as unit:
        row = await unit.one(_ROW, {"id": viewer.account_id})
        if row is None or row["totp_sealed"] is None:
            return False
        await holds.one_at_a_time(unit, digest)
        await holds.refuse_if_held(unit, services, digest)
        used = await _use_code(unit, services, viewer.account_id, code)
        if used is None:
            await holds.count_failure(
                unit, services, digest=digest, kind="second", address=viewer.address, account_id=viewer.account_id
            )
    if used is None:
        raise code_refused(403)
    return True


async def _failed(services: Services, viewer: Viewer, kind: Literal["password", "second"]) -> None:
    """From a session's own seat it is no break-in from several; wrong codes are what they are anywhere."""
    await holds.note_failure(
        services,
        digest=holds.login_digest(services, viewer.login),
        kind=kind,
        address=viewer.address,
        account_id=viewer.account_id,
    )


async def _check_new(services: Services, account_id: UUID, password: str) -> None:
    """Problem 422 `weak_password` with every reason."""
    async with services.db.begin() as unit:
        row = await unit.one(_ROW, {"id": account_id})
        past = await unit.all(
            "SELECT password_hash FROM password_history WHERE account_id = :id ORDER BY set_at DESC LIMIT :last",
            {"id": account_id, "last": max(services.settings.password_history - 1, 0)},
        )
    assert row is not None
    name = services.sealer.open(row["name_sealed"], context=f"account.name:{account_id}")
    found = weaknesses(password, login=row["login"], name=name)
    old = [row["password_hash"], *(one["password_hash"] for one in past)] if not found else []
    for password_hash in old:
        if await hashing.is_right(services, password_hash, password):
            found.append("used_before")
            break
    if found:
        raise weak(found)


def weak(found: list[Weakness]) -> Problem:
    reasons = [{"code": code, "ko": SENTENCES[code][0], "en": SENTENCES[code][1]} for code in found]
    return Problem(
        422,
        "weak_password",
        " ".join(SENTENCES[code][0] for code in found),
        " ".join(SENTENCES[code][1] for code in found),
        reasons=reasons,
    )


async def _set_password(unit: Unit, services: Services, account_id: UUID, fresh: str) -> None:
    """The person's own from now on; the one before goes into the history, which is kept short."""
    now = services.clock()
    await unit.execute(
        "INSERT INTO password_history (account_id, set_at, password_hash) SELECT account_id, :now, password_hash"
        " FROM account WHERE account_id = :id AND temporary_until IS NULL ON CONFLICT DO NOTHING",
        {"id": account_id, "now": now},
    )
    await unit.execute(
        "DELETE FROM password_history WHERE account_id = :id AND set_at NOT IN (SELECT set_at FROM password_history"
        " WHERE account_id = :id ORDER BY set_at DESC LIMIT :last)",
        {"id": account_id, "last": max(services.settings.password_history, 0)},
    )
    await unit.execute(
        "UPDATE account SET password_hash = :fresh, password_changed_at = :now, temporary_until = NULL"
        " WHERE account_id = :id",
        {"fresh": fresh, "now": now, "id": account_id},
    )


def _record(unit: Unit, tag: str, account_id: UUID, actor: Actor | None = None, **more: Any) -> None:
    who = actor or Actor("operator", str(account_id))
    record_admin(unit, tag=tag, actor=who, payload={"account_id": str(account_id), **more})
