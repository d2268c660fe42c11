"""Signing in, and the desk of 112: it sees its dispatch, accepts it, and asks for the video."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage

pytestmark = pytest.mark.browser

SLOW_MS = 15_000


def test_a_wrong_password_is_said_and_the_role_decides_the_desk(
    installation: Installation, open_page: OpenPage
) -> None:
    page = open_page("/login", expects=("401",))
    page.get_by_label("아이디").fill(installation.world.logins["112"].login)
    page.get_by_label("비밀번호").fill("no such password")
    page.get_by_role("button", name="로그인").click()
    expect(page.get_by_role("alert")).to_have_text("아이디 또는 비밀번호가 맞지 않습니다.")
    assert serious_violations(page) == []
    page.get_by_label("비밀번호").fill(installation.world.logins["112"].password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/agency")
    page.goto(f"{installation.url}/console")
    page.wait_for_url("**/agency")


def test_who_is_not_signed_in_is_sent_to_the_login(open_page: OpenPage) -> None:
    page = open_page("/console", expects=("401", "WebSocket"))
    page.wait_for_url("**/login")


def test_112_is_sent_accepts_and_sees_the_scene(installation: Installation, open_page: OpenPage) -> None:
    console = open_page("/console", as_="operator")
    console.wait_for_selector('[data-link="live"]')
    police = open_page("/agency", as_="112")
    police.wait_for_selector('[data-link="live"]')
    installation.raise_alert()
    console.locator(".incident[data-incident]").wait_for(timeout=SLOW_MS)

    console.keyboard.press("F2")
    sheet = console.get_by_role("dialog", name="112 출동 요청")
    expect(sheet).to_contain_text("37.40150, 126.92270")
    expect(sheet).to_contain_text("개인정보 보호법")
    expect(sheet).to_contain_text("접수와 동시에 출동을 요청합니다")
    console.keyboard.press("Enter")

    expect(police.locator(".detail")).to_contain_text("홍길동", timeout=SLOW_MS)
    expect(police.get_by_role("button", name="영상 요청")).to_be_disabled()  # first accept, then look
    police.get_by_label("우리 접수번호").fill("P-2026-7")
    police.locator('[data-step="accept"]').click()
    line = console.locator('.timeline [data-tag="dispatch:accepted"]')
    expect(line).to_contain_text("P-2026-7", timeout=SLOW_MS)

    police.get_by_role("button", name="영상 요청").click()
    expect(police.locator('.tile[data-player="live"]')).to_have_count(5, timeout=SLOW_MS)
    expect(police.locator(".map .canvas")).to_have_attribute("data-drawn-caller", "1")
    assert serious_violations(police) == []
    for step, state in (("en_route", "en_route"), ("on_scene", "on_scene")):
        police.locator(f'[data-step="{step}"]').click()
        expect(police.locator(".detail")).to_have_attribute("data-state", state)
    expect(console.locator(".incident .dispatches")).to_contain_text("현장 도착")

    console.get_by_role("button", name="종료", exact=True).click()
    console.get_by_label("조치 완료").check()
    console.get_by_role("button", name="종료하기").click()
    expect(police.locator(".tile")).to_have_count(0, timeout=SLOW_MS)
    expect(police.locator(".detail")).to_contain_text("사건이 끝났습니다")
    expect(police.locator(".detail")).not_to_contain_text("010-1234-5678")
