"""Telephone calls with the person: asked for, followed, and told in the timeline with their durations.

A call is a row before anybody's phone rings. Where people dial by hand the number is disclosed, so the release of her
identity is on disk before the number leaves. Nothing is recorded without a declared purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid4

import structlog

from location_router.runtime.db import Unit
from server.actor import SYSTEM, Actor
from server.events import record
from server.gate import Refused, Wish, ask
from server.incidents.cards import iso
from server.incidents.model import Incident
from server.talk import model, phrases
from server.talk.refusals import refusal
from server.talk.service import Phone, send, speak_to
from server.talk.voice import AriVoice, Call, CallbackVoice, CallEvent, ConsoleVoice, VoiceFailed, VoiceGateway

if TYPE_CHECKING:
    from server.services import Services
    from server.staff.model import Viewer

log = structlog.get_logger("calls")
REASON = "본인 통화 (call to the person)"
Outcome = Literal["answered", "no_answer", "busy"]

_PUT = """
INSERT INTO voice_call (call_id, center_id, incident_id, alert_id, account_id, way, state, release_id, is_recorded,
  asked_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_FIND = """
SELECT call_id, center_id, incident_id, account_id, way, state, asked_at, ringing_at, answered_at FROM voice_call
WHERE call_id = %s FOR UPDATE"""
_MOVE = """
UPDATE voice_call SET state = %(state)s, ringing_at = CASE WHEN %(state)s = 'ringing' THEN %(at)s ELSE ringing_at END,
  answered_at = CASE WHEN %(state)s = 'answered' THEN %(at)s ELSE answered_at END,
  ended_at = CASE WHEN %(state)s IN ('ended', 'failed') THEN %(at)s END, end_reason = %(reason)s
WHERE call_id = %(call_id)s"""


def voice_of(services: Services) -> VoiceGateway:
    """This process's gateway, as VOICE says."""
    held: VoiceGateway | None = services.shared.get("voice")
    if held is None:
        held = services.shared["voice"] = _make(services)
    return held


def _make(services: Services) -> VoiceGateway:
    settings = services.settings

    async def on_event(event: CallEvent) -> None:
        await became(services, event)

    if settings.voice == "console":
        return ConsoleVoice(on_event)
    if settings.voice == "ari":
        return AriVoice(
            on_event,
            url=settings.ari_url,
            user=settings.ari_user,
            password=settings.ari_password,
            endpoint=settings.ari_endpoint,
            operator_endpoint=settings.ari_operator_endpoint,
        )
    return CallbackVoice()


async def close_voice(services: Services) -> None:
    held: VoiceGateway | None = services.shared.pop("voice", None)
    if held is not None:
        await held.close()


async def call(
    services: Services, viewer: Viewer, incident_id: UUID, *, confirm_loud: bool = False, wants_record: bool = False
) -> dict[str, Any]:
    """Call her: `{"call_id","way","state","dial"}`; `dial` is her number where people dial by hand. Raises Problem."""
    gateway = voice_of(services)
    purpose = _recording_purpose(services, gateway, wants_record)
    refused: Refused | None = None
    async with services.db.begin(center=viewer.scope) as unit:
        state, phone = await speak_to(unit, services, viewer, incident_id, needs_line=False)
        _check_loud(state, phone, confirm_loud)
        release_id = None
        if gateway.shows_number:
            wish = Wish("identity", incident_id, reason=REASON, detail={"fields": ["phone"]})
            granted = await ask(unit, viewer, wish, now=services.clock())
            if isinstance(granted, Refused):
                refused = granted
            else:
                release_id = granted[0]
        if refused is None:
            placed = await _write(unit, services, viewer, state, phone, gateway, release_id, purpose, confirm_loud)
    if refused is not None:
        raise refused
    try:
        await gateway.place_call(Call(placed, phone.number, viewer.login, phone.callback, bool(purpose)))
    except VoiceFailed as failed:
        log.warning("call_not_placed", call_id=str(placed), error=str(failed))
        await became(services, CallEvent(placed, "failed", "error"))
        raise refusal("voice_failed") from None
    shown = "shown" if gateway.shows_number else "dialling"
    dial = phone.number if gateway.shows_number else None
    return {"call_id": str(placed), "way": gateway.way, "state": shown, "dial": dial}


def _recording_purpose(services: Services, gateway: VoiceGateway, wants_record: bool) -> str:
    if not wants_record:
        return ""
    purpose = services.settings.voice_recording_purpose.strip()
    if not purpose:
        raise refusal("recording_not_allowed")
    if not gateway.may_record:
        raise refusal("recording_not_possible")
    return purpose


def _check_loud(state: Incident, phone: Phone, confirm_loud: bool) -> None:
    if state.is_drill:
        raise refusal("drill")
    if not phone.number:
        raise refusal("no_number")
    reason = model.must_confirm(profile=phone.profile, is_duress=state.is_duress)
    if reason and not confirm_loud:
        raise refusal(reason)


async def _write(
    unit: Unit,
    services: Services,
    viewer: Viewer,
    state: Incident,
    phone: Phone,
    gateway: VoiceGateway,
    release_id: UUID | None,
    purpose: str,
    confirm_loud: bool,
) -> UUID:
    call_id, now = uuid4(), services.clock()
    first = "shown" if gateway.shows_number else "dialling"
    values = [call_id, state.center_id, state.incident_id, phone.alert_id, viewer.account_id, gateway.way, first]
    await unit.driver.execute(_PUT, [*values, release_id, bool(purpose), now])
    payload: dict[str, Any] = {"call_id": str(call_id), "way": gateway.way, "by_hand": gateway.shows_number}
    if confirm_loud:
        payload["confirmed_loud"] = True
    if purpose:
        payload["recording_purpose"] = purpose
    _tell(unit, services, state.center_id, state.incident_id, "call:dialled", viewer.actor, payload)
    return call_id


async def became(services: Services, event: CallEvent, *, actor: Actor = SYSTEM) -> bool:
    """What a call has become, with its line in the timeline; False for news that comes late or twice."""
    async with services.db.begin() as unit:
        row = await (await unit.driver.execute(_FIND, [event.call_id])).fetchone()
        if row is None or not model.follows(row[5], event.state):
            return False
        now, reason = services.clock(), event.reason
        await unit.driver.execute(
            _MOVE, {"state": event.state, "at": now, "reason": reason or None, "call_id": event.call_id}
        )
        payload: dict[str, Any] = {"call_id": str(event.call_id), "way": row[4]}
        if event.state == "answered":
            payload |= model.durations(row[6], row[7], None, now)
        if event.state in ("ended", "failed"):
            payload |= model.durations(row[6], row[7], row[8], now) | {"reason": reason}
        _tell(unit, services, row[1], row[2], f"call:{event.state}", actor, payload)
    return True


async def end_call(services: Services, viewer: Viewer, call_id: UUID, *, outcome: Outcome) -> dict[str, Any]:
    """Hang up; of a call dialled by hand, tell what became of it. Raises Problem."""
    async with services.db.begin(center=viewer.scope) as unit:
        row = await (await unit.driver.execute(_FIND, [call_id])).fetchone()
        if row is None:
            raise refusal("no_call")
        if row[3] != viewer.account_id and not viewer.may("incidents.supervise"):
            raise refusal("already_taken")
        if row[5] in ("ended", "failed"):
            raise refusal("call_over")
    if row[4] == "callback":
        state: Literal["ended", "failed"] = "ended" if outcome == "answered" else "failed"
        await became(services, CallEvent(call_id, state, "normal" if state == "ended" else outcome), actor=viewer.actor)
    else:
        try:
            await voice_of(services).end(call_id)
        except VoiceFailed:
            raise refusal("voice_failed") from None
    return {"call_id": str(call_id), "ended_at": iso(services.clock())}


async def ask_call(services: Services, viewer: Viewer, incident_id: UUID) -> dict[str, Any]:
    """Ask her to call the center: its number on her phone, silently. Raises Problem."""
    async with services.db.begin(center=viewer.scope) as unit:
        state, phone = await speak_to(unit, services, viewer, incident_id)
        if not phone.callback:
            raise refusal("no_callback")
        line = await send(
            unit,
            services,
            viewer,
            state,
            phone,
            kind="call",
            code="call_us",
            text=phone.callback,
            language=phrases.spoken(phone.language),
            tag="talk:call_requested",
        )
    return {"line": line}


def _tell(
    unit: Unit, services: Services, center_id: str, incident_id: UUID, tag: str, actor: Actor, payload: dict[str, Any]
) -> None:
    record(
        unit,
        center_id=center_id,
        incident_id=incident_id,
        tag=tag,
        actor=actor,
        payload=payload,
        at=services.clock(),
    )
