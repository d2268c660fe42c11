"""What a serving center showed goes to the person's own home center, wherever the note says she lives."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from location_router.disclosed import pass_on
from location_router.envelope import Opened
from location_router.node_guard import _speaks_for_itself
from location_router.wire import CenterRef, Disclosed, DisclosedRow, kind_of, utc_now
from tests.location_router.routers import World, a_world, an_alert

pytestmark = pytest.mark.database


class Sent:
    """What the router would publish."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str, bytes]] = []

    async def publish(self, subject: str, message_id: str, body: bytes) -> None:
        self.letters.append((subject, message_id, body))


def a_note(alert_id: str, **fields: Any) -> Disclosed:
    row = DisclosedRow(
        kind="live",
        camera="안심로 3",
        who_ko="관제 요원",
        who_en="operator",
        center_ko="안양시",
        center_en="Anyang",
        legal_basis="pipa-18-2-3",
        since=utc_now(),
        until=utc_now(),
    )
    values: dict[str, Any] = {
        "note_id": uuid4(),
        "installation": "serving-1",
        "alert_id": UUID(alert_id),
        "assignment_no": 1,
        "person_id": "p-1",
        "center": CenterRef(code="41170", name_ko="안양시", name_en="Anyang"),
        "at": utc_now(),
        "rows": [row],
    }
    return Disclosed(**(values | fields))


async def live_at(world: World, home: str) -> str:
    """An alert whose person's home is that installation; its id."""
    await world.register("serving-1", "all")
    await world.post(alert := an_alert())
    async with world.router.pool.transaction() as conn:
        await conn.execute("UPDATE alert SET home_installation = %s", [home])
    return str(alert["alert_id"])


async def test_the_note_goes_to_the_alerts_own_home_and_nowhere_else(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        note = a_note(await live_at(world, "home-1"))
        body, sent = note.model_dump_json().encode(), Sent()
        assert kind_of(body) == "disclosed" and kind_of(b'{"kind":"status"}') != "disclosed"
        assert await pass_on(world.router.pool, sent, body)  # type: ignore[arg-type]
        assert sent.letters == [("home.home-1", str(note.note_id), body)]
        unknown = a_note(str(uuid4())).model_dump_json().encode()
        assert not await pass_on(world.router.pool, sent, unknown)  # type: ignore[arg-type]
        assert len(sent.letters) == 1
        # a center speaks of its own alerts only
        for node, verdict in (("serving-1", ""), ("serving-2", "not_its_alert")):
            opened = Opened(body, node, "signed", "k", utc_now())  # type: ignore[arg-type]
            assert await _speaks_for_itself(world.router.pool, opened, "status") == verdict
