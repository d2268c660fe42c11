"""When the time of what hangs on an incident begins to run; pieces of SQL for the registry of kinds."""

from __future__ import annotations

from server.retention.model import Rows

OVER = "i.state IN ('closed','cancelled','transferred')"
CLOSED = f"CASE WHEN {OVER} THEN coalesce(i.closed_at, i.opened_at) END"
"""The clock of what hangs on an incident `i`: its end; none while it is open."""
INCIDENT = "JOIN incident i ON i.incident_id = t.incident_id"


def of_incident(table: str, *, erase: tuple[str, ...] = (), where: str = "") -> Rows:
    """Rows of a table with `center_id` and `incident_id` that go some days after the incident's end, unless held."""
    return Rows(table, CLOSED, join=INCIDENT, held_incident="t.incident_id", erase=erase, where=where)
