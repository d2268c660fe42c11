"""Simulated city cameras in one process: real RTSP and H.264, encoded live only while somebody plays.

    python -m server.demo.cameras --json-spec FILE|-

The spec is a list of `{"id", "name", "heading_deg"}`; `b_frames` (true) and `in_band_sets` (false) make
a camera as badly set up as some real ones are. One JSON line `{"ready", "port", "control_port"}` comes
out when it is up. Streams: `rtsp://127.0.0.1:PORT/{id}/sub` (640x360, 10 fps), `/main` (1280x720).
Faults: `POST /cameras/{id}/{down|up|freeze|thaw}` on the control port, or `City.fault()`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import av
import numpy as np

from server.demo.night_street import NightStreet
from server.demo.rtsp import Picture, RtspServer
from server.video.h264 import NAL_PPS, NAL_SPS, split_nal_units

FPS = 10
SIZES = {"sub": (640, 360, 350_000), "main": (1280, 720, 1_500_000)}
FAULTS = ("down", "up", "freeze", "thaw")


@dataclass(frozen=True, slots=True)
class CameraSpec:
    id: str
    name: str
    heading_deg: float = 0.0
    b_frames: bool = False
    in_band_sets: bool = True


def read_spec(text: str) -> list[CameraSpec]:
    """ValueError names what is wrong, as a person typed it."""
    cameras = []
    for row in json.loads(text):
        unknown = set(row) - set(CameraSpec.__dataclass_fields__)
        if unknown or "id" not in row:
            raise ValueError(f"a camera needs an id and knows no {sorted(unknown)}: {row}")
        row = {**row, "name": row.get("name") or row["id"]}
        row["heading_deg"] = float(row.get("heading_deg") or 0.0)
        cameras.append(CameraSpec(**row))
    return cameras


def _encoder(quality: str, *, b_frames: bool) -> av.VideoCodecContext:
    width, height, bit_rate = SIZES[quality]
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.bit_rate, encoder.gop_size = bit_rate, FPS
    encoder.time_base, encoder.framerate = Fraction(1, 90_000), Fraction(FPS, 1)
    encoder.thread_count = 1
    options = {"preset": "ultrafast", "x264-params": f"keyint={FPS}:min-keyint={FPS}:scenecut=0"}
    if b_frames:
        options = {"preset": "veryfast", "x264-params": f"keyint={FPS}:bframes=2:b-adapt=0:scenecut=0"}
    else:
        options["tune"] = "zerolatency"
    encoder.options = options
    return encoder


@cache
def _parameter_sets(quality: str, b_frames: bool) -> tuple[bytes, bytes]:
    """SPS and PPS for the SDP: the same settings always give the same ones."""
    encoder = _encoder(quality, b_frames=b_frames)
    black = np.full((encoder.height * 3 // 2, encoder.width), 16, np.uint8)
    frame = av.VideoFrame.from_ndarray(black, format="yuv420p")
    frame.pts, frame.time_base = 0, Fraction(1, 90_000)
    units = [u for p in [*encoder.encode(frame), *encoder.encode(None)] for u in split_nal_units(bytes(p))]
    sps = next(unit for unit in units if unit[0] & 31 == NAL_SPS)
    return sps, next(unit for unit in units if unit[0] & 31 == NAL_PPS)


@dataclass(slots=True)
class _Channel:
    """One quality of one camera: who plays it, and the task that encodes for them."""

    spec: CameraSpec
    quality: str
    viewers: dict[int, tuple[Callable[[Picture], None], Callable[[], None]]] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None


class City:
    """All cameras. Implements `rtsp.Streams`; lives on one event loop."""

    def __init__(self, cameras: Sequence[CameraSpec]) -> None:
        self._cameras = {camera.id: camera for camera in cameras}
        self._channels: dict[str, _Channel] = {}
        self._down: set[str] = set()
        self._frozen: set[str] = set()
        self._next_viewer = 0

    # ------------------------------------------------------------ rtsp.Streams
    def parameter_sets(self, path: str) -> tuple[bytes, bytes] | None:
        camera_id, _, quality = path.rpartition("/")
        camera = self._cameras.get(camera_id)
        if camera is None or quality not in SIZES:
            return None
        return _parameter_sets(quality, camera.b_frames)

    def is_reachable(self, path: str) -> bool:
        return path.rpartition("/")[0] not in self._down

    def attach(self, path: str, deliver: Callable[[Picture], None], hang_up: Callable[[], None]) -> Callable[[], None]:
        camera_id, _, quality = path.rpartition("/")
        channel = self._channels.setdefault(path, _Channel(self._cameras[camera_id], quality))
        self._next_viewer += 1
        viewer = self._next_viewer
        channel.viewers[viewer] = (deliver, hang_up)
        if channel.task is None or channel.task.done():
            channel.task = asyncio.get_running_loop().create_task(self._run(channel))
        return lambda: self._detach(channel, viewer)

    def _detach(self, channel: _Channel, viewer: int) -> None:
        channel.viewers.pop(viewer, None)
        if not channel.viewers and channel.task:
            channel.task.cancel()

    # ------------------------------------------------------------ faults
    def fault(self, camera_id: str, kind: str) -> None:
        """down: connections cut and refused; freeze: connected, but no picture comes. KeyError, ValueError."""
        if camera_id not in self._cameras:
            raise KeyError(camera_id)
        if kind not in FAULTS:
            raise ValueError(f"a fault is one of {', '.join(FAULTS)}")
        group = self._down if kind in ("down", "up") else self._frozen
        if kind in ("up", "thaw"):
            group.discard(camera_id)
            return
        group.add(camera_id)
        if kind == "down":
            for channel in self._channels.values():
                if channel.spec.id == camera_id:
                    for _, hang_up in list(channel.viewers.values()):
                        hang_up()

    def state(self) -> dict[str, Any]:
        """What the control port shows: per camera `viewers`, `down`, `frozen`."""
        viewers = dict.fromkeys(self._cameras, 0)
        for channel in self._channels.values():
            viewers[channel.spec.id] += len(channel.viewers)
        return {
            camera_id: {"viewers": n, "down": camera_id in self._down, "frozen": camera_id in self._frozen}
            for camera_id, n in viewers.items()
        }

    async def _run(self, channel: _Channel) -> None:
        """Pictures at FPS by the wall clock; a late one is skipped rather than queued."""
        loop = asyncio.get_running_loop()
        width, height, _ = SIZES[channel.quality]
        street = NightStreet(
            channel.spec.id, channel.spec.name, heading_deg=channel.spec.heading_deg, width=width, height=height
        )
        encoder = _encoder(channel.quality, b_frames=channel.spec.b_frames)
        number = int(time.time() * FPS)
        while True:
            number = max(number + 1, int(time.time() * FPS))
            await asyncio.sleep(number / FPS - time.time())
            if channel.spec.id in self._frozen:
                continue
            for picture in await loop.run_in_executor(None, _encode, encoder, street, number, channel.spec):
                for deliver, _ in list(channel.viewers.values()):
                    deliver(picture)


def _encode(encoder: av.VideoCodecContext, street: NightStreet, number: int, spec: CameraSpec) -> list[Picture]:
    frame = av.VideoFrame.from_ndarray(street.picture(time.time(), number), format="yuv420p")
    frame.pts, frame.time_base = number * (90_000 // FPS), Fraction(1, 90_000)
    pictures = []
    for packet in encoder.encode(frame):
        units = split_nal_units(bytes(packet))
        if not spec.in_band_sets:
            units = [unit for unit in units if unit[0] & 31 not in (NAL_SPS, NAL_PPS)]
        pictures.append(Picture(units, packet.pts or 0, packet.is_keyframe))
    return pictures


# ---------------------------------------------------------------- control port
async def start_control(city: City) -> asyncio.Server:
    """HTTP on a free loopback port: `GET /` shows the state, `POST /cameras/{id}/{fault}` makes one."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            async with asyncio.timeout(5):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, body = _control(city, *head.split(" ", 2)[:2])
            data = json.dumps(body).encode()
            lines = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
            writer.write(f"{lines}Content-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode() + data)
            await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


def _control(city: City, method: str, path: str) -> tuple[HTTPStatus, Any]:
    parts = path.strip("/").split("/")
    if method == "GET":
        return HTTPStatus.OK, city.state()
    if method != "POST" or len(parts) != 3 or parts[0] != "cameras":
        return HTTPStatus.NOT_FOUND, {"detail": "POST /cameras/{id}/{down|up|freeze|thaw}"}
    try:
        city.fault(parts[1], parts[2])
    except KeyError:
        return HTTPStatus.NOT_FOUND, {"detail": f"no camera {parts[1]}"}
    except ValueError as wrong:
        return HTTPStatus.UNPROCESSABLE_ENTITY, {"detail": str(wrong)}
    return HTTPStatus.OK, city.state()[parts[1]]


# ---------------------------------------------------------------- program
async def serve(
    cameras: Sequence[CameraSpec], *, parent: int, port: int = 0, user: str = "", password: str = ""
) -> None:
    """Run until SIGTERM, SIGINT or the death of `parent`, the process that started this one.

    Watched by asking: Linux's parent-death signal would also come when only the starting *thread* ends.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    city = City(cameras)
    server = RtspServer(city, user=user, password=password)
    rtsp_port = await server.start(port)
    control = await start_control(city)
    ready = {"ready": True, "port": rtsp_port, "control_port": control.sockets[0].getsockname()[1]}
    print(json.dumps(ready), flush=True)
    while not stop.is_set() and os.getppid() == parent:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await stop.wait()
    control.close()
    await server.close()


def main() -> None:
    parent = os.getppid()
    parser = argparse.ArgumentParser(description="Simulated city cameras over RTSP on 127.0.0.1")
    parser.add_argument("--json-spec", required=True, help="a file, or - for standard input")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--user", default="camera")
    parser.add_argument("--password-env", default="", help="environment variable that holds the password")
    options = parser.parse_args()
    source = options.json_spec
    cameras = read_spec(sys.stdin.read() if source == "-" else Path(source).read_text("utf-8"))
    password = os.environ.get(options.password_env, "") if options.password_env else ""
    asyncio.run(serve(cameras, parent=parent, port=options.port, user=options.user, password=password))


if __name__ == "__main__":
    main()
