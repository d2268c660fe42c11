"""Push to a browser (RFC 8030, 8291, 8292): the seam, its console twin, and VAPID with a key of our own.

The vendor's service carries bytes that only the browser can open, and they hold ids and a path, never a name or a
place; the words are put together by the page's worker (`server/web/public/guardian-worker.js`). An endpoint is an
address that a browser gave us: it must lead to the internet (`server/reachable.py`). One call is one attempt; whether
there is another is decided by the durable job that calls (`server/people/guardian_push.py`).
"""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)
from py_vapid import Vapid02, VapidException

from server.push import LONGEST_WAIT_S, TIMEOUT_S, TTL_S, PushLater, PushRefused, TokenGone
from server.reachable import STRANGERS, NotReachable, networks_of, where

VAPID_LIFE = timedelta(hours=12)  # RFC 8292 allows 24
LONGEST_ENDPOINT = 1000
_TRY_AGAIN = frozenset({408, 425, 429})


class BadSubscription(ValueError):
    """What a browser gave is no subscription; `field` says what is wrong with it."""

    def __init__(self, field_: str) -> None:
        super().__init__(field_)
        self.field = field_


@dataclass(frozen=True, slots=True)
class Subscription:
    """What `PushManager.subscribe` gives: an address, and the browser's public key and secret (base64url)."""

    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebPushMessage:
    """`topic`: what a newer message of the same one replaces while the browser is away (32 URL-safe characters)."""

    subscription: Subscription
    data: dict[str, str]
    topic: str
    ttl_s: int = TTL_S


class WebPush(Protocol):
    """One attempt per call; raises PushLater, TokenGone (delete the subscription) or PushRefused."""

    async def send(self, message: WebPushMessage) -> None: ...


class ConsoleWebPush:
    """For developers: each message as one JSON line on stdout, `{"web_push": {…}}`, and in `sent`."""

    def __init__(self) -> None:
        self.sent: list[WebPushMessage] = []

    async def send(self, message: WebPushMessage) -> None:
        self.sent.append(message)
        sys.stdout.write(json.dumps({"web_push": message.data}, ensure_ascii=False) + "\n")
        sys.stdout.flush()


class VapidWebPush:
    """`private_pem` is the installation's key, `contact` whom a push service writes to (RFC 8292: mailto or https)."""

    def __init__(self, private_pem: str, *, contact: str, networks: str = "", timeout_s: float = TIMEOUT_S) -> None:
        self._vapid = Vapid02.from_pem(private_pem.encode())
        self._contact, self._networks, self._timeout_s = contact, networks_of(networks), timeout_s
        self._tls = httpx.create_ssl_context(trust_env=False)

    async def send(self, message: WebPushMessage) -> None:
        url = httpx.URL(message.subscription.endpoint)
        try:
            address = await where(url, self._networks, threads=STRANGERS)
            status, asked = await self._post(url, str(address), message)
        except NotReachable as error:
            raise TokenGone(error.code) from error
        except (httpx.HTTPError, OSError) as error:
            raise PushLater(type(error).__name__) from error
        _judge(status, asked)

    async def _post(self, url: httpx.URL, address: str, message: WebPushMessage) -> tuple[int, str]:
        """To the very address that was looked at; of the answer only its status counts."""
        body = sealed_for(message.subscription, message.data)
        headers = self._signed(url) | {
            "Content-Encoding": "aes128gcm",
            "TTL": str(message.ttl_s),
            "Urgency": "high",
            "Topic": message.topic,
            "Host": url.netloc.decode(),
        }
        async with (
            httpx.AsyncClient(
                trust_env=False, follow_redirects=False, verify=self._tls, timeout=self._timeout_s
            ) as http,
            http.stream(
                "POST",
                url.copy_with(host=address),
                content=body,
                headers=headers,
                extensions={"sni_hostname": url.host},
            ) as answer,
        ):
            return answer.status_code, answer.headers.get("Retry-After", "")

    def _signed(self, url: httpx.URL) -> dict[str, str]:
        claims = {
            "sub": self._contact,
            "aud": f"{url.scheme}://{url.netloc.decode()}",
            "exp": int((datetime.now().astimezone() + VAPID_LIFE).timestamp()),
        }
        try:
            return dict(self._vapid.sign(claims))
        except VapidException as error:
            raise PushRefused(f"WEB_PUSH_CONTACT: {error}") from error


def _judge(status: int, asked: str) -> None:
    if 200 <= status < 300:
        return
    if status in (404, 410):
        raise TokenGone(f"HTTP {status}")
    if status >= 500 or status in _TRY_AGAIN:
        raise PushLater(f"HTTP {status}", after_s=min(float(asked), LONGEST_WAIT_S) if asked.isdigit() else None)
    raise PushRefused(f"HTTP {status}")


def sealed_for(subscription: Subscription, data: dict[str, str]) -> bytes:
    """The message as only that browser can read it (RFC 8291, aes128gcm)."""
    from pywebpush import WebPusher

    keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
    pusher = WebPusher({"endpoint": subscription.endpoint, "keys": keys})
    encoded: dict[str, Any] = pusher.encode(json.dumps(data).encode(), "aes128gcm")
    return bytes(encoded["body"])


def checked(endpoint: str, p256dh: str, auth: str) -> Subscription:
    """A subscription that can be encrypted for; raises BadSubscription. Where it leads is asked when it is used."""
    parts = urlsplit(endpoint)
    if parts.scheme not in ("https", "http") or not parts.hostname or len(endpoint) > LONGEST_ENDPOINT:
        raise BadSubscription("endpoint")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(p256dh))
    except (ValueError, InvalidKey):
        raise BadSubscription("p256dh") from None
    try:
        secret = _bytes(auth)
    except ValueError:
        raise BadSubscription("auth") from None
    if len(secret) != 16:
        raise BadSubscription("auth")
    return Subscription(endpoint, p256dh, auth)


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def new_keys() -> tuple[str, str]:
    """(private PEM, public PEM) of a fresh key on P-256."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return private, public


def browser_key(public_pem: str) -> str:
    """The public key as `applicationServerKey` wants it: the uncompressed point, base64url."""
    key = load_pem_public_key(public_pem.encode())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
