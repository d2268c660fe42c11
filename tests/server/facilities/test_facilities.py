"""A city publishes its safe places, takes a bad file back, and somebody is shown the way past them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, Response

from server.facilities import routes
from server.facilities.engine import Away, OsrmEngine
from server.people import routes as people
from server.settings import Settings
from server.staff.routes import COOKIE
from server.walks import routes as walk_routes
from server.walks.assessing import walk_of
from server.walks.model import Patience
from server.walks.rows import Running, open_plan
from tests.server.scene import CENTER, LAT, LON, Scene, app_of, client, installation, listening

pytestmark = pytest.mark.database
PATH = routes.IMPORTS
HEAD = ("시설구분", "시설명", "소재지도로명주소", "위도", "경도", "전화번호", "운영시간", "관리번호", "데이터기준일자")
ADDRESS = "경기도 안양시 동안구 시민대로 {}"
SEOUL = "서울특별시 종로구 세종대로 1"


def row(kind: str, name: str, lat: Any, lon: Any, address: str = ADDRESS.format(9), number: str = "") -> list[Any]:
    return [kind, name, address, lat, lon, "031-000-0000", "00:00~24:00", number, "2026-05-01"]


def table(*rows: list[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([HEAD, *rows])
    return text.getvalue().encode("cp949")


def corner(share: float) -> tuple[float, float]:
    """On the longer way of the engine below: east first, then north."""
    return LAT + 0.009 * share, LON + 0.0005


GOOD = (
    row("지구대", "시험지구대", *(round(one, 6) for one in corner(0.5)), number="P-1"),
    *(row("보안등", "", *(round(one, 6) for one in corner(n / 20)), number=f"L-{n}") for n in range(21)),
    row("비상벨", "먼 비상벨", LAT + 0.0045, LON + 0.004, number="B-1"),
)


@asynccontextmanager
async def engine() -> AsyncIterator[tuple[str, list[str]]]:
    """OSRM's own words over HTTP: the direct way, and one along the corner."""
    asked: list[str] = []
    app = FastAPI()

    @app.get("/route/v1/foot/{ends}")
    async def route(ends: str) -> Response:
        asked.append(ends)
        (west, south), (east, north) = (tuple(map(float, end.split(","))) for end in ends.split(";"))
        straight = [[west, south], [east, north]]
        aside = [[west, south], [west + 0.0005, south], [east + 0.0005, north], [east, north]]
        routes = [
            {"geometry": {"type": "LineString", "coordinates": line}, "distance": metres, "duration": metres / 1.3}
            for line, metres in ((straight, 1_000.0), (aside, 1_090.0), (aside, 1_400.0))
        ]
        return Response(json.dumps({"code": "Ok", "routes": routes}), media_type="application/json")

    async with listening(app) as address:
        yield address, asked


async def _signed_in(scene: Scene) -> None:
    for login, viewer in scene.staff.items():
        digest = scene.services.sealer.digest(login, context="session")
        await scene.sql("UPDATE session SET token_digest = :d WHERE account_id = :id", d=digest, id=viewer.account_id)


async def test_a_city_publishes_and_somebody_walks_past(installation_database: str) -> None:
    async with (
        engine() as (engine_url, asked),
        installation(installation_database, routing_url=engine_url) as scene,
    ):
        await scene.add("other-admin", "admin", desk="second")
        await _signed_in(scene)
        app = app_of(scene.services, routes.router, people.router, walk_routes.router)
        async with (
            listening(app) as address,
            client(address, cookies={COOKIE: "admin"}) as admin,
            client(address, cookies={COOKIE: "other-admin"}) as other,
            client(address, cookies={COOKIE: "operator"}) as operator,
            client(address) as anybody,
        ):
            assert (await operator.get(PATH)).status_code == 403
            await _refused(admin)
            first = await _previewed(admin, anybody)
            await _published(scene, admin, other, anybody, first)
            await _replaced_and_taken_back(admin, anybody, first)
            await _asked_for_a_way(scene, anybody, asked)
        await scene.services.shared["routing_engine"].close()


async def _upload(
    admin: httpx.AsyncClient, content: bytes, name: str = "안전 시설.csv", **query: Any
) -> httpx.Response:
    return await admin.post(PATH, params=query, content=content, headers={"X-File-Name": quote(name)})


async def _refused(admin: httpx.AsyncClient) -> None:
    for content, name, status, code in (
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "사진.csv", 415, "not_a_table"),
        (b"", "빈.csv", 422, "empty_file"),
        (table(), "", 422, "file_name"),
        ("이름,주소\n가,나\n".encode() * 3, "위치 없음.csv", 422, "unreadable"),
    ):
        answer = await _upload(admin, content, name)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    nothing = (await _upload(admin, table(row("보안등", "", "", "")))).json()
    assert nothing["import"] is None and nothing["report"]["refused_by"] == {"no_coordinates": 1}


async def _previewed(admin: httpx.AsyncClient, anybody: httpx.AsyncClient) -> str:
    """The good rows are kept, each other is named with its line, the reason and the cure; nobody sees any of it."""
    bad = (
        row("보안등", "바뀐 축", LON + 0.001, LAT + 0.001, number="S-1"),
        row("비상벨", "빈 좌표", "", ""),
        row("정자", "쉬는 곳", LAT, LON),
        row("비상벨", "남의 것", 37.5730, 126.9794, SEOUL),
        GOOD[0],
    )
    content = table(*GOOD, *bad)
    told = (await _upload(admin, content, source="anyang")).json()
    begin = len(GOOD) + 2
    left_out = {one["line"]: one["reason"] for one in told["report"]["refused"]}
    assert left_out == {
        begin: "swapped_axes", begin + 1: "no_coordinates", begin + 2: "kind", begin + 3: "not_served",
        begin + 4: "twice",
    }  # fmt: skip
    assert all(one["ko"] and one["en"] and one["cure_ko"] and one["cure_en"] for one in told["report"]["refused"])
    assert told["report"]["encoding"] == "cp949"
    mended = (await _upload(admin, content, source="anyang", mend=True)).json()
    assert (mended["report"]["mended"], mended["report"]["good"]) == (1, len(GOOD) + 1)
    [center] = mended["import"]["centers"]
    assert (center["center_id"], center["state"]) == (CENTER, "preview")
    assert center["by_kind"] == {"police_box": 1, "light": 22, "emergency_bell": 1}
    assert (await _near(anybody))["facilities"] == [], "a preview is nobody's business"
    assert len((await admin.get(PATH)).json()["imports"]) == 1, "a preview of the same source takes the other's place"
    return str(mended["import"]["import_id"])


async def _near(anybody: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await anybody.get("/api/facilities", params=query or {"lat": 37.394, "lon": 126.957, "radius_m": 3000})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _published(
    scene: Scene, admin: httpx.AsyncClient, other: httpx.AsyncClient, anybody: httpx.AsyncClient, first: str
) -> None:
    assert (await other.post(f"{PATH}/{first}/confirm")).status_code == 404, "the wall between two centers"
    assert (await admin.post(f"{PATH}/{first}/confirm")).status_code == 200
    assert (await admin.post(f"{PATH}/{first}/confirm")).json()["code"] == "not_a_preview"
    assert (await other.get(PATH)).json() == {"imports": []}
    [line] = await scene.sql("SELECT center_id FROM event WHERE tag = 'facility:imported'")
    assert line["center_id"] == CENTER
    near = (await _near(anybody))["facilities"]
    assert [near[0]["kind"], len(near)] == ["light", 24]
    box = {"bbox": "126.95,37.39,126.97,37.41", "kinds": "police_box"}
    [police] = (await _near(anybody, **box))["facilities"]
    assert (police["name"], police["hours"], police["source"], police["as_of"]) == (
        *("시험지구대", "00:00~24:00", "anyang"),
        "2026-05-01",
    )
    answer = await anybody.get("/api/facilities", params=box)
    again = await anybody.get("/api/facilities", params=box, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for query, code in (
        ({"lat": LAT, "lon": LON}, "too_exact"),
        ({"bbox": "126,37,127,38"}, "too_wide"),
        ({"bbox": "126.9,37.3"}, "bad_box"),
        (box | {"kinds": "police"}, "bad_kind"),
    ):
        refused = await anybody.get("/api/facilities", params=query)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
        assert refused.json()["field"] in refused.json()["message_ko"]


async def _replaced_and_taken_back(admin: httpx.AsyncClient, anybody: httpx.AsyncClient, first: str) -> None:
    """A file of the same name takes the other's place; taken back, the other is there again."""
    before = (await anybody.get("/api/facilities?lat=37.394&lon=126.957")).headers["ETag"]
    told = (await _upload(admin, table(GOOD[-1]), source="anyang")).json()["import"]
    assert told["centers"][0]["before"] == 24, "it says what it would replace"
    await admin.post(f"{PATH}/{told['import_id']}/confirm")
    assert len((await _near(anybody))["facilities"]) == 1
    assert (await anybody.get("/api/facilities?lat=37.394&lon=126.957")).headers["ETag"] != before
    left = (await admin.delete(f"{PATH}/{told['import_id']}")).json()["imports"]
    assert [(one["import_id"], one["centers"][0]["state"]) for one in left] == [(first, "live")]
    assert len((await _near(anybody))["facilities"]) == 24


async def _asked_for_a_way(scene: Scene, api: httpx.AsyncClient, asked: list[str]) -> None:
    trip = {"origin": {"lat": 37.394312, "lon": LON}, "destination": {"lat": LAT + 0.009, "lon": LON}}
    assert (await api.post("/api/people/me/routes", json=trip)).status_code == 401
    signed = (await api.post("/api/people", json={"nickname": "보라", "phone": "010-1234-5678"})).json()
    api.headers["Authorization"] = f"Bearer {signed['device_token']}"
    told = (await api.post("/api/people/me/routes", json=trip)).json()
    assert (told["engine"], told["suggested"], told["why"]["code"]) == ("osrm", 1, "past_more")
    chosen = told["alternatives"][1]
    assert chosen["passes"]["police_box"] == 1 and chosen["lit_m"] > 900
    assert chosen["line"][0] == [37.394312, LON], "from her own door, which the engine was not told"
    assert re.fullmatch(r"126\.9568,37\.3943;126\.9568,37\.4033", asked[0])
    assert "90 m" in told["why"]["ko"] and told["note"]["ko"]
    await _walked_along(scene, api, trip, chosen["line"])
    far = trip | {"destination": {"lat": 35.1, "lon": 129.0}}
    assert (await api.post("/api/people/me/routes", json=far)).json()["code"] == "too_far"
    codes = [(await api.post("/api/people/me/routes", json=trip)).status_code for _ in range(30)]
    assert codes[0] == 200 and codes[-1] == 429
    del scene.services.shared["routes_asked"]
    held = scene.services.shared["routing_engine"]
    held._url = "http://127.0.0.1:9"
    alone = (await api.post("/api/people/me/routes", json=trip)).json()
    assert (alone["engine"], alone["suggested"], alone["why"]["code"]) == ("straight", None, "engine_away")
    assert alone["alternatives"][0]["duration_s"] is None and len(alone["alternatives"][0]["line"]) == 2


async def _walked_along(scene: Scene, api: httpx.AsyncClient, trip: dict[str, Any], line: list[Any]) -> None:
    """The chosen way goes with the walk, sealed, and is the corridor that she is measured by."""
    walk_id = uuid4()
    body = trip | {"kind": "route", "alert_id": str(uuid4()), "route": line}
    tried = (line[:1], [*line, [37.5, 127.0]], line)
    answers = [await api.put(f"/api/people/me/walks/{walk_id}", json=body | {"route": route}) for route in tried]
    assert [answer.status_code for answer in answers] == [422, 422, 200], answers[-1].text
    assert answers[0].json()["code"] == "bad_route"
    assert answers[-1].json()["route"] == line
    [row] = await scene.sql("SELECT * FROM walk WHERE walk_id = :id", id=walk_id)
    assert str(line[1][0]).encode() not in bytes(row["plan_sealed"])
    running = Running(row, open_plan(scene.services, row), "calm")
    frame = walk_of(running, Patience()).frame
    assert len(frame.line) == len(line) and frame.half_width_m < 200, "a street, and no corridor of half a kilometre"


async def test_a_public_engine_is_told_nothing() -> None:
    """Unless the city says that the network is its own, and then only over TLS."""
    for url, networks in (("http://1.1.1.1", ""), ("https://1.1.1.1", ""), ("http://1.1.1.1", "1.1.1.0/24")):
        settings = Settings(database_url="x", data_key="x", routing_url=url, routing_networks=networks)
        held = OsrmEngine(settings)
        with pytest.raises(Away):
            await held._check_whose()
        await held.close()
    with pytest.raises(ValueError, match="OSRM"):
        Settings(database_url="x", data_key="x", routing_url="osrm.city")
