"""Coming in, step by step: second factor, temporary passwords, recovery codes, tickets; and what must not work."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from server.staff import factor, hashing
from server.staff.passwords import weaknesses
from tests.server.conftest import PASSWORD
from tests.server.deliveries import Clock, rows
from tests.server.staff.conftest import OTHER_SEAT, House, make_house, secret_of, told

pytestmark = pytest.mark.database
NEW = "walked home 7 times"


async def begin(house: House, login: str, address: str = "10.0.0.1") -> tuple[httpx.AsyncClient, httpx.Response]:
    browser = house.seat(address)
    return browser, await browser.post("/api/login", json={"login": login, "password": PASSWORD})


async def test_with_a_second_factor_the_password_alone_opens_nothing(house: House) -> None:
    await house.enrol("kim")
    browser, asked = await begin(house, "kim")
    assert told(asked) == (401, "second_factor") and not browser.cookies
    assert told(await browser.get("/api/me")) == (401, "not_signed_in")
    ticket = asked.json()["ticket"]
    for wrong in ("000000", "", "12345678", "١٢٣٤٥٦"):
        assert told(await browser.post("/api/login/second", json={"ticket": ticket, "code": wrong}))[0] == 401
    entered = await house.second(browser, asked, "kim")
    assert entered.status_code == 200
    assert entered.json()["second_factor"] == {"enrolled": True, "recovery_codes_left": 10}
    assert (await browser.get("/api/me")).json()["login"] == "kim"
    [session] = await rows(house.services, "SELECT method FROM session WHERE ended_at IS NULL AND method = 'totp'")
    assert session["method"] == "totp"


async def test_a_code_works_once_also_for_two_browsers_at_the_same_moment(house: House) -> None:
    await house.enrol("kim")
    seats = [await begin(house, "kim") for _ in range(4)]
    answers = await asyncio.gather(*(house.second(browser, asked, "kim") for browser, asked in seats))
    assert sorted(one.status_code for one in answers) == [200, 401, 401, 401]
    assert {one.json()["code"] for one in answers if one.status_code == 401} == {"wrong_code"}
    house.clock.forward(30)
    again, asked = await begin(house, "kim")
    assert (await house.second(again, asked, "kim")).status_code == 200, "the next code is good"
    house.clock.forward(-30)
    again, asked = await begin(house, "kim")
    assert told(await house.second(again, asked, "kim")) == (401, "wrong_code"), "an older one is not, ever"


async def test_a_ticket_is_for_its_seat_its_step_ten_minutes_and_once(house: House) -> None:
    await house.enrol("kim")
    browser, asked = await begin(house, "kim")
    ticket = asked.json()["ticket"]
    elsewhere = house.seat(OTHER_SEAT)
    for path, more in (("second", {"code": house.code("kim")}), ("totp/confirm", {"code": house.code("kim")})):
        assert told(await elsewhere.post(f"/api/login/{path}", json={"ticket": ticket, **more}))[1] == "ticket_ended"
    changed = await browser.post("/api/login/password", json={"ticket": ticket, "password": NEW})
    assert told(changed) == (401, "ticket_ended"), "nothing is changed before the second factor"
    assert told(await browser.post("/api/login/totp", json={"ticket": ticket})) == (401, "ticket_ended")
    assert (await house.second(browser, asked, "kim")).status_code == 200
    house.clock.forward(30)
    assert told(await house.second(browser, asked, "kim")) == (401, "ticket_ended")
    _, late = await begin(house, "kim")
    house.clock.forward(601)
    assert told(await house.second(browser, late, "kim")) == (401, "ticket_ended")


async def test_each_recovery_code_works_once_and_no_digest_shows_it(house: House) -> None:
    codes = await house.enrol("kim")
    assert len(set(codes)) == 10
    browser, asked = await begin(house, "kim")
    given = {"ticket": asked.json()["ticket"], "code": codes[3].lower().replace("-", " ")}
    entered = await browser.post("/api/login/second", json=given)
    assert entered.json()["second_factor"]["recovery_codes_left"] == 9
    _, asked = await begin(house, "kim")
    given["ticket"] = asked.json()["ticket"]
    assert told(await browser.post("/api/login/second", json=given)) == (401, "wrong_code")
    kept = await rows(house.services, "SELECT code_digest FROM recovery_code")
    plain = codes[0].replace("-", "").encode()
    assert all(plain not in bytes(row["code_digest"]) for row in kept)
    assert (await house.log())[-1] == "account:recovery_used"
    renewed = await browser.post("/api/me/recovery", json={"password": PASSWORD, "code": house.code("kim")})
    house.clock.forward(30)
    _, asked = await begin(house, "kim")
    old = {"ticket": asked.json()["ticket"], "code": codes[0]}
    assert len(renewed.json()["recovery_codes"]) == 10
    assert told(await browser.post("/api/login/second", json=old))[1] == "wrong_code", "the old ones are worth nothing"


async def test_an_administrator_without_a_second_factor_sets_one_up_at_the_door(
    installation_database: str, clock: Clock
) -> None:
    house = await make_house(installation_database, clock, second_factor="admins")
    try:
        assert (await house.enter("kim")).cookies, "operators are not asked by this setting"
        browser, asked = await begin(house, "choi")
        assert told(asked) == (401, "second_factor_setup")
        ticket = asked.json()["ticket"]
        begun = (await browser.post("/api/login/totp", json={"ticket": ticket})).json()
        assert begun["uri"].startswith("otpauth://totp/Ansim%20serving-1%3Achoi?secret=")
        assert begun["qr"]["size"] > 21 and begun["qr"]["path"].startswith("M")
        house.secrets["choi"] = secret_of(begun)
        wrong = await browser.post("/api/login/totp/confirm", json={"ticket": ticket, "code": "000000"})
        assert told(wrong) == (401, "wrong_code") and not browser.cookies
        given = {"ticket": ticket, "code": house.code("choi")}
        entered = await browser.post("/api/login/totp/confirm", json=given)
        assert entered.status_code == 200 and len(entered.json()["recovery_codes"]) == 10
        refused = await browser.post("/api/me/totp/remove", json={"password": PASSWORD, "code": ""})
        assert told(refused) == (409, "factor_required")
    finally:
        await house.services.close()


async def test_a_new_second_factor_needs_the_password_and_the_old_one(house: House) -> None:
    await house.enrol("kim")
    browser = await house.enter("kim")
    house.clock.forward(30)
    assert told(await browser.post("/api/me/totp", json={"password": "guess"})) == (403, "wrong_password")
    assert told(await browser.post("/api/me/totp", json={"password": PASSWORD})) == (403, "wrong_code")
    begun = await browser.post("/api/me/totp", json={"password": PASSWORD, "code": house.code("kim")})
    other = secret_of(begun.json())
    assert told(await browser.post("/api/me/totp/confirm", json={"code": house.code("kim")})) == (403, "wrong_code")
    house.secrets["kim"] = other
    assert (await browser.post("/api/me/totp/confirm", json={"code": house.code("kim")})).status_code == 200
    house.clock.forward(30)
    gone = await browser.post("/api/me/totp/remove", json={"password": PASSWORD, "code": house.code("kim")})
    assert gone.status_code == 200 and (await begin(house, "kim"))[1].status_code == 200


async def test_a_temporary_password_opens_nothing_but_the_choice_of_another(house: House) -> None:
    admin = await house.enter("choi")
    reset = (await admin.post(f"/api/accounts/{await house.account_id('kim')}/reset", json={})).json()["enrolment"]
    assert reset["link"] == f"http://127.0.0.1:8200/login#login=kim&code={reset['temporary_password']}"
    browser = house.seat()
    given = {"login": "kim", "password": reset["temporary_password"]}
    asked = await browser.post("/api/login", json=given)
    assert told(asked) == (401, "password_change") and not browser.cookies
    ticket = asked.json()["ticket"]
    weak = await browser.post("/api/login/password", json={"ticket": ticket, "password": "kim 12345"})
    assert told(weak) == (422, "weak_password")
    assert [one["code"] for one in weak.json()["reasons"]] == ["holds_login", "holds_name", "run"]
    same = await browser.post("/api/login/password", json={"ticket": ticket, "password": given["password"]})
    assert told(same) == (422, "weak_password")
    entered = await browser.post("/api/login/password", json={"ticket": ticket, "password": NEW})
    assert entered.status_code == 200 and entered.json()["login"] == "kim"
    assert told(await house.seat().post("/api/login", json=given)) == (401, "wrong_login"), "it works once"
    assert reset["temporary_password"] not in str(await house.payloads("account:reset"))


async def test_a_temporary_password_expires(house: House) -> None:
    admin = await house.enter("choi")
    reset = (await admin.post(f"/api/accounts/{await house.account_id('kim')}/reset", json={})).json()["enrolment"]
    house.clock.forward(72 * 3600 + 1)
    given = {"login": "kim", "password": reset["temporary_password"]}
    assert told(await house.seat().post("/api/login", json=given)) == (403, "temporary_expired")


async def test_one_changes_the_own_password_and_the_last_ones_do_not_come_back(house: House) -> None:
    browser, other = await house.enter("kim"), await house.enter("kim", OTHER_SEAT)
    words = [PASSWORD, "walked home 7 times", "ran up the hill 8", "swam the river 9", "slept in a tent 6"]
    assert all(weaknesses(one) == [] for one in words)
    for old, new in zip(words, words[1:], strict=False):
        assert (await browser.post("/api/me/password", json={"old": old, "new": new})).status_code == 200
    assert told(await other.get("/api/me"))[0] == 401, "the other browsers are out"
    for again in words[2:]:
        answer = await browser.post("/api/me/password", json={"old": words[-1], "new": again})
        assert [one["code"] for one in answer.json()["reasons"]] == ["used_before"], again
    assert (await browser.post("/api/me/password", json={"old": words[-1], "new": PASSWORD})).status_code == 200
    wrong = await browser.post("/api/me/password", json={"old": "wrong", "new": words[1]})
    assert told(wrong) == (403, "wrong_password")
    assert (await house.log()).count("account:password_changed") == 5


async def test_a_password_expires_only_where_the_city_says_so(installation_database: str, clock: Clock) -> None:
    house = await make_house(installation_database, clock, password_max_days=90)
    try:
        await house.enter("kim")
        clock.forward(91 * 24 * 3600)
        assert told((await begin(house, "kim"))[1]) == (401, "password_change")
        house.services.settings.password_max_days = 0
        assert (await begin(house, "kim"))[1].status_code == 200
    finally:
        await house.services.close()


async def test_a_session_that_the_browser_brought_along_is_never_taken_over(house: House) -> None:
    """Session fixation: who planted a cookie holds nothing after the victim has signed in."""
    planted = (await house.enter("lee")).cookies["ansim_session"]
    victim = house.seat()
    victim.cookies.set("ansim_session", planted, domain="house.local")
    entered = await victim.post("/api/login", json={"login": "kim", "password": PASSWORD})
    assert entered.cookies["ansim_session"] != planted
    thief = house.seat()
    thief.cookies.set("ansim_session", planted)
    assert told(await thief.get("/api/me")) == (401, "not_signed_in"), "the session in that browser has ended"
    invented = house.seat()
    invented.cookies.set("ansim_session", "chosen-by-the-thief", domain="house.local")
    entered = await invented.post("/api/login", json={"login": "kim", "password": PASSWORD})
    assert entered.cookies["ansim_session"] != "chosen-by-the-thief"


async def test_a_hash_of_yesterdays_parameters_is_made_anew_at_the_next_sign_in(house: House) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    await rows(house.services, "UPDATE account SET password_hash = :old WHERE login = 'kim' RETURNING 1", old=old)
    assert hashing.is_outdated(old)
    await house.enter("kim")
    [now] = await rows(house.services, "SELECT password_hash FROM account WHERE login = 'kim'")
    assert not hashing.is_outdated(now["password_hash"]) and hashing.matches(now["password_hash"], PASSWORD)


async def test_a_browser_never_seen_at_a_seat_never_seen_is_told_to_the_others(house: House) -> None:
    browser = await house.enter("kim")
    assert (await browser.get("/api/me")).json()["notices"] == []
    stranger = await house.enter("kim", OTHER_SEAT)
    assert (await stranger.get("/api/me")).json()["notices"] == [], "whoever came in can't wave it away"
    await stranger.post("/api/me/notices")
    [notice] = (await browser.get("/api/me")).json()["notices"]
    assert (notice["code"], notice["address"]) == ("new_device", OTHER_SEAT)
    await house.enter("kim", OTHER_SEAT)
    assert (await house.log("session")).count("session:new_device") == 1, "the same seat again is no news"
    await browser.post("/api/me/notices")
    assert (await browser.get("/api/me")).json()["notices"] == []


async def test_no_secret_stands_in_the_database_or_the_log(house: House) -> None:
    codes = await house.enrol("kim")
    secret = house.secrets["kim"]
    text = str(await rows(house.services, "SELECT * FROM account")) + str(await house.payloads("account:factor_added"))
    assert (
        secret.hex() not in text
        and codes[0] not in text
        and factor.enrolment(secret, login="", issuer="")["secret"] not in text
    )
