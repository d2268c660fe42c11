"""What goes when, what stays, and what proves it: told with a clock that runs through years."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from location_router.runtime.db import conninfo
from server.events import record
from server.incidents.cards import closed_cards
from server.people import service as people
from server.retention import service
from server.retention.findings import overdue_days, retention_findings
from server.retention.kinds import KINDS
from server.retention.partitions import days_of
from server.retention.purge import purge, what_is_due
from server.verify_log import verify_chain
from tests.server.retention.conftest import Years
from tests.server.scene import CENTER, OTHER

pytestmark = pytest.mark.database


async def note(years: Years, incident_id: UUID, text: str) -> None:
    async with years.scene.services.db.begin() as unit:
        record(
            unit, center_id=CENTER, incident_id=incident_id, tag="incident:noted", payload={"text": text}, at=years.now
        )


async def hold(years: Years, *, days: float = 300, **subject: Any) -> UUID:
    given: dict[str, Any] = {"incident_id": None, "person_ref": None} | subject
    placed = await service.place_hold(
        years.scene.services,
        years.scene.staff["privacy"],
        reason="영장 2026-1",
        basis="pipa-18-2-7",
        until=years.now + timedelta(days=days),
        **given,
    )
    return UUID(placed["hold_id"])


async def payloads(years: Years, incident_id: UUID) -> int:
    return int(
        await years.scene.one(
            "SELECT count(*) FROM event_payload JOIN event USING (center_id, seq) WHERE incident_id = :id"
            " AND NOT starts_with(tag, 'release:')",
            id=incident_id,
        )
    )


async def chain_is_whole(years: Years, center: str = CENTER) -> int:
    async with years.scene.services.db.begin() as unit:
        report = await verify_chain(unit, center)
    assert report.ok, report.finding
    return report.events


async def a_walk_home(years: Years, incident_id: UUID | None = None) -> None:
    """Over now, of two places, kept for as long as one may; that of an alarm with the incident's alert."""
    alert = await years.scene.one("SELECT alert_id FROM alert WHERE incident_id = :id", id=incident_id)
    phone = f"0101234{await years.scene.one('SELECT count(*) FROM walk'):04}"
    hers = await people.sign_up(years.scene.services, nickname="보라", phone=phone, token="")
    walk = {"walk": uuid4(), "center": CENTER, "now": years.now}
    await years.scene.sql(
        "INSERT INTO walk (walk_id, center_id, person_id, device_id, alert_id, kind, body_digest, begun_at, ended_at,"
        " keep_days) VALUES (:walk, :center, :person, :walk, :alert, 'route', '', :now, :now, 30)",
        alert=alert or uuid4(),
        person=hers.person_id,
        **walk,
    )
    for seconds in (0, 60):
        await years.scene.sql(
            "INSERT INTO walk_position (walk_id, center_id, fixed_at, lat, lon, accuracy_m, source, received_at)"
            " VALUES (:walk, :center, :at, 37.4, 126.9, 8, 'gps', :now)",
            at=years.now - timedelta(seconds=seconds),
            **walk,
        )


async def walks_left(years: Years) -> tuple[int, int]:
    return tuple([await years.scene.one(f"SELECT count(*) FROM {name}") for name in ("walk", "walk_position")])  # type: ignore[return-value]


async def test_four_hundred_days(years: Years) -> None:
    """A telco's positions go at the close, the app's after 30 days, the case after a year; what is held stays until
    the hold is over; each deletion is proved, and the log is whole to the end."""
    walk = await years.emergency(sources=("gps", "telco", "els"))
    evidence = await years.emergency(sources=("gps",))
    elsewhere = await years.emergency(center=OTHER)
    await a_walk_home(years)
    await a_walk_home(years, evidence)
    await note(years, walk, "파란 대문 앞")
    await note(years, evidence, "흰 승합차")
    for incident_id in (walk, evidence):
        await years.close(incident_id)
    await years.end(elsewhere)
    left = [await years.positions(walk, source) for source in ("gps", "telco", "els")]
    assert left == [10, 0, 0], "what was given for the rescue goes in the very transaction that ends it"
    at_close = await years.scene.sql("SELECT * FROM retention_proof WHERE kind = 'positions_rescue'")
    assert [(row["center_id"], row["deleted"]) for row in at_close] == [(CENTER, 20)]
    assert await years.scene.one("SELECT count(*) FROM release") == 12, "he saw five cameras and a place of both"
    held_until = years.now + timedelta(days=300)
    await hold(years, incident_id=evidence)

    years.days(29)
    assert not (await years.purge()).deleted.keys() & {(CENTER, "positions"), (OTHER, "positions")}
    assert await years.positions(walk) == 10 and await walks_left(years) == (2, 4)

    years.days(2)
    report = await years.purge()
    assert report.deleted[CENTER, "positions"] == 10 and report.deleted[OTHER, "positions"] == 10
    assert await years.positions(walk) == 0 and await years.positions(elsewhere) == 0
    assert await years.positions(evidence) == 10, "held evidence outlives the partition of its day"
    assert await years.scene.one("SELECT count(*) FROM position_default") == 10
    proof = (
        await years.scene.sql("SELECT * FROM retention_proof WHERE kind = 'positions' AND center_id = :c", c=CENTER)
    )[0]
    assert proof["deleted"] == 10 and proof["held"] == 10 and proof["tables"] == {"position": 10}
    assert await walks_left(years) == (1, 2), "her walk home has gone; that of the held alarm has not"
    walks = await years.scene.sql("SELECT center_id, deleted, held FROM retention_proof WHERE kind = 'walks'")
    assert [(row["center_id"], row["deleted"]) for row in walks] == [(CENTER, 3)]
    async with years.scene.services.db.begin() as unit:
        assert min(await days_of(unit)) > (years.now - timedelta(days=31)).date()

    years.days(260)
    await years.purge()
    assert await years.positions(evidence) == 10 and await payloads(years, walk) > 0

    years.days(74)  # a year is over, and so is the hold
    assert years.now > held_until
    report = await years.purge()
    assert report.ended_holds == 1
    assert await walks_left(years) == (0, 0)
    assert await years.positions(evidence) == 0, "the hold is over: at the next run it is gone"
    assert await payloads(years, walk) == 0 and await payloads(years, evidence) == 0
    assert await years.scene.one("SELECT count(*) FROM alert") == 0
    skeleton = await years.scene.sql("SELECT owner_name_sealed, state FROM incident WHERE incident_id = :id", id=walk)
    assert skeleton == [{"owner_name_sealed": None, "state": "closed"}], "that it happened may be known for longer"
    assert await chain_is_whole(years) > 4 and await chain_is_whole(years, OTHER) > 0
    tags = [row["tag"] for row in await years.scene.sql("SELECT tag FROM event WHERE center_id = :c", c=CENTER)]
    assert tags.count("purge:done") >= 3 and {"hold:placed", "hold:ended"} <= set(tags)

    await three_years_after(years, walk)


async def three_years_after(years: Years, walk: UUID) -> None:
    """The bare incident and the provision log, and then only the log's hashes."""
    async with years.scene.services.db.begin() as unit:
        cards = {UUID(card["incident_id"]): card for card in await closed_cards(unit)}
    assert cards[walk]["caller"]["name_masked"] == "" and cards[walk]["alert_ids"] == [], "a page can still show that"

    years.days(710)  # short of three years: who was shown what can still be told
    await years.purge()
    assert await years.scene.one("SELECT count(*) FROM release") == 12 and await chain_is_whole(years) > 4
    years.days(90)
    await years.purge()
    assert await years.scene.one("SELECT count(*) FROM release") == 0
    assert await years.scene.one("SELECT count(*) FROM incident") == 0
    assert await chain_is_whole(years) > 4, "hashes and ids stay for ever"


async def test_nothing_of_a_person_is_left_when_every_time_is_over(years: Years) -> None:
    """Every kind at its longest: afterwards no table that the registry covers has a row."""
    incident_id = await years.emergency(sources=("gps", "police"))
    await note(years, incident_id, "x")
    await years.close(incident_id)
    await years.scene.sql(
        "INSERT INTO quarantine (quarantine_id, source, reason, body_sealed, received_at)"
        " VALUES (:id, 's', 'r', '\\x00', :now)",
        id=uuid4(),
        now=years.now,
    )
    years.days(1100)
    await years.purge()
    await years.purge()
    left = {
        rows.table: count
        for kind in KINDS
        for rows in kind.rows
        if not rows.erase
        and rows.table not in ("event_payload", "session")
        and (count := await years.scene.one(f'SELECT count(*) FROM "{rows.table}"'))
    }
    assert not left
    names = await years.scene.sql(
        "SELECT tag FROM event JOIN event_payload USING (center_id, seq) WHERE incident_id = :id", id=incident_id
    )
    assert names == []
    async with years.scene.services.db.begin() as unit:
        assert await what_is_due(years.scene.services, as_of=years.now) == {}
        findings = await retention_findings(unit, years.scene.services, years.now)
    assert [ok for ok, _, _ in findings] == [True] * len(findings), findings


async def test_a_purge_that_misses_a_kind_is_found(years: Years, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 7 broken on purpose: one kind fails. The others go, the proof of the failure is loud."""
    await years.emergency()
    await years.scene.sql(
        "INSERT INTO quarantine (quarantine_id, source, reason, body_sealed, received_at)"
        " VALUES (:id, 's', 'r', '\\x00', :now)",
        id=uuid4(),
        now=years.now,
    )
    await years.purge()
    years.days(40)
    from server.retention import questions

    right = questions.delete_batch

    def broken(rows: Any, group: Any) -> str:
        return "SELECT broken" if rows.table == "quarantine" else right(rows, group)

    monkeypatch.setattr(questions, "delete_batch", broken)
    report = await purge(years.scene.services)
    assert set(report.failed) == {"quarantine"} and report.deleted[CENTER, "positions"] == 10
    async with years.scene.services.db.begin() as unit:
        findings = await retention_findings(unit, years.scene.services, years.now)
        assert [ok for ok, _, _ in findings] == [False, False, True, True, True]
        assert "messages that could not be read" in findings[0][2]
        assert 38 < await overdue_days(unit, years.now) < 40
    monkeypatch.undo()
    await years.purge()
    async with years.scene.services.db.begin() as unit:
        assert await overdue_days(unit, years.now) == 0


async def test_each_center_has_its_own_days(years: Years) -> None:
    """One center keeps a week: its rows go by DELETE from days that the other still has."""
    here, there = await years.emergency(), await years.emergency(center=OTHER)
    await years.scene.sql(
        "INSERT INTO retention_policy (center_id, kind, days, version, changed_by)"
        " VALUES (:center, 'positions', 7, 4, 'x')",
        center=OTHER,
    )
    years.days(8)
    report = await years.purge()
    assert dict(report.deleted) == {(OTHER, "positions"): 10}
    assert await years.positions(here) == 10 and await years.positions(there) == 0
    assert await years.scene.one("SELECT policy_version FROM retention_proof WHERE center_id = :c", c=OTHER) == 4


async def test_a_killed_purge_is_finished_by_the_next_under_one_proof(
    years: Years, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between two batches: the counts of what was deleted are not lost, nothing is counted twice."""
    from server.retention import purge as module

    incident_id = await years.emergency()
    await years.end(incident_id)
    for _ in range(5):
        await note(years, incident_id, "x")
    years.days(366)
    monkeypatch.setattr(module, "BATCH_ROWS", 2)
    batches = 0
    original = module._batch

    async def dying(*given: Any) -> bool:
        nonlocal batches
        more = await original(*given)
        batches += more
        if batches == 2:
            raise asyncio.CancelledError
        return more

    monkeypatch.setattr(module, "_batch", dying)
    with pytest.raises(asyncio.CancelledError):
        await purge(years.scene.services)
    monkeypatch.setattr(module, "_batch", original)
    await years.purge()
    proofs = await years.scene.sql(
        "SELECT * FROM retention_proof WHERE kind = 'event_payloads' AND center_id = :c", c=CENTER
    )
    assert [row["deleted"] for row in proofs] == [5] and proofs[0]["finished_at"] is not None
    runs = await years.scene.sql("SELECT finished_at FROM retention_run")
    assert len(runs) == 1 and runs[0]["finished_at"] is not None


async def test_a_person_on_hold_keeps_all_her_incidents_also_those_merged(years: Years) -> None:
    first, second = await years.emergency(person="p-1"), await years.emergency(person="p-1")
    into, other = await years.emergency(), await years.emergency(person="p-2")
    await years.scene.sql("UPDATE incident SET merged_into = :into WHERE incident_id = :id", into=into, id=second)
    for incident_id in (first, second, into, other):
        await years.end(incident_id)
    hold_id = await hold(years, person_ref="p-1")
    years.days(60)
    await years.purge()
    assert [await years.positions(one) for one in (first, second, into, other)] == [10, 10, 10, 0]
    await service.end_hold(years.scene.services, years.scene.staff["privacy"], hold_id, reason="수사 종결")
    await years.purge()
    assert [await years.positions(one) for one in (first, second, into)] == [0, 0, 0]


async def test_a_hold_waits_for_the_batch_that_runs_and_then_nothing_it_keeps_goes(years: Years) -> None:
    incident_id = await years.emergency()
    url = conninfo(years.scene.services.settings.database_url)
    async with await psycopg.AsyncConnection.connect(url) as batch:
        await batch.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended('legal_hold', 0))")
        placing = asyncio.create_task(hold(years, incident_id=incident_id))
        await asyncio.sleep(0.1)
        assert not placing.done(), "it may not promise what a running batch may still break"
        await batch.commit()
    await placing
    years.days(60)
    await years.purge()
    assert await years.positions(incident_id) == 10


async def test_two_purges_do_not_run_at_once(years: Years) -> None:
    await years.emergency()
    years.days(40)
    reports = await asyncio.gather(*(purge(years.scene.services) for _ in range(2)))
    assert sorted(report.waited for report in reports) in ([False, True], [False, False])
    assert sum(report.deleted.total() for report in reports) == 10


async def test_a_day_that_somebody_reads_is_dropped_when_he_is_done(
    years: Years, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The purge waits for readers, never longer than a moment at a time: nobody queues behind it."""
    incident_id = await years.emergency()
    years.days(40)
    url = conninfo(years.scene.services.settings.database_url)
    async with await psycopg.AsyncConnection.connect(url) as reader:
        await reader.execute("SELECT set_config('ansim.center', '*', false)")
        await reader.execute("SELECT count(*) FROM position")
        purging = asyncio.create_task(purge(years.scene.services))
        async with asyncio.timeout(20):
            for _ in range(5):
                async with await psycopg.AsyncConnection.connect(url, autocommit=True) as another:
                    await another.execute("SELECT count(*) FROM position")
                await asyncio.sleep(0.02)
        assert not purging.done()
        await reader.rollback()
    report = await purging
    assert not report.failed and await years.positions(incident_id) == 0


async def test_the_application_can_not_drop_a_table_by_itself(years: Years) -> None:
    with pytest.raises(DBAPIError):
        await years.scene.sql(f"DROP TABLE position_p{years.now:%Y%m%d}")
    with pytest.raises(DBAPIError):
        await years.scene.sql("ALTER TABLE position DISABLE ROW LEVEL SECURITY")
