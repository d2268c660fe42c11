"""The viewing copy: recorded pictures with a line over each that says who took it out, for whom, and when it was seen.

Decoded and encoded anew, so it proves nothing: the untouched segments beside it do. A hole in the recording is a black
card with its times, never a picture that stands still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import numpy as np
from av.video.frame import VideoFrame
from PIL import Image, ImageDraw, ImageFont

from server.recordings.model import JOINED_S, Segment

KST = ZoneInfo("Asia/Seoul")
TIME_BASE = Fraction(1, 90_000)
_OPTIONS = {"preset": "ultrafast", "crf": "26"}
_BAR_SHARE = 0.045  # of the height, at the top


def write_viewing(
    out: Path,
    pieces: Sequence[tuple[Segment, Path]],
    *,
    mark: str,
    on_progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Write an MP4 (H.264, no sound) of `pieces`, which are in order of time; `mark` is ASCII.

    `on_progress` hears the share that is done, 0 to 1. Raises OSError, av.error.FFmpegError.
    """
    first = pieces[0][0]
    width, height = first.width_px - first.width_px % 2, first.height_px - first.height_px % 2
    pen = _Pen(width, height, mark)
    with av.open(str(out), "w", format="mp4", options={"movflags": "+faststart"}) as film:
        stream = film.add_stream("libx264", rate=30, options=_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = TIME_BASE
        last = -1
        for number, (segment, path) in enumerate(pieces):
            before = pieces[number - 1][0].end_at if number else segment.begin_at
            for at, picture in _shown(segment, path, before, pen):
                pts = int((at - first.begin_at).total_seconds() * 90_000)
                if pts <= last:
                    continue
                last = picture.pts = pts
                picture.time_base = TIME_BASE
                film.mux(stream.encode(picture))
            on_progress((number + 1) / len(pieces))
        film.mux(stream.encode(None))


def _shown(segment: Segment, path: Path, before: datetime, pen: _Pen) -> Iterator[tuple[datetime, VideoFrame]]:
    if (segment.begin_at - before).total_seconds() > JOINED_S:
        yield before, pen.card(before, segment.begin_at)
    with av.open(str(path)) as source:
        begin: float | None = None
        for frame in source.decode(video=0):
            at_s = float((frame.pts or 0) * (frame.time_base or TIME_BASE))
            begin = at_s if begin is None else begin
            at = datetime.fromtimestamp(segment.begin_at.timestamp() + at_s - begin, KST)
            yield at, pen.drawn(frame, at)


class _Pen:
    """Draws the line. The words are drawn once a second and copied over each picture."""

    def __init__(self, width: int, height: int, mark: str) -> None:
        self._width, self._height, self._mark = width, height, mark
        self._bar_height = max(16, int(height * _BAR_SHARE))
        self._font = ImageFont.load_default(size=self._bar_height * 0.62)
        self._second, self._bar = "", np.empty(0)

    def drawn(self, frame: VideoFrame, at: datetime) -> VideoFrame:
        pixels = frame.to_ndarray(format="rgb24", width=self._width, height=self._height)
        second = f"{at.astimezone(KST):%Y-%m-%d %H:%M:%S} KST"
        if second != self._second:
            self._second, self._bar = second, self._written(f"{second} | {self._mark}")
        strip = pixels[: self._bar_height]
        np.maximum(strip // 3, self._bar, out=strip)  # the picture stays visible under it
        return VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")

    def card(self, begin: datetime, end: datetime) -> VideoFrame:
        """Stands where nothing was recorded."""
        image = Image.new("RGB", (self._width, self._height))
        words = f"NO RECORDING {begin.astimezone(KST):%H:%M:%S} - {end.astimezone(KST):%H:%M:%S} KST"
        ImageDraw.Draw(image).text((20, self._height // 2), words, font=self._font, fill="white")
        return VideoFrame.from_ndarray(np.asarray(image), format="rgb24").reformat(format="yuv420p")

    def _written(self, words: str) -> np.ndarray:
        image = Image.new("RGB", (self._width, self._bar_height))
        ImageDraw.Draw(image).text((4, self._bar_height * 0.12), words, font=self._font, fill="white")
        return np.asarray(image)
