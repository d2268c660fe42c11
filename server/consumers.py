"""What this installation takes from the bus: deliveries, statuses of its own people, positions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import ValidationError

from location_router.runtime.db import Unavailable
from location_router.runtime.ending import end
from location_router.wire import DeviceReport, Disclosed, PositionUpdate, Status, TalkNote, kind_of
from location_router.wire_requests import ApproachNote
from server.guardian_notes import receive_guardian_note
from server.intake import quarantine, receive_body
from server.log.disclosures import receive_disclosed
from server.people.devices import is_device_report, receive_device_report
from server.people.follow import receive_home_position, receive_home_status
from server.positions import PositionWriter
from server.protection.hearing import receive_approach
from server.talk.service import receive_note
from server.warning_line import receive_warning

if TYPE_CHECKING:
    from server.services import Services

log = structlog.get_logger("consumers")


DELIVERIES_AT_ONCE = 3  # of the pool's connections; intake orders the deliveries of one alert by itself


class Consumers:
    """Subscriptions that are set up as soon as the bus lets us, and again if that fails."""

    def __init__(self, services: Services, positions: PositionWriter) -> None:
        self._services, self._positions = services, positions
        self._tasks: list[asyncio.Task[None]] = []
        self._subscriptions: list[Any] = []

    def start(self) -> None:
        bus, name = self._services.bus, self._services.settings.installation
        if bus is None:
            return
        for subscribe in (
            lambda: bus.subscribe(f"alert.{name}", "center", self._delivery, at_once=DELIVERIES_AT_ONCE),
            lambda: bus.subscribe(f"home.{name}", "home", self._status),
            lambda: bus.subscribe_latest(f"position.{name}", self._position),
        ):
            self._tasks.append(asyncio.create_task(self._subscribe(subscribe), name="subscribe"))

    async def stop(self) -> None:
        await end(*self._tasks)
        await asyncio.gather(*(one.stop() for one in self._subscriptions), return_exceptions=True)

    async def _subscribe(self, subscribe: Callable[[], Awaitable[Any]]) -> None:
        while True:
            try:
                self._subscriptions.append(await subscribe())
                return
            except Unavailable as error:
                log.warning("bus_away", error=str(error)[:200])
            except Exception:
                log.exception("subscribe_failed")
            await asyncio.sleep(1.0)

    async def _delivery(self, _message_id: str, body: bytes) -> None:
        kind = kind_of(body)
        if kind == "talk":
            return await self._talk(body)
        if kind == "guardian":
            return await receive_guardian_note(self._services, body)
        await receive_body(self._services, "bus", body)

    async def _talk(self, body: bytes) -> None:
        try:
            note = TalkNote.model_validate_json(body)
        except ValidationError as error:
            names = sorted({".".join(map(str, one["loc"])) for one in error.errors()})  # never what was said
            await quarantine(self._services, source="talk", reason=", ".join(names)[:400], body=body)
            return
        await receive_note(self._services, note)

    async def _status(self, _message_id: str, body: bytes) -> None:
        try:
            await self._told(body)
        except ValidationError as error:
            await quarantine(self._services, source="home", reason=str(error)[:400], body=body)

    async def _told(self, body: bytes) -> None:
        if is_device_report(body):
            return await receive_device_report(self._services, DeviceReport.model_validate_json(body))
        match kind_of(body):
            case "disclosed":
                await receive_disclosed(self._services, Disclosed.model_validate_json(body))
            case "approach":
                await receive_approach(self._services, ApproachNote.model_validate_json(body))
            case "warning":
                await receive_warning(self._services, body)
            case _:
                await receive_home_status(self._services, Status.model_validate_json(body))

    async def _position(self, _key: str, body: bytes) -> None:
        try:
            update = PositionUpdate.model_validate_json(body)
        except ValidationError as error:
            log.warning("position_unreadable", error=str(error)[:200])
            return
        if self._services.settings.home_center:
            await receive_home_position(self._services, update)
        if self._services.settings.serves:
            self._positions.add(update, is_by_router=True)
