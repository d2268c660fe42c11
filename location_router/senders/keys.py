"""Who is the program that speaks? API keys, signatures with two of them valid, and the pace each may keep. Pure.

A sender shows its key as `Authorization: Bearer ansk_…`, or signs like an installation does (`runtime.signing`) with
`X-Ansim-Sender` and the signing secret that `signing_secret` derives from the key. The router keeps the key's SHA-256
and the secret sealed: neither tells the key. A client certificate that a trusted proxy has checked is the third way.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from location_router.runtime.signing import SIGNATURE_HEADER, TIME_HEADER, BadSignature, verify

SENDER_HEADER = "X-Ansim-Sender"
CERTIFICATE_HEADER = "X-Client-Cert-SHA256"
KEY_PREFIX = "ansk_"
SCOPES = ("alerts", "positions", "sms_gateway", "els", "sandbox", "requests", "warnings")
SENDER_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
MOST_UNVERIFIED_PER_MINUTE = 600
_SIGNING = b"ansim sender signing 1"


@dataclass(frozen=True, slots=True)
class Sender:
    """A registered sender with its living keys: `signing` are their secrets, `key_hashes` their SHA-256. It may raise
    requests for `agency_id`."""

    sender_id: str
    name: str
    scopes: frozenset[str]
    state: str
    rate_per_minute: int
    certificate_sha256: str
    signing: tuple[str, ...]
    key_hashes: frozenset[bytes]
    agency_id: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """`sender` is proven. Otherwise `code` says why not: empty when the request claims nothing, or one of
    `unknown_sender`, `revoked`, `wrong_key`, `wrong_signature`, `clock_skew`, `unsigned`; `name` is what it said."""

    sender: Sender | None
    code: str = ""
    name: str = ""

    def may(self, scope: str) -> bool:
        return self.sender is not None and scope in self.sender.scopes


def new_key() -> str:
    return KEY_PREFIX + secrets.token_urlsafe(32)


def key_hash(key: str) -> bytes:
    """Of 256 random bits, so that a plain SHA-256 is as good as a slow one."""
    return hashlib.sha256(key.encode()).digest()


def signing_secret(key: str) -> str:
    """The secret that signs, 64 hex letters: HMAC-SHA256(key, "ansim sender signing 1")."""
    return hmac.new(key.encode(), _SIGNING, hashlib.sha256).hexdigest()


def bearer(headers: Mapping[str, str]) -> str:
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def claims_anything(headers: Mapping[str, str]) -> bool:
    """Whether the request says that it comes from a registered sender; a phone's does not."""
    return bool(headers.get(SENDER_HEADER)) or bearer(headers).startswith(KEY_PREFIX)


def identify(
    headers: Mapping[str, str],
    senders: Mapping[str, Sender],
    *,
    method: str,
    path: str,
    body: bytes,
    now: float,
    certificate_sha256: str = "",
) -> Claim:
    """Who sent it. `certificate_sha256` comes from a trusted proxy only; `now` in unix seconds."""
    name, key = headers.get(SENDER_HEADER, "")[:80], bearer(headers)
    if certificate_sha256:
        known = next((one for one in senders.values() if one.certificate_sha256 == certificate_sha256.lower()), None)
        if known is not None and name in ("", known.sender_id):
            return _standing(known)
    if headers.get(SIGNATURE_HEADER) or headers.get(TIME_HEADER):
        return _signed(headers, senders.get(name), name, method=method, path=path, body=body, now=now)
    if not key.startswith(KEY_PREFIX):
        return Claim(None, "unsigned" if name in senders else "unknown_sender" if name else "", name)
    digest = key_hash(key)
    owner = next((one for one in senders.values() if digest in one.key_hashes), None)
    if owner is None or (name and name != owner.sender_id):
        return Claim(None, "wrong_key", name)
    return _standing(owner)


def _signed(
    headers: Mapping[str, str], sender: Sender | None, name: str, *, method: str, path: str, body: bytes, now: float
) -> Claim:
    if sender is None:
        return Claim(None, "unknown_sender", name)
    code = "wrong_signature"
    for secret in sender.signing:
        try:
            verify(headers, {name: secret}, method=method, path=path, body=body, now=now, name_header=SENDER_HEADER)
        except BadSignature as error:
            code = error.code if error.code != "wrong_signature" else code
        else:
            return _standing(sender)
    return Claim(None, "revoked" if sender.state != "active" else code, name)


def _standing(sender: Sender) -> Claim:
    return Claim(sender) if sender.state == "active" else Claim(None, "revoked", sender.sender_id)
