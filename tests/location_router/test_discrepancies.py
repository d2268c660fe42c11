"""Discrepancy reports: counted once per kind, kept through an outage, bounded, and nothing about a person."""

from __future__ import annotations

import pytest

from location_router.discrepancies import MOST_HELD, OTHERS, Discrepancies, harmless
from location_router.runtime.db import Unavailable
from location_router.runtime.pool import Pool


async def test_the_same_thing_is_one_row_that_counts(router_database: str) -> None:
    pool = Pool(router_database, size=1, name="notes")
    await pool.open()
    for round_no in (1, 2):
        reports = Discrepancies(pool)  # a second process
        for _ in range(3):
            reports.note("lost", "crs_spelling", partner="lost.example.jp", detail="EPSG:4326")
        await reports.flush()
        (row,) = await reports.report()
        assert row["seen"] == 3 * round_no and row["first_seen_at"] <= row["last_seen_at"]
    assert (row["kind"], row["partner"], row["detail"]) == ("crs_spelling", "lost.example.jp", "EPSG:4326")
    await pool.close()


async def test_an_outage_loses_no_count_and_breaks_no_answer(router_database: str) -> None:
    away = Pool("postgresql+psycopg://nobody@127.0.0.1:1/none", size=1, name="away", patience_s=0.1)
    await away.open()
    reports = Discrepancies(away)
    reports.note("lost", "media_type", partner="a")
    with pytest.raises(Unavailable):
        await reports.flush()
    await away.close()
    reports.note("lost", "media_type", partner="a")
    reports._pool = Pool(router_database, size=1, name="back")
    await reports._pool.open()
    await reports.flush()
    (row,) = await reports.report()
    assert row["seen"] == 2
    await reports._pool.close()


def test_a_flood_of_different_things_is_counted_together() -> None:
    reports = Discrepancies(Pool("postgresql+psycopg://nobody@127.0.0.1:1/none", size=1, name="away"))
    for number in range(MOST_HELD + 500):
        reports.note("lost", "unit_spelling", partner=f"p{chr(97 + number % 26)}{number}")
    assert len(reports._held) == MOST_HELD + 1
    assert reports._held["lost", "unit_spelling", OTHERS, ""].times == 500


@pytest.mark.parametrize("told", ["010-1234-5678", "37.401512", "jy@example.kr", "01012345678"])
def test_nothing_that_looks_like_a_person_is_kept(told: str) -> None:
    assert told not in harmless(f"in {told} \n", most=60)
    assert harmless("radius EPSG:4326 \x00\x1b[0m", most=60) == "radius EPSG:4326 [0m"
