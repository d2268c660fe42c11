"""Words to somebody outside who must not miss them: one signed POST, or one line on the console.

`X-Ansim-Id` names the message (the same at each attempt, so that the receiver does a thing once), `X-Ansim-Time` is
unix seconds, `X-Ansim-Signature` = hex HMAC-SHA256(key, `time.id.` + body). Whoever sends keeps a row with
`next_attempt_at` and tries until it was answered with 2xx.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

import httpx
import orjson

from location_router.runtime.webhook import signed

TIMEOUT_S = 3.0
LONGEST_ANSWER = 200


class NotTold(Exception):
    """Nobody took it; try again."""


class Teller(Protocol):
    """Where the words go."""

    async def tell(self, message_id: str, body: dict[str, Any]) -> str:
        """What was answered (short). Raises NotTold."""
        ...

    async def close(self) -> None: ...


class Webhook:
    """`key` is shared with the receiver; never empty outside tests."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url, key
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False)

    async def tell(self, message_id: str, body: dict[str, Any]) -> str:
        data = orjson.dumps(body)
        try:
            answer = await self._http.post(self._url, content=data, headers=signed(self._key, message_id, data))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotTold(repr(error)[:LONGEST_ANSWER]) from error
        if not answer.is_success:
            raise NotTold(f"HTTP {answer.status_code}")
        return answer.text[:LONGEST_ANSWER].replace("\x00", "")

    async def close(self) -> None:
        await self._http.aclose()


class ConsoleTeller:
    """The twin without a receiver: one JSON line on standard output, without anything about a person."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def tell(self, message_id: str, body: dict[str, Any]) -> str:
        shown = {name: value for name, value in body.items() if name not in ("position", "callback")}
        print(json.dumps({self._name: {"id": message_id, **shown}}, ensure_ascii=False), flush=True)
        return "console"

    async def close(self) -> None:
        return None


def teller(name: str, url: str, key: str) -> Teller:
    """The webhook when there is an address, else the console. Raises ValueError for an address without a key."""
    if url and not key:
        raise ValueError(f"{name.upper()}: a webhook needs a key to sign with (…_KEY beside …_URL)")
    return Webhook(url, key) if url else ConsoleTeller(name)


def pause_s(attempts: int, *, longest_s: float = 30.0) -> float:
    """How long after that many attempts the next one comes."""
    return float(min(1.0 * 2 ** min(attempts - 1, 10), longest_s))
