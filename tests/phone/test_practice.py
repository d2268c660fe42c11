"""Practice and readiness by touch: what is measured, rehearsed and tested, and that none of it sends anything."""

from __future__ import annotations

from typing import Any

from mobile_app.core.session import DrillChosen
from mobile_app.ports import MISSING, OK, Check
from tests.phone import views
from tests.phone.scrolled import tap
from tests.phone.stage import Stage

FOUND = {"1": 0, "2": 0, "3": 0}


def measured(strength: float, beat: float, hint: str, **found: int) -> dict[str, Any]:
    counts = FOUND | {name[1:]: count for name, count in found.items()}
    return {"strength_mps2": strength, "beat_hz": beat, "hint": hint, "found": counts, "is_sampled": True}


def at_practice(stage: Stage, **chosen: Any) -> Any:
    stage.phone.answers["meter"] = measured(0.3, 0, "still")
    stage.show(views.idle(**chosen))
    stage.app.go("practice")
    stage.frames(3)
    return stage.screen


def test_the_meter_shows_strength_and_whether_it_would_have_been_an_alert(stage: Stage) -> None:
    screen = at_practice(stage)
    stage.until(lambda: "휴대폰을 쥐고 흔들어 보세요" in stage.words())
    stage.phone.answers["meter"] = measured(12.0, 2.2, "harder")
    stage.until(lambda: "더 세게 흔드세요" in stage.words() and "1초에 2.2번" in stage.words())
    assert "아직 신고될 만큼은 아닙니다" in stage.words() and 0.4 < screen.share < 0.5
    stage.phone.answers["meter"] = measured(22.0, 4.5, "go_on", _3=1)
    stage.until(lambda: screen.found.get("3") is True)
    assert not screen.is_found  # hers is the middle one
    stage.phone.answers["meter"] = measured(22.0, 4.5, "go_on", _3=1, _2=1)
    stage.until(lambda: "지금 흔들기로 신고되었을 겁니다" in stage.words())
    tap(stage, stage.button("민감하게"))
    assert stage.phone.chosen == {"sensitivity": 3} and stage.phone.told == []
    stage.app.go("home")
    stage.frames(2)
    asked = len(stage.phone.asked)
    stage.frames(30)
    assert len(stage.phone.asked) == asked  # the service hears no more of it, and shakes count again


def test_a_practice_screen_that_is_gone_asks_no_more(stage: Stage) -> None:
    screen = at_practice(stage)
    stage.app.screens.remove_widget(stage.app.screens.get_screen("home"))
    stage.app.screens.remove_widget(screen)  # Kivy tells no screen that it is left when it was the last one
    stage.app.screens.show("home")
    stage.until(lambda: not screen._look.is_triggered)


def test_a_rehearsal_is_like_the_real_thing_and_sends_nothing(stage: Stage) -> None:
    screen = at_practice(stage)
    tap(stage, screen.ids.rehearse)
    stage.press(screen.ids.sos)
    stage.now_s += 0.6
    stage.until(lambda: 0.5 < screen.hold_share < 0.7)
    stage.now_s += 0.6
    stage.until(lambda: screen.stage == "count")
    stage.let_go()
    stage.until(lambda: "5" in stage.words() and "2. 시간이 다 되기 전에 취소해 보세요" in stage.words())
    stage.tap(screen.ids.cancel)
    stage.frames(2)
    for digit in "9876":  # her duress PIN: it is not even looked at
        stage.tap(stage.button(digit))
    assert screen.stage == "cancelled" and stage.phone.pins == [] and stage.phone.told == []
    stage.tap(screen.ids.once_more)
    stage.press(screen.ids.sos)
    stage.now_s += 1.1
    stage.until(lambda: screen.stage == "count")
    stage.now_s += 5.1
    stage.until(lambda: screen.stage == "sent")
    stage.let_go()
    assert "시간이 다 됐습니다. 진짜라면 지금 신고됩니다." in stage.words() and stage.phone.told == []
    assert stage.back_key() and screen.stage == "" and stage.app.screens.current == "practice"
    assert stage.back_key() and stage.app.screens.current == "home"


def test_my_sos_is_tested_hop_by_hop(stage: Stage) -> None:
    screen = at_practice(stage)
    center = {"name_ko": "안양시", "name_en": "Anyang-si"}
    stage.phone.answers["test_sos"] = {"state": "running", "hops": {"phone": 0.002}, "center": {}}
    stage.phone.answers["trial"] = {"state": "running", "hops": {"phone": 0.002, "router": 0.21}, "center": center}
    tap(stage, screen.ids.test)
    stage.until(lambda: [hop["state"] for hop in screen.hops] == ["done", "done", "now"])
    hops = {"phone": 0.002, "router": 0.21, "center": 0.88}
    stage.phone.answers["trial"] = {"state": "works", "hops": hops, "center": center}
    stage.until(lambda: "SOS가 잘 작동합니다" in stage.words())
    assert {"안양시 관제센터 수신", "0.9초", "누른 뒤 0.9초 만에 관제센터에 닿았습니다."} <= set(stage.words())
    lost = {"state": "no_router", "hops": {"phone": 0.002}, "center": {}}
    stage.phone.answers |= {"test_sos": lost, "trial": lost}
    tap(stage, screen.ids.test)
    stage.until(lambda: "신고가 서버에 닿지 않았습니다" in stage.words())
    assert [hop["state"] for hop in screen.hops] == ["done", "failed", ""]
    tap(stage, screen.ids.drill)
    assert stage.phone.told == [DrillChosen(True)]


def test_an_alert_takes_the_practice_screen_off(stage: Stage) -> None:
    screen = at_practice(stage)
    tap(stage, screen.ids.rehearse)
    stage.show(views.countdown())
    assert stage.app.screens.current == "countdown" and not screen._look.is_triggered


READY = [Check(name, OK) for name in ("location", "notifications", "sms", "clock", "accelerometer")]
REACHED = {
    "router": {"ok": True, "ms": 41}, "home": {"ok": True, "ms": 63}, "clock_off_s": 0.4, "accuracy_m": 8.0,
    "fixed_at": "2026-11-22T13:02:33Z", "is_sampled": True,
}  # fmt: skip


def test_readiness_says_what_is_wrong_and_mends_it(stage: Stage) -> None:
    said = "다른 와이파이로 바꿔 보세요."
    dead = {"ok": False, "code": "no_answer", "message_ko": said, "message_en": "Try another Wi-Fi."}
    stage.phone.answers |= {
        "readiness": [*READY, Check("battery_optimiser", MISSING, True), Check("camera", MISSING, True, True)],
        "reach": REACHED | {"router": dead, "clock_off_s": -90.0}, "guardians": [{"accepted_at": "2026-11-01"}],
    }  # fmt: skip
    stage.show(views.idle(sos_text_number="0311234567"))
    stage.app.go("readiness")
    stage.until(lambda: "3가지를 확인해 주세요" in stage.words())
    found = {row.name: row.state for row in stage.app.ready.rows}
    assert found["router"] == found["clock"] == found["battery_optimiser"] == "missing"
    assert found["camera"] == "optional" and found["guardians"] == found["gps"] == found["sms_number"] == "ok"
    words = " ".join(stage.words())
    assert f"확인 필요 · {said}" in words and "90초 틀립니다" in words and "오차 약 8 m" in words
    stage.phone.answers |= {"readiness": READY, "reach": REACHED}
    tap(stage, stage.button("해결"))
    stage.until(lambda: "모두 준비되었습니다" in stage.words())
    assert [name for name, *_ in stage.phone.asked if name == "make_ready"] == ["make_ready"]
    tap(stage, stage.button("듣기"))
    tap(stage, stage.button("멈춤"))
    assert stage.phone.rung == [True, False]
    stage.settle(language="en")
    stage.until(lambda: "Everything is ready" in stage.words())


def test_readiness_of_someone_new_leads_where_it_can_be_mended(stage: Stage) -> None:
    stage.phone.answers |= {"readiness": READY, "reach": REACHED | {"fixed_at": None}}
    stage.show(views.idle(device_token="", pins=None))
    stage.app.go("readiness")
    stage.until(lambda: "3가지를 확인해 주세요" in stage.words())
    rows = {row.name: row for row in stage.app.ready.rows}
    assert rows["pins"].fix == "go:settings" and rows["gps"].state == "missing" and "guardians" not in rows
    stage.app.ready.fix(rows["signed_up"])
    assert stage.app.screens.current == "sign_up"
