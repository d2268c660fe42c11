"""The router's own pages on a real router process: signing in, the country at a glance, borders that change and come
back on the map, a sender and its key, and whose name stands on all of it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import shapely
from playwright.sync_api import Browser, Page, Playwright, expect

from location_router.index import Index, basemap_path, snapshot_path
from location_router.pages import PAGE, STATIC
from location_router.ready import ready_index
from location_router.runtime.seal import new_key
from location_router.runtime.signing import sign
from tests.browser.axe import serious_violations
from tests.browser.conftest import CHROMIUM, DESK
from tests.databases import TestServer

pytestmark = [pytest.mark.browser, pytest.mark.database]
SLOW_MS = 90_000
ANYANG, GUNPO = "41170", "41410"
NEAR = (ANYANG, GUNPO, "41430", "41210", "41290", "41390", "11620", "11545")
"""Anyang and its neighbours: a country that is imported in a second."""
TOKEN = "sesame of the router"
Picture = Callable[[Page, str], Path]
CUT = shapely.box(126.90, 37.355, 126.96, 37.367)


@dataclass
class RouterProcess:
    """`python -m location_router serve` with its worker, and what the browser complained of."""

    url: str
    tokens: Path
    complaints: list[str] = field(default_factory=list)

    def register(self, installation: str, serves: list[str], key: str) -> None:
        path = "/v1/installations/register"
        body = json.dumps({"installation": installation, "serves": serves, "home_center": ANYANG}).encode()
        headers = sign(key, installation=installation, method="POST", path=path, body=body, now=time.time())
        answer = httpx.post(self.url + path, content=body, headers=headers, trust_env=False, timeout=30)
        assert answer.status_code == 200, answer.text

    def page(self, browser: Browser, *expected: str) -> Page:
        page = browser.new_context(viewport=DESK, locale="ko-KR").new_page()

        def complain(text: str) -> None:
            if not any(piece in text for piece in expected):
                self.complaints.append(text)

        page.on("pageerror", lambda error: complain(str(error)))
        page.on("console", lambda line: complain(line.text) if line.type == "error" else None)
        page.on("request", lambda one: None if one.url.startswith((self.url, "data:", "blob:")) else complain(one.url))
        page.goto(f"{self.url}/manage")
        return page


@pytest.fixture(scope="module")
def router(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RouterProcess]:
    if not (STATIC / PAGE).is_file():
        pytest.fail("the router's pages are not built: run `npm run build` in server/web")
    folder = tmp_path_factory.mktemp("router")
    tokens = folder / "tokens"
    tokens.write_text(f"hana:{hashlib.sha256(TOKEN.encode()).hexdigest()}\n", encoding="utf-8")
    data, bus = database_server.fresh("router"), database_server.fresh("bus")
    ready_index()
    for kept in (snapshot_path(), basemap_path()):  # what is activated here is kept beside a snapshot of our own
        (folder / kept.name).symlink_to(kept)
    environment = os.environ | {
        "BOUNDARY_SNAPSHOT": str(folder / snapshot_path().name),
        "DATABASE_URL": data.url,
        "BUS_URL": bus.url,
        "DATA_KEY": new_key(),
        "PORT": "0",
        "ROUTER_INLINE_WORKER": "true",
        "ROUTER_INSTALLATION_KEYS": json.dumps({"serving-1": "one"}),
        "OFFLINE_AFTER_S": "3600",
        "ADMIN_TOKENS": str(tokens),
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "location_router", "serve"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        line = json.loads(next(one for one in child.stdout if one.startswith("{")))
        running = RouterProcess(line["url"], tokens)
        seoul = [code for code in ready_index().version().centers if code.startswith("11")]
        running.register("serving-1", sorted({*NEAR, *seoul}), "one")
        yield running
    finally:
        child.terminate()
        child.communicate(timeout=30)
        database_server.drop(data.name)
        database_server.drop(bus.name)


@pytest.fixture(scope="module")
def chromium(router: RouterProcess, playwright: Playwright) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    opened = playwright.chromium.launch(executable_path=CHROMIUM)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def index() -> Index:
    return ready_index()


def _file(index: Index, folder: Path, name: str, *, is_changed: bool) -> Path:
    """Anyang and its neighbours with every point; changed, a strip of Gunpo belongs to Anyang."""
    version = index.built_in()[-1]
    shapes = {code: shapely.geometry.shape(version.outline(code, tolerance_m=0)) for code in NEAR}
    if is_changed:
        strip = shapely.intersection(shapes[GUNPO], CUT)
        assert strip.area > 0
        shapes[ANYANG] = shapely.union(shapes[ANYANG], strip)
        shapes[GUNPO] = shapely.difference(shapes[GUNPO], CUT)
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "properties": {"SIG_CD": code, "SIG_KOR_NM": version.centers[code].name_ko},
            "geometry": shapely.geometry.mapping(shape),
        }
        for code, shape in shapes.items()
    ]
    if is_changed:
        features.append(
            {"type": "Feature", "properties": {"SIG_CD": "99999", "SIG_KOR_NM": "없는 곳"}, "geometry": None}
        )
    path = folder / name
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), "utf-8")
    return path


def _sign_in(page: Page, token: str = TOKEN) -> None:
    page.get_by_label("관리자 토큰").fill(token)
    page.get_by_role("button", name="들어가기").click()


def _open(page: Page, router: RouterProcess, place: str) -> None:
    page.goto("about:blank")
    page.goto(f"{router.url}/manage/{place}")


def _axe(page: Page, where: str) -> None:
    assert serious_violations(page) == [], where


def test_she_signs_in_sees_the_country_and_stops_a_center(
    router: RouterProcess, chromium: Browser, picture: Picture, index: Index
) -> None:
    page = router.page(chromium, "401")
    expect(page.get_by_role("heading", name="안심 라우터 관리")).to_be_visible(timeout=SLOW_MS)
    picture(page, "router-sign-in")
    _axe(page, "sign-in")
    _sign_in(page, "sesam")
    expect(page.get_by_text("등록된 토큰이 아닙니다")).to_be_visible(timeout=SLOW_MS)
    _sign_in(page)
    expect(page.locator('[data-alarm="well"]')).to_contain_text("모든 신고를 센터가 받았습니다", timeout=SLOW_MS)
    cookies = page.context.cookies()
    assert [(one["name"], one["httpOnly"], one["sameSite"]) for one in cookies] == [("ansim_router", True, "Strict")]
    assert page.evaluate("document.cookie") == "" and TOKEN not in json.dumps(page.evaluate("({...localStorage})"))

    canvas = page.locator(".area-map .canvas")
    expect(canvas).to_have_attribute("data-drawn-areas", str(len(index.version().centers)), timeout=SLOW_MS)
    page.wait_for_timeout(1500)
    for theme in ("light", "dark"):
        for language in ("ko", "en"):
            picture(page, f"router-overview-{theme}-{language}")
            if (theme, language) in (("light", "ko"), ("dark", "en")):
                _axe(page, f"overview {theme} {language}")
            page.locator(".language").click()
        page.locator("button.theme").click()
    none = page.locator('[data-state="none"]')
    none.click()
    expect(page.locator("table caption")).to_contain_text("개", timeout=SLOW_MS)
    none.click()

    _open(page, router, f"centers#{ANYANG}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("안양", timeout=SLOW_MS)
    page.get_by_role("button", name="신규 신고 중지").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="신규 신고 중지").click()
    expect(sheet.locator(".field .trouble")).to_be_visible()
    sheet.get_by_label("사유").fill("정전으로 점검")
    sheet.get_by_role("button", name="신규 신고 중지").click()
    expect(page.locator(".section-head .state-mark")).to_contain_text("신규 중지", timeout=SLOW_MS)
    _open(page, router, f"centers#{ANYANG}")
    line = page.locator("tbody tr", has_text="is_draining: false → true")
    expect(line).to_contain_text("hana", timeout=SLOW_MS)
    expect(line).to_contain_text("정전으로 점검")
    picture(page, "router-center")
    _axe(page, "center")
    page.get_by_role("button", name="다시 받기").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("사유").fill("점검을 마침")
    sheet.get_by_role("button", name="다시 받기").click()
    expect(page.locator(".section-head .state-mark")).not_to_contain_text("신규 중지", timeout=SLOW_MS)

    # the wall page stands at its old address; taken out of the file, she is out
    held = router.tokens.read_text()
    router.tokens.write_text("# nobody\n", encoding="utf-8")
    expect(page.get_by_role("heading", name="접속이 끝났습니다")).to_be_visible(timeout=SLOW_MS)
    router.tokens.write_text(held, encoding="utf-8")
    assert 'id="live"' in httpx.get(f"{router.url}/alarms", trust_env=False).text
    assert router.complaints == []
    page.context.close()


def _upload(page: Page, router: RouterProcess, path: Path) -> None:
    _open(page, router, "boundaries#import")
    page.locator("input[type=file]").set_input_files(path, timeout=SLOW_MS)
    page.get_by_role("button", name="올리고 검사하기").click()
    answered = page.locator(".kit-form > .trouble, .banner.safe").filter(has_text=re.compile("."))
    expect(answered).to_be_visible(timeout=3 * SLOW_MS)
    expect(answered).to_contain_text("만들었습니다")
    page.get_by_role("link", name="초안 보기").click()


def _version(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


def test_borders_are_uploaded_looked_at_put_in_force_and_taken_back(
    router: RouterProcess, chromium: Browser, picture: Picture, index: Index, tmp_path: Path
) -> None:
    page = router.page(chromium, "409")
    _sign_in(page)
    expect(page.locator("[data-alarm]")).to_be_visible(timeout=SLOW_MS)
    _upload(page, router, _file(index, tmp_path, "borders.geojson", is_changed=False))
    expect(page.get_by_role("region", name="가져오기 보고")).to_contain_text("borders.geojson", timeout=SLOW_MS)
    first = _version(page)
    expect(page.locator(".diff-map .canvas")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name="적용하기").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="적용하기").click()
    expect(sheet.locator(".trouble").filter(has_text="자리가 없습니다")).to_be_visible(timeout=SLOW_MS)
    sheet.get_by_text("자리가 없어지는 센터가 있어도 적용").click()
    sheet.get_by_role("button", name="적용하기").click()
    expect(page.locator(".section-head .state-mark")).to_contain_text("시행 중", timeout=SLOW_MS)

    _upload(page, router, _file(index, tmp_path, "changed.geojson", is_changed=True))
    expect(page.locator("tbody tr", has_text="99999")).to_contain_text("도형이 비어 있습니다", timeout=SLOW_MS)
    second = _version(page)
    changes = page.get_by_role("region", name="바뀌는 곳", exact=True)
    expect(changes.locator(".per-center .gains").first).to_contain_text("안양시 +", timeout=SLOW_MS)
    expect(changes.locator(".per-center .loses").first).to_contain_text("군포시 −")
    canvas = page.locator(".diff-map .canvas")
    expect(canvas).to_have_attribute("data-drawn-changes", "1", timeout=SLOW_MS)
    expect(canvas).to_have_attribute("data-drawn-before", "2", timeout=SLOW_MS)
    expect(canvas).to_have_attribute("data-drawn-after", "2")
    far = "canvas => Number(canvas.dataset.zoom)"
    page.wait_for_function("() => Number(document.querySelector('.diff-map .canvas').dataset.zoom) > 0")
    page.wait_for_timeout(1000)
    from_afar = canvas.evaluate(far)
    see = changes.locator("tbody").get_by_role("button", name="보기").first
    see.click()
    expect(see).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(1500)
    assert canvas.evaluate(far) >= from_afar  # a strip as long as both centers, here; never further off than before
    picture(page, "router-difference-light-ko")
    _axe(page, "difference")
    page.locator(".language").click()
    page.locator("button.theme").click()
    page.wait_for_timeout(1500)
    picture(page, "router-difference-dark-en")
    _axe(page, "difference, dark")
    page.locator("button.theme").click()
    page.locator(".language").click()

    _explained(page, router, picture, "군포")
    _open(page, router, f"boundaries#{second}")
    page.get_by_role("button", name="적용하기").click(timeout=SLOW_MS)
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("1곳, 모두", timeout=SLOW_MS)
    picture(page, "router-activate")
    sheet.get_by_role("button", name="적용하기").click()
    expect(page.locator(".section-head .state-mark")).to_contain_text("시행 중", timeout=SLOW_MS)
    _explained(page, router, picture, "안양")

    _taken_back(page, router, picture, first, second)
    assert router.complaints == []
    page.context.close()


def _taken_back(page: Page, router: RouterProcess, picture: Picture, first: str, second: str) -> None:
    """The last activation is undone, and both stand in the record."""
    _open(page, router, "boundaries")
    picture(page, "router-boundaries")
    page.get_by_role("button", name="마지막 적용 되돌리기").click(timeout=SLOW_MS)
    page.get_by_role("dialog").get_by_role("button", name="마지막 적용 되돌리기").click()
    told = re.compile(f"{re.escape(second)}[을를] 되돌렸습니다. 지금 시행 중: {re.escape(first)}")
    expect(page.locator(".told-line")).to_contain_text(told, timeout=SLOW_MS)
    expect(page.locator("tbody tr", has_text=second)).to_contain_text("되돌림", timeout=SLOW_MS)
    _axe(page, "boundaries")
    _explained(page, router, picture, "군포")
    _open(page, router, "record")
    done = page.locator("tbody tr", has_text="경계를 되돌림")
    expect(done).to_contain_text("hana", timeout=SLOW_MS)
    assert page.locator("tbody tr", has_text="경계를 올림").filter(has_text="hana").count() == 2
    page.get_by_role("button", name="기록 확인하기").click()
    expect(page.get_by_text("모두 그대로입니다")).to_be_visible(timeout=SLOW_MS)
    picture(page, "router-record")
    _axe(page, "record")


def _explained(page: Page, router: RouterProcess, picture: Picture, expected: str) -> None:
    """The place inside the strip belongs to `expected`; asked until the router has loaded the version."""
    place = shapely.point_on_surface(CUT)
    deadline = time.monotonic() + SLOW_MS / 1000
    while True:
        _open(page, router, "explain")
        page.get_by_label("위도").fill(f"{place.y:.4f}", timeout=SLOW_MS)
        page.get_by_label("경도").fill(f"{place.x:.4f}")
        page.get_by_role("button", name="알아보기").click()
        answer = page.locator("[data-answer]")
        expect(answer).to_be_visible(timeout=SLOW_MS)
        if expected in answer.inner_text() or time.monotonic() > deadline:
            break
    expect(answer).to_contain_text(expected)
    page.wait_for_timeout(1000)
    picture(page, f"router-explain-{expected}")
    _axe(page, "explain")


def test_a_sender_gets_a_key_once_and_is_paused(router: RouterProcess, chromium: Browser, picture: Picture) -> None:
    page = router.page(chromium, "409")
    _sign_in(page)
    expect(page.locator("[data-alarm]")).to_be_visible(timeout=SLOW_MS)
    _open(page, router, "senders#new")
    page.get_by_label("ID").fill("my-app", timeout=SLOW_MS)
    page.get_by_label("이름").fill("우리 회사 앱")
    page.get_by_text("신고 (확인됨으로 표시)").click()
    _axe(page, "new sender")
    page.get_by_role("button", name="등록하고 인증키 받기").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("ansk_", timeout=SLOW_MS)
    key = sheet.locator("code").first.inner_text()
    picture(page, "router-key")
    sheet.get_by_role("button", name="전했습니다").click()
    expect(page.get_by_role("heading", name="우리 회사 앱", level=1)).to_be_visible(timeout=SLOW_MS)
    assert key not in page.content()

    sandbox = {"headers": {"Authorization": f"Bearer {key}"}, "trust_env": False, "timeout": 30}
    body = {"alert_id": "01935b5e-0000-7000-8000-000000000001", "phase": "active"}
    assert httpx.post(f"{router.url}/v1/sandbox/alerts", json=body, **sandbox).status_code == 202
    page.get_by_role("button", name="잠시 멈추기").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("사유").fill("이상한 신고가 늘어남")
    sheet.get_by_role("button", name="잠시 멈추기").click()
    expect(page.locator(".section-head .state-mark")).to_contain_text("잠시 멈춤", timeout=SLOW_MS)
    time.sleep(2.5)  # the register's copy in memory is at most two seconds old
    assert httpx.post(f"{router.url}/v1/sandbox/alerts", json=body, **sandbox).status_code in (401, 403)
    picture(page, "router-sender")
    _axe(page, "sender")
    for section in ("senders", "policies", "policies#new", "nodes", "alarms", "centers"):
        _open(page, router, section)
        expect(page.locator("h1")).to_be_visible(timeout=SLOW_MS)
        expect(page.locator('[data-state="loading"]')).to_have_count(0, timeout=SLOW_MS)
        picture(page, f"router-{section.replace('#', '-')}")
        _axe(page, section)
    assert router.complaints == []
    page.context.close()
