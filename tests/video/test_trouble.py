"""Cameras fail in two ways: gone, or hung. Both must be told, and both must heal by themselves."""

from __future__ import annotations

import asyncio
import time

from server.video.gateway import EmbeddedGateway, WarmCamera
from tests.video.conftest import KEY, VideoProcess
from tests.video.seat import Seat, eventually


async def test_a_camera_that_goes_away_is_told_and_comes_back_live(video: VideoProcess) -> None:
    seat = await Seat.take(video.release("cam-2")[1])
    await seat.until(lambda s: len(s.pictures) >= 5)
    video.city.fault("cam-2", "down")
    try:
        await seat.until(lambda s: s.state() == "down", 6)
        assert seat.last("state")["age_ms"] >= 1500
        before = len(seat.pictures)
    finally:
        video.city.fault("cam-2", "up")
    await seat.until(lambda s: len(s.pictures) >= before + 8 and s.state() == "live", 12)
    await seat.until_live()
    assert seat.close_code is None, "the viewer's connection outlives the camera's"
    await seat.leave()


async def test_a_hung_camera_is_called_frozen_and_not_live(video: VideoProcess, monkeypatch) -> None:
    monkeypatch.setattr("server.video.ingest.READ_TIMEOUT_S", 2.2)
    seat = await Seat.take(video.release("cam-3")[1])
    await seat.until(lambda s: len(s.pictures) >= 5)
    video.city.fault("cam-3", "freeze")
    try:
        await seat.until(lambda s: s.state() == "frozen", 5)
        since = len(seat.messages)
        newcomer = await Seat.take(video.release("cam-3")[1])
        await asyncio.sleep(2.5)  # past the read time-out: reconnecting to a hung camera is still frozen
        assert {m["state"] for m in seat.messages[since:] if m["type"] == "state"} == {"frozen"}
        assert newcomer.bytes_received == 0, "a stale picture was shown as if it were live"
        before = len(seat.pictures)
    finally:
        video.city.fault("cam-3", "thaw")
    await seat.until(lambda s: len(s.pictures) >= before + 8 and s.state() == "live", 15)
    await seat.until_live()
    await newcomer.until(lambda s: s.pictures)
    await asyncio.gather(seat.leave(), newcomer.leave())


async def test_a_camera_that_was_never_there_is_down_and_not_connecting_for_ever(video: VideoProcess) -> None:
    video.city.fault("quiet-1", "down")
    try:
        seat = await Seat.take(video.release("quiet-1")[1])
        await seat.until(lambda s: s.state() == "down", 4)
        assert seat.bytes_received == 0
    finally:
        video.city.fault("quiet-1", "up")
    await seat.until(lambda s: s.pictures, 6)
    await seat.leave()


async def test_warming_opens_the_camera_and_gives_nobody_a_picture(video: VideoProcess) -> None:
    cold = await _first_picture_s(video, "quiet-2")
    assert await video.gateway.ensure_source([WarmCamera("quiet-3", video.city.url("quiet-3"))], seconds=60)
    await eventually(lambda: video.desk.hub.report()[-1]["state"] == "live")
    health = await video.gateway.health()
    assert (health["streams"][-1]["viewers"], health["viewings"]) == (0, 0)
    assert video.gate.first_bytes == ["release-1"], "warming counted as watching"
    warm = await _first_picture_s(video, "quiet-3")
    print(f"first picture: cold {cold * 1000:.0f} ms, warm {warm * 1000:.0f} ms")


async def test_warming_ends_by_itself(video: VideoProcess, monkeypatch) -> None:
    monkeypatch.setattr("server.video.hub.LINGER_S", 0.2)
    await video.gateway.ensure_source([WarmCamera("quiet-4", video.city.url("quiet-4"))], seconds=1.0)
    assert (await video.gateway.health())["streams"]
    await eventually(lambda: not video.desk.hub.report())


async def test_a_dead_gateway_is_told_by_false_and_never_raises() -> None:
    gateway = EmbeddedGateway(url="http://127.0.0.1:9", public_url="ws://127.0.0.1:9", key=KEY)
    assert await gateway.ensure_source([WarmCamera("cam-1", "rtsp://127.0.0.1:9/x")]) is False
    assert await gateway.kick(["release-1"], "incident_closed") is False
    assert (await gateway.health())["ok"] is False
    await gateway.close()
    assert await gateway.ensure_source([]) is False


async def _first_picture_s(video: VideoProcess, camera_id: str) -> float:
    _, url = video.release(camera_id)
    start = time.perf_counter()
    seat = await Seat.take(url)
    await seat.until(lambda s: s.pictures)
    took_s = time.perf_counter() - start
    await seat.leave()
    return took_s


async def test_a_flood_of_alerts_closes_old_pins_and_never_a_watched_camera(video: VideoProcess, monkeypatch) -> None:
    monkeypatch.setattr("server.video.hub.MOST_STREAMS", 3)
    seat = await Seat.take(video.release("quiet-5")[1])
    await seat.until(lambda s: s.pictures)
    for n in range(6, 10):
        await video.gateway.ensure_source([WarmCamera(f"quiet-{n}", video.city.url(f"quiet-{n}"))], seconds=60)
    assert [row["camera_id"] for row in video.desk.hub.report()] == ["quiet-5", "quiet-8", "quiet-9"]
    count = len(seat.pictures)
    await seat.until(lambda s: len(s.pictures) > count + 3)
    await seat.leave()
