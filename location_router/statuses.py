"""What centers say about an alert: stored, shown to the phone, passed on to the home installation, once each.

A status of an older assignment, or of a center that only watches, is kept for the record and goes no further
(fencing): nobody but the owner speaks for an alert. The bus may swap two statuses: the alert stands as the newest one
says (`seq`), so that one who comes late neither closes an alert that was opened again nor opens a closed one. A
request that is over stays so, whatever becomes of its incident.
"""

from __future__ import annotations

import structlog

from location_router.delivery import Courier
from location_router.ledger import Effects, mail_home
from location_router.runtime.pool import Pool
from location_router.transfer import Transfers
from location_router.wire import Phase, State, Status

log = structlog.get_logger("statuses")

STORE = """
WITH target AS (
  SELECT alert_id, assignment_no, home_installation, watchers <> '{}' AS is_watched,
         assignment_no = %(number)s::int AND center_code = %(center)s::text AS is_owner
  FROM alert WHERE alert_id = %(alert_id)s FOR UPDATE
), fresh AS (
  INSERT INTO status (status_id, alert_id, assignment_no, state, is_adopted, body)
  SELECT %(status_id)s::uuid, alert_id, %(number)s::int, %(state)s::text, is_owner, %(body)s::jsonb FROM target
  ON CONFLICT (status_id) DO NOTHING RETURNING is_adopted
), adopted AS (
  UPDATE alert SET state = %(state)s::text,
    closed_at = CASE WHEN %(is_over)s::bool THEN coalesce(closed_at, now())
      WHEN EXISTS (SELECT FROM agency_request r WHERE r.request_id = %(alert_id)s
                   AND r.state NOT IN ('received', 'accepted')) THEN closed_at END,
    phase = CASE WHEN phase = 'pre' AND %(is_active)s::bool THEN 'active' ELSE phase END,
    active_at = CASE WHEN phase = 'pre' AND %(is_active)s::bool THEN coalesce(active_at, now()) ELSE active_at END
  FROM fresh WHERE fresh.is_adopted AND alert.alert_id = %(alert_id)s
    AND NOT EXISTS (SELECT FROM status s WHERE s.alert_id = %(alert_id)s AND s.is_adopted
                    AND s.assignment_no = %(number)s::int AND (s.body->>'seq')::bigint > %(seq)s::bigint)
), mail AS (
  INSERT INTO outbox (subject, message_id, body, next_attempt_at)
  SELECT 'home.' || target.home_installation, %(status_id)s::text, %(mail)s::bytea, now() + interval '150 ms'
  FROM target, fresh WHERE fresh.is_adopted AND target.home_installation <> '' ON CONFLICT DO NOTHING
)
SELECT fresh.is_adopted, target.home_installation, target.is_owner AND target.is_watched
FROM target LEFT JOIN fresh ON true"""
RELEASES = (State.ACKNOWLEDGED, State.CLOSED, State.CANCELLED)


class Statuses:
    def __init__(self, pool: Pool, courier: Courier, transfers: Transfers) -> None:
        self._pool, self._courier, self._transfers = pool, courier, transfers

    async def told(self, status: Status) -> bool:
        """One commit; True when it is news of the owner. Raises Unavailable."""
        body = status.model_dump_json()
        rows = await self._pool.run(
            STORE,
            {
                "alert_id": status.alert_id,
                "status_id": status.status_id,
                "number": status.assignment_no,
                "center": status.center.code,
                "state": status.state,
                "seq": status.seq,
                "body": body,
                "mail": body.encode(),
                "is_over": status.state in (State.CLOSED, State.CANCELLED),
                "is_active": status.phase is Phase.ACTIVE,
            },
        )
        if not rows:
            return False
        is_adopted, home, is_watched = rows[0]
        if is_watched and status.state in RELEASES:  # also for a copy: the first one may have died before this line
            await self._transfers.settle(status.alert_id)
        if is_adopted:
            self._courier.send_soon(Effects(status.alert_id, mail=[mail_home(home, status)] if home else []))
        elif is_adopted is not None:
            log.warning("status_fenced", alert_id=str(status.alert_id), assignment_no=status.assignment_no)
        return bool(is_adopted)
