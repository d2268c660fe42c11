"""Icon and name in the launcher by activity-aliases (the build's hook makes them), and the picture among recent apps.

Only the launcher's look changes: the list of apps in the system's settings still has the app's own name.
"""

from __future__ import annotations

from typing import Any

from mobile_app.platforms.android import DISGUISES as NAMES
from mobile_app.platforms.android import java
from mobile_app.platforms.android.java import Runnable

ENABLED, DISABLED, DONT_KILL_APP = 1, 2, 1
FLAG_SECURE = 0x2000
RECENTS_PICTURE_SINCE_API = 33


class AndroidDisguise:
    def __init__(self) -> None:
        self._component = java.find("android.content.ComponentName")
        self._task = java.find("android.app.ActivityManager$TaskDescription")
        self._is_veiled, self._name = False, NAMES[0]
        self._dress = Runnable(self._dress_window)

    def choices(self) -> tuple[str, ...]:
        return NAMES

    def wear(self, name: str) -> bool:
        if name not in NAMES:
            return False
        with java.forbidden_is_fine():
            context = java.context()
            manager = context.getPackageManager()
            # the new one first: between the two calls there must be an icon
            for each in sorted(NAMES, key=lambda other: other != name):
                alias = self._component(context.getPackageName(), f"{context.getPackageName()}.Icon_{each}")
                state = ENABLED if each == name else DISABLED
                manager.setComponentEnabledSetting(alias, state, DONT_KILL_APP)
            self._name = name
            self._on_window()
            return True
        return False

    def veil(self, on: bool) -> None:
        self._is_veiled = on
        self._on_window()

    def _on_window(self) -> None:
        window = java.activity()
        if window is not None:
            with java.forbidden_is_fine():
                window.runOnUiThread(self._dress)

    def _dress_window(self) -> None:
        window = java.activity()
        with java.forbidden_is_fine():
            if self._is_veiled:
                window.getWindow().addFlags(FLAG_SECURE)
            else:
                window.getWindow().clearFlags(FLAG_SECURE)
            if java.api() >= RECENTS_PICTURE_SINCE_API:
                window.setRecentsScreenshotEnabled(not self._is_veiled)
            window.setTaskDescription(self._task(self._label(window)))

    def _label(self, window: Any) -> str:
        name = window.getResources().getIdentifier(f"icon_{self._name}", "string", window.getPackageName())
        return str(window.getString(name)) if name else ""
