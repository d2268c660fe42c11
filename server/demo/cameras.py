"""Simulated city cameras in one process: real RTSP and H.264, alive only while somebody plays.

    python -m server.demo.cameras --json-spec FILE|-

The spec is a list of `{"id", "name", …}` (`CameraSpec` names all fields). `loop: true` sends a film made once, so that
twenty cameras cost a few percent of a core; otherwise each encodes its own picture with the true clock. Badly set up on
wish, as some real ones are: `b_frames`, `in_band_sets: false`, `codec: "h265"`, `has_audio`, `transport: "udp"`.

One JSON line `{"ready", "port", "control_port"}` comes out when it is up. Streams:
`rtsp://127.0.0.1:PORT/{id}/sub` (640x360), `/main` (1280x720). Control (`server/demo/control.py`):
`POST /cameras/{id}/{fault}`, a fault being one of FAULTS; `POST /cameras/{id}/turn {"heading_deg"}`;
`POST /cameras/{id}/password {"password"}`; `GET /` shows the state of all.
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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast

from server.demo.control import start_control
from server.demo.films import SIZES, Setup, encode, film, open_encoder, parameter_sets
from server.demo.night_street import Look, NightStreet, Plane
from server.demo.rtp import Codec, Picture
from server.demo.rtsp import Deliver, Description, Login, RtspServer, Transport

FAULTS = {
    "down": "connections are cut and refused",
    "up": "no longer down",
    "freeze": "connected, but no packet comes",
    "thaw": "no longer frozen",
    "repeat": "packets come, always with the same picture",
    "drop": "the last picture before each key frame is lost on the way: its number is missing, the others are whole",
    "tear": "every 25th packet is lost",
    "slow": "everything comes two seconds late",
    "dark": "the picture is black but for its sign",
    "covered": "something hangs before the lens",
    "moved": "it looks somewhere else",
    "clear": "nothing is wrong any more",
}
LOST_EVERY, SLOW_S = 25, 2.0
_LATE_S = 1.0


@dataclass(frozen=True, slots=True)
class CameraSpec:
    id: str
    name: str
    heading_deg: float = 0.0
    b_frames: bool = False
    in_band_sets: bool = True
    loop: bool = False
    codec: Codec = "h264"
    has_audio: bool = False
    transport: Transport = "any"
    user: str = ""
    password: str = ""
    fps: int = 10
    gop_s: float = 1.0
    is_still: bool = False
    fault: str = ""
    records_s: float = 0.0
    clock_offset_s: float = 0.0
    stamps: bool = True
    login: Login = "md5"

    @property
    def setup(self) -> Setup:
        return Setup(self.codec, self.b_frames, self.in_band_sets, self.fps, self.gop_s)


def read_spec(text: str) -> list[CameraSpec]:
    """ValueError names what is wrong, as a person typed it."""
    cameras = []
    for row in json.loads(text):
        unknown = set(row) - set(CameraSpec.__dataclass_fields__)
        if unknown or "id" not in row:
            raise ValueError(f"a camera needs an id and knows no {sorted(unknown)}: {row}")
        if row.get("fault", "") not in ("", *FAULTS):
            raise ValueError(f"a fault is one of {', '.join(FAULTS)}: {row}")
        row = {**row, "name": row.get("name") or row["id"]}
        row["heading_deg"] = float(row.get("heading_deg") or 0.0)
        cameras.append(CameraSpec(**row))
    return cameras


@dataclass(slots=True)
class Condition:
    """How a camera is just now. `setups` counts how often each kind of track was asked for."""

    heading_deg: float
    password: str
    is_down: bool = False
    is_silent: bool = False
    is_repeating: bool = False
    is_dropping: bool = False
    is_tearing: bool = False
    is_slow: bool = False
    look: Look = "street"
    setups: dict[str, int] = field(default_factory=lambda: {"video": 0, "audio": 0})

    def befall(self, fault: str) -> None:
        """One of FAULTS."""
        if fault in ("down", "up", "clear"):
            self.is_down = fault == "down"
        if fault in ("freeze", "thaw", "clear"):
            self.is_silent = fault == "freeze"
        if fault == "clear":
            self.is_repeating = self.is_dropping = self.is_tearing = self.is_slow = False
            self.look = "street"
        self.is_repeating = self.is_repeating or fault == "repeat"
        self.is_dropping = self.is_dropping or fault == "drop"
        self.is_tearing = self.is_tearing or fault == "tear"
        self.is_slow = self.is_slow or fault == "slow"
        if fault in ("dark", "covered", "moved"):
            self.look = cast(Look, fault)


class _Live:
    """Draws and encodes its own picture each time."""

    def __init__(self, spec: CameraSpec, quality: str) -> None:
        width, height, _ = SIZES[quality]
        self._setup = spec.setup
        self._street = NightStreet(
            spec.id, spec.name, heading_deg=spec.heading_deg, width=width, height=height, is_still=spec.is_still
        )
        self._encoder = open_encoder(quality, spec.setup)
        self._kept: Plane | None = None

    async def at(self, number: int, now: Condition) -> list[tuple[Picture, int]]:
        made = await asyncio.get_running_loop().run_in_executor(None, self._make, number, now)
        return [(picture, picture.pts) for picture in made]

    def _make(self, number: int, now: Condition) -> list[Picture]:
        self._street.look, self._street.heading_deg = now.look, now.heading_deg
        planes = self._kept
        if planes is None or not now.is_repeating:
            planes = self._street.picture(time.time(), number)
        self._kept = planes if now.is_repeating else None
        return encode(self._encoder, planes, number, self._setup)


class _Looped:
    """Sends a film by the wall clock: picture `k mod N` at second k/fps."""

    def __init__(self, spec: CameraSpec, quality: str) -> None:
        self._spec, self._quality = spec, quality
        self._film: tuple[Picture, ...] = ()
        self._last = -1

    async def at(self, number: int, now: Condition) -> list[tuple[Picture, int]]:
        setup, turned_deg = self._spec.setup, (now.heading_deg - self._spec.heading_deg) % 360
        wanted = await asyncio.get_running_loop().run_in_executor(
            None, film, self._quality, setup, now.look, turned_deg, now.is_repeating
        )
        picture = wanted[number % len(wanted)]
        goes_on = wanted is self._film and number == self._last + 1
        if not goes_on and not picture.is_key:
            return []
        self._film, self._last = wanted, number
        return [(picture, (number - number % len(wanted)) * (90_000 // setup.fps) + picture.pts)]


def recorded(spec: CameraSpec, begin_s: float, end_s: float) -> Iterator[tuple[Picture, int, float | None]] | None:
    """What its recorder kept between two moments of *its* clock, from the key frame before the first: the film that a
    looped camera sent then. Picture `k mod N` was taken at second k/fps of the true time."""
    offset_s, fps, group = spec.clock_offset_s, spec.fps, spec.setup.group
    shot = film("sub", spec.setup, "street", 0.0, False)
    earliest_s = time.time() - spec.records_s
    first = int(max(begin_s - offset_s, earliest_s) * fps) // group * group
    last = int(min(end_s - offset_s, time.time()) * fps)
    if first >= last:
        return None

    def pictures() -> Iterator[tuple[Picture, int, float | None]]:
        for number in range(first, last):
            at_s = number / fps + offset_s if spec.stamps else None
            yield shot[number % len(shot)], (number - first) * (90_000 // fps), at_s

    return pictures()


def _meant(path: str) -> tuple[str, str, bool]:
    """`cam-1/main` and `cam-1/replay/token`: the camera, the quality, whether it is what was recorded."""
    camera_id, _, quality = path.rpartition("/")
    if camera_id.endswith("/replay"):
        return camera_id.removesuffix("/replay"), "sub", True
    return camera_id, quality, False


@dataclass(slots=True)
class _Channel:
    """One quality of one camera: who plays it, and the task that makes pictures for them."""

    spec: CameraSpec
    quality: str
    viewers: dict[int, tuple[Deliver, Callable[[], None]]] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None
    packets: int = 0
    since_key: int = 0


class City:
    """All cameras. Implements `rtsp.Streams`; lives on one event loop."""

    def __init__(self, cameras: Sequence[CameraSpec]) -> None:
        self._cameras = {camera.id: camera for camera in cameras}
        self._now = {camera.id: Condition(camera.heading_deg, camera.password) for camera in cameras}
        for camera in cameras:
            self._now[camera.id].befall(camera.fault)
        self._channels: dict[str, _Channel] = {}
        self._next_viewer = 0

    # ------------------------------------------------------------ rtsp.Streams
    def describe(self, path: str) -> Description | None:
        camera_id, quality, is_recorded = _meant(path)
        camera = self._cameras.get(camera_id)
        if camera is None or quality not in SIZES or (is_recorded and not camera.records_s):
            return None
        sets = parameter_sets(quality, camera.setup)
        password = self._now[camera_id].password
        about = (camera.has_audio, camera.transport, camera.user, password, camera.login, is_recorded)
        return Description(camera.codec, sets, *about)

    def is_reachable(self, path: str) -> bool:
        return not self._now[_meant(path)[0]].is_down

    def note_setup(self, path: str, track: Literal["video", "audio"]) -> None:
        self._now[_meant(path)[0]].setups[track] += 1

    def replay(self, path: str, begin_s: float, end_s: float) -> Iterator[tuple[Picture, int, float | None]] | None:
        return recorded(self._cameras[_meant(path)[0]], begin_s, end_s)

    def attach(self, path: str, deliver: Deliver, hang_up: Callable[[], None]) -> Callable[[], None]:
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

    # ------------------------------------------------------------ control
    def fault(self, camera_id: str, kind: str) -> None:
        """One of FAULTS happens. KeyError, ValueError."""
        now = self._now[camera_id]
        if kind not in FAULTS:
            raise ValueError(f"a fault is one of {', '.join(FAULTS)}")
        now.befall(kind)
        if now.is_down:
            self._hang_up(camera_id)

    def turn(self, camera_id: str, heading_deg: float) -> None:
        """The camera looks there from the next picture on; modulo 360. KeyError."""
        self._now[camera_id].heading_deg = heading_deg % 360

    def set_password(self, camera_id: str, password: str) -> None:
        """From now on this one is asked for (empty: none), and who is connected has to come again. KeyError."""
        self._now[camera_id].password = password
        self._hang_up(camera_id)

    def state(self) -> dict[str, Any]:
        """What the control port shows, per camera."""
        viewers = dict.fromkeys(self._cameras, 0)
        for channel in self._channels.values():
            viewers[channel.spec.id] += len(channel.viewers)
        return {
            camera_id: {"viewers": viewers[camera_id], "down": now.is_down, "frozen": now.is_silent}
            | {"look": now.look, "heading_deg": now.heading_deg, "setups": now.setups}
            for camera_id, now in self._now.items()
        }

    def _hang_up(self, camera_id: str) -> None:
        for channel in self._channels.values():
            if channel.spec.id == camera_id:
                for _, hang_up in list(channel.viewers.values()):
                    hang_up()

    # ------------------------------------------------------------ pictures
    async def _run(self, channel: _Channel) -> None:
        """Pictures at the camera's rate by the wall clock; one that is a second late is left out, not queued."""
        fps, now = channel.spec.fps, self._now[channel.spec.id]
        source = (_Looped if channel.spec.loop else _Live)(channel.spec, channel.quality)
        number = int(time.time() * fps)
        while True:
            patience = round(_LATE_S * fps) if channel.spec.loop else 0  # a film has no picture to spare
            number = max(number + 1, int(time.time() * fps) - patience)
            await asyncio.sleep(number / fps - time.time())
            if now.is_silent:
                continue
            for picture, pts in await source.at(number, now):
                self._send(channel, now, picture, pts)

    def _send(self, channel: _Channel, now: Condition, picture: Picture, pts: int) -> None:
        channel.since_key = 0 if picture.is_key else channel.since_key + 1
        is_lost = now.is_dropping and channel.since_key == channel.spec.setup.group - 1
        if is_lost or now.is_tearing:
            kept = tuple(None if is_lost or self._is_torn(channel) else one for one in picture.payloads)
            picture = Picture(kept, picture.pts, picture.is_key)
        if now.is_slow:
            asyncio.get_running_loop().call_later(SLOW_S, _deliver, channel, picture, pts)
        else:
            _deliver(channel, picture, pts)

    def _is_torn(self, channel: _Channel) -> bool:
        channel.packets += 1
        return channel.packets % LOST_EVERY == 0


def _deliver(channel: _Channel, picture: Picture, pts: int) -> None:
    for deliver, _ in list(channel.viewers.values()):
        deliver(picture, pts)


# ---------------------------------------------------------------- program
async def serve(cameras: Sequence[CameraSpec], *, parent: int, port: int = 0) -> None:
    """Run until SIGTERM, SIGINT or the death of `parent`, the process that started this one.

    Watched by asking: Linux's parent-death signal would also come when only the starting *thread* ends.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    city = City(cameras)
    server = RtspServer(city)
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
    parser.add_argument("--user", default="camera", help="of cameras that name none")
    parser.add_argument("--password-env", default="", help="environment variable with the password of the others")
    options = parser.parse_args()
    source = options.json_spec
    cameras = read_spec(sys.stdin.read() if source == "-" else Path(source).read_text("utf-8"))
    password = os.environ.get(options.password_env, "") if options.password_env else ""
    cameras = [replace(one, user=one.user or options.user, password=one.password or password) for one in cameras]
    asyncio.run(serve(cameras, parent=parent, port=options.port))


if __name__ == "__main__":
    main()
