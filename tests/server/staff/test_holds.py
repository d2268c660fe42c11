"""Guessing closes a door for a while; a supervisor opens it in one step; nobody at work is thrown out."""

from __future__ import annotations

import time
from typing import Any

import pytest

from server.staff.service import throttle_of
from server.staff.throttle import Throttle
from tests.server.conftest import PASSWORD
from tests.server.staff.conftest import OTHER_SEAT, SEAT, THIRD_SEAT, House, computed, told

pytestmark = pytest.mark.database


async def guess(house: House, login: str, times: int, *seats: str) -> list[str]:
    """Wrong passwords from these seats in turn; without the delays, which have tests of their own."""
    codes = []
    for number in range(times):
        house.services.shared["login_throttle"] = Throttle()
        browser = house.seat(seats[number % len(seats)])
        codes.append(told(await browser.post("/api/login", json={"login": login, "password": "guess"}))[1])
    house.services.shared["login_throttle"] = Throttle()
    return codes


async def test_one_seat_may_err_all_night_and_is_never_locked_out(house: House) -> None:
    assert set(await guess(house, "kim", 25, SEAT)) == {"wrong_login"}
    assert (await house.enter("kim")).cookies


async def test_guesses_from_several_seats_hold_the_login_and_a_supervisor_opens_it(house: House) -> None:
    at_work = await house.enter("kim", THIRD_SEAT)
    codes = await guess(house, "kim", 12, SEAT, OTHER_SEAT)
    assert codes == ["wrong_login"] * 10 + ["held"] * 2
    refused = await house.seat().post("/api/login", json={"login": "kim", "password": PASSWORD})
    assert told(refused) == (403, "held") and "until" in refused.json()
    assert (await at_work.get("/api/me")).status_code == 200, "her session goes on"
    assert (await house.enter("lee")).cookies, "nobody else is concerned"

    leader = await house.enter("park")
    [line] = (await leader.get("/api/accounts/held")).json()["held"]
    assert (line["account"]["login"], line["reason"], line["is_held"]) == ("kim", "passwords", True)
    assert line["addresses"] == [SEAT, OTHER_SEAT]
    kim = await house.account_id("kim")
    assert told(await at_work.post(f"/api/accounts/{kim}/release")) == (403, "wrong_role")
    assert (await leader.post(f"/api/accounts/{kim}/release")).json() == {"pass": None}
    assert (await house.enter("kim")).cookies
    [held] = await house.payloads("account:held")
    assert (held["account_id"], held["failures"], held["addresses"]) == (kim, 10, [SEAT, OTHER_SEAT])
    assert await house.log() == ["account:held", "account:released"]


async def test_a_hold_opens_by_itself_after_a_quarter_of_an_hour(house: House) -> None:
    await guess(house, "kim", 10, SEAT, OTHER_SEAT)
    house.clock.forward(15 * 60 - 5)
    assert await guess(house, "kim", 1, SEAT) == ["held"]
    house.clock.forward(10)
    assert (await house.enter("kim")).cookies


async def test_wrong_codes_hold_at_the_fifth_wherever_they_come_from(house: House) -> None:
    await house.enrol("kim")
    browser = house.seat()
    codes = []
    for _ in range(5):
        asked = await browser.post("/api/login", json={"login": "kim", "password": PASSWORD})
        given = {"ticket": asked.json()["ticket"], "code": "000000"}
        codes.append(told(await browser.post("/api/login/second", json=given))[1])
    assert codes == ["wrong_code"] * 4 + ["held"]
    right = {"ticket": asked.json()["ticket"], "code": house.code("kim")}
    assert told(await browser.post("/api/login/second", json=right))[0] in (401, 403), "also with the right one"


async def test_a_lost_telephone_at_one_in_the_morning(house: House) -> None:
    """The supervisor hands out a pass: it stands for the code once, for a quarter of an hour."""
    await house.enrol("kim")
    leader, kim = await house.enter("park"), await house.account_id("kim")
    code = (await leader.post(f"/api/accounts/{kim}/release", json={"pass": True})).json()["pass"]
    late = (await leader.post(f"/api/accounts/{kim}/release", json={"pass": True})).json()["pass"]
    browser = house.seat()
    for expected, given in ((200, code), (401, code)):
        asked = await browser.post("/api/login", json={"login": "kim", "password": PASSWORD})
        answer = await browser.post("/api/login/second", json={"ticket": asked.json()["ticket"], "code": given})
        assert answer.status_code == expected
    house.clock.forward(15 * 60 + 1)
    asked = await browser.post("/api/login", json={"login": "kim", "password": PASSWORD})
    answer = await browser.post("/api/login/second", json={"ticket": asked.json()["ticket"], "code": late})
    assert told(answer) == (401, "wrong_code")
    assert [one["pass"] for one in await house.payloads("account:released")] == [True, True]
    assert code not in str(await house.payloads("account:released"))


async def test_a_session_left_open_is_no_place_to_guess_the_password(house: House) -> None:
    browser = await house.enter("kim")
    started = time.perf_counter()
    for _ in range(5):
        answer = await browser.post("/api/me/password", json={"old": "guess", "new": "walked home 7 times"})
        assert told(answer) == (403, "wrong_password")
    assert time.perf_counter() - started > 0.25 + 0.5 + 1


async def test_who_may_release_whom(house: House) -> None:
    leader, boss = await house.enter("park"), await house.enter("boss")
    for login, code in (("far", "no_account"), ("choi", "wrong_role"), ("eye", "wrong_role"), ("park", "own_account")):
        answer = await leader.post(f"/api/accounts/{await house.account_id(login)}/release", json={"pass": True})
        assert answer.json()["code"] == code, login
    assert told(await boss.post(f"/api/accounts/{await house.account_id('kim')}/release"))[1] == "no_account"
    await guess(house, "kim", 10, SEAT, OTHER_SEAT)
    assert (await boss.get("/api/accounts/held")).json() == {"held": []}, "another desk's trouble is not shown"


async def test_a_login_that_nobody_has_behaves_like_any_other(house: House) -> None:
    """Neither an answer, nor its delay, nor what is computed for it tells a stranger which logins exist."""
    assert await guess(house, "nobody", 12, SEAT, OTHER_SEAT) == ["wrong_login"] * 10 + ["held"] * 2
    [held] = await house.payloads("account:held")
    assert held["account_id"] is None and "nobody" not in str(held)

    async def cost(login: str) -> tuple[list[Any], float]:
        with computed() as hashes:
            for _ in range(2):
                await house.seat().post("/api/login", json={"login": login, "password": "guess"})
        return hashes, throttle_of(house.services).delay_s(f"login:{login}")

    known, unknown = await cost("lee"), await cost("nobody-2")
    assert known == unknown and len(known[0]) == 2 and known[1] > 0
