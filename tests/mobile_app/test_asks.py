"""What a window asks beside the alert: the meter, a test of the SOS, reach, the place, new PINs for old."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile_app.core import session
from mobile_app.core.messages import CANCEL
from mobile_app.core.meter import Meter, hint
from mobile_app.core.pins import Pins
from mobile_app.core.session import Confirmed, HoldReleased, HoldStarted, PinChecked, Shaken, Tapped
from mobile_app.problem import Problem
from mobile_app.service import codec
from mobile_app.service.choices import read_changes
from mobile_app.service.codec import BadFrame
from mobile_app.service.pin_change import changed
from mobile_app.service.trial import FILE
from mobile_app.ui.checks import SECOND_PIN, rows, summary
from tests.mobile_app import motions
from tests.mobile_app.running import PINS, fix, until

SHAKE = motions.sampled(motions.shake(hz=4.5, peak_mps2=28, tilt=0.4), duration_s=4.0, rate_hz=50, seed=3, clip_g=4.0)


async def ask(future: Any) -> Any:
    return await asyncio.wrap_future(future)


def test_the_meter_tells_strength_and_beat() -> None:
    meter = Meter()
    for sample in SHAKE:
        meter.feed(*sample)
    assert 15 < meter.strength_mps2() < 25 and meter.beat_hz() == pytest.approx(4.5, abs=0.6)
    assert meter.found == {1: 1, 2: 1, 3: 1} and hint(meter.strength_mps2(), meter.beat_hz()) == "go_on"
    still = Meter()
    for sample in motions.sampled(motions.still(), duration_s=3.0, rate_hz=50, seed=3):
        still.feed(*sample)
    assert still.strength_mps2() < 1.5 and still.beat_hz() == 0 and not any(still.found.values())
    assert [hint(0.2, 0), hint(9, 4), hint(16, 2.0), hint(20, 4)] == ["still", "harder", "faster", "go_on"]


@given(st.lists(st.tuples(*[st.floats(-400, 400)] * 4), max_size=80))
def test_the_meter_bears_any_motion(samples: list[tuple[float, float, float, float]]) -> None:
    meter = Meter()
    for sample in samples:
        meter.feed(*sample)
        assert meter.strength_mps2() >= 0 and meter.beat_hz() >= 0


async def test_a_shake_at_the_meter_raises_nothing_and_one_after_it_does(start: Any, router: Any) -> None:
    one = await start()
    await ask(one.phone.meter())
    for sample in SHAKE:
        one.device.accelerometer.give(*sample)
    seen = await ask(one.phone.meter())
    assert seen["found"] == {"1": 1, "2": 1, "3": 1} and seen["hint"] == "go_on" and seen["is_sampled"]
    assert one.phone.session.phase == session.IDLE
    one.phone._sensing._rehearsed_until_s = 0.0  # the window is gone
    for t_s, x, y, z in SHAKE:
        one.device.accelerometer.give(t_s + 100, x, y, z)
    await until(lambda: one.phone.session.phase == session.COUNTDOWN)


async def test_a_test_of_the_sos_goes_all_the_way_and_leaves_no_trace(start: Any, router: Any, tmp_path: Path) -> None:
    one = await start()
    one.device.location.give(fix())
    first = await ask(one.phone.test_sos())
    assert first["state"] == "running" and (tmp_path / FILE).exists()
    await ask(one.phone.test_sos())
    await until(lambda: bool(router.lines))
    one.phone.tell(HoldStarted())  # a real one at the same time
    await until(lambda: one.phone.session.phase == session.COUNTDOWN)
    one.phone.tell(HoldReleased())
    test = next(alert for alert in router.alerts if alert["service"] == "urn:service:test.sos")
    router.tell(test["alert_id"], "received")
    await until(lambda: one.phone._trial.state == "works")
    seen = await ask(one.phone.trial())
    assert list(seen["hops"]) == ["phone", "router", "center"] and seen["center"]["name_ko"] == "안양시"
    assert list(seen["hops"].values()) == sorted(seen["hops"].values())
    await until(lambda: router.phases(test["alert_id"]) == ["active", "ended"])
    assert not (tmp_path / FILE).exists() and one.phone.session.phase == session.COUNTDOWN
    assert not one.phone._tracking._tracked.keys() & {test["alert_id"]}
    one.phone.tell(Confirmed())
    await until(lambda: one.phone.session.phase == session.RUNNING)


async def test_a_test_that_gets_no_answer_says_where_it_ended(start: Any, router: Any) -> None:
    one = await start()
    router.down = True
    await ask(one.phone.test_sos())
    one.phone._trial._began_s -= 16
    assert (await ask(one.phone.trial()))["state"] == "no_router"
    router.down = False
    await until(lambda: len(one.phone._outbox) == 0)
    await ask(one.phone.test_sos())
    await until(lambda: "router" in one.phone._trial.hops)
    one.phone._trial._began_s -= 31
    assert (await ask(one.phone.trial()))["state"] == "no_center"


@pytest.mark.parametrize("is_dark", [False, True])
async def test_a_phone_killed_in_the_middle_of_a_test_ends_it(
    start: Any, router: Any, tmp_path: Path, is_dark: bool
) -> None:
    one = await start()
    router.down = is_dark
    await ask(one.phone.test_sos())
    await until(lambda: is_dark or router.phases() == ["active"])
    await one.stop()
    router.down = False
    two = await start()
    await until(lambda: list(dict.fromkeys(router.phases())) == ["active", "ended"])  # the kill may cost a 202
    assert not (tmp_path / FILE).exists()
    assert two.phone.session.quiet == (), "a test is no alert whose places go on being asked for"


async def test_what_fails_at_the_moment_of_a_cry_costs_only_itself(start: Any, router: Any) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the system says no")

    one = await start()
    one.device.battery.percent = one.device.location.plan = one.phone._sensing.floor_hint = broken
    one.phone._telling._told = broken
    one.phone.tell(HoldStarted())
    await until(lambda: router.phases() == ["pre"])
    one.phone.tell(HoldReleased())
    one.phone.tell(Confirmed())
    await until(lambda: router.phases() == ["pre", "active"])


async def test_reach_and_place(start: Any, router: Any) -> None:
    one = await start()
    one.device.location.give(fix())
    await until(lambda: one.phone._place.value is not None)
    seen = await ask(one.phone.reach())
    assert seen["router"]["ok"] and seen["home"]["ok"] and abs(seen["clock_off_s"]) < 5 and seen["accuracy_m"] == 8
    one.device.radio.on = False
    seen = await ask(one.phone.reach())
    assert seen["router"]["code"] == "offline" and "와이파이" in seen["router"]["message_ko"]
    assert (await ask(one.phone.where()))["place"]["lat"] == 37.4015


async def test_the_first_pins_are_chosen_once_and_none_while_an_alert_is_on_the_screen(start: Any, router: Any) -> None:
    one = await start(pins=None)
    one.phone.apply(Shaken())
    with pytest.raises(Problem, match="during_alert"):
        await ask(one.phone.choose_pins(PINS))
    one.phone.apply(PinChecked("cancel"))
    for _ in range(5):
        one.phone.apply(Tapped())
    assert one.phone.session.hidden and await ask(one.phone.choose_pins(PINS)) == "", "a covert alert shows in nothing"
    thiefs = Pins.choose("2580", "7153")
    assert await ask(one.phone.choose_pins(thiefs)) == "pins_chosen" and one.phone.settings.pins is PINS
    assert await ask(one.phone.change_pins(old="2580", pin="2580")) == "wrong_pin" and one.phone.session.hidden
    with pytest.raises(BadFrame, match="pins"):
        read_changes({"pins": codec.write(thiefs)})
    one.phone.apply(HoldStarted())
    await until(lambda: one.phone.session.phase == "countdown")
    with pytest.raises(Problem, match="during_alert"):
        await ask(one.phone.change_pins(old="1234", pin="5937"))
    assert one.phone.session.phase == "countdown" and one.phone.settings.pins is PINS, "nor is the old one looked at"


async def test_new_pins_for_old(start: Any, router: Any) -> None:
    one = await start()
    assert await ask(one.phone.change_pins(old="1111", pin="5937", duress="8024")) == "wrong_pin"
    assert await ask(one.phone.change_pins(old="1234", pin="59371")) == "pin_length_stays"
    assert await ask(one.phone.change_pins(old="1234", pin="5937", duress="5938")) == "pin_near"
    assert one.phone.settings.pins is PINS
    assert await ask(one.phone.change_pins(old="1234", pin="5937", duress="8024")) == ""
    assert [one.phone.settings.pins.check(pin) for pin in ("5937", "8024", "1234")] == [CANCEL, "duress", "wrong"]
    assert router.alerts == []
    # forced to change it: she gives the duress PIN as the old one, and the dictated one calls for help ever after
    assert await ask(one.phone.change_pins(old="8024", pin="4170", duress="")) == ""
    assert [one.phone.settings.pins.check(pin) for pin in ("4170", "5937")] == ["duress", CANCEL]
    await until(lambda: [alert["trigger"] for alert in router.alerts][:1] == ["duress"])


@pytest.mark.parametrize("pin", ["5937", "9075", "59371", "9076", "x"])
def test_forced_or_not_the_same_pins_are_refused(pin: str) -> None:
    pins = Pins("00" * 16, "11" * 64, "22" * 64, 4)
    free, forced = changed(pins, CANCEL, pin, "9075"), changed(pins, "duress", pin, "9075")
    assert isinstance(free, str) == isinstance(forced, str) and (free == forced or not isinstance(free, str))


async def test_readiness_says_that_the_second_pin_is_open_as_it_was_dictated_until_she_has_looked(start: Any) -> None:
    one = await start()
    story = (("1234", "5937", "8024"), ("5937", "4170", ""), ("4170", "2580", "9137"), ("9137", "6048", ""))
    for old, pin, second in story:  # the last one forced
        assert await ask(one.phone.change_pins(old=old, pin=pin, duress=second)) == ""
        found = rows([], {}, [], one.phone.settings, now=datetime.now(UTC))
        assert [row.state for row in found if row.name == SECOND_PIN] == ([] if second else ["optional"])
        assert summary([row for row in found if row.name == SECOND_PIN], "ko") == (
            "확인하는 중…" if second else "준비됨 · 정할 것이 하나 있습니다"
        )
    one.phone.choose(is_second_pin_open=False)  # what the row's button does
    await until(lambda: not one.phone.settings.is_second_pin_open)
