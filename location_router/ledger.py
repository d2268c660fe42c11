"""The rows of one alert: reading them under a lock, and writing an assignment with all that it causes.

Callers own the transaction and hand the returned `Effects` to the courier after commit. Everything that must happen is
a row by then (delivery, outbox); sending at once only saves time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

from location_router import captures
from location_router.origin import THIN_CHANNELS, tells_more
from location_router.phases import Standing
from location_router.registry import Decision
from location_router.runtime.pool import Connection
from location_router.runtime.seal import Sealer
from location_router.wire import (
    DRILL,
    AlertMessage,
    AssignmentRecord,
    Delivery,
    Flag,
    Link,
    Phase,
    Position,
    Reason,
    State,
    Status,
)

Role = Literal["owner", "runner_up", "leaving", "former"]
# With what every letter of it says about the person's other alerts; who is at the same place is told by notes.
RECORD = """
SELECT s.record, coalesce((SELECT jsonb_agg(jsonb_build_object(
    'alert_id', o.alert_id, 'kind', l.kind, 'center_code', o.center_code, 'at', l.at) ORDER BY l.at, o.alert_id)
  FROM (SELECT kind, at, CASE WHEN alert_id = %(alert_id)s THEN other_id ELSE alert_id END AS other FROM alert_link
        WHERE (alert_id = %(alert_id)s OR other_id = %(alert_id)s) AND kind <> 'same_place'
        ORDER BY kind = 'same_person' DESC, at LIMIT 50) l
  JOIN alert o ON o.alert_id = l.other), '[]')
FROM assignment s WHERE s.alert_id = %(alert_id)s AND s.assignment_no = %(assignment_no)s"""
NEW_DELIVERY = """
INSERT INTO delivery (delivery_id, alert_id, assignment_no, installation, is_notice, role, body_sealed, next_attempt_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, now() + interval '150 ms') ON CONFLICT DO NOTHING"""
NEW_ASSIGNMENT = """
INSERT INTO assignment (alert_id, assignment_no, center_code, served_by, reason, boundary_version, record, decided_at)
VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb, %s)"""
NEW_STATUS = """
INSERT INTO status (status_id, alert_id, assignment_no, state, is_adopted, body)
VALUES (%s, %s, %s, %s, true, %s::jsonb) ON CONFLICT DO NOTHING"""
NEW_MAIL = """
INSERT INTO outbox (subject, message_id, body, next_attempt_at)
VALUES (%s, %s, %s, now() + interval '150 ms') ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Letter:
    """One delivery: `body` is the JSON of a wire.Delivery for `installation`; a notice goes to one that does not own
    the alert."""

    delivery_id: UUID
    alert_id: UUID
    assignment_no: int
    installation: str
    body: bytes
    is_notice: bool = False
    role: Role = "owner"


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to a home installation."""

    subject: str
    message_id: str
    body: bytes


@dataclass(slots=True)
class Effects:
    """What a committed transaction causes."""

    alert_id: UUID
    letters: list[Letter] = field(default_factory=list)
    mail: list[Mail] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as it stands. `message` carries the newest position we know."""

    alert_id: UUID
    standing: Standing
    message: AlertMessage
    flags: tuple[Flag, ...]
    record: AssignmentRecord
    received_at: datetime
    active_at: datetime | None = None
    pre_deadline_at: datetime | None = None
    home_installation: str = ""
    device_id: str = ""
    closed_at: datetime | None = None
    watchers: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    leaving: tuple[str, ...] = ()

    def letter(self, *, to: str = "", role: Role = "former", edition: str = "") -> Letter:
        """The delivery of this standing to its owner, or `to` another desk in its `role`. An `edition` names what is
        new where neither the phase nor the assignment is."""
        installation = to or self.record.served_by
        if not to or (role == "runner_up" and to == self.record.served_by):
            role = "owner"
        phase, outcome = self.standing.delivered_phase, self.standing.outcome
        number = self.record.assignment_no
        drill = "/drill" if self.message.service == DRILL else ""
        apart = (f"/{role}" if role in ("leaving", "former") else "") + (f"/{edition}" if edition else "")
        delivery_id = uuid5(self.alert_id, f"{number}/{phase}/{outcome}/{installation}{drill}{self._thin}{apart}")
        delivery = Delivery(
            delivery_id=delivery_id,
            alert=self.message.model_copy(update={"phase": phase, "outcome": outcome}),
            assignment=self.record,
            flags=list(self.flags),
            received_at=self.received_at,
            active_at=self.active_at,
            pre_deadline_at=self.pre_deadline_at if phase is Phase.PRE else None,
            role=role,
            links=list(self.links),
        )
        return Letter(
            delivery_id,
            self.alert_id,
            number,
            installation,
            delivery.model_dump_json().encode(),
            role != "owner",
            role,
        )

    def role_of(self, watcher: str) -> Role:
        return "leaving" if watcher in self.leaving else "runner_up"

    def told(self, *, edition: str = "") -> list[Letter]:
        """What is new, to the owner and to those who watch."""
        others = [self.letter(to=one, role=self.role_of(one), edition=edition) for one in self.watchers]
        return [self.letter(edition=edition), *(one for one in others if one.is_notice)]

    @property
    def _thin(self) -> str:
        """Tells what was said on a thin channel from what was said when the full copy had come."""
        return f"/{self.message.channel}" if self.message.channel in THIN_CHANNELS else ""

    def assigned(self, at: datetime) -> Status:
        """The router's own word to phone and family: who has it now."""
        return Status(
            status_id=uuid5(self.alert_id, f"assigned/{self.record.assignment_no}{self._thin}"),
            alert_id=self.alert_id,
            assignment_no=self.record.assignment_no,
            state=State.ASSIGNED,
            phase=Phase.ACTIVE,
            is_drill=self.message.service == DRILL,
            center=self.record.center,
            at=at,
            home=self.message.home,
            person_id=self.message.caller.person_id,
        )


def seal_message(sealer: Sealer, message: AlertMessage) -> bytes:
    return sealer.seal(message.model_dump_json(), context=f"alert.message:{message.alert_id}")


def seal_letter(sealer: Sealer, letter: Letter) -> bytes:
    return sealer.seal(letter.body.decode(), context=f"delivery.body:{letter.delivery_id}")


def open_letter(sealer: Sealer, delivery_id: UUID, sealed: bytes) -> bytes:
    return str(sealer.open(sealed, context=f"delivery.body:{delivery_id}")).encode()


def mail_home(installation: str, status: Status) -> Mail:
    return Mail(f"home.{installation}", str(status.status_id), status.model_dump_json().encode())


async def lock(conn: Connection, sealer: Sealer, alert_id: UUID) -> AlertRow | None:
    """The alert, locked until the transaction ends; None when unknown or when its personal part is purged."""
    cursor = await conn.execute(
        "SELECT phase, outcome, message_sealed, position_sealed, flags, assignment_no, received_at, active_at, "
        "pre_deadline_at, home_installation, device_id, closed_at, watchers, leaving FROM alert "
        "WHERE alert_id = %s FOR UPDATE",
        (alert_id,),
    )
    row = await cursor.fetchone()
    if row is None or row[2] is None:
        return None
    message = AlertMessage.model_validate_json(sealer.open(row[2], context=f"alert.message:{alert_id}"))
    if row[3] is not None:
        last = Position.model_validate_json(sealer.open(row[3], context=f"alert.position:{alert_id}"))
        if message.position is None or last.fixed_at >= message.position.fixed_at:
            message = message.model_copy(update={"position": last})
    # A statement of its own: one that waited for the lock would still look for the assignment it saw before.
    record = await (await conn.execute(RECORD, {"alert_id": alert_id, "assignment_no": row[5]})).fetchone()
    assert record is not None
    return AlertRow(
        alert_id,
        Standing(Phase(row[0]), row[1]),
        message,
        tuple(Flag(one) for one in row[4]),
        AssignmentRecord.model_validate(record[0]),
        *row[6:12],
        watchers=tuple(row[12]),
        links=tuple(Link.model_validate(one) for one in record[1]),
        leaving=tuple(row[13]),
    )


async def store(conn: Connection, sealer: Sealer, effects: Effects) -> Effects:
    """Write down what has to be sent."""
    for letter in effects.letters:
        await conn.execute(
            NEW_DELIVERY,
            (
                letter.delivery_id,
                letter.alert_id,
                letter.assignment_no,
                letter.installation,
                letter.is_notice,
                letter.role,
                seal_letter(sealer, letter),
            ),
        )
    for mail in effects.mail:
        await conn.execute(NEW_MAIL, (mail.subject, mail.message_id, mail.body))
    return effects


async def announce(conn: Connection, row: AlertRow, effects: Effects, at: datetime) -> None:
    """Tell phone and home who has the alert now: state `assigned`, at activation and at each new owner."""
    status = row.assigned(at)
    await conn.execute(
        NEW_STATUS, (status.status_id, row.alert_id, status.assignment_no, status.state, status.model_dump_json())
    )
    if row.home_installation:
        effects.mail.append(mail_home(row.home_installation, status))


async def reassign(conn: Connection, row: AlertRow, decision: Decision, *, reason: Reason, now: datetime) -> AlertRow:
    """The next `assignment_no` for `row` (locked): the new owner stands in the returned row; nothing is sent yet.
    The ladder's clock goes on after a failover, and starts anew where the alert changed hands for another reason."""
    number = row.record.assignment_no + 1
    record = decision.record(number, now, reason=reason)
    watchers, leaving = _watching(row, record.served_by, is_warm=reason is Reason.HANDOVER)
    await conn.execute(NEW_ASSIGNMENT, assignment_values(row.alert_id, record))
    await conn.execute(
        "UPDATE alert SET assignment_no = %s, center_code = %s, served_by = %s, owner_receipt_at = NULL, "
        "owner_silent_at = NULL, ladder_at = CASE WHEN %s THEN ladder_at ELSE now() END, "
        "ladder_from = CASE WHEN %s THEN ladder_from ELSE now() END, "
        "runner_up_told_at = CASE WHEN %s THEN runner_up_told_at END, watchers = %s, leaving = %s, "
        "crossing_sealed = NULL WHERE alert_id = %s",
        (
            number,
            record.center.code,
            record.served_by,
            *[reason is Reason.FAILOVER] * 3,
            list(watchers),
            list(leaving),
            row.alert_id,
        ),
    )
    # The new owner is owed what was said so far.
    await conn.execute(
        "UPDATE talk_line SET next_attempt_at = greatest(now(), due_at) WHERE alert_id = %s", (row.alert_id,)
    )
    await conn.execute(captures.REASSIGN, (row.alert_id,))
    # What the old owner has not answered yet is overtaken by the notice that it gets instead.
    await conn.execute(
        "UPDATE delivery SET next_attempt_at = NULL WHERE alert_id = %s AND receipt_at IS NULL", (row.alert_id,)
    )
    return replace(row, record=record, watchers=watchers, leaving=leaving)


def _watching(row: AlertRow, owner: str, *, is_warm: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(watchers, of them leaving) beside a new owner. Who loses the alert by a handover goes on watching, also the same
    desk, for the center that it had the alert at; the new owner watches no more."""
    leaving = dict.fromkeys(row.leaving)
    if is_warm and row.record.served_by:
        leaving |= {row.record.served_by: None}
    others = [one for one in row.watchers if one != owner]
    return tuple(dict.fromkeys([*others, *leaving])), tuple(leaving)


def assignment_values(alert_id: UUID, record: AssignmentRecord) -> tuple[Any, ...]:
    return (
        alert_id,
        record.assignment_no,
        record.center.code,
        record.served_by,
        record.reason,
        record.boundary_version,
        record.model_dump_json(),
        record.decided_at,
    )


def news_of(old: AlertMessage, new: AlertMessage) -> str:
    """What a repetition in the same phase tells that we did not know (a later position, battery, caller), as a short
    name that is the same for the same news; empty for none."""
    news: list[Any] = []
    place, known = new.position, old.position
    if place is not None and (known is None or place.fixed_at > known.fixed_at):
        news.append((place.lat, place.lon, place.accuracy_m, place.fixed_at))
    if new.battery_percent is not None and new.battery_percent != old.battery_percent:
        news.append(new.battery_percent)
    for name in ("person_id", "nickname", "phone"):
        if name == "phone" and new.channel in THIN_CHANNELS and old.caller.phone:
            continue
        if getattr(new.caller, name) not in ("", getattr(old.caller, name)):
            news.append((name, getattr(new.caller, name)))
    news += sorted(new.caller.profile.items() - old.caller.profile.items())
    return hashlib.sha256(repr(news).encode()).hexdigest()[:16] if news else ""


def turns_real(row: AlertRow, message: AlertMessage) -> bool:
    """A live drill, and now the phone says that it is an emergency, though the phase is no news."""
    said_real = message.service != DRILL and message.phase is not Phase.ENDED
    return row.standing.is_live and row.message.service == DRILL and said_real


def merge(old: AlertMessage, new: AlertMessage) -> AlertMessage:
    """What we know after another message of the same alert: a later one may say less, and takes nothing away.
    A drill that turns real is real."""
    told = {name: getattr(new.caller, name) or getattr(old.caller, name) for name in ("person_id", "nickname", "phone")}
    if new.channel in THIN_CHANNELS:  # the number it came from is in no signature: a recording can come from any
        told["phone"] = old.caller.phone or new.caller.phone
    told["language"] = old.caller.language if tells_more(new, old) else new.caller.language
    caller = new.caller.model_copy(update={**told, "profile": {**old.caller.profile, **new.caller.profile}})
    position = new.position or old.position
    if new.position and old.position and old.position.fixed_at > new.position.fixed_at:
        position = old.position
    battery = old.battery_percent if new.battery_percent is None else new.battery_percent
    asked = old.request
    if asked is not None and new.request is not None and new.request.cancel_reason:
        asked = asked.model_copy(update={"cancel_reason": new.request.cancel_reason})
    return old.model_copy(
        update={
            "phase": new.phase,
            "outcome": new.outcome,
            "caller": caller,
            "position": position,
            "battery_percent": battery,
            "home": new.home or old.home,
            "request": asked,
            "channel": new.channel if tells_more(old, new) else old.channel,
            "sender": new.sender if tells_more(old, new) else old.sender,
            "service": DRILL if old.service == DRILL and new.service == DRILL else "urn:service:sos",
        }
    )
