"""Sessions: opened after the last step of signing in, looked at anew at each request, ended for a reason.

The token lives only in the cookie; the table holds its keyed digest. A session is bound to its address. It ends after
twelve hours, or sixteen for who works on an open incident (`watch.py` extends), or when nobody has touched it for a
while at a desk that does not wait for calls. The newest sessions of an account count, up to a limit: the one that was
left alone longest ends.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.actor import Actor
from server.events import record_admin
from server.staff.model import (
    EXTENSION,
    LONGEST_SESSION,
    SESSION_LIFE,
    AgencyRef,
    Viewer,
    ends_soon,
    is_idle,
    is_registered,
)

if TYPE_CHECKING:
    from server.services import Services

TOUCH_EVERY = timedelta(minutes=1)  # how exactly idleness is known


def token_digest(services: Services, token: str) -> bytes:
    return services.sealer.digest(token, context="session")


async def open_session(
    unit: Unit, services: Services, account: dict[str, Any], *, address: str, method: str, old_token: str = ""
) -> tuple[str, Viewer]:
    """A new session's token and its viewer. Always a token of its own, never one that the browser brought along;
    the browser's old session ends."""
    now, token = services.clock(), secrets.token_urlsafe(32)
    digest, account_id = token_digest(services, token), account["account_id"]
    await unit.execute("SELECT 1 FROM account WHERE account_id = :id FOR UPDATE", {"id": account_id})
    if old_token:
        await unit.execute(
            "UPDATE session SET ended_at = :now, end_reason = 'replaced' WHERE token_digest = :digest"
            " AND ended_at IS NULL",
            {"now": now, "digest": token_digest(services, old_token)},
        )
    await unit.execute(
        "INSERT INTO session (token_digest, account_id, address, created_at, seen_at, expires_at, method)"
        " VALUES (:digest, :account, :address, :now, :now, :expires, :method)",
        {
            "digest": digest,
            "account": account_id,
            "address": address,
            "now": now,
            "expires": now + SESSION_LIFE,
            "method": method,
        },
    )
    await _keep_newest(unit, services, account_id)
    await unit.execute("UPDATE account SET last_login_at = :now WHERE account_id = :id", {"now": now, "id": account_id})
    viewer = await viewer_from(unit, services, account, address, digest)
    record_admin(unit, tag="session:opened", actor=viewer.actor, payload={"method": method, "address": address})
    return token, viewer


async def _keep_newest(unit: Unit, services: Services, account_id: UUID) -> None:
    if services.settings.sessions_max <= 0:
        return
    await unit.execute(
        "UPDATE session SET ended_at = :now, end_reason = 'limit' WHERE token_digest IN ("
        " SELECT token_digest FROM session WHERE account_id = :account AND ended_at IS NULL AND expires_at > :now"
        " ORDER BY greatest(seen_at, alive_at) DESC, created_at DESC OFFSET :keep)",
        {"now": services.clock(), "account": account_id, "keep": services.settings.sessions_max},
    )


async def viewer_of(services: Services, token: str, address: str) -> Viewer | None:
    """Who holds this session at this address; None when it ended, expired, moved, or lost its registration."""
    if not token:
        return None
    digest, now = token_digest(services, token), services.clock()
    async with services.db.begin() as unit:
        row = await unit.one(
            "SELECT a.*, s.address AS seat, s.seen_at, ARRAY(SELECT network FROM registered_network n"
            " WHERE n.account_id = a.account_id) AS networks FROM session s JOIN account a USING (account_id)"
            " WHERE s.token_digest = :digest AND s.ended_at IS NULL AND s.expires_at > :now AND a.active",
            {"digest": digest, "now": now},
        )
        if row is None or row["seat"] != address or not is_registered(address, row["networks"]):
            return None
        if is_idle(row["role"], row["seen_at"], now, idle_timeout_s=services.settings.idle_timeout_s):
            await end_sessions(unit, services, [digest], reason="idle")
            return None
        if now - row["seen_at"] > TOUCH_EVERY:
            await unit.execute(
                "UPDATE session SET seen_at = :now WHERE token_digest = :digest", {"now": now, "digest": digest}
            )
        return await viewer_from(unit, services, row, address, digest)


async def still_signed_in(services: Services, viewer: Viewer) -> bool:
    """For sockets that outlive the request that opened them: session, address, role and desk are still the same."""
    async with services.db.begin() as unit:
        row = await unit.one(
            "SELECT ARRAY(SELECT network FROM registered_network n WHERE n.account_id = a.account_id) AS networks"
            " FROM session s JOIN account a USING (account_id) WHERE s.token_digest = :digest"
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
    return row is not None and is_registered(viewer.address, row["networks"])


async def extend_own(services: Services, viewer: Viewer) -> dict[str, Any]:
    """A quarter of an hour more for whoever presses the button, up to sixteen hours after signing in: nobody is thrown
    out in the middle of a sentence. Problem 409 `longest_session` when there is no more to give."""
    now = services.clock()
    async with services.db.begin() as unit:
        row = await unit.one(
            "UPDATE session SET expires_at = least(greatest(expires_at, :now + :more), created_at + :longest),"
            " extended_at = :now, seen_at = :now WHERE token_digest = :digest AND ended_at IS NULL"
            " AND expires_at < created_at + :longest RETURNING session_id, expires_at",
            {"now": now, "more": EXTENSION, "longest": LONGEST_SESSION, "digest": viewer.session},
        )
        if row is None:
            ko = "더 연장할 수 없습니다. 하던 일을 인계하고 다시 로그인하세요."
            raise Problem(409, "longest_session", ko, "No more time can be added: hand over, then log in again.")
        payload = {"account_id": str(viewer.account_id), "session_id": str(row["session_id"])}
        payload |= {"until": row["expires_at"].isoformat()}
        record_admin(unit, tag="session:extended", actor=viewer.actor, payload=payload)
    return {"expires_at": row["expires_at"], "ends_soon": ends_soon(row["expires_at"], now), "extended": True}


async def sign_out(services: Services, viewer: Viewer) -> list[bytes]:
    """Sign the account out of this seat, with every browser it left open there: a picture that another forgotten
    session would keep alive goes dark. Returns the ended sessions."""
    async with services.db.begin() as unit:
        rows = await unit.all(
            "UPDATE session SET ended_at = :now, end_reason = 'signed_out' WHERE account_id = :account"
            " AND address = :address AND ended_at IS NULL RETURNING token_digest",
            {"now": services.clock(), "account": viewer.account_id, "address": viewer.address},
        )
        record_admin(unit, tag="session:closed", actor=viewer.actor, payload={"sessions": len(rows)})
    return [bytes(row["token_digest"]) for row in rows]


async def end_sessions(unit: Unit, services: Services, digests: Sequence[bytes], *, reason: str) -> None:
    """End these; their sockets close right after the commit, in other processes within half a second."""
    await unit.execute(
        "UPDATE session SET ended_at = :now, end_reason = :reason WHERE token_digest = ANY(:digests)"
        " AND ended_at IS NULL",
        {"now": services.clock(), "reason": reason, "digests": list(digests)},
    )
    unit.after_commit(lambda: end_sockets(services, digests))


async def end_account_sessions(
    unit: Unit, services: Services, account_id: UUID, *, reason: str, but: bytes = b""
) -> int:
    """End all sessions of an account, but one; returns how many there were."""
    rows = await unit.all(
        "SELECT token_digest FROM session WHERE account_id = :id AND ended_at IS NULL AND expires_at > :now"
        " AND token_digest <> :but",
        {"id": account_id, "now": services.clock(), "but": but},
    )
    digests = [bytes(row["token_digest"]) for row in rows]
    if digests:
        await end_sessions(unit, services, digests, reason=reason)
    return len(digests)


def end_sockets(services: Services, digests: Sequence[bytes]) -> None:
    """Close the sockets of ended sessions in this process."""
    for hub in (services.shared.get("feed"), services.shared.get("agency_feed")):
        for digest in digests if hub is not None else ():
            hub.end_session(digest)


async def listed(unit: Unit, services: Services, account_id: UUID, *, own: bytes = b"") -> list[dict[str, Any]]:
    """The contract's `Session` rows that are open, the newest first."""
    now = services.clock()
    rows = await unit.all(
        "SELECT * FROM session WHERE account_id = :id AND ended_at IS NULL AND expires_at > :now"
        " ORDER BY created_at DESC",
        {"id": account_id, "now": now},
    )
    return [
        {
            "session_id": str(row["session_id"]),
            "address": row["address"],
            "method": row["method"],
            "created_at": row["created_at"],
            "seen_at": max(row["seen_at"], row["alive_at"] or row["seen_at"]),
            "expires_at": row["expires_at"],
            "extended": row["extended_at"] is not None,
            "own": bytes(row["token_digest"]) == own,
        }
        for row in rows
    ]


async def end_one(unit: Unit, services: Services, session_id: UUID, *, account_id: UUID, actor: Actor) -> bool:
    """End one session of this account, by its public id. False: it has no such open session."""
    digest = await unit.scalar(
        "SELECT token_digest FROM session WHERE session_id = :id AND account_id = :account AND ended_at IS NULL",
        {"id": session_id, "account": account_id},
    )
    if digest is None:
        return False
    is_own = actor.id == str(account_id)
    await end_sessions(unit, services, [bytes(digest)], reason="ended" if is_own else "by_admin")
    record_ended(unit, actor, account_id, 1)
    return True


def record_ended(unit: Unit, actor: Actor, account_id: UUID, count: int) -> None:
    if count:
        payload = {"account_id": str(account_id), "sessions": count}
        record_admin(unit, tag="session:ended", actor=actor, payload=payload)


async def viewer_from(unit: Unit, services: Services, account: dict[str, Any], address: str, digest: bytes) -> Viewer:
    agency = None
    if account["agency_id"]:
        found = await unit.one(
            "SELECT agency_id, kind, name_ko, name_en FROM agency WHERE agency_id = :id", {"id": account["agency_id"]}
        )
        nameless = AgencyRef(account["agency_id"], "", account["agency_id"], account["agency_id"])
        agency = AgencyRef(**found) if found else nameless
    desk = account["desk"] or ""
    return Viewer(
        account["account_id"],
        account["login"],
        services.sealer.open(account["name_sealed"], context=f"account.name:{account['account_id']}"),
        account["role"],
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
