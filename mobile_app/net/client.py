"""HTTP to the router and to the home center. TLS is checked against an explicit set of authorities."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from typing import Any

import certifi
import httpx

from mobile_app.core.messages import Accepted, AlertMessage, Position, Said
from mobile_app.net.outbox import RefusedMessage, Unreachable
from mobile_app.problem import OFFLINE, Problem

TIMEOUT = httpx.Timeout(4.0, connect=2.0)
AGAIN = {408, 409, 425, 429}


def tls_context() -> ssl.SSLContext:
    """Android has no OpenSSL folder of authorities, so every https and wss connection is given this one."""
    return ssl.create_default_context(cafile=certifi.where())


class RouterClient:
    """Alerts and position batches to the router. `is_on` is the radio's word; without it nothing is tried."""

    def __init__(self, url: str, *, token: Callable[[], str], is_on: Callable[[], bool], tls: ssl.SSLContext) -> None:
        self._url, self._token, self._is_on = url.rstrip("/"), token, is_on
        self._http = httpx.AsyncClient(timeout=TIMEOUT, verify=tls, trust_env=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def post_alert(self, message: AlertMessage) -> Accepted:
        """Raises Unreachable or RefusedMessage."""
        answer = await self._post("/v1/alerts", message.to_json(), self._token())
        try:
            return Accepted.from_json(answer)
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"an answer that is no Accepted: {error}") from error

    async def post_positions(self, alert_id: str, positions: Sequence[Position], *, live_token: str) -> None:
        """A batch after a gap. Raises Unreachable or RefusedMessage."""
        body = {"positions": [position.to_json() for position in positions]}
        await self._post(f"/v1/alerts/{alert_id}/positions", body, live_token)

    async def post_said(self, said: Said, *, live_token: str) -> None:
        """One line of talk where no WebSocket gets through. Raises Unreachable or RefusedMessage."""
        await self._post(f"/v1/alerts/{said.alert_id}/say", said.to_json(), live_token)

    async def _post(self, path: str, body: dict[str, Any], token: str) -> dict[str, Any]:
        if not self._is_on():
            raise Unreachable("the radio is off")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            response = await self._http.post(self._url + path, json=body, headers=headers)
            answer = response.json() if response.is_success else {}
        except (httpx.HTTPError, ValueError) as error:
            raise Unreachable(str(error)) from error
        if response.is_client_error and response.status_code not in AGAIN:
            raise RefusedMessage(f"{response.status_code}: {response.text[:200]}")
        if not response.is_success or not isinstance(answer, dict):
            raise Unreachable(f"answer {response.status_code}")
        return answer


class HomeClient:
    """Sign-up and guardians at the home center. Every method raises Problem."""

    def __init__(self, url: str, *, token: Callable[[], str], is_on: Callable[[], bool], tls: ssl.SSLContext) -> None:
        self._url, self._token, self._is_on = url.rstrip("/"), token, is_on
        self._http = httpx.AsyncClient(timeout=TIMEOUT, verify=tls, trust_env=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def sign_up(self, *, nickname: str, phone: str, code: str = "") -> dict[str, Any]:
        """`code`: of the text message; a home center that proves numbers raises Problem `code_needed` without it."""
        proof = {"code": code} if code else {}
        return await self._ask("POST", "/api/people", {"nickname": nickname, "phone": phone, **proof})

    async def verify(self, *, phone: str) -> dict[str, Any]:
        """Let the home center send a code to the number."""
        return await self._ask("POST", "/api/people/verify", {"phone": phone})

    async def guardians(self) -> list[dict[str, Any]]:
        answer = await self._ask("GET", "/api/people/me/guardians")
        return list(answer.get("guardians", []))

    async def add_guardian(self, *, name: str, phone: str) -> dict[str, Any]:
        return await self._ask("POST", "/api/people/me/guardians", {"name": name, "phone": phone})

    async def remove_guardian(self, guardian_id: str) -> None:
        await self._ask("DELETE", f"/api/people/me/guardians/{guardian_id}")

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        if not self._is_on():
            raise OFFLINE
        headers = {"Authorization": f"Bearer {self._token()}"} if self._token() else {}
        try:
            response = await self._http.request(method, self._url + path, json=body, headers=headers)
            answer = response.json() if response.content else {}
        except (httpx.HTTPError, ValueError) as error:
            raise OFFLINE from error
        if isinstance(answer, list):
            answer = {"guardians": answer}
        if response.is_error:
            unknown_ko, unknown_en = OFFLINE.message_ko, OFFLINE.message_en
            raise Problem(
                str(answer.get("code", response.status_code)),
                str(answer.get("message_ko") or unknown_ko),
                str(answer.get("message_en") or unknown_en),
            )
        return answer
