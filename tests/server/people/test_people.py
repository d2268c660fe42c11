"""Sign-up and guardians over HTTP, and tokens that are not ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest

from location_router.runtime.tokens import Device, new_device_keys, sign_device_token, verify_device_token
from server.people import routes, service
from tests.server.scene import CENTER, Scene, app_of, client, installation, listening


@pytest.fixture
async def home(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database, serves="") as made:
        yield made


@pytest.fixture
async def api(home: Scene) -> AsyncIterator[httpx.AsyncClient]:
    async with listening(app_of(home.services, routes.router)) as address, client(address) as made:
        yield made


async def sign_up(api: httpx.AsyncClient, phone: str = "010-1234-5678", nickname: str = "보라") -> dict[str, Any]:
    answer = await api.post("/api/people", json={"nickname": nickname, "phone": phone})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_the_same_number_from_her_own_device_is_the_same_person(home: Scene, api: httpx.AsyncClient) -> None:
    api.headers.update(bearer((await sign_up(api))["device_token"]))
    numbers = ("010-1234-5678", "+82 10 1234 5678", "01012345678")
    answers = await asyncio.gather(*(sign_up(api, number) for number in numbers))
    assert len({one["person_id"] for one in answers}) == 1 and len({one["device_id"] for one in answers}) == 3
    assert answers[0]["home"] == {
        "code": CENTER,
        "name_ko": "경기도 안양시",
        "name_en": "Anyang, Gyeonggi-do",
        "callback": "031-112",
    }
    assert answers[0]["sos_text_number"] == home.services.settings.sos_text_number != ""
    assert (await sign_up(api, "010-1234-9999"))["person_id"] != answers[0]["person_id"]
    assert await home.one("SELECT count(*) FROM signing_key") == 1


async def test_who_types_anothers_number_does_not_become_her(home: Scene, api: httpx.AsyncClient) -> None:
    """A stalker knows her number: he must not see or name her guardians, nor be told of her alerts."""
    victim = await sign_up(api)
    mother = {"name": "엄마", "phone": "010 9999 1234"}
    assert (await api.post("/api/people/me/guardians", json=mother, headers=bearer(victim["device_token"]))).is_success
    for token in (
        "",
        "words",
        victim["device_token"][:-4] + "AAAA",
        (await sign_up(api, "01077776666"))["device_token"],
    ):
        api.headers.update(bearer(token) if token else {})
        stalker = await sign_up(api, nickname="나쁜 사람")
        assert stalker["person_id"] != victim["person_id"]
        theirs = await api.get("/api/people/me/guardians", headers=bearer(stalker["device_token"]))
        assert theirs.json() == {"guardians": []}
        mine = {"name": "나", "phone": "010-6666-7777"}
        named = await api.post("/api/people/me/guardians", json=mine, headers=bearer(stalker["device_token"]))
        assert (await api.post(f"/api/invitations/{named.json()['invitation']}/accept", json={})).is_success
    hers = await api.get("/api/people/me/guardians", headers=bearer(victim["device_token"]))
    assert [one["name"] for one in hers.json()["guardians"]] == ["엄마"]
    sealed = await home.one("SELECT nickname_sealed FROM person WHERE person_id = :id", id=UUID(victim["person_id"]))
    assert home.services.sealer.open(sealed, context=f"person.nickname:{victim['person_id']}") == "보라"


async def test_the_router_can_check_the_token_with_the_public_key_alone(home: Scene, api: httpx.AsyncClient) -> None:
    signed = await sign_up(api)
    device = verify_device_token(signed["device_token"], {"home-1": await service.public_key_pem(home.services)})
    assert device == Device("home-1", signed["device_id"], signed["person_id"], CENTER)


async def test_a_token_that_is_not_ours_opens_nothing(home: Scene, api: httpx.AsyncClient) -> None:
    signed = await sign_up(api)
    claims = Device("home-1", signed["device_id"], signed["person_id"], CENTER)
    private, public = new_device_keys()
    async with home.services.db.begin() as unit:
        ours, our_public = await service.device_keys(unit, home.services)
    tokens = {
        "another installation's key": sign_device_token(claims, private),
        "no signature": jwt.encode(
            {
                "iss": "home-1",
                "sub": signed["device_id"],
                "person": signed["person_id"],
                "exp": datetime.now(UTC) + timedelta(days=1),
            },
            None,
            algorithm="none",
        ),
        "public key as a secret": jwt.encode({"iss": "home-1", "sub": "x", "exp": 9e9}, "k" * 64, algorithm="HS256"),
        "expired": sign_device_token(claims, ours, now=datetime.now(UTC) - timedelta(days=900)),
        "another person's device": sign_device_token(
            Device("home-1", signed["device_id"], "00000000-0000-0000-0000-000000000001", CENTER), ours
        ),
        "cut": signed["device_token"][:-4] + "AAAA",
        "words": "give me everything",
    }
    for why, token in tokens.items():
        answer = await api.get("/api/people/me/guardians", headers=bearer(token))
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_token"), why
    assert (await api.get("/api/people/me/guardians", headers=bearer(signed["device_token"]))).status_code == 200
    await home.sql("UPDATE device SET revoked_at = now()")
    assert (await api.get("/api/people/me/guardians", headers=bearer(signed["device_token"]))).status_code == 401


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"nickname": "보라", "phone": "02-123-4567"}, "bad_phone"),
        ({"nickname": " \n", "phone": "01012345678"}, "bad_name"),
        ({"phone": "01012345678"}, "invalid"),
    ],
)
async def test_what_is_wrong_is_said_in_two_languages(api: httpx.AsyncClient, body: dict[str, str], code: str) -> None:
    answer = await api.post("/api/people", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["message_ko"] and answer.json()["message_en"]


async def test_a_guardian_is_named_invited_and_agrees(api: httpx.AsyncClient) -> None:
    mine = bearer((await sign_up(api))["device_token"])
    mother = {"name": "엄마", "phone": "010 9999 1234"}
    named = (await api.post("/api/people/me/guardians", json=mother, headers=mine)).json()
    before = (await api.get("/api/people/me/guardians", headers=mine)).json()["guardians"]
    assert [(one["name"], one["phone_last4"], one["accepted_at"]) for one in before] == [("엄마", "1234", None)]
    agreed = await api.post(f"/api/invitations/{named['invitation']}/accept", json={"push_token": "t1"})
    assert agreed.json() == {"person_nickname": "보라", "guardian_id": named["guardian_id"]}
    assert (await api.get("/api/people/me/guardians", headers=mine)).json()["guardians"][0]["accepted_at"]
    assert (await api.post("/api/invitations/made-up/accept", json={"push_token": "t1"})).status_code == 404


async def test_the_guardians_of_others_are_invisible_and_untouchable(api: httpx.AsyncClient) -> None:
    mine = bearer((await sign_up(api, "010-1111-1111"))["device_token"])
    hers = bearer((await sign_up(api, "010-2222-2222"))["device_token"])
    mother = {"name": "엄마", "phone": "01099991234"}
    named = (await api.post("/api/people/me/guardians", json=mother, headers=hers)).json()
    assert (await api.get("/api/people/me/guardians", headers=mine)).json() == {"guardians": []}
    path = f"/api/people/me/guardians/{named['guardian_id']}"
    assert (await api.delete(path, headers=mine)).status_code == 404
    assert (await api.delete(path, headers=hers)).status_code == 204
    assert (await api.delete(path, headers=hers)).status_code == 404
    assert (await api.post(f"/api/invitations/{named['invitation']}/accept")).status_code == 404


async def test_at_most_five_also_when_six_are_named_at_once(api: httpx.AsyncClient) -> None:
    mine = bearer((await sign_up(api))["device_token"])
    answers = await asyncio.gather(
        *(
            api.post("/api/people/me/guardians", json={"name": f"보호자 {n}", "phone": f"0109999000{n}"}, headers=mine)
            for n in range(6)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409]
    again = await api.post("/api/people/me/guardians", json={"name": "새 이름", "phone": "01099990001"}, headers=mine)
    taken = next(n for n, answer in enumerate(answers) if answer.status_code == 409)
    assert again.status_code == (201 if taken != 1 else 409), "the same number renews its invitation"
    own = await api.post("/api/people/me/guardians", json={"name": "나", "phone": "01012345678"}, headers=mine)
    assert own.json()["code"] == "own_phone"


async def test_where_there_is_no_home_center_nobody_signs_up(installation_database: str) -> None:
    async with (
        installation(installation_database, home_center="") as made,
        listening(app_of(made.services, routes.router)) as address,
        client(address) as api,
    ):
        answer = await api.post("/api/people", json={"nickname": "보라", "phone": "01012345678"})
        assert (answer.status_code, answer.json()["code"]) == (503, "no_home")
