"""Which of a device's streams we use; pure.

A browser plays H.264 without B-frames; H.265 and MJPEG it does not. What a device tells in advance is its H.264
profile: Baseline has no B-frames by definition, Main and High may have. So Baseline wins only between streams of like
size; of Main and High we say that B-frames have to be off, and the gateway names them when they are not
(`server/video/sentences.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from server.cameras.onvif.port import DeviceTrouble, Profile

SUB_PIXELS = 640 * 360
MAIN_PIXELS = 1920 * 1080
LONG_GROUP_S = 4.0
LEAST_FPS = 5.0

FINDINGS: dict[str, tuple[str, str]] = {
    "b_frames_possible": (
        "B-프레임이 켜져 있으면 영상이 끊깁니다. 장치에서 H.264 프로파일을 Baseline으로 하거나"
        " B-프레임을 0으로 해 주세요.",
        "B-frames would break the picture. Set the H.264 profile to Baseline, or B-frames to 0.",
    ),
    "long_group": (
        "키프레임 간격이 깁니다. I-프레임 간격(GovLength)을 2초(초당 프레임 수의 2배) 이하로 해 주세요.",
        "Key frames are far apart. Set the I-frame interval (GovLength) to 2 s (twice the frame rate) or less.",
    ),
    "one_stream": (
        "H.264 스트림이 하나뿐입니다. 보조 스트림도 H.264로 켜 주세요.",
        "There is only one H.264 stream. Switch the sub stream on, as H.264.",
    ),
    "large_sub": (
        "보조 스트림의 해상도가 큽니다. 640x360 정도로 낮춰 주세요.",
        "The sub stream is large. Set it to about 640x360.",
    ),
    "few_frames": (
        "초당 프레임 수가 5보다 작습니다. 10 이상으로 해 주세요.",
        "Fewer than 5 frames a second. Set 10 or more.",
    ),
    "clock_skew": (
        "장치의 시각이 1분 넘게 틀립니다. NTP를 켜 주세요. 화면에 찍히는 시각과 장치의 녹화가 증거로 쓰입니다.",
        "The device's clock is more than a minute off. Switch NTP on: its times are evidence.",
    ),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """`findings`: codes of `FINDINGS`, what to set better on the device."""

    sub: Profile
    main: Profile
    findings: tuple[str, ...] = ()


def choose(profiles: Sequence[Profile], *, sub: str = "", main: str = "") -> Choice:
    """The small stream for the wall of five and the large one for a look; the same when there is only one. An
    administrator may name either by its token. Raises DeviceTrouble `no_h264`, which says what is there instead.
    """
    usable = [one for one in profiles if one.codec == "H264"]
    if not usable:
        there = sorted({one.codec or "?" for one in profiles})
        raise DeviceTrouble("no_h264", offers=", ".join(there))
    small = _named(usable, sub) or min(usable, key=_as_sub)
    large = _named(usable, main) or min(usable, key=_as_main)
    return Choice(small, large, _findings(small, large))


def _named(usable: Sequence[Profile], token: str) -> Profile | None:
    found = next((one for one in usable if one.token == token), None)
    if token and found is None:
        raise DeviceTrouble("no_h264", offers=", ".join(one.token for one in usable))
    return found


def _pixels(one: Profile) -> int:
    return one.width_px * one.height_px


def _octaves(pixels: int, wish: int) -> int:
    """How many times twice too large or too small; not told is far off."""
    return round(abs(math.log2((pixels or 1) / wish)))


def _as_sub(one: Profile) -> tuple[object, ...]:
    return (0 < one.fps < LEAST_FPS, _octaves(_pixels(one), SUB_PIXELS), _may_have_b(one), _pixels(one), one.token)


def _as_main(one: Profile) -> tuple[object, ...]:
    return (0 < one.fps < LEAST_FPS, _octaves(_pixels(one), MAIN_PIXELS), _may_have_b(one), -_pixels(one), one.token)


def _may_have_b(one: Profile) -> bool:
    return one.h264_profile != "Baseline"


def _findings(small: Profile, large: Profile) -> tuple[str, ...]:
    both = (small, large)
    found = {
        "b_frames_possible": any(_may_have_b(one) for one in both),
        "long_group": any(one.fps > 0 and one.key_every / one.fps > LONG_GROUP_S for one in both),
        "one_stream": small.token == large.token,
        "large_sub": _pixels(small) > 2.5 * SUB_PIXELS,
        "few_frames": any(0 < one.fps < LEAST_FPS for one in both),
    }
    return tuple(code for code, is_so in found.items() if is_so)
