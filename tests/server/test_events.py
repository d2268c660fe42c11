"""The chain: exact order under concurrency, and no quiet change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from location_router.runtime.db import Unit, conninfo
from server.events import Actor, CommittedEvent, chain_hash, chain_of, payload_digest, record
from server.services import Services, make_services
from server.verify_log import Report, all_centers, verify_chain

pytestmark = pytest.mark.database
OPERATOR = Actor("operator", "o-1", "김관제")


async def write(services: Services, count: int, *, center: str = "41170") -> None:
    for number in range(count):
        async with services.db.begin(center=center) as unit:
            record(
                unit,
                center_id=center,
                incident_id=uuid4(),
                tag="incident:noted",
                actor=OPERATOR,
                payload={"text": f"note {number}"},
            )


async def verified(services: Services, center: str = "41170") -> Report:
    async with services.db.begin() as unit:
        return await verify_chain(unit, center)


@pytest.fixture
async def owner(installation_database_admin: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """Somebody with every right on the database and no key."""
    async with await psycopg.AsyncConnection.connect(conninfo(installation_database_admin), autocommit=True) as conn:
        yield conn


async def test_an_untouched_log_is_whole_also_without_its_payloads(services: Services, owner: Any) -> None:
    await write(services, 8)
    assert (await verified(services)).ok
    await owner.execute("DELETE FROM event_payload WHERE seq IN (2, 8)")
    report = await verified(services)
    assert report.ok and report.events == 8, "a purge is no change of the log"


CHANGES = {
    "edited tag": ("UPDATE event SET tag = 'incident:closed' WHERE seq = 4", 4),
    "edited time": ("UPDATE event SET at = at + interval '1 second' WHERE seq = 5", 5),
    "edited actor": ("UPDATE event SET actor_id = 'o-2' WHERE seq = 1", 1),
    "edited payload": ("UPDATE event_payload SET payload_sealed = set_byte(payload_sealed, 20, 7) WHERE seq = 3", 3),
    "edited salt": ("UPDATE event_payload SET salt = sha256('x') WHERE seq = 6", 6),
    "edited link": ("UPDATE event SET previous_hash = sha256('x') WHERE seq = 5", 5),
    "a payload of no event": (
        "INSERT INTO event_payload (center_id, seq, salt, payload_sealed)"
        " SELECT center_id, 12, salt, payload_sealed FROM event_payload WHERE seq = 8",
        12,
    ),
    "swapped payloads": (
        "UPDATE event_payload a SET payload_sealed = b.payload_sealed, salt = b.salt"
        " FROM event_payload b WHERE a.seq = 3 AND b.seq = 5",
        3,
    ),
    "deleted inside": ("DELETE FROM event WHERE seq = 4", 4),
    "deleted first": ("DELETE FROM event WHERE seq = 1", 1),
    "deleted tail": ("DELETE FROM event WHERE seq > 6", 7),
    "deleted tail with payloads": (
        "WITH gone AS (DELETE FROM event_payload WHERE seq > 6) DELETE FROM event WHERE seq > 6",
        7,
    ),
    "deleted and renumbered": (
        "WITH gone AS (DELETE FROM event WHERE seq = 8 RETURNING 1) UPDATE event SET seq = 9 WHERE seq = 7",
        7,
    ),
    "inserted at the end": (
        "INSERT INTO event SELECT center_id, 9, gen_random_uuid(), incident_id, tag, actor_kind,"
        " actor_id, at, payload_digest, hash, sha256('x') FROM event WHERE seq = 8",
        9,
    ),
    "swapped": (
        "UPDATE event a SET event_id = gen_random_uuid(), tag = b.tag, at = b.at, payload_digest ="
        " b.payload_digest FROM event b WHERE a.seq = 3 AND b.seq = 6",
        3,
    ),
    "head moved back": ("UPDATE chain_head SET seq = 7, hash = (SELECT hash FROM event WHERE seq = 7)", 8),
    "head edited": ("UPDATE chain_head SET hash = sha256('x')", 8),
    "head deleted": ("DELETE FROM chain_head", 1),
}


async def test_every_kind_of_tampering_is_found_at_its_place(
    services: Services, installation_database_admin: str
) -> None:
    await write(services, 8)
    async with services.db.begin() as unit:
        chain = chain_of(unit)
    async with await psycopg.AsyncConnection.connect(conninfo(installation_database_admin)) as owner:
        tampered = Unit(None, owner, "*", {"chain": chain})  # type: ignore[arg-type]
        for name, (statement, bad_seq) in CHANGES.items():
            await owner.execute(statement)  # type: ignore[arg-type]
            report = await verify_chain(tampered, "41170")
            assert report.finding is not None, f"nobody noticed: {name}"
            assert report.finding.seq == bad_seq, f"{name}: {report.finding}"
            assert await all_centers(tampered) == ["41170"]
            await owner.rollback()
    assert (await verified(services)).ok


async def test_two_centers_in_one_unit_under_load_do_not_deadlock_and_stay_whole(services: Services) -> None:
    async def both(turn: int) -> None:
        async with services.db.begin() as unit:
            for center in ("41170", "11110") if turn % 2 else ("11110", "41170"):
                record(unit, center_id=center, incident_id=uuid4(), tag="incident:noted")

    await asyncio.gather(*(both(turn) for turn in range(40)))
    for center in ("41170", "11110"):
        report = await verified(services, center)
        assert report.ok and report.events == 40


async def test_a_rolled_back_unit_leaves_no_gap(services: Services) -> None:
    await write(services, 2)
    with pytest.raises(RuntimeError):
        async with services.db.begin() as unit:
            record(unit, center_id="41170", incident_id=uuid4(), tag="incident:noted")
            await chain_of(unit).flush()
            raise RuntimeError("power cut")
    await write(services, 1)
    report = await verified(services)
    assert report.ok and report.events == 3


async def test_screens_of_every_process_get_every_event_in_order(services: Services) -> None:
    """Two processes write to one center at once; each hears both, in the chain's order, without hole or repeat."""
    await write(services, 3)
    other = make_services(services.settings)
    heard: dict[str, list[CommittedEvent]] = {"one": [], "other": []}
    services.broadcast.subscribe(on_event=heard["one"].append)
    other.broadcast.subscribe(on_event=heard["other"].append)
    await services.broadcast.start()
    await other.broadcast.start()
    try:
        await asyncio.gather(*(write(one, 5) for one in (services, other, services, other)))
        async with asyncio.timeout(5):
            while min(len(events) for events in heard.values()) < 20:  # noqa: ASYNC110 - heard by callbacks
                await asyncio.sleep(0.02)
    finally:
        await other.close()
    for events in heard.values():
        assert [event.seq for event in events] == list(range(4, 24))
        assert {event.line["actor"]["name"] for event in events} == {"김관제"}


async def test_an_edit_with_its_hashes_computed_anew_is_found_unless_all_that_follows_is_rewritten(
    services: Services, owner: Any
) -> None:
    """Each hash covers the one before it: to change a line is to change every line after it, and the head."""
    await write(services, 6)
    fields = "center_id, seq, event_id, incident_id, tag, actor_kind, actor_id, at, payload_digest"
    row = await (await owner.execute(f"SELECT {fields}, previous_hash FROM event WHERE seq = 3")).fetchone()
    forged = [*row[:4], "incident:closed", *row[5:9]]
    link = chain_hash(row[9], *forged)
    await owner.execute("UPDATE event SET tag = 'incident:closed', hash = %s WHERE seq = 3", [link])
    await owner.execute("UPDATE event SET previous_hash = %s WHERE seq = 4", [link])
    report = await verified(services)
    assert report.finding is not None and report.finding.seq == 4


async def test_a_purged_payload_can_not_be_guessed_from_what_stays(services: Services, owner: Any) -> None:
    for _ in range(2):
        async with services.db.begin(center="41170") as unit:
            record(unit, center_id="41170", incident_id=uuid4(), tag="incident:noted", payload={"text": "same words"})
    await owner.execute("DELETE FROM event_payload")
    first, second = [
        bytes(row[0]) for row in await (await owner.execute("SELECT payload_digest FROM event")).fetchall()
    ]
    guess = payload_digest(b"", {"actor_name": "", "payload": {"text": "same words"}})
    assert len({first, second, guess}) == 3
