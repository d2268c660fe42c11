"""The whole way of a request: raised at the center, decided, seen, ended; and every refusal with its row."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest

from location_router.runtime.problems import Problem
from location_router.runtime.webhook import signed, signed_call
from location_router.wire import Position
from server.console import link_commands
from server.dispatch.lines import set_line
from server.endings import end_with_incident
from server.events import SYSTEM
from server.gate import look_again
from server.incidents import service as incidents
from server.incidents.model import Close
from server.incidents.replay import Line, replayed
from server.intake import receive
from server.positions import position_writer
from server.requests import deciding, moving, reading
from server.requests.desk_routes import place
from server.rights import RightsWatch
from tests.server.deliveries import delivery, sweep
from tests.server.requests.asking import CENTER, FIRM, KEY, OTHER, OTHER_KEY, RIVAL, Office, agree, office
from tests.server.scene import LAT, LON

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
async def room(installation_database: str) -> AsyncIterator[Office]:
    async with office(installation_database) as made:
        yield made


async def desk_of(room: Office, login: str) -> list[dict[str, Any]]:
    """What this agent's desk reads."""
    services, viewer = room.scene.services, room.viewer(login)
    async with services.db.begin() as unit:
        cards = await reading.of_agency(unit, services, viewer.agency.agency_id if viewer.agency else "")
        return [card | {"position": await place(unit, services, viewer, card)} for card in cards]


async def close(room: Office, incident_id: UUID) -> None:
    services, actor = room.scene.services, room.viewer("operator").actor
    async with services.db.begin() as unit:
        state = await incidents.locked(unit, incident_id)
        after = await incidents.perform(unit, services, incident_id, Close("handled"), actor, state=state)
        await end_with_incident(unit, services, state, after, actor)


async def ended_views(room: Office, incident_id: UUID) -> set[str]:
    """What the video process's next look says of the firm's open and just ended pictures."""
    services = room.scene.services
    rows = await room.scene.sql(
        "SELECT release_id FROM release WHERE incident_id = :id AND kind = 'live' AND viewer_kind = 'agent'",
        id=incident_id,
    )
    async with services.db.begin() as unit:
        return set((await look_again(unit, [row["release_id"] for row in rows], services.clock())).values())


async def test_from_the_firms_panic_button_to_its_screen_and_to_the_end(room: Office) -> None:
    await agree(room.scene)
    said = room.letter()
    answer = await room.send("", said)
    told = answer.json()
    assert answer.status_code == 202 and told["state"] == "received" and told["center"]["code"] == CENTER, told
    row = await room.row(told["request_id"])
    incident_id = row["incident_id"]
    (case,) = await room.scene.sql("SELECT * FROM incident WHERE incident_id = :id", id=incident_id)
    stands = [case[name] for name in ("origin", "type", "state", "phase")]
    assert stands == ["agency", "help_request", "received", "active"]
    assert [await room.look(one, incident_id) for one in ("guard", "operator")] == ["no_dispatch", "5 views"]

    again = await room.send("", said)
    assert (again.status_code, again.json()["request_id"]) == (200, told["request_id"])
    await room.scene.sql("UPDATE agency_request SET body_digest = NULL")  # killed before it was written down
    other = await room.send("", {**said, "case_no": "S-2"})
    assert (other.status_code, other.json()["code"]) == (409, "id_used"), "the claim knows the content"
    assert [(await room.send("", said)).status_code for _ in range(2)] == [200, 200], "a retry is never refused for it"
    assert await room.scene.one("SELECT count(*) FROM incident") == 1

    services, operator = room.scene.services, room.viewer("operator")
    request_id = UUID(told["request_id"])
    accepted = await deciding.accept(services, operator, incident_id, request_id)
    assert accepted["state"] == "accepted" and not accepted["is_auto"]
    assert await room.scene.one("SELECT owner_id FROM incident WHERE incident_id = :id", id=incident_id) is not None
    assert [await room.look(one, incident_id) for one in ("guard", "rival")] == ["5 views", "no_dispatch"]
    assert await ended_views(room, incident_id) == set()

    (mine,) = await desk_of(room, "guard")
    assert await desk_of(room, "rival") == []
    assert mine["position"]["lat"] == LAT
    shown = await room.scene.sql("SELECT kind, ended_at FROM release WHERE viewer_kind = 'agent' AND kind = 'position'")
    assert [row["ended_at"] for row in shown] == [None]
    assert mine["may_view_live"] and 0 < mine["seconds_left"] <= 7200 and len(mine["released"]) == 5
    assert mine["subject"]["contact_phone"] == "010-1234-5678" and mine["agreement"]["may"]["live"]
    card = reading.card(services, accepted)
    assert card["subject"]["contact_phone"].endswith("5678") and "1234" not in card["subject"]["contact_phone"]

    await close(room, incident_id)
    assert (await room.row(told["request_id"]))["state"] == "ended"
    assert await room.look("guard", incident_id) == "incident_closed"
    assert "incident_closed" in await ended_views(room, incident_id)
    lines = await room.scene.tags(incident_id)
    assert [tag for tag in lines if tag.startswith("request:")] == [
        "request:received",
        "request:accepted",
        "request:ended",
    ]
    for seq in (1, 2, 3):
        assert await room.tell(told["request_id"], seq)
    async with services.db.begin() as unit:
        timeline = (await incidents.details(unit, incident_id))["timeline"]
    again = replayed([Line(x["tag"], x["actor"]["id"], x["at"], x["payload"]) for x in timeline], incident_id)
    assert (again.origin, again.type, again.state) == ("agency", "help_request", "closed"), "told by its lines alone"


async def refusals(room: Office) -> list[tuple[str, str, str]]:
    rows = await room.scene.sql("SELECT code, agency_id, center_id FROM request_refusal ORDER BY at")
    return [(row["code"], row["agency_id"], row["center_id"]) for row in rows]


async def test_every_refusal_says_why_and_leaves_a_row_and_no_incident(room: Office) -> None:
    terms = {"triggers": ["help_request", "missing_child"]}
    everywhere = await agree(room.scene, **terms)
    stranger = await room.send("", room.letter(), key="not the key")
    unsigned = await room.http.post(f"/api/lines/{FIRM}/requests", json=room.letter())
    late = await room.send("", room.letter(), at=room.scene.services.clock().timestamp() - 301)
    nobody = await room.send("", room.letter(agency_id="nobody"), agency="nobody")
    for answer, code in (
        (stranger, "wrong_signature"),
        (unsigned, "unsigned"),
        (late, "clock_skew"),
        (nobody, "unknown_line"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, code)
    await room.send("", room.letter(), key="not the key")
    counted = await room.scene.one("SELECT sum(count) FROM request_refusal WHERE code = 'wrong_signature'")
    assert counted == 2, "counted, however many come"

    seoul = {"lat": 37.5735, "lon": 126.9788}
    child = {"name": "보라", "age": 7, "consent": {"by": "law", "at": "2026-03-01T00:00:00Z"}}
    for status, code, changed in (
        (422, "alarm_not_help", {"subject": {"event": "door_open", "site": "x"}}),
        (422, "no_consent", {"trigger": "missing_child", "subject": {"name": "보라", "age": 7}}),
        (422, "invalid", {"subject": {"event": "panic", "site": "x", "color": "red"}}),
        (422, "too_old", {"raised_at": "2026-01-01T00:00:00Z"}),
        (403, "wrong_agency", {"agency_id": RIVAL}),
        (403, "trigger_not_agreed", {"trigger": "missing_dementia", "subject": child}),
        (403, "legal_basis", {"legal_basis": "pipa-18-2-10"}),
        (403, "no_agreement", {"position": seoul}),
    ):
        told = await room.ask(status, **changed)
        assert told["code"] == code and told["message_ko"] and told["message_en"], told
        assert (await refusals(room))[-1][:2] == (code, FIRM), code
    rival = await room.send("", room.letter(agency_id=RIVAL), agency=RIVAL, key=OTHER_KEY)
    assert (rival.status_code, rival.json()["code"]) == (403, "no_agreement")
    assert (await refusals(room))[-1] == ("no_agreement", RIVAL, CENTER)

    first = room.letter()
    assert (await room.send("", first, message_id="m-1")).status_code == 202
    other = await room.send("", {**first, "case_no": "S-2"}, message_id="m-2")
    used = await room.send("", room.letter(), message_id="m-1")
    assert [(one.status_code, one.json()["code"]) for one in (other, used)] == [(409, "id_used")] * 2

    square = [[[126.90, 37.38], [126.91, 37.38], [126.91, 37.39], [126.90, 37.39], [126.90, 37.38]]]
    await agree_areas(room, everywhere, {"type": "MultiPolygon", "coordinates": [square]})
    outside = room.letter()
    assert (await room.send("", outside)).json()["code"] == "outside_area"
    again = await room.send("", outside)
    assert (again.status_code, again.json()["code"]) == (403, "outside_area"), "the same id stays refused"
    await room.scene.sql("UPDATE agreement SET suspended_at = now() - interval '1 day', areas = NULL")
    assert (await room.ask(403))["code"] == "suspended"
    await room.scene.sql("INSERT INTO agency_address (agency_id, network) VALUES (:id, '10.0.0.0/8')", id=FIRM)
    assert (await room.ask(403))["code"] == "address_not_registered"

    assert await room.scene.one("SELECT count(*) FROM incident") == 1, "of all these only the one that was good"
    refused = await room.scene.sql("SELECT * FROM agency_request WHERE state = 'refused'")
    assert refused and all(row["body_sealed"] is None and row["incident_id"] is None for row in refused)
    said = await room.scene.one("SELECT count(*) FROM event WHERE tag = 'request:refused'")
    assert said == len(refused)


async def agree_areas(room: Office, agreement_id: UUID, areas: object) -> None:
    await room.scene.sql(
        "UPDATE agreement SET areas = CAST(:areas AS jsonb) WHERE agreement_id = :id",
        areas=json.dumps(areas),
        id=agreement_id,
    )


async def opened(room: Office, **changed: object) -> tuple[UUID, UUID]:
    told = await room.ask(**changed)
    return UUID(told["request_id"]), (await room.row(told["request_id"]))["incident_id"]


async def test_rights_end_by_the_next_look_whatever_ends_them(room: Office) -> None:
    agreement = await agree(room.scene, auto_triggers=["help_request"], max_minutes=10)
    services, watch = room.scene.services, RightsWatch(room.scene.services)

    async def seeing() -> tuple[UUID, UUID]:
        request_id, incident_id = await opened(room)
        assert (await room.row(str(request_id)))["is_auto"]
        assert await room.look("guard", incident_id) == "5 views"
        assert await ended_views(room, incident_id) == set()
        return request_id, incident_id

    async def over(incident_id: UUID, looked: str, row: str, ended: str) -> None:
        assert await ended_views(room, incident_id) == {looked}
        await watch.look()
        why = await room.scene.sql(
            "SELECT DISTINCT coalesce(end_reason, 'open') AS why FROM release WHERE incident_id = :id", id=incident_id
        )
        assert [one["why"] for one in why] == [ended]
        state = await room.scene.one("SELECT state FROM agency_request WHERE incident_id = :id", id=incident_id)
        assert state == row
        assert await room.look("guard", incident_id) != "5 views"

    request_id, incident_id = await seeing()
    assert (await room.send(f"/{request_id}/cancel", {"reason": "x"})).json()["state"] == "cancelled"
    await over(incident_id, "request_cancelled", "cancelled", "request_cancelled")

    request_id, incident_id = await seeing()
    operator = room.viewer("operator")
    await deciding.reject(services, operator, incident_id, request_id, reason="no_danger", note="")
    await over(incident_id, "request_rejected", "rejected", "request_rejected")
    said = "SELECT disposition FROM incident WHERE incident_id = :id"
    assert await room.scene.one(said, id=incident_id) is None, "what was accepted is taken back: the incident stays"

    for statement, looked, cure in (
        ("UPDATE agreement SET triggers = '{missing_child}'", "no_agreement", "triggers = '{help_request}'"),
        ("UPDATE agreement SET suspended_at = now()", "no_agreement", "suspended_at = NULL"),
        ("UPDATE agreement SET may_view_live = false", "no_agreement", "may_view_live = true"),
    ):
        request_id, incident_id = await seeing()
        await room.scene.sql(statement)
        await over(incident_id, looked, "accepted", "no_agreement")
        await room.scene.sql(f"UPDATE agreement SET {cure} WHERE agreement_id = :id", id=agreement)

    request_id, incident_id = await seeing()
    room.forward(601)
    await over(incident_id, "no_dispatch", "accepted", "no_agreement")
    await sweep(services)
    assert (await room.row(str(request_id)))["state"] == "ended"


async def test_who_has_not_decided_in_time_is_heard_about_and_nobody_else_sees_it(room: Office) -> None:
    await agree(room.scene, verify_s=30, max_minutes=5)
    services = room.scene.services
    request_id, incident_id = await opened(room)
    room.forward(31)
    await sweep(services)
    row = await room.row(str(request_id))
    assert row["is_overdue"] and row["state"] == "received"
    lines = await room.scene.tags(incident_id)
    assert lines[lines.index("request:overdue") + 1] == "incident:escalated", "the shift leader, as for an alert"
    await sweep(services)
    assert (await room.scene.tags(incident_id)).count("request:overdue") == 1

    stranger = room.viewer("stranger")
    with pytest.raises(Problem) as nothing:
        await deciding.accept(services, stranger, incident_id, request_id)
    assert nothing.value.status == 404
    async with services.db.begin(center=stranger.scope) as unit:
        assert await unit.all("SELECT 1 FROM agency_request") == []
        assert await unit.all("SELECT 1 FROM party") == []
    async with services.db.begin(center=room.viewer("operator").scope) as unit:
        assert len(await unit.all("SELECT 1 FROM party")) == 1

    accepted = await deciding.accept(services, room.viewer("operator"), incident_id, request_id)
    later = await deciding.extend(services, room.viewer("operator"), incident_id, request_id, minutes=30)
    assert later["ends_at"] - accepted["ends_at"] == timedelta(minutes=30)
    room.forward(300)
    await sweep(services)
    assert await room.look("guard", incident_id) == "5 views", "extended"
    waiting, _ = await opened(room)
    room.forward(301)
    await sweep(services)
    assert (await room.row(str(waiting)))["state"] == "expired"
    await one_that_fails_keeps_no_other_waiting(room)


async def one_that_fails_keeps_no_other_waiting(room: Office) -> None:
    stuck, behind = [str((await opened(room))[0]) for _ in range(2)]
    advance = deciding._advance

    async def failing(unit: Any, services: Any, due: dict[str, Any]) -> None:
        if str(due["request_id"]) == stuck:
            raise ValueError("this row can't be read")
        await advance(unit, services, due)

    room.forward(31)
    one = deciding._DUE_ROWS.replace("LIMIT 200", "LIMIT 1")  # as if two hundred failed
    with patch.object(deciding, "_advance", failing), patch.object(deciding, "_DUE_ROWS", one):
        for _ in range(2):
            await sweep(room.scene.services)
    assert [(await room.row(one))["is_overdue"] for one in (stuck, behind)] == [False, True]
    room.forward(61)
    await sweep(room.scene.services)
    assert (await room.row(stuck))["is_overdue"], "put off, not forgotten"


async def test_the_firms_system_hears_each_state_once_however_often_it_takes(room: Office) -> None:
    await agree(room.scene)
    request_id, incident_id = await opened(room)
    await deciding.accept(room.scene.services, room.viewer("operator"), incident_id, request_id)
    assert await room.scene.one("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'tell_request_state'") == 2
    room.ledger.down = 1
    assert not await room.tell(str(request_id), 1)
    assert (await room.row(str(request_id)))["trouble"]
    for seq in (1, 1, 2):
        assert await room.tell(str(request_id), seq)
    assert (await room.row(str(request_id)))["trouble"] == ""
    await room.scene.sql("UPDATE agency_request SET received_at = received_at - interval '25 hours'")
    room.ledger.down = 1
    assert not await room.tell(str(request_id), 2), "a day from its own time, however long the request lasts"
    assert await room.tell(str(request_id), 2)
    heard = [json.loads(one.body) for one in room.ledger.cases.values()]
    assert [(one["kind"], one["state"], one["seq"]) for one in heard] == [
        ("request_state", "received", 1),
        ("request_state", "accepted", 2),
    ]
    assert set(room.ledger.cases) == {f"{request_id}.{CENTER}.1", f"{request_id}.{CENTER}.2"}
    assert not room.ledger.refused and "보라" not in json.dumps(heard, ensure_ascii=False)
    asked = await room.send(f"/{request_id}", method="GET")
    assert asked.json()["state"] == "accepted" and len(asked.json()["history"]) == 2
    foreign = await room.send(f"/{request_id}", method="GET", agency=RIVAL, key=OTHER_KEY)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "no_request")


SQUARE = [[[126.90, 37.38], [126.98, 37.38], [126.98, 37.40], [126.90, 37.40], [126.90, 37.38]]]
AREAS = {"type": "MultiPolygon", "coordinates": [SQUARE]}


async def test_an_accepted_request_steers_no_cameras_out_of_its_area_and_ends_with_its_state(room: Office) -> None:
    services, now = room.scene.services, room.scene.services.clock()
    agreement = await agree(room.scene, areas=AREAS, auto_triggers=["help_request"])
    request_id, incident_id = await opened(room)
    assert await room.look("guard", incident_id) == "5 views"

    async def move(lat: float, seconds: int) -> int:
        place = {"lat": lat, "lon": 126.95, "fixed_at": (now + timedelta(seconds=seconds)).isoformat()}
        answer = await room.send(f"/{request_id}/positions", {"positions": [{**place, "accuracy_m": 5.0}]})
        room.forward(1)
        await position_writer(services).flush()
        return answer.status_code

    count = "SELECT count(*) FROM position WHERE alert_id = :id"
    assert await move(37.385, 1) == 200 and await room.scene.one(count, id=request_id) == 2
    for seconds in (2, 3):
        assert await move(37.45, seconds) == 200 and await room.scene.one(count, id=request_id) == 2, "not taken"
    refused = await room.scene.one("SELECT sum(count) FROM request_refusal WHERE code = 'outside_area'")
    assert refused == 2 and "request:outside_area" in await room.scene.tags(incident_id)
    assert await room.look("guard", incident_id) == "5 views"
    await room.scene.sql("UPDATE position SET lat = 37.45 WHERE alert_id = :id", id=request_id)
    assert await room.look("guard", incident_id) == "outside_area", "and were it there, nothing is shown"
    assert "outside_area" in await ended_views(room, incident_id)
    await room.scene.sql("DELETE FROM position WHERE alert_id = :id", id=request_id)
    assert await room.look("guard", incident_id) == "outside_area", "a place that is not known is in no area"

    await agree_areas(room, agreement, None)
    await room.send(f"/{request_id}/cancel", {"reason": "x"})
    assert await move(37.385, 4) == 409 and await room.scene.one(count, id=request_id) == 0
    position = Position(lat=37.385, lon=126.95, accuracy_m=5.0, fixed_at=now)
    async with services.db.begin() as unit:
        row = (request_id, incident_id, CENTER, position)
        assert await moving.taken(unit, [row], now=now) == [], "nor by the router's way"


async def test_a_merge_with_a_persons_alert_is_decided_anew_and_shows_no_place_but_its_own(room: Office) -> None:
    services, operator = room.scene.services, room.viewer("operator")
    await agree(room.scene, auto_triggers=["help_request"])
    request_id, incident_id = await opened(room)
    assert await room.look("guard", incident_id) == "5 views"
    hers = (await receive(services, delivery(lat=37.3950, served_by="home-1"))).incident_id
    async with services.db.begin() as unit:
        state = await incidents.locked(unit, incident_id)
        await link_commands.merge(unit, services, operator, state, {"into": str(hers)})
    row = await room.row(str(request_id))
    assert (row["state"], row["reason"], row["incident_id"], row["decided_at"]) == ("received", "merged", hers, None)
    assert row["verify_due_at"] is not None and "request:reopened" in await room.scene.tags(incident_id)
    assert await room.look("guard", hers) == "no_dispatch" and await ended_views(room, incident_id) != set()
    assert [card["position"] for card in await desk_of(room, "guard")] == [None]
    await deciding.accept(services, operator, hers, request_id)
    (card,) = await desk_of(room, "guard")
    assert card["position"]["lat"] == LAT, "its own place, never hers"


async def test_what_a_rule_accepted_crosses_no_border_and_what_an_operator_did_does(room: Office) -> None:
    await agree(room.scene, auto_triggers=["help_request"])
    request_id, _ = await opened(room)
    services, row = room.scene.services, await room.row(str(request_id))
    there = row | {"center_id": "11110", "received_at": services.clock()}
    for is_auto, decided_at, by in (
        (True, row["decided_at"], None),
        (False, row["decided_at"], "handover"),
        (False, None, None),
    ):
        await room.scene.sql(
            "UPDATE agency_request SET is_auto = :auto, decided_at = :at WHERE request_id = :id",
            auto=is_auto, at=decided_at, id=request_id,
        )  # fmt: skip
        async with services.db.begin() as unit:
            found = await moving.inherited(unit, there, row["ends_at"])
        assert (found.by if found else None) == by


async def test_a_district_alone_is_a_place_and_is_looked_at(room: Office) -> None:
    far = [[[127.9, 36.1], [127.91, 36.1], [127.91, 36.11], [127.9, 36.11], [127.9, 36.1]]]
    agreement = await agree(room.scene, areas={"type": "MultiPolygon", "coordinates": [far]})
    cap, now = (ROOT / "fixtures/requests/help_request.cap.xml").read_text(), room.scene.services.clock()
    geocode = f"<geocode><valueName>행정구역코드</valueName><value>{CENTER}</value></geocode>"
    for old, new in (
        ("security-demo", FIRM),
        ("2026-03-02T01:05:00+09:00", now.isoformat(timespec="seconds")),
        ("2026-03-02T01:04:58+09:00", now.isoformat(timespec="seconds")),
        ("<circle>37.39,126.95 0.02432</circle>", geocode),
    ):
        assert old in cap
        cap = cap.replace(old, new)
    places = []
    for number, areas in enumerate((far, None)):
        if areas is None:
            await agree_areas(room, agreement, None)
        body = cap.replace(
            "0195cc1f-4000-7000-8000-00000000000", f"0195cc1f-4000-7000-8000-1{number}000000000"
        ).encode()
        path = f"/api/lines/{FIRM}/requests"
        headers = signed_call(KEY, f"cap-{number}", body, method="POST", path=path, at=int(now.timestamp()))
        headers |= {"Content-Type": "application/cap+xml"}
        answer = await room.http.post(f"/api/lines/{FIRM}/requests", content=body, headers=headers)
        places.append((answer.json().get("code"), await room.scene.sql("SELECT source FROM position")))
    assert places == [("outside_area", []), (None, [{"source": "district"}])]


async def test_a_call_is_good_for_its_own_path_its_own_center_and_once(room: Office) -> None:
    """What was seen of one call can't be made another: not cancelled with a look, nor with a message of ours."""
    await agree(room.scene)
    request_id, now = (await room.ask())["request_id"], int(room.scene.services.clock().timestamp())
    path, place = f"/api/lines/{FIRM}/requests/{request_id}", {"lat": LAT, "lon": LON, "accuracy_m": 5.0}
    looked = signed_call(KEY, "look", b"", method="GET", path=path, at=now)
    assert (await room.http.get(path, headers=looked)).status_code == 200
    ours = signed(KEY, "ours", b"{}", at=now)
    of_another = signed_call(KEY, "o", b"{}", method="POST", path=f"{path}/positions", at=now)
    for headers, body in ((looked, b""), (ours, b"{}"), (of_another, b"{}")):
        answer = await room.http.post(f"{path}/cancel", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_signature")

    moved = [{"positions": [{**place, "lat": LAT + step}]} for step in (0.0, 0.0, 0.0001)]
    answers = [await room.send(f"/{request_id}/positions", said, message_id="m") for said in moved]
    assert [one.status_code for one in answers] == [200, 200, 409] and answers[0].json() == answers[1].json()
    assert answers[2].json()["code"] == "id_used"

    options = {
        "center_id": OTHER,
        "url": "https://agency.example.kr/line",
        "actor": SYSTEM,
        "key": "another center's line",
    }
    async with room.scene.services.db.begin() as unit:
        await set_line(unit, room.scene.services, agency_id=FIRM, kind="webhook", **options)
    elsewhere = await room.send(f"/{request_id}/cancel", {}, key=options["key"])
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (401, "wrong_signature")
    assert (await room.row(request_id))["state"] == "received"
