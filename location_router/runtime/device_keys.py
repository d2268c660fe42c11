"""Names and keys of devices that speak without a token: text messages of phones, buttons. Pure.

A device's key is derived from the secret that its home center shares with the router, so both can work it out and
nobody stores it. `device_ref` names the device and its home in 26 letters that every network carries unharmed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from uuid import UUID


def device_key(home_router_key: str, device_id: str) -> bytes:
    """The 128-bit key of a device; `device_id` is its UUID in the usual form."""
    return hmac.new(home_router_key.encode(), b"device:" + device_id.encode(), hashlib.sha256).digest()[:16]


def device_ref(installation: str, device_id: UUID) -> str:
    """26 letters that name a device of an installation: 4 for the home, 22 for the device."""
    return home_ref(installation) + letters(device_id.bytes)


def home_ref(installation: str) -> str:
    return letters(hashlib.sha256(installation.encode()).digest()[:3])


def installations_named(ref: str, keys: Mapping[str, str]) -> list[str]:
    """Who may be the home of this device; 24 bits can meet twice in a country, so the key decides."""
    return [one for one in keys if keys[one] and home_ref(one) == ref[:4]]


def letters(raw: bytes) -> str:
    """Base64 with `:` and `.`: no gateway mangles them (as `+`, `/`, `_`), no command line takes them for an option."""
    return base64.b64encode(raw, b":.").decode().rstrip("=")


def raw(text: str) -> bytes | None:
    """The bytes of `letters`, None for anything else, also for a second spelling of the same bytes."""
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), b":.", validate=True)
    except ValueError:
        return None
    return found if letters(found) == text else None
