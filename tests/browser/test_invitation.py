"""Becoming a guardian without an app, ceasing to be one, and a representative who agrees for a child."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Installation, OpenPage
from tests.browser.test_follow import looks, text_at_200_percent

pytestmark = pytest.mark.browser

SLOW_MS = 15_000
Picture = Callable[[Page, str], Path]


def test_a_guardian_accepts_in_the_browser_and_withdraws_again(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    url = installation.world.urls["home"]
    with httpx.Client(base_url=url, trust_env=False, timeout=10) as home:
        person = home.post("/api/people", json={"nickname": "보라", "phone": "010-3333-4477"}).json()
        headers = {"Authorization": f"Bearer {person['device_token']}"}

        def invite(phone: str) -> str:
            asked = home.post("/api/people/me/guardians", json={"name": "엄마", "phone": phone}, headers=headers)
            return str(asked.json()["invitation"])

        def guardians() -> list[dict[str, str]]:
            return list(home.get("/api/people/me/guardians", headers=headers).json()["guardians"])

        invitation = invite("010-2222-7777")
        page = open_page(f"{url}/invitation/{invitation}", phone=True, expects=("404", "incognito"))
        expect(page.get_by_role("heading", level=1)).to_contain_text("보라 님이 보호자가 되어 달라고 부탁했습니다")
        looks(page, picture, "invitation-asked", dresses=4)
        page.get_by_text("동의 내용 읽기").click()
        expect(page.locator(".consent")).to_contain_text("거두면 곧바로 파기합니다")
        page.get_by_role("button", name="동의하고 수락").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("보라 님의 보호자입니다", timeout=SLOW_MS)
        assert guardians()[0]["accepted_at"]
        looks(page, picture, "invitation-accepted")

        _a_guardians_page(home, headers, page, picture)
        again = open_page(f"{url}/invitation/{invitation}", phone=True)  # a used one shows where things stand
        expect(again.get_by_role("heading", level=1)).to_contain_text("보라 님의 보호자입니다")

        page.get_by_role("button", name="보호자 그만두기").click()
        page.get_by_role("button", name="돌아가기").click()
        assert guardians()
        page.get_by_role("button", name="보호자 그만두기").click()
        page.get_by_role("alertdialog").get_by_role("button", name="보호자 그만두기").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("보호자를 그만두었습니다", timeout=SLOW_MS)
        assert guardians() == []

        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("끝난 초대입니다", timeout=SLOW_MS)
        looks(page, picture, "invitation-ended")

        declining = open_page(f"{url}/invitation/{invite('010-2222-8888')}", phone=True)
        declining.get_by_role("button", name="거절").click()
        declining.get_by_role("alertdialog").get_by_role("button", name="거절").click()
        expect(declining.get_by_role("heading", level=1)).to_have_text("거절했습니다", timeout=SLOW_MS)
        assert guardians() == []


def _a_guardians_page(home: httpx.Client, headers: dict[str, str], page: Page, picture: Picture) -> None:
    """She asks and is answered, sets her quiet hours, and alerts the center on the person's behalf."""
    expect(page.locator(".care")).to_contain_text("세 번까지")
    page.get_by_role("button", name="괜찮은지 묻기").click()
    expect(page.locator(".care")).to_have_attribute("data-question", "asked", timeout=SLOW_MS)
    expect(page.locator(".care .answer")).to_contain_text("기다리고 있습니다")
    picture(page, "guardian-asked")
    question = home.get("/api/people/me/questions", headers=headers).json()["questions"][0]["question_id"]
    home.post(f"/api/people/me/questions/{question}/answer", json={"answer": "call_me"}, headers=headers)
    expect(page.locator(".care .answer")).to_contain_text("전화해 달라고", timeout=SLOW_MS)
    page.get_by_role("button", name="시간 정하기").click()
    page.get_by_label("시작").fill("22:30")
    page.get_by_role("button", name="저장").click()
    expect(page.locator("[data-quiet]")).to_have_attribute("data-quiet", "22:30-07:00", timeout=SLOW_MS)
    page.get_by_role("button", name="대신 신고하기").click()
    sure = page.get_by_role("alertdialog", name="대신 신고하기")
    expect(sure).to_contain_text("보호자가 대신 한 신고")
    looks(page, picture, "guardian-page", dresses=2)
    text_at_200_percent(page, picture, "guardian-zoom")
    page.get_by_role("alertdialog").get_by_role("button", name="신고하기").click()
    expect(page.locator(".alarm .answer")).to_contain_text("신고했습니다", timeout=SLOW_MS)
    picture(page, "guardian-alarmed")


def test_a_representative_agrees_for_a_child_with_the_code_of_a_text_message(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    url = installation.world.urls["home"]
    with httpx.Client(base_url=url, trust_env=False, timeout=10) as home:
        child = {"nickname": "하늘", "phone": "010-3333-4488", "born_year": 2015}
        person = home.post("/api/people", json=child).json()
        headers = {"Authorization": f"Bearer {person['device_token']}"}
        asked = home.post(
            "/api/people/me/representative", json={"name": "아빠", "phone": "010-2222-9999"}, headers=headers
        ).json()
    text = installation.texts.get(timeout=20)
    while text["to_last4"] != "9999" or "인증번호" not in text["text"]:
        text = installation.texts.get(timeout=20)
    found = re.search(r"\b(\d{6})\b", text["text"])
    assert found, json.dumps(text, ensure_ascii=False)

    page = open_page(f"{url}/representative/{asked['link']}", phone=True, expects=("403", "404"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("하늘")
    page.get_by_role("button", name="동의합니다").click()
    expect(page.get_by_role("alert")).to_contain_text("동의에 표시하세요")
    page.get_by_label("내용을 읽었고").check()
    page.get_by_label("인증번호 여섯 자리").fill("000000" if found[1] != "000000" else "111111")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("4번 더", timeout=SLOW_MS)
    looks(page, picture, "representative-asked", dresses=4)
    page.get_by_label("내용을 읽었고").check()
    page.get_by_label("인증번호 여섯 자리").fill(found[1])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("동의했습니다", timeout=SLOW_MS)
    picture(page, "representative-done")
    page.goto(f"{url}/representative/nothing-here-at-all")
    expect(page.get_by_role("heading", level=1)).to_have_text("없는 주소입니다", timeout=SLOW_MS)
