"""What the router would send, built by hand; and what the installation would answer, read from its outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from location_router.runtime.db import Unit
from location_router.wire import (
    DRILL,
    SOS,
    AlertMessage,
    AssignmentRecord,
    Caller,
    CenterRef,
    Delivery,
    Phase,
    Position,
    Reason,
)
from server import sweepers
from server.places import load_places
from server.services import Services

PHONE, NAME = "01098765432", "홍길동"
CENTERS = {
    "41170": CenterRef(code="41170", name_ko="경기도 안양시", name_en="Anyang, Gyeonggi-do", callback="031-112"),
    "11110": CenterRef(code="11110", name_ko="서울특별시 종로구", name_en="Jongno-gu, Seoul"),
}


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


def delivery(
    *,
    alert_id: UUID | None = None,
    phase: Phase = Phase.ACTIVE,
    outcome: str = "",
    number: int = 1,
    center: str = "41170",
    served_by: str = "serving-1",
    countdown_s: float = 3,
    is_drill: bool = False,
    was_active: bool = False,
    lat: float = 37.3943,
    lon: float = 126.9568,
    delivery_id: UUID | None = None,
) -> Delivery:
    """A delivery that the router could have made; `was_active` says that the alert has been active before its end."""
    now = datetime.now(UTC)
    alert = AlertMessage(
        alert_id=alert_id or uuid4(),
        phase=phase,
        service=DRILL if is_drill else SOS,
        trigger="shake",
        outcome=outcome,  # type: ignore[arg-type]
        raised_at=now,
        countdown_s=countdown_s,
        position=Position(lat=lat, lon=lon, accuracy_m=12, fixed_at=now),
        home="home-1",
        caller=Caller(person_id="p-1", nickname=NAME, phone=PHONE),
        battery_percent=61,
    )
    assignment = AssignmentRecord(
        assignment_no=number,
        center=CENTERS[center],
        served_by=served_by,
        reason=Reason.CONTAINS,
        distance_m=0,
        candidates=[],
        boundary_version="2023-07-01",
        decided_at=now,
    )
    is_active = phase is Phase.ACTIVE or was_active
    return Delivery(
        delivery_id=delivery_id or uuid4(),
        alert=alert,
        assignment=assignment,
        flags=[],
        received_at=now,
        active_at=now if is_active else None,
    )


async def sent(services: Services, subject: str | None = None) -> list[dict[str, Any]]:
    """What waits in the outbox, oldest first."""
    async with services.db.begin() as unit:
        rows = await unit.all("SELECT * FROM outbox ORDER BY created_at, subject")
    return [
        services.sealer.open(row["body_sealed"], context=f"outbox:{row['message_id']}")
        for row in rows
        if subject in (None, row["subject"])
    ]


async def rows(services: Services, query: str, **parameters: Any) -> list[dict[str, Any]]:
    async with services.db.begin() as unit:
        return await unit.all(query, parameters)


async def with_place(unit: Unit, card: dict[str, Any]) -> dict[str, Any]:
    """The card and where its person is, as they stand in the database: a screen gets the place behind a release."""
    place = (await load_places(unit, [UUID(card["incident_id"])])).get(UUID(card["incident_id"]))
    return card | {"position": place.position if place else None}


async def tags(services: Services, incident_id: UUID | str) -> list[str]:
    found = await rows(services, "SELECT tag FROM event WHERE incident_id = :id ORDER BY seq", id=incident_id)
    return [row["tag"] for row in found]


async def sweep(services: Services) -> int:
    """One sweep, when what an alert sets off in the background is done: choosing its cameras holds the incident's row
    for a moment, and a row that is held is left to the next sweep."""
    while services._running:
        await asyncio.wait(set(services._running), timeout=15)
    return await sweepers.sweep(services)


async def swept(services: Services, is_so: Callable[[], Awaitable[bool]]) -> None:
    """Sweeps until it is so, as the sweeper does five times a second: a row that something else holds right now is
    passed over until the next time. Five seconds at most."""
    for _ in range(100):
        await sweep(services)
        if await is_so():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("swept a hundred times, and it is still not so")
