"""Guardians in the window: asked and answering, what one guardian is told and sees, a guest, those she watches over,
and an evening with scouts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mobile_app.settings import Watched
from tests.phone import views
from tests.phone.scrolled import tap
from tests.phone.stage import Stage
from tests.phone.tour_care import AGREED, BOOKED, MUM, NOTICES, OFFER, PLACES, PROTECTED, QR, WARNED, question
from tests.phone.tour_features import PLACE


def asked(stage: Stage, name: str) -> list[tuple[Any, ...]]:
    return [one for one in stage.phone.asked if one[0] == name]


def test_a_question_stands_before_her_with_what_silence_would_do_and_guardians_are_on_her_terms(stage: Stage) -> None:
    stage.phone.answers |= {
        "guardians": [MUM],
        "notices": NOTICES,
        "answer_question": "kept",
        "remove_guardian": "kept",
    }
    stage.show(views.idle())
    stage.change(walk=views.walking("prompted"), questions=(question(),))
    assert stage.screen.name == "walking", "her walk's own question comes first: it is about to call for help"
    stage.change(walk=None)
    stage.change(questions=(question(), question(question_id="q2", shares=False)))
    stage.app.go("home")
    stage.tap(stage.screen.ids.to_walk)
    assert stage.screen.name == "care" and any("30분 동안" in one for one in stage.words())
    stage.tap(stage.screen.ids.ok)
    assert asked(stage, "answer_question")[0][1:-1] == ("q1", "ok") and "연결되면 바로 보냅니다" in stage.words()
    stage.change(questions=(question(question_id="q2", shares=False),))
    assert any("위치는 보이지 않습니다" in one for one in stage.words())
    stage.change(questions=())
    stage.app.go("guardians")
    stage.until(lambda: "엄마" in stage.words())
    stage.tap(stage.screen.ids.rows.children[0])
    stage.until(lambda: "확인함 12:51" in stage.words() and "문자 보냄 14:40" in stage.words())
    tap(stage, stage.screen.ids.silence)
    assert asked(stage, "silence") == [("silence", {"guardian_id": "g1"}, {"allowed": False})]
    tap(stage, stage.button("보호자에서 바로 끊기"))
    tap(stage, stage.button("정말 끊기"))
    assert any("이 휴대폰에서는 끊었습니다" in one for one in stage.words()) and stage.screen.name == "guardians"
    stage.phone.answers["guest"] = {"guardian_id": "g9", "invitation": "CODE"}
    tap(stage, stage.screen.ids.guest)
    stage.screen.ids.name.text, stage.screen.ids.phone.text = "은지", "01022223333"
    tap(stage, stage.screen.ids.add)
    body = asked(stage, "guest")[0][2]
    assert body["phone"] == "01022223333" and body["until"].startswith("2026-11-22T18:57")
    told: list[dict[str, str]] = []
    stage.app.surface = replace(stage.app.surface, messages=_Messages(told))
    tap(stage, stage.screen.ids.share)
    assert told[0]["to"] == "01022223333" and told[0]["text"].endswith("/invitation/CODE")


class _Messages:
    def __init__(self, told: list[dict[str, str]]) -> None:
        self._told = told

    def write(self, **said: str) -> bool:
        self._told.append(said)
        return True


def test_whom_she_watches_over_is_asked_shown_and_helped_by_the_invitation_she_holds(stage: Stage) -> None:
    answers = stage.phone.answers
    stage.show(views.idle())
    stage.app.go("watch")
    stage.frames(4)
    stage.tap(stage.screen.ids.add)
    assert "링크나 코드를 적어 주세요" in stage.words()
    answers["watched"] = {"person_nickname": "하늘", "accepted_at": "2026-11-02T10:00:00Z"}
    stage.screen.ids.code.text = "https://ansim.example/invitation/abc-1?x=1"
    stage.tap(stage.screen.ids.add)
    assert asked(stage, "watched")[0][1] == {"invitation": "abc-1"}
    stage.until(lambda: stage.phone.chosen.get("watched") == (Watched("하늘", "abc-1"),))
    stage.settle(watched=stage.phone.chosen["watched"])
    stage.tap(stage.screen.ids.people.children[0])
    stage.until(lambda: stage.screen.is_accepted)
    answers["watched_ask"] = {"question_id": "q", "state": "silent", "shown_until": "2026-11-22T13:30:00Z"}
    stage.tap(stage.screen.ids.ask)
    answers["watched_place"] = {"lat": 37.4, "lon": 126.9, "fixed_at": "2026-11-22T13:00:00Z"}
    tap(stage, stage.screen.ids.see)
    assert asked(stage, "watched_place")[0][2] == {"last4": "5678"} and stage.screen.place == [37.4, 126.9]
    answers["new_id"] = "0190d2a0-0000-7000-8000-0000000000aa"
    stage.tap(stage.screen.ids.alarm)
    assert not asked(stage, "watched_alarm"), "only after she was asked once more"
    tap(stage, stage.button("네, 지금 신고합니다"))
    assert asked(stage, "watched_alarm")[0][1:] == ({"invitation": "abc-1"}, {"alert_id": answers["new_id"]})
    assert stage.back_key() and not stage.screen.is_open and stage.screen.name == "watch"


def test_an_evening_with_scouts_from_the_free_times_to_her_door(stage: Stage) -> None:
    from mobile_app.ui.widgets.qr_code import pieces_of

    answers = stage.phone.answers
    answers |= {"where": {"place": PLACE, "trail": []}, "scouts": {"bookings": []}, "scouts_offered": OFFER}
    answers |= {"new_id": "b1", "scouts_book": BOOKED | {"state": "booked", "code": None, "allowed": ["cancel"]}}
    stage.show(views.idle())
    stage.app.go("scouts")
    stage.until(lambda: stage.screen.can_book)
    tap(stage, stage.screen.ids.book)
    assert "시간을 골라 주세요" in stage.words()
    tap(stage, stage.screen.ids.slots.children[-1])
    tap(stage, stage.screen.ids.hubs.children[0])
    stage.screen.ids.destination.text = "경수대로 12"
    tap(stage, stage.screen.ids.book)
    _, ids, body = asked(stage, "scouts_book")[0]
    assert ids == {"booking_id": "b1"} and body["hub_id"] == "h1" and body["at"] == OFFER["slots"][0]["at"]
    stage.until(lambda: stage.screen.mode == "booked" and "예약했습니다" in stage.words())
    answers["scouts"] = {"bookings": [BOOKED]}
    stage.screen._ask(0)
    stage.until(lambda: "482 913" in stage.words() and "스카우트가 기다리고 있습니다" in stage.words())
    assert len(pieces_of(QR["path"], 21)) > 50 and pieces_of("M20 0h5v1h-5z<script>", 21) == []
    stage.screen.ids.theirs.text = "12 34"
    tap(stage, stage.screen.ids.check)
    assert "여섯 자리를 적어 주세요" in stage.words() and not asked(stage, "scouts_code")
    stage.screen.ids.theirs.text = "550123"
    answers["scouts_code"] = BOOKED | {"state": "accompanying", "code": None, "allowed": ["reach_home"]}
    tap(stage, stage.screen.ids.check)
    assert asked(stage, "scouts_code")[0][2] == {"code": "550123"}
    answers["scouts_home"] = BOOKED | {"state": "home", "code": None, "allowed": []}
    stage.tap(stage.screen.ids.home)
    assert "집에 도착했습니다" in stage.words() and stage.button("새로 예약하기")


def test_the_ministrys_code_is_entered_only_with_the_words_she_agrees_to_and_can_be_deleted(stage: Stage) -> None:
    stage.phone.answers |= {"protection": PROTECTED | {"protections": []}, "guardians": []}
    stage.show(views.idle())
    stage.app.go("guardians")
    tap(stage, stage.screen.ids.to_protection)
    assert stage.screen.name == "protection" and "등록한 코드가 없습니다" in stage.words()
    stage.screen.ids.code.text = "0123 4567 89AB CDEF GHJK"
    stage.screen.add()
    assert asked(stage, "protect") == [] and "동의문을 아직 받지 못했습니다" in stage.words()
    stage.phone.answers |= {"protection": PROTECTED, "consents": AGREED}
    stage.screen.load()
    stage.until(lambda: any(one.startswith("코드와 가까운 위치를") for one in stage.words()))
    stage.screen.ids.code.text = "0123 4567 89AB CDEF GHJK"
    stage.tap(stage.screen.ids.add)
    said = {"code": "0123 4567 89AB CDEF GHJK", "consent": True, "version": "2026-1"}
    assert asked(stage, "protect") == [("protect", {}, said)] and stage.screen.ids.code.text == ""
    assert "아직 시험하지 않았습니다" in stage.words()
    tap(stage, stage.screen.ids.rows.children[-1])
    tap(stage, stage.button("지우기"))
    assert asked(stage, "unprotect") == [("unprotect", {"protection_id": "p1"}, {})]
    stage.screen.ids.code.text = "half-typed"
    stage.app.go("home")
    stage.app.go("protection")
    assert stage.screen.ids.code.text == "", "what was typed is not left for whoever opens it next"


def test_she_agrees_to_disaster_warnings_where_she_chooses_and_takes_it_back(stage: Stage) -> None:
    answers = stage.phone.answers
    answers |= {"warnings": WARNED | {"is_agreed": False, "places": [], "warnings": []}, "warning_places": PLACES}
    stage.show(views.idle())
    stage.app.go("settings")
    tap(stage, stage.screen.ids.to_disasters)
    assert stage.screen.name == "disasters"
    stage.screen.agree()
    assert asked(stage, "warn") == [] and "동의문을 아직 받지 못했습니다" in stage.words()
    answers["consents"] = AGREED
    stage.screen.load()
    stage.until(lambda: any(one.startswith("고른 시·군·구에 재난 경보가 나면 알리는 데") for one in stage.words()))
    stage.tap(stage.screen.ids.agree)
    assert asked(stage, "warn") == [] and "시·군·구를 먼저 고르세요" in stage.words()
    stage.screen.ids.where.text = "서울강남"
    tap(stage, stage.screen.ids.found.children[0])
    assert stage.screen.ids.where.text == "" and "서울 강남구" in stage.words()
    stage.screen.ids.where.text = "군포"
    tap(stage, stage.screen.ids.found.children[0])
    tap(stage, stage.screen.ids.chosen.children[-1])
    assert "서울 강남구" not in stage.words(), "the first one is left out again"
    answers["warn"] = WARNED
    stage.tap(stage.screen.ids.agree)
    assert asked(stage, "warn") == [("warn", {}, {"consent": True, "version": "2026-1", "places": ["41410"]})]
    stage.until(lambda: "심각 · 호우경보" in stage.words())
    answers["warnings"] = WARNED | {"is_agreed": False, "places": [], "warnings": []}
    tap(stage, stage.screen.ids.end)
    tap(stage, stage.button("네, 그만 받습니다"))
    assert asked(stage, "unwarn") == [("unwarn", {}, {})]
    stage.until(lambda: not stage.screen.is_agreed and "안양시" not in stage.words())
