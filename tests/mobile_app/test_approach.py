"""A warning of an approach on her phone: by push, once for each news, without a word where she hides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mobile_app.service import approach, pushed
from tests.mobile_app.local_router import LocalRouter
from tests.mobile_app.running import fix, until
from tests.mobile_app.test_walks import SIGNED

NOW = datetime.now(UTC)


def told(**facts: Any) -> dict[str, Any]:
    warning = {
        "warning_id": "w1", "begun_at": NOW.isoformat(), "told_at": NOW.isoformat(), "band": "within_1000",
        "direction": "northeast", "ended_at": None, "outcome": "",
    }  # fmt: skip
    return {
        "protections": [{"protection_id": "p1"}],
        "warnings": [warning | facts],
        "wants_place": "ended_at" not in facts,
    }


async def test_a_push_brings_the_warning_each_news_once_and_the_all_clear(
    start: Any, router: LocalRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushed, "TICK_S", 0.05)
    for name in ("RUNNING_S", "PROTECTED_S"):
        monkeypatch.setattr(approach, name, 0.05)
    router.protection = {"protections": [], "warnings": [], "wants_place": False}
    on = await start(**SIGNED)
    on.device.location.give(fix())
    await until(lambda: on.phone._place.value and on.phone._approach._look_at_s)
    assert router.own_places == [] and "message" not in on.device.notifier.shown
    router.protection = told()
    on.device.push.waiting.append({"kind": "approach", "about": "w1"})
    await until(lambda: "message" in on.device.notifier.shown)
    title, text = on.device.notifier.shown["message"][:2]
    assert title == "접근 경보" and "북동쪽 1 km 안" in text
    await until(lambda: router.own_places)
    assert set(router.own_places[0]) == {"lat", "lon", "accuracy_m", "fixed_at"}
    buzzes = len(on.device.vibrator.felt)

    async def again(**facts: Any) -> int:
        router.protection = told(**facts)
        before = router.protection_asked
        await until(lambda: router.protection_asked > before + 2)
        return len(on.device.vibrator.felt) - buzzes

    assert await again() == 0, "the same news is told once"
    nearer = {"told_at": (NOW + timedelta(seconds=9)).isoformat(), "band": "within_300", "direction": ""}
    assert await again(**nearer) == 1
    assert on.device.notifier.shown["message"][1].startswith("300 m 안")
    assert await again(ended_at=NOW.isoformat(), outcome="over") == 2
    assert on.device.notifier.shown["message"][0] == "접근 경보가 끝났습니다"
    count = len(router.own_places)
    assert await again(ended_at=NOW.isoformat(), outcome="over") == 2 and len(router.own_places) == count


async def test_no_word_of_it_where_she_hides(start: Any, router: LocalRouter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushed, "TICK_S", 0.05)
    router.protection = told()
    on = await start(**SIGNED, is_covert=True)
    await until(lambda: on.device.vibrator.felt)
    assert "message" not in on.device.notifier.shown
