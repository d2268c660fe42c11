"""A page of another site can't change anything here, whatever cookies the browser sends along; no route is left out."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from location_router.runtime.seal import new_key
from server.app import create_app
from server.openapi import routes_of
from server.own_pages import READING
from server.settings import Settings

ORIGIN = "https://safe.anyang.example"
FOREIGN = (
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:9999"},  # another port of the same host: the same site, so SameSite lets it through
    {"origin": ORIGIN, "sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site"},
)
OWN: tuple[dict[str, str], ...] = (
    {},
    {"origin": ORIGIN, "sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
)


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    """A center without a database: what is refused never gets as far as asking for one."""
    database = "postgresql+psycopg://nobody@127.0.0.1:9/none"
    app = create_app(Settings(database_url=database, data_key=new_key(), public_url=ORIGIN, video_gateway="console"))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8200") as client:
        client.cookies.set("ansim_session", "x" * 32)
        client.app = app  # type: ignore[attr-defined]
        yield client


async def test_no_change_from_another_sites_page(browser: httpx.AsyncClient) -> None:
    routes = [
        (method, re.sub(r"\{[^}]*\}", "0190a000-0000-7000-8000-000000000000", route.path))
        for route in routes_of(browser.app)  # type: ignore[attr-defined]
        for method in sorted((route.methods or set()) - READING)
    ]
    assert len(routes) > 100
    for method, path in routes:
        answer = await browser.request(method, path, headers=FOREIGN[0], json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_page"), (method, path)


async def test_what_counts_as_ours(browser: httpx.AsyncClient) -> None:
    for headers in FOREIGN:
        answer = await browser.post("/api/logout", headers=headers)
        assert answer.status_code == 403 and answer.json()["code"] == "foreign_page", headers
        assert answer.headers["content-security-policy"] and answer.headers["cache-control"] == "no-store"
    for headers in OWN:
        answer = await browser.post("/api/no_such_thing", headers=headers)
        assert answer.status_code == 404, headers
    assert (await browser.get("/api/openapi.json", headers=FOREIGN[0])).status_code == 200  # reading changes nothing


LAX = {"server/staff/oidc_routes.py"}
"""The state of a sign-in elsewhere: the provider's page sends the browser back, and Strict would keep it at home."""


def test_no_cookie_is_for_scripts_or_for_other_sites() -> None:
    root, seen = Path(__file__).parents[2], 0
    for file in sorted([*(root / "server").rglob("*.py"), *(root / "location_router").rglob("*.py")]):
        if "node_modules" in file.parts:
            continue
        for call in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "set_cookie"):
                continue
            said = {one.arg: one.value.value for one in call.keywords if isinstance(one.value, ast.Constant)}
            name, seen = file.relative_to(root).as_posix(), seen + 1
            assert said.get("httponly") is True, f"{name}:{call.lineno}"
            assert said.get("samesite") == ("lax" if name in LAX else "strict"), f"{name}:{call.lineno}"
            assert any(one.arg == "secure" for one in call.keywords), f"{name}:{call.lineno}"
    assert seen >= 4
