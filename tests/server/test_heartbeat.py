"""What a desk tells the router of itself, against its real database."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from server.heartbeat import Heartbeat
from server.services import Services, make_services
from tests.server.conftest import settings_for

pytestmark = pytest.mark.database


async def health_of(services: Services) -> dict[str, Any]:
    return await Heartbeat(services)._health()


async def test_what_waits_and_what_the_desk_can_do(services: Services) -> None:
    empty = await health_of(services)
    assert (empty["queue_length"], empty["capabilities"], empty["troubles"]) == (0, [], [])
    now = services.clock()
    async with services.db.begin() as unit:
        await unit.execute("INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES ('p', '112', '112', '112')")
        await unit.execute("INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES ('f', '119', '119', '119')")
        await unit.execute(
            "INSERT INTO agreement (agreement_id, center_id, agency_id, triggers, legal_bases, starts_at, ends_at) "
            "VALUES "
            f"('{uuid4()}', '41170', 'p', '{{dispatch}}', '{{}}', now() - interval '1 day', NULL), "
            f"('{uuid4()}', '41170', 'f', '{{dispatch}}', '{{}}', now() - interval '2 days', now() - interval '1 day')"
        )
        for state, active in (("received", "now()"), ("received", "NULL"), ("acknowledged", "now()")):
            await unit.execute(
                "INSERT INTO incident (incident_id, center_id, state, phase, active_at) "
                f"VALUES ('{uuid4()}', '41170', '{state}', 'active', {active})"
            )
    said = await health_of(services)
    assert said["queue_length"] == 1, "a pre-alert does not wait for anybody, and the other is seen to"
    assert said["capabilities"] == ["112"], "an agreement that has ended is no link"
    assert said["sent_at"].startswith(now.isoformat()[:10])


async def test_a_silent_database_is_a_trouble_and_no_reason_to_be_silent() -> None:
    """Nobody listens on port 9: the beat goes out all the same."""
    settings = settings_for("postgresql+psycopg://nobody@127.0.0.1:9/none")
    services = make_services(settings)
    try:
        said = await health_of(services)
    finally:
        await services.close()
    assert said["troubles"] == ["database_silent"] and said["installation"] == settings.installation
