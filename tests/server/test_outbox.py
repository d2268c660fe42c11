"""What leaves for the router: one bad row or one bad moment holds up nothing else."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from server.intake import receive
from server.outbox import Outbox
from server.services import Services
from tests.server.deliveries import delivery, rows

pytestmark = pytest.mark.database


class Bus:
    def __init__(self) -> None:
        self.published: list[str] = []

    async def publish(self, subject: str, message_id: str, body: bytes) -> None:
        self.published.append(message_id)


async def test_a_row_that_cannot_be_read_holds_up_no_other(services: Services) -> None:
    services.outbox.bus = bus = Bus()
    async with services.db.begin() as unit:
        await unit.driver.execute(
            "INSERT INTO outbox (message_id, subject, body_sealed) VALUES (%s, 'receipt', 'junk')", [uuid4()]
        )
    await receive(services, (sent := delivery()))
    await services.outbox.sweep()
    assert str(sent.delivery_id) in bus.published
    assert len(await rows(services, "SELECT 1 FROM outbox")) == 1, "the bad one stays where somebody can see it"


async def test_the_sender_survives_an_error_it_does_not_know(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(self: Outbox, done: object) -> None:
        raise RuntimeError("nobody thought of that")

    monkeypatch.setattr("server.outbox.GRACE_S", 600.0)  # no sweep finds it in this story
    services.outbox.bus = bus = Bus()
    services.outbox.start()
    with monkeypatch.context() as broken:
        broken.setattr(Outbox, "_remove", breaks)
        await receive(services, delivery())
        await asyncio.sleep(0.1)
    await receive(services, (second := delivery()))
    async with asyncio.timeout(15):  # at once, not by the sweep
        while str(second.delivery_id) not in bus.published:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
