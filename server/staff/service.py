"""Signing in, step by step: password (or identity provider), second factor, what must be changed first, session.

A wrong login costs the same time whether the account exists or not, and each wrong answer for a login or from an
address delays the next one; guesses from several seats hold the login for a while (`holds.py`). Who comes from an
address that is no seat of anybody's is turned away before any of it: the internet can neither guess, nor delay an
operator, nor keep our cores busy with hashing.

Between the steps the browser holds a ticket: good for ten minutes, at this address, for one step, once.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.staff import hashing, holds
from server.staff.accounts import add_account
from server.staff.devices import note_device
from server.staff.model import Entry, Step, Viewer, is_registered, next_step
from server.staff.sessions import open_session, sign_out, still_signed_in, viewer_of
from server.staff.throttle import Throttle

if TYPE_CHECKING:
    from server.services import Services

__all__ = ["Arrival", "Throttle", "add_account", "sign_in", "sign_out", "still_signed_in", "viewer_of"]

TICKET_LIFE = timedelta(minutes=10)
WRONG_PER_TICKET = 5

_ACCOUNT = (
    "SELECT a.*, ARRAY(SELECT network FROM registered_network n WHERE n.account_id = a.account_id) AS networks"
    " FROM account a WHERE active AND "
)
_STEPS: dict[Step, tuple[str, str, str]] = {
    "second": (
        "second_factor",
        "인증 앱의 여섯 자리 숫자를 입력하세요.",
        "Enter the six digits of your authenticator app.",
    ),
    "change": ("password_change", "비밀번호를 새로 정해야 합니다.", "Choose a new password first."),
    "setup": ("second_factor_setup", "2단계 인증을 먼저 등록해야 합니다.", "Set up a second factor first."),
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where somebody signs in from: address, the browser's old session and its device cookie."""

    address: str
    old_token: str = ""
    device: str = ""


async def sign_in(
    services: Services, *, login: str, password: str, address: str, arrival: Arrival | None = None
) -> tuple[str, Viewer]:
    """A new session's token and its viewer. Problem 401 `wrong_login`, or 401 with a `ticket` and the code of the
    next step (`second_factor`, `password_change`, `second_factor_setup`); 403 `address_not_registered`, `held`."""
    throttle = throttle_of(services)
    keys = (f"login:{login}", f"address:{address}")
    if not await is_a_seat(services, address):
        raise address_refused()
    delay_s = throttle.delay_s(*keys)
    throttle.wrong(*keys)  # until it proves right, so that guesses at the same moment count, too
    await asyncio.sleep(delay_s)
    digest = holds.login_digest(services, login)
    async with services.db.begin() as unit:  # one question, the same for a login that nobody has
        await holds.refuse_if_held(unit, services, digest)
        row = await unit.one(_ACCOUNT + "login = :login", {"login": login})
    right = await hashing.is_right(services, row["password_hash"] if row else None, password)
    if row is None or not right:
        account_id = row["account_id"] if row else None
        await holds.note_failure(services, digest=digest, kind="password", address=address, account_id=account_id)
        raise wrong_login()
    throttle.right(*keys)
    if not is_registered(address, row["networks"]):
        raise address_refused()
    if row["temporary_until"] is not None and row["temporary_until"] <= services.clock():
        raise Problem(
            403,
            "temporary_expired",
            "임시 비밀번호의 기한이 지났습니다. 관리자에게 다시 요청하세요.",
            "The temporary password has expired; ask an administrator for another.",
        )
    await _rehash(services, row, password)
    return await proceed(services, row["account_id"], ["password"], arrival or Arrival(address))


async def _rehash(services: Services, row: dict[str, Any], password: str) -> None:
    """Made with yesterday's parameters: the password is here now, so hash it with today's."""
    if not hashing.is_outdated(row["password_hash"]):
        return
    fresh = await hashing.hashed(services, password)
    async with services.db.begin() as unit:
        await unit.execute(
            "UPDATE account SET password_hash = :fresh WHERE account_id = :id AND password_hash = :old",
            {"fresh": fresh, "id": row["account_id"], "old": row["password_hash"]},
        )


async def proceed(
    services: Services, account_id: UUID, passed: list[str], arrival: Arrival, *, method: str = ""
) -> tuple[str, Viewer]:
    """The session, when nothing is left to do; else raises the Problem that names the next step."""
    async with services.db.begin() as unit:
        row, step = await _look(unit, services, account_id, passed, arrival.address)
        if step is None:
            return await _enter(unit, services, row, arrival, method or passed[0])
        ticket = await _new_ticket(unit, services, account_id, step, passed, arrival.address)
    raise step_problem(step, ticket)


async def _look(
    unit: Unit, services: Services, account_id: UUID, passed: list[str], address: str
) -> tuple[dict[str, Any], Step | None]:
    row = await unit.one(_ACCOUNT + "account_id = :id FOR UPDATE", {"id": account_id})
    if row is None:
        raise wrong_login()
    if not is_registered(address, row["networks"]):
        raise address_refused()
    settings = services.settings
    entry = Entry(
        row["role"], row["totp_sealed"] is not None, row["temporary_until"] is not None, row["password_changed_at"]
    )
    return row, next_step(
        entry,
        passed,
        setting=settings.second_factor,
        password_max_days=settings.password_max_days,
        now=services.clock(),
    )


async def _enter(
    unit: Unit, services: Services, row: dict[str, Any], arrival: Arrival, method: str
) -> tuple[str, Viewer]:
    await holds.forget_failures(unit, holds.login_digest(services, row["login"]))
    token, viewer = await open_session(
        unit, services, row, address=arrival.address, method=method, old_token=arrival.old_token
    )
    await note_device(unit, services, viewer, arrival.device)
    return token, viewer


async def _new_ticket(
    unit: Unit, services: Services, account_id: UUID, step: Step, passed: list[str], address: str
) -> str:
    ticket, now = secrets.token_urlsafe(32), services.clock()
    await unit.execute("DELETE FROM login_ticket WHERE expires_at < :now", {"now": now})
    await unit.execute(
        "INSERT INTO login_ticket (ticket_digest, account_id, address, step, passed, expires_at)"
        " VALUES (:digest, :account, :address, :step, :passed, :expires)",
        {
            "digest": _ticket_digest(services, ticket),
            "account": account_id,
            "address": address,
            "step": step,
            "passed": passed,
            "expires": now + TICKET_LIFE,
        },
    )
    return ticket


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that is still good: whose, and what has been passed."""

    digest: bytes
    account_id: UUID
    login: str
    passed: list[str]


async def ticket_of(services: Services, ticket: str, step: Step, address: str) -> Ticket:
    """Raises Problem 401 `ticket_ended` for one that is used up, of another step or seat; 403 `held`."""
    digest = _ticket_digest(services, ticket)
    async with services.db.begin() as unit:
        return await _good(unit, services, digest, step, address)


async def _good(unit: Unit, services: Services, digest: bytes, step: Step, address: str) -> Ticket:
    row = await unit.one(
        "SELECT t.account_id, t.passed, a.login FROM login_ticket t JOIN account a USING (account_id)"
        " WHERE ticket_digest = :digest AND step = :step AND address = :address AND used_at IS NULL"
        " AND expires_at > :now AND wrong < :most AND a.active",
        {
            "digest": digest,
            "step": step,
            "address": address,
            "now": services.clock(),
            "most": WRONG_PER_TICKET,
        },
    )
    if row is None:
        raise ticket_ended()
    await holds.refuse_if_held(unit, services, holds.login_digest(services, row["login"]))
    return Ticket(digest, row["account_id"], row["login"], list(row["passed"]))


async def one_guess(unit: Unit, services: Services, ticket: Ticket, step: Step, address: str) -> None:
    """The ticket asked again, when every guess before this one has been counted. Problems as `ticket_of`."""
    await holds.one_at_a_time(unit, holds.login_digest(services, ticket.login))
    await _good(unit, services, ticket.digest, step, address)


async def use_ticket(unit: Unit, services: Services, ticket: Ticket) -> None:
    """In the transaction of the step's effect: the ticket counts once, also for two browsers at one moment."""
    row = await unit.one(
        "UPDATE login_ticket SET used_at = :now WHERE ticket_digest = :digest AND used_at IS NULL RETURNING 1",
        {"now": services.clock(), "digest": ticket.digest},
    )
    if row is None:
        raise ticket_ended()


async def wrong_code(unit: Unit, services: Services, ticket: Ticket, address: str) -> Problem:
    """Count a wrong code against the ticket and the login, in a unit that must commit; the Problem to raise then."""
    await unit.execute(
        "UPDATE login_ticket SET wrong = wrong + 1 WHERE ticket_digest = :digest", {"digest": ticket.digest}
    )
    until = await holds.count_failure(
        unit,
        services,
        digest=holds.login_digest(services, ticket.login),
        kind="second",
        address=address,
        account_id=ticket.account_id,
    )
    return holds.held_problem(until) if until else code_refused(401)


async def drop_tickets(unit: Unit, account_id: UUID) -> None:
    """What somebody has begun with the account's old password or without its second factor can't be finished."""
    await unit.execute("DELETE FROM login_ticket WHERE account_id = :id", {"id": account_id})


def code_refused(status: int) -> Problem:
    return Problem(
        status,
        "wrong_code",
        "인증 번호가 맞지 않거나 이미 쓴 번호입니다. 다음 번호를 기다려 입력하세요.",
        "The code is wrong or has been used; wait for the next one.",
    )


def step_problem(step: Step, ticket: str) -> Problem:
    code, ko, en = _STEPS[step]
    return Problem(401, code, ko, en, ticket=ticket)


def wrong_login() -> Problem:
    return Problem(401, "wrong_login", "아이디나 비밀번호가 맞지 않습니다.", "The login or the password is wrong.")


def ticket_ended() -> Problem:
    return Problem(401, "ticket_ended", "시간이 지났습니다. 처음부터 다시 로그인하세요.", "Too late; sign in again.")


def address_refused() -> Problem:
    return Problem(
        403,
        "address_not_registered",
        "등록되지 않은 자리(IP)입니다. 관리자에게 등록을 요청하세요.",
        "This seat's address is not registered; ask an administrator.",
    )


def throttle_of(services: Services) -> Throttle:
    """This process's memory of wrong answers."""
    throttle: Throttle = services.shared.setdefault("login_throttle", Throttle())
    return throttle


async def is_a_seat(services: Services, address: str) -> bool:
    """Whether anybody at all is registered there."""
    async with services.db.begin() as unit:
        rows = await unit.all("SELECT DISTINCT network FROM registered_network")
    return is_registered(address, [row["network"] for row in rows])


def _ticket_digest(services: Services, ticket: str) -> bytes:
    return services.sealer.digest(ticket, context="login ticket")
