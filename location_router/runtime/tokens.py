"""Two credentials of a phone.

The *device token* is a JWT (EdDSA) that the home installation signs once; the router checks it with the public key the
installation registered, without a call. The *live token* is an HMAC over the alert's id that the router hands out with
its 202: it opens that alert's line and nothing else, and always has the same length. Pure.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

LIFE = timedelta(days=730)
_PURPOSE = b"ansim live token 1"


class BadToken(Exception):
    """The token is malformed, expired, or signed by somebody we don't know."""


class ExpiredToken(BadToken):
    """Signed by a home center we know, but its time is over; `device` is whom it spoke for."""

    def __init__(self, device: Device) -> None:
        super().__init__("expired")
        self.device = device


@dataclass(frozen=True, slots=True)
class Device:
    """Who a device token speaks for: `issuer` is the home installation, `home` its center's code."""

    issuer: str
    device_id: str
    person_id: str
    home: str


def new_device_keys() -> tuple[str, str]:
    """(private PEM, public PEM) of an installation, Ed25519."""
    private = Ed25519PrivateKey.generate()
    return (
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    )


def sign_device_token(
    device: Device, private_key_pem: str, *, now: datetime | None = None, life: timedelta = LIFE
) -> str:
    """The token the phone stores; good for two years from `now`. A browser gets shorter ones."""
    issued = now or datetime.now(UTC)
    claims = {
        "iss": device.issuer,
        "sub": device.device_id,
        "home": device.home,
        "person": device.person_id,
        "iat": issued,
        "exp": issued + life,
    }
    return jwt.encode(claims, private_key_pem, algorithm="EdDSA")


def verify_device_token(token: str, public_keys: Mapping[str, str]) -> Device:
    """The device of a good token. `public_keys` maps installation to public PEM. Raises BadToken, and its kind
    ExpiredToken when all is well but the date."""
    if not token:
        raise BadToken("no token")
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
        if not isinstance(issuer, str) or not public_keys.get(issuer):
            raise BadToken("unknown issuer")
        try:
            return _device(_claims(token, public_keys[issuer], verify_exp=True))
        except jwt.ExpiredSignatureError:
            expired = _device(_claims(token, public_keys[issuer], verify_exp=False))
            raise ExpiredToken(expired) from None
    except BadToken:
        raise
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise BadToken(str(error)) from error


def _claims(token: str, public_key_pem: str, *, verify_exp: bool) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        token,
        public_key_pem,
        algorithms=["EdDSA"],
        leeway=300,
        options={"require": ["exp", "iss", "sub"], "verify_iat": False, "verify_exp": verify_exp},
    )
    return claims


def _device(claims: Mapping[str, Any]) -> Device:
    words = [claims.get(name, "") for name in ("iss", "sub", "person", "home")]
    if not all(isinstance(word, str) and len(word) <= 80 and word.isprintable() for word in words):
        raise BadToken("claims are not short texts")
    return Device(*words)


def live_token(key: bytes, alert_id: UUID) -> str:
    """32 URL-safe characters; the same for the same alert, so that a repeated 202 repeats it."""
    mac = hmac.digest(key, _PURPOSE + b"\x00" + alert_id.bytes, "sha256")
    return base64.urlsafe_b64encode(mac[:24]).decode()


def is_live_token(key: bytes, alert_id: UUID, token: str) -> bool:
    return hmac.compare_digest(live_token(key, alert_id).encode(), token.encode("utf-8", "replace"))
