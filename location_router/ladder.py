"""The upper steps of the ladder: a desk that has an alert and is silent. Runner-up at 30 s, 112 desk at 60 s.

A center is *silent* about an alert while no operator of it has acknowledged and it either sends no heartbeat or has
said nothing about this alert at all. The clock of an alert (`ladder_from`) starts when it becomes active, for a
pre-alert whose phone is silent too when its countdown is over. `ladder_at` is when it has to be looked at: written in
the transaction of the alert itself, claimed by any worker with SKIP LOCKED, and empty once somebody acts or all is
over. Nothing here lives in a process: workers may come, go and be many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from location_router import desk_112, ledger, steps
from location_router.ledger import AlertRow, Effects
from location_router.registry import Decision, Registry
from location_router.runtime.pool import Connection, Pool
from location_router.runtime.seal import Sealer
from location_router.settings import Settings
from location_router.steps import Step
from location_router.wire import DRILL, AssignmentRecord, Phase, Reason, utc_now

log = structlog.get_logger("ladder")
PRE_GRACE_S = 2.0  # a silent phone's pre-alert is an alert this long after its countdown, as at the centers
LOOK_AGAIN_S = 1.0
LOOKS_AT_ONCE = 4

CLAIM = """
UPDATE alert SET ladder_at = now() + interval '2 s' WHERE alert_id IN (
  SELECT alert_id FROM alert WHERE ladder_at <= now() ORDER BY ladder_at LIMIT 40 FOR UPDATE SKIP LOCKED)
RETURNING alert_id"""
FACTS = """
SELECT now(), coalesce(a.ladder_from, a.received_at), a.owner_receipt_at IS NOT NULL,
  coalesce(i.last_seen_at > now() - %(offline_s)s * interval '1 s', false), a.owner_silent_at,
  EXISTS (SELECT FROM status s WHERE s.alert_id = a.alert_id AND s.assignment_no = a.assignment_no AND s.is_adopted
          AND s.state <> 'assigned'),
  a.state IN ('acknowledged', 'dispatched', 'en_route', 'on_scene')
    AND EXISTS (SELECT FROM status s WHERE s.alert_id = a.alert_id AND s.assignment_no = a.assignment_no
                AND s.is_adopted AND s.state = a.state),
  a.runner_up_told_at IS NOT NULL,
  EXISTS (SELECT FROM call_112 c WHERE c.alert_id = a.alert_id AND c.step = %(step)s)
FROM alert a LEFT JOIN installation i ON i.installation_id = a.served_by WHERE a.alert_id = %(alert_id)s"""
SILENT = """
SELECT installation FROM delivery WHERE alert_id = %s GROUP BY installation
HAVING max(created_at) FILTER (WHERE receipt_at IS NULL) > coalesce(max(receipt_at), '-infinity')"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database knows about an alert's owner; `silent_since`: when it was first seen without heartbeat."""

    now: datetime
    started_at: datetime
    is_received: bool
    has_heartbeat: bool
    silent_since: datetime | None
    has_spoken: bool
    is_acknowledged: bool
    runner_up_told: bool
    desk_112_called: bool
    is_over: bool = False
    is_request: bool = False


@dataclass(frozen=True, slots=True)
class Climb:
    """What to do now, and when to look again (None: never)."""

    look_at: datetime | None
    relieve: bool = False
    tell_runner_up: bool = False
    call_112: bool = False


def decide(facts: Facts, *, runner_up_s: float, desk_112_s: float, offline_after_s: float) -> Climb:
    """The next step for one alert. Pure.

    A desk without heartbeat loses the alert once it was seen so for `offline_after_s`: it may have been us who were
    away. One that beats but says nothing keeps it, and the runner-up looks too. For an agency's request nobody calls
    112 by itself: who asks may be 112, and nobody has looked.
    """
    if facts.is_over or facts.is_acknowledged:
        return Climb(None)
    age_s = (facts.now - facts.started_at).total_seconds()
    watched_from_s = max(runner_up_s - offline_after_s, 0.0)
    if age_s < watched_from_s:
        return Climb(facts.started_at + timedelta(seconds=watched_from_s))
    is_silent = not facts.has_heartbeat or not facts.has_spoken
    again = facts.now + timedelta(seconds=LOOK_AGAIN_S)
    if not is_silent or age_s < 0:
        return Climb(again)
    is_dead = not facts.has_heartbeat and facts.silent_since is not None
    dead_s = (facts.now - facts.silent_since).total_seconds() if is_dead and facts.silent_since else 0.0
    is_due = age_s >= runner_up_s
    return Climb(
        again,
        relieve=is_due and is_dead and dead_s >= offline_after_s and facts.is_received,
        tell_runner_up=is_due and facts.has_heartbeat and not facts.runner_up_told and facts.is_received,
        call_112=age_s >= desk_112_s and not facts.desk_112_called and not facts.is_request,
    )


def starts_at(row: AlertRow) -> datetime | None:
    """When the ladder's clock starts for an alert as it first stands; None when nobody has to act."""
    if row.active_at is not None:
        return row.active_at
    if row.standing.phase is Phase.PRE and row.pre_deadline_at is not None:
        return row.pre_deadline_at + timedelta(seconds=PRE_GRACE_S)
    return None


def watchers_of(registry: Registry, record: AssignmentRecord) -> tuple[str, ...]:
    """The desk of the runner-up that the decision names, when it is another one than the owner's."""
    center = registry.centers.get(record.runner_up)
    desk = center.served_by if center else ""
    return (desk,) if desk and desk != record.served_by else ()


class Ladder:
    """`send_soon` is the courier's: what is committed goes out at once."""

    def __init__(
        self,
        settings: Settings,
        pool: Pool,
        sealer: Sealer,
        registry: Registry,
        send_soon: Callable[[Effects], None],
    ) -> None:
        self._settings, self._pool, self._sealer, self._registry = settings, pool, sealer, registry
        self._send_soon = send_soon

    async def climb(self) -> int:
        """Look at every alert that is due; how many steps were taken. One that can't be looked at holds up no other.
        Raises Unavailable."""
        due = [alert_id for (alert_id,) in await self._pool.run(CLAIM)]
        places = asyncio.Semaphore(LOOKS_AT_ONCE)

        async def look(alert_id: UUID) -> int:
            async with places:
                return await self._look(alert_id)

        results = await asyncio.gather(*(look(one) for one in due), return_exceptions=True)
        for alert_id, result in zip(due, results, strict=True):
            if isinstance(result, BaseException):
                log.error("ladder_failed", alert_id=str(alert_id), error=repr(result)[:200])
        return sum(result for result in results if isinstance(result, int))

    async def _look(self, alert_id: UUID) -> int:
        effects = Effects(alert_id)
        async with self._pool.transaction() as conn:
            row = await ledger.lock(conn, self._sealer, alert_id)
            facts = await self._facts(conn, alert_id, row)
            climb = decide(
                facts,
                runner_up_s=self._settings.runner_up_s,
                desk_112_s=self._settings.desk_112_s,
                offline_after_s=self._settings.offline_after_s,
            )
            silent_since = None if facts.has_heartbeat else facts.silent_since or facts.now
            await conn.execute(
                "UPDATE alert SET ladder_at = %s, owner_silent_at = %s WHERE alert_id = %s",
                (climb.look_at, silent_since, alert_id),
            )
            taken = await self._take(conn, row, climb, effects) if row is not None else 0
        if effects.letters or effects.mail:
            self._send_soon(effects)
        return taken

    async def _facts(self, conn: Connection, alert_id: UUID, row: AlertRow | None) -> Facts:
        step = desk_112.step_of(is_drill=row is not None and row.message.service == DRILL)
        asked = {"alert_id": alert_id, "offline_s": self._settings.offline_after_s, "step": step}
        found = await (await conn.execute(FACTS, asked)).fetchone()
        assert found is not None
        is_over = row is None or row.closed_at is not None or not row.standing.is_live
        return replace(Facts(*found), is_over=is_over, is_request=row is not None and row.message.request is not None)

    async def _take(self, conn: Connection, row: AlertRow, climb: Climb, effects: Effects) -> int:
        taken = 0
        if climb.call_112:
            await desk_112.call(conn, row)
            log.error("desk_112_called", alert_id=str(row.alert_id), center=row.record.center.code)
            taken += 1
        if climb.relieve:
            taken += await self._relieve(conn, row, effects)
        elif climb.tell_runner_up:
            taken += await self._tell_runner_up(conn, row, effects)
        return taken

    async def _relieve(self, conn: Connection, row: AlertRow, effects: Effects) -> int:
        given = await give_next(conn, self._sealer, self._registry, row, only_online=True)
        if given is None:
            return 0
        effects.letters, effects.mail = given.letters, given.mail
        await self._note(conn, row, effects.letters[0].installation, role="owner")
        return 1

    async def _tell_runner_up(self, conn: Connection, row: AlertRow, effects: Effects) -> int:
        """The desk that would have it next looks too; the owner keeps it: it is there, it only says nothing."""
        desk = next((one for one in row.watchers if self._registry.is_online(one)), "")
        if not desk:
            silent = await _silent(conn, row.alert_id) | {row.record.served_by}
            decision = next_desk(self._registry, row, silent)
            if decision is None or not self._registry.is_online(decision.served_by):
                return 0
            desk = decision.served_by
            watching = replace(row, watchers=(*row.watchers, desk))
            await conn.execute(
                "UPDATE alert SET watchers = %s WHERE alert_id = %s", (list(watching.watchers), row.alert_id)
            )
            effects.letters.append(watching.letter(to=desk, role="runner_up"))
            await ledger.store(conn, self._sealer, effects)
        await self._note(conn, row, desk, role="runner_up")
        return 1

    async def _note(self, conn: Connection, row: AlertRow, desk: str, *, role: str) -> None:
        await conn.execute("UPDATE alert SET runner_up_told_at = now() WHERE alert_id = %s", (row.alert_id,))
        number = row.record.assignment_no
        await steps.write(
            conn,
            row.alert_id,
            Step.RUNNER_UP_TOLD,
            f"{number}/{role}",
            installation=desk,
            role=role,
            silent=row.record.served_by,
            assignment_no=number,
        )
        log.warning("runner_up_told", alert_id=str(row.alert_id), silent=row.record.served_by, to=desk, role=role)


async def give_next(
    conn: Connection, sealer: Sealer, registry: Registry, row: AlertRow, *, only_online: bool = False
) -> Effects | None:
    """The next desk owns the alert (`row` is locked), the silent one gets a notice, who watches is told; None when
    there is nobody better."""
    owner, before = row.record.served_by, row.record.assignment_no
    silent = await _silent(conn, row.alert_id)
    if not only_online and owner and owner not in silent:
        return None  # it has answered a later letter, and this one is only late
    decision = next_desk(registry, row, silent | {owner})
    if decision is None or (only_online and not registry.is_online(decision.served_by)):
        return None
    now, effects = utc_now(), Effects(row.alert_id)
    row = await ledger.reassign(conn, row, decision, reason=Reason.FAILOVER, now=now)
    effects.letters += [one for one in row.told() if one.installation != owner]
    if owner:
        effects.letters.append(row.letter(to=owner))
    if row.active_at is not None:
        await ledger.announce(conn, row, effects, now)
    await ledger.store(conn, sealer, effects)
    await steps.write(
        conn,
        row.alert_id,
        Step.PASSED_ON,
        str(row.record.assignment_no),
        silent=owner,
        installation=row.record.served_by,
        center=row.record.center.code,
        assignment_no=row.record.assignment_no,
    )
    log.warning("passed_on", alert_id=str(row.alert_id), silent=owner, to=row.record.served_by, before=before)
    return effects


def next_desk(registry: Registry, row: AlertRow, silent: set[str]) -> Decision | None:
    """The nearest center of another desk; else another installation that offered to serve the same center."""
    decision = registry.decide(row.message, previous=row.record.center.code, silent=silent)
    if decision.served_by and decision.served_by not in silent:
        return decision
    stand_in = registry.stand_in(row.record.center.code, silent=silent)
    if not stand_in:
        return None
    return replace(registry.decide(row.message, previous=row.record.center.code), served_by=stand_in)


async def _silent(conn: Connection, alert_id: UUID) -> set[str]:
    """Desks that have a letter of this alert and gave no receipt since."""
    return {name for (name,) in await (await conn.execute(SILENT, (alert_id,))).fetchall()}
