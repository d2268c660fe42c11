"""A stand-in for an agency's own dispatch system: takes signed requests, gives a receipt number, sends states back.

It checks every signature and keeps each message id once however often it comes. `Ledger` is what tests look into; with
units that drive and arrive by themselves it is `ansim simulate 112` (server/simulate/rooms.py).
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response

from location_router.runtime.webhook import signed

MAX_SKEW_S = 300


@dataclass(frozen=True)
class Message:
    """One message as it arrived; `is_new` is false for the copies of one that was taken before."""

    message_id: str
    content_type: str
    body: bytes
    is_new: bool


@dataclass
class Ledger:
    """What the stand-in has received, and how it behaves. `down`: answers so many next tries with `down_status`."""

    key: str
    down: int = 0
    down_status: int = 503
    down_after_taking: bool = False
    answer: dict[str, Any] | None = None
    messages: list[Message] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    tries: int = 0

    @property
    def cases(self) -> dict[str, Message]:
        """Each message once."""
        return {one.message_id: one for one in self.messages if one.is_new}

    def take(self, headers: Any, body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and answer for one POST."""
        self.tries += 1
        is_down, self.down = self.down > 0, max(self.down - 1, 0)
        if is_down and not self.down_after_taking:
            return self.down_status, {"error": "down"}
        if (trouble := self._trouble(headers, body)) is not None:
            self.refused.append(trouble)
            return 401, {"error": trouble}
        message_id = headers["X-Ansim-Id"]
        is_new = message_id not in self.cases
        self.messages.append(Message(message_id, headers.get("Content-Type", ""), body, is_new))
        if is_down:
            return self.down_status, {"error": "down"}
        receipt_no = f"R-{list(self.cases).index(message_id) + 1:04d}"
        return 200, {"receipt_no": receipt_no} if self.answer is None else self.answer

    def _trouble(self, headers: Any, body: bytes) -> str | None:
        message_id, moment = headers.get("X-Ansim-Id", ""), headers.get("X-Ansim-Time", "")
        if not (message_id and moment.isdigit()):
            return "unsigned"
        wanted = signed(self.key, message_id, body, at=int(moment))["X-Ansim-Signature"]
        if not hmac.compare_digest(wanted, headers.get("X-Ansim-Signature", "")):
            return "wrong_signature"
        return "clock_skew" if abs(int(moment) - time.time()) > MAX_SKEW_S else None


def create_app(ledger: Ledger, *, on_request: Any = None) -> FastAPI:
    """`on_request(document)` is called for each new request in the plain format."""
    app = FastAPI(title="An agency's dispatch system (stand-in)", docs_url=None, openapi_url=None)

    @app.post("/dispatch")
    async def dispatch(request: Request) -> Response:
        body = await request.body()
        status, answer = ledger.take(request.headers, body)
        if status == 200 and ledger.messages[-1].is_new and on_request is not None:
            on_request(ledger.messages[-1])
        return Response(json.dumps(answer), status, media_type="application/json")

    return app


@asynccontextmanager
async def listening(ledger: Ledger, *, port: int = 0, on_request: Any = None) -> AsyncIterator[str]:
    """The stand-in on the loopback; yields the address for the agency's line."""
    app = create_app(ledger, on_request=on_request)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/dispatch"
    finally:
        server.should_exit = True
        await task


async def say(
    http: httpx.AsyncClient, path: str, key: str, said: dict[str, Any], *, message_id: str = "", at: float | None = None
) -> httpx.Response:
    """Send a state back, as docs/dispatch.md tells; a fresh id unless one is given."""
    body = json.dumps(said, ensure_ascii=False).encode()
    headers = signed(key, message_id or str(uuid.uuid4()), body, at=at)
    return await http.post(path, content=body, headers=headers)
