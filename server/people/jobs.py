"""Telling a guardian, as a durable job: again until the service takes it, the alert ends, or it is too late to help."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from procrastinate import JobContext

from location_router.runtime.db import Unit
from location_router.runtime.jobs import Again, Backoff
from server.jobs import jobs, services_of
from server.people import devices, guardian_push, texts, told
from server.people.follow import is_stopped
from server.people.store import FOR_HER, GUARDIAN_ENDED
from server.push import Push, PushLater, PushMessage, PushRefused, PushResult, TokenGone, create_push

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("people.jobs")

DEADLINE_S = 12.0
GIVE_UP_AFTER = timedelta(minutes=10)

_QUERY = f"""
SELECT f.follow_id, f.alert_id, f.guardian_id, f.link_sealed, f.push_state, f.created_at, a.ended_at,
       g.push_token_sealed, {GUARDIAN_ENDED} AS guardian_ended_at, p.sharing_stopped_until,
       {FOR_HER} AS is_for_her
FROM follow f JOIN followed_alert a USING (alert_id) JOIN guardian g USING (guardian_id)
JOIN person p ON p.person_id = a.person_id WHERE f.follow_id = :id
"""


def push_of(services: Services) -> Push:
    """This process's push service, by the setting PUSH."""
    push: Push | None = services.shared.get("push")
    if push is None:
        settings = services.settings
        push = services.shared["push"] = create_push(
            settings.push, credentials_file=settings.firebase_credentials, fcm_url=settings.fcm_url
        )
    return push


@jobs.task(name="push_guardian", retry=Backoff(limit_s=20.0), pass_context=True)
async def push_guardian(context: JobContext, follow_id: str) -> None:
    await push_follow(services_of(context), UUID(follow_id))


@jobs.task(name="tell_router_of_device", retry=Backoff(limit_s=60.0), pass_context=True)
async def tell_router_of_device(context: JobContext, device_id: str) -> None:
    await devices.tell_router(services_of(context), UUID(device_id))


@jobs.task(name="supplement_alert", retry=Backoff(limit_s=5.0), pass_context=True)
async def supplement_alert(context: JobContext, alert_id: str, device_id: str) -> None:
    await devices.supplement(services_of(context), UUID(alert_id), UUID(device_id))


@jobs.task(name="send_text", retry=Backoff(limit_s=20.0), pass_context=True)
async def send_text(context: JobContext, message_id: str) -> None:
    await texts.send_text(services_of(context), UUID(message_id))


@jobs.task(name="push_browser", retry=Backoff(limit_s=20.0), pass_context=True)
async def push_browser(context: JobContext, note_id: str) -> None:
    await guardian_push.send_note(services_of(context), UUID(note_id))


@jobs.task(name="text_guardian", retry=Backoff(limit_s=5.0), pass_context=True)
async def text_guardian(context: JobContext, follow_id: str) -> None:
    await told.text_guardian(services_of(context), UUID(follow_id))


async def push_follow(services: Services, follow_id: UUID) -> None:
    """One attempt; raises Again when there should be another. Sent once is sent: a repeated job does nothing."""
    async with services.db.begin() as unit:
        row = await unit.one(_QUERY, {"id": follow_id, "now": services.clock()})
    if row is None or row["push_state"] != "waiting" or row["ended_at"] or row["guardian_ended_at"]:
        return
    if is_stopped(row, services.clock()):
        return
    if row["push_token_sealed"] is None:
        return await _note(services, follow_id, "no_token")
    if services.clock() - row["created_at"] > GIVE_UP_AFTER:
        log.error("push_given_up", follow_id=str(follow_id))
        return await _note(services, follow_id, "failed")
    try:
        async with asyncio.timeout(DEADLINE_S):
            result = await push_of(services).send(_message(services, row))
    except TokenGone as error:
        return await _forget_token(services, row, str(error))
    except PushRefused as error:
        log.error("push_refused", follow_id=str(follow_id), error=str(error)[:200])
        return await _note(services, follow_id, "failed")
    except PushLater as error:
        raise Again(str(error), after_s=error.after_s) from error
    except TimeoutError as error:
        raise Again("the push service is silent") from error
    return await _note(services, follow_id, "sent", result)


def _message(services: Services, row: dict[str, Any]) -> PushMessage:
    token = services.sealer.open(row["push_token_sealed"], context=f"guardian.push_token:{row['guardian_id']}")
    data = {
        "kind": "sos",
        "alert_id": str(row["alert_id"]),
        "follow_id": str(row["follow_id"]),
        "link": follow_url(services, row),
    }
    if row["is_for_her"]:
        data["by"] = "guardian"  # an app that does not know it says what it says of any SOS
    return PushMessage(token, data, collapse_key=str(row["alert_id"]))


def follow_url(services: Services, row: dict[str, Any]) -> str:
    """The address of the follow page; `row` has follow_id and link_sealed."""
    link = services.sealer.open(row["link_sealed"], context=f"follow.link:{row['follow_id']}")
    return f"{services.settings.origin}/follow/{link}"


async def _note(services: Services, follow_id: UUID, state: str, result: PushResult | None = None) -> None:
    async with services.db.begin() as unit:
        if await _set_state(unit, follow_id, state, result) and state == "sent":
            await told.guardian(unit, services, follow_id, "told", how="app")


async def _set_state(unit: Unit, follow_id: UUID, state: str, result: PushResult | None = None) -> bool:
    done = await unit.scalar(
        "UPDATE follow SET push_state = :state, push_message_id = :message,"
        " pushed_at = CASE WHEN :state = 'sent' THEN now() END WHERE follow_id = :id AND push_state = 'waiting'"
        " RETURNING true",
        {"state": state, "message": result.message_id if result else None, "id": follow_id},
    )
    return bool(done)


async def _forget_token(services: Services, row: dict[str, Any], why: str) -> None:
    """Only the very token that was refused: the guardian may have brought a new one meanwhile, then it is used."""
    async with services.db.begin() as unit:
        gone = await unit.scalar(
            "UPDATE guardian SET push_token_sealed = NULL WHERE guardian_id = :id AND push_token_sealed = :token"
            " RETURNING guardian_id",
            {"id": row["guardian_id"], "token": row["push_token_sealed"]},
        )
        if gone is not None:
            await _set_state(unit, row["follow_id"], "no_token")
    log.warning("push_token_gone", guardian_id=str(row["guardian_id"]), why=why)
    if gone is None:
        raise Again("the guardian has a new token")
