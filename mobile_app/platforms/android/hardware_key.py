"""The key of the digital assistant (long press of power or home), and what else the running guard is told by Java.

Android gives volume and power keys to no app while the screen is off; the assistant's key works on the lock screen, and
the person has to choose this app as her assistant (`Readiness.fix("help_key")`).
"""

from __future__ import annotations

from collections.abc import Callable

from mobile_app.core.raising import PRESSES
from mobile_app.platforms.android import java
from mobile_app.platforms.android.java import PythonJavaClass, callback, java_method

KEY, PERMISSIONS = "key", "permissions"


class _Listener(PythonJavaClass):  # type: ignore[misc]
    __javainterfaces__ = ["org/ansim/phone/GuardService$Listener"]
    __javacontext__ = "app"

    def __init__(self, hear: Callable[[str], None]) -> None:
        super().__init__()
        self._hear = hear

    @java_method("(Ljava/lang/String;)V")
    @callback
    def told(self, what: str) -> None:
        self._hear(what)


class AndroidHardwareKey:
    def __init__(self) -> None:
        self._pressed: list[Callable[[], None]] = []
        self._permissions: list[Callable[[], None]] = []
        self._listener = _Listener(self._told)
        self._guard = java.find("org.ansim.phone.GuardService")

    def listen(self, pressed: Callable[[], None]) -> bool:
        """A press that started the guard is told now."""
        self._pressed.append(pressed)
        self._guard.listen(self._listener)
        return True

    def on_permissions(self, changed: Callable[[], None]) -> None:
        self._permissions.append(changed)

    def _told(self, what: str) -> None:
        # a long press is meant: it counts for as many as the brain wants of a key that is only pressed
        times = PRESSES if what == KEY else 1
        for act in {KEY: self._pressed, PERMISSIONS: self._permissions}.get(what, []):
            for _ in range(times):
                act()
