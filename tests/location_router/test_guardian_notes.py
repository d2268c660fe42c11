"""What a home center says of guardians goes to whoever owns the alert, and only the alert's own home may say it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from location_router.envelope import Opened
from location_router.guardian_notes import pass_on
from location_router.node_guard import _speaks_for_itself
from location_router.wire import GuardianNote, kind_of, utc_now
from tests.location_router.routers import a_world
from tests.location_router.test_disclosed import Sent, live_at

pytestmark = pytest.mark.database


def a_note(alert_id: str, **fields: Any) -> bytes:
    values: dict[str, Any] = {
        "note_id": uuid4(),
        "installation": "home-9",
        "alert_id": UUID(alert_id),
        "assignment_no": 1,
        "event": "opened",
        "guardian_id": str(uuid4()),
        "name": "엄마",
        "at": utc_now(),
    }
    return GuardianNote(**(values | fields)).model_dump_json().encode()


async def test_it_goes_to_the_owner_and_nobody_else_may_say_it(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        alert_id = await live_at(world, "home-9")
        sent, body = Sent(), a_note(alert_id)
        assert kind_of(body) == "guardian"
        assert await pass_on(world.router.pool, sent, body)  # type: ignore[arg-type]
        ((subject, message_id, passed),) = sent.letters
        assert (subject, passed) == ("alert.serving-1", body)
        assert message_id == json.loads(body)["note_id"]
        stranger = a_note(alert_id, installation="serving-1")
        assert not await pass_on(world.router.pool, sent, stranger)  # type: ignore[arg-type]
        assert not await pass_on(world.router.pool, sent, a_note(str(uuid4())))  # type: ignore[arg-type]

        async def verdict(body: bytes, node: str) -> str:
            return await _speaks_for_itself(world.router.pool, Opened(body, node, "signed", "k", utc_now()), "status")  # type: ignore[arg-type]

        assert await verdict(body, "home-9") == ""
        assert await verdict(body, "serving-1") == "not_its_alert"
        assert await verdict(stranger, "serving-1") == "not_its_alert"
