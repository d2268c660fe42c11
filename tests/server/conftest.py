"""An installation on a fresh database, nothing running beside it: tests start what their story needs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from location_router.runtime.seal import new_key
from server.services import Services, make_services
from server.settings import Settings
from tests.server.deliveries import Clock


def settings_for(url: str, **more: object) -> Settings:
    values: dict[str, object] = {
        "database_url": url, "data_key": new_key(), "installation": "serving-1", "installation_key": "secret",
        "serves": "all", "home_center": "41170", "video_gateway": "console", **more,
    }
    return Settings(**values)  # type: ignore[arg-type]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def services(installation_database: str, clock: Clock) -> AsyncIterator[Services]:
    held = make_services(settings_for(installation_database), clock=clock)
    yield held
    await held.close()
