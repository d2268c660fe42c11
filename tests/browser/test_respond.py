"""An officer in the field, on a phone: link and code, her place, words both ways, a picture, and the end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage, without_pictures
from tests.browser.test_desk import SLOW_MS, Take, both_ways, said, signed_in, taken_case
from tests.journeys.world import ANYANG

pytestmark = pytest.mark.browser


def shared(police: Page, installation: Installation, dispatch_id: str) -> Any:
    """Where the desk is told that the unit stands."""
    answer = police.request.get(f"{installation.url}/api/agency/dispatches")
    (case,) = [one for one in answer.json()["dispatches"] if one["dispatch_id"] == dispatch_id]
    return case["unit_position"]


def invite(police: Page, take: Take) -> tuple[str, str]:
    """Link and code, as the desk is shown them once."""
    police.get_by_role("button", name="현장 대원 초대").click()
    police.get_by_label("대원·차량 이름").fill("순찰 21호 박순경")
    police.get_by_role("button", name="링크 만들기").click()
    expect(police.get_by_role("img", name="현장 대원 화면의 QR 코드")).to_be_visible(timeout=SLOW_MS)
    assert serious_violations(police) == []
    take(police, "desk-officer-link")
    link = police.locator(".once .address").inner_text().strip()
    code = police.locator(".once .code").inner_text().replace(" ", "")
    police.get_by_role("button", name="전달했습니다").click()
    expect(police.locator("[data-officer]")).to_have_attribute("data-officer", "waiting")
    return link, code


def enter(phone: Page, code: str, take: Take) -> None:
    """A short code, a wrong one, the right one."""
    phone.get_by_label("여섯 자리 코드").fill("12")
    phone.keyboard.press("Enter")
    expect(phone.locator("#trouble")).to_contain_text("숫자 여섯 자리")
    phone.get_by_label("여섯 자리 코드").fill(f"{(int(code) + 1) % 1_000_000:06d}")
    phone.keyboard.press("Enter")
    expect(phone.locator("#trouble")).to_contain_text("4번 남았습니다", timeout=SLOW_MS)
    assert serious_violations(phone) == []
    take(phone, "respond-code")
    phone.get_by_label("여섯 자리 코드").fill(code)
    phone.keyboard.press("Enter")
    expect(phone.locator(".state")).to_have_attribute("data-state", "accepted", timeout=SLOW_MS)


def stand(phone: Page, police: Page, installation: Installation) -> None:
    """The own place shows the distance and stays on the phone until it is shared."""
    phone.get_by_role("button", name="내 위치에서 거리 보기").click()
    expect(phone.locator(".from-me")).to_contain_text("내 위치에서 북쪽", timeout=SLOW_MS)
    case = str(police.locator(".detail").get_attribute("data-dispatch"))
    assert shared(police, installation, case) is None  # it stays on the phone …
    with phone.expect_response("**/unit") as told:
        phone.get_by_role("button", name="우리 차량 위치 알리기").click()
    assert told.value.ok  # … until she says so
    assert shared(police, installation, case)["lat"] == pytest.approx(ANYANG["lat"] - 0.004)


def talk(phone: Page, police: Page, operator: httpx.Client, incident: str) -> None:
    """A quick word, the desk's answer, the control center's."""
    phone.get_by_role("button", name="지원을 요청합니다").click()
    expect(police.locator(".thread")).to_contain_text("지원을 요청합니다", timeout=SLOW_MS)
    police.get_by_label("현장과 관제센터에 보낼 말").fill("순찰 22호가 갑니다")
    police.keyboard.press("Enter")
    expect(phone.locator(".thread")).to_contain_text("순찰 22호가 갑니다", timeout=SLOW_MS)
    said(operator.post(f"/api/incidents/{incident}/responder_message", json={"text": "건물 뒤쪽입니다"}), 201)
    expect(phone.locator(".thread .by-operator")).to_contain_text("건물 뒤쪽입니다", timeout=SLOW_MS)


def still(phone: Page, police: Page, operator: httpx.Client, incident: str, take: Take) -> None:
    """A picture that the operator sends, full size."""
    camera = said(operator.get(f"/api/incidents/{incident}"))["cameras"][0]["camera_id"]
    said(operator.post(f"/api/incidents/{incident}/stills", json={"camera_id": camera}), 201)
    phone.locator("[data-still]").click(timeout=SLOW_MS)
    expect(phone.locator(".still-large")).to_be_visible()
    phone.wait_for_function("() => document.querySelector('.still-large')?.naturalWidth > 0", timeout=SLOW_MS)
    assert serious_violations(phone) == []
    take(phone, "respond-still")
    phone.get_by_role("button", name="닫기").click()
    expect(police.locator(".thread .by-still")).to_have_count(1, timeout=SLOW_MS)


def test_an_officer_opens_by_code_speaks_with_both_and_goes_dark_when_the_desk_says_so(
    installation: Installation, open_page: OpenPage, picture: Take
) -> None:
    police = open_page("/agency", as_="112", prepare=without_pictures, expects=("404",))
    police.wait_for_selector('[data-link="live"]')
    with signed_in(installation, "operator") as operator:
        incident = taken_case(operator, installation)
        said(operator.post(f"/api/incidents/{incident}/dispatch", json={"agency": "112"}))
        police.locator('[data-step="accept"]').click(timeout=SLOW_MS)
        link, code = invite(police, picture)
        link = link.replace(link.split("/respond/")[0], installation.url)
        phone = open_page(link, phone=True, expects=("401", "403", "410"))
        phone.context.grant_permissions(["geolocation"], origin=installation.url)
        phone.context.set_geolocation({"latitude": ANYANG["lat"] - 0.004, "longitude": ANYANG["lon"]})
        enter(phone, code, picture)
        expect(phone.locator(".connection")).to_have_attribute("data-connection", "live", timeout=SLOW_MS)
        expect(phone.locator(".map .canvas")).to_have_attribute("data-drawn-caller", "1", timeout=SLOW_MS)
        expect(police.locator("[data-officer]")).to_have_attribute("data-officer", "opened", timeout=SLOW_MS)

        stand(phone, police, installation)
        phone.get_by_role("button", name="출동 시작").click()
        expect(police.locator(".detail")).to_have_attribute("data-state", "en_route", timeout=SLOW_MS)
        talk(phone, police, operator, incident)
        still(phone, police, operator, incident, picture)
        phone.evaluate("window.scrollTo(0, 0)")
        both_ways(phone, "respond-scene", picture)
        picture(police, "desk-officer")
        phone.get_by_role("button", name="현장 도착").click()
        expect(phone.locator(".state")).to_have_attribute("data-state", "on_scene", timeout=SLOW_MS)
        expect(phone.locator(".next")).to_contain_text("상황실에 알려 주세요")

        police.get_by_role("button", name="거두기: 순찰 21호 박순경").click()
        police.get_by_role("dialog").get_by_role("button", name="거두기").click()
        expect(phone.locator("[data-ended]")).to_contain_text("상황실이 이 링크를 거두었습니다", timeout=SLOW_MS)
        expect(phone.locator(".map, .thread, .stills")).to_have_count(0)
        assert serious_violations(phone) == []
        picture(phone, "respond-ended")
        phone.reload()
        expect(phone.locator("[data-ended]")).to_contain_text("거두었습니다", timeout=SLOW_MS)
