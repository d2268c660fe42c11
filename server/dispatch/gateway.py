"""The seam to an agency's own system: one call that hands over a message, and how it was taken.

`send` returns what the agency answered once it has the message, and None when somebody has yet to look at it (the
desk in the browser). It raises Unreachable, and is then called again by the durable job; `is_final` says that the
same bytes would be refused again. Which gateway it is stands in the agency's line (`agency_line.kind`).
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx

from location_router.runtime.webhook import signed
from server.dispatch.cap import cap_bytes
from server.dispatch.eido import eido_bytes
from server.dispatch.lines import Line
from server.dispatch.message import DispatchMessage, json_bytes
from server.reachable import STRANGERS, Address, NotReachable, both, networks_of, where

LONGEST_ANSWER = 64 * 1024
# What the same bytes may be answered differently the next time; any other 4xx is a refusal for good.
_TRY_AGAIN = frozenset({408, 409, 423, 425, 429})
RENDERERS = {
    "application/json": json_bytes,
    "application/cap+xml": cap_bytes,
    "application/emergency.eido+json": eido_bytes,
}


class Unreachable(Exception):
    """The agency's system did not take the message; `is_final`: it never will as it is."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Taken:
    """The agency has it. `state` is what it says about the case at once, "" nothing."""

    receipt_no: str = ""
    state: str = ""


class DispatchGateway(Protocol):
    async def send(self, line: Line | None, message: DispatchMessage) -> Taken | None: ...


class DeskGateway:
    """The agency's desk in the browser: delivered when a seat has received it (`server/dispatch/feed.py`)."""

    async def send(self, line: Line | None, message: DispatchMessage) -> Taken | None:
        return None


class ConsoleDispatchGateway:
    """The twin without an agency: one JSON line on standard output, with neither person nor place."""

    async def send(self, line: Line | None, message: DispatchMessage) -> Taken | None:
        shown = {
            "id": message.message_id,
            "kind": message.kind,
            "agency_id": message.agency_id,
            "case_no": message.case_no,
            "center": message.center.code,
            "legal_basis": message.legal_basis,
            "is_drill": message.is_drill,
        }
        sys.stdout.write(json.dumps({"dispatch": shown}, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        return Taken()


class WebhookGateway:
    """A signed POST to the agency's system. `private_networks` (CIDR) are those of ours that a line may lead into:
    an address outside them must be public and encrypted, so that a line can't be pointed at our own machines.
    `ca_file`: who signs certificates there, beside the public authorities."""

    def __init__(self, private_networks: str = "", ca_file: Path | None = None) -> None:
        """OSError when the file can't be read (ssl.SSLError: it holds no certificate)."""
        self._networks = networks_of(private_networks)
        self._tls = httpx.create_ssl_context(trust_env=False)
        if ca_file is not None:
            self._tls.load_verify_locations(ca_file)

    async def send(self, line: Line | None, message: DispatchMessage) -> Taken | None:
        if message.is_drill:
            raise AssertionError("an exercise never leaves the house")  # invariant 10, whatever a row says
        if line is None:
            raise Unreachable("no_line", is_final=True)
        return await self.post(line, message.message_id, RENDERERS[line.content_type](message), line.content_type)

    async def post(self, line: Line, message_id: str, body: bytes, content_type: str) -> Taken:
        """Any message of ours, signed with the line's key. Raises Unreachable."""
        if line.kind != "webhook" or not line.key:
            raise Unreachable("no_line", is_final=True)
        headers = signed(line.key, message_id, body) | {"Content-Type": content_type}
        try:
            async with asyncio.timeout(line.timeout_s):
                answer, text = await self._post(line, headers, body)
        except TimeoutError:
            raise Unreachable("timeout") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise Unreachable(type(error).__name__) from error
        return _taken(answer, text)

    async def _post(self, line: Line, headers: dict[str, str], body: bytes) -> tuple[httpx.Response, bytes]:
        """To the very address that was looked at: a name that answers differently a moment later leads nowhere. A
        connection of its own each time; messages are seconds apart."""
        url = httpx.URL(line.url)
        address = await self._address(line, url)
        text = b""
        async with (
            httpx.AsyncClient(
                trust_env=False, follow_redirects=False, verify=self._tls, timeout=line.timeout_s
            ) as http,
            http.stream(
                "POST",
                url.copy_with(host=str(address)),
                content=body,
                headers=headers | {"Host": url.netloc.decode()},
                extensions={"sni_hostname": url.host},
            ) as answer,
        ):
            async for part in answer.aiter_bytes():
                text += part
                if len(text) > LONGEST_ANSWER:
                    break
        return answer, text

    async def _address(self, line: Line, url: httpx.URL) -> Address:
        networks = (
            self._networks if line.networks is None else both(self._networks, networks_of(",".join(line.networks)))
        )
        try:
            # whoever is not the center may also run the name server
            return await where(url, networks, threads=None if line.networks is None else STRANGERS)
        except NotReachable as error:
            raise Unreachable(error.code, is_final=True) from None


def _taken(answer: httpx.Response, text: bytes) -> Taken:
    status = answer.status_code
    if answer.is_success:
        return _read(text)
    if answer.is_redirect:
        raise Unreachable(f"redirect_{status}", is_final=True)
    raise Unreachable(f"http_{status}", is_final=400 <= status < 500 and status not in _TRY_AGAIN)


def _read(text: bytes) -> Taken:
    """Any 2xx is a delivery; a body that is no JSON object says nothing."""
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError):
        return Taken()
    if not isinstance(said, dict):
        return Taken()
    receipt_no, state = said.get("receipt_no"), said.get("state")
    return Taken(_short(receipt_no), _short(state))


def _short(value: Any) -> str:
    return str(value).replace("\x00", "").strip()[:80] if isinstance(value, str | int) else ""
