"""How long until a thousand operators have it on their screens, and does one who stopped reading cost the others?

`python -m tests.bench.feed --json [--seats 1000] [--rounds 40] [--alerts 10]`. One real server process, durable
PostgreSQL, 1,000 accounts and sessions, 1,000 WebSockets of one client process on the same machine. Prints
`{"round_p50_ms","round_p99_ms","stalled_round_p50_ms","stalled_round_p99_ms","write_p50_ms","card_p50_ms",
"place_p50_ms","place_p99_ms","server_cpu_ms_per_round","rows_per_alert","seats","n"}`.

A round is one event handed out: from the moment the first seat has the frame until the last one has it. `write_p50_ms`
is from the operator's POST to the first seat (the command, its transaction and the chain). `card` and `place` are an
alert: from the router's POST to the last seat's card, and to the last seat's place, whose thousand release rows are on
disk by then. `stalled`: one seat's reader has stopped. Aim: a round ≤ 25 ms, stalled the same.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil

from location_router.runtime.postgres import PrivateCluster
from location_router.runtime.provision import provision
from location_router.runtime.seal import new_key
from location_router.runtime.signing import sign
from server.services import Services, make_services
from server.settings import Settings
from tests.bench.load import percentile
from tests.server.deliveries import delivery

KEY, NAME = "bench-key", "bench"
SCRIPTS = Path(__file__).resolve().parents[2] / "server" / "migrations"


class Room:
    """What the seats have heard: when the first and the last of `wanted` seats saw a mark."""

    def __init__(self) -> None:
        self.wanted = 0
        self.marks: dict[bytes, list[float]] = {}
        self.full = asyncio.Event()
        self.frames: defaultdict[str, int] = defaultdict(int)

    def expect(self, *marks: bytes) -> None:
        self.marks = {mark: [] for mark in marks}
        self.full.clear()

    def hear(self, frame: bytes) -> None:
        self.frames["all"] += 1
        head = frame[:2000] if len(frame) > 2000 else frame
        for mark, times in self.marks.items():
            if mark in head or mark in frame:
                times.append(time.perf_counter())
                if all(len(one) >= self.wanted for one in self.marks.values()):
                    self.full.set()


class SeatProtocol(asyncio.Protocol):
    """A WebSocket client that only reads: the handshake, then unmasked frames."""

    def __init__(self, room: Room, host: str, cookie: str, seated: asyncio.Future[None]) -> None:
        self._room, self._host, self._cookie, self._seated = room, host, cookie, seated
        self._buffer, self._open = bytearray(), False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(  # type: ignore[attr-defined]
            (
                f"GET /api/feed HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                f"Cookie: ansim_session={self._cookie}\r\n\r\n"
            ).encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._open:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if b" 101 " not in self._buffer[:20]:
                self._seated.set_exception(RuntimeError(bytes(self._buffer[:200]).decode()))
                return
            del self._buffer[: end + 4]
            self._open = True
            self._send(json.dumps({"type": "hello", "seat": "bench", "cursor": None}).encode())
        while self._frame():
            pass

    def _frame(self) -> bool:
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        size, start = buffer[1] & 127, 2
        if size == 126:
            size, start = int.from_bytes(buffer[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(buffer[2:10], "big"), 10
        if len(buffer) < start + size:
            return False
        frame = bytes(buffer[start : start + size])
        opcode = buffer[0] & 15
        del buffer[: start + size]
        if opcode == 9:
            self._send(frame, opcode=10)
        elif not self._seated.done():
            self._seated.set_result(None)
        else:
            self._room.hear(frame)
        return True

    def _send(self, payload: bytes, *, opcode: int = 1) -> None:
        assert self.transport is not None and len(payload) < 126
        self.transport.write(bytes((0x80 | opcode, 0x80 | len(payload))) + b"\0\0\0\0" + payload)

    def connection_lost(self, _: Exception | None) -> None:
        if not self._seated.done():
            self._seated.set_exception(ConnectionResetError())


async def seats(room: Room, url: str, cookies: list[str]) -> list[SeatProtocol]:
    host, port = url.removeprefix("http://").split(":")
    made: list[SeatProtocol] = []
    loop = asyncio.get_running_loop()
    for start in range(0, len(cookies), 25):
        waiting = []
        for cookie in cookies[start : start + 25]:
            seated: asyncio.Future[None] = loop.create_future()
            protocol = SeatProtocol(room, f"{host}:{port}", cookie, seated)
            await loop.create_connection(lambda one=protocol: one, host, int(port))
            made.append(protocol)
            waiting.append(seated)
        await asyncio.gather(*waiting)
    return made


async def staff(services: Services, count: int) -> list[str]:
    """So many operators with a session each; their cookies."""
    tokens, now = [os.urandom(24).hex() for _ in range(count)], datetime.now(UTC)
    async with services.db.begin() as unit:
        await unit.execute(
            "INSERT INTO center (code, name_ko, name_en, desk) VALUES ('41170', '경기도 안양시', 'Anyang', 'main')"
            " ON CONFLICT DO NOTHING"
        )
        for number, token in enumerate(tokens):
            account_id = uuid4()
            name = services.sealer.seal(f"근무자 {number}", context=f"account.name:{account_id}")
            await unit.driver.execute(
                "INSERT INTO account (account_id, login, name_sealed, password_hash, role, desk)"
                " VALUES (%s, %s, %s, 'x', 'operator', 'main')",
                [account_id, f"op-{number}", name],
            )
            await unit.driver.execute("INSERT INTO allowed_address VALUES (%s, '127.0.0.0/8')", [account_id])
            await unit.driver.execute(
                "INSERT INTO session (token_digest, account_id, address, created_at, expires_at)"
                " VALUES (%s, %s, '127.0.0.1', %s, %s)",
                [services.sealer.digest(token, context="session"), account_id, now, now + timedelta(hours=8)],
            )
    return tokens


async def alert(http: httpx.AsyncClient) -> tuple[str, str]:
    """A delivery through the inbox; (alert, incident)."""
    letter = delivery(served_by=NAME)
    body = letter.model_dump_json().encode()
    headers = sign(KEY, installation=NAME, method="POST", path="/v1/inbox", body=body, now=time.time())
    answer = await http.post("/v1/inbox", content=body, headers=headers)
    answer.raise_for_status()
    return str(letter.alert.alert_id), str(answer.json()["incident_id"])


async def note_round(room: Room, http: httpx.AsyncClient, incident_id: str, number: int) -> tuple[float, float]:
    """(POST → first seat, first → last seat), ms."""
    mark = f"round-{number}-{uuid4().hex[:8]}"
    room.expect(mark.encode())
    began = time.perf_counter()
    asked = asyncio.create_task(http.post(f"/api/incidents/{incident_id}/note", json={"text": mark}))
    async with asyncio.timeout(20):
        await room.full.wait()
    (await asked).raise_for_status()
    times = room.marks[mark.encode()]
    return (times[0] - began) * 1000, (times[-1] - times[0]) * 1000


async def alert_round(room: Room, http: httpx.AsyncClient) -> tuple[float, float]:
    """(POST → last card, POST → last place), ms."""
    letter = delivery(served_by=NAME)
    card, place = b'"tag":"alert:received"', b'"type":"position"'
    room.expect(card, place)
    body = letter.model_dump_json().encode()
    headers = sign(KEY, installation=NAME, method="POST", path="/v1/inbox", body=body, now=time.time())
    began = time.perf_counter()
    asked = asyncio.create_task(http.post("/v1/inbox", content=body, headers=headers))
    async with asyncio.timeout(20):
        await room.full.wait()
    (await asked).raise_for_status()
    return (room.marks[card][-1] - began) * 1000, (room.marks[place][-1] - began) * 1000


async def measure(url: str, services: Services, options: argparse.Namespace) -> dict[str, Any]:
    cookies, room = await staff(services, options.seats), Room()
    made = await seats(room, url, cookies)
    room.wanted = len(made)
    found: dict[str, list[float]] = defaultdict(list)
    cookie = {"Cookie": f"ansim_session={cookies[0]}"}
    async with httpx.AsyncClient(base_url=url, headers=cookie, trust_env=False, timeout=20) as http:
        _, incident_id = await alert(http)
        await asyncio.sleep(1.0)
        for _ in range(options.alerts):
            card, place = await alert_round(room, http)
            found["card"].append(card)
            found["place"].append(place)
            await asyncio.sleep(0.3)
        for name in ("", "stalled_") * options.turns:
            stalled = made[-1].transport if name else None
            if stalled is not None:
                stalled.pause_reading()
                room.wanted = len(made) - 1
            before = _cpu_s(options.server)
            for number in range(options.rounds):
                write, spread = await note_round(room, http, incident_id, number)
                found["write"].append(write)
                found[f"{name}round"].append(spread)
                await asyncio.sleep(0.05)
            found["cpu"].append((_cpu_s(options.server) - before) * 1000 / options.rounds)
            if stalled is not None:
                stalled.resume_reading()
                await asyncio.sleep(0.5)
                room.wanted = len(made)
    for one in made:
        if one.transport is not None:
            one.transport.abort()
    return _summary(found, options) | {"rows_per_alert": await _rows(services, options.alerts + 1)}


async def _rows(services: Services, alerts: int) -> float:
    async with services.db.begin() as unit:
        return float(await unit.scalar("SELECT count(*) FROM release WHERE kind = 'position'")) / alerts


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _summary(found: dict[str, list[float]], options: argparse.Namespace) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name in ("round", "stalled_round", "write", "card", "place"):
        result[f"{name}_p50_ms"] = round(statistics.median(found[name]), 2)
        result[f"{name}_p99_ms"] = round(percentile(found[name], 0.99), 2)
    result["server_cpu_ms_per_round"] = round(statistics.median(found["cpu"]), 2)
    return result | {"seats": options.seats, "n": len(found["round"])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seats", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--alerts", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ansim-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        cluster = PrivateCluster(name="feed", durable=True, state=Path(folder), on_progress=lambda line: None)
        cluster.start()
        try:
            found = _run(cluster.admin_url, options)
        finally:
            cluster.stop()
    print(json.dumps(found) if options.json else "\n".join(f"{name:24} {value}" for name, value in found.items()))


def _run(admin_url: str, options: argparse.Namespace) -> dict[str, Any]:
    url = provision(admin_url, "feed", "installation", scripts=SCRIPTS)
    values = {
        "DATABASE_URL": url,
        "DATA_KEY": new_key(),
        "INSTALLATION": NAME,
        "INSTALLATION_KEY": KEY,
        "SERVES": "41170",
        "ROUTER_URL": "http://127.0.0.1:9",
        "VIDEO_GATEWAY": "console",
        "PORT": "0",
        "LOG_LEVEL": "WARNING",
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "server", "serve"], env=os.environ | values, stdout=subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        ready = json.loads(server.stdout.readline())
        settings = Settings(
            database_url=url,
            data_key=values["DATA_KEY"],
            installation=NAME,
            installation_key=KEY,
            serves="41170",
            video_gateway="console",
        )
        options.server = psutil.Process(server.pid)
        return asyncio.run(_with(settings, ready["url"], options))
    finally:
        server.terminate()
        server.wait(20)


async def _with(settings: Settings, url: str, options: argparse.Namespace) -> dict[str, Any]:
    services = make_services(settings)
    try:
        return await measure(url, services, options)
    finally:
        await services.close()


if __name__ == "__main__":
    main()
