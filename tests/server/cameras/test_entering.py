"""An administrator enters a camera that no device stands for: its facts, its streams, its end; and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from server.cameras import registry_routes
from server.cameras.service import stream_url
from server.staff.routes import COOKIE
from tests.server.scene import Scene, app_of, client, installation, listening

pytestmark = pytest.mark.database
ONE = "/api/cameras/registry/cam-1"
PASSWORD = "p@ss/w:비밀"


async def stands(scene: Scene, quality: Any) -> str:
    async with scene.services.db.begin() as unit:
        return await stream_url(unit, scene.services, "cam-1", quality)


async def test_a_camera_by_hand(installation_database: str) -> None:
    async with installation(installation_database, camera_networks="10.0.0.0/8") as scene:
        await scene.sql(
            "UPDATE session SET token_digest = :digest WHERE account_id = :id",
            digest=scene.services.sealer.digest("admin", context="session"),
            id=scene.staff["admin"].account_id,
        )
        async with (
            listening(app_of(scene.services, registry_routes.router)) as address,
            client(address, cookies={COOKIE: "admin"}) as admin,
        ):
            told = await _facts(scene, admin)
            assert PASSWORD not in told and "rtsp" not in told
            await _streams(scene, admin)
            for _ in range(2):
                retired = await admin.post(f"{ONE}/retire", json={"reason": "철거"})
                assert retired.json()["camera"]["retired_at"]
            lines = await scene.sql("SELECT tag FROM event WHERE tag LIKE 'camera:%' ORDER BY seq")
            assert [line["tag"] for line in lines] == ["camera:changed"] * 3 + ["camera:retired"]


async def _facts(scene: Scene, admin: Any) -> str:
    change = {"is_buffered": True, "purposes": ["traffic_information"], "heading_deg": 90, "consent_until": None}
    camera = (await admin.patch(ONE, json=change)).json()["camera"]
    assert camera.items() >= change.items() and camera["name"], "what was not named stays"
    assert await scene.one("SELECT is_buffered FROM camera WHERE camera_id = 'cam-1'")
    for wrong in ({"lat": 37.4}, {"heading_deg": 400}, {"purposes": ["spying"]}, {}):
        answer = await admin.patch(ONE, json=wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_camera"), wrong
    assert (await admin.patch(ONE, json={"health": "working"})).status_code == 422, "health is seen, not said"
    foreign = {"agreement_id": "00000000-0000-4000-8000-000000000001"}
    assert (await admin.patch(ONE, json=foreign)).json()["code"] == "unknown_agreement"
    assert (await admin.get("/api/cameras/registry/cam-of-nobody")).json()["code"] == "unknown_camera"
    assert (await admin.patch("/api/cameras/registry/nobody", json=change)).status_code == 404
    return (await admin.get(ONE)).text


async def _streams(scene: Scene, admin: Any) -> None:
    path = f"{ONE}/streams"
    given = {"sub": "rtsp://10.1.2.3:8554/sub", "user": "운영", "password": PASSWORD}
    answer = await admin.put(path, json=given)
    assert PASSWORD not in answer.text and "10.1.2.3" not in answer.text and answer.json()["camera"]["has_main"]
    assert (await stands(scene, "sub")) == (await stands(scene, "main"))
    assert (await stands(scene, "sub")).endswith("@10.1.2.3:8554/sub")
    for wrong in (
        "http://10.1.2.3/",
        "rtsp://203.0.113.5/",
        "rtsp://127.0.0.1/",
        "rtsp://a:b@10.1.2.3/",
        "rtsp://vms.kr/",
    ):
        refused = await admin.put(path, json=given | {"sub": wrong})
        assert (refused.status_code, refused.json()["code"]) == (422, "stream_address"), wrong
    assert (await admin.put(path, json={"main": "rtsp://10.1.2.3/"})).json()["field"] == "sub"
    assert not (await admin.put(path, json={})).json()["camera"]["has_sub"]
    with pytest.raises(KeyError):
        await stands(scene, "sub")
