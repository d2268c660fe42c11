"""A walk's guardians are told, each once and by the way that reaches them; pauses, quiet hours, guests, questions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from location_router.runtime.jobs import Again
from location_router.wire import Phase, State
from server.people import (
    account,
    account_routes,
    alarm,
    care,
    care_routes,
    follow_routes,
    guardian_side,
    guardian_terms,
    notice_jobs,
    notice_routes,
    notices,
    own_push,
    push_routes,
    routes,
    second_hand,
    service,
    told,
)
from server.people.follow import receive_home_status
from server.people.jobs import push_follow
from server.people.service import DeviceUser
from server.people.texts import send_text
from server.push import ConsolePush, PushLater, PushMessage, PushResult, TokenGone
from server.retention.kinds import KINDS
from server.retention.purge import purge
from server.sms import ConsoleSms, SmsMessage, SmsRefused
from server.voice_call import ConsoleVoiceCall
from tests.server.people.test_follow import status
from tests.server.scene import CENTER, LAT, LON, Scene, app_of, client, installation, listening

APP, TEXT, WRONG = "010-9999-1234", "010-9999-5678", "010-9999-0000"


class Phones(ConsolePush):
    """A push service whose answers can be told beforehand, by token."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, list[Exception]] = {}

    async def send(self, message: PushMessage) -> PushResult:
        if self.answers.get(message.token):
            raise self.answers[message.token].pop(0)
        return await super().send(message)


class Carrier(ConsoleSms):
    async def send(self, message: SmsMessage) -> None:
        if message.to == WRONG.replace("-", ""):
            raise SmsRefused("HTTP 400")
        await super().send(message)


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def home(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(
        installation_database, serves="", public_url="http://home.test", voice_call="console", installation_key="k" * 44
    ) as made:
        made.services.clock = Clock()
        made.services.shared |= {"push": Phones(), "sms": Carrier(), "voice_call": ConsoleVoiceCall()}
        yield made


async def family(home: Scene) -> tuple[DeviceUser, dict[str, tuple[UUID, str]]]:
    """She, and her guardians by number: (id, invitation)."""
    signed = await service.sign_up(home.services, nickname="보라", phone="010-1111-2222")
    user, found = await service.device_user(home.services, signed.device_token), {}
    for number in (APP, TEXT, WRONG):
        named = await service.designate(home.services, user, name=f"가족{number[-4:]}", phone=number)
        token = "mothers-phone" if number == APP else None
        await service.accept(home.services, named["invitation"], push_token=token)
        found[number] = UUID(named["guardian_id"]), named["invitation"]
    return user, found


async def tell(home: Scene, user: DeviceUser, ids: list[UUID], event: Any, walk: UUID, **more: Any) -> int:
    async with home.services.db.begin() as unit:
        return await notices.tell_guardians(unit, home.services, user.person_id, ids, event, walk, **more)


async def do(home: Scene, *tasks: str) -> int:
    """Do the waiting jobs of these names once each, as a worker would; a job that asks for it stays."""
    steps: dict[str, Any] = {
        "push_notice": notice_jobs.push,
        "text_notice": notice_jobs.text,
        "call_notice": notice_jobs.call,
        "send_text": send_text,
        "text_guardian": told.text_guardian,
        "end_question": care.end_question,
        "send_second_hand": second_hand.send,
        "end_guest": guardian_terms.end_guest,
    }
    rows = await home.sql(
        "SELECT id, task_name, args FROM procrastinate_jobs WHERE task_name = ANY(:names) ORDER BY id",
        names=list(tasks),
    )
    for row in rows:
        try:
            await steps[row["task_name"]](home.services, UUID(next(iter(row["args"].values()))))
        except Again:
            continue
        await home.sql("DELETE FROM procrastinate_jobs WHERE id = :id", id=row["id"])
    return len(rows)


async def states(home: Scene, event: str) -> dict[str, str]:
    shown = await notices.of_person(home.services, (await home.sql("SELECT person_id FROM person"))[0]["person_id"])
    return {one["name"][2:]: one["state"] for one in shown if one["event"] == event}


async def test_each_guardian_is_told_once_by_the_way_that_reaches_her(home: Scene) -> None:
    user, guardians = await family(home)
    push, sms, calls = (home.services.shared[name] for name in ("push", "sms", "voice_call"))
    ids, walk = [one for one, _ in guardians.values()], uuid4()
    # begun: told five times and at once, and with a stranger's guardian among them
    counts = await asyncio.gather(*(tell(home, user, [*ids, uuid4()], "walk_begun", walk) for _ in range(5)))
    assert counts == [3] * 5 and await home.one("SELECT count(*) FROM notice") == 3
    push.answers = {"mothers-phone": [PushLater("busy")]}
    await do(home, "push_notice")
    assert push.sent == []
    await do(home, "push_notice")
    await do(home, "text_notice", "call_notice")
    await do(home, "send_text")
    (begun,) = push.sent
    assert set(begun.data) == {"kind", "notice_id", "walk_id", "link"} and begun.data["kind"] == "walk_begun"
    assert [one.to[-4:] for one in sms.sent] == ["5678"], "a taken push is enough for calm news; a wrong number is lost"
    assert (await states(home, "walk_begun")) == {"1234": "sent", "5678": "sent", "0000": "failed"}
    # late: the push was taken but nobody says that it arrived, so words follow, then the telephone
    await tell(home, user, ids, "walk_late", walk, occasion=1)
    await do(home, "push_notice", "text_notice")
    await do(home, "send_text")
    assert sorted(one.to[-4:] for one in sms.sent[1:]) == ["1234", "5678"]
    link = push.sent[-1].data["link"].rsplit("/", 1)[1]
    async with listening(app_of(home.services, notice_routes.router)) as address, client(address) as mother:
        assert (await mother.get(f"/api/notices/{link}")).json()["person_nickname"] == "보라"
        seen = (await mother.post(f"/api/notices/{link}/acknowledged")).json()
        assert seen["event"] == "walk_late" and seen["acknowledged_at"]
        assert (await mother.get("/api/notices/guess")).status_code == 404
        await guardian_terms.pause(home.services, user, guardians[APP][0], None)
        assert (await mother.get(f"/api/notices/{link}")).status_code == 404, "not even that"
        await guardian_terms.resume(home.services, user, guardians[APP][0])
    await do(home, "call_notice")
    assert sorted(one.to[-4:] for one in calls.placed) == ["0000", "5678"], "who has acknowledged is not rung"
    # late again, and she answers before anything has gone out
    await tell(home, user, ids, "walk_late", walk, occasion=2)
    async with home.services.db.begin() as unit:
        await notices.call_off(unit, walk)
    before = len(push.sent), len(sms.sent), len(calls.placed)
    await do(home, "push_notice", "text_notice", "call_notice")
    assert (len(push.sent), len(sms.sent), len(calls.placed)) == before
    await _an_sos_overtakes_the_walks_own_word(home, user, guardians, walk)


async def _an_sos_overtakes_the_walks_own_word(
    home: Scene, user: DeviceUser, guardians: dict[str, tuple[UUID, str]], walk: UUID
) -> None:
    push, sms, calls = (home.services.shared[name] for name in ("push", "sms", "voice_call"))
    ids, alert_id = [one for one, _ in guardians.values()], uuid4()
    before = len(push.sent), len(sms.sent), len(calls.placed)
    # raised: the walk's word waits, and the SOS of the same alert overtakes it
    await tell(home, user, ids, "walk_raised", walk, alert_id=alert_id)
    scheduled = await home.sql("SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'push_notice'")
    assert all(one["scheduled_at"] > home.services.clock() for one in scheduled)
    await service.receive_home_status(home.services, status(alert_id, user.person_id))
    await do(home, "push_notice", "text_notice")
    assert len(push.sent) == before[0], "the follow's own job pushes the SOS"
    await do(home, "text_guardian")
    await do(home, "send_text", "call_notice")
    assert len(sms.sent) == before[1] + 2 and sorted(one.to[-4:] for one in calls.placed[before[2] :]) == [
        "0000",
        "1234",
        "5678",
    ]
    assert await states(home, "walk_raised") == {} and await states(home, "sos_active") == {}, "after a duress code too"
    # over: who was told is told, the app before the text
    await home.sql("UPDATE follow SET push_state = 'sent' WHERE guardian_id = :id", id=guardians[APP][0])
    over = status(alert_id, user.person_id, State.CLOSED, phase=Phase.ENDED)
    await service.receive_home_status(home.services, over)
    await do(home, "push_notice", "text_notice")
    await do(home, "send_text")
    assert push.sent[-1].data["kind"] == "sos_closed" and push.sent[-1].collapse_key == str(alert_id)
    assert [one.to[-4:] for one in sms.sent[before[1] + 2 :]] == ["5678"]
    assert (await states(home, "sos_active"))["5678"] == "sent"


async def test_pauses_quiet_hours_guests_and_lost_tokens(home: Scene) -> None:
    user, guardians = await family(home)
    push, sms, clock = home.services.shared["push"], home.services.shared["sms"], home.services.clock
    clock.now = clock.now.replace(hour=15, minute=30)  # 00:30 in Seoul
    (mother, invitation), walk = guardians[APP], uuid4()
    modules = (routes.router, notice_routes.router, follow_routes.router)
    async with listening(app_of(home.services, *modules)) as address, client(address) as browser:
        path = f"/api/invitations/{invitation}/quiet-hours"
        wrong = await browser.put(path, json={"from": "25:00", "to": "07:00"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_time")
        kept = (await browser.put(path, json={"from": "23:00", "to": "07:00"})).json()
        assert kept == {"quiet_hours": {"from": "23:00", "to": "07:00"}}
        assert await tell(home, user, [mother], "walk_late", walk) == 0, "the ladder need not wait for her"
        assert await tell(home, user, [mother], "walk_raised", walk, alert_id=uuid4()) == 1
        assert await do(home, "push_notice") == 1 and [one.data["kind"] for one in push.sent] == ["walk_raised"]
        assert (await states(home, "walk_late")) == {"1234": "quiet"}
        await browser.delete(path)
        # a dead token is forgotten and the words go at once; a new one is used
        push.answers = {"mothers-phone": [TokenGone("UnregisteredError")]}
        await tell(home, user, [mother], "walk_arrived", walk)
        await do(home, "push_notice")
        assert await home.one("SELECT push_token_sealed FROM guardian WHERE guardian_id = :id", id=mother) is None
        assert await do(home, "send_text") and sms.sent[-1].to.endswith("1234")
        renewed = await browser.put(f"/api/invitations/{invitation}/push-token", json={"push_token": "new-phone"})
        assert renewed.status_code == 204
        # paused between the telling and the sending: nothing goes out, also not what waits for the gateway
        await tell(home, user, [mother], "walk_arrived", uuid4())
        sent = len(push.sent), len(sms.sent)
        await guardian_terms.pause(home.services, user, mother, clock.now + timedelta(hours=1))
        await do(home, "push_notice", "text_notice", "send_text")
        assert (len(push.sent), len(sms.sent)) == sent and await tell(home, user, [mother], "walk_begun", uuid4()) == 0
        clock.now += timedelta(hours=1, seconds=1)
        assert await tell(home, user, [mother], "walk_begun", uuid4()) == 1, "a pause ends by itself"
        await do(home, "push_notice")
        assert push.sent[-1].token == "new-phone"
        # a guest for one evening
        made = await guardian_terms.invite_guest(
            home.services, user, name="친구", phone="010-7777-8888", until=clock.now + timedelta(hours=3), by="app"
        )
        guest = UUID(made["guardian_id"])
        assert (await browser.post(f"/api/invitations/{made['invitation']}/accept")).is_success
        assert await tell(home, user, [guest], "walk_begun", uuid4()) == 1
        clock.now += timedelta(hours=3)
        assert await tell(home, user, [guest], "walk_begun", uuid4()) == 0, "before any job has run"
        assert (await browser.post(f"/api/invitations/{made['invitation']}/accept")).status_code == 404
        await do(home, "end_guest")
        assert await home.one("SELECT ended_at FROM guardian WHERE guardian_id = :id", id=guest) is not None


async def test_are_you_ok_and_an_alarm_on_her_behalf(home: Scene) -> None:
    user, guardians = await family(home)
    (mother, invitation), clock, push = guardians[APP], home.services.clock, home.services.shared["push"]
    await own_push.keep_token(home.services, user, "her-phone")
    modules = (routes.router, account_routes.router, notice_routes.router, care_routes.router, push_routes.router)
    async with listening(app_of(home.services, *modules)) as address, client(address) as browser:
        base = f"/api/invitations/{invitation}"
        first = (await browser.post(f"{base}/questions")).json()
        assert (await browser.post(f"{base}/questions")).json() == first, "one question at a time"
        device = await home.sql("SELECT args FROM procrastinate_jobs WHERE task_name = 'push_person'")
        args = device[0]["args"]
        until = datetime.fromisoformat(args["until"])
        await own_push.send(home.services, UUID(args["device_id"]), args["kind"], args["about"], until)
        assert (push.sent[-1].token, push.sent[-1].data["kind"]) == ("her-phone", "care_question")
        (asked,) = await care.of_person(home.services, user)
        assert (asked["name"], asked["state"]) == ("가족1234", "asked")
        await care.answer(home.services, user, UUID(first["question_id"]), "ok")
        assert (await browser.get(f"{base}/questions/{first['question_id']}")).json()["state"] == "ok"
        # silence, with leave to show the place of her walk
        await _a_walk(home, user)
        await guardian_terms.share_on_silence(home.services, user, mother, True)
        second = (await browser.post(f"{base}/questions")).json()
        place = f"{base}/questions/{second['question_id']}/place"
        assert (await browser.post(place, json={"last4": "1234"})).status_code == 404, "not before"
        await do(home, "end_question")
        clock.now += care.ANSWER_WITHIN
        await do(home, "end_question")
        assert (await browser.post(place, json={"last4": "0000"})).json()["code"] == "wrong_digits"
        assert (await browser.post(place, json={"last4": "1234"})).json()["lat"] == LAT
        assert (await browser.post(place, json={"last4": "1234"})).is_success
        releases = await home.sql("SELECT kind, viewer_kind, legal_basis, ended_at FROM release")
        assert releases == [
            {"kind": "walk", "viewer_kind": "guardian", "legal_basis": "lia-19-consent", "ended_at": None}
        ]
        await care.answer(home.services, user, UUID(second["question_id"]), "ok")
        assert (await browser.post(place, json={"last4": "1234"})).status_code == 404, "a late answer hides it"
        assert await home.one("SELECT count(*) FROM release WHERE ended_at IS NULL") == 0
        await _a_pause_looks_like_an_end(home, browser, user)
        third = await browser.post(f"{base}/questions")
        clock.now += care.ANSWER_WITHIN
        assert (third.status_code, (await browser.post(f"{base}/questions")).status_code) == (201, 429)
        await _an_alarm_on_her_behalf(home, browser, base, user)


async def _a_pause_looks_like_an_end(home: Scene, browser: httpx.AsyncClient, user: DeviceUser) -> None:
    """Whatever a paused guardian asks by her invitation, it is what she is answered after the end, word for word."""
    until = home.services.clock() + timedelta(hours=3)
    guest = {"name": "친구", "phone": "010-7777-8888"}
    made = await guardian_terms.invite_guest(home.services, user, until=until, by="app", **guest)
    guardian_id, base = UUID(made["guardian_id"]), f"/api/invitations/{made['invitation']}"
    asked = (
        ("GET", base, None),
        ("POST", f"{base}/accept", {}),
        ("GET", f"{base}/questions", None),
        ("POST", f"{base}/questions", None),
        ("GET", f"{base}/questions/{uuid4()}", None),
        ("POST", f"{base}/questions/{uuid4()}/place", {"last4": "8888"}),
        ("POST", f"{base}/alarm", {"alert_id": str(uuid4())}),
        ("PUT", f"{base}/quiet-hours", {"from": "23:00", "to": "07:00"}),
        ("DELETE", f"{base}/quiet-hours", None),
        ("PUT", f"{base}/push-token", {"push_token": "x"}),
        ("DELETE", f"{base}/push/{uuid4()}", None),
    )

    async def answers() -> list[tuple[int, Any]]:
        found = [await browser.request(method, path, json=body) for method, path, body in asked]
        return [(one.status_code, one.content and one.json()) for one in found]

    assert (await browser.post(f"{base}/accept")).is_success
    await guardian_terms.pause(home.services, user, guardian_id, None)
    paused = await answers()
    await guardian_terms.resume(home.services, user, guardian_id)
    assert (await browser.get(base)).is_success
    await service.end_guardian(home.services, user, guardian_id)
    assert paused == await answers() and {status for status, _ in paused} == {404}
    assert {body["code"] for _, body in paused} == {"no_invitation"}
    # she may withdraw all the same, and hears nothing else by it
    made = await guardian_terms.invite_guest(home.services, user, until=until, by="app", **guest)
    base = f"/api/invitations/{made['invitation']}"
    assert (await browser.post(f"{base}/accept")).is_success
    await guardian_terms.pause(home.services, user, UUID(made["guardian_id"]), None)
    left = [await browser.delete(base) for _ in range(2)]
    assert [(one.status_code, one.json()) for one in left] == [(404, left[1].json())] * 2
    assert await home.sql("SELECT 1 FROM guardian WHERE guardian_id = :id", id=UUID(made["guardian_id"])) == []


async def _an_alarm_on_her_behalf(home: Scene, browser: httpx.AsyncClient, base: str, user: DeviceUser) -> None:
    """On disk before the answer, one for two presses, tried until the router has it."""
    got: list[dict[str, Any]] = []
    router = FastAPI()

    @router.post("/v1/alerts")
    async def alert(request: Request) -> Response:
        got.append(await request.json())
        return Response(status_code=202 if len(got) > 1 else 503)

    async with listening(router) as there, client(there) as line:
        home.services.router_client = line
        hers = str(uuid4())
        raised = [await browser.post(f"{base}/alarm", json={"alert_id": one}) for one in (hers, str(uuid4()))]
        assert [(one.status_code, one.json()["alert_id"]) for one in raised] == [(202, hers)] * 2
        for _ in range(3):
            await do(home, "send_second_hand")
    assert len(got) == 2 and got[0] == got[1]
    sent = got[1]
    assert (sent["alert_id"], sent["trigger"], sent["caller"]["phone"]) == (hers, "guardian", "01099991234")
    assert sent["caller"]["nickname"] == "보라 (보호자 가족1234)" and sent["position"]["lat"] == LAT
    assert sent["caller"]["person_id"] == str(user.person_id)
    told = "SELECT count(*) FROM follow f JOIN second_hand_alert s USING (alert_id) WHERE f.guardian_id = s.raised_by"
    await receive_home_status(home.services, status(UUID(hers), user.person_id))
    assert await home.one("SELECT count(*) FROM followed_alert WHERE alert_id = :id", id=UUID(hers)) == 1
    assert await home.one(told) == 0, "raising it shows no more of her than the guardian was shown before"
    await _the_others_hear_whose_word_it_is(home, UUID(hers))


async def _the_others_hear_whose_word_it_is(home: Scene, alert_id: UUID) -> None:
    """By text, voice, app and browser: another guardian's alarm, and nowhere that she has pressed."""
    push, sms, calls = (home.services.shared[name] for name in ("push", "sms", "voice_call"))
    follows = await home.sql("SELECT follow_id, guardian_id FROM follow WHERE alert_id = :id", id=alert_id)
    await home.sql(
        "UPDATE guardian SET push_token_sealed = :token WHERE guardian_id = :id",
        id=follows[0]["guardian_id"],
        token=home.services.sealer.seal(
            "her-sister", context=f"guardian.push_token:{follows[0]['guardian_id']}", center=CENTER
        ),
    )
    texts, rung = len(sms.sent), len(calls.placed)
    for row in follows:
        await push_follow(home.services, row["follow_id"])
    await do(home, "text_guardian")
    await do(home, "send_text", "call_notice")
    assert (push.sent[-1].token, push.sent[-1].data["kind"], push.sent[-1].data["by"]) == (
        "her-sister",
        "sos",
        "guardian",
    )
    said = [one.text for one in sms.sent[texts:]] + [one.words for one in calls.placed[rung:]]
    assert len(said) >= 3 and all("다른 보호자가" in one and "눌렀" not in one for one in said), said


async def test_an_alarm_on_her_behalf_outlives_who_raised_it_and_her_account(home: Scene) -> None:
    """Pressed while the router is away; then everybody leaves, and the router comes back."""
    user, guardians = await family(home)
    got: list[dict[str, Any]] = []
    router = FastAPI()

    @router.post("/v1/alerts")
    async def alert(request: Request) -> Response:
        got.append(await request.json())
        return Response(status_code=202)

    pressed: dict[str, UUID] = {number: uuid4() for number in (APP, TEXT)}
    for number, alert_id in pressed.items():
        await alarm.raise_alarm(home.services, guardians[number][1], alert_id)
    sealed = [row["body_sealed"] for row in await home.sql("SELECT body_sealed FROM second_hand_alert")]
    assert all(sealed) and not any("보라".encode() in one for one in sealed)
    # pressed before bodies were sealed at the press: what is told then is the same
    await home.sql("UPDATE second_hand_alert SET body_sealed = NULL WHERE alert_id = :id", id=pressed[TEXT])
    home.services.router_client = httpx.AsyncClient(base_url="http://127.0.0.1:9", trust_env=False)
    await do(home, "send_second_hand")
    await home.services.router_client.aclose()
    await guardian_side.leave(home.services, guardians[APP][1])
    async with listening(router) as there, client(there) as line:
        home.services.router_client = line
        await home.sql(
            "UPDATE procrastinate_jobs SET task_name = 'later' WHERE args->>'alert_id' = :id", id=str(pressed[APP])
        )
        await do(home, "send_second_hand")
        await home.sql("UPDATE procrastinate_jobs SET task_name = 'send_second_hand' WHERE task_name = 'later'")
        gone = await account.end(home.services, user)
        assert gone["destroyed"]["person"] == 1
        assert [row["alert_id"] for row in await home.sql("SELECT alert_id FROM second_hand_alert")] == [pressed[APP]]
        for _ in range(2):
            await do(home, "send_second_hand")
    assert [(one["alert_id"], one["caller"]["nickname"], one["caller"]["phone"]) for one in got] == [
        (str(pressed[TEXT]), "보라 (보호자 가족5678)", TEXT.replace("-", "")),
        (str(pressed[APP]), "보라 (보호자 가족1234)", APP.replace("-", "")),
    ]
    assert await home.sql("SELECT body_sealed FROM second_hand_alert") == [{"body_sealed": None}], (
        "words go with the 202"
    )
    home.services.clock.now += timedelta(days=29)
    kinds = [kind for kind in KINDS if kind.name == "notices"]
    assert (await purge(home.services, kinds=kinds)).deleted.total() == 0
    home.services.clock.now += timedelta(days=2)
    await purge(home.services, kinds=kinds)
    assert await home.sql("SELECT 1 FROM second_hand_alert") == []


async def _a_walk(home: Scene, user: DeviceUser) -> UUID:
    """A running walk with a position, by hand: the walks have tests of their own."""
    walk_id = uuid4()
    await home.sql(
        "INSERT INTO walk (walk_id, center_id, person_id, device_id, alert_id, kind, body_digest, begun_at, lat,"
        " lon, accuracy_m, fixed_at) VALUES (:walk, :center, :person, :device, :alert, 'route', '', :now, :lat, :lon,"
        " 9, :now)",
        walk=walk_id,
        center=user.center_id,
        person=user.person_id,
        device=user.device_id,
        alert=uuid4(),
        now=home.services.clock(),
        lat=LAT,
        lon=LON,
    )
    return walk_id
