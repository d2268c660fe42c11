"""An administrator in a browser: a token once, then a cookie that opens nothing to another site's page."""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from location_router import pages
from tests.location_router.routers import ANYANG_CODE, World, a_world

pytestmark = pytest.mark.database
OWN = {"Sec-Fetch-Site": "same-origin"}


LINE = f"hana:{hashlib.sha256(b'sesame').hexdigest()}\n"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "tokens"
    _write(path, LINE)
    monkeypatch.setenv("ADMIN_TOKENS", str(path))
    return path


async def _signed_in(world: World) -> httpx.Response:
    return await world.client.post("/manage/session", json={"token": "sesame"}, headers=OWN)


async def test_a_token_becomes_a_cookie_that_only_our_own_pages_can_use(
    router_database: str, bus_database: str, tokens: Path
) -> None:
    async with a_world(router_database, bus_database) as world:
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
            assert (await world.client.post("/manage/session", json={"token": "sesame"}, headers=headers)).json()[
                "code"
            ] == "foreign_page"
        wrong = await world.client.post("/manage/session", json={"token": "sesam"}, headers=OWN)
        assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_token") and "set-cookie" not in wrong.headers
        assert (await world.client.get("/manage/session/now")).json()["name"] is None

        answer = await _signed_in(world)
        cookie = answer.headers["set-cookie"].lower()
        assert answer.status_code == 200 and "httponly" in cookie and "samesite=strict" in cookie
        assert "sesame" not in cookie and world.rows("SELECT count(*) FROM admin_session") == [(1,)]
        assert (await world.client.get("/manage/session/now")).json()["name"] == "hana"
        assert (await world.client.get("/admin/centers")).headers["cache-control"] == "no-store"

        path, change = f"/admin/centers/{ANYANG_CODE}", {"is_draining": True, "note": "점검"}
        for headers in (
            {},
            {"Sec-Fetch-Site": "same-site", "Origin": world.url},
            {"Origin": "http://127.0.0.1:1"},
            {"Origin": "null"},
        ):
            refused = await world.client.patch(path, json=change, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (403, "foreign_page"), headers
        assert world.rows("SELECT count(*) FROM admin_event WHERE action = 'center:changed'") == [(0,)]
        for headers in (OWN, {"Origin": world.url}):
            assert (await world.client.patch(path, json=change, headers=headers)).status_code == 200
        done = (await world.client.get("/admin/events/newest", params={"action": "center"})).json()["events"]
        assert [(one["admin"], one["subject"], one["detail"]["note"]) for one in done] == [
            ("hana", ANYANG_CODE, "점검")
        ] * 2

        assert (await world.client.delete("/manage/session", headers=OWN)).status_code == 204
        world.client.cookies.set("ansim_router", answer.cookies["ansim_router"])
        assert (await world.client.get("/admin/centers")).status_code == 401, "signed out: the old cookie opens nothing"
        told = (await world.client.get("/admin/events", headers={"Authorization": "Bearer sesame"})).json()["events"]
        assert [one["action"] for one in told if one["admin"] == "hana"] == [
            "admin:signed_in",
            "center:changed",
            "center:changed",
            "admin:signed_out",
        ]


async def test_no_built_file_may_be_framed_either(tmp_path: Path) -> None:
    """The page itself lies among them."""
    _write(tmp_path / "manage.html", "<!doctype html><title>x</title>")
    built = Starlette(routes=[Mount("/static", pages._SafeFiles(tmp_path))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(built), base_url="http://router") as client:
        answer = await client.get("/static/manage.html")
    assert answer.status_code == 200
    assert {name: answer.headers.get(name) for name in pages.HEADERS} == pages.HEADERS


async def test_a_session_ends_with_its_line_of_the_file_with_idleness_and_with_its_time(
    router_database: str, bus_database: str, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("location_router.admin.sessions.FRESH_S", 0.0)
    async with a_world(router_database, bus_database) as world:

        async def is_in() -> bool:
            return (await world.client.get("/admin/alarms")).status_code == 200

        await _signed_in(world)
        assert await is_in()
        _write(tokens, "# nobody\n")
        assert not await is_in(), "taken out of the file: out at once"
        _write(tokens, LINE)
        assert await is_in()
        for statement in (
            "UPDATE admin_session SET used_at = now() - interval '61 minutes'",
            "UPDATE admin_session SET used_at = now(), expires_at = now() - interval '1 s'",
        ):
            await _signed_in(world)
            assert await is_in()
            world.rows(statement)
            assert not await is_in(), statement
        await _signed_in(world)
        assert world.rows("SELECT count(*) FROM admin_session") == [(1,)], "those that are over are forgotten"
