"""The guardian's page: bound by her last four digits, words before map, and an end that takes the place away."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect

from server.console.routes import STATIC
from tests.bench.load import new_alert_id
from tests.browser.axe import serious_violations
from tests.browser.conftest import GUARDIAN_PHONE, PATIENCE_MS, PHONE, Installation, OpenPage
from tests.journeys.world import ANYANG

pytestmark = pytest.mark.browser

SLOW_MS = 15_000
Picture = Callable[..., Path]


def raised(installation: Installation, **alert: Any) -> tuple[str, str, str]:
    """An alert of a person with a guardian: (device token, alert, follow link from the push)."""
    token = installation.enrol()
    alert_id = installation.raise_alert(token=token, **alert)
    push = installation.pushes.get(timeout=20)
    while push["alert_id"] != alert_id:
        push = installation.pushes.get(timeout=20)
    return token, alert_id, push["link"]


def incident_of(desk: httpx.Client, alert_id: str) -> str:
    cards = desk.get("/api/incidents", params={"state": "open"}).json()["incidents"]
    return str(next(card["incident_id"] for card in cards if alert_id in card["alert_ids"]))


def answer(page: Page) -> None:
    page.get_by_label("전화번호 마지막 네 자리").fill(GUARDIAN_PHONE[-4:])
    page.keyboard.press("Enter")
    page.locator(".summary").wait_for()


def looks(page: Page, picture: Picture, name: str, *, dresses: int = 1) -> None:
    """A picture and nothing for axe to find: dark and English, and with `dresses=4` in every theme and language (axe in
    two of them, which have both). Looked at from the end of the page, where the fixed calls cover nothing."""
    every = (("dark", "English", "en"), ("dark", "한국어", "ko"), ("light", "English", "en"), ("light", "한국어", "ko"))
    for theme, button, language in every[:dresses]:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        if page.locator("html").get_attribute("lang") != language:
            page.get_by_role("button", name=button).click()
            expect(page.locator("html")).to_have_attribute("lang", language)
        page.evaluate("scrollTo(0, 0)")
        picture(page, f"{name}-{theme}-{language}")
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        if dresses < 4 or (theme, language) in (("dark", "en"), ("light", "ko")):
            assert serious_violations(page) == [], (name, theme, language)
    page.emulate_media(color_scheme="light")
    if page.locator("html").get_attribute("lang") != "ko":
        page.get_by_role("button", name="한국어").click()


def test_a_guardian_follows_from_the_push_to_the_end(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    token, alert_id, link = raised(installation)
    assert urlsplit(link).hostname == "127.0.0.1"
    page = open_page(link, phone=True, expects=("401", "403"))
    expect(page.locator("h1")).to_have_count(1)
    assert "보라" not in page.content(), "no name before the digits"
    page.get_by_label("전화번호 마지막 네 자리").fill("0000")
    page.get_by_role("button", name="확인").click()
    expect(page.get_by_role("alert")).to_contain_text("4번 더")
    looks(page, picture, "follow-digits")
    answer(page)
    installation.move(alert_id, token)

    # rule 6: about where, until the control room has it
    expect(page.locator(".freshness")).to_contain_text("약 500 m 범위", timeout=SLOW_MS)
    expect(page.locator(".map .canvas")).to_have_attribute("data-drawn-as", "area fresh", timeout=SLOW_MS)
    expect(page.locator(".coordinates")).to_have_count(0)
    looks(page, picture, "follow-coarse")
    stranger = open_page(link, phone=True, expects=("401", "403"))
    stranger.get_by_label("전화번호 마지막 네 자리").fill(GUARDIAN_PHONE[-4:])
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_role("alert")).to_contain_text("이미 다른 기기에서 열었습니다")

    with installation.desk() as desk:
        incident = incident_of(desk, alert_id)
        desk.post(f"/api/incidents/{incident}/acknowledge", json={})
        expect(page.locator(".steps .reached")).to_have_count(2, timeout=SLOW_MS)
        installation.move(alert_id, token)
        expect(page.locator(".freshness")).to_contain_text("오차 약", timeout=SLOW_MS)
        expect(page.locator(".map .canvas")).to_have_attribute("data-drawn-as", "point fresh", timeout=SLOW_MS)
        expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")
        # rules 2, 4, 5: who has it, two big calls in the thumb's reach, none of them to her
        expect(page.locator(".lead")).to_contain_text("관제센터가 맡고 있습니다")
        calls = page.locator(".calls a")
        assert [one.get_attribute("href") for one in calls.all()][0] == "tel:112"
        assert page.locator('a[href*="33334444"]').count() == 0
        for one in calls.all():
            box = one.bounding_box()
            assert box and box["height"] >= 56 and box["y"] > PHONE["height"] / 2
        expect(page.locator(".warning")).to_contain_text("혼자 찾아가지 말고")
        looks(page, picture, "follow-exact", dresses=4)
        picture(page, "follow-whole", whole=True)
        text_at_200_percent(page, picture, "follow-zoom")
        # rule 1: the console sees who opened, by what the person calls her
        timeline = json.dumps(desk.get(f"/api/incidents/{incident}").json()["timeline"], ensure_ascii=False)
        assert "guardian:opened" in timeline and "엄마" in timeline and "guardian:told" in timeline
        desk.post(f"/api/incidents/{incident}/close", json={"disposition": "handled", "note": ""})
    expect(page.get_by_role("heading", level=1)).to_contain_text("안전이 확인되었습니다", timeout=SLOW_MS)
    expect(page.locator(".map, .coordinates, .calls")).to_have_count(0)
    looks(page, picture, "follow-safe")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text("안전이 확인되었습니다", timeout=SLOW_MS)


def _freshness_in_words(installation: Installation, page: Page, alert_id: str, token: str, picture: Picture) -> None:
    """Rule 3: how old the fix is, by the server's clock (this phone's is an hour off), in words, colour and on the
    map."""
    page.evaluate("() => { const real = Date.now; Date.now = () => real() + 3600_000; }")
    for age_s, kind, words in ((200, "old", "마지막으로 확인된 위치"), (60, "amber", "1분 전"), (0, "fresh", "범위")):
        fixed_at = (datetime.now(UTC) - timedelta(seconds=age_s)).isoformat()
        fix = {"lat": 37.4015, "lon": 126.9227, "accuracy_m": 14.0, "fixed_at": fixed_at, "source": "gps"}
        sent = httpx.post(
            f"{installation.world.urls['router']}/v1/alerts/{alert_id}/positions",
            json={"positions": [fix]},
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        )
        assert sent.status_code == 202, sent.text
        line = page.locator(".freshness")
        expect(line).to_have_attribute("data-freshness", kind, timeout=SLOW_MS)
        expect(line).to_contain_text(words)
        drawn = "area fresh" if kind == "fresh" else "area old"
        expect(page.locator(".map .canvas")).to_have_attribute("data-drawn-as", drawn, timeout=SLOW_MS)
        picture(page, f"follow-{kind}")


def text_at_200_percent(page: Page, picture: Picture, name: str) -> None:
    """Rule 10: nothing is cut off, and nothing has to be pushed sideways."""
    page.evaluate("document.styleSheets[0] && document.documentElement.style.setProperty('font-size', '212%')")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(
        "[...document.querySelectorAll('a, button, h1, p')].every((e) => e.scrollWidth <= e.clientWidth + 1)"
    )
    picture(page, name)
    page.evaluate("document.documentElement.style.removeProperty('font-size')")


def test_a_bad_network_and_a_cut_off(installation: Installation, open_page: OpenPage, picture: Picture) -> None:
    """400 kbps and 400 ms: text before map. No WebSocket: asked every 5 s. No network: what is known, with its time."""
    _, alert_id, link = raised(installation)
    page = open_page("/static/mark.svg", phone=True, expects=("401", "WebSocket", "ERR_INTERNET", "Failed to load"))
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 20_000},
    )
    names: list[str] = []
    page.on("request", lambda request: names.append(request.url))
    page.route_web_socket("**/live", lambda socket: socket.close())
    page.goto(link)
    page.locator("#last4").wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle")
    first = {urlsplit(url).path.removeprefix("/static/") for url in names if "/static/" in url}
    assert first and not [name for name in first if "map" in name or "ol-" in name or name.endswith(".woff2")]
    kilobytes = sum(len(gzip.compress((STATIC / name).read_bytes())) for name in first) / 1000
    assert kilobytes < 200
    text_ms = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    print(f"guardian's page: {kilobytes:.1f} KB gz before the map, first text after {text_ms:.0f} ms at 400 kbps")
    answer(page)
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "polling", timeout=SLOW_MS)
    with installation.desk() as desk:
        desk.post(f"/api/incidents/{incident_of(desk, alert_id)}/acknowledge", json={})
    expect(page.locator(".steps .reached")).to_have_count(2, timeout=30_000)
    page.context.set_offline(True)
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "offline", timeout=30_000)
    expect(page.locator("[data-connection]")).to_contain_text("까지 받은 내용입니다")
    picture(page, "follow-offline")
    page.context.set_offline(False)
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "polling", timeout=30_000)


def test_whom_the_person_removes_sees_nothing_more_and_no_reason(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    token, alert_id, link = raised(installation, position=None)
    page = open_page(link, phone=True, expects=("401", "410"))
    answer(page)
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live", timeout=SLOW_MS)
    expect(page.locator(".freshness")).to_contain_text("아직 위치를 받지 못했습니다")
    _freshness_in_words(installation, page, alert_id, token, picture)
    with httpx.Client(base_url=installation.world.urls["home"], trust_env=False, timeout=10) as home:
        headers = {"Authorization": f"Bearer {token}"}
        guardian = home.get("/api/people/me/guardians", headers=headers).json()["guardians"][0]["guardian_id"]
        assert home.delete(f"/api/people/me/guardians/{guardian}", headers=headers).status_code == 204
    expect(page.get_by_role("heading", level=1)).to_have_text("이 링크는 더 이상 열 수 없습니다", timeout=SLOW_MS)
    expect(page.locator("main")).not_to_contain_text("보라")
    expect(page.locator(".map, .steps, .freshness")).to_have_count(0)
    expect(page.get_by_role("link", name="112 전화")).to_be_visible()
    looks(page, picture, "follow-gone")


def test_a_push_is_shown_by_the_worker_with_no_name_and_no_place(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    """As the vendor's service would deliver it. Subscribing needs that service: without it the page says what else."""
    _, alert_id, link = raised(installation)
    page = open_page(link, phone=True, expects=("401", "incognito"))
    page.context.grant_permissions(["notifications"])
    page.reload()
    answer(page)
    page.get_by_role("button", name="알림 켜기").click()
    expect(page.locator(".push")).to_have_attribute("data-push", "failed", timeout=60_000)
    expect(page.locator(".push")).to_contain_text("문자로 알려 드립니다")
    picture(page, "follow-push-failed")
    page.wait_for_function("async () => (await navigator.serviceWorker.getRegistration('/follow/'))?.active")
    worker = page.context.new_cdp_session(page)
    registrations: list[str] = []
    worker.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(one["registrationId"] for one in event["registrations"]),
    )
    worker.send("ServiceWorker.enable")
    while not registrations:
        page.wait_for_timeout(50)
    path = urlsplit(link).path
    for event in ("raised", "acknowledged", "raised"):  # the last one was overtaken on its way
        data = {"event": event, "tag": alert_id, "path": path, "language": "ko"}
        worker.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": installation.url, "registrationId": registrations[0], "data": json.dumps(data)},
        )
    read = """async () => (await (await navigator.serviceWorker.getRegistration('/follow/')).getNotifications())
        .map((one) => [one.title, one.body, one.tag, one.requireInteraction, one.data.path])"""
    one = "all.length === 1 && all[0][0].includes('접수했') && all"
    wanted = f"async () => {{ const all = await ({read})(); return {one}; }}"
    for _ in range(2):  # one incident is one notification, and it stays the newest
        shown = page.wait_for_function(wanted, timeout=SLOW_MS).json_value()
        page.wait_for_timeout(500)
    assert shown[0][2:] == [f"ansim-{alert_id}", True, path]
    assert "보라" not in str(shown)


def goes(her: httpx.Client, walk: str, *metres: float) -> None:
    """Her phone's fixes, a second apart: so far north of the station."""
    now = datetime.now(UTC)
    fixes = [
        ANYANG
        | {"lat": ANYANG["lat"] + m / 111_320, "accuracy_m": 8}
        | {"fixed_at": (now - timedelta(seconds=len(metres) - n)).isoformat()}
        for n, m in enumerate(metres)
    ]
    assert her.post(f"{walk}/positions", json={"positions": fixes}).status_code == 200


def test_a_walk_from_the_notice_to_its_sos(installation: Installation, open_page: OpenPage, picture: Picture) -> None:
    """Words, then the place that she allowed after the digits, dark when she pauses it, and by itself the SOS's."""
    token, walk, alert_id = installation.enrol(), f"/api/people/me/walks/{uuid4()}", new_alert_id()
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=installation.world.urls["home"], trust_env=False, timeout=10, headers=headers) as her:
        guardian = her.get("/api/people/me/guardians").json()["guardians"][0]["guardian_id"]
        plan = {"kind": "route", "alert_id": alert_id, "origin": ANYANG, "destination": ANYANG | {"lat": 37.41}}
        begun = her.put(walk, json=plan | {"guardians": [guardian], "guardians_see_place": True, "eta_s": 1500})
        assert begun.status_code == 200, begun.text

        goes(her, walk, 0)
        push = installation.pushes.get(timeout=20)
        while push.get("kind") != "walk_begun":
            push = installation.pushes.get(timeout=20)
        page = open_page(push["link"], phone=True, expects=("401", "403", "404"))
        expect(page.get_by_role("heading", level=1)).to_have_text("보라 님이 귀가를 시작했습니다")
        expect(page.locator(".map, .walk-facts")).to_have_count(0)
        page.get_by_label("휴대전화 번호 뒤 네 자리").fill("0000")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("맞지 않습니다")
        looks(page, picture, "notice-digits")
        page.get_by_label("휴대전화 번호 뒤 네 자리").fill(GUARDIAN_PHONE[-4:])
        page.keyboard.press("Enter")
        expect(page.locator(".walk-facts")).to_contain_text("예정대로 가는 중", timeout=SLOW_MS)
        goes(her, walk, 60, 70, 80)
        expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live", timeout=SLOW_MS)
        expect(page.locator(".map .canvas")).to_have_attribute("data-drawn-as", "point fresh", timeout=SLOW_MS)
        goes(her, walk, 90, 100, 110, 120)
        expect(page.locator(".coordinates")).to_contain_text(f"{ANYANG['lat'] + 120 / 111_320:.5f}", timeout=SLOW_MS)
        text_at_200_percent(page, picture, "notice-zoom")
        looks(page, picture, "notice-walk", dresses=2)

        assert her.post(f"/api/people/me/guardians/{guardian}/pause").status_code == 200
        expect(page.get_by_role("heading", level=1)).to_have_text("볼 수 없는 알림입니다", timeout=SLOW_MS)
        expect(page.locator(".map, .walk-facts, .coordinates")).to_have_count(0)
        assert her.delete(f"/api/people/me/guardians/{guardian}/pause").status_code == 200
        page.reload()
        page.get_by_label("휴대전화 번호 뒤 네 자리").fill(GUARDIAN_PHONE[-4:])
        page.keyboard.press("Enter")
        expect(page.locator(".walk-facts")).to_be_visible(timeout=SLOW_MS)
        (shown,) = her.get("/api/people/me/disclosures").json()["walks"]
        assert shown["disclosures"][0]["times"] == 2, "paused and taken up again: two rows in her one ledger"
        installation.raise_alert(token=token, alert_id=alert_id)
        page.wait_for_url("**/follow/*", timeout=PATIENCE_MS)
        expect(page.locator(".summary h1")).to_contain_text("보라", timeout=SLOW_MS)
        expect(page.locator("#last4")).to_have_count(0)
