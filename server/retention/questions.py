"""From an entry of the registry to SQL: what is due, count it, delete a batch of it.

Every question carries the same condition, so that the preview, the purge and the check of the purge can't disagree.
Names come from the registry and the tables' own metadata, never from a request; values are parameters.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from server.db import metadata
from server.retention.model import EVERY_CENTER, Group, Rows

Parameters = dict[str, Any]

_HELD_ALERTS = (
    "SELECT alert_id FROM alert WHERE incident_id IN (SELECT held_incidents())"
    " UNION ALL SELECT alert_id FROM handed_alert WHERE incident_id IN (SELECT held_incidents())"
)


def exists(rows: Rows) -> bool:
    """Whether a slice of this release declares the table."""
    return rows.table in metadata.tables


def held(rows: Rows) -> str:
    """SQL: a legal hold keeps the row."""
    parts = []
    if rows.held_incident:
        parts.append(f"coalesce({rows.held_incident} IN (SELECT held_incidents()), false)")
    if rows.held_alert:
        parts.append(f"coalesce({rows.held_alert} IN ({_HELD_ALERTS}), false)")
    return f"({' OR '.join(parts)})" if parts else "false"


def covered(rows: Rows, group: Group) -> str:
    """FROM … WHERE of the rows of these centers, due or not, held or not."""
    conditions = [f"({rows.where})"] if rows.where else []
    if rows.erase:
        conditions.append(f"({' OR '.join(f't.{column} IS NOT NULL' for column in rows.erase)})")
    if rows.unless_referenced:
        conditions += _unreferenced(rows.table)
    if rows.center and group.only is not None:
        conditions.append(f"{rows.center} = ANY(%(only)s)")
    if rows.center and group.others:
        conditions.append(f"{rows.center} <> ALL(%(others)s)")
    if not rows.center and group.only is not None:
        conditions.append("false")  # what belongs to no center goes by the city's default
    return f'FROM "{rows.table}" t {rows.join} WHERE {" AND ".join(conditions) or "true"}'


def values(group: Group, before: datetime) -> Parameters:
    return {"before": before, "only": list(group.only or ()), "others": list(group.others)}


def center_of(rows: Rows) -> str:
    return rows.center or f"'{EVERY_CENTER}'"


def due(rows: Rows, group: Group) -> str:
    """FROM … WHERE of what goes now."""
    return f"{covered(rows, group)} AND ({rows.clock}) < %(before)s AND NOT {held(rows)}"


def count_due(rows: Rows, group: Group) -> str:
    return f"SELECT {center_of(rows)}, count(*) {due(rows, group)} GROUP BY 1"


def count_held(rows: Rows, group: Group) -> str:
    """What would go if no hold kept it."""
    clock = f"({rows.clock}) < %(before)s"
    return f"SELECT {center_of(rows)}, count(*) {covered(rows, group)} AND {clock} AND {held(rows)} GROUP BY 1"


def oldest(rows: Rows, group: Group, *, near: bool = False) -> str:
    """With `near` only among what is over within a day: of days in partitions not all need be read."""
    close = f" AND {rows.clock} < %(before)s + interval '1 day'" if near else ""
    return f"SELECT {center_of(rows)}, min({rows.clock}) {covered(rows, group)}{close} GROUP BY 1"


def by_moment(rows: Rows, group: Group) -> str:
    """Items per center, hour of their clock, and whether a hold keeps them: what the preview adds up."""
    hour = f"date_trunc('hour', {rows.clock}, 'UTC')"
    return (
        f"SELECT {center_of(rows)}, {hour}, {held(rows)}, count(*) {covered(rows, group)}"
        f" AND ({rows.clock}) IS NOT NULL GROUP BY 1, 2, 3"
    )


def delete_batch(rows: Rows, group: Group) -> str:
    """Delete (or erase the columns of) at most `%(most)s` due rows; returns each one's center."""
    table = metadata.tables[rows.table]
    keys = [column.name for column in table.primary_key.columns]
    chosen = ", ".join(f"t.{key}" for key in keys)
    same = " AND ".join(f"x.{key} = d.{key}" for key in keys)
    found = f"(SELECT {chosen}, {center_of(rows)} AS whose {due(rows, group)} LIMIT %(most)s) d"
    if rows.erase:
        empty = ", ".join(f"{column} = NULL" for column in rows.erase)
        return f'UPDATE "{rows.table}" x SET {empty} FROM {found} WHERE {same} RETURNING d.whose'
    return f'DELETE FROM "{rows.table}" x USING {found} WHERE {same} RETURNING d.whose'


def batch_with_files(rows: Rows, group: Group) -> str:
    """At most `%(most)s` due rows whose file is still there, locked: key, path, center."""
    key = metadata.tables[rows.table].primary_key.columns[0].name
    chosen = f"SELECT t.{key}, t.{rows.file}, {center_of(rows)} {due(rows, group)}"
    return f"{chosen} LIMIT %(most)s FOR UPDATE OF t SKIP LOCKED"


def mark_gone(rows: Rows) -> str:
    key = metadata.tables[rows.table].primary_key.columns[0].name
    return f"UPDATE \"{rows.table}\" SET gone_at = %s, gone_why = 'retention' WHERE {key} = ANY(%s)"


def _unreferenced(table: str) -> list[str]:
    """One NOT EXISTS for each foreign key that points at the table and would not follow it."""
    return [
        f'NOT EXISTS (SELECT 1 FROM "{other}" r WHERE r.{column} = t.{target})'
        for other, column, target in pointing_at(table)
    ]


def pointing_at(table: str) -> list[tuple[str, str, str]]:
    """(table, column, our column) of every foreign key to `table` without ON DELETE CASCADE or SET NULL."""
    return sorted(
        (other.name, key.parent.name, key.column.name)
        for other in metadata.tables.values()
        for key in other.foreign_keys
        if key.column.table.name == table and key.ondelete not in ("CASCADE", "SET NULL")
    )
