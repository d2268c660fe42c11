"""A notice on its way to one guardian, as durable jobs: push, text message, telephone call.

Each job looks at the row first, so that a job that is repeated, late or overtaken does nothing. Between a service's
yes and our commit a killed worker sends once more: the push replaces itself (`collapse_key`), and gateways know the
message by its id.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from procrastinate import JobContext

from location_router.runtime.db import Unit
from location_router.runtime.jobs import Again, Backoff
from server.jobs import jobs, services_of
from server.people import care, guardian_push, guardian_terms, notice_model, second_hand, told
from server.people.follow import is_stopped
from server.people.jobs import push_of
from server.people.notice_model import Way
from server.people.notices import way_of
from server.people.store import FOR_HER, GUARDIAN_ENDED
from server.people.texts import queue_text
from server.push import PushLater, PushMessage, PushRefused, TokenGone
from server.voice_call import CallLater, CallRefused, SpokenMessage, VoiceCall, create_voice_call

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("people.notices")
DEADLINE_S = 12.0

_QUERY = f"""
SELECT n.*, g.push_token_sealed, g.phone_sealed, {GUARDIAN_ENDED} AS guardian_ended_at, p.sharing_stopped_until,
       a.ended_at AS alert_ended_at, {FOR_HER} AS is_for_her, f.opened_at AS followed_at,
       n.event = 'walk_raised' AND EXISTS (SELECT 1 FROM follow s WHERE s.alert_id = n.alert_id
         AND s.guardian_id = n.guardian_id) AS is_superseded,
       EXISTS (SELECT 1 FROM walk w WHERE w.walk_id = n.subject_id AND (
         (n.event = 'walk_late' AND (w.ended_at IS NOT NULL OR w.rung NOT IN ('guardians', 'raised')))
         OR (n.event = 'walk_raised' AND w.ended_at IS NOT NULL AND w.raised_at IS NOT NULL AND w.sent_at IS NULL
             AND a.alert_id IS NULL)))
         OR (n.event = 'approach' AND NOT EXISTS (SELECT 1 FROM approach_warning v WHERE v.warning_id = n.subject_id
             AND v.ended_at IS NULL)) AS is_over
FROM notice n JOIN guardian g USING (guardian_id) JOIN person p ON p.person_id = n.person_id
LEFT JOIN follow f ON f.follow_id = n.follow_id AND n.event = 'sos_active'
LEFT JOIN followed_alert a ON a.alert_id = n.alert_id AND a.person_id = n.person_id WHERE n.notice_id = :id
"""
_WORDS = {
    "walk_begun": (
        "[안심] 나를 보호자로 지정한 분이 귀가를 시작했습니다. Ansim: she who named you a guardian has set out."
    ),
    "walk_arrived": "[안심] 나를 보호자로 지정한 분이 도착했습니다. Ansim: she has arrived.",
    "walk_late": (
        "[안심] 나를 보호자로 지정한 분이 예정과 다르고 확인에 답이 없습니다. 연락해 보시고, 위급하면 112에 신고하세요."
        " Ansim: she is late and does not answer; call her, or 112."
    ),
    "walk_raised": (
        "[안심] 나를 보호자로 지정한 분이 답이 없어 관제센터에 신고하고 있습니다."
        " Ansim: no answer from her; the control center is being alerted."
    ),
    "approach": (
        "[안심] 나를 보호자로 지정한 분 가까이에 전자감독 대상자가 있습니다. 함께 있어 주시고,"
        " 위급하면 112에 신고하세요. Ansim: a person under monitoring is near her who named you a"
        " guardian; call 112 if it is urgent."
    ),
    "approach_over": "[안심] 접근 경보가 끝났습니다. Ansim: the warning of an approach is over.",
    "sos_closed": "[안심] 나를 보호자로 지정한 분의 SOS 상황이 끝났습니다. Ansim: the SOS is over.",
}
_SPOKEN = {
    "approach": (
        "안심입니다. 회원님을 보호자로 지정한 분 가까이에 전자감독 대상자가 있습니다. 문자를 확인하시고, 위급하면"
        " 112에 신고하세요."
    ),
    "walk_late": (
        "안심입니다. 회원님을 보호자로 지정한 분이 귀가 예정과 다르고 확인에 답이 없습니다. 연락해 보시고,"
        " 위급하면 112에 신고하세요."
    ),
    "walk_raised": (
        "안심입니다. 회원님을 보호자로 지정한 분이 확인에 답이 없어 관제센터에 신고하고 있습니다. 문자를 확인하세요."
    ),
    "sos_active": (
        "안심입니다. 회원님을 보호자로 지정한 분이 SOS를 눌렀습니다. 본인에게 전화하지 말고 문자로 받은 주소에서"
        " 확인하세요."
    ),
    "sos_for_her": (
        "안심입니다. 다른 보호자가 회원님을 보호자로 지정한 분을 위해 경보를 울렸습니다. 본인에게 전화하지 말고 문자로"
        " 받은 주소에서 확인하세요."
    ),
}


@jobs.task(name="push_notice", retry=Backoff(limit_s=20.0), pass_context=True)
async def push_notice(context: JobContext, notice_id: str) -> None:
    await push(services_of(context), UUID(notice_id))


@jobs.task(name="push_notice_browser", retry=Backoff(limit_s=20.0), pass_context=True)
async def push_notice_browser(context: JobContext, notice_id: str, subscription_id: str) -> None:
    await push_browser(services_of(context), UUID(notice_id), UUID(subscription_id))


@jobs.task(name="text_notice", retry=Backoff(limit_s=5.0), pass_context=True)
async def text_notice(context: JobContext, notice_id: str) -> None:
    await text(services_of(context), UUID(notice_id))


@jobs.task(name="call_notice", retry=Backoff(limit_s=20.0), pass_context=True)
async def call_notice(context: JobContext, notice_id: str) -> None:
    await call(services_of(context), UUID(notice_id))


@jobs.task(name="end_guest", retry=Backoff(limit_s=20.0), pass_context=True)
async def end_guest(context: JobContext, guardian_id: str) -> None:
    await guardian_terms.end_guest(services_of(context), UUID(guardian_id))


@jobs.task(name="end_question", retry=Backoff(limit_s=20.0), pass_context=True)
async def end_question(context: JobContext, question_id: str) -> None:
    await care.end_question(services_of(context), UUID(question_id))


@jobs.task(name="hide_place", retry=Backoff(limit_s=20.0), pass_context=True)
async def hide_place(context: JobContext, question_id: str) -> None:
    await care.hide_place(services_of(context), UUID(question_id))


@jobs.task(name="send_second_hand", retry=Backoff(limit_s=5.0), pass_context=True)
async def send_second_hand(context: JobContext, alert_id: str) -> None:
    await second_hand.send(services_of(context), UUID(alert_id))


async def push(services: Services, notice_id: UUID) -> None:
    """One attempt; raises Again when there should be another."""
    async with services.db.begin() as unit:
        row, way = await _wanted(unit, services, notice_id)
    if row is None or row["push_state"] != "waiting":
        return
    if row["push_token_sealed"] is None:
        return await _pushed(services, notice_id, "no_token")
    if row["text_state"] and not way.is_urgent:
        return await _pushed(services, notice_id, "skipped")  # she has it in words: not a second time
    if services.clock() - row["created_at"] > way.life:
        log.error("notice_push_given_up", notice_id=str(notice_id))
        return await _pushed(services, notice_id, "failed")
    try:
        async with asyncio.timeout(DEADLINE_S):
            await push_of(services).send(_message(services, row, way))
    except TokenGone as error:
        return await _forget_token(services, row, str(error))
    except PushRefused as error:
        log.error("notice_push_refused", notice_id=str(notice_id), error=str(error)[:200])
        return await _pushed(services, notice_id, "failed")
    except PushLater as error:
        raise Again(str(error), after_s=error.after_s) from error
    except TimeoutError as error:
        raise Again("the push service is silent") from error
    await _pushed(services, notice_id, "sent")


async def push_browser(services: Services, notice_id: UUID, subscription_id: UUID) -> None:
    """One attempt at one browser of hers; raises Again when there should be another. Without an app
    this is the push of the notice."""
    async with services.db.begin() as unit:
        row, way = await _wanted(unit, services, notice_id)
    if row is None or row["link_sealed"] is None or services.clock() - row["created_at"] > way.life:
        return
    link = services.sealer.open(row["link_sealed"], context=f"notice.link:{notice_id}")
    is_taken = await guardian_push.send_notice(services, row, subscription_id, link)
    if not is_taken or row["push_token_sealed"] is not None:  # with an app, the app's push is the one that counts
        return
    async with services.db.begin() as unit:
        await unit.execute(
            "UPDATE notice SET push_state = 'sent', pushed_at = :now WHERE notice_id = :id"
            " AND push_state IN ('waiting', 'no_token')",
            {"now": services.clock(), "id": notice_id},
        )


async def _wanted(unit: Unit, services: Services, notice_id: UUID, lock: str = "") -> tuple[dict[str, Any] | None, Way]:
    """The row, if she is still to be told; a walk's alarm that the SOS has overtaken is marked so."""
    now = services.clock()
    row = await unit.one(_QUERY + lock, {"id": notice_id, "now": now})
    way = way_of(services, row["event"] if row else "walk_begun")
    if row is None or row["held_back"] or row["is_over"] or row["guardian_ended_at"] or is_stopped(row, now):
        return None, way
    if row["event"] != "sos_closed" and row["alert_ended_at"] is not None:
        return None, way
    if row["is_superseded"]:
        await unit.execute("UPDATE notice SET held_back = 'superseded' WHERE notice_id = :id", {"id": notice_id})
        return None, way
    return row, way


def _message(services: Services, row: dict[str, Any], way: Way) -> PushMessage:
    """Ids and an address: no name, no place."""
    token = services.sealer.open(row["push_token_sealed"], context=f"guardian.push_token:{row['guardian_id']}")
    data = {"kind": row["event"], "notice_id": str(row["notice_id"])}
    if row["link_sealed"] is not None:
        link = services.sealer.open(row["link_sealed"], context=f"notice.link:{row['notice_id']}")
        about = "walk_id" if row["event"].startswith("walk_") else "warning_id"
        data |= {about: str(row["subject_id"]), "link": f"{services.settings.origin}/notice/{link}"}
    else:
        data |= {"alert_id": str(row["alert_id"]), "follow_id": str(row["follow_id"])}
    return PushMessage(token, data, collapse_key=str(row["subject_id"]), ttl_s=int(way.life.total_seconds()))


async def _pushed(services: Services, notice_id: UUID, state: str) -> None:
    async with services.db.begin() as unit:
        await unit.execute(
            "UPDATE notice SET push_state = :state, pushed_at = CASE WHEN :state = 'sent' THEN CAST(:now AS"
            " timestamptz) END WHERE notice_id = :id AND push_state = 'waiting'",
            {"state": state, "now": services.clock(), "id": notice_id},
        )


async def _forget_token(services: Services, row: dict[str, Any], why: str) -> None:
    """Only the very token that was refused; with a new one meanwhile, that is used."""
    async with services.db.begin() as unit:
        gone = await unit.scalar(
            "UPDATE guardian SET push_token_sealed = NULL WHERE guardian_id = :id AND push_token_sealed = :token"
            " RETURNING guardian_id",
            {"id": row["guardian_id"], "token": row["push_token_sealed"]},
        )
    log.warning("push_token_gone", guardian_id=str(row["guardian_id"]), why=why)
    if gone is None:
        raise Again("the guardian has a new token")
    await _pushed(services, row["notice_id"], "no_token")
    await text(services, row["notice_id"])  # no push will bring it: why wait


async def text(services: Services, notice_id: UUID) -> None:
    """The words by text message, unless a push has reached her; once."""
    async with services.db.begin() as unit:
        row, way = await _wanted(unit, services, notice_id, " FOR UPDATE OF n")
        if row is None or row["text_state"] or row["event"] not in _WORDS:
            return
        if notice_model.has_reached(row, is_urgent=way.is_urgent) or services.clock() - row["created_at"] > way.life:
            return
        number = services.sealer.open(row["phone_sealed"], context=f"guardian.phone:{row['guardian_id']}")
        words = _words(services, row)
        await queue_text(
            unit, services, center=row["center_id"], number=number, words=words, life=way.life, notice_id=notice_id
        )


def _words(services: Services, row: dict[str, Any]) -> str:
    if row["link_sealed"] is None:
        return _WORDS[row["event"]]
    link = services.sealer.open(row["link_sealed"], context=f"notice.link:{row['notice_id']}")
    return f"{_WORDS[row['event']]} {services.settings.origin}/notice/{link}"


def voice_call_of(services: Services) -> VoiceCall | None:
    """This process's gateway for calls, by the setting VOICE_CALL; None when it is off."""
    if "voice_call" not in services.shared:
        settings = services.settings
        made = create_voice_call(settings.voice_call, url=settings.voice_call_url, key=settings.voice_call_key)
        services.shared["voice_call"] = made
    gateway: VoiceCall | None = services.shared["voice_call"]
    return gateway


async def call(services: Services, notice_id: UUID) -> None:
    """Ring her telephone, unless she has acknowledged or looked; raises Again when the gateway did not take it."""
    gateway = voice_call_of(services)
    async with services.db.begin() as unit:
        row, way = await _wanted(unit, services, notice_id)
    if row is None or gateway is None or row["call_state"] or row["event"] not in _SPOKEN:
        return
    if not notice_model.needs_call(row) or row["followed_at"]:
        return
    if services.clock() - row["created_at"] > way.life:
        log.error("notice_call_given_up", notice_id=str(notice_id))
        return await _called(services, row, "late")
    number = services.sealer.open(row["phone_sealed"], context=f"guardian.phone:{row['guardian_id']}")
    said = _SPOKEN["sos_for_her" if row["event"] == "sos_active" and row["is_for_her"] else row["event"]]
    try:
        await gateway.place(SpokenMessage(str(notice_id), number, said))
    except CallRefused as error:
        log.error("notice_call_refused", notice_id=str(notice_id), error=str(error))
        return await _called(services, row, "refused")
    except CallLater as error:
        raise Again(str(error), after_s=error.after_s) from error
    await _called(services, row, "placed")


async def _called(services: Services, row: dict[str, Any], state: str) -> None:
    async with services.db.begin() as unit:
        done = await unit.scalar(
            "UPDATE notice SET call_state = :state, called_at = CASE WHEN :state = 'placed' THEN CAST(:now AS"
            " timestamptz) END WHERE notice_id = :id AND call_state = '' RETURNING true",
            {"state": state, "now": services.clock(), "id": row["notice_id"]},
        )
        if done and state == "placed" and row["follow_id"] is not None:
            await told.guardian(unit, services, row["follow_id"], "told", how="call")
