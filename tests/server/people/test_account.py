"""A number proved by text message, a lost phone, tokens, consents, a minor, and the end of an account: stories with a
clock that the test moves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from location_router.runtime.tokens import verify_device_token
from location_router.wire import CenterRef, Phase, PositionUpdate, State, Status
from server.db import load_tables, metadata
from server.people import account_routes, follow, follow_routes, routes, service, texts
from server.sealed_columns import SEALED_COLUMNS
from tests.server.deliveries import Clock
from tests.server.scene import CENTER, Scene, app_of, client, installation, listening

PHONE, MOTHER = "01012345678", "01099991234"
ANYANG = CenterRef(code=CENTER, name_ko="경기도 안양시", name_en="Anyang")
Api = httpx.AsyncClient


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def home(installation_database: str, clock: Clock) -> AsyncIterator[Scene]:
    async with installation(installation_database, serves="", prove_numbers="on", installation_key="k") as made:
        made.services.clock = clock
        yield made


@pytest.fixture
async def api(home: Scene) -> AsyncIterator[Api]:
    app = app_of(home.services, routes.router, account_routes.router, follow_routes.router)
    async with listening(app) as address, client(address) as made:
        yield made


async def texts_sent(home: Scene) -> list[str]:
    """Send what waits, as the worker does; the words of every message so far."""
    for row in await home.sql("SELECT message_id FROM text_message ORDER BY created_at"):
        await texts.send_text(home.services, row["message_id"])
    sms: Any = texts.sms_of(home.services)
    return [message.text for message in sms.sent]


async def code_for(home: Scene, api: Api, phone: str = PHONE) -> str:
    assert (await api.post("/api/people/verify", json={"phone": phone})).status_code == 202
    return (await texts_sent(home))[-1].split("인증번호 ")[1][:6]


async def sign_up(home: Scene, api: Api, phone: str = PHONE, **more: Any) -> dict[str, Any]:
    body = {"nickname": "보라", "phone": phone, "code": await code_for(home, api, phone), **more}
    answer = await api.post("/api/people", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def guarded(api: Api, token: str) -> str:
    """A guardian who accepted; the invitation."""
    named = await api.post("/api/people/me/guardians", json={"name": "엄마", "phone": MOTHER}, headers=bearer(token))
    assert named.status_code == 201, named.text
    accepted = await api.post(f"/api/invitations/{named.json()['invitation']}/accept", json={"push_token": "t"})
    assert accepted.status_code == 200
    return str(named.json()["invitation"])


async def shake(home: Scene, person_id: str, *, alert_id: UUID | None = None, state: State = State.RECEIVED) -> UUID:
    """What the router tells the home center of an alert of hers; the serving center has it whatever happens here."""
    alert_id, now = alert_id or uuid4(), home.services.clock()
    status = Status(
        status_id=uuid4(), alert_id=alert_id, assignment_no=1, state=state, phase=Phase.ACTIVE, at=now,
        center=ANYANG, person_id=person_id,
    )  # fmt: skip
    await service.receive_home_status(home.services, status)
    return alert_id


async def follows(home: Scene, alert_id: UUID) -> int:
    return int(await home.one("SELECT count(*) FROM follow WHERE alert_id = :id", id=alert_id))


async def admin_tags(home: Scene) -> list[str]:
    return [row["tag"] for row in await home.sql("SELECT tag FROM event ORDER BY seq")]


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_number_is_proved_once_in_five_tries_and_five_minutes(home: Scene, api: Api, clock: Clock) -> None:
    me = {"nickname": "보라", "phone": PHONE}
    assert problem(await api.post("/api/people", json=me)) == (422, "code_needed")
    code = await code_for(home, api)
    assert code not in str(await home.sql("SELECT * FROM phone_proof")) and len(code) == 6
    assert await home.sql("SELECT * FROM text_message") == [], "what is sent is not kept"
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    answers = await asyncio.gather(*(api.post("/api/people", json=me | {"code": wrong}) for _ in range(7)))
    assert sorted(problem(one) for one in answers) == [(403, "code_ended")] * 2 + [(403, "wrong_code")] * 5
    assert problem(await api.post("/api/people", json=me | {"code": code})) == (403, "code_ended"), "after five tries"

    assert problem(await api.post("/api/people/verify", json={"phone": PHONE})) == (429, "too_soon")
    clock.forward(31)
    late = await code_for(home, api)
    clock.forward(301)
    assert problem(await api.post("/api/people", json=me | {"code": late})) == (403, "code_ended")
    good = await code_for(home, api)
    assert (await api.post("/api/people", json=me | {"code": good})).status_code == 201
    assert problem(await api.post("/api/people", json=me | {"code": good})) == (403, "code_ended"), "a replay"
    assert await home.one("SELECT phone_proved_at FROM person") is not None

    for _ in range(2):
        clock.forward(31)
        await code_for(home, api)
    clock.forward(31)
    paced = await api.post("/api/people/verify", json={"phone": PHONE})
    assert problem(paced) == (429, "too_soon") and int(paced.headers["retry-after"]) > 60, "five codes an hour"
    assert problem(await api.post("/api/people/verify", json={"phone": "02-1"})) == (422, "bad_phone")


async def test_nothing_tells_whether_a_number_is_known(home: Scene, api: Api, clock: Clock) -> None:
    await sign_up(home, api)
    clock.forward(31)
    known = await api.post("/api/people/verify", json={"phone": PHONE})
    unknown = await api.post("/api/people/verify", json={"phone": "01055556666"})
    assert known.status_code == unknown.status_code and known.json().keys() == unknown.json().keys()
    for path in ("/api/people", "/api/people/recover"):
        answers = [
            await api.post(path, json={"nickname": "x", "phone": number, "code": "000000x"})
            for number in (PHONE, "01055556666", "01077778888")
        ]
        assert [problem(one)[0] for one in answers] == [403] * 3
        assert problem(answers[0]) == problem(answers[1])


async def test_two_sign_ups_of_one_number_at_once_are_one_person(home: Scene, api: Api) -> None:
    body = {"nickname": "보라", "phone": PHONE, "code": await code_for(home, api)}
    answers = await asyncio.gather(*(api.post("/api/people", json=body) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [201, 403, 403, 403]
    assert await home.one("SELECT count(*) FROM person") == 1


async def test_the_same_number_on_a_new_phone_is_the_same_person_and_she_is_told(
    home: Scene, api: Api, clock: Clock
) -> None:
    first = await sign_up(home, api)
    await guarded(api, first["device_token"])
    clock.forward(60)
    second = await sign_up(home, api)
    assert second["person_id"] == first["person_id"] and second["other_phones"] == 1 and second["phone_proved"]
    guardians = await api.get("/api/people/me/guardians", headers=bearer(second["device_token"]))
    assert [one["name"] for one in guardians.json()["guardians"]] == ["엄마"]
    assert "새 휴대전화" in (await texts_sent(home))[-1]
    seen = (await api.get("/api/people/me", headers=bearer(first["device_token"]))).json()
    assert [(one["is_this"], one["is_new"]) for one in seen["phones"]] == [(True, False), (False, True)]

    path = f"/api/people/me/devices/{second['device_id']}"
    assert (await api.delete(path, headers=bearer(first["device_token"]))).status_code == 204
    assert problem(await api.get("/api/people/me", headers=bearer(second["device_token"]))) == (401, "bad_token")
    jobs = await home.sql("SELECT args FROM procrastinate_jobs WHERE task_name = 'tell_router_of_device'")
    assert [one["args"]["device_id"] for one in jobs] == [second["device_id"]], "the router learns of it"


async def test_a_lost_phone_is_taken_back_by_the_number(home: Scene, api: Api, clock: Clock) -> None:
    lost = await sign_up(home, api)
    clock.forward(60)
    found = await api.post("/api/people/recover", json={"phone": PHONE, "code": await code_for(home, api)})
    assert found.status_code == 201 and found.json()["revoked_phones"] == 1
    assert found.json()["person_id"] == lost["person_id"]
    assert problem(await api.get("/api/people/me", headers=bearer(lost["device_token"]))) == (401, "bad_token")
    assert (await api.get("/api/people/me", headers=bearer(found.json()["device_token"]))).status_code == 200
    code = await code_for(home, api, "01055556666")
    nobody = {"phone": "01055556666", "code": code}
    assert problem(await api.post("/api/people/recover", json=nobody)) == (404, "no_person")
    assert (await api.post("/api/people", json=nobody | {"nickname": "새"})).status_code == 201, "the code stays good"
    assert {"device:enrolled", "device:revoked", "device:recovered"} <= set(await admin_tags(home))


async def test_a_renewed_token_leaves_the_old_one_seven_days(home: Scene, api: Api, clock: Clock) -> None:
    signed = await sign_up(home, api)
    clock.forward(5)
    new = (await api.post("/api/people/me/token", headers=bearer(signed["device_token"]))).json()["device_token"]
    public = {"home-1": await service.public_key_pem(home.services)}
    assert verify_device_token(new, public) == verify_device_token(signed["device_token"], public), "the same phone"
    clock.forward(3 * 86400)
    newer = (await api.post("/api/people/me/token", headers=bearer(signed["device_token"]))).json()["device_token"]
    for days, good in ((3.9, (True, True, True)), (0.2, (False, True, True)), (3, (False, False, True))):
        clock.forward(days * 86400)
        answers = [await api.get("/api/people/me", headers=bearer(one)) for one in (signed["device_token"], new, newer)]
        assert tuple(one.status_code == 200 for one in answers) == good


async def test_who_suspends_sharing_still_calls_the_center(home: Scene, api: Api, clock: Clock) -> None:
    signed = await sign_up(home, api)
    mine = bearer(signed["device_token"])
    await guarded(api, signed["device_token"])
    running = await shake(home, signed["person_id"])
    assert await follows(home, running) == 1
    until = (clock() + timedelta(hours=5)).isoformat()
    path = "/api/people/me/consents/guardian_sharing"
    stopped = await api.post(f"{path}/suspend", json={"until": until}, headers=mine)
    assert stopped.status_code == 200 and stopped.json()["is_shared"] is False
    past = {"until": (clock() - timedelta(hours=1)).isoformat()}
    assert problem(await api.post(f"{path}/suspend", json=past, headers=mine)) == (422, "bad_until")

    during = await shake(home, signed["person_id"])
    assert await follows(home, during) == 0, "guardians are not told"
    assert await home.one("SELECT state FROM followed_alert WHERE alert_id = :id", id=during) == "received", (
        "the center has it"
    )
    body = {
        "alert_id": str(during), "assignment_no": 1,
        "position": {"lat": 37.4, "lon": 126.9, "accuracy_m": 5, "fixed_at": clock().isoformat(), "source": "gps"},
    }  # fmt: skip
    await follow.receive_home_position(home.services, PositionUpdate.model_validate(body))
    assert await home.one("SELECT position_sealed FROM followed_alert WHERE alert_id = :id", id=during) is None
    row = await home.sql("SELECT sharing_stopped_until, NULL AS x FROM person")
    assert follow.is_stopped(row[0], clock())
    clock.forward(5 * 3600 + 1)
    assert await follows(home, await shake(home, signed["person_id"])) == 1, "it ends by itself"
    listed = (await api.get("/api/people/me/consents", headers=mine)).json()
    assert {one["kind"]: one["state"] for one in listed["consents"]}["guardian_sharing"] == "granted"


async def test_an_open_follow_page_goes_dark_with_the_suspension(home: Scene, api: Api, clock: Clock) -> None:
    signed = await sign_up(home, api)
    await guarded(api, signed["device_token"])
    await shake(home, signed["person_id"])
    row = (await home.sql("SELECT follow_id, link_sealed FROM follow"))[0]
    link = home.services.sealer.open(row["link_sealed"], context=f"follow.link:{row['follow_id']}")
    assert (await api.post(f"/api/follow/{link}/open", json={"last4": MOTHER[-4:]})).status_code == 200
    assert (await api.get(f"/api/follow/{link}")).json()["person_nickname"] == "보라"
    until = {"until": (clock() + timedelta(hours=1)).isoformat()}
    for kind in ("location_collection", "guardian_sharing"):
        path = f"/api/people/me/consents/{kind}/suspend"
        assert (await api.post(path, json=until, headers=bearer(signed["device_token"]))).status_code == 200
        dark = (await api.get(f"/api/follow/{link}")).json()
        assert dark["ended"] and dark["person_nickname"] == "" and dark["center"]["name_ko"] == ""
    assert await home.one("SELECT count(*) FROM release WHERE ended_at IS NULL") == 0


async def test_a_withdrawal_destroys_at_once_and_proves_it(home: Scene, api: Api) -> None:
    signed = await sign_up(home, api, consents=["location_collection", "guardian_sharing"])
    mine = bearer(signed["device_token"])
    await guarded(api, signed["device_token"])
    done = await shake(home, signed["person_id"])
    await shake(home, signed["person_id"], alert_id=done, state=State.CLOSED)
    incident = await home.emergency(state="closed")
    await home.sql("UPDATE alert SET person_ref = :p WHERE incident_id = :i", p=signed["person_id"], i=incident)
    gone = (await api.delete("/api/people/me/consents/location_collection", headers=mine)).json()
    assert gone["destroyed"] == {"followed_alert": 1, "position": 1} and gone["held"] == {}
    assert await home.one("SELECT count(*) FROM position") == 0
    gone = (await api.delete("/api/people/me/consents/guardian_sharing", headers=mine)).json()
    assert gone["destroyed"] == {"guardian": 1} and await home.sql("SELECT * FROM guardian") == []
    again = await api.delete("/api/people/me/consents/guardian_sharing", headers=mine)
    assert problem(again) == (409, "not_allowed") and again.json()["allowed"] == ["granted"]
    refused = await api.post("/api/people/me/guardians", json={"name": "엄마", "phone": MOTHER}, headers=mine)
    assert problem(refused) == (409, "sharing_withdrawn")
    old = await api.post("/api/people/me/consents/guardian_sharing", json={"version": "2001"}, headers=mine)
    assert problem(old) == (409, "old_text")
    assert (await api.post("/api/people/me/consents/guardian_sharing", headers=mine)).status_code == 200
    assert (await admin_tags(home)).count("consent:withdrawn") == 2
    with pytest.raises(Exception, match="only added to"):
        await home.sql("UPDATE consent_line SET act = 'granted'")


async def test_what_a_legal_hold_keeps_stays_and_the_answer_says_so(home: Scene, api: Api) -> None:
    signed = await sign_up(home, api)
    await guarded(api, signed["device_token"])
    incident = await home.emergency(state="closed")
    alert_id = await home.one("SELECT alert_id FROM alert")
    await home.sql("UPDATE alert SET person_ref = :p", p=signed["person_id"])
    await shake(home, signed["person_id"], alert_id=alert_id)
    await home.sql(
        "INSERT INTO legal_hold (hold_id, center_id, incident_id, basis, reason_sealed, until, placed_at, placed_by)"
        " VALUES (gen_random_uuid(), :c, :i, 'x', '', now() + interval '9 days', now(), gen_random_uuid())",
        c=CENTER,
        i=incident,
    )
    gone = await api.delete("/api/people/me", params={"confirm": "end"}, headers=bearer(signed["device_token"]))
    assert gone.json()["held"] == {"followed_alert": 1, "guardian": 1}
    assert await home.one("SELECT count(*) FROM position") == 1
    row = (await home.sql("SELECT * FROM person"))[0]
    sealed = home.services.sealer.open(row["phone_sealed"], context=f"person.phone:{row['person_id']}")
    assert (sealed, row["ended_at"] is not None) == ("", True), "the row is nobody's any more"


async def test_who_leaves_leaves_nothing(home: Scene, api: Api, installation_database: str) -> None:
    """Walks every table: no sealed column, digest or reference of hers is left but in the log and the ledger."""
    signed = await sign_up(home, api, born_year=1990, consents=["location_collection"])
    mine = bearer(signed["device_token"])
    invitation = await guarded(api, signed["device_token"])
    assert (await api.get(f"/api/invitations/{invitation}")).json()["person_nickname"] == "보라"
    bound = {"kind": "button", "name": "단추", "consent": True}
    assert (await api.post("/api/people/me/devices", json=bound, headers=mine)).status_code == 201
    alert_id = await shake(home, signed["person_id"])
    assert (await api.delete("/api/people/me", headers=mine)).status_code == 422, "not without the word"
    gone = await api.delete("/api/people/me", params={"confirm": "end"}, headers=mine)
    assert gone.status_code == 200 and gone.json()["destroyed"]["person"] == 1
    assert problem(await api.get("/api/people/me", headers=mine)) == (401, "bad_token")

    load_tables()
    log = {"event", "event_payload", "release", "signing_key", "chain_head", "consent_line", "home_inbox"}
    others = {"account", "camera", "agency_line"}  # of the scene, nobody's of hers
    for one in SEALED_COLUMNS:
        if one.table not in log | others:
            left = await home.one(f'SELECT count(*) FROM "{one.table}" WHERE {one.column} IS NOT NULL')
            assert left == 0, f"{one.table}.{one.column}"
    for table in metadata.tables.values():
        for name in {"person_id", "guardian_id", "phone_digest"} & {column.name for column in table.columns}:
            if table.name not in log:
                found = await home.one(f'SELECT count(*) FROM "{table.name}" WHERE {name} IS NOT NULL')
                assert found == 0, f"{table.name}.{name}"
    jobs = await home.sql("SELECT args FROM procrastinate_jobs WHERE task_name = 'tell_router_of_device'")
    assert signed["device_id"] in {one["args"]["device_id"] for one in jobs}
    events = json.dumps([dict(row) for row in await home.sql("SELECT tag, actor_id FROM event")])
    assert "consent:ended" in events and PHONE not in events
    await shake(home, signed["person_id"])  # an SOS of the phone in her drawer: nothing breaks, nothing is kept
    assert await home.one("SELECT count(*) FROM followed_alert") == 0 and alert_id


async def test_a_child_calls_for_help_and_shares_nothing_until_her_mother_agrees(
    home: Scene, api: Api, clock: Clock
) -> None:
    assert problem(
        await api.post("/api/people", json={"nickname": "x", "phone": PHONE, "born_year": 1700})
    ) == (422, "bad_year")  # fmt: skip
    signed = await sign_up(home, api, born_year=clock().year - 11)
    mine = bearer(signed["device_token"])
    await guarded(api, signed["device_token"])
    alone = await shake(home, signed["person_id"])
    assert await follows(home, alone) == 0 and await home.one("SELECT count(*) FROM followed_alert") == 1
    assert (await api.get("/api/people/me/consents", headers=mine)).json()["needs"] == "representative"
    asked = await api.post("/api/people/me/representative", json={"name": "엄마", "phone": MOTHER}, headers=mine)
    assert asked.status_code == 201 and asked.json()["kind"] == "representative"
    code = (await texts_sent(home))[-1].split("인증번호 ")[1][:6]
    path = f"/api/representatives/{asked.json()['link']}"
    assert (await api.get(path)).json()["person_nickname"] == "보라"
    wrong = await api.post(f"{path}/confirm", json={"code": "x", "agree": True})
    assert problem(wrong) == (403, "wrong_code") and wrong.json()["attempts_left"] == 4
    assert problem(await api.post(f"{path}/confirm", json={"code": code})) == (422, "no_consent")
    for _ in range(2):
        agreed = await api.post(f"{path}/confirm", json={"code": code, "agree": True})
        assert agreed.json() == {"state": "confirmed", "kind": "representative"}
    assert await follows(home, await shake(home, signed["person_id"])) == 1
    again = await api.post("/api/people/me/representative", json={"name": "엄마", "phone": MOTHER}, headers=mine)
    assert problem(again) == (409, "not_needed")


async def test_a_guardian_sees_what_she_receives_and_withdraws(home: Scene, api: Api) -> None:
    signed = await sign_up(home, api)
    invitation = await guarded(api, signed["device_token"])
    await shake(home, signed["person_id"])
    seen = (await api.get(f"/api/invitations/{invitation}")).json()
    assert seen["designated_by"] == "app" and seen["designated_at"] and seen["accepted_at"]
    assert [one["push"] for one in seen["told"]] == ["waiting"] and seen["receives"][0]["ko"]
    assert (await api.delete(f"/api/invitations/{invitation}")).json() == {"state": "withdrawn"}
    assert await home.sql("SELECT * FROM guardian") == [] and await home.sql("SELECT * FROM follow") == []
    assert problem(await api.get(f"/api/invitations/{invitation}")) == (404, "no_invitation")
    assert "보호자 한 분" in (await texts_sent(home))[-1]
    named = await api.post(
        "/api/people/me/guardians", json={"name": "언니", "phone": MOTHER}, headers=bearer(signed["device_token"])
    )
    declined = await api.post(f"/api/invitations/{named.json()['invitation']}/decline")
    assert declined.json() == {"state": "declined"}
    lines = await home.sql("SELECT act, how FROM consent_line WHERE guardian_id IS NOT NULL ORDER BY number")
    assert [row["act"] for row in lines] == ["granted", "withdrawn", "declined"]
