"""Signing in at the city's identity provider: only who is one of ours, only the browser that asked, nowhere else to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.server.deliveries import Clock
from tests.server.staff.conftest import SEAT, House, make_house, told
from tests.server.staff.little_provider import CLIENT, SECRET, Provider, query, running

pytestmark = pytest.mark.database
STRANGE_SEAT, OTHER = "203.0.113.9", "10.0.0.2"


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running() as held:
        yield held


@pytest.fixture
async def house(installation_database: str, clock: Clock, provider: Provider) -> AsyncIterator[House]:
    settings = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    held = await make_house(installation_database, clock, public_url="http://house", **settings)
    yield held
    await held.services.shared["oidc"].client.aclose() if "oidc" in held.services.shared else None
    await held.services.close()


async def go(house: House, browser: httpx.AsyncClient, path: str = "/api/login/oidc") -> httpx.Response:
    """The browser's way: to the provider, which sends it back; the answer of the callback."""
    return await browser.get(await ask(browser, path))


async def ask(browser: httpx.AsyncClient, path: str = "/api/login/oidc") -> str:
    """The address of the callback that the provider's answer leads to."""
    sent = await browser.get(path)
    assert sent.status_code == 303
    async with httpx.AsyncClient(trust_env=False) as outside:
        return str((await outside.get(sent.headers["location"])).headers["location"])


def refused(answer: httpx.Response) -> str:
    assert answer.status_code == 303 and "ansim_session" not in answer.cookies
    path, _, code = answer.headers["location"].partition("#problem=")
    assert path == "/login"
    return code


async def test_an_operator_comes_in_and_an_auditor_too_each_to_the_own_page(house: House, provider: Provider) -> None:
    browser = house.seat()
    assert (await browser.get("/api/login")).json()["oidc"] is True
    back = await ask(browser)
    sent = list(provider.asked.values())[0]
    assert sent["scope"] == "openid profile email" and sent["code_challenge_method"] == "S256"
    assert sent["redirect_uri"] == "http://house/api/login/oidc/callback"
    answer = await browser.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert (await browser.get("/api/me")).json()["login"] == "kim"
    assert (await browser.get("/api/sessions")).json()["sessions"][0]["method"] == "oidc"
    provider.who = "eye"
    assert (await go(house, house.seat())).headers["location"] == "/admin"


async def test_nothing_in_the_address_sends_the_browser_elsewhere(house: House) -> None:
    browser = house.seat()
    path = "/api/login/oidc?next=https://evil.example&redirect_uri=https://evil.example&return_to=//evil.example"
    back = await ask(browser, path)
    assert urlsplit(back).netloc == "house" and "evil" not in back
    answer = await browser.get(back + "&next=https://evil.example&redirect_uri=//evil.example")
    assert answer.headers["location"] == "/console"


async def test_an_answer_counts_only_in_the_browser_that_asked_and_once(house: House) -> None:
    """Login CSRF: a stranger's answer, led to a victim's browser, signs nobody in."""
    stranger, victim, elsewhere = house.seat(), house.seat(), house.seat(OTHER)
    back = await ask(stranger)
    assert refused(await victim.get(back)) == "oidc_state"
    victim.cookies.set("ansim_oidc", "mine", domain="house.local")
    assert refused(await victim.get(back)) == "oidc_state"
    elsewhere.cookies.update({"ansim_oidc": query(back)["state"]})
    assert refused(await elsewhere.get(back)) == "oidc_state", "from another seat"
    again = house.seat()
    back = await ask(again)
    state = query(back)["state"]
    assert (await again.get(back)).headers["location"] == "/console"
    again.cookies.set("ansim_oidc", state)
    assert refused(await again.get(back)) == "oidc_state", "it is used up"
    late = house.seat()
    back = await ask(late)
    house.clock.forward(601)
    assert refused(await late.get(back)) == "oidc_state"


async def test_a_token_that_is_not_for_us_opens_nothing(house: House, provider: Provider) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"nonce": "another"}, "oidc_refused"),
        ({"nonce": None}, "oidc_refused"),
        ({"aud": "somebody-else"}, "oidc_refused"),
        ({"aud": [CLIENT, "somebody-else"]}, "oidc_refused"),
        ({"iss": "http://127.0.0.1:1"}, "oidc_refused"),
        ({"exp": 1_600_000_000}, "oidc_refused"),
        ({"preferred_username": "nobody"}, "oidc_no_account"),
        ({"preferred_username": None}, "oidc_no_account"),
        ({"preferred_username": ["kim"]}, "oidc_no_account"),
    ]
    for lies, code in wrong:
        provider.lies = lies
        assert refused(await go(house, house.seat())) == code, lies


async def test_a_token_signed_by_another_key_opens_nothing(house: House, provider: Provider) -> None:
    provider.signs_with = ec.generate_private_key(ec.SECP256R1())
    assert refused(await go(house, house.seat())) == "oidc_refused"


async def test_the_seat_must_be_registered_as_ever(house: House, provider: Provider) -> None:
    answer = await house.seat(STRANGE_SEAT).get("/api/login/oidc")
    assert refused(answer) == "address_not_registered" and provider.asked == {}
    async with house.services.db.begin() as unit:
        await unit.execute(
            "DELETE FROM allowed_address WHERE account_id = (SELECT account_id FROM account WHERE login = 'kim')"
        )
    assert refused(await go(house, house.seat(SEAT))) == "address_not_registered"


async def test_an_account_that_is_closed_stays_closed(house: House) -> None:
    async with house.services.db.begin() as unit:
        await unit.execute("UPDATE account SET active = false WHERE login = 'kim'")
    assert refused(await go(house, house.seat())) == "oidc_no_account"


async def test_a_role_comes_from_the_provider_only_where_the_city_says_so(house: House, provider: Provider) -> None:
    provider.lies = {"groups": ["supervisor", "vpn"]}
    browser = house.seat()
    await go(house, browser)
    assert (await browser.get("/api/me")).json()["role"] == "operator"
    house.services.settings.oidc_role_claim = "groups"
    browser = house.seat()
    await go(house, browser)
    assert (await browser.get("/api/me")).json()["role"] == "supervisor"
    [change] = await house.payloads("account:changed")
    assert (change["before"]["role"], change["after"]["role"]) == ("operator", "supervisor")
    for groups in (["vpn"], ["operator", "admin"], ["agent"], None):
        provider.lies = {"groups": groups}
        assert refused(await go(house, house.seat())) == "oidc_no_role", groups


async def test_the_second_factor_is_asked_unless_the_provider_has_seen_one(house: House, provider: Provider) -> None:
    await house.enrol("kim")
    browser = house.seat()
    answer = await go(house, browser)
    where, _, ticket = answer.headers["location"].partition("&ticket=")
    assert where == "/login#step=second_factor" and "ansim_session" not in answer.cookies
    given = {"ticket": ticket, "code": house.code("kim")}
    assert (await browser.post("/api/login/second", json=given)).status_code == 200
    provider.lies = {"amr": ["pwd", "otp"]}
    assert (await go(house, house.seat())).headers["location"] == "/console"


async def test_a_provider_that_is_away_is_said_and_passwords_work(house: House, provider: Provider) -> None:
    house.services.settings.oidc_issuer = "http://127.0.0.1:9"
    assert refused(await house.seat().get("/api/login/oidc")) == "oidc_unreachable"
    assert (await house.enter("kim")).cookies
    house.services.settings.oidc_issuer = ""
    assert refused(await house.seat().get("/api/login/oidc")) == "oidc_off"
    assert told(await house.seat().get("/api/me"))[0] == 401
