"""Who is here: the facts about owners and colleagues that decisions about a claim ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from location_router.runtime.db import Unit
from location_router.runtime.problems import Problem
from server.incidents.state import Incident
from server.staff.permissions import may

if TYPE_CHECKING:
    from server.services import Services

_SIGNED_IN = """
SELECT EXISTS (SELECT 1 FROM session s JOIN account a USING (account_id)
               WHERE s.account_id = :id AND s.ended_at IS NULL AND s.expires_at > :now AND a.active)
"""
# Being given an incident counts as a line of one's own.
_OWNERS_LAST = """
SELECT max(at) FROM event WHERE incident_id = :id
AND (actor_id = :owner OR tag IN ('incident:handed_over', 'incident:taken_over'))
"""
# What people do, and what comes back from an agency; not the system's own lines, nor the wish to be reminded.
_LAST = """
SELECT max(at) FROM event WHERE incident_id = :id
AND (actor_kind <> 'system' OR tag LIKE 'dispatch:%' OR tag LIKE 'alert:%') AND tag <> 'incident:postponed'
"""


@dataclass(frozen=True)
class Colleague:
    account_id: UUID
    name: str
    role: str


async def is_signed_in(unit: Unit, account_id: UUID, now: datetime) -> bool:
    return bool(await unit.scalar(_SIGNED_IN, {"id": account_id, "now": now}))


async def last_activity(unit: Unit, incident_id: UUID) -> datetime | None:
    """When somebody last did something on the incident."""
    found: datetime | None = await unit.scalar(_LAST, {"id": incident_id})
    return found


async def owner_is_away(unit: Unit, services: Services, state: Incident) -> bool:
    """The owner has signed out, or has been silent on this incident for TAKE_OVER_SILENT_S."""
    if state.owner_id is None:
        return False
    now = services.clock()
    if not await is_signed_in(unit, state.owner_id, now):
        return True
    last = await unit.scalar(_OWNERS_LAST, {"id": state.incident_id, "owner": str(state.owner_id)})
    silent = timedelta(seconds=services.settings.take_over_silent_s)
    return last is None or now - last > silent


async def colleague(unit: Unit, services: Services, account_id: UUID, *, center_id: str) -> Colleague:
    """Somebody who can take an incident of the center now. Problem 422 `no_colleague`, 409 `colleague_away`."""
    row = await unit.one(
        "SELECT a.role, a.name_sealed FROM account a JOIN center c ON c.desk = a.desk AND c.code = :center"
        " WHERE a.account_id = :id AND a.active",
        {"id": account_id, "center": center_id},
    )
    if row is None or not may(row["role"], "incidents.work"):
        raise Problem(
            422,
            "no_colleague",
            "이 센터의 사건을 맡을 수 있는 근무자가 아닙니다.",
            "Nobody who may work on incidents of this center.",
            field="to",
            given=str(account_id),
        )
    name = services.sealer.open(row["name_sealed"], context=f"account.name:{account_id}") or ""
    if not await is_signed_in(unit, account_id, services.clock()):
        raise Problem(
            409,
            "colleague_away",
            f"{name} 님은 지금 접속해 있지 않습니다.",
            f"{name} is not signed in now.",
            field="to",
            given=str(account_id),
        )
    return Colleague(account_id, name, row["role"])
