"""An administrator binds devices: what goes wrong is named, what is secret stays so, what is shown is written down."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from location_router.runtime.db import conninfo
from server.cameras.discovery import discover
from server.cameras.service import stream_url
from server.db import load_tables, metadata
from server.demo.onvif import FIRST_ENCODINGS, OnvifFace
from server.events import read_events
from server.video.gateway import Picture, Refused
from server.video_gate import ReleaseGate
from tests.server.cameras.onvif.houses import House, house, said

pytestmark = pytest.mark.database
PASSWORD = "p@ss/w:ö# %비밀"
_SIGNS = ("camera:bound", "device_service,")
"""Stand in the log, and in the row of the bound device: whoever does not find them has not looked everywhere."""
RTSP = "rtsp://127.0.0.1:8554/cam"


async def stands(the: House, camera_id: str, quality: Any) -> str:
    async with the.scene.services.db.begin() as unit:
        return await stream_url(unit, the.scene.services, camera_id, quality)


async def test_a_device_is_bound_and_nothing_secret_is_seen(
    installation_database: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with house(installation_database) as the:
        face = OnvifFace(RTSP, "운영 user", PASSWORD, clock_offset_s=600)
        url, admin = await the.plug(face), await the.seat("admin")
        right = {"url": url, "user": face.user, "password": PASSWORD}
        bind = "/api/cameras/cam-1/device"

        assert said(await admin.get(bind)) == (404, "no_device")
        wrong = await admin.post(bind, json=right | {"password": "p@ss"})
        assert said(wrong) == (409, "wrong_password") and "비밀번호" in wrong.json()["message_ko"]
        assert await the.scene.one("SELECT count(*) FROM camera_device") == 0
        told = (await admin.post(bind, json=right)).json()
        assert told == (await admin.get(bind)).json()
        assert (told["maker"], told["sub_profile"], told["main_profile"]) == ("안심카메라", "profile_2", "profile_1")
        assert told["is_ptz"] and told["has_home"] and not told["has_replay"]
        assert [one["code"] for one in told["findings"]] == ["b_frames_possible", "clock_skew"]
        assert told["clock_offset_s"] == pytest.approx(600, abs=30)

        inside = f"{quote(face.user, safe='')}:{quote(PASSWORD, safe='')}@127.0.0.1:8554"
        assert await stands(the, "cam-1", "sub") == f"rtsp://{inside}/cam/sub"
        assert await stands(the, "cam-1", "main") == f"rtsp://{inside}/cam/main"
        camera = (await the.scene.sql("SELECT * FROM camera WHERE camera_id = 'cam-1'"))[0]
        assert (camera["is_ptz"], camera["width_px"], camera["pan_speed_deg_s"]) == (True, 1920, 120)

        await streams_of_another_host(the, face, admin, bind, right)
        await no_stream_a_browser_can_play(the, admin, bind)
        everywhere = [*await everything(installation_database), *await the_log(the), *the.answers, *capfd.readouterr()]
        assert all(one in str(everywhere) for one in _SIGNS)
        plain = (PASSWORD, quote(PASSWORD, safe=""), face.user, quote(face.user, safe=""))
        for secret in (*plain, *(one.encode().hex() for one in plain)):  # bytes stand in a row's text as hex
            assert not [one[:200] for one in everywhere if secret in one]


async def streams_of_another_host(the: House, face: OnvifFace, admin: Any, bind: str, right: dict[str, str]) -> None:
    """A device may be wrong about where its stream is, or lie: shown, and taken only when the administrator says so."""
    face.rtsp = "rtsp://127.9.8.7:554/cam"
    elsewhere = await admin.post(bind, json=right)
    assert said(elsewhere) == (409, "stream_elsewhere") and elsewhere.json()["host"] == "127.9.8.7"
    assert "127.9.8.7" not in await stands(the, "cam-1", "sub")
    assert said(await admin.post(bind, json=right | {"subnet": "127.9.9.0/24"})) == (409, "stream_elsewhere")
    assert (await admin.post(bind, json=right | {"subnet": "127.9.8.0/24"})).status_code == 200
    assert "127.9.8.7:554" in await stands(the, "cam-1", "sub")


async def no_stream_a_browser_can_play(the: House, admin: Any, bind: str) -> None:
    face = OnvifFace(RTSP, encodings=tuple(replace(one, codec="H265") for one in FIRST_ENCODINGS))
    url = await the.plug(face)
    answer = await admin.post(bind, json={"url": url, "user": "admin", "password": "camera"})
    assert said(answer) == (409, "no_h264") and "H.264" in answer.json()["message_ko"]


async def everything(url: str) -> list[str]:
    """Every row of every table, as text."""
    load_tables()
    async with await psycopg.AsyncConnection.connect(conninfo(url), autocommit=True) as db:
        await db.execute("SELECT set_config('ansim.center', '*', false)")
        rows = []
        for table in metadata.tables:
            query = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table))
            rows += [str(row[0]) for row in await (await db.execute(query)).fetchall()]
        return rows


async def the_log(the: House) -> list[str]:
    """Every line of the chain, opened."""
    async with the.scene.services.db.begin() as unit:
        return [str(one.line) for one in await read_events(unit, cards=False)]


class Hub:
    """A gateway that has a picture of the cameras without a device, and asks the gate as the video process does."""

    def __init__(self, gate: ReleaseGate, jpeg: bytes | None) -> None:
        self.gate, self.jpeg, self.asked = gate, jpeg, list[tuple[str, str]]()

    async def still(self, camera_id: str, release_id: str) -> Picture | None:
        self.asked.append((camera_id, release_id))
        await self.gate.still(release_id, camera_id)
        with pytest.raises(Refused):
            await self.gate.still(release_id, "cam-3")
        return Picture(self.jpeg, 5) if self.jpeg else None


async def test_addresses_that_are_no_cameras_a_setup_still_and_a_search(installation_database: str) -> None:
    async with house(installation_database) as the:
        face = OnvifFace(RTSP)
        url, admin, operator = await the.plug(face), await the.seat("admin"), await the.seat("operator")
        bind, right = "/api/cameras/cam-1/device", {"user": "admin", "password": "camera"}
        for text in ("ftp://127.0.0.1", "http://admin:camera@127.0.0.1", "http://127.0.0.1/?x=1", "a b"):
            answer = await admin.post(bind, json=right | {"url": text})
            assert said(answer) == (422, "device_url"), text
        for text in ("http://8.8.8.8", "http://169.254.169.254/latest", "http://10.0.0.1", "[::1]:80"):
            assert said(await admin.post(bind, json=right | {"url": text})) == (409, "device_network"), text
        assert said(await operator.post(bind, json=right | {"url": url})) == (403, "wrong_role")
        assert said(await admin.post("/api/cameras/cam-9/device", json=right | {"url": url})) == (404, "unknown_camera")
        assert face.said == []
        assert (await admin.post(bind, json=right | {"url": url})).status_code == 200
        await setup_stills(the, admin, operator)
        await searches(the, admin, operator, urlsplit(url).port or 0)


async def setup_stills(the: House, admin: Any, operator: Any) -> None:
    path = "/api/cameras/{}/setup-still"
    assert said(await operator.post(path.format("cam-1"), json={"reason": "각도 조정"})) == (403, "wrong_role")
    assert said(await admin.post(path.format("cam-1"), json={"reason": "  "})) == (403, "no_reason")
    still = await admin.post(path.format("cam-1"), json={"reason": "각도 조정"})
    assert still.content[:2] == b"\xff\xd8" and still.headers["content-type"] == "image/jpeg"
    the.scene.services.gateway = hub = Hub(ReleaseGate(the.scene.services), None)  # type: ignore[assignment]
    assert said(await admin.post(path.format("cam-2"), json={"reason": "설치 확인"})) == (409, "no_picture")
    hub.jpeg = b"\xff\xd8 of the stream"
    assert (await admin.post(path.format("cam-2"), json={"reason": "설치 확인"})).content == hub.jpeg
    rows = await the.scene.sql("SELECT * FROM release WHERE kind = 'maintenance' ORDER BY granted_at")
    given = [(row["camera_id"], row["end_reason"], row["first_byte_at"] is not None) for row in rows]
    assert given == [("cam-1", "given", True), ("cam-2", "no_picture", False), ("cam-2", "given", True)]
    assert {row["legal_basis"] for row in rows} == {"pipa-25"} and rows[0]["incident_id"] is None
    assert still.headers["x-ansim-release"] == str(rows[0]["release_id"])
    assert [one[1] for one in hub.asked] == [str(row["release_id"]) for row in rows[1:]], "the row was there first"
    with pytest.raises(Refused):
        await hub.gate.still(str(rows[2]["release_id"]), "cam-2")


async def searches(the: House, admin: Any, operator: Any, port: int) -> None:
    path, wish = "/api/cameras/discover", {"subnet": "127.0.0.0/30", "ports": [port]}
    for subnet in ("10.0.0.0/16", "8.8.8.0/24", "127.0.0.0/21", "골목", "10.0.0.0/24"):
        assert said(await admin.post(path, json=wish | {"subnet": subnet})) == (422, "subnet"), subnet
    assert said(await operator.post(path, json=wish)) == (403, "wrong_role")
    begun = await admin.post(path, json=wish)
    assert begun.status_code == 202 and (begun.json()["state"], begun.json()["to_ask"]) == ("running", 2)
    assert said(await admin.post(path, json=wish)) == (409, "discovery_running")
    discovery_id = begun.json()["discovery_id"]
    assert await the.scene.one("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'discover_cameras'") == 1
    await discover(the.scene.services, UUID(discovery_id))
    done = (await admin.get(f"/api/cameras/discoveries/{discovery_id}")).json()
    assert (done["state"], done["asked"]) == ("done", 2)
    assert [(one["host"], one["camera_id"]) for one in done["found"]] == [("127.0.0.1", "cam-1")]

    wide = wish | {"subnet": "127.0.1.0/26"}
    second = (await admin.post(path, json=wide)).json()["discovery_id"]
    cancelled = (await admin.post(f"/api/cameras/discoveries/{second}/cancel")).json()
    assert cancelled["state"] == "cancelled"
    async with asyncio.timeout(30):
        await discover(the.scene.services, UUID(second))
    assert (await admin.get(f"/api/cameras/discoveries/{second}")).json()["asked"] == 0
    begins = [line for line in await the_log(the) if "camera:discovery_begun" in line]
    assert len(begins) == 2 and "127.0.0.0/30" in begins[0] and str(the.scene.staff["admin"].account_id) in begins[0]
