"""Stories of secrets, notifications, pushes, keys and readiness, and of what the window borrows."""

from __future__ import annotations

import json
import os
import time

from jvm import (
    ALL,
    World,
    autoclass,
    fact,
    guard_process,
    heard,
    in_another_thread,
    java,
    part,
    until,
    window_process,
)

from mobile_app.core.raising import PRESSES
from mobile_app.platforms import android
from mobile_app.ports import ALERT, CHECKS, MESSAGE, MISSING, NEUTRAL, OK, Unavailable


def story_secrets_need_this_phones_key() -> None:
    store = autoclass("stub.Keystore")
    try:
        part.device.secrets.put("device_key", b"x")
    except Unavailable:
        pass
    else:
        raise AssertionError("kept without a key store")
    store.install()
    heard()
    part.device.secrets.put("device_key", bytes(range(256)))
    assert heard() == ["key ansim 256 purposes=3 modes=[GCM] paddings=[NoPadding]"]
    kept = android.folder() / "secrets" / "device_key"
    assert part.device.secrets.get("device_key") == bytes(range(256))
    assert bytes(range(32)) not in kept.read_bytes() and kept.stat().st_mode & 0o77 == 0
    part.device.secrets.put("device_key", b"")
    assert part.device.secrets.get("device_key") == b""
    kept.write_bytes(kept.read_bytes()[:-1] + b"\0")
    assert part.device.secrets.get("device_key") is None, "changed"
    part.device.secrets.remove("device_key")
    part.device.secrets.remove("device_key")
    assert part.device.secrets.get("device_key") is None
    for name in ("../x", "", "A", "x/y"):
        try:
            part.device.secrets.get(name)
        except ValueError:
            continue
        raise AssertionError(name)


def story_what_is_sealed_opens_again_and_nowhere_else() -> None:
    data = os.urandom(100_000)
    sealed = in_another_thread(lambda: part.device.sealer.seal(data))
    assert len(sealed) == len(data) + 28 and part.device.sealer.open(sealed) == data
    assert part.device.sealer.seal(data) != sealed, "a nonce of its own"
    for bad in (sealed[:-1], b"", sealed[:20], bytes([sealed[0] ^ 1]) + sealed[1:]):
        try:
            part.device.sealer.open(bad)
        except ValueError:
            continue
        raise AssertionError("opened what was changed")
    began_s = time.monotonic()
    for _ in range(10):
        part.device.sealer.seal(data)
    print(f"     sealing 100 kB: {(time.monotonic() - began_s) * 100:.1f} ms")
    from mobile_app.platforms.android.secret_store import AndroidSealer

    again = AndroidSealer(part.device.secrets)
    assert again.open(sealed) == data, "after a restart"
    autoclass("stub.Keystore").lose()
    assert part.device.secrets.get("captures") is None, "a restored backup has no key"


def story_notifications() -> None:
    guard_process()
    World.grant("POST_NOTIFICATIONS")
    heard()
    assert part.device.notifier.show(ALERT, "도움 요청 중", "안양시", is_urgent=True)
    assert part.device.notifier.show(NEUTRAL, "", "", is_urgent=True)
    assert part.device.notifier.show(MESSAGE, "메시지", "왔어요", is_urgent=True)
    alert, neutral, message = (line for line in heard() if not line.startswith(("channel", "log")))
    assert alert.startswith("foreground 1 ") and " alert " in alert and "full_screen=true" in alert
    assert "neutral" in neutral and "full_screen" not in neutral and "category" not in neutral
    assert message.startswith("notify ansim-message message ") and "full_screen=true" in message
    part.device.notifier.clear(ALERT)
    part.device.notifier.clear(MESSAGE)
    cleared = heard()
    assert " neutral " in cleared[0] and cleared[1] == "cancel ansim-message"
    World.deny("POST_NOTIFICATIONS")
    assert part.device.notifier.show(MESSAGE, "메시지", "왔어요") is False, "it can't be seen"


def story_awake_and_connected() -> None:
    heard()
    part.device.wake_lock.keep(True)
    part.device.wake_lock.keep(True)
    part.device.wake_lock.keep(False)
    part.device.wake_lock.keep(False)
    assert heard() == ["acquired 1", "acquired 1", "released 0", "released 0"]
    from mobile_app.platforms.android.power import AndroidRadio

    assert AndroidRadio().is_on() is True and AndroidRadio().is_metered() is False
    fact("wifi", False)
    assert AndroidRadio().is_on() is True and AndroidRadio().is_metered() is True
    fact("wifi", True)
    fact("internet", False)
    assert AndroidRadio().is_on() is False
    fact("network", False)
    radio = AndroidRadio()
    heard()
    assert [radio.is_on() for _ in range(20)] == [False] * 20 and heard() == ["network asked"]
    fact("network", True)
    fact("internet", True)


def story_the_push_token_comes_and_a_changed_one_too() -> None:
    tokens: list[str] = []
    (android.folder() / "push").mkdir(parents=True, exist_ok=True)
    autoclass("com.google.firebase.messaging.FirebaseMessagingService")
    service = autoclass("org.ansim.phone.PushService")()
    service.onNewToken("token-1")
    part.device.push.token(tokens.append)
    until(lambda: len(tokens) == 2)
    assert tokens == ["token-1", "token-2"]
    from mobile_app.platforms.android.push import AndroidPush

    fact("firebase", False)
    AndroidPush(android.folder() / "push").token(tokens.append)
    assert len(tokens) == 2, "a build without a project has no pushes"
    fact("firebase", True)


def story_a_push_shows_itself_and_is_kept_for_python() -> None:
    service = autoclass("org.ansim.phone.PushService")()
    folder = android.folder() / "push"
    heard()
    data = autoclass("java.util.HashMap")()
    for key, value in (("kind", "sos"), ("alert_id", "0190"), ("link", "https://home.example/follow/x")):
        data.put(key, value)
    service.onMessageReceived(autoclass("com.google.firebase.messaging.RemoteMessage")(data))
    shown = heard()
    assert len(shown) == 1 and shown[0].startswith("notify push message "), "once"
    assert "VIEW https://home.example/follow/x" in shown[0] and "full_screen=true" in shown[0]
    kept = [path for path in folder.iterdir() if path.suffix == ".json"]
    assert [json.loads(path.read_text())["alert_id"] for path in kept] == ["0190"]
    data.put("link", "intent://evil")
    service.onMessageReceived(autoclass("com.google.firebase.messaging.RemoteMessage")(data))
    assert "evil" not in heard()[0], "only an https address is opened"
    for number in range(70):
        data.put("alert_id", str(number))
        service.onMessageReceived(autoclass("com.google.firebase.messaging.RemoteMessage")(data))
    assert len([path for path in folder.iterdir() if path.suffix == ".json"]) == 50, "bounded"


def story_the_help_key_reaches_the_guard_even_when_it_wakes_it() -> None:
    presses: list[int] = []
    service = guard_process()
    intent = autoclass("android.content.Intent")("android.intent.action.ASSIST")
    heard()
    autoclass("org.ansim.phone.HelpKeyActivity")().create(intent)
    assert heard() == ["service  org.ansim.phone.ServiceGuard key", "finish"]
    key = autoclass("android.content.Intent")().putExtra("org.ansim.phone.TOLD", "key")
    service.onStartCommand(key, 0, 1)
    assert part.device.hardware_key.listen(lambda: presses.append(1)) is True
    assert presses == [1] * PRESSES, "pressed before Python listened; a long press is meant"
    service.onStartCommand(key, 0, 2)
    assert presses == [1] * (2 * PRESSES)
    autoclass("org.ansim.phone.HelpKeyActivity")().create(autoclass("android.content.Intent")("other"))
    assert [line for line in heard() if line.startswith("service")] == []


def story_after_boot_only_who_wants_it() -> None:
    service, receiver = guard_process(), autoclass("org.ansim.phone.BootReceiver")()
    booted = autoclass("android.content.Intent")("android.intent.action.BOOT_COMPLETED")
    android.start_at_boot(False)
    heard()
    receiver.onReceive(service, booted)
    assert heard() == []
    android.start_at_boot(True)
    receiver.onReceive(service, autoclass("android.content.Intent")("something.else"))
    assert heard() == []
    receiver.onReceive(service, booted)
    assert heard() == ["foreground service  org.ansim.phone.ServiceGuard guard.py"]


def story_readiness_is_looked_at_and_mended() -> None:
    guard_process()
    for permission in ALL:
        World.deny(permission)
    checks = {check.name: check for check in part.device.readiness.checks()}
    assert tuple(checks) == CHECKS
    assert {name for name, check in checks.items() if check.state == OK} == {
        "location_on",
        "accelerometer",
        "data",
        "push",
    }
    assert checks["sms"].is_fixable and checks["help_key"].is_optional and not checks["location"].is_optional
    assert part.device.readiness.fix("location") is False, "the guard has no window"
    window_process()
    heard()
    readiness = part.surface.readiness
    assert readiness.fix("location") is True
    assert heard() == ["request [android.permission.ACCESS_FINE_LOCATION, android.permission.ACCESS_COARSE_LOCATION]"]
    assert readiness.fix("location") is True
    assert heard() == ["activity android.settings.APPLICATION_DETAILS_SETTINGS package:org.ansim.phone"], "refused once"
    assert readiness.fix("battery_optimiser") and readiness.fix("clock") and readiness.fix("help_key")
    assert heard() == [
        "activity android.settings.REQUEST_IGNORE_BATTERY_OPTIMIZATIONS package:org.ansim.phone",
        "activity android.settings.DATE_SETTINGS",
        "component org.ansim.phone.HelpKeyActivity 1 1",
        "activity android.settings.VOICE_INPUT_SETTINGS",
    ]
    assert readiness.fix("accelerometer") is False
    for permission in ALL:
        World.grant(permission)
    for name in ("auto_time", "ignores battery", "full screen", "assistant"):
        fact(name, 1)
    states = [check.state for check in readiness.checks()]
    assert states == [OK] * len(CHECKS) and not any(check.is_fixable for check in readiness.checks())
    assert "service  org.ansim.phone.ServiceGuard permissions" in heard(), "the guard hears of it"
    World.missing.add("android.hardware.telephony")
    sms = next(check for check in readiness.checks() if check.name == "sms")
    assert (sms.state, sms.is_fixable) == (MISSING, False)
    fact("in front", False)
    assert len(readiness.checks()) == len(CHECKS), "told to nobody, but looked at"
    fact("in front", True)


def story_a_native_text_field() -> None:
    window_process()
    dialog, answers = autoclass("android.app.AlertDialog"), []
    for which, text in ((-1, "무서워요"), (-2, None), (0, None)):
        dialog.last = None
        heard()
        assert part.surface.text_prompt.ask("메시지", "무서워요", answers.append) is True
        assert part.surface.text_prompt.ask("또", "", answers.append) is False, "one at a time"
        until(lambda: dialog.last)
        assert heard() == ["dialog 메시지"]
        dialog.last.press(which)
        assert answers[-1:] == [text] and len(answers) == {-1: 1, -2: 2, 0: 3}[which]
    guard_process()
    assert part.surface.text_prompt.ask("x", "", answers.append) is False


def story_insets_in_dp_only_where_the_bars_cover_the_window() -> None:
    window_process()
    assert part.surface.insets.current() == (24.0, 48.0)
    autoclass("android.os.Build$VERSION").SDK_INT = 34
    java.api.cache_clear()
    from mobile_app.platforms.android.window import AndroidInsets

    assert AndroidInsets().current() == (0.0, 0.0)
    autoclass("android.os.Build$VERSION").SDK_INT = 36
    java.api.cache_clear()


def story_another_face() -> None:
    window_process()
    disguise = part.surface.disguise
    assert disguise.choices() == ("ansim", "notes", "weather", "calculator")
    heard()
    assert disguise.wear("notes") is True and disguise.wear("nonsense") is False
    until(lambda: any(line == "task @string/icon_notes" for line in heard()) or None)
    disguise.wear("weather")
    lines: list[str] = []
    until(lambda: lines.extend(heard()) or "task @string/icon_weather" in lines)
    components = [line for line in lines if line.startswith("component")]
    assert components[0] == "component org.ansim.phone.Icon_weather 1 1", "the new icon first"
    assert sorted(line.split()[2] for line in components) == ["1", "2", "2", "2"]
    disguise.veil(True)
    lines.clear()
    until(lambda: lines.extend(heard()) or "recents false" in lines)
    assert "flags +8192" in lines


def story_the_window_starts_the_guard() -> None:
    window_process()
    heard()
    android.Guard().begin()
    assert heard() == ["foreground service  org.ansim.phone.ServiceGuard guard.py"]
