"""Who may speak on the bus: the guard stands in every engine, on the way out and on the way in.

Out: a message is signed by this node's key. In: it is opened with the known keys; what can't be believed is kept where
an operator can see it (`quarantine`), counted, and never handled. A key nobody here has heard of makes the guard look
again at the source of keys first, and as long as that can't be reached the message waits: a node that enrolled a
moment ago is not a forger, and nothing is lost because a list is old.

Unsigned messages are taken only while no registry is known, or before `unsigned_until` (an upgrade in progress).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Protocol

import structlog
from prometheus_client import CollectorRegistry, Counter

from location_router.envelope import Keyring, Opened, Refused, Signer, open_envelope
from location_router.runtime.db import Unavailable

log = structlog.get_logger("guard")
METRICS = CollectorRegistry()
REFUSED = Counter("ansim_bus_refused", "Messages of the bus that were not believed", ["reason"], registry=METRICS)

ENROL_S = 60.0

Quarantine = Callable[[str, str, bytes, Refused], Awaitable[None]]
Authorise = Callable[[Opened, str], Awaitable[str]]


class KeySource(Protocol):
    """Where the keys come from: the router's own table, or the list the router signed."""

    @property
    def keyring(self) -> Keyring: ...

    @property
    def is_binding(self) -> bool:
        """True once there is a registry: unsigned messages are over."""
        ...

    async def look_again(self) -> None:
        """Read the keys anew; raises Unavailable."""
        ...


class Guard:
    """One for a process. `signs_for(subject)` says whether the other side understands envelopes yet."""

    def __init__(
        self,
        signer: Signer,
        source: KeySource,
        quarantine: Quarantine,
        *,
        authorise: Authorise | None = None,
        signs_for: Callable[[str], bool] = lambda subject: True,
        may_enrol: Callable[[str], bool] = lambda node: False,
        unsigned_until: date | None = None,
    ) -> None:
        self.signer, self.source = signer, source
        self._quarantine, self._authorise, self._signs_for = quarantine, authorise, signs_for
        self._may_enrol, self._unsigned_until = may_enrol, unsigned_until
        self._strangers: dict[str, float] = {}
        self._looking = asyncio.Lock()
        self._looked_at = -1.0

    def wrap(self, body: bytes, *, subject: str, message_id: str) -> bytes:
        if not self._signs_for(subject):
            return body
        return self.signer.wrap(body, subject=subject, message_id=message_id, at=datetime.now(UTC))

    async def open(self, data: bytes, *, subject: str, message_id: str, is_lossy: bool = False) -> bytes | None:
        """The body; None when it was refused and is in quarantine. Raises Unavailable: judge it later."""
        try:
            opened = await self._judge(data, subject, message_id, is_lossy)
            code = await self._authorise(opened, subject) if self._authorise and not is_lossy else ""
            if code:
                raise Refused(code, opened.node)
        except Refused as refused:
            if refused.code == "unsigned" and self._takes_unsigned():
                return data
            REFUSED.labels(refused.code).inc()
            log.error("bus_refused", subject=subject, message_id=message_id, code=refused.code, node=refused.node)
            if not is_lossy:
                await self._quarantine(subject, message_id, data, refused)
            return None
        return opened.body

    def _takes_unsigned(self) -> bool:
        if self._unsigned_until is not None and datetime.now(UTC).date() <= self._unsigned_until:
            return True
        return not self.source.is_binding

    async def _judge(self, data: bytes, subject: str, message_id: str, is_lossy: bool) -> Opened:
        arrived = time.monotonic()
        while True:
            try:
                return open_envelope(
                    data,
                    self.source.keyring,
                    subject=subject,
                    message_id=message_id,
                    now=datetime.now(UTC),
                    must_be_fresh=is_lossy,
                )
            except Refused as refused:
                if refused.code != "unknown_node" or (self._looked_at >= arrived and self._is_stranger(refused.node)):
                    raise
                if self._looked_at >= arrived:
                    raise Unavailable(f"{refused.node} has not enrolled yet") from refused
            await self._look_again(arrived)

    def _is_stranger(self, node: str) -> bool:
        """Not for the first minute of one that may enrol: its first message may overtake its registration."""
        if not self._may_enrol(node):
            return True
        return time.monotonic() - self._strangers.setdefault(node, time.monotonic()) > ENROL_S

    async def _look_again(self, arrived: float) -> None:
        """One reading of the keys serves all who came before it began."""
        async with self._looking:
            if self._looked_at < arrived:
                began = time.monotonic()
                await self.source.look_again()
                self._looked_at = began
