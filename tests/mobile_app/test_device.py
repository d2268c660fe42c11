"""What the service does with the device (siren, strobe, notice, captures, sensors), and the desktop's twins of it."""

from __future__ import annotations

import http.server
import json
import threading
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mobile_app.core import signals
from mobile_app.core.profiles import LOUD, Profiles
from mobile_app.platforms.desktop import BadSimulation, Desktop
from mobile_app.platforms.desktop_telephony import TwinSms
from mobile_app.ports import ALERT, MISSING, NEUTRAL, OK, Check, Unavailable
from tests.mobile_app.local_router import LocalRouter
from tests.mobile_app.running import Running, fix, until

LOUD_HOLD = Profiles(hold=LOUD)


class Listed:
    """Captures that only remember."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def begin(self, alert_id: str) -> None:
        self.asked.append(("begin", alert_id))

    def end(self, alert_id: str) -> None:
        self.asked.append(("end", alert_id))

    def try_way(self, alert_id: str) -> None:
        self.asked.append(("try_way", alert_id))

    async def close(self) -> None:
        self.asked.append(("close", ""))


def hold(on: Running) -> None:
    now_s = time.monotonic()
    on.phone.apply_at(signals.HoldStarted(), now_s - 1.2)
    on.phone.apply_at(signals.HoldReleased(), now_s)


async def test_a_loud_alert_is_heard_and_seen_until_she_stops_it_and_a_broken_part_stops_nothing(
    start: Any,
    router: LocalRouter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on = await start(profiles=LOUD_HOLD, is_scream_on=True, countdown_s=0.5)
    captures = Listed()
    on.phone._doing._captures = captures

    def broken(_: tuple[int, ...]) -> None:
        raise OSError("no motor")

    monkeypatch.setattr(on.device.vibrator, "vibrate", broken)
    assert on.device.microphone.heard is not None, "it listens for screams"
    hold(on)
    await until(lambda: router.phases() == ["pre"])
    assert not on.device.speaker.played and ALERT in on.device.notifier.shown, "a pre-alert is never loud"
    await until(lambda: router.phases() == ["pre", "active"])
    await until(lambda: on.device.speaker.played == ["siren"] and len(on.device.torch.switched) > 2)
    alert_id = router.alerts[0]["alert_id"]
    assert captures.asked == [("begin", alert_id)] and on.device.microphone.heard is None, "the recorder needs it"
    on.phone.ring(True)
    on.phone.tell(signals.NoiseStopped())
    await until(lambda: on.device.speaker.played == ["siren", ""])
    await until(lambda: on.device.torch.switched[-1] is False and on.views[-1].is_noisy is False)
    assert on.views[-1].phase == "active", "the alert goes on"
    on.phone.enter_pin("1234")
    await until(lambda: on.views[-1].phase == "idle" and ("end", alert_id) in captures.asked)
    assert on.device.notifier.shown == {NEUTRAL: ("", "")} and on.device.microphone.heard is not None


async def test_a_covert_alert_shows_nothing_and_says_where_and_how_high_she_is(
    start: Any,
    router: LocalRouter,
) -> None:
    on = await start(home_address="안양로 1", home_floor="7", blood_type="A+")
    on.phone.tell(signals.AtHome(True))
    for second in range(30):
        on.device.barometer.give(float(second), 1000.0)
    on.device.location.give(fix())
    await until(lambda: on.views and on.views[-1].is_at_home and on.views[-1].fixed_at)
    for second in range(30, 90):
        on.device.barometer.give(float(second), 1000.0 - 1.08)  # nine metres up
    before, told = on.views[-1], len(on.device.notifier.told)
    for _ in range(5):
        on.phone.tell(signals.Tapped())
    await until(lambda: router.alerts and router.lines)
    caller = router.alerts[0]["caller"]["profile"]
    assert router.alerts[0]["trigger"] == "tap" and caller["call"] == "silent" and caller["home_floor"] == "7"
    assert caller["floor_hint"].startswith("+3 ±") and caller["blood_type"] == "A+"
    await until(lambda: "active" in router.phases() or "pre" in router.phases())
    assert on.views[-1] == before and not on.device.vibrator.felt and len(on.device.notifier.told) == told
    assert on.device.location.plans[-1] == (1.0, True), "a place every second now"
    router.positions.clear()
    on.device.battery.level = 4
    await until(lambda: "last_gasp" in on.names() and router.positions)


async def test_without_data_a_text_goes_and_the_call_is_offered(
    start: Any,
    router: LocalRouter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mobile_app.core.ladder.DIAL_AFTER_S", 3.0)
    on = await start(countdown_s=0.0, sos_text_number="01000001119", device_ref="A" * 26, device_key="00" * 16)
    on.device.radio.on = False
    hold(on)
    await until(lambda: on.device.sms.sent, within_s=15)
    to, text = on.device.sms.sent[0]
    assert to == "01000001119" and text.startswith("ANSIM1;")
    await until(lambda: on.views[-1].dial == "112" and on.views[-1].is_offline, within_s=15)
    on.device.radio.on = True
    await until(lambda: router.phases() == ["active"] and on.views[-1].dial == "", within_s=15)
    assert len(on.device.sms.sent) == 1


async def test_readiness_knows_the_clock_better_than_the_device(start: Any, router: LocalRouter) -> None:
    on = await start()
    on.device.readiness.given = [Check("sms", OK), Check("clock", OK)]
    assert [one.state for one in await on.phone._readiness()] == [OK, OK]
    on.phone._clock.observe(fix(7200).fixed_at, asked_s=time.monotonic(), answered_s=time.monotonic())
    assert [one.state for one in await on.phone._readiness()] == [OK, MISSING]


# ---- the desktop's twins ---------------------------------------------------------------------------------------------


class Gateway(http.server.BaseHTTPRequestHandler):
    taken: list[tuple[str | None, dict[str, str]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.taken.append((self.headers["Authorization"], body))
        self.send_response(202 if body["to"] != "0" else 422)
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def gateway() -> Iterator[str]:
    server = http.server.HTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/sms"
    server.shutdown()
    server.server_close()


def test_the_twin_of_text_messages_posts_them_and_says_when_they_did_not_leave(
    gateway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIM_PHONE_SMS_KEY", "ansk_test")
    sms = TwinSms(gateway, "01012345678")
    assert sms.send(to="01000001119", text="ANSIM1;…") and not sms.send(to="0", text="refused")
    assert Gateway.taken[0] == ("Bearer ansk_test", {"from": "01012345678", "to": "01000001119", "text": "ANSIM1;…"})
    sms.has_signal = False
    assert not sms.send(to="01000001119", text="x") and not TwinSms("http://127.0.0.1:9").send(to="1", text="x")
    assert TwinSms().send(to="1", text="shown") and list(sms.sent) == [("01000001119", "ANSIM1;…")]


def test_secrets_are_private_and_what_is_sealed_opens_only_as_it_was(tmp_path: Path) -> None:
    device = Desktop(folder=tmp_path).device
    sealed = device.sealer.seal(b"photo")
    assert b"photo" not in sealed and Desktop(folder=tmp_path).device.sealer.open(sealed) == b"photo"
    for changed in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:20], b""):
        with pytest.raises(ValueError, match="changed"):
            device.sealer.open(changed)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0
    device.secrets.put("more", b"\x00\xff")
    device.secrets.remove("nothing")
    assert device.secrets.get("more") == b"\x00\xff" and device.secrets.get("none") is None
    with pytest.raises(Unavailable):
        Desktop().device.sealer.seal(b"x")


def test_a_recording_is_sound_a_photo_is_a_picture(tmp_path: Path) -> None:
    device, ended = Desktop(folder=tmp_path).device, threading.Event()
    assert device.recorder.start(tmp_path / "a.wav", seconds=30, ended=lambda good: ended.set() if good else None)
    assert not device.recorder.start(tmp_path / "b.wav", seconds=1, ended=lambda _: None), "one at a time"
    time.sleep(0.1)
    device.recorder.stop()
    assert ended.wait(15)
    with wave.open(str(tmp_path / "a.wav")) as sound:
        assert sound.getframerate() == 16_000 and sound.getnframes() > 100
    assert device.camera.photo(tmp_path / "a.jpg", lens="back") and not device.camera.photo(tmp_path / "c", lens="side")
    assert (tmp_path / "a.jpg").read_bytes()[:3] == b"\xff\xd8\xff"


def test_the_panel_reaches_every_part_and_a_bad_wish_is_one_sentence() -> None:
    desktop = Desktop()
    for facts in (
        {"what": "radio", "on": False}, {"what": "battery", "percent": 3}, {"what": "lost", "on": True},
        {"what": "signal", "on": False}, {"what": "stand", "lat": 37.4, "lon": 126.9},
        {"what": "missing", "name": "sms"},
        {"what": "play", "samples": [[0.0, 0, 0, 9.8], [0.02, 0, 0, 9.8]]}, {"what": "pressure", "hpa": 1000},
        {"what": "walk", "points": [[0, 37.4, 126.9, 5], [1, 37.4, 126.9, 5]]}, {"what": "key"},
    ):  # fmt: skip
        desktop.simulate(facts)
    state = desktop.state()
    assert (state["is_on"], state["battery"], state["is_lost"], state["has_signal"]) == (False, 3, True, False)
    json.dumps(state)
    for facts in ({}, {"what": "fly"}, {"what": "stand", "lat": 126.9, "lon": 37.4},
                  {"what": "play", "path": "/nowhere"},
                  {"what": "battery", "percent": "full"}, {"what": "walk", "points": [[1, 2]]}):  # fmt: skip
        with pytest.raises(BadSimulation):
            desktop.simulate(facts)
