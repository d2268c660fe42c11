"""What runs inside the zones of `zones.py` and is no program of ours: the agency's own system, a TLS door, a cable.

`python -m tests.journeys.zone_programs agency | tls serve | carry FROM TO …`; each says a ready line.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
import time
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
import websockets

from location_router.runtime.webhook import signed_call
from server.demo.agency_line import Ledger, create_app

RELAY = "https://10.7.0.1:8401"
LISTENS = ("10.7.0.2", 9443)


def agency() -> None:
    """A firm's system: listens for the center's messages, and does what its standard input says, a JSON line each."""
    asyncio.run(_agency(Ledger(os.environ["FIRM_KEY"])))


async def _agency(ledger: Ledger) -> None:
    options = {"ssl_certfile": os.environ["CERTIFICATE"], "ssl_keyfile": os.environ["CERTIFICATE_KEY"]}
    config = uvicorn.Config(create_app(ledger), *LISTENS, log_level="warning", lifespan="off", **options)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    tls = ssl.create_default_context(cafile=os.environ["CERTIFICATE"])
    async with httpx.AsyncClient(base_url=RELAY, verify=tls, trust_env=False, timeout=20) as http:
        print(json.dumps({"ready": True}), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            asked = json.loads(line)
            print(json.dumps(await _DOES[asked.pop("do")](http, ledger, tls, **asked)), flush=True)
    server.should_exit = True
    await running


def _headers(method: str, path: str, body: bytes) -> dict[str, str]:
    return signed_call(os.environ["FIRM_KEY"], str(uuid4()), body, method=method, path=path, at=int(time.time()))


async def _call(http: httpx.AsyncClient, _l: Ledger, _t: Any, *, method: str, path: str, said: Any = None) -> Any:
    body = b"" if said is None else json.dumps(said).encode()
    answer = await http.request(method, path, content=body, headers=_headers(method, path, body))
    return {"status": answer.status_code, "body": answer.json()}


async def _heard(_h: httpx.AsyncClient, ledger: Ledger, _t: Any) -> Any:
    return {"heard": [json.loads(one.body) for one in ledger.cases.values()], "refused": ledger.refused}


async def _line(_h: httpx.AsyncClient, _l: Ledger, tls: ssl.SSLContext, *, path: str, until: str) -> Any:
    """The frames of a request's line, up to the first of this type."""
    frames: list[dict[str, Any]] = []
    address = RELAY.replace("http", "ws", 1) + path
    async with (
        asyncio.timeout(15),
        websockets.connect(address, additional_headers=_headers("GET", path, b""), proxy=None, ssl=tls) as line,
    ):
        while not frames or frames[-1]["type"] != until:
            frames.append(json.loads(await line.recv()))
    return {"frames": frames}


async def _watch(_h: httpx.AsyncClient, _l: Ledger, tls: ssl.SSLContext, *, url: str) -> Any:
    """Bytes of the first pictures, or what was said instead."""
    size, said = 0, []
    async with asyncio.timeout(20), websockets.connect(url, proxy=None, ssl=tls, max_size=None) as socket:
        async for message in socket:
            if isinstance(message, str):
                said.append(json.loads(message))
            else:
                size += len(message)
            if size > 20_000:
                break
    return {"bytes": size, "said": said}


async def _reach(_h: httpx.AsyncClient, _l: Ledger, _t: Any, *, places: list[tuple[str, int]]) -> Any:
    """Which of these answer to a TCP knock at all."""

    async def knock(host: str, port: int) -> bool:
        try:
            async with asyncio.timeout(2):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    found = await asyncio.gather(*(knock(host, port) for host, port in places))
    return {"reached": [place for place, is_there in zip(places, found, strict=True) if is_there]}


_DOES = {"call": _call, "heard": _heard, "line": _line, "watch": _watch, "reach": _reach}


def tls(command: str) -> None:
    """A program of ours with TLS at its own door, as a proxy on the same machine would give it."""
    original = uvicorn.Config.__init__

    def with_tls(self: uvicorn.Config, *args: Any, **options: Any) -> None:
        files = {"ssl_certfile": os.environ["CERTIFICATE"], "ssl_keyfile": os.environ["CERTIFICATE_KEY"]}
        original(self, *args, **options | files)

    uvicorn.Config.__init__ = with_tls  # type: ignore[method-assign]
    from server.__main__ import main

    sys.argv[1:] = [command]
    main()


def carry(*pairs: str) -> None:
    """Doors that lead on: `HOST:PORT` to `HOST:PORT` or to a socket's path; `tls:HOST:PORT` takes TLS off."""
    asyncio.run(_carry(list(zip(pairs[::2], pairs[1::2], strict=True))))


async def _carry(pairs: list[tuple[str, str]]) -> None:
    for door, target in pairs:
        host, port = door.removeprefix("tls:").rsplit(":", 1)
        context = None
        if door.startswith("tls:"):
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(os.environ["CERTIFICATE"], os.environ["CERTIFICATE_KEY"])

        async def through(reader: Any, writer: Any, target: str = target) -> None:
            try:
                behind = await _opened(target)
            except OSError:
                return writer.close()
            await asyncio.gather(_pump(reader, behind[1]), _pump(behind[0], writer), return_exceptions=True)

        await asyncio.start_server(through, host, int(port), ssl=context)
    print(json.dumps({"ready": True}), flush=True)
    await asyncio.Event().wait()


async def _opened(target: str) -> Any:
    if target.startswith("/"):
        return await asyncio.open_unix_connection(target)
    host, port = target.rsplit(":", 1)
    return await asyncio.open_connection(host, int(port))


async def _pump(reader: Any, writer: Any) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


if __name__ == "__main__":
    {"agency": agency, "tls": tls, "carry": carry}[sys.argv[1]](*sys.argv[2:])
