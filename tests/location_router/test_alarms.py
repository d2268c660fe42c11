"""An alert that nobody confirmed is an alarm: raised once, told until heard, cleared once; silent when all is well."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import FastAPI, Request, Response

from location_router.wire import State
from tests.location_router.routers import ANYANG_CODE, Desk, World, a_world, an_alert, served, until

pytestmark = pytest.mark.database
KEY = "shared"


class Ears:
    """Whoever is told: checks signatures, refuses the first call of each message."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.refused: set[str] = set()
        self.app = FastAPI()
        self.app.post("/")(self._hear)

    async def _hear(self, request: Request) -> Response:
        body, number = await request.body(), request.headers["X-Ansim-Id"]
        text = f"{request.headers['X-Ansim-Time']}.{number}.".encode() + body
        assert request.headers["X-Ansim-Signature"] == hmac.new(KEY.encode(), text, hashlib.sha256).hexdigest()
        if number not in self.refused:
            self.refused.add(number)
            return Response(status_code=503)
        self.heard.append({"id": number} | orjson.loads(body))
        return Response("접수 20261122-1", media_type="text/plain")


async def page(world: World, token: str = "wall") -> Any:
    answer = await world.client.get("/admin/alarms", headers={"Authorization": f"Bearer {token}"})
    return answer.json()


@pytest.fixture
def admin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text(f"wall:{hashlib.sha256(b'wall').hexdigest()}\n")
    monkeypatch.setenv("ADMIN_TOKENS", str(tokens))


@pytest.mark.usefixtures("admin")
async def test_an_undelivered_alert_raises_and_its_receipt_clears(router_database: str, bus_database: str) -> None:
    ears = Ears()
    async with (
        served(ears.app) as url,
        a_world(
            router_database, bus_database, undelivered_s=0.5, alarm_webhook_url=url, alarm_webhook_key=KEY
        ) as world,
    ):
        await world.register("serving-1", "all")
        assert "ansim_router_undelivered_alerts{" not in (await world.client.get("/metrics")).text
        await until(lambda: world.rows("SELECT 1 FROM worker_seen"))
        assert (await page(world))["ok"] is True, "silent while all is well"
        alert = an_alert()
        await world.post(alert)
        await until(lambda: [one["event"] for one in ears.heard] == ["raise"])
        raised = ears.heard[0]
        assert raised["kind"] == "undelivered" and raised["center"] == ANYANG_CODE
        assert raised["alert"] == alert["alert_id"][-12:] and "010-1234" not in str(ears.heard)
        shown = await page(world)
        assert (shown["ok"], [one["alert"] for one in shown["undelivered"]]) == (False, [raised["alert"]])
        assert shown["undelivered"][0]["center"]["name_ko"] == "경기도 안양시"
        assert (
            f'ansim_router_undelivered_alerts{{center="{ANYANG_CODE}"}} 1' in (await world.client.get("/metrics")).text
        )

        await Desk("serving-1", world.bus).listen()
        await until(lambda: [one["event"] for one in ears.heard] == ["raise", "clear"])
        assert ears.heard[1]["alarm_id"] == raised["alarm_id"]
        assert (await page(world))["ok"] is True
        await asyncio.sleep(1.2)
        assert len(ears.heard) == 2 and len(world.rows("SELECT 1 FROM alarm")) == 1, "each once"


async def test_the_112_desk_is_called_until_it_answers(router_database: str, bus_database: str) -> None:
    ears = Ears()
    quick: dict[str, Any] = {"runner_up_s": 0.2, "desk_112_s": 0.4, "offline_after_s": 0.1}
    async with (
        served(ears.app) as url,
        a_world(router_database, bus_database, desk_112_url=url, desk_112_key=KEY, **quick) as world,
    ):
        await world.register("serving-1", "all")
        desk = await Desk("serving-1", world.bus).listen()
        alert = an_alert()
        await world.post(alert)
        await until(lambda: ears.heard)
        assert ears.heard[0]["id"] == f"{alert['alert_id']}/desk_112"
        assert ears.heard[0]["position"]["lat"] == 37.4015 and ears.heard[0]["callback"] == "010-1234-5678"
        assert set(ears.heard[0]) == {
            "id",
            "alert_id",
            "step",
            "is_drill",
            "center",
            "active_at",
            "callback",
            "position",
        }
        await until(lambda: world.rows("SELECT answer, attempts FROM call_112") == [("접수 20261122-1", 2)])
        await desk.say(State.ACKNOWLEDGED, seq=1)
        await until(lambda: world.rows("SELECT 1 FROM alert WHERE ladder_at IS NULL"))
        assert len(ears.heard) == 1


@pytest.mark.usefixtures("admin")
async def test_who_may_look_and_what_the_page_says_of_a_lost_bus(
    router_database: str, bus_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_world(router_database, bus_database, worker=False) as world:
        assert (await world.client.get("/admin/alarms")).status_code == 401
        answer = await world.client.get("/alarms")
        assert answer.status_code == 200 and "sha256-" in answer.headers["content-security-policy"]
        assert "전부" not in answer.text and "ok" not in (await page(world, "guess"))
        shown = await page(world)
        assert (shown["postgis"], shown["bus"], shown["swept"], shown["ok"]) == ("up", "up", False, False)

        async def lost(*_: Any) -> None:
            raise TimeoutError

        monkeypatch.setattr(world.router.alarms.parts.bus, "publish", lost)
        monkeypatch.setattr(world.router.alarms.parts.pool, "run", lost)
        shown = await page(world)
        assert (shown["postgis"], shown["bus"], shown["ok"], shown["undelivered"]) == ("away", "away", False, None)
        monkeypatch.undo()

        alert = an_alert()
        await world.post(alert)
        address = f"/v1/alerts/{alert['alert_id']}/timeline"
        assert (await world.client.get(address)).status_code == 401
