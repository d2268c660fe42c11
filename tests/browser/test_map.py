"""The console's map on the real system: what is drawn, what it says in words, and that it keeps up with a city."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, Route, expect

from location_router.runtime.db import conninfo
from tests.bench.load import alert, new_alert_id
from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage, until, without_pictures
from tests.browser.warned import a_room, warn
from tests.journeys.world import ANYANG, ANYANG_CODE
from tests.location_router.cap_warning.messages import area_xml, info_xml, reference, warning_xml

pytestmark = pytest.mark.browser

SLOW_MS = 60_000
CITY = 7000
SEED = """
INSERT INTO camera (camera_id, center_id, name, place, heading_deg, field_of_view_deg, range_m, is_ptz, source)
SELECT 'city-' || n, %s, '시험로 ' || n,
       CAST(ST_SetSRID(ST_MakePoint(%s + (n %% 100 - 50) * 0.0011, %s + (n / 100 - 35) * 0.0011), 4326) AS geography),
       (n * 37) %% 360, 70, 60, false, 'seed'
FROM generate_series(0, %s - 1) AS n ON CONFLICT (camera_id) DO NOTHING
"""
PAN = """async () => {
  const canvas = document.querySelector('.map .canvas');
  const box = canvas.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const view = canvas.querySelector('.ol-viewport');
  const send = (type, dx, buttons) => view.dispatchEvent(new PointerEvent(type, {
    bubbles: true, pointerId: 1, pointerType: 'mouse', isPrimary: true, button: type === 'pointermove' ? -1 : 0,
    buttons, clientX: x + dx, clientY: y }));
  let frames = 0;
  send('pointerdown', 0, 1);
  const began = performance.now();
  await new Promise((done) => {
    const step = (now) => {
      frames += 1;
      send('pointermove', 150 * Math.sin((now - began) / 400), 1);
      now - began < 3000 ? requestAnimationFrame(step) : done();
    };
    requestAnimationFrame(step);
  });
  send('pointerup', 0, 0);
  return frames / 3;
}"""


def _raise(installation: Installation) -> tuple[str, str]:
    """An alert near Anyang station; its id and the token its phone sends positions with."""
    alert_id = new_alert_id()
    answer = httpx.post(
        f"{installation.world.urls['router']}/v1/alerts", json=alert(alert_id, **ANYANG), trust_env=False
    )
    assert answer.status_code == 202, answer.text
    return alert_id, answer.json()["live_token"]


def _moved(installation: Installation, alert_id: str, token: str, *positions: dict[str, Any]) -> None:
    answer = httpx.post(
        f"{installation.world.urls['router']}/v1/alerts/{alert_id}/positions",
        json={"positions": list(positions)},
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    assert answer.status_code == 202, answer.text


def _fix(age_s: float, north_m: float, **more: Any) -> dict[str, Any]:
    at = (datetime.now(UTC) - timedelta(seconds=age_s)).isoformat()
    place = {"lat": ANYANG["lat"] + north_m / 111_000, "lon": ANYANG["lon"], "accuracy_m": 9.0, "source": "gps"}
    return {**place, "fixed_at": at, "sent_at": at, **more}


def _drawn(page: Page, name: str) -> str | None:
    return page.locator(".map .canvas").first.get_attribute(f"data-drawn-{name}")


def _until(page: Page, expression: str) -> None:
    until(page, f"(d => {expression})(document.querySelector('.map .canvas')?.dataset ?? {{}})")


def _until_solid(page: Page, move: Callable[[], None]) -> None:
    """She walks on until the map says so: on a busy machine a fix may be old when it arrives."""
    end = time.monotonic() + SLOW_MS / 1000
    while _drawn(page, "as") != "solid" or _drawn(page, "caller") != "1":
        assert time.monotonic() < end, _drawn(page, "as")
        move()
        page.wait_for_timeout(1000)


def _fact(page: Page, name: str) -> Any:
    return page.locator(f'.map-words [data-fact="{name}"]')


def test_a_caller_is_followed_and_a_lost_one_is_never_drawn_as_there(
    installation: Installation, open_page: OpenPage, picture: Callable[[Page, str], Path]
) -> None:
    page = open_page("/console", as_="operator", prepare=without_pictures)
    page.wait_for_selector('[data-link="live"]')
    expect(page.locator(".map .canvas")).to_have_attribute("data-ground", "borders", timeout=SLOW_MS)
    expect(page.locator(".no-streets")).to_contain_text("거리 지도 없음")
    page.wait_for_timeout(300)
    picture(page, "map-idle-dark-ko")
    _a_shared_walk(page, installation, picture)
    _a_warning(page, open_page("/console", as_="supervisor", prepare=without_pictures), installation, picture)

    alert_id, token = _raise(installation)
    page.locator(".incident[data-incident]").wait_for(timeout=SLOW_MS)
    for north_m in (3, 6, 9):  # one by one, as a phone sends them: of a batch only the newest is passed on
        _moved(installation, alert_id, token, _fix(0, north_m, speed_mps=1.4, heading_deg=0.0))
        page.wait_for_timeout(400)
    _until(page, "Number(d.drawnTrack) >= 1")
    _until_solid(page, lambda: _moved(installation, alert_id, token, _fix(0, 300, speed_mps=1.4, heading_deg=0.0)))
    expect(_fact(page, "address")).to_contain_text("경기도 안양시 만안구", timeout=SLOW_MS)
    expect(_fact(page, "accuracy")).to_have_text("오차 68 % 9 m, 95 % 15 m")
    expect(_fact(page, "camera")).to_contain_text("가장 가까운 CCTV")
    page.wait_for_timeout(500)
    picture(page, "map-following-dark-ko")
    assert serious_violations(page) == []

    _until(page, "d.drawnAs === 'hollow' && d.drawnPrediction === '1'")  # 15 s without a fix: hollow, and a guess apart
    expect(_fact(page, "guess")).to_contain_text("측정 아님")
    picture(page, "map-stale-guess-dark-ko")
    page.get_by_role("button", name="밝은 화면").click()
    page.get_by_role("button", name="English").first.click()
    page.wait_for_timeout(500)
    picture(page, "map-stale-guess-light-en")
    assert serious_violations(page) == []
    _another_source(page, picture)


class _Walker:
    """She shares her walk home from Anyang station; her home center is another one."""

    def __init__(self, installation: Installation) -> None:
        self.alert_id, self.token = new_alert_id(), installation.enrol()
        self._path = f"{installation.world.urls['home']}/api/people/me/walks/{new_alert_id()}"
        late = (datetime.now(UTC) + timedelta(minutes=40)).isoformat()
        self._said("PUT", "", {"kind": "timer", "alert_id": self.alert_id, "until": late, "share_with_centers": True})

    def _said(self, method: str, path: str, body: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.request(method, self._path + path, json=body, headers=headers, trust_env=False, timeout=20)
        assert answer.status_code == 200, answer.text

    def moves(self) -> None:
        self._said("POST", "/positions", {"positions": [_fix(0, 40)]})

    def arrives(self) -> None:
        self._said("POST", "/answer", {"what": "arrived", "no": 1})


def _a_shared_walk(page: Page, installation: Installation, picture: Callable[[Page, str], Path]) -> None:
    """A dot with its arrival, no name and nothing to look at her with; gone with her arrival."""
    walker = _Walker(installation)
    walker.moves()
    _until(page, "d.drawnWalks === '1'")
    expect(page.locator("[data-walks]")).to_have_text("안심귀가 1")
    page.locator(".walk-list summary").click()
    line = page.locator(".walk-list li")
    expect(line).to_contain_text("도착 예정")
    expect(page.locator(".walk-list")).not_to_contain_text("보라")
    line.get_by_role("button").click()  # the map goes there
    page.mouse.move(5, 5)
    expect(line).to_have_attribute("data-pointed", "false")
    box = page.locator(".map .canvas").bounding_box()
    assert box is not None
    page.wait_for_timeout(500)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(line).to_have_attribute("data-pointed", "true")
    picture(page, "map-walk-dark-ko")
    assert serious_violations(page) == []
    page.get_by_role("button", name="CCTV 목록").click()
    page.locator(".map-list li button").first.click()
    expect(page.locator(".map-camera")).to_contain_text("사건을 열어야")  # a walk is no reason to look
    page.locator(".map-camera button").click()
    page.get_by_role("button", name="CCTV 목록").click()
    for pressed, drawn in (("false", "0"), ("true", "1")):
        page.locator("[data-walks]").click()
        expect(page.locator("[data-walks]")).to_have_attribute("aria-pressed", pressed)
        _until(page, f"d.drawnWalks === '{drawn}'")
    walker.arrives()
    _until(page, "d.drawnWalks === '0'")
    expect(page.locator("[data-walks]")).to_have_count(0)


def _off_the_map(page: Page, leader: Page) -> None:
    """A shift leader takes it off with a reason, and puts it back: the operator's map follows, without a reload."""
    leader.wait_for_selector('[data-link="live"]')
    leader.locator("[data-warnings]").click()
    worst = leader.locator('.warning-list [data-severity="Severe"]')
    worst.get_by_role("button").first.click()
    expect(page.locator("[data-take-off]")).to_have_count(0)  # an operator can't
    leader.locator("[data-take-off]").click()
    leader.get_by_label("구역이 잘못됨").check()
    assert serious_violations(leader) == []
    leader.get_by_role("button", name="이 센터 지도에서 내리기").last.click()
    expect(worst).to_contain_text("지도에서 내림 · 구역이 잘못됨")
    _until(page, "d.drawnWarnings === '1'")
    expect(page.locator('.warning-list [data-severity="Severe"]')).to_contain_text("구역이 잘못됨")
    leader.locator("[data-put-back]").click()
    _until(page, "d.drawnWarnings === '2'")


def _a_warning(page: Page, leader: Page, installation: Installation, picture: Callable[[Page, str], Path]) -> None:
    """The area of a CAP warning, its words in both languages, and its end by itself, without a reload."""
    room = a_room(installation)
    sent = datetime.now(UTC).replace(microsecond=0)
    areas = area_xml(circle=f"{ANYANG['lat']},{ANYANG['lon']} 0.6")
    over_at = datetime.now(UTC) + timedelta(seconds=45)
    infos = info_xml(areas, severity="Minor", headline="산책로 통제", expires=over_at.isoformat())
    warn(installation, room, warning_xml(identifier="map-2", sent=sent, infos=infos))
    names = {"ko-KR": "안양천 호우경보", "en-US": "Heavy rain at Anyangcheon"}
    until_at = (sent + timedelta(hours=1)).isoformat()
    words = [info_xml(areas, expires=until_at, language=one, headline=name) for one, name in names.items()]
    warn(installation, room, warning_xml(identifier="map-1", sent=sent, infos="".join(words)))
    _until(page, "d.drawnWarnings === '2'")
    page.locator("[data-warnings]").click()
    expect(page.locator(".warning-list [data-warning]")).to_have_count(2)
    worst = page.locator('.warning-list [data-severity="Severe"]')
    worst.get_by_role("button").click()
    expect(worst).to_contain_text("높은 곳으로 가십시오.")
    expect(worst).to_contain_text("TTAS.KO-07.0046/R5 재난 종류 코드: HRW")
    worst.get_by_role("button", name="지도에서 보기").click()
    page.wait_for_timeout(500)
    picture(page, "map-warning-dark-ko")
    assert serious_violations(page) == []
    page.get_by_role("button", name="밝은 화면").click()
    page.get_by_role("button", name="English").first.click()
    expect(worst).to_contain_text("Heavy rain at Anyangcheon")
    page.wait_for_timeout(500)
    picture(page, "map-warning-light-en")
    assert serious_violations(page) == []
    page.get_by_role("button", name="한국어").first.click()
    page.get_by_role("button", name="어두운 화면").click()
    page.get_by_role("button", name="닫기").first.click()
    box = page.locator(".map .canvas").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".warning-list .warning-text")).to_be_visible()  # the area was pressed
    _off_the_map(page, leader)
    page.wait_for_timeout(max(0.0, (over_at - datetime.now(UTC)).total_seconds() * 1000))
    _until(page, "d.drawnWarnings === '1'")  # the other one has expired, without a word of the center
    cancel = warning_xml(identifier="map-3", kind="Cancel", references=reference("map-1", sent))
    warn(installation, room, cancel)
    _until(page, "d.drawnWarnings === '0'")
    expect(page.locator("[data-warnings]")).to_have_count(0)


def _another_source(page: Page, picture: Callable[[Page, str], Path]) -> None:
    """What a telco says is entered by hand, drawn apart, looked at on purpose, withdrawn and taken back."""
    canvas = page.locator(".map .canvas").first
    before = {name: canvas.get_attribute(f"data-drawn-{name}") for name in ("caller", "others", "chosen", "track")}
    page.get_by_role("button", name="Enter a place").click()
    page.get_by_role("button", name="Pick on the map").click()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.4)
    expect(page.get_by_label("Coordinates")).not_to_have_value("", timeout=SLOW_MS)
    page.get_by_label("Radius (m)").fill("120")
    page.get_by_label("How many minutes old").fill("4")
    page.get_by_label("Name (optional)").fill("KT mast 7")
    _until(page, "d.drawnSources === '1'")
    picture(page, "map-source-entry-light-en")
    assert serious_violations(page) == []
    page.get_by_role("button", name="Put on the map").click()
    line = page.locator(".sources li")
    expect(line).to_contain_text("Telco · KT mast 7", timeout=SLOW_MS)
    expect(line).to_contain_text("radius 120 m")
    expect(page.locator('.timeline [data-tag="source:told"]').first).to_contain_text("another source: Telco")
    assert {name: canvas.get_attribute(f"data-drawn-{name}") for name in before} == before, "hers stays hers"
    picture(page, "map-source-light-en")
    page.get_by_role("button", name="Withdraw").click()
    _until(page, "d.drawnSources === '0'")
    page.get_by_role("button", name="Restore").click()
    _until(page, "d.drawnSources === '1'")
    page.get_by_role("button", name="한국어").first.click()
    page.get_by_role("button", name="어두운 화면").click()
    page.get_by_role("button", name="여기 CCTV 보기").click()
    expect(page.locator(".map-list header")).to_contain_text("통신사 · KT mast 7 주변 CCTV")
    page.wait_for_timeout(500)
    picture(page, "map-source-dark-ko")
    assert serious_violations(page) == []


def test_seven_thousand_cameras_stay_smooth_and_any_of_them_is_found_by_keyboard(
    installation: Installation,
    open_page: OpenPage,
    picture: Callable[[Page, str], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = installation.world
    with psycopg.connect(conninfo(world.server.url(f"{world.prefix}_serving")), autocommit=True) as connection:  # type: ignore[attr-defined]
        connection.execute(SEED, [ANYANG_CODE, ANYANG["lon"], ANYANG["lat"], CITY])
        try:
            fps, drawn = _thousands(open_page("/login"), installation, picture)
        finally:  # they have no pictures: the next story needs those that have
            connection.execute("DELETE FROM camera WHERE camera_id LIKE 'city-%'")
    with capsys.disabled():
        print(json.dumps({"map_fps_7000": round(fps, 1), "drawn": drawn}))


def _of_one_city(page: Page, installation: Installation) -> None:
    """The console of a desk that works for this city alone: its map opens there, not on the whole country."""

    def here(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"map": {**ANYANG, "zoom": 12.6}})

    page.route("**/api/me", here)
    login = installation.world.logins["operator"]
    answer = page.context.request.post(
        f"{installation.url}/api/login", data={"login": login.login, "password": login.password}
    )
    assert answer.ok, answer.text()
    page.goto(f"{installation.url}/console")
    page.wait_for_selector('[data-link="live"]')


def _thousands(
    page: Page, installation: Installation, picture: Callable[[Page, str], Path]
) -> tuple[float, str | None]:
    """Pictures a second while the map is dragged, how many cameras were on it; and one of them by keyboard."""
    _of_one_city(page, installation)
    _until(page, f"Number(d.drawnCameras) >= {CITY // 2}")
    page.wait_for_timeout(500)
    fps, drawn = page.evaluate(PAN), _drawn(page, "cameras")
    picture(page, "map-7000-dark-ko")
    page.get_by_role("button", name="CCTV 목록").click()
    first = page.locator(".map-list li button").first
    expect(first).to_be_visible(timeout=SLOW_MS)
    first.focus()
    name = first.locator("span").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".map-camera")).to_contain_text(name)
    expect(page.locator(".map-camera")).to_contain_text("사건을 열어야")  # without an incident the gate gives nothing
    picture(page, "map-list-dark-ko")
    return fps, drawn
