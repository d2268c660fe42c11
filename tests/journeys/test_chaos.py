"""kill -9 anywhere loses nothing that was acknowledged (invariants 1 and 2)."""

from __future__ import annotations

import asyncio

from tests.journeys.world import small_world
from tests.soak.chaos import VICTIMS, chaos


def test_twelve_seeded_kills_under_twenty_alerts_a_second_lose_nothing() -> None:
    with small_world(with_home=False, with_video=False) as world:
        tally = asyncio.run(chaos(world, kills=12, seed=20261121))
    assert set(tally.kills) == set(VICTIMS) and sum(tally.kills.values()) == 12
    assert tally.sent > 100
    assert tally.acknowledged == tally.sent
    assert tally.lost == []
    assert tally.doubled == []
    assert tally.not_on_screen == []
