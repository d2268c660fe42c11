"""Settings and the profile by touch: every choice is told at once, dangerous ones are explained, secrets stay quiet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mobile_app.core.session import AtHome
from mobile_app.ui.screens.fake_call import grouped
from tests.phone import views
from tests.phone.scrolled import tap
from tests.phone.stage import Stage


def at_settings(stage: Stage, page: str = "", **chosen: Any) -> Any:
    stage.show(views.idle(**chosen))
    stage.app.go("settings")
    stage.frames(3)
    if page:
        tap(stage, stage.screen.ids[page])
        stage.frames(3)
    return stage.screen


def test_the_countdown_says_what_it_costs(stage: Stage) -> None:
    screen = at_settings(stage, "countdown", countdown_s=3.0)
    new = "바꾼 카운트다운을 한 번 연습해 두세요. 아무것도 보내지 않습니다."
    assert new not in stage.words()
    stage.tap(screen.part.ids.stepper.children[-1])
    assert stage.phone.chosen == {"countdown_s": 0.0}
    stage.settle(countdown_s=0.0)
    assert new in stage.words()
    assert any("취소할 시간이 없습니다" in words for words in stage.words())
    stage.settle(countdown_s=20.0)
    assert any("도움이 늦어집니다" in words for words in stage.words())
    stage.tap(screen.part.ids.stepper.children[0])
    assert stage.phone.chosen == {"countdown_s": 30.0}
    stage.settle(countdown_s=30.0)
    assert screen.part.ids.stepper.children[0].disabled
    tap(stage, screen.part.ids.try_it)
    practice = stage.screen
    assert practice.stage == "hold" and stage.phone.told == []
    practice.hold()
    stage.now_s += 1.1
    stage.until(lambda: practice.stage == "count")
    assert practice.seconds == 30
    practice.rehearse()
    stage.settle(countdown_s=0.0)
    practice.hold()
    stage.now_s += 1.1
    stage.until(lambda: practice.stage == "sent")  # without a countdown there is none to be rehearsed
    assert stage.back_key() and practice.stage == "" and stage.phone.told == []
    stage.app.go("settings")
    stage.screen.open("countdown")
    assert stage.back_key() and screen.page == "" and stage.back_key() and stage.app.screens.current == "home"


def test_the_fake_caller_has_a_number(stage: Stage) -> None:
    screen = at_settings(stage, "call", fake_number="0212345678")
    ids = screen.part.ids
    assert ids.number.text == "0212345678"
    ids.name.text, ids.number.text = " 김 과장 ", "031-123-4567"
    tap(stage, ids.save)
    assert stage.phone.chosen == {"fake_caller": "김 과장", "fake_number": "031-123-4567"}
    given = ("0212345678", "0311234567", "01012345678", "+82 10 1234", "112", "")
    said = ["02-1234-5678", "031-123-4567", "010-1234-5678", "+82 10 1234", "112", ""]
    assert [grouped(number) for number in given] == said


def test_each_trigger_has_a_way_to_behave(stage: Stage) -> None:
    at_settings(stage, "profiles")
    tap(stage, next(w for w in stage.seen() if getattr(w, "text", "") == "흔들기" and hasattr(w, "icon")))
    stage.frames(2)
    tap(stage, stage.button("크게"))
    profiles = stage.phone.chosen["profiles"]
    assert profiles.shake == "loud" and profiles == replace(views.idle().settings.profiles, shake="loud")


def test_sensing_capture_and_the_quiet_screen(stage: Stage) -> None:
    screen = at_settings(stage, "shake")
    tap(stage, screen.part.ids.sensitive)
    tap(stage, screen.part.ids.fall)
    assert stage.phone.chosen == {"sensitivity": 3, "is_fall_on": True}
    screen.open("capture")
    stage.frames(3)
    tap(stage, screen.part.ids.photo)
    assert stage.phone.chosen["capture"] == "photo"
    screen.open("covert")
    stage.frames(3)
    tap(stage, screen.part.ids.covert)
    assert stage.phone.chosen["is_covert"] is True and "이 기기에서는 아이콘을 바꿀 수 없습니다" in stage.words()


def test_new_pins_ask_for_the_old_one_and_say_nothing_of_duress(stage: Stage) -> None:
    screen = at_settings(stage, "pins")
    said = " ".join(stage.words())
    assert not [word for word in ("협박", "억지", "강요") if word in said]
    ids = screen.part.ids
    ids.old.text, ids.pin.text, ids.duress.text = "1111", "5937", "5938"
    stage.tap(ids.save)
    assert any("너무 비슷합니다" in words for words in stage.words()) and stage.phone.asked[-1][0] != "change_pins"
    ids.duress.text = "8024"
    stage.phone.answers["change_pins"] = "wrong_pin"
    stage.tap(ids.save)
    stage.until(lambda: "PIN이 맞지 않습니다" in stage.words())
    assert ids.old.text == "" and ids.pin.text == "5937"
    ids.old.text, stage.phone.answers["change_pins"] = "1234", ""
    stage.tap(ids.save)
    stage.until(lambda: "PIN을 바꿨습니다" in stage.words())
    assert stage.phone.asked[-1] == ("change_pins", {"old": "1234", "pin": "5937", "duress": "8024"})
    assert ids.old.text == ids.pin.text == ids.duress.text == ""
    tap(stage, ids.explain)
    stage.frames(2)
    assert any("누가 억지로" in words for words in stage.words())
    assert stage.back_key() and screen.page == "pins"


def test_first_pins_need_no_old_one(stage: Stage) -> None:
    ids = at_settings(stage, "pins", pins=None).part.ids
    assert ids.old not in stage.seen()
    ids.pin.text = "1234"
    stage.tap(ids.save)
    assert stage.phone.chosen["pins"].check("1234") == "cancel"
    assert any("쉽게 알아낼 수 있는 PIN" in words for words in stage.words())


def test_look_stays_on_its_page_when_everything_changes(stage: Stage) -> None:
    screen = at_settings(stage, "look")
    tap(stage, screen.part.ids.dark)
    assert stage.phone.chosen == {"look": "dark"}
    stage.settle(look="dark")
    assert stage.screen is not screen and stage.screen.page == "look"
    tap(stage, stage.screen.part.ids.english)
    stage.settle(language="en", look="dark")
    assert "Text size" in stage.words()


def test_advanced_is_for_the_desktop_only_and_checks_addresses(stage: Stage) -> None:
    screen = at_settings(stage)
    assert "고급" not in stage.words()
    screen.open("advanced")
    stage.frames(3)
    ids = screen.part.ids
    ids.router_url.text = "router.example"
    stage.tap(ids.save)
    assert any("http://" in words for words in stage.words()) and stage.phone.chosen == {}
    ids.router_url.text, ids.map_url.text = "https://router.example", "https://tiles.example/{z}/{x}.png"
    stage.tap(ids.save)
    assert any("{y}" in words for words in stage.words()) and stage.phone.chosen == {}
    ids.map_url.text = "https://tiles.example/{z}/{x}/{y}.png"
    stage.tap(ids.save)
    assert stage.phone.chosen["router_url"] == "https://router.example"


def test_the_profile_says_who_sees_it_and_keeps_what_she_wrote(stage: Stage) -> None:
    stage.show(views.idle(medicines="와파린"))
    stage.app.go("profile")
    stage.frames(3)
    ids = stage.screen.ids
    assert ids.medicines.text == "와파린" and any("보호자에게는 보이지 않습니다" in words for words in stage.words())
    ids.birth_year.text = "98"
    stage.tap(ids.save)
    assert "태어난 해는 숫자 네 자리입니다" in stage.words() and stage.phone.chosen == {}
    ids.birth_year.text, ids.home_floor.text, ids.needs.text = "1998", "5층 502호", "가" * 301
    stage.tap(ids.save)
    assert any("300자" in words for words in stage.words()) and stage.phone.chosen == {}
    ids.needs.text = " 휠체어 "
    stage.tap(ids.save)
    assert stage.phone.chosen["home_floor"] == "5층 502호" and stage.phone.chosen["needs"] == "휠체어"
    tap(stage, ids.blood)
    stage.frames(2)
    tap(stage, stage.button("AB-"))
    assert stage.phone.chosen["blood_type"] == "AB-"
    tap(stage, ids.for_119)
    assert stage.phone.chosen["is_health_for_119"] is True, "off until she says so"
    tap(stage, ids.at_home)
    assert stage.phone.told == [AtHome(True)]
    stage.phone.answers["where"] = {"place": {"lat": 37.4, "lon": 126.9, "accuracy_m": 80.0}, "trail": []}
    tap(stage, ids.here)
    stage.until(lambda: "위치 오차가 큽니다. 창가에서 다시 해 보세요." in stage.words())
    stage.phone.answers["where"]["place"]["accuracy_m"] = 12.0
    tap(stage, ids.here)
    stage.until(lambda: "지금 위치를 집으로 저장했습니다" in stage.words())
    assert (stage.phone.chosen["home_lat"], stage.phone.chosen["home_lon"]) == (37.4, 126.9)
