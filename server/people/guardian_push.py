"""Push to a guardian's browsers: the installation's key, her subscriptions, and one durable job per browser and event.

A subscription belongs to the guardian, not to one alert, so that the next one reaches her too. The row of a push
(`web_push_note`) is written with the news in one transaction, once per browser, alert and event; a job sends it once.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import structlog
from sqlalchemy.dialects.postgresql import insert

from location_router.runtime.db import Unit
from location_router.runtime.jobs import Again, defer_in
from location_router.runtime.problems import Problem
from server.people import told
from server.people.store import FOR_HER, GUARDIAN_ENDED, IS_GUARDIAN, web_push, web_push_note
from server.push import PushLater, PushRefused, TokenGone
from server.reachable import STRANGERS, NotReachable, networks_of, where
from server.web_push import (
    BadSubscription,
    ConsoleWebPush,
    Subscription,
    VapidWebPush,
    WebPush,
    WebPushMessage,
    browser_key,
    checked,
    new_keys,
)

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("people.web_push")

Event = Literal["raised", "acknowledged", "dispatched", "ended"]
Language = Literal["ko", "en"]
MOST_BROWSERS = 5
DEADLINE_S = 12.0
GIVE_UP_AFTER = timedelta(minutes=10)
_KEY_CONTEXT = "signing_key.private:web_push"
_NOTE = f"""
SELECT n.*, w.subscription_sealed, w.language, w.guardian_id, f.alert_id, f.link_sealed, a.ended_at,
       {GUARDIAN_ENDED} AS guardian_ended_at, p.sharing_stopped_until, {FOR_HER} AS is_for_her
FROM web_push_note n JOIN web_push w USING (subscription_id) JOIN follow f USING (follow_id)
JOIN followed_alert a USING (alert_id) JOIN guardian g ON g.guardian_id = w.guardian_id
JOIN person p ON p.person_id = a.person_id WHERE n.note_id = :id
"""
_WHOM = f"""
SELECT w.subscription_id, w.center_id, f.follow_id FROM follow f JOIN web_push w USING (guardian_id)
JOIN guardian g USING (guardian_id) WHERE f.alert_id = :alert AND {IS_GUARDIAN}
ORDER BY w.created_at, w.subscription_id
"""


def is_offered(services: Services) -> bool:
    """Whether pages offer it at all."""
    return services.settings.web_push != "off"


async def _keys(unit: Unit, services: Services) -> tuple[str, str]:
    """(private PEM, public PEM); made once, also when two processes start at the same moment."""
    query = "SELECT private_sealed, public_pem FROM signing_key WHERE purpose = 'web_push'"
    row = await unit.one(query)
    if row is None:
        private, public = new_keys()
        await unit.execute(
            "INSERT INTO signing_key (purpose, private_sealed, public_pem) VALUES ('web_push', :private, :public)"
            " ON CONFLICT DO NOTHING",
            {"private": services.sealer.seal(private, context=_KEY_CONTEXT), "public": public},
        )
        row = await unit.one(query)
        assert row is not None
    return services.sealer.open(row["private_sealed"], context=_KEY_CONTEXT), row["public_pem"]


async def public_key(services: Services) -> str:
    """What a browser needs to subscribe; Problem 404 `no_web_push` where it is off."""
    if not is_offered(services):
        raise Problem(404, "no_web_push", "이 센터는 브라우저 알림을 쓰지 않습니다.", "Push to browsers is off here.")
    async with services.db.begin() as unit:
        return browser_key((await _keys(unit, services))[1])


async def subscribe(
    services: Services, unit: Unit, guardian: dict[str, Any], *, given: Subscription, language: Language
) -> UUID:
    """Keep a browser of this guardian (`guardian_id`, `center_id`); the same one again is the same row. Of more than
    MOST_BROWSERS the oldest goes."""
    subscription_id, whose = uuid4(), guardian["guardian_id"]
    digest = services.sealer.digest(given.endpoint, context="web_push.endpoint")
    await unit.execute("SELECT 1 FROM guardian WHERE guardian_id = :id FOR UPDATE", {"id": whose})
    known: UUID | None = await unit.scalar(
        "SELECT subscription_id FROM web_push WHERE guardian_id = :id AND endpoint_digest = :digest",
        {"id": whose, "digest": digest},
    )
    subscription_id = known or subscription_id
    sealed = services.sealer.seal(
        asdict(given), context=f"web_push.subscription:{subscription_id}", center=guardian["center_id"]
    )
    values = {"subscription_sealed": sealed, "language": language}
    await unit.execute(
        insert(web_push)
        .values(
            subscription_id=subscription_id,
            center_id=guardian["center_id"],
            guardian_id=whose,
            endpoint_digest=digest,
            created_at=services.clock(),
            **values,
        )
        .on_conflict_do_update(index_elements=["subscription_id"], set_=values)
    )
    await unit.execute(
        "DELETE FROM web_push WHERE guardian_id = :id AND subscription_id NOT IN (SELECT subscription_id FROM web_push"
        " WHERE guardian_id = :id ORDER BY created_at DESC, subscription_id LIMIT :most)",
        {"id": whose, "most": MOST_BROWSERS},
    )
    return subscription_id


async def readable(services: Services, *, endpoint: str, p256dh: str, auth: str) -> Subscription:
    """What a browser sent, looked at: Problem 422 `bad_subscription` with `field`, 404 `no_web_push`."""
    if not is_offered(services):
        raise Problem(404, "no_web_push", "이 센터는 브라우저 알림을 쓰지 않습니다.", "Push to browsers is off here.")
    try:
        given = checked(endpoint, p256dh, auth)
        async with asyncio.timeout(DEADLINE_S / 3):
            networks = networks_of(services.settings.web_push_networks)
            await where(httpx.URL(given.endpoint), networks, threads=STRANGERS)
    except (BadSubscription, NotReachable, httpx.InvalidURL, UnicodeError) as error:
        raise Problem(
            422,
            "bad_subscription",
            "이 브라우저의 알림 주소를 쓸 수 없습니다. 알림을 껐다가 다시 켜 주세요.",
            "This browser's push address can't be used; turn notifications off and on again.",
            field=error.field if isinstance(error, BadSubscription) else "endpoint",
        ) from None
    except (OSError, TimeoutError):
        log.warning("push_host_unknown")  # it may be known later; the job looks again
    return given


async def forget(unit: Unit, guardian_id: UUID, subscription_id: UUID | None = None) -> None:
    """One browser of this guardian, or all of them."""
    await unit.execute(
        "DELETE FROM web_push WHERE guardian_id = :id AND (CAST(:one AS uuid) IS NULL OR subscription_id = :one)",
        {"id": guardian_id, "one": subscription_id},
    )


async def tell(unit: Unit, services: Services, alert_id: UUID, event: Event) -> None:
    """A push to each browser of each guardian of this alert, once the unit has committed; once per event."""
    if not is_offered(services):
        return
    for row in await unit.all(_WHOM, {"alert": alert_id, "now": services.clock()}):
        new = await unit.scalar(
            insert(web_push_note)
            .values(note_id=uuid4(), event=event, created_at=services.clock(), **row)
            .on_conflict_do_nothing()
            .returning(web_push_note.c.note_id)
        )
        if new is not None:
            await defer_in(unit, "push_browser", note_id=str(new))


async def tell_of_notice(
    unit: Unit, services: Services, guardian_id: UUID, notice_id: UUID, *, at: datetime | None
) -> None:
    """A push of a walk's notice to each of her browsers, once the unit has committed and not before `at`."""
    if not is_offered(services):
        return
    query = "SELECT subscription_id FROM web_push WHERE guardian_id = :id ORDER BY created_at, subscription_id"
    for row in await unit.all(query, {"id": guardian_id}):
        ids = {"notice_id": str(notice_id), "subscription_id": str(row["subscription_id"])}
        await defer_in(unit, "push_notice_browser", schedule_at=at, **ids)


async def send_notice(services: Services, notice: dict[str, Any], subscription_id: UUID, link: str) -> bool:
    """One attempt, ids and a path only; whether the service took it. Raises Again. A repeated one replaces itself in
    the browser (its tag) and at the service (its topic)."""
    async with services.db.begin() as unit:
        row = await unit.one(
            "SELECT * FROM web_push WHERE subscription_id = :id AND guardian_id = :guardian",
            {"id": subscription_id, "guardian": notice["guardian_id"]},
        )
    if row is None:
        return False
    kept = services.sealer.open(row["subscription_sealed"], context=f"web_push.subscription:{subscription_id}")
    tag = notice["subject_id"].hex
    data = {"event": notice["event"], "tag": tag, "path": f"/notice/{link}", "language": row["language"]}
    return await _delivered(services, row, WebPushMessage(Subscription(**kept), data, topic=tag))


async def _delivered(services: Services, row: dict[str, Any], message: WebPushMessage) -> bool:
    """Whether the service took it; an address that is gone is forgotten. Raises Again when it shall be tried again."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            await (await port(services)).send(message)
    except TokenGone as error:
        log.warning("web_push_gone", guardian_id=str(row["guardian_id"]), why=str(error))
        async with services.db.begin() as unit:
            await forget(unit, row["guardian_id"], row["subscription_id"])
        return False
    except PushRefused as error:
        log.error("web_push_refused", subscription_id=str(row["subscription_id"]), error=str(error)[:200])
        return False
    except PushLater as error:
        raise Again(str(error), after_s=error.after_s) from error
    except TimeoutError as error:
        raise Again("the push service is silent") from error
    return True


async def send_note(services: Services, note_id: UUID) -> None:
    """One attempt; raises Again when there should be another. Sent once is sent: a repeated job does nothing."""
    now = services.clock()
    async with services.db.begin() as unit:
        row = await unit.one(_NOTE, {"id": note_id, "now": now})
    if row is None or row["state"] != "waiting" or row["guardian_ended_at"]:
        return
    stopped = row["sharing_stopped_until"]
    if (row["ended_at"] and row["event"] != "ended") or (stopped is not None and stopped > now):
        return await _note(services, note_id, "failed")
    if now - row["created_at"] > GIVE_UP_AFTER:
        log.error("web_push_given_up", note_id=str(note_id))
        return await _note(services, note_id, "failed")
    is_taken = await _delivered(services, row, _message(services, row))
    await _note(services, note_id, "sent" if is_taken else "failed", row if is_taken else None)


def contact_of(origin: str) -> str:
    """Whom a push service may write to when nobody was named: the page itself, or who runs the machine (RFC 8292)."""
    host = urlsplit(origin).hostname or "localhost"
    return f"https://{host}" if origin.startswith("https://") else f"mailto:ansim@{host}"


async def port(services: Services) -> WebPush:
    """This process's sender, by the setting WEB_PUSH."""
    held: WebPush | None = services.shared.get("web_push")
    if held is None:
        settings = services.settings
        if settings.web_push == "console":
            held = ConsoleWebPush()
        else:
            async with services.db.begin() as unit:
                private, _ = await _keys(unit, services)
            held = VapidWebPush(
                private,
                contact=settings.web_push_contact or contact_of(settings.origin),
                networks=settings.web_push_networks,
            )
        services.shared["web_push"] = held
    return held


def _message(services: Services, row: dict[str, Any]) -> WebPushMessage:
    """Ids and a path: the words are the worker's."""
    kept = services.sealer.open(row["subscription_sealed"], context=f"web_push.subscription:{row['subscription_id']}")
    link = services.sealer.open(row["link_sealed"], context=f"follow.link:{row['follow_id']}")
    data = {
        "event": "raised_for_her" if row["event"] == "raised" and row["is_for_her"] else row["event"],
        "tag": row["alert_id"].hex,
        "path": f"/follow/{link}",
        "language": row["language"],
    }
    return WebPushMessage(Subscription(**kept), data, topic=row["alert_id"].hex)


async def _note(services: Services, note_id: UUID, state: str, row: dict[str, Any] | None = None) -> None:
    async with services.db.begin() as unit:
        done = await unit.scalar(
            "UPDATE web_push_note SET state = :state WHERE note_id = :id AND state = 'waiting' RETURNING follow_id",
            {"state": state, "id": note_id},
        )
        if done is not None and row is not None and row["event"] == "raised":
            await told.guardian(unit, services, done, "told", how="browser")
