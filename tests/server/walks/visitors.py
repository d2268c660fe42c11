"""Somebody of another installation walks in a center of ours: a part of the shared walk's story."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from location_router.wire_walks import WalkDot, WalkDots, WalkDotsTaken
from server.services import Services
from server.walks import visits
from server.walks.due import forget_walks
from tests.server.deliveries import Clock
from tests.server.scene import LAT, LON, Scene

Frames = Callable[[], list[dict[str, Any]]]
Until = Callable[[Callable[[], Any]], Awaitable[Any]]


async def say(services: Services, *dots: WalkDot, home: str = "home-9") -> WalkDotsTaken:
    return await visits.take(services, WalkDots(installation=home, dots=list(dots)))


def a_dot(walk: UUID, at: datetime, center: str, **more: Any) -> WalkDot:
    where: dict[str, Any] = {"lat": LAT, "lon": LON, "accuracy_m": 9, "fixed_at": at, "state": "slow"}
    return WalkDot.model_validate({"walk": walk, "at": at, "center": center} | where | more)


async def a_visitor(
    scene: Scene, clock: Clock, process: Services, frames: Frames, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`process`: the one the router's call reaches; `frames`: an operator of 안양 at another one, or the same."""

    def gone() -> list[str]:
        """Whose dots have gone; a dot that has moved may be told before."""
        return [one for frame in frames() for one in frame["gone"]]

    walk, center, began = uuid4(), "41170", clock()
    (taken,) = (await say(process, a_dot(walk, began, center))).taken
    assert taken.is_taken
    (dot,) = await until(lambda: [dot for one in frames() for dot in one["walks"] if dot["state"] == "slow"])
    assert dot["center"] == center and dot["walk"] != str(walk)
    clock.forward(1)
    again = await say(process, a_dot(walk, clock(), center))
    assert [(one.center, one.rows[0].who_en, one.rows[0].kind) for one in again.shown] == [(center, "operator", "walk")]
    assert again.shown[0].walk == walk, "whom it was shown to, by the home's own name for the walk"

    await say(process, WalkDot(walk=walk, at=clock() + timedelta(seconds=1), left=[center]), home="home-8")
    clock.forward(2)
    refused = await say(
        process,
        a_dot(walk, clock() - timedelta(minutes=6), center),
        a_dot(uuid4(), clock() + timedelta(minutes=6), center),
    )
    assert not any(one.is_taken for one in refused.taken[1:]) and await _live(scene) == 1
    monkeypatch.setattr(visits, "MOST_OF_ONE_HOME", 1)
    (full,) = (await say(process, a_dot(uuid4(), clock(), center))).taken
    assert not full.is_taken and await _live(scene) == 1, "nobody fills our map"

    over = await say(process, WalkDot(walk=walk, at=clock(), left=[center]))
    assert over.taken[0].left == [center] and over.shown, "all of it once more, for her ledger"
    assert await until(gone) == [dot["walk"]]
    late = await say(process, a_dot(walk, began, center))
    assert late.taken[0].is_taken and await _live(scene) == 0, "what comes late is answered, and brings nobody back"
    assert await scene.one("SELECT count(*) FROM release WHERE kind = 'walk' AND ended_at IS NULL") == 0

    clock.forward(1)
    await say(process, a_dot(walk, clock(), center))
    await until(lambda: [one for one in frames() if one["walks"]])
    clock.forward(601)
    await forget_walks(process)
    assert await until(gone) == [dot["walk"]], "nobody has refreshed it"
    assert await scene.one("SELECT count(*) FROM walk_visit") == 0
    reasons = await scene.sql("SELECT end_reason FROM release WHERE kind = 'walk' ORDER BY granted_at DESC LIMIT 1")
    assert reasons == [{"end_reason": "walk_silent"}]


async def _live(scene: Scene) -> int:
    return int(await scene.one("SELECT count(*) FROM walk_visit WHERE lat IS NOT NULL"))
