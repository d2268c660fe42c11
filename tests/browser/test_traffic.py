"""A unit on its way: roads on the map, when it comes, green lights, a door code that reaches the crew and goes dark."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Installation, OpenPage, without_pictures
from tests.browser.test_desk import SLOW_MS, Take, both_ways, once, said, signed_in
from tests.journeys.world import ANYANG

pytestmark = pytest.mark.browser
CODE = "공동현관 #4821* 누르고 들어가세요. 승강기는 3층부터."


def taken(console: Page, installation: Installation) -> str:
    """An alert that the idle seat has opened and its operator takes."""
    installation.raise_alert()
    console.wait_for_selector(".incident[data-incident]", timeout=SLOW_MS)
    incident = str(console.locator(".incident").get_attribute("data-incident"))
    with signed_in(installation, "operator") as operator:
        said(operator.post(f"/api/incidents/{incident}/acknowledge", json={}))
    expect(console.locator(".incident .access")).to_be_visible(timeout=SLOW_MS)
    return incident


def roads(console: Page, take: Take) -> None:
    """Off, on, what the lines mean, in words, and off again at the end."""
    canvas = console.locator(".map-region .canvas")
    expect(canvas).to_have_attribute("data-drawn-caller", "1", timeout=SLOW_MS)
    assert canvas.get_attribute("data-drawn-traffic") == "0"
    console.get_by_role("button", name="교통 상황").click()
    expect(console.locator("[data-roads-state]")).to_have_attribute("data-roads-state", "ready", timeout=SLOW_MS)
    expect(console.locator(".roads-panel")).to_contain_text("모의 자료")
    console.wait_for_function(
        "() => Number(document.querySelector('.map-region .canvas').dataset.drawnTraffic) > 5", timeout=SLOW_MS
    )
    both_ways(console, "traffic-console", take)


def write_note(console: Page, take: Take) -> None:
    """At the place of the alert; ended and taken back at once."""
    console.get_by_role("button", name="출입 안내 적기").click()
    sheet = console.get_by_role("dialog")
    sheet.get_by_label("내용", exact=True).fill(CODE)
    once(console, "traffic-note-sheet", take)
    sheet.get_by_role("button", name="저장").click()
    note = console.locator("[data-note]")
    expect(note).to_contain_text("#4821*", timeout=SLOW_MS)
    expect(console.locator(".map-region .canvas")).to_have_attribute("data-drawn-notes", "1", timeout=SLOW_MS)
    note.get_by_role("button", name="끝내기").click()
    expect(note).to_have_count(0, timeout=SLOW_MS)
    console.get_by_role("button", name="되돌리기").click()
    expect(note).to_have_count(1, timeout=SLOW_MS)


def invited(police: httpx.Client, dispatch_id: str) -> dict[str, Any]:
    case = f"/api/agency/dispatches/{dispatch_id}"
    said(police.post(f"{case}/accept", json={}))
    link = said(police.post(f"{case}/responders", json={"name": "순찰 21호", "minutes": 60}), 201)
    said(police.post(f"{case}/en_route", json={"unit": "순찰 21호"}))
    return dict(link)


def test_roads_arrival_green_lights_and_the_door(
    installation: Installation, open_page: OpenPage, picture: Take
) -> None:
    console = open_page("/console", as_="operator", prepare=without_pictures)
    console.wait_for_selector('[data-link="live"]', timeout=SLOW_MS)
    incident = taken(console, installation)
    write_note(console, picture)
    with signed_in(installation, "operator") as operator, signed_in(installation, "112") as police:
        card = said(operator.post(f"/api/incidents/{incident}/dispatch", json={"agency": "112"}))["dispatch"]
        link = invited(police, card["dispatch_id"])
        phone = open_page(f"/respond/{link['link']}", phone=True, expects=("401", "403", "410"))
        phone.get_by_label("여섯 자리 코드").fill(link["code"])
        phone.keyboard.press("Enter")
        expect(phone.locator("[data-access-notes]")).to_contain_text("#4821*", timeout=SLOW_MS)
        phone.context.grant_permissions(["geolocation"], origin=installation.url)
        phone.context.set_geolocation({"latitude": ANYANG["lat"] - 0.008, "longitude": ANYANG["lon"]})
        phone.get_by_role("button", name="우리 차량 위치 알리기").click()

        expect(console.locator('[data-eta="traffic"]')).to_contain_text("교통 정보로 계산", timeout=2 * SLOW_MS)
        console.get_by_role("button", name="신호 우선 요청").click()
        expect(console.locator("[data-priority]")).to_have_attribute("data-priority", "granted", timeout=SLOW_MS)
        roads(console, picture)
        phone.get_by_role("button", name="교통 상황").click()
        expect(phone.locator("[data-roads-state]")).to_have_attribute("data-roads-state", "ready", timeout=SLOW_MS)
        phone.evaluate("window.scrollTo(0, 0)")
        both_ways(phone, "traffic-respond", picture)
        phone.locator(".where .map").scroll_into_view_if_needed()
        picture(phone, "traffic-respond-map")

        desk = open_page("/agency", as_="112", prepare=without_pictures, expects=("404",))
        expect(desk.locator("[data-access-notes]")).to_contain_text("#4821*", timeout=SLOW_MS)
        desk.get_by_role("button", name="교통 상황").click()
        expect(desk.locator("[data-roads-state]")).to_have_attribute("data-roads-state", "ready", timeout=SLOW_MS)
        both_ways(desk, "traffic-desk", picture)

        said(operator.post(f"/api/incidents/{incident}/close", json={"disposition": "handled", "note": "-"}))
        expect(phone.locator("[data-ended]")).to_be_visible(timeout=SLOW_MS)
        expect(phone.locator("[data-access-notes]")).to_have_count(0)
        expect(desk.locator("[data-access-notes]")).to_have_count(0, timeout=SLOW_MS)
        told = [line["tag"] for line in said(operator.get(f"/api/incidents/{incident}"))["timeline"]]
    ends = [tag.removeprefix("traffic:priority_") for tag in told if tag.startswith("traffic:")]
    assert sorted(ends) == ["ended", "granted", "requested"]
    assert told.count("access:shown") >= 3, "operator, desk and officer are each on record"
