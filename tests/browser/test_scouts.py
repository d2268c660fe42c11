"""Scouts: the dispatcher's page and the pair's work phone, through one booking."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from server.people import browser, proving
from server.scouts.offer import KOREA
from server.services import make_services
from server.settings import Settings
from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage
from tests.browser.test_desk import SLOW_MS, Take, both_ways, said, signed_in
from tests.journeys.world import ANYANG, ANYANG_CODE

pytestmark = pytest.mark.browser
CODE, HER_NUMBER = "314159", "010-7777-1234"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


async def enrolled(installation: Installation) -> str:
    """A person of this center, which is nobody's home in the tests' world; returns her browser's cookie."""
    world = installation.world
    services = make_services(
        Settings(
            database_url=world.databases["serving"],
            data_key=world.keys["serving_data"],
            video_gateway="console",
            installation="serving-1",
            home_center=ANYANG_CODE,
        )
    )
    try:
        await proving.ask(services, phone=HER_NUMBER, address="127.0.0.1")
        new = browser.SigningUp(nickname="보라")
        made = await browser.enrol_browser(services, phone=HER_NUMBER, code=CODE, new=new, user_agent="story")
        return made.cookie
    finally:
        await services.close()


def offer_written(admin: Page, take: Take) -> None:
    """All day long, by the form; what could be booked is shown before it is saved, and a save is taken back."""
    expect(admin.locator("[data-standing='now']")).to_be_visible(timeout=SLOW_MS)
    both_ways(admin, "scouts-offers", take)
    admin.get_by_role("button", name="새로 쓰기").click()
    yesterday = datetime.now(KOREA).date() - timedelta(days=1)
    admin.get_by_label("시작하는 날").first.fill(str(yesterday))
    admin.get_by_label("월요일 시작").fill("00:00")
    admin.get_by_label("월요일 끝").fill("00:00")
    admin.get_by_role("button", name="모든 요일에 같게").click()
    admin.get_by_label("몇 분 전까지").fill("-1")
    expect(admin.locator("[data-wrong='lead_min']")).to_contain_text("0에서 1440 사이")
    expect(admin.locator(".offer-preview")).to_contain_text("고치면")
    admin.get_by_label("몇 분 전까지").fill("0")
    admin.get_by_label("예약 간격").select_option("5")
    hubs = admin.locator(".offer-map ol li")
    known = hubs.count()
    canvas = admin.locator(".pin-map .canvas")
    expect(canvas).to_have_attribute("data-drawn-pins", str(known), timeout=SLOW_MS)
    admin.wait_for_timeout(600)  # a press right after the map has moved is no press
    canvas.click(position={"x": 120, "y": 120})
    expect(hubs).to_have_count(known + 1, timeout=SLOW_MS)
    expect(admin.locator(".offer-slots li").first).to_be_visible(timeout=SLOW_MS)
    both_ways(admin, "scouts-offer-form", take)
    twice_as_large(admin, "scouts-offer-form", take)
    admin.get_by_role("button", name="저장").click()
    admin.get_by_role("button", name="되돌리기").click(timeout=SLOW_MS)
    expect(admin.get_by_role("status")).to_contain_text("되돌렸습니다", timeout=SLOW_MS)
    expect(admin.locator(f"[data-offer='{yesterday}']")).to_have_count(0, timeout=SLOW_MS)


def twice_as_large(page: Page, name: str, take: Take) -> None:
    """At 200 %, and on 320 pixels (WCAG 1.4.10), nothing is beside the page."""
    size = page.viewport_size or {"width": 0, "height": 0}
    page.set_viewport_size({"width": max(320, size["width"] // 2), "height": size["height"] // 2})
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
    take(page, f"{name}-200")
    page.set_viewport_size(size)


def offer_in_force(installation: Installation) -> None:
    with signed_in(installation, "supervisor") as leader:
        today = datetime.now(UTC).astimezone(KOREA).date() - timedelta(days=1)
        hub = {"hub_id": "anyang", "name_ko": "안양역 1번 출구", "name_en": "Anyang Sta. exit 1", **ANYANG}
        offer = {"hours": {day: ["00:00-24:00"] for day in DAYS}, "lead_min": 0, "slot_min": 5, "hubs": [hub]}
        said(leader.put(f"/api/scouts/offers/{ANYANG_CODE}/{today}", json=offer))


def booked(her: Page, take: Take) -> str:
    """On her own page, from where she is."""
    section = her.locator("section[aria-labelledby='scouts-head']")
    expect(section).to_contain_text("아직 예약한 적이 없습니다", timeout=SLOW_MS)
    section.get_by_role("button", name="스카우트 예약").click()
    sheet = her.get_by_role("dialog")
    sheet.get_by_role("button", name="지금 있는 곳").click()
    expect(sheet.get_by_label("몇 시에 만날까요?")).to_be_enabled(timeout=SLOW_MS)
    sheet.get_by_role("button", name="1 안양역 1번 출구").click()
    expect(sheet.get_by_label("몇 시에 만날까요?")).to_be_enabled(timeout=SLOW_MS)
    sheet.get_by_label("어디까지 갈까요?").fill("안심로 12 비밀아파트 3동 앞")
    sheet.get_by_label("알아볼 수 있게").fill("회색 외투에 파란 가방입니다")
    assert serious_violations(her) == []
    take(her, "mine-book")
    sheet.get_by_role("button", name="예약하기").click()
    card = her.locator(".scout-booking")
    expect(card).to_have_attribute("data-state", "booked", timeout=SLOW_MS)
    return str(card.get_attribute("data-booking"))


def telephoned(desk: Page, take: Take) -> None:
    """Who has no app is booked by the dispatcher, and cancels by telephone."""
    desk.get_by_role("button", name="전화로 예약 받기").click()
    sheet = desk.get_by_role("dialog")
    sheet.get_by_label("부를 이름").fill("전화한이")
    sheet.get_by_label("휴대전화 번호").fill("010-5555-6666")
    sheet.get_by_role("button", name="1 안양역 1번 출구").click()
    expect(sheet.get_by_label("시각")).to_be_enabled(timeout=SLOW_MS)
    sheet.get_by_label("목적지").fill("안심로 30")
    assert serious_violations(desk) == []
    take(desk, "scouts-telephone")
    sheet.get_by_label("시각").select_option(index=12)
    sheet.get_by_role("button", name="예약하기").click()
    row = desk.locator(".booking-row", has_text="전화한이")
    expect(row).to_contain_text("전화 예약", timeout=SLOW_MS)
    row.get_by_label("조 배정").select_option(label="2조")
    row.get_by_role("button", name="배정", exact=True).click()
    expect(row).to_contain_text("문자의 코드", timeout=SLOW_MS)
    row.get_by_role("button", name="전화로 취소").click()
    take(desk, "scouts-cancel")
    desk.get_by_role("dialog").get_by_role("button", name="예약 취소").click()
    expect(desk.get_by_role("dialog")).to_have_count(0, timeout=SLOW_MS)


def pair_on_duty(desk: Page, take: Take) -> tuple[str, str]:
    """Link and code, as the dispatcher is shown them once."""
    desk.get_by_role("button", name="근무 조 등록").click()
    desk.get_by_label("조 이름").fill("2조")
    desk.get_by_label("시작").fill((datetime.now(KOREA) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"))
    desk.get_by_label("끝", exact=True).fill((datetime.now(KOREA) + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M"))
    for n, (name, phone) in enumerate((("김하늘", "010-2222-3333"), ("이바다", "010-2222-4444")), start=1):
        desk.get_by_label(f"대원 {n} 이름").fill(name)
        desk.get_by_label(f"대원 {n} 전화").fill(phone)
    assert serious_violations(desk) == []
    take(desk, "scouts-new-pair")
    desk.get_by_role("button", name="링크 만들기").click()
    expect(desk.get_by_role("img", name="스카우트 화면의 QR 코드")).to_be_visible(timeout=SLOW_MS)
    take(desk, "scouts-link")
    link, code = desk.locator(".address").inner_text().strip(), desk.locator(".once-code").inner_text()
    desk.get_by_role("button", name="전달했습니다").click()
    return link, code.replace(" ", "")


def met(phone: Page, her: Page, take: Take) -> None:
    """Each reads the other's code, on both pages."""
    card, hers = phone.locator(".booking").first, her.locator(".scout-booking")
    phone.get_by_role("button", name="만날 곳에 도착했습니다").click()
    expect(card).to_have_attribute("data-state", "waiting", timeout=SLOW_MS)
    both_ways(phone, "scout-waiting", take)
    twice_as_large(phone, "scout-waiting", take)
    card.get_by_label("상대방 확인 코드").fill("000000")
    phone.keyboard.press("Enter")
    expect(card.locator(".their-code .trouble")).to_contain_text("4번 남았습니다", timeout=SLOW_MS)
    expect(hers).to_have_attribute("data-state", "waiting", timeout=SLOW_MS)
    both_ways(her, "mine-waiting", take)
    twice_as_large(her, "mine-waiting", take)
    hers.get_by_role("button", name="QR 읽기").click()
    expect(her.get_by_role("dialog")).to_contain_text("카메라를 쓸 수 없습니다")  # there is none here: the digits stay
    her.get_by_role("button", name="닫기").click()
    card.get_by_label("상대방 확인 코드").fill(str(hers.locator(".digits").get_attribute("data-code")))
    phone.keyboard.press("Enter")
    expect(card.locator(".done")).to_contain_text("상대방을 확인했습니다", timeout=SLOW_MS)
    hers.get_by_label("상대방 확인 코드").fill(str(card.locator(".digits").get_attribute("data-code")))
    her.keyboard.press("Enter")
    expect(hers).to_have_attribute("data-state", "accompanying", timeout=SLOW_MS)
    expect(card).to_have_attribute("data-state", "accompanying", timeout=SLOW_MS)
    take(phone, "scout-accompanying")
    take(her, "mine-accompanying")


def home_and_back(phone: Page, her: Page, take: Take) -> None:
    """She says that she is home; then it is their own way back, and help for themselves."""
    card, hers = phone.locator(".booking").first, her.locator(".scout-booking")
    hers.get_by_role("button", name="집에 도착했습니다").click()
    expect(hers).to_have_attribute("data-state", "home", timeout=SLOW_MS)
    expect(her.get_by_role("button", name="스카우트 예약")).to_be_visible()
    take(her, "mine-home")
    expect(card).to_have_attribute("data-state", "home", timeout=SLOW_MS)
    phone.get_by_role("button", name="구조 요청").click()
    expect(phone.get_by_role("dialog")).to_contain_text("취소할 수 없습니다")
    assert serious_violations(phone) == []
    take(phone, "scout-sos")
    phone.get_by_role("button", name="아니요").click()
    phone.get_by_role("button", name="우리는 무사합니다").click()
    expect(card).to_have_attribute("data-state", "closed", timeout=SLOW_MS)
    assert "비밀아파트" not in phone.content(), "it is over: where she lives is gone from their phone"
    phone.get_by_role("button", name="근무 마치기").click()
    phone.get_by_role("button", name="마칩니다").click()
    expect(phone.get_by_role("alert")).to_contain_text("근무가 끝났습니다", timeout=SLOW_MS)


def there(page: Page) -> None:
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": ANYANG["lat"], "longitude": ANYANG["lon"]})


def test_a_booking_from_her_page_to_the_board_to_the_pairs_phone(
    installation: Installation, open_page: OpenPage, picture: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "new_code", lambda: CODE)
    with ThreadPoolExecutor(1) as beside:  # Playwright's own loop runs in this thread
        cookie = beside.submit(asyncio.run, enrolled(installation)).result()
    admin = open_page("/scouts", as_="admin", expects=("403",))  # who has the hours, and no bookings
    offer_written(admin, picture)
    admin.close()
    offer_in_force(installation)
    desk = open_page("/scouts", as_="operator")
    link, code = pair_on_duty(desk, picture)

    def hers(page: Page) -> None:
        there(page)
        page.add_init_script("window.BarcodeDetector ??= class { detect() { return Promise.resolve([]) } }")
        page.context.add_cookies(
            [{"name": browser.COOKIE, "value": cookie, "domain": "127.0.0.1", "path": "/api", "sameSite": "Strict"}]
        )

    her = open_page("/mine", phone=True, prepare=hers, expects=("403",))
    booking_id = booked(her, picture)
    row = desk.locator(f"[data-booking='{booking_id}']")
    expect(row).to_contain_text("보라", timeout=SLOW_MS)
    row.get_by_label("조 배정").select_option(label="2조")
    row.get_by_role("button", name="배정", exact=True).click()
    expect(row).to_have_attribute("data-state", "assigned", timeout=SLOW_MS)
    telephoned(desk, picture)
    both_ways(desk, "scouts-board", picture)
    twice_as_large(desk, "scouts-board", picture)
    phone = open_page(link, phone=True, prepare=there, expects=("401", "403", "410"))
    expect(phone.get_by_label("여섯 자리 코드")).to_be_visible(timeout=SLOW_MS)
    assert serious_violations(phone) == []
    picture(phone, "scout-code")
    phone.get_by_label("여섯 자리 코드").fill(code)
    phone.keyboard.press("Enter")
    expect(phone.locator(".booking").first).to_have_attribute("data-state", "assigned", timeout=SLOW_MS)
    picture(phone, "scout-assigned")
    expect(her.locator(".scout-booking .canvas")).to_have_attribute("data-drawn-pair", "1", timeout=SLOW_MS)
    picture(her, "mine-assigned")
    met(phone, her, picture)
    home_and_back(phone, her, picture)
    expect(row).to_have_attribute("data-state", "closed", timeout=SLOW_MS)
