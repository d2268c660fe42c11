"""The timeline: events appended to the center's hash chain as the last thing of the transaction.

Tags are `subject:action`. The chain covers ids and salted digests; payload and salt live apart (`event_payload`)
and can be purged without breaking it (invariant 8). `record` only buffers: the flush before commit takes the lock
on the chain's head, so that `seq` is the order of commits and "everything after seq N" is exact. After commit the
events go to the process's `Broadcast`.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary, Table, Text, Uuid

from location_router.runtime.db import ALL_CENTERS, Database, Unit
from location_router.runtime.seal import Sealer
from server.actor import SYSTEM, Actor
from server.db import metadata

if TYPE_CHECKING:
    from server.broadcast import Broadcast

chain_head = Table(
    "chain_head",
    metadata,
    Column("center_id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("center_id", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("incident_id", Uuid, nullable=False),
    Column("tag", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),  # operator | agent | person | guardian | system
    Column("actor_id", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("payload_digest", LargeBinary, nullable=False),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
Index("ix_event_incident", event.c.incident_id, event.c.seq)
Index("ix_event_at", event.c.center_id, event.c.at)

event_payload = Table(
    "event_payload",
    metadata,
    Column("center_id", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("payload_sealed", LargeBinary, nullable=False),
)

__all__ = [
    "SYSTEM",
    "Actor",
    "CommittedEvent",
    "INSTALLATION_CHAIN",
    "NO_INCIDENT",
    "EventDatabase",
    "chain_head",
    "chain_heads",
    "chain_of",
    "committed_card",
    "event",
    "event_payload",
    "read_events",
    "record",
    "record_admin",
]

GENESIS = bytes(32)
CardLoader = Callable[[Unit, Iterable[UUID]], Awaitable[dict[UUID, dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class CommittedEvent:
    """An event that is on disk: `line` is the contract's EventLine, `incident` its IncidentCard as of this event."""

    center: str
    seq: int
    incident_id: UUID
    line: dict[str, Any]
    incident: dict[str, Any] | None


@dataclass(slots=True)
class _Pending:
    event_id: UUID
    center_id: str
    incident_id: UUID
    tag: str
    actor: Actor
    at: datetime
    payload: dict[str, Any]
    seq: int = 0

    def line(self) -> dict[str, Any]:
        return event_line(self.seq, self.event_id, self.tag, self.at, self.actor, self.payload)


def event_line(
    seq: int, event_id: UUID, tag: str, at: datetime, actor: Actor, payload: dict[str, Any]
) -> dict[str, Any]:
    """The contract's EventLine."""
    who = {"kind": actor.kind, "id": actor.id, "name": actor.name}
    return {"seq": seq, "event_id": str(event_id), "tag": tag, "at": _iso(at), "actor": who, "payload": payload}


class EventDatabase(Database):
    """A `Database` whose units can `record`: it brings what the flush needs."""

    def __init__(
        self,
        url: str,
        *,
        sealer: Sealer,
        broadcast: Broadcast | None = None,
        load_cards: CardLoader | None = None,
        pool_size: int = 8,
    ) -> None:
        super().__init__(url, pool_size=pool_size)
        self.sealer, self._broadcast, self._load_cards = sealer, broadcast, load_cards

    @asynccontextmanager
    async def begin(self, *, center: str = ALL_CENTERS) -> AsyncIterator[Unit]:
        async with super().begin(center=center) as unit:
            unit.state["chain"] = _Chain(unit, self.sealer, self._broadcast, self._load_cards)
            yield unit


def record(
    unit: Unit,
    *,
    center_id: str,
    incident_id: UUID,
    tag: str,
    actor: Actor = SYSTEM,
    payload: dict[str, Any] | None = None,
    at: datetime | None = None,
    event_id: UUID | None = None,
) -> UUID:
    """Append an event when the unit commits; returns its id, which the caller may have chosen (a row that names its
    line). `payload` is JSON without names or numbers of persons."""
    event = _Pending(event_id or uuid4(), center_id, incident_id, tag, actor, at or datetime.now(UTC), payload or {})
    chain_of(unit).append(event)
    return event.event_id


NO_INCIDENT = UUID(int=0)
INSTALLATION_CHAIN = "-"


def record_admin(
    unit: Unit,
    *,
    tag: str,
    actor: Actor,
    payload: dict[str, Any],
    center_id: str = "",
    at: datetime | None = None,
) -> UUID:
    """An event that belongs to no incident (an account, an agreement, a policy, a key, a search) in the chain of
    `center_id`, or in the installation's own; it is not sent to operators' seats. The unit must see that center:
    `begin()` without a center for the installation's chain."""
    return record(
        unit,
        center_id=center_id or INSTALLATION_CHAIN,
        incident_id=NO_INCIDENT,
        tag=tag,
        actor=actor,
        payload=payload,
        at=at,
    )


def is_for_seats(incident_id: UUID, payload: dict[str, Any]) -> bool:
    """Whether operators' screens hear of the event: not of administration, nor of who was shown a place (each alert
    would tell every seat once more for every seat)."""
    return incident_id != NO_INCIDENT and "places" not in payload


def chain_of(unit: Unit) -> _Chain:
    """The unit's own end of the chains; RuntimeError when its database is not an `EventDatabase`."""
    chain = unit.state.get("chain")
    if not isinstance(chain, _Chain):
        raise RuntimeError("this unit can't record events: open the database with server.services.make_services")
    return chain


def committed_card(unit: Unit, incident_id: UUID) -> dict[str, Any] | None:
    """The incident's card as the flush read it: for answering after the unit has committed."""
    return chain_of(unit).cards.get(incident_id)


@dataclass
class _Chain:
    """Buffer and flush of one unit."""

    unit: Unit
    sealer: Sealer
    broadcast: Broadcast | None
    load_cards: CardLoader | None
    pending: list[_Pending] = field(default_factory=list)
    written: list[_Pending] = field(default_factory=list)
    cards: dict[UUID, dict[str, Any]] = field(default_factory=dict)

    def append(self, event: _Pending) -> None:
        if not self.pending:
            self.unit.before_commit(self.flush)
            if not self.written:
                self.unit.after_commit(self.publish)
        self.pending.append(event)

    def mark(self) -> int:
        """Remember how much is buffered, for `rewind` when a savepoint is rolled back."""
        return len(self.pending)

    def rewind(self, mark: int) -> None:
        del self.pending[mark:]

    async def flush(self) -> None:
        """Number, hash and insert what is buffered. Centers are locked in sorted order: no two units can deadlock."""
        if not self.pending:
            return
        batch, self.pending = self.pending, []
        by_center: defaultdict[str, list[_Pending]] = defaultdict(list)
        for event in batch:
            by_center[event.center_id].append(event)
        # The head stays locked until the commit: everything after the lock leaves in one packet, cards included.
        async with self.unit.driver.pipeline():
            for center in sorted(by_center):
                await self._extend(center, by_center[center])
            if self.load_cards is not None:
                wanted = {event.incident_id for event in batch if is_for_seats(event.incident_id, event.payload)}
                self.cards |= await self.load_cards(self.unit, wanted) if wanted else {}
        self.written += batch

    async def _extend(self, center: str, events: list[_Pending]) -> None:
        driver = self.unit.driver
        lock = "SELECT seq, hash FROM chain_head WHERE center_id = %s FOR UPDATE"
        head = await (await driver.execute(lock, [center])).fetchone()
        if head is None:
            new = "INSERT INTO chain_head (center_id, seq, hash) VALUES (%s, 0, %s) ON CONFLICT DO NOTHING"
            await driver.execute(new, [center, GENESIS])
            head = await (await driver.execute(lock, [center])).fetchone()
            assert head is not None
        seq, previous = head[0], bytes(head[1])
        rows = []
        for event in events:
            seq += 1
            event.seq = seq
            salt, body = os.urandom(16), {"actor_name": event.actor.name, "payload": event.payload}
            digest = payload_digest(salt, body)
            fields = (
                center,
                seq,
                event.event_id,
                event.incident_id,
                event.tag,
                event.actor.kind,
                event.actor.id,
                event.at,
                digest,
            )
            link = chain_hash(previous, *fields)
            rows.append((*fields[1:], previous, link, salt, self._sealed(event, body)))
            previous = link
        columns = [list(column) for column in zip(*rows, strict=True)]
        await driver.execute(_EXTEND, [*columns, center, center, seq, previous, center])

    def _sealed(self, event: _Pending, body: dict[str, Any]) -> bytes:
        return self.sealer.seal(body, context=f"event:{event.event_id}", center=event.center_id)

    def publish(self) -> None:
        if self.broadcast is not None:
            self.broadcast.publish(
                [
                    CommittedEvent(e.center_id, e.seq, e.incident_id, e.line(), self.cards.get(e.incident_id))
                    for e in self.written
                ]
            )


# One statement for all lines and the head: each further one costs more than what it does.
_EXTEND = """
WITH line AS (
  SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],
    %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[])
  AS l(seq, event_id, incident_id, tag, actor_kind, actor_id, at, payload_digest, previous_hash, hash, salt, sealed)
), told AS (
  INSERT INTO event (center_id, seq, event_id, incident_id, tag, actor_kind, actor_id, at, payload_digest,
    previous_hash, hash)
  SELECT %s, seq, event_id, incident_id, tag, actor_kind, actor_id, at, payload_digest, previous_hash, hash FROM line
), kept AS (
  INSERT INTO event_payload (center_id, seq, salt, payload_sealed) SELECT %s, seq, salt, sealed FROM line
)
UPDATE chain_head SET seq = %s, hash = %s WHERE center_id = %s
"""


def payload_digest(salt: bytes, body: Any) -> bytes:
    """SHA-256 over salt and canonical JSON."""
    return hashlib.sha256(salt + orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


def chain_hash(previous: bytes, *fields: Any) -> bytes:
    """SHA-256 over the previous hash and each field with its length before it, so that no two rows read alike."""
    parts = [previous]
    for value in fields:
        data = value if type(value) is bytes else _text(value).encode()
        parts.append(len(data).to_bytes(4, "big"))
        parts.append(data)
    return hashlib.sha256(b"".join(parts)).digest()


def _text(value: Any) -> str:
    return _iso(value) if isinstance(value, datetime) else str(value)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


async def chain_heads(unit: Unit) -> dict[str, int]:
    """Last `seq` of every center that the unit may see."""
    rows = await (await unit.driver.execute("SELECT center_id, seq FROM chain_head")).fetchall()
    return {row[0]: row[1] for row in rows}


async def read_events(
    unit: Unit,
    *,
    center: str | None = None,
    after: int = 0,
    upto: int | None = None,
    incident_id: UUID | None = None,
    limit: int = 2000,
    cards: bool = True,
) -> list[CommittedEvent]:
    """Events in chain order: of a center after `seq`, or of one incident. A purged payload reads as `{}`."""
    rows = await unit.all(
        "SELECT e.*, p.payload_sealed FROM event e LEFT JOIN event_payload p USING (center_id, seq)"
        " WHERE (CAST(:center AS text) IS NULL OR e.center_id = :center) AND e.seq > :after"
        " AND (CAST(:upto AS bigint) IS NULL OR e.seq <= :upto)"
        " AND (CAST(:incident AS uuid) IS NULL OR e.incident_id = :incident)"
        " ORDER BY e.center_id, e.seq LIMIT :limit",
        {"center": center, "after": after, "upto": upto, "incident": incident_id, "limit": limit},
    )
    chain = chain_of(unit)
    known: dict[UUID, dict[str, Any]] = {}
    if cards and chain.load_cards is not None and rows:
        known = await chain.load_cards(unit, {row["incident_id"] for row in rows} - {NO_INCIDENT})
    return [_committed(row, chain.sealer, known) for row in rows]


def _committed(row: dict[str, Any], sealer: Sealer, cards: dict[UUID, dict[str, Any]]) -> CommittedEvent:
    body = sealer.open(row["payload_sealed"], context=f"event:{row['event_id']}") or {"actor_name": "", "payload": {}}
    actor = Actor(row["actor_kind"], row["actor_id"], body["actor_name"])
    line = event_line(row["seq"], row["event_id"], row["tag"], row["at"], actor, body["payload"])
    return CommittedEvent(row["center_id"], row["seq"], row["incident_id"], line, cards.get(row["incident_id"]))
