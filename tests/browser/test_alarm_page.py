"""The router's alarm page on the wall: still when all is well, loud when something is wrong or it can't ask."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Browser, Route, expect

from location_router.alarm_page import HEADERS, PAGE

WELL: dict[str, Any] = {
    "ok": True,
    "postgis": "up",
    "bus": "up",
    "swept": True,
    "undelivered": [],
    "desk_112": [],
    "workers": [],
}
CENTER = {"code": "41170", "name_ko": "경기도 안양시", "name_en": "Anyang-si"}
LATE = {"alert": "<b>0123456789ab", "center": CENTER, "desk": "x", "assignment_no": 2, "age_s": 75, "step": "passed_on"}


def test_loud_and_still(browser: Browser) -> None:
    facts: dict[str, Any] = dict(WELL)
    asked: list[str] = []

    def answer(route: Route) -> None:
        if route.request.url.endswith("/alarms") and "/admin/" not in route.request.url:
            route.fulfill(body=PAGE, headers=HEADERS | {"Content-Type": "text/html; charset=utf-8"})
        elif not facts:
            route.abort()
        else:
            asked.append(route.request.headers.get("authorization", ""))
            route.fulfill(body=json.dumps(facts), content_type="application/json")

    context = browser.new_context(locale="ko-KR")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.route("http://router.test/**", answer)
    page.goto("http://router.test/alarms")
    expect(page.locator("#live")).to_be_hidden()
    page.fill("#token", "wall")
    page.click("#enter")
    state = page.locator("#state")
    expect(state).to_have_class("ok")
    expect(state).to_contain_text("이상 없음")
    assert asked[0] == "Bearer wall" and page.title() == "안심 라우터 경보"

    facts |= {"ok": False, "undelivered": [LATE], "bus": "away"}
    expect(state).to_have_class("loud")
    expect(state).to_have_text("버스에 연결할 수 없습니다 · 센터가 받지 못한 신고 1건")
    expect(page.locator("#rows td")).to_have_text(
        ["<b>0123456789ab", "경기도 안양시 41170", "1분 15초", "다음 센터로 넘김"]
    )
    assert page.title().startswith("⚠")
    page.click("#lang")
    expect(state).to_have_text("The bus is away · 1 alert(s) that no center has received")
    assert complaints == []

    facts.clear()
    expect(state).to_have_text("The router does not answer. Nothing is known!")
    facts |= WELL
    expect(state).to_have_class("ok")
    context.close()


def test_a_wrong_token_can_be_entered_again(browser: Browser) -> None:
    def answer(route: Route) -> None:
        if "/admin/" not in route.request.url:
            route.fulfill(body=PAGE, headers=HEADERS | {"Content-Type": "text/html; charset=utf-8"})
        elif route.request.headers.get("authorization") == "Bearer wall":
            route.fulfill(body=json.dumps(WELL), content_type="application/json")
        elif route.request.headers.get("authorization") == "Bearer broken":
            route.fulfill(
                status=503, body='{"code":"admin_tokens_unreadable"}', content_type="application/problem+json"
            )
        else:
            route.fulfill(status=401, body="{}", content_type="application/problem+json")

    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.route("http://router.test/**", answer)
    page.goto("http://router.test/alarms")
    state = page.locator("#state")
    for token, told in (("typo", "That token is not known."), ("wall", "All is well.")):
        page.fill("#token", token)
        page.click("#enter")
        expect(state).to_contain_text(told)
    expect(page.locator("#login")).to_be_hidden()
    page.evaluate("sessionStorage.admin = 'broken'")
    expect(state).to_contain_text("file of tokens")
    context.close()
