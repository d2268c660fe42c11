"""Recordings, moving cameras and the registry's review page, on the real system with real pictures."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn
from playwright.sync_api import Page, expect

from location_router.runtime.db import conninfo
from server.demo.children import python
from server.demo.onvif import OnvifFace
from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage
from tests.journeys.world import ANYANG

pytestmark = pytest.mark.browser

SLOW_MS = 60_000
FILM = "() => { const film = document.querySelector('.film video'); return film ? film.currentTime : -1 }"


def _live(page: Page) -> Page:
    page.wait_for_selector('[data-link="live"]')
    return page


def _seconds(clock: str) -> int:
    hours, minutes, seconds = (int(part) for part in re.findall(r"\d\d", clock)[:3])
    return hours * 3600 + minutes * 60 + seconds


def test_an_operator_marks_where_somebody_was_seen_and_looks_back_with_a_reason(
    installation: Installation, open_page: OpenPage
) -> None:
    page = _live(open_page("/console", as_="operator", expects=("Failed to load resource",)))
    installation.raise_alert()
    page.locator(".incident[data-incident]").wait_for(timeout=SLOW_MS)
    page.keyboard.press(" ")
    tile = page.locator('.wall .tile[data-player="live"]').first
    tile.wait_for(timeout=SLOW_MS)
    incident = str(page.locator(".incident").get_attribute("data-incident"))
    camera = str(tile.get_attribute("data-camera"))
    page.locator(f'.wall .tile[data-camera="{camera}"]').get_by_role("button", name="여기서 봤음").click()
    page.get_by_label("메모 (선택)").fill("검은 겉옷")
    page.get_by_role("button", name="목격 남기기").click()
    expect(page.locator(".trail")).to_contain_text("검은 겉옷", timeout=SLOW_MS)
    expect(page.locator(".map .canvas")).not_to_have_attribute("data-drawn-trail", "0")
    page.get_by_role("button", name="되돌리기").click()
    expect(page.locator(".trail")).to_have_count(0, timeout=SLOW_MS)

    _recorded(installation, incident, camera)
    page.locator(f'.wall .tile[data-camera="{camera}"]').get_by_role("button", name="되감기").click()
    expect(page.get_by_role("button", name="녹화 보기")).to_be_disabled()  # not without a reason
    page.get_by_label("이동 방향 확인").check()
    page.get_by_role("button", name="녹화 보기").click()
    page.wait_for_function(f"() => ({FILM})() > 0.5", timeout=SLOW_MS)
    assert serious_violations(page) == []
    page.get_by_role("button", name="멈춤", exact=True).click()
    bar = page.get_by_role("slider", name="녹화 시각")
    begin, end = (int(str(bar.get_attribute(side))) for side in ("min", "max"))
    bar.fill(str(begin + (end - begin) // 2 // 100 * 100))
    half = (end - begin) / 2000
    page.wait_for_function(f"() => Math.abs(({FILM})() - {half}) < 1.5", timeout=SLOW_MS)
    first, last = page.locator(".scrub .ends span").first, page.locator(".scrub .ends span").last
    middle = _seconds(str(bar.get_attribute("aria-valuetext")))
    if _seconds(first.inner_text()) < _seconds(last.inner_text()):  # not across midnight
        assert _seconds(first.inner_text()) <= middle <= _seconds(last.inner_text())
    with installation.desk() as desk:
        lines = desk.get(f"/api/incidents/{incident}").json()["timeline"]
    granted = [line["payload"] for line in lines if line["tag"] == "release:granted"]
    assert [one["camera_id"] for one in granted if one["kind"] == "recorded"] == [camera]
    page.keyboard.press("Escape")

    page.locator(f'.wall .tile[data-camera="{camera}"]').get_by_role("button", name="되감기").click()
    page.get_by_label("이동 방향 확인").check()
    page.get_by_role("button", name="녹화 보기").click()
    page.wait_for_function(f"() => ({FILM})() >= 0", timeout=SLOW_MS)
    installation.close_everything()
    expect(page.locator("[data-ended]")).to_contain_text("제공이 끝났습니다", timeout=SLOW_MS)
    expect(page.locator(".film")).to_have_count(0)


def _recorded(installation: Installation, incident: str, camera: str) -> None:
    """Some seconds of the camera lie on the disk: a piece is written when the next one begins."""
    with installation.desk() as desk:
        for _ in range(120):
            told = desk.get(f"/api/incidents/{incident}/recordings").json()["recordings"]
            if any(one["camera_id"] == camera and one["seconds"] >= 3 for one in told):
                return
            threading.Event().wait(0.25)
    pytest.fail(f"nothing of {camera} was recorded")


@contextmanager
def _plugged(installation: Installation, camera: str) -> Iterator[OnvifFace]:
    """A PTZ device of our own behind the camera, whose pictures stay what they are."""
    rtsp = f"{installation.world.urls['rtsp']}/{camera}"
    face = OnvifFace(rtsp, "admin", "camera")
    server = uvicorn.Server(uvicorn.Config(face, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            threading.Event().wait(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        login = installation.world.logins["admin"]
        with httpx.Client(base_url=installation.url, trust_env=False, timeout=30) as admin:
            answer = admin.post("/api/login", json={"login": login.login, "password": login.password})
            assert answer.status_code == 200, answer.text
            body = {"url": f"http://127.0.0.1:{port}/onvif/device_service", "user": "admin", "password": "camera"}
            answer = admin.post(f"/api/cameras/{camera}/device", json=body)
            assert answer.status_code == 200, answer.text
        yield face
    finally:
        server.should_exit = True
        thread.join(10)


def test_a_key_press_turns_the_camera_and_the_other_seat_reads_whose_hand_it_is(
    installation: Installation, open_page: OpenPage
) -> None:
    page = _live(open_page("/console", as_="operator", expects=("409",)))
    camera = min(
        installation.world.cameras, key=lambda one: (one.lat - ANYANG["lat"]) ** 2 + (one.lon - ANYANG["lon"]) ** 2
    ).camera_id
    with _plugged(installation, camera) as face:
        installation.raise_alert()
        tile = page.locator(f'.wall .tile[data-camera="{camera}"][data-player="live"]')
        tile.wait_for(timeout=SLOW_MS)
        tile.get_by_role("button", name="크게 보기").click()
        large = page.locator(f'.enlarged .tile[data-camera="{camera}"]')
        expect(large).to_have_attribute("data-player", "live", timeout=SLOW_MS)
        expect(page.get_by_role("button", name="정문")).to_be_visible(timeout=SLOW_MS)  # a preset of the device
        before = face.pan
        page.get_by_role("button", name="오른쪽으로").focus()
        page.keyboard.down("ArrowRight")
        expect(page.locator(".ptz .hand")).to_contain_text("내가 조작 중", timeout=SLOW_MS)
        with page.expect_request("**/ptz/stop"):  # the page's own: the server would stop it two seconds later
            page.keyboard.up("ArrowRight")
        _until(lambda: face.said.count("Stop") >= 1)
        assert face.pan > before and not face.is_moving
        assert serious_violations(page) == []

        colleague = _live(open_page("/console", as_="operator2", expects=("409",)))
        incident = page.locator(".incident").get_attribute("data-incident")
        colleague.locator(f'.card[data-incident="{incident}"] .card-open').click()
        theirs = colleague.locator(f'.wall .tile[data-camera="{camera}"][data-player="live"]')
        theirs.get_by_role("button", name="크게 보기").click(timeout=SLOW_MS)
        expect(colleague.locator(".ptz .hand")).to_be_visible(timeout=SLOW_MS)
        page.get_by_role("button", name="오른쪽으로").press(
            "ArrowRight"
        )  # on a slow machine her first turn is over by now
        expect(colleague.locator(".ptz .hand")).to_contain_text("김관제 님이 조작 중", timeout=SLOW_MS)
        installation.close_everything()


def _nearest(installation: Installation) -> str:
    """The camera next to where the alerts are raised: it is always one of the five."""
    lat, lon = ANYANG["lat"], ANYANG["lon"]
    return min(installation.world.cameras, key=lambda one: (one.lat - lat) ** 2 + (one.lon - lon) ** 2).camera_id


def _until(is_so: Any) -> None:
    for _ in range(300):
        if is_so():
            return
        threading.Event().wait(0.1)
    pytest.fail("it never became so")


HEADER = ("관리기관명", "소재지도로명주소", "설치목적구분", "카메라대수", "위도", "경도")
ROWS = [
    ("경기도 안양시청", "경기도 안양시 동안구 시민대로 101", "생활방범", "1", "37.393470", "126.951410"),
    ("경기도 안양시청", "경기도 안양시 동안구 시민대로 103", "생활방범", "2", "126.952230", "37.394210"),
]


def test_an_administrator_accepts_a_suggestion_and_takes_it_back(
    installation: Installation, open_page: OpenPage, tmp_path: Path
) -> None:
    file = tmp_path / "anyang.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([HEADER, *ROWS])
    environment = os.environ | installation.world._server_env("serving")
    command = python("-m", "server", "import", "cctv", str(file), "--source", "browser-test")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr

    page = open_page("/admin/cameras", as_="admin")
    doubt = page.locator(".doubt")
    expect(doubt).to_contain_text("위도와 경도가 바뀌어 있습니다", timeout=SLOW_MS)
    expect(doubt).to_contain_text("위도 37.39421, 경도 126.95223")
    expect(doubt.locator(".canvas")).to_have_attribute("data-spots", "1")
    assert _imported(installation) == 1
    page.get_by_role("button", name="제안 받아들이기", exact=True).click()
    expect(doubt).to_have_attribute("data-state", "accepted", timeout=SLOW_MS)
    assert _imported(installation) == 3  # the row stands for two cameras
    assert serious_violations(page) == []
    page.get_by_role("button", name="되돌리기").click()
    expect(doubt).to_have_attribute("data-state", "open", timeout=SLOW_MS)
    assert _imported(installation) == 1

    page.get_by_role("button", name="카메라 목록").click()
    page.get_by_label("이름·주소·관리기관 찾기").fill("시민대로 101")
    expect(page.locator("tbody tr")).to_have_count(1, timeout=SLOW_MS)
    expect(page.locator("tbody tr")).to_contain_text("아직 보지 않음")
    assert serious_violations(page) == []


def _imported(installation: Installation) -> int:
    with psycopg.connect(conninfo(installation.world.databases["serving"])) as db:
        db.execute("SELECT set_config('ansim.center', '*', false)")
        row = db.execute("SELECT count(*) FROM camera WHERE source = 'import' AND retired_at IS NULL").fetchone()
    return int(row[0]) if row else 0
