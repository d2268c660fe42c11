"""New alerts into the database: many in one statement and one commit, each with all that it causes.

Alert, assignment, delivery, first status and claims stand in one INSERT that does nothing for an id that is known.
While a commit is under way the next alerts gather, so a wave of them costs few commits; a single one waits for nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from location_router.runtime.group import Group
from location_router.runtime.pool import Connection, Pool

MOST_AT_ONCE = 64
STATEMENTS_AT_ONCE = 4

# `said` are the alerts' claims (location_router/links.py). One that somebody else makes who is not among the known
# `partners` lets nothing in: the caller looks who it is and comes again with links and, perhaps, another owner.
# Claims and alerts are written in one order everywhere, so that no two statements wait for each other.
ACCEPT = """
WITH given AS MATERIALIZED (
  SELECT * FROM ROWS FROM (
    json_to_recordset(%(rows)s::json) AS (
      alert_id uuid, phase text, outcome text, center text, served_by text, flags text[], device_id text, home text,
      received_at timestamptz, active_at timestamptz, pre_deadline_at timestamptz, ended_at timestamptz,
      reason text, version text, record jsonb, delivery_id uuid, status_id uuid, status jsonb, runner_up text,
      watch_id uuid, ladder_from timestamptz, ladder_at timestamptz, send_at_ms float8,
      claims bytea[], weak bytea[], asked bytea[], partners uuid[]),
    unnest(%(message)b::bytea[]), unnest(%(original)b::bytea[]), unnest(%(body)b::bytea[]),
    unnest(%(watch_body)b::bytea[]), unnest(%(mail)b::bytea[])
  ) AS g (alert_id, phase, outcome, center, served_by, flags, device_id, home, received_at, active_at,
          pre_deadline_at, ended_at, reason, version, record, delivery_id, status_id, status, runner_up, watch_id,
          ladder_from, ladder_at, send_at_ms, claims, weak, asked, partners, message, original, body, watch_body, mail)
), said AS (
  INSERT INTO alert_claim AS held (claim, alert_id, at)
  SELECT t.claim, g.alert_id, g.received_at FROM given g, unnest(g.claims) AS t(claim)
  WHERE (SELECT true FROM alert a WHERE a.alert_id = g.alert_id) IS NULL ORDER BY t.claim
  ON CONFLICT (claim) DO UPDATE SET alert_id = excluded.alert_id, at = excluded.at
  WHERE held.alert_id = excluded.alert_id OR held.at < excluded.at - interval '12 hours' OR EXISTS (
    SELECT FROM given g WHERE g.alert_id = excluded.alert_id
      AND (held.alert_id = ANY (g.partners) OR held.claim = ANY (g.weak)))
  RETURNING alert_id
), free AS (
  SELECT g.* FROM given g
  LEFT JOIN (SELECT alert_id, count(*) AS claimed FROM said GROUP BY alert_id) s USING (alert_id)
  WHERE coalesce(s.claimed, 0) = cardinality(g.claims) AND (
    SELECT true FROM unnest(g.asked) AS t(claim) JOIN alert_claim c USING (claim)
    WHERE c.alert_id <> ALL (g.partners) AND c.alert_id <> g.alert_id AND c.at > g.received_at - interval '12 hours'
    LIMIT 1) IS NULL
), fresh AS (
  INSERT INTO alert (alert_id, phase, outcome, assignment_no, center_code, served_by, flags, message_sealed,
                     original_sealed, device_id, home_installation, received_at, active_at, pre_deadline_at, ended_at,
                     watchers, ladder_from, ladder_at)
  SELECT alert_id, phase, outcome, 1, center, served_by, flags, message, original, device_id, home, received_at,
         active_at, pre_deadline_at, ended_at, array_remove(ARRAY[runner_up], ''), ladder_from, ladder_at
  FROM free ORDER BY alert_id ON CONFLICT (alert_id) DO NOTHING RETURNING alert_id
), entered AS (
  SELECT free.* FROM free JOIN fresh USING (alert_id)
), decided AS (
  INSERT INTO assignment (alert_id, assignment_no, center_code, served_by, reason, boundary_version, record, decided_at)
  SELECT alert_id, 1, center, served_by, reason, version, record, received_at FROM entered
), sent AS (
  INSERT INTO delivery (delivery_id, alert_id, assignment_no, installation, body_sealed, next_attempt_at)
  SELECT delivery_id, alert_id, 1, served_by, body, now() + send_at_ms * interval '1 ms' FROM entered
), watching AS (
  INSERT INTO delivery (delivery_id, alert_id, assignment_no, installation, is_notice, role, body_sealed,
                        next_attempt_at)
  SELECT watch_id, alert_id, 1, runner_up, true, 'runner_up', watch_body, now() + send_at_ms * interval '1 ms'
  FROM entered WHERE runner_up <> ''
), told AS (
  INSERT INTO status (status_id, alert_id, assignment_no, state, is_adopted, body)
  SELECT status_id, alert_id, 1, 'assigned', true, status FROM entered WHERE active_at IS NOT NULL
), home AS (
  INSERT INTO outbox (subject, message_id, body, next_attempt_at)
  SELECT 'home.' || home, status_id::text, mail, now() + send_at_ms * interval '1 ms'
  FROM entered WHERE active_at IS NOT NULL AND home <> ''
)
SELECT alert_id, true FROM fresh UNION ALL
SELECT alert_id, false FROM given WHERE alert_id NOT IN (SELECT alert_id FROM free)
  AND (SELECT true FROM alert a WHERE a.alert_id = given.alert_id) IS NULL"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One new alert: `row` as ACCEPT reads it, the sealed parts beside it, and the claims it makes or asks about."""

    alert_id: UUID
    row: dict[str, Any]
    message: bytes
    body: bytes
    mail: bytes
    original: bytes | None
    watch_body: bytes | None
    claims: tuple[bytes, ...]


class Acceptance:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._group = Group(self._together, most=MOST_AT_ONCE, at_once=STATEMENTS_AT_ONCE, keys=_keys)

    def __len__(self) -> int:
        """How many alerts wait for the next statement."""
        return len(self._group)

    async def enter(self, entry: Entry) -> bool | None:
        """True: it is on disk with all that it causes. False: somebody else makes one of its claims. None: its id is
        known. Raises Unavailable: nothing is promised."""
        return await self._group.put(entry)

    async def enter_in(self, conn: Connection, entry: Entry) -> bool | None:
        """The same inside a transaction of the caller's."""
        rows = await (await conn.execute(ACCEPT, _values([entry]))).fetchall()
        return rows[0][1] if rows else None

    async def _together(self, entries: list[Entry]) -> list[bool | None]:
        done = dict(await self._pool.run(ACCEPT, _values(entries)))
        return [done.get(one.alert_id) for one in entries]


def _keys(entry: Entry) -> tuple[Any, ...]:
    return (entry.alert_id, *entry.claims)


def _values(entries: list[Entry]) -> dict[str, Any]:
    return {
        "rows": orjson.dumps([one.row for one in entries]).decode(),
        "message": [one.message for one in entries],
        "original": [one.original for one in entries],
        "body": [one.body for one in entries],
        "watch_body": [one.watch_body for one in entries],
        "mail": [one.mail for one in entries],
    }
