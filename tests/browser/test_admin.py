"""The administration: who comes in, from where, what an agency may, what is judged, and who sees nothing of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import Page, expect

from location_router.runtime.db import conninfo
from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage, without_pictures

pytestmark = pytest.mark.browser

SLOW_MS = 60_000
PASSWORD = "river bank 72"
Picture = Callable[[Page, str], Path]


def _sql(installation: Installation, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(conninfo(installation.world.databases["serving"]), autocommit=True) as db:
        db.execute("SELECT set_config('ansim.center', '*', false)")
        found = db.execute(query, values)  # type: ignore[arg-type]
        return found.fetchall() if found.description else []


def _enrol(admin: Page, role: str, name: str, login: str) -> str:
    """A new account made on the page; returns the link of its first login."""
    admin.goto(f"{admin.url.split('/admin')[0]}/admin/accounts#new")
    admin.get_by_label("이름").fill(name)
    admin.get_by_label("아이디").fill(login)
    admin.get_by_label("역할").select_option(role)
    admin.get_by_label("접속할 수 있는 주소").fill("127.0.0.1")
    admin.get_by_role("button", name="계정 만들기").click()
    sheet = admin.get_by_role("dialog", name="첫 로그인 안내")
    expect(sheet).to_contain_text("한 번만 보입니다", timeout=SLOW_MS)
    link = sheet.locator("code", has_text="/login#").inner_text()
    sheet.get_by_role("button", name="전했습니다").click()
    expect(admin.get_by_role("heading", name=name, level=1)).to_be_visible(timeout=SLOW_MS)
    return link


def _first_login(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="로그인", exact=True).click()
    page.get_by_label("새 비밀번호", exact=True).fill(PASSWORD, timeout=SLOW_MS)
    page.get_by_label("새 비밀번호 한 번 더").fill(PASSWORD)
    page.get_by_role("button", name="확인").click()


def test_a_colleague_comes_in_is_refused_what_is_not_hers_and_goes(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    admin = open_page("/admin", as_="admin", expects=("409",))
    expect(admin.locator('[data-count="held"]')).to_have_attribute("data-state", "none", timeout=SLOW_MS)
    link = _enrol(admin, "auditor", "윤감사", "auditor.yoon")

    auditor = open_page("/login", expects=("401",))
    _first_login(auditor, link)
    auditor.wait_for_url("**/admin", timeout=SLOW_MS)
    menu = auditor.get_by_role("navigation", name="관리 메뉴")
    expect(menu.get_by_role("link", name="오남용 심사")).to_be_visible(timeout=SLOW_MS)
    expect(menu.get_by_role("link", name="계정")).to_have_count(0)
    auditor.goto(f"{installation.url}/admin/accounts")
    expect(auditor.locator('[data-state="forbidden"]')).to_contain_text("감사자", timeout=SLOW_MS)

    # an address that locks whoever types it out is said in words first, and nothing has happened yet
    admin.goto(f"{installation.url}/admin/accounts")
    admin.locator("tbody").get_by_role("link", name="최관리").click(timeout=SLOW_MS)
    box = admin.get_by_role("region", name="접속 주소")
    before = box.get_by_label("접속할 수 있는 주소").input_value(timeout=SLOW_MS)
    box.get_by_label("접속할 수 있는 주소").fill("10.9.9.9")
    box.get_by_role("button", name="주소 바꾸기").click()
    warning = admin.get_by_role("alertdialog")
    expect(warning).to_contain_text("이 자리에서 쫓겨나고", timeout=SLOW_MS)
    expect(warning).to_contain_text("10.9.9.9")
    picture(admin, "admin-lock-out")
    warning.get_by_role("button", name="취소").click()
    admin.reload()
    expect(box.get_by_label("접속할 수 있는 주소")).to_have_value(before, timeout=SLOW_MS)

    # she is deactivated while her page is open: it says so, and offers the way back in
    admin.goto(f"{installation.url}/admin/accounts")
    admin.locator("tbody").get_by_role("link", name="윤감사").click(timeout=SLOW_MS)
    admin.get_by_role("button", name="사용 중지").click()
    sheet = admin.get_by_role("dialog")
    expect(sheet).to_contain_text("1초 안에 끝나고")
    sheet.get_by_role("button", name="사용 중지").click()
    expect(admin.locator(".told-line")).to_contain_text("사용을 중지했습니다", timeout=SLOW_MS)
    auditor.get_by_role("link", name="역할과 권한").first.click()
    expect(auditor.get_by_role("heading", name="접속이 끝났습니다")).to_be_visible(timeout=SLOW_MS)
    expect(auditor.get_by_role("link", name="다시 로그인")).to_have_attribute("href", "/login#next=%2Fadmin%2Froles")

    agent = open_page("/admin", as_="112")
    expect(agent.get_by_role("link", name="내 근무 화면으로")).to_have_attribute("href", "/agency", timeout=SLOW_MS)


def test_a_deep_link_survives_the_login_and_no_other_page_is_opened_by_it(
    installation: Installation, open_page: OpenPage
) -> None:
    page = open_page("/admin/agreements", expects=("401",))
    page.wait_for_url("**/login", timeout=SLOW_MS)
    login = installation.world.logins["admin"]
    page.get_by_label("아이디").fill(login.login)
    page.get_by_label("비밀번호").fill(login.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/agreements", timeout=SLOW_MS)
    for bad in ("//evil.example", "/\\evil.example", "javascript:alert(1)"):
        page.goto("about:blank")
        page.goto(f"{installation.url}/login#next={bad}")
        page.get_by_label("아이디").fill(login.login)
        page.get_by_label("비밀번호").fill(login.password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{installation.url}/admin", timeout=SLOW_MS)


def test_a_suspended_agreement_darkens_the_agencys_page_and_two_editors_do_not_overwrite_each_other(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    alert_id = installation.raise_alert()
    police = open_page("/agency", as_="112", prepare=without_pictures)
    with installation.desk() as desk:
        path = _incident(desk, alert_id)
        assert desk.post(f"{path}/acknowledge", json={}).status_code == 200
        asked = desk.post(f"{path}/dispatch", json={"agency": "112"})
        assert asked.status_code in (200, 201), asked.text
        center = desk.get(path).json()["incident"]["center"]["code"]
    expect(police.locator(".detail")).to_contain_text("홍길동", timeout=SLOW_MS)

    admin = open_page("/admin", as_="admin", expects=("409",))
    [[agreement]] = _sql(
        installation,
        "SELECT agreement_id FROM agreement WHERE center_id = %s AND agency_id = '112-demo' AND ends_at IS NULL",
        center,
    )
    admin.goto(f"{installation.url}/admin/agreements#{agreement}")
    other = open_page(f"/admin/agreements#{agreement}", as_="admin", expects=("409",))
    admin.get_by_role("button", name="정지", exact=True).click()
    sheet = admin.get_by_role("dialog", name="협약을 정지합니다")
    sheet.get_by_role("button", name="정지", exact=True).click()
    expect(sheet).to_contain_text("적어 주세요")  # no reason, no suspension
    sheet.get_by_label("사유").fill("제공 범위 확인 중")
    sheet.get_by_role("button", name="정지", exact=True).click()
    expect(police.locator("body")).not_to_contain_text("홍길동", timeout=SLOW_MS)
    expect(admin.locator(".history li").first).to_contain_text("제공 범위 확인 중", timeout=SLOW_MS)
    picture(admin, "admin-suspended")

    # the other one still sees the old version: nothing of hers is written, and she is told what differs
    other.get_by_label("협약 문서").fill("안양 2026-014", timeout=SLOW_MS)
    other.get_by_role("button", name="조건 저장").click()
    conflict = other.locator("[data-conflict]")
    expect(conflict).to_contain_text("제공 범위 확인 중", timeout=SLOW_MS)
    expect(conflict).to_contain_text("안양 2026-014")

    admin.locator(".told-line").get_by_role("button", name="되돌리기").click()
    expect(police.locator("body")).to_contain_text("홍길동", timeout=SLOW_MS)


def _incident(desk: Any, alert_id: str) -> str:
    for _ in range(300):
        for card in desk.get("/api/incidents").json()["incidents"]:
            if alert_id in card["alert_ids"]:
                return f"/api/incidents/{card['incident_id']}"
        time.sleep(0.1)
    raise AssertionError("the alert did not arrive")


def test_a_finding_is_judged_once_by_somebody_else(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    admin = open_page("/admin", as_="admin")
    expect(admin.locator(".counts")).to_be_visible(timeout=SLOW_MS)
    privacy = open_page("/login", expects=("401", "403"))
    _first_login(privacy, _enrol(admin, "privacy", "오보호", "privacy.oh"))
    privacy.wait_for_url("**/admin", timeout=SLOW_MS)
    with installation.desk() as desk:  # something that an operator did, for the finding to rest on
        assert desk.post(f"{_incident(desk, installation.raise_alert())}/acknowledge", json={}).status_code == 200
    lines = _sql(
        installation,
        "SELECT e.event_id::text, e.actor_id, e.center_id"
        " FROM event e JOIN account a ON a.account_id::text = e.actor_id"
        " WHERE a.login = 'operator' AND e.center_id <> '-' ORDER BY e.at DESC LIMIT 3",
    )
    finding = uuid4()
    _sql(
        installation,
        "INSERT INTO misuse_finding (finding_id, center_id, rule, account_id, day, evidence, at, found_at)"
        " VALUES (%s, %s, 'looks_without_work', %s::uuid, '2026-11-22', %s::jsonb, now(), now())",
        *(finding, lines[0][2], lines[0][1], json.dumps([line[0] for line in lines if line[2] == lines[0][2]])),
    )
    privacy.reload()
    privacy.locator('[data-count="misuse"]').click(timeout=SLOW_MS)
    privacy.get_by_role("link", name="업무 없이 여러 사건의").click(timeout=SLOW_MS)
    expect(privacy.get_by_role("region", name="근거가 된 기록").first.locator("tbody tr").first).to_be_visible(
        timeout=SLOW_MS
    )
    privacy.get_by_role("button", name="심사 마치기").click()
    expect(privacy.get_by_role("region", name="심사")).to_contain_text("적어 주세요")
    privacy.get_by_label("판정").select_option("not_justified")
    privacy.get_by_label("설명").fill("맡지 않은 사건이었음")
    picture(privacy, "admin-misuse")
    privacy.get_by_role("button", name="심사 마치기").click()
    expect(privacy.get_by_text("정당하지 않음").first).to_be_visible(timeout=SLOW_MS)
    expect(privacy.get_by_role("button", name="심사 마치기")).to_have_count(0)
    [[verdict, note]] = _sql(
        installation, "SELECT verdict, note_sealed FROM misuse_finding WHERE finding_id = %s", finding
    )
    assert verdict == "not_justified" and "맡지" not in bytes(note).decode("utf-8", "ignore")
    _every_section(privacy, "privacy", picture)


def test_every_section_can_be_used_by_everybody_in_both_themes_and_languages(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    admin = open_page("/admin", as_="admin")
    expect(admin.locator(".counts")).to_be_visible(timeout=SLOW_MS)
    _every_section(admin, "admin", picture)


def _every_section(page: Page, who: str, picture: Picture) -> None:
    """By the menu, as a person would: every second page light and Korean, the others dark and English."""
    found: list[str] = []
    page.goto(f"{page.url.split('/admin')[0]}/admin")
    for turn, (theme, language, switch) in enumerate((("light", "ko", ""), ("dark", "en", "English"))):
        if switch:
            page.get_by_role("button", name="어두운 화면").click()
            page.get_by_role("button", name=switch).click()
        links = page.locator("nav#menu a")
        expect(links.first).to_be_visible(timeout=SLOW_MS)
        for at in [0, *range(1 + turn, links.count(), 2)]:
            links.nth(at).click()
            expect(page.locator("main h1")).to_be_visible(timeout=SLOW_MS)
            expect(page.locator('main [data-state="loading"]')).to_have_count(0, timeout=SLOW_MS)
            name = page.url.rpartition("/")[2] or "home"
            picture(page, f"{who}-{name}-{theme}-{language}")
            found += [f"{name} {theme} {language}: {one}" for one in serious_violations(page)]
    assert found == []
