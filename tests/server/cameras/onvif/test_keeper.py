"""The keeper as it runs beside a server: a movement ends although nobody says a word more."""

from __future__ import annotations

import asyncio

import pytest

from server.cameras.ptz_keeper import PtzKeeper
from server.demo.onvif import OnvifFace
from tests.server.cameras.onvif.houses import house
from tests.server.cameras.onvif.test_ptz import bound, steps

pytestmark = pytest.mark.database


async def test_the_page_falls_silent_and_the_camera_stands(installation_database: str) -> None:
    async with house(installation_database) as the:
        face, incident_id = OnvifFace(), await the.scene.emergency()
        await bound(the, face, "cam-1")
        await the.watch("operator", incident_id, "cam-1")
        operator, keeper = await the.seat("operator"), PtzKeeper(the.scene.services)
        keeper.start()
        try:
            path = f"/api/incidents/{incident_id}/cameras/cam-1/ptz"
            assert (await operator.post(path, json={"tilt": 1, "seconds": 0.2})).status_code == 200
            async with asyncio.timeout(15):
                while "Stop" not in face.said:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            the.clock.forward(31)
            async with asyncio.timeout(15):
                while await steps(the) != ["taken", "released"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        finally:
            await keeper.stop()
        assert the.scene.services.shared["device_pool"]._held == {}, "its connections are closed with it"
