"""HTTP to the router and to the home center, each by one kept-alive client that talks to its own host only.

TLS is checked against an explicit set of authorities; without TLS a token goes to this very machine and nowhere else.
No redirect is followed: a hotel's sign-in page must not pass for a router. What a person is told is a Problem: a code,
and in both languages what she can do about it.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

import certifi
import httpx

from mobile_app.core.messages import Accepted, AlertMessage, Position, Said
from mobile_app.net.outbox import RefusedMessage, Unreachable
from mobile_app.problem import Problem

TIMEOUT = httpx.Timeout(4.0, connect=2.0)
WHOLE_S = 6.0
PIECE_S = 20.0
MOST_BYTES = 1_000_000
LIMITS = httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=60.0)
AGAIN = {408, 409, 425, 429}
CERTIFICATE_EXPIRED, CERTIFICATE_TOO_NEW = 10, 9
SAID = ("code", "message_ko", "message_en")

DARK = (
    "offline",
    "데이터 연결이 없습니다. 모바일 데이터나 와이파이를 켜고 다시 하세요.",
    "There is no data connection. Switch on mobile data or Wi-Fi and try again.",
)
SILENT = (
    "no_answer",
    "서버가 대답하지 않습니다. 잠시 뒤 다시 하세요. 계속되면 다른 와이파이나 모바일 데이터로 바꿔 보세요.",
    "The server does not answer. Try again in a moment; if it goes on, try another Wi-Fi or mobile data.",
)
BUSY = ("busy", "지금은 서버가 바쁩니다. 잠시 뒤 다시 하세요.", "The server is busy now. Try again in a moment.")
ODD = (
    "odd_answer",
    "서버가 아닌 곳에서 대답했습니다. 와이파이에 로그인해야 하는지 확인하거나 모바일 데이터로 다시 하세요.",
    "Somebody else answered for the server. See whether this Wi-Fi wants a sign-in, or try mobile data.",
)
UNSAFE = (
    "unsafe",
    "안전하게 연결할 수 없습니다. 다른 와이파이나 모바일 데이터로 다시 하세요.",
    "No safe connection can be made. Try another Wi-Fi or mobile data.",
)
WRONG_CLOCK = (
    "clock",
    "휴대전화의 날짜와 시각이 맞지 않습니다. 설정에서 자동으로 맞춘 뒤 다시 하세요.",
    "The phone's date and time are wrong. Let them be set automatically and try again.",
)
PLAIN = (
    "insecure_address",
    "서버 주소가 https로 시작하지 않아 보내지 않았습니다. 서버 주소를 고쳐 주세요.",
    "Nothing was sent: the server's address does not begin with https. Correct the address.",
)


def tls_context() -> ssl.SSLContext:
    """Android has no OpenSSL folder of authorities, so every https and wss connection is given this one."""
    return ssl.create_default_context(cafile=certifi.where())


class Host:
    """One server. `is_on` is the radio's word; without it nothing is tried."""

    def __init__(self, url: str, *, token: Callable[[], str], is_on: Callable[[], bool], tls: ssl.SSLContext) -> None:
        self._url, self._token, self._is_on = url.rstrip("/"), token, is_on
        self._is_safe = is_safe(self._url)
        self._http = httpx.AsyncClient(
            timeout=TIMEOUT, limits=LIMITS, verify=tls, trust_env=False, follow_redirects=False
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        content: bytes | None = None,
        more: Mapping[str, str] | None = None,
        whole_s: float = WHOLE_S,
    ) -> tuple[int, Mapping[str, str], Any]:
        """Status, headers and JSON (None for an empty answer). Raises Problem when nothing usable came back within
        `whole_s`. `token`: another one than the device's; `content`: bytes instead of JSON, `more`: headers."""
        if not self._is_on():
            raise Problem(*DARK)
        if not self._is_safe:
            raise Problem(*PLAIN)
        bearer = self._token() if token is None else token
        headers = {**(more or {}), **({"Authorization": f"Bearer {bearer}"} if bearer else {})}
        try:
            async with asyncio.timeout(whole_s):
                request = self._http.build_request(
                    method, self._url + path, json=body, content=content, headers=headers
                )
                response = await self._http.send(request, stream=True)
                try:
                    content = await _content(response)
                finally:
                    await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            raise _problem(error) from error
        if response.is_redirect:
            raise Problem(*ODD)
        try:
            return response.status_code, response.headers, json.loads(content) if content else None
        except (ValueError, RecursionError) as error:
            if response.is_success:
                raise Problem(*ODD) from error
            return response.status_code, response.headers, None


class RouterClient(Host):
    """Alerts, position batches and lines of talk to the router."""

    async def post_alert(self, message: AlertMessage) -> Accepted:
        """Raises Unreachable or RefusedMessage."""
        answer = await self._post("/v1/alerts", message.to_json())
        try:
            return Accepted.from_json(answer)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"an answer that is no Accepted: {error}") from error

    async def post_positions(self, alert_id: str, positions: Sequence[Position], *, live_token: str) -> None:
        """A batch after a gap. Raises Unreachable or RefusedMessage."""
        body = {"positions": [position.to_json() for position in positions]}
        await self._post(f"/v1/alerts/{quote(alert_id, safe='')}/positions", body, live_token)

    async def post_said(self, said: Said, *, live_token: str) -> None:
        """One line of talk where no WebSocket gets through. Raises Unreachable or RefusedMessage."""
        await self._post(f"/v1/alerts/{quote(said.alert_id, safe='')}/say", said.to_json(), live_token)

    async def put_piece(self, header: str, body: bytes, *, way: tuple[str, str, int], live_token: str) -> None:
        """One piece of a photo or of sound; `way`: its alert, capture, number. Raises Unreachable or RefusedMessage."""
        alert_id, capture_id, piece_no = way
        path = f"/v1/alerts/{quote(alert_id, safe='')}/captures/{quote(capture_id, safe='')}/{piece_no}"
        more = {"X-Ansim-Capture": header, "Content-Type": "application/octet-stream"}
        await self._take("PUT", path, token=live_token, content=body, more=more, whole_s=PIECE_S)

    async def pieces(self, alert_id: str, *, live_token: str) -> dict[tuple[str, int], bool]:
        """(capture, number) → whether the center has confirmed it, of every piece that the router was given. Raises
        Unreachable or RefusedMessage."""
        answer = await self._take("GET", f"/v1/alerts/{quote(alert_id, safe='')}/captures", token=live_token)
        try:
            return {(str(one[0]), int(one[1])): bool(one[2]) for one in answer["pieces"]}
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise Unreachable(f"an answer that names no pieces: {error}") from error

    async def _post(self, path: str, body: dict[str, Any], token: str | None = None) -> dict[str, Any]:
        return await self._take("POST", path, body, token=token)

    async def _take(self, method: str, path: str, body: Any = None, **how: Any) -> dict[str, Any]:
        try:
            status, headers, answer = await self.ask(method, path, body, **how)
        except Problem as problem:
            raise Unreachable(problem.code) from problem
        if 400 <= status < 500 and status not in AGAIN:
            raise RefusedMessage(f"{status}: {str(answer)[:200]}")
        if not 200 <= status < 300 or not isinstance(answer, dict):
            raise Unreachable(f"answer {status}", after_s=_after_s(headers.get("retry-after", "")))
        return answer


class HomeClient(Host):
    """Sign-up and guardians at the home center. Every method raises Problem."""

    async def sign_up(self, *, nickname: str, phone: str, code: str = "") -> dict[str, Any]:
        """`code`: of the text message; a home center that proves numbers raises Problem `code_needed` without it."""
        proof = {"code": code} if code else {}
        return await self.answered("POST", "/api/people", {"nickname": nickname, "phone": phone, **proof})

    async def verify(self, *, phone: str) -> dict[str, Any]:
        """Let the home center send a code to the number."""
        return await self.answered("POST", "/api/people/verify", {"phone": phone})

    async def guardians(self) -> list[dict[str, Any]]:
        answer = await self.answered("GET", "/api/people/me/guardians")
        return list(answer.get("guardians", []))

    async def add_guardian(self, *, name: str, phone: str) -> dict[str, Any]:
        return await self.answered("POST", "/api/people/me/guardians", {"name": name, "phone": phone})

    async def remove_guardian(self, guardian_id: str) -> None:
        await self.answered("DELETE", f"/api/people/me/guardians/{quote(guardian_id, safe='')}")

    async def questions(self) -> list[dict[str, Any]]:
        """Who asks whether she is OK, and what came of the last day's questions."""
        answer = await self.answered("GET", "/api/people/me/questions")
        return list(answer.get("questions") or [])

    async def answer_question(self, question_id: str, said: str) -> None:
        path = f"/api/people/me/questions/{quote(question_id, safe='')}/answer"
        await self.answered("POST", path, {"answer": said})

    async def pause_guardian(self, guardian_id: str, *, until: str | None) -> None:
        """From now on she is told and shown nothing, and is not told that; `until` None: until `resume_guardian`."""
        path = f"/api/people/me/guardians/{quote(guardian_id, safe='')}/pause"
        await self.answered("POST", path, {"until": until})

    async def resume_guardian(self, guardian_id: str) -> None:
        await self.answered("DELETE", f"/api/people/me/guardians/{quote(guardian_id, safe='')}/pause")

    async def walks(self) -> list[dict[str, Any]]:
        """Her walks that have ended and that she keeps, newest first."""
        answer = await self.answered("GET", "/api/people/me/walks")
        return list(answer.get("walks") or [])

    async def forget_walk(self, walk_id: str) -> None:
        await self.answered("DELETE", f"/api/people/me/walks/{quote(walk_id, safe='')}")

    async def disclosures(self) -> dict[str, Any]:
        """Who saw what about her (`server/log/disclosures.py`)."""
        return await self.answered("GET", "/api/people/me/disclosures")

    async def answered(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The object that came back. Raises Problem: the home center's own words, or what is wrong with the way."""
        status, _, answer = await self.ask(method, path, body)
        if isinstance(answer, list):
            answer = {"guardians": answer}
        said = answer if isinstance(answer, dict) else {}
        if 200 <= status < 300:
            if answer is not None and not isinstance(answer, dict):
                raise Problem(*ODD)
            return said
        unknown = BUSY if status == 429 or status >= 500 else ODD
        raise Problem(*(str(said.get(name) or word) for name, word in zip(SAID, unknown, strict=True)))


def is_safe(url: str) -> bool:
    """https, or this very machine."""
    try:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            return parts.scheme == "https" and bool(parts.hostname)
        return parts.hostname == "localhost" or ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


async def _content(response: httpx.Response) -> bytes:
    """At most `MOST_BYTES`: nobody fills a phone's memory by an answer. Raises OSError for more."""
    content = bytearray()
    async for part in response.aiter_bytes():
        content += part
        if len(content) > MOST_BYTES:
            raise OSError("the answer is too long")
    return bytes(content)


def _problem(error: BaseException) -> Problem:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            is_clock = cause.verify_code in (CERTIFICATE_EXPIRED, CERTIFICATE_TOO_NEW)
            return Problem(*(WRONG_CLOCK if is_clock else UNSAFE))
        if isinstance(cause, ssl.SSLError):
            return Problem(*UNSAFE)
        cause = cause.__cause__ or cause.__context__
    return Problem(*SILENT)


def _after_s(wished: str) -> float | None:
    """`Retry-After`: seconds or a date; None for none that makes sense."""
    if wished.isdigit():
        return float(wished[:6])
    try:
        then = parsedate_to_datetime(wished)
    except (TypeError, ValueError):
        return None
    return max(0.0, (then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
