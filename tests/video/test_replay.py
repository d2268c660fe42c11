"""What a device's replay sends, whole, torn and hostile: the parser, the log-in, pictures out of packets, the files."""

from __future__ import annotations

import asyncio
import hashlib
import struct
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.demo.films import Setup, film, parameter_sets
from server.demo.rtp import Picture as Sent
from server.demo.rtp import RtpSession
from server.video.film import read_reel
from server.video.h264 import AccessUnit
from server.video.replay.client import Door, Limits, Replay
from server.video.replay.reel import DeviceReel
from server.video.replay.rtp import MOST_PICTURE_BYTES, Depacketiser, Picture, Rtp, read_rtp
from server.video.replay.rtsp import (
    MOST_HEAD_BYTES,
    Answer,
    Login,
    Packet,
    Wire,
    best_challenge,
    clock_range,
    control_url,
    range_begin,
    video_track,
)
from server.video.replay.trouble import SENTENCES, ReplayTrouble

SDP = b"v=0\r\nm=audio 0 RTP/AVP 0\r\na=control:a\r\nm=video 0 RTP/AVP 97\r\na=rtpmap:97 h264/90000\r\na=control:v\r\n"
PACKETS = st.lists(st.binary(max_size=40), max_size=30)


def trouble(work: object) -> str:
    assert callable(work)
    with pytest.raises(ReplayTrouble) as caught:
        work()
    assert caught.value.code in SENTENCES
    return caught.value.code


# ---------------------------------------------------------------- messages
@settings(max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=60)), max_size=8), st.data())
def test_messages_are_the_same_however_they_are_cut(sent: list[tuple[bool, bytes]], data: st.DataObject) -> None:
    whole, wanted = b"", []
    for number, (is_packet, body) in enumerate(sent):
        if is_packet:
            whole += struct.pack(">BBH", 0x24, number, len(body)) + body
            wanted.append((number, body))
        else:
            whole += b"RTSP/1.0 200 OK\r\nCSeq: %d\r\nContent-Length: %d\r\n\r\n" % (number, len(body)) + body
            wanted.append((number, body))
    wire, found = Wire(), []
    while whole:
        size = data.draw(st.integers(1, len(whole)))
        found += wire.feed(whole[:size])
        whole = whole[size:]
    assert [_told(one) for one in found] == wanted


def _told(one: Answer | Packet) -> tuple[int, bytes]:
    return (one.channel, one.data) if isinstance(one, Packet) else (int(one.header("cseq")), one.body)


@given(st.binary(max_size=400))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    for text in (data, b"RTSP/1.0 200 OK\r\n" + data + b"\r\n\r\n" + data):
        try:
            Wire().feed(text)
        except ReplayTrouble as refused:
            assert refused.code == "replay_answer"
    try:
        video_track(SDP.replace(b"control:v", b"control:" + data), "rtsp://127.0.0.1/a")
        video_track(data, "rtsp://127.0.0.1/a")
    except ReplayTrouble as refused:
        assert refused.code in ("replay_answer", "replay_no_h264")


def test_what_is_too_long_is_not_waited_for() -> None:
    assert trouble(lambda: Wire().feed(b"RTSP/1.0 200 OK\r\nX: " + b"a" * MOST_HEAD_BYTES)) == "replay_answer"
    for length in (b"70000", b"9999999999", b"-1", b"1e3", "３".encode()):
        text = b"RTSP/1.0 200 OK\r\nContent-Length: " + length + b"\r\n\r\n"
        assert trouble(lambda text=text: Wire().feed(text)) == "replay_answer", length
    (asked,) = Wire().feed(b"ANNOUNCE rtsp://x/y RTSP/1.0\r\nCSeq: 1\r\n\r\n")
    assert isinstance(asked, Answer) and asked.status == 0, (
        "the device may ask something; nobody takes it for an answer"
    )


def test_the_video_track_and_times() -> None:
    track = video_track(SDP, "rtsp://10.0.0.1/rec/")
    assert (track.control, track.payload_type, track.rate) == ("rtsp://10.0.0.1/rec/v", 97, 90_000)
    assert trouble(lambda: video_track(SDP.replace(b"h264", b"H265"), "rtsp://10.0.0.1/")) == "replay_no_h264"
    assert trouble(lambda: control_url("rtsp://10.0.0.1/a", "b HTTP\r\nX: y")) == "replay_answer"
    told = clock_range(1_767_225_600.25, 1_767_225_660.0)
    assert told == "clock=20260101T000000.250Z-20260101T000100.000Z" and range_begin(told) == 1_767_225_600.25
    assert range_begin("npt=0-") is None and range_begin("clock=20269901T000000Z-") is None


def test_the_strongest_challenge_is_answered_and_nothing_in_clear() -> None:
    md5 = 'Digest realm="a, b", nonce="n", algorithm=MD5'
    strong = 'Digest realm="r", qop="auth,auth-int", algorithm=SHA-256, nonce="n", opaque="o"'
    assert best_challenge([md5, strong], allow_basic=True)["algorithm"] == "SHA-256"
    assert best_challenge([md5 + ", " + 'Basic realm="x"'], allow_basic=False)["realm"] == "a, b"
    assert trouble(lambda: best_challenge(['Basic realm="x"'], allow_basic=False)) == "replay_clear_password"
    assert best_challenge(['Basic realm="x"'], allow_basic=True) == {"scheme": "basic"}
    for weak in ("Negotiate", 'Digest realm="x", nonce="n", algorithm=MD4', 'Digest nonce="n", qop="auth-int"'):
        assert trouble(lambda weak=weak: best_challenge([weak], allow_basic=True)) == "replay_password"
    # RFC 7616, 3.9.1
    nonce, opaque = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
    asked = f'Digest realm="http-auth@example.org", qop="auth", algorithm=SHA-256, nonce="{nonce}", opaque="{opaque}"'
    challenge = best_challenge([asked], allow_basic=False)
    login = Login("Mufasa", "Circle of Life", challenge)
    said = login.header("GET", "/dir/index.html", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    assert 'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"' in said
    assert "Circle" not in repr(login) and "Mufasa" not in repr(login)


# ---------------------------------------------------------------- packets
def packets_of(shot: Sequence[Sent], *, begin_s: float, fps: int = 10, stamps: bool = True) -> list[bytes]:
    sent: list[bytes] = []
    session = RtpSession("cam", lambda channel, some: sent.extend(some) if channel == 0 else None, 7, 65_500)
    for number, picture in enumerate(shot):
        session.play(picture, number * 90_000 // fps, begin_s + number / fps if stamps else None)
    return sent


def pictures_of(packets: Sequence[bytes], begin_s: float = 0.0) -> list[Picture]:
    depacketiser = Depacketiser(96, begin_s=begin_s)
    found = [depacketiser.feed(one) for data in packets if (one := read_rtp(data))]
    return [one for one in (*found, depacketiser.finish()) if one is not None]


@pytest.fixture(scope="module")
def shot() -> tuple[Sent, ...]:
    return film("main", Setup(), "street", 0.0, False)  # pictures of many packets


@pytest.mark.parametrize("stamps", [True, False])
def test_every_picture_with_its_time(shot: tuple[Sent, ...], stamps: bool) -> None:
    found = pictures_of(packets_of(shot, begin_s=1_700_000_000.0, stamps=stamps), 1_700_000_000.0)
    assert len(found) == len(shot) and [one.unit.is_key for one in found] == [one.is_key for one in shot]
    for number, one in enumerate(found):
        assert one.at_s == pytest.approx(1_700_000_000.0 + number / 10, abs=0.001)


def test_after_2036_and_without_a_time() -> None:
    def at(ntp: int) -> float | None:
        packet = read_rtp(struct.pack(">BBHII", 0x90, 96, 1, 2, 3) + struct.pack(">HHQBBH", 0xABAC, 3, ntp, 0, 0, 0))
        assert packet is not None
        return packet.at_s

    assert at(0) is None and at((1_767_225_600 + 2_208_988_800) << 32) == 1_767_225_600
    assert at(100 << 32) == pytest.approx(2**32 + 100 - 2_208_988_800), "the next era of NTP"


@settings(max_examples=25, deadline=None)
@given(numbers=st.lists(st.integers(0, 10_000), min_size=1, max_size=4))
def test_what_is_lost_costs_no_more_than_its_group_and_never_a_false_picture(numbers: list[int]) -> None:
    sent = packets_of(film("main", Setup(), "street", 0.0, False)[:20], begin_s=1000.0)
    whole = {one.at_s: one.unit.sample for one in pictures_of(sent)}
    lost = {1 + number % (len(sent) - 1) for number in numbers}  # what was before the first packet nobody knows
    found = pictures_of([one for number, one in enumerate(sent) if number not in lost])
    assert all(whole[one.at_s] == one.unit.sample for one in found), "each is one that was sent, at its time"
    assert len(whole) - len(found) <= 12 * len(lost), "its group, and perhaps the pictures before and after"
    for before, after in zip(found, found[1:], strict=False):
        assert after.unit.is_key or after.at_s - before.at_s == pytest.approx(0.1, abs=0.001), (
            "nothing hangs on what is missing"
        )


@given(PACKETS, st.booleans())
def test_hostile_packets_are_read_or_left_out(contents: list[bytes], is_rtp: bool) -> None:
    depacketiser = Depacketiser(96)
    for number, content in enumerate(contents):
        head = struct.pack(">BBHII", 0x80, 96, number, number // 3, 1) if is_rtp else b""
        packet = read_rtp(head + content)
        if packet is not None:
            depacketiser.feed(replace(packet, payload_type=96))
    depacketiser.finish()


def test_a_picture_without_an_end_is_no_memory_without_an_end() -> None:
    depacketiser = Depacketiser(96)
    depacketiser.feed(Rtp(96, 0, 7, b"\x7c\x85" + bytes(60_000)))
    for number in range(1, 2 * MOST_PICTURE_BYTES // 60_000):
        assert depacketiser.feed(Rtp(96, number & 0xFFFF, 7, b"\x7c\x05" + bytes(60_000))) is None
    assert depacketiser._pieces is None and depacketiser.finish() is None
    several = struct.pack(">BH", 24, 2) + b"\x67\x01" + struct.pack(">H", 1) + b"\x68"
    assert (one := Depacketiser(96)).feed(Rtp(96, 0, 1, several)) is None
    sets = one.finish()
    assert sets is not None and (sets.unit.sps, sets.unit.pps) == (b"\x67\x01", b"\x68")


# ---------------------------------------------------------------- files
def a_picture(at_s: float, *, is_key: bool) -> Picture:
    return Picture(at_s, AccessUnit(None, None, is_key, False, b"\0\0\0\1" + bytes((65,))))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-20, 60), st.booleans()), max_size=60))
def test_files_hold_what_was_asked_whatever_the_device_stamps(
    tmp_path_factory: pytest.TempPathFactory, stamped: list[tuple[float, bool]]
) -> None:
    root: Path = tmp_path_factory.mktemp("reel")
    reel = DeviceReel(root, ("c", "k"), "m", begin_s=1000.0, end_s=1030.0, offset_s=500.0, segment_s=5.0)
    sps, pps = parameter_sets("sub", Setup())
    reel.add([Picture(0.0, AccessUnit(sps, pps, False, False, b""))])
    reel.add([a_picture(1500.0 + at, is_key=is_key) for at, is_key in stamped])
    reel.close()
    ends = 0.0
    for one in reel.finished:
        content = (root / one.path).read_bytes()
        assert one.sha256 == hashlib.sha256(content).digest() and one.bytes == len(content)
        found = read_reel(root / one.path)
        assert found.samples[0].is_key and len(found.samples) == one.frames and found.good_bytes == one.bytes
        assert 985.0 <= one.begin_s < 1030.0 and one.end_s <= 1031.0 and one.end_s > one.begin_s
        assert one.begin_s >= ends - 1.0
        ends = one.end_s
    assert not list(root.rglob("*.part"))


# ---------------------------------------------------------------- the connection
async def test_devices_that_do_not_answer_as_they_should() -> None:
    async def against(*answers: bytes, silent: bool = False) -> str:
        async def device(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                for number, answer in enumerate(answers, 1):
                    await reader.readuntil(b"\r\n\r\n")
                    writer.write(answer.replace(b"CSeq", b"CSeq: %d" % number))
                while silent and await reader.read(1000):
                    pass
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(device, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        limits = Limits(answer_s=0.5 if silent else 15, first_s=0.3, silent_s=0.3)
        door = Door("127.0.0.1", port, f"rtsp://127.0.0.1:{port}/r", "u", "p")
        try:
            with pytest.raises(ReplayTrouble) as caught:
                async with Replay(door, limits) as replay:
                    async for _ in replay.pictures(0.0, 1.0):
                        pass
        finally:
            server.close()
            await server.wait_closed()
        return caught.value.code

    fine = b"RTSP/1.0 200 OK\r\nCSeq\r\n\r\n"
    described = b"RTSP/1.0 200 OK\r\nCSeq\r\nContent-Length: %d\r\n\r\n" % len(SDP) + SDP
    set_up = b"RTSP/1.0 200 OK\r\nCSeq\r\nSession: 1;timeout=60\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n"
    assert await against() == "replay_silent", "it hangs up"
    assert await against(silent=True) == "replay_silent"
    assert await against(b"HTTP/1.1 400 Bad Request\r\n\r\n") == "replay_answer"
    assert await against(b"RTSP/1.0 302 Moved\r\nCSeq\r\nLocation: rtsp://10.0.0.1/\r\n\r\n") == "replay_redirected"
    assert await against(fine, b"RTSP/1.0 551 Option not supported\r\nCSeq\r\n\r\n") == "replay_refused"
    assert await against(fine, b"RTSP/1.0 404 Not Found\r\nCSeq\r\n\r\n") == "replay_nothing"
    asks = b'RTSP/1.0 401 Unauthorized\r\nCSeq\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\n\r\n'
    assert await against(asks, asks) == "replay_password", "asked once more, not for ever"
    assert await against(fine, described, set_up, b"RTSP/1.0 457 Invalid Range\r\nCSeq\r\n\r\n") == "replay_nothing"
    assert await against(fine, described, set_up, fine, silent=True) == "replay_nothing", "it plays, and nothing comes"
