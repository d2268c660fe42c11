"""The control room's page: an alert comes, is seen, heard, taken, dispatched and closed, on the real system."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.axe import serious_violations
from tests.browser.conftest import DESK, Installation, OpenPage, until, without_pictures

pytestmark = pytest.mark.browser

SLOW_MS = 60_000
MOVING = """() => [...document.querySelectorAll('.wall video')].filter((video) => video.currentTime > 0).length"""


def _live(page: Page) -> Page:
    page.wait_for_selector('[data-link="live"]')
    return page


def _opened(page: Page) -> str:
    """The incident that the idle desk has opened by itself."""
    panel = page.locator(".incident[data-incident]")
    panel.wait_for(timeout=SLOW_MS)
    return str(panel.get_attribute("data-incident"))


def _line(page: Page, tag: str) -> None:
    expect(page.locator(f'.timeline [data-tag="{tag}"]').first).to_be_visible(timeout=SLOW_MS)


def _sound(page: Page, state: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-sound", state)


def names_fit(page: Page) -> None:
    """On every screen that a room has: which camera it is can be read beneath its number."""
    cut = "[...document.querySelectorAll('.wall .name')].filter((e) => e.scrollWidth > e.clientWidth + 1).length"
    for width in (1366, 1600, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(cut) == 0, width
    page.set_viewport_size({"width": DESK["width"], "height": DESK["height"]})


def test_an_alert_is_seen_heard_and_taken_with_one_key(installation: Installation, open_page: OpenPage) -> None:
    page = _live(open_page("/console", as_="operator", prepare=without_pictures))
    _sound(page, "suspended")  # browsers keep quiet until the first gesture; the page says so
    page.get_by_role("button", name="소리 꺼짐 — 눌러서 켜기").click()
    _sound(page, "quiet")
    colleague = _live(open_page("/console", as_="operator2", prepare=without_pictures))

    installation.raise_alert()
    incident = _opened(page)
    _sound(page, "ringing")
    card = page.locator(f'.card[data-incident="{incident}"]')
    expect(card).to_contain_text("홍○동")
    expect(card).to_contain_text("안양시")
    expect(card).to_contain_text("흔들기")
    expect(page.locator(".map .canvas")).to_have_attribute("data-drawn-caller", "1")

    page.keyboard.press(" ")
    _line(page, "incident:acknowledged")
    _sound(page, "quiet")
    expect(colleague.locator(f'.card[data-incident="{incident}"]')).to_contain_text("담당: 김관제")
    assert serious_violations(page) == []


WHERE = """() => ['.queue', '.map-region', '.incident', '.wall', '.to-112', '.to-119', '.actions .take'].map((one) => {
  const box = document.querySelector(one).getBoundingClientRect();
  return [one, box.x, box.y, box.width, box.height].map((n) => typeof n === 'number' ? Math.round(n) : n).join(' ');
})"""
BIGGEST = """() => {
  const size = (one) => parseFloat(getComputedStyle(one).fontSize);
  const time = size(document.querySelector('.incident .waiting'));
  return [...document.querySelectorAll('.incident *')].every((one) => size(one) <= time);
}"""


def test_a_second_alert_takes_no_selection_and_moves_nothing(installation: Installation, open_page: OpenPage) -> None:
    """It asks by a red bar and by sound; one key takes it, and only then it is open."""
    page = _live(open_page("/console", as_="operator", prepare=without_pictures))
    page.get_by_role("button", name="소리 꺼짐 — 눌러서 켜기").click()
    installation.raise_alert()
    first = _opened(page)
    page.keyboard.press(" ")
    _line(page, "incident:acknowledged")
    expect(page.locator(".status-line .asking")).to_have_count(0, timeout=SLOW_MS)
    assert page.evaluate(BIGGEST)
    before = page.evaluate(WHERE)

    installation.raise_alert(caller={"nickname": "보라", "phone": "010-5555-0001", "language": "ko", "profile": {}})
    bar = page.locator('.strip-alert[role="alert"] .strip-bar.new')
    expect(bar).to_contain_text("새 SOS", timeout=SLOW_MS)
    _sound(page, "ringing")
    assert page.locator(".incident").get_attribute("data-incident") == first
    assert page.evaluate(WHERE) == before
    expect(bar.locator(".shape.is-dim")).to_have_css("opacity", "0.35", timeout=SLOW_MS)  # once in two seconds, and
    assert page.evaluate("document.getAnimations().length") == 0  # nothing on the page is drawn anew without end
    page.emulate_media(reduced_motion="reduce")
    expect(bar.locator(".shape.is-dim")).to_have_css("opacity", "1", timeout=SLOW_MS)
    waiting = page.locator(".queue .card-new .waiting")
    expect(waiting).to_have_attribute("aria-hidden", "true")
    expect(waiting).to_have_class(re.compile("late"), timeout=SLOW_MS)  # 15 s: another word and shape, not only colour
    expect(waiting).to_have_text(re.compile(r"^!"))
    page.keyboard.press(" ")
    expect(bar).to_have_count(0, timeout=SLOW_MS)
    _sound(page, "quiet")
    assert page.locator(".incident").get_attribute("data-incident") != first
    assert page.evaluate(WHERE) == before


def test_five_cameras_show_moving_pictures_until_the_incident_is_closed(
    installation: Installation, open_page: OpenPage
) -> None:
    page = _live(open_page("/console", as_="operator"))
    installation.raise_alert()
    incident = _opened(page)
    expect(page.locator('.wall .tile[data-player="live"]')).to_have_count(5, timeout=SLOW_MS)
    names_fit(page)
    until(page, f"({MOVING})() === 5")
    before = page.evaluate("document.querySelector('.wall video').currentTime")
    until(page, f"document.querySelector('.wall video').currentTime > {before} + 0.5")
    _line(page, "release:first_byte")
    with installation.desk() as desk:
        lines = desk.get(f"/api/incidents/{incident}").json()["timeline"]
    releases = [line["payload"] for line in lines if line["tag"] == "release:granted"]
    granted = [release["camera_id"] for release in releases if release["kind"] == "live"]
    assert len(granted) == len(set(granted)) == 5  # one disclosure per camera, none by accident
    expect(page.locator(".map .canvas")).to_have_attribute("data-drawn-chosen", "5")

    page.keyboard.press("1")
    expect(page.locator(".enlarged .tile")).to_have_attribute("data-player", "live", timeout=SLOW_MS)
    page.keyboard.press("Escape")
    expect(page.locator(".enlarged")).to_have_count(0)

    page.keyboard.press(" ")
    _line(page, "incident:acknowledged")
    page.get_by_role("button", name="종료", exact=True).click()
    page.get_by_label("조치 완료").check()
    page.get_by_role("button", name="종료하기").click()
    _line(page, "incident:closed")
    expect(page.locator(".wall .tile")).to_have_count(0)
    expect(page.locator(".wall")).to_contain_text("영상은 더 제공되지 않습니다")
    _line(page, "release:ended")


def test_the_second_seat_is_told_who_was_faster(installation: Installation, open_page: OpenPage) -> None:
    """Its line is slow: news stops just before the acknowledgement, so it still offers what a colleague took."""
    fast = _live(open_page("/console", as_="operator", prepare=without_pictures))
    is_slow: list[bool] = []

    def hold_back(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        server.on_message(lambda frame: route.send(frame) if not is_slow or '"result"' in str(frame) else None)

    def prepare(page: Page) -> None:
        without_pictures(page)
        page.route_web_socket("**/api/feed", hold_back)

    slow = _live(open_page("/console", as_="operator2", prepare=prepare))
    installation.raise_alert()
    _opened(fast)
    _opened(slow)
    for seat in (fast, slow):  # what a seat asked for itself has been answered before the line goes slow
        expect(seat.locator('.wall .tile:not([data-player="none"])')).to_have_count(5, timeout=SLOW_MS)
    is_slow.append(True)
    fast.keyboard.press(" ")
    _line(fast, "incident:acknowledged")
    slow.keyboard.press(" ")
    expect(slow.locator('.incident [data-problem="already_taken"]')).to_contain_text("이미 김관제 님이 맡았습니다")


def test_a_pre_alert_is_quiet_and_shows_no_picture_until_it_is_confirmed(
    installation: Installation, open_page: OpenPage
) -> None:
    page = _live(open_page("/console", as_="operator", prepare=without_pictures))
    page.get_by_role("button", name="소리 꺼짐 — 눌러서 켜기").click()
    alert_id = installation.raise_alert(phase="pre", countdown_s=30)
    expect(page.locator(".card-pre")).to_be_visible(timeout=SLOW_MS)
    _sound(page, "quiet")
    expect(page.locator(".tile")).to_have_count(0)
    installation.raise_alert(alert_id=alert_id)
    _opened(page)
    _sound(page, "ringing")


def test_after_the_server_dies_nothing_is_missing_and_nothing_is_double(
    installation: Installation, open_page: OpenPage
) -> None:
    expects = ("WebSocket", "Failed to load resource")
    page = _live(open_page("/console", as_="operator", prepare=without_pictures, expects=expects))
    first = installation.raise_alert()
    incident = _opened(page)
    world = installation.world
    world.children["serving"].kill()
    expect(page.locator('[role="alert"]').filter(has_text="서버 연결이 끊겼습니다")).to_be_visible()
    expect(page.locator(".actions .take")).to_be_disabled()
    other = {"nickname": "보라", "phone": "010-5555-0001", "language": "ko", "profile": {}}  # not the same person's
    second = installation.raise_alert(caller=other)
    assert first != second
    world.children["serving"] = world.children["serving"].restarted()
    world.children["serving"].wait_ready()

    _live(page)
    expect(page.locator(".queue .card")).to_have_count(2, timeout=SLOW_MS)
    page.keyboard.press(" ")
    _line(page, "incident:acknowledged")
    assert page.locator(".incident").get_attribute("data-incident") == incident
    seqs = page.locator(".timeline .line").evaluate_all("lines => lines.map((line) => Number(line.dataset.seq))")
    assert len(seqs) == len(set(seqs)) and seqs == sorted(seqs, reverse=True)


def test_english_is_one_button_away_and_is_remembered(installation: Installation, open_page: OpenPage) -> None:
    page = _live(open_page("/console", as_="operator", prepare=without_pictures))
    installation.raise_alert()
    _opened(page)
    page.get_by_role("button", name="English").click()
    page.reload()
    _live(page)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".card").first).to_contain_text("inside the jurisdiction")
    words = page.locator("button:not(.language):not(.card-open):not(.tile button), h1, h3, dt, .timeline .line > span")
    for text in words.all_inner_texts():
        assert not re.search("[가-힣]", re.sub("(김관제|CCTV|: .*)", "", text)), text
    assert serious_violations(page) == []
