"""One real Ansim for all page tests, and pages that fail the test when the browser complains.

Playwright's sync API can't share a process with pytest-asyncio: run with `-p no:asyncio` (the test command does).
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from server.console.routes import STATIC
from server.demo.world import World
from tests.bench.load import alert, new_alert_id
from tests.journeys.world import ANYANG, small_world

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DESK = {"width": 1920, "height": 1080}
PHONE = {"width": 412, "height": 915}
GUARDIAN_PHONE = "010-2222-1234"
NOWHERE_ELSE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
PATIENCE_MS = 60_000  # nothing here is a promise of speed: the machine may do other things as well


@dataclass(repr=False)  # a failing test prints its fixtures, and the world holds keys
class Installation:
    """The running world with the few verbs that page tests need."""

    world: World
    pushes: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)
    texts: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)

    @property
    def url(self) -> str:
        return self.world.urls["serving"]

    def raise_alert(self, *, phase: str = "active", token: str = "", **more: Any) -> str:
        """A phone's alert near Anyang station, accepted by the router; returns its alert_id."""
        alert_id = more.pop("alert_id", None) or new_alert_id()
        caller = {"nickname": "홍길동", "phone": "010-1234-5678", "language": "ko", "profile": {}}
        body = alert(alert_id, **ANYANG, phase=phase, **({"caller": caller} | more))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = httpx.post(f"{self.world.urls['router']}/v1/alerts", json=body, headers=headers, trust_env=False)
        assert answer.status_code == 202, answer.text
        return alert_id

    def move(self, alert_id: str, token: str) -> None:
        """The phone's next fix."""
        now = datetime.now(UTC).isoformat()
        position = {**ANYANG, "accuracy_m": 9.0, "fixed_at": now, "sent_at": now, "source": "gps"}
        answer = httpx.post(
            f"{self.world.urls['router']}/v1/alerts/{alert_id}/positions",
            json={"positions": [position]},
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        )
        assert answer.status_code == 202, answer.text

    @contextmanager
    def desk(self, as_: str = "operator") -> Iterator[httpx.Client]:
        """A signed-in colleague without a browser."""
        with httpx.Client(base_url=self.url, trust_env=False, timeout=10) as client:
            login = self.world.logins[as_]
            answer = client.post("/api/login", json={"login": login.login, "password": login.password})
            assert answer.status_code == 200, answer.text
            yield client

    def close_everything(self) -> None:
        """Every open incident is taken and closed, so that the next test starts with an empty queue."""
        with self.desk("supervisor") as desk:  # may close what others have
            for card in desk.get("/api/incidents", params={"state": "open"}).json()["incidents"]:
                self.raise_alert(alert_id=card["alert_ids"][0]) if card["phase"] == "pre" else None
                path = f"/api/incidents/{card['incident_id']}"
                desk.post(f"{path}/acknowledge", json={})
                desk.post(f"{path}/close", json={"disposition": "drill", "note": "test"})

    def enrol(self) -> str:
        """A person at the home center with one guardian who agreed; returns her device token."""
        with httpx.Client(base_url=self.world.urls["home"], trust_env=False, timeout=10) as home:
            person = home.post("/api/people", json={"nickname": "보라", "phone": "010-3333-4444"}).json()
            headers = {"Authorization": f"Bearer {person['device_token']}"}
            guardian = {"name": "엄마", "phone": GUARDIAN_PHONE}
            asked = home.post("/api/people/me/guardians", json=guardian, headers=headers).json()
            accepted = home.post(f"/api/invitations/{asked['invitation']}/accept", json={"push_token": "mother"})
            assert accepted.status_code == 200, accepted.text
        return str(person["device_token"])


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    if not (STATIC / "console.html").exists():
        pytest.fail("the pages are not built: run `npm run build` in server/web")
    os.environ.setdefault("CAMERA_NETWORKS", "127.0.0.0/8")  # where a test's own PTZ device listens
    os.environ.setdefault("TRAFFIC", "console")
    with small_world(fps=5, films=True) as world:  # no page story reads the clock in a picture
        running = Installation(world)
        world.on_push = running.pushes.put
        world.on_text = running.texts.put
        yield running


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One for the whole run: two would fight over the thread's event loop. From then on no other loop can be run in
    this thread: the world is started before."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that need no world last: its start runs an event loop (see `playwright`)."""
    worldly = {item.path for item in items if "installation" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path.parent == Path(__file__).parent and item.path not in worldly)


@pytest.fixture(scope="session")
def only_browser(installation: Installation, request: pytest.FixtureRequest) -> Iterator[Browser]:
    """With what it has fetched and translated: to begin with nothing costs each file some seconds."""
    running: Playwright = request.getfixturevalue("playwright")  # after the world
    chromium = running.chromium.launch(executable_path=CHROMIUM, args=[NOWHERE_ELSE])
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def browser(only_browser: Browser, left_behind: dict[bool, list[BrowserContext]]) -> Iterator[Browser]:
    yield only_browser
    for context in only_browser.contexts:
        if context not in left_behind[True] + left_behind[False]:
            context.close()


def until(page: Page, expression: str) -> None:
    """Until this is true in the page; through the debugger each time, since the page's own policy lets nothing be
    evaluated in it (`wait_for_function` would)."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never true: {expression}"
        page.wait_for_timeout(100)


def without_pictures(page: Page) -> None:
    """For a seat whose pictures its story does not look at: five films each are most of a small machine's work."""
    page.route_web_socket(re.compile("/video/"), lambda line: None)


OpenPage = Callable[..., Page]


def _path(line: ConsoleMessage) -> str:
    return urlsplit(line.location.get("url") or "").path


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Path]:
    """`picture(page, "console-dark-ko")`: a screenshot into `ANSIM_PICTURES`, of the `whole` page or of what is seen.
    Without it nobody would look at one, and none is taken: a whole run makes two hundred, half a second of a small
    machine each."""
    wanted = os.environ.get("ANSIM_PICTURES")
    folder = Path(wanted or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str, *, whole: bool = False) -> Path:
        path = folder / f"{name}.png"
        if wanted:
            page.screenshot(path=path, full_page=whole)
        return path

    return take


@pytest.fixture(scope="session")
def left_behind() -> dict[bool, list[BrowserContext]]:
    """Phones (True) and desks that nobody uses, with what they have fetched and nothing else: a page that is loaded
    for the first time costs three times one that is loaded again."""
    return {True: [], False: []}


def _left(desk: BrowserContext, origins: set[str]) -> bool:
    """Nothing of whoever sat here is there any more; False when the story has closed the context itself, or has given
    it another time, which stays."""
    try:
        page = desk.new_page()
        if page.evaluate("'__pwClock' in globalThis"):
            desk.close()
            return False
        kinds = "local_storage,indexeddb,service_workers,cache_storage"
        line = desk.new_cdp_session(page)
        for origin in origins:
            line.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": kinds})
        for one in desk.pages:
            one.close()
        desk.clear_cookies()
        desk.clear_permissions()
        desk.set_geolocation(None)
        desk.unroute_all()
    except PlaywrightError:
        return False
    return True


@pytest.fixture
def open_page(
    browser: Browser, installation: Installation, left_behind: dict[bool, list[BrowserContext]]
) -> Iterator[OpenPage]:
    """`open_page("/console", as_="operator")`: a seat of its own; an error in its console fails the test.

    `expects` are pieces of messages that this story causes on purpose (a refused sign-in, a killed server); `prepare`
    is done to the page before it loads.
    """
    used: list[tuple[bool, BrowserContext]] = []
    complaints: list[str] = []

    def open_(
        path: str,
        *,
        as_: str = "",
        phone: bool = False,
        expects: tuple[str, ...] = (),
        prepare: Callable[[Page], object] = lambda page: None,
    ) -> Page:
        size = PHONE if phone else DESK
        idle = left_behind[phone]
        context = idle.pop() if idle else browser.new_context(viewport=size, locale="ko-KR", has_touch=phone)
        used.append((phone, context))
        context.set_default_timeout(PATIENCE_MS)
        if as_:
            login = installation.world.logins[as_]
            answer = context.request.post(
                f"{installation.url}/api/login", data={"login": login.login, "password": login.password}
            )
            assert answer.ok, answer.text()
        page = context.new_page()

        def complain(text: str) -> None:
            if not any(piece in text for piece in expects):
                complaints.append(f"{path}: {text}")

        page.on("pageerror", lambda error: complain(str(error)))
        page.on("console", lambda line: complain(f"{line.text} {_path(line)}") if line.type == "error" else None)
        prepare(page)
        page.goto(path if path.startswith("http") else installation.url + path)
        return page

    yield open_
    for is_phone, context in used:
        if _left(context, {installation.url, installation.world.urls["home"]}):
            left_behind[is_phone].append(context)
    installation.close_everything()
    assert complaints == []
