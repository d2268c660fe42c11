"""Disaster warnings at a center: by the router and by a line, on the desks that may, to the phones that agreed, until
they expire or are called off."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from location_router.cap_warning.reading import read_warning
from location_router.cap_warning.values import warning_id
from location_router.runtime.problems import Problem
from location_router.runtime.webhook import signed_call
from location_router.wire_warnings import WarningNote
from server import warning_routes
from server.cap_warnings import browsers, hiding, jobs, own, sent, service
from server.consumers import Consumers
from server.people import consents, leaving, own_push
from server.people import service as people
from server.people.browser import sign_out
from server.push import ConsolePush
from server.web_push import ConsoleWebPush, Subscription
from tests.location_router.cap_warning.messages import area_xml, info_xml, reference, warning_xml
from tests.server.requests.asking import CENTER, FIRM, KEY, OTHER, OTHER_KEY, RIVAL, Office, agree, office
from tests.server.scene import LAT, LON, Scene

ROOM = "room-1"
HERE = f"{LAT},{LON} 0.4"


@pytest.fixture
async def room(installation_database: str) -> AsyncIterator[Office]:
    async with office(installation_database, warning_routes.router) as made:
        made.scene.services.shared |= {"push": ConsolePush(), "web_push": ConsoleWebPush()}
        yield made


async def hear(
    scene: Scene,
    message: bytes,
    *,
    agency: str = ROOM,
    centers: tuple[str, ...] = (CENTER,),
    served: tuple[str, ...] | None = None,
) -> UUID:
    """From the router's bus."""
    name = warning_id(agency, read_warning(message).key)
    note = WarningNote.of(
        message, warning_id=name, agency_id=agency, centers=list(centers),
        served=list(centers if served is None else served),
        received_at=scene.services.clock(),
    )  # fmt: skip
    await Consumers(scene.services, None)._status(str(name), note.model_dump_json().encode())  # type: ignore[arg-type]
    return name


async def drawn(scene: Scene, scope: str = "*") -> list[str]:
    return sorted(one["warning_id"] for one in await service.listed(scene.services, scope))


async def pushed(scene: Scene) -> list[tuple[str, str]]:
    """The durable jobs, done: (phone, what it is about)."""
    push, web_push = scene.services.shared["push"], scene.services.shared["web_push"]
    before, before_web = len(push.sent), len(web_push.sent)
    for name in ("tell_warned", "push_person", "push_warned_browser"):
        for row in await scene.sql(
            "SELECT id, args FROM procrastinate_jobs WHERE task_name = :name ORDER BY id", name=name
        ):
            args = row["args"]
            if name == "tell_warned":
                await jobs.tell(scene.services, UUID(args["warning_id"]), args["center_id"])
            elif name == "push_warned_browser":
                until = datetime.fromisoformat(args["until"])
                await browsers.send(scene.services, UUID(args["device_id"]), UUID(args["about"]), until)
            else:
                until = datetime.fromisoformat(args["until"])
                await own_push.send(scene.services, UUID(args["device_id"]), args["kind"], args["about"], until)
            await scene.sql("DELETE FROM procrastinate_jobs WHERE id = :id", id=row["id"])
    for one in push.sent[before:]:
        assert set(one.data) == {"kind", "about"} and one.data["kind"] == "warning", "ids only"
    told = [(one.token, one.data["about"]) for one in push.sent[before:]]
    for web in web_push.sent[before_web:]:
        tag = web.data["tag"]
        assert web.data == {"event": "disaster", "tag": tag, "path": "/mine", "language": "en"}
        assert len(web.topic) == 32 and web.topic != tag, "what the push service reads tells of no warning"
        told.append((web.subscription.endpoint, str(UUID(tag))))
    return sorted(told)


async def browser_of(scene: Scene, user: people.DeviceUser) -> people.DeviceUser:
    """Another way in for the same person: a browser that she has enrolled."""
    now, known = scene.services.clock(), {"id": uuid4(), "center": user.center_id}
    await scene.sql(
        "INSERT INTO device (device_id, center_id, person_id, kind) VALUES (:id, :center, :person, 'browser')",
        person=user.person_id, **known,
    )  # fmt: skip
    await scene.sql(
        "INSERT INTO browser (device_id, center_id, cookie_digest, expires_at, used_at, proved_at)"
        " VALUES (:id, :center, :digest, :until, :now, :now)", digest=known["id"].bytes, until=now + timedelta(days=1),
        now=now, **known,
    )  # fmt: skip
    return people.DeviceUser(user.person_id, known["id"], user.center_id, now)


async def person(scene: Scene, name: str, phone: str) -> people.DeviceUser:
    signed = await people.sign_up(scene.services, nickname=name, phone=phone)
    user = await people.device_user(scene.services, signed.device_token)
    await own_push.keep_token(scene.services, user, f"phone-of-{name}")
    return user


async def test_a_warning_is_drawn_until_it_is_over_whatever_the_order_it_comes_in(room: Office) -> None:
    scene = room.scene
    sent = scene.services.clock().replace(microsecond=0)
    times = [sent + timedelta(minutes=one) for one in range(3)]
    first = warning_xml(identifier="W-1", sent=times[0], circle=HERE)
    second = warning_xml(identifier="W-2", kind="Update", sent=times[1], references=reference("W-1", times[0]),
                         circle=HERE, severity="Extreme")  # fmt: skip
    third = warning_xml(identifier="W-3", kind="Cancel", sent=times[2],
                        references=f"{reference('W-2', times[1])} {reference('W-1', times[0])}")  # fmt: skip
    for turn, order in enumerate(itertools.permutations((first, second, third))):
        agency = f"room-{turn}"
        names = [warning_id(agency, read_warning(one).key) for one in (first, second, third)]
        for number, message in enumerate(order):
            await hear(scene, message, agency=agency)
            await hear(scene, message, agency=agency)  # a second copy does nothing
            came = set(order[: number + 1])
            running = [] if third in came else [names[1]] if second in came else [names[0]]
            assert await drawn(scene) == [str(one) for one in running]
    assert await scene.one("SELECT count(*) FROM cap_warning") == 18
    tags = await scene.sql("SELECT tag, count(*) AS n FROM event WHERE tag LIKE 'warning:%' GROUP BY 1 ORDER BY 1")
    assert [(one["tag"], one["n"]) for one in tags] == [
        ("warning:cancelled", 6), ("warning:received", 6), ("warning:updated", 6)
    ]  # fmt: skip

    # nobody ends another agency's, and the end comes by itself
    await hear(scene, first, agency="mine")
    await hear(scene, third, agency="theirs")
    (card,) = await service.listed(scene.services, "*")
    assert card["centers"] == [CENTER] and card["parts"][0]["texts"]["ko"]["instruction"] == "높은 곳으로 가십시오."
    assert card["parts"][0]["area"]["type"] == "Polygon" and card["codes"] == ["대한민국정부1.1"]
    assert ["eventCode", "TTAS.KO-07.0046/R5 재난 종류 코드", "HRW"] in card["parts"][0]["kept"]
    assert await drawn(scene, OTHER) == [], "not another center's"
    body = await scene.one("SELECT body FROM cap_warning WHERE agency_id = 'mine'")
    assert bytes(body) == first, "as it came"
    room.forward(3 * 3600)
    assert await drawn(scene) == []


async def test_who_begins_to_serve_a_center_draws_what_runs_there_and_tells_nobody_twice(room: Office) -> None:
    scene, body = room.scene, warning_xml(circle=HERE)
    bora = await person(scene, "보라", "010-1111-2222")
    await own.agree(scene.services, bora, version=consents.VERSION, places=[CENTER])
    name = await hear(scene, body, centers=(CENTER, OTHER), served=())
    assert await drawn(scene) == [] and len(await pushed(scene)) == 1, "a home of people alone"
    for served in ((CENTER,), (CENTER, OTHER)):
        await hear(scene, body, centers=(CENTER, OTHER), served=served)
        (card,) = await service.listed(scene.services, "*")
        assert card["warning_id"] == str(name) and card["centers"] == sorted(served)
    assert await pushed(scene) == []
    tags = await scene.sql("SELECT center_id FROM event WHERE tag = 'warning:received' ORDER BY 1")
    assert [one["center_id"] for one in tags] == sorted((CENTER, OTHER))


async def test_what_the_bus_brings_and_can_not_be_read_is_kept_for_an_administrator(room: Office) -> None:
    now = room.scene.services.clock()
    note = WarningNote.of(b"<alert/>", warning_id=uuid4(), agency_id=ROOM, centers=[CENTER], received_at=now)
    consumers = Consumers(room.scene.services, None)  # type: ignore[arg-type]
    await consumers._status("1", note.model_dump_json().encode())
    await consumers._status("2", b'{"kind":"warning","warning_id":1}')
    assert await scene_count(room, "quarantine WHERE source = 'warning'") == 2
    assert await scene_count(room, "cap_warning") == 0


async def scene_count(room: Office, what: str) -> int:
    return int(await room.scene.one(f"SELECT count(*) FROM {what}"))


async def test_a_line_warns_where_its_agreement_and_its_key_reach(room: Office) -> None:
    scene = room.scene

    async def post(body: bytes, *, agency: str = FIRM, key: str = KEY) -> Any:
        path, at = f"/api/lines/{agency}/warnings", int(scene.services.clock().timestamp())
        headers = signed_call(key, str(uuid4()), body, method="POST", path=path, at=at)
        return await room.http.post(path, content=body, headers=headers)

    sent = scene.services.clock().replace(microsecond=0)
    both = warning_xml(sent=sent, infos=info_xml(area_xml(circle=HERE, codes=(OTHER,))))
    refused = await post(both)
    assert (refused.status_code, refused.json()["code"]) == (403, "no_agreement"), "asking is not warning"
    await agree(scene, triggers=["disaster"])
    answers = [await post(both), await post(both)]
    assert [one.status_code for one in answers] == [202, 200]
    told = answers[0].json()
    assert told["centers"] == [CENTER], "no agreement at the other center"
    assert await drawn(scene) == [told["warning_id"]]
    await agree(scene, center=OTHER, triggers=["disaster"])
    again = warning_xml(identifier="W-2", sent=sent, infos=info_xml(area_xml(circle=HERE, codes=(OTHER,))))
    assert sorted((await post(again)).json()["centers"]) == sorted([CENTER, OTHER])
    (card,) = [one for one in await service.listed(scene.services, "*") if len(one["centers"]) == 2]
    assert card["agency"]["agency_id"] == FIRM

    far = {"type": "MultiPolygon", "coordinates": [[[[129.0, 35.0], [129.1, 35.0], [129.1, 35.1], [129.0, 35.0]]]]}
    await agree(scene, RIVAL, triggers=["disaster"], areas=far)
    for agency, key, body, status, code in (
        (FIRM, KEY, warning_xml(sent=sent, headline="other"), 409, "id_used"),
        (FIRM, KEY, b"<alert/>", 400, "unreadable"),
        (FIRM, KEY, warning_xml(identifier="W-9", sent=sent - timedelta(days=2)), 422, "too_old"),
        (RIVAL, OTHER_KEY, warning_xml(circle=HERE), 403, "no_agreement"),
        (FIRM, "wrong key", both, 401, "wrong_signature"),
    ):  # fmt: skip
        answer = await post(body, agency=agency, key=key)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert await scene_count(room, f"request_refusal WHERE code = '{code}'") > 0
    over = warning_xml(identifier="W-3", kind="Cancel", references=reference("W-1", sent))
    assert (await post(over)).json()["centers"] == [CENTER], "a Cancel goes where its warning stands"
    (running,) = await drawn(scene)
    await rests_on_its_agreement(room, UUID(running))
    await off_the_map_and_on_again(room, UUID(running))
    await taken_back_at_the_desk(room, UUID(running))


async def rests_on_its_agreement(room: Office, name: UUID) -> None:
    """Suspended it is neither drawn nor told, nobody hears that it is over, and resumed it is there again."""
    scene, services = room.scene, room.scene.services
    bora = await person(scene, "보라", "010-1111-2222")
    await own.agree(services, bora, version=consents.VERSION, places=[CENTER])
    await pushed(scene)  # what this story told before
    for suspended_at, stands in ((services.clock(), [False, True]), (None, [True, True])):
        await scene.sql("UPDATE agreement SET suspended_at = :at WHERE 'disaster' = ANY(triggers) AND center_id = :one",
                        at=suspended_at, one=CENTER)  # fmt: skip
        cards = {code: (await service.listed(services, code))[0] for code in (CENTER, OTHER)}
        assert [cards[code]["stands"] for code in (CENTER, OTHER)] == stands
        assert bool(cards[CENTER]["parts"][0]["area"]) == stands[0] and cards[OTHER]["parts"][0]["area"]
        asked = await service.listed(services, "*", only={CENTER})
        assert [one["warning_id"] for one in asked] == [str(name)] * stands[0], "agencies are shown what stands"
        (mine,) = [one for one in await sent.listed(services, FIRM) if one["warning_id"] == str(name)]
        states = {one["code"]: one["state"] for one in mine["centers"]}
        assert states == {CENTER: "running" if stands[0] else "agreement", OTHER: "running"}
        assert mine["state"] == "running"
    await scene.sql("UPDATE agreement SET suspended_at = :at WHERE 'disaster' = ANY(triggers)", at=services.clock())
    heard = {one["warning_id"]: one["is_over"] for one in (await own.listed(services, bora))["warnings"]}
    assert str(name) not in heard and list(heard.values()) == [True], "no word that it is over, as of the other one"
    assert await jobs.tell(services, name, CENTER) == 0
    await scene.sql("UPDATE agreement SET suspended_at = NULL")
    assert str(name) in [one["warning_id"] for one in (await own.listed(services, bora))["warnings"]]
    assert await jobs.tell(services, name, CENTER) == 1


async def off_the_map_and_on_again(room: Office, name: UUID) -> None:
    """A shift leader's own map: with a reason, in the record, undone; people and the other center notice nothing."""
    scene, services, leader = room.scene, room.scene.services, room.viewer("supervisor")
    for wrong, reason, code in ((name, "because", "unknown_reason"), (uuid4(), "over", "no_warning")):
        with pytest.raises(Problem) as refused:
            await hiding.hide(services, leader, wrong, reason=reason)
        assert refused.value.code == code
    assert [await hiding.hide(services, leader, name, reason="wrong_area") for _ in range(2)] == [[CENTER], []]
    (card,) = await service.listed(services, CENTER)
    assert [(one["center"], one["reason"]) for one in card["hidden"]] == [(CENTER, "wrong_area")]
    assert card["parts"][0]["area"] is None and card["stands"]
    (other,) = await service.listed(services, OTHER)
    assert other["hidden"] == [] and other["parts"][0]["area"]
    (mine,) = [one for one in await sent.listed(services, FIRM) if one["warning_id"] == str(name)]
    assert {one["code"]: one["reason"] for one in mine["centers"]} == {CENTER: "wrong_area", OTHER: ""}
    assert await jobs.tell(services, name, CENTER) == 1, "people are told all the same"
    assert await hiding.show(services, leader, name) == [CENTER]
    (card,) = await service.listed(services, CENTER)
    assert card["hidden"] == [] and card["parts"][0]["area"]
    tags = "('warning:hidden', 'warning:shown')"
    lines = await scene.sql(f"SELECT tag, center_id FROM event WHERE tag IN {tags} ORDER BY seq")
    assert [(one["tag"], one["center_id"]) for one in lines] == [("warning:hidden", CENTER), ("warning:shown", CENTER)]


async def taken_back_at_the_desk(room: Office, name: UUID) -> None:
    """By an agent of the agency that sent it, at every center where it runs; nobody is told how many heard of it."""
    scene, services, agent = room.scene, room.scene.services, room.viewer("guard")
    listed = await sent.listed(services, FIRM)
    assert {one["state"] for one in listed} == {"running", "cancelled"} and "told" not in str(listed)
    assert await sent.listed(services, RIVAL) == []
    with pytest.raises(Problem) as refused:
        await sent.cancel(services, room.viewer("rival"), name)
    assert refused.value.code == "no_warning"
    by_router = await hear(scene, warning_xml(identifier="W-R", circle=HERE), agency=FIRM)
    with pytest.raises(Problem) as refused:
        await sent.cancel(services, agent, by_router)
    assert refused.value.code == "not_here", "the router would not hear of it"
    await pushed(scene)
    taken = await sent.cancel(services, agent, name)
    assert taken["state"] == "cancelled" and not taken["may_cancel"]
    assert {one["state"] for one in taken["centers"]} == {"cancelled"} and await drawn(scene) == [str(by_router)]
    assert [about for _, about in await pushed(scene)] == [str(name)], "who was told hears that it is over"
    with pytest.raises(Problem) as refused:
        await sent.cancel(services, agent, name)
    assert refused.value.code == "is_over"
    lines = await scene.sql("SELECT actor_id FROM event WHERE tag = 'warning:cancelled' ORDER BY at DESC, seq DESC")
    assert lines[0]["actor_id"] == str(agent.account_id), "somebody did it, not the agency's system"


async def goes_on(room: Office, bora: people.DeviceUser, sent: datetime, name: str) -> None:
    scene, services = room.scene, room.scene.services
    # an Update goes on with it; a home hears of what touches none of its own centers; drills frighten nobody
    await hear(scene, warning_xml(identifier="W-2", kind="Update", sent=sent, references=reference("W-1", sent),
                                  circle=HERE, severity="Extreme", life=timedelta(hours=24)))  # fmt: skip
    assert await pushed(scene) == [("phone-of-두나", name), ("phone-of-보라", name)], "one thing on the phone"
    (one,) = (await own.listed(services, bora))["warnings"]
    assert one["thread_id"] == name != one["warning_id"] and one["severity"] == "Extreme"
    note_elsewhere = await hear(scene, warning_xml(identifier="W-3", circle="37.58,126.98 0.3"), centers=("26110",))
    assert await scene.one("SELECT is_here FROM cap_warning WHERE warning_id = :id", id=note_elsewhere) is False
    assert await pushed(scene) == []
    await hear(scene, warning_xml(identifier="W-4", status="Exercise", circle=HERE))
    await hear(scene, warning_xml(identifier="W-5", scope="Private", circle=HERE))
    assert await pushed(scene) == [] and len((await own.listed(services, bora))["warnings"]) == 1

    room.forward(own.OVER_FOR.total_seconds() + 60)  # a warning that stood for long is called off, too
    await hear(scene, warning_xml(identifier="W-6", kind="Cancel", sent=sent, references=reference("W-2", sent)))
    assert len(await pushed(scene)) == 2
    (one,) = (await own.listed(services, bora))["warnings"]
    assert one["is_over"] and one["parts"] == [] and one["thread_id"] == name
    room.forward(own.OVER_FOR.total_seconds())
    assert len((await own.listed(services, bora))["warnings"]) == 0, "and once is enough"


async def her_browser_is_told(room: Office, bora: people.DeviceUser, mina: people.DeviceUser) -> None:
    """That there is something to read, in hers alone, until she turns it off, signs out or withdraws."""
    scene, services = room.scene, room.scene.services
    given = Subscription("https://push.example/bora", "p", "a")
    browser, strange = await browser_of(scene, bora), await browser_of(scene, mina)
    for who, code in ((bora, "not_a_browser"), (strange, "not_agreed")):
        with pytest.raises(Problem) as refused:
            await browsers.subscribe(services, who, given=given, language="en")
        assert refused.value.code == code
    for _ in range(2):
        await browsers.subscribe(services, browser, given=given, language="en")
    assert [(await own.listed(services, one))["is_browser_told"] for one in (browser, bora)] == [True, False]
    kept = await scene.one("SELECT subscription_sealed FROM warned_browser")
    assert b"push.example" not in kept
    name = str(await hear(scene, warning_xml(identifier="W-9", circle=HERE, sent=services.clock())))
    heard = [(given.endpoint, name), ("phone-of-두나", name), ("phone-of-보라", name)]
    assert await pushed(scene) == heard
    assert await scene.one("SELECT told FROM cap_warning WHERE warning_id = :id", id=UUID(name)) == len(heard)
    other = await browser_of(scene, bora)
    await browsers.subscribe(services, other, given=given, language="en")
    await sign_out(services, other)
    assert await scene_count(room, "warned_browser") == 1, "the one that she has left is forgotten"
    room.forward(2 * 86_400)
    name = str(await hear(scene, warning_xml(identifier="W-10", circle=HERE, sent=services.clock())))
    assert await pushed(scene) == [("phone-of-두나", name), ("phone-of-보라", name)], "its enrolment has run out"
    assert await scene_count(room, "warned_browser") == 0
    await browsers.subscribe(services, await browser_of(scene, bora), given=given, language="en")


async def test_phones_that_agreed_are_told_and_nothing_says_who_was(room: Office) -> None:
    scene, services = room.scene, room.scene.services
    bora, mina = await person(scene, "보라", "010-1111-2222"), await person(scene, "미나", "010-3333-4444")
    away, walker = await person(scene, "하나", "010-5555-6666"), await person(scene, "두나", "010-7777-8888")
    with pytest.raises(Problem) as refused:
        await own.agree(services, bora, version="2020-01", places=[CENTER])
    assert refused.value.code == "old_text"
    with pytest.raises(Problem) as refused:
        await own.agree(services, bora, version=consents.VERSION, places=["00000"])
    assert refused.value.extra["codes"] == ["00000"]
    await own.agree(services, bora, version=consents.VERSION, places=[CENTER])
    await own.agree(services, away, version=consents.VERSION, places=[OTHER])
    await own.agree(services, walker, version=consents.VERSION, places=[OTHER])
    await scene.sql(
        "INSERT INTO walk (walk_id, center_id, person_id, device_id, alert_id, kind, body_digest, begun_at, lat, lon)"
        " VALUES (gen_random_uuid(), :center, :person, :person, gen_random_uuid(), 'timer', '', now(), :lat, :lon)",
        center=CENTER, person=walker.person_id, lat=LAT, lon=LON,
    )  # fmt: skip

    sent = services.clock().replace(microsecond=0)
    name = await hear(scene, warning_xml(sent=sent, circle=HERE))
    assert await pushed(scene) == [("phone-of-두나", str(name)), ("phone-of-보라", str(name))]
    (shown,), (asked,) = [await service.listed(services, "*", only=only) for only in (None, {CENTER})]
    assert [shown.pop(one) for one in ("told", "hidden", "stands")] == [2, [], True]
    assert shown == asked, "an agency sees no number"
    hers = await own.listed(services, bora)
    assert hers["is_agreed"] and hers["places"][0]["code"] == CENTER
    (one,) = hers["warnings"]
    assert one["parts"][0]["circles"] == [(LAT, LON, 400.0)] and not one["is_over"] and one["severity"] == "Severe"
    assert (await own.listed(services, mina)) | {"now": ""} == {
        "is_agreed": False, "may_tell_browser": True, "is_browser_told": False,
        "places": [], "warnings": [], "text_version": consents.VERSION, "now": ""
    }  # fmt: skip
    assert (await own.listed(services, away))["warnings"] == []
    assert len((await own.listed(services, walker))["warnings"]) == 1, "she walks there"

    await goes_on(room, bora, sent, str(name))
    await her_browser_is_told(room, bora, mina)

    kept = str(await scene.sql("SELECT * FROM cap_warning"))
    assert str(bora.person_id) not in kept and str(bora.device_id) not in kept, "how many, and nobody's name"
    await own.withdraw(services, bora)
    await own.withdraw(services, bora)
    assert (await own.listed(services, bora))["warnings"] == []
    assert await scene_count(room, "warned_browser") == 0, "withdrawn in the app, the browser is told nothing either"
    lines = await scene.sql("SELECT act FROM consent_line WHERE kind = 'warnings' AND person_id = :id ORDER BY number",
                            id=bora.person_id)  # fmt: skip
    assert [line["act"] for line in lines] == ["granted", "withdrawn"]
    async with services.db.begin() as unit:
        await leaving.destroy_account(unit, services, away)
    assert await scene_count(room, "warned_person") == 1
