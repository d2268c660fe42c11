"""The operator's seat: further monitors that follow it, sound, keys, link, session, and the check at its beginning."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage, without_pictures

pytestmark = pytest.mark.browser

SLOW_MS = 60_000
Picture = Callable[[Page, str], Path]
OTHER = {"nickname": "보라", "phone": "010-5555-0001", "language": "ko", "profile": {}}


def _live(page: Page) -> Page:
    page.wait_for_selector('[data-link="live"]', timeout=SLOW_MS)
    return page


def _beside(console: Page, path: str, wrong: list[str]) -> Page:
    """Another window of the same browser."""
    page = console.context.new_page()
    page.on("pageerror", lambda error: wrong.append(f"{path}: {error}"))
    page.on("console", lambda message: wrong.append(f"{path}: {message.text}") if message.type == "error" else None)
    page.goto(console.url.replace("/console", path))
    return _live(page)


def _shows(page: Page, incident: str) -> None:
    expect(
        page.locator(f'.subject[data-incident="{incident}"], .card.selected[data-incident="{incident}"]')
    ).to_be_visible(timeout=SLOW_MS)


def _opened(page: Page) -> str:
    panel = page.locator(".incident[data-incident]")
    panel.wait_for(timeout=SLOW_MS)
    return str(panel.get_attribute("data-incident"))


def _sound(page: Page, state: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-sound", state, timeout=SLOW_MS)


def _hear(page: Page) -> None:
    """A real click, as the browser wants it."""
    page.get_by_role("button", name="소리 꺼짐 — 눌러서 켜기").click()
    expect(page.locator("html")).not_to_have_attribute("data-sound", "suspended")


def _looks(page: Page, picture: Picture, name: str, *dresses: str) -> None:
    """A picture in each of these dresses ("light-en"; none named: all four), and nothing for axe to find; of all four
    it reads each theme and each language once."""
    root = page.locator("html")
    for dress in dresses or ("dark-ko", "dark-en", "light-en", "light-ko"):
        theme, lang = dress.split("-")
        if (root.get_attribute("data-krds-mode") is None) != (theme == "light"):
            page.locator("button.theme").first.evaluate("button => button.click()")
        if root.get_attribute("lang") != lang:
            page.locator("button.language").first.evaluate("button => button.click()")
            expect(root).to_have_attribute("lang", lang)
        picture(page, f"{name}-{dress}")
        if dresses or dress in ("dark-ko", "light-en"):
            assert serious_violations(page) == [], f"{name} {dress}"
    if root.get_attribute("lang") == "en":
        page.locator("button.language").first.evaluate("button => button.click()")
    if root.get_attribute("data-krds-mode") is None:
        page.locator("button.theme").first.evaluate("button => button.click()")
    expect(root).to_have_attribute("lang", "ko")


def test_three_monitors_follow_the_seat_through_the_server(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    console = _live(open_page("/console", as_="operator"))
    wrong: list[str] = []
    wall, chart, queue = (_beside(console, path, wrong) for path in ("/wall", "/map", "/queue"))
    for page in (wall, chart):
        expect(page.locator(".follows")).to_contain_text("김관제", timeout=SLOW_MS)
        expect(page.locator(".monitor-empty")).to_contain_text("관제석에서 연 사건이 없습니다", timeout=SLOW_MS)
    picture(wall, "wall-empty")
    assert wall.evaluate("performance.getEntriesByType('resource').every(one => !/map-region|Vector/.test(one.name))")

    installation.raise_alert()
    first = _opened(console)
    for page in (wall, chart, queue):
        _shows(page, first)
    expect(wall.locator('.wall .tile[data-player="live"]')).to_have_count(5, timeout=SLOW_MS)
    expect(console.locator('.wall .tile[data-player="live"]')).to_have_count(5, timeout=SLOW_MS)  # its own go on
    expect(chart.locator(".map .canvas")).to_have_attribute("data-drawn-caller", "1", timeout=SLOW_MS)
    assert queue.evaluate(
        "performance.getEntriesByType('resource').every(one => !/map-region|tile-|Vector/.test(one.name))"
    )

    installation.raise_alert(caller=OTHER)
    expect(queue.locator(".queue .card")).to_have_count(2, timeout=SLOW_MS)
    second = str(queue.locator(".queue .card:not(.selected)").get_attribute("data-incident"))
    queue.locator(f'.card[data-incident="{second}"] .card-open').click()
    for page in (
        console.locator(f'.incident[data-incident="{second}"]'),
        queue.locator(f'.card.selected[data-incident="{second}"]'),
    ):
        expect(page).to_be_visible(timeout=SLOW_MS)
    for page in (wall, chart):
        _shows(page, second)
    queue.keyboard.press(" ")  # taken at the monitor
    expect(console.locator(f'.card[data-incident="{second}"]')).to_contain_text("담당: 김관제", timeout=SLOW_MS)
    queue.keyboard.press("j")
    expect(console.locator(f'.incident[data-incident="{first}"]')).to_be_visible(timeout=SLOW_MS)

    wall.reload()
    chart.reload()
    for page in (_live(wall), _live(chart)):
        _shows(page, first)
    console.locator(f'.card[data-incident="{second}"] .card-open').click()
    for page in (wall, chart, queue):
        _shows(page, second)
    expect(wall.locator('.wall .tile[data-player="live"]')).to_have_count(5, timeout=SLOW_MS)
    for page, name, dress in ((wall, "wall", "dark-ko"), (chart, "map", "light-en"), (queue, "queue", "light-ko")):
        _looks(page, picture, f"monitor-{name}", dress)

    console.close()
    for page in (wall, chart):
        expect(page.locator(".monitor-empty")).to_contain_text("따라갈 관제석이 없습니다", timeout=SLOW_MS)
    picture(wall, "wall-alone")
    expect(queue.locator(".queue .card")).to_have_count(2)
    queue.request.post(f"{installation.url}/api/logout", data={})
    for page in (wall, chart, queue):
        expect(page.locator(".monitor-empty")).to_contain_text("로그인이 끝났습니다", timeout=SLOW_MS)
    assert wrong == []


def test_sound_grows_until_somebody_takes_it_and_the_only_seat_is_never_mute(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    page = _live(open_page("/console", as_="operator", prepare=without_pictures))
    _sound(page, "suspended")
    lead = _live(open_page("/console", as_="supervisor", prepare=without_pictures))
    expect(lead.locator('[data-notice="silent"]')).to_contain_text("김관제", timeout=SLOW_MS)
    _hear(page)
    expect(lead.locator('[data-notice="silent"]')).to_have_count(0, timeout=SLOW_MS)

    page.keyboard.press("m")  # the leader's seat is still silent: nobody else would hear
    expect(page.locator(".refused-mute")).to_contain_text("여기뿐이라")
    _sound(page, "quiet")
    picture(page, "mute-refused")
    _hear(lead)
    expect(page.locator('[data-mute="may"]')).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("m")
    _sound(page, "muted")
    expect(page.locator('[data-mute="muted"]')).to_contain_text("초")
    lead.close()  # and now it is the only one again
    _sound(page, "quiet")
    expect(page.locator('[data-mute="only"]')).to_be_visible(timeout=SLOW_MS)

    installation.raise_alert()
    _opened(page)
    _sound(page, "ringing")
    expect(page.locator("html")).to_have_attribute("data-tone", "alert", timeout=SLOW_MS)
    expect(page.locator("html")).to_have_attribute("data-sound-step", re.compile("1|2"))  # louder
    page.keyboard.press(" ")
    _sound(page, "quiet")


def test_a_cut_line_greys_the_screen_and_comes_back_where_it_was(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    lines: list[WebSocketRoute] = []
    is_cut: list[bool] = []

    def line(route: WebSocketRoute) -> None:
        lines.append(route)
        if not is_cut:
            server = route.connect_to_server()
            server.on_message(lambda frame: route.send(frame) if not is_cut else None)

    def prepare(page: Page) -> None:
        without_pictures(page)
        page.route_web_socket("**/api/feed", line)

    page = _live(open_page("/console", as_="operator", prepare=prepare))
    _hear(page)
    installation.raise_alert()
    incident = _opened(page)
    page.keyboard.press(" ")
    expect(page.locator(f'.card[data-incident="{incident}"]')).to_contain_text("담당: 김관제", timeout=SLOW_MS)
    is_cut.append(True)  # nothing is closed: the line has gone dead
    expect(page.locator(".strip-bar.lost")).to_contain_text("기준 화면입니다", timeout=SLOW_MS)
    expect(page.locator(".as-of")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-tone", "link", timeout=SLOW_MS)
    assert page.locator(".console").evaluate("one => one.classList.contains('is-old')")
    expect(page.locator(".actions .to-112")).to_be_disabled()
    picture(page, "link-lost")
    assert serious_violations(page) == []
    installation.raise_alert(caller=OTHER)
    is_cut.clear()
    _live(page)
    expect(page.locator(".queue .card")).to_have_count(2, timeout=SLOW_MS)
    assert page.locator(".incident").get_attribute("data-incident") == incident
    expect(page.locator(".as-of")).to_have_count(0)
    expect(page.locator(".actions .to-112")).to_be_enabled()


def test_keys_are_listed_changed_turned_off_and_remembered(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    page = _live(open_page("/console", as_="operator", prepare=without_pictures))
    page.keyboard.press("?")
    row = page.locator('[data-key="take"]')
    row.get_by_role("button", name="접수: 바꾸기").click()
    page.keyboard.press("t")
    expect(row.locator("kbd")).to_have_text("T")
    _looks(page, picture, "keys", "light-en")
    page.keyboard.press("Escape")
    page.reload()
    _live(page)
    installation.raise_alert()
    incident = _opened(page)
    card = page.locator(f'.card[data-incident="{incident}"]')
    expect(card.locator("kbd")).to_have_text("T")
    page.keyboard.press(" ")
    page.keyboard.press("?")
    expect(card).to_contain_text("담당자 없음")  # the old key does nothing any more
    page.get_by_label("단축키 사용").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(card.locator("kbd")).to_have_count(0)
    expect(card).to_contain_text("담당자 없음")
    page.get_by_role("button", name="단축키").click()
    page.get_by_label("단축키 사용").check()
    page.get_by_role("button", name="처음 설정으로").click()
    page.keyboard.press("Escape")
    page.locator("#incident").focus()  # the button that was pressed last would take the key for itself
    page.keyboard.press(" ")
    expect(card).to_contain_text("담당: 김관제", timeout=SLOW_MS)


def test_a_shift_begins_with_a_check_and_ends_with_a_hand_over(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    with installation.desk() as desk:  # an earlier story may have left her on shift
        desk.post("/api/shift/end", json={"hand_to": None, "note": ""})
    page = _live(open_page("/console", as_="operator"))
    wrong: list[str] = []
    _beside(page, "/queue", wrong)
    lead = _live(open_page("/console", as_="supervisor", prepare=without_pictures))
    page.bring_to_front()
    page.locator('[data-shift="off"]').click()
    check = page.locator("dialog")
    for name in ("video", "link", "clock", "screen"):
        expect(check.locator(f'[data-check="{name}"]')).to_have_attribute("data-finding", "ok", timeout=SLOW_MS)
    expect(check.locator('[data-check="screen"]')).to_contain_text("함께 켜진 화면 1개")
    expect(check.locator("[data-start-shift]")).to_be_disabled()
    check.get_by_role("button", name="소리 듣기").click()
    check.get_by_role("button", name="안 들립니다").click()
    expect(check.locator('[data-check="sound"]')).to_contain_text("스피커")
    check.get_by_role("button", name="키보드를 쓰지 않음").click()
    _looks(page, picture, "shift-check", "dark-ko")
    check.locator("[data-start-shift]").click()
    expect(check.locator(".shift-begun")).to_contain_text("소리, 키보드", timeout=SLOW_MS)
    picture(page, "shift-begun")
    page.keyboard.press("Escape")
    expect(page.locator('[data-shift="on"]')).to_be_visible(timeout=SLOW_MS)
    expect(lead.locator(".notices")).to_contain_text("점검 실패", timeout=SLOW_MS)
    picture(lead, "leader-notice")

    installation.raise_alert()
    incident = _opened(page)
    page.keyboard.press(" ")
    expect(page.locator(f'.card[data-incident="{incident}"]')).to_contain_text("담당: 김관제", timeout=SLOW_MS)
    lead.context.request.post(f"{installation.url}/api/shift/start", data={})
    page.locator('[data-shift="on"]').click()
    expect(check.locator("[data-end-shift]")).to_be_disabled()
    check.get_by_role("radio").first.check()
    check.get_by_label("다음 근무자에게 남길 말").fill("3번 CCTV 점검 중")
    _looks(page, picture, "shift-end", "light-en")
    check.locator("[data-end-shift]").click()
    expect(check.locator(".shift-begun")).to_contain_text("1건을 인계", timeout=SLOW_MS)
    expect(lead.locator(f'.card[data-incident="{incident}"]')).not_to_contain_text("담당: 김관제", timeout=SLOW_MS)
    page.keyboard.press("Escape")
    page.locator('[data-shift="off"]').click()
    expect(check).to_be_visible()
    assert wrong == []


def test_language_theme_and_a_session_that_ends_soon(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    def nearly_over(route: object) -> None:
        answer = route.fetch()  # type: ignore[attr-defined]
        me = answer.json()
        me["session"] |= {"ends_soon": True, "expires_at": (datetime.now(UTC) + timedelta(minutes=6)).isoformat()}
        route.fulfill(response=answer, json=me)  # type: ignore[attr-defined]

    def prepare(page: Page) -> None:
        without_pictures(page)
        page.route("**/api/me", nearly_over)

    page = _live(open_page("/console", as_="operator", prepare=prepare))
    expect(page.locator('[data-notice="session"]')).to_contain_text("로그인이", timeout=SLOW_MS)
    picture(page, "session-ends")
    page.unroute("**/api/me")
    # The real answer: hours are left. A hand's press lasts, and being the first it also wakes the sound: until it ends
    # nothing may move away from under it.
    page.locator("[data-extend]").click(delay=500)
    expect(page.locator('[data-notice="session"]')).to_have_count(0, timeout=SLOW_MS)
    installation.raise_alert()
    _opened(page)
    _looks(page, picture, "console")
    page.get_by_role("button", name="밝은 화면").click()
    page.get_by_role("button", name="English").click()
    page.reload()
    _live(page)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.locator("html").get_attribute("data-krds-mode") is None
    for size in ({"width": 1366, "height": 768}, {"width": 960, "height": 540}):
        page.set_viewport_size(size)  # a small desk, and 200 %
        picture(page, f"console-{size['width']}")
        assert serious_violations(page) == []
