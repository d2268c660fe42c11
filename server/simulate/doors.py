"""The two doors at which an agency's system asks: the router's, signed as its sender, and a center's, as its line.

Who knocks keeps on until there is an answer: the same bytes under the same id, signed anew at each try.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx

from location_router.runtime.signing import sign
from location_router.runtime.webhook import signed_call

JSON = "application/json"
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0
Sign = Callable[[str, str, bytes, str], dict[str, str]]
"""(method, path, body, message id) → the headers that say who it is."""
Shown = dict[str, Any]


class Refused(Exception):
    """The answer was a refusal, for good: its status, and the problem as it came."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code', '')}")
        self.status, self.problem = status, problem


class Door:
    """`at`: where requests are raised; from then on the answers name the paths."""

    def __init__(self, http: httpx.AsyncClient, at: str, sign: Sign) -> None:
        self._http, self.at, self._sign = http, at, sign

    async def ask(self, body: bytes, content_type: str = JSON) -> Shown:
        """Until it is on disk there. Raises Refused."""
        return await self._call("POST", self.at, body, content_type)

    async def moved(self, shown: Shown, places: list[dict[str, Any]]) -> Shown:
        return await self._call("POST", shown["positions_path"], json.dumps({"positions": places}).encode())

    async def state(self, shown: Shown) -> Shown:
        return await self._call("GET", shown["status_path"])

    async def cancel(self, shown: Shown, reason: str) -> Shown:
        return await self._call("POST", f"{shown['status_path']}/cancel", json.dumps({"reason": reason}).encode())

    async def attach(self, shown: Shown, picture: bytes, content_type: str) -> Shown:
        return await self._call("POST", f"{shown['status_path']}/attachments", picture, content_type)

    async def warn(self, message: bytes) -> Shown:
        """A CAP warning that asks for nothing. Raises Refused."""
        return await self._call("POST", self.at.rpartition("/")[0] + "/warnings", message, "application/cap+xml")

    async def send(self, method: str, path: str, said: dict[str, Any], *, sign: Sign | None = None) -> Shown:
        """Anything else of the API; `sign`: with another key than the door's. Raises Refused."""
        return await self._call(method, path, json.dumps(said, ensure_ascii=False).encode(), sign=sign)

    async def _call(
        self, method: str, path: str, body: bytes = b"", content_type: str = JSON, *, sign: Sign | None = None
    ) -> Shown:
        message_id, pause_s = str(uuid4()), FIRST_PAUSE_S
        while True:
            headers = (sign or self._sign)(method, path, body, message_id) | {"Content-Type": content_type}
            try:
                answer = await self._http.request(method, path, content=body, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code < 500:
                said = _object(answer)
                if answer.status_code >= 400:
                    raise Refused(answer.status_code, said)
                return said
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def router_door(http: httpx.AsyncClient, *, sender: str, secret: str) -> Door:
    """`secret` is the sender's signing secret, which `sender add` shows once."""

    def headers(method: str, path: str, body: bytes, _: str) -> dict[str, str]:
        return sign(
            secret,
            installation=sender,
            method=method,
            path=path,
            body=body,
            now=time.time(),
            name_header="X-Ansim-Sender",
        )

    return Door(http, "/v1/requests", headers)


def center_door(http: httpx.AsyncClient, *, agency: str, key: str, what: str = "requests") -> Door:
    """`key` is the line's, which `ansim line set` shows; `what`: `requests`, or `plates` for a list of wanted ones."""
    return Door(http, f"/api/lines/{agency}/{what}", line_sign(key))


def line_sign(key: str) -> Sign:
    return lambda method, path, body, message_id: signed_call(key, message_id, body, method=method, path=path)
