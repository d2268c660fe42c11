"""Guesses at the same moment, and tickets that outlive what they were given for."""

from __future__ import annotations

import asyncio

import pytest

from tests.server.conftest import PASSWORD
from tests.server.deliveries import rows
from tests.server.staff.conftest import OTHER_SEAT, House, secret_of, told

pytestmark = pytest.mark.database
NEW, NEWER = "walked home 7 times", "seven cranes over 8 hills"


async def test_many_wrong_codes_at_one_moment_are_no_more_than_five(house: House) -> None:
    await house.enrol("kim")
    right = house.code("kim")
    wrong = [f"{(int(right) + n) % 10**6:06d}" for n in range(1000, 1024)]
    tickets = []
    for _ in range(3):
        browser = house.seat()
        asked = await browser.post("/api/login", json={"login": "kim", "password": PASSWORD})
        tickets.append((browser, asked.json()["ticket"]))

    async def guess(number: int, code: str) -> tuple[int, str]:
        browser, ticket = tickets[number % len(tickets)]
        return told(await browser.post("/api/login/second", json={"ticket": ticket, "code": code}))

    answers = await asyncio.gather(*(guess(number, code) for number, code in enumerate([*wrong, right])))
    assert [code for _, code in answers].count("wrong_code") <= 4, "the fifth closes the door, whatever else is asked"
    assert (200, "") not in answers, "and the right one among them opens nothing any more"
    kept = await rows(house.services, "SELECT count(*) AS n FROM login_hold WHERE held_until > :now", now=house.clock())
    assert kept[0]["n"] == 1


async def test_a_new_password_ends_every_ticket_that_the_old_one_has_bought(house: House) -> None:
    """Somebody else knows the password, too: when its owner changes it, what that other one began is over."""
    await rows(
        house.services,
        "UPDATE account SET temporary_until = :until WHERE login = 'kim' RETURNING 1",
        until=house.clock().replace(year=house.clock().year + 1),
    )
    owner, thief = house.seat(), house.seat(OTHER_SEAT)
    given = {"login": "kim", "password": PASSWORD}
    asked, stolen = await owner.post("/api/login", json=given), await thief.post("/api/login", json=given)
    assert told(asked) == told(stolen) == (401, "password_change")
    changed = await owner.post("/api/login/password", json={"ticket": asked.json()["ticket"], "password": NEW})
    assert changed.status_code == 200
    late = await thief.post("/api/login/password", json={"ticket": stolen.json()["ticket"], "password": NEWER})
    assert told(late) == (401, "ticket_ended"), "the account stays its owner's"


async def test_a_ticket_to_set_up_a_second_factor_replaces_none(house: House) -> None:
    house.services.settings.second_factor = "all"
    owner, thief = house.seat(), house.seat(OTHER_SEAT)
    given = {"login": "kim", "password": PASSWORD}
    asked, stolen = await owner.post("/api/login", json=given), await thief.post("/api/login", json=given)
    assert told(asked) == told(stolen) == (401, "second_factor_setup")
    ticket = asked.json()["ticket"]
    begun = (await owner.post("/api/login/totp", json={"ticket": ticket})).json()
    house.secrets["kim"] = secret_of(begun)
    done = await owner.post("/api/login/totp/confirm", json={"ticket": ticket, "code": house.code("kim")})
    assert done.status_code == 200, done.text
    late = await thief.post("/api/login/totp", json={"ticket": stolen.json()["ticket"]})
    assert told(late) == (401, "ticket_ended"), "her telephone stays the second factor"


async def test_two_administrators_who_make_the_same_login_make_one_account(house: House) -> None:
    """The second must neither fail oddly nor take the first one's account over."""
    main, second = await house.enter("choi"), await house.enter("boss", OTHER_SEAT)
    wanted = {"login": "newcomer", "name": "새 사람", "role": "operator", "networks": ["10.0.0.0/29"]}
    answers = await asyncio.gather(*(one.post("/api/accounts", json=wanted) for one in (main, second) * 2))
    assert sorted(told(one) for one in answers) == [(201, "")] + [(409, "login_taken")] * 3
    made = await rows(house.services, "SELECT desk FROM account WHERE login = 'newcomer'")
    first = next(one for one in answers if one.status_code == 201).json()["account"]
    assert [one["desk"] for one in made] == [first["desk"]]
