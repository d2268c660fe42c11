"""A phone that its home center took back: heard like any stranger, and told apart (invariant 3)."""

from __future__ import annotations

import time
from uuid import uuid4

import orjson

from location_router.runtime.signing import sign
from location_router.runtime.tokens import Device, new_device_keys, sign_device_token
from tests.location_router.routers import KEYS, a_world, an_alert


async def test_an_alert_of_a_revoked_phone_is_flagged_and_not_refused(router_database: str, bus_database: str) -> None:
    private, public = new_device_keys()
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        await world.register("home-1", [], pem=public)
        mine, hers = str(uuid4()), str(uuid4())
        tokens = {one: sign_device_token(Device("home-1", one, str(uuid4()), "41170"), private) for one in (mine, hers)}

        async def say(device_id: str, state: str, by: str = "home-1") -> int:
            body = orjson.dumps({"kind": "phone", "state": state})
            path = f"/v1/devices/{device_id}"
            headers = sign(KEYS[by], installation=by, method="PUT", path=path, body=body, now=time.time())
            return (await world.client.put(path, content=body, headers=headers)).status_code

        async def flags(device_id: str) -> list[str]:
            answer = await world.post(an_alert(alert_id=str(uuid4())), token=tokens[device_id])
            assert answer.status_code == 202, answer.text
            return list(answer.json()["flags"])

        assert "unverified" not in await flags(mine)
        assert await say(mine, "revoked") == 200
        assert "unverified" in await flags(mine), "whoever has it now is heard all the same"
        assert "unverified" not in await flags(hers)
        assert await say(mine, "active") == 200
        assert "unverified" not in await flags(mine)
        assert await say(hers, "revoked", by="serving-1") == 200
        assert "unverified" not in await flags(hers), "another installation takes nobody's phone back"
