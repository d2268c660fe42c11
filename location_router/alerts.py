"""`POST /v1/alerts`: understood, assigned, committed, then answered.

A new alert is one row of a statement that enters all alerts which came meanwhile, with their assignments, deliveries
and first statuses (`acceptance`). Everything later in an alert's life takes the row's lock, so that parallel copies of
one message have one effect.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import structlog

from location_router import intake, ledger, links
from location_router.acceptance import Acceptance, Entry
from location_router.delivery import Courier
from location_router.emergency_numbers import local_emergency
from location_router.ladder import starts_at, watchers_of
from location_router.ledger import AlertRow, Effects, Mail
from location_router.linking import claims_of, whose_owner
from location_router.origin import PHONE, Origin, tells_more
from location_router.phases import Standing, advance, first
from location_router.registry import Registry
from location_router.runtime.db import Unavailable
from location_router.runtime.ending import within
from location_router.runtime.pool import Connection, Pool
from location_router.runtime.problems import Problem
from location_router.runtime.seal import Sealer
from location_router.runtime.tokens import BadToken, Device, ExpiredToken, live_token, verify_device_token
from location_router.strangers import OF_THE_PLACE, is_stranger, lessened
from location_router.transfer import better_placed
from location_router.turns import Turns
from location_router.wire import (
    MAX_BODY_BYTES,
    Accepted,
    AlertMessage,
    AssignmentRecord,
    Flag,
    Phase,
    utc_now,
)

log = structlog.get_logger("alerts")
ANSWER_S = 4.0  # a phone waits for five
PATIENCE_S = 1.0
LOOKS = 3  # at who else makes an alert's claims

CHANGE = """
UPDATE alert SET phase = %s, outcome = %s, flags = %s, message_sealed = %s, active_at = %s, ended_at = %s,
  home_installation = %s, device_id = %s, closed_at = CASE WHEN %s THEN NULL ELSE closed_at END,
  ladder_from = coalesce(%s, ladder_from), ladder_at = coalesce(%s, ladder_at),
  runner_up_told_at = CASE WHEN %s THEN NULL ELSE runner_up_told_at END WHERE alert_id = %s"""


@dataclass(frozen=True, slots=True)
class _Call:
    """One message with what we know about its sender."""

    message: AlertMessage
    flags: set[Flag]
    original: dict[str, Any]
    device: Device | None
    now: datetime
    origin: Origin = PHONE


class Alerts:
    """Accepts alerts; `live_key` makes the token that opens an alert's line."""

    def __init__(self, pool: Pool, sealer: Sealer, registry: Registry, courier: Courier, live_key: bytes) -> None:
        self._pool, self._sealer, self._registry, self._courier = pool, sealer, registry, courier
        self._live_key = live_key
        self._turns = Turns()
        self._acceptance = Acceptance(pool)

    async def accept(self, body: bytes, *, token: str | None, origin: Origin = PHONE) -> Accepted:
        """The answer of a 202; everything it says is on disk. Raises Problem for what is no alert, and Unavailable
        (nothing is promised, send again) while PostGIS is away or hangs; an alert that waits there goes in when it
        moves again."""
        try:
            return await within(ANSWER_S, self._accept(body, token, origin))
        except TimeoutError as late:
            raise Unavailable("the database does not answer in time") from late

    async def _accept(self, body: bytes, token: str | None, origin: Origin) -> Accepted:
        now = utc_now()
        understood = intake.read(body, now=now)
        if isinstance(understood, intake.Refusal):
            await self.quarantine(understood, body)
            raise Problem(
                understood.status,
                understood.code,
                understood.ko,
                understood.en,
                field=understood.field,
                value=understood.value,
            )
        return await self._call(self._identify(understood, token, origin, now))

    async def take(self, understood: intake.Understood, *, origin: Origin) -> Accepted:
        """The same for what has been read already (a linked agency's request). Raises Unavailable."""
        try:
            return await within(ANSWER_S, self._call(self._identify(understood, None, origin, utc_now())))
        except TimeoutError as late:
            raise Unavailable("the database does not answer in time") from late

    async def _call(self, call: _Call) -> Accepted:
        if call.device is not None and await self._is_revoked(call.device):
            call.flags.add(Flag.UNVERIFIED)  # whoever holds a phone that was taken back is heard like any stranger
        claims = self._claims(call)
        async with AsyncExitStack() as stack:
            claims = await self._turn(stack, call.message.alert_id, claims)
            accepted = await self._enter(call, claims) or await self._again(call, claims)
        if accepted is None:
            raise Unavailable(f"alert {call.message.alert_id} is neither new nor readable")
        return accepted

    async def _turn(self, stack: AsyncExitStack, alert_id: UUID, claims: links.Digests) -> links.Digests:
        """Hold the turns of the alert and its person until `stack` ends; what it may claim. Anybody can type a number
        and flood it: who has waited `PATIENCE_S` for others of her name goes in as somebody of her own."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await stack.enter_async_context(self._turns.of([alert_id, *claims.strong]))
            return claims
        except TimeoutError:
            log.warning("turn_not_awaited", alert_id=str(alert_id))
            await stack.enter_async_context(self._turns.of([alert_id]))
            return links.NOTHING

    def _claims(self, call: _Call) -> links.Digests:
        """Who the alert says that it is of. A token that has expired proves no more than a number does. An agency's
        request is of an agency: whomever it asks about, it joins no alert of hers."""
        if call.message.request is not None:
            return links.NOTHING
        device = None if Flag.EXPIRED in call.flags else call.device
        vouched = "" if call.flags & {Flag.UNVERIFIED, Flag.EXPIRED} else call.message.sender
        return links.digests_of(
            self._sealer,
            claims_of(
                issuer=device.issuer if device else "",
                device_id=device.device_id if device else "",
                person_id=device.person_id if device else "",
                sender=vouched,
                phone=call.message.caller.phone,
            ),
        )

    async def _enter(self, call: _Call, claims: links.Digests) -> Accepted | None:
        """A new alert, with one statement unless she has another one running; None when the alert is known already.
        Should others of hers keep coming between our looks, it goes in without them rather than not at all."""
        found = links.Found()
        for attempt in range(LOOKS + 1):
            row = await self._first(call, found)
            accepted, is_linked = await self._insert(row, call, claims if attempt < LOOKS else links.NOTHING, found)
            if not is_linked:
                return accepted
            async with self._pool.connection() as conn:
                found = await links.partners_of(conn, claims, row.alert_id, row.received_at)
        return None

    async def quarantine(self, refusal: intake.Refusal, body: bytes) -> None:
        """Keep what could not be read where an operator can see it, sealed, at most its first 64 KB."""
        number = uuid4()
        kept = body[:MAX_BODY_BYTES].decode("utf-8", "replace").encode("utf-8", "replace").decode()
        sealed = self._sealer.seal(kept, context=f"quarantine.body:{number}")
        log.warning("alert_refused", code=refusal.code, field=refusal.field, size_bytes=len(body))
        try:
            await self._pool.run(
                "INSERT INTO quarantine (quarantine_id, code, field, size_bytes, body_sealed) VALUES (%s,%s,%s,%s,%s)",
                (number, refusal.code, refusal.field, len(body), sealed),
            )
        except Unavailable:
            log.error("quarantine_lost", code=refusal.code, size_bytes=len(body))

    def _identify(self, understood: intake.Understood, token: str | None, origin: Origin, now: datetime) -> _Call:
        message = understood.message.model_copy(update={"channel": origin.channel, "sender": origin.sender})
        flags, device = set(understood.flags) | origin.flags, origin.device
        try:
            device = device or verify_device_token(token or "", self._registry.public_keys)
        except ExpiredToken as expired:
            flags.add(Flag.EXPIRED)
            device = expired.device
        except BadToken:
            if not origin.is_vouched:
                flags.add(Flag.UNVERIFIED)
        if device is not None:
            caller = message.caller.model_copy(update={"person_id": device.person_id or message.caller.person_id})
            message = message.model_copy(update={"home": device.home or message.home, "caller": caller})
        return _Call(message, flags, understood.original, device, now, origin)

    async def _first(self, call: _Call, found: links.Found) -> AlertRow:
        """The alert as it would stand if this is its first message, beside the person's others that are `found`."""
        message = call.message
        previous = await self._last_center(call) if message.position is None and call.device else ""
        decision = self._registry.decide(message, previous=previous)
        has_place = message.position is not None
        partners = links.reachable(self._registry, decision, found.partners)
        if partner := whose_owner(partners, jurisdictions=links.may_be_in(decision), has_place=has_place):
            decision = links.same_owner(self._registry, decision, partner, has_place=has_place)
        flags = call.flags | {Flag(one) for one in decision.flags}
        standing = first(message.phase, message.outcome)
        is_pre = standing.phase is Phase.PRE
        received_at = call.now.replace(microsecond=call.now.microsecond // 1000 * 1000 or 1000)
        record = decision.record(1, received_at)
        return AlertRow(
            message.alert_id,
            standing,
            message,
            tuple(sorted(flags)),
            record,
            received_at,
            active_at=received_at if standing.delivered_phase is Phase.ACTIVE else None,
            pre_deadline_at=received_at + timedelta(seconds=message.countdown_s) if is_pre else None,
            home_installation=call.device.issuer if call.device else "",
            device_id=call.device.device_id if call.device else "",
            watchers=watchers_of(self._registry, record) if standing.is_live else (),
            links=found.links(received_at),
        )

    async def _is_revoked(self, device: Device) -> bool:
        """Whether the device's home has taken it back (`PUT /v1/devices/{device_id}`)."""
        try:
            device_id = UUID(device.device_id)
        except ValueError:
            return False
        return bool(
            await self._pool.run(
                "SELECT 1 FROM device WHERE device_id = %s AND home_installation = %s AND state = 'revoked'",
                (device_id, device.issuer),
            )
        )

    async def _last_center(self, call: _Call) -> str:
        assert call.device is not None
        rows = await self._pool.run(
            "SELECT center_code FROM alert WHERE device_id = %s AND received_at > now() - interval '6 hours' "
            "AND NOT ('no_position' = ANY (flags)) ORDER BY received_at DESC LIMIT 1",
            (call.device.device_id,),
        )
        return str(rows[0][0]) if rows else ""

    async def _insert(
        self, row: AlertRow, call: _Call, claims: links.Digests, found: links.Found
    ) -> tuple[Accepted | None, bool]:
        """One statement. (None, False): the alert is known; (None, True): another alert makes one of its claims."""
        (letter, *others), status = row.told(), row.assigned(row.received_at)
        watching = others[0] if others else None
        ladder_from = starts_at(row)
        mail = ledger.mail_home(row.home_installation, status)
        original = self._sealer.seal(call.original, context=f"alert.original:{row.alert_id}") if call.original else None
        entry = Entry(
            row.alert_id,
            {
                "claims": _hex(claims.written),
                "weak": _hex(claims.weak),
                "asked": _hex(claims.asked),
                "partners": found.alert_ids,
                "alert_id": row.alert_id,
                "phase": row.standing.phase,
                "outcome": row.standing.outcome,
                "center": row.record.center.code,
                "served_by": row.record.served_by,
                "flags": row.flags,
                "device_id": row.device_id,
                "home": row.home_installation,
                "received_at": row.received_at,
                "active_at": row.active_at,
                "pre_deadline_at": row.pre_deadline_at,
                "ended_at": row.received_at if row.standing.phase is Phase.ENDED else None,
                "reason": row.record.reason,
                "version": row.record.boundary_version,
                "record": orjson.Fragment(row.record.model_dump_json()),
                "delivery_id": letter.delivery_id,
                "status_id": status.status_id,
                "status": orjson.Fragment(mail.body),
                "runner_up": watching.installation if watching else "",
                "watch_id": watching.delivery_id if watching else None,
                "ladder_from": ladder_from,
                "ladder_at": self._courier.first_look(ladder_from),
                "send_at_ms": self._courier.grace_ms,
            },
            ledger.seal_message(self._sealer, row.message),
            ledger.seal_letter(self._sealer, letter),
            mail.body,
            original,
            ledger.seal_letter(self._sealer, watching) if watching else None,
            (*claims.written, *claims.asked),
        )
        done, news = await self._run_accept(row, found, entry)
        if not done:
            return None, done is False
        sent = [mail] if row.active_at is not None and row.home_installation else []
        self._courier.send_soon(Effects(row.alert_id, [letter, *others], sent + news))
        self._courier.show_home(row)
        return self._answer(row), False

    async def _run_accept(self, row: AlertRow, found: links.Found, entry: Entry) -> tuple[bool | None, list[Mail]]:
        """True: it is in, with its links and the news of them for other desks; False: somebody else makes a claim of
        it; None: it is known."""
        if not found.partners:
            return await self._acceptance.enter(entry), []
        async with self._pool.transaction() as conn:
            done = await self._acceptance.enter_in(conn, entry)
            if not done:
                return done, []
            pairs = [(row.alert_id, one.alert_id, one.kind) for one in found.partners]
            fresh = await links.write_links(conn, pairs, at=row.received_at)
            return True, await links.tell_desks(conn, fresh, at=row.received_at, besides=row.record.served_by)

    async def _again(self, call: _Call, claims: links.Digests) -> Accepted | None:
        """Another message of a known alert: a repetition answers the same, a later phase moves it on."""
        effects = Effects(call.message.alert_id)
        async with self._pool.transaction() as conn:
            row = await ledger.lock(conn, self._sealer, call.message.alert_id)
            if row is None:
                return await self._purged(conn, call)
            is_foreign = _is_stranger(row, call)
            if row.message.request is not None and (is_foreign or call.message.request is None):
                log.warning("stranger_at_request", alert_id=str(row.alert_id), phase=call.message.phase)
                return self._answer(row, is_hers=False)  # an agency's words are its own, and come by the requests' door
            if is_foreign:
                log.warning("stranger_at_alert", alert_id=str(row.alert_id), phase=call.message.phase)
                call = _lessened(row, call)
            standing = advance(row.standing, call.message.phase, call.message.outcome)
            news = ledger.news_of(row.message, call.message) if row.standing.is_live and row.closed_at is None else ""
            richer = row.standing.is_live and tells_more(row.message, call.message)
            if standing is None and (news or richer or ledger.turns_real(row, call.message)):
                standing = row.standing
            if standing is not None:
                if call.device is not None and not row.device_id:
                    await links.claim_late(conn, claims, row.alert_id, call.now)
                row = await self._move_on(conn, row, standing, call, effects, news)
        if effects.letters:
            self._courier.send_soon(effects)
            self._courier.show_home(row)
        return self._answer(row, is_hers=not is_foreign)

    async def _move_on(
        self, conn: Connection, row: AlertRow, standing: Standing, call: _Call, effects: Effects, news: str
    ) -> AlertRow:
        message = ledger.merge(row.message, call.message)
        flags = set(row.flags) | call.flags
        if message.position is not None:
            flags.discard(Flag.NO_POSITION)
        if call.device is not None and Flag.UNVERIFIED not in call.flags:
            flags.discard(Flag.UNVERIFIED)
        if tells_more(row.message, call.message):
            flags.discard(Flag.TRUNCATED)
        is_new = row.active_at is None and standing.delivered_phase is Phase.ACTIVE
        is_worse = (standing != row.standing and standing.outcome == "duress") or ledger.turns_real(row, call.message)
        clock_from = call.now if is_new or is_worse else None
        moved = replace(
            row,
            standing=standing,
            message=message,
            flags=tuple(sorted(flags)),
            active_at=call.now if is_new else row.active_at,
            home_installation=call.device.issuer if call.device else row.home_installation,
            device_id=call.device.device_id if call.device else row.device_id,
        )
        await conn.execute(
            CHANGE,
            (
                standing.phase,
                standing.outcome,
                list(moved.flags),
                ledger.seal_message(self._sealer, message),
                moved.active_at,
                call.now if standing.phase is Phase.ENDED else None,
                moved.home_installation,
                moved.device_id,
                standing.outcome == "duress",  # the center has perhaps closed it after a forced cancel
                clock_from,
                self._courier.first_look(clock_from),
                is_worse,
                row.alert_id,
            ),
        )
        moved = await better_placed(conn, self._registry, moved, call.now)
        is_known_now = moved.active_at is not None and tells_more(row.message, call.message)  # home can tell the family
        if is_new or is_known_now or moved.record.assignment_no != row.record.assignment_no:
            await ledger.announce(conn, moved, effects, call.now)
        effects.letters += moved.told(edition=news if standing == row.standing else "")
        await ledger.store(conn, self._sealer, effects)
        return moved

    async def _purged(self, conn: Connection, call: _Call) -> Accepted | None:
        """A copy that comes after the alert's personal part is gone: the same answer, no effect."""
        rows = await (
            await conn.execute(
                "SELECT a.phase, a.outcome, a.flags, a.received_at, s.record, a.home_installation, a.device_id "
                "FROM alert a JOIN assignment s USING (alert_id, assignment_no) WHERE a.alert_id = %s",
                (call.message.alert_id,),
            )
        ).fetchone()
        if rows is None:
            return None
        phase, outcome, flags, received_at, record, home, device_id = rows
        row = AlertRow(
            call.message.alert_id,
            Standing(Phase(phase), outcome),
            call.message,
            tuple(Flag(one) for one in flags),
            AssignmentRecord.model_validate(record),
            received_at,
            home_installation=home,
            device_id=device_id,
        )
        return self._answer(row, is_hers=not _is_stranger(row, call))

    def _answer(self, row: AlertRow, *, is_hers: bool = True) -> Accepted:
        """Cancel and duress give the same bytes but for nothing: both say `ended`. A stranger gets no token."""
        return Accepted(
            alert_id=row.alert_id,
            phase=row.standing.phase,
            assignment_no=row.record.assignment_no,
            reason=row.record.reason,
            center=row.record.center,
            flags=list(row.flags),
            boundary_version=row.record.boundary_version,
            received_at=row.received_at,
            live_token=self.live_token(row.alert_id) if is_hers else "",
            local_emergency=local_emergency(row.message.network_country) if Flag.ABROAD in row.flags else None,
        )

    def live_token(self, alert_id: UUID) -> str:
        return live_token(self._live_key, alert_id)


def _is_stranger(row: AlertRow, call: _Call) -> bool:
    return is_stranger(
        home=row.home_installation,
        device_id=row.device_id,
        sender=row.message.sender,
        flags=frozenset(row.flags),
        by=call.device,
        origin=call.origin,
    )


def _lessened(row: AlertRow, call: _Call) -> _Call:
    message = lessened(row.message, call.message)
    flags = call.flags & OF_THE_PLACE if message.position else set()
    return replace(call, message=message, flags=flags, device=None)


def _hex(digests: list[bytes]) -> list[str]:
    """Byte strings as PostgreSQL reads them from JSON."""
    return [f"\\x{one.hex()}" for one in digests]
