"""An offender's approach goes to every home and tells none but hers whose it is; a center speaks of its own alerts."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from location_router.approaches import pass_on
from location_router.envelope import Opened
from location_router.node_guard import _speaks_for_itself
from location_router.wire import kind_of, utc_now
from location_router.wire_requests import ApproachNote
from tests.location_router.routers import World, a_world, an_alert

pytestmark = pytest.mark.database


class Sent:
    """What the router would publish."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str, bytes]] = []

    async def publish_many(self, messages: list[tuple[str, str, bytes]]) -> None:
        self.letters += messages


async def homes(world: World) -> None:
    """Three installations, one of which is nobody's home; the alert is the first one's."""
    await world.register("serving-1", "all")
    await world.register("serving-2", [])
    async with world.router.pool.transaction() as conn:
        await conn.execute(
            "INSERT INTO installation (installation_id, https_url, public_key_pem, serves_all, serves, home_center,"
            " last_seen_at) VALUES ('serves-only', '', '', false, '{}', '', now())"
        )


async def test_every_home_gets_the_same_letter_without_its_request(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        await homes(world)
        alert = an_alert()
        await world.post(alert)
        note = ApproachNote(
            note_id=uuid4(), installation="serving-1", request_id=UUID(str(alert["alert_id"])), assignment_no=1,
            tag="a" * 32, sealed="c2VhbGVk", at=utc_now(),
        )  # fmt: skip
        body, sent = note.model_dump_json().encode(), Sent()
        assert kind_of(body) == "approach" and kind_of(b'{"kind":"status"}') != "approach"
        assert await pass_on(world.router.pool, sent, body) == 2  # type: ignore[arg-type]
        assert [(subject, number) for subject, number, _ in sent.letters] == [
            ("home.serving-1", str(note.note_id)),
            ("home.serving-2", str(note.note_id)),
        ]
        (letter,) = {one for _, _, one in sent.letters}
        said: dict[str, Any] = orjson.loads(letter)
        assert said["tag"] == note.tag and said["sealed"] == note.sealed
        assert (said["installation"], said["request_id"], said["assignment_no"]) == ("", None, 0)
        assert str(alert["alert_id"]) not in letter.decode() and "serving-1" not in letter.decode()
        # of its own alerts, of one raised at the center itself, and in nobody else's name
        direct = note.model_copy(update={"request_id": uuid4()})
        for one, node, verdict in (
            (note, "serving-1", ""),
            (note.model_copy(update={"installation": "serving-2"}), "serving-2", "not_its_alert"),
            (note, "serving-2", "speaks_for_another"),
            (direct, "serving-1", ""),
        ):
            opened = Opened(one.model_dump_json().encode(), node, "signed", "k", utc_now())  # type: ignore[arg-type]
            assert await _speaks_for_itself(world.router.pool, opened, "status") == verdict
