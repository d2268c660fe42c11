"""The relay for requests before a router: the real router behind it, real sockets."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from location_router.senders import gate
from server.relay_requests_serving import RequestRelaySettings, build
from server.video.relay_log import log_files
from tests.location_router.routers import Desk, a_world
from tests.location_router.routers import until as eventually
from tests.location_router.senders.vendors import a_sender
from tests.location_router.senders.vendors import signed as sender_signed
from tests.location_router.test_requests import a_request, say
from tests.server.requests.asking import FIRM, RIVAL
from tests.server.requests.test_relay import ELSEWHERE, HERE, OWN_KEY, STRANGE, running

pytestmark = pytest.mark.database
BOOK = f"""
[agencies.security-demo]
networks = ["{HERE}/32"]
calls = ["requests", "live"]
sender = "firm"
[agencies.{RIVAL}]
networks = ["{ELSEWHERE}/32"]
sender = "other"
[agencies.third]
networks = ["{HERE}/32"]
"""


async def test_it_stands_before_a_router_as_before_a_center(
    router_database: str, bus_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender's signature is the router's to verify; its states come back, asked for and on the open line."""
    monkeypatch.setattr(gate, "FRESH_S", 0.05)
    monkeypatch.setattr(gate, "LOOK_AGAIN_S", 0.0)
    (tmp_path / "book.toml").write_text(BOOK)
    given = {"relay_key": OWN_KEY, "relay_log_dir": tmp_path / "log", "relay_agreements": tmp_path / "book.toml"}
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        desk = await Desk("serving-1", world.bus).listen()
        firm, other = await a_sender(world, "firm"), await a_sender(world, "other")
        relay = build(RequestRelaySettings(**given, relay_upstream=world.url, relay_before="router"))
        async with running(relay) as (inside, _):

            async def call(
                method: str, path: str, said: Any = None, *, by: Any = firm, address: str = HERE, **headers: str
            ) -> httpx.Response:
                body = b"" if said is None else json.dumps(said).encode()
                sent = sender_signed(by, path, body, method=method) | {"Content-Type": "application/json"} | headers
                transport = httpx.AsyncHTTPTransport(local_address=address)
                async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=30) as http:
                    return await http.request(method, inside + path, content=body, headers=sent)

            asked = a_request()
            raised = await call("POST", "/v1/requests", asked)
            assert raised.status_code == 202 and "by" not in raised.json(), raised.text
            path, line = f"/v1/requests/{asked['request_id']}", raised.json()
            live = f"{inside.replace('http', 'ws', 1)}{line['live_path']}?token={line['live_token']}"
            async with connect(live, proxy=None, local_addr=(HERE, 0)) as socket, asyncio.timeout(20):
                await eventually(lambda: bool(desk.deliveries))
                await say(desk, "accepted")
                while "accepted" not in str(await socket.recv()):
                    pass
            assert (await call("GET", path)).json()["state"] == "accepted"
            assert (await call("POST", f"{path}/cancel", {"reason": "x"})).status_code == 200

            forged = await call("GET", path, **{"X-Ansim-Signature": "0" * 64})
            assert (forged.status_code, forged.json()["code"]) == (401, "wrong_signature") and "by" not in forged.json()
            for answer, code in (
                (await call("GET", path, address=ELSEWHERE), "address_not_agreed"),
                (await call("GET", path, by=other), "address_not_agreed"),
                (await call("GET", path, **{"X-Ansim-Sender": "third"}), "agency_not_agreed"),
                (await call("GET", path, **{"X-Ansim-Sender": ""}), "agency_not_agreed"),
                (await call("GET", path, **{"X-Ansim-Signature": ""}), "unsigned"),
                (await call("POST", f"{path}/attachments", {}), "call_not_agreed"),
                (await call("GET", f"{path}?token=1"), "unknown_path"),
                (await call("POST", "/v1/alerts", {}), "unknown_path"),
                (await call("POST", f"/api/lines/{FIRM}/requests", {}), "unknown_path"),
            ):
                assert (answer.json()["code"], answer.json()["by"]) == (code, "relay")
            async with connect(live, proxy=None, local_addr=(STRANGE, 0)) as socket:
                assert json.loads(await socket.recv())["code"] == "address_not_agreed"
    lines = [json.loads(one) for file in log_files(tmp_path / "log") for one in file.read_text().splitlines()]
    assert {("raise", 202), ("cancel", 200), ("live", None)} <= {
        (one["what"], one.get("status")) for one in lines if one["kind"] == "closed" and one["who"] == "security-demo"
    }
    assert line["live_token"] not in json.dumps(lines)
