"""Incidents that somebody has, and what their timelines say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from server.events import read_events
from tests.server.scene import Scene


async def taken(
    scene: Scene,
    *,
    by: str = "operator",
    phone: str = "01012345678",
    language: str = "ko",
    profile: dict[str, str] | None = None,
    **more: Any,
) -> UUID:
    """An emergency that the operator `by` has."""
    incident_id = await scene.emergency(**more)
    account = scene.staff[by].account_id
    await scene.sql("UPDATE incident SET owner_id = :o WHERE incident_id = :i", o=account, i=incident_id)
    alert_id = await alert_of(scene, incident_id)
    caller = {"nickname": "보라", "phone": phone, "language": language, "profile": profile or {}}
    sealed = scene.services.sealer.seal(caller, context=f"alert.caller:{alert_id}")
    await scene.sql("UPDATE alert SET caller_sealed = :s WHERE alert_id = :a", s=sealed, a=alert_id)
    return incident_id


async def alert_of(scene: Scene, incident_id: UUID) -> UUID:
    return UUID(str(await scene.one("SELECT alert_id FROM alert WHERE incident_id = :i", i=incident_id)))


async def payloads(scene: Scene, incident_id: UUID) -> list[dict[str, Any]]:
    """The timeline's payloads, each with its tag."""
    async with scene.services.db.begin() as unit:
        events = await read_events(unit, incident_id=incident_id, cards=False)
    return [one.line["payload"] | {"tag": one.line["tag"]} for one in events]


async def until(
    ask: Callable[[], Awaitable[Any]], wanted: Callable[[Any], Any] = bool, *, within_s: float = 6.0
) -> Any:
    """The first answer that is `wanted`."""
    deadline = time.monotonic() + within_s
    while not wanted(found := await ask()):
        assert time.monotonic() < deadline, f"did not happen in time: {found}"
        await asyncio.sleep(0.02)
    return found
