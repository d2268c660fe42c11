"""kill -9 at an await of alert → incident → dispatch: a seeded sample here, every one in `make soak`.

And of a walk whose phone has fallen silent: in every rung of its ladder; and of a wanted vehicle that was read.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from server.plates.model import read_push
from server.plates.service import push
from tests.server.requests.asking import BASIS, FIRM, agree
from tests.server.walks.walkers import SOON, walking
from tests.soak.center_crash import Crashes, crashes

SEED = 20261122
pytestmark = pytest.mark.database


async def test_a_death_at_any_await_is_one_incident_one_receipt_and_one_case(
    installation_database: str, bus_database: str
) -> None:
    async with crashes(installation_database, bus_database) as campaign:
        stages = await campaign.clean()
        assert sum(stages.values()) > 100, "the instrument saw hardly anything"
        rng = random.Random(SEED)
        longest = max(stages, key=lambda stage: stages[stage])
        wrong: list[str] = []
        for no, stage in enumerate((*stages, longest)):  # every stage has its turn
            point = rng.randrange(stages[stage])
            for sooner in (point, point // 2, 0):  # a stage is a few awaits shorter when the machine is busy
                wrong += await campaign.at(sooner, stage=stage)
                if sum(campaign.deaths.values()) > no:
                    break
        assert wrong == []
        assert campaign.deaths == {stage: 1 + (stage == longest) for stage in stages}, "all of them really died"
        await _a_walk_climbs_over_a_death_in_every_rung(campaign, rng)
        await _a_read_of_a_wanted_vehicle_outlives_its_center(campaign, rng)


async def _a_walk_climbs_over_a_death_in_every_rung(campaign: Crashes, rng: random.Random) -> None:
    """The process that takes a step is killed on the way; the next one's first look takes it, and once."""
    campaign.scene.services.settings.walk_patience = SOON
    async with walking(campaign.scene) as walker:
        await walker.begin(steps={"prompt_s": 30, "call_s": 40, "guardians_s": 50})
        for n in range(1, 8):
            await walker.at(n / 16)
        deaths, rung, looks = 0, "calm", 0
        for following in ("prompted", "called", "guardians", "raised"):
            while rung != following:
                looks += 1
                assert looks < 40, f"it stays {rung}"
                walker.clock.forward(max(0.0, ((await walker.row())["look_at"] - walker.clock()).total_seconds()) + 0.5)
                ahead_s = walker.clock.ahead.total_seconds()
                for most in (60, 25, 8):  # the way is shorter than the first of them when only time is looked at
                    died = (await campaign.on_a_walk(ahead_s=ahead_s, die_at=rng.randrange(most)))["status"] == -9
                    deaths += died
                    if died or (await walker.row())["rung"] == following:
                        break
                assert (await walker.row())["rung"] in (rung, following), "no rung is left out"
                assert (await campaign.on_a_walk(ahead_s=ahead_s, die_at=-1))["status"] == 0
                before, rung = rung, (await walker.row())["rung"]
                assert rung in (before, following)
        assert deaths >= 4
        assert await walker.notices() == ["walk_begun", "walk_late", "walk_raised"]
        assert (await walker.jobs("ask_walker"), await walker.jobs("raise_walk")) == (2, 1), "each effect once"


async def _a_read_of_a_wanted_vehicle_outlives_its_center(campaign: Crashes, rng: random.Random) -> None:
    """Wherever the center dies: what it had answered is a hit, and the reader's second try makes no other one."""
    scene = campaign.scene
    await scene.sql("INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, 'police', :id, :id)", id=FIRM)
    await agree(scene, FIRM, triggers=["wanted_vehicle"], auto_triggers=["wanted_vehicle"])
    await scene.sql("UPDATE camera SET is_anpr = true WHERE camera_id IN ('cam-1', 'cam-2')")
    until = datetime.now(UTC) + timedelta(days=1)
    clean, deaths = 0, 0
    for number, share in enumerate((2.0, 0.1, 0.3, 0.5, 0.7, 0.9)):
        plate, entry_id = f"12가{1000 + number}", uuid4()
        said = {"plate": plate, "crime": "robbery", "legal_basis": BASIS, "expires_at": until.isoformat()}
        async with scene.services.db.begin() as unit:
            wish = read_push(said, scene.services.clock())
            await push(unit, scene.services, agency_id=FIRM, entry_id=entry_id, said=wish[0], plate=wish[1])
        at = datetime.now(UTC).isoformat()
        reads = [{"camera": f"cam-{n}", "at": at, "plate": plate, "confidence": 0.9999, "lines": 1} for n in (1, 2)]
        died = await campaign.on_reads(reads, die_at=int(clean * share) + rng.randrange(9) if clean else -1)
        clean, deaths = clean or died["points"], deaths + (died["status"] == -9)
        held = await scene.sql("SELECT * FROM plate_hit WHERE entry_id = :id", id=entry_id)
        is_answered = died.get("died_in") != "reads"
        if is_answered:
            assert len(held) == 2, "the reader has its answer, so its hits are on disk"
        sent = [] if is_answered else reads
        assert (await campaign.on_reads(sent, die_at=-1, again=True))["status"] == 0
        hits = await scene.sql("SELECT * FROM plate_hit WHERE entry_id = :id", id=entry_id)
        assert {one["camera_id"] for one in hits} == {"cam-1", "cam-2"} and len(hits) == 2
        (request_id,) = {one["request_id"] for one in hits}
        (row,) = await scene.sql("SELECT * FROM agency_request WHERE request_id = :id", id=request_id)
        assert row["state"] == "accepted" and {one["incident_id"] for one in hits} == {row["incident_id"]}
        seen = "SELECT count(*) FROM sighting WHERE incident_id = :id"
        assert await scene.one(seen, id=row["incident_id"]) == 2, "each read once"
    assert deaths >= 2 and clean > 50, "how many awaits there are depends on the machine"
