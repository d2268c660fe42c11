"""An agency asks by hand at its desk: an operator sees it and accepts, pictures open, and end with the incident."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage, without_pictures
from tests.browser.test_desk import said, signed_in

pytestmark = pytest.mark.browser

SLOW_MS = 60_000
FIRM = "hand-guards"
PASSWORD = "안심경비 긴 암호 2026"
Take = Callable[[Page, str], Path]


def firm(installation: Installation) -> str:
    """A security firm with an agreement that is nearly over, and one agent; the agreement's id."""
    agency = {"agency_id": FIRM, "kind": "security", "name_ko": "한결경비", "name_en": "Hangyeol Guards"}
    return partner(
        installation, agency, "hand1", "한경비", triggers=["help_request", "anklet_zone"], legal_bases=["pipa-18-2-3"],
        verify_s=120,
    )  # fmt: skip


def partner(installation: Installation, agency: dict[str, str], login: str, name: str, **terms: object) -> str:
    """A linked agency with an agreement at Anyang and one agent who has chosen his password; the agreement's id."""
    with signed_in(installation, "admin") as admin:
        said(admin.post("/api/agencies", json=agency), 201)
        now = datetime.now(UTC)
        agreement = {
            "agency_id": agency["agency_id"], "center": "41170",
            "may_view_live": True, "may_see_position": True, "may_view_still": True,
            "document": "안양시 협약 2026-021", "starts_at": (now - timedelta(days=1)).isoformat(),
            "ends_at": (now + timedelta(days=20)).isoformat(), **terms,
        }  # fmt: skip
        made = said(admin.post("/api/agreements", json=agreement), 201)["agreements"][0]["agreement_id"]
        account = {"login": login, "name": name, "role": "agent", "agency_id": agency["agency_id"], "desk": ""}
        new = said(admin.post("/api/accounts", json=account | {"networks": ["127.0.0.0/8", "::1/128"]}), 201)
    with httpx.Client(base_url=installation.url, trust_env=False, timeout=20) as agent:
        asked = agent.post("/api/login", json={"login": login, "password": new["enrolment"]["temporary_password"]})
        done = agent.post("/api/login/password", json={"ticket": asked.json()["ticket"], "password": PASSWORD})
        assert done.status_code == 200, done.text
    return str(made)


def agents_desk(installation: Installation, open_page: OpenPage, login: str, **more: Any) -> Page:
    desk = open_page("/login", expects=("401", "403", "404", "409", "422"), **more)
    answer = desk.request.post(f"{installation.url}/api/login", data={"login": login, "password": PASSWORD})
    assert answer.ok, answer.text()
    desk.goto(f"{installation.url}/agency")
    desk.wait_for_selector('[data-link="live"]')
    return desk


def looked_at(page: Page, name: str, take: Take, *, at: str = "") -> None:
    """In Korean by daylight and in English in the dark, each read by axe; ends as it began."""
    is_dark = page.locator("html").get_attribute("data-krds-mode") == "high-contrast"
    for language, wants_dark in (("ko", False), ("en", True)):
        if page.locator("html").get_attribute("lang") != language:
            page.locator("button.language").click()
        if (page.locator("html").get_attribute("data-krds-mode") == "high-contrast") != wants_dark:
            page.locator("button.theme").click()
        page.wait_for_timeout(300)  # a map draws
        if at:
            page.locator(at).scroll_into_view_if_needed()
            page.wait_for_timeout(300)
        take(page, f"{name}-{language}")
        assert serious_violations(page) == [], (name, language)
    page.locator("button.language").click()
    if not is_dark:
        page.locator("button.theme").click()


def raise_one(desk: Page, take: Take) -> str:
    """What is missing is said; then it is on disk. Returns its id."""
    desk.get_by_role("button", name="새 요청").click()
    expect(desk.locator("#ask-trigger option")).to_have_count(2)  # only what its agreement names
    take(desk, "desk-request-form-ko")
    desk.locator("#ask-trigger").select_option("anklet_zone")
    expect(desk.locator(".ask-by-hand textarea")).to_have_count(0)  # no free text about an offender
    desk.locator("#ask-trigger").select_option("help_request")
    desk.locator("#ask-event").select_option("intruder_present")
    desk.locator("#ask-site").fill("안심빌딩 3층")
    desk.locator("#ask-contact_name").fill("김보라")
    desk.locator("#ask-contact_phone").fill("010-1234-5678")
    desk.get_by_role("button", name="요청 올리기").click()
    expect(desk.locator(".ask-by-hand [role=alert]")).to_contain_text("곳을 정해")
    desk.locator("#ask-lat").fill("37.4015")
    desk.locator("#ask-lon").fill("126.9227")
    desk.locator("#ask-case").fill("S-2026-0007")
    desk.locator("#ask-lon").blur()
    expect(desk.locator(".pin-map .canvas")).to_have_attribute("data-drawn-picked", "1", timeout=SLOW_MS)
    assert serious_violations(desk) == []
    desk.wait_for_timeout(800)  # the map goes there
    take(desk, "desk-request-filled-ko")
    desk.get_by_role("button", name="요청 올리기").click()
    detail = desk.locator(".ask-detail")
    expect(detail).to_have_attribute("data-request-state", "received", timeout=SLOW_MS)
    expect(desk.locator(".no-pictures")).to_have_attribute("data-refused", "received")
    looked_at(desk, "desk-request-waiting", take)
    return str(detail.get_attribute("data-request"))


def decide(seat: Page, request_id: str, take: Take) -> str:
    """Seen in the queue and in the sheet; accepted by the keyboard. Returns the incident."""
    card = seat.locator(".card", has_text="한결경비")
    expect(card).to_contain_text("사람의 도움 요청", timeout=SLOW_MS)
    expect(card.locator("[data-ask]")).to_have_attribute("data-ask", "received")
    card.locator(".card-open").click()
    panel = seat.locator(f'.ask-panel[data-request="{request_id}"]')
    expect(panel).to_contain_text("침입자와 마주침", timeout=SLOW_MS)
    expect(panel).to_contain_text("S-2026-0007")
    expect(panel).not_to_contain_text("010-1234-5678")
    expect(panel.locator("[data-ring]")).to_be_visible()
    looked_at(seat, "console-request-waiting", take)
    panel.get_by_role("button", name="거절").click()
    expect(seat.locator("dialog[open] input[type=radio]")).to_have_count(7)
    take(seat, "console-request-reject-ko")
    seat.keyboard.press("Escape")
    panel.get_by_role("button", name="가려진 이름·번호 보기").click()
    seat.locator("dialog[open] input[type=radio]").first.check()
    seat.locator("dialog[open] button[type=submit]").click()
    expect(panel).to_contain_text("010-1234-5678", timeout=SLOW_MS)
    panel.get_by_role("button", name="가리기").click()
    expect(panel).not_to_contain_text("010-1234-5678")
    seat.locator("#incident").focus()
    seat.keyboard.press("y")
    expect(panel.locator("[data-request-step=accept]")).to_be_focused()
    expect(panel).to_have_attribute("data-request-state", "received")  # one key opens nothing to anybody
    seat.keyboard.press("Enter")
    expect(panel).to_have_attribute("data-request-state", "accepted", timeout=SLOW_MS)
    expect(panel.locator("[data-sees]")).to_have_attribute("data-sees", "live still position")
    panel.locator("[data-request-step=extend]").click()
    looked_at(seat, "console-request-accepted", take)
    return str(seat.locator("#incident").get_attribute("data-incident"))


def administer(page: Page, incident: str, take: Take) -> None:
    """Who may see what; why not; how requests went; the area of an agreement."""
    page.locator(".data-tools select").first.select_option(FIRM)
    expect(page.locator(".matrix tbody tr", has_text="한결경비")).to_have_count(2, timeout=SLOW_MS)
    expect(page.locator("#soon-title + *, .panel", has_text="한결경비").first).to_be_visible()
    looked_at(page, "admin-matrix", take)
    page.get_by_role("link", name="한 사람에 대해 물어보기").click()
    page.get_by_label("누가").select_option(label="한경비 (hand1) · 한결경비")
    page.get_by_label("어느 사건에서").select_option(incident)
    page.locator("select[name=camera]").select_option(index=1)
    page.get_by_role("button", name="물어보기").click()
    expect(page.locator("[data-allowed]")).to_have_attribute("data-allowed", "true", timeout=SLOW_MS)
    page.get_by_label("무엇을").select_option("recorded")
    page.get_by_role("button", name="물어보기").click()
    expect(page.locator('[data-rule="no_agreement"]')).to_have_attribute("data-met", "false", timeout=SLOW_MS)
    expect(page.locator('[data-rule="no_agreement"]')).to_contain_text("이 항목을 열지 않는 협약")
    looked_at(page, "admin-why", take)
    page.get_by_role("link", name="요청 결과").click()
    expect(page.locator("tr", has_text="한결경비").first).to_be_visible(timeout=SLOW_MS)
    looked_at(page, "admin-requests", take)


def draw(page: Page, take: Take) -> None:
    """An area is pasted, shown and saved; what can't be one is said beside its field."""
    box = page.locator("textarea[name=areas]")
    box.fill('{"type": "Point", "coordinates": [126.9, 37.4]}')
    box.blur()
    expect(page.locator(".area-field .trouble").first).to_be_visible()
    ring = [[126.91, 37.39], [126.94, 37.39], [126.94, 37.41], [126.91, 37.41], [126.91, 37.39]]
    box.fill(json.dumps({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}))
    box.blur()
    page.get_by_role("button", name="지도에 구역 그리기").click()
    expect(page.locator(".agreed-map .canvas")).to_have_attribute("data-drawn-areas", "1", timeout=SLOW_MS)
    looked_at(page, "admin-agreement-area", take, at=".agreed-map")
    page.get_by_role("button", name="조건 저장").click()
    expect(page.locator(".fact-list")).to_contain_text("구역 1곳", timeout=SLOW_MS)


def test_a_request_by_hand_from_the_form_until_the_incident_ends(
    installation: Installation, open_page: OpenPage, picture: Take
) -> None:
    agreement = firm(installation)
    desk = agents_desk(installation, open_page, "hand1")
    looked_at(desk, "desk-request-none", picture)
    seat = open_page("/console", as_="operator", prepare=without_pictures)
    seat.wait_for_selector('[data-link="live"]')
    request_id = raise_one(desk, picture)
    incident = decide(seat, request_id, picture)

    detail = desk.locator(".ask-detail")
    expect(detail).to_have_attribute("data-request-state", "accepted", timeout=SLOW_MS)
    expect(detail.locator(".map .canvas")).to_have_attribute("data-drawn-caller", "1", timeout=SLOW_MS)
    desk.get_by_role("button", name="영상 요청", exact=True).click()
    expect(desk.locator('.tile[data-player="live"]').first).to_be_visible(timeout=SLOW_MS)
    looked_at(desk, "desk-request-live", picture)
    admin = open_page("/admin/matrix", as_="admin")
    administer(admin, incident, picture)
    with signed_in(installation, "operator") as operator:
        closed = operator.post(f"/api/incidents/{incident}/close", json={"disposition": "handled", "note": ""})
        said(closed)
    expect(desk.locator(".tile")).to_have_count(0)
    expect(detail).to_have_attribute("data-request-state", "ended")
    expect(desk.locator(".no-pictures")).to_have_attribute("data-refused", "ended")
    expect(desk.locator('[data-released="live"]').first).not_to_contain_text("보는 중")
    looked_at(desk, "desk-request-over", picture)
    admin.goto(f"{installation.url}/admin/agreements#{agreement}")
    draw(admin, picture)
    exercise(desk, picture)


def exercise(desk: Page, take: Take) -> None:
    """A drill is accepted at once, says what it is, and shows no picture; then the agency takes it back. What its
    agreement does not name is refused with its reason."""
    asked = {
        "trigger": "help_request", "legal_basis": "pipa-18-2-3", "is_drill": True, "case_no": "연습",
        "position": {"lat": 37.4015, "lon": 126.9227}, "subject": {"event": "panic", "site": "안심빌딩"},
    }  # fmt: skip
    path = desk.url.replace("/agency", "/api/agency/requests")
    outside = desk.request.post(path, data={**asked, "request_id": str(uuid4()), "trigger": "disaster",
                                            "subject": {"title": "홍수", "category": "flood"}})  # fmt: skip
    assert (outside.status, outside.json()["code"]) == (403, "trigger_not_agreed")
    assert desk.request.post(path, data={**asked, "request_id": str(uuid4())}).status == 202
    row = desk.locator('.ask-card[data-request-state="accepted"]')
    row.locator(".card-open").click(timeout=SLOW_MS)
    expect(desk.locator(".ask-detail .banner.drill")).to_be_visible()
    expect(desk.locator(".no-pictures")).to_have_attribute("data-refused", "drill")
    looked_at(desk, "desk-request-drill", take)
    desk.locator("[data-ask-cancel]").click()
    desk.locator("[data-confirm-cancel]").click()
    expect(desk.locator(".ask-detail")).to_have_attribute("data-request-state", "cancelled", timeout=SLOW_MS)
