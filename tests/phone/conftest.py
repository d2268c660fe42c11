"""A real Kivy window, offscreen, driven by real touches against the real phone thread and a local router.

Kivy eats arguments, writes to the home folder and fixes its size at import, so the environment is set here first; the
folder runs in a process of its own (`pytest tests/phone`).
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_HOME = tempfile.mkdtemp(prefix="ansim-kivy-")
os.environ.update(
    SDL_VIDEODRIVER="offscreen", KIVY_NO_ARGS="1", KIVY_NO_CONSOLELOG="1", KIVY_NO_FILELOG="1", KIVY_NO_CONFIG="1",
    KIVY_HOME=_HOME, KIVY_METRICS_DENSITY="1", KIVY_METRICS_FONTSCALE="1",
)  # fmt: skip

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
PICTURES = os.environ.get("PHONE_PICTURES")


class Driver:
    """Verbs of a hand and an eye."""

    def __init__(self, app: Any, thread: PhoneThread, desktop: Desktop) -> None:
        self.app, self.thread, self.desktop = app, thread, desktop
        self._touch: Any = None

    @property
    def screen(self) -> Any:
        return self.app.screens.current_screen

    def frames(self, count: int = 3) -> None:
        from kivy.base import EventLoop

        for _ in range(count):
            EventLoop.idle()

    def until(self, true: Callable[[], bool], within_s: float = 8.0) -> None:
        end_s = time.monotonic() + within_s
        while not true():
            assert time.monotonic() < end_s, f"not within {within_s} s; on screen: {self.words()}"
            self.frames(1)
            time.sleep(0.01)  # drawing is done by the processor here: leave some of it to the phone
        self.frames(2)

    def press(self, widget: Any) -> None:
        from kivy.tests.common import UnitTestTouch

        self._touch = UnitTestTouch(*widget.to_window(*widget.center))
        self._touch.touch_down()
        self.frames(1)

    def let_go(self) -> None:
        self._touch.touch_up()
        self.frames(1)

    def tap(self, widget: Any) -> None:
        self.press(widget)
        self.let_go()

    def button(self, text: str) -> Any:
        found = [
            w for w in self.screen.walk() if getattr(w, "text", None) == text and hasattr(w, "state") and not w.disabled
        ]
        assert found, f"no button {text!r} among {self.words()}"
        return found[0]

    def enter_pin(self, pin: str, ok: str = "확인") -> None:
        for digit in pin:
            self.tap(self.button(digit))
        self.tap(self.button(ok))

    def words(self) -> list[str]:
        """Every text on the present screen, of widgets that are not hidden."""
        shown: list[str] = []

        def look(widget: Any) -> None:
            if widget.opacity == 0:
                return
            if getattr(widget, "text", ""):
                shown.append(widget.text)
            for child in widget.children:
                look(child)

        look(self.screen)
        return shown

    def picture(self, name: str = "") -> bytes:
        """The pixels now; with PHONE_PICTURES set, also a PNG of that name there."""
        from kivy.core.window import Window

        self.frames(2)
        path = Path(Window.screenshot(name=str(Path(_HOME) / "shot.png")))
        data = path.read_bytes()
        path.unlink()
        if PICTURES and name:
            (Path(PICTURES) / f"{name}.png").write_bytes(data)
        return data


@pytest.fixture(scope="session", autouse=True)
def _kivy() -> None:
    try:
        find_font()
    except NoKoreanFont as error:
        pytest.skip(str(error))
    prepare_kivy(Path(_HOME))
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
        desktop = Desktop()
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

        driver.thread.stop()
        driver.app._stop()
        driver.app.stop()
        for child in Window.children[:]:
            Window.remove_widget(child)

    open_.close = close  # type: ignore[attr-defined]
    yield open_
    for driver in opened:
        close(driver)
