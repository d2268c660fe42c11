"""The second transport: the same gate, the same pictures and the same ends, by WebRTC."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from aiortc import RTCSessionDescription
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.demo.night_street import age_s, read_strip
from server.video import peer as peers
from server.video.gateway import Play
from tests.video.conftest import RunningCity, VideoProcess, running_gateway
from tests.video.screen import Screen
from tests.video.seat import Seat, eventually


@pytest.fixture
async def video(city: RunningCity) -> AsyncIterator[VideoProcess]:
    async with running_gateway(city, whep_addresses=("127.0.0.1",)) as video:
        peers.offer_only_on(("127.0.0.1",))  # the receiver stands in this process too
        yield video


@asynccontextmanager
async def screen(video: VideoProcess) -> AsyncIterator[Screen]:
    one = Screen(f"http://127.0.0.1:{video.port}")
    try:
        yield one
    finally:
        await one.close()


def is_live(screen: Screen) -> bool:
    """Whether its newest pictures are of now, not of what was kept."""
    ages = [age for at, luma in screen.pictures[-8:] if (age := age_s(luma, at)) is not None]
    return len(ages) >= 6 and sorted(ages)[len(ages) // 2] < 3.0


async def test_the_street_by_webrtc_and_the_end_of_the_incident_ends_it(video: VideoProcess) -> None:
    release_id, (live, whep) = video.plays("cam-1")
    seat = await Seat.take(video.release("cam-1")[1])  # somebody watches already: the pictures so far are there
    await seat.until(lambda s: len(s.pictures) > 12)
    async with screen(video) as one:
        allowed = await one.http.options(httpx.URL(whep.url).raw_path.decode())
        assert allowed.status_code == 204 and "POST" in allowed.headers["Access-Control-Allow-Methods"]
        for wrong in (live.ticket, "none", whep.ticket[:-8] + "AAAAAAAA"):
            refused = await one.ask(Play("whep", whep.url, wrong, 0), "v=0")
            assert refused.status_code == 401 and refused.json()["message_ko"]
        assert len(video.gate.asked) == 1, "a wrong ticket does not even reach the gate"
        answer = await one.watch(whep, kinds=("audio", "video"))
        sections = answer.text.split("\r\nm=")[1:]
        assert "a=inactive" in sections[0] and sections[0].startswith("audio"), "no sound, ever"
        assert "a=sendonly" in sections[1] and "H264" in sections[1] and "VP8" not in sections[1]
        await eventually(lambda: len(one.pictures) >= 20, 20)
        await eventually(lambda: is_live(one), 30)
        strips = [strip[1] for _, luma in one.pictures if (strip := read_strip(luma))]
        assert len(set(strips)) > 10, "always the same picture"
        assert video.gate.first_bytes.count(release_id) == 1
        assert (await one.http.patch(one.session, content="")).status_code == 204
        told = await one.told()
        assert told["type"] == "state" and told["state"] == "live" and told["ticket"] != whep.ticket
        video.gate.ended[release_id] = "incident_closed"
        await eventually(lambda: len(video.desk.whep) == 0)
        told = await one.told()
        assert told["type"] == "end" and told["reason"] == "incident_closed" and "사건이 종결" in told["message_ko"]
        count = len(one.pictures)
        await asyncio.sleep(1.0)
        assert len(one.pictures) <= count + 2, "pictures went on after the end"
        again = await one.ask(whep, "v=0")
        assert (again.status_code, again.json()["code"]) == (403, "incident_closed")
    await seat.leave()


async def test_leaving_a_newer_screen_a_lost_receiver_and_a_camera_that_cannot_be_played(
    video: VideoProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_id, (live, whep) = video.plays("no-sets")  # its parameter sets stand in the SDP alone
    async with screen(video) as one:
        await one.watch(whep)
        await eventually(lambda: len(one.pictures) >= 3, 20)
        sender = next(iter(video.desk.whep._open.values()))._peer._connection.getSenders()[0]
        await asyncio.sleep(0.6)
        sender._send_keyframe()  # as a PLI of a receiver that lost packets does
        await eventually(lambda: not sender.track._skips_to_key)
        count = len(one.pictures)
        await eventually(lambda: len(one.pictures) > count + 3, 20)
        seat = await Seat.take(live.url)  # the same release at the other door
        await seat.until(lambda s: s.pictures)
        await eventually(lambda: len(video.desk.whep) == 0)
        assert (await one.told())["reason"] == "replaced"
        await seat.leave()
    _, (_, other) = video.plays("cam-2")
    async with screen(video) as one:
        await one.watch(other)
        await eventually(lambda: one.pictures, 20)
        assert (await one.http.delete(one.session)).status_code == 200
        await eventually(lambda: len(video.desk.whep) == 0)
        assert (await one.told())["type"] == "left"
        assert (await one.http.delete("/whep/session/nobody")).status_code == 404
    async with screen(video) as one:
        await one.watch(video.plays("b-frames")[1][1])
        await eventually(lambda: len(video.desk.whep) == 0, 20)
        assert (await one.told())["reason"] == "b_frames" and one.pictures == []
    monkeypatch.setattr("server.video.whep.MOST_PEERS", 0)
    async with screen(video) as one:
        full = await one.ask(video.plays("cam-1")[1][1], await one.offer())
        assert (full.status_code, full.json()["code"], full.headers["Retry-After"]) == (503, "too_many_peers", "2")


async def test_not_a_picture_goes_to_another_address_than_the_release_names(video: VideoProcess) -> None:
    """The ticket is right and asked for by its owner, and the connection then comes from somewhere else."""
    _, (_, whep) = video.plays("cam-1")
    async with screen(video) as one:
        answer = await one.ask(whep, await one.offer())
        next(iter(video.desk.whep._open.values()))._peer._address = "10.20.30.40"
        await one.peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        await eventually(lambda: len(video.desk.whep) == 0, 20)
        one.session = answer.headers["Location"]
        assert (await one.told())["reason"] == "address_not_registered"
        assert one.pictures == [] and video.gate.first_bytes == []
    async with screen(video) as one:  # and one that begins at home and is led elsewhere, as ICE allows at any time
        await one.watch(video.plays("cam-1")[1][1])
        await eventually(lambda: len(one.pictures) >= 3, 20)
        shown = next(iter(video.desk.whep._open.values()))
        ice = shown._peer._connection.getSenders()[0].transport.transport._connection
        elsewhere = copy.copy(ice._nominated[1].remote_candidate)
        elsewhere.host = elsewhere._network_host = "10.20.30.40"
        ice._nominated[1] = type(ice._nominated[1])(ice._nominated[1].protocol, elsewhere)
        await eventually(lambda: len(video.desk.whep) == 0, 20)
        assert (await one.told())["reason"] == "address_not_registered"


async def test_an_offer_that_is_none_is_a_clear_no_and_leaves_nothing_behind(video: VideoProcess) -> None:
    async with screen(video) as one:
        whole = await one.offer(kinds=("video",))
        bad = [
            "",
            "v=0",
            "\x00" * 40,
            "m=video 9 X 96",
            whole + whole,
            whole.replace("m=video", "m=audio"),
            "v=0\n" * 9,
            whole + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=rtcp-mux\r\n" * 200,  # each would be a socket of ours
            whole + "a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n" * 500,  # each would be knocked at
        ]
        bad += [whole[: len(whole) * part // 9] for part in range(1, 9, 2)] + ["x" * 70_000]
        for text in bad:
            answer = await one.ask(video.plays("cam-3")[1][1], text)
            assert answer.status_code in (400, 201), (answer.status_code, text[:80])
            if answer.status_code == 201:
                await one.http.delete(answer.headers["Location"])
            else:
                assert answer.json()["code"] == "bad_offer"
        play = video.plays("cam-3")[1][1]
        wrong = await one.http.post(httpx.URL(play.url).raw_path.decode(), json={})
        assert (wrong.status_code, wrong.json()["code"]) == (415, "not_sdp")
        await eventually(lambda: len(video.desk.whep) == 0)
        stream = video.desk.hub.find("cam-3", "sub")
        assert stream is None or not stream.viewers
        assert video.gate.first_bytes == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet=st.sampled_from("vm=ao:\r\n 09video-sudpfingerprint"), max_size=120))
def test_no_offer_is_read_as_ours_without_its_one_video_section(text: str) -> None:
    try:
        kept = peers._readable(text)
    except peers.BadOffer:
        return
    assert sum(line.startswith("m=video") for line in kept.splitlines()) == 1
