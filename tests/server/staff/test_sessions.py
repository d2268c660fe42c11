"""Who gets in, from where, and for how long."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_router.runtime.problems import Problem
from server.staff import hashing, service
from server.staff.model import is_registered
from server.staff.service import Throttle, sign_in, throttle_of
from tests.server.conftest import PASSWORD, Desk
from tests.server.deliveries import Clock, rows
from tests.server.staff.conftest import computed

database = pytest.mark.database


@database
async def test_an_operator_signs_in_and_out(desk: Desk) -> None:
    async with desk.browser() as client:
        cookie = next(iter(client.cookies.jar))
        assert "HttpOnly" in str(cookie._rest) and cookie._rest["SameSite"] == "strict"  # type: ignore[attr-defined]
        me = (await client.get("/api/me")).json()
        assert (me["role"], me["centers"], me["installation"]) == ("operator", 2, "serving-1")
        [session] = await rows(desk.services, "SELECT token_digest FROM session")
        assert str(cookie.value).encode() not in bytes(session["token_digest"])
        assert (await client.post("/api/logout")).status_code == 200
        client.cookies.set("ansim_session", str(cookie.value))
        gone = await client.get("/api/me")
        assert (gone.status_code, gone.json()["code"]) == (401, "not_signed_in")


@database
async def test_signing_out_signs_out_the_whole_seat_and_no_other_one(desk: Desk) -> None:
    """Else a picture opened here would live on by a session that somebody forgot in another browser."""
    async with desk.browser() as here, desk.browser() as forgotten, desk.browser("colleague") as colleague:
        _, far = await sign_in(desk.services, login="operator", password=PASSWORD, address="127.0.0.9")
        assert (await here.post("/api/logout")).status_code == 200
        assert (await forgotten.get("/api/me")).status_code == 401
        assert (await colleague.get("/api/me")).status_code == 200
        assert await service.still_signed_in(desk.services, far)


@database
async def test_what_a_seat_may_not_do(desk: Desk, clock: Clock) -> None:
    async with desk.browser("police") as agent, desk.browser() as operator:
        assert (await agent.get("/api/incidents")).json()["code"] == "wrong_role"
        assert (await operator.get("/api/quarantine")).json()["code"] == "wrong_role"
        foreign = await operator.post(
            "/api/login", json={"login": "operator", "password": PASSWORD}, headers={"Origin": "http://evil.example"}
        )
        assert foreign.json()["code"] == "foreign_page"
        for login, password, status, code in (
            ("operator", "wrong", 401, "wrong_login"),
            ("nobody", "wrong", 401, "wrong_login"),
            ("elsewhere", PASSWORD, 403, "address_not_registered"),
            ("elsewhere", "wrong", 401, "wrong_login"),
        ):
            answer = await operator.post("/api/login", json={"login": login, "password": password})
            assert (answer.status_code, answer.json()["code"]) == (status, code)
        clock.forward(12 * 3600 + 1)
        assert (await operator.get("/api/me")).status_code == 401, "a session ends after twelve hours"


@database
async def test_a_seat_whose_address_is_struck_off_is_out_at_once(desk: Desk) -> None:
    async with desk.browser() as client:
        async with desk.services.db.begin() as unit:
            await unit.execute("UPDATE allowed_address SET network = '10.0.0.0/8'")
        assert (await client.get("/api/me")).status_code == 401


@database
async def test_an_unknown_login_costs_as_much_time_as_a_wrong_password(desk: Desk) -> None:
    """Said by what is computed: one hash of the same cost, for nobody, too."""
    costs = []
    for login in ("operator", "nobody"):
        with computed() as hashes, pytest.raises(Exception, match="wrong"):
            await sign_in(desk.services, login=login, password="x", address="127.0.0.1")
        costs.append(hashes)
    assert costs[0] == costs[1] and len(costs[0]) == 1


def test_wrong_answers_delay_more_and_more_and_never_lock() -> None:
    throttle = Throttle()
    delays = []
    for _ in range(20):
        delays.append(throttle.delay_s("login:a"))
        throttle.wrong("login:a")
    assert delays[:5] == [0, 0, 0.25, 0.5, 1] and max(delays) == 5
    assert throttle.delay_s("login:b") == 0
    throttle.right("login:a")
    assert throttle.delay_s("login:a") == 0


@given(st.ip_addresses(v=4))
def test_an_address_counts_the_same_when_it_is_written_as_ipv6(address: object) -> None:
    assert is_registered(str(address), [f"{address}/32"])
    assert is_registered(f"::ffff:{address}", [f"{address}/32"])
    assert not is_registered(str(address), []) and not is_registered("", ["0.0.0.0/0"])


@database
async def test_who_comes_from_nobodys_seat_can_neither_guess_nor_delay_an_operator(desk: Desk) -> None:
    hashed: list[str] = []

    async def guess(login: str, password: str) -> str:
        with pytest.raises(Problem) as refused:
            await sign_in(desk.services, login=login, password=password, address="203.0.113.7")
        return refused.value.code

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashing, "matches", lambda *_: hashed.append("x"))
        for login, password in (("operator", PASSWORD), ("operator", "wrong"), ("nobody", "wrong")) * 4:
            assert await guess(login, password) == "address_not_registered"
    assert throttle_of(desk.services).delay_s("login:operator", "address:127.0.0.1") == 0 and hashed == []
    await sign_in(desk.services, login="operator", password=PASSWORD, address="127.0.0.1")


@database
async def test_guesses_at_the_same_moment_delay_one_another(desk: Desk) -> None:
    running, most = 0, 0
    matches = hashing.matches

    def slow(password_hash: str | None, password: str) -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            return matches(password_hash, password)
        finally:
            running -= 1

    async def guess() -> None:
        with pytest.raises(Problem, match="wrong"):
            await sign_in(desk.services, login="operator", password="guess", address="127.0.0.1")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashing, "matches", slow)
        started = time.perf_counter()
        await asyncio.gather(*(guess() for _ in range(6)))
    assert time.perf_counter() - started > 1.9 and most <= 2


@database
@pytest.mark.parametrize("change", ["role = 'admin'", "desk = 'second'", "active = false"])
async def test_a_socket_ends_when_the_account_becomes_another(desk: Desk, change: str) -> None:
    _, viewer = await sign_in(desk.services, login="operator", password=PASSWORD, address="127.0.0.1")
    assert await service.still_signed_in(desk.services, viewer)
    async with desk.services.db.begin() as unit:
        await unit.execute(f"UPDATE account SET {change} WHERE login = 'operator'")
    assert not await service.still_signed_in(desk.services, viewer)
