"""Live video, recordings, selection and import as one JSON object.

    python -m tests.bench.video --json [--runs 9] [--viewers 200] [--seconds 4] [--only live]

Real RTSP cameras in one child process, the real video process in another, viewers here; the gate answers at once, so
that only the gateway is measured. Cold: nobody here has the camera open, a recorder elsewhere has, so that the next key
frame must be waited for. Costs are CPU time of the video process, not wall time: other work on the machine does not
count. `viewers_per_core` is 1 / (what each further viewer costs) with 1280x720 at 25 pictures a second. The floors
of the same run: PyAV demuxing the same cameras in a bare loop, and a bare asyncio server that writes the same fragments
to as many sockets. `clip_*`, `select_*` and `import_*` come from their own benchmarks beside this one.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import json
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import av

from server.video.gateway import EmbeddedGateway, WarmCamera, plays_of
from server.video.tickets import Quality, new_ticket
from tests.video.conftest import KEY, RunningCity, start_city
from tests.video.seat import Seat

CAMERAS = 20
OTHERS = {"clip": "clip_120s_ms", "select_cameras": "select_p99_ms_100k", "import_cctv": "import_rows_per_s"}


PROGRAM = """
import sys
from server.video.app import run
from tests.video.conftest import KEY, CitySources, LedgerGate, RunningCity

class OpenGate(LedgerGate):
    async def open(self, ticket, camera_id, address):
        self.allowed.add(ticket.release_id)
        self.may_answer.set()
        return await super().open(ticket, camera_id, address)

class Sources(CitySources):
    async def stream_url(self, camera_id, quality):
        return await super().stream_url(camera_id, "main" if camera_id.startswith("load") else quality)

run(host="127.0.0.1", port=0, gate=OpenGate(), sources=Sources(RunningCity(int(sys.argv[1]), 0, 0)), key=KEY)
"""


class Video:
    """The video process: its addresses, its tickets, its CPU time."""

    def __init__(self, city: RunningCity) -> None:
        program = [sys.executable, "-c", PROGRAM, str(city.port)]
        self.process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.public = self.url.replace("http", "ws")
        self.gateway = EmbeddedGateway(url=self.url, public_url=self.public, key=KEY, timeout_s=30)
        self._releases = 0

    def address(self, camera_id: str, quality: Quality) -> str:
        self._releases += 1
        ticket = new_ticket(
            release_id=f"release-{self._releases}",
            incident_id="incident",
            camera_id=camera_id,
            viewer_id="viewer",
            address="127.0.0.1",
            quality=quality,
            now=time.time(),
        )
        return plays_of(self.public, ticket, KEY)[0].url

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        if self.process.stdout:
            self.process.stdout.close()


def cpu_s(pid: int) -> float:
    """CPU seconds that the process has used, user and system, all its threads."""
    with open(f"/proc/{pid}/stat") as line:
        values = line.read().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


async def core_share(pid: int, seconds: float) -> float:
    """Of one core, 0 … 1, over the next `seconds`."""
    before, at = cpu_s(pid), time.monotonic()
    await asyncio.sleep(seconds)
    return (cpu_s(pid) - before) / (time.monotonic() - at)


# ------------------------------------------------------------ first picture
async def first_picture(url: str) -> tuple[float, list[float]]:
    """(ms from the knock until a picture is decoded, ages in ms of the pictures that then arrive live)."""
    start = time.perf_counter()
    seat = await Seat.take(url)
    await seat.until(lambda s: s.pictures)
    assert seat.decode()
    decoded_ms = (time.perf_counter() - start) * 1000
    burst = len(seat.pictures)
    await seat.until(lambda s: len(s.pictures) >= burst + 20)
    ages = [age * 1000 for age in seat.ages_s()[-15:]]
    await seat.leave()
    return decoded_ms, ages


async def first_pictures(video: Video, city: RunningCity, runs: int) -> dict[str, Any]:
    urls = [city.url(f"cold-{i}") for i in range(runs)]
    elsewhere = await asyncio.create_subprocess_exec(sys.executable, "-c", DEMUX, "120", *urls, stdout=-1)
    await asyncio.sleep(3.0)
    cold = [await first_picture(video.address(f"cold-{i}", "sub")) for i in range(runs)]
    elsewhere.kill()
    await elsewhere.wait()
    await video.gateway.ensure_source([WarmCamera(f"warm-{i}", city.url(f"warm-{i}")) for i in range(runs)], 120)
    await asyncio.sleep(3.0)
    warm = [await first_picture(video.address(f"warm-{i}", "sub")) for i in range(runs)]
    ages = [age for _, listed in cold + warm for age in listed]
    return {
        "first_frame_warm_p50_ms": percentile([ms for ms, _ in warm], 50),
        "first_frame_warm_p95_ms": percentile([ms for ms, _ in warm], 95),
        "first_frame_cold_p50_ms": percentile([ms for ms, _ in cold], 50),
        "age_p50_ms": percentile(ages, 50),
        "age_p95_ms": percentile(ages, 95),
    }


def percentile(values: list[float], percent: int) -> float:
    listed = sorted(values)
    return round(listed[min(len(listed) - 1, len(listed) * percent // 100)], 1)


# ------------------------------------------------------------ what cameras and viewers cost
class Crowd(threading.Thread):
    """Many sockets that only read: a handshake by hand, and then bytes into one buffer."""

    def __init__(self, urls: list[str]) -> None:
        super().__init__(daemon=True)
        self.bytes_received, self._stopping = 0, False
        self._ready = selectors.DefaultSelector()
        for url in urls:
            self._ready.register(_upgraded(url), selectors.EVENT_READ)

    def run(self) -> None:
        buffer = bytearray(1 << 20)
        while not self._stopping:
            for key, _ in self._ready.select(0.2):
                with contextlib.suppress(OSError):
                    self.bytes_received += key.fileobj.recv_into(buffer)  # type: ignore[union-attr]

    def close(self) -> None:
        self._stopping = True
        self.join()
        for key in list(self._ready.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]


def _upgraded(url: str) -> socket.socket:
    parts = urlsplit(url)
    made = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=30)
    head = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    made.sendall(f"{head}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    return made


async def costs(video: Video, city: RunningCity, viewers: int, seconds: float) -> dict[str, Any]:
    pid = video.process.pid
    idle = await core_share(pid, 1.0)
    loads = [f"load-{i}" for i in range(CAMERAS)]
    await video.gateway.ensure_source([WarmCamera(one, city.url(one, "main")) for one in loads], 300)
    await asyncio.sleep(3.0)
    ingest = (await core_share(pid, seconds) - idle) / CAMERAS
    shares, crowds, megabits = [], [], 0.0
    for count in (viewers // 5, viewers):
        more = count - sum(len(one) for one, _ in crowds)
        urls = [video.address(loads[i % CAMERAS], "sub") for i in range(more)]
        crowd = await asyncio.to_thread(Crowd, urls)
        crowd.start()
        crowds.append((urls, crowd))
        await asyncio.sleep(2.0)
        before = sum(one.bytes_received for _, one in crowds)
        shares.append(await core_share(pid, seconds))
        megabits = (sum(one.bytes_received for _, one in crowds) - before) * 8e-6 / seconds
    for _, crowd in crowds:
        await asyncio.to_thread(crowd.close)
    each = (shares[1] - shares[0]) / (viewers - viewers // 5)
    floor = await bare_fan_out(viewers, seconds, megabits)
    demux = await asyncio.to_thread(bare_demux, [city.url(one, "main") for one in loads], seconds)
    return {
        "ingest_core_percent_per_camera": round(ingest * 100, 2),
        "floor_demux_core_percent_per_camera": round(demux * 100, 2),
        "ingest_ratio_to_floor": round(ingest / demux, 2) if demux else None,
        "viewers_per_core": round(1 / each) if each > 0 else None,
        "viewers": viewers,
        "viewers_core_percent": round(shares[1] * 100, 1),
        "viewers_mbit_s": round(megabits),
        "floor_viewers_per_core": round(1 / floor) if floor > 0 else None,
        "viewers_ratio_to_floor": round(each / floor, 2) if floor > 0 else None,
    }


DEMUX = """
import sys, threading, time, av
def pull(url, until):
    with av.open(url, options={"rtsp_transport": "tcp", "probesize": "32", "analyzeduration": "0"}) as camera:
        for packet in camera.demux(video=0):
            if time.monotonic() > until: return
seconds = float(sys.argv[1])
until = time.monotonic() + 2 + seconds
threads = [threading.Thread(target=pull, args=(url, until), daemon=True) for url in sys.argv[2:]]
[one.start() for one in threads]
time.sleep(2); before = time.process_time(); time.sleep(seconds)
print((time.process_time() - before) / seconds / len(threads), flush=True)
[one.join(1) for one in threads]
"""
FAN_OUT = """
import asyncio, sys, time
size, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
async def main():
    writers = []
    server = await asyncio.start_server(lambda reader, writer: writers.append(writer), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    piece, began, before = bytes(size), None, 0.0
    at = time.monotonic()
    while began is None or time.monotonic() < began + seconds:
        if began is None and time.monotonic() > at + 2: began, before = time.monotonic(), time.process_time()
        for writer in writers: writer.write(piece)
        await asyncio.sleep(1 / rate)
    print((time.process_time() - before) / (time.monotonic() - began) / max(1, len(writers)), flush=True)
asyncio.run(main())
"""


def bare_demux(urls: list[str], seconds: float) -> float:
    """Share of a core per camera of a program that only demuxes."""
    made = subprocess.run(
        [sys.executable, "-c", DEMUX, str(seconds), *urls], capture_output=True, text=True, check=True
    )
    return float(made.stdout)


async def bare_fan_out(viewers: int, seconds: float, megabits: float, rate: float = 25.0) -> float:
    """Share of a core per viewer of an asyncio server that writes as many bytes to as many sockets as often."""
    size = max(1, int(megabits * 1e6 / 8 / viewers / rate))
    arguments = [sys.executable, "-c", FAN_OUT, str(size), str(rate), str(seconds)]
    process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    port = int(await process.stdout.readline())
    crowd = await asyncio.to_thread(Crowd, [f"ws://127.0.0.1:{port}/"] * viewers)
    crowd.start()
    each = float(await process.stdout.readline())
    await process.wait()
    await asyncio.to_thread(crowd.close)
    return each


# ------------------------------------------------------------ all of it
def live(runs: int, viewers: int, seconds: float) -> dict[str, Any]:
    """The live part; cameras have a key frame each two seconds."""
    spec: list[dict[str, Any]] = [
        {"id": f"{kind}-{i}", "fps": 15, "gop_s": 2.0} for kind in ("cold", "warm") for i in range(runs)
    ]
    spec += [{"id": f"load-{i}", "fps": 25, "gop_s": 2.0, "loop": True} for i in range(CAMERAS)]
    process, city = start_city(spec=spec)
    try:
        video = Video(city)
        try:

            async def both() -> dict[str, Any]:
                first = await first_pictures(video, city, runs)
                return first | await costs(video, city, viewers, seconds)

            return asyncio.run(both())
        finally:
            video.stop()
    finally:
        process.terminate()
        process.wait(5)


def others() -> dict[str, Any]:
    """What the benchmarks of recordings, selection and import measure; those that aren't there are named."""
    found: dict[str, Any] = {}
    for name, figure in OTHERS.items():
        try:
            module = importlib.import_module(f"tests.bench.{name}")
        except ModuleNotFoundError:
            found[figure] = None
            continue
        found |= module.measure()
    return found


def measure(runs: int = 9, viewers: int = 200, seconds: float = 4.0) -> dict[str, Any]:
    """Everything, under the names of the issue."""
    return live(runs, viewers, seconds) | others() | {"av": av.__version__, "cpus": os.cpu_count()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON line (the default is indented)")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--only", choices=("live", "others"))
    given = parser.parse_args()
    if given.only == "live":
        result = live(given.runs, given.viewers, given.seconds)
    else:
        result = others() if given.only else measure(given.runs, given.viewers, given.seconds)
    print(json.dumps(result, indent=None if given.json else 2))


if __name__ == "__main__":
    main()
