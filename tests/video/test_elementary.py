"""H.264 facts, fragments and the timeline: pure rules, checked against a real encoder and a real demuxer."""

from __future__ import annotations

import contextlib
import io
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.video.fmp4 import TIMESCALE
from server.video.h264 import read_access_unit, read_sps, split_nal_units
from server.video.mux import Fragment, LiveMuxer, Unplayable


def encode(width: int, height: int, *, profile: str = "baseline", b_frames: int = 0, count: int = 12) -> list[bytes]:
    """Annex B access units in decoding order, a key frame every 6."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.gop_size = Fraction(1, TIMESCALE), 6
    params = f"bframes={b_frames}:b-adapt=0:keyint=6:scenecut=0"
    encoder.options = {"preset": "veryfast", "profile": profile, "x264-params": params}
    packets = []
    for number in range(count):
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane in frame.planes:
            plane.update(np.full(plane.buffer_size, 40 + number, np.uint8).tobytes())
        frame.pts, frame.time_base = number * 9000, Fraction(1, TIMESCALE)
        packets += encoder.encode(frame)
    return [bytes(packet) for packet in packets + encoder.encode(None)]


STREAM = encode(640, 360)


@pytest.mark.parametrize(
    ("width", "height", "profile"),
    [(640, 360, "baseline"), (1280, 720, "main"), (1920, 1080, "high"), (704, 480, "high"), (322, 242, "main")],
)
def test_size_and_codec_are_read_from_the_parameter_set(width: int, height: int, profile: str) -> None:
    unit = read_access_unit(encode(width, height, profile=profile, count=1)[0])
    assert unit.is_key and unit.sps and unit.pps
    picture = read_sps(unit.sps)
    assert (picture.width, picture.height) == (width, height)
    assert picture.codec == f"avc1.{unit.sps[1:4].hex()}"


def test_b_frames_are_found_and_refused_and_plain_streams_are_not() -> None:
    assert not any(read_access_unit(unit).has_b_slices for unit in STREAM)
    muxer = LiveMuxer()
    muxer.restart()
    with pytest.raises(Unplayable) as refused:
        for i, unit in enumerate(encode(320, 240, profile="main", b_frames=2)):
            muxer.feed(unit, pts=i * 9000, arrived=i / 10)
    assert refused.value.code == "b_frames"


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_bytes_from_a_camera_can_break_the_reader(junk: bytes) -> None:
    read_access_unit(junk)
    read_access_unit(b"\x00\x00\x01" + junk)
    for unit in split_nal_units(b"\x00\x00\x00\x01\x67" + junk):
        with contextlib.suppress(ValueError):
            read_sps(unit)


def mux(units: list[bytes], times: list[tuple[int | None, float]], muxer: LiveMuxer | None = None) -> list[Fragment]:
    muxer = muxer or LiveMuxer()
    return [f for u, (pts, at) in zip(units, times, strict=True) if (f := muxer.feed(u, pts=pts, arrived=at))]


def test_a_parameter_set_of_nonsense_is_given_up_at_once() -> None:
    """One that counts to four thousand million in its order of pictures; no time is measured, at 200 kB it was 75 s."""
    bits = "01000010" + "0" * 8 + "00011110" + "11010011" + "0" * 31 + "1" * 32
    nonsense = b"\x67" + int(bits + "1" * (8_000_000 - len(bits)), 2).to_bytes(1_000_000, "big")
    with pytest.raises(ValueError, match="cut short"):
        read_sps(nonsense)


@pytest.mark.parametrize(("blocks", "is_taken"), [(8192 // 16, True), (16_384 // 16, False)])
def test_a_picture_larger_than_any_camera_takes_is_refused(blocks: int, is_taken: bool) -> None:
    def code(value: int) -> str:
        return "0" * ((value + 1).bit_length() - 1) + f"{value + 1:b}"

    bits = (
        f"{66:08b}{0:08b}{40:08b}" + "".join(code(n) for n in (0, 0, 2, 1)) + "0" + code(blocks - 1) * 2 + "1100" + "1"
    )
    bits += "0" * (-len(bits) % 8)
    sets = b"\0\0\1\x67" + int(bits, 2).to_bytes(len(bits) // 8, "big") + b"\0\0\1\x68\xcb"
    key = sets + b"\0\0\1\x65\x88" + bytes(range(1, 40))
    if is_taken:
        assert LiveMuxer().feed(key, pts=0, arrived=0.0) is not None
    else:
        with pytest.raises(Unplayable, match="codec"):
            LiveMuxer().feed(key, pts=0, arrived=0.0)


def test_a_demuxer_reads_back_every_picture_at_its_time() -> None:
    fragments = mux(STREAM, [(i * 9000, 50 + i / 10) for i in range(12)])
    film = av.open(io.BytesIO(fragments[0].init.segment + b"".join(f.data for f in fragments)), format="mp4")
    frames = list(film.decode(video=0))
    assert [frame.pts for frame in frames] == [i * 9000 for i in range(12)]
    assert [f.is_key for f in fragments] == [i % 6 == 0 for i in range(12)]
    assert {f.init for f in fragments} == {fragments[0].init}, "one init segment for all"


def test_nothing_comes_before_the_first_key_frame() -> None:
    assert len(mux(STREAM[3:], [(i * 9000, i / 10) for i in range(9)])) == 6


def test_the_first_packet_without_a_time_is_kept() -> None:
    fragments = mux(STREAM[:3], [(None, 0.0), (9000, 0.1), (18000, 0.2)])
    assert [f.pts for f in fragments] == [0, 9000, 18000]


def test_a_camera_that_comes_back_goes_on_where_the_clock_is() -> None:
    """Gone for 8 s and counting from 0 again: our timeline shows the 8 s, counted from the last key frame."""
    muxer = LiveMuxer()
    before = mux(STREAM[:6], [(i * 9000, 100 + i / 10) for i in range(6)], muxer)
    muxer.restart()
    after = mux(STREAM[6:], [(i * 9000, 108 + i / 10) for i in range(6)], muxer)
    assert (after[0].pts - before[0].pts) / TIMESCALE == pytest.approx(8.0, abs=0.01)


@pytest.mark.parametrize("jump", [-500_000_000, 500_000_000])
def test_a_camera_whose_clock_jumps_does_not_take_the_viewer_along(jump: int) -> None:
    times = [(i * 9000 + 10**9 + (jump if i >= 6 else 0), i / 10) for i in range(12)]
    fragments = mux(STREAM, times)
    assert (fragments[-1].pts - fragments[0].pts) / TIMESCALE == pytest.approx(1.1, abs=0.15)


def test_a_picture_let_go_at_the_time_out_does_not_look_alive() -> None:
    times = [(i * 9000, 10 + i / 10) for i in range(5)] + [(45_000, 13.4)]
    assert mux(STREAM[:6], times)[-1].arrived == pytest.approx(10.5)


@given(st.lists(st.tuples(st.integers(-(2**33), 2**33), st.floats(0, 5)), min_size=1, max_size=40))
@settings(max_examples=80, deadline=None)
def test_time_never_stands_still_or_runs_back(steps: list[tuple[int, float]]) -> None:
    muxer, arrived, last = LiveMuxer(), 0.0, -1
    for pts, wait_s in steps:
        arrived += wait_s
        fragment = muxer.feed(STREAM[0], pts=pts, arrived=arrived)
        assert fragment is not None and fragment.pts > last
        last = fragment.pts
