"""How a message to somebody else's HTTPS address is signed: to agencies, alarm rooms, SMS gateways.

`X-Ansim-Id` names the message, the same at each attempt; `X-Ansim-Time` is unix seconds; `X-Ansim-Signature` is hex
HMAC-SHA256(key, `time.id.` + body). What they call on our side names its direction and place, too: `signed_call`.
"""

from __future__ import annotations

import hashlib
import hmac
import time


def signed(key: str, message_id: str, body: bytes, *, at: float | None = None) -> dict[str, str]:
    """The headers of a signed webhook; `at` in unix seconds, now by default."""
    moment = str(int(time.time() if at is None else at))
    mac = hmac.new(key.encode(), f"{moment}.{message_id}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-Ansim-Id": message_id,
        "X-Ansim-Time": moment,
        "X-Ansim-Signature": mac,
    }


def signed_call(
    key: str, message_id: str, body: bytes, *, method: str, path: str, at: float | None = None
) -> dict[str, str]:
    """The headers of a call on an agency's line: HMAC over `in.time.METHOD.path.id.` + body, so that neither a message
    of ours sent back nor one for another path is believed. `path` is without scheme, host and query."""
    headers = signed(key, message_id, body, at=at)
    text = f"in.{headers['X-Ansim-Time']}.{method.upper()}.{path}.{message_id}.".encode() + body
    return headers | {"X-Ansim-Signature": hmac.new(key.encode(), text, hashlib.sha256).hexdigest()}
