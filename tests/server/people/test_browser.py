"""A person's browser: enrolled with a code, taken back; its tokens open nothing here; an SOS's second way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from location_router.runtime.tokens import verify_device_token
from server.log import disclosure_routes
from server.people import account_routes, browser_relay, browser_routes, follow_routes, routes, service
from server.people.browser_names import browser_name
from tests.server.deliveries import Clock
from tests.server.people.test_account import PHONE, bearer, code_for, texts_sent
from tests.server.scene import Scene, app_of, client, installation, listening

PAGE = {"user-agent": "Mozilla/5.0 (Linux; Android 15; SM-S921N) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36"}
DAY_S = 86_400
EVIL = {"origin": "https://evil.example"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def home(installation_database: str, clock: Clock) -> AsyncIterator[Scene]:
    async with installation(installation_database, serves="", installation_key="k") as made:
        made.services.clock = clock
        yield made


@pytest.fixture
async def address(home: Scene) -> AsyncIterator[str]:
    slices = (routes, account_routes, browser_routes, browser_relay, follow_routes, disclosure_routes)
    async with listening(app_of(home.services, *(one.router for one in slices))) as made:
        yield made


@pytest.fixture
async def page(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser: it keeps the cookie and sends it."""
    async with client(address, headers=PAGE) as made:
        yield made


async def enrol(home: Scene, page: httpx.AsyncClient, **more: Any) -> httpx.Response:
    code = await code_for(home, page)
    return await page.post("/api/people/browsers", json={"phone": PHONE, "code": code, "nickname": "보라"} | more)


async def test_a_browser_is_hers_until_she_takes_it_back(
    home: Scene, page: httpx.AsyncClient, address: str, clock: Clock
) -> None:
    assert (await page.post("/api/people/browsers/token")).json() == {"token": None}
    code = await code_for(home, page)
    nameless = await page.post("/api/people/browsers", json={"phone": PHONE, "code": code})
    assert (nameless.status_code, nameless.json()["code"]) == (422, "name_needed")
    new = {"phone": PHONE, "code": code, "nickname": "보라", "consents": ["location_collection"]}
    foreign = await page.post("/api/people/browsers", json=new, headers=EVIL)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "foreign_page")
    made = await page.post("/api/people/browsers", json=new)  # the code was not used up by what was refused
    assert made.status_code == 201 and made.json()["is_new"] is True, made.text
    cookie = made.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/api" in cookie
    value = page.cookies["ansim_person"]
    assert value not in made.text and value not in str(await home.sql("SELECT * FROM browser"))

    me = (await page.get("/api/people/me")).json()
    assert me["phones"] == [] and [(one["name"], one["is_this"]) for one in me["browsers"]] == [
        ("Chrome · Android", True)
    ]
    assert [one["state"] for one in me["consents"]] == ["granted", "not_asked", "not_asked"]
    device_id = me["browsers"][0]["device_id"]

    token = (await page.post("/api/people/browsers/token")).json()
    assert token["caller"] == {"person_id": me["person_id"], "nickname": "보라", "phone": PHONE}
    keys = {home.services.settings.installation: await service.public_key_pem(home.services)}
    assert verify_device_token(token["token"], keys).device_id == device_id
    lives = jwt.decode(token["token"], options={"verify_signature": False})
    assert lives["exp"] - lives["iat"] == 30 * 60
    stolen = await page.get("/api/people/me", headers=bearer(token["token"]))
    assert (stolen.status_code, stolen.json()["code"]) == (401, "bad_token")  # it opens nothing at home
    assert (await page.post("/api/people/browsers/token", headers=EVIL)).status_code == 403

    async with client(address, headers={"user-agent": "Firefox/140.0 (Windows)"}) as second:
        clock.forward(60)
        again = await enrol(home, second, nickname="")  # who proved the number before is found again
        assert again.json()["is_new"] is False and again.json()["other_devices"] == 1
        assert len((await page.get("/api/people/me")).json()["browsers"]) == 2
        assert (await second.delete(f"/api/people/me/devices/{device_id}")).status_code == 204
    gone = await page.get("/api/people/me")
    assert (gone.status_code, gone.json()["code"]) == (401, "not_enrolled")
    assert (await page.post("/api/people/browsers/token")).json() == {"token": None}
    told = await home.sql("SELECT args FROM procrastinate_jobs WHERE task_name LIKE '%tell_router_of_device'")
    assert device_id in json.dumps([row["args"] for row in told])


async def test_what_can_not_be_undone_needs_a_code_of_this_moment(
    home: Scene, page: httpx.AsyncClient, clock: Clock
) -> None:
    await enrol(home, page)
    mother = {"name": "엄마", "phone": "010-9999-1234"}
    assert (await page.post("/api/people/me/guardians", json=mother)).status_code == 201
    clock.forward(3600)
    for refused in (
        await page.post("/api/people/me/guardians", json=mother | {"phone": "010-9999-5678"}),
        await page.delete("/api/people/me", params={"confirm": "end"}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "prove_again")
    foreign = await page.delete("/api/people/me", params={"confirm": "end"}, headers=EVIL)
    assert foreign.json()["code"] == "foreign_page"
    assert (await page.post("/api/people/browsers/this/code")).status_code == 202
    code = (await texts_sent(home))[-1].split("인증번호 ")[1][:6]
    wrong = await page.post("/api/people/browsers/this/prove", json={"code": "000000" if code != "000000" else "1"})
    assert wrong.json()["attempts_left"] == 4
    assert (await page.post("/api/people/browsers/this/prove", json={"code": code})).status_code == 204

    copy = await page.get("/api/people/me/copy")
    assert copy.headers["content-disposition"].startswith("attachment")
    assert copy.json()["account"]["nickname"] == "보라" and copy.json()["guardians"][0]["phone_last4"] == "1234"
    table = await page.get("/api/people/me/copy", params={"form": "csv"})
    assert table.text.startswith("\ufeff신고 alert,")
    assert (await page.delete("/api/people/me", params={"confirm": "end"})).status_code == 200
    assert (await page.get("/api/people/me")).status_code == 401 and await home.one("SELECT count(*) FROM browser") == 0


async def test_a_browser_left_open_gets_nothing_that_outlives_it_and_lets_nobody_see_more(
    home: Scene, page: httpx.AsyncClient, clock: Clock
) -> None:
    """Somebody else sits at it: what lasts longer than its cookie, or shows her to others, asks for her phone first."""
    await enrol(home, page, born_year=clock().year - 10, consents=["guardian_sharing"])
    renewed = await page.post("/api/people/me/token")
    assert (renewed.status_code, renewed.json()["code"]) == (409, "not_a_phone")  # or a key for two years
    until = (clock() + timedelta(days=2)).isoformat()
    assert (await page.put("/api/people/me/precision", json={"precision": "coarse"})).status_code == 200
    sharing = "/api/people/me/consents/guardian_sharing"
    assert (await page.post(f"{sharing}/suspend", json={"until": until})).status_code == 200
    clock.forward(3600)
    for method, path, body in (
        ("POST", "/api/people/me/representative", {"name": "남", "phone": "010-9999-5678"}),
        ("POST", "/api/people/me/devices", {"kind": "button", "name": "버튼", "consent": True}),
        ("PUT", "/api/people/me/precision", {"precision": "exact"}),
        ("PUT", "/api/people/me/precision", {"precision": None}),
        ("POST", f"{sharing}/resume", None),
        ("POST", sharing, None),
    ):
        refused = await page.request(method, path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "prove_again"), (path, body)
    assert (await page.put("/api/people/me/precision", json={"precision": "coarse"})).status_code == 200
    assert (await page.post(f"{sharing}/suspend", json={"until": until})).status_code == 200
    assert (await page.delete(sharing)).status_code == 200  # less is always allowed


async def test_a_cookie_ends_by_itself_and_this_browser_can_be_signed_out(
    home: Scene, page: httpx.AsyncClient, clock: Clock
) -> None:
    await enrol(home, page)
    assert (await page.delete("/api/people/browsers/this")).status_code == 204
    assert page.cookies.get("ansim_person") is None
    clock.forward(60)
    await enrol(home, page)
    clock.forward(179 * DAY_S)
    assert (await page.get("/api/people/me")).status_code == 200
    clock.forward(2 * DAY_S)
    assert (await page.get("/api/people/me")).status_code == 401


async def test_the_second_way_passes_bytes_on_and_adds_only_who_she_is(home: Scene, page: httpx.AsyncClient) -> None:
    """The router is a stand-in here; the browser's story in tests/browser has the real one."""
    heard: list[httpx.Request] = []

    def router(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        if len(heard) == 1:
            raise httpx.ConnectError("away")
        return httpx.Response(202, json={"ok": True}, headers={"X-Secret": "inside"})

    await home.services.router_client.aclose()
    home.services.router_client = httpx.AsyncClient(transport=httpx.MockTransport(router), base_url="http://router")
    body = b'{"alert_id": "odd, but the router judges'
    away = await page.post("/api/sos/alerts", content=body)
    assert (away.status_code, away.json()["code"], away.headers["retry-after"]) == (503, "router_away", "1")
    plain = await page.post("/api/sos/alerts", content=body)
    assert plain.status_code == 202 and plain.json() == {"ok": True} and "x-secret" not in plain.headers
    assert heard[1].content == body and "authorization" not in heard[1].headers and heard[1].headers["origin"]
    await enrol(home, page)
    await page.post("/api/sos/alerts", content=body)
    assert heard[2].headers["authorization"].startswith("Bearer ey") and "cookie" not in heard[2].headers
    await page.post("/api/sos/alerts", content=body, headers=bearer("mine"))
    assert heard[3].headers["authorization"] == "Bearer mine"
    await page.post("/api/sos/alerts", content=body, headers=EVIL)
    assert "authorization" not in heard[4].headers  # another page speaks in nobody's name
    path = f"/alerts/{uuid4()}/positions"
    await page.post("/api/sos" + path, content=b"{}", headers=bearer("live"))
    assert heard[5].url.path == "/v1" + path and heard[5].headers["authorization"] == "Bearer live"


async def test_a_flood_on_the_second_way_leaves_the_router_to_the_heartbeat(
    home: Scene, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has to sign in for it: it may take neither the connections of the center's own calls nor everybody's."""
    monkeypatch.setattr(browser_relay, "ROUTER_ANSWERS_IN_S", 60.0)  # a loaded machine is no away router
    router, busy = FastAPI(), asyncio.Event()

    @router.post("/v1/alerts", status_code=202)
    async def slow() -> dict[str, bool]:
        async with asyncio.timeout(60):
            await busy.wait()
        return {"ok": True}

    @router.get("/healthz")
    async def healthz() -> dict[str, bool]:
        return {"ok": True}

    def of(last: int) -> httpx.AsyncClient:
        sits = httpx.AsyncHTTPTransport(local_address=f"127.0.0.{last}", limits=httpx.Limits(max_connections=200))
        return httpx.AsyncClient(base_url=address, transport=sits, timeout=60)

    async with listening(router) as url, of(2) as flood, of(3) as she:
        await home.services.router_client.aclose()
        home.services.router_client = httpx.AsyncClient(base_url=url, timeout=2.0, trust_env=False)
        many = [asyncio.create_task(flood.post("/api/sos/alerts", content=b"{}")) for _ in range(130)]
        for one in islice(asyncio.as_completed(many), 130 - browser_relay.MOST_OF_ONE):
            assert (await one).status_code == 503
        hers = asyncio.create_task(she.post("/api/sos/alerts", content=b"{}"))
        assert (await home.services.router_client.get("/healthz", timeout=15)).status_code == 200
        busy.set()
        assert (await hers).status_code == 202, "another address has its own places"
        answers = await asyncio.gather(*many)
        refused = [one for one in answers if one.status_code != 202]
        assert len(refused) == 130 - browser_relay.MOST_OF_ONE
        assert {(one.json()["code"], one.headers["retry-after"]) for one in refused} == {("router_away", "1")}
        assert (await flood.post("/api/sos/alerts", content=b"{}")).status_code == 202  # places are given back


@given(st.text(max_size=300))
def test_a_browsers_name_is_short_whatever_it_says_of_itself(text: str) -> None:
    assert browser_name(text) and len(browser_name(text)) < 40 and browser_name(text).isprintable()


def test_browsers_are_called_by_their_names() -> None:
    assert browser_name(PAGE["user-agent"]) == "Chrome · Android"
    assert browser_name("Mozilla/5.0 (iPhone) Version/18 Safari/604 KAKAOTALK 11") == "KakaoTalk · iPhone"
    assert browser_name("curl/8") == "Browser"
