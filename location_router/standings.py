"""How each center stands, from its row, its desk's last word and the clock: rows of PostGIS → facts for a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from location_router.policy_store import read_said
from location_router.runtime.pool import Connection, Pool
from location_router.states import CenterFacts, CenterState, StaffedHours, judge
from location_router.wire import CenterHealth, CenterRef

_CENTERS = """
SELECT code, name_ko, name_en, callback, served_by, is_draining, hours::text, capabilities FROM center"""
_INSTALLATIONS = """
SELECT installation_id, https_url, public_key_pem, serves_all, serves, last_seen_at,
       coalesce(last_seen_at > now() - %s * interval '1 s', false), operators_online,
       extract(epoch FROM now() - last_seen_at)::float8, queue_length, capabilities, troubles
FROM installation ORDER BY registered_at, installation_id"""
# A recorded heartbeat, sent again while its signature is still young, must not make a dead desk look alive.
_BEAT = """
WITH known AS (SELECT installation_id, last_sent_at FROM installation WHERE installation_id = %(installation)s),
heard AS (
  UPDATE installation SET last_seen_at = now(), last_sent_at = %(sent_at)s, operators_online = %(operators_online)s,
    queue_length = %(queue_length)s, capabilities = %(capabilities)s, troubles = %(troubles)s,
    https_url = CASE WHEN %(https_url)s <> '' THEN %(https_url)s ELSE https_url END
  WHERE installation_id = %(installation)s AND (last_sent_at IS NULL OR last_sent_at < %(sent_at)s) RETURNING 1)
SELECT EXISTS (SELECT FROM known), EXISTS (SELECT FROM heard)"""


@dataclass(frozen=True, slots=True)
class Center:
    """`hours` None: always staffed; `capabilities` None: as its desk says."""

    code: str
    name_ko: str
    name_en: str
    callback: str
    served_by: str
    is_draining: bool = False
    hours: StaffedHours | None = None
    capabilities: frozenset[str] | None = None

    @property
    def ref(self) -> CenterRef:
        return CenterRef(code=self.code, name_ko=self.name_ko, name_en=self.name_en, callback=self.callback)


@dataclass(frozen=True, slots=True)
class Installation:
    """A desk and its last word, `silent_s` ago when the row was read (None: never)."""

    installation_id: str
    https_url: str
    public_key_pem: str
    serves_all: bool
    serves: tuple[str, ...]
    last_seen_at: datetime | None
    is_online: bool
    operators_online: int
    silent_s: float | None = None
    queue_length: int = 0
    capabilities: frozenset[str] | None = None
    troubles: tuple[str, ...] = ()


class Heard(StrEnum):
    """What became of a heartbeat."""

    YES = "heard"
    REPEATED = "repeated"
    UNKNOWN = "unknown"


async def read_centers(conn: Connection) -> dict[str, Center]:
    rows = await (await conn.execute(_CENTERS)).fetchall()
    return {row[0]: Center(*row[:5], *read_said(*row[5:])) for row in rows}


async def read_installations(conn: Connection, *, offline_after_s: float) -> dict[str, Installation]:
    """By id, the one that registered first first."""
    found = {}
    for row in await (await conn.execute(_INSTALLATIONS, (offline_after_s,))).fetchall():
        said = None if row[10] is None else frozenset(row[10])
        found[row[0]] = Installation(*row[:4], tuple(row[4]), *row[5:10], said, tuple(row[11]))
    return found


async def hear(pool: Pool, health: CenterHealth) -> Heard:
    """Write down a heartbeat that is newer than the last one. Raises Unavailable."""
    [(is_known, is_heard)] = await pool.run(
        _BEAT,
        {
            "installation": health.installation,
            "sent_at": health.sent_at,
            "operators_online": health.operators_online,
            "queue_length": health.queue_length,
            # A desk of an older program sends none: it is not held against it.
            "capabilities": sorted(set(health.capabilities)) or None,
            "troubles": health.troubles,
            "https_url": health.https_url,
        },
    )
    return Heard.YES if is_heard else Heard.REPEATED if is_known else Heard.UNKNOWN


def facts_of(center: Center, desk: Installation | None, *, offline_after_s: float, now: datetime) -> CenterFacts:
    """What a decision may know of a center; without a desk it is offline."""
    if desk is None:
        return CenterFacts(CenterState.OFFLINE)
    state = judge(
        silent_s=desk.silent_s,
        offline_after_s=offline_after_s,
        has_troubles=bool(desk.troubles),
        is_draining=center.is_draining,
        hours=center.hours,
        now=now,
    )
    capabilities = desk.capabilities if center.capabilities is None else center.capabilities
    return CenterFacts(state, desk.queue_length, desk.operators_online, capabilities)


def row_of(center: Center, facts: CenterFacts, desks: Mapping[str, Installation]) -> dict[str, Any]:
    """A line of `GET /v1/centers`."""
    desk = desks.get(center.served_by)
    return {
        "code": center.code,
        "name_ko": center.name_ko,
        "name_en": center.name_en,
        "served_by": center.served_by,
        "state": str(facts.state),
        "last_seen_at": desk.last_seen_at if desk else None,
        "operators_online": facts.operators_online,
        "queue_length": facts.queue_length,
        "capabilities": None if facts.capabilities is None else sorted(facts.capabilities),
        "troubles": list(desk.troubles) if desk else [],
        "has_hours": center.hours is not None,
    }
