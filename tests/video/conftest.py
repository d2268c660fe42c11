"""A small city that speaks RTSP, and a video process that really runs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn

from server.video.app import VideoDesk, create_app, server_config
from server.video.gateway import EmbeddedGateway, Play, Quality, Refused, Viewing, plays_of
from server.video.tickets import Ticket, new_ticket
from tests.video.seat import eventually

KEY = "a key that only tests know"
SPEC: list[dict[str, Any]] = []
SPEC += [{"id": f"cam-{n}", "name": f"정자동 골목 {n}", "heading_deg": n * 45} for n in range(1, 6)]
SPEC += [{"id": f"quiet-{n}", "name": f"조용한 길 {n}"} for n in range(1, 24)]
SPEC += [{"id": "b-frames", "name": "B", "b_frames": True}, {"id": "no-sets", "name": "N", "in_band_sets": False}]
SPEC += [{"id": "h265", "codec": "h265"}, {"id": "speaks", "has_audio": True}, {"id": "udp-only", "transport": "udp"}]
SPEC += [{"id": f"loop-{n}", "loop": True} for n in range(1, 21)]
SPEC += [{"id": "still-1", "is_still": True}, *({"id": f"rare-keys-{n}", "gop_s": 60.0} for n in (1, 2))]
SPEC += [{"id": "locked", "user": "ansim", "password": "p@ss"}]
SPEC = [{"gop_s": 0.5, **camera} for camera in SPEC]  # who waits for a key frame waits half a second


@dataclass
class RunningCity:
    port: int
    control_port: int
    pid: int

    def url(self, camera_id: str, quality: str = "sub") -> str:
        return f"rtsp://127.0.0.1:{self.port}/{camera_id}/{quality}"

    def fault(self, camera_id: str, kind: str, **body: Any) -> None:
        """A fault, or `turn` and `password` with what they need."""
        address = f"http://127.0.0.1:{self.control_port}/cameras/{camera_id}/{kind}"
        request = urllib.request.Request(address, json.dumps(body).encode(), method="POST")
        urllib.request.urlopen(request, timeout=5).close()

    def state(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.control_port}/", timeout=5) as answer:
            return dict(json.load(answer))


def start_city(*extra: str, spec: Sequence[Mapping[str, Any]] = SPEC, env: Mapping[str, str] | None = None):  # type: ignore[no-untyped-def]
    program = [sys.executable, "-m", "server.demo.cameras", "--json-spec", "-", *extra]
    process = subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(env) if env else None
    )
    assert process.stdin and process.stdout
    process.stdin.write(json.dumps(spec))
    process.stdin.close()
    ready = json.loads(process.stdout.readline())
    return process, RunningCity(ready["port"], ready["control_port"], process.pid)


@pytest.fixture(scope="session")
def city() -> Iterator[RunningCity]:
    process, city = start_city()
    yield city
    process.terminate()
    assert process.wait(5) == 0
    process.stdout.close()


@dataclass
class LedgerGate:
    """A gate with its rows in memory: what may be seen, who asked, what began, what ended."""

    allowed: set[str] = field(default_factory=set)
    ended: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[Ticket, str, str]] = field(default_factory=list)
    first_bytes: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    stills: dict[str, str] = field(default_factory=dict)
    stills_left: int = 100
    is_broken: bool = False

    async def open(self, ticket: Ticket, camera_id: str, address: str) -> Viewing:
        self.asked.append((ticket, camera_id, address))
        await self.may_answer.wait()
        if ticket.release_id not in self.allowed or ticket.release_id in self.ended:
            raise Refused("incident_closed", "사건이 종결되었습니다.", "The incident is closed.")
        return Viewing(ticket.release_id, watermark=f"{ticket.viewer_id} {ticket.address}")

    async def still_open(self, release_ids: Sequence[str]) -> dict[str, str]:
        if self.is_broken:
            raise ConnectionError("the database is away")
        return {r: self.ended[r] for r in release_ids if r in self.ended}

    async def first_byte(self, release_id: str) -> bool:
        if release_id in self.ended:
            return False
        self.first_bytes.append(release_id)
        return True

    async def standing(self) -> list[str]:
        if self.is_broken:
            raise ConnectionError("the database is away")
        return [r for r in self.allowed if r not in self.ended and r not in self.gone]

    async def still(self, release_id: str, camera_id: str) -> None:
        if self.stills.get(release_id) != camera_id or self.stills_left <= 0:
            raise Refused("released_ended", "제공이 끝났습니다.", "This release has ended.")
        self.stills_left -= 1

    async def left(self, release_ids: Sequence[str]) -> None:
        if self.is_broken:
            raise ConnectionError("the database is away")
        self.gone += release_ids


@dataclass
class VideoProcess:
    """The running gateway, and how a seat gets its address."""

    city: RunningCity
    gate: LedgerGate
    port: int
    desk: VideoDesk
    gateway: EmbeddedGateway
    releases: int = 0

    def release(self, camera_id: str, *, quality: Quality = "sub", address: str = "127.0.0.1") -> tuple[str, str]:
        """(release id, WebSocket address) of an allowed viewing."""
        release_id, plays = self.plays(camera_id, quality=quality, address=address)
        return release_id, plays[0].url

    def plays(self, camera_id: str, *, quality: Quality = "sub", address: str = "127.0.0.1") -> tuple[str, list[Play]]:
        """(release id, the ways to watch it) of an allowed viewing."""
        self.releases += 1
        release_id = f"release-{self.releases}"
        self.gate.allowed.add(release_id)
        ticket = new_ticket(
            release_id=release_id,
            incident_id="incident",
            camera_id=camera_id,
            viewer_id="김안심",
            address=address,
            quality=quality,
            now=time.time(),
        )
        return release_id, plays_of(f"ws://127.0.0.1:{self.port}", ticket, KEY)


class CitySources:
    def __init__(self, city: RunningCity) -> None:
        self._city = city

    async def stream_url(self, camera_id: str, quality: Quality) -> str:
        if camera_id.startswith("unknown"):
            raise KeyError(camera_id)
        return self._city.url(camera_id, quality)


@contextlib.asynccontextmanager
async def running_gateway(city: RunningCity, **options: Any) -> AsyncIterator[VideoProcess]:
    """The video process as `ansim video` runs it, on a free port of this loop, with an open gate."""
    gate = LedgerGate()
    gate.may_answer.set()
    app = create_app(gate, CitySources(city), key=KEY, **options)
    config = server_config(app)
    config.port = 0
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    gateway = EmbeddedGateway(url=f"http://127.0.0.1:{port}", public_url=f"ws://127.0.0.1:{port}", key=KEY)
    try:
        yield VideoProcess(city, gate, port, app.state.desk, gateway)
    finally:
        await gateway.close()
        server.should_exit = True
        await running


@pytest.fixture
async def video(city: RunningCity) -> AsyncIterator[VideoProcess]:
    async with running_gateway(city) as video:
        yield video
