"""Signing in, and the desk of 112: it sees its dispatch, accepts it, and asks for the video."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from server.staff import factor
from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage, without_pictures

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


def app_code(secret: str) -> str:
    """What an authenticator app shows that was given this key."""
    plain = secret.replace(" ", "")
    return factor.code_at(base64.b32decode(plain + "=" * (-len(plain) % 8)), datetime.now(UTC))


def test_a_second_factor_is_set_up_by_its_owner_and_asked_for_at_the_next_login(
    installation: Installation, open_page: OpenPage
) -> None:
    login = installation.world.logins["119"]
    page = open_page("/login", expects=("401", "403"))
    page.get_by_label("아이디").fill(login.login)
    page.get_by_label("비밀번호").fill(login.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/agency")
    page.goto(f"{installation.url}/account")
    section = page.get_by_role("region", name="2단계 인증")
    section.get_by_label("지금 비밀번호").fill(login.password)
    section.get_by_role("button", name="등록 시작").click()
    expect(section.get_by_role("img", name="인증 앱으로 찍는 QR 코드")).to_be_visible()
    assert serious_violations(page) == []
    secret = section.locator("figcaption code").inner_text()
    section.get_by_label("인증 번호").fill(app_code(secret))
    section.get_by_role("button", name="확인").click()
    codes = section.locator(".codes code")
    expect(codes).to_have_count(10)
    spare, last = codes.nth(0).inner_text(), codes.nth(1).inner_text()
    section.get_by_role("button", name="적어 두었습니다").click()
    expect(section).to_contain_text("남은 복구 코드 10개")
    page.get_by_role("button", name="로그아웃").click()
    page.wait_for_url("**/login")

    page.get_by_label("아이디").fill(login.login)
    page.get_by_label("비밀번호").fill(login.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="2단계 인증")).to_be_visible()
    page.get_by_label("인증 번호").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("맞지 않거나 이미 쓴 번호")
    assert serious_violations(page) == []
    page.get_by_label("인증 번호").fill(spare)
    page.keyboard.press("Enter")
    page.wait_for_url("**/agency")
    gone = page.request.post(f"{installation.url}/api/me/totp/remove", data={"password": login.password, "code": last})
    assert gone.ok, gone.text()  # the next story signs in by password


def test_112_is_sent_accepts_and_sees_the_scene(installation: Installation, open_page: OpenPage) -> None:
    console = open_page("/console", as_="operator", prepare=without_pictures)
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
