"""kill -9 at an await of alert → incident → dispatch: a seeded sample here, every one in `make soak`."""

from __future__ import annotations

import random

import pytest

from tests.soak.center_crash import crashes

SAMPLE, SEED = 6, 20261122
pytestmark = pytest.mark.database


async def test_a_death_at_any_await_is_one_incident_one_receipt_and_one_case(
    installation_database: str, bus_database: str
) -> None:
    async with crashes(installation_database, bus_database) as campaign:
        points = await campaign.clean()
        assert points > 100, "the instrument saw hardly anything"
        step = points // SAMPLE
        rng = random.Random(SEED)
        wrong = []
        for part in range(SAMPLE):  # one from each sixth of the way, so that every stage has its turn
            point = part * step + rng.randrange(step)
            for sooner in range(3):  # the way is a few awaits shorter when the machine is busy
                wrong += await campaign.at(max(point - sooner * step // 3, 1))
                if sum(campaign.deaths.values()) > part:
                    break
        assert wrong == []
        assert sum(campaign.deaths.values()) == SAMPLE, "all of them really died"
        assert len(campaign.deaths) >= 3, f"the deaths lie too close together: {campaign.deaths}"
