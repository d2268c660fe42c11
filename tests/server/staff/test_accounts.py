"""The administrator's work: every change on the log, nobody beyond reach, never without an administrator."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server.actor import SYSTEM
from server.staff import accounts
from server.staff.accounts import Reach
from tests.server.conftest import PASSWORD
from tests.server.deliveries import rows
from tests.server.staff.conftest import House, told

pytestmark = pytest.mark.database
NEW = {"login": "hong", "name": "홍길동", "role": "operator", "networks": ["10.0.0.0/30"]}


async def test_a_new_colleague_comes_in_by_a_one_time_password(house: House) -> None:
    admin = await house.enter("choi")
    made = await admin.post("/api/accounts", json=NEW)
    assert made.status_code == 201
    account, way = made.json()["account"], made.json()["enrolment"]
    assert (account["login"], account["desk"], account["networks"]) == ("hong", "main", ["10.0.0.0/30"])
    asked = await house.seat().post("/api/login", json={"login": "hong", "password": way["temporary_password"]})
    assert told(asked) == (401, "password_change")
    browser = house.seat()
    given = {"ticket": asked.json()["ticket"], "password": "river bank 72"}
    assert (await browser.post("/api/login/password", json=given)).json()["role"] == "operator"
    listed = (await admin.get("/api/accounts")).json()["accounts"]
    assert [one["login"] for one in listed] == ["choi", "eye", "hong", "kim", "lee", "park"], "of this desk only"
    [created] = await house.payloads("account:created")
    assert created["after"] == {
        "role": "operator", "desk": "main", "agency_id": None, "active": True, "networks": ["10.0.0.0/30"],
    }  # fmt: skip
    assert "홍길동" not in str(created) and way["temporary_password"] not in str(created)


async def test_a_change_of_rights_is_on_the_log_and_ends_the_sessions(house: House) -> None:
    admin, operator = await house.enter("choi"), await house.enter("kim")
    kim = await house.account_id("kim")
    same = await admin.patch(f"/api/accounts/{kim}", json={"name": "김 새이름"})
    assert same.json()["account"]["name"] == "김 새이름"
    assert (await operator.get("/api/me")).status_code == 200, "a new name takes no right away"
    changed = await admin.patch(f"/api/accounts/{kim}", json={"role": "supervisor"})
    assert changed.json()["account"]["role"] == "supervisor"
    assert told(await operator.get("/api/me")) == (401, "not_signed_in")
    assert (await (await house.enter("kim")).get("/api/me")).json()["role"] == "supervisor"
    await admin.patch(f"/api/accounts/{kim}", json={"active": False})
    assert told(await house.seat().post("/api/login", json={"login": "kim", "password": PASSWORD}))[1] == "wrong_login"
    await admin.patch(f"/api/accounts/{kim}", json={"active": True})
    assert await house.log() == ["account:changed", "account:changed", "account:deactivated", "account:activated"]
    first, second = await house.payloads("account:changed")
    assert first["changed"] == ["name"] and "새이름" not in str(first)
    assert (second["before"]["role"], second["after"]["role"]) == ("operator", "supervisor")


async def test_what_an_administrator_of_one_desk_cannot_set(house: House) -> None:
    admin, kim = await house.enter("choi"), await house.account_id("kim")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"role": "boss"}, "body.role"),
        ({"desk": "second"}, "desk"),
        ({"desk": "nowhere"}, "desk"),
        ({"role": "agent", "agency_id": "112-demo"}, "agency_id"),
        ({"agency_id": "112-demo"}, "desk"),
        ({"networks": ["10.0.0.0/24"]}, "body.networks"),
        ({"name": " "}, "body.name"),
    ]
    for changes, field in wrong:
        answer = await admin.patch(f"/api/accounts/{kim}", json=changes)
        assert told(answer) == (422, "invalid"), changes
        assert answer.json()["fields"][0]["field"] == field
    assert await house.log() == []


async def test_another_desks_people_do_not_exist(house: House) -> None:
    admin, far = await house.enter("choi"), await house.account_id("far")
    session = (await (await house.enter("far")).get("/api/sessions")).json()["sessions"][0]["session_id"]
    for method, path in (
        ("PATCH", f"/api/accounts/{far}"),
        ("POST", f"/api/accounts/{far}/reset"),
        ("POST", f"/api/accounts/{far}/release"),
        ("GET", f"/api/accounts/{far}/sessions"),
        ("DELETE", f"/api/accounts/{far}/sessions/{session}"),
        ("DELETE", f"/api/accounts/{await house.account_id('kim')}/sessions/{session}"),
    ):
        answer = await admin.request(method, path, json={} if method in ("PATCH", "POST") else None)
        assert answer.status_code == 404, path
    assert told(await admin.post("/api/accounts", json=NEW | {"login": "far"})) == (409, "login_taken")


async def test_nobody_but_an_administrator_gets_in(house: House) -> None:
    kim = await house.account_id("kim")
    for login in ("kim", "park", "eye"):
        browser = await house.enter(login)
        for method, path in (
            ("GET", "/api/accounts"),
            ("POST", "/api/accounts"),
            ("PATCH", f"/api/accounts/{kim}"),
            ("POST", f"/api/accounts/{kim}/reset"),
            ("GET", f"/api/accounts/{kim}/sessions"),
        ):
            answer = await browser.request(method, path, json=NEW)
            assert told(answer) == (403, "wrong_role") and answer.json()["permission"] == "accounts.manage"


async def test_the_last_administrator_stays_also_when_two_leave_at_once(house: House) -> None:
    admin, choi = await house.enter("choi"), await house.account_id("choi")
    for changes in ({"role": "operator"}, {"active": False}):
        assert told(await admin.patch(f"/api/accounts/{choi}", json=changes)) == (409, "last_admin")
    made = (await admin.post("/api/accounts", json=NEW | {"role": "admin"})).json()["account"]

    async def leave(account_id: str) -> None:
        async with house.services.db.begin() as unit:
            await accounts.change(unit, house.services, Reach(None), SYSTEM, account_id, {"active": False})  # type: ignore[arg-type]

    results = await asyncio.gather(leave(choi), leave(made["account_id"]), return_exceptions=True)
    assert [getattr(one, "code", "left") for one in results].count("last_admin") == 1
    [left] = await rows(
        house.services, "SELECT count(*) AS n FROM account WHERE role = 'admin' AND active AND desk = 'main'"
    )
    assert left["n"] == 1


async def test_a_new_account_names_its_seats_and_no_network_of_strangers(house: House) -> None:
    admin = await house.enter("choi")
    for networks in ([], ["10.0.0"], ["0.0.0.0/0"], ["10.0.0.1", "::/0"]):
        answer = await admin.post("/api/accounts", json=NEW | {"networks": networks})
        assert told(answer) == (422, "invalid"), networks


async def test_nobody_resets_the_own_account(house: House) -> None:
    admin, choi = await house.enter("choi"), await house.account_id("choi")
    assert told(await admin.post(f"/api/accounts/{choi}/reset", json={"second_factor": True})) == (409, "own_account")


async def test_a_reset_takes_the_second_factor_away_when_asked(house: House) -> None:
    await house.enrol("kim")
    admin, kim = await house.enter("choi"), await house.account_id("kim")
    answer = await admin.post(f"/api/accounts/{kim}/reset", json={"password": False, "second_factor": True})
    assert answer.json() == {"enrolment": None}
    assert (await house.seat().post("/api/login", json={"login": "kim", "password": PASSWORD})).status_code == 200
    assert (await house.payloads("account:reset"))[0] == {"account_id": kim, "password": False, "second_factor": True}


async def test_an_administrator_of_everything_places_people_at_any_desk_and_agency(house: House) -> None:
    house.services.settings.serves = "all"
    admin = await house.enter("choi")
    assert "far" not in [one["login"] for one in (await admin.get("/api/accounts")).json()["accounts"]]
    await rows(house.services, "UPDATE center SET desk = 'main' RETURNING 1")
    admin = await house.enter("choi")
    assert "far" in [one["login"] for one in (await admin.get("/api/accounts")).json()["accounts"]]
    agent = NEW | {"login": "cop", "role": "agent", "agency_id": "112-x"}
    assert told(await admin.post("/api/accounts", json=agent)) == (422, "invalid")
    await rows(
        house.services,
        "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES ('112-x','112','ㄱ','A') RETURNING 1",
    )
    made = await admin.post("/api/accounts", json=agent)
    assert (made.json()["account"]["agency_id"], made.json()["account"]["desk"]) == ("112-x", None)


async def test_the_agents_of_a_shared_agency_are_no_single_desks_to_rule(house: House) -> None:
    """Whoever may give herself a way into the police's account sees the people of every center that it serves."""
    admin = await house.enter("choi")
    mine, others = "41170", "11110"
    await rows(
        house.services,
        "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES ('112-x','112','ㄱ','A') RETURNING 1",
    )
    agreement = (
        "INSERT INTO agreement (agreement_id, center_id, agency_id, triggers, legal_bases, starts_at) VALUES"
        " (gen_random_uuid(), '{}', '112-x', '{{dispatch}}', '{{pipa-18-2-3}}', now() - interval '1 day') RETURNING 1"
    )
    await rows(house.services, agreement.format(mine))
    agent = NEW | {"login": "cop", "role": "agent", "agency_id": "112-x"}
    cop = (await admin.post("/api/accounts", json=agent)).json()["account"]["account_id"]
    await rows(house.services, agreement.format(others))
    for answer in (
        await admin.post(f"/api/accounts/{cop}/reset", json={"second_factor": True}),
        await admin.patch(f"/api/accounts/{cop}", json={"active": False}),
        await admin.post("/api/accounts", json=agent | {"login": "cop2"}),
    ):
        assert told(answer) == (409, "shared_agency")
