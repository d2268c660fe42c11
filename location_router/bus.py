"""The bus between router and installations: four verbs, and one suite (`tests/contract/bus_conformance.py`) for all.

`PgBus` lives in one PostgreSQL database, `NatsBus` on NATS JetStream; `BUS_URL` decides.

`publish` and `subscribe` carry what a life hangs on: durable, at least once, one effect for one `(subject,
message_id)`. `latest` and `subscribe_latest` carry positions: lossy, the newest of each key wins. A subscriber must be
ready for repetition and, after a failure, for another order.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from location_router.envelope import Refused, Signer, seeds_from
from location_router.guard import METRICS, Guard
from location_router.nodelist import LIST_HEADER, NodeList, default_cache, proofs_of, trust_from
from location_router.pgbus import PgBus, metadata
from location_router.runtime.db import Unavailable

__all__ = [
    "LIST_HEADER",
    "METRICS",
    "Bus",
    "Guard",
    "Handler",
    "NodeList",
    "PgBus",
    "Refused",
    "Signer",
    "Subscription",
    "Unavailable",
    "bus_domain",
    "bus_from_url",
    "default_cache",
    "metadata",
    "proofs_of",
    "seeds_from",
    "trust_from",
]

Handler = Callable[[str, bytes], Awaitable[None]]


class Subscription(Protocol):
    async def stop(self) -> None:
        """No new message is handled after this returns; what was not finished is delivered to the next one."""
        ...


class Bus(Protocol):
    async def publish(self, subject: str, message_id: str, body: bytes) -> None:
        """Returns when the message is durable; the same `(subject, message_id)` again does nothing.
        Raises Unavailable: then it may or may not be there, publish again."""
        ...

    async def publish_many(self, messages: Sequence[tuple[str, str, bytes]]) -> None:
        """`publish` for each `(subject, message_id, body)`, in few round trips and no particular order. Raises
        Unavailable when not all of them are there for certain."""
        ...

    async def subscribe(self, subject: str, durable: str, handle: Handler, *, at_once: int = 1) -> Subscription:
        """`handle(message_id, body)` for every message of the subject, also those from before the first subscribe of
        this `durable` name; until it returns without an exception. Subscribers of one name share the work; with
        `at_once` > 1 so many handlers run side by side, and only their beginning is in order."""
        ...

    async def latest(self, subject: str, key: str, body: bytes) -> None:
        """Hands over the newest value of `key` and returns at once; may be lost, never raises for a lost server."""
        ...

    async def subscribe_latest(self, subject: str, handle: Handler) -> Subscription:
        """`handle(key, body)` with the newest value of each key of the subject, from now on."""
        ...

    async def close(self) -> None: ...


def bus_from_url(url: str, *, key: str | None = None, guard: Guard | None = None) -> Bus:
    """The bus that `BUS_URL` names: `postgresql+psycopg://…` or `nats://…`. `key` (`BUS_KEY`, base64 of 32 bytes, the
    same for all on this bus) seals bodies at rest; `guard` signs and checks (without one, as in tools and tests,
    nothing is signed and envelopes are opened unchecked); nothing is connected before the first use."""
    key = os.environ.get("BUS_KEY", "") if key is None else key
    if url.startswith(("postgresql://", "postgresql+psycopg://")):
        return PgBus(url, key=key, guard=guard)
    if url.startswith(("nats://", "tls://")):
        from location_router.natsbus import NatsBus

        return NatsBus(url, key=key, guard=guard)
    raise ValueError(f"BUS_URL must begin with postgresql+psycopg:// or nats://, not {url.partition(':')[0]}:")


def bus_domain(url: str) -> str:
    """The JetStream domain of the leaf that `BUS_URL` names; empty for the hub and for PostgreSQL."""
    if not url.startswith(("nats://", "tls://")):
        return ""
    from location_router.natsstreams import Address

    return Address.parse(url).domain
