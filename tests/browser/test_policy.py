"""The pages load nothing from elsewhere, run nothing smuggled in, keep their cookies to themselves, and put nobody's
name, number or place into an address; and what they are sent is what their types say."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, WebSocket, expect
from pydantic import BaseModel, TypeAdapter, ValidationError

from server.console.routes import PAGES, STATIC
from server.page_wire import FRAMES
from server.page_wire.cards import CameraTicket, IncidentDetail
from server.page_wire.people import FollowView, Me
from tests.browser.conftest import DESK, GUARDIAN_PHONE, PHONE, Installation, OpenPage
from tests.journeys.world import ANYANG

pytestmark = pytest.mark.browser

SLOW_MS = 60_000  # the whole installation runs beside the browser
LISTEN = """() => { window.refused = []; document.addEventListener("securitypolicyviolation",
    (event) => window.refused.push(`${event.violatedDirective} ${event.blockedURI}`)); }"""
PERSONAL = (
    *("홍길동", "홍○동", "보라", "엄마", "01012345678", "010-1234-5678", "01033334444", "010-3333-4444"),
    *(GUARDIAN_PHONE, GUARDIAN_PHONE.replace("-", ""), str(ANYANG["lat"]), str(ANYANG["lon"])),
)
SOCKETS = {"/api/feed": "FeedFrame", "/api/agency/feed": "AgencyFrame", "/api/follow/": "FollowFrame"}
ANSWERS: dict[str, type[BaseModel]] = {
    r"/api/me": Me,
    r"/api/incidents/[0-9a-f-]{36}": IncidentDetail,
    r"/api/follow/[^/]+(/open)?": FollowView,
}


@dataclass
class Watch:
    """Every address that a browser asks for, what it was sent, and what is wrong with either."""

    installation: Installation
    asked: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    tickets: int = 0

    @property
    def own(self) -> set[str]:
        urls = self.installation.world.urls
        return {urlsplit(urls[name]).netloc for name in ("serving", "home", "video") if name in urls}

    def open(self, browser: Browser, path: str, *, as_: str = "", phone: bool = False) -> Page:
        context = browser.new_context(viewport=PHONE if phone else DESK, locale="ko-KR")  # type: ignore[arg-type]
        context.add_init_script(f"({LISTEN})()")
        context.on("request", lambda request: self._note(request.url))  # the browser itself reaches nobody else
        context.on("console", self._complaint)
        if as_:
            login = self.installation.world.logins[as_]
            body = {"login": login.login, "password": login.password}
            assert context.request.post(f"{self.installation.url}/api/login", data=body).ok
        return self.beside(context, path)

    def beside(self, context: BrowserContext, path: str) -> Page:
        """Another page of a browser that is watched."""
        url = path if path.startswith("http") else self.installation.url + path
        page = context.new_page()
        page.on("websocket", self._socket)
        page.on("response", self._answer)
        page.goto(url, timeout=2 * SLOW_MS)
        return page

    def _complaint(self, line: ConsoleMessage) -> None:
        """What a page's own policy refused, or a script that fell; a page without a case says 401, 404 or 410."""
        if line.type == "error" and "Failed to load resource" not in line.text:
            self.complaints.append(line.text)

    def _note(self, url: str) -> None:
        self.asked.append(unquote(url))
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc not in self.own:
            self.foreign.append(url)

    def _socket(self, socket: WebSocket) -> None:
        self._note(socket.url)
        path = urlsplit(socket.url).path
        name = next((name for start, name in SOCKETS.items() if path.startswith(start)), None)
        if name is not None:
            socket.on("framereceived", lambda text: self._frame(FRAMES[name], str(text)))

    def _frame(self, frames: TypeAdapter[Any], text: str) -> None:
        frame = json.loads(text)
        self.kinds.add(frame["type"])
        self._judge(frame["type"], lambda: frames.validate_json(text))
        if frame["type"] == "result" and frame["ok"]:
            for camera in frame["data"].get("cameras") or []:
                if "release_id" in camera:
                    self.tickets += 1
                    self._judge("ticket", lambda one=camera: CameraTicket.model_validate(one))

    def _answer(self, response: Any) -> None:
        path = urlsplit(response.url).path
        model = next((model for pattern, model in ANSWERS.items() if re.fullmatch(pattern, path)), None)
        if model is None or not response.ok:
            return
        try:
            text = response.text()
        except Exception:  # the page has gone on
            return
        self.kinds.add(model.__name__)
        self._judge(path, lambda: model.model_validate_json(text))

    def _judge(self, what: str, check: Any) -> None:
        try:
            check()
        except ValidationError as error:
            self.wrong += [f"{what} {one['loc']}: {one['msg']}" for one in error.errors()]


def test_a_whole_story_asks_nobody_else_and_tells_no_address_who(installation: Installation, browser: Browser) -> None:
    """Operator, agency and guardian with pictures and a moving place; then every page there is, by its address. None
    is refused anything of ours: the films must come and the maps be drawn."""
    watch = Watch(installation)
    token = installation.enrol()
    alert_id = installation.raise_alert(token=token)
    console = watch.open(browser, "/console", as_="operator")
    expect(console.locator('.tile[data-player="live"]')).to_have_count(5, timeout=SLOW_MS)
    expect(console.locator(".map .canvas").first).to_be_visible()
    console.keyboard.press(" ")
    console.locator(".incident[data-incident]").wait_for(timeout=SLOW_MS)
    agency = watch.open(browser, "/agency", as_="112")
    agency.wait_for_selector('[data-link="live"]', timeout=SLOW_MS)
    link = installation.pushes.get(timeout=20)
    while link["alert_id"] != alert_id:
        link = installation.pushes.get(timeout=20)
    guardian = watch.open(browser, link["link"], phone=True)
    guardian.locator("#last4").fill(GUARDIAN_PHONE[-4:])
    guardian.keyboard.press("Enter")
    installation.move(alert_id, token)
    expect(guardian.locator(".map .canvas canvas").first).to_be_attached(timeout=SLOW_MS)
    pages = [console, agency, guardian]
    cookies = [cookie for page in pages for cookie in page.context.cookies()]
    refused = [one for page in pages for one in page.evaluate("window.refused")]
    for page in pages:
        page.context.close()
    refused += every_page(watch, browser)
    installation.close_everything()
    assert watch.foreign == []
    assert [(url, one) for url in watch.asked for one in PERSONAL if one in url] == []
    assert len(watch.asked) > 50 and any("/api/feed" in url for url in watch.asked)
    assert {cookie["name"] for cookie in cookies} >= {"ansim_session", "ansim_follow"}
    assert [one["name"] for one in cookies if not one["httpOnly"] or one["sameSite"] != "Strict"] == []
    assert watch.wrong == []
    assert watch.kinds >= {"snapshot", "event", "position", "result", "view", "Me", "IncidentDetail", "FollowView"}
    assert watch.tickets >= 5
    assert (refused, watch.complaints) == ([], [])


def every_page(watch: Watch, browser: Browser) -> list[str]:
    """Each page there is, opened by an administrator; what their policies refused."""
    refused = []
    page = watch.open(browser, "/login", as_="admin")
    for address in PAGES:
        if (STATIC / PAGES[address]).is_file():
            page.goto(watch.installation.url + re.sub(r"\{\w+\}", "no-such-thing", address))
            page.wait_for_load_state("networkidle")
            refused += page.evaluate("window.refused")
    page.context.close()
    return refused


def test_what_is_smuggled_into_a_page_is_refused(open_page: OpenPage) -> None:
    page = open_page("/login", expects=("Content Security Policy", "Refused"))
    page.evaluate(LISTEN)
    page.evaluate(
        """() => { document.body.insertAdjacentHTML("beforeend",
            "<p style='position:fixed'>x</p><img src='http://evil.example/x.png'><img src='/' onerror='window.hit=1'>");
            const script = document.createElement("script"); script.text = "window.hit = 1";
            document.body.append(script); }"""
    )
    page.wait_for_timeout(300)
    refused = " ".join(page.evaluate("window.refused"))
    assert all(name in refused for name in ("style-src-attr", "img-src", "script-src-elem")), refused
    assert page.evaluate("window.hit") is None


def test_no_page_allows_or_needs_anything_inline(installation: Installation, open_page: OpenPage) -> None:
    request = open_page("/login").context.request
    for address, file in PAGES.items():
        if not (STATIC / file).is_file():
            continue
        answer = request.get(installation.url + re.sub(r"\{\w+\}", "x", address))
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy and "default-src 'self'" in policy, address
        assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son\w+=", answer.text()), address
