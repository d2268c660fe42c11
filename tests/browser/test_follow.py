"""The guardian's page: bound by her last four digits, words before map, and an end that takes the place away."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.axe import serious_violations
from tests.browser.conftest import GUARDIAN_PHONE, Installation, OpenPage

pytestmark = pytest.mark.browser

SLOW_MS = 15_000


def test_a_guardian_follows_from_the_push_to_the_end(installation: Installation, open_page: OpenPage) -> None:
    token = installation.enrol()
    alert_id = installation.raise_alert(token=token)
    push = installation.pushes.get(timeout=20)
    while push["alert_id"] != alert_id:
        push = installation.pushes.get(timeout=20)
    link = push["link"]
    assert urlsplit(link).hostname == "127.0.0.1"

    page = open_page(link, phone=True, expects=("401", "403"))
    page.get_by_label("전화번호 마지막 네 자리").fill("0000")
    page.get_by_role("button", name="확인").click()
    expect(page.get_by_role("alert")).to_contain_text("4번 더")
    page.get_by_label("전화번호 마지막 네 자리").fill(GUARDIAN_PHONE[-4:])
    page.keyboard.press("Enter")
    page.locator(".freshness").wait_for()
    installation.move(alert_id, token)
    expect(page.locator(".freshness")).to_contain_text("오차 약", timeout=SLOW_MS)
    expect(page.get_by_role("link", name="112 전화")).to_have_attribute("href", "tel:112")
    assert page.locator('a[href*="33334444"]').count() == 0  # nothing here may ring her phone
    expect(page.locator(".map .canvas")).to_have_attribute("data-drawn-caller", "1")
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")
    assert serious_violations(page) == []

    stranger = open_page(link, phone=True, expects=("401", "403"))
    stranger.get_by_label("전화번호 마지막 네 자리").fill(GUARDIAN_PHONE[-4:])
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_role("alert")).to_contain_text("이미 다른 기기에서 열었습니다")

    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("has asked for help")
    page.get_by_role("button", name="한국어").click()

    with installation.desk() as desk:
        cards = desk.get("/api/incidents", params={"state": "open"}).json()["incidents"]
        incident = next(card["incident_id"] for card in cards if alert_id in card["alert_ids"])
        desk.post(f"/api/incidents/{incident}/acknowledge", json={})
        expect(page.locator(".steps .reached")).to_have_count(2, timeout=SLOW_MS)
        desk.post(f"/api/incidents/{incident}/close", json={"disposition": "handled", "note": ""})
    expect(page.get_by_role("heading", level=1)).to_contain_text("안전이 확인되었습니다", timeout=SLOW_MS)
    expect(page.locator(".map, .coordinates")).to_have_count(0)


def test_the_first_view_is_small_enough_for_a_bad_network(installation: Installation, open_page: OpenPage) -> None:
    """Before the map: under 200 KB gzipped, and the map's file is not among it."""
    import gzip

    from server.console.routes import STATIC

    names: list[str] = []
    page = open_page("/follow/none", phone=True, expects=("404", "401", "410"))
    page.on("request", lambda request: names.append(request.url))
    page.reload(wait_until="networkidle")
    assets = [STATIC / urlsplit(url).path.removeprefix("/static/") for url in names if "/static/" in url]
    assert assets
    assert not [asset for asset in assets if asset.name.startswith("map") and asset.suffix == ".js"]
    assert sum(len(gzip.compress(asset.read_bytes())) for asset in assets) < 200_000
