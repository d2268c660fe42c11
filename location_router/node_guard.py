"""The router's own guard on the bus: keys from the table of nodes, refused messages into the quarantine.

A receipt, news of links, a line of talk and the state of a request must name the installation that signed it. A status,
a line and a state must come from the installation that the assignment was given to: who never had the alert may not
close it, or speak to the person.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import orjson
import structlog

from location_router.envelope import Opened, Refused, Signer, seeds_from
from location_router.guard import Guard
from location_router.guardian_notes import HOME
from location_router.nodes import ROUTER, Nodes
from location_router.runtime.pool import Pool
from location_router.runtime.seal import Sealer
from location_router.settings import Settings
from location_router.wire import kind_of

log = structlog.get_logger("nodes")
KEEP_BYTES = 64 * 1024
# A desk that lost the alert a moment ago says so in good faith: no forgery, and nothing for people to look at.
UNREMARKABLE = {"not_its_alert"}

SERVED_BY = "SELECT served_by FROM assignment WHERE alert_id = %s AND assignment_no = %s"
KEEP = """
INSERT INTO quarantine (quarantine_id, code, field, size_bytes, body_sealed) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING"""


def make_guard(settings: Settings, pool: Pool, sealer: Sealer) -> tuple[Nodes, Guard]:
    """The registry and the guard of a router process. Raises ValueError for an unusable NODE_KEY."""
    signer = Signer(ROUTER, seeds_from(settings.node_key, data_key=settings.data_key, node=ROUTER))
    nodes = Nodes(pool, signer)

    async def quarantine(subject: str, message_id: str, data: bytes, refused: Refused) -> None:
        if refused.code in UNREMARKABLE:
            return
        number = uuid4()
        sealed = sealer.seal(data[:KEEP_BYTES].decode("utf-8", "replace"), context=f"quarantine.body:{number}")
        field = f"{subject} {refused.node}"[:200].replace("\x00", "")
        await pool.run(KEEP, (number, f"bus_{refused.code}", field, len(data), sealed))

    async def authorise(opened: Opened, subject: str) -> str:
        return await _speaks_for_itself(pool, opened, subject)

    guard = Guard(
        signer,
        nodes,
        quarantine,
        authorise=authorise,
        signs_for=lambda subject: nodes.knows(subject.partition(".")[2]),
        may_enrol=lambda node: node in settings.router_installation_keys,
        unsigned_until=settings.bus_unsigned_until,
    )
    return nodes, guard


async def _speaks_for_itself(pool: Pool, opened: Opened, subject: str) -> str:
    """Empty, or why not. Raises Unavailable."""
    try:
        said: dict[str, Any] = orjson.loads(opened.body)
        kind = kind_of(opened.body)
        if subject == "receipt" or kind == "links":
            return "" if said.get("installation") == opened.node else "speaks_for_another"
        if kind in ("talk", "request_state"):
            if said.get("installation") != opened.node:
                return "speaks_for_another"
            alert_id = said["alert_id"] if "alert_id" in said else said["request_id"]
            rows = await pool.run(SERVED_BY, (UUID(alert_id), int(said["assignment_no"])))
            return "" if rows and rows[0][0] == opened.node else "not_its_alert"
        if subject == "status" and kind == "guardian":
            rows = await pool.run(HOME, (UUID(said["alert_id"]),))
            is_its_own = said.get("installation") == opened.node and (not rows or rows[0][0] == opened.node)
            return "" if is_its_own else "not_its_alert"
        if subject == "status" and kind == "approach":
            if said.get("installation") != opened.node:
                return "speaks_for_another"
            rows = await pool.run(SERVED_BY, (UUID(said["request_id"]), int(said["assignment_no"])))
            return "not_its_alert" if rows and rows[0][0] != opened.node else ""
        if subject == "status":
            rows = await pool.run(SERVED_BY, (UUID(said["alert_id"]), int(said["assignment_no"])))
            return "not_its_alert" if rows and rows[0][0] != opened.node else ""
    except (ValueError, TypeError, KeyError, AttributeError):
        return "malformed"
    return ""
