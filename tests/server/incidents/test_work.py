"""Working on an incident as people at their seats do it: over HTTP, on a running server, with time that moves."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from typing import Any
from uuid import UUID

import httpx
import pytest

from location_router.wire import Flag, Phase
from server.incidents.replay import Line, Seen, replayed
from server.intake import receive
from server.services import Services
from tests.server.conftest import Desk
from tests.server.deliveries import Clock, delivery, rows, sweep, tags

pytestmark = pytest.mark.database


class Incident:
    """One incident as somebody at a seat sees it."""

    def __init__(self, desk: Desk, incident_id: object) -> None:
        self.desk, self.id = desk, str(incident_id)

    async def do(self, seat: httpx.AsyncClient, command: str, **body: Any) -> dict[str, Any]:
        answer = await seat.post(f"/api/incidents/{self.id}/{command}", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["incident"])

    async def refused(self, seat: httpx.AsyncClient, command: str, **body: Any) -> tuple[int, str, dict[str, Any]]:
        answer = await seat.post(f"/api/incidents/{self.id}/{command}", json=body)
        return answer.status_code, answer.json()["code"], answer.json()

    async def card(self, seat: httpx.AsyncClient) -> dict[str, Any]:
        return dict((await seat.get(f"/api/incidents/{self.id}")).json()["incident"])

    async def payloads(self, seat: httpx.AsyncClient, tag: str) -> list[dict[str, Any]]:
        lines = (await seat.get(f"/api/incidents/{self.id}")).json()["timeline"]
        return [line["payload"] for line in lines if line["tag"] == tag]

    async def wait(self, tag: str, count: int = 1) -> None:
        """The sweeper of the running server has done it."""
        for _ in range(200):
            if (await tags(self.desk.services, self.id)).count(tag) >= count:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{tag} did not come {count} times")

    async def is_what_its_log_tells(self, seat: httpx.AsyncClient) -> None:
        lines = (await seat.get(f"/api/incidents/{self.id}")).json()["timeline"]
        told = replayed([Line(x["tag"], x["actor"]["id"], x["at"], x["payload"]) for x in lines], UUID(self.id))
        (row,) = await rows(self.desk.services, "SELECT * FROM incident WHERE incident_id = :id", id=self.id)
        for field in fields(Seen):
            if not field.name.endswith("_at"):
                assert getattr(told, field.name) == row[field.name], field.name


async def alarm(desk: Desk, **said: Any) -> Incident:
    return Incident(desk, (await receive(desk.services, delivery(**said))).incident_id)


async def account(seat: httpx.AsyncClient) -> str:
    return str((await seat.get("/api/me")).json()["account_id"])


async def test_verify_first_targets_and_reminders(desk: Desk, clock: Clock) -> None:
    async with desk.browser() as seat:
        case = await alarm(desk)
        assert (await case.refused(seat, "classify", type="assault"))[:2] == (409, "not_allowed")
        card = await case.do(seat, "acknowledge")
        await case.card(seat)  # whoever reads it for the first time has done something as well
        due = {stage: times["due_at"] for stage, times in card["stages"].items()}
        assert due["contact"] == due["view"] < due["classify"] < card["remind_at"]
        clock.forward(31)
        await case.wait("incident:target_missed", 2)
        card = await case.do(seat, "contacted", how="voice", text="울고 있음")
        assert card["stages"]["contact"]["done_at"] and not card["stages"]["classify"]["done_at"]
        status, code, problem = await case.refused(seat, "classify", type="burglary")
        assert (status, code) == (422, "unknown_type")
        assert {"code": "robbery", "name_ko": "강도", "name_en": "Robbery"} in problem["codes"]
        card = await case.do(seat, "classify", type="assault", grave=True)
        assert (card["type"], card["classification"], card["rank"]) == ("assault", "grave", 3)
        clock.forward(95)
        await sweep(desk.services)
        missed = await case.payloads(seat, "incident:target_missed")
        assert sorted(one["stage"] for one in missed) == ["contact", "view"], "classify was done in time"
        clock.forward(90)  # 185 s without a line
        await case.wait("incident:reminded")
        await case.do(seat, "note", text="기다리는 중")
        clock.forward(185)
        await case.wait("incident:reminded", 2)
        clock.forward(181)
        await case.wait("incident:reminded", 3)
        told = [(one["count"], one["to"]) for one in await case.payloads(seat, "incident:reminded")]
        assert told == [(1, "owner"), (1, "owner"), (2, "supervisor")], "a note starts the count again"
        await case.do(seat, "remind_later", minutes=1)
        clock.forward(61)
        await case.wait("incident:reminded", 4)
        assert (await case.refused(seat, "remind_later", minutes=0))[0] == 422
        await case.is_what_its_log_tells(seat)


async def test_the_claim_is_a_lock_that_can_be_handed_on(desk: Desk, clock: Clock) -> None:
    async with desk.browser() as seat, desk.browser("colleague") as other, desk.browser("leader") as leader:
        case, (me, her, chief) = await alarm(desk), [await account(one) for one in (seat, other, leader)]
        assert (await case.do(seat, "acknowledge"))["owner"]["account_id"] == me
        status, code, problem = await case.refused(other, "close", disposition="handled")
        assert (status, code, problem["owner"]["account_id"]) == (409, "already_taken", me)
        assert (await case.refused(other, "classify", type="assault"))[:2] == (409, "already_taken")
        await case.do(other, "note", text="도울까요?")
        asked = (await case.do(seat, "hand_over", to=her, reason="휴식"))["handover"]
        assert (asked["to"]["account_id"], asked["to"]["name"], asked["reason"]) == (her, "colleague 김", "휴식")
        assert (await case.refused(leader, "accept_handover"))[1] == "not_allowed"
        card = await case.do(other, "decline_handover", reason="통화 중")
        assert (card["handover"], card["owner"]["account_id"]) == (None, me)
        await case.do(seat, "hand_over", to=her)
        clock.forward(61)
        await case.wait("incident:handover_expired")
        assert (await case.refused(other, "accept_handover"))[1] == "not_allowed"
        await case.do(seat, "hand_over", to=her)
        card = await case.do(other, "accept_handover")
        assert (card["owner"], card["handover"]) == ({"account_id": her, "name": "colleague 김"}, None)
        status, code, problem = await case.refused(seat, "take_over", reason="급함")
        assert (status, code, problem["owner"]["name"]) == (409, "owner_is_working", "colleague 김")
        clock.forward(301)  # she has not done anything for five minutes
        assert (await case.do(seat, "take_over", reason="응답 없음"))["owner"]["account_id"] == me
        assert (await case.do(leader, "take_over", reason="지휘"))["owner"]["account_id"] == chief
        assert (await case.refused(seat, "hand_over", to=me))[:2] == (409, "already_taken")
        card = await case.do(leader, "release_claim", reason="교대")
        assert (card["owner"], card["state"], card["remind_at"], card["rank"]) == (None, "received", None, 1)
        clock.forward(16)
        await case.wait("incident:escalated")
        await case.is_what_its_log_tells(seat)


async def test_an_incident_goes_only_to_somebody_who_is_there(desk: Desk) -> None:
    async with desk.browser() as seat, desk.browser("colleague") as other:
        case, her = await alarm(desk), await account(other)
        await case.do(seat, "acknowledge")
        known = await rows(desk.services, "SELECT login, account_id FROM account")
        of = {row["login"]: str(row["account_id"]) for row in known}
        assert (await case.refused(seat, "hand_over", to=of["police"]))[:2] == (422, "no_colleague")
        assert (await case.refused(seat, "hand_over", to=of["elsewhere"]))[:2] == (409, "colleague_away")
        await case.do(seat, "hand_over", to=her)
        await case.do(other, "accept_handover")
        await other.post("/api/logout")
        card = await case.do(seat, "take_over", reason="퇴근함")
        assert card["owner"]["account_id"] == await account(seat), "whoever has signed out has left it"


async def test_nobody_leaves_a_shift_with_an_open_incident(desk: Desk) -> None:
    async with desk.browser() as seat, desk.browser("colleague") as other, desk.browser("leader") as leader:
        assert (await seat.post("/api/shift/end", json={})).json()["code"] == "no_shift"
        assert (await seat.post("/api/shift/start")).json()["note"] == ""
        await other.post("/api/shift/start")
        first, second = [await alarm(desk, lat=37.39 + n / 100) for n in range(2)]
        for case in (first, second):
            await case.do(seat, "acknowledge")
        await first.do(seat, "classify", type="kidnapping", grave=True)
        seen = (await leader.get("/api/supervision")).json()
        (mine,) = [one for one in seen["operators"] if one["incidents"]]
        assert (mine["load"], mine["over_norm"], mine["on_shift_since"] is not None) == (0.75, False, True)
        assert (await seat.get("/api/supervision")).status_code == 403
        held = await seat.post("/api/shift/end", json={"note": "가로등 고장"})
        assert (held.status_code, held.json()["code"]) == (409, "open_incidents")
        assert sorted(held.json()["incidents"]) == sorted((first.id, second.id))
        her = await account(other)
        ended = await seat.post("/api/shift/end", json={"hand_to": her, "note": "가로등 고장"})
        assert sorted(ended.json()["handed"]) == sorted((first.id, second.id))
        assert {(await case.card(seat))["owner"]["name"] for case in (first, second)} == {"colleague 김"}
        assert (await seat.post("/api/shift/start")).json()["note"] == "가로등 고장"
        on = (await seat.get("/api/shift")).json()["operators"]
        assert {one["account_id"]: one["load"] for one in on} == {await account(seat): 0.0, her: 0.75}
        notes = await rows(desk.services, "SELECT note_sealed FROM shift WHERE note_sealed IS NOT NULL")
        assert "가로등".encode() not in bytes(notes[0]["note_sealed"])
        await first.is_what_its_log_tells(seat)


async def test_false_alarms_of_a_checked_caller_move_her_behind_and_never_away(desk: Desk) -> None:
    async with desk.browser() as seat:
        for _ in range(3):
            case = await alarm(desk)
            await case.do(seat, "acknowledge")
            await case.do(seat, "close", disposition="false_alarm")
        known = await alarm(desk)
        stranger_says = delivery()
        unchecked = stranger_says.model_copy(update={"flags": [Flag.UNVERIFIED]})
        stranger = Incident(desk, (await receive(desk.services, unchecked)).incident_id)
        queue = (await seat.get("/api/incidents")).json()["incidents"]
        assert [card["incident_id"] for card in queue] == [stranger.id, known.id], "the later one comes first"
        assert queue[1]["repeat"] == {"false_before": 3, "score": 0.6} and queue[0]["repeat"] is None
        forced = await alarm(desk, phase=Phase.ENDED, outcome="duress", was_active=True)
        queue = (await seat.get("/api/incidents")).json()["incidents"]
        assert [card["incident_id"] for card in queue] == [forced.id, stranger.id, known.id]
        await case.do(seat, "reopen", reason="진짜였음")
        assert (await known.card(seat))["repeat"]["false_before"] == 2
        (kept,) = await rows(desk.services, "SELECT DISTINCT caller_digest FROM caller_history")
        assert len(bytes(kept["caller_digest"])) == 32


async def test_closed_incidents_are_shown_for_a_reason_that_stays_on_record(desk: Desk) -> None:
    async with desk.browser() as seat:
        case = await alarm(desk)
        await case.do(seat, "acknowledge")
        await case.do(seat, "classify", type="stalking")
        await case.do(seat, "close", disposition="handled")
        assert (await seat.get("/api/incidents", params={"state": "closed"})).json()["code"] == "reason_required"
        assert (await seat.post("/api/incidents/search", json={"reason": ""})).status_code == 422
        q = {"type": "stalking", "from": "2020-01-01T00:00:00Z"}
        found = (await seat.post("/api/incidents/search", json={"reason": "민원 2026-11", "q": q})).json()["incidents"]
        assert [card["incident_id"] for card in found] == [case.id] and found[0].get("position") is None
        none = await seat.post("/api/incidents/search", json={"reason": "통계", "q": {"type": "fire"}})
        assert none.json()["incidents"] == []
    shown = await rows(desk.services, "SELECT * FROM release WHERE kind = 'search' ORDER BY granted_at")
    assert [row["center_id"] for row in shown][0] == "41170" and len(shown) == 2, "also what found nothing"


async def test_a_countdown_that_is_cancelled_says_so(services: Services) -> None:
    first = delivery(phase=Phase.PRE)
    incident_id = (await receive(services, first)).incident_id
    await receive(services, delivery(alert_id=first.alert.alert_id, phase=Phase.ENDED, outcome="cancel"))
    assert await tags(services, incident_id) == ["alert:received", "alert:cancelled", "incident:cancelled"]
