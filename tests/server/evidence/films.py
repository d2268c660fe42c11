"""Recorded segments for the tests: small real films, with rows as the recorder would write them."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import av
import numpy as np
from av.video.frame import VideoFrame

from server.recordings.model import Segment


def a_film(path: Path, *, seconds: float, shade: int = 120, size: tuple[int, int] = (320, 180)) -> int:
    """Write a grey H.264 film at 5 pictures a second; returns how many pictures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="mp4", options={"movflags": "frag_keyframe+empty_moov"}) as film:
        stream = film.add_stream("libx264", rate=5, options={"preset": "ultrafast", "g": "5"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        count = round(seconds * 5)
        for n in range(count):
            pixels = np.full((size[1], size[0], 3), shade, np.uint8)
            pixels[-40:, 10 * (n % 30) : 10 * (n % 30) + 10] = 255
            film.mux(stream.encode(VideoFrame.from_ndarray(pixels, format="rgb24")))
        film.mux(stream.encode(None))
    return count


def a_segment(folder: Path, *, center: str, camera: str, begin_at: datetime, seconds: float = 2.0) -> Segment:
    name = f"{center}/{camera}/{int(begin_at.timestamp() * 1000)}.mp4"
    frames = a_film(folder / name, seconds=seconds)
    content = (folder / name).read_bytes()
    return Segment(
        uuid4(),
        center,
        camera,
        begin_at,
        begin_at + timedelta(seconds=seconds),
        len(content),
        frames,
        hashlib.sha256(content).digest(),
        name,
        320,
        180,
        "avc1.42c00d",
        "f",
    )
