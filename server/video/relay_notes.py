"""What every relay writes down: each passage before it begins, refusals as far as they fit, addresses as digests."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.video.relay_door import Door
from server.video.relay_log import RelayLog

log = structlog.get_logger("relay")


@dataclass(kw_only=True)
class Notes:
    """The log of one relay process, its door, and the key under which it speaks and makes digests."""

    key: Ed25519PrivateKey
    log: RelayLog
    door: Door

    async def note(self, kind: str, **values: Any) -> str:
        """One line on disk; the head to tell upstream. OSError: what can't be written down does not happen."""
        return str(await asyncio.to_thread(self.log.write, kind, **values))

    async def note_refusal(self, code: str, address: str, what: str) -> None:
        """Knocking is free, so a flood of refusals must not fill the disk: a few a minute have a line, then a sum."""
        told, left_out = self.door.may_tell()
        if not told:
            return
        try:
            extra = {"left_out_before": left_out} if left_out else {}
            await self.note("refused", code=code, what=what, **{"from": self.digest(address)}, **extra)
        except OSError as error:
            log.error("relay_log_failed", error=str(error))

    def digest(self, address: str) -> str:
        secret = hashlib.sha256(b"ansim relay address\x00" + self.key.private_bytes_raw()).digest()
        return hmac.digest(secret, address.encode(), "sha256").hex()[:16]
