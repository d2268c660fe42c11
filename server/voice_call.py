"""Telephone calls that read a sentence to a guardian: the seam, its console twin, and a provider's HTTPS gateway.

One call of `place` is one attempt; whether there is another is decided by the durable job that calls
(`server/people/notice_jobs.py`). Operators' calls with the caller are another thing (`server/talk`).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import Protocol

import httpx
import orjson

from location_router.runtime.webhook import signed

TIMEOUT_S = 8.0
_TRY_AGAIN = frozenset({408, 409, 423, 425, 429})


@dataclass(frozen=True, slots=True)
class SpokenMessage:
    """`to` is a Korean mobile number without hyphens; `message_id` is the same at each attempt."""

    message_id: str
    to: str = field(repr=False)
    words: str = field(repr=False)


class CallLater(Exception):
    """Not taken now; `after_s` is what the gateway asked for."""

    def __init__(self, why: str, *, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


class CallRefused(Exception):
    """The gateway will never call this number with these words."""


class VoiceCall(Protocol):
    """One attempt per call; raises CallLater or CallRefused."""

    async def place(self, message: SpokenMessage) -> None: ...

    async def close(self) -> None: ...


class ConsoleVoiceCall:
    """For developers and the demo: one JSON line on stdout, `{"call": {"to_last4", "words"}}`, and in `placed`."""

    def __init__(self) -> None:
        self.placed: list[SpokenMessage] = []

    async def place(self, message: SpokenMessage) -> None:
        self.placed.append(message)
        line = {"call": {"to_last4": message.to[-4:], "words": message.words}}
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    async def close(self) -> None:
        return None


class HttpVoiceCall:
    """A signed POST of `{"id", "to", "words", "language"}` to the provider's gateway (docs/operations/people.md)."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url, key
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False)

    async def place(self, message: SpokenMessage) -> None:
        body = orjson.dumps({"id": message.message_id, "to": message.to, "words": message.words, "language": "ko"})
        headers = signed(self._key, message.message_id, body) | {"Content-Type": "application/json"}
        try:
            answer = await self._http.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise CallLater(type(error).__name__) from error
        if answer.is_success:
            return
        if answer.is_client_error and answer.status_code not in _TRY_AGAIN:
            raise CallRefused(f"HTTP {answer.status_code}")
        asked = answer.headers.get("Retry-After", "")
        raise CallLater(f"HTTP {answer.status_code}", after_s=float(asked) if asked.isdigit() else None)

    async def close(self) -> None:
        await self._http.aclose()


def create_voice_call(kind: str, *, url: str = "", key: str = "") -> VoiceCall | None:
    """By the setting VOICE_CALL, None for `off`; ValueError with one sentence when it can't work."""
    if kind == "off":
        return None
    if kind == "console":
        return ConsoleVoiceCall()
    if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")) or not key:
        raise ValueError("VOICE_CALL=http needs VOICE_CALL_URL (https://…) and VOICE_CALL_KEY, the key that signs")
    return HttpVoiceCall(url, key)
