"""The incident panel: two seats, a silent phone, a hand-over, what is masked, what is searched and overseen."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect

from mobile_app.core import captures as phone
from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage, without_pictures
from tests.browser.her_phone import photo, pieces, sends, sound

pytestmark = pytest.mark.browser

SLOW_MS = 60_000
Picture = Callable[[Page, str], Path]


def _live(page: Page) -> Page:
    page.set_default_timeout(SLOW_MS)
    page.wait_for_selector('[data-link="live"]')
    return page


def _opened(page: Page) -> str:
    panel = page.locator(".incident[data-incident]")
    panel.wait_for(timeout=SLOW_MS)
    return str(panel.get_attribute("data-incident"))


def _line(page: Page, tag: str) -> None:
    expect(page.locator(f'.timeline [data-tag="{tag}"]').first).to_be_visible(timeout=SLOW_MS)


def _tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=re.compile(name)).click()


def _say(installation: Installation, alert_id: str, token: str, **said: str) -> None:
    """Her phone says something, over the router."""
    answer = httpx.post(
        f"{installation.world.urls['router']}/v1/alerts/{alert_id}/say",
        json={"said_id": str(uuid4()), "language": "vi"} | said,
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    assert answer.status_code == 202, answer.text


def _accessible(page: Page, where: str, *, theme: str = "high-contrast", english: bool = False) -> None:
    """Nothing serious in this dress (each part in one of the four; test_seat.py looks at the main screen in all)."""
    wear = """([theme, english]) => {
        const root = document.documentElement;
        theme ? (root.dataset.krdsMode = theme) : root.removeAttribute("data-krds-mode");
        if ((root.lang === "en") !== english) document.querySelector("button.language").click();
    }"""
    page.evaluate(wear, [theme, english])
    expect(page.locator("html")).to_have_attribute("lang", "en" if english else "ko")
    assert serious_violations(page) == [], where
    page.evaluate(wear, ["high-contrast", False])
    expect(page.locator("html")).to_have_attribute("lang", "ko")


def test_one_incident_from_the_first_key_to_the_last(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    page = _live(open_page("/console", as_="operator"))
    token = installation.enrol()
    caller = {"nickname": "홍길동", "phone": "010-1234-5678", "language": "vi", "profile": {"call": "silent"}}
    alert_id = installation.raise_alert(token=token, caller=caller)
    incident = _opened(page)
    talk = page.get_by_role("button", name="대화", exact=True)
    expect(talk).to_have_attribute("aria-disabled", "true")
    talk.click(force=True)
    expect(page.locator(".status-line")).to_contain_text("먼저 접수하세요")  # grey, and it says why
    picture(page, "panel-new-ko-dark")

    page.locator("#incident").focus()
    page.keyboard.press(" ")  # the whole way without a mouse: Space, F2, Enter
    _line(page, "incident:acknowledged")
    expect(page.locator('[data-stage="contact"]')).to_have_attribute("data-is", re.compile("due|late"))
    expect(page.locator('[data-stage="view"]')).to_have_attribute("data-is", re.compile("done"), timeout=SLOW_MS)
    _sent_112(page)

    _say(installation, alert_id, token, kind="quick", code="hiding")
    mark = page.locator(f'.card[data-incident="{incident}"] [data-unread="1"]')
    expect(mark).to_be_visible(timeout=SLOW_MS)
    _tab(page, "대화")
    expect(mark).to_have_count(0)
    expect(page.locator('[data-said="person"]')).to_contain_text("숨어 있어요")
    page.get_by_role("button", name=re.compile("^묻기")).click()
    expect(page.locator('[data-code="is_it_emergency"]')).to_contain_text("긴급", timeout=SLOW_MS)
    _say(installation, alert_id, token, kind="tap", code="yes")
    expect(page.locator(".silent")).to_have_attribute("data-next", "is_attacker_near", timeout=SLOW_MS)
    expect(page.locator('[data-finding="emergency"]')).to_be_visible()
    page.get_by_role("button", name="안내 문장").click()
    phrase = page.locator('.picker [data-code="police_on_the_way"]')
    expect(phrase).to_contain_text("경찰이 가고 있습니다")
    expect(phrase.locator('[lang="vi"]')).not_to_be_empty()  # her language beside the operator's
    picture(page, "panel-phrases-ko-dark")
    _fits_a_low_screen(page, picture)
    phrase.click()
    page.get_by_label("보낼 말").fill("지금 어디예요?")
    page.keyboard.press("Enter")
    expect(page.locator('[data-said="operator"]')).to_have_count(3, timeout=SLOW_MS)
    _say(installation, alert_id, token, kind="tap", code="danger")
    expect(page.locator(".pressed-again")).to_be_visible(timeout=SLOW_MS)  # it rings, and no button has moved
    expect(page.locator("#say")).to_be_in_viewport()
    picture(page, "panel-talk-ko-dark")
    _accessible(page, "talk", theme="", english=True)
    page.get_by_role("button", name="들었습니다").click()

    _called(page, picture)
    _classified(page, picture)
    _tab(page, "기록")
    _line(page, "incident:verified")
    expect(page.locator('.timeline [data-tag="talk:said"]').first).to_contain_text("지금 위험해요")
    _noted(page)
    picture(page, "panel-record-ko-dark")
    _accessible(page, "record")


def _fits_a_low_screen(page: Page, picture: Picture) -> None:
    """1366 x 768: a sentence to choose, where to write, and the way to 112 at once; each tile's mark is whole."""
    desk = page.viewport_size
    page.set_viewport_size({"width": 1366, "height": 768})
    _tab(page, "기록")
    _tab(page, "대화")
    for thing in (".actions .to-112", ".composer"):
        expect(page.locator(thing)).to_be_in_viewport(ratio=0.9)
    picture(page, "panel-talk-1366-ko-dark")
    page.get_by_role("button", name="안내 문장").click()
    for thing in (".actions .to-112", ".composer", ".picker li:nth-child(1)"):
        expect(page.locator(thing)).to_be_in_viewport(ratio=0.9)
    picture(page, "panel-phrases-1366-ko-dark")
    expect(page.locator(".wall .watermark").first).to_be_visible(timeout=SLOW_MS)
    whole = """tiles => tiles.every(tile => [...tile.querySelectorAll('.at-foot b')].every(part => {
      const [at, all] = [part.getBoundingClientRect(), tile.querySelector('.picture').getBoundingClientRect()];
      return at.left >= all.left && at.right <= all.right && at.top >= all.top - 1 && at.bottom <= all.bottom + 1;
    }))"""
    assert page.locator(".wall .tile:has(.watermark)").evaluate_all(whole)
    assert desk
    page.set_viewport_size(desk)


def _sent_112(page: Page) -> None:
    page.keyboard.press("F2")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".to-112 small")).to_be_visible(timeout=SLOW_MS)
    _line(page, "dispatch:requested")


def _noted(page: Page) -> None:
    """A note, its correction, and the record by its filters."""
    page.get_by_label("메모", exact=True).fill("현관 앞")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="정정").first.click()
    expect(page.get_by_label("메모", exact=True)).to_have_value(re.compile("^정정"))
    page.get_by_role("group", name="기록 거르기").get_by_role("button", name="출동").click()
    expect(page.locator('.timeline [data-tag="talk:said"]')).to_have_count(0)
    _line(page, "dispatch:requested")
    page.get_by_role("group", name="기록 거르기").get_by_role("button", name="전체").click()
    raw = page.locator(".timeline .line > span:nth-of-type(2)").all_inner_texts()
    assert not [text for text in raw if re.fullmatch("[a-z]+:[a-z_]+", text)], raw


def _classified(page: Page, picture: Picture) -> None:
    """What it is, and that it was made sure."""
    page.get_by_role("button", name="분류", exact=True).click()
    page.get_by_role("dialog").get_by_label("스토킹").check()
    page.get_by_role("dialog").get_by_label(re.compile("중대")).check()
    picture(page, "panel-classify-ko-dark")
    page.get_by_role("dialog").get_by_role("button", name="분류하기").click()
    expect(page.locator('[data-stage="classify"]')).to_have_attribute("data-is", re.compile("done"), timeout=SLOW_MS)
    page.locator('[data-stage="contact"] button').click()
    page.get_by_label("문자로 대화함").check()
    page.get_by_label("실제 상황으로 확인").check()
    page.get_by_role("button", name="남기기", exact=True).click()


def _called(page: Page, picture: Picture) -> None:
    """A call that could expose her needs a second word."""
    page.get_by_role("button", name="통화", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("소리 나는 전화를 원하지 않는다")
    expect(page.get_by_role("dialog").get_by_role("button", name="전화 걸기")).to_be_disabled()
    page.get_by_label("위험을 알고도").check()
    page.get_by_role("dialog").get_by_role("button", name="전화 걸기").click()
    expect(page.locator("[data-dial]")).to_have_text(re.compile("01012345678|010-1234-5678"), timeout=SLOW_MS)
    picture(page, "panel-call-ko-dark")
    page.get_by_role("button", name="응답 없음").click()
    expect(page.locator("[data-dial]")).to_have_count(0, timeout=SLOW_MS)


WRITTEN = {
    "home_address": "안양로 12, 화단 옆 파란 대문",
    "home_floor": "7층 702호",
    "floor_hint": "+6 ±1",
    "blood_type": "O-",
    "allergies": "페니실린",
    "medicines": "인슐린 (냉장고 문)",
    "looks": "검은 패딩",
    "call": "silent",
    "tell_119": "yes",
}


def test_what_is_masked_shows_itself_for_a_minute(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    def prepare(page: Page) -> None:
        page.clock.install()
        without_pictures(page)

    page = _live(open_page("/console", as_="operator", prepare=prepare))
    token = installation.enrol()
    caller = {"nickname": "홍길동", "phone": "010-1234-5678", "language": "ko", "profile": WRITTEN}
    alert_id = installation.raise_alert(token=token, caller=caller)
    incident = _opened(page)
    page.keyboard.press(" ")
    _line(page, "incident:acknowledged")
    expect(page.locator(".captures")).to_contain_text("아직 온 것이 없습니다")
    _tab(page, "정보")
    _from_her_phone(installation, page, alert_id, token, picture)
    _tab(page, "정보")
    _written_by_her(page, picture)
    assert page.request.post(f"{installation.url}/api/incidents/{incident}/dispatch", data={"agency": "119"}).ok
    _medical_facts_at_119(open_page("/agency", as_="119", prepare=without_pictures), picture)
    shown = page.locator(".unmask")
    expect(shown).to_contain_text("홍○동")
    shown.get_by_role("button", name="보기").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="보기")).to_be_disabled()  # not without a reason
    page.get_by_label("본인 확인 통화").check()
    page.get_by_role("dialog").get_by_role("button", name="보기").click()
    expect(shown).to_contain_text("홍길동", timeout=SLOW_MS)
    expect(shown).to_contain_text("010-1234-5678")
    picture(page, "panel-unmasked-ko-dark")
    _accessible(page, "information", theme="")
    page.clock.fast_forward(61_000)
    expect(shown).to_have_attribute("data-unmasked", "no")
    assert "홍길동" not in page.content()
    _tab(page, "기록")
    expect(page.locator('.timeline [data-tag="release:granted"] summary').first).to_be_visible(timeout=SLOW_MS)


def _from_her_phone(installation: Installation, page: Page, alert_id: str, token: str, picture: Picture) -> None:
    """Photos come while another tab is read; one is broken, one half here, one has nothing that can be drawn."""
    head, made = phone.Head(), []
    for number, (kind, lens) in enumerate([("photo", "back"), ("photo", "front"), ("sound", ""), ("photo", "back")]):
        body = photo(number) if kind == "photo" else sound()
        for piece in pieces(alert_id, head, kind, lens, body, 95.0 - 20 * number):
            made.append(piece)
            head = head.after(*piece)
    sends(installation, alert_id, token, *made[:-1])
    tab = page.locator("#tab-record")
    expect(tab.locator('[data-new="captures"]')).to_be_visible(timeout=SLOW_MS)
    tab.click()
    expect(tab.locator('[data-new="captures"]')).to_have_count(0)
    strip = page.locator(".captures")
    expect(strip.locator(".photos img")).to_have_count(3, timeout=SLOW_MS)
    expect(strip).to_contain_text("받는 중", timeout=SLOW_MS)
    expect(strip).to_contain_text("1분 전")
    page.wait_for_timeout(300)
    picture(page, "panel-captures-ko-dark")
    torn = pieces(alert_id, phone.Head(head.next_no, "ab" * 32), "photo", "front", b"no picture at all", 5.0)
    sends(installation, alert_id, token, made[-1], *torn)
    expect(strip.locator('.photos [data-whole="false"]')).to_have_count(0, timeout=SLOW_MS)
    expect(strip.locator("li.broken")).to_contain_text(["보이지 않습니다", ""], timeout=SLOW_MS)
    expect(strip.locator('[role="status"]').first).to_contain_text("사진 1장 도착")
    strip.get_by_role("button", name="듣기").click()
    expect(strip.locator("progress")).not_to_have_js_property("value", 0, timeout=SLOW_MS)
    expect(strip).not_to_contain_text("재생할 수 없습니다")

    strip.locator(".photos button").nth(1).click()
    large = page.get_by_role("dialog")
    expect(large).to_contain_text("3 / 4")
    picture(page, "panel-capture-large-ko-dark")
    page.keyboard.press("ArrowLeft")
    expect(large).to_contain_text("2 / 4")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(large).to_contain_text("4 / 4")
    expect(large).to_contain_text("보이지 않습니다")
    picture(page, "panel-capture-unseen-ko-dark")
    assert serious_violations(page) == []
    page.keyboard.press("Escape")
    expect(large).to_have_count(0)
    expect(strip.locator(".photos button").nth(1)).to_be_focused()
    _accessible(page, "captures", theme="", english=True)


def _medical_facts_at_119(crew: Page, picture: Picture) -> None:
    """Once the case is accepted, by one press: what she agreed to show to an ambulance, and nothing else of hers."""
    facts = crew.locator("[data-health]")
    expect(facts).to_contain_text("접수한 뒤에", timeout=SLOW_MS)
    crew.locator('[data-step="accept"]').click()
    expect(facts).to_have_attribute("data-health", "masked", timeout=SLOW_MS)
    picture(crew, "desk-health-masked-ko-dark")
    facts.get_by_role("button", name="보기").click()
    expect(facts.locator("[data-fact]")).to_have_count(3, timeout=SLOW_MS)
    expect(facts.locator('[data-fact="allergies"]')).to_contain_text("페니실린")
    expect(crew.locator(".detail")).not_to_contain_text("안양로 12")
    picture(crew, "desk-health-ko-dark")
    assert serious_violations(crew) == []
    crew.locator("button.theme").click()
    crew.locator("button.language").click()
    picture(crew, "desk-health-en-light")
    crew.context.close()


def _written_by_her(page: Page, picture: Picture) -> None:
    """What she wrote for whoever comes: how much of it, then by one press."""
    written = page.locator(".profile")
    expect(written).to_contain_text("정보 7개")
    picture(page, "panel-profile-masked-ko-dark")
    written.get_by_role("button", name="보기").click()
    expect(written.locator('[data-fact="allergies"]')).to_contain_text("페니실린", timeout=SLOW_MS)
    picture(page, "panel-profile-ko-dark")
    written.get_by_role("button", name="가리기").click()
    expect(written).to_have_attribute("data-profile", "masked")


def test_a_hand_over_is_a_question_with_a_time_limit(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    first = _live(open_page("/console", as_="operator", prepare=without_pictures))
    other = _live(open_page("/console", as_="operator2", prepare=without_pictures))
    for seat in (first, other):
        assert seat.request.post(f"{installation.url}/api/shift/start").ok
    installation.raise_alert()
    incident = _opened(first)
    _opened(other)
    first.keyboard.press(" ")
    _line(first, "incident:acknowledged")
    expect(other.locator(".actions .take small")).to_contain_text("김관제", timeout=SLOW_MS)
    close = other.get_by_role("button", name="종료", exact=True)
    close.click(force=True)
    expect(other.locator(".status-line")).to_contain_text("담당 요원이나 조장만")

    for answer in ("거절", "받기"):
        first.get_by_role("button", name="인계", exact=True).click()
        first.get_by_role("dialog").locator(".colleague").last.click()
        first.get_by_label("교대").check()
        if answer == "거절":
            picture(first, "panel-handover-sheet-ko-dark")
        first.get_by_role("button", name="인계 요청").click()
        bar = other.locator(".handover-bar")
        expect(bar).to_contain_text("김관제", timeout=SLOW_MS)
        expect(bar).to_contain_text("초 남음")
        if answer == "거절":
            picture(other, "panel-handover-bar-ko-dark")
            assert serious_violations(other) == []
        bar.get_by_role("button", name=answer).click()
        expect(bar).to_have_count(0, timeout=SLOW_MS)
    expect(first.locator(".actions .take small")).not_to_contain_text("김관제", timeout=SLOW_MS)
    _line(first, "incident:handed_over")

    leader = _live(open_page("/console", as_="supervisor", prepare=without_pictures))
    leader.locator(f'.card[data-incident="{incident}"] .card-open').click()
    leader.get_by_role("button", name="인수", exact=True).click()
    leader.get_by_label("조장 판단").check()
    leader.get_by_role("button", name="인수하기").click()
    _line(leader, "incident:taken_over")
    leader.get_by_role("button", name="종료", exact=True).click()
    leader.get_by_label("조치 완료").check()
    leader.get_by_role("button", name="종료하기").click()
    _line(leader, "incident:closed")
    leader.get_by_role("button", name="다시 열기").click()
    leader.get_by_label("상황이 끝나지 않음").check()
    leader.get_by_role("dialog").get_by_role("button", name="다시 열기").click()
    _line(leader, "incident:reopened")


def test_found_searched_practised_and_overseen(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    page = _live(open_page("/console", as_="operator", prepare=without_pictures, expects=("409",)))
    page.keyboard.press("o")
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("폭행").check()
    sheet.get_by_label("지도 위치로").check()
    sheet.get_by_label("위도, 경도").fill("37.5172, 127.0473")  # Gangnam's, which this desk also serves or not
    picture(page, "panel-observed-ko-dark")
    assert serious_violations(page) == []
    sheet.get_by_label("위도, 경도").fill("35.0, 139.0")
    sheet.get_by_role("button", name="사건 열기").click()
    expect(sheet.locator('[data-problem="other_center"]')).to_contain_text("관할", timeout=SLOW_MS)
    sheet.get_by_label("CCTV로").check()
    sheet.locator(".camera-field .choice").first.click()
    sheet.get_by_role("button", name="사건 열기").click()
    _opened(page)
    expect(page.locator("#incident-head")).to_contain_text("관제 발견")
    expect(page.locator(".card")).not_to_contain_text("?")
    page.get_by_role("button", name="종료", exact=True).click()
    page.get_by_label("오작동").check()
    page.get_by_role("button", name="종료하기").click()
    _line(page, "incident:closed")

    _searched(page, picture)

    leader = _live(open_page("/console", as_="supervisor", prepare=without_pictures, expects=("409",)))
    leader.locator('[data-tool="supervision"]').click()
    leader.get_by_role("dialog").get_by_role("button", name="훈련 시작").click()
    leader.locator(".camera-field .choice").first.click()
    leader.get_by_role("dialog").get_by_role("button", name="훈련 시작").click()
    exercise = page.locator(".card-new").filter(has_text="훈련 사건")
    expect(exercise).to_be_visible(timeout=SLOW_MS)
    exercise.locator(".card-open").click()
    page.keyboard.press(" ")
    expect(page.locator(".notices .drill")).to_contain_text("실제로 출동하지 않습니다", timeout=SLOW_MS)
    page.keyboard.press("F2")
    expect(page.get_by_role("dialog")).to_have_count(0)  # a drill asks nobody in earnest
    _tab(page, "정보")
    page.get_by_role("button", name="112 훈련 요청").click()
    _tab(page, "기록")
    expect(page.locator("[data-dispatch] .badge.drill")).to_be_visible(timeout=SLOW_MS)
    picture(page, "panel-exercise-ko-dark")

    leader.locator('[data-tool="supervision"]').click()
    table = leader.get_by_role("dialog")
    expect(table).to_contain_text("김관제", timeout=SLOW_MS)
    expect(table).to_contain_text("읽지 못한 메시지")
    picture(leader, "panel-supervision-ko-dark")
    _accessible(leader, "supervision", english=True)
    leader.get_by_role("dialog").get_by_role("button", name="비상 열람").click()
    leader.get_by_label("이유 (20자 이상)").fill("짧음")
    expect(leader.get_by_role("button", name="열람 요청")).to_be_disabled()
    picture(leader, "panel-glass-ko-dark")
    assert serious_violations(leader) == []


def _searched(page: Page, picture: Picture) -> None:
    """Closed incidents are found with a reason only."""
    page.keyboard.press("/")
    find = page.get_by_role("dialog").get_by_role("button", name="찾기", exact=True)
    expect(find).to_be_disabled()  # not without a reason
    page.get_by_label("보고서 작성").check()
    picture(page, "panel-search-ko-dark")
    find.click()
    expect(page.locator("[data-found]")).not_to_have_attribute("data-found", "0", timeout=SLOW_MS)
    picture(page, "panel-found-ko-dark")
    assert serious_violations(page) == []
    page.get_by_role("dialog").get_by_role("button", name="열기").first.click()
    expect(page.get_by_role("button", name="다시 열기")).to_be_visible()
    page.keyboard.press("/")
    page.get_by_role("button", name="다시 찾기").click()
    page.get_by_label("민원").check()
    page.get_by_label("처음 날짜").fill("2001-01-01")
    page.get_by_label("끝 날짜").fill("2001-01-02")
    page.get_by_role("dialog").get_by_role("button", name="찾기", exact=True).click()
    expect(page.locator('[data-found="0"]')).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("Escape")
