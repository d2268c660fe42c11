"""The phone's window: what a person touches, what she sees, and what leaves the phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from mobile_app.core.pins import Pins
from tests.mobile_app.local_router import LocalRouter
from tests.phone.scrolled import tap

PINS = Pins.choose("1234", "9876")
MINJI = {
    "nickname": "민지",
    "phone": "01012345678",
    "device_token": "token",
    "home": "41170",
    "home_name_ko": "안양시",
    "home_name_en": "Anyang-si",
}


def _hold_until_countdown(phone: Any) -> None:
    phone.press(phone.screen.ids.sos)
    phone.until(lambda: phone.app.screens.current in ("countdown", "active"))
    phone.let_go()


def test_a_short_press_is_nothing_and_a_held_one_is_a_countdown(
    open_phone: Callable[..., Any], router: LocalRouter
) -> None:
    phone = open_phone(pins=PINS, **MINJI)
    phone.picture("home_ko")
    phone.press(phone.screen.ids.sos)
    phone.until(lambda: phone.app.facts.hold_share > 0)
    phone.let_go()
    phone.until(lambda: phone.app.facts.hold_share == 0)
    assert phone.app.screens.current == "home" and router.phases() == []
    _hold_until_countdown(phone)
    phone.until(lambda: router.phases() == ["pre"])
    phone.until(lambda: any("안양시 관제센터가 미리 준비하고 있습니다" in words for words in phone.words()))
    phone.picture("countdown_ko")


def test_a_shake_counts_down_and_only_the_pin_stops_it(open_phone: Callable[..., Any], router: LocalRouter) -> None:
    phone = open_phone(pins=PINS, countdown_s=30.0, **MINJI)
    phone.app.panel.play()
    phone.until(lambda: phone.app.screens.current == "countdown")
    phone.tap(phone.button("취소 (PIN)"))
    phone.enter_pin("1111")
    phone.until(lambda: "PIN이 맞지 않습니다" in phone.words())
    phone.picture("wrong_pin_ko")
    assert phone.app.screens.current == "countdown"
    phone.enter_pin("1234")
    phone.until(lambda: phone.app.screens.current == "home")
    phone.until(lambda: router.phases() == ["pre", "ended"])
    assert router.alerts[-1]["outcome"] == "cancel" and router.alerts[0]["trigger"] == "shake"
    assert "취소되었습니다" in phone.words()


def test_duress_looks_like_cancel_to_the_last_pixel(open_phone: Callable[..., Any], router: LocalRouter) -> None:
    pictures, sizes, words = {}, {}, {}
    for outcome, pin in (("cancel", "1234"), ("duress", "9876")):
        phone = open_phone(outcome, pins=PINS, countdown_s=30.0, **MINJI)
        phone.desktop.location.stand(lat=37.4015, lon=126.9227)
        _hold_until_countdown(phone)
        phone.until(lambda: bool(router.alerts) and router.alerts[-1]["phase"] == "pre")
        phone.tap(phone.button("취소 (PIN)"))
        phone.enter_pin(pin)
        phone.until(lambda phone=phone: phone.app.screens.current == "home")
        phone.until(lambda outcome=outcome: router.alerts[-1]["outcome"] == outcome)
        phone.app.panel.vibrations = 0
        phone.until(lambda phone=phone: not phone.app.panel.is_vibrating)
        phone.until(lambda phone=phone: phone.app.ready.is_known)
        phone.app.ready.look()  # the first look may have come before the first fix
        phone.until(lambda phone=phone: phone.app.ready.is_known)
        phone.app.facts.wall = lambda: datetime(2026, 1, 1, tzinfo=UTC)  # ages stand still
        phone.app.facts.beat()
        pictures[outcome] = _phone_pixels(phone.picture(f"after_{outcome}"))
        sizes[outcome], words[outcome] = router.sizes[-1], phone.words()
        open_phone.close(phone)  # type: ignore[attr-defined]
    assert words["cancel"] == words["duress"]
    assert pictures["cancel"] == pictures["duress"]
    assert sizes["cancel"] == sizes["duress"]


def _phone_pixels(png: bytes) -> bytes:
    """The phone without the simulation panel beside it."""
    import io

    from PIL import Image

    return Image.open(io.BytesIO(png)).convert("RGB").crop((0, 0, 412, 915)).tobytes()


def test_the_active_screen_tells_who_has_it_and_what_they_do(
    open_phone: Callable[..., Any], router: LocalRouter
) -> None:
    phone = open_phone(pins=PINS, countdown_s=0.3, **MINJI)
    phone.desktop.location.stand(lat=37.4015, lon=126.9227)
    phone.app.panel.switch_radio()
    _hold_until_countdown(phone)
    phone.until(lambda: phone.app.screens.current == "active")
    phone.until(lambda: "신고를 보내는 중입니다" in phone.words())
    assert router.phases() == []
    phone.app.panel.switch_radio()
    phone.until(lambda: bool(router.lines))
    alert_id = router.alerts[0]["alert_id"]
    router.tell(alert_id, "received")
    phone.until(lambda: "안양시 관제센터가 접수했습니다" in phone.words())
    router.tell(alert_id, "acknowledged")
    router.tell(alert_id, "dispatched")
    phone.until(lambda: "112·119에 출동을 요청했습니다" in phone.words())
    phone.until(lambda: "관제센터와 연결됨" in phone.words() and any("위치 전송" in word for word in phone.words()))
    phone.picture("active_ko")
    phone.app.panel.switch_radio()
    phone.until(lambda: "다시 연결 중…" in phone.words())
    phone.picture("reconnecting_ko")
    phone.app.panel.switch_radio()
    phone.until(lambda: "관제센터와 연결됨" in phone.words())
    router.tell(alert_id, "closed")
    phone.until(lambda: "안양시 관제센터가 종료했습니다" in phone.words())
    phone.picture("closed_ko")
    phone.tap(phone.button("네, 안전해요"))
    phone.until(lambda: "알려 주셔서 고맙습니다" in phone.words())
    phone.tap(phone.button("처음으로"))
    phone.until(lambda: phone.app.screens.current == "home")


def test_sign_up_guardian_and_english(open_phone: Callable[..., Any], router: LocalRouter) -> None:
    phone = open_phone()
    phone.picture("home_new_ko")
    phone.tap(phone.screen.ids.to_guardians)
    assert phone.app.screens.current == "sign_up"
    phone.tap(phone.screen.ids.send)
    assert "별명과 전화번호를 적어 주세요" in phone.words()
    ids = phone.screen.ids
    ids.nickname.text, ids.phone.text = "민지", "01012345678"
    phone.tap(ids.send)
    ids.pin.text, ids.duress.text = "1357", "1358"
    phone.tap(ids.send)
    assert "두 PIN이 너무 비슷합니다. 전혀 다른 숫자로 정해 주세요." in phone.words() and router.alerts == []
    assert phone.back_key() and "연락받을 번호를 알려 주세요" in phone.words()
    phone.tap(ids.send)
    ids.duress.text = "8024"
    phone.picture("sign_up_ko")
    phone.tap(ids.send)
    phone.until(lambda: phone.app.screens.current == "home" and phone.app.facts.is_signed_up)
    assert ids.pin.text == ids.duress.text == ""
    phone.tap(phone.screen.ids.to_guardians)
    phone.screen.ids.name.text, phone.screen.ids.phone.text = "엄마", "01087654321"
    phone.tap(phone.screen.ids.add)
    phone.until(lambda: "초대 코드 QK7M-2P9D" in phone.words() and "엄마" in phone.words())
    phone.picture("guardians_ko")
    phone.app.go("settings")
    phone.frames()
    phone.screen.open("look")
    phone.frames(3)
    tap(phone, phone.screen.part.ids.english)
    phone.until(lambda: "Text size" in phone.words())
    phone.screen.open("shake")
    phone.frames(3)
    tap(phone, phone.screen.part.ids.sensitive)
    phone.until(lambda: phone.app.facts.sensitivity == 3)
    phone.picture("settings_en")
    phone.app.go("home")
    phone.frames()
    assert {"Hold for 1 second", "Hello, 민지", "Anyang-si control center"} <= set(phone.words())
    phone.picture("home_en")


def test_a_home_center_that_proves_numbers_wants_the_code(open_phone: Callable[..., Any], router: LocalRouter) -> None:
    router.code = "123456"
    phone = open_phone()
    phone.tap(phone.screen.ids.to_guardians)
    for name, text in (("nickname", "민지"), ("phone", "01012345678"), ("pin", "1357")):
        phone.screen.ids[name].text = text
    phone.tap(phone.screen.ids.send)
    phone.tap(phone.screen.ids.send)
    assert "둘째 PIN이 비어 있습니다. 정하지 않으려면 한 번 더 누르세요." in phone.words() and router.texted == []
    phone.tap(phone.screen.ids.send)
    phone.until(lambda: "문자로 인증번호를 보냈습니다" in phone.words() and router.texted == ["01012345678"])
    phone.picture("sign_up_code_ko")
    phone.screen.ids.code.text = "999999"
    phone.tap(phone.screen.ids.send)
    phone.until(lambda: "인증번호가 맞지 않습니다" in phone.words())
    phone.screen.ids.code.text = "123456"
    phone.tap(phone.screen.ids.send)
    phone.until(lambda: phone.app.screens.current == "home" and phone.app.facts.is_signed_up)


def test_a_drill_says_so_and_is_one_on_the_wire(open_phone: Callable[..., Any], router: LocalRouter) -> None:
    phone = open_phone(pins=PINS, countdown_s=0.3, language="en", **MINJI)
    phone.tap(phone.screen.ids.drill)
    phone.frames(4)
    tap(phone, phone.screen.ids.drill)
    phone.until(lambda: phone.app.facts.is_drill_chosen)
    phone.app.go("home")
    phone.frames(3)
    phone.picture("drill_home_en")
    _hold_until_countdown(phone)
    phone.until(lambda: router.phases() == ["pre", "active"])
    assert {alert["service"] for alert in router.alerts} == {"urn:service:test.sos"}
    phone.until(lambda: "DRILL · not a real emergency" in phone.words())
    phone.picture("drill_active_en")
