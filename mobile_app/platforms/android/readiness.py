"""What keeps this phone from calling for help at its best, and the system's pages where the person can change it.

`checks` answers in the guard and in the window; `fix` opens something and so needs the window. What was asked once and
refused is not asked by Android again: then the app's own page of the settings is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mobile_app.platforms.android import java
from mobile_app.ports import CHECKS, MISSING, OK, UNKNOWN, Check

POST_NOTIFICATIONS_SINCE_API, FULL_SCREEN_ASKED_SINCE_API, LOCATION_SWITCH_SINCE_API, ROLES_SINCE_API = 33, 34, 28, 29
ACCELEROMETER = 1
HELP_KEY = "org.ansim.phone.HelpKeyActivity"
ENABLED, DONT_KILL_APP = 1, 1
REQUEST = 7
FLAG_ACTIVITY_NEW_TASK = 0x10000000
PERMISSIONS = {
    "location": ("ACCESS_FINE_LOCATION", "ACCESS_COARSE_LOCATION"),
    "location_precise": ("ACCESS_FINE_LOCATION", "ACCESS_COARSE_LOCATION"),
    "notifications": ("POST_NOTIFICATIONS",),
    "sms": ("SEND_SMS",),
    "microphone": ("RECORD_AUDIO",),
    "camera": ("CAMERA",),
}
PAGES = {
    "location_on": "android.settings.LOCATION_SOURCE_SETTINGS",
    "clock": "android.settings.DATE_SETTINGS",
    "data": "android.settings.WIRELESS_SETTINGS",
    "help_key": "android.settings.VOICE_INPUT_SETTINGS",
}
PAGES_OF_THIS_APP = {
    "battery_optimiser": "android.settings.REQUEST_IGNORE_BATTERY_OPTIMIZATIONS",
    "full_screen": "android.settings.MANAGE_APP_USE_FULL_SCREEN_INTENT",
    "": "android.settings.APPLICATION_DETAILS_SETTINGS",
}
OPTIONAL = {"microphone", "camera", "full_screen", "push", "help_key"}


class AndroidReadiness:
    def __init__(self) -> None:
        self._intent, self._uri = java.find("android.content.Intent"), java.find("android.net.Uri")
        self._component = java.find("android.content.ComponentName")
        self._global = java.find("android.provider.Settings$Global")
        self._location = java.system_service("location", "android.location.LocationManager")
        self._notifications = java.system_service("notification", "android.app.NotificationManager")
        self._power = java.system_service("power", "android.os.PowerManager")
        self._sensors = java.system_service("sensor", "android.hardware.SensorManager")
        self._net = java.system_service("connectivity", "android.net.ConnectivityManager")
        self._guard = java.find("org.ansim.phone.GuardService")
        self._looks: dict[str, Callable[[], bool | None]] = {
            "location": lambda: java.has_permission("ACCESS_COARSE_LOCATION"),
            "location_precise": lambda: java.has_permission("ACCESS_FINE_LOCATION"),
            "location_on": self._is_location_on,
            "notifications": lambda: self._notifications.areNotificationsEnabled(),
            "full_screen": self._may_fill_the_screen,
            "battery_optimiser": lambda: self._power.isIgnoringBatteryOptimizations(self._package()),
            "sms": lambda: java.has_permission("SEND_SMS") if self._has("android.hardware.telephony") else False,
            "microphone": lambda: java.has_permission("RECORD_AUDIO"),
            "camera": lambda: java.has_permission("CAMERA"),
            "accelerometer": lambda: self._sensors.getDefaultSensor(ACCELEROMETER) is not None,
            "clock": lambda: self._global.getInt(java.context().getContentResolver(), "auto_time", 0) == 1,
            "data": lambda: self._net.getActiveNetwork() is not None,
            "push": self._has_push,
            "help_key": self._is_assistant,
        }

    def checks(self) -> list[Check]:
        if java.service() is None:  # the window looks when it comes back from a permission: the guard must know of it
            with java.forbidden_is_fine():
                self._guard.tell(java.context(), "permissions")
        return [self._check(name) for name in CHECKS]

    def fix(self, name: str) -> bool:
        window = java.activity()
        if window is None:
            return False
        with java.forbidden_is_fine():
            if name == "notifications" and java.api() < POST_NOTIFICATIONS_SINCE_API:
                return self._open(PAGES_OF_THIS_APP[""], self._own())
            if name in PERMISSIONS:
                return self._ask(window, name)
            if name == "help_key":
                self._enable_help_key()
            if name in PAGES_OF_THIS_APP:
                return self._open(PAGES_OF_THIS_APP[name], self._own())
            if name in PAGES:
                return self._open(PAGES[name])
        return False

    def _check(self, name: str) -> Check:
        state = self._state(name)
        return Check(name, state, self._is_fixable(name, state), name in OPTIONAL)

    def _state(self, name: str) -> str:
        answer: bool | None = None
        with java.forbidden_is_fine():
            answer = self._looks[name]()
        return UNKNOWN if answer is None else OK if answer else MISSING

    def _is_fixable(self, name: str, state: str) -> bool:
        can = name in PERMISSIONS or name in PAGES or name in PAGES_OF_THIS_APP
        if name == "sms" and not self._has("android.hardware.telephony"):
            return False
        return can and state != OK

    def _ask(self, window: Any, name: str) -> bool:
        permissions = [f"android.permission.{each}" for each in PERMISSIONS[name]]
        asked = window.getSharedPreferences("asked", 0)
        if asked.getBoolean(name, False) and not window.shouldShowRequestPermissionRationale(permissions[0]):
            return self._open(PAGES_OF_THIS_APP[""], self._own())
        asked.edit().putBoolean(name, True).apply()
        window.requestPermissions(permissions, REQUEST)
        return True

    def _open(self, action: str, data: Any = None) -> bool:
        intent = self._intent(action)
        if data is not None:
            intent.setData(data)
        intent.addFlags(FLAG_ACTIVITY_NEW_TASK)
        java.activity().startActivity(intent)
        return True

    def _own(self) -> Any:
        return self._uri.fromParts("package", self._package(), None)

    def _package(self) -> str:
        return str(java.context().getPackageName())

    def _has(self, feature: str) -> bool:
        return bool(java.context().getPackageManager().hasSystemFeature(feature))

    def _is_location_on(self) -> bool | None:
        return self._location.isLocationEnabled() if java.api() >= LOCATION_SWITCH_SINCE_API else None

    def _may_fill_the_screen(self) -> bool:
        is_asked = java.api() >= FULL_SCREEN_ASKED_SINCE_API
        return self._notifications.canUseFullScreenIntent() if is_asked else True

    def _has_push(self) -> bool:
        return java.find("com.google.firebase.FirebaseApp").initializeApp(java.context()) is not None

    def _is_assistant(self) -> bool | None:
        if java.api() < ROLES_SINCE_API:
            return None
        roles = java.system_service("role", "android.app.role.RoleManager")
        return None if roles is None else bool(roles.isRoleHeld("android.app.role.ASSISTANT"))

    def _enable_help_key(self) -> None:
        name = self._component(self._package(), HELP_KEY)
        java.context().getPackageManager().setComponentEnabledSetting(name, ENABLED, DONT_KILL_APP)
