"""Tickets: a signed, short-lived note that lets one viewer at one address knock at one door for one purpose; pure.

A ticket is not the permission. The permission is the committed release row, which the gate reads again
each time somebody knocks; the ticket only binds the knock to release, incident, camera, viewer and address.
A ticket that is used twice by the same viewer is no harm: a release is watched once, the newer replaces the older.

The signature is Ed25519: who signs holds VIDEO_KEY, the relay of another zone holds only what verifies
(docs/decisions/0009-relay-verifies-cannot-sign.md).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Container
from dataclasses import astuple, dataclass, fields, replace
from functools import lru_cache
from ipaddress import ip_address
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

TICKET_LIFE_S = 60
_FORM = b"ansim video ticket 3"

Purpose = Literal["live", "whep", "clip"]
Quality = Literal["sub", "main"]


@dataclass(frozen=True, slots=True)
class Ticket:
    """`ticket_id` is random; `purpose` the one door it opens; `address` the viewer's as the center server saw it;
    `incident_id` empty where the release belongs to none; `expires_at` in whole Unix seconds."""

    ticket_id: str
    purpose: Purpose
    release_id: str
    incident_id: str
    camera_id: str
    viewer_id: str
    address: str
    quality: Quality
    expires_at: int


class BadTicket(Exception):
    """`code` is ticket_invalid, ticket_expired, ticket_other_purpose, ticket_other_camera or ticket_other_address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def new_ticket(
    *,
    release_id: str,
    incident_id: str,
    camera_id: str,
    viewer_id: str,
    address: str,
    now: float,
    quality: Quality = "sub",
    purpose: Purpose = "live",
) -> Ticket:
    """`now` is Unix time in seconds; the ticket ends TICKET_LIFE_S later."""
    end = int(now + TICKET_LIFE_S)
    return Ticket(_new_id(), purpose, release_id, incident_id, camera_id, viewer_id, address, quality, end)


def renewed(ticket: Ticket, now: float) -> Ticket:
    """The same right with a new id and a new end, for a viewing that is open anyway."""
    return replace(ticket, ticket_id=_new_id(), expires_at=int(now + TICKET_LIFE_S))


def for_purpose(ticket: Ticket, purpose: Purpose) -> Ticket:
    """The same knock at another door: its own ticket, with the same end."""
    return replace(ticket, ticket_id=_new_id(), purpose=purpose)


def sign(ticket: Ticket, key: str) -> str:
    """URL-safe text: payload, dot, Ed25519 signature."""
    payload = json.dumps(astuple(ticket), separators=(",", ":"), ensure_ascii=False).encode()
    return f"{_encode(payload)}.{_encode(_signing_key(key).sign(_signed(payload)))}"


def verifying_key(key: str) -> str:
    """What a relay needs to know our tickets: the public half of VIDEO_KEY's signing key, URL-safe base64."""
    return _encode(_signing_key(key).public_key().public_bytes_raw())


def public_key(text: str) -> Ed25519PublicKey:
    """`verifying_key` read again; ValueError when the text is none."""
    try:
        return Ed25519PublicKey.from_public_bytes(_decode(text))
    except (ValueError, binascii.Error) as error:
        raise ValueError("not the public half of a ticket key: 43 characters of URL-safe base64") from error


def verify(
    text: str,
    key: str | Ed25519PublicKey,
    *,
    purpose: Purpose,
    address: str,
    now: float,
    camera_id: str | None = None,
    begun: Container[str] = (),
) -> Ticket:
    """The ticket, when it is ours, alive, for this purpose and address (and camera, where the door names one).

    `key`: VIDEO_KEY, or the public half at a relay. `begun`: ids of tickets whose use began in time and still goes on
    (a clip is read in many requests); their end is not looked at. Raises BadTicket.
    """
    ticket = _read(text, _signing_key(key).public_key() if isinstance(key, str) else key)
    if now >= ticket.expires_at and ticket.ticket_id not in begun:
        raise BadTicket("ticket_expired")
    if ticket.purpose != purpose:
        raise BadTicket("ticket_other_purpose")
    if camera_id is not None and ticket.camera_id != camera_id:
        raise BadTicket("ticket_other_camera")
    if not same_address(ticket.address, address):
        raise BadTicket("ticket_other_address")
    return ticket


def _read(text: str, verifier: Ed25519PublicKey) -> Ticket:
    try:
        payload_text, _, signature_text = text.partition(".")
        payload = _decode(payload_text)
        verifier.verify(_decode(signature_text), _signed(payload))
        values = json.loads(payload)
    except (ValueError, binascii.Error, InvalidSignature) as error:
        raise BadTicket("ticket_invalid") from error
    if not isinstance(values, list) or len(values) != len(fields(Ticket)):
        raise BadTicket("ticket_invalid")
    return Ticket(*values)


def same_address(one: str, other: str) -> bool:
    """Equal as IP addresses (`::ffff:127.0.0.1` is 127.0.0.1), or as text when they are none."""
    return _plain(one) == _plain(other)


def _plain(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)


def _new_id() -> str:
    return secrets.token_urlsafe(12)


@lru_cache(maxsize=8)
def _signing_key(key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hmac.digest(key.encode(), b"ansim video ticket key", hashlib.sha256))


def _signed(payload: bytes) -> bytes:
    return _FORM + b"\x00" + payload


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    if not text.isascii():
        raise ValueError("not base64")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
