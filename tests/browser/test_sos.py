"""The web SOS page and the person's own page, on the real system: from a trembling hand to who saw what about her."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect

from location_router.sms_text import decode
from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage
from tests.browser.warned import a_room, warn
from tests.journeys.world import ANYANG, ANYANG_CODE
from tests.location_router.cap_warning.messages import warning_xml

pytestmark = pytest.mark.browser

SLOW_MS = 15_000
NEAR = {"latitude": ANYANG["lat"], "longitude": ANYANG["lon"], "accuracy": 14}
NETWORK = ("net::ERR", "Failed to load resource", "WebSocket connection")
Picture = Callable[..., Path]


@pytest.fixture
def codes(installation: Installation) -> Iterator[Callable[[], str]]:
    """The code of the newest text message that the home center has sent."""
    found: queue.Queue[str] = queue.Queue()
    worker = next(one for name, one in installation.world.children.items() if "home" in name and "worker" in name)
    before = worker.on_line

    def hear(line: dict[str, Any]) -> None:
        if "인증번호 " in str(line.get("sms", {}).get("text", "")):
            found.put(line["sms"]["text"].split("인증번호 ")[1][:6])
        elif before is not None:
            before(line)

    worker.on_line = hear
    yield lambda: found.get(timeout=20)
    worker.on_line = before


def sos(installation: Installation, open_page: OpenPage, *, place: bool = True, expects: tuple[str, ...] = ()) -> Page:
    """The page at the home center on a phone that allows its place, or says no to it."""
    page = open_page(installation.world.urls["home"] + "/login", phone=True, expects=expects)
    if place:
        page.context.grant_permissions(["geolocation"], origin=installation.world.urls["home"])
        page.context.set_geolocation(NEAR)
    page.goto(installation.world.urls["home"] + "/sos")
    page.locator(".sos-button").wait_for()
    return page


def hold(page: Page) -> str:
    """Press and hold with the finger until it is sent; the alert's id."""
    page.locator(".sos-button").hover()
    page.mouse.down()
    page.locator("[data-alert]").wait_for(timeout=SLOW_MS)
    page.mouse.up()
    return str(page.locator("[data-alert]").get_attribute("data-alert"))


def card_of(desk: httpx.Client, alert_id: str, **wanted: Any) -> dict[str, Any]:
    """The one incident of this alert, as the console's API shows it."""
    until = time.monotonic() + 20
    while True:
        cards = [one for one in desk.get("/api/incidents").json()["incidents"] if alert_id in one["alert_ids"]]
        if cards and all(cards[0][name] == value for name, value in wanted.items()):
            assert len(cards) == 1 and cards[0]["alert_ids"] == [alert_id]
            return dict(cards[0])
        assert time.monotonic() < until, cards
        time.sleep(0.1)


def in_every_dress(page: Page, picture: Picture, name: str, *, dresses: int = 4) -> None:
    """Begins and ends light and Korean. A picture of each, nothing for axe in the first two, which have both themes and
    languages; then 200 % without a sideways scroll."""
    worn, seen = ("light", "ko"), set[tuple[str, str]]()
    for dress in [("light", "ko"), ("dark", "en"), ("dark", "ko"), ("light", "en")][:dresses] + [worn]:
        if dress[0] != worn[0]:
            page.locator("button.theme").click()
        if dress[1] != worn[1]:
            page.locator("button.language").click()
        worn = dress
        expect(page.locator("html")).to_have_attribute("lang", dress[1])
        if dress not in seen:
            seen.add(dress)
            if dress in (("light", "ko"), ("dark", "en")):
                assert serious_violations(page) == [], (name, dress)
            picture(page, f"{name}-{dress[0]}-{dress[1]}")
    page.evaluate("document.documentElement.style.fontSize = '212%'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name}: cut off at 200 %"
    picture(page, f"{name}-200")
    page.evaluate("document.documentElement.style.fontSize = ''")


def test_she_holds_the_button_and_the_center_talks_with_her(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    page = sos(installation, open_page)
    expect(page.locator(".place-state")).to_contain_text("오차 약 14 m")
    in_every_dress(page, picture, "sos-ready")
    page.locator(".sos-button").hover()
    page.mouse.down()
    page.wait_for_timeout(300)
    page.mouse.up()  # a slip is no alert, and runs back
    expect(page.locator(".sos-button")).to_have_attribute("data-progress", "0.00", timeout=SLOW_MS)
    expect(page.locator("[data-alert]")).to_have_count(0)

    page.locator(".sos-button").focus()
    page.keyboard.down("Enter")
    page.locator("[data-alert]").wait_for(timeout=SLOW_MS)
    page.keyboard.up("Enter")
    alert_id = str(page.locator("[data-alert]").get_attribute("data-alert"))
    assert UUID(alert_id).version == 7
    expect(page.locator("h1")).to_contain_text("안양시 센터가 받았습니다", timeout=SLOW_MS)
    expect(page.locator("[data-link]")).to_have_attribute("data-link", "live", timeout=SLOW_MS)
    expect(page.locator(".place-state")).to_contain_text("위치 보냄", timeout=SLOW_MS)
    with installation.desk() as desk:
        card = card_of(desk, alert_id, state="received")
        assert card["trigger"] == "web" and "unverified" in card["flags"] and card["is_drill"] is False
        path = f"/api/incidents/{card['incident_id']}"
        assert desk.post(f"{path}/acknowledge", json={}).status_code == 200
        place = desk.get(path).json()["incident"]["position"]
        assert abs(place["lat"] - ANYANG["lat"]) < 0.001 and place["accuracy_m"] == 14
        expect(page.locator(".state")).to_contain_text("요원이 보고 있습니다", timeout=SLOW_MS)

        asked = desk.post(f"{path}/say", json={"kind": "phrase", "code": "are_you_alone"})
        assert asked.status_code == 200, asked.text
        expect(page.locator(".talk-lines")).to_contain_text("혼자 있나요?", timeout=SLOW_MS)
        in_every_dress(page, picture, "sos-running", dresses=2)
        page.locator('.quick[data-question="are_you_alone"]').get_by_role("button", name="아니요").click()
        page.get_by_label("센터에 쓰기").fill("<b>흰 차</b>가 따라와요")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="화면 가리기").click()
        expect(page).to_have_title("메모")
        picture(page, "sos-covert")
        assert serious_violations(page) == []
        page.get_by_role("button", name="화면 보기").click()
        page.get_by_role("button", name="저는 안전해요").click()
        page.get_by_role("button", name="안전해요", exact=True).click()
        expect(page.locator(".safe-said")).to_contain_text("센터가 확인하면 끝납니다")
        wait_for_lines(desk, path, ["no", "<b>흰 차</b>가 따라와요", "safe_now"])
        assert card_of(desk, alert_id)["state"] == "acknowledged"  # she ends nothing: the center looks
        desk.post(f"{path}/close", json={"disposition": "handled", "note": ""})
    expect(page.locator("h1")).to_contain_text("센터가 신고를 끝냈습니다", timeout=SLOW_MS)
    page.get_by_role("button", name="처음으로").click()
    expect(page.locator(".sos-button")).to_be_visible()


def wait_for_lines(desk: httpx.Client, path: str, wanted: list[str]) -> None:
    until = time.monotonic() + 20
    while True:
        lines = desk.get(f"{path}/talk").json()["lines"]
        said = [one["code"] or one["text"] for one in lines if one["by"] == "person"]
        if said == wanted:
            return
        assert time.monotonic() < until, said
        time.sleep(0.1)


def test_without_router_place_or_network_it_arrives_once(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    page = sos(installation, open_page, place=False, expects=NETWORK)
    router = installation.world.urls["router"]
    page.context.route(f"{router}/**", lambda route: route.abort())
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    page.get_by_role("button", name="위치 사용 허용").click()
    page.get_by_label("지금 있는 곳").fill("안양역 2번 출구")
    page.get_by_role("button", name="누르고 있기 어려우면").click()
    page.get_by_role("button", name="지금 신고하기").click()
    first = str(page.locator("[data-alert]").get_attribute("data-alert"))
    expect(page.locator("h1")).to_contain_text("센터가 받았습니다", timeout=SLOW_MS)  # through the home center
    with installation.desk() as desk:
        card = card_of(desk, first)
        assert card["trigger"] == "web" and {"no_position", "unverified"} <= set(card["flags"])
    page.get_by_label("센터에 쓰기").fill("편의점 안")
    page.keyboard.press("Enter")
    with installation.desk() as desk:
        desk.post(f"/api/incidents/{card['incident_id']}/acknowledge", json={})
        wait_for_lines(desk, f"/api/incidents/{card['incident_id']}", ["편의점 안"])
    page.context.unroute(f"{router}/**")
    with installation.desk() as desk:
        desk.post(f"/api/incidents/{card['incident_id']}/close", json={"disposition": "handled", "note": ""})
    page.get_by_role("button", name="처음으로").click(timeout=30_000)  # the line has come up again

    page.context.grant_permissions(["geolocation"], origin=installation.world.urls["home"])
    page.context.set_geolocation(NEAR)
    page.reload()
    expect(page.locator(".place-state")).to_contain_text("오차 약", timeout=SLOW_MS)
    page.context.set_offline(True)
    page.reload()  # the page opens without a network, from the device
    expect(page.get_by_text("네트워크가 없습니다")).to_be_visible(timeout=SLOW_MS)
    alert_id = hold(page)
    expect(page.locator("h1")).to_contain_text("보내는 중")
    page.get_by_role("link", name="문자로 보내기").wait_for(timeout=SLOW_MS)
    picture(page, "sos-offline-slow")
    assert serious_violations(page) == []
    link = str(page.get_by_role("link", name="문자로 보내기").get_attribute("href"))
    body = parse_qs(urlsplit(link).query)["body"][0]
    read = decode(body, {})
    assert link.startswith("sms:112?") and str(read.alert_id) == alert_id and read.mode == "AOSRK"
    assert read.place is not None and abs(read.place[0] - ANYANG["lat"]) < 0.001 and read.is_ours
    page.reload()
    expect(page.locator("[data-alert]")).to_have_attribute("data-alert", alert_id)  # kept on the device
    page.context.set_offline(False)
    expect(page.locator("h1")).to_contain_text("안양시 센터가 받았습니다", timeout=30_000)
    with installation.desk() as desk:
        card_of(desk, alert_id)


def test_a_drill_alarms_nobody(installation: Installation, open_page: OpenPage, picture: Picture) -> None:
    page = sos(installation, open_page)
    page.get_by_role("button", name="시험해 보기").click()
    expect(page.get_by_text("시험 중입니다")).to_be_visible()
    picture(page, "sos-drill-ready")
    hold(page)
    expect(page.locator("h1")).to_contain_text("시험 신고를 받았습니다", timeout=SLOW_MS)
    expect(page.get_by_role("link", name="112에 전화")).to_have_count(0)  # who tries it out must not call
    picture(page, "sos-drill")
    page.get_by_role("button", name="시험 끝내기").click()
    expect(page.locator("h1")).to_contain_text("시험이 끝났습니다", timeout=SLOW_MS)


def enrols(page: Page, codes: Callable[[], str], picture: Picture) -> None:
    """A new number, by the code of its text message."""
    page.get_by_role("link", name="내 번호 등록하기").click()
    page.get_by_label("휴대전화 번호").fill(f"010-77{uuid4().int % 100:02d}-{uuid4().int % 10_000:04d}")
    in_every_dress(page, picture, "mine-enrol", dresses=1)
    page.get_by_role("button", name="인증번호 받기").click()
    page.get_by_label("인증번호 여섯 자리").fill(codes())
    page.keyboard.press("Enter")
    page.get_by_label("별명").fill("새봄")
    page.get_by_label("보호자에게 보여 주기").check()
    picture(page, "mine-new")
    assert serious_violations(page) == []
    page.get_by_role("button", name="가입하고 확인하기").click()
    expect(page.locator("h1")).to_contain_text("새봄 님의 기록", timeout=SLOW_MS)
    expect(page.get_by_text("아직 신고한 적이 없습니다")).to_be_visible()
    assert all(one["httpOnly"] and one["sameSite"] == "Strict" for one in page.context.cookies())


def _a_guest_and_a_pause(page: Page, picture: Picture, home: str) -> None:
    """A guest for some hours by an address to scan, and a guardian who is told nothing for a while."""
    page.get_by_label("이름").fill("동료")
    page.locator(".add input[type=tel]").fill("010-2222-3344")
    page.get_by_label("잠깐만 부탁하기").check()
    page.get_by_label("얼마 동안").select_option("24")
    page.get_by_role("button", name="잠깐 부탁하기").click()
    expect(page.locator(".qr path")).to_have_count(1, timeout=SLOW_MS)
    expect(page.locator(".invitation")).to_contain_text("/invitation/")
    in_every_dress(page, picture, "mine-guest", dresses=1)
    invitation = (page.locator(".invitation").text_content() or "").split("/invitation/")[-1]
    assert httpx.post(f"{home}/api/invitations/{invitation}/accept", json={}, trust_env=False).is_success
    page.get_by_role("button", name="닫기").click()
    guest = page.locator(".item", has_text="동료")
    page.reload()
    expect(guest).to_contain_text("까지만 보호자입니다", timeout=SLOW_MS)
    guest.get_by_label("답이 없으면 위치 보여 주기").click()
    expect(guest.get_by_label("답이 없으면 위치 보여 주기")).to_be_checked()
    guest.get_by_role("button", name="잠시 멈추기").click()
    picture(page, "mine-pause")
    page.get_by_role("dialog").get_by_role("button", name="다시 켤 때까지").click()
    expect(guest).to_have_attribute("data-paused", "true", timeout=SLOW_MS)
    guest.get_by_role("button", name="다시 알리기").click()
    expect(guest).to_have_attribute("data-paused", "false", timeout=SLOW_MS)


def _disasters(page: Page, installation: Installation, picture: Picture) -> None:
    """She agrees for her city. A push says only that there is something; the page reads it and finds out by itself
    where she is inside, and her place is in no request."""
    home, asked = installation.world.urls["home"], list[str]()
    page.on("request", lambda request: asked.append(request.url + (request.post_data or "")))
    page.get_by_text("재난 경보를 받으시겠어요?").click()
    page.locator("#warned-place").select_option(ANYANG_CODE)
    page.get_by_role("button", name="위 내용에 동의하고 받기").click()
    expect(page.locator("main")).to_contain_text("고른 곳에 진행 중인 경보가 없습니다", timeout=SLOW_MS)
    room, here = a_room(installation, "disaster-mine", "room-3"), f"{ANYANG['lat']},{ANYANG['lon']} 0.4"
    warn(installation, room, warning_xml(identifier="mine-1", circle=here))
    away = f"{ANYANG['lat'] + 0.01},{ANYANG['lon']} 0.3"
    warn(installation, room, warning_xml(identifier="mine-2", circle=away, headline="산책로 통제"))
    worker = _pushed(page, home)
    found, end = page.locator("[data-disaster]"), time.monotonic() + 30
    while found.count() < 2:  # by the bus and the home's worker
        assert time.monotonic() < end
        worker()
        page.wait_for_timeout(500)
    expect(found.filter(has_text="호우경보")).to_have_attribute("data-where", "inside")
    expect(found.filter(has_text="산책로")).to_have_attribute("data-where", "outside")
    expect(found.first).to_contain_text("높은 곳으로 가십시오.")
    assert not [one for one in asked if str(ANYANG["lat"]) in one], "her place stays in the page"
    titles = "async () => (await (await navigator.serviceWorker.getRegistration('/mine')).getNotifications())"
    assert page.evaluate(f"({titles})().then(all => all.map(one => [one.title, one.data.path]))") == [
        ["재난 경보 소식", "/mine"]
    ]
    found.first.scroll_into_view_if_needed()
    picture(page, "mine-disasters")
    page.get_by_role("button", name="그만 받기").click()
    page.get_by_role("dialog").get_by_role("button", name="그만 받기").click()
    expect(found).to_have_count(0, timeout=SLOW_MS)


def _pushed(page: Page, home: str) -> Callable[[], None]:
    """The page's worker, and what delivers a push to it as the vendor's service would."""
    page.context.grant_permissions(["geolocation", "notifications"], origin=home)
    page.evaluate("navigator.serviceWorker.register('/guardian-worker.js', {scope: '/mine'})")
    ready = "navigator.serviceWorker.getRegistration('/mine').then(one => !!(one && one.active))"
    while not page.evaluate(ready):
        page.wait_for_timeout(50)
    line, registrations = page.context.new_cdp_session(page), list[dict[str, Any]]()
    line.on("ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"]))
    line.send("ServiceWorker.enable")
    while not (mine := [one["registrationId"] for one in registrations if one["scopeURL"].endswith("/mine")]):
        page.wait_for_timeout(50)
    data = json.dumps({"event": "disaster", "tag": uuid4().hex, "path": "/mine", "language": "ko"})
    said = {"origin": home, "registrationId": mine[0], "data": data}
    return lambda: line.send("ServiceWorker.deliverPushMessage", said) and None


def test_an_enrolled_browser_is_believed_until_she_takes_it_back_and_she_sees_who_looked(
    installation: Installation, open_page: OpenPage, codes: Callable[[], str], picture: Picture
) -> None:
    page = sos(installation, open_page, expects=("422",))  # a number that is new is asked for a name
    enrols(page, codes, picture)
    page.get_by_label("이름").fill("엄마")
    page.locator(".add input[type=tel]").fill("010-2222-3333")
    page.get_by_role("button", name="보호자 추가").click()
    expect(page.locator(".invitation")).not_to_be_empty(timeout=SLOW_MS)
    page.get_by_role("button", name="닫기").click()
    _a_guest_and_a_pause(page, picture, installation.world.urls["home"])
    _disasters(page, installation, picture)

    page.get_by_role("link", name="SOS 화면").click()
    expect(page.get_by_text("새봄 님으로 신고합니다")).to_be_visible(timeout=30_000)
    alert_id = hold(page)
    expect(page.locator(".state")).to_contain_text("내 번호로 확인된 신고", timeout=SLOW_MS)
    with installation.desk() as desk:
        card = card_of(desk, alert_id)
        assert "unverified" not in card["flags"] and card["caller"]["name_masked"].startswith("새")
        path = f"/api/incidents/{card['incident_id']}"
        desk.post(f"{path}/acknowledge", json={})
        desk.get(path)  # the operator sees where she is: this is what she reads of
        page.goto(installation.world.urls["home"] + "/mine")
        page.wait_for_load_state("networkidle")
        expect(page.locator(".seen")).to_have_count(0)  # to whoever holds her phone nothing goes on
        desk.post(f"{path}/close", json={"disposition": "handled", "note": ""})
    until = time.monotonic() + 30
    while page.locator(".viewings li").count() == 0:
        assert time.monotonic() < until
        page.wait_for_timeout(500)
        page.reload()
        page.wait_for_load_state("networkidle")
    expect(page.locator(".viewings")).to_contain_text("관제 요원")
    expect(page.locator(".seen .badge")).to_have_text("모두 확인됨")
    in_every_dress(page, picture, "mine")
    picture(page, "mine-whole", whole=True)

    with page.expect_download() as file:
        page.get_by_role("link", name="열람 내역 표 (CSV)").click()
    assert "관제 요원" in Path(file.value.path()).read_text(encoding="utf-8-sig")
    page.locator('[data-kind="guardian_sharing"]').get_by_role("button", name="하루 멈추기").click()
    expect(page.locator('[data-kind="guardian_sharing"]')).to_have_attribute("data-state", "suspended")
    page.get_by_role("button", name="이 브라우저에서 나가기").click()
    page.get_by_role("dialog").get_by_role("button", name="이 브라우저에서 나가기").click()
    expect(page.locator("h1")).to_contain_text("내 번호로 확인하기", timeout=SLOW_MS)
    page.goto(installation.world.urls["home"] + "/sos")
    page.get_by_role("button", name="처음으로").click(timeout=SLOW_MS)  # what ended meanwhile says so
    expect(page.get_by_text("등록하지 않아도")).to_be_visible()
    second = hold(page)
    with installation.desk() as desk:
        assert "unverified" in card_of(desk, second)["flags"]
