"""How long a piece of a recording takes from the recorded files to its first bytes, and all of it.

`python -m tests.bench.clip [--json] [--seconds 120] [--runs 9]`. Files like the recorder's (1280x720, 25 pictures a
second, 1.9 Mbit/s, ten seconds each) on a real disk, whose headers are read anew each time. Prints `clip_120s_ms` (the
median until the film stands and its first 256 KB are read), `clip_120s_p95_ms`, `clip_read_ms` (all of its bytes),
`clip_mb`, `record_core_percent_per_camera` (writing and hashing one such camera).
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from server.video.clips import CHUNK_BYTES, Piece, Recorded, Shown, shown
from server.video.film import Slice
from server.video.fmp4 import fragment, init_segment
from server.video.h264 import PictureFormat
from server.video.mux import Fragment, StreamInit
from server.video.reels import Finished, Reeler
from tests.bench.load import percentile

SPS, PPS = bytes.fromhex("674d401fd900a02ff97010000003001000000303c8f162e480"), bytes.fromhex("68cb8cb2")
RATE, GROUP_S, KEY_BYTES, OTHER_BYTES = 25, 2, 60_000, 8_500
BEGIN = datetime(2026, 11, 22, tzinfo=UTC)


def pictures(seconds: int) -> list[Fragment]:
    """A camera's stream; its pictures are noise, which costs a disk what a street costs it."""
    picture = PictureFormat("avc1.4d401f", 1280, 720)
    init = StreamInit(picture, init_segment(picture, sps=SPS, pps=PPS))
    made = []
    for n in range(seconds * RATE):
        is_key = n % (GROUP_S * RATE) == 0
        size, pts = (KEY_BYTES if is_key else OTHER_BYTES), n * 90_000 // RATE
        data = fragment(n, bytes([n % 251]) * size, pts=pts, duration=90_000 // RATE, is_key=is_key)
        made.append(Fragment(init, data, pts, is_key, n / RATE))
    return made


def recorded(folder: Path, stream: list[Fragment]) -> tuple[list[Finished], float]:
    """(files, share of a core that writing took for each second of film)."""
    files: list[Finished] = []
    reeler = Reeler(folder, files.append)
    take = reeler.take("cam", "41170", "41170/cam")
    reeler.start()
    began = time.process_time()
    for one in stream:
        while not reeler.offer(take, one, False):
            time.sleep(0.01)
    reeler.stop(60)
    return files, (time.process_time() - began) / (len(stream) / RATE)


def read(found: Shown, end: int) -> int:
    total = 0
    for piece in found.film.pieces(0, end, most=CHUNK_BYTES):
        if isinstance(piece, Slice):
            with piece.path.open("rb") as file:
                file.seek(piece.begin)
                total += len(file.read(piece.length))
        else:
            total += len(piece)
    return total


def timed(work: Callable[[], Any], runs: int) -> list[float]:
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return took


def measure(seconds: int = 120, runs: int = 9) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="ansim-clip-") as name:
        files, core = recorded(Path(name), pictures(seconds + 10))
        places, at_s = [], 0.0
        for one in files:
            places.append(Recorded(Path(name) / one.path, BEGIN + timedelta(seconds=at_s), one.format))
            at_s += one.frames / RATE
        piece = Piece("r", BEGIN + timedelta(seconds=5), BEGIN + timedelta(seconds=5 + seconds), tuple(places), True)
        first = timed(lambda: read(shown(piece, piece.files), CHUNK_BYTES), runs)
        film = shown(piece, piece.files)
        whole = timed(lambda: read(film, film.film.size), 3)
    return {
        f"clip_{seconds}s_ms": round(statistics.median(first), 1),
        f"clip_{seconds}s_p95_ms": round(percentile(first, 0.95), 1),
        "clip_read_ms": round(statistics.median(whole), 1),
        "clip_mb": round(film.film.size / 1e6, 1),
        "record_core_percent_per_camera": round(core * 100, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    found = measure(options.seconds, options.runs)
    print(json.dumps(found) if options.json else "\n".join(f"{name:32} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
