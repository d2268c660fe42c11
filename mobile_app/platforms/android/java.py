"""The way to Java: this process's context, its API level, a thread for callbacks, and what may be refused."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any, TypeVar

from jnius import JavaException, PythonJavaClass, autoclass, java_method

from mobile_app.faults import note

__all__ = ["PythonJavaClass", "find", "java_method"]

GRANTED = 0
Callback = TypeVar("Callback", bound=Callable[..., Any])


@cache
def find(name: str) -> Any:
    """A Java class by its full name; nested ones with `$`. The app's own: only on the main thread (see the package)."""
    return autoclass(name)


def activity() -> Any | None:
    """The window's activity; None in the service's process."""
    return find("org.kivy.android.PythonActivity").mActivity


def service() -> Any | None:
    """The running guard as a `GuardService`; None in the window's process."""
    running = find("org.kivy.android.PythonService").mService
    if running is None:
        return None
    from jnius import cast

    return cast("org.ansim.phone.GuardService", running)


def context() -> Any:
    """Whichever of the two this process is. Raises RuntimeError before either is there."""
    found = service() or activity()
    if found is None:
        raise RuntimeError("neither the activity nor the service is there yet")
    return found


@cache
def api() -> int:
    return int(find("android.os.Build$VERSION").SDK_INT)


def system_service(name: str, kind: str) -> Any | None:
    """A manager by its name in `Context`, as the class `kind`. None: this device has none."""
    from jnius import cast

    found = context().getSystemService(name)
    return None if found is None else cast(kind, found)


def has_permission(name: str) -> bool:
    """`name` without `android.permission.`."""
    return bool(context().checkSelfPermission(f"android.permission.{name}") == GRANTED)


@contextmanager
def forbidden_is_fine() -> Iterator[None]:
    """What Java refuses inside is passed over: no permission, no such part, another app has it."""
    try:
        yield
    except JavaException as error:
        print(f"android: {error.classname}", file=sys.stderr)  # its words may hold a number or an address
        note(error)


def callback(method: Callback) -> Callback:
    """Under `java_method`: an exception is told in the log and stays in Python."""

    @wraps(method)
    def guarded(*args: Any) -> Any:
        try:
            return method(*args)
        except Exception as error:
            note(error)
            return None

    return guarded  # type: ignore[return-value]


@cache
def handler() -> Any:
    """Of a Java thread of this process that runs our callbacks: the main looper belongs to Android."""
    thread = find("android.os.HandlerThread")("ansim")
    thread.start()
    _kept.append(thread)
    return find("android.os.Handler")(thread.getLooper())


_kept: list[Any] = []


class Runnable(PythonJavaClass):  # type: ignore[misc]
    """Runs `act` on whichever Java thread is given it; may be given again and again."""

    __javainterfaces__ = ["java/lang/Runnable"]
    __javacontext__ = "app"

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__()
        self._act = act

    @java_method("()V")
    @callback
    def run(self) -> None:
        self._act()


def as_bytes(array: Any) -> bytes:
    """What a Java `byte[]` came as: pyjnius's own array, or a list of signed numbers."""
    if hasattr(array, "tostring"):
        return bytes(array.tostring())
    return bytes(value & 0xFF for value in array)
