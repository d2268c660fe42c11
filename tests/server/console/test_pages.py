"""What every answer carries, and what is refused before anybody looks at it."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from server.console.routes import SafeHeaders
from server.intake import receive
from tests.server.conftest import Desk, settings_for
from tests.server.deliveries import delivery, rows

pytestmark = pytest.mark.database


async def policy(desk: Desk) -> dict[str, str]:
    async with httpx.AsyncClient(base_url=desk.url, trust_env=False) as client:
        header = (await client.get("/login")).headers["content-security-policy"]
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in header.split(";"))}


async def test_pages_load_nothing_from_elsewhere_and_no_inline_code_or_style(desk: Desk) -> None:
    found = await policy(desk)
    assert found["default-src"] == found["style-src"] == found["img-src"] == "'self'"
    assert found["frame-ancestors"] == found["object-src"] == found["base-uri"] == "'none'"
    assert "unsafe" not in str(found) and "*" not in str(found)


async def test_only_the_sos_page_and_an_officers_may_ask_where_one_is(desk: Desk) -> None:
    async with httpx.AsyncClient(base_url=desk.url, trust_env=False) as client:
        for path, place in (("/sos", "(self)"), ("/respond/x", "(self)"), ("/follow/x", "()"), ("/console", "()")):
            told = (await client.get(path)).headers.get_list("permissions-policy")
            assert told == [f"camera=(), microphone=(), geolocation={place}"], path


@pytest.mark.parametrize(("public_url", "is_told"), [("https://ansim.example", True), ("http://ansim.example", False)])
def test_a_page_that_came_encrypted_stays_encrypted(public_url: str, is_told: bool) -> None:
    names = {name for name, _ in SafeHeaders(lambda *_: None, settings_for("x", public_url=public_url))._headers}  # type: ignore[arg-type, return-value]
    assert (b"strict-transport-security" in names) is is_told


async def test_a_body_of_a_megabyte_is_not_read(desk: Desk) -> None:
    big = b'{"login":"' + b"x" * 1_000_000 + b'"}'

    async def in_pieces() -> object:
        for start in range(0, len(big), 65_536):
            yield big[start : start + 65_536]

    async with httpx.AsyncClient(base_url=desk.url, trust_env=False, timeout=10) as client:
        for path in ("/api/login", "/api/people", "/api/invitations/x/accept", "/api/follow/x/open", "/v1/inbox"):
            for content in (big, in_pieces()):
                answer = await client.post(path, content=content, headers={"Content-Type": "application/json"})
                assert answer.status_code == 413, path


async def test_a_command_from_a_page_of_another_origin_is_refused(desk: Desk) -> None:
    """SameSite lets pages of another port, and of the city's other hosts, through with the cookie."""
    async with desk.browser() as seat, desk.browser("police") as police:
        for client, path in (
            (seat, f"/api/incidents/{UUID(int=1)}/acknowledge"),
            (seat, "/api/logout"),
            (police, f"/api/agency/dispatches/{UUID(int=1)}/accept"),
        ):
            for origin in ("http://127.0.0.1:1", "https://www.city.example", "null"):
                answer = await client.post(path, headers={"Origin": origin})
                assert (answer.status_code, answer.json()["code"]) == (403, "foreign_page"), (path, origin)
        assert (await seat.get("/api/me")).status_code == 200
        assert (await seat.post("/api/logout", headers={"Origin": desk.url})).status_code == 200


async def test_an_address_is_the_sockets_and_not_what_a_header_says(desk: Desk) -> None:
    wanted = {"login": "elsewhere", "password": "correct horse"}  # registered in 10.0.0.0/8 only
    async with httpx.AsyncClient(base_url=desk.url, trust_env=False) as client:
        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
            answer = await client.post("/api/login", json=wanted, headers={name: "10.0.0.5"})
            assert (answer.status_code, answer.json()["code"]) == (403, "address_not_registered"), name


async def test_a_frame_of_a_megabyte_ends_the_socket(desk: Desk) -> None:
    async with desk.browser() as seat, desk.feed(seat) as socket:
        await socket.send("x" * 1_000_000)
        with pytest.raises(ConnectionClosed):
            while True:
                await socket.recv()


async def test_a_nul_in_a_name_is_wrong_input_and_no_failure_of_ours(desk: Desk) -> None:
    async with desk.browser("police") as police, desk.browser() as seat:
        answers = [
            await police.post("/api/agency/cases/%00/video"),
            await seat.post("/api/login", json={"login": "a\0b", "password": "x"}),
            await seat.post("/api/people", json={"nickname": "a\0b", "phone": "010-1111-2222"}),
            await seat.get("/api/jurisdictions/%00"),
            await police.post(
                "/api/agency/dispatches/00000000-0000-0000-0000-000000000001/done", json={"reason": "\0"}
            ),
        ]
    assert [answer.status_code for answer in answers if answer.status_code >= 500] == [], answers


async def test_foreign_pages_open_no_socket(desk: Desk) -> None:
    async with desk.browser() as seat:
        cookie = {"Cookie": f"ansim_session={seat.cookies['ansim_session']}", "Origin": "http://evil.example"}
        for path in ("/api/feed", "/api/agency/feed"):
            async with connect(desk.url.replace("http", "ws") + path, additional_headers=cookie, proxy=None) as socket:
                with pytest.raises(ConnectionClosed):
                    await socket.recv()


async def test_after_the_end_staff_see_no_place_either(desk: Desk) -> None:
    incident_id = (await receive(desk.services, delivery())).incident_id
    async with desk.browser() as seat, desk.browser("leader") as leader:
        path = f"/api/incidents/{incident_id}"
        before = (await seat.get(path)).json()
        assert before["incident"]["position"] and before["track"]
        await seat.post(f"{path}/acknowledge")
        closed = await seat.post(f"{path}/close", json={"disposition": "handled", "note": ""})
        assert closed.json()["incident"]["position"] is None
        for client in (seat, leader):
            after = (await client.get(path)).json()
            assert (after["incident"]["position"], after["track"]) == (None, [])
            asked = await client.post("/api/incidents/search", json={"reason": "a complaint about last night"})
            (card,) = asked.json()["incidents"]
            assert card["position"] is None
    assert (
        await rows(desk.services, "SELECT * FROM release WHERE ended_at IS NULL AND incident_id = :id", id=incident_id)
        == []
    )
