"""A walk in the window: chosen, begun, asked, answered, ended by a PIN; places and guardians by the way."""

from __future__ import annotations

from mobile_app.core.walk import Plan
from mobile_app.service.view import WalkView
from tests.phone import views
from tests.phone.scrolled import tap
from tests.phone.stage import Stage
from tests.phone.tour_care import BOOKED, FACILITIES, WAY
from tests.phone.tour_features import PLACE
from tests.phone.tour_walks import HISTORY, LEDGER

MUM = {"guardian_id": "g1", "name": "엄마", "phone_last4": "4321", "accepted_at": "2026-11-01"}
PAUSED = {"guardian_id": "g2", "name": "박지훈", "phone_last4": "7788", "accepted_at": "2026-11-01", "is_paused": True}


def test_a_walk_from_the_first_screen_to_its_end(stage: Stage) -> None:
    stage.phone.answers |= {"guardians": [MUM, PAUSED], "where": {"place": PLACE, "trail": []}, "begin_walk": None}
    stage.phone.answers |= {"routes": WAY, "facilities": FACILITIES}
    stage.show(views.idle())
    stage.tap(stage.screen.ids.to_walk)
    stage.until(lambda: stage.screen.name == "walk" and "엄마" in stage.words())
    assert "박지훈" not in stage.words(), "who is paused is told nothing"
    stage.tap(stage.screen.ids.begin)
    assert "목적지를 먼저 골라 주세요" in stage.words() and not asked(stage, "begin_walk")
    tap(stage, stage.screen.ids.place)
    stage.until(lambda: bool(stage.app.shell.sheet.place))
    ground = stage.app.shell.sheet.ids.map.__self__
    stage.tap(ground)
    assert len(ground.goal) == 2 and abs(ground.goal[0] - ground.lat) < 0.001
    assert len(stage.app.shell.sheet.spots) == 7, "safe facilities around her stand on the map"
    stage.tap(stage.app.shell.sheet.ids.take)
    stage.until(lambda: len(stage.screen.spots) == 7)
    assert all(len(one[1]["lat"]) <= 6 for one in asked(stage, "facilities")), "no address knows where she is"
    assert "840 m" in stage.screen.way_words and any("보장하지는" in one for one in stage.words())
    stage.screen.minutes = 5
    stage.tap(stage.screen.ids.begin)
    plan = asked(stage, "begin_walk")[0][1]
    assert plan.route[0] == (37.4015, 126.9227) and len(plan.route) == 4
    assert isinstance(plan, Plan) and plan.guardians == ("g1",) and plan.lat == ground.goal[0] and plan.eta_s == 300
    assert not plan.share_with_centers and not plan.guardians_see_place, "nobody sees more unless she says so"
    stage.until(lambda: stage.screen.name == "walking")
    stage.change(walk=views.walking())
    assert "잘 가고 있어요" in stage.words() and "집까지 · 8분 남음" in stage.words()
    stage.app.go("settings")
    stage.change(walk=views.walking("prompted", trouble="stopped"))
    assert stage.screen.name == "walking" and "한참 멈춰 계신 것 같아요" in stage.words()
    stage.tap(stage.screen.ids.ok)
    tap(stage, stage.screen.ids.snooze)
    stage.tap(stage.screen.ids.extend)
    assert [one[1:-1] for one in asked(stage, "answer_walk")] == [("ok",), ("snooze", 10), ("extend", 15)]
    stage.phone.answers["end_walk"] = "pin_needed"
    stage.tap(stage.screen.ids.arrived)
    stage.until(lambda: stage.screen.is_pin_open)
    stage.enter_pin("1234")
    assert asked(stage, "end_walk")[-1][1:-1] == ("arrived", "1234") and stage.phone.pins == []
    stage.change(walk=WalkView(ended="arrived"))
    assert stage.screen.name == "home" and "도착을 확인했습니다. 안심하세요." in stage.words()
    goes_on_with_the_walk_of_another_phone(stage)


def goes_on_with_the_walk_of_another_phone(stage: Stage) -> None:
    stage.tap(stage.screen.ids.to_walk)
    stage.change(walk=views.elsewhere("raised"))
    assert "안심귀가가 신고되었습니다" in stage.words() and "이어서 하기" not in stage.words(), (
        "an alarm's PIN is not here"
    )
    stage.change(walk=views.elsewhere())
    assert "이미 안심귀가가 진행 중입니다" in stage.words() and any("집까지" in one for one in stage.words())
    stage.phone.answers["go_on_walk"] = None
    tap(stage, stage.screen.ids.end_it)
    stage.until(lambda: stage.screen.name == "walking" and stage.screen.is_pin_open)
    assert asked(stage, "go_on_walk") and asked(stage, "end_walk")[-1][1:-1] == ("cancel", "")
    stage.app.go("walk")
    stage.change(walk=views.walking())
    assert stage.screen.name == "walking", "one that was found at the home center stands here by itself"


def test_places_history_ledger_and_a_guardian_who_is_paused(stage: Stage) -> None:
    stage.phone.answers |= {"guardians": [MUM], "walk_history": HISTORY, "disclosures": LEDGER}
    stage.phone.answers["where"] = {"place": PLACE, "trail": []}
    stage.show(views.idle())
    stage.app.go("walks")
    stage.until(lambda: "집까지" in stage.words())
    stage.tap(stage.screen.ids.add)
    sheet = stage.app.shell.sheet
    stage.tap(sheet.ids.map)
    stage.tap(sheet.ids.take)
    assert "장소 이름을 적어 주세요" in stage.words()
    sheet.ids.name.text = "학교"
    stage.tap(sheet.ids.take)
    assert [one.name for one in stage.phone.chosen["places"]] == ["학교"]
    stage.phone.answers["walk_disclosures"] = {"disclosures": []}
    stage.screen._open_walk(HISTORY[0])
    stage.until(lambda: "이 기록 지우기" in stage.words() and "본 사람이 없습니다" in stage.words())
    assert stage.back_key(), "the sheet first"
    stage.phone.answers["scouts"] = {"bookings": [BOOKED]}
    stage.app.go("ledger")
    stage.until(lambda: "안양시 · 관제요원 2명" in stage.words() and "본 사람이 없습니다" in stage.words())
    assert any(one.endswith("안심귀가") for one in stage.words()), "walks stand there too"
    assert "스카우트" in stage.words(), "and whom her booking was shown to"
    assert "언니" not in stage.words(), "was told, and has not looked"
    stage.app.go("guardians")
    stage.until(lambda: "엄마" in stage.words())
    stage.tap(stage.screen.ids.rows.children[0])
    tap(stage, stage.button("한 시간 동안 쉬기"))
    until = asked(stage, "pause_guardian")[0][2]
    assert (until - stage.app.facts.wall()).total_seconds() == 3600
    stage.until(lambda: stage.screen.name == "guardians")
    stage.screen.open(MUM)
    stage.frames(2)
    tap(stage, stage.button("보호자에서 바로 끊기"))
    assert not asked(stage, "remove_guardian"), "only after she was asked once more"
    tap(stage, stage.button("정말 끊기"))
    assert asked(stage, "remove_guardian")[0][1] == "g1"


def asked(stage: Stage, name: str) -> list[tuple[object, ...]]:
    return [one for one in stage.phone.asked if one[0] == name]
