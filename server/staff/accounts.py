"""The people of an installation: made, changed, reset and released by an administrator, each change on the log.

An administrator rules over the accounts of the own desk, and over the agents of agencies that have an agreement with
one of its centers; one whose desk answers for everything, over all. The last active administrator of a desk stays.
What changes somebody's rights ends that person's sessions, sockets and streams.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import Actor
from server.events import record_admin
from server.staff import factor, hashing, holds
from server.staff.model import Viewer
from server.staff.permissions import AGENCY_ROLES
from server.staff.sessions import end_account_sessions

if TYPE_CHECKING:
    from server.services import Services

TEMPORARY_LIFE = timedelta(hours=72)
RIGHTS = ("role", "desk", "agency_id", "active")


@dataclass(frozen=True, slots=True)
class Reach:
    """Which accounts somebody rules over. `desk` None: all of them (the command line, a desk that serves all)."""

    desk: str | None
    centers: tuple[str, ...] = ()

    @classmethod
    def of(cls, viewer: Viewer) -> Reach:
        return cls(None) if viewer.centers == "all" else cls(viewer.desk, viewer.centers)


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
    temporary: timedelta | None = None,
) -> UUID:
    """Create or replace the account `login` with the addresses it may come from; returns its id. With `temporary`
    the password opens nothing but the choice of another one, and that only for so long."""
    found = await unit.one("SELECT account_id FROM account WHERE login = :login", {"login": login})
    account_id: UUID = found["account_id"] if found else uuid4()
    now = services.clock()
    await unit.execute(
        "INSERT INTO account (account_id, login, name_sealed, password_hash, role, desk, agency_id,"
        " password_changed_at, temporary_until) VALUES (:id, :login, :name, :password, :role, :desk, :agency,"
        " :now, :temporary) ON CONFLICT (account_id) DO UPDATE SET"
        " name_sealed = excluded.name_sealed, password_hash = excluded.password_hash, role = excluded.role,"
        " desk = excluded.desk, agency_id = excluded.agency_id, active = true,"
        " password_changed_at = excluded.password_changed_at, temporary_until = excluded.temporary_until",
        {
            "id": account_id,
            "login": login,
            "name": services.sealer.seal(name, context=f"account.name:{account_id}"),
            "password": await asyncio.to_thread(hashing.hash_password, password),
            "role": role,
            "desk": desk,
            "agency": agency_id,
            "now": now,
            "temporary": now + temporary if temporary else None,
        },
    )
    await set_networks(unit, account_id, networks)
    return account_id


async def set_password(unit: Unit, services: Services, account_id: UUID, password: str) -> None:
    """The person's own, not a temporary one."""
    await unit.execute(
        "UPDATE account SET password_hash = :hash, temporary_until = NULL, password_changed_at = :now"
        " WHERE account_id = :id",
        {"hash": await hashing.hashed(services, password), "now": services.clock(), "id": account_id},
    )


async def set_networks(unit: Unit, account_id: UUID, networks: list[str]) -> None:
    """The addresses the account may come from, and no others."""
    await unit.execute(
        "DELETE FROM allowed_address WHERE account_id = :id AND network <> ALL(:networks)",
        {"id": account_id, "networks": networks},
    )
    for network in networks:
        await unit.execute(
            "INSERT INTO allowed_address (account_id, network) VALUES (:id, :network) ON CONFLICT DO NOTHING",
            {"id": account_id, "network": network},
        )


_CARD = """
SELECT a.account_id, a.login, a.name_sealed, a.role, a.desk, a.agency_id, a.active, a.created_at, a.last_login_at,
       a.temporary_until, a.totp_sealed IS NOT NULL AS has_second_factor,
       ARRAY(SELECT network FROM allowed_address n WHERE n.account_id = a.account_id ORDER BY network) AS networks,
       (SELECT max(held_until) FROM login_hold h WHERE h.account_id = a.account_id AND h.held_until > :now)
       AS held_until
FROM account a
WHERE (CAST(:id AS uuid) IS NULL OR a.account_id = :id)
  AND (CAST(:agency AS text) IS NULL OR a.agency_id = :agency) AND (CAST(:desk AS text) IS NULL OR a.desk = :desk
   OR EXISTS (SELECT 1 FROM agreed g WHERE g.agency_id = a.agency_id AND g.center_id = ANY(:centers)))
ORDER BY a.login
"""


async def cards(
    unit: Unit, services: Services, reach: Reach, *, account_id: UUID | None = None, agency_id: str | None = None
) -> list[dict[str, Any]]:
    """The contract's `Account`, of those within reach (and of this agency), by login."""
    asked = {"id": account_id, "agency": agency_id, "desk": reach.desk, "centers": list(reach.centers)}
    rows = await unit.all(_CARD, asked | {"now": services.clock()})
    for row in rows:
        row["name"] = services.sealer.open(row.pop("name_sealed"), context=f"account.name:{row['account_id']}")
    return rows


async def card(unit: Unit, services: Services, reach: Reach, account_id: UUID) -> dict[str, Any]:
    """One account within reach, locked until the unit ends. Problem 404 `no_account`."""
    await unit.execute("SELECT 1 FROM account WHERE account_id = :id FOR UPDATE", {"id": account_id})
    found = await cards(unit, services, reach, account_id=account_id)
    if not found:
        raise Problem(404, "no_account", "그런 계정이 없습니다.", "There is no such account for you.")
    return found[0]


async def create(
    unit: Unit,
    services: Services,
    reach: Reach,
    actor: Actor,
    *,
    login: str,
    name: str,
    role: str,
    desk: str | None,
    agency_id: str | None,
    networks: list[str],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The new account and its way in (`Enrolment`). Problem 409 `login_taken`, 422."""
    # `add_account` replaces: of two who make the same login at one moment the second must find the first one's
    await unit.execute("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))", {"key": f"login: {login}"})
    if await unit.one("SELECT 1 FROM account WHERE login = :login", {"login": login}):
        raise Problem(409, "login_taken", "이미 있는 아이디입니다.", "That login is taken.", login=login)
    await check_place(unit, services, reach, role=role, desk=desk, agency_id=agency_id)
    await refuse_shared(unit, services, reach, agency_id)
    password = factor.new_temporary_password()
    account_id = await add_account(
        unit,
        services,
        login=login,
        password=password,
        name=name,
        role=role,
        desk=desk,
        agency_id=agency_id,
        networks=networks,
        temporary=TEMPORARY_LIFE,
    )
    made = (await cards(unit, services, Reach(None), account_id=account_id))[0]
    record_admin(
        unit, tag="account:created", actor=actor, payload={"account_id": str(account_id), "after": _told(made)}
    )
    return made, enrolment(services, login, password)


def enrolment(services: Services, login: str, password: str) -> dict[str, Any]:
    """A one-time way in: the link's secret stands behind `#`, which no server and no log ever sees."""
    return {
        "login": login,
        "temporary_password": password,
        "link": f"{services.settings.origin}/login#login={login}&code={password}",
        "expires_at": services.clock() + TEMPORARY_LIFE,
    }


async def change(
    unit: Unit, services: Services, reach: Reach, actor: Actor, account_id: UUID, changes: dict[str, Any]
) -> dict[str, Any]:
    """Name, role, desk, agency, active (addresses: `server/addresses.py`). Problem 409 `last_admin`, 404, 422."""
    before = await card(unit, services, reach, account_id)
    after = before | changes
    for agency_id in {before["agency_id"], after["agency_id"]}:
        await refuse_shared(unit, services, reach, agency_id)
    if after["role"] in AGENCY_ROLES:
        after["desk"] = None
    elif before["role"] in AGENCY_ROLES:
        after["agency_id"] = None
    if any(after[field] != before[field] for field in RIGHTS):
        await check_place(unit, services, reach, role=after["role"], desk=after["desk"], agency_id=after["agency_id"])
        await _keep_an_admin(unit, before, after)
        await end_account_sessions(unit, services, account_id, reason="rights")
        await unit.execute("DELETE FROM login_ticket WHERE account_id = :id", {"id": account_id})
    await unit.execute(
        "UPDATE account SET name_sealed = :name, role = :role, desk = :desk, agency_id = :agency, active = :active"
        " WHERE account_id = :id",
        {
            "name": services.sealer.seal(after["name"], context=f"account.name:{account_id}"),
            "role": after["role"],
            "desk": after["desk"],
            "agency": after["agency_id"],
            "active": after["active"],
            "id": account_id,
        },
    )
    _record_change(unit, actor, before, after)
    return (await cards(unit, services, Reach(None), account_id=account_id))[0]


def _record_change(unit: Unit, actor: Actor, before: dict[str, Any], after: dict[str, Any]) -> None:
    told_before, told_after = _told(before), _told(after)
    changed = sorted(field for field in told_before if told_before[field] != told_after[field])
    if before["name"] != after["name"]:
        changed.append("name")
    if not changed:
        return
    tag = "account:changed"
    if "active" in changed:
        tag = "account:activated" if after["active"] else "account:deactivated"
    payload = {"account_id": str(before["account_id"]), "changed": changed}
    record_admin(unit, tag=tag, actor=actor, payload=payload | {"before": told_before, "after": told_after})


def _told(account: dict[str, Any]) -> dict[str, Any]:
    """What of an account the log keeps: its rights, never its name or a secret."""
    return {field: account[field] for field in (*RIGHTS, "networks")}


async def check_place(
    unit: Unit, services: Services, reach: Reach, *, role: str, desk: str | None, agency_id: str | None
) -> None:
    """An agency's people belong to an agency within reach, everybody else to a desk within reach. Problem 422."""
    if role in AGENCY_ROLES:
        known = await unit.one(
            "SELECT 1 FROM agency y WHERE y.agency_id = :id AND (CAST(:desk AS text) IS NULL OR EXISTS (SELECT 1 FROM"
            " agreed g WHERE g.agency_id = y.agency_id AND g.center_id = ANY(:centers)))",
            {"id": agency_id, "desk": reach.desk, "centers": list(reach.centers)},
        )
        if known is None or desk is not None:
            raise _invalid("agency_id", agency_id, "an agency that has an agreement with your centers, and no desk")
        return
    rows = await unit.all("SELECT DISTINCT desk FROM center")
    desks = {row["desk"] for row in rows} | {services.settings.desk}
    if agency_id is not None or desk is None or desk not in desks or reach.desk not in (None, desk):
        raise _invalid("desk", desk, f"one of {', '.join(sorted(desks & {reach.desk or desk}) or [reach.desk or ''])}")


async def refuse_shared(unit: Unit, services: Services, reach: Reach, agency_id: str | None) -> None:
    """An agency that other desks' centers have an agreement with is not one desk's to rule: whoever could give herself
    a way into its accounts would see their people. Problem 409 `shared_agency`."""
    if reach.desk is None or agency_id is None:
        return
    shared = await unit.scalar(
        "SELECT 1 FROM agreed WHERE agency_id = :agency AND center_id <> ALL(:centers) AND starts_at <= :now"
        " AND (ends_at IS NULL OR ends_at > :now) LIMIT 1",
        {"agency": agency_id, "centers": list(reach.centers), "now": services.clock()},
    )
    if shared:
        raise Problem(
            409,
            "shared_agency",
            "다른 관제센터도 협약한 기관입니다. 설치 운영자가 ansim account, ansim address로 바꿉니다.",
            "Other centers have agreements with this agency: whoever runs the installation changes it, with"
            " `ansim account` and `ansim address`.",
            agency_id=agency_id,
        )


def _invalid(field: str, value: Any, message: str) -> Problem:
    return Problem(
        422,
        "invalid",
        f"입력을 확인해 주세요: {field}",
        f"Check these fields: {field}",
        fields=[{"field": field, "message": message, "value": repr(value)[:120]}],
    )


async def _keep_an_admin(unit: Unit, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Two administrators who remove each other at the same moment are taken one after the other."""
    if before["role"] != "admin" or not before["active"]:
        return
    if after["role"] == "admin" and after["active"] and after["desk"] == before["desk"]:
        return
    await unit.execute("SELECT pg_advisory_xact_lock(hashtextextended('accounts: the last admin', 0))")
    others = await unit.scalar(
        "SELECT count(*) FROM account WHERE role = 'admin' AND active AND desk = :desk AND account_id <> :id",
        {"desk": before["desk"], "id": before["account_id"]},
    )
    if not others:
        raise Problem(
            409,
            "last_admin",
            "마지막 관리자입니다. 다른 관리자를 먼저 정하세요.",
            "This is the last administrator; make another one first.",
        )


async def reset(
    unit: Unit, services: Services, reach: Reach, actor: Actor, account_id: UUID, *, password: bool, second_factor: bool
) -> dict[str, Any] | None:
    """A temporary password that must be changed, or no second factor any more, or both; all sessions end. Returns the
    `Enrolment` when the password was reset."""
    found = await card(unit, services, reach, account_id)
    if actor.id == str(account_id):
        raise Problem(
            409,
            "own_account",
            "자기 계정은 내 계정 화면에서 바꾸세요.",
            "Change your own account on its own page.",
        )
    await refuse_shared(unit, services, reach, found["agency_id"])
    given = None
    if password:
        fresh = factor.new_temporary_password()
        await unit.execute(
            "UPDATE account SET password_hash = :hash, temporary_until = :until WHERE account_id = :id",
            {
                "hash": await hashing.hashed(services, fresh),
                "until": services.clock() + TEMPORARY_LIFE,
                "id": account_id,
            },
        )
        given = enrolment(services, found["login"], fresh)
    if second_factor:
        await unit.execute(
            "UPDATE account SET totp_sealed = NULL, totp_new_sealed = NULL WHERE account_id = :id", {"id": account_id}
        )
        await unit.execute("DELETE FROM recovery_code WHERE account_id = :id", {"id": account_id})
    await end_account_sessions(unit, services, account_id, reason="rights")
    await unit.execute("DELETE FROM login_ticket WHERE account_id = :id", {"id": account_id})
    await holds.end_hold(unit, services, holds.login_digest(services, found["login"]))
    payload = {"account_id": str(account_id), "password": password, "second_factor": second_factor}
    record_admin(unit, tag="account:reset", actor=actor, payload=payload)
    return given
