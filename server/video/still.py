"""One picture out of a stream that is open anyway: the last key frame, decoded and written as JPEG.

Runs in a thread (`asyncio.to_thread`): decoding one 1280x720 picture takes tens of milliseconds. No camera is asked
for anything; the picture is as old as the last key frame, and its time goes with it.
"""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Literal

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from server.video.fmp4 import TIMESCALE
from server.video.mux import Fragment

QUALITY = 4  # of JPEG as FFmpeg counts it: 2 best, 31 worst


class NoPicture(Exception):
    """The key frame can't be decoded."""


def jpeg_of(fragment: Fragment) -> bytes:
    """The key frame of `fragment` as JPEG. Raises NoPicture."""
    return _encoded(_decoded(fragment))


def array_of(fragment: Fragment, *, width: int, height: int, pixels: Literal["gray", "rgb24"]) -> NDArray[np.uint8]:
    """The key frame scaled to (height, width), for machine reading. The same bytes give the same array. Raises
    NoPicture."""
    frame = _decoded(fragment).reformat(width, height, format=pixels, interpolation="AREA")
    return frame.to_ndarray().astype(np.uint8, copy=False)


def _decoded(fragment: Fragment) -> VideoFrame:
    try:
        with av.open(io.BytesIO(fragment.init.segment + fragment.data), mode="r", format="mp4") as container:
            for frame in container.decode(video=0):
                return frame
    except av.error.FFmpegError as error:
        raise NoPicture(type(error).__name__) from error
    raise NoPicture("empty")


def _encoded(frame: VideoFrame) -> bytes:
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, TIMESCALE)
    encoder.options = {"qmin": str(QUALITY), "qmax": str(QUALITY)}
    picture = frame.reformat(format="yuvj420p")
    return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])
