"""The control port of simulated cameras: plain HTTP on a free loopback port, JSON in and out."""

from __future__ import annotations

import asyncio
import contextlib
import json
from http import HTTPStatus
from typing import Any, Protocol

_MOST_BODY_BYTES = 10_000
_HELP = "POST /cameras/{id}/{fault}, /cameras/{id}/turn {heading_deg}, /cameras/{id}/password {password}"


class Controlled(Protocol):
    def state(self) -> dict[str, Any]: ...

    def fault(self, camera_id: str, kind: str) -> None: ...

    def turn(self, camera_id: str, heading_deg: float) -> None: ...

    def set_password(self, camera_id: str, password: str) -> None: ...


async def start_control(city: Controlled) -> asyncio.Server:
    """`GET /` shows the state of all, `POST /cameras/{id}/…` changes one."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            async with asyncio.timeout(5):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                body = await reader.readexactly(_length(head))
            method, path = head.split(" ", 2)[:2]
            status, said = _control(city, method, path, body)
            data = json.dumps(said).encode()
            lines = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
            writer.write(f"{lines}Content-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode() + data)
            await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


def _length(head: str) -> int:
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return min(int(value), _MOST_BODY_BYTES)
    return 0


def _control(city: Controlled, method: str, path: str, body: bytes) -> tuple[HTTPStatus, Any]:
    parts = path.strip("/").split("/")
    if method == "GET":
        return HTTPStatus.OK, city.state()
    if method != "POST" or len(parts) != 3 or parts[0] != "cameras":
        return HTTPStatus.NOT_FOUND, {"detail": _HELP}
    if parts[1] not in city.state():
        return HTTPStatus.NOT_FOUND, {"detail": f"no camera {parts[1]}"}
    try:
        _change(city, parts[1], parts[2], json.loads(body or b"{}"))
    except (KeyError, TypeError, ValueError) as wrong:
        return HTTPStatus.UNPROCESSABLE_ENTITY, {"detail": str(wrong)}
    return HTTPStatus.OK, city.state()[parts[1]]


def _change(city: Controlled, camera_id: str, what: str, given: dict[str, Any]) -> None:
    if what == "turn":
        city.turn(camera_id, float(given["heading_deg"]))
    elif what == "password":
        city.set_password(camera_id, str(given["password"]))
    else:
        city.fault(camera_id, what)
