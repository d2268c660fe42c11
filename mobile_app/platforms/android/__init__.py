"""Android behind our ports, by pyjnius. Only this package imports jnius; what is imported here imports none of it.

Rules that Android sets for whoever adds a part:

- Classes of this app (`org.ansim…`, `org.kivy…`) are found only from a thread that Java started, and a Java interface
  is implemented by finding pyjnius's own class: so each part looks up its classes and makes its listeners in
  `__init__`, and `device()` and `surface()` are called on Python's main thread. Later calls come from any thread.
- Java keeps no Python reference: listeners live in attributes.
- An exception must not leave a callback: Java would see it as its own and end the process.
- What the person forbade raises SecurityException at the call, at any time. It is no reason to fail.
"""

from __future__ import annotations

from pathlib import Path

from mobile_app.ports import Device, Surface

FOLDER = "phone"
"""Of the app's private files: the phone's own folder, the Java half looks there too (`push/`, `on_at_boot`)."""

DISGUISES = ("ansim", "notes", "weather", "calculator")
"""Launcher icons as `android/p4a_hook.py` writes them into the manifest; the first is the app's own."""


def folder() -> Path:
    """The phone's own folder; nobody but this app can read it."""
    from mobile_app.platforms.android import java

    return Path(java.context().getFilesDir().getAbsolutePath()) / FOLDER


def device() -> Device:
    """For the guard, on its main thread."""
    from mobile_app.platforms.android import power, sensors, sound
    from mobile_app.platforms.android.calling import AndroidDialer, AndroidSms
    from mobile_app.platforms.android.camera import AndroidCamera, AndroidTorch
    from mobile_app.platforms.android.hardware_key import AndroidHardwareKey
    from mobile_app.platforms.android.location import AndroidLocation
    from mobile_app.platforms.android.notifier import AndroidNotifier
    from mobile_app.platforms.android.push import AndroidPush
    from mobile_app.platforms.android.readiness import AndroidReadiness
    from mobile_app.platforms.android.recorder import AndroidMicrophone, AndroidRecorder
    from mobile_app.platforms.android.secret_store import AndroidSealer, AndroidSecretStore
    from mobile_app.platforms.plyer_parts import PlyerBattery, PlyerVibrator

    secrets = AndroidSecretStore(folder() / "secrets")
    told = AndroidHardwareKey()
    location = AndroidLocation()
    told.on_permissions(location.apply)
    return Device(
        sensors.AndroidAccelerometer(), location, PlyerVibrator(), PlyerBattery(), power.AndroidRadio(),
        barometer=sensors.AndroidBarometer(), sms=AndroidSms(), dialer=AndroidDialer(), torch=AndroidTorch(),
        speaker=sound.AndroidSpeaker(folder() / "alarm_volume"), recorder=AndroidRecorder(),
        microphone=AndroidMicrophone(), camera=AndroidCamera(), secrets=secrets, sealer=AndroidSealer(secrets),
        push=AndroidPush(folder() / "push"), notifier=AndroidNotifier(), readiness=AndroidReadiness(),
        wake_lock=power.AndroidWakeLock(), hardware_key=told,
    )  # fmt: skip


def surface() -> Surface:
    """For the window, on its main thread, once the activity is there."""
    from mobile_app.platforms.android.calling import AndroidDialer, AndroidMessages
    from mobile_app.platforms.android.disguise import AndroidDisguise
    from mobile_app.platforms.android.readiness import AndroidReadiness
    from mobile_app.platforms.android.window import AndroidInsets, AndroidTextPrompt

    return Surface(
        text_prompt=AndroidTextPrompt(), insets=AndroidInsets(), disguise=AndroidDisguise(),
        readiness=AndroidReadiness(), dialer=AndroidDialer(), messages=AndroidMessages(),
    )  # fmt: skip


class Guard:
    """Starts the service from the window; has `begin()` like the desktop's `service/begin.py`."""

    def __init__(self) -> None:
        from mobile_app.platforms.android import java

        self._java = java
        self._start = java.find("org.ansim.phone.Start")

    def begin(self) -> None:
        """While the window is in front; asked twice is asked once. Refused: the window asks again."""
        with self._java.forbidden_is_fine():
            self._start.guard(self._java.context())


def start_at_boot(on: bool) -> None:
    """Whether the guard is there again after the phone was switched off and on."""
    marker = folder() / "on_at_boot"
    if on:
        marker.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        marker.touch()
    else:
        marker.unlink(missing_ok=True)
