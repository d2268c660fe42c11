"""Notifications in channels of our own; the ongoing kinds are the guard's own notification (`Notices.java`)."""

from __future__ import annotations

from mobile_app.platforms.android import java
from mobile_app.ports import NEUTRAL, ONGOING

TAG, NUMBER = "ansim", 100


class AndroidNotifier:
    def __init__(self) -> None:
        self._notices = java.find("org.ansim.phone.Notices")
        self._manager = java.system_service("notification", "android.app.NotificationManager")

    def show(self, kind: str, title: str, text: str, *, is_urgent: bool = False) -> bool:
        """In the window's process an ongoing kind stands beside the guard's own; the guard is who shows those."""
        with java.forbidden_is_fine():
            context, guard = java.context(), java.service()
            notification = self._notices.build(
                context, kind, title, text, is_urgent and kind != NEUTRAL, self._notices.open(context)
            )
            if kind in ONGOING and guard is not None:
                is_shown = bool(guard.show(notification))
                return is_shown and bool(self._manager.areNotificationsEnabled())
            self._manager.notify(f"{TAG}-{kind}", NUMBER, notification)
            return bool(self._manager.areNotificationsEnabled())
        return False

    def clear(self, kind: str) -> None:
        if kind in ONGOING:
            self.show(NEUTRAL, "", "")
            return
        with java.forbidden_is_fine():
            self._manager.cancel(f"{TAG}-{kind}", NUMBER)
