"""Measures, switches, findings, the traffic desk and the replay on a running server."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from server.intake import receive
from server.oversight import load, misuse_service
from server.releases import NewRelease, grant, note_first_byte
from server.seed import seed_agencies, seed_centers
from server.staff.service import add_account
from tests.server.conftest import PASSWORD, Desk
from tests.server.deliveries import CENTERS, Clock, delivery, rows, tags

pytestmark = pytest.mark.database
Seats = dict[str, httpx.AsyncClient]


def sitting(*logins: str) -> pytest.MarkDecorator:
    """Who is signed in: hashing a password takes its time."""
    return pytest.mark.parametrize("seats", [logins], indirect=True, ids=["seats"])


@pytest.fixture
async def seats(desk: Desk, request: pytest.FixtureRequest) -> AsyncIterator[Seats]:
    async with desk.services.db.begin() as unit:
        await seed_centers(unit, [CENTERS["41170"]], desk="main")
        await seed_agencies(unit, ["41170"])
        for role in set(request.param) - {"operator", "colleague", "leader", "police"}:
            await add_account(
                unit,
                desk.services,
                login=role,
                password=PASSWORD,
                name=role,
                role=role,
                desk="main",
                networks=["127.0.0.0/8"],
            )
    async with AsyncExitStack() as stack:
        yield {login: await stack.enter_async_context(desk.browser(login)) for login in request.param}


async def do(seat: httpx.AsyncClient, incident_id: object, command: str, **body: Any) -> dict[str, Any]:
    answer = await seat.post(f"/api/incidents/{incident_id}/{command}", json=body)
    assert answer.status_code < 300, answer.text
    return dict(answer.json())


async def alarm(desk: Desk, **said: Any) -> UUID:
    return UUID(str((await receive(desk.services, delivery(**said))).incident_id))


async def look(desk: Desk, seat: httpx.AsyncClient, incident_id: UUID) -> None:
    """A live picture that has left, as the video process writes it down."""
    account_id = UUID((await seat.get("/api/me")).json()["account_id"])
    async with desk.services.db.begin() as unit:
        new = NewRelease("41170", incident_id, "live", "operator", account_id, "x", "127.0.0.1", "pipa-18-2-3", "cam")
        release_id = await grant(unit, new)
        await note_first_byte(unit, release_id)


async def whole_night(desk: Desk, seats: Seats) -> UUID:
    """Answered, seen, 112 asked for, on the scene, closed."""
    incident_id = await alarm(desk)
    await do(seats["operator"], incident_id, "acknowledge")
    await look(desk, seats["operator"], incident_id)
    card = await do(seats["operator"], incident_id, "dispatch", agency="112")
    path = f"/api/agency/dispatches/{card['dispatch']['dispatch_id']}"
    for step in ("accept", "en_route", "on_scene", "done"):
        assert (await seats["police"].post(f"{path}/{step}")).status_code == 200
    await do(seats["operator"], incident_id, "close", disposition="handled")
    return incident_id


@sitting("admin", "auditor", "leader", "operator", "police", "privacy")
async def test_the_measures_of_a_night_outlive_what_the_purge_takes(desk: Desk, seats: Seats) -> None:
    incident_id = await whole_night(desk, seats)
    await do(seats["operator"], quick := await alarm(desk), "acknowledge")
    await do(seats["operator"], quick, "close", disposition="false_alarm")
    ask = {"to": (datetime.now(UTC) + timedelta(minutes=1)).isoformat()}
    told = (await seats["auditor"].get("/api/kpi", params=ask)).json()
    measures = told["total"]["measures"]
    assert (told["total"]["incidents"], measures["false_rate"]["share"]) == (2, 0.5)
    assert [measures[name]["n"] for name in ("time_to_human", "time_to_video", "time_to_dispatch")] == [2, 1, 1]
    assert measures["arrival_police"]["within_7_min"] == 1.0 and told["gone"] == {"dispatches": 0}
    assert {(one["to"], one["kind"]) for one in told["provisions"]} >= {("center", "live"), ("112-demo", "position")}
    few = (await seats["admin"].get("/api/kpi", params=ask)).json()
    assert few["total"]["incidents"] == "<5" and few["total"]["measures"]["time_to_human"]["median_s"] is None
    assert (await seats["operator"].get("/api/kpi")).status_code == 403
    async with desk.services.db.begin() as unit:
        for table in ("event_payload", "position", "dispatch_report", "dispatch"):
            await unit.execute(f"DELETE FROM {table} WHERE center_id = '41170'")
    bare = (await seats["auditor"].get("/api/kpi", params=ask)).json()
    again = bare["total"]["measures"]
    assert bare["gone"] == {"dispatches": 1} and again["arrival_other"]["n"] == 1
    assert all(again[name] == measures[name] for name in ("time_to_human", "time_to_video", "false_rate"))
    sheet = await seats["privacy"].get("/api/kpi", params=ask | {"format": "csv"})
    lines = list(csv.reader(io.StringIO(sheet.text)))
    assert lines[0][0] == "\ufeff구분" and ["전체", "", "사건", "2", "", "", "", "", ""] in lines
    assert (await seats["leader"].get("/api/kpi/formulae")).json()["formulae"][0]["name"] == "time_to_human"
    assert str(incident_id) not in sheet.text


@sitting("admin", "colleague", "operator")
async def test_a_switch_is_obeyed_and_never_stands_before_an_alert(desk: Desk, seats: Seats) -> None:
    incident_id = await alarm(desk)
    await do(seats["operator"], incident_id, "acknowledge")
    say = {"kind": "text", "text": "괜찮으세요?"}
    assert (await seats["operator"].post(f"/api/incidents/{incident_id}/say", json=say)).status_code == 200
    off = {"name": "talk", "center": "41170", "state": "off", "note": "시범 전"}
    assert (await seats["admin"].put("/api/flags", json=off)).status_code == 200
    assert (await seats["operator"].put("/api/flags", json=off)).json()["code"] == "wrong_role"
    refused = await seats["operator"].post(f"/api/incidents/{incident_id}/say", json=say)
    assert (refused.status_code, refused.json()["code"], refused.json()["feature"]) == (403, "feature_off", "talk")
    assert (await seats["operator"].get(f"/api/incidents/{incident_id}/talk")).status_code == 200, "what she says"
    await do(seats["colleague"], await alarm(desk), "acknowledge")
    everywhere = await seats["admin"].put("/api/flags", json=off | {"center": "*"})
    assert everywhere.status_code == 404, "for who serves every center"
    late = off | {"state": "on", "from": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    shown = (await seats["admin"].put("/api/flags", json=late)).json()["features"][0]
    assert shown["centers"]["41170"] == "off" and [row["state"] for row in shown["rows"]] == ["off", "on"]
    unknown = await seats["admin"].put("/api/flags", json=off | {"name": "intake"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_feature")
    lines = await rows(desk.services, "SELECT center_id FROM event WHERE tag = 'flag:set'")
    assert [row["center_id"] for row in lines] == ["41170"] * 2


@sitting("admin", "auditor", "colleague", "leader", "operator", "privacy")
async def test_looking_without_work_is_put_before_a_reviewer_once(desk: Desk, seats: Seats, clock: Clock) -> None:
    for number in range(3):
        incident_id = await alarm(desk)
        await do(seats["operator"], incident_id, "acknowledge")
        await look(desk, seats["colleague"], incident_id)
        await look(desk, seats["leader"], incident_id)
        await look(desk, seats["operator"], incident_id)
        if number == 0:
            assert await misuse_service.detect(desk.services) == 0
    assert await misuse_service.detect(desk.services) == 2, "three incidents, and it was the same caller each time"
    assert await misuse_service.detect(desk.services) == 0, "the same night, the same finding"
    both = (await seats["auditor"].get("/api/misuse", params={"state": "open"})).json()["findings"]
    assert {one["account"]["name"] for one in both} == {"colleague 김"}
    found, _ = sorted(both, key=lambda one: str(one["rule"]))
    assert found["rule"] == "looks_without_work"
    known = await rows(desk.services, "SELECT event_id FROM event WHERE tag = 'release:granted'")
    assert len(found["evidence"]) == 3 and set(found["evidence"]) <= {str(row["event_id"]) for row in known}
    path = f"/api/misuse/{found['finding_id']}/review"
    assert (await seats["admin"].post(path, json={"verdict": "justified"})).json()["code"] == "wrong_role"
    done = await seats["auditor"].post(path, json={"verdict": "justified", "note": "교육 참관"})
    assert done.json()["state"] == "reviewed"
    assert (await seats["privacy"].post(path, json={"verdict": "justified"})).json()["code"] == "reviewed"
    mine = (await seats["privacy"].get("/api/me")).json()["account_id"]
    async with desk.services.db.begin() as unit:
        await unit.execute(
            "INSERT INTO misuse_finding (finding_id, center_id, rule, account_id, day, evidence, at, found_at)"
            " VALUES (gen_random_uuid(), '41170', 'bulk_export', :me, '2026-03-02', '[\"x\"]', now(), now())",
            {"me": UUID(mine)},
        )
    left = (await seats["privacy"].get("/api/misuse", params={"state": "open"})).json()["findings"]
    (about,) = [one for one in left if one["is_about_you"]]
    assert about["evidence"] == [] and len(left) == 2
    refused = await seats["privacy"].post(f"/api/misuse/{about['finding_id']}/review", json={"verdict": "justified"})
    assert (refused.status_code, refused.json()["code"]) == (409, "about_yourself")
    assert len(await rows(desk.services, "SELECT 1 FROM event WHERE starts_with(tag, 'misuse:')")) == 3


@sitting("leader", "operator")
async def test_who_has_more_than_one_person_can_watch_is_told_once(desk: Desk, seats: Seats, clock: Clock) -> None:
    for _ in range(5):
        await do(seats["operator"], await alarm(desk), "acknowledge")
    assert [await load.warn(desk.services) for _ in range(2)] == [1, 0]
    clock.forward(1900)
    assert await load.warn(desk.services) == 1
    told = (await seats["leader"].get("/api/load")).json()
    assert [one["load"] for one in told["warnings"]] == [1.25, 1.25] and told["norm"]["cameras"] == 50
    assert (await seats["operator"].get("/api/load")).status_code == 403


@sitting("operator", "traffic")
async def test_the_traffic_desk_sees_an_area_under_a_release_and_its_words_reach_the_seat(
    desk: Desk, seats: Seats
) -> None:
    incident_id, drill = await alarm(desk), await alarm(desk, is_drill=True)
    assert (await seats["traffic"].get("/api/traffic/incidents")).json()["incidents"] == []
    path = f"/api/incidents/{incident_id}/traffic"
    early = await seats["traffic"].post(path, json={"text": "막힘", "blocked": True})
    assert (early.status_code, early.json()["code"]) == (409, "not_dispatched")
    await do(seats["operator"], incident_id, "acknowledge")
    await do(seats["operator"], incident_id, "dispatch", agency="119")
    for _ in range(2):
        (one,) = (await seats["traffic"].get("/api/traffic/incidents")).json()["incidents"]
    assert one["kind"] == {"type": "emergency", "ko": "긴급출동", "en": "Emergency"} and one["area"]["side_m"] == 500
    assert (one["area"]["lat"], one["area"]["lon"]) != (37.3943, 126.9568) and str(drill) not in json.dumps(one)
    me = UUID((await seats["traffic"].get("/api/me")).json()["account_id"])
    told = await rows(desk.services, "SELECT kind, ended_at FROM release WHERE viewer_id = :id", id=me)
    assert [(row["kind"], row["ended_at"]) for row in told] == [("position", None)]
    assert (await seats["traffic"].post(path, json={"text": "관악대로 통제", "blocked": True})).status_code == 201
    timeline = (await seats["operator"].get(f"/api/incidents/{incident_id}")).json()["timeline"]
    (said,) = [line for line in timeline if line["tag"] == "traffic:noted"]
    assert said["payload"] == {"by": "traffic", "text": "관악대로 통제", "blocked": True}
    assert (await seats["traffic"].get(f"/api/incidents/{incident_id}")).status_code == 403
    await do(seats["operator"], incident_id, "close", disposition="handled")
    told = await rows(desk.services, "SELECT ended_at FROM release WHERE viewer_id = :id", id=me)
    assert told[0]["ended_at"] is not None, "it ends with the incident"


@sitting("cyber", "operator")
async def test_how_the_installation_fares_without_a_word_about_anybody(desk: Desk, seats: Seats) -> None:
    incident_id = await alarm(desk)
    async with httpx.AsyncClient(base_url=desk.url, trust_env=False) as stranger:
        await stranger.post("/api/login", json={"login": "operator", "password": "wrong"})
    answer = await seats["cyber"].get("/api/operation")
    told = answer.json()
    assert told["incidents"] == {"open": 1, "unanswered": 1} and told["sign_in"]["failed_sign_ins"] == 1
    assert not any(told["discrepancies"].values()) and {"outbox", "quarantine"} < set(told["queues"])
    assert str(incident_id) not in answer.text and "01098765432" not in answer.text
    assert (await seats["operator"].get("/api/operation")).status_code == 403


async def ansim(desk: Desk, *words: str) -> tuple[int, str, str]:
    settings = desk.services.settings
    given = {"DATABASE_URL": settings.database_url, "DATA_KEY": settings.data_key, "PATH": os.environ["PATH"]}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "replay", *words, env=given, stdout=-1, stderr=-1
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@sitting("operator", "police", "auditor")
async def test_the_command_shows_the_night_again_and_says_when_the_row_was_changed(desk: Desk, seats: Seats) -> None:
    incident_id = await whole_night(desk, seats)
    code, out, err = await ansim(desk, str(incident_id), "--instant")
    assert (code, out) == (2, "") and "--reason" in err
    who = ("--login", "auditor", "--reason", "사후 검토")
    code, out, _ = await ansim(desk, str(incident_id), "--instant", *who)
    assert code == 0 and "담당자 확인 · acknowledged  [근무자 operator 김]" in out and "agree" in out, out
    assert (await tags(desk.services, incident_id))[-2:] == ["release:granted", "release:ended"]
    async with desk.services.db.begin() as unit:
        await unit.execute(
            "UPDATE incident SET disposition = 'false_alarm', state = 'dispatched' WHERE incident_id = :i",
            {"i": incident_id},
        )
        await unit.execute("DELETE FROM event_payload WHERE center_id = '41170' AND seq > 5")
    before = await tags(desk.services, incident_id)
    code, out, _ = await ansim(desk, str(incident_id), "--json", "--without-payloads")
    told = json.loads(out)
    assert code == 1 and told["differences"] == [{"field": "state", "log": "closed", "row": "dispatched"}]
    assert "disposition" in told["lines"][-1]["unknown"] and told["purged"] > 3, "what it was closed as is gone"
    assert "operator 김" not in out and await tags(desk.services, incident_id) == before
