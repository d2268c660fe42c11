"""Cameras in the administration: a file with bad rows comes in, a camera is moved and put back, gaps stand in words."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import serious_violations
from tests.browser.conftest import Installation, OpenPage

pytestmark = pytest.mark.browser

SLOW_MS = 60_000
Picture = Callable[[Page, str], Path]
HEADER = ("관리기관명", "소재지도로명주소", "설치목적구분", "카메라대수", "관리기관전화번호", "위도", "경도")
OFFICE, PHONE = "경기도 안양시청", "031-8045-2114"


def _rows() -> list[tuple[str, ...]]:
    good = [
        (
            OFFICE,
            f"경기도 안양시 만안구 안양로 {n}",
            "생활방범",
            "1",
            PHONE,
            f"{37.4001 + n * 0.0004:.6f}",
            f"{126.9201 + n * 0.0003:.6f}",
        )
        for n in range(1, 7)
    ]
    return [
        *good,
        (OFFICE, "경기도 안양시 만안구 안양로 90", "생활방범", "1", PHONE, "", ""),
        (OFFICE, "경기도 안양시 만안구 안양로 91", "생활방범", "없음", PHONE, "37.4021", "126.9231"),
        (OFFICE, "경기도 안양시 만안구 안양로 92", "생활방범", "1", PHONE, "126.9241", "37.4031"),
    ]


def _file() -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *_rows()])
    return text.getvalue().encode("cp949")


def test_a_file_with_bad_rows_is_tried_read_and_imported(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    page = open_page("/admin/cameras#imports", as_="admin", expects=("415", "409"))
    expect(page.get_by_text("파일 하나 50MB")).to_be_visible(timeout=SLOW_MS)
    page.get_by_label("자료 이름").fill("browser-upload")
    chooser = page.locator('input[type="file"]')
    chooser.set_input_files({"name": "사진.csv", "mimeType": "text/csv", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(64)})
    expect(page.get_by_role("alert").filter(has_text="표 파일이 아닙니다")).to_be_visible(timeout=SLOW_MS)
    picture(page, "cameras-import-refused")
    chooser.set_input_files({"name": "안양 CCTV.csv", "mimeType": "text/csv", "buffer": _file()})
    body = page.locator("[data-upload]")
    expect(body).to_contain_text("안양 CCTV.csv", timeout=SLOW_MS)
    assert re.fullmatch(r".*/admin/cameras#upload%3A[0-9a-f-]{36}", page.url), "no file name in an address"
    page.get_by_role("button", name="시험해 보기").click()
    page.reload()  # the server holds it
    expect(body).to_have_attribute("data-run", "try done", timeout=SLOW_MS)
    counts = page.locator(".count-row")
    assert [counts.get_attribute(f"data-{name}") for name in ("new", "refused", "doubtful")] == ["6", "2", "1"]
    refused = page.get_by_role("region", name="거절한 줄").first
    expect(refused).to_contain_text("8행")
    expect(refused).to_contain_text("위도·경도가 비어 있습니다")
    expect(refused).to_contain_text("카메라대수")
    expect(refused).to_contain_text("1 이상의 숫자를")
    expect(page.get_by_text("아직 아무것도 바뀌지 않았습니다")).to_be_visible()
    with page.expect_download() as told:
        page.get_by_role("link", name="결과를 CSV로 받기").click()
    assert "거절,카메라대수,없음" in told.value.path().read_text(encoding="utf-8-sig")
    assert serious_violations(page) == []
    picture(page, "cameras-import-tried")

    page.get_by_role("button", name="가져오기", exact=True).click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("새로 6대")
    expect(sheet).to_contain_text("한 번에 되돌릴 수는 없습니다")
    sheet.get_by_role("button", name="가져오기", exact=True).click()
    expect(body).to_have_attribute("data-run", "import done", timeout=SLOW_MS)
    picture(page, "cameras-import-done")
    page.get_by_role("link", name="카메라 목록으로").click()
    page.get_by_label("이름·주소·관리기관 찾기").fill("안양로 3")
    expect(page.locator("tbody tr")).to_have_count(1, timeout=SLOW_MS)


def test_safe_places_are_looked_at_published_and_taken_back(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    rows = [("시설구분", "시설명", "소재지도로명주소", "위도", "경도")]
    road = "경기도 안양시 만안구 안양로 {}"
    rows += [("보안등", f"등 {n}", road.format(n), f"{37.4001 + n * 0.0004:.6f}", "126.9201") for n in range(1, 9)]
    rows += [
        ("지구대", "시험지구대", road.format(9), "37.4011", "126.9205"),
        ("정자", "", road.format(9), "37.40051", "126.92013"),
    ]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    page = open_page("/admin/facilities", as_="admin")
    page.get_by_label("자료 이름").fill("browser-places", timeout=SLOW_MS)
    page.locator('input[type="file"]').set_input_files(
        {"name": "안전시설.csv", "mimeType": "text/csv", "buffer": text.getvalue().encode("cp949")}
    )
    page.get_by_role("button", name="미리 보기").click()
    row = page.locator("tbody tr", has_text="browser-places")
    expect(row).to_contain_text("공개 전", timeout=SLOW_MS)
    expect(row).to_contain_text("보안등 8")
    row.get_by_text("1줄").click()
    expect(row).to_contain_text("11번째 줄: 무슨 시설인지 알 수 없습니다")
    row.get_by_role("button", name="지도").click()
    expect(page.locator("[data-drawn-facilities='9']")).to_be_visible(timeout=SLOW_MS)
    assert serious_violations(page) == []
    page.locator("[data-drawn-facilities]").scroll_into_view_if_needed()
    picture(page, "facilities-preview")
    row.get_by_role("button", name="공개").click()
    page.get_by_role("dialog").get_by_role("button", name="공개", exact=True).click()
    expect(row).to_contain_text("공개 중", timeout=SLOW_MS)
    near = page.request.get(f"{installation.url}/api/facilities?bbox=126.91,37.39,126.93,37.41&kinds=police_box")
    assert "시험지구대" in near.text()
    row.get_by_role("button", name="되돌리기").click()
    page.get_by_role("dialog").get_by_role("button", name="되돌리기", exact=True).click()
    expect(row).to_have_count(0, timeout=SLOW_MS)


def _drag(page: Page, canvas: Locator, *, by: tuple[int, int]) -> None:
    """The camera's dot, as whoever has a mouse does."""
    canvas.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    box = canvas.bounding_box()
    assert box is not None
    x, y = (int(one) for one in str(canvas.get_attribute("data-place")).split())
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.mouse.down()
    page.mouse.move(box["x"] + x + by[0] / 2, box["y"] + y + by[1] / 2)
    page.mouse.move(box["x"] + x + by[0], box["y"] + y + by[1])
    page.mouse.up()


def test_a_camera_is_moved_on_the_map_and_put_back(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    page = open_page("/admin/cameras#cameras", as_="admin", expects=("404", "422"))
    expect(page.locator(".registry-map .canvas")).not_to_have_attribute("data-drawn-cameras", "0", timeout=SLOW_MS)
    camera = installation.world.cameras[0]
    page.get_by_label("이름·주소·관리기관 찾기").fill(camera.camera_id)
    expect(page.locator("tbody tr")).to_have_count(1, timeout=SLOW_MS)
    assert serious_violations(page) == []
    picture(page, "cameras-registry")
    page.locator("tbody").get_by_role("link").click()
    canvas = page.locator(".aim .canvas")
    expect(canvas).to_have_attribute("data-aim", re.compile("^37"), timeout=SLOW_MS)
    lat, lon = page.get_by_label("위도"), page.get_by_label("경도", exact=True)
    before = (lat.input_value(), lon.input_value())
    _drag(page, canvas, by=(80, -50))
    expect(lat).not_to_have_value(before[0])
    moved = (lat.input_value(), lon.input_value())
    place = page.get_by_role("region", name="위치와 방향")
    place.get_by_label("거리 (m)").fill("120")
    place.get_by_role("button", name="저장").click()
    expect(page.locator(".told-line")).to_contain_text("옮겼습니다", timeout=SLOW_MS)
    picture(page, "cameras-one")
    page.reload()
    expect(lat).to_have_value(moved[0], timeout=SLOW_MS)
    history = page.locator(".camera-history li").first
    expect(history).to_contain_text("거리 (m)", timeout=SLOW_MS)

    place.get_by_label("거리 (m)").fill("60")
    place.get_by_label("위도").fill(before[0])
    place.get_by_label("경도", exact=True).fill(before[1])
    place.get_by_role("button", name="저장").click()
    expect(page.locator(".told-line")).to_contain_text("옮겼습니다", timeout=SLOW_MS)
    page.locator(".told-line").get_by_role("button", name="되돌리기").click()
    expect(lat).to_have_value(moved[0], timeout=SLOW_MS)

    facts = page.get_by_role("region", name="정보")
    facts.get_by_label("이름").fill("")
    facts.get_by_role("button", name="저장").click()
    expect(facts).to_contain_text("적어 주세요")
    facts.get_by_label("이름").fill("안양역 광장 1")
    facts.get_by_role("button", name="저장").click()
    expect(page.get_by_role("heading", name="안양역 광장 1", level=1)).to_be_visible(timeout=SLOW_MS)
    streams = page.get_by_role("region", name="영상 주소")
    streams.get_by_role("textbox", name=re.compile("^작은 화면")).fill("http://127.0.0.1/")
    streams.get_by_role("button", name="주소 저장").click()
    expect(streams).to_contain_text("rtsp://주소:포트/경로", timeout=SLOW_MS)
    assert serious_violations(page) == []


def test_gaps_and_health_are_told_in_words_in_both_languages_and_themes(
    installation: Installation, open_page: OpenPage, picture: Picture
) -> None:
    page = open_page("/admin/cameras#coverage", as_="admin", expects=("404",))
    canvas = page.locator(".big-map .canvas")
    expect(canvas).to_have_attribute("data-drawn-runs", re.compile("[1-9]"), timeout=SLOW_MS)
    counts = page.locator(".count-row")
    assert int(counts.get_attribute("data-covered") or 0) > 0 and int(counts.get_attribute("data-open") or 0) > 0
    worst = page.get_by_role("region", name="가장 큰 빈 곳").first
    expect(worst.locator("tbody tr").first).to_contain_text("정상 카메라 없음")
    worst.get_by_role("button", name="지도에서 보기").first.click()
    page.get_by_label("빈 곳", exact=True).uncheck()
    near = str(counts.get_attribute("data-covered"))
    page.get_by_label("카메라에서").select_option("1000")
    expect(counts).not_to_have_attribute("data-covered", near, timeout=SLOW_MS)
    tabs = ("coverage", "health", "imports", "cameras", "devices", f"camera:{installation.world.cameras[1].camera_id}")
    for language, theme in (("ko", "light"), ("en", "dark")):
        _dress(page, language, theme)
        for tab in tabs:
            page.goto(f"{installation.url}/admin/cameras#{tab}")
            page.reload()
            page.wait_for_load_state("networkidle")
            expect(page.locator('[data-state="loading"]')).to_have_count(0, timeout=SLOW_MS)
            assert serious_violations(page) == [], (language, theme, tab)
            picture(page, f"cameras-{tab.partition(':')[0]}-{language}-{theme}")


def _dress(page: Page, language: str, theme: str) -> None:
    page.evaluate(
        "([language, theme]) => { localStorage.setItem('ansim.lang', language);"
        " localStorage.setItem('ansim.theme.light', theme); }",
        [language, theme],
    )
