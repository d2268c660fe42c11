"""What both engines do with a body: an envelope around it (`guard`), and sealed at rest (`BUS_KEY`)."""

from __future__ import annotations

from location_router.envelope import body_of
from location_router.guard import Guard
from location_router.runtime.seal import Sealer


class Packer:
    """Without a guard (tools, tests) nothing is signed and envelopes are opened unchecked."""

    def __init__(self, key: str, guard: Guard | None) -> None:
        self._sealer = Sealer(key, setting="BUS_KEY") if key else None
        self.guard = guard

    def pack(self, body: bytes, subject: str, message_id: str) -> bytes:
        if self.guard is not None:
            body = self.guard.wrap(body, subject=subject, message_id=message_id)
        return self._sealer.seal(body.decode(), context=f"bus:{subject}") if self._sealer else body

    async def unpack(self, stored: bytes, subject: str, message_id: str, *, is_lossy: bool = False) -> bytes | None:
        """The body; None for one that the guard refused. Raises SealError, Unavailable."""
        data = stored
        if self._sealer and stored[:1] == b"\x01":
            data = str(self._sealer.open(stored, context=f"bus:{subject}")).encode()
        if self.guard is None:
            return body_of(data)
        return await self.guard.open(data, subject=subject, message_id=message_id, is_lossy=is_lossy)
