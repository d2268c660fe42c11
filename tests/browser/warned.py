"""A disaster room's own system, that warns through the router."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg

from location_router.runtime.db import conninfo
from location_router.runtime.seal import Sealer
from location_router.senders import store
from tests.browser.conftest import Installation
from tests.location_router.senders.vendors import signed


def a_room(installation: Installation, agency_id: str = "disaster-room", sender_id: str = "room") -> store.Issued:
    """A sender at the router that may warn."""
    with ThreadPoolExecutor(1) as other:  # the browser's driver has a loop in this thread
        return other.submit(asyncio.run, _registered(installation, agency_id, sender_id)).result()


async def _registered(installation: Installation, agency_id: str, sender_id: str) -> store.Issued:
    world = installation.world
    async with await psycopg.AsyncConnection.connect(conninfo(world.databases["router"])) as conn:
        sealer = Sealer(world.keys["router_data"])
        known: dict[str, Any] = {"sender_id": sender_id, "name": "재난안전상황실", "scopes": ["warnings"]}
        return await store.create(conn, sealer, agency_id=agency_id, **known)


def warn(installation: Installation, room: store.Issued, body: bytes) -> str:
    """The id of the warning."""
    headers = signed(room, "/v1/warnings", body) | {"Content-Type": "application/cap+xml"}
    url = f"{installation.world.urls['router']}/v1/warnings"
    answer = httpx.post(url, content=body, headers=headers, trust_env=False, timeout=30)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["warning_id"])
