"""The whole server over real sockets: who hears of a request, when nobody answers it, and when it is answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from server.dispatch.service import KST
from server.seed import seed_agencies, seed_cameras
from tests.server.conftest import Desk
from tests.server.deliveries import Clock
from tests.server.scene import EYES, LAT, LON

pytestmark = pytest.mark.database


async def until(socket: ClientConnection, fits: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """The first frame that fits."""
    async with asyncio.timeout(15):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if fits(frame):
                return frame


def says(what: str) -> Callable[[dict[str, Any]], bool]:
    return lambda frame: frame.get("kind", frame["type"]) == "video_request" and frame["what"] == what


async def test_the_desk_hears_of_a_request_its_leader_when_nobody_answers_and_the_agency_the_answer(
    desk: Desk, clock: Clock
) -> None:
    async with desk.services.db.begin() as unit:
        await seed_agencies(unit, ["41170"])
        base = "rtsp://127.0.0.1:1"
        await seed_cameras(unit, desk.services.sealer, center_id="41170", cameras=EYES, rtsp_base=base)
    async with desk.browser() as operator, desk.browser("leader") as leader, desk.browser("police") as police:
        cookie = {"Cookie": f"ansim_session={police.cookies['ansim_session']}"}
        url = desk.url.replace("http", "ws") + "/api/agency/feed"
        async with desk.feed(operator) as seat, connect(url, additional_headers=cookie, proxy=None) as agency:
            await until(seat, lambda frame: frame["type"] == "snapshot")
            await until(agency, lambda frame: frame["type"] == "snapshot")
            body = {
                "case_no": f"112-{clock().astimezone(KST):%Y%m%d}-00009",
                "basis": "pipa-18-2-7",
                "reason": "납치 의심 신고가 들어왔습니다.",
                "type": "kidnapping",
                "place": {"lat": LAT, "lon": LON},
                "until_at": (clock() + timedelta(hours=1)).isoformat(),
            }
            asked = await police.post("/api/agency/video-requests", json=body)
            assert asked.status_code == 201, asked.text
            banner = await until(seat, says("requested"))
            assert (banner["case_no"], banner["stays"]) == (body["case_no"], True)
            assert str(LAT) not in str(banner) and body["reason"] not in str(banner)
            clock.forward(121)  # the server's own sweeper looks
            assert (await until(seat, says("escalated")))["stays"]
            assert (await leader.get("/api/supervision")).json()["video_requests_unanswered"] == 1
            path = f"/api/video-requests/{banner['request_id']}"
            approved = (await operator.post(f"{path}/approve", json={"reason": "확인"})).json()["request"]
            assert (await until(agency, says("approved")))["request_id"] == banner["request_id"]
            told = await until(seat, lambda frame: frame["type"] == "event" and frame["incident"])
            assert told["incident"]["incident_id"] == approved["incident_id"] and told["incident"]["position"] is None
            case = await until(agency, lambda frame: frame["type"] == "dispatch")
            assert (case["dispatch"]["state"], case["dispatch"]["receipt_no"]) == ("accepted", body["case_no"])
            assert len((await police.post(f"/api/agency{path[4:]}/video")).json()["cameras"]) == 5
            assert (await police.delete(f"/api/agency{path[4:]}")).json()["request"]["state"] == "ended"
            assert (await until(seat, says("ended")))["reason"] == "withdrawn"
            assert (await until(agency, says("ended")))["reason"] == "withdrawn"
