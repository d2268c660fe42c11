"""Time from opening the WebSocket to the first decoded picture, cold and warm, and the age of pictures.

    python -m tests.bench.first_frame --json [--runs 7] [--quality sub]

Real RTSP cameras in a child process, a real uvicorn, a real decoder; the gate answers at once, so that
only the gateway is measured. Cold: nobody has the camera open. Warm: ingest pinned beforehand.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from typing import Any

from server.video.gateway import WarmCamera
from tests.video.conftest import RunningCity, VideoProcess, running_gateway, start_city
from tests.video.seat import Seat


async def first_picture(video: VideoProcess, camera_id: str, quality: Any) -> tuple[float, float, float]:
    """(ms to the first fragment, ms until it is decoded, median age in ms of the following second)."""
    _, url = video.release(camera_id, quality=quality)
    start = time.perf_counter()
    seat = await Seat.take(url)
    await seat.until(lambda s: s.pictures)
    arrived = time.perf_counter()
    assert seat.decode()
    decoded = time.perf_counter()
    await seat.until(lambda s: len(s.pictures) >= 12)
    ages = seat.ages_s()[-8:]
    await seat.leave()
    return (arrived - start) * 1000, (decoded - start) * 1000, statistics.median(ages) * 1000


async def measure(city: RunningCity, runs: int, quality: Any) -> dict[str, Any]:
    result: dict[str, Any] = {"quality": quality, "runs": runs}
    async with running_gateway(city) as video:
        cold = [await first_picture(video, f"cold-{i}", quality) for i in range(runs)]
        for i in range(runs):
            if quality == "sub":
                await video.gateway.ensure_source([WarmCamera(f"warm-{i}", city.url(f"warm-{i}"))])
            else:
                video.desk.hub.stream(f"warm-{i}", quality, city.url(f"warm-{i}", quality))
        await asyncio.sleep(2.3)
        warm = [await first_picture(video, f"warm-{i}", quality) for i in range(runs)]
    for name, rows in (("cold", cold), ("warm", warm)):
        fragments, decoded, ages = zip(*rows, strict=True)
        result[name] = {"fragment_ms": spread(fragments), "decoded_ms": spread(decoded), "age_ms": spread(ages)}
    return result


def spread(values: tuple[float, ...]) -> dict[str, float]:
    return {"median": round(statistics.median(values), 1), "min": round(min(values), 1), "max": round(max(values), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON line (the default is indented)")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--quality", choices=("sub", "main"), default="sub")
    options = parser.parse_args()
    spec = [{"id": f"{kind}-{i}", "name": f"{kind} {i}"} for kind in ("cold", "warm") for i in range(options.runs)]
    process, city = start_city(spec=spec)
    try:
        result = asyncio.run(measure(city, options.runs, options.quality))
    finally:
        process.terminate()
        process.wait(5)
    print(json.dumps(result, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
