"""Scouts: the dispatcher's page and the pair's work phone, through one booking."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect

from server.people.service import sign_up
from server.scouts.offer import KOREA
from server.services import make_services
from server.settings import Settings
from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage
from tests.browser.test_desk import SLOW_MS, Take, both_ways, said, signed_in
from tests.journeys.world import ANYANG, ANYANG_CODE

pytestmark = pytest.mark.browser
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


async def signed_up(installation: Installation) -> str:
    """A person of this center, which is nobody's home in the tests' world; returns her device token."""
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
        return (await sign_up(services, nickname="보라", phone="010-7777-1234")).device_token
    finally:
        await services.close()


def booked(installation: Installation, her: httpx.Client) -> str:
    """She has signed up at this center, which offers scouts all day long."""
    with signed_in(installation, "supervisor") as leader:
        today = datetime.now(UTC).astimezone(KOREA).date() - timedelta(days=1)
        offer = {"hours": {day: ["00:00-24:00"] for day in DAYS}, "lead_min": 0, "slot_min": 5}
        said(leader.put(f"/api/scouts/offers/{ANYANG_CODE}/{today}", json=offer))
    with ThreadPoolExecutor(1) as beside:  # Playwright's own loop runs in this thread
        her.headers["Authorization"] = f"Bearer {beside.submit(asyncio.run, signed_up(installation)).result()}"
    told = said(her.post("/api/people/me/scouts/offered", json=ANYANG))
    booking_id = str(uuid4())
    wish = {"at": told["slots"][0]["at"], "meet": ANYANG, "meet_text": "안양역 1번 출구 편의점 앞"}
    wish |= {"destination": "안심로 12 비밀아파트 3동 앞", "note": "회색 외투에 파란 가방입니다"}
    said(her.put(f"/api/people/me/scouts/{booking_id}", json=wish))
    return booking_id


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


def their_way(phone: Page, her: httpx.Client, booking_id: str, take: Take) -> None:
    """Met by code, brought home, the way back."""
    path = f"/api/people/me/scouts/{booking_id}"
    card = phone.locator(".booking")
    phone.get_by_role("button", name="만날 곳에 도착했습니다").click()
    expect(card).to_have_attribute("data-state", "waiting", timeout=SLOW_MS)
    both_ways(phone, "scout-waiting", take)
    phone.get_by_label("상대방 확인 코드").fill("000000")
    phone.keyboard.press("Enter")
    expect(card.locator(".their-code .trouble")).to_contain_text("4번 남았습니다", timeout=SLOW_MS)
    phone.get_by_label("상대방 확인 코드").fill(said(her.get(path))["code"]["text"])
    phone.keyboard.press("Enter")
    expect(card.locator(".done")).to_contain_text("상대방을 확인했습니다", timeout=SLOW_MS)
    code = card.locator(".digits").get_attribute("data-code")
    assert said(her.post(f"{path}/code", json={"code": code}))["state"] == "accompanying"
    expect(card).to_have_attribute("data-state", "accompanying", timeout=SLOW_MS)
    take(phone, "scout-accompanying")
    phone.get_by_role("button", name="집 앞까지 모셔다드렸습니다").click()
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


def test_a_booking_from_the_board_to_the_pairs_phone(
    installation: Installation, open_page: OpenPage, picture: Any
) -> None:
    with httpx.Client(base_url=installation.url, trust_env=False, timeout=20) as her:
        booking_id = booked(installation, her)
        desk = open_page("/scouts", as_="operator")
        link, code = pair_on_duty(desk, picture)
        row = desk.locator(f"[data-booking='{booking_id}']")
        expect(row).to_contain_text("보라", timeout=SLOW_MS)
        row.get_by_label("조 배정").select_option(label="2조")
        expect(row).to_have_attribute("data-state", "assigned", timeout=SLOW_MS)
        both_ways(desk, "scouts-board", picture)

        def allow(page: Page) -> None:
            page.context.grant_permissions(["geolocation"])
            page.context.set_geolocation({"latitude": ANYANG["lat"], "longitude": ANYANG["lon"]})

        phone = open_page(link, phone=True, prepare=allow, expects=("401", "403", "410"))
        expect(phone.get_by_label("여섯 자리 코드")).to_be_visible(timeout=SLOW_MS)
        assert serious_violations(phone) == []
        picture(phone, "scout-code")
        phone.get_by_label("여섯 자리 코드").fill(code)
        phone.keyboard.press("Enter")
        expect(phone.locator(".booking")).to_have_attribute("data-state", "assigned", timeout=SLOW_MS)
        picture(phone, "scout-assigned")
        their_way(phone, her, booking_id, picture)
        expect(desk.locator(f"[data-booking='{booking_id}']")).to_have_attribute(
            "data-state", "closed", timeout=SLOW_MS
        )
