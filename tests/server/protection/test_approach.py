"""From the ministry's request to her phone and her guardian's, and nothing of her on the way back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from location_router.runtime.problems import Problem
from location_router.wire import AgencyRequest, Delivery, Phase, Position, PositionUpdate, kind_of
from location_router.wire_requests import ApproachNote
from server import consumers
from server.intake import receive
from server.people import consents, notice_jobs, notices, own_push
from server.people import service as people
from server.people.follow import receive_home_position, receive_home_status
from server.positions import store_positions
from server.protection import hearing, model, service, watching
from server.protection.model import Place
from server.push import ConsolePush
from server.requests import deciding
from tests.server.deliveries import Clock, delivery, sent
from tests.server.people.test_follow import status
from tests.server.requests.asking import BASIS, CENTER, FIRM, agree
from tests.server.scene import LAT, LON, Scene, installation

CODE = model.whole_code("7K3M9QXW2H5TBCDE4F")
STRANGERS = model.whole_code("0123456789ABCDEFGH")


@pytest.fixture
async def scene(installation_database: str) -> AsyncIterator[Scene]:
    async with installation(installation_database, public_url="http://home.test", installation_key="k" * 44) as made:
        made.services.clock = Clock()
        made.services.shared["push"] = ConsolePush()
        await made.sql(
            "INSERT INTO agency (agency_id, kind, name_ko, name_en) VALUES (:id, 'justice', '관제', 'Anklets')",
            id=FIRM,
        )
        await agree(made, triggers=["anklet_approach"], auto_triggers=["anklet_approach"])
        yield made


def asked(code: str, request_id: UUID, **fields: Any) -> Delivery:
    """The ministry's request, as the router brings it."""
    subject = {"category": "sexual_violence", "device_ref": "dev-1", "protected_ref": model.ref_of(code)}
    request = AgencyRequest(agency_id=FIRM, trigger="anklet_approach", legal_basis=BASIS, subject=subject)
    made = delivery(alert_id=request_id, served_by="home-1", lat=LAT, lon=LON, **fields)
    alert = made.alert.model_copy(update={"request": request, "trigger": "agency", "sender": "moj", "home": ""})
    return made.model_copy(update={"alert": alert})


async def move(scene: Scene, request_id: UUID, incident_id: UUID, *, north_m: float) -> None:
    """The offender's device sends where he is."""
    now = scene.services.clock()
    at = Position(lat=LAT + north_m / 111_000, lon=LON, accuracy_m=10, fixed_at=now, source="agency")
    async with scene.services.db.begin() as unit:
        await store_positions(unit, [(request_id, incident_id, CENTER, at)], now=now)


async def hear(scene: Scene) -> list[dict[str, Any]]:
    """What the serving center has to say goes out, over the router, and into this home; returns the notes."""
    await watching.advance_approaches(scene.services)
    notes = [one for one in await sent(scene.services, "status") if one["kind"] == "approach"]
    await scene.sql("DELETE FROM outbox")
    for one in sorted(notes, key=lambda one: one["at"]):
        bare = {name: one[name] for name in ("kind", "note_id", "tag", "sealed", "at")}  # as the router passes it on
        body = ApproachNote.model_validate(bare).model_dump_json().encode()
        assert kind_of(body) == "approach"
        await consumers.Consumers(scene.services, None)._status(one["note_id"], body)  # type: ignore[arg-type]
    return notes


async def jobs(scene: Scene) -> list[tuple[str, str]]:
    """Pushes that wait, sent: (to whom, what)."""
    push = scene.services.shared["push"]
    before = len(push.sent)
    for row in await scene.sql("SELECT id, task_name, args FROM procrastinate_jobs ORDER BY id"):
        args = row["args"]
        if row["task_name"] == "push_person":
            until = scene.services.clock() + timedelta(minutes=5)
            await own_push.send(scene.services, UUID(args["device_id"]), args["kind"], args["about"], until)
        elif row["task_name"] == "push_notice":
            await notice_jobs.push(scene.services, UUID(args["notice_id"]))
        else:
            continue
        await scene.sql("DELETE FROM procrastinate_jobs WHERE id = :id", id=row["id"])
    for one in push.sent[before:]:
        said = json.dumps(one.data)
        assert not {"lat", "lon", "direction", "band"} & set(one.data) and str(LAT)[:5] not in said, said
    return [(one.token, one.data["kind"]) for one in push.sent[before:]]


async def her(scene: Scene) -> Any:
    signed = await people.sign_up(scene.services, nickname="보라", phone="010-1111-2222")
    user = await people.device_user(scene.services, signed.device_token)
    await own_push.keep_token(scene.services, user, "her-phone")
    named = await people.designate(scene.services, user, name="엄마", phone="010-3333-4444")
    await people.accept(scene.services, named["invitation"], push_token="mothers-phone")
    return user


async def warned(scene: Scene, user: Any) -> dict[str, Any]:
    (one,) = (await service.listed(scene.services, user))["warnings"]
    return one


async def test_a_code_is_one_accounts_and_an_exercise_frightens_nobody(scene: Scene) -> None:
    services, user = scene.services, await her(scene)
    for code, version, problem in (
        (CODE[:-1] + ("0" if CODE[-1] != "0" else "2"), consents.VERSION, "bad_code"),
        (CODE, "2020-01", "old_text"),
    ):
        with pytest.raises(Problem) as refused:
            await service.register(services, user, code=code, version=version)
        assert refused.value.code == problem
    made = await service.register(services, user, code=CODE.lower(), version=consents.VERSION)
    assert await service.register(services, user, code=CODE, version=consents.VERSION) == made
    other = await people.sign_up(services, nickname="남", phone="010-5555-6666")
    stranger = await people.device_user(services, other.device_token)
    with pytest.raises(Problem) as used:
        await service.register(services, stranger, code=CODE, version=consents.VERSION)
    assert used.value.code == "code_used"

    drill = uuid4()
    await receive(services, asked(CODE, drill, is_drill=True))
    await hear(scene)
    (known,) = (await service.listed(services, user))["protections"]
    assert known["tested_at"] and await jobs(scene) == [], "an exercise reaches her home, and frightens nobody"


async def both_sides(scene: Scene, user: Any) -> tuple[UUID, UUID, UUID]:
    """A request for her and one for nobody here, accepted and moving: their ids, and the first incident."""
    await service.register(scene.services, user, code=CODE, version=consents.VERSION)
    request_id, nobody = uuid4(), uuid4()
    incidents = []
    for one, code in ((request_id, CODE), (nobody, STRANGERS)):
        incidents.append((await receive(scene.services, asked(code, one))).incident_id)
        await move(scene, one, incidents[-1], north_m=2000)
    notes = await hear(scene)
    assert (
        len(notes) == 2 and len({len(one["sealed"]) for one in notes}) == 1 and len({one["tag"] for one in notes}) == 2
    )
    return request_id, nobody, incidents[0]


async def test_she_and_her_guardian_are_warned_and_nobody_else_learns_anything(scene: Scene) -> None:
    services, user = scene.services, await her(scene)
    request_id, nobody, incident_id = await both_sides(scene, user)
    assert sorted(await jobs(scene)) == [("her-phone", "approach"), ("mothers-phone", "approach")]
    first = await warned(scene, user)
    assert (first["band"], first["direction"], first["ended_at"]) == ("unknown", "", None), "warned before she is found"

    async def again(north_m: float, after_s: float) -> tuple[str, str, list[tuple[str, str]]]:
        services.clock.forward(after_s)  # type: ignore[attr-defined]
        await move(scene, request_id, incident_id, north_m=north_m)
        await service.keep_place(services, user, Place(LAT, LON, 10.0, services.clock()))
        await hear(scene)
        now = await warned(scene, user)
        return now["band"], now["direction"], await jobs(scene)

    both = [("her-phone", "approach"), ("mothers-phone", "approach")]
    assert await again(2000, 6) == ("within_3000", "north", both)
    assert await again(1900, 6) == ("within_3000", "north", []), "no nearer: quiet"
    assert await again(-200, 6) == ("within_300", "south", both)
    assert await again(800, 6) == ("within_300", "south", []), "farther is no news for five minutes"
    assert await again(800, 300) == ("within_1000", "north", [("her-phone", "approach")])
    link = [one.data["link"] for one in services.shared["push"].sent if "link" in one.data][-1].rsplit("/", 1)[1]
    async with services.db.begin() as unit:
        page = await notices.by_link(unit, services, link, "opened")
    assert page["warning"] == {"band": "within_1000", "direction": "north"} and not page["is_shown"]
    assert not {"lat", "lon", "place", "address"} & set(page)

    # the serving side: two requests, one with somebody behind it; all that is known there is the same of both
    lines = [await scene.tags(await scene.one("SELECT incident_id FROM agency_request WHERE request_id = :id", id=one))
             for one in (request_id, nobody)]  # fmt: skip
    assert lines[0] == lines[1] and "request:warning_begun" in lines[0]
    rows = await scene.sql("SELECT * FROM agency_request WHERE request_id IN (:a, :b)", a=request_id, b=nobody)
    differing = {name for name in rows[0] if rows[0][name] != rows[1][name]}
    assert differing <= {"request_id", "incident_id", "body_sealed", "raised_at", "received_at", "decided_at",
                         "ends_at", "history", "verify_due_at"}  # fmt: skip

    operator = scene.staff["operator"]
    await deciding.reject(services, operator, incident_id, request_id, reason="no_danger", note="")
    await hear(scene)
    done = await warned(scene, user)
    assert done["outcome"] == "over" and done["ended_at"]
    assert sorted(await jobs(scene)) == [("her-phone", "approach_over"), ("mothers-phone", "approach_over")]
    assert await scene.one("SELECT count(*) FROM approach_warning WHERE place_sealed IS NOT NULL") == 0
    assert not await service.keep_place(services, user, Place(LAT, LON, 10.0, services.clock()))
    assert await scene.one("SELECT count(*) FROM approach_watch WHERE request_id = :id", id=request_id) == 0
    async with services.db.begin() as unit:
        assert (await notices.by_link(unit, services, link, "seen"))["warning"] is None


async def test_a_center_that_falls_silent_ends_it_and_speaking_again_goes_on(scene: Scene) -> None:
    """Her place of a running alert counts; a code taken back ends everything with it."""
    services, user = scene.services, await her(scene)
    made = await service.register(services, user, code=CODE, version=consents.VERSION)
    alert_id = uuid4()
    await receive_home_status(services, status(alert_id, user.person_id))
    at = Position(lat=LAT, lon=LON, accuracy_m=5, fixed_at=services.clock())
    await receive_home_position(services, PositionUpdate(alert_id=alert_id, position=at))
    request_id = uuid4()
    incident_id = (await receive(services, asked(CODE, request_id))).incident_id
    await move(scene, request_id, incident_id, north_m=900)
    await hear(scene)
    assert (await warned(scene, user))["band"] == "within_1000"
    warning_id = await scene.one("SELECT warning_id FROM approach_warning")
    await hearing.end_silent(services, warning_id)
    assert (await warned(scene, user))["ended_at"] is None, "it was heard of a moment ago"
    services.clock.forward(601)  # type: ignore[attr-defined]
    await hearing.end_silent(services, warning_id)
    assert (await warned(scene, user))["outcome"] == "silent"
    await move(scene, request_id, incident_id, north_m=200)
    await hear(scene)
    assert (await warned(scene, user))["ended_at"] is None and (await warned(scene, user))["band"] == "unknown"
    await jobs(scene)
    await service.withdraw(services, user, UUID(made["protection_id"]))
    assert await service.listed(services, user) | {"now": ""} == {
        "protections": [], "warnings": [], "wants_place": False, "text_version": consents.VERSION, "now": "",
    }  # fmt: skip
    assert ("her-phone", "approach_over") in await jobs(scene)
    assert (
        await scene.one("SELECT count(*) FROM protected_person")
        + await scene.one("SELECT count(*) FROM approach_warning")
        == 0
    )
    acts = await scene.sql("SELECT act FROM consent_line WHERE kind = 'protection' ORDER BY number")
    assert [row["act"] for row in acts] == ["granted", "withdrawn"]
    await receive(services, asked(CODE, request_id, number=2, phase=Phase.ENDED, outcome="cancel", was_active=True))
    assert await hear(scene), "the center goes on to speak: it knows nothing of her leaving"
