"""The release gate as the video process keeps it: first the row, then the byte; and the end is the end."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest

from location_router.runtime.ending import end
from server.video.gateway import Viewing
from server.video.tickets import new_ticket, sign
from server.video.viewings import End, Viewings
from tests.video.conftest import KEY, LedgerGate, VideoProcess
from tests.video.seat import Seat, eventually


async def test_no_byte_leaves_while_the_gate_is_thinking(video: VideoProcess) -> None:
    video.gate.may_answer.clear()
    await video.gateway.ensure_source([])
    seat = await Seat.take(video.release("cam-1")[1])
    await asyncio.sleep(1.5)
    assert video.gate.asked, "the gate was not asked"
    assert seat.bytes_received == 0 and seat.last("init") is None
    assert video.desk.hub.report() == [], "a camera was opened before the gate"
    video.gate.may_answer.set()
    await seat.until(lambda s: s.pictures)
    await seat.leave()


async def test_a_refused_viewer_gets_a_sentence_and_no_byte(video: VideoProcess) -> None:
    release_id, url = video.release("cam-1")
    video.gate.allowed.discard(release_id)
    seat = await Seat.take(url)
    refused = await seat.until(lambda s: s.close_code and s.last("refused"))
    assert refused["code"] == "incident_closed"
    assert refused["message_ko"] == "사건이 종결되었습니다."
    assert (seat.close_code, seat.bytes_received) == (4403, 0)
    assert video.gate.first_bytes == []


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda url: url.split("?")[0], "ticket_invalid"),
        (lambda url: url[:-4] + "AAAA", "ticket_invalid"),
        (lambda url: url.replace("/video/cam-1", "/video/cam-2"), "ticket_other_camera"),
    ],
)
async def test_a_ticket_that_is_not_right_does_not_even_reach_the_gate(video: VideoProcess, spoil, code: str) -> None:
    seat = await Seat.take(spoil(video.release("cam-1")[1]))
    refused = await seat.until(lambda s: s.close_code and s.last("refused"))
    assert refused["code"] == code
    assert (seat.close_code, seat.bytes_received, video.gate.asked) == (4401, 0, [])


async def test_a_ticket_carried_to_another_desk_is_refused(video: VideoProcess) -> None:
    seat = await Seat.take(video.release("cam-1", address="10.20.30.40")[1])
    refused = await seat.until(lambda s: s.close_code and s.last("refused"))
    assert refused["code"] == "ticket_other_address"
    assert (seat.bytes_received, video.gate.asked) == (0, [])


async def test_an_old_ticket_is_refused(video: VideoProcess) -> None:
    ticket = new_ticket(
        release_id="r", incident_id="i", camera_id="cam-1", viewer_id="v", address="127.0.0.1", now=time.time() - 61
    )
    seat = await Seat.take(f"ws://127.0.0.1:{video.port}/video/cam-1?ticket={sign(ticket, KEY)}")
    assert (await seat.until(lambda s: s.close_code and s.last("refused")))["code"] == "ticket_expired"


async def test_an_unknown_camera_is_refused(video: VideoProcess) -> None:
    seat = await Seat.take(video.release("unknown-7")[1])
    assert (await seat.until(lambda s: s.close_code and s.last("refused")))["code"] == "unknown_camera"


@pytest.mark.parametrize("way", ["kick", "poll"])
async def test_closing_the_incident_ends_the_stream(video: VideoProcess, way: str) -> None:
    release_id, url = video.release("cam-1")
    other_id, other_url = video.release("cam-1")
    seat, other = await Seat.take(url), await Seat.take(other_url)
    await seat.until(lambda s: len(s.pictures) >= 3)
    if way == "kick":  # the poll would find nothing yet
        assert await video.gateway.kick([release_id], "incident_closed")
    else:
        video.gate.ended[release_id] = "incident_closed"
    end = await seat.until(lambda s: s.close_code and s.last("end"), 20)
    assert end["reason"] == "incident_closed" and "사건이 종결" in end["message_ko"]
    assert seat.close_code == 4403
    count = len(other.pictures)
    await other.until(lambda s: len(s.pictures) > count + 3)  # the neighbour's release is his own
    await other.leave()
    video.gate.ended[release_id] = "incident_closed"
    again = await Seat.take(url)  # the same ticket is still young
    assert (await again.until(lambda s: s.close_code and s.last("refused")))["code"] == "incident_closed"
    assert again.bytes_received == 0


async def test_no_byte_leaves_when_the_release_ends_while_the_camera_is_waited_for(
    video: VideoProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_id, url = video.release("cam-1")
    opens = video.gate.open

    async def open_and_close(*asked: Any) -> Viewing:
        viewing = await opens(*asked)
        video.gate.ended[release_id] = "incident_closed"
        return viewing

    monkeypatch.setattr(video.gate, "open", open_and_close)
    monkeypatch.setattr("server.video.viewings.POLL_S", 60.0)  # the poll comes too late for this
    seat = await Seat.take(url)
    assert (await seat.until(lambda s: s.close_code and s.last("end")))["reason"] == "incident_closed"
    assert seat.bytes_received == 0 and video.gate.first_bytes == []


async def test_pictures_stop_when_the_gate_can_not_be_asked_and_the_player_may_try_again(video: VideoProcess) -> None:
    seat = await Seat.take(video.release("cam-1")[1])
    await seat.until(lambda s: s.pictures)
    video.gate.is_broken = True
    await seat.until(lambda s: s.close_code, 6)
    assert seat.close_code == 1013
    assert seat.last("end") is None, "an end would stop the player for good"


async def test_one_release_is_watched_at_one_place_only(video: VideoProcess) -> None:
    _, url = video.release("cam-1")
    first = await Seat.take(url)
    await first.until(lambda s: s.pictures)
    second = await Seat.take(url)
    assert (await first.until(lambda s: s.close_code and s.last("end")))["reason"] == "replaced"
    await second.until(lambda s: len(s.pictures) >= 3)
    await second.leave()


async def test_an_open_viewing_gets_fresh_tickets_so_that_it_can_come_back_later(
    video: VideoProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.video.viewings.RENEW_S", 1.0)
    release_id, url = video.release("cam-1")
    seat = await Seat.take(url)
    fresh = await seat.until(lambda s: s.last("ticket"))
    await seat.leave()
    again = await Seat.take(url.split("?")[0] + "?ticket=" + fresh["ticket"])
    await again.until(lambda s: s.pictures)
    assert [asked[0].release_id for asked in video.gate.asked] == [release_id] * 2
    await again.leave()


async def test_the_inner_door_opens_only_with_the_key(video: VideoProcess) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{video.port}", trust_env=False) as stranger:
        for method, path in [("POST", "/internal/warm"), ("POST", "/internal/kick"), ("GET", "/internal/health")]:
            answer = await stranger.request(method, path, json={}, headers={"X-Ansim-Internal": "guess"})
            assert answer.status_code == 403, path
        assert (await stranger.get("/internal/still/cam-1")).status_code == 404
        assert (await stranger.get("/healthz")).json() == {"ok": True, "role": "video"}
    health = await video.gateway.health()
    assert health["ok"] and "rtsp" not in str(health)


async def test_a_viewer_who_does_not_come_back_has_left(video: VideoProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.video.viewings.AWAY_S", 2.0)
    release_id, url = video.release("cam-1")
    ended_id, ended_url = video.release("cam-1")
    seat, ended = await Seat.take(url), await Seat.take(ended_url)
    await seat.until(lambda s: s.pictures)
    video.gate.ended[ended_id] = "incident_closed"
    await ended.until(lambda s: s.close_code)
    await seat.leave()
    seat = await Seat.take(url)  # a short break is not an end
    await asyncio.sleep(2.6)
    assert video.gate.gone == []
    await seat.leave()
    video.gate.is_broken = True
    await asyncio.sleep(2.6)
    video.gate.is_broken = False
    await eventually(lambda: video.gate.gone)
    assert video.gate.gone == [release_id], "what the gate ended itself is not told again"


class DeafGate(LedgerGate):
    """Answers who must end, and never who stands open."""

    async def standing(self) -> list[str]:
        await asyncio.Event().wait()
        return []


class Looking:
    """A viewing without pictures."""

    def __init__(self, release_id: str) -> None:
        self.viewing = Viewing(release_id)
        self.was_ended_by_gate = True
        self._end: asyncio.Future[End] = asyncio.get_running_loop().create_future()

    def end(self, end: End) -> None:
        self._end.set_result(end)

    async def run(self) -> None:
        await self._end


async def test_what_ends_a_viewing_waits_for_no_other_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.video.viewings.GATE_SILENCE_S", 600.0)
    gate = DeafGate(ended={"r-1": "incident_closed"})
    viewings = Viewings(gate)
    polling = asyncio.create_task(viewings.poll_forever())
    async with asyncio.timeout(15):
        await viewings.run(Looking("r-1"))
    await end(polling)
