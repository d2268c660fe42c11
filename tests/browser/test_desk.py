"""The desk of an agency: a joint case from request to darkness, a cut line, and an area that a disaster room draws."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect

from location_router.runtime.db import conninfo
from tests.browser.axe import serious_violations
from tests.browser.conftest import DESK, Installation, OpenPage
from tests.browser.warned import a_room, warn
from tests.location_router.cap_warning.messages import warning_xml

pytestmark = pytest.mark.browser

SLOW_MS = 60_000
Take = Callable[[Page, str], Path]


@contextmanager
def signed_in(installation: Installation, role: str) -> Iterator[httpx.Client]:
    login = installation.world.logins[role]
    with httpx.Client(base_url=installation.url, trust_env=False, timeout=20) as client:
        answer = client.post("/api/login", json={"login": login.login, "password": login.password})
        assert answer.status_code == 200, answer.text
        yield client


def said(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def taken_case(operator: httpx.Client, installation: Installation) -> str:
    """An alert that an operator has taken; returns its incident."""
    alert_id = installation.raise_alert()
    for _ in range(150):
        cards = said(operator.get("/api/incidents", params={"state": "open"}))["incidents"]
        mine = [card for card in cards if alert_id in card["alert_ids"]]
        if mine:
            said(operator.post(f"/api/incidents/{mine[0]['incident_id']}/acknowledge", json={}))
            return str(mine[0]["incident_id"])
        operator.get("/healthz", timeout=2)
    pytest.fail("the alert never came")


def once(page: Page, name: str, take: Take) -> None:
    """axe and a picture as the page stands."""
    assert serious_violations(page) == [], name
    take(page, name)


def both_ways(page: Page, name: str, take: Take) -> None:
    """The same in both themes and languages; ends as it began. axe reads each theme and each language once: colours
    know no language, and words no theme."""
    for theme in ("dark", "light"):
        for language in ("ko", "en"):
            assert page.locator("html").get_attribute("lang") == language
            if (theme, language) in (("dark", "ko"), ("light", "en")):
                assert serious_violations(page) == [], (name, theme, language)
            take(page, f"{name}-{theme}-{language}")
            page.locator("button.language").click()
        page.locator("button.theme").click()


def accept(police: Page) -> None:
    """By the keyboard: the key goes there, Enter accepts, what is wrong is said."""
    detail = police.locator(".detail")
    police.locator("#detail-head").focus()
    police.keyboard.press("a")  # goes to the acceptance; nothing is accepted by one key
    expect(police.locator("#accept-unit")).to_be_focused()
    expect(detail).to_have_attribute("data-state", "delivered")
    police.keyboard.type("순찰 21호")
    police.get_by_label("도착까지 (분)").fill("일곱")
    police.keyboard.press("Enter")
    expect(police.locator(".accept .trouble")).to_contain_text("0에서 1440 사이")
    police.get_by_label("도착까지 (분)").fill("7")
    police.get_by_label("우리 접수번호").fill("P-7")
    police.keyboard.press("Enter")
    expect(detail).to_have_attribute("data-state", "accepted", timeout=SLOW_MS)
    expect(police.locator(".arrival")).to_contain_text("순찰 21호")
    expect(police.locator(".arrival")).to_contain_text("도착 예정")


def join(police: Page, operator: httpx.Client, incident: str, installation: Installation) -> None:
    """119 is called too: 112 sees who they are and how far."""
    said(operator.post(f"/api/incidents/{incident}/dispatch", json={"agency": "119"}))
    other = police.locator('.others [data-agency="119"]')
    expect(other).to_contain_text("119 종합상황실", timeout=SLOW_MS)
    with signed_in(installation, "119") as fire:
        (theirs,) = [one for one in said(fire.get("/api/agency/dispatches"))["dispatches"] if one["open"]]
        said(fire.post(f"/api/agency/dispatches/{theirs['dispatch_id']}/accept", json={"unit": "구급 3호"}))
    expect(other).to_have_attribute("data-state", "accepted", timeout=SLOW_MS)
    expect(other).to_contain_text("구급 3호")


def look(police: Page, operator: httpx.Client, incident: str, take: Take) -> None:
    """Five live pictures and the trail of sightings; nothing that moves a camera."""
    police.get_by_role("button", name="영상 요청").click()
    expect(police.locator('.tile[data-player="live"]')).to_have_count(5, timeout=SLOW_MS)
    camera = str(police.locator(".tile").first.get_attribute("data-camera"))
    seen = {"camera_id": camera, "seen_at": datetime.now(UTC).isoformat(), "subject": "person", "note": ""}
    said(operator.post(f"/api/incidents/{incident}/sightings", json=seen), 201)
    expect(police.locator(".seen")).to_contain_text("목격 1건", timeout=SLOW_MS)
    expect(police.locator(".columns .map .canvas")).not_to_have_attribute("data-drawn-trail", "0")
    assert police.locator(".ptz, .presets").count() == 0
    both_ways(police, "desk-live", take)
    police.set_viewport_size({"width": 1280, "height": 900})
    take(police, "desk-live-1280")
    police.set_viewport_size(DESK)


def suspend(police: Page, admin: httpx.Client, take: Take) -> None:
    """The agreement is suspended under an open page: dark with the reason; it comes back with the agreement."""
    detail = police.locator(".detail")
    agreements = said(admin.get("/api/agreements", params={"agency_id": "112-demo"}))["agreements"]
    suspended = [one for one in agreements if one["in_force"]]
    for one in suspended:
        said(admin.post(f"/api/agreements/{one['agreement_id']}/suspend", json={"reason": "협약 점검"}))
    try:
        expect(police.locator(".no-pictures")).to_have_attribute("data-refused", "agreement_suspended", timeout=SLOW_MS)
        expect(police.locator(".tile")).to_have_count(0)
        expect(police.locator(".columns .map")).to_have_attribute("data-dark", "agreement_suspended")
        expect(police.locator(".rights")).to_have_attribute("data-in-force", "false")
        expect(detail).not_to_contain_text("010-1234-5678")
        expect(detail).not_to_contain_text("흰색 차량")
        once(police, "desk-suspended", take)
    finally:
        for one in suspended:
            said(admin.post(f"/api/agreements/{one['agreement_id']}/resume"))
    expect(police.locator(".columns .map .canvas")).to_have_attribute("data-drawn-caller", "1", timeout=SLOW_MS)


def test_a_joint_case_from_the_request_until_the_agreement_ends(
    installation: Installation, open_page: OpenPage, picture: Take
) -> None:
    police = open_page("/agency", as_="112", expects=("403", "409"))
    police.wait_for_selector('[data-link="live"]')
    expect(police.locator(".queue")).to_contain_text("들어온 출동 요청이 없습니다")
    once(police, "desk-empty", picture)
    with signed_in(installation, "operator") as operator, signed_in(installation, "admin") as admin:
        incident = taken_case(operator, installation)
        said(
            operator.post(
                f"/api/incidents/{incident}/dispatch", json={"agency": "112", "note": "흰색 차량에 태우려 함"}
            )
        )
        detail = police.locator(".detail")
        expect(detail).to_contain_text("흰색 차량에 태우려 함", timeout=SLOW_MS)
        expect(police.locator(".strip-bar")).to_contain_text("접수하지 않은 요청 1건")
        expect(police.locator(".no-pictures")).to_have_attribute("data-refused", "acceptFirst")
        once(police, "desk-new", picture)
        accept(police)
        (card,) = said(operator.get(f"/api/incidents/{incident}"))["incident"]["dispatches"]
        assert (card["unit"], card["receipt_no"]) == ("순찰 21호", "P-7") and card["eta_at"]
        join(police, operator, incident, installation)
        look(police, operator, incident, picture)
        suspend(police, admin, picture)

        police.locator('[data-step="en_route"]').click()
        expect(detail).to_have_attribute("data-state", "en_route", timeout=SLOW_MS)
        said(operator.post(f"/api/incidents/{incident}/close", json={"disposition": "handled", "note": ""}))
        expect(detail).to_contain_text("사건이 끝났습니다", timeout=SLOW_MS)
        expect(police.locator(".columns .map")).to_have_attribute("data-dark", "over")
        expect(detail).not_to_contain_text("010-1234-5678")
        picture(police, "desk-over")


def test_a_desk_whose_line_is_cut_says_so_and_comes_back(installation: Installation, open_page: OpenPage) -> None:
    police = open_page("/agency", expects=("401", "WebSocket", "Failed to load"))
    sockets: list[Any] = []
    is_cut = [False]

    def through(socket: Any) -> None:
        if is_cut[0]:
            return socket.close(code=1012)
        server = socket.connect_to_server()
        sockets.append((socket, server))

    police.route_web_socket("**/api/agency/feed", through)
    login = installation.world.logins["112"]
    police.request.post(f"{installation.url}/api/login", data={"login": login.login, "password": login.password})
    police.goto(f"{installation.url}/agency")
    with signed_in(installation, "operator") as operator:
        incident = taken_case(operator, installation)
        said(operator.post(f"/api/incidents/{incident}/dispatch", json={"agency": "112"}))
        expect(police.locator(".detail")).to_have_attribute("data-state", "delivered", timeout=SLOW_MS)
        is_cut[0] = True
        sockets[-1][0].close(code=1012)
        expect(police.locator(".link")).to_have_attribute("data-link", "lost", timeout=SLOW_MS)
        expect(police.locator(".strip-bar")).to_contain_text("기준 내용이며")
        expect(police.locator('[data-step="accept"]')).to_be_disabled()
        said(operator.post(f"/api/incidents/{incident}/close", json={"disposition": "handled", "note": ""}))
        is_cut[0] = False
        expect(police.locator(".link")).to_have_attribute("data-link", "live", timeout=SLOW_MS)
        expect(police.locator(".detail")).to_have_attribute("data-open", "false", timeout=SLOW_MS)


def disaster_room(installation: Installation) -> tuple[str, str]:
    """An agency of kind `disaster` with an agreement and one agent; login and password."""
    password = "재난상황실 긴 암호 2026"
    with signed_in(installation, "admin") as admin:
        agency = {
            "agency_id": "disaster-demo",
            "kind": "disaster",
            "name_ko": "재난안전상황실",
            "name_en": "Disaster room",
        }
        assert admin.post("/api/agencies", json=agency).status_code in (200, 201, 409)
        agreement = {
            "agency_id": "disaster-demo", "center": "41170", "triggers": ["disaster"], "legal_bases": ["pipa-18-2-10"],
            "may_view_live": True, "may_see_position": True, "document": "재난 협약 1호",
            "starts_at": datetime(2024, 1, 1, tzinfo=UTC).isoformat(),
        }  # fmt: skip
        said(admin.post("/api/agreements", json=agreement), 201)
        account = {"login": "disaster1", "name": "오재난", "role": "agent", "agency_id": "disaster-demo", "desk": ""}
        made = said(admin.post("/api/accounts", json=account | {"networks": ["127.0.0.0/8", "::1/128"]}), 201)
    with httpx.Client(base_url=installation.url, trust_env=False, timeout=20) as agent:
        temporary = made["enrolment"]["temporary_password"]
        asked = agent.post("/api/login", json={"login": "disaster1", "password": temporary})
        done = agent.post("/api/login/password", json={"ticket": asked.json()["ticket"], "password": password})
        assert done.status_code == 200, done.text
    return "disaster1", password


def test_a_disaster_room_draws_an_area_and_sees_its_cameras(
    installation: Installation, open_page: OpenPage, picture: Take
) -> None:
    login, password = disaster_room(installation)
    room = open_page("/login", expects=("401", "422", "409"))
    answer = room.request.post(f"{installation.url}/api/login", data={"login": login, "password": password})
    assert answer.ok, answer.text()
    room.goto(f"{installation.url}/agency")
    room.wait_for_selector('[data-link="live"]')
    room.get_by_role("button", name="영상 열람 요청").click()
    send = room.get_by_role("button", name="요청 보내기")
    expect(send).to_be_disabled()
    room.get_by_text("좌표로 적기").click()
    room.get_by_label("위도").fill("126.92")
    room.get_by_label("경도").fill("37.4")
    room.get_by_role("button", name="이 좌표로").click()
    expect(room.locator(".fields .trouble")).to_contain_text("33에서 39")
    room.get_by_label("위도").fill("37.4015")
    room.get_by_label("경도").fill("126.9227")
    room.get_by_role("button", name="이 좌표로").click()  # the map goes there, with a circle of 500 m
    expect(room.locator(".chosen-where")).to_have_attribute("data-where", "area")
    room.wait_for_timeout(500)
    box = room.locator(".where .canvas").bounding_box()
    assert box
    room.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    room.mouse.click(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.75)
    expect(room.locator(".chosen-where")).to_contain_text("이 구역의 카메라", timeout=SLOW_MS)
    expect(room.locator(".where .canvas")).to_have_attribute("data-drawn-shape", "Polygon")
    room.get_by_label("요청 이유").fill("하천 범람으로 주민 대피 확인")
    case_no = room.locator("#ask-caseNo")
    case_no.fill("틀린 번호")
    send.click()
    expect(room.locator('.ask [data-problem="bad_case_no"]')).to_contain_text("disaster-", timeout=SLOW_MS)
    case_no.fill(f"disaster-{datetime.now(UTC):%Y%m}01-00001")
    assert serious_violations(room) == []
    picture(room, "desk-area-ko")
    send.click()
    row = room.locator(".requests li").first
    expect(row).to_have_attribute("data-request", "asked", timeout=SLOW_MS)
    with signed_in(installation, "operator") as operator:
        (waiting,) = [one for one in said(operator.get("/api/video-requests"))["requests"] if one["state"] == "asked"]
        said(operator.post(f"/api/video-requests/{waiting['request_id']}/approve", json={"reason": "확인 바랍니다"}))
    expect(row).to_have_attribute("data-request", "approved", timeout=SLOW_MS)
    expect(row).to_contain_text("남은 시간")
    picture(room, "desk-area-approved")
    row.get_by_role("button", name="사건 열기").click()
    expect(room.locator(".until")).to_contain_text("열람 승인")
    expect(room.locator('.map[data-asked="area"] .canvas')).to_have_attribute("data-drawn-shape", "Polygon")
    room.get_by_role("button", name="영상 요청").click()
    expect(room.locator('.tile[data-player="live"]').first).to_be_visible(timeout=SLOW_MS)
    assert serious_violations(room) == []
    picture(room, "desk-disaster")
    room.get_by_role("button", name="영상 열람 요청").click()
    room.locator(".requests li").first.get_by_role("button", name="열람 끝내기").click()
    expect(room.locator(".requests li").first).to_have_attribute("data-request", "ended", timeout=SLOW_MS)
    expect(room.locator(".tile")).to_have_count(0)
    room.keyboard.press("Escape")
    _its_warnings(room, installation, picture)


def _its_warnings(room: Page, installation: Installation, picture: Take) -> None:
    """What this room has sent, how it stands at each center, and taken back."""
    room.locator("[data-sent-warnings]").click()
    expect(room.locator(".sheet")).to_contain_text("보낸 경보가 없습니다.")
    sender = a_room(installation, "disaster-demo", "room-2")
    name = warn(installation, sender, warning_xml(identifier="desk-1", headline="안양천 호우경보"))
    one, end = room.locator(f'[data-sent-warning="{name}"]'), time.monotonic() + SLOW_MS / 1000
    while one.count() == 0:  # from the router by the bus
        assert time.monotonic() < end
        room.get_by_role("button", name="새로 고침").click()
        room.wait_for_timeout(300)
    expect(one).to_contain_text("안양천 호우경보")
    expect(one).to_contain_text("보낸 시스템에서 Cancel을 보내")
    expect(one.get_by_role("button")).to_have_count(0)
    with psycopg.connect(conninfo(installation.world.databases["serving"]), autocommit=True) as connection:
        connection.execute("SELECT set_config('ansim.center', '*', false)")
        connection.execute("UPDATE cap_warning SET via = 'center' WHERE warning_id = %s", [name])  # as by its line
    room.get_by_role("button", name="새로 고침").click()
    one.get_by_role("button", name="경보 끝내기").click()
    assert serious_violations(room) == []
    picture(room, "desk-warnings-ko")
    one.get_by_role("button", name="끝내기", exact=True).click()
    expect(one).to_have_attribute("data-sent-state", "cancelled", timeout=SLOW_MS)
    expect(one).to_contain_text("끝냄(Cancel)")
