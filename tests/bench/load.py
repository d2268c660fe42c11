"""A small paced HTTP/1.1 client for benchmarks and chaos runs: keep-alive connections, little CPU of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit


class Poster:
    """POSTs JSON over a few kept connections to one loopback server."""

    def __init__(self, base_url: str, connections: int = 8) -> None:
        parts = urlsplit(base_url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._idle: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter] | None] = asyncio.LifoQueue()
        for _ in range(connections):
            self._idle.put_nowait(None)

    async def post(self, path: str, body: Any, *, token: str = "", timeout_s: float = 5.0) -> tuple[int, bytes]:
        """(status, body). Raises OSError, TimeoutError or asyncio.IncompleteReadError when the server is away."""
        data = json.dumps(body).encode()
        bearer = f"Authorization: Bearer {token}\r\n" if token else ""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\n{bearer}\r\n"
        ).encode()
        pair = await self._idle.get()
        try:
            async with asyncio.timeout(timeout_s):
                if pair is not None and (pair[1].is_closing() or pair[0].at_eof()):
                    await _closed(pair[1])
                    pair = None
                if pair is None:
                    pair = await asyncio.open_connection(self._host, self._port)
                pair[1].write(head + data)
                answer = await self._answer(pair[0])
        except BaseException:
            self._idle.put_nowait(None)
            if pair is not None:
                await _closed(pair[1])
            raise
        self._idle.put_nowait(pair)
        return answer

    @staticmethod
    async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return int(head[9:12]), await reader.readexactly(length)

    async def close(self) -> None:
        while not self._idle.empty():
            pair = self._idle.get_nowait()
            if pair is not None:
                await _closed(pair[1])


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def new_alert_id() -> str:
    """UUIDv7, as the phone makes it."""
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | 0x7 << 76 | random.getrandbits(12) << 64 | 0b10 << 62 | random.getrandbits(62)
    return str(uuid.UUID(int=value))


def alert(
    alert_id: str, *, lat: float = 37.4015, lon: float = 126.9227, phase: str = "active", **more: Any
) -> dict[str, Any]:
    """An alert as a phone sends it, around Anyang station; each from a number of its own, as each is another person."""
    now = datetime.now(UTC).isoformat()
    phone = f"010{int(uuid.UUID(alert_id).hex[-8:], 16) % 10**8:08}"
    return {
        "alert_id": alert_id,
        "phase": phase,
        "service": "urn:service:sos",
        "trigger": "shake",
        "raised_at": now,
        "countdown_s": 5,
        "home": "11680",
        "battery_percent": 71,
        "caller": {"nickname": "벤치", "phone": phone, "language": "ko", "profile": {}},
        "position": {"lat": lat, "lon": lon, "accuracy_m": 12.0, "fixed_at": now, "sent_at": now, "source": "gps"},
    } | more


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest-rank percentile; NaN for nothing measured."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
