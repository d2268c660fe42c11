"""kill -9 at an await of alert → incident → dispatch: a seeded sample here, every one in `make soak`.

And of a walk whose phone has fallen silent: in every rung of its ladder.
"""

from __future__ import annotations

import random

import pytest

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
