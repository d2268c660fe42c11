"""How a message to somebody else's HTTPS address is signed: to agencies, alarm rooms, SMS gateways.

`X-Ansim-Id` names the message, the same at each attempt; `X-Ansim-Time` is unix seconds; `X-Ansim-Signature` is hex
HMAC-SHA256(key, `time.id.` + body).
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
