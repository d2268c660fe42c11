"""Text messages to people: the seam, its console twin, and a provider's HTTPS gateway.

One call is one attempt. Whether there is another is decided by the durable job that calls (`server/people/texts.py`).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import Protocol

import httpx
import orjson

from location_router.runtime.webhook import signed

TIMEOUT_S = 5.0
# What the same bytes may be answered differently the next time; any other 4xx is a refusal for good.
_TRY_AGAIN = frozenset({408, 409, 423, 425, 429})


@dataclass(frozen=True, slots=True)
class SmsMessage:
    """`to` is a Korean mobile number without hyphens; `message_id` is the same at each attempt."""

    message_id: str
    to: str = field(repr=False)
    text: str = field(repr=False)


class SmsLater(Exception):
    """Not taken now; `after_s` is what the gateway asked for."""

    def __init__(self, why: str, *, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


class SmsRefused(Exception):
    """The gateway will never take this message as it is."""


class Sms(Protocol):
    """One attempt per call; raises SmsLater or SmsRefused."""

    async def send(self, message: SmsMessage) -> None: ...

    async def close(self) -> None: ...


class ConsoleSms:
    """For developers and the demo: one JSON line on stdout, `{"sms": {"to_last4", "text"}}`, and in `sent`."""

    def __init__(self) -> None:
        self.sent: list[SmsMessage] = []

    async def send(self, message: SmsMessage) -> None:
        self.sent.append(message)
        line = {"sms": {"to_last4": message.to[-4:], "text": message.text}}
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    async def close(self) -> None:
        return None


class HttpSms:
    """A signed POST of `{"id", "to", "text"}` to the provider's gateway (docs/operations/people.md)."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url, key
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False)

    async def send(self, message: SmsMessage) -> None:
        body = orjson.dumps({"id": message.message_id, "to": message.to, "text": message.text})
        headers = signed(self._key, message.message_id, body) | {"Content-Type": "application/json"}
        try:
            answer = await self._http.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise SmsLater(type(error).__name__) from error
        if answer.is_success:
            return
        if answer.is_client_error and answer.status_code not in _TRY_AGAIN:
            raise SmsRefused(f"HTTP {answer.status_code}")
        asked = answer.headers.get("Retry-After", "")
        raise SmsLater(f"HTTP {answer.status_code}", after_s=float(asked) if asked.isdigit() else None)

    async def close(self) -> None:
        await self._http.aclose()


def create_sms(kind: str, *, url: str = "", key: str = "") -> Sms:
    """By the setting SMS; ValueError with one sentence when it can't work."""
    if kind == "console":
        return ConsoleSms()
    if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")) or not key:
        raise ValueError("SMS=http needs SMS_URL (https://…) and SMS_KEY, the key that signs what is sent there")
    return HttpSms(url, key)
