"""A desktop JVM with the stubs as a phone: what the stories of the adapters share. Importing it starts the JVM with the
class folders of the command line."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jnius_config

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))
jnius_config.set_classpath(*sys.argv[1:])

from jnius import autoclass  # noqa: E402  the classpath comes first

from mobile_app.platforms.android import java  # noqa: E402
from mobile_app.ports import Device, Surface  # noqa: E402

World = autoclass("stub.World")
PATIENCE_S = 15.0
ALL = ("ACCESS_FINE_LOCATION", "ACCESS_COARSE_LOCATION", "SEND_SMS", "RECORD_AUDIO", "CAMERA", "POST_NOTIFICATIONS")
LOCATION, CAMERA, MICROPHONE, SPECIAL = 8, 64, 128, 1 << 30


def heard() -> list[str]:
    return [str(line) for line in World.hear()]


def until(found: Callable[[], Any]) -> Any:
    deadline_s = time.monotonic() + PATIENCE_S
    while not (seen := found()):
        assert time.monotonic() < deadline_s, "nothing came"
        time.sleep(0.01)
    return seen


def in_another_thread(act: Callable[[], Any]) -> Any:
    """Where the loop's worker threads call from."""
    came: list[Any] = []
    thread = threading.Thread(target=lambda: came.append(act()))
    thread.start()
    thread.join(PATIENCE_S)
    assert came, "the call in another thread failed"
    return came[0]


def fact(name: str, value: Any) -> None:
    kinds = {bool: "java.lang.Boolean", int: "java.lang.Integer", str: "java.lang.String"}
    World.set(name, autoclass(kinds[type(value)])(value))


def guard_process() -> Any:
    """This process is the service's: python-for-android's own PythonService under ours under its generated one."""
    autoclass("org.kivy.android.PythonActivity").mActivity = None
    autoclass("org.kivy.android.PythonService").mService = autoclass("org.ansim.phone.ServiceGuard")()
    return java.service()  # not what was set: pyjnius gives its own reference away by setting a static field


def window_process() -> Any:
    autoclass("org.kivy.android.PythonService").mService = None
    autoclass("org.kivy.android.PythonActivity").mActivity = autoclass("org.kivy.android.PythonActivity")()
    return java.activity()


class part:
    """The parts under test, made once as the guard and the window make them."""

    device: Device
    surface: Surface
