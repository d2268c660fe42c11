"""A camera that recognises plates itself, followed over ONVIF's events."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from server.cameras import devices
from server.cameras.onvif.port import DeviceAddress
from server.demo.onvif import OnvifFace
from server.plate_following import follow
from server.plates.model import read_push
from server.plates.readers import BadReader
from server.plates.service import push
from tests.server.cameras.onvif.houses import House, house
from tests.server.plates.onvif_words import notice
from tests.server.requests.asking import BASIS, agree

pytestmark = pytest.mark.database
_HITS = "SELECT * FROM plate_hit WHERE incident_id IS NOT NULL ORDER BY read_at"
POLICE, PLATE = "police-1", "123가4567"


async def wanted(the: House) -> None:
    scene = the.scene
    await scene.sql(
        "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, 'police', :id, :id)", id=POLICE
    )
    await agree(scene, POLICE, triggers=["wanted_vehicle"], auto_triggers=["wanted_vehicle"])
    until = (scene.services.clock() + timedelta(days=1)).isoformat()
    said = {"plate": PLATE, "crime": "robbery", "legal_basis": BASIS, "expires_at": until}
    push_said, plate = read_push(said, scene.services.clock())
    async with scene.services.db.begin() as unit:
        await push(unit, scene.services, agency_id=POLICE, entry_id=uuid4(), said=push_said, plate=plate)


async def test_a_camera_that_recognises_plates_is_followed_over_its_restart(installation_database: str) -> None:
    async with house(installation_database) as the:
        scene, face = the.scene, OnvifFace(notices=[])
        address = DeviceAddress(await the.plug(face), face.user, face.password)
        where = devices.Wanted(address, subnet="127.0.0.0/24")
        await devices.bind(scene.services, scene.staff["admin"], "cam-1", where)
        with pytest.raises(BadReader, match="cam-1"):
            await follow(scene.services, ["cam-1"])
        await scene.sql("UPDATE camera SET is_anpr = true WHERE camera_id = 'cam-1'")
        await wanted(the)
        following = asyncio.create_task(follow(scene.services, ["cam-1"]))

        async def hits(count: int) -> list[dict[str, Any]]:
            async with asyncio.timeout(20):
                while len(found := await scene.sql(_HITS)) < count:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            return found

        try:
            ago = scene.services.clock() - timedelta(seconds=300)
            face.notices = [notice("11가1111", ago, 0.99), notice(PLATE, ago, 0.9999)]
            (hit,) = await hits(1)
            assert (hit["camera_id"], hit["read_at"]) == ("cam-1", ago)
            face.subscriptions += 1  # it has restarted, and knows of no subscription
            face.notices = [notice(PLATE, ago + timedelta(seconds=120), 0.9999)]
            assert len(await hits(2)) == 2
            assert face.said.count("CreatePullPointSubscription") == 2
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
