"""The stand-in has the faults of real cameras, and each can be read from its pictures or its counters."""

from __future__ import annotations

import itertools
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import av
import numpy as np
import psutil
import pytest

from server.demo.films import LOOP_S
from server.demo.night_street import age_s, read_heading, read_strip
from server.video.ingest import _OPTIONS
from tests.video.conftest import RunningCity
from tests.video.test_cameras import OPTIONS, play


@pytest.fixture
def fault(city: RunningCity):
    """Cause faults that are over at the test's end."""
    touched: set[str] = set()

    def cause(camera_id: str, kind: str, **body: object) -> None:
        touched.add(camera_id)
        city.fault(camera_id, kind, **body)

    yield cause
    for camera_id in touched:
        city.fault(camera_id, "clear")


def test_a_film_that_plays_over_and_over_has_its_numbers_and_its_age(city: RunningCity) -> None:
    frames = play(city.url("loop-1"), 7)
    lumas = [frame.to_ndarray(format="gray") for _, frame in frames]
    numbers = [read_strip(luma)[1] for luma in lumas]
    assert [(number - numbers[0]) % 50 for number in numbers] == list(range(7)), "every picture of ten a second"
    assert min(age_s(luma, at, LOOP_S) for luma, (at, _) in zip(lumas, frames, strict=True)) < 1.0


def test_lost_late_and_repeating_pictures_are_seen_in_their_strip(city: RunningCity, fault) -> None:
    for camera_id, kind in (("loop-2", "drop"), ("loop-3", "slow"), ("loop-4", "repeat")):
        fault(camera_id, kind)
    dropping, slow, repeating = _at_once(
        lambda: _numbers(city, "loop-2", 7), lambda: _lumas(city, "loop-3", 3), lambda: _numbers(city, "loop-4", 7)
    )
    steps = {(after - before) % 50 for before, after in itertools.pairwise(dropping)}
    assert steps == {1, 2}, "one picture of each group of five is missing, the others are whole"
    assert all(1.8 < age_s(luma, at, LOOP_S) < 6 for at, luma in slow)
    assert len(set(repeating)) == 1


def test_a_dark_a_covered_and_a_turned_away_camera_look_it_and_keep_their_sign(city: RunningCity, fault) -> None:
    looks = {"dark": "loop-5", "covered": "loop-6", "moved": "loop-7"}
    for look, camera_id in looks.items():
        fault(camera_id, look)
    street, *pictures = _at_once(*(partial(_lumas, city, one, 1) for one in ("loop-8", *looks.values())))
    (_, street) = street[0]
    seen = {look: luma for look, ((_, luma), *_) in zip(looks, pictures, strict=True)}
    for look in looks:
        assert read_strip(seen[look]) is not None
        assert np.abs(seen[look][:32].astype(int) - street[:32]).mean() < 8, "the encoder's writing stays"
    middle = {look: luma[60:300] for look, luma in seen.items()}
    assert middle["dark"].mean() < 20 and middle["covered"].std() < 8
    assert np.corrcoef(middle["moved"].ravel(), street[60:300].ravel())[0, 1] < 0.3


def test_a_control_call_turns_the_camera_and_the_picture_shows_it(city: RunningCity, fault) -> None:
    fault("cam-5", "turn", heading_deg=482.5)
    (_, luma), *_ = _lumas(city, "cam-5", 1)
    assert read_heading(luma) == 122.5
    assert city.state()["cam-5"]["heading_deg"] == 122.5
    fault("cam-5", "turn", heading_deg=225.0)
    with pytest.raises(urllib.error.HTTPError, match="422"):
        city.fault("cam-5", "turn", heading_deg="north")
    with pytest.raises(urllib.error.HTTPError, match="422"):
        city.fault("cam-5", "explode")


def test_what_the_hub_asks_of_a_camera_never_sets_its_audio_up(city: RunningCity) -> None:
    """The counter is not blind: a player without our options does set it up."""
    with av.open(city.url("speaks"), options=_OPTIONS, timeout=(5, 5)) as camera:
        assert [stream.type for stream in camera.streams] == ["video"]
        next(camera.demux())
    assert city.state()["speaks"]["setups"] == {"video": 1, "audio": 0}
    with av.open(city.url("speaks"), options=OPTIONS, timeout=(5, 5)) as camera:
        assert {stream.type for stream in camera.streams} == {"video", "audio"}
    assert city.state()["speaks"]["setups"] == {"video": 2, "audio": 1}


def test_h265_and_udp_only_cameras_play_with_a_decoder_that_can(city: RunningCity) -> None:
    assert _numbers(city, "h265", 2)
    with av.open(city.url("udp-only"), options=_OPTIONS, timeout=(5, 5)) as camera:
        assert next(camera.decode(video=0)).width == 640


def test_twenty_looped_cameras_cost_a_few_percent_of_a_core(city: RunningCity) -> None:
    """Said in processor time, which other work on the machine does not change much."""
    process = psutil.Process(city.pid)
    _at_once(*(partial(_packets, city, f"loop-{n}", 1) for n in range(1, 21)))
    before = sum(process.cpu_times()[:2])
    _at_once(*(partial(_packets, city, f"loop-{n}", 8) for n in range(1, 21)))
    used_s = sum(process.cpu_times()[:2]) - before
    print(f"20 cameras for a second and more: {used_s:.2f} s of processor time")
    assert used_s < 1.0


def _packets(city: RunningCity, camera_id: str, count: int) -> None:
    with av.open(city.url(camera_id), options=_OPTIONS, timeout=(5, 5)) as camera:
        for _ in zip(range(count), camera.demux(video=0), strict=False):
            pass


def _at_once(*looks):  # type: ignore[no-untyped-def]
    with ThreadPoolExecutor(len(looks)) as pool:
        return [future.result() for future in [pool.submit(look) for look in looks]]


def _lumas(city: RunningCity, camera_id: str, count: int):  # type: ignore[no-untyped-def]
    return [(at, frame.to_ndarray(format="gray")) for at, frame in play(city.url(camera_id), count)]


def _numbers(city: RunningCity, camera_id: str, count: int) -> list[int]:
    return [strip[1] for _, luma in _lumas(city, camera_id, count) if (strip := read_strip(luma))]
