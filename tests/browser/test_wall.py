"""The video wall: what the five tiles show, keep, admit, and what they bear on their pictures."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.bench.load import alert, new_alert_id
from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage
from tests.journeys.world import ANYANG

pytestmark = pytest.mark.browser

SLOW_MS = 60_000
SPOIL = """() => {
  const Real = window.WebSocket;
  window.spoiled = false;  // a main stream's ticket that the video server does not take
  window.WebSocket = class extends Real {
    constructor(url, kinds) {
      super(window.spoiled ? String(url).replace(/ticket=[^&]{8}/, "ticket=AAAAAAAA") : url, kinds);
    }
  };
}"""
FILM = "() => { const film = document.querySelector('.film video'); return film ? film.currentTime : -1 }"
Shot = Callable[[Page, str], Path]


def _raise(installation: Installation) -> tuple[str, str]:
    alert_id = new_alert_id()
    caller = {"nickname": "홍길동", "phone": "010-1234-5678", "language": "ko", "profile": {}}
    body = alert(alert_id, **ANYANG, caller=caller)
    answer = httpx.post(f"{installation.world.urls['router']}/v1/alerts", json=body, trust_env=False)
    assert answer.status_code == 202, answer.text
    return alert_id, answer.json()["live_token"]


def _moved(installation: Installation, alert_id: str, token: str, north_m: float) -> None:
    now = datetime.now(UTC).isoformat()
    place = {"lat": ANYANG["lat"] + north_m / 111_000, "lon": ANYANG["lon"], "accuracy_m": 9.0, "source": "gps"}
    answer = httpx.post(
        f"{installation.world.urls['router']}/v1/alerts/{alert_id}/positions",
        json={"positions": [{**place, "fixed_at": now, "sent_at": now}]},
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    assert answer.status_code == 202, answer.text


def _fault(installation: Installation, camera: str, fault: str) -> None:
    port = installation.world.children["cameras"].wait_ready()["control_port"]
    answer = httpx.post(f"http://127.0.0.1:{port}/cameras/{camera}/{fault}", trust_env=False)
    assert answer.status_code < 300, answer.text


def _on_wall(page: Page) -> dict[int, str]:
    tiles = page.locator(".wall .tile:not(.coming)").all()
    return {int(str(one.get_attribute("data-number"))): str(one.get_attribute("data-camera")) for one in tiles}


def _five(page: Page) -> None:
    expect(page.locator('.wall .tile[data-player="live"]:not(.coming)')).to_have_count(5, timeout=SLOW_MS)


def _place(page: Page, number: int) -> Locator:
    return page.locator(f'.wall .tile[data-number="{number}"]:not(.coming)')


def _looks(page: Page, picture: Shot, name: str) -> None:
    """As it is (dark, Korean), then light and in English, and back; nothing for axe in any."""
    picture(page, f"{name}-dark-ko")
    assert serious_violations(page) == []
    theme = "() => document.documentElement.dataset.krdsMode ?? ''"
    before = page.evaluate(theme)
    page.evaluate("() => document.documentElement.removeAttribute('data-krds-mode')")
    page.wait_for_timeout(300)
    picture(page, f"{name}-light-ko")
    assert serious_violations(page) == []
    page.evaluate("mode => document.documentElement.setAttribute('data-krds-mode', mode)", before)


def test_tiles_keep_what_is_pinned_change_one_at_a_time_and_admit_a_frozen_picture(
    installation: Installation, open_page: OpenPage, picture: Shot
) -> None:
    page = open_page("/console", as_="operator")
    page.wait_for_selector('[data-link="live"]')
    alert_id, token = _raise(installation)
    page.locator(".incident[data-incident]").wait_for(timeout=SLOW_MS)
    page.keyboard.press(" ")
    _five(page)
    incident = str(page.locator(".incident").get_attribute("data-incident"))
    mark = _place(page, 3).locator(".watermark .at-foot")
    day = datetime.now(UTC) + timedelta(hours=9)
    expect(mark).to_contain_text(re.compile(rf"김관제 .+ · {day:%Y}-\d\d-\d\d \d\d:\d\d:\d\d · #{incident[-8:]}"))
    first = mark.inner_text()
    expect(mark).not_to_have_text(first, timeout=SLOW_MS)  # it ticks
    delay = _place(page, 3).locator(".age[data-delay-ms]")
    expect(delay).to_contain_text(re.compile(r"지연 \d+\.\d초"), timeout=SLOW_MS)
    assert 0 <= int(str(delay.get_attribute("data-delay-ms"))) < 60_000
    picture(page, "wall-live-dark-ko")

    before = _on_wall(page)
    page.keyboard.press("Shift+1")
    expect(_place(page, 1).locator(".pin")).to_have_attribute("aria-pressed", "true")
    expect(_place(page, 1)).to_have_attribute("aria-label", re.compile("고정됨"))
    page.keyboard.press("2")  # what is looked at large stays, too
    page.locator(".enlarged .tile").wait_for(timeout=SLOW_MS)
    _moved(installation, alert_id, token, 30)
    page.wait_for_timeout(6000)  # the center asks itself again at most every 5 s
    _moved(installation, alert_id, token, 260)
    page.locator(".tile .note").first.wait_for(timeout=60_000)
    expect(page.locator(".tile .note").first).to_contain_text("바뀜: ")
    picture(page, "wall-changed-dark-ko")
    _until(lambda: sum(before[n] != camera for n, camera in _on_wall(page).items()) >= 3)
    assert _on_wall(page)[1] == before[1]
    expect(page.locator(".enlarged .tile")).to_have_attribute("data-camera", before[2])
    page.keyboard.press("2")
    page.reload()
    _five(page)
    assert _on_wall(page)[1] == before[1]  # remembered for this incident
    _looks(page, picture, "wall-pinned")
    page.keyboard.press("Shift+1")
    _until(lambda: _on_wall(page)[1] != before[1])  # let go: it follows again

    _five(page)
    page.keyboard.press("Shift+3")  # it does not give way to another camera meanwhile
    expect(_place(page, 3).locator(".pin")).to_have_attribute("aria-pressed", "true")
    camera = _on_wall(page)[3]
    _fault(installation, camera, "freeze")
    frozen = page.locator(f'.wall .tile[data-camera="{camera}"]')
    expect(frozen.locator(".age.frozen")).to_contain_text(re.compile(r"영상 멈춤 \d+초"), timeout=SLOW_MS)
    assert frozen.locator("video").evaluate("video => getComputedStyle(video).opacity") == "0.35"
    _looks(page, picture, "wall-frozen")
    _fault(installation, camera, "thaw")
    expect(frozen).to_have_attribute("data-player", "live", timeout=SLOW_MS)


def test_the_enlarged_tile_has_the_main_stream_and_the_past_is_never_taken_for_now(
    installation: Installation, open_page: OpenPage, picture: Shot
) -> None:
    page = open_page("/console", as_="operator", expects=("WebSocket", "Failed to load"))
    page.wait_for_selector('[data-link="live"]')
    page.evaluate(SPOIL)
    _raise(installation)
    page.locator(".incident[data-incident]").wait_for(timeout=SLOW_MS)
    page.keyboard.press(" ")
    _five(page)
    incident = str(page.locator(".incident").get_attribute("data-incident"))
    page.evaluate("() => { window.spoiled = true; }")
    page.keyboard.press("2")
    large = page.locator(".enlarged .tile")
    expect(large).to_have_attribute("data-shows", "stand-in", timeout=SLOW_MS)
    expect(large).to_have_attribute("data-player", "refused", timeout=SLOW_MS)
    expect(large.locator(".stand-in-words")).to_contain_text("작은 화면의 영상")
    alpha = "canvas => canvas.getContext('2d').getImageData(canvas.width / 2, 40, 1, 1).data[3]"
    assert large.locator("canvas.stand-in").evaluate(alpha) == 255  # something is drawn
    picture(page, "wall-stand-in-dark-ko")
    page.evaluate("() => { window.spoiled = false; }")
    large.locator(".stand-in-words button").click()
    expect(large).to_have_attribute("data-shows", "own", timeout=SLOW_MS)
    assert large.locator("video").evaluate("video => video.videoWidth") == 1280
    assert _place(page, 2).locator("video").evaluate("video => video.videoWidth") == 640
    expect(large.locator(".watermark .at-foot")).to_contain_text("김관제")
    _looks(page, picture, "wall-enlarged")

    camera = _on_wall(page)[2]
    begin = datetime.fromisoformat(_recorded(installation, incident, camera)["begin_at"])
    asked = {"from_at": (begin + timedelta(seconds=0.95)).isoformat()}  # the film begins with the key frame before it
    page.route("**/recordings", lambda way: way.continue_(post_data=(way.request.post_data_json or {}) | asked))
    page.keyboard.press("b")
    expect(page.get_by_role("heading", name=re.compile("되감기 — 2"))).to_be_visible()
    page.get_by_label("이동 방향 확인").check()
    page.get_by_role("button", name="녹화 보기").click()
    page.wait_for_function(f"() => ({FILM})() > 0.5", timeout=SLOW_MS)
    film = page.locator(".film")
    expect(film).to_contain_text("지난 영상")
    expect(film.locator(".watermark .at-foot")).to_contain_text("김관제")
    page.get_by_role("button", name="멈춤", exact=True).click()
    at = page.evaluate(FILM)
    page.keyboard.press(".")
    page.wait_for_function(f"() => ({FILM})() > {at} && ({FILM})() < {at} + 0.5", timeout=SLOW_MS)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"() => ({FILM})() < {at}", timeout=SLOW_MS)
    _looks(page, picture, "look-back")
    film.get_by_role("button", name=re.compile("같은 시각을 다른 카메라로")).first.click()
    expect(page.locator("#sheet-title")).not_to_contain_text("되감기 — 2", timeout=SLOW_MS)
    picture(page, "look-back-other-dark-ko")
    page.get_by_role("button", name="실시간으로 돌아가기").click()
    expect(page.locator(".film")).to_have_count(0)
    page.get_by_role("button", name="English").first.click()
    page.wait_for_timeout(500)
    _looks(page, picture, "wall-english")


def _recorded(installation: Installation, incident: str, camera: str) -> dict[str, Any]:
    with installation.desk() as desk:
        for _ in range(240):
            told: list[dict[str, Any]] = desk.get(f"/api/incidents/{incident}/recordings").json()["recordings"]
            for one in told:
                if one["camera_id"] == camera and one["seconds"] >= 3:
                    return one
            threading.Event().wait(0.25)
    pytest.fail(f"nothing of {camera} was recorded")


def _until(is_so: Callable[[], bool]) -> None:
    for _ in range(240):
        if is_so():
            return
        threading.Event().wait(0.25)
    pytest.fail("it never became so")
