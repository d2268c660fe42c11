"""Tickets: a signed, short-lived note that lets one viewer at one address knock at the gate; pure.

A ticket is not the permission. The permission is the committed release row, which the gate reads again
each time somebody knocks; the ticket only binds the knock to release, camera, viewer and address.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, fields
from ipaddress import ip_address
from typing import Literal

TICKET_LIFE_S = 60
_PURPOSE = b"ansim video ticket 1"


@dataclass(frozen=True, slots=True)
class Ticket:
    """`expires_at` in whole Unix seconds; `address` is the viewer's as the center server saw it."""

    release_id: str
    camera_id: str
    viewer_id: str
    address: str
    quality: Literal["sub", "main"]
    expires_at: int


class BadTicket(Exception):
    """`code` is ticket_invalid, ticket_expired, ticket_other_camera or ticket_other_address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def sign(ticket: Ticket, key: str) -> str:
    """URL-safe text: payload, dot, HMAC-SHA256."""
    payload = json.dumps(list(asdict(ticket).values()), separators=(",", ":"), ensure_ascii=False).encode()
    return f"{_encode(payload)}.{_encode(_mac(payload, key))}"


def verify(text: str, key: str, *, camera_id: str, address: str, now: float) -> Ticket:
    """The ticket, when it is ours, alive, and for this camera and address; else BadTicket."""
    try:
        payload_text, _, mac_text = text.partition(".")
        payload = _decode(payload_text)
        if not hmac.compare_digest(_decode(mac_text), _mac(payload, key)):
            raise BadTicket("ticket_invalid")
        values = json.loads(payload)
    except (ValueError, binascii.Error) as error:
        raise BadTicket("ticket_invalid") from error
    if not isinstance(values, list) or len(values) != len(fields(Ticket)):
        raise BadTicket("ticket_invalid")
    ticket = Ticket(*values)
    if now >= ticket.expires_at:
        raise BadTicket("ticket_expired")
    if ticket.camera_id != camera_id:
        raise BadTicket("ticket_other_camera")
    if not same_address(ticket.address, address):
        raise BadTicket("ticket_other_address")
    return ticket


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


def _mac(payload: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), _PURPOSE + b"\x00" + payload, hashlib.sha256)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    if not text.isascii():
        raise ValueError("not base64")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
