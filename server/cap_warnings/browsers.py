"""A browser of somebody who agreed to be warned is told as her phone is: that there is something to read, and no more.

The push holds an id and a path; the page asks for the warnings and finds out by itself whether it is inside, with a
place that stays in the browser. A browser is kept with its enrolment: signed out, withdrawn or left, it is gone.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from procrastinate import JobContext
from sqlalchemy.dialects.postgresql import insert

from location_router.runtime.db import Unit
from location_router.runtime.jobs import Again, Backoff, defer_in
from location_router.runtime.problems import Problem
from server.cap_warnings.store import warned_browser
from server.jobs import jobs, services_of
from server.people import guardian_push
from server.people.guardian_push import Language
from server.people.service import DeviceUser
from server.push import PushLater, PushRefused, TokenGone
from server.web_push import Subscription, WebPushMessage

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("cap_warnings.browsers")
DEADLINE_S = 12.0
EVENT = "disaster"
"""The worker's word for it (server/web/public/guardian-worker.js)."""
_HERS = """
SELECT w.device_id FROM warned_browser w JOIN device d USING (device_id) JOIN browser b USING (device_id)
WHERE d.person_id = :id AND d.revoked_at IS NULL AND b.expires_at > :now ORDER BY w.device_id
"""
_ONE = """
SELECT w.* FROM warned_browser w JOIN device d USING (device_id) JOIN warned_person p USING (person_id)
WHERE w.device_id = :id AND d.revoked_at IS NULL
"""


async def subscribe(services: Services, user: DeviceUser, *, given: Subscription, language: Language) -> None:
    """This browser, from now on; again: another address. Problem 409 `not_a_browser`, `not_agreed`."""
    if user.browser_proved_at is None:
        raise Problem(409, "not_a_browser", "브라우저에서만 합니다.", "Only a browser does this.")
    sealed = services.sealer.seal(asdict(given), context=_context(user.device_id), center=user.center_id)
    values = {"subscription_sealed": sealed, "language": language}
    row = {"device_id": user.device_id, "center_id": user.center_id, "created_at": services.clock(), **values}
    async with services.db.begin(center=user.center_id) as unit:
        known = {"id": user.person_id}
        if not await unit.scalar("SELECT true FROM warned_person WHERE person_id = :id FOR UPDATE", known):
            raise Problem(409, "not_agreed", "먼저 재난 경보에 동의해 주세요.", "Agree to disaster warnings first.")
        put = insert(warned_browser).values(**row)
        await unit.execute(put.on_conflict_do_update(index_elements=["device_id"], set_=values))


async def forget(unit: Unit, device_id: UUID) -> None:
    await unit.execute("DELETE FROM warned_browser WHERE device_id = :id", {"id": device_id})


async def forget_all(unit: Unit, person_id: UUID) -> None:
    """Of somebody who withdraws."""
    hers = "DELETE FROM warned_browser w USING device d WHERE d.device_id = w.device_id AND d.person_id = :id"
    await unit.execute(hers, {"id": person_id})


async def forget_expired(unit: Unit, now: datetime) -> None:
    """Of browsers whose enrolment has run out."""
    over = "DELETE FROM warned_browser w USING browser b WHERE b.device_id = w.device_id AND b.expires_at <= :now"
    await unit.execute(over, {"now": now})


async def is_told(unit: Unit, device_id: UUID) -> bool:
    return bool(await unit.scalar("SELECT true FROM warned_browser WHERE device_id = :id", {"id": device_id}))


async def push(unit: Unit, services: Services, person_id: UUID, thread_id: UUID, *, life: timedelta) -> int:
    """A push to each of her browsers, once the unit has committed; how many."""
    if not guardian_push.is_offered(services):
        return 0
    now, about = services.clock(), str(thread_id)
    rows, until = await unit.all(_HERS, {"id": person_id, "now": now}), (now + life).isoformat()
    for row in rows:
        await defer_in(unit, "push_warned_browser", device_id=str(row["device_id"]), about=about, until=until)
    return len(rows)


@jobs.task(name="push_warned_browser", retry=Backoff(limit_s=20.0), pass_context=True)
async def push_warned_browser(context: JobContext, device_id: str, about: str, until: str) -> None:
    await send(services_of(context), UUID(device_id), UUID(about), datetime.fromisoformat(until))


async def send(services: Services, device_id: UUID, about: UUID, until: datetime) -> None:
    """One attempt; raises Again. A repeated one replaces itself in the browser (its tag) and at the service (its
    topic)."""
    left_s = int((until - services.clock()).total_seconds())
    async with services.db.begin() as unit:
        row = await unit.one(_ONE, {"id": device_id})
    if row is None or left_s <= 0:
        return
    kept = services.sealer.open(row["subscription_sealed"], context=_context(device_id))
    data = {"event": EVENT, "tag": about.hex, "path": "/mine", "language": row["language"]}
    # the topic is read by the push service, and a warning's id, which anybody can make, would tell where she is warned
    topic = services.sealer.digest(f"{device_id} {about}", context="warned_browser.topic").hex()[:32]
    message = WebPushMessage(Subscription(**kept), data, topic=topic, ttl_s=max(left_s, 10))
    try:
        async with asyncio.timeout(DEADLINE_S):
            await (await guardian_push.port(services)).send(message)
    except TokenGone as error:
        log.warning("warned_browser_gone", device_id=str(device_id), why=str(error))
        async with services.db.begin() as unit:
            await forget(unit, device_id)
    except PushRefused as error:
        log.error("warned_browser_refused", device_id=str(device_id), error=str(error)[:200])
    except PushLater as error:
        raise Again(str(error), after_s=error.after_s) from error
    except TimeoutError as error:
        raise Again("the push service is silent") from error


def _context(device_id: UUID) -> str:
    return f"warned_browser.subscription:{device_id}"
