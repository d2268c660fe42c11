"""What an address answers that does not exist: Korean words to a program, a page with a way back to a browser; and who
hangs up is no fault of ours."""

from __future__ import annotations

from typing import Any

import httpx
from fastapi import FastAPI, HTTPException, Request
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
