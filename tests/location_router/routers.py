"""A whole router in the test's own process, desks that answer on the bus and over HTTPS, and phones that shake."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import uvicorn
from fastapi import FastAPI, Request, Response

from location_router.app import Router, make_app
from location_router.bus import Bus, bus_from_url
from location_router.ready import ready_index
from location_router.runtime.db import conninfo
from location_router.runtime.seal import new_key
from location_router.runtime.signing import sign, verify
from location_router.settings import Settings
from location_router.wire import Delivery, Receipt, State, Status, utc_now

ANYANG = {"lat": 37.4015, "lon": 126.9227}
ANYANG_CODE, GUNPO_CODE, UIWANG_CODE = "41170", "41410", "41430"
KEYS = {"serving-1": "one", "serving-2": "two", "serving-3": "three", "home-1": "home"}
FAST = {"deliver_https_s": 0.4, "deliver_next_s": 1.0, "sweep_s": 0.05, "offline_after_s": 60.0}


class QuietServer(uvicorn.Server):
    """Leaves the test's own signal handlers alone."""

    def capture_signals(self) -> Any:
        return nullcontext()


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The address of `app`, listening on a free port until the block ends."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_config=None,
        lifespan="on",
        ws="websockets-sansio",
        timeout_graceful_shutdown=1,
    )
    server = QuietServer(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), "the server did not start"
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@dataclass
class World:
    """One router API process with its address, and a client."""

    url: str
    router: Router
    client: httpx.AsyncClient
    database: str
    bus: Bus

    async def post(self, alert: dict[str, Any] | bytes, *, token: str = "") -> httpx.Response:
        body = alert if isinstance(alert, bytes) else json.dumps(alert).encode()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.client.post("/v1/alerts", content=body, headers=headers)

    async def signed(self, path: str, body: bytes, *, installation: str = "serving-1", key: str = "") -> httpx.Response:
        headers = sign(
            key or KEYS[installation], installation=installation, method="POST", path=path, body=body, now=time.time()
        )
        return await self.client.post(path, content=body, headers=headers)

    async def register(self, installation: str, serves: Any, *, https_url: str = "", pem: str = "") -> None:
        body = {
            "installation": installation,
            "https_url": https_url,
            "public_key_pem": pem,
            "serves": serves,
            "home_center": ANYANG_CODE,
        }
        answer = await self.signed("/v1/installations/register", json.dumps(body).encode(), installation=installation)
        assert answer.status_code == 200, answer.text

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(conninfo(self.database), autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []


@asynccontextmanager
async def a_world(
    database: str, bus_url: str, *, worker: bool = True, key: str = "", **changes: Any
) -> AsyncIterator[World]:
    """A router on these databases; `worker` runs the sweeper and consumers in the same process."""
    settings = Settings(
        database_url=database,
        bus_url=bus_url,
        data_key=key or TEST_KEY,
        router_installation_keys=KEYS,
        router_inline_worker=worker,
        **(FAST | changes),
    )
    app = make_app(settings, index=INDEX)
    bus = bus_from_url(bus_url)
    async with served(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as client:
        try:
            yield World(url, app.state.router, client, database, bus)
        finally:
            await bus.close()


INDEX = ready_index()
TEST_KEY = new_key()


def an_alert(**fields: Any) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    position = {**ANYANG, "accuracy_m": 15, "fixed_at": now}
    return {
        "alert_id": str(uuid4()),
        "phase": "active",
        "raised_at": now,
        "trigger": "shake",
        "position": position,
        "caller": {"nickname": "지영", "phone": "010-1234-5678"},
    } | fields


@dataclass
class Desk:
    """A center server's intake, as far as the router sees it."""

    name: str
    bus: Bus
    deliveries: list[Delivery] = field(default_factory=list)
    answers: bool = True

    async def listen(self) -> Desk:
        await self.bus.subscribe(f"alert.{self.name}", "intake", self._on_bus)
        return self

    def app(self) -> FastAPI:
        """Its HTTPS address, which checks the router's signature."""
        app = FastAPI()

        @app.post("/v1/inbox")
        async def inbox(request: Request) -> Response:
            body = await request.body()
            assert (
                verify(request.headers, KEYS, method="POST", path="/v1/inbox", body=body, now=time.time()) == self.name
            )
            return Response(self._receive(body).model_dump_json(), media_type="application/json")

        return app

    async def _on_bus(self, _: str, body: bytes) -> None:
        receipt = self._receive(body)
        if self.answers:
            await self.bus.publish("receipt", str(receipt.delivery_id), receipt.model_dump_json().encode())

    def _receive(self, body: bytes) -> Receipt:
        delivery = Delivery.model_validate_json(body)
        self.deliveries.append(delivery)
        return receipt_for(delivery, self.name)

    async def say(self, state: State, *, index: int = -1, **fields: Any) -> Status:
        """A status about one of its deliveries."""
        delivery = self.deliveries[index]
        status = Status(
            **{
                "status_id": uuid4(),
                "alert_id": delivery.alert.alert_id,
                "state": state,
                "at": utc_now(),
                "assignment_no": delivery.assignment.assignment_no,
                "center": delivery.assignment.center,
            }
            | fields
        )
        await self.bus.publish("status", str(status.status_id), status.model_dump_json().encode())
        return status


def receipt_for(delivery: Delivery, installation: str) -> Receipt:
    return Receipt(
        delivery_id=delivery.delivery_id,
        alert_id=delivery.alert.alert_id,
        installation=installation,
        assignment_no=delivery.assignment.assignment_no,
        center_code=delivery.assignment.center.code,
        incident_id=uuid4(),
        received_at=utc_now(),
    )


async def until(check: Callable[[], Any], *, within_s: float = 15.0) -> Any:
    """The first true answer of `check()`."""
    deadline = time.monotonic() + within_s
    while not (found := check()):
        assert time.monotonic() < deadline, "did not happen in time"
        await asyncio.sleep(0.01)
    return found
