"""The load of `bench.paths`: a process of its own that posts alerts over kept connections with the least work.

Reads one JSON object from standard input (`Plan`), answers with one on standard output. Everybody is another person at
another place; requests are made before the clock starts. Closed loop, or at an even pace (`per_s` > 0).
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvloop


@dataclass(frozen=True)
class Plan:
    """`points` names a file of lon, lat pairs; `acked` the file that gets the ids answered 202, one a line."""

    urls: list[str]
    points: str
    acked: str
    connections: int = 48
    seconds: float = 3.0
    warm_s: float = 0.5
    per_s: int = 0
    most: int = 40_000


def percentile(ordered: list[float], share: float) -> float | None:
    """Nearest rank; None of nothing."""
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) if ordered else None


def requests(count: int, points: list[list[float]]) -> list[tuple[str, bytes]]:
    """(id, whole HTTP request) of `count` alerts as phones send them."""
    now, dice, made = datetime.now(UTC).isoformat(), random.Random(), []
    for number in range(count):
        lon, lat = points[number % len(points)]
        value = (time.time_ns() // 1_000_000) << 80 | 0x7 << 76 | dice.getrandbits(12) << 64 | 0b10 << 62
        alert_id = str(uuid.UUID(int=value | dice.getrandbits(62)))
        body = json.dumps(
            {
                "alert_id": alert_id,
                "phase": "active",
                "service": "urn:service:sos",
                "trigger": "shake",
                "raised_at": now,
                "countdown_s": 5,
                "home": "11680",
                "battery_percent": 71,
                "caller": {"nickname": "벤치", "phone": f"010{dice.randrange(10**8):08}", "language": "ko"},
                "position": {"lat": lat, "lon": lon, "accuracy_m": 12.0, "fixed_at": now, "sent_at": now},
            }
        ).encode()
        head = f"POST /v1/alerts HTTP/1.1\r\nHost: r\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        made.append((alert_id, head.encode() + b"\r\n\r\n" + body))
    return made


class Load:
    """What all connections share."""

    def __init__(self, plan: Plan, made: list[tuple[str, bytes]]) -> None:
        self.plan, self._made, self._next = plan, made, 0
        self.took: list[float] = []
        self.acked: list[str] = []
        self.other: dict[str, int] = {}
        self.is_over = False
        self.idle: list[_Line] = []
        self.warm = self.timed = 0

    def take(self) -> tuple[str, bytes] | None:
        if self.is_over or self._next >= len(self._made):
            return None
        self._next += 1
        return self._made[self._next - 1]

    def answered(self, line: _Line, alert_id: str, status: bytes, took_s: float) -> None:
        if status == b"202":
            self.acked.append(alert_id)
            self.took.append(took_s * 1000)
        else:
            self.other[status.decode()] = self.other.get(status.decode(), 0) + 1
        if self.plan.per_s:
            self.idle.append(line)
        else:
            line.send()


class _Line(asyncio.Protocol):
    def __init__(self, load: Load) -> None:
        self._load, self._held, self._id = load, b"", ""
        self._sent_at = 0.0
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def send(self) -> None:
        request = self._load.take()
        self.busy = request is not None
        if request is not None:
            self._id, data = request
            self._sent_at = time.perf_counter()
            self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, blank, body = self._held.partition(b"\r\n\r\n")
        if not blank:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        self._held, self.busy = b"", False
        self._load.answered(self, self._id, head[9:12], time.perf_counter() - self._sent_at)

    def connection_lost(self, error: Exception | None) -> None:
        if self.busy:
            self._load.other["lost connection"] = self._load.other.get("lost connection", 0) + 1


async def run(plan: Plan, points: list[list[float]]) -> tuple[dict[str, Any], list[str]]:
    """What was measured, and the ids that were answered 202."""
    count = int(plan.per_s * (plan.seconds + plan.warm_s)) if plan.per_s else plan.most
    load = Load(plan, requests(count, points))
    loop, lines = asyncio.get_running_loop(), []
    for number in range(plan.connections):
        parts = urlsplit(plan.urls[number % len(plan.urls)])
        _, line = await loop.create_connection(lambda: _Line(load), parts.hostname or "", parts.port or 80)
        lines.append(line)
    before = time.process_time()
    work = _pace(load, lines) if plan.per_s else _flat_out(load, lines)
    timed_s = await work
    cpu_s = time.process_time() - before
    load.is_over = True
    for _ in range(1000):
        if not any(line.busy for line in lines):
            break
        await asyncio.sleep(0.01)
    for line in lines:
        line.busy = False
        line.transport.abort()
    counted = load.took[load.warm : load.warm + load.timed]
    ordered = sorted(counted)
    found = {
        "per_s": round(load.timed / timed_s, 1),
        "p50_ms": percentile(ordered, 0.5),
        "p99_ms": percentile(ordered, 0.99),
        "acked": len(load.acked),
        "other": load.other,
        "client_us": round(cpu_s / max(1, len(load.acked)) * 1e6),
    }
    return found, load.acked


async def _flat_out(load: Load, lines: list[_Line]) -> float:
    for line in lines:
        line.send()
    await asyncio.sleep(load.plan.warm_s)
    load.warm, began = len(load.took), time.perf_counter()
    await asyncio.sleep(load.plan.seconds)
    load.timed = len(load.took) - load.warm
    return time.perf_counter() - began


async def _pace(load: Load, lines: list[_Line]) -> float:
    load.idle += lines
    load.warm, began = 0, time.perf_counter()
    for number in range(int(load.plan.per_s * (load.plan.seconds + load.plan.warm_s))):
        if number == int(load.plan.per_s * load.plan.warm_s):
            load.warm = len(load.took)
        await asyncio.sleep(max(0.0, began + number / load.plan.per_s - time.perf_counter()))
        if load.idle:
            load.idle.pop(0).send()
        else:
            load.other["no free connection"] = load.other.get("no free connection", 0) + 1
    while any(line.busy for line in lines):  # noqa: ASYNC110 - the lines answer elsewhere
        await asyncio.sleep(0.005)
    load.timed = len(load.took) - load.warm
    return max(0.001, time.perf_counter() - began - load.plan.warm_s)


def main() -> None:
    plan = Plan(**json.load(sys.stdin))
    found, acked = uvloop.run(run(plan, json.loads(Path(plan.points).read_text())))
    Path(plan.acked).write_text("".join(f"{one}\n" for one in acked))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
