"""What a simulated camera's encoder makes of the street: live, or a film made once that plays over and over."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache

import av
import numpy as np

from server.demo.night_street import Look, NightStreet, Plane
from server.demo.rtp import Codec, Picture, payloads
from server.video.h264 import NAL_PPS, NAL_SPS, split_nal_units

SIZES = {"sub": (640, 360, 350_000), "main": (1280, 720, 1_500_000)}
LOOP_S = 5.0
_CLOCK = 90_000
_H265_SETS = (32, 33, 34)


@dataclass(frozen=True, slots=True)
class Setup:
    """How a camera's encoder is set."""

    codec: Codec = "h264"
    b_frames: bool = False
    in_band_sets: bool = True
    fps: int = 10
    gop_s: float = 1.0

    @property
    def group(self) -> int:
        """Pictures from one key frame to the next."""
        return max(1, round(self.fps * self.gop_s))


def open_encoder(quality: str, setup: Setup) -> av.VideoCodecContext:
    width, height, bit_rate = SIZES[quality]
    encoder = av.CodecContext.create("libx264" if setup.codec == "h264" else "libx265", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.bit_rate, encoder.gop_size = bit_rate, setup.group
    encoder.time_base, encoder.framerate = Fraction(1, _CLOCK), Fraction(setup.fps, 1)
    encoder.thread_count = 1
    keys = f"keyint={setup.group}:min-keyint={setup.group}:scenecut=0"
    if setup.codec == "h265":
        params = f"{keys}:repeat-headers=1:log-level=none:pools=1:frame-threads=1"
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x265-params": params}
    elif setup.b_frames:
        encoder.options = {
            "preset": "veryfast",
            "x264-params": f"keyint={setup.group}:bframes=2:b-adapt=0:scenecut=0",
        }
    else:
        encoder.options = {"preset": "ultrafast", "x264-params": keys, "tune": "zerolatency"}
    return encoder


@cache
def parameter_sets(quality: str, setup: Setup) -> tuple[bytes, ...]:
    """SPS and PPS; VPS, SPS and PPS of H.265."""
    width, height, _ = SIZES[quality]
    encoder = open_encoder(quality, setup)
    frame = av.VideoFrame.from_ndarray(np.zeros((height * 3 // 2, width), np.uint8), format="yuv420p")
    frame.pts, frame.time_base = 0, Fraction(1, _CLOCK)
    units = [u for p in [*encoder.encode(frame), *encoder.encode(None)] for u in split_nal_units(bytes(p))]
    wanted = (NAL_SPS, NAL_PPS) if setup.codec == "h264" else _H265_SETS
    return tuple(next(unit for unit in units if _kind(unit, setup.codec) == kind) for kind in wanted)


def encode(encoder: av.VideoCodecContext, planes: Plane | None, number: int, setup: Setup) -> list[Picture]:
    """The pictures that come out when this one goes in (None: the end); `number` counts pictures."""
    frame = None
    if planes is not None:
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = number * (_CLOCK // setup.fps), Fraction(1, _CLOCK)
    pictures = []
    for packet in encoder.encode(frame):
        units = split_nal_units(bytes(packet))
        if not setup.in_band_sets:
            sets = (NAL_SPS, NAL_PPS) if setup.codec == "h264" else _H265_SETS
            units = [unit for unit in units if _kind(unit, setup.codec) not in sets]
        pictures.append(Picture(payloads(units, setup.codec), packet.pts or 0, packet.is_keyframe))
    return pictures


@lru_cache(maxsize=64)
def film(quality: str, setup: Setup, look: Look, turned_deg: float, is_repeating: bool) -> tuple[Picture, ...]:
    """LOOP_S seconds of a street, in decoding order from a key frame on; `pts` from 0. Shared by all cameras that look
    alike, so that twenty of them cost no more than sending. Blocks for up to some seconds the first time."""
    width, height, _ = SIZES[quality]
    street = NightStreet("loop", "loop", heading_deg=0.0, width=width, height=height)
    street.look, street.heading_deg = look, turned_deg
    encoder = open_encoder(quality, setup)
    pictures: list[Picture] = []
    for number in range(setup.group if is_repeating else round(LOOP_S * setup.fps)):
        shown = 0 if is_repeating else number
        pictures += encode(encoder, street.picture(shown / setup.fps, shown), number, setup)
    return (*pictures, *encode(encoder, None, 0, setup))


def _kind(unit: bytes, codec: Codec) -> int:
    return unit[0] & 31 if codec == "h264" else (unit[0] >> 1) & 63
