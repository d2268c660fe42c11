"""Lines of the talk in the database: what operators say goes to the phone by the outbox, what the person says arrives
by the bus; each is one row and one line of the timeline, once.

The order is that of `received_at`: the router's clock for the person's lines, since a phone's may be anything, ours for
the operators'. The two may be minutes apart, so no answer stands before what it answers (`ref`), and no operator's line
before what he could read. What was said stands only sealed: in the row, in the event's payload, in the outbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from location_router.wire import Said, TalkNote
from server.actor import SYSTEM, Actor
from server.events import record
from server.incidents import service as incidents
from server.incidents.cards import iso
from server.incidents.model import Happened, Incident, cry
from server.talk import model, phrases
from server.talk.refusals import refusal

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

WAITS_FOR_ALERT_S = 60.0

# The alert whose phone can be spoken to: one that its holder has not ended, and of those the newest.
_PHONE = """
SELECT a.alert_id, a.assignment_no, a.phase, a.caller_sealed, c.callback FROM alert a
LEFT JOIN center c ON c.code = a.center_id WHERE a.incident_id = %s AND a.superseded_at IS NULL
ORDER BY a.phase = 'ended', a.received_at DESC, a.alert_id LIMIT 1"""
_LATELY = "SELECT said_at FROM talk_line WHERE incident_id = %s AND account_id IS NOT NULL AND said_at > %s"
_NEWEST = "SELECT max(received_at) FROM talk_line WHERE incident_id = %s"
_ANSWERED = "SELECT received_at FROM talk_line WHERE said_id::text = %s AND center_id = %s"
_NEXT = timedelta(microseconds=1)
_PUT = """
INSERT INTO talk_line (said_id, center_id, alert_id, incident_id, by, kind, payload_sealed, account_id, said_at,
  received_at, heard_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING true"""
_HEARD = """
UPDATE talk_line SET heard_at = %s WHERE said_id = %s AND center_id = %s AND heard_at IS NULL RETURNING true"""
_WHERE = "SELECT incident_id, center_id, assignment_no, person_ref FROM alert WHERE alert_id = %s"
_LINES = """
SELECT * FROM (SELECT said_id, alert_id, by, kind, payload_sealed, account_id, said_at, received_at, heard_at
  FROM talk_line WHERE center_id = %s AND (incident_id = %s OR alert_id IN (
    SELECT alert_id FROM alert WHERE incident_id = %s))
  ORDER BY received_at DESC, said_id DESC LIMIT 500) t ORDER BY received_at, said_id"""
_CALLS = """
SELECT call_id, way, state, account_id, is_recorded, asked_at, ringing_at, answered_at, ended_at, end_reason
FROM voice_call WHERE incident_id = %s ORDER BY asked_at"""


class NotHereYet(Exception):
    """The line has overtaken its alert: the bus brings it again."""


@dataclass(frozen=True)
class Phone:
    """The phone that an operator speaks to, and what her alert says about her."""

    alert_id: UUID
    assignment_no: int
    is_on_the_line: bool
    language: str
    number: str
    profile: dict[str, Any]
    callback: str


async def phone_of(unit: Unit, services: Services, incident_id: UUID) -> Phone | None:
    """None for an incident that no phone has raised."""
    row = await (await unit.driver.execute(_PHONE, [incident_id])).fetchone()
    if row is None:
        return None
    caller = services.sealer.open(row[3], context=f"alert.caller:{row[0]}") or {}
    return Phone(
        row[0],
        row[1],
        row[2] != "ended",
        str(caller.get("language") or "ko"),
        model.dialable(str(caller.get("phone") or "")),
        dict(caller.get("profile") or {}),
        row[4] or "",
    )


async def may_speak(
    unit: Unit, services: Services, viewer: Viewer, state: Incident, phone: Phone | None, *, counts: bool = True
) -> tuple[str, float]:
    """("", 0) or why this viewer can't speak to the phone now, and for how many seconds."""
    now = services.clock()
    rows = await (await unit.driver.execute(_LATELY, [state.incident_id, now - model.MINUTE])).fetchall()
    said_at = [row[0] for row in rows] if counts else []
    facts = model.Facts(
        state.state,
        state.phase,
        state.role,
        state.owner_id == viewer.account_id,
        viewer.may("incidents.supervise"),
        state.owner_id is not None,
        # A forced PIN ends the talk on her phone; which of her alerts it ended, this center is not told.
        phone is not None and phone.is_on_the_line and not state.is_duress,
        len(said_at),
    )
    return model.may_say(facts), model.wait_s(said_at, now)


async def speak_to(
    unit: Unit, services: Services, viewer: Viewer, incident_id: UUID, *, needs_line: bool = True
) -> tuple[Incident, Phone]:
    """The incident, locked, and its phone; raises the Problem that says why not. `needs_line` False: she need not have
    the alert open (a telephone call)."""
    state = await incidents.locked(unit, incident_id)
    phone = await phone_of(unit, services, incident_id)
    code, wait_s = await may_speak(unit, services, viewer, state, phone, counts=needs_line)
    if code == "phone_is_quiet" and phone is not None and not needs_line:
        code = ""
    if code == "already_taken" and state.owner_id is not None:
        raise await incidents.already_taken(unit, services, incident_id, state.owner_id)
    if code or phone is None:
        raise refusal(code or "phone_is_quiet", wait_s=wait_s)
    return state, phone


async def say(
    services: Services, viewer: Viewer, incident_id: UUID, *, kind: str, code: str, text: str, language: str, ref: str
) -> dict[str, Any]:
    """One line to her phone, on disk and on its way when this returns; answers `{"line": Line}`. Raises Problem."""
    _check(kind, code, text)
    async with services.db.begin(center=viewer.scope) as unit:
        state, phone = await speak_to(unit, services, viewer, incident_id)
        if kind != "text":
            language = phrases.spoken(phone.language)
            text = phrases.words(code, language)
        line = await send(
            unit, services, viewer, state, phone, kind=kind, code=code, text=text, language=language, ref=ref
        )
    return {"line": line}


async def send(
    unit: Unit,
    services: Services,
    viewer: Viewer,
    state: Incident,
    phone: Phone,
    *,
    kind: str,
    code: str,
    text: str,
    language: str,
    ref: str = "",
    tag: str = "talk:said",
) -> dict[str, Any]:
    """Write the line, its event and the message that takes it to the phone, in the caller's transaction."""
    now = services.clock()
    said = Said(
        said_id=uuid4(),
        alert_id=phone.alert_id,
        assignment_no=phone.assignment_no,
        by="operator",
        kind=kind,  # type: ignore[arg-type]
        code=code,
        text=text.strip(),
        language=language,
        at=now,
        ref=ref,
    )
    at = await _after(unit, now, _NEWEST, [state.incident_id])
    await _write(unit, services, said, state, at=at, heard_at=None, actor=viewer.actor, account=viewer, tag=tag)
    note = TalkNote(
        note_id=uuid4(),
        alert_id=said.alert_id,
        assignment_no=said.assignment_no,
        said=said,
        received_at=now,
        installation=services.settings.installation,
    )
    await services.outbox.send(unit, "status", note.note_id, note)
    return _line(_payload(said, viewer.name), said, received_at=at, heard_at=None, account_id=viewer.account_id)


async def receive_note(services: Services, note: TalkNote) -> None:
    """A line of the person (or what was said before this center had the alert), or the news that her phone has shown
    one. The same again does nothing. Raises NotHereYet."""
    async with services.db.begin() as unit:
        row = await (await unit.driver.execute(_WHERE, [note.alert_id])).fetchone()
        age_s = (services.clock() - note.received_at).total_seconds()
        if row is None or (row[2] < note.assignment_no and age_s < WAITS_FOR_ALERT_S):
            raise NotHereYet(str(note.alert_id))
        state = await incidents.locked(unit, row[0])
        said = note.said
        actor = Actor("person", row[3] or str(note.alert_id)) if said.by == "person" else SYSTEM
        at = await _after(unit, note.received_at, _ANSWERED, [said.ref, state.center_id])
        is_new = await _write(unit, services, said, state, at=at, heard_at=note.heard_at, actor=actor, account=None)
        if not is_new and note.heard_at is not None:
            await _heard(unit, services, state, note)
        if is_new and said.by == "person" and said.code == model.DANGER:
            await _ring(unit, services, state)


async def _after(unit: Unit, at: datetime, query: str, parameters: list[Any]) -> datetime:
    """`at`, or a moment after the line that `query` finds."""
    row = await (await unit.driver.execute(query, parameters)).fetchone()
    return max(at, row[0] + _NEXT) if row and row[0] is not None else at


async def _heard(unit: Unit, services: Services, state: Incident, note: TalkNote) -> None:
    said_id, center = note.said.said_id, state.center_id
    if await (await unit.driver.execute(_HEARD, [note.heard_at, said_id, center])).fetchone():
        record(
            unit,
            center_id=center,
            incident_id=state.incident_id,
            tag="talk:heard",
            actor=Actor("person", str(note.alert_id)),
            payload={"said_id": str(said_id), "alert_id": str(note.alert_id)},
            at=services.clock(),
        )


async def _ring(unit: Unit, services: Services, state: Incident) -> None:
    """She is in danger now: it rings at every seat until somebody says that he heard, like a second press."""
    if state.is_open and state.role == "owner" and state.phase != "pre":
        changes = cry(state, services.clock(), services.settings.escalate_leader_s)
        await incidents.write(unit, services, state, [Happened("", {}, changes)], SYSTEM)


async def _write(
    unit: Unit,
    services: Services,
    said: Said,
    state: Incident,
    *,
    at: datetime,
    heard_at: datetime | None,
    actor: Actor,
    account: Viewer | None,
    tag: str = "talk:said",
) -> bool:
    """Row and event of a line; False when this center has it."""
    payload = _payload(said, account.name if account else "")
    sealed = services.sealer.seal(payload, context=f"talk_line:{said.said_id}", center=state.center_id)
    values = [said.said_id, state.center_id, said.alert_id, state.incident_id, said.by, said.kind, sealed]
    values += [account.account_id if account else None, said.at, at, heard_at]
    if await (await unit.driver.execute(_PUT, values)).fetchone() is None:
        return False
    told = {name: value for name, value in payload.items() if name != "name"}
    record(
        unit,
        center_id=state.center_id,
        incident_id=state.incident_id,
        tag=tag,
        actor=actor,
        payload={"said_id": str(said.said_id), "alert_id": str(said.alert_id), "by": said.by, "kind": said.kind} | told,
        at=services.clock(),
    )
    return True


def _payload(said: Said, name: str) -> dict[str, str]:
    """What is personal of a line. `ko` and `en`: what the operator reads of a code, in whatever language she chose."""
    read = {one: phrases.words(said.code, one) or said.text for one in ("ko", "en")}
    plain = {"code": said.code, "text": said.text, "language": said.language, "ref": said.ref}
    return plain | read | {"name": name}


async def talk(services: Services, viewer: Viewer, incident_id: UUID) -> dict[str, Any]:
    """The whole talk of an open incident: lines, calls, what may be asked next. Raises Problem."""
    async with services.db.begin(center=viewer.scope) as unit:
        state = await incidents.find(unit, incident_id)
        if state is None:
            raise Problem(404, "no_incident", "사건을 찾을 수 없습니다.", "There is no such incident for you.")
        if not state.is_open:
            raise refusal("incident_closed")
        phone = await phone_of(unit, services, incident_id)
        code, wait_s = await may_speak(unit, services, viewer, state, phone)
        rows = await (await unit.driver.execute(_LINES, [state.center_id, incident_id, incident_id])).fetchall()
        calls = await (await unit.driver.execute(_CALLS, [incident_id])).fetchall()
    lines = [_row_line(services, *row) for row in rows]
    progress = model.next_question([(one["by"], one["code"]) for one in lines if one["code"]])
    return {
        "lines": lines,
        "calls": [_call(*row) for row in calls],
        "language": phone.language if phone else "ko",
        "silent": {
            "next": progress.next,
            "asked": progress.asked,
            "findings": list(progress.findings),
            "is_urgent": progress.is_urgent,
        },
        "may_say": not code,
        "why_not": code,
        "wait_s": round(wait_s, 1),
        "must_confirm_call": model.must_confirm(profile=phone.profile if phone else {}, is_duress=state.is_duress),
        "call_way": services.settings.voice,
    }


def _row_line(
    services: Services,
    said_id: UUID,
    alert_id: UUID,
    by: str,
    kind: str,
    sealed: bytes | None,
    account_id: UUID | None,
    said_at: datetime,
    received_at: datetime,
    heard_at: datetime | None,
) -> dict[str, Any]:
    payload = services.sealer.open(sealed, context=f"talk_line:{said_id}") or {}
    said = Said(said_id=said_id, alert_id=alert_id, by=by, kind=kind, at=said_at)  # type: ignore[arg-type]
    return _line(payload, said, received_at=received_at, heard_at=heard_at, account_id=account_id)


def _line(
    payload: dict[str, Any], said: Said, *, received_at: datetime, heard_at: datetime | None, account_id: UUID | None
) -> dict[str, Any]:
    """The contract's Line. Of a purged one only who said something when."""
    texts = {name: payload.get(name, "") for name in ("code", "text", "language", "ref", "ko", "en", "name")}
    return {
        "said_id": str(said.said_id),
        "alert_id": str(said.alert_id),
        "by": said.by,
        "kind": said.kind,
        **texts,
        "answers": phrases.answers_to(texts["code"]),
        "account_id": str(account_id) if account_id else None,
        "at": iso(said.at),
        "received_at": iso(received_at),
        "heard_at": iso(heard_at),
    }


def _call(
    call_id: UUID, way: str, state: str, account_id: UUID, is_recorded: bool, *times_and_reason: Any
) -> dict[str, Any]:
    asked_at, ringing_at, answered_at, ended_at, reason = times_and_reason
    return {
        "call_id": str(call_id),
        "way": way,
        "state": state,
        "account_id": str(account_id),
        "is_recorded": is_recorded,
        "asked_at": iso(asked_at),
        "ringing_at": iso(ringing_at),
        "answered_at": iso(answered_at),
        "ended_at": iso(ended_at),
        "end_reason": reason or "",
    }


def _check(kind: str, code: str, text: str) -> None:
    """Raises 422 naming the field, what it holds and what it may hold."""
    if kind == "text":
        if code:
            raise bad("code", code, "비워 두세요.", "Leave it empty for typed text.")
        if not text.strip() or len(text) > model.MOST_CHARACTERS:
            cure_ko, cure_en = (
                f"1~{model.MOST_CHARACTERS}자로 써 주세요.",
                f"Write 1 to {model.MOST_CHARACTERS} characters.",
            )
            raise bad("text", f"{len(text)} characters", cure_ko, cure_en)
        return
    known = {"quick": phrases.codes_for("quick"), "tap": list(model.TREE)}
    known["phrase"] = [*phrases.codes_for("phrase"), *phrases.codes_for("question")]
    if code not in known[kind]:
        raise bad(
            "code", code, "목록에 있는 코드를 골라 주세요.", "Choose a code of the list.", allowed=sorted(known[kind])
        )
    if text:
        raise bad("text", f"{len(text)} characters", "코드에는 글을 붙일 수 없습니다.", "A code stands without text.")


def bad(field: str, value: str, ko: str, en: str, **more: Any) -> Problem:
    return Problem(422, "invalid", f"{field}: {ko}", f"{field}: {en}", field=field, value=value[:80], **more)
