"""How a relay in another zone tells the video process whose request it carries: a signed header, both ends of it.

The video process believes the header only from the relay's own network address, with that relay's signature, about
this very request, within BELIEVED_S seconds (docs/decisions/0009-relay-verifies-cannot-sign.md). What is not believed
is no error: the viewer's address is then the relay's, which no ticket names.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from starlette.types import ASGIApp, Receive, Scope, Send

from server.video.tickets import public_key, same_address

HEADER = "X-Ansim-Relayed"
BELIEVED_S = 30.0
_FORM = b"ansim relayed 1\x00"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the signature covers: `method` (`WS` for a WebSocket), decoded path, raw query, Authorization header."""

    method: str
    path: str
    query: str = ""
    authorization: str = ""

    def digest(self) -> str:
        text = "\n".join((self.method, self.path, self.query, self.authorization))
        return hashlib.sha256(text.encode()).hexdigest()


def relay_key(text: str) -> Ed25519PrivateKey:
    """RELAY_KEY: base64 of 32 bytes. ValueError otherwise."""
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        sentence = "32바이트의 base64가 아닙니다 · it is not base64 of 32 bytes; `ansim relay keys --new` makes one"
        raise ValueError(sentence) from None


def public_half(key: Ed25519PrivateKey) -> str:
    """URL-safe base64, for VIDEO_RELAYS."""
    return base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).rstrip(b"=").decode()


def stamp(key: Ed25519PrivateKey, asked: Asked, *, address: str, head: str, now: float) -> str:
    """The header's value. `head`: the relay's log line about this request; `now` in Unix seconds."""
    payload = json.dumps([address, int(now * 1000), asked.digest(), head], separators=(",", ":")).encode()
    return f"{_encode(payload)}.{_encode(key.sign(_FORM + payload))}"


def believed(text: str, key: Ed25519PublicKey, asked: Asked, *, now: float) -> tuple[str, str]:
    """(viewer's address, head of the relay's log); ValueError when it isn't to be believed."""
    payload_text, _, signature_text = text.partition(".")
    try:
        payload = _decode(payload_text)
        key.verify(_decode(signature_text), _FORM + payload)
        address, at_ms, digest, head = json.loads(payload)
        address = str(ip_address(address))
    except (ValueError, TypeError, binascii.Error, InvalidSignature) as error:
        raise ValueError("not signed by this relay") from error
    if digest != asked.digest():
        raise ValueError("about another request")
    if abs(now - at_ms / 1000) > BELIEVED_S:
        raise ValueError(f"{now - at_ms / 1000:.0f} s old: compare the clocks of relay and video process")
    return address, str(head)


def relays_from(text: str, name: str = "VIDEO_RELAYS") -> dict[str, Ed25519PublicKey]:
    """VIDEO_RELAYS or REQUEST_RELAYS: `address=public key, …`. ValueError with a sentence that names what is wrong."""
    found: dict[str, Ed25519PublicKey] = {}
    for entry in (one.strip() for one in text.split(",") if one.strip()):
        address, _, key = entry.partition("=")
        try:
            found[str(ip_address(address.strip()))] = public_key(key.strip())
        except ValueError as error:
            sentence = "주소=공개키가 아닙니다 · it is a list of address=public key (`ansim relay keys`)"
            raise ValueError(f"{name}: {entry[:60]}: {sentence}") from error
    return found


class RelayedAddress:
    """ASGI middleware: the caller's address instead of the relay's, where that is believed. `under`: the beginnings of
    the paths at which a relay may speak for others; elsewhere it is only itself."""

    def __init__(self, app: ASGIApp, relays: Mapping[str, Ed25519PublicKey], under: tuple[str, ...] = ("/",)) -> None:
        self._app, self._relays, self._under = app, relays, under

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and scope["path"].startswith(self._under):
            scope = self._seen(scope)
        await self._app(scope, receive, send)

    def _seen(self, scope: Scope) -> Scope:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        text, peer = headers.get(HEADER.lower().encode()), (scope.get("client") or ("", 0))[0]
        if text is None:
            return scope
        key = next((key for address, key in self._relays.items() if same_address(address, peer)), None)
        if key is None:
            log.warning("relayed_by_a_stranger")
            return scope
        method = "WS" if scope["type"] == "websocket" else scope["method"]
        query = scope["query_string"].decode("latin-1")
        asked = Asked(method, scope["path"], query, headers.get(b"authorization", ""))
        try:
            address, head = believed(text, key, asked, now=time.time())
        except ValueError as error:
            log.warning("relayed_not_believed", reason=str(error))
            return scope
        log.info("relayed", relay_log_head=head)
        return {**scope, "client": (address, 0)}


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    if not text.isascii():
        raise ValueError("not base64")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
