"""Disaster warnings on the phone: only inside their area, once, again when graver, and that they are over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mobile_app.core.messages import Position
from mobile_app.core.warnings import Heard, is_inside, news_of
from mobile_app.service import pushed, warnings
from tests.mobile_app.local_router import LocalRouter
from tests.mobile_app.running import fix, until
from tests.mobile_app.test_walks import SIGNED

NOW = datetime.now(UTC)
LAT, LON = 37.4015, 126.9227
SQUARE = [(LAT - 0.01, LON - 0.01), (LAT - 0.01, LON + 0.01), (LAT + 0.01, LON + 0.01), (LAT + 0.01, LON - 0.01)]


def at(lat: float, lon: float, accuracy_m: float = 5.0, *, age: timedelta = timedelta(0)) -> Position:
    return Position(lat=lat, lon=lon, accuracy_m=accuracy_m, fixed_at=NOW - age)


def part(**said: Any) -> dict[str, Any]:
    until_at = (NOW + timedelta(hours=1)).isoformat()
    texts = {"ko": {"headline": "호우경보", "instruction": "높은 곳으로"}, "en": {"headline": "Heavy rain"}}
    return {"severity": "Severe", "expires_at": until_at, "texts": texts, "rings": [SQUARE], "circles": []} | said


def told(*parts: dict[str, Any], **said: Any) -> dict[str, Any]:
    return {"warning_id": "a", "thread_id": "t", "severity": "Severe", "is_over": False, "parts": list(parts)} | said


@given(st.floats(-0.02, 0.02), st.floats(-0.02, 0.02), st.floats(0, 400))
@example(0.01, 0.0078125, 0.0)
@example(-0.01, 0.01, 0.0)
def test_inside_is_never_missed_and_far_outside_never_told(north: float, east: float, doubt_m: float) -> None:
    place = at(LAT + north, LON + east, doubt_m)
    is_in = abs(north) <= 0.01 and abs(east) <= 0.01
    away_m = max(abs(north) - 0.01, 0) * 111_195.0 + max(abs(east) - 0.01, 0) * 89_000.0
    found = is_inside(part(), place, NOW)
    assert found or not is_in
    assert found is False or away_m <= 2 * doubt_m + 3.0
    turned = part(rings=[list(reversed(SQUARE))])
    assert is_inside(turned, place, NOW) == found, "whichever way the corners go round"


def test_a_circle_a_whole_municipality_and_no_place() -> None:
    circle = part(rings=[], circles=[(LAT, LON, 500.0)])
    assert is_inside(circle, at(LAT + 0.004, LON), NOW) and not is_inside(circle, at(LAT + 0.006, LON), NOW)
    assert is_inside(circle, at(LAT + 0.006, LON, 300.0), NOW), "it may be inside"
    far = at(LAT + 1, LON)
    assert is_inside(part(is_whole=True), far, NOW) and not is_inside(part(), far, NOW)
    assert is_inside(part(), None, NOW) and is_inside(part(), at(LAT + 1, LON, age=timedelta(hours=1)), NOW)


def test_each_thread_is_told_once_again_when_graver_and_when_it_is_over() -> None:
    here, away = at(LAT, LON), at(LAT + 1, LON)
    assert news_of([told(part())], {}, away, NOW) == ([], {}), "not there: nothing"
    (one,), heard = news_of([told(part())], {}, here, NOW)
    assert (one.severity, one.is_over, heard) == ("Severe", False, {"t": Heard("a", 3)})
    assert news_of([told(part())], heard, here, NOW) == ([], heard)
    assert news_of([told(part())], heard, away, NOW) == ([], heard), "walking out of it is not its end"
    lesser = told(part(severity="Minor"), warning_id="b")
    assert news_of([lesser], heard, here, NOW) == ([], {"t": Heard("b", 3)})
    (one,), graver = news_of([told(part(severity="Extreme"), part(), warning_id="c")], heard, here, NOW)
    assert one.severity == "Extreme" and graver == {"t": Heard("c", 4)}
    (one,), over = news_of([told(warning_id="d", is_over=True)], graver, here, NOW)
    assert one.is_over and news_of([told(warning_id="d", is_over=True)], over, here, NOW) == ([], over)
    assert news_of([told(is_over=True)], {}, here, NOW) == ([], {}), "of what she never heard there is no end"
    (one,), gone = news_of([told(part(), warning_id="e")], graver, away, NOW)
    assert one.is_over, "an Update whose area she is not in any more"
    (one,), _ = news_of([told(part(), warning_id="f")], gone, here, NOW)
    assert not one.is_over, "and it comes back"
    expired = told(part(expires_at=(NOW - timedelta(seconds=1)).isoformat()))
    assert news_of([expired], {}, here, NOW) == ([], {})


async def test_a_push_brings_it_the_phone_decides_and_its_place_goes_nowhere(
    start: Any, router: LocalRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushed, "TICK_S", 0.05)
    monkeypatch.setattr(warnings, "RUNNING_S", 0.05)
    monkeypatch.setattr(warnings, "AGREED_S", 3600.0)
    router.warnings = {"is_agreed": True, "warnings": []}
    on = await start(**SIGNED)
    on.device.location.give(fix())
    await until(lambda: on.phone._place.value and router.warnings_asked)
    asked = router.warnings_asked
    here = on.phone._place.value
    near = part(rings=[], circles=[(here.lat, here.lon, 300.0)])
    far = part(rings=[], circles=[(here.lat + 1, here.lon, 300.0)])
    router.warnings = {"is_agreed": True, "warnings": [told(far)]}
    on.device.push.waiting.append({"kind": "warning", "about": "t"})
    await until(lambda: router.warnings_asked > asked + 1)
    assert "warning" not in on.device.notifier.shown, "not where she is"
    router.warnings["warnings"] = [told(near)]
    await until(lambda: "warning" in on.device.notifier.shown)
    assert on.device.notifier.shown["warning"][:2] == ("심각 · 호우경보", "높은 곳으로")
    buzzes = len(on.device.vibrator.felt)

    async def again(*all_: dict[str, Any]) -> int:
        router.warnings["warnings"] = list(all_)
        before = router.warnings_asked
        await until(lambda: router.warnings_asked > before + 2)
        return len(on.device.vibrator.felt) - buzzes

    assert await again(told(near)) == 0, "the same is told once"
    assert await again(told(near | {"severity": "Extreme"}, warning_id="b")) == 1
    assert await again(told(warning_id="c", is_over=True)) == 2
    assert on.device.notifier.shown["warning"][0] == "재난 경보가 끝났습니다"
    assert (on.phone._folder / warnings.FILE).exists()
    assert router.own_places == [], "her place is sent nowhere for this"


async def test_no_word_where_she_hides_and_a_restart_tells_nothing_twice(
    start: Any, router: LocalRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushed, "TICK_S", 0.05)
    router.warnings = {"is_agreed": True, "warnings": [told(part(is_whole=True))]}
    on = await start(**SIGNED, is_covert=True)
    await until(lambda: on.device.vibrator.felt)
    assert "warning" not in on.device.notifier.shown
    assert on.phone._warnings._stored() == {"t": Heard("a", 3)}
