"""A running phone with a fake device in a test's hand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mobile_app.core.messages import Position
from mobile_app.core.pins import Pins
from mobile_app.platforms.fake import fake_device
from mobile_app.service.phone import Phone
from mobile_app.settings import Settings

PINS = Pins.choose("1234", "9876")


def fix(seconds: float = 0.0, lat: float = 37.4015) -> Position:
    return Position(lat=lat, lon=126.9227, accuracy_m=8, fixed_at=datetime.now(UTC) + timedelta(seconds=seconds))


async def until(true: Callable[[], Any], within_s: float = 15.0) -> None:
    end_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end_s, "it did not happen in time"
        await asyncio.sleep(0.01)


class Running:
    def __init__(self, folder: Path, url: str, **chosen: Any) -> None:
        self.device = fake_device()
        self.events: list[dict[str, Any]] = []
        self.views: list[Any] = []
        settings = Settings(**({"router_url": url, "home_url": url, "pins": PINS, "countdown_s": 30.0} | chosen))
        self.phone = Phone(
            folder=folder, settings=settings, device=self.device, told=self.events.append, viewed=self.views.append
        )

    async def start(self) -> Running:
        self.task = asyncio.create_task(self.phone.run())
        ready = asyncio.create_task(self.phone.ready())
        await asyncio.wait((self.task, ready), return_when=asyncio.FIRST_COMPLETED)
        if self.task.done():
            ready.cancel()
            self.task.result()
        return self

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    def names(self) -> list[str]:
        return [event["event"] for event in self.events]
