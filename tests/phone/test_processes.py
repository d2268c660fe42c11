"""Real processes killed at whatever moment: the service, the window, both. The alert goes out, and once.

Where the service is killed no Kivy is needed: the window's end of the socket is the same without the widgets
(`service/remote.py`). The window that is killed is a real one, drawn offscreen and touched.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mobile_app import settings as stored_settings
from mobile_app.core.pins import Pins
from mobile_app.core.signals import HoldReleased, HoldStarted
from mobile_app.service.begin import ServiceProcess
from mobile_app.service.frames import socket_path
from mobile_app.service.remote import Remote
from mobile_app.service.view import View
from mobile_app.settings import Settings
from mobile_app.ui.fonts import NoKoreanFont, find_font
from tests.mobile_app.local_router import LocalRouter

ROOT = Path(__file__).parents[2]
PIN = "1234"
WINDOW = """
import sys
from pathlib import Path
from mobile_app.ui.window import open_window, prepare_kivy
folder = Path(sys.argv[1])
prepare_kivy(folder)
from kivy.app import App
from kivy.clock import Clock
from kivy.tests.common import UnitTestTouch
touches = []
def look(_):
    app = App.get_running_app()
    screen = app.screens.current_screen
    is_laid_out = app.screens.current == "home" and screen.ids.sos.width > 300
    if is_laid_out and app.facts.has_pins and not touches:
        touches.append(UnitTestTouch(*screen.ids.sos.to_window(*screen.ids.sos.center)))
        touches[0].touch_down()
    if app.screens.current != "home":
        print(app.screens.current, flush=True)
        return False
Clock.schedule_interval(look, 0.05)
Clock.schedule_once(lambda _: App.get_running_app().stop(), 90)
open_window(folder=folder)
"""
"""A real window (offscreen) with a finger on its SOS; says which screen it came to, the finger still on it."""


def until(true: Callable[[], Any], within_s: float = 60.0) -> None:
    end_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end_s, "it did not happen in time"
        time.sleep(0.01)


class Phone:
    """A folder, the service that is running with it, and a window's end of the socket."""

    def __init__(self, folder: Path, url: str, *, countdown_s: float) -> None:
        folder.mkdir(mode=0o700)
        self.folder = folder
        settings = Settings(router_url=url, home_url=url, pins=Pins.choose(PIN), countdown_s=countdown_s)
        stored_settings.store(folder, settings)
        self.views: list[View] = []
        self.service = ServiceProcess(folder)
        self.remote = Remote(folder, viewed=self.views.append, begin_service=self.service.begin)

    def open(self) -> None:
        self.remote.start()
        until(lambda: self.views)

    def kill_service(self) -> None:
        """Whoever runs it."""
        os.kill(self.pid(), signal.SIGKILL)

    def pid(self) -> int:
        """Of the process at the other end of the socket."""
        import socket
        import struct

        peer = socket.socket(socket.AF_UNIX)
        peer.connect(str(socket_path(self.folder)))
        pid: int = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        peer.close()
        return pid

    def raise_alert(self) -> str:
        self.remote.tell(HoldStarted())
        until(lambda: self.views[-1].phase in ("countdown", "active"))
        self.remote.tell(HoldReleased())
        return self.views[-1].alert_id

    def close(self) -> None:
        """Nothing is left running."""
        self.remote.stop()
        try:
            pid = self.pid()
        except OSError:
            return
        os.kill(pid, signal.SIGTERM)
        until(lambda: self.service.has_ended() and not Path(f"/proc/{pid}").exists())


@pytest.fixture
def router() -> Iterator[LocalRouter]:
    local = LocalRouter()
    local.url = local.start()  # type: ignore[attr-defined]
    yield local
    local.stop()


@pytest.fixture
def phone_at(tmp_path: Path, router: Any) -> Iterator[Callable[..., Phone]]:
    opened: list[Phone] = []

    def open_(name: str, *, countdown_s: float) -> Phone:
        opened.append(Phone(tmp_path / name, router.url, countdown_s=countdown_s))
        return opened[-1]

    yield open_
    for phone in opened:
        phone.close()


def test_killed_at_any_moment_the_service_comes_back_and_the_alert_goes_out_once(
    phone_at: Callable[..., Phone], router: LocalRouter
) -> None:
    """During the countdown, about when it becomes active, and after: each alert is active, under one id."""
    chance = random.Random(7)
    phone = phone_at("any", countdown_s=0.8)
    phone.open()
    for moment_s in (chance.uniform(0.0, 0.6), chance.uniform(0.7, 0.9), chance.uniform(0.9, 1.2)):
        alert_id = phone.raise_alert()
        time.sleep(moment_s)
        seen = len(phone.views)
        phone.kill_service()
        until(lambda alert_id=alert_id: "active" in router.phases(alert_id))
        until(lambda seen=seen: len(phone.views) > seen and phone.views[-1].phase == "active")
        assert phone.views[-1].alert_id == alert_id
        assert phone.remote.enter_pin(PIN).result(60) is True
        until(lambda alert_id=alert_id: "ended" in router.phases(alert_id))
        until(lambda: phone.views[-1].phase == "idle")
        assert set(router.phases(alert_id)) <= {"pre", "active", "ended"}
    assert len({alert["alert_id"] for alert in router.alerts}) == 3, "no alert of its own making"


def test_killed_around_a_cancel_the_alert_is_ended_or_active_but_never_forgotten(
    phone_at: Callable[..., Phone], router: LocalRouter
) -> None:
    chance = random.Random(11)
    phone = phone_at("cancel", countdown_s=1.5)
    phone.open()
    for _ in range(2):
        alert_id = phone.raise_alert()
        phone.remote.enter_pin(PIN)
        time.sleep(chance.uniform(0.0, 0.12))
        seen = len(phone.views)
        phone.kill_service()
        until(lambda alert_id=alert_id: {"active", "ended"} & set(router.phases(alert_id)))
        until(lambda seen=seen: len(phone.views) > seen)
        if phone.views[-1].phase != "idle":
            phone.remote.enter_pin(PIN).result(60)
        until(lambda: phone.views[-1].phase == "idle")
        until(lambda alert_id=alert_id: "ended" in router.phases(alert_id))
        assert router.phases(alert_id)[-1] == "ended"


def test_a_killed_window_and_then_both_leave_the_alert_to_the_service_and_to_the_next_start(
    phone_at: Callable[..., Phone], router: LocalRouter
) -> None:
    try:
        find_font()
    except NoKoreanFont as error:
        pytest.skip(str(error))
    phone = phone_at("both", countdown_s=3.0)
    router.down = True
    environment = os.environ | {"PYTHONPATH": str(ROOT), "SDL_VIDEODRIVER": "offscreen"}
    command = [sys.executable, "-c", WINDOW, str(phone.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as window:
        assert window.stdout is not None and window.stdout.readline() == "countdown\n"
        window.kill()  # the finger was still down: nothing of it is told any more
    assert json.loads((phone.folder / "session.json").read_text())["trigger"] == "hold"
    until(lambda: json.loads((phone.folder / "session.json").read_text())["phase"] == "active")
    phone.kill_service()
    router.down = False
    time.sleep(0.3)
    assert router.phases() == [], "nobody is there to send it"
    phone.open()
    until(lambda: "active" in router.phases())
    until(lambda: phone.views[-1].phase == "active")
    assert len({alert["alert_id"] for alert in router.alerts}) == 1


def test_two_services_never_run_on_one_folder(phone_at: Callable[..., Phone]) -> None:
    phone = phone_at("one", countdown_s=5.0)
    phone.open()
    first, inode = phone.pid(), socket_path(phone.folder).stat().st_ino
    second = subprocess.run(
        [sys.executable, "-m", "mobile_app.service", "--dir", str(phone.folder)],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=90,
    )  # fmt: skip
    assert second.returncode == 3 and "another phone" in second.stderr and "Traceback" not in second.stderr
    assert socket_path(phone.folder).stat().st_ino == inode and phone.pid() == first, "and its socket is untouched"


def test_the_service_needs_no_window_toolkit() -> None:
    code = (
        "import sys, mobile_app.service.__main__, mobile_app.service.remote\n"
        "bad = {name.split('.')[0] for name in sys.modules} & {'kivy', 'pydantic', 'server', 'cryptography', 'PIL'}\n"
        "print(sorted(bad)); sys.exit(bool(bad))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
