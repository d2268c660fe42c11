"""Awake with the screen off, and whether there is a data connection."""

from __future__ import annotations

import time

from mobile_app.platforms.android import java

PARTIAL_WAKE_LOCK = 1
CAPABILITY_NOT_METERED, CAPABILITY_INTERNET = 11, 12
ASKED_EVERY_S = 1.0


class AndroidWakeLock:
    def __init__(self) -> None:
        self._lock = None
        manager = java.system_service("power", "android.os.PowerManager")
        if manager is not None:
            self._lock = manager.newWakeLock(PARTIAL_WAKE_LOCK, "guard:sensors")
            self._lock.setReferenceCounted(False)

    def keep(self, on: bool) -> None:
        if self._lock is not None:
            with java.forbidden_is_fine():
                if on:
                    self._lock.acquire()
                else:
                    self._lock.release()


class AndroidRadio:
    """The service looks many times a second; the system is asked once."""

    def __init__(self) -> None:
        self._manager = java.system_service("connectivity", "android.net.ConnectivityManager")
        self._asked_s = -ASKED_EVERY_S
        self._is_on = self._is_metered = True

    def is_on(self) -> bool:
        self._ask()
        return self._is_on

    def is_metered(self) -> bool:
        self._ask()
        return self._is_metered

    def _ask(self) -> None:
        if time.monotonic() - self._asked_s >= ASKED_EVERY_S and self._manager is not None:
            self._asked_s, self._is_on, self._is_metered = time.monotonic(), True, True
            with java.forbidden_is_fine():
                network = self._manager.getActiveNetwork()
                facts = None if network is None else self._manager.getNetworkCapabilities(network)
                self._is_on = facts is not None and bool(facts.hasCapability(CAPABILITY_INTERNET))
                self._is_metered = facts is None or not facts.hasCapability(CAPABILITY_NOT_METERED)
