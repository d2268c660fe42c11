"""The simulated cameras speak RTSP like real ones and are kind to the machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import datetime

import av
import psutil
import pytest

from server.demo import night_street
from server.demo.cameras import CameraSpec, City, read_spec
from server.demo.night_street import KST, NightStreet, age_s, read_strip
from tests.video.conftest import SPEC, RunningCity, start_city

OPTIONS = {"probesize": "32", "analyzeduration": "0"}


def play(url: str, count: int, transport: str = "tcp") -> list[tuple[float, av.VideoFrame]]:
    """(Unix time, picture) of the first `count` pictures."""
    with av.open(url, options={**OPTIONS, "rtsp_transport": transport}, timeout=(5, 5)) as camera:
        frames: list[tuple[float, av.VideoFrame]] = []
        for frame in camera.decode(video=0):
            frames.append((time.time(), frame))
            if len(frames) == count:
                break
        return frames


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_every_picture_is_there_and_fresh_over_both_transports(city: RunningCity, transport: str) -> None:
    frames = play(city.url("quiet-10"), 14, transport)
    lumas = [frame.to_ndarray(format="gray") for _, frame in frames]
    numbers = [read_strip(luma)[1] for luma in lumas]
    counters = [(number - numbers[0]) % 65_536 for number in numbers]
    assert counters == sorted(set(counters)), "repeated or out of order"
    ages = [age_s(luma, at) for luma, (at, _) in zip(lumas, frames, strict=True)]
    assert min(ages) < 1.0, "of now, however late this reader had its turn"
    taken_s = (frames[-1][0] - ages[-1]) - (frames[0][0] - ages[0])
    steps = counters[-1] - counters[0]
    assert taken_s == pytest.approx(steps / 10, abs=0.15), "ten a second by the wall clock; a late one is left out"


def test_name_and_clock_are_in_the_picture() -> None:
    """The same second gives the same clock; another second changes the clock's corner and nothing of the sign."""
    street = NightStreet("a", "정자동 골목", heading_deg=90, width=640, height=360)
    at = datetime(2026, 11, 22, 1, 2, 3, tzinfo=KST).timestamp()
    one, same, later = street.picture(at, 1), street.picture(at, 1), street.picture(at + 1.1, 1)
    assert (one == same).all()
    changed = (one != later)[:32].any(axis=0)
    assert changed[500:].any() and not changed[:400].any()
    other = NightStreet("a", "Jeongja alley", heading_deg=90, width=640, height=360).picture(at, 1)
    assert (one != other)[:32, :300].any()


def test_a_machine_without_korean_letters_shows_the_camera_id_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night_street, "_FONT_FOLDERS", ())
    night_street._font.cache_clear()
    try:
        korean = NightStreet("cam-7", "정자동", heading_deg=0, width=640, height=360).picture(1e9, 1)
        plain = NightStreet("cam-7", "cam-7", heading_deg=0, width=640, height=360).picture(1e9, 1)
        assert (korean == plain).all()
    finally:
        night_street._font.cache_clear()


def test_a_wrong_password_is_refused_and_the_right_one_plays() -> None:
    env = {**os.environ, "CAMERA_PASSWORD": "p@ss"}
    process, city = start_city("--user", "ansim", "--password-env", "CAMERA_PASSWORD", env=env)
    try:
        with pytest.raises(av.error.HTTPUnauthorizedError):
            play(city.url("cam-1").replace("//", "//ansim:wrong@"), 1)
        assert play(city.url("cam-1").replace("//", "//ansim:p%40ss@"), 1)
    finally:
        process.terminate()
        assert process.wait(5) == 0
        process.stdout.close()


def test_unknown_paths_are_refused(city: RunningCity) -> None:
    for path in ("nobody/sub", "cam-1/tiny"):
        with pytest.raises(av.error.HTTPNotFoundError):
            play(f"rtsp://127.0.0.1:{city.port}/{path}", 1)


def test_thirty_cameras_that_nobody_watches_cost_nothing(city: RunningCity) -> None:
    assert len(SPEC) >= 30
    deadline = time.monotonic() + 20  # earlier tests' viewers linger
    while any(camera["viewers"] for camera in city.state().values()) and time.monotonic() < deadline:
        time.sleep(0.2)
    process = psutil.Process(city.pid)
    before = sum(process.cpu_times()[:2])
    time.sleep(1.5)
    assert sum(process.cpu_times()[:2]) - before < 0.15


def test_cameras_end_with_the_process_that_started_them(tmp_path) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text('[{"id": "a", "name": "a"}]', "utf-8")
    starter = (
        "import subprocess, sys, os\n"
        f"p = subprocess.Popen([sys.executable, '-m', 'server.demo.cameras', '--json-spec', {str(spec)!r}],"
        " stdout=subprocess.PIPE)\n"
        "p.stdout.readline(); print(p.pid, flush=True); os._exit(0)\n"
    )
    started = subprocess.run([sys.executable, "-c", starter], capture_output=True, text=True, timeout=20, check=True)
    pid = int(started.stdout)
    deadline = time.monotonic() + 5
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the cameras outlived their parent"
        time.sleep(0.1)


def test_a_wrong_spec_is_named() -> None:
    assert read_spec('[{"id": "a", "heading_deg": null}]') == [CameraSpec("a", "a", 0.0)]
    with pytest.raises(ValueError, match="colour"):
        read_spec('[{"id": "a", "colour": 1}]')
    city = City([CameraSpec("a", "a")])
    with pytest.raises(KeyError):
        city.fault("b", "down")
    with pytest.raises(ValueError, match="freeze"):
        city.fault("a", "explode")
