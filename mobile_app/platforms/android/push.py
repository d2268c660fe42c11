"""The token of Firebase's messaging, where the build has a Firebase project. Messages come to `PushService.java`."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from jnius import JavaException

from mobile_app.platforms.android import java
from mobile_app.platforms.android.java import PythonJavaClass, callback, java_method


class _Told(PythonJavaClass):  # type: ignore[misc]
    __javainterfaces__ = ["com/google/android/gms/tasks/OnCompleteListener"]
    __javacontext__ = "app"

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._tell = tell

    @java_method("(Lcom/google/android/gms/tasks/Task;)V")
    @callback
    def onComplete(self, task: Any) -> None:
        if task.isSuccessful():
            self._tell(str(task.getResult()))


class AndroidPush:
    """A token that changes while the guard runs is written by Java into `folder` and told at the next question."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._file = folder, folder / "token"
        self._tell: Callable[[str], None] = lambda _: None
        self._last = ""
        try:
            # the library starts by itself in the app's first process only, and the guard is another
            app = java.find("com.google.firebase.FirebaseApp").initializeApp(java.context())
            self._messaging = java.find("com.google.firebase.messaging.FirebaseMessaging") if app else None
            self._told = _Told(self._came) if app else None
        except JavaException:  # built without the library
            self._messaging = self._told = None

    def token(self, told: Callable[[str], None]) -> None:
        if self._messaging is None:
            return
        self._tell, self._last = told, ""
        if self._file.is_file():
            self._came(self._file.read_text(encoding="utf-8").strip())
        with java.forbidden_is_fine():
            self._messaging.getInstance().getToken().addOnCompleteListener(self._told)

    def taken(self) -> list[dict[str, str]]:
        """Java leaves each message as a file (whole or not at all) and starts the guard where it does not run."""
        came: list[dict[str, str]] = []
        for file in sorted(self._folder.glob("*.json")):  # names begin with the time
            with suppress(OSError, ValueError):
                data = json.loads(file.read_text(encoding="utf-8"))
                came.append({str(name): str(one) for name, one in data.items()} if isinstance(data, dict) else {})
            with suppress(OSError):
                file.unlink()
        return came

    def _came(self, token: str) -> None:
        if token and token != self._last:
            self._last = token
            self._tell(token)
