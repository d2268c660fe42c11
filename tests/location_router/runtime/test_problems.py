"""What an address answers that does not exist: Korean words to a program, a page with a way back to a browser; who
hangs up is no fault of ours; and no answer gives a password back."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel
from structlog.testing import capture_logs

from location_router.runtime.problems import install_problems


async def test_a_mistyped_address_is_told_in_both_languages_and_a_browser_gets_a_page() -> None:
    app = FastAPI()
    install_problems(app)

    @app.get("/there")
    async def _there() -> None:
        raise HTTPException(404, "<no_picture>")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as api:
        for method, path, status, ko in (("GET", "/gone", 404, "없는 주소"), ("POST", "/there", 405, "할 수 없는 일")):
            said = await api.request(method, path, headers={"Accept": "text/html"} if method == "POST" else {})
            assert (said.status_code, said.headers["content-type"]) == (status, "application/problem+json")
            assert ko in said.json()["message_ko"] and "address" in said.json()["message_en"]
        page = await api.get("/gone", headers={"Accept": "text/html,*/*;q=0.8"})
        assert page.status_code == 404 and "없는 주소" in page.text and 'href="/"' in page.text
        own = await api.get("/there", headers={"Accept": "text/html"})
        assert "&lt;no_picture&gt;" in own.text and "없는 주소" not in own.text, "what a route says itself stays"


async def test_who_hangs_up_in_the_middle_of_a_body_is_no_line_in_the_log() -> None:
    app = FastAPI()
    install_problems(app)

    @app.post("/letters")
    async def _letters(request: Request) -> None:
        await request.body()

    async def hung_up() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def unheard(_: Any) -> None:
        """The connection is gone."""

    scope = {"type": "http", "method": "POST", "path": "/letters", "query_string": b"", "headers": []}
    with capture_logs() as said:
        await app(scope, hung_up, unheard)
    assert said == []


class Lent(BaseModel):
    number: int
    url: int
    stream_key: int
    note: int


@pytest.mark.parametrize(
    ("body", "hides", "says"),
    [
        ({"url": "rtsp://admin:hun/ter2@10.0.0.7/live"}, "hun", "10.0.0.7/live"),
        ({"url": "admin:hunter2@10.0.0.7"}, "hunter2", "10.0.0.7"),
        ({"url": "http://10.0.0.7/still?user=a&pwd=hunter2"}, "hunter2", "body.url"),
        ({"stream_key": "hunter2"}, "hunter2", "body.stream_key"),
        ({"apiKey": "hunter2"}, "hunter2", "apiKey"),
        ({"login": {"user": "kim", "password": "hunter2"}}, "hunter2", "kim"),
        ({"note": "x", "login": [{"pin": 4711}]}, "4711", "'pin'"),
        ("url=rtsp://admin:hunter2@10.0.0.7", "hunter2", "10.0.0.7"),
        ('{"password": "hunter2"', "hunter2", "body"),
        ({"note": "5층 계단"}, "hunter2", "5층 계단"),
    ],
)
async def test_what_is_wrong_is_said_back_without_what_is_secret(body: Any, hides: str, says: str) -> None:
    app = FastAPI()
    install_problems(app)

    @app.post("/cameras")
    async def _lend(_: Lent) -> None:
        """Never reached."""

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as api:
        sent = {"content": body} if isinstance(body, str) else {"json": body}
        said = await api.post("/cameras", **sent)
    assert said.status_code == 422 and hides not in said.text and says in said.text, said.text
