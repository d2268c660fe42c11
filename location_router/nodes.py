"""The registry of nodes: who may sign on the bus. Its table is the router's; centers know a signed list.

A node enrols by itself: the router at its start, an installation when it registers (that call is signed with the
secret the two share, and each key proves that it is held). A further key of a known node must be vouched for by one
that is valid, or be entered by an administrator. A revoked node or key never comes back by itself.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import psycopg
import structlog
from sqlalchemy import Column, DateTime, ForeignKey, LargeBinary, Table, Text, func, text

from location_router.admin.record import record
from location_router.envelope import Keyring, Kind, NodeKey, Signer, key_id
from location_router.nodelist import read_proofs, signed_list
from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end
from location_router.runtime.pool import Connection, Pool
from location_router.store import metadata

log = structlog.get_logger("nodes")
_NOW, _EMPTY = func.now(), text("''")
REFRESH_S = 2.0
ROUTER = "router"
Outcome = Literal["enrolled", "known", "not_vouched", "revoked"]

node = Table(
    "node",
    metadata,
    Column("node_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("bus_domain", Text, nullable=False, server_default=_EMPTY),
    Column("revoked_reason", Text, nullable=False, server_default=_EMPTY),
    Column("enrolled_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("revoked_at", DateTime(timezone=True)),
)
node_key = Table(
    "node_key",
    metadata,
    Column("node_id", Text, ForeignKey("node.node_id", ondelete="CASCADE"), primary_key=True),
    Column("key_id", Text, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("enrolled_by", Text, nullable=False),
    Column("valid_from", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("valid_until", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
)

READ = """
SELECT k.node_id, n.kind, k.public_key, k.valid_from, k.valid_until,
       n.revoked_at IS NOT NULL OR k.revoked_at IS NOT NULL, n.bus_domain, k.enrolled_by, n.revoked_reason
FROM node n JOIN node_key k USING (node_id) ORDER BY k.node_id, k.valid_from"""
INSERT_KEY = """
INSERT INTO node_key (node_id, key_id, public_key, enrolled_by) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"""


REVOKE_NODE = "UPDATE node SET revoked_at = now(), revoked_reason = %s WHERE node_id = %s AND revoked_at IS NULL"
REVOKE_KEY = "UPDATE node_key SET revoked_at = now() WHERE node_id = %s AND key_id = %s AND revoked_at IS NULL"
REINSTATE_NODE = "UPDATE node SET revoked_at = NULL, revoked_reason = '' WHERE node_id = %s AND revoked_at IS NOT NULL"
RETIRE_KEY = "UPDATE node_key SET valid_until = %s WHERE node_id = %s AND key_id = %s"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What became of a node's keys; `code` not_vouched or revoked: the node's messages will be refused."""

    code: Outcome
    key_ids: list[str]


class Nodes:
    """The table as this process knows it, read again every two seconds; the router's `KeySource`."""

    def __init__(self, pool: Pool, signer: Signer) -> None:
        self._pool, self.signer = pool, signer
        self.keyring = Keyring()
        self.domains: dict[str, str] = {}
        self._installations: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._is_enrolled = False

    @property
    def is_binding(self) -> bool:
        """With the first installation that has a key, unsigned messages are over."""
        return bool(self._installations)

    def knows(self, installation: str) -> bool:
        """Whether it understands envelopes: it has a key of its own."""
        return installation in self._installations

    def is_revoked(self, node_id: str) -> bool:
        return self.keyring.is_revoked(node_id)

    async def start(self) -> None:
        try:
            await self.look_again()
        except (Unavailable, psycopg.Error) as error:
            log.warning("nodes_wait_for_database", error=str(error)[:200])
        self._task = asyncio.create_task(self._run(), name="nodes")

    async def stop(self) -> None:
        await end(self._task)

    async def look_again(self) -> None:
        """Read the table; enter ourselves first, once. Raises Unavailable."""
        if not self._is_enrolled:
            await enrol(self._pool, ROUTER, "router", self.signer.public_keys, by="itself", vouched=True)
            self._is_enrolled = True
        rows = await self._pool.run(READ)
        self.keyring = Keyring(
            NodeKey(row[0], row[1], bytes(row[2]), row[3], row[4], is_revoked=bool(row[5])) for row in rows
        )
        self._installations = {row[0] for row in rows if row[1] == "installation"}
        self.domains = {row[0]: row[6] for row in rows if row[6] and not row[5]}

    async def register(self, installation: str, proofs: Sequence[str], *, domain: str = "") -> Enrolment:
        """The keys an installation announces (`proofs_of`). Raises Unavailable."""
        now = datetime.now(UTC)
        keys, vouched = read_proofs(installation, proofs, self.keyring, now=now)
        if not keys:
            return Enrolment("known", [])
        known = {one.public_key for one in self.keyring.of(installation) if not one.is_revoked}
        if set(keys) <= known and (not domain or self.domains.get(installation) == domain):
            return Enrolment("known", [key_id(one) for one in keys])
        result = await enrol(
            self._pool, installation, "installation", keys, by="registration", vouched=vouched, domain=domain
        )
        if result.code not in ("enrolled", "known"):
            log.error("node_not_enrolled", node=installation, code=result.code)
        await self.look_again()
        return result

    def signed_list(self, *, now: datetime) -> dict[str, Any]:
        """The answer to `GET /v1/nodes`."""
        return signed_list(self.keyring, self.signer, now=now)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            try:
                await self.look_again()
            except Unavailable:
                pass
            except psycopg.Error as error:
                log.warning("nodes_refresh_failed", error=str(error)[:200])
            except Exception:
                log.exception("nodes_refresh_failed")


# -- what changes the table; administrators' pages and the command line call these


async def enrol(
    pool: Pool, node_id: str, kind: Kind, keys: Sequence[bytes], *, by: str, vouched: bool = False, domain: str = ""
) -> Enrolment:
    """Enter a node's keys. A new node's first keys are taken; further ones only when `vouched`. Raises Unavailable."""
    ids = [key_id(one) for one in keys]
    async with pool.transaction() as conn:
        await conn.execute("INSERT INTO node (node_id, kind) VALUES (%s, %s) ON CONFLICT DO NOTHING", (node_id, kind))
        row = await _one(conn, "SELECT kind, revoked_at IS NOT NULL FROM node WHERE node_id = %s FOR UPDATE", node_id)
        if row is None or row[0] != kind or row[1]:
            return Enrolment("revoked", ids)
        cursor = await conn.execute("SELECT key_id, revoked_at FROM node_key WHERE node_id = %s", (node_id,))
        known: dict[str, datetime | None] = dict(await cursor.fetchall())
        if any(known.get(one) is not None for one in ids):
            return Enrolment("revoked", ids)
        fresh = [one for one in keys if key_id(one) not in known]
        if fresh and known and not vouched:
            return Enrolment("not_vouched", ids)
        for one in fresh:
            await conn.execute(INSERT_KEY, (node_id, key_id(one), one, by))
            await record(conn, by, "node:key_enrolled", node_id, kind=kind, key=key_id(one), vouched=vouched)
            log.info("node_key_enrolled", node=node_id, key=key_id(one), by=by)
        if domain:
            await conn.execute("UPDATE node SET bus_domain = %s WHERE node_id = %s", (domain, node_id))
    return Enrolment("enrolled" if fresh else "known", ids)


async def revoke(conn: Connection, node_id: str, *, reason: str, by: str, key: str = "") -> bool:
    """Refuse a node, or one key of it, from now on, whatever time its messages carry; False: there is none such."""
    if key:
        statement, parameters = REVOKE_KEY, (node_id, key)
    else:
        statement, parameters = REVOKE_NODE, (reason, node_id)
    done = (await conn.execute(statement, parameters)).rowcount > 0
    if done:
        await record(conn, by, "node:revoked", node_id, reason=reason, key=key)
    log.warning("node_revoked", node=node_id, key=key, reason=reason, done=done)
    return done


async def reinstate(conn: Connection, node_id: str, *, by: str) -> bool:
    """Believe a revoked node again under the keys that were not revoked themselves."""
    done = (await conn.execute(REINSTATE_NODE, (node_id,))).rowcount > 0
    if done:
        await record(conn, by, "node:reinstated", node_id)
    return done


async def retire(conn: Connection, node_id: str, key: str, *, at: datetime, by: str) -> bool:
    """The end of rolling: what is signed with this key after `at` is refused, what was signed before is not."""
    done = (await conn.execute(RETIRE_KEY, (at, node_id, key))).rowcount > 0
    if done:
        await record(conn, by, "node:key_retired", node_id, key=key, at=at)
    return done


async def listed(pool: Pool) -> list[dict[str, Any]]:
    """Every key with its node, for people."""
    return [
        {
            "node": row[0],
            "kind": row[1],
            "key_id": key_id(bytes(row[2])),
            "public_key": base64.b64encode(bytes(row[2])).decode(),
            "valid_from": row[3],
            "valid_until": row[4],
            "revoked": row[5],
            "bus_domain": row[6],
            "enrolled_by": row[7],
            "revoked_reason": row[8],
        }
        for row in await pool.run(READ)
    ]


async def _one(conn: Connection, statement: str, *parameters: Any) -> Any:
    return await (await conn.execute(statement, parameters)).fetchone()
