"""The rows of policies, and what an administrator says about a center: hours, capabilities, draining, callback.

Functions take the caller's connection, so that an administrator's change and its record (`admin_event`) are one
transaction. A rule's past is never rewritten: putting a rule ends the one of the same `rule_id` where the new one
begins. Each set of rules that ever decided an alert is kept under its version (`policy_set`), for `explain`.
Every process goes by a change within a second.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import structlog
from pydantic import ValidationError
from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from location_router.policy import Policies, PolicyRow, Rule, read_rule
from location_router.runtime.pool import Connection
from location_router.states import StaffedHours
from location_router.store import metadata

log = structlog.get_logger("policy")

policy = Table(
    "policy",
    metadata,
    Column("policy_no", BigInteger, Identity(always=True), primary_key=True),
    Column("rule_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("valid_from", DateTime(timezone=True), nullable=False),
    Column("valid_until", DateTime(timezone=True)),
    Column("created_by", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=text("''")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("ix_policy_rule_id", policy.c.rule_id)

policy_set = Table(
    "policy_set",
    metadata,
    Column("version", Text, primary_key=True),
    Column("body", JSONB, nullable=False),
    Column("first_used_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

_READ = """
SELECT rule_id, kind, parameters, valid_from, valid_until, created_by, note, policy_no FROM policy
WHERE valid_until IS NULL OR valid_until > valid_from ORDER BY policy_no"""


async def list_policies(conn: Connection) -> list[PolicyRow]:
    """Every rule that was, is or will be in force, oldest row first. A row that this program can't read is left out
    and logged: it must not keep the others from working."""
    found = []
    for rule_id, kind, parameters, *rest in await (await conn.execute(_READ)).fetchall():
        try:
            found.append(PolicyRow(rule_id, read_rule(kind, parameters), *rest))
        except ValidationError as error:
            log.error("policy_unreadable", rule_id=rule_id, kind=kind, error=str(error)[:200])
    return found


async def put_policy(
    conn: Connection,
    *,
    rule_id: str,
    rule: Rule,
    valid_from: datetime,
    valid_until: datetime | None = None,
    created_by: str,
    note: str = "",
) -> int:
    """Write a rule (`policy.read_rule` makes it from JSON); its number. One of the same `rule_id` ends where this one
    begins, and one that would begin later never does. Raises ValueError for dates in the wrong order."""
    if valid_until is not None and valid_until <= valid_from:
        raise ValueError("valid_until must be later than valid_from")
    await end_policy(conn, rule_id=rule_id, at=valid_from)
    parameters = rule.model_dump(mode="json", exclude={"kind"})
    row = await (
        await conn.execute(
            "INSERT INTO policy (rule_id, kind, parameters, valid_from, valid_until, created_by, note) "
            "VALUES (%s, %s, %s::jsonb, %s, %s, %s, %s) RETURNING policy_no",
            (rule_id, rule.kind, json.dumps(parameters), valid_from, valid_until, created_by, note),
        )
    ).fetchone()
    assert row is not None
    return int(row[0])


async def end_policy(conn: Connection, *, rule_id: str, at: datetime) -> int:
    """The rule ends at `at`; how many rows that changed."""
    cursor = await conn.execute(
        "UPDATE policy SET valid_until = greatest(valid_from, %s) "
        "WHERE rule_id = %s AND (valid_until IS NULL OR (valid_until > %s AND valid_until > valid_from))",
        (at, rule_id, at),
    )
    return cursor.rowcount


async def keep_set(conn: Connection, policies: Policies) -> None:
    """Remember what a policy version means."""
    if policies.version:
        await conn.execute(
            "INSERT INTO policy_set (version, body) VALUES (%s, %s::jsonb) ON CONFLICT DO NOTHING",
            (policies.version, policies.body),
        )


async def read_set(conn: Connection, version: str) -> Policies | None:
    """The rules of a version that decided something; None for an unknown one."""
    if not version:
        return Policies()
    row = await (await conn.execute("SELECT body FROM policy_set WHERE version = %s", (version,))).fetchone()
    return Policies.from_body(json.dumps(row[0])) if row else None


# -- what an administrator says about a center; each returns False for an unknown code


async def set_draining(conn: Connection, code: str, *, is_draining: bool) -> bool:
    """Nothing new for this center while another takes it; what it has it keeps."""
    return await _set(conn, code, "is_draining", is_draining)


async def set_hours(conn: Connection, code: str, hours: StaffedHours | None) -> bool:
    """Staffed hours, None for always."""
    return await _set(conn, code, "hours", hours.model_dump_json() if hours else None)


async def set_capabilities(conn: Connection, code: str, capabilities: Collection[str] | None) -> bool:
    """What the center has (112, 119, cctv), whatever its desk says; None: as its desk says."""
    return await _set(conn, code, "capabilities", None if capabilities is None else sorted(set(capabilities)))


async def set_callback(conn: Connection, code: str, callback: str) -> bool:
    """The telephone number that a person sees."""
    return await _set(conn, code, "callback", callback)


_SETTERS = {
    column: f"UPDATE center SET {column} = %s{cast}, updated_at = now() WHERE code = %s"
    for column, cast in (("is_draining", ""), ("hours", "::jsonb"), ("capabilities", "::text[]"), ("callback", ""))
}


async def _set(conn: Connection, code: str, column: str, value: Any) -> bool:
    return (await conn.execute(_SETTERS[column], (value, code))).rowcount == 1


class CenterSaid(NamedTuple):
    """The administrator's columns of a center."""

    is_draining: bool
    hours: StaffedHours | None
    capabilities: frozenset[str] | None


def read_said(is_draining: bool, hours: str | None, capabilities: list[str] | None) -> CenterSaid:
    return CenterSaid(is_draining, _hours(hours), None if capabilities is None else frozenset(capabilities))


@lru_cache(maxsize=1000)
def _hours(said: str | None) -> StaffedHours | None:
    """Hours that can't be read count as always staffed."""
    if said is None:
        return None
    try:
        return StaffedHours.model_validate_json(said)
    except ValidationError as error:
        log.error("hours_unreadable", error=str(error)[:200])
        return None
