"""kill -9 anywhere loses nothing that was acknowledged (invariants 1 and 2)."""

from __future__ import annotations

import asyncio

from tests.journeys.world import small_world
from tests.soak.chaos import VICTIMS, chaos

KILLS, PER_S = 5, 8  # each part once; the soak run kills as often as one likes, under twenty a second


def test_seeded_kills_of_every_part_under_a_steady_stream_of_alerts_lose_nothing() -> None:
    with small_world(with_home=False, with_video=False) as world:
        tally = asyncio.run(chaos(world, kills=KILLS, seed=20261121, per_s=PER_S))
    assert set(tally.kills) == set(VICTIMS) and sum(tally.kills.values()) == KILLS
    assert tally.sent > 40
    assert tally.acknowledged == tally.sent
    assert tally.lost == []
    assert tally.doubled == []
    assert tally.not_on_screen == []
