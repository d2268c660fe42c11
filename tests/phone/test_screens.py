"""Each screen by touch, with views as the phone would give them: what is said, what a finger does, where back leads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from mobile_app.core.session import (
    Confirmed,
    Dismissed,
    HoldReleased,
    HoldStarted,
    NoiseStopped,
    RescueConfirmed,
    Revealed,
    SafeHoldReleased,
    SafeHoldStarted,
    Say,
    Tapped,
)
from mobile_app.core.talk import Talk
from tests.phone import views
from tests.phone.stage import NOW_S, Stage


def told(stage: Stage, kind: type) -> list[Any]:
    return [one for one in stage.phone.told if isinstance(one, kind)]


def test_home_holds_taps_and_tells_how_the_phone_is(stage: Stage) -> None:
    stage.show(views.idle())
    assert {"민지님, 안심하세요", "안양시 관제센터", "위치 확인 10초 전", "연결됨"} <= set(stage.words())
    stage.press(stage.screen.ids.sos)
    stage.let_go()
    assert [type(one) for one in stage.phone.told] == [HoldStarted, HoldReleased]
    for _ in range(5):
        stage.tap(stage.screen.ids.taps)
    assert len(told(stage, Tapped)) == 5
    stage.change(hold_since_s=NOW_S - 0.5)
    assert stage.app.facts.hold_share == 0.5
    assert "그대로 누르고 계세요" in stage.words()
    stage.change(hold_since_s=None, fixed_at=None)
    assert "위치를 찾는 중" in stage.words() and not stage.app.facts.is_placed


def test_a_hold_goes_on_when_the_screen_changes_under_the_finger(stage: Stage) -> None:
    stage.show(views.idle())
    stage.press(stage.screen.ids.sos)
    stage.show(views.countdown())
    assert stage.app.screens.current == "countdown" and told(stage, HoldReleased) == []
    stage.let_go()
    assert len(told(stage, HoldReleased)) == 1 and told(stage, Confirmed) == []


def test_countdown_sends_now_and_only_a_pin_cancels(stage: Stage) -> None:
    stage.show(views.countdown(left_s=3.5))
    assert "4" in stage.words() and stage.screen.ids.seconds.font_size > stage.screen.ids.what.font_size * 5
    assert stage.back_key() and stage.app.screens.current == "countdown"
    stage.tap(stage.screen.ids.send_now)
    assert len(told(stage, Confirmed)) == 1
    stage.tap(stage.screen.ids.cancel)
    assert stage.screen.is_pin_open and stage.phone.pins == []
    for digit in "123":
        stage.tap(stage.button(digit))
    assert stage.phone.pins == []
    stage.tap(stage.button("4"))  # sent at the length of the PINs, without an OK
    assert stage.phone.pins == ["1234"] and stage.screen.keypad.digits == ""
    stage.change(notice="wrong_pin")
    assert "PIN이 맞지 않습니다" in stage.words()
    assert stage.back_key() and not stage.screen.is_pin_open and stage.app.screens.current == "countdown"


def test_the_keypad_stays_when_the_countdown_ends_under_the_fingers(stage: Stage) -> None:
    stage.show(views.countdown())
    stage.tap(stage.screen.ids.cancel)
    stage.tap(stage.button("1"))
    stage.show(views.active("received"))
    assert stage.app.screens.current == "active" and stage.screen.keypad.digits == "1"
    for digit in "234":
        stage.tap(stage.button(digit))
    assert stage.phone.pins == ["1234"]


def test_talk_replies_questions_and_states(stage: Stage) -> None:
    stage.show(views.active("received", "acknowledged", talk=views.talking()))
    under = [line["under"].split(" · ")[0] for line in stage.app.facts.talk_lines]
    assert under == ["관제센터", "읽음", "관제센터", "전송됨", "보내는 중"]
    assert "위협하는 사람이 가까이 있나요?" in stage.words()
    stage.tap(stage.button("아니요"))
    assert told(stage, Say)[-1] == Say("tap", code="no", ref="6", language="ko")
    stage.tap(stage.button("말할 수 없어요"))
    assert told(stage, Say)[-1] == Say("quick", code="cannot_talk", language="ko")
    stage.tap(stage.screen.ids.write)
    stage.frames(3)
    stage.screen.ids.words.text = "  3번 출구 앞 "
    stage.tap(stage.screen.ids.send_words)
    assert told(stage, Say)[-1] == Say("text", text="3번 출구 앞", language="ko")
    assert not stage.screen.is_writing


def test_a_question_is_answered_by_taps_without_looking(stage: Stage) -> None:
    stage.show(views.active("received", talk=views.talking()))
    stage.frames(3)
    pad = stage.screen.ids.tap_pad
    stage.tap(pad)
    stage.tap(pad)
    assert [one.code for one in told(stage, Say)] == ["no"]
    stage.tap(pad)
    stage.until(lambda: [one.code for one in told(stage, Say)] == ["no", "yes"])
    stage.press(pad)
    pad._down_s -= 1.2  # a finger that has rested there
    stage.let_go()
    assert [one.code for one in told(stage, Say)] == ["no", "yes", "danger"]


def test_the_talk_in_her_language(stage: Stage) -> None:
    stage.show(views.active("received", talk=views.talking()))
    stage.tap(stage.screen.ids.language)
    stage.tap(stage.button("Tiếng Việt"))
    assert stage.phone.chosen == {"spoken": "vi"} and stage.app.shell.sheet is None
    stage.settle(spoken="vi")
    assert "Tôi không thể nói chuyện" in stage.words() and "저는 안전합니다" in stage.words()
    stage.tap(stage.button("Không"))
    assert told(stage, Say)[-1].language == "vi"


def test_loud_112_and_on_scene_offer_their_buttons_only_then(stage: Stage) -> None:
    stage.show(views.active("received"))
    assert not {"소리와 불빛 끄기", "112에 전화하기", "네, 안전해요"} & set(stage.words())
    stage.change(is_noisy=True, dial="112")
    stage.tap(stage.screen.ids.stop_noise)
    stage.tap(stage.screen.ids.dial)
    assert len(told(stage, NoiseStopped)) == 1 and stage.phone.dialled == ["112"]
    stage.change(is_noisy=False, dial="", asks_safe=True)
    stage.tap(stage.button("네, 안전해요"))
    assert told(stage, RescueConfirmed) == [RescueConfirmed(True)]
    stage.tap(stage.screen.ids.steps)
    assert "현장 도착" in stage.words() and stage.app.shell.sheet is not None
    assert stage.back_key() and stage.app.shell.sheet is None
    assert stage.back_key() and stage.app.screens.current == "active" and stage.phone.pins == []


def test_after_the_close_she_is_asked(stage: Stage) -> None:
    stage.show(views.closed())
    assert stage.back_key() and stage.app.screens.current == "after" and told(stage, Dismissed) == []
    stage.tap(stage.screen.ids.no)
    assert told(stage, RescueConfirmed) == [RescueConfirmed(False)]
    stage.change(asks_safe=False, answer="safe")
    assert "알려 주셔서 고맙습니다" in stage.words() and "네, 안전해요" not in stage.words()
    stage.tap(stage.screen.ids.done)
    assert len(told(stage, Dismissed)) == 1


def test_the_covert_screen_knows_no_word_of_help(stage: Stage) -> None:
    stage.show(views.idle(is_covert=True))
    assert stage.app.screens.current == "covert" and stage.app.title == "시계"
    stage.change(notice="cancelled")
    said = " ".join(stage.words())
    assert not [word for word in ("SOS", "안심", "신고", "취소", "보호자", "관제") if word in said]
    for _ in range(5):
        stage.tap(stage.screen.ids.face)
    assert len(told(stage, Tapped)) == 5 and told(stage, HoldStarted) == []
    stage.press(stage.screen.ids.date)
    stage.until(lambda: len(told(stage, Revealed)) == 1)
    stage.let_go()
    assert not stage.back_key()  # the app may be left from here


@pytest.mark.parametrize("was_right", [True, False])
def test_the_covert_screen_opens_with_a_pin_and_closes_by_itself(stage: Stage, was_right: bool) -> None:
    stage.show(views.idle(is_covert=True))
    stage.phone.answers["enter_pin"] = was_right
    stage.tap(stage.screen.ids.plus)
    for digit in "1234":
        stage.tap(stage.button(digit))
    stage.frames(4)
    assert stage.app.screens.current == ("home" if was_right else "covert")
    assert was_right or "암호가 맞지 않습니다" in stage.words()
    stage.app.go("settings")
    stage.app.on_pause()
    assert stage.app.screens.current == "covert" and not stage.app.is_unlocked
    stage.app.on_resume()


def test_letting_go_of_a_hold_until_safe_is_told_whatever_the_screen_has_become(stage: Stage) -> None:
    stage.show(views.idle())
    stage.tap(stage.screen.ids.to_safe_hold)
    stage.press(stage.screen.ids.hold)
    stage.change(safe_since_s=NOW_S)
    assert "지켜보고 있습니다" in stage.words() and told(stage, SafeHoldReleased) == []
    stage.app.go("home")
    stage.let_go()
    assert [type(one) for one in stage.phone.told] == [SafeHoldStarted, SafeHoldReleased]


def test_a_fake_call_rings_is_answered_and_ends(stage: Stage) -> None:
    stage.show(views.idle(fake_call_delay_s=0.0, fake_number="01023456789"))
    stage.tap(stage.screen.ids.to_fake_call)
    stage.screen.ids.name.text = "김 과장"
    stage.tap(stage.screen.ids.start)
    stage.frames(3)
    assert stage.phone.rung == [True] and {"김 과장", "휴대전화 010-2345-6789", "받기"} <= set(stage.words())
    stage.tap(stage.screen.ids.answer)
    assert stage.phone.rung[-1] is False and {"00:00", "휴대전화 010-2345-6789"} <= set(stage.words())
    stage.tap(stage.button("스피커"))
    stage.until(lambda: stage.button("스피커").is_on)  # it looks like a call, and does nothing
    assert stage.back_key() and stage.app.screens.current == "home"
    assert stage.phone.chosen == {"fake_caller": "김 과장", "fake_call_delay_s": 0.0}


def test_an_alert_takes_the_fake_call_off(stage: Stage) -> None:
    stage.show(views.idle(fake_call_delay_s=0.0))
    stage.app.go("fake_call")
    stage.frames(3)
    stage.tap(stage.screen.ids.start)
    call = stage.screen
    assert call.state == "ringing" and {"엄마", "휴대전화"} <= set(stage.words())
    stage.show(views.countdown())
    assert stage.app.screens.current == "countdown" and call.state == "choosing"


def test_colours_and_letters_follow_the_settings_at_once(stage: Stage) -> None:
    stage.show(views.idle())
    stage.app.go("settings")
    light, small = tuple(stage.app.look.ground), stage.app.look.body
    stage.settle(look="dark", is_high_contrast=True, text_scale=2.0)
    assert tuple(stage.app.look.ground) != light and stage.app.look.body == pytest.approx(2 * small)
    assert stage.app.screens.current == "settings"
    stage.settle(language="en")
    assert "Shake sensitivity" in stage.words() and "Settings" in stage.words()
    assert stage.back_key() and stage.app.screens.current == "home"


@pytest.fixture
def _paced() -> Iterator[None]:
    """Kivy's own limit, which tests switch off."""
    from kivy.clock import Clock

    Clock._max_fps = 30.0
    yield
    Clock._max_fps = 0.0


@pytest.mark.usefixtures("_paced")
def test_the_window_rests_when_nothing_happens(stage: Stage) -> None:
    from kivy.clock import Clock

    stage.show(views.countdown())
    assert Clock._max_fps == 30.0 and stage.app.pace._fast.is_triggered
    stage.show(views.idle())
    stage.app.pace._calm(0)
    assert Clock._max_fps == 10.0 and not stage.app.pace._fast.is_triggered
    stage.app.on_pause()
    assert not stage.app.pace._slow.is_triggered
    stage.app.on_resume()
    stage.press(stage.screen.ids.sos)
    assert Clock._max_fps == 30.0
    stage.let_go()


def test_insets_keep_the_screens_clear_of_the_system_bars(stage: Stage) -> None:
    class Insets:
        def current(self) -> tuple[float, float]:
            return 24.0, 48.0

    stage.show(views.idle())
    stage.app.surface = replace(stage.app.surface, insets=Insets())
    stage.app.on_resume()
    stage.frames(3)
    assert stage.screen.y == 48 and stage.screen.top == stage.app.shell.height - 24


def test_text_goes_by_the_platforms_own_field_where_there_is_one(stage: Stage) -> None:
    asked: list[str] = []

    class Prompt:
        def ask(self, title: str, text: str, done: Any) -> bool:
            asked.append(title)
            done("한글로 적은 말")
            return True

    stage.app.surface = replace(stage.app.surface, text_prompt=Prompt())
    stage.show(views.active("received", talk=Talk()))
    stage.tap(stage.screen.ids.write)
    assert asked == ["관제센터에 알릴 말"] and told(stage, Say)[-1].text == "한글로 적은 말"
    stage.show(views.idle())
    stage.app.go("guardians")
    stage.frames(3)
    stage.tap(stage.screen.ids.name)
    assert asked[-1] == "이름" and stage.screen.ids.name.text == "한글로 적은 말"


def test_what_fails_at_the_home_center_is_told_in_words(stage: Stage) -> None:
    failed: Future[Any] = Future()
    failed.set_exception(RuntimeError("no"))
    stage.phone.guardians = lambda: failed  # type: ignore[method-assign]
    stage.show(views.idle())
    stage.app.go("guardians")
    stage.frames(3)
    assert "연결할 수 없습니다. 잠시 뒤 다시 해 보세요." in stage.words()
