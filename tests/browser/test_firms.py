"""An association's desk, a firm's lent camera beside its request, and the place before a tamper on both maps."""

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

from location_router.runtime.webhook import signed_call
from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage, without_pictures
from tests.browser.test_desk import said, signed_in
from tests.browser.test_requests import SLOW_MS, looked_at

pytestmark = pytest.mark.browser

UNION, ANKLET = "page-union", "page-anklet"
PASSWORD = "협회와 보호관찰 긴 암호 2026"
PLACE = {"lat": 37.4015, "lon": 126.9227}
FILE = (
    "agency_id,name_ko,name_en,triggers,centers,ends_at,login,person,networks\n"
    "page-alpha,알파경비,Alpha Guards,,,,alpha.kim,김알파,127.0.0.0/8 ::1/128\n"
    "page-beta,베타경비,Beta Guards,help_request,41170,2031-12-31,,,\n"
    "page-gamma,감마경비,Gamma Guards,wanted_vehicle,,,,,\n"
)
Take = Callable[[Page, str], Path]


def agreed(installation: Installation) -> None:
    """An association whose agreement stands for its firms, and an anklet center; each with somebody at its desk."""
    now = datetime.now(UTC)
    terms = {"center": "41170", "may_view_live": True, "may_see_position": True, "document": "안양시 협약 2026-031"}
    terms |= {"starts_at": (now - timedelta(days=1)).isoformat(), "verify_s": 600}
    firms = {"triggers": ["help_request"], "legal_bases": ["pipa-18-2-3"], "covers_firms": True}
    firms |= {"camera_networks": ["127.0.0.0/8"]}
    anklet = {"triggers": ["anklet_tamper"], "legal_bases": ["pipa-18-2-9"]}
    with signed_in(installation, "admin") as admin:
        for agency, kind, name, more, login, role in (
            (UNION, "association", "경비협회", firms, "union1", "association"),
            (ANKLET, "anklet", "위치추적센터", anklet, "anklet1", "agent"),
        ):
            body = {"agency_id": agency, "kind": kind, "name_ko": name, "name_en": agency}
            said(admin.post("/api/agencies", json=body), 201)
            said(admin.post("/api/agreements", json={**terms, **more, "agency_id": agency}), 201)
            account = {"login": login, "name": login, "role": role, "agency_id": agency, "desk": ""}
            new = said(admin.post("/api/accounts", json=account | {"networks": ["127.0.0.0/8", "::1/128"]}), 201)
            with httpx.Client(base_url=installation.url, trust_env=False, timeout=20) as http:
                password = new["enrolment"]["temporary_password"]
                ticket = http.post("/api/login", json={"login": login, "password": password}).json()["ticket"]
                said(http.post("/api/login/password", json={"ticket": ticket, "password": PASSWORD}))


def desk_of(installation: Installation, open_page: OpenPage, login: str) -> Page:
    desk = open_page("/login", expects=("401", "403"))
    answer = desk.request.post(f"{installation.url}/api/login", data={"login": login, "password": PASSWORD})
    assert answer.ok, answer.text()
    desk.goto(f"{installation.url}/agency")
    return desk


def firms(desk: Page, take: Take) -> str:
    """From the file to a firm that is stopped and goes on; the key of its line."""
    expect(desk.locator("main.firms")).to_have_attribute("data-state", "ready", timeout=SLOW_MS)
    expect(desk.locator(".firm-terms li")).to_have_count(1)
    desk.locator("input[type=file]").set_input_files({"name": "f.csv", "mimeType": "text/csv", "buffer": FILE.encode()})
    expect(desk.locator("[data-import=done]")).to_contain_text("등록 2곳", timeout=SLOW_MS)
    expect(desk.locator("[data-refused-line='4']")).to_contain_text("협약에 없습니다")
    expect(desk.get_by_role("button", name="초대 링크 1개 내려받기")).to_be_visible(timeout=SLOW_MS)
    looked_at(desk, "desk-firms", take)
    with desk.expect_download() as download:
        desk.get_by_role("button", name="초대 링크 1개 내려받기").click()
    assert "/login#login=alpha.kim&code=" in Path(download.value.path()).read_text(encoding="utf-8-sig")
    desk.get_by_role("button", name="알파경비").click()
    page = desk.locator(".firm-page")
    expect(page.locator("[data-account='alpha.kim']")).to_contain_text("로그인한 적 없음", timeout=SLOW_MS)
    page.locator("header .danger").click()
    desk.locator("dialog[open] input[name=reason]").fill("허위 요청이 잦음")
    desk.locator("dialog[open] button[type=submit]").click()
    expect(page).to_have_attribute("data-firm-state", "suspended", timeout=SLOW_MS)
    page.get_by_role("button", name="정지 풀기").click()
    expect(page).to_have_attribute("data-firm-state", "in_force", timeout=SLOW_MS)
    page.get_by_role("button", name="제한 바꾸기").click()
    desk.locator("dialog[open] input[name=ends_at]").fill("2031-01-31")
    desk.locator("dialog[open] button[type=submit]").click()
    expect(page).to_contain_text("2031", timeout=SLOW_MS)
    page.get_by_role("button", name="회선 정하기").click()
    desk.locator("dialog[open] input[name=url]").fill("https://alpha.example/ansim")
    assert serious_violations(desk) == []
    desk.locator("dialog[open] button[type=submit]").click()
    key = page.locator(".firm-secret code").inner_text(timeout=SLOW_MS)
    take(desk, "desk-firm-ko")
    return str(key)


def ask(installation: Installation, key: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """A signed call of the firm's own system."""
    where, sent = f"/api/lines/page-alpha/requests{path}", json.dumps(body).encode()
    with httpx.Client(base_url=installation.url, trust_env=False, timeout=20) as http:
        headers = signed_call(key, str(uuid4()), sent, method="POST", path=where, at=int(datetime.now(UTC).timestamp()))
        answer: dict[str, Any] = said(http.post(where, content=sent, headers=headers), 202)
        return answer


def lent(installation: Installation, key: str, seat: Page, take: Take) -> None:
    """The firm asks and lends a camera; the operator reads who consents, and opens it beside the map."""
    now = datetime.now(UTC).isoformat()
    body = {"request_id": str(uuid4()), "agency_id": "page-alpha", "trigger": "help_request", "raised_at": now}
    body |= {"legal_basis": "pipa-18-2-3", "position": PLACE, "subject": {"event": "panic", "site": "안심빌딩"}}
    told = ask(installation, key, "", body)
    consent = {"by": "알파경비 당직", "at": now, "purpose": "this_request", "for_dispatched": True}
    camera = {"name": "안심빌딩 로비", "url": "rtsp://127.0.0.1:9/lobby", "consent": consent}
    camera_id = ask(installation, key, f"/{told['request_id']}/cameras", camera)["camera_id"]
    card = seat.locator(".card", has_text="알파경비")
    card.locator(".card-open").click(timeout=SLOW_MS)
    row = seat.locator(f"[data-lent='{camera_id}']")
    expect(row).to_contain_text("알파경비 당직 동의", timeout=SLOW_MS)
    row.get_by_role("button").click()
    expect(seat.locator(f"[data-camera-open='{camera_id}'] .tile")).to_be_visible(timeout=SLOW_MS)
    take(seat, "console-lent-camera-ko")
    assert serious_violations(seat) == []


def anklet(installation: Installation, desk: Page, seat: Page, take: Take) -> None:
    """Where the device was last known before the tamper is drawn apart from where it is told to be now."""
    then = (datetime.now(UTC) - timedelta(minutes=6)).isoformat()
    before = {"lat": PLACE["lat"] + 0.0022, "lon": PLACE["lon"] - 0.0019, "accuracy_m": 80.0, "fixed_at": then}
    body = {"request_id": str(uuid4()), "trigger": "anklet_tamper", "legal_basis": "pipa-18-2-9", "case_no": "A-7"}
    body |= {"position": PLACE | {"accuracy_m": 25.0}}
    body |= {"subject": {"category": "robbery", "device_ref": "DEV-7", "last_known": before}}
    answer = desk.request.post(f"{installation.url}/api/agency/requests", data=body)
    assert answer.status == 202, answer.text()
    seat.locator(".card", has_text="위치추적센터").locator(".card-open").click(timeout=SLOW_MS)
    map_ = seat.locator(".map-region .canvas")
    expect(map_).to_have_attribute("data-drawn-before", "1", timeout=SLOW_MS)
    expect(map_).to_have_attribute("data-drawn-caller", "1")
    seat.locator(".map-buttons button").filter(has_text="전체 보기").click()
    looked_at(seat, "console-before-tamper", take)
    seat.locator("[data-request-step=accept]").click()
    desk.locator('.ask-card[data-request-state="accepted"] .card-open').click(timeout=SLOW_MS)
    expect(desk.locator(".ask-detail .map .canvas")).to_have_attribute("data-drawn-before", "1", timeout=SLOW_MS)
    desk.locator(".ask-detail .map-buttons button").last.wait_for()
    looked_at(desk, "desk-before-tamper", take)


def test_an_association_its_firms_and_what_stands_on_the_maps(
    installation: Installation, open_page: OpenPage, picture: Take
) -> None:
    agreed(installation)
    key = firms(desk_of(installation, open_page, "union1"), picture)
    seat = open_page("/console", as_="operator", prepare=without_pictures, expects=("403", "409", "502"))
    seat.wait_for_selector('[data-link="live"]')
    lent(installation, key, seat, picture)
    desk = desk_of(installation, open_page, "anklet1")
    desk.wait_for_selector('[data-link="live"]')
    anklet(installation, desk, seat, picture)
    with signed_in(installation, "operator") as operator:
        for card in said(operator.get("/api/incidents", params={"state": "open"}))["incidents"]:
            if card["requests"]:
                path = f"/api/incidents/{card['incident_id']}"
                if card["state"] == "received":
                    said(operator.post(f"{path}/acknowledge", json={}))
                said(operator.post(f"{path}/close", json={"disposition": "handled", "note": ""}))
