"""A desk for `bench.paths`, as small as it can be: registers, beats, and gives a receipt over the bus at once.

`python -m location_router.bench.desk NAME ROUTER_URL CENTERS` with `BUS_URL` and `INSTALLATION_KEY`; CENTERS are
codes with commas between, or `all`. In life it stands on another machine: it runs here with lower priority.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Literal
from uuid import UUID, uuid5

import httpx
import orjson
import uvloop

from location_router.bus import bus_from_url
from location_router.runtime.logs import set_up_logs
from location_router.runtime.signing import sign
from location_router.wire import CenterHealth, utc_now

BEAT_S = 1.0
AT_ONCE = 64


def receipt_for(body: bytes, name: str) -> tuple[str, bytes] | None:
    """(id, body) of the receipt of a delivery; None for news of links, which want none."""
    said = orjson.loads(body)
    if said["kind"] != "delivery":
        return None
    receipt = {
        "kind": "receipt",
        "delivery_id": said["delivery_id"],
        "alert_id": said["alert"]["alert_id"],
        "assignment_no": said["assignment"]["assignment_no"],
        "center_code": said["assignment"]["center"]["code"],
        "installation": name,
        "incident_id": uuid5(UUID(said["alert"]["alert_id"]), name),
        "received_at": utc_now(),
    }
    return said["delivery_id"], orjson.dumps(receipt)


async def desk(name: str, url: str, centers: str) -> None:
    key = os.environ["INSTALLATION_KEY"]
    bus = bus_from_url(os.environ["BUS_URL"])

    async def take(_: str, body: bytes) -> None:
        if found := receipt_for(body, name):
            await bus.publish("receipt", *found)

    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as client:

        async def call(path: str, body: bytes) -> None:
            headers = sign(key, installation=name, method="POST", path=path, body=body, now=time.time())
            (await client.post(path, content=body, headers=headers)).raise_for_status()

        serves: list[str] | Literal["all"] = "all" if centers == "all" else centers.split(",")
        given = {"installation": name, "https_url": "", "public_key_pem": "", "serves": serves, "home_center": ""}
        await call("/v1/installations/register", json.dumps(given).encode())
        await bus.subscribe(f"alert.{name}", "desk", take, at_once=AT_ONCE)
        print(json.dumps({"ready": True}), flush=True)
        while True:
            health = CenterHealth(installation=name, centers=serves, sent_at=utc_now(), operators_online=1)
            try:
                await call("/v1/centers/heartbeat", health.model_dump_json().encode())
            except httpx.HTTPError as error:
                print(repr(error), file=sys.stderr)
            await asyncio.sleep(BEAT_S)


if __name__ == "__main__":
    set_up_logs()
    os.nice(5)
    uvloop.run(desk(*sys.argv[1:4]))
