"""Opens the window: settings of Kivy first, then its import. The phone itself is the service's process beside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from mobile_app.ports import Surface
from mobile_app.service.begin import ServiceProcess
from mobile_app.service.remote import Remote
from mobile_app.service.view import first_view
from mobile_app.traces import read_route
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
    chosen: Sequence[str] = (),
    trace: Path | None = None,
    route: Path | None = None,
    lat: float | None = None,
    lon: float | None = None,
) -> int:
    """The desktop's, until it is closed; an alert under way goes on in the service. `chosen`: its arguments."""
    prepare_kivy(folder)
    trace, route = trace or _there(DEFAULT_TRACE), route or _there(DEFAULT_ROUTE)
    service = ServiceProcess(folder, [*chosen, *_place(route, lat=lat, lon=lon)])
    is_fresh = bool(chosen) or lat is not None
    return show_window(
        folder=folder, begin_service=service.begin, trace=_absolute(trace), route=_absolute(route), is_fresh=is_fresh,
        has_panel=True,
    )  # fmt: skip


def show_window(
    *,
    folder: Path,
    begin_service: Callable[[], None],
    surface: Surface | None = None,
    trace: str = "",
    route: str = "",
    is_fresh: bool = False,
    has_panel: bool = False,
) -> int:
    """Until it is closed. `begin_service` is called, on a thread of its own, as often as nobody answers at the socket.
    Kivy's settings stand (`prepare_kivy` on a desktop)."""
    from mobile_app.ui.fonts import NoKoreanFont, register

    try:
        register()
    except NoKoreanFont as error:
        print(error, file=sys.stderr)
        return 1
    from mobile_app.ui.app import AnsimApp
    from mobile_app.ui.panel import RemoteDesktop

    desktop = RemoteDesktop()
    app = AnsimApp(
        folder=folder,
        desktop=desktop if has_panel else None,
        surface=surface,
        trace=trace,
        route=route,
        first=first_view(folder),
    )
    remote = Remote(
        folder, viewed=app.viewed, linked=app.linked, simulated=desktop.take, begin_service=begin_service,
        is_fresh=is_fresh,
    )  # fmt: skip
    app.phone, desktop.send = remote, remote.simulate
    app.linked(False)
    remote.start()
    try:
        app.run()
    finally:
        remote.stop()
    return 0


def _there(path: Path) -> Path | None:
    return path if path.is_file() else None


def _absolute(path: Path | None) -> str:
    """The service has its own working folder."""
    return str(path.resolve()) if path else ""


def _place(route: Path | None, *, lat: float | None, lon: float | None) -> list[str]:
    """Where the desktop's person stands when the service begins."""
    if lat is not None and lon is not None:
        return ["--lat", str(lat), "--lon", str(lon)]
    if route is None:
        return []
    begin = read_route(route)[0]
    return ["--lat", str(begin.lat), "--lon", str(begin.lon), "--accuracy-m", str(begin.accuracy_m)]
