"""Cries at one place are one group, a second press rings again, a merge can be taken back: on the real system."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage, without_pictures

pytestmark = pytest.mark.browser
SLOW_MS = 60_000


def _caller(number: int) -> dict[str, object]:
    return {"caller": {"nickname": f"보라{number}", "phone": f"010-7777-{number:04}", "language": "ko", "profile": {}}}


def test_three_at_one_place_a_second_press_and_a_merge_undone(installation: Installation, open_page: OpenPage) -> None:
    # talk of an incident that has just been merged away is refused
    page = open_page("/console", as_="operator", prepare=without_pictures, expects=("/talk",))
    page.wait_for_selector('[data-link="live"]')
    page.get_by_role("button", name="소리 꺼짐 — 눌러서 켜기").click()
    installation.raise_alert(**_caller(9))
    expect(page.locator(".queue .card")).to_have_count(1, timeout=SLOW_MS)
    installation.close_everything()  # the others are linked to this one: they must hang together without it
    for number in (1, 2, 3):
        installation.raise_alert(**_caller(number))
    group = page.locator('.card-group[data-group="3"]')
    expect(group).to_contain_text("신고 3건 · 같은 장소", timeout=SLOW_MS)
    expect(group.locator(".card")).to_have_count(3)  # nobody is hidden behind a number
    for take in range(3):
        group.get_by_role("button", name="접수", exact=False).and_(group.locator(".take")).first.click()
        expect(group.locator('.card[data-state="acknowledged"]')).to_have_count(take + 1, timeout=SLOW_MS)
    expect(page.locator("html")).to_have_attribute("data-sound", "quiet")

    installation.raise_alert(**_caller(1))
    expect(page.locator("html")).to_have_attribute("data-sound", "ringing", timeout=SLOW_MS)
    again = page.locator(".card").filter(has_text="다시 신고함")
    expect(again).to_contain_text("신고 2건 묶음")
    expect(page.locator(".queue .card")).to_have_count(3)  # never a second incident
    again.locator(".card-open").click()
    page.get_by_role("button", name="들었습니다").click()
    expect(page.locator("html")).to_have_attribute("data-sound", "quiet", timeout=SLOW_MS)
    expect(page.locator(".timeline")).to_contain_text("본인이 다시 신고했습니다 (2번째)")
    assert serious_violations(page) == []

    page.get_by_role("tab", name="정보").click()
    page.locator('.links [data-link="same_place"]').first.get_by_role("button", name="합치기").click()
    expect(page.locator(".queue .card")).to_have_count(2, timeout=SLOW_MS)
    expect(page.locator(".links .alerts li")).to_have_count(3)
    expect(page.locator(".map .canvas")).to_have_attribute("data-drawn-others", "2")  # nobody of them is off the map
    page.get_by_role("button", name="되돌리기").click()
    expect(page.locator(".queue .card")).to_have_count(3, timeout=SLOW_MS)
    page.get_by_role("button", name="English").click()
    expect(page.locator(".links h3")).to_contain_text(re.compile("Alerts to see together"))
    installation.close_everything()
