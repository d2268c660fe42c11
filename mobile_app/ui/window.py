"""Opens the desktop window: settings of Kivy first, then its import, then the phone's thread beside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mobile_app.platforms.desktop import Desktop
from mobile_app.platforms.plyer_parts import PlyerBattery
from mobile_app.service.phone import Phone
from mobile_app.service.thread import PhoneThread
from mobile_app.settings import Settings
from mobile_app.traces import RoutePoint, read_route, read_trace
from mobile_app.ui.size import HEIGHT, PANEL_WIDTH, PHONE_WIDTH

FIXTURES = Path(__file__).parents[2] / "fixtures"
DEFAULT_TRACE = FIXTURES / "traces" / "synthetic_shake.csv"
DEFAULT_ROUTE = FIXTURES / "routes" / "anyang_station.csv"


def prepare_kivy(folder: Path) -> None:
    """Before the first import of Kivy: no files in the user's home, no eaten arguments, the size of the surface."""
    os.environ.setdefault("KIVY_NO_ARGS", "1")
    os.environ.setdefault("KIVY_NO_FILELOG", "1")
    os.environ.setdefault("KIVY_NO_CONSOLELOG", "1")
    os.environ.setdefault("KIVY_HOME", str(folder / "kivy"))
    (folder / "kivy").mkdir(parents=True, exist_ok=True)
    from kivy.config import Config

    Config.set("graphics", "width", str(PHONE_WIDTH + PANEL_WIDTH))
    Config.set("graphics", "height", str(HEIGHT))
    Config.set("graphics", "maxfps", "30")
    Config.set("input", "mouse", "mouse,disable_multitouch")
    Config.set("kivy", "exit_on_escape", "0")


def open_window(
    *,
    folder: Path,
    settings: Settings,
    trace: Sequence[tuple[float, float, float, float]] | None,
    route: Sequence[RoutePoint] | None,
    lat: float | None,
    lon: float | None,
) -> int:
    """Until the window is closed. An alert under way goes on with the next start."""
    from mobile_app.ui.fonts import NoKoreanFont, register

    prepare_kivy(folder)
    try:
        register()
    except NoKoreanFont as error:
        print(error, file=sys.stderr)
        return 1
    from mobile_app.ui.app import AnsimApp

    desktop = Desktop()
    desktop.battery.level = PlyerBattery().percent() or desktop.battery.level
    trace = trace or (read_trace(DEFAULT_TRACE) if DEFAULT_TRACE.is_file() else ())
    route = route or (read_route(DEFAULT_ROUTE) if DEFAULT_ROUTE.is_file() else ())
    app = AnsimApp(desktop=desktop, trace=trace, route=route)
    app.phone = Phone(folder=folder, settings=settings, device=desktop.device, viewed=app.viewed)
    thread = PhoneThread(app.phone)
    thread.start()
    if lat is not None and lon is not None:
        desktop.location.stand(lat=lat, lon=lon)
    elif route:
        desktop.location.stand(lat=route[0].lat, lon=route[0].lon, accuracy_m=route[0].accuracy_m)
    try:
        app.run()
    finally:
        thread.stop()
    return 0
