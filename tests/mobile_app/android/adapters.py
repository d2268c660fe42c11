"""Runs in the check's own environment: the real adapters, by the real pyjnius, on a desktop JVM against our stubs.

`python adapters.py CLASSES`: each `story_…` is told in one JVM, in order of the file. A wrong signature, a callback
that nobody holds, a missing flag or a call in the wrong order ends as a failed story. What stubs can't say (whether
Android does what its documentation says) stays open: docs/phone.md, section 10.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jnius_config

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))
jnius_config.set_classpath(*sys.argv[1:])

from jnius import autoclass  # noqa: E402  the classpath comes first

from mobile_app.platforms import android  # noqa: E402
from mobile_app.platforms.android import java  # noqa: E402
from mobile_app.ports import ALERT, CHECKS, MESSAGE, MISSING, NEUTRAL, OK, RING, SIREN, Surface, Unavailable  # noqa: E402

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


def story_the_guard_starts_with_the_types_that_are_permitted() -> None:
    service = guard_process()
    start = autoclass("org.ansim.phone.ServiceGuard").getDefaultIntent(service, "", "", "", "")
    for permission in ALL:
        World.deny(permission)
    assert service.onStartCommand(start, 0, 1) == 1, "sticky"
    shown = until(lambda: [line for line in heard() if line.startswith("foreground 1")])[0]
    assert f"types={SPECIAL} neutral" in shown and "title=@string/channel_neutral" in shown and "visibility=-1" in shown
    World.grant("ACCESS_COARSE_LOCATION")
    World.grant("RECORD_AUDIO")
    told = autoclass("android.content.Intent")().putExtra("org.ansim.phone.TOLD", "permissions")
    assert service.onStartCommand(told, 0, 2) == 1
    assert any(f"types={SPECIAL | LOCATION | MICROPHONE} " in line for line in heard())
    fact("foreground refused", True)
    assert service.onStartCommand(told, 0, 3) == 1, "refused is no crash"
    fact("foreground refused", False)
    heard()


def story_an_older_android_gets_no_type_that_it_does_not_know() -> None:
    service, version = guard_process(), autoclass("android.os.Build$VERSION")
    World.grant("CAMERA")
    for api, types in ((29, LOCATION), (33, LOCATION | MICROPHONE | CAMERA)):
        version.SDK_INT = api
        heard()
        service.onStartCommand(
            autoclass("android.content.Intent")().putExtra("org.ansim.phone.TOLD", "permissions"), 0, 4
        )
        assert any(f"types={types} " in line for line in heard()), api
    version.SDK_INT = 36


def story_samples_come_in_order_with_the_sensors_time() -> None:
    manager, samples = autoclass("android.hardware.SensorManager"), []
    DEVICE.accelerometer.listen(lambda *sample: samples.append(sample))
    assert "sensor 20000 0" in heard(), "50 Hz, and no batching by the sensor"
    manager.shake(50)
    assert len(samples) == 50 and samples[:2] == [(1.0, 0.0, 0.0, samples[0][3]), (1.02, 1.0, -1.0, samples[0][3])]
    assert abs(samples[0][3] - 9.81) < 1e-5
    readings: list[tuple[float, float]] = []
    assert DEVICE.barometer.listen(lambda *reading: readings.append(reading))
    manager.press(2_500_000_000, 1013.25)
    assert readings == [(2.5, 1013.25)]


def story_a_listener_that_fails_ends_nothing() -> None:
    def fail(*_: float) -> None:
        raise ValueError("on purpose: a traceback above is expected")

    from mobile_app.platforms.android.sensors import AndroidAccelerometer

    own, samples = AndroidAccelerometer(), []
    own.listen(lambda *sample: samples.append(sample))
    own.listen(fail)
    autoclass("android.hardware.SensorManager").shake(10)
    assert len(samples) == 2, "the first reading of each batch was heard, and the process lives"


def story_a_phone_without_a_barometer_says_so() -> None:
    from mobile_app.platforms.android.sensors import AndroidBarometer

    World.missing.add("sensor 6")
    assert AndroidBarometer().listen(print) is False


def story_places_follow_plan_and_permission() -> None:
    for permission in ALL[:2]:
        World.deny(permission)
    places: list[Any] = []
    DEVICE.location.listen(places.append)
    heard()
    DEVICE.location.plan(interval_s=1.0, is_high_accuracy=True)
    assert heard() == [], "nothing is asked for without a permission"
    World.grant("ACCESS_COARSE_LOCATION")
    DEVICE.location.plan(interval_s=1.0, is_high_accuracy=True)
    assert heard() == ["no updates", "updates fused 1000 0.0"]
    World.grant("ACCESS_FINE_LOCATION")
    DEVICE.location.apply()
    assert heard() == ["no updates", "updates fused 1000 0.0", "updates gps 1000 0.0"]
    DEVICE.location.plan(interval_s=1.0, is_high_accuracy=True)
    assert heard() == [], "the same plan asks for nothing new"
    DEVICE.location.plan(interval_s=60.0, is_high_accuracy=False)
    assert heard() == ["no updates", "updates fused 60000 0.0"]
    manager = autoclass("android.location.LocationManager")
    before = datetime.now(UTC)
    manager.fix("gps", 2000, False, False)
    manager.fix("fused", 0, True, True)
    one, bare = places[0], places[1]
    assert len(places) == 3, "one alone, two in a list"
    assert (one.lat, one.lon, one.accuracy_m, one.source) == (37.3943123, 126.9568123, 12.3, "gps")
    assert (one.speed_mps, one.heading_deg) == (1.26, 271.0)
    assert 1.0 < (before - one.fixed_at).total_seconds() < 3.0, "the time of the fix, not of its arrival"
    assert (bare.accuracy_m, bare.speed_mps, bare.heading_deg, bare.source) == (5000.0, None, None, "fused")


def story_texts_go_in_parts_and_the_networks_answer_counts() -> None:
    World.deny("SEND_SMS")
    assert DEVICE.sms.send(to="15991234", text="짧은 글") is False
    World.grant("SEND_SMS")
    heard()
    assert in_another_thread(lambda: DEVICE.sms.send(to="15991234", text="가" * 150)) is True
    assert heard() == ["receiver org.ansim.phone.SMS_SENT 4", "sms 15991234 3 parts " + "가" * 150]
    fact("sms result", 4)
    assert DEVICE.sms.send(to="15991234", text="SOS") is False, "no service"
    fact("sms result", -1)
    from mobile_app.platforms.android import calling

    fact("sms silent", True)
    calling.SENT_WAIT_S = 0.3
    assert DEVICE.sms.send(to="15991234", text="SOS") is False, "no answer is no success"
    fact("sms silent", False)
    heard()
    assert DEVICE.dialer.dial("112") is True
    assert heard() == ["activity android.intent.action.DIAL tel:112"]


def story_light() -> None:
    heard()
    assert DEVICE.torch.set(True) and DEVICE.torch.set(False)
    assert heard() == ["torch 1 true", "torch 1 false"], "the camera that has a flash"
    fact("camera taken", True)
    assert DEVICE.torch.set(True) is False
    fact("camera taken", False)


def story_the_siren_takes_the_volume_and_gives_it_back() -> None:
    heard()
    assert DEVICE.speaker.play(SIREN) and DEVICE.speaker.play(SIREN)
    lines = heard()
    assert lines[0] == "volume 4 15" and "track usage=4 rate=22050 mode=0" in lines and "track plays" in lines
    assert "speaker 2" in lines and not any("-2" in line.split()[:1] for line in lines)
    written = next(line for line in lines if line.startswith("written")).split()
    assert written[1] == written[3] and int(written[5]) > 30_000, "whole, and loud"
    loop = next(line for line in lines if line.startswith("loop")).split()
    assert loop[1:] == ["0", loop[2], "of", loop[2], "-1"], "all of it, for ever"
    # killed now, the next start gives the volume back
    from mobile_app.platforms.android.sound import AndroidSpeaker

    AndroidSpeaker(android.folder() / "alarm_volume")
    assert heard() == ["volume 4 3"]
    DEVICE.speaker.stop()
    assert heard() == ["track stops", "track released"]
    fact("do not disturb", True)
    assert DEVICE.speaker.play(SIREN), "as loud as it is allowed to be"
    DEVICE.speaker.stop()
    fact("do not disturb", False)
    (android.folder() / "alarm_volume").unlink(missing_ok=True)


def story_a_fake_call_rings_like_a_call() -> None:
    heard()
    assert DEVICE.speaker.play(RING)
    DEVICE.speaker.stop()
    assert heard() == ["ring loops true", "ring plays", "ring stops"]
    fact("ringer", 0)
    assert DEVICE.speaker.play(RING) is False, "silenced"
    assert DEVICE.speaker.play("unknown") is False
    fact("ringer", 2)


def story_sound_is_recorded_for_a_time_or_until_it_is_stopped() -> None:
    ends: list[bool] = []
    path = android.folder() / "sound.m4a"
    World.deny("RECORD_AUDIO")
    assert DEVICE.recorder.start(path, seconds=1, ended=ends.append) is False
    World.grant("RECORD_AUDIO")
    heard()
    assert DEVICE.recorder.start(path, seconds=0.05, ended=ends.append) is True
    assert DEVICE.recorder.start(path, seconds=1, ended=ends.append) is False, "one at a time"
    until(lambda: ends)
    assert ends == [True] and path.read_bytes() == b"m4a" and heard() == ["records", "recorder released"]
    assert DEVICE.recorder.start(path, seconds=60, ended=ends.append)
    fact("nothing heard", True)
    DEVICE.recorder.stop()
    DEVICE.recorder.stop()
    assert ends == [True, False]
    fact("nothing heard", False)
    fact("microphone taken", True)
    heard()
    assert DEVICE.recorder.start(path, seconds=1, ended=ends.append) is False
    assert DEVICE.microphone.listen(lambda _: None) is False
    assert heard() == ["recorder released", "hears at 16000", "microphone released"]
    fact("microphone taken", False)


def story_the_microphone_gives_samples_until_it_is_stopped() -> None:
    frames: list[bytes] = []
    assert DEVICE.microphone.listen(frames.append) is True
    until(lambda: len(frames) >= 2)
    DEVICE.microphone.stop()
    count = len(frames)
    assert len(frames[0]) == 3200 and frames[0][:3] == b"\0\1\2" and frames[0][255] == 255, "100 ms, no sign lost"
    assert frames[1][0] == 3200 % 256
    time.sleep(0.1)
    assert len(frames) == count


def story_a_photo_by_either_lens() -> None:
    path = android.folder() / "photo.jpg"
    heard()
    assert in_another_thread(lambda: DEVICE.camera.photo(path, lens="back")) is True
    lines = heard()
    assert lines[:3] == ["reader 1920x1080 256", "camera 1", "template 1"] and "camera closed" in lines
    *size, frame = path.read_text().split()
    assert size == ["jpeg", "1920x1080", "frame"] and int(frame) >= 8, "the exposure had settled"
    World.missing.add("front camera")
    assert DEVICE.camera.photo(path, lens="front") is False
    fact("camera taken", True)
    assert DEVICE.camera.photo(path, lens="back") is False
    fact("camera taken", False)
    World.deny("CAMERA")
    assert DEVICE.camera.photo(path, lens="back") is False


def story_secrets_need_this_phones_key() -> None:
    store = autoclass("stub.Keystore")
    try:
        DEVICE.secrets.put("device_key", b"x")
    except Unavailable:
        pass
    else:
        raise AssertionError("kept without a key store")
    store.install()
    heard()
    DEVICE.secrets.put("device_key", bytes(range(256)))
    assert heard() == ["key ansim 256 purposes=3 modes=[GCM] paddings=[NoPadding]"]
    kept = android.folder() / "secrets" / "device_key"
    assert DEVICE.secrets.get("device_key") == bytes(range(256))
    assert bytes(range(32)) not in kept.read_bytes() and kept.stat().st_mode & 0o77 == 0
    DEVICE.secrets.put("device_key", b"")
    assert DEVICE.secrets.get("device_key") == b""
    kept.write_bytes(kept.read_bytes()[:-1] + b"\0")
    assert DEVICE.secrets.get("device_key") is None, "changed"
    DEVICE.secrets.remove("device_key")
    DEVICE.secrets.remove("device_key")
    assert DEVICE.secrets.get("device_key") is None
    for name in ("../x", "", "A", "x/y"):
        try:
            DEVICE.secrets.get(name)
        except ValueError:
            continue
        raise AssertionError(name)


def story_what_is_sealed_opens_again_and_nowhere_else() -> None:
    data = os.urandom(100_000)
    sealed = in_another_thread(lambda: DEVICE.sealer.seal(data))
    assert len(sealed) == len(data) + 28 and DEVICE.sealer.open(sealed) == data
    assert DEVICE.sealer.seal(data) != sealed, "a nonce of its own"
    for bad in (sealed[:-1], b"", sealed[:20], bytes([sealed[0] ^ 1]) + sealed[1:]):
        try:
            DEVICE.sealer.open(bad)
        except ValueError:
            continue
        raise AssertionError("opened what was changed")
    began_s = time.monotonic()
    for _ in range(10):
        DEVICE.sealer.seal(data)
    print(f"     sealing 100 kB: {(time.monotonic() - began_s) * 100:.1f} ms")
    from mobile_app.platforms.android.secret_store import AndroidSealer

    again = AndroidSealer(DEVICE.secrets)
    assert again.open(sealed) == data, "after a restart"
    autoclass("stub.Keystore").lose()
    assert DEVICE.secrets.get("captures") is None, "a restored backup has no key"


def story_notifications() -> None:
    guard_process()
    World.grant("POST_NOTIFICATIONS")
    heard()
    assert DEVICE.notifier.show(ALERT, "도움 요청 중", "안양시", is_urgent=True)
    assert DEVICE.notifier.show(NEUTRAL, "", "", is_urgent=True)
    assert DEVICE.notifier.show(MESSAGE, "메시지", "왔어요", is_urgent=True)
    alert, neutral, message = (line for line in heard() if not line.startswith(("channel", "log")))
    assert alert.startswith("foreground 1 ") and " alert " in alert and "full_screen=true" in alert
    assert "neutral" in neutral and "full_screen" not in neutral and "category" not in neutral
    assert message.startswith("notify ansim-message message ") and "full_screen=true" in message
    DEVICE.notifier.clear(ALERT)
    DEVICE.notifier.clear(MESSAGE)
    cleared = heard()
    assert " neutral " in cleared[0] and cleared[1] == "cancel ansim-message"
    World.deny("POST_NOTIFICATIONS")
    assert DEVICE.notifier.show(MESSAGE, "메시지", "왔어요") is False, "it can't be seen"


def story_awake_and_connected() -> None:
    heard()
    DEVICE.wake_lock.keep(True)
    DEVICE.wake_lock.keep(True)
    DEVICE.wake_lock.keep(False)
    DEVICE.wake_lock.keep(False)
    assert heard() == ["acquired 1", "acquired 1", "released 0", "released 0"]
    from mobile_app.platforms.android.power import AndroidRadio

    assert AndroidRadio().is_on() is True
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
    DEVICE.push.token(tokens.append)
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
    import json

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
    assert DEVICE.hardware_key.listen(lambda: presses.append(1)) is True
    assert presses == [1], "pressed before Python listened"
    service.onStartCommand(key, 0, 2)
    assert presses == [1, 1]
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
    checks = {check.name: check for check in DEVICE.readiness.checks()}
    assert tuple(checks) == CHECKS
    assert {name for name, check in checks.items() if check.state == OK} == {
        "location_on",
        "accelerometer",
        "data",
        "push",
    }
    assert checks["sms"].is_fixable and checks["help_key"].is_optional and not checks["location"].is_optional
    assert DEVICE.readiness.fix("location") is False, "the guard has no window"
    window_process()
    heard()
    readiness = SURFACE.readiness
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
        assert SURFACE.text_prompt.ask("메시지", "무서워요", answers.append) is True
        assert SURFACE.text_prompt.ask("또", "", answers.append) is False, "one at a time"
        until(lambda: dialog.last)
        assert heard() == ["dialog 메시지"]
        dialog.last.press(which)
        assert answers[-1:] == [text] and len(answers) == {-1: 1, -2: 2, 0: 3}[which]
    guard_process()
    assert SURFACE.text_prompt.ask("x", "", answers.append) is False


def story_insets_in_dp_only_where_the_bars_cover_the_window() -> None:
    window_process()
    assert SURFACE.insets.current() == (24.0, 48.0)
    autoclass("android.os.Build$VERSION").SDK_INT = 34
    java.api.cache_clear()
    from mobile_app.platforms.android.window import AndroidInsets

    assert AndroidInsets().current() == (0.0, 0.0)
    autoclass("android.os.Build$VERSION").SDK_INT = 36
    java.api.cache_clear()


def story_another_face() -> None:
    window_process()
    disguise = SURFACE.disguise
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


def main() -> int:
    global DEVICE, SURFACE
    failed = 0
    with tempfile.TemporaryDirectory() as files:
        fact("files", files)
        window_process()
        SURFACE = android.surface()
        guard_process()
        DEVICE = android.device()
        stories = {name: tell for name, tell in globals().items() if name.startswith("story_")}
        for name, tell in stories.items():
            words = name.removeprefix("story_").replace("_", " ")
            try:
                tell()
            except Exception:
                failed += 1
                traceback.print_exc(file=sys.stdout)
                print(f"FAIL {words}")
            else:
                print(f"ok   {words}")
    print(f"{len(stories) - failed} passed, {failed} failed", flush=True)
    os._exit(1 if failed else 0)  # not through the JVM's shutdown, which may wait for its threads


DEVICE: Any = None
SURFACE: Surface

if __name__ == "__main__":
    main()
