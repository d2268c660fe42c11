"""Push to the person's own phone: what her home center has to ask her. Ids only, as for guardians.

The token is kept with her device and goes with it; it is deleted only when the service says that it is dead.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from procrastinate import JobContext

from location_router.runtime.db import Unit
from location_router.runtime.jobs import Again, Backoff, defer_in
from location_router.runtime.problems import Problem
from server.jobs import jobs, services_of
from server.people.jobs import push_of
from server.people.service import DeviceUser
from server.push import PushLater, PushMessage, PushRefused, TokenGone

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("people.own_push")
DEADLINE_S = 12.0
LIFE = timedelta(minutes=5)


async def keep_token(services: Services, user: DeviceUser, token: str) -> None:
    """Of this phone's app; empty: it has none any more. Problem 409 `not_a_phone`."""
    if user.browser_proved_at is not None:
        raise Problem(409, "not_a_phone", "휴대전화에서만 합니다.", "Only a phone does this.")
    context = f"device.push_token:{user.device_id}"
    sealed = services.sealer.seal(token, context=context, center=user.center_id) if token else None
    async with services.db.begin(center=user.center_id) as unit:
        await unit.execute(
            "UPDATE device SET push_token_sealed = :token WHERE device_id = :id AND revoked_at IS NULL",
            {"token": sealed, "id": user.device_id},
        )


async def push_person(
    unit: Unit, services: Services, person_id: UUID, kind: str, about: UUID, *, life: timedelta = LIFE
) -> int:
    """A push of this kind to each phone of hers that has a token, once the unit has committed; how many. A newer one
    about the same thing replaces it on the phone."""
    rows = await unit.all(
        "SELECT device_id FROM device WHERE person_id = :id AND revoked_at IS NULL AND push_token_sealed IS NOT NULL",
        {"id": person_id},
    )
    until = (services.clock() + life).isoformat()
    for row in rows:
        await defer_in(unit, "push_person", device_id=str(row["device_id"]), kind=kind, about=str(about), until=until)
    return len(rows)


@jobs.task(name="push_person", retry=Backoff(limit_s=10.0), pass_context=True)
async def push_person_job(context: JobContext, device_id: str, kind: str, about: str, until: str) -> None:
    await send(services_of(context), UUID(device_id), kind, about, datetime.fromisoformat(until))


async def send(services: Services, device_id: UUID, kind: str, about: str, until: datetime) -> None:
    """One attempt; raises Again when there should be another."""
    async with services.db.begin() as unit:
        token = await unit.scalar(
            "SELECT push_token_sealed FROM device WHERE device_id = :id AND revoked_at IS NULL", {"id": device_id}
        )
    left_s = int((until - services.clock()).total_seconds())
    if token is None or left_s <= 0:
        return
    opened = services.sealer.open(token, context=f"device.push_token:{device_id}")
    try:
        async with asyncio.timeout(DEADLINE_S):
            await push_of(services).send(PushMessage(opened, {"kind": kind, "about": about}, about, max(left_s, 10)))
    except TokenGone as error:
        log.warning("own_push_token_gone", device_id=str(device_id), why=str(error))
        async with services.db.begin() as unit:
            await unit.execute(
                "UPDATE device SET push_token_sealed = NULL WHERE device_id = :id AND push_token_sealed = :token",
                {"id": device_id, "token": token},
            )
    except PushRefused as error:
        log.error("own_push_refused", device_id=str(device_id), error=str(error)[:200])
    except PushLater as error:
        raise Again(str(error), after_s=error.after_s) from error
    except TimeoutError as error:
        raise Again("the push service is silent") from error
