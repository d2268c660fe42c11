"""Stories of the guard's start, its sensors, texts, light, sound and camera."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from jvm import (
    ALL,
    CAMERA,
    LOCATION,
    MICROPHONE,
    SPECIAL,
    World,
    autoclass,
    fact,
    guard_process,
    heard,
    in_another_thread,
    part,
    until,
)

from mobile_app.platforms import android
from mobile_app.ports import RING, SIREN


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


def story_after_a_boot_it_stands_without_places_until_the_window_comes() -> None:
    service = guard_process()
    start = autoclass("org.ansim.phone.ServiceGuard").getDefaultIntent(service, "", "", "", "")
    World.grant("ACCESS_FINE_LOCATION")
    fact("never in front", True)
    heard()
    service.onStartCommand(start, 0, 1)
    shown = until(lambda: [line for line in heard() if line.startswith("foreground 1")])
    assert f"types={SPECIAL} neutral" in shown[0]
    fact("never in front", False)
    service.onStartCommand(start, 0, 2)
    assert any(f"types={SPECIAL | LOCATION | MICROPHONE} " in line for line in heard()), "the window started it again"
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
    part.device.accelerometer.listen(lambda *sample: samples.append(sample))
    assert "sensor 20000 0" in heard(), "50 Hz, and no batching by the sensor"
    manager.shake(50)
    assert len(samples) == 50 and samples[:2] == [(1.0, 0.0, 0.0, samples[0][3]), (1.02, 1.0, -1.0, samples[0][3])]
    assert abs(samples[0][3] - 9.81) < 1e-5
    readings: list[tuple[float, float]] = []
    assert part.device.barometer.listen(lambda *reading: readings.append(reading))
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
    part.device.location.listen(places.append)
    heard()
    part.device.location.plan(interval_s=1.0, is_high_accuracy=True)
    assert heard() == [], "nothing is asked for without a permission"
    World.grant("ACCESS_COARSE_LOCATION")
    part.device.location.plan(interval_s=1.0, is_high_accuracy=True)
    assert heard() == ["no updates", "updates fused 1000 0.0"]
    World.grant("ACCESS_FINE_LOCATION")
    part.device.location.apply()
    assert heard() == ["no updates", "updates fused 1000 0.0", "updates gps 1000 0.0"]
    part.device.location.plan(interval_s=1.0, is_high_accuracy=True)
    assert heard() == [], "the same plan asks for nothing new"
    part.device.location.plan(interval_s=60.0, is_high_accuracy=False)
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
    assert part.device.sms.send(to="15991234", text="짧은 글") is False
    World.grant("SEND_SMS")
    heard()
    assert in_another_thread(lambda: part.device.sms.send(to="15991234", text="가" * 150)) is True
    assert heard() == ["receiver org.ansim.phone.SMS_SENT 4", "sms 15991234 3 parts " + "가" * 150]
    fact("sms result", 4)
    assert part.device.sms.send(to="15991234", text="SOS") is False, "no service"
    fact("sms result", -1)
    from mobile_app.platforms.android import calling

    fact("sms silent", True)
    calling.SENT_WAIT_S = 0.3
    assert part.device.sms.send(to="15991234", text="SOS") is False, "no answer is no success"
    fact("sms silent", False)
    heard()
    assert part.device.dialer.dial("112") is True
    assert heard() == ["activity android.intent.action.DIAL tel:112"]


def story_light() -> None:
    heard()
    assert part.device.torch.set(True) and part.device.torch.set(False)
    assert heard() == ["torch 1 true", "torch 1 false"], "the camera that has a flash"
    fact("camera taken", True)
    assert part.device.torch.set(True) is False
    fact("camera taken", False)


def story_the_siren_takes_the_volume_and_gives_it_back() -> None:
    heard()
    assert part.device.speaker.play(SIREN) and part.device.speaker.play(SIREN)
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
    part.device.speaker.stop()
    assert heard() == ["track stops", "track released"]
    fact("do not disturb", True)
    assert part.device.speaker.play(SIREN), "as loud as it is allowed to be"
    part.device.speaker.stop()
    fact("do not disturb", False)
    (android.folder() / "alarm_volume").unlink(missing_ok=True)


def story_a_fake_call_rings_like_a_call() -> None:
    heard()
    assert part.device.speaker.play(RING)
    part.device.speaker.stop()
    assert heard() == ["ring loops true", "ring plays", "ring stops"]
    fact("ringer", 0)
    assert part.device.speaker.play(RING) is False, "silenced"
    assert part.device.speaker.play("unknown") is False
    fact("ringer", 2)


def story_sound_is_recorded_for_a_time_or_until_it_is_stopped() -> None:
    ends: list[bool] = []
    path = android.folder() / "sound.m4a"
    World.deny("RECORD_AUDIO")
    assert part.device.recorder.start(path, seconds=1, ended=ends.append) is False
    World.grant("RECORD_AUDIO")
    heard()
    assert part.device.recorder.start(path, seconds=0.05, ended=ends.append) is True
    assert part.device.recorder.start(path, seconds=1, ended=ends.append) is False, "one at a time"
    until(lambda: ends)
    assert ends == [True] and path.read_bytes() == b"m4a" and heard() == ["records", "recorder released"]
    assert part.device.recorder.start(path, seconds=60, ended=ends.append)
    fact("nothing heard", True)
    part.device.recorder.stop()
    part.device.recorder.stop()
    assert ends == [True, False]
    fact("nothing heard", False)
    fact("microphone taken", True)
    heard()
    assert part.device.recorder.start(path, seconds=1, ended=ends.append) is False
    assert part.device.microphone.listen(lambda _: None) is False
    assert heard() == ["recorder released", "hears at 16000", "microphone released"]
    fact("microphone taken", False)


def story_the_microphone_gives_samples_until_it_is_stopped() -> None:
    frames: list[bytes] = []
    assert part.device.microphone.listen(frames.append) is True
    until(lambda: len(frames) >= 2)
    part.device.microphone.stop()
    count = len(frames)
    assert len(frames[0]) == 3200 and frames[0][:3] == b"\0\1\2" and frames[0][255] == 255, "100 ms, no sign lost"
    assert frames[1][0] == 3200 % 256
    time.sleep(0.1)
    assert len(frames) == count


def story_a_photo_by_either_lens() -> None:
    path = android.folder() / "photo.jpg"
    heard()
    assert in_another_thread(lambda: part.device.camera.photo(path, lens="back")) is True
    lines = heard()
    assert lines[:3] == ["reader 1920x1080 256", "camera 1", "template 1"] and "camera closed" in lines
    *size, frame = path.read_text().split()
    assert size == ["jpeg", "1920x1080", "frame"] and int(frame) >= 8, "the exposure had settled"
    World.missing.add("front camera")
    assert part.device.camera.photo(path, lens="front") is False
    fact("camera taken", True)
    assert part.device.camera.photo(path, lens="back") is False
    fact("camera taken", False)
    World.deny("CAMERA")
    assert part.device.camera.photo(path, lens="back") is False
