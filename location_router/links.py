"""Links between alerts in the database: claims that a new alert makes, and the crowd at one place.

Claims are keyed digests, so that the router finds two alerts of one person and can't look a person up. They are part
of the statement that accepts an alert (`alerts.ACCEPT`): whoever makes a claim that nobody makes is in with that one
statement; only somebody who has another alert running costs a second look, and then both presses are put in a row by
the claim's row, whichever process they came to.

Places are compared beside the alerts' way, after the commit: `Crowds.sweep` reads what is new, and whatever a crash
leaves undone is found again by the next sweep, because a link follows from the alerts alone. News of a link goes to
the desks as `wire.Linked` in a few messages, behind the alerts, never instead of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import orjson
from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text, Uuid, func, text

from location_router.ledger import Mail
from location_router.linking import (
    CLAIM_LIFE,
    SAME_PLACE_WITHIN,
    Claims,
    Crowd,
    Partner,
    Spot,
    ordered,
    partners_in_time,
)
from location_router.registry import Decision, Registry
from location_router.runtime.pool import Connection, Pool
from location_router.runtime.seal import Sealer
from location_router.store import alert, metadata
from location_router.wire import DRILL, Link, Linked, LinkedPair, Reason, utc_now

LOOK_BACK = timedelta(seconds=3)
LOOK_FAR_BACK = timedelta(seconds=60)
FAR_EVERY = 20
MOST_AT_ONCE = 2000
PAIRS_A_NOTE = 100
PLACE_ACCURACY_M = 300.0

alert_claim = Table(
    "alert_claim",
    metadata,
    Column("claim", LargeBinary, primary_key=True),
    Column("alert_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

alert_link = Table(
    "alert_link",
    metadata,
    Column("alert_id", Uuid, ForeignKey("alert.alert_id", ondelete="CASCADE"), primary_key=True),
    Column("other_id", Uuid, ForeignKey("alert.alert_id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),  # same_person | same_place | same_number | manual
    Column("linked_by", Text, nullable=False, server_default=text("''")),  # the installation of a manual one
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("alert_id < other_id", name="ordered"),
)
Index("ix_alert_link_other_id", alert_link.c.other_id)
Index("ix_alert_received_at", alert.c.received_at)

# Two links far and the newest sixty: each alert is linked to the newest twenty of its person, so that is all who count,
# and one who raises hundreds does not make each of them dearer than the last.
PARTNERS = """
WITH RECURSIVE said AS (
  SELECT alert_id, claim = ANY(%(strong)s) AS is_strong FROM alert_claim
  WHERE claim = ANY(%(strong)s || %(asked)s) AND alert_id <> %(alert_id)s AND at > %(since)s
), person AS (
  SELECT alert_id, 0 AS far FROM said WHERE is_strong
  UNION
  SELECT CASE WHEN l.alert_id = p.alert_id THEN l.other_id ELSE l.alert_id END, p.far + 1
  FROM person p JOIN alert_link l ON (l.alert_id = p.alert_id OR l.other_id = p.alert_id) AND l.kind = 'same_person'
  WHERE p.far < 2
), newest AS (
  SELECT one.alert_id, one.kind FROM (
    SELECT alert_id, 'same_person' AS kind, min(far) AS far FROM person GROUP BY alert_id
    UNION ALL SELECT alert_id, 'same_number', 0 FROM said WHERE NOT is_strong) one
  LEFT JOIN alert a USING (alert_id) ORDER BY one.far = 0 DESC, a.received_at DESC NULLS LAST LIMIT 60
)
SELECT one.alert_id, one.kind, a.received_at, a.center_code, a.served_by, s.record,
       a.closed_at IS NULL AND (a.phase <> 'ended' OR a.outcome = 'duress'), coalesce(a.closed_at, a.ended_at)
FROM newest one
LEFT JOIN alert a USING (alert_id) LEFT JOIN assignment s USING (alert_id, assignment_no)
WHERE one.alert_id <> %(alert_id)s"""
LINK = """
INSERT INTO alert_link (alert_id, other_id, kind, linked_by, at)
SELECT t.alert_id, t.other_id, t.kind, %(by)s, %(at)s
FROM unnest(%(low)s::uuid[], %(high)s::uuid[], %(kinds)s::text[]) AS t(alert_id, other_id, kind)
JOIN alert a ON a.alert_id = t.alert_id JOIN alert b ON b.alert_id = t.other_id
WHERE t.kind <> 'same_place' OR NOT EXISTS (
  SELECT FROM alert_link l WHERE l.alert_id = t.alert_id AND l.other_id = t.other_id AND l.kind = 'same_person')
ORDER BY t.alert_id, t.other_id ON CONFLICT DO NOTHING RETURNING alert_id, other_id, kind"""
UNLINK = """
DELETE FROM alert_link l
USING unnest(%(low)s::uuid[], %(high)s::uuid[], %(kinds)s::text[]) AS t(alert_id, other_id, kind)
WHERE (l.alert_id, l.other_id, l.kind) = (t.alert_id, t.other_id, t.kind) AND l.kind = 'manual'
RETURNING l.alert_id, l.other_id, l.kind"""
OWNERS = "SELECT alert_id, center_code, served_by FROM alert WHERE alert_id = ANY(%s)"
NEW_MAIL = """
INSERT INTO outbox (subject, message_id, body, next_attempt_at)
VALUES (%s, %s, %s, now() + interval '150 ms') ON CONFLICT DO NOTHING"""
NEW_IDS = """
SELECT alert_id, received_at FROM alert WHERE received_at > %s AND message_sealed IS NOT NULL
ORDER BY received_at LIMIT 40000"""
SPOTS = """
SELECT alert_id, received_at, message_sealed FROM alert WHERE alert_id = ANY(%s) AND message_sealed IS NOT NULL
  AND (phase <> 'ended' OR outcome = 'duress') ORDER BY received_at, alert_id"""
FORGET = "DELETE FROM alert_claim WHERE at < now() - interval '12 hours'"
FORGET_LINKS = """
DELETE FROM alert_link l USING alert a, alert b
WHERE l.at < now() - interval '7 days' AND a.alert_id = l.alert_id AND b.alert_id = l.other_id
  AND a.message_sealed IS NULL AND b.message_sealed IS NULL"""


@dataclass(frozen=True, slots=True)
class Found:
    """Who else makes an alert's claims. `alert_ids` names all of them, `partners` those that count."""

    partners: tuple[Partner, ...] = ()
    alert_ids: tuple[UUID, ...] = ()

    def links(self, at: datetime) -> tuple[Link, ...]:
        return tuple(
            Link(alert_id=one.alert_id, kind=one.kind, center_code=one.center_code, at=at) for one in self.partners
        )


@dataclass(frozen=True, slots=True)
class Digests:
    """The claims of one alert as they stand in the database: sorted, so that no two statements deadlock."""

    written: list[bytes]
    weak: list[bytes]
    asked: list[bytes]
    strong: list[bytes]


NOTHING = Digests([], [], [], [])


def digests_of(sealer: Sealer, claims: Claims) -> Digests:
    """Keyed: without `DATA_KEY` nobody can tell whose they are."""

    def digest(said: Iterable[str]) -> list[bytes]:
        return sorted(sealer.digest(one, context="alert.claim") for one in said)

    return Digests(digest(claims.written), digest(claims.weak), digest(claims.asked), digest(claims.strong))


async def claim_late(conn: Connection, digests: Digests, alert_id: UUID, at: datetime) -> None:
    """A known alert that is verified only now: what she raises next finds it. What somebody claims already stays."""
    await conn.execute(
        "INSERT INTO alert_claim (claim, alert_id, at) SELECT claim, %s, %s FROM unnest(%s::bytea[]) AS t(claim) "
        "ORDER BY claim ON CONFLICT DO NOTHING",
        (alert_id, at, digests.written),
    )


async def partners_of(conn: Connection, digests: Digests, alert_id: UUID, now: datetime) -> Found:
    """The other alerts that make these claims, and those linked to them as one person: newest first, bounded."""
    cursor = await conn.execute(
        PARTNERS,
        {"strong": digests.strong, "asked": digests.asked, "alert_id": alert_id, "since": now - CLAIM_LIFE},
    )
    rows = await cursor.fetchall()
    partners = [
        Partner(one, at, center, desk, _jurisdictions(record), live, over, kind=kind)
        for one, kind, at, center, desk, record, live, over in rows
        if record is not None  # claimed by an alert that was never accepted
    ]
    joined = partners_in_time([one for one in partners if one.kind == "same_person"], now)
    told = partners_in_time([one for one in partners if one.kind == "same_number"], now)
    told = [one for one in told if one.alert_id not in {known.alert_id for known in joined}]
    return Found((*joined, *told), tuple(row[0] for row in rows))


def _jurisdictions(record: dict[str, Any]) -> frozenset[str]:
    """Where the alert is held and, if another center has it than the one it is in, whose it would have been."""
    holders = [one["code"] for one in record["candidates"] if not one["distance_m"]]
    return frozenset([record["center"]["code"], *(one["code"] for one in record["candidates"][:1]), *holders])


def may_be_in(decision: Decision) -> frozenset[str]:
    """The centers in whose jurisdiction a new alert may be, whether they take alerts or not."""
    return frozenset([decision.center.code, *(one.code for one in decision.assignment.candidates)])


def reachable(registry: Registry, decision: Decision, partners: Sequence[Partner]) -> Sequence[Partner]:
    """Of the person's other alerts those whose desk is there: what she says more follows her incident, also to a center
    that takes nothing new any more, but not to a desk that is gone while another one would have it."""
    if not registry.is_online(decision.served_by):
        return partners
    return [one for one in partners if registry.is_online(one.served_by)]


def same_owner(registry: Registry, decision: Decision, partner: Partner, *, has_place: bool) -> Decision:
    """`decision` in favour of the desk that has the person's other alert."""
    center = registry.centers.get(partner.center_code)
    if center is None or not partner.served_by:
        return decision
    if (decision.center.code, decision.served_by) == (partner.center_code, partner.served_by):
        return decision
    reason = decision.assignment.reason
    if partner.center_code != decision.center.code:
        reason = Reason.FAILOVER if has_place else Reason.LAST_KNOWN
    given = replace(decision.assignment, center=center.code, reason=reason, rule="same_person")
    return replace(decision, assignment=given, center=center, served_by=partner.served_by)


async def write_links(
    conn: Connection, pairs: Sequence[tuple[UUID, UUID, str]], *, at: datetime, by: str = "", undo: bool = False
) -> list[tuple[UUID, UUID, str]]:
    """Make (or, of the manual ones, undo) links; returns those that are news."""
    rows = sorted((*ordered(one, other), kind) for one, other, kind in pairs if one != other)
    values = {
        "low": [row[0] for row in rows],
        "high": [row[1] for row in rows],
        "kinds": [row[2] for row in rows],
    }
    if undo:
        return await (await conn.execute(UNLINK, values)).fetchall()
    return await (await conn.execute(LINK, values | {"by": by, "at": at})).fetchall()


async def tell_desks(
    conn: Connection,
    pairs: Sequence[tuple[UUID, UUID, str]],
    *,
    at: datetime,
    besides: str = "",
    both: bool = True,
    undone: bool = False,
) -> list[Mail]:
    """News of `pairs` for the desks that have one of the two alerts, except `besides`: in the outbox with the links.
    `both` False: only where the other desk is another one."""
    ids = {one for pair in pairs for one in pair[:2]}
    rows = await (await conn.execute(OWNERS, (list(ids),))).fetchall() if ids else []
    owner = {alert_id: (center, desk) for alert_id, center, desk in rows}
    for_desk: dict[str, list[LinkedPair]] = {}
    for one, other, kind in pairs:
        (center, desk), (other_center, other_desk) = owner.get(one, ("", "")), owner.get(other, ("", ""))
        pair = LinkedPair(
            alert_id=one,
            other_id=other,
            kind=kind,
            center_code=center,
            other_center_code=other_center,
            at=at,
            is_undone=undone,
        )
        for name in {desk, other_desk} - {"", besides}:
            if both or desk != other_desk:
                for_desk.setdefault(name, []).append(pair)
    mail = [
        _note(name, given[start : start + PAIRS_A_NOTE])
        for name, given in sorted(for_desk.items())
        for start in range(0, len(given), PAIRS_A_NOTE)
    ]
    for one in mail:
        await conn.execute(NEW_MAIL, (one.subject, one.message_id, one.body))
    return mail


def _note(installation: str, pairs: list[LinkedPair]) -> Mail:
    first = pairs[0]
    said = f"{installation}/{first.at.isoformat()}/" + "/".join(
        f"{one.alert_id}{one.other_id}{one.kind}{one.is_undone}" for one in pairs
    )
    note = Linked(note_id=uuid5(first.alert_id, said), links=pairs, installation="")
    return Mail(f"alert.{installation}", str(note.note_id), note.model_dump_json().encode())


async def told(pool: Pool, note: Linked) -> list[Mail]:
    """What an operator linked, merged or split. Only the desk that has one of the two alerts may say so; the desk of
    the other one hears of it. Raises Unavailable."""
    async with pool.transaction() as conn:
        ids = list({one for pair in note.links for one in (pair.alert_id, pair.other_id)})
        rows = await (await conn.execute(OWNERS, (ids,))).fetchall()
        theirs = {alert_id for alert_id, _, desk in rows if desk == note.installation}
        mail: list[Mail] = []
        for pair in note.links:
            if not theirs & {pair.alert_id, pair.other_id}:
                continue
            fresh = await write_links(
                conn,
                [(pair.alert_id, pair.other_id, "manual")],
                at=pair.at,
                by=note.installation,
                undo=pair.is_undone,
            )
            mail += await tell_desks(conn, fresh, at=pair.at, besides=note.installation, undone=pair.is_undone)
    return mail


class Crowds:
    """Links alerts of one place. Any number may run; each link and each note is made once."""

    def __init__(self, pool: Pool, sealer: Sealer) -> None:
        self._pool, self._sealer = pool, sealer
        self._real, self._drill = Crowd(), Crowd()
        self._seen: dict[UUID, datetime] = {}
        self._cursor: datetime | None = None
        self._rounds = 0

    async def sweep(self) -> list[Mail]:
        """Look at the alerts that are new; the notes that were written for the desks. Raises Unavailable."""
        now = utc_now()
        if self._cursor is None:  # after a start: everything that can still touch a new alert
            since = now - 3 * SAME_PLACE_WITHIN
        else:
            self._rounds += 1
            since = self._cursor - (LOOK_BACK if self._rounds % FAR_EVERY else LOOK_FAR_BACK)
        rows = await self._pool.run(NEW_IDS, (since,))
        new = [row for row in rows if row[0] not in self._seen][:MOST_AT_ONCE]
        mail: list[Mail] = []
        try:
            pairs = self._touching(await self._pool.run(SPOTS, ([row[0] for row in new],))) if new else []
            if pairs:
                async with self._pool.transaction() as conn:
                    fresh = await write_links(conn, pairs, at=now)
                    mail = await tell_desks(conn, fresh, at=now)
        except BaseException:  # nothing is on disk: the next sweep begins anew
            self._real, self._drill, self._seen, self._cursor = Crowd(), Crowd(), {}, None
            raise
        self._seen |= dict.fromkeys((row[0] for row in new), now)
        self._cursor = new[-1][1] if len(new) == MOST_AT_ONCE else now
        self._tidy(now)
        return mail

    def _touching(self, found: list[Any]) -> list[tuple[UUID, UUID, str]]:
        pairs: list[tuple[UUID, UUID, str]] = []
        for alert_id, at, sealed in found:
            message = orjson.loads(self._sealer.open(sealed, context=f"alert.message:{alert_id}"))
            place = message.get("position")
            if not place or place["accuracy_m"] > PLACE_ACCURACY_M:
                continue
            crowd = self._drill if message["service"] == DRILL else self._real
            spot = Spot(alert_id, at, place["lat"], place["lon"])
            pairs += [(one, other, "same_place") for one, other in crowd.add(spot)]
        return pairs

    def _tidy(self, now: datetime) -> None:
        for crowd in (self._real, self._drill):
            crowd.forget(before=now - 3 * SAME_PLACE_WITHIN)
        if len(self._seen) > 1000:
            self._seen = {one: at for one, at in self._seen.items() if now - at < 3 * SAME_PLACE_WITHIN}
