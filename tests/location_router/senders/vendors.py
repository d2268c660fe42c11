"""A registered sender beside a running router, and devices of a home center."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import UUID, uuid4

import httpx

from location_router.devices import mac_of, signed_text
from location_router.runtime.device_keys import device_key, device_ref
from location_router.runtime.seal import Sealer
from location_router.runtime.signing import sign
from location_router.senders import store
from location_router.senders.keys import SCOPES, SENDER_HEADER
from tests.location_router.routers import ANYANG, KEYS, World


async def a_sender(
    world: World, sender_id: str = "buttons", *, scopes: tuple[str, ...] = SCOPES, **more: Any
) -> store.Issued:
    more = {"agency_id": "security-demo" if "requests" in scopes else ""} | more
    async with world.router.pool.transaction() as conn:
        return await store.create(
            conn, Sealer(world.router.settings.data_key),
            sender_id=sender_id, name="단추 회사", scopes=list(scopes), **more,
        )  # fmt: skip


def signed(issued: store.Issued, path: str, body: bytes, *, method: str = "POST", ago_s: float = 0.0) -> dict[str, str]:
    return sign(
        issued.signing_secret, installation=issued.sender_id, method=method, path=path, body=body,
        now=time.time() - ago_s, name_header=SENDER_HEADER,
    )  # fmt: skip


async def send(world: World, issued: store.Issued, path: str, data: Any, *, method: str = "POST") -> httpx.Response:
    body = b"" if data is None else json.dumps(data).encode()
    return await world.client.request(method, path, content=body, headers=signed(issued, path, body, method=method))


def by_home(path: str, body: bytes) -> dict[str, str]:
    """Headers of a PUT that home center `home-1` makes."""
    return sign(KEYS["home-1"], installation="home-1", method="PUT", path=path, body=body, now=time.time())


class Button:
    """A button of `home`; says what a cheap modem would."""

    def __init__(self, home: str = "home-1", *, key: str = "") -> None:
        self.device_id = uuid4()
        self.ref = device_ref(home, self.device_id)
        self.key = device_key(key or KEYS[home], str(self.device_id))
        self.seq = 0

    def message(self, kind: str = "press", **fields: Any) -> bytes:
        self.seq += 1
        data = {"v": 1, "device": self.ref, "seq": self.seq, "kind": kind, "bat": 80, "at": int(time.time())} | fields
        if kind == "press":
            data = {"lat": ANYANG["lat"], "lon": ANYANG["lon"], "acc": 20} | data
        text = json.dumps(data)
        plain = json.loads(text, parse_float=str, parse_int=str)
        return json.dumps(data | {"mac": mac_of(self.key, signed_text(plain))}).encode()

    @property
    def id(self) -> UUID:
        return self.device_id
