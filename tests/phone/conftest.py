"""A real Kivy window, offscreen, driven by real touches against the real phone thread and a local router.

Kivy eats arguments, writes to the home folder and fixes its size at import, so the environment is set here first; the
folder runs in a process of its own (`pytest tests/phone`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.phone.stage import HOME, Hand, Stage, set_environment

set_environment()

import pytest  # noqa: E402

from mobile_app.platforms.desktop import Desktop  # noqa: E402
from mobile_app.service.phone import Phone  # noqa: E402
from mobile_app.service.thread import PhoneThread  # noqa: E402
from mobile_app.settings import Settings  # noqa: E402
from mobile_app.traces import read_route, read_trace  # noqa: E402
from mobile_app.ui.fonts import NoKoreanFont, find_font, register  # noqa: E402
from mobile_app.ui.window import prepare_kivy  # noqa: E402
from tests.mobile_app.local_router import LocalRouter  # noqa: E402

FIXTURES = Path(__file__).parents[2] / "fixtures"


class Driver(Hand):
    """A hand at a window with a real phone behind it."""

    def __init__(self, app: Any, thread: PhoneThread, desktop: Desktop) -> None:
        self.app, self.thread, self.desktop = app, thread, desktop


@pytest.fixture(scope="session", autouse=True)
def _kivy() -> None:
    try:
        find_font()
    except NoKoreanFont as error:
        pytest.skip(str(error))
    prepare_kivy(Path(HOME))
    from kivy.config import Config

    Config.set("graphics", "maxfps", "0")
    register()


@pytest.fixture
def router() -> Iterator[LocalRouter]:
    local = LocalRouter()
    local.url = local.start()  # type: ignore[attr-defined]
    yield local
    local.stop()


@pytest.fixture
def open_phone(tmp_path: Path, router: Any, _kivy: None) -> Iterator[Callable[..., Driver]]:
    """Opens a window with a phone; several in one test follow each other (`driver.close()` is the test's)."""
    opened: list[Driver] = []

    def open_(folder: str = "phone", **chosen: Any) -> Driver:
        from kivy.base import runTouchApp

        from mobile_app.ui.app import AnsimApp

        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        desktop = Desktop(folder=place)
        trace = read_trace(FIXTURES / "traces" / "synthetic_shake_short.csv")
        app = AnsimApp(desktop=desktop, trace=trace, route=read_route(FIXTURES / "routes" / "anyang_station.csv"))
        settings = Settings(**({"router_url": router.url, "home_url": router.url} | chosen))
        app.phone = Phone(folder=place, settings=settings, device=desktop.device, viewed=app.viewed)
        thread = PhoneThread(app.phone)
        thread.start()
        app._run_prepare()
        runTouchApp(embedded=True)
        driver = Driver(app, thread, desktop)
        opened.append(driver)
        driver.frames(5)
        return driver

    def close(driver: Driver) -> None:
        from kivy.core.window import Window

        driver.thread.stop(within_s=60)  # one that is left behind would leave its loop to the next test
        driver.app._stop()
        driver.app.stop()
        for child in Window.children[:]:
            Window.remove_widget(child)

    open_.close = close  # type: ignore[attr-defined]
    yield open_
    for driver in opened:
        close(driver)


@pytest.fixture
def stage(_kivy: None) -> Iterator[Stage]:
    """A window without a phone: the test gives the views."""
    opened = Stage()
    yield opened
    opened.close()
