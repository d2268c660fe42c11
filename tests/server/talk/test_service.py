"""Lines at the center: once, in the router's order, sealed, only for who has the incident, never to a quiet phone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from location_router.runtime.problems import Problem
from location_router.wire import Said, TalkNote
from server.staff.model import Viewer
from server.talk import service
from tests.server.deliveries import Clock
from tests.server.scene import CENTER, OTHER, Scene, installation
from tests.server.talk.talkers import alert_of, taken

pytestmark = pytest.mark.database
NOW = datetime.now(UTC)


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database) as made:
        made.services.clock = Clock()
        yield made


async def say(scene: Scene, incident_id: UUID, text: str = "", *, login: str = "operator", **more: Any) -> Any:
    said = {"kind": "text", "code": "", "language": "ko", "ref": ""} | more
    viewer: Viewer = scene.staff[login]
    return (await service.say(scene.services, viewer, incident_id, text=text, **said))["line"]


def note(
    alert_id: UUID, text: str = "", *, code: str = "", after_s: float = 0, number: int = 1, **more: Any
) -> TalkNote:
    said = Said(
        said_id=more.pop("said_id", uuid4()),
        alert_id=alert_id,
        assignment_no=number,
        by=more.pop("by", "person"),
        kind="quick" if code else "text",
        code=code,
        text=text,
        ref=more.pop("ref", ""),
        at=NOW - timedelta(days=1),
    )
    at = datetime.now(UTC) + timedelta(seconds=after_s)
    return TalkNote(note_id=uuid4(), alert_id=alert_id, assignment_no=number, said=said, received_at=at, **more)


async def lines(scene: Scene, incident_id: UUID, login: str = "operator") -> list[dict[str, Any]]:
    return list((await service.talk(scene.services, scene.staff[login], incident_id))["lines"])


async def outbox(scene: Scene) -> list[dict[str, Any]]:
    rows = await scene.sql("SELECT message_id, subject, body_sealed FROM outbox ORDER BY created_at")
    opened = [scene.services.sealer.open(one["body_sealed"], context=f"outbox:{one['message_id']}") for one in rows]
    return [body | {"subject": row["subject"]} for row, body in zip(rows, opened, strict=True)]


async def test_both_ways_in_order_and_once(scene: Scene) -> None:
    incident_id = await taken(scene)
    alert_id = await alert_of(scene, incident_id)
    await say(scene, incident_id, "들리나요?")
    first, second = note(alert_id, "네", after_s=5), note(alert_id, "숨어 있어요", after_s=6)
    for one in (second, first, second, first):  # swapped by the bus, and twice
        await service.receive_note(scene.services, one)
    await asyncio.gather(*(service.receive_note(scene.services, note(alert_id, "또", after_s=7)) for _ in range(3)))
    told = [(one["by"], one["text"]) for one in await lines(scene, incident_id)]
    assert told == [("operator", "들리나요?"), ("person", "네"), ("person", "숨어 있어요")] + [("person", "또")] * 3
    assert (await scene.tags(incident_id)).count("talk:said") == 6
    (sent,) = await outbox(scene)
    assert (sent["subject"], sent["kind"], sent["installation"]) == ("status", "talk", "home-1")
    assert sent["said"]["text"] == "들리나요?" and sent["said"]["by"] == "operator"


async def test_an_answer_stands_after_its_question_whatever_the_servers_clocks_say(scene: Scene) -> None:
    incident_id = await taken(scene)
    alert_id = await alert_of(scene, incident_id)
    asked = await say(scene, incident_id, "어디예요?")
    slow = note(alert_id, "화장실", after_s=-300, ref=asked["said_id"])
    fast = note(alert_id, "3층", after_s=300)
    for one in (slow, fast):
        await service.receive_note(scene.services, one)
    await say(scene, incident_id, "갑니다")
    assert [one["text"] for one in await lines(scene, incident_id)] == ["어디예요?", "화장실", "3층", "갑니다"]


async def test_that_her_phone_has_shown_it_is_told_once(scene: Scene) -> None:
    incident_id = await taken(scene)
    alert_id = await alert_of(scene, incident_id)
    line = await say(scene, incident_id, "들리나요?")
    heard = note(alert_id, "들리나요?", by="operator", said_id=UUID(line["said_id"]), heard_at=NOW)
    for _ in range(3):
        await service.receive_note(scene.services, heard)
    assert [one["heard_at"] is not None for one in await lines(scene, incident_id)] == [True]
    assert (await scene.tags(incident_id)).count("talk:heard") == 1


async def test_she_reads_her_language_and_he_reads_korean(scene: Scene) -> None:
    incident_id = await taken(scene, language="vi")
    alert_id = await alert_of(scene, incident_id)
    asked = await say(scene, incident_id, kind="phrase", code="are_you_hurt")
    assert (asked["text"], asked["language"], asked["ko"]) == ("Bạn có bị thương không?", "vi", "다쳤나요?")
    assert asked["answers"] == ["hurt", "no"]
    await service.receive_note(scene.services, note(alert_id, code="hurt", ref=asked["said_id"]))
    answer = (await lines(scene, incident_id))[-1]
    assert (answer["code"], answer["ko"], answer["en"]) == ("hurt", "다쳤어요", "I am hurt")
    said = await service.talk(scene.services, scene.staff["operator"], incident_id)
    assert said["silent"]["next"] == "shall_we_send_ambulance" and said["silent"]["findings"] == ["hurt"]


async def test_nothing_that_was_said_stands_in_clear_anywhere(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    incident_id = await taken(scene)
    secret = "화장실셋째칸"
    await say(scene, incident_id, secret + "요원")
    await service.receive_note(scene.services, note(await alert_of(scene, incident_id), secret + "본인"))
    tables = await scene.sql(
        "SELECT table_name AS t FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_type LIKE 'BASE%'"
    )
    for one in tables:
        count = await scene.one(f'SELECT count(*) FROM "{one["t"]}" x WHERE x::text LIKE :w', w=f"%{secret}%")
        assert count == 0, one["t"]
        as_bytes = secret.encode().hex()
        assert not await scene.one(f'SELECT count(*) FROM "{one["t"]}" x WHERE x::text LIKE :w', w=f"%{as_bytes}%")
    out = capfd.readouterr()
    assert secret not in out.out + out.err


async def test_a_line_that_overtakes_its_alert_waits_for_it(scene: Scene) -> None:
    incident_id = await taken(scene)
    alert_id = await alert_of(scene, incident_id)
    with pytest.raises(service.NotHereYet):
        await service.receive_note(scene.services, note(uuid4(), "누구?"))
    later = note(alert_id, "군포예요", number=2)
    with pytest.raises(service.NotHereYet):
        await service.receive_note(scene.services, later)
    assert await lines(scene, incident_id) == []
    await scene.sql("UPDATE alert SET assignment_no = 2 WHERE alert_id = :a", a=alert_id)
    await service.receive_note(scene.services, later)
    assert [one["text"] for one in await lines(scene, incident_id)] == ["군포예요"]


async def test_two_centers_of_one_installation_each_have_the_talk_they_may_see(scene: Scene) -> None:
    """She walks from the one into the other: the new one reads all, and neither reads the other's rows."""
    first = await taken(scene)
    alert_id = await alert_of(scene, first)
    early = note(alert_id, "안양이에요")
    await service.receive_note(scene.services, early)
    second = await taken(scene, by="stranger", center=OTHER)
    await scene.sql("DELETE FROM alert WHERE incident_id = :i", i=second)
    await scene.sql(
        "UPDATE alert SET incident_id = :i, center_id = :c, assignment_no = 2 WHERE alert_id = :a",
        i=second,
        c=OTHER,
        a=alert_id,
    )
    again = note(alert_id, "안양이에요", number=2, said_id=early.said.said_id)
    for one in (again, again, note(alert_id, "종로예요", number=2, after_s=1)):
        await service.receive_note(scene.services, one)
    assert [one["text"] for one in await lines(scene, second, "stranger")] == ["안양이에요", "종로예요"]
    assert [one["text"] for one in await lines(scene, first)] == ["안양이에요"]
    with pytest.raises(Problem) as refused:
        await lines(scene, second)
    assert refused.value.code == "no_incident"


@pytest.mark.parametrize(
    ("sql", "login", "code"),
    [
        ("UPDATE incident SET state = 'closed'", "operator", "incident_closed"),
        ("UPDATE incident SET role = 'leaving'", "operator", "not_owner"),
        ("UPDATE incident SET phase = 'pre'", "operator", "not_live"),
        ("UPDATE incident SET owner_id = NULL", "operator", "not_acknowledged"),
        ("UPDATE alert SET phase = 'ended'", "operator", "phone_is_quiet"),
        ("UPDATE incident SET is_duress = true", "operator", "phone_is_quiet"),
        ("UPDATE alert SET superseded_at = now()", "operator", "phone_is_quiet"),
        ("SELECT 1", "stranger", "no_incident"),
    ],
)
async def test_who_can_not_speak_now_is_told_why(scene: Scene, sql: str, login: str, code: str) -> None:
    incident_id = await taken(scene)
    await scene.sql(sql)
    with pytest.raises(Problem) as refused:
        await say(scene, incident_id, "들리나요?", login=login)
    assert refused.value.code == code and refused.value.ko and refused.value.en
    assert await outbox(scene) == [] and await scene.tags(incident_id) == []


async def test_a_colleague_does_not_and_the_leader_does(scene: Scene) -> None:
    incident_id = await taken(scene)
    await scene.add("colleague", "operator", desk="main")
    with pytest.raises(Problem) as refused:
        await say(scene, incident_id, "저예요", login="colleague")
    assert refused.value.code == "already_taken" and "owner" in refused.value.extra
    assert (await say(scene, incident_id, "반장입니다", login="supervisor"))["by"] == "operator"


async def test_a_flood_of_the_operator_s_is_held_back_with_the_time_to_wait(scene: Scene) -> None:
    incident_id = await taken(scene)
    for number in range(20):
        await say(scene, incident_id, str(number))
    with pytest.raises(Problem) as refused:
        await say(scene, incident_id, "하나 더")
    assert refused.value.status == 429 and 50 < refused.value.extra["wait_s"] <= 60
    assert int(refused.value.headers["Retry-After"]) <= 60  # type: ignore[index]
    scene.services.clock.forward(61)  # type: ignore[attr-defined]
    await say(scene, incident_id, "하나 더")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "x" * 501}, "text"),
        ({"text": "   "}, "text"),
        ({"text": "x", "code": "yes"}, "code"),
        ({"kind": "phrase", "code": "no_such"}, "code"),
        ({"kind": "tap", "code": "yes"}, "code"),
        ({"kind": "phrase", "code": "call_us", "text": "x"}, "text"),
    ],
)
async def test_what_can_not_be_said_names_the_field_and_the_cure(
    scene: Scene, body: dict[str, Any], field: str
) -> None:
    incident_id = await taken(scene)
    with pytest.raises(Problem) as refused:
        await say(scene, incident_id, **({"text": ""} | body))
    assert refused.value.status == 422 and refused.value.extra["field"] == field


async def test_danger_rings_at_every_seat_until_somebody_hears(scene: Scene) -> None:
    incident_id = await taken(scene)
    alert_id = await alert_of(scene, incident_id)
    await service.receive_note(scene.services, note(alert_id, code="hiding"))
    query = "SELECT attention_at IS NOT NULL AND escalate_at IS NOT NULL FROM incident WHERE incident_id = :i"
    assert not await scene.one(query, i=incident_id)
    await service.receive_note(scene.services, note(alert_id, code="danger"))
    assert await scene.one(query, i=incident_id)


async def test_center_of_the_rows(scene: Scene) -> None:
    incident_id = await taken(scene)
    await say(scene, incident_id, "x")
    async with scene.services.db.begin(center=OTHER) as unit:
        assert await unit.scalar("SELECT count(*) FROM talk_line") == 0
    async with scene.services.db.begin(center=CENTER) as unit:
        assert await unit.scalar("SELECT count(*) FROM talk_line") == 1
