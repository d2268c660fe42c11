"""The room where these stories happen."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.server.sightings.rooms import Room, a_room


@pytest.fixture
async def room(installation_database: str) -> AsyncIterator[Room]:
    async with a_room(installation_database) as made:
        yield made
