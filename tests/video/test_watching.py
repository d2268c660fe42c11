"""Camera → hub → fMP4 over WebSocket → decoder, with everything real but the sensor."""

from __future__ import annotations

import asyncio

import pytest

from tests.video.conftest import VideoProcess
from tests.video.seat import Seat, eventually


async def test_an_operator_sees_the_street_as_it_is_now(video: VideoProcess) -> None:
    release_id, url = video.release("cam-1")
    seat = await Seat.take(url)
    await seat.until(lambda s: len(s.pictures) >= 15)
    init = seat.last("init")
    assert init and init["mime"].startswith('video/mp4; codecs="avc1.')
    assert init["camera_id"] == "cam-1"
    assert "김안심 127.0.0.1" in init["watermark"]
    await seat.until_live(15)
    counters = seat.counters()
    assert len(counters) == len(seat.pictures), "a fragment did not decode"
    assert counters == sorted(set(counters)), "pictures were repeated or out of order"
    assert seat.decode()[0].shape == (360, 640)
    assert video.gate.first_bytes == [release_id]
    await seat.leave()


async def test_the_enlarged_tile_gets_the_main_stream(video: VideoProcess) -> None:
    _, url = video.release("cam-2", quality="main")
    seat = await Seat.take(url)
    await seat.until(lambda s: len(s.pictures) >= 5)
    assert seat.decode()[0].shape == (720, 1280)
    await seat.until_live()
    told = await seat.until(lambda s: s.last("state") if "live_pts_s" in (s.last("state") or {}) else None)
    assert told["live_pts_s"] >= seat.last("init")["live_pts_s"]  # by it and age_ms the player measures its delay
    await seat.leave()


async def test_ten_seats_cost_one_camera_connection_and_a_late_one_starts_at_once(video: VideoProcess) -> None:
    first = await Seat.take(video.release("cam-3")[1])
    await first.until(lambda s: len(s.pictures) >= 4)
    seats = [await Seat.take(video.release("cam-3")[1]) for _ in range(9)]
    for seat in seats:
        await seat.until(lambda s: len(s.pictures) >= 8)
        await seat.until_live(3)
        assert seat.last("init")["live_pts_s"] >= 0.3  # where the player jumps to
    assert video.city.state()["cam-3"]["viewers"] == 1
    await asyncio.gather(*(seat.leave() for seat in [first, *seats]))


async def test_a_camera_that_sends_its_parameter_sets_only_in_the_sdp_plays(video: VideoProcess) -> None:
    seat = await Seat.take(video.release("no-sets")[1])
    await seat.until(lambda s: len(s.pictures) >= 12)
    await seat.until_live()
    await seat.leave()


@pytest.mark.parametrize(
    ("camera_id", "code", "ko", "en"),
    [
        ("b-frames", "b_frames", "B 프레임을 끄십시오", "Turn B-frames off"),
        ("h265", "codec", "H.264로 설정", "Set the camera to H.264"),
    ],
)
async def test_a_camera_that_is_set_up_wrongly_is_refused_with_a_sentence_that_says_what_to_do(
    video: VideoProcess, camera_id: str, code: str, ko: str, en: str
) -> None:
    seat = await Seat.take(video.release(camera_id)[1])
    end = await seat.until(lambda s: s.close_code and s.last("end"))
    assert end["reason"] == code and ko in end["message_ko"] and en in end["message_en"]
    assert seat.close_code == 4415


async def test_lost_packets_cost_pictures_and_neither_the_viewing_nor_the_sound_that_is_never_asked_for(
    video: VideoProcess,
) -> None:
    video.city.fault("speaks", "tear")
    try:
        seat = await Seat.take(video.release("speaks")[1])
        await seat.until(lambda s: len(s.pictures) >= 14)
        assert seat.close_code is None and seat.state() == "live"
        assert len(seat.decode()) >= 6, "a decoder shows what came"
        assert video.city.state()["speaks"]["setups"]["audio"] <= 1, "the one of the stand-in's own test"
    finally:
        video.city.fault("speaks", "clear")
    await seat.leave()


async def test_a_slow_viewer_loses_pictures_and_holds_up_nobody(video: VideoProcess) -> None:
    seat = await Seat.take(video.release("cam-4")[1])
    await seat.until(lambda s: s.pictures)
    stream = video.desk.hub.stream("cam-4", "sub", video.city.url("cam-4"))
    slow = stream.join()
    slow._limit = 8  # not a second of pictures
    await seat.until(lambda s: len(s.pictures) >= 20, 20)
    assert slow.dropped > 0
    first = await slow.next(0.1)
    assert first is not None and first.is_key, "after a loss the picture starts again at a key frame"
    await seat.until_live()
    stream.leave(slow)
    await seat.leave()


async def test_the_camera_is_let_go_after_the_last_viewer(video: VideoProcess, monkeypatch) -> None:
    monkeypatch.setattr("server.video.hub.LINGER_S", 0.5)
    seat = await Seat.take(video.release("cam-5")[1])
    await seat.until(lambda s: s.pictures)
    await seat.leave()
    await eventually(lambda: not video.city.state()["cam-5"]["viewers"])
    assert video.desk.hub.report() == []
