"""Text messages as durable jobs: the row and the job in the caller's transaction; the row goes when it is sent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import structlog

from location_router.runtime.db import Unit
from location_router.runtime.jobs import Again, defer_in
from server.people.store import text_message
from server.sms import Sms, SmsLater, SmsMessage, SmsRefused, create_sms

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("people.texts")
TOLD_FOR = timedelta(days=1)


def sms_of(services: Services) -> Sms:
    """This process's gateway, by the setting SMS."""
    sms: Sms | None = services.shared.get("sms")
    if sms is None:
        settings = services.settings
        sms = services.shared["sms"] = create_sms(settings.sms, url=settings.sms_url, key=settings.sms_key)
    return sms


def number_digest(services: Services, number: str) -> bytes:
    """By which a number is found again."""
    return services.sealer.digest(number, context="person.phone")


async def queue_text(
    unit: Unit,
    services: Services,
    *,
    center: str,
    number: str,
    words: str,
    life: timedelta = TOLD_FOR,
    notice_id: UUID | None = None,
) -> None:
    """Send these words to the number once the unit has committed; not after `life`, when nobody needs them. What comes
    of it is written to the notice that it belongs to."""
    message_id, now = uuid4(), services.clock()
    await unit.execute(
        text_message.insert().values(
            message_id=message_id,
            center_id=center,
            phone_digest=number_digest(services, number),
            to_sealed=services.sealer.seal(number, context=f"text_message.to:{message_id}", center=center),
            text_sealed=services.sealer.seal(words, context=f"text_message.text:{message_id}", center=center),
            created_at=now,
            expires_at=now + life,
            notice_id=notice_id,
        )
    )
    if notice_id is not None:
        await unit.execute("UPDATE notice SET text_state = 'queued' WHERE notice_id = :id", {"id": notice_id})
    await defer_in(unit, "send_text", message_id=str(message_id))


async def send_text(services: Services, message_id: UUID) -> None:
    """One attempt; raises Again when there should be another. Nothing of it is kept once it is sent or too late."""
    async with services.db.begin() as unit:
        row = await unit.one("SELECT * FROM text_message WHERE message_id = :id", {"id": message_id})
    if row is None:
        return
    if row["expires_at"] <= services.clock():
        log.error("text_given_up", message_id=str(message_id))
        return await _forget(services, row, "late")
    number = services.sealer.open(row["to_sealed"], context=f"text_message.to:{message_id}")
    words = services.sealer.open(row["text_sealed"], context=f"text_message.text:{message_id}")
    try:
        await sms_of(services).send(SmsMessage(str(message_id), number, words))
    except SmsRefused as error:
        log.error("text_refused", message_id=str(message_id), error=str(error))
        return await _forget(services, row, "refused")
    except SmsLater as error:
        raise Again(str(error), after_s=error.after_s) from error
    await _forget(services, row, "sent")


async def _forget(services: Services, row: dict[str, Any], came_of_it: str) -> None:
    """The notice's row is locked before the message's, as a cascade does it: whoever deletes the notice meanwhile
    waits for us, or we for her, and never both."""
    async with services.db.begin() as unit:
        if row["notice_id"] is not None:
            await unit.execute(
                "UPDATE notice SET text_state = :state, texted_at = CASE WHEN :state = 'sent' THEN CAST(:now AS"
                " timestamptz) END WHERE notice_id = :id",
                {"state": came_of_it, "now": services.clock(), "id": row["notice_id"]},
            )
        await unit.execute("DELETE FROM text_message WHERE message_id = :id", {"id": row["message_id"]})


async def drop_texts(unit: Unit, *, guardian_id: UUID | None = None, person_id: UUID | None = None) -> None:
    """No message that waits for the gateway goes out any more: of one guardian, or of all of a person's."""
    column, whose = ("guardian_id", guardian_id) if guardian_id else ("person_id", person_id)
    await unit.execute(
        f"WITH theirs AS (SELECT notice_id FROM notice WHERE {column} = :id ORDER BY notice_id FOR NO KEY UPDATE)"
        " DELETE FROM text_message WHERE notice_id IN (SELECT notice_id FROM theirs)",
        {"id": whose},
    )
