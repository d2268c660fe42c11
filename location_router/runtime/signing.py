"""Calls between router and installations are signed with the secret the two share (`INSTALLATION_KEY`).

`X-Ansim-Signature` = hex HMAC-SHA256(key, `time.METHOD.path.body`); the time is whole unix seconds and may be
`MAX_SKEW_S` off, so that a recorded call is worthless soon. `path` is without scheme, host and query. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

INSTALLATION_HEADER = "X-Ansim-Installation"
TIME_HEADER = "X-Ansim-Time"
SIGNATURE_HEADER = "X-Ansim-Signature"
MAX_SKEW_S = 300


class BadSignature(Exception):
    """`code` is unsigned, unknown_installation, clock_skew or wrong_signature."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def sign(
    key: str,
    *,
    installation: str,
    method: str,
    path: str,
    body: bytes,
    now: float,
    name_header: str = INSTALLATION_HEADER,
) -> dict[str, str]:
    """The three headers of a signed call; `now` in unix seconds. `name_header` says who signs: registered senders
    have one of their own."""
    time = str(int(now))
    return {name_header: installation, TIME_HEADER: time, SIGNATURE_HEADER: _mac(key, time, method, path, body)}


def verify(
    headers: Mapping[str, str],
    keys: Mapping[str, str],
    *,
    method: str,
    path: str,
    body: bytes,
    now: float,
    name_header: str = INSTALLATION_HEADER,
) -> str:
    """The id of the installation that signed the call, or BadSignature.

    `headers` may be any mapping that finds the three names (Starlette's ignores case); `keys` maps installation to key.
    """
    installation, time, signature = (headers.get(name, "") for name in (name_header, TIME_HEADER, SIGNATURE_HEADER))
    if not (installation and time and signature):
        raise BadSignature("unsigned")
    if not keys.get(installation):
        raise BadSignature("unknown_installation")
    if not hmac.compare_digest(_mac(keys[installation], time, method, path, body).encode(), signature.lower().encode()):
        raise BadSignature("wrong_signature")
    if not (time.isascii() and time.isdigit() and abs(int(time) - now) <= MAX_SKEW_S):
        raise BadSignature("clock_skew")
    return installation


def _mac(key: str, time: str, method: str, path: str, body: bytes) -> str:
    text = f"{time}.{method.upper()}.{path}.".encode() + body
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()
