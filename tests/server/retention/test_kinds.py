"""Every table with something about a person is in the registry, and every entry fits the database (invariant 7)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from geoalchemy2 import Geography
from sqlalchemy import Boolean, Table

from server.db import load_tables, metadata
from server.retention import questions
from server.retention.kinds import KEPT, KINDS
from server.retention.model import Policy, groups_of
from server.services import Services

load_tables()
PERSONAL_NAMES = {"lat", "lon", "address", "person_id", "person_ref", "guardian_id", "alert_id", "phone", "name"}
PERSONAL_ENDINGS = ("_sealed", "_digest", "_position", "_lat", "_lon")
NOW = datetime(2026, 12, 1, tzinfo=UTC)


def personal_columns(table: Table) -> list[str]:
    """Columns whose name or type says that they may hold, or point at, something about a person."""
    return [
        column.name
        for column in table.columns
        if not isinstance(column.type, Boolean)
        and (
            column.name in PERSONAL_NAMES
            or column.name.endswith(PERSONAL_ENDINGS)
            or isinstance(column.type, Geography)
        )
    ]


def test_no_table_about_people_is_forgotten() -> None:
    covered = {rows.table for kind in KINDS for rows in kind.rows} | KEPT.keys()
    forgotten = {
        name: columns
        for name, table in metadata.tables.items()
        if name not in covered and (columns := personal_columns(table))
    }
    assert not forgotten, (
        f"nobody deletes from {sorted(forgotten)} ({forgotten}): add each to a kind in server/retention/kinds.py,"
        " or say in KEPT what else ends its rows"
    )


def test_the_registry_names_no_table_that_is_not_there() -> None:
    named = {rows.table for kind in KINDS for rows in kind.rows} | KEPT.keys()
    assert named <= metadata.tables.keys(), named - metadata.tables.keys()


def test_what_points_at_a_row_goes_before_it_or_with_it() -> None:
    """A foreign key to a purged table is purged earlier in the same run by a term that is not longer, or cascades."""
    deleted = [(rows.table, kind) for kind in KINDS for rows in kind.rows if not rows.erase]
    places = {table: number for number, (table, _) in enumerate(deleted)}
    for number, (table, _kind) in enumerate(deleted):
        if any(rows.unless_referenced for kind in KINDS for rows in kind.rows if rows.table == table):
            continue
        for other, column, _ in questions.pointing_at(table):
            assert other in places and places[other] < number, f"{other}.{column} points at {table}: it would be left"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_entry_says_everything(kind) -> None:
    assert 0 <= kind.least_days <= kind.days <= kind.most_days
    assert all((kind.what_ko, kind.what_en, kind.counts_from_ko, kind.reason_ko, kind.reason_en, kind.rows))
    assert len({one.name for one in KINDS}) == len(KINDS)


async def test_every_question_of_the_registry_can_be_asked(services: Services) -> None:
    """Its names are those of the migrated database, for every kind, every center, and one center alone."""
    async with services.db.begin() as unit:
        for kind in KINDS:
            groups = groups_of({("41170", kind.name): Policy(kind.days, 1)}, kind)
            assert [group.only for group in groups] == [("41170",), None]
            for rows in kind.rows:
                for group in groups:
                    asked = questions.values(group, NOW) | {"most": 10}
                    for question in ASKED:
                        cursor = await unit.driver.execute(question(rows, group), asked)
                        assert await cursor.fetchall() == []


ASKED = (
    questions.count_due,
    questions.count_held,
    questions.oldest,
    questions.by_moment,
    questions.delete_batch,
)
