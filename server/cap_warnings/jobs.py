"""Telling whoever agreed, as a durable job: a push of ids to the phones and browsers of people who chose a municipality
that the warning touches, or walk through one. Each decides by itself; only how many were pushed to is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from procrastinate import JobContext

from location_router.index import Jurisdictions
from location_router.runtime.db import Unit
from location_router.runtime.jobs import Backoff
from server.boundaries import boundaries_of
from server.cap_warnings import browsers
from server.cap_warnings.store import STANDS_SOMEWHERE
from server.jobs import jobs, services_of
from server.people.own_push import push_person

if TYPE_CHECKING:
    from server.services import Services

AT_ONCE = 500
LONGEST_LIFE = timedelta(hours=6)
LEAST_LIFE = timedelta(minutes=10)
_WARNING = f"SELECT w.* FROM cap_warning w WHERE w.warning_id = :id AND w.center_id = :center AND {STANDS_SOMEWHERE}"
_WHO = """
SELECT p.person_id, p.places && :centers AS is_chosen, k.lat, k.lon FROM warned_person p LEFT JOIN LATERAL (
  SELECT lat, lon FROM walk WHERE walk.person_id = p.person_id AND walk.ended_at IS NULL AND lat IS NOT NULL
  ORDER BY begun_at DESC LIMIT 1
) k ON true
WHERE p.center_id = :center AND p.person_id > :after AND (p.places && :centers OR k.lat IS NOT NULL)
ORDER BY p.person_id LIMIT :most
"""


@jobs.task(name="tell_warned", retry=Backoff(limit_s=20.0), pass_context=True)
async def tell_warned(context: JobContext, warning_id: str, center_id: str) -> None:
    await tell(services_of(context), UUID(warning_id), center_id)


async def tell(services: Services, warning_id: UUID, center_id: str) -> int:
    """How many phones and browsers are pushed to. Again after a crash: a phone that has heard of it does nothing."""
    boundaries, told, after = await boundaries_of(services).current(), 0, UUID(int=0)
    known = {"id": warning_id, "center": center_id}
    async with services.db.begin() as unit:  # the agreements that it stands on are with any center of this place
        row = await unit.one(_WARNING, known | {"now": services.clock()})
        await browsers.forget_expired(unit, services.clock())
    if row is None:
        return 0
    left = LONGEST_LIFE if row["kind"] == "Cancel" else row["expires_at"] - services.clock()
    life = min(max(left, LEAST_LIFE), LONGEST_LIFE)
    while True:
        asked = {"center": center_id, "centers": row["centers"], "after": after, "most": AT_ONCE}
        async with services.db.begin(center=center_id) as unit:
            people = await unit.all(_WHO, asked)
            for one in people:
                if one["is_chosen"] or _walks_in(one, boundaries, row["centers"]):
                    told += await _push(unit, services, one, row, life)
        if len(people) < AT_ONCE:
            break
        after = people[-1]["person_id"]
    async with services.db.begin(center=center_id) as unit:
        change = "UPDATE cap_warning SET told = :told WHERE warning_id = :id"
        await unit.execute(change, {"told": told, "id": warning_id})
    return told


async def _push(unit: Unit, services: Services, one: dict[str, Any], row: dict[str, Any], life: timedelta) -> int:
    told = await push_person(unit, services, one["person_id"], "warning", row["thread_id"], life=life)
    return told + await browsers.push(unit, services, one["person_id"], row["thread_id"], life=life)


def _walks_in(one: dict[str, Any], boundaries: Jurisdictions | None, centers: list[str]) -> bool:
    if boundaries is None or one["lat"] is None:
        return False
    return boundaries.containing(lat=one["lat"], lon=one["lon"]) in centers
