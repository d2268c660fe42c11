"""A linked agency's request through a real router: signed, one, at the right center, followed over a border, ended;
everything else is refused with a reason and a row."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import websockets

from location_router.requests import state_of
from location_router.senders import gate, store
from location_router.senders.gateways import quarantined
from location_router.senders.keys import SENDER_HEADER
from location_router.wire import DRILL, Phase, State, kind_of, utc_now
from location_router.wire_requests import RequestState, RequestStateName
from tests.location_router.routers import ANYANG, ANYANG_CODE, GUNPO_CODE, Desk, World, a_world, an_alert, until
from tests.location_router.senders.vendors import a_sender, send, signed
from tests.location_router.test_transfer import IN_GUNPO, two_desks

pytestmark = pytest.mark.database
FIXTURES = Path(__file__).parents[2] / "fixtures" / "requests"
PATH = "/v1/requests"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed sender counts at once, and a busy machine thins no walk."""
    monkeypatch.setattr(gate, "FRESH_S", 0.05)
    monkeypatch.setattr(gate, "LOOK_AGAIN_S", 0.0)
    monkeypatch.setattr("location_router.thinning.LATE_S", 3600.0)


def a_request(**fields: Any) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {
        "request_id": str(uuid4()), "agency_id": "security-demo", "trigger": "help_request",
        "legal_basis": "pipa-18-2-3", "case_no": "S-1", "raised_at": now, "callback": "02-000-0000",
        "position": {**ANYANG, "accuracy_m": 15, "fixed_at": now},
        "subject": {"event": "panic", "site": "12호", "contact_phone": "010-1234-5678"},
    } | fields  # fmt: skip


async def agency(world: World, name: str = "firm", **more: Any) -> store.Issued:
    return await a_sender(world, name, **{"scopes": ("requests", "sandbox")} | more)


async def say(desk: Desk, state: RequestStateName, *, index: int = -1, **fields: Any) -> None:
    """The center's word about a request that it was given."""
    given = desk.deliveries[index]
    note = RequestState(
        note_id=uuid4(), installation=desk.name, request_id=given.alert.alert_id, state=state,
        assignment_no=given.assignment.assignment_no, center=given.assignment.center, at=utc_now(),
    )  # fmt: skip
    body = note.model_copy(update=fields).model_dump_json().encode()
    assert kind_of(body) == "request_state"
    await desk.bus.publish("status", str(note.note_id), body)


async def kept(world: World) -> list[tuple[str, dict[str, Any]]]:
    """The rows that an administrator sees, oldest first."""
    rows = await quarantined(world.router.pool, world.router.sealer)
    return [(one["code"], json.loads(one["body"])) for one in reversed(rows)]


async def test_a_request_goes_the_way_of_an_alert_and_its_states_come_back(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        desk, firm = await Desk("serving-1", world.bus).listen(), await agency(world)
        await world.post(an_alert())  # the same number, the same place: she is nobody's request
        asked = a_request()
        answers = await asyncio.gather(*(send(world, firm, PATH, asked) for _ in range(4)))
        assert sorted(one.status_code for one in answers) == [200, 200, 200, 202], "one of them is the first"
        shown = next(one for one in answers if one.status_code == 202).json()
        assert shown["center"]["code"] == ANYANG_CODE and shown["state"] == "received" and shown["flags"] == []
        path = f"{PATH}/{asked['request_id']}"
        paths = [shown[name] for name in ("status_path", "positions_path", "live_path")]
        assert paths == [path, f"{path}/positions", f"{path}/live"]
        given = await until(lambda: next((one for one in desk.deliveries if one.alert.request), None))
        assert given.alert.trigger == "agency" and given.alert.sender == "firm" and given.alert.channel == "data"
        assert given.alert.request.agency_id == "security-demo" and given.alert.request.subject == asked["subject"]
        assert given.alert.caller.phone == "" and str(given.alert.alert_id) == asked["request_id"]
        assert not [one for one in world.rows("SELECT kind FROM alert_link") if one[0] != "same_place"]
        assert world.rows("SELECT count(*) FROM alert") == [(2,)]
        assert "12호" not in str(world.rows("SELECT * FROM agency_request, alert")), "sealed"
        await until(lambda: world.rows("SELECT owner_receipt_at FROM alert WHERE owner_receipt_at IS NULL") == [])
        assert (await send(world, firm, path, None, method="GET")).json()["is_at_center"]

        live = f"{world.url.replace('http', 'ws', 1)}{path}/live?token="
        async with websockets.connect(live + shown["live_token"], proxy=None) as line:
            ends_at = utc_now() + timedelta(hours=2)
            index = desk.deliveries.index(given)
            await say(desk, "received", index=index)
            await say(desk, "accepted", index=index, seq=1, reason="rule", ends_at=ends_at)
            await until(lambda: world.rows("SELECT state FROM agency_request") == [("accepted",)])
            frames: list[dict[str, Any]] = []
            while sum(one["type"] == "request_state" for one in frames) < 2:
                frames.append(json.loads(await asyncio.wait_for(line.recv(), 10)))
            assert [one["state"] for one in frames if one["type"] == "request_state"] == ["received", "accepted"]
            accepted = (await send(world, firm, path, None, method="GET")).json()
            assert (accepted["state"], accepted["reason"]) == ("accepted", "rule") and accepted["ends_at"]
            await say(desk, "expired", index=index, at=utc_now() - timedelta(hours=1))
            await say(desk, "rejected", index=index, assignment_no=7)
            await desk.say(State.CLOSED, index=index, seq=9)
            await until(lambda: world.rows("SELECT count(*) FROM alert WHERE closed_at IS NOT NULL") == [(1,)])
            while frames[-1]["type"] != "ended":
                frames.append(json.loads(await asyncio.wait_for(line.recv(), 10)))
        over = (await send(world, firm, path, None, method="GET")).json()
        assert over["state"] == "ended" and [one["state"] for one in over["history"]] == ["received", "accepted"]
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(live + "wrong", proxy=None)

        known = len(desk.deliveries)
        path = (await send(world, firm, PATH, a_request())).json()["status_path"]
        await until(lambda: len(desk.deliveries) > known)
        stands = "SELECT closed_at IS NOT NULL, ladder_at IS NULL FROM alert WHERE alert_id = %s"
        assert world.rows(stands, path.rpartition("/")[2]) == [(False, False)]
        await say(desk, "refused", index=known, reason="no_agreement")
        await until(lambda: world.rows(stands, path.rpartition("/")[2]) == [(True, True)])
        await desk.say(State.RECEIVED, index=known, seq=1)
        await until(lambda: world.rows("SELECT 1 FROM status WHERE state = 'received'"))
        assert world.rows(stands, path.rpartition("/")[2]) == [(True, True)], "over, and nobody climbs for it"
        assert (await send(world, firm, path, None, method="GET")).json()["state"] == "refused"


async def test_a_request_walks_over_a_border_whole_and_is_taken_back(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        old, new = await two_desks(world)
        firm = await agency(world, scopes=("requests", "alerts"))
        asked = a_request(
            trigger="anklet_zone", raised_at=(utc_now() - timedelta(minutes=6)).isoformat(), is_drill=True,
            subject={"category": "robbery", "device_ref": "AN-7"},
        )  # fmt: skip
        asked["position"]["fixed_at"] = asked["raised_at"]
        path = (await send(world, firm, PATH, asked)).json()["status_path"]
        await until(lambda: old.deliveries)
        assert old.deliveries[0].alert.service == DRILL
        await say(old, "accepted", seq=3)
        await until(lambda: world.rows("SELECT state FROM agency_request") == [("accepted",)])
        began = utc_now() - timedelta(minutes=5)
        times = [(began + timedelta(seconds=at)).isoformat() for at in range(14)]
        fixes = [{**IN_GUNPO, "fixed_at": at, "sent_at": at, "seq": seq} for seq, at in enumerate(times)]
        moved = await send(world, firm, f"{path}/positions", {"positions": [*fixes, "nowhere"]})
        assert (moved.status_code, moved.json()) == (202, {"stored": 14})
        taken = await until(lambda: next((one for one in new.deliveries if one.role == "owner"), None))
        assert taken.assignment.reason == "handover" and taken.alert.request == old.deliveries[0].alert.request
        await until(lambda: [one.role for one in old.deliveries][-1] == "leaving")
        await say(old, "ended", index=0, seq=9)  # who is leaving speaks for nobody
        await say(new, "received", seq=0)
        await until(lambda: world.rows("SELECT state, assignment_no FROM agency_request") == [("received", 2)])
        shown = (await send(world, firm, path, None, method="GET")).json()
        assert shown["center"]["code"] == GUNPO_CODE and shown["assigned_because"] == "handover"
        assert [one["center"] for one in shown["history"]] == [ANYANG_CODE, GUNPO_CODE]

        stranger = await agency(world, "other", agency_id="security-demo")
        for to, data, method in (
            ("", None, "GET"), ("/positions", {"positions": fixes}, "POST"), ("/cancel", {}, "POST"),
        ):  # fmt: skip
            foreign = await send(world, stranger, path + to, data, method=method)
            assert (foreign.status_code, foreign.json()["code"]) == (404, "unknown_request"), to
        nobody = an_alert(
            alert_id=asked["request_id"], phase="ended", outcome="cancel", caller={"phone": "010-9999-0000"}
        )
        assert (await world.post(nobody)).json()["live_token"] == "", "who only knows the id ends nothing"
        by_alert = await send(world, firm, "/v1/alerts", nobody)
        assert by_alert.status_code == 202, "nor its own sender as an alert: a request has its own door"
        assert world.rows("SELECT phase FROM alert") == [("active",)]

        unreadable = await send(world, firm, f"{path}/cancel", {"reason": 7})
        assert (unreadable.status_code, unreadable.json()["field"]) == (422, "reason")
        over = await send(world, firm, f"{path}/cancel", {"reason": "오인"})
        assert (over.status_code, over.json()["state"]) == (200, "cancelled")
        last = await until(lambda: next((one for one in new.deliveries if one.alert.phase is Phase.ENDED), None))
        assert last.alert.request is not None and last.alert.request.cancel_reason == "오인"
        assert last.alert.outcome == "cancel" and last.alert.service == DRILL and last.alert.caller.phone == ""
        assert (await send(world, firm, f"{path}/cancel", {})).json()["state"] == "cancelled"
        assert (await send(world, firm, PATH, asked)).json()["state"] == "cancelled", "a late copy changes nothing"


async def test_other_forms_and_a_place_by_its_code(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        desk, firm = await Desk("serving-1", world.bus).listen(), await agency(world)
        now = datetime.now(UTC).isoformat(timespec="seconds")

        async def post(body: bytes, kind: str) -> httpx.Response:
            return await world.client.post(
                PATH, content=body, headers=signed(firm, PATH, body) | {"Content-Type": kind}
            )

        disaster = (FIXTURES / "disaster_korean_profile.cap.xml").read_text()
        disaster = disaster.replace("2026-07-10T09:00:00+09:00", now)
        first = await post(disaster.encode(), "application/cap+xml")
        assert (first.status_code, first.json()["center"]["code"]) == (202, ANYANG_CODE), first.text
        assert first.json()["is_drill"] and first.json()["trigger"] == "disaster"
        references = f"disaster-room@example.go.kr,시험-호우-0000000001,{now}"
        later = disaster.replace("<info>", f"<references>{references}</references><info>", 1).replace(
            "0001</id", "0002</id"
        )
        circle = later.replace("</areaDesc>", "</areaDesc><circle>37.39,126.95 1</circle>")
        update = await post(circle.replace(">Alert<", ">Update<").encode(), "text/xml")
        assert (update.status_code, update.json()["request_id"]) == (202, first.json()["request_id"]), update.text
        await until(lambda: world.rows("SELECT position_sealed IS NOT NULL FROM alert") == [(True,)])
        cancel = await post(later.replace(">Alert<", ">Cancel<").encode(), "application/cap+xml")
        assert (cancel.status_code, cancel.json()["state"]) == (200, "cancelled")
        unknown = disaster.replace("4117000000", "9999900000").replace("-0000000001", "-9")
        refused = await post(unknown.encode(), "text/xml")
        assert (refused.status_code, refused.json()["code"], refused.json()["value"]) == (422, "no_position", "99999")
        eido = (FIXTURES / "help_request.eido.json").read_text().replace("2026-03-01T16:05:00Z", now)
        third = await post(eido.encode(), "application/emergency.eido+json")
        assert third.status_code == 202 and third.json()["flags"] == ["stale"], "its fix is of March"
        given = await until(lambda: next((one for one in desk.deliveries if "stale" in one.flags), None))
        assert given.alert.request is not None and given.alert.request.subject["contact_name"] == "김점장"


async def test_what_is_refused_has_a_reason_and_a_row(router_database: str, bus_database: str) -> None:
    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        firm, seen = await agency(world), 0

        async def refused(answer: httpx.Response, status: int, code: str, field: str | None = None) -> dict[str, Any]:
            nonlocal seen
            told = answer.json()
            assert (answer.status_code, told["code"], told.get("field")) == (status, code, field), answer.text
            assert told["message_ko"] and told["message_en"]
            rows = await kept(world)
            assert len(rows) > seen and rows[-1][0] == f"request_{code}" and rows[-1][1]["address"] == "127.0.0.1"
            seen = len(rows)
            return rows[-1][1]

        body = json.dumps(a_request()).encode()
        good = signed(firm, PATH, body)

        async def bare(headers: dict[str, str], content: bytes = body) -> httpx.Response:
            return await world.client.post(PATH, content=content, headers=headers)

        await refused(await bare({}), 401, "unsigned")
        again = await bare({"Authorization": f"Bearer {firm.key}", SENDER_HEADER: "firm"})
        assert (again.status_code, again.json()["code"]) == (401, "unsigned"), "a key alone is bound to nothing"
        assert len(await kept(world)) == seen, "one row a minute for what nobody signed"
        row = await refused(await bare(good | {SENDER_HEADER: "nobody"}), 401, "unknown_sender")
        assert (row["sender"], row["agency_id"]) == ("nobody", "")
        await refused(await bare(good, body + b" "), 401, "wrong_signature")
        await refused(await bare(signed(firm, PATH, body, ago_s=301)), 401, "clock_skew")
        await refused(await bare(good | {"Content-Type": "text/plain"}), 415, "unknown_form", "Content-Type")
        await a_fast_clock_and_too_much(world, firm, body)
        seen += 1
        plain = await a_sender(world, "plain", scopes=("alerts",))
        row = await refused(await send(world, plain, PATH, a_request()), 403, "no_scope")
        assert row["sender"] == "plain"
        row = await refused(await send(world, firm, PATH, a_request(agency_id="112")), 403, "wrong_agency", "agency_id")
        assert (row["sender"], row["agency_id"]) == ("firm", "security-demo")
        await refused(await send(world, firm, PATH, a_request(position=None)), 422, "no_position", "position")
        alarm = await send(world, firm, PATH, a_request(subject={"event": "door_open", "site": "x"}))
        await refused(alarm, 422, "alarm_not_help", "subject.event")
        assert alarm.json()["value"] == "door_open" and alarm.json()["cause"] == 100
        stale = a_request(raised_at=(utc_now() - timedelta(hours=25)).isoformat())
        await refused(await send(world, firm, PATH, stale), 422, "too_old", "raised_at")
        soon = a_request(raised_at=(utc_now() + timedelta(hours=1)).isoformat())
        await refused(await send(world, firm, PATH, soon), 422, "invalid", "raised_at")
        assert world.rows("SELECT count(*) FROM alert") == [(0,)] and world.rows("SELECT 1 FROM agency_request") == []

        asked = a_request()
        assert (await send(world, firm, PATH, asked)).status_code == 202
        await refused(await send(world, firm, PATH, asked | {"case_no": "S-2"}), 409, "id_used", "request_id")
        await refused(await send(world, await agency(world, "twin"), PATH, asked), 409, "id_used", "request_id")
        await world.post(woman := an_alert())
        hers = await send(world, firm, PATH, a_request(request_id=woman["alert_id"]))
        await refused(hers, 409, "id_used", "request_id")
        await refused(await send(world, firm, f"{PATH}/{uuid4()}", None, method="GET"), 404, "unknown_request")
        world.rows("UPDATE agency_request SET received_at = now() - interval '31 days'")

        await a_key_is_changed_and_revoked(world, firm, asked)
        await refused(await send(world, firm, PATH, asked), 401, "revoked")
        assert "010-1234-5678" not in str(await kept(world)), "who is refused leaves no personal data"


async def a_fast_clock_and_too_much(world: World, firm: store.Issued, body: bytes) -> None:
    ahead = signed(firm, PATH, body, ago_s=-301)
    answer = await world.client.post(PATH, content=body, headers=ahead)
    assert (answer.status_code, answer.json()["code"]) == (401, "clock_skew")
    seen = len(await kept(world))
    for size in (66_000, 300_000):  # a little too large, and more than is read
        large = body.ljust(size)
        answer = await world.client.post(PATH, content=large, headers=signed(firm, PATH, large))
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (413, "too_large", "body")
    assert [code for code, _ in await kept(world)][seen:] == ["request_too_large"], "one row a minute"


async def a_key_is_changed_and_revoked(world: World, firm: store.Issued, asked: dict[str, Any]) -> None:
    async with world.router.pool.transaction() as conn:
        fresh = await store.rotate(conn, world.router.sealer, "firm", overlap_s=0)
    await asyncio.sleep(0.06)
    old = await send(world, firm, PATH, asked)
    assert (old.status_code, old.json()["code"]) == (401, "wrong_signature")
    assert (await send(world, fresh, PATH, asked)).status_code == 200, "the new key is good, the old one's time over"
    async with world.router.pool.transaction() as conn:
        await store.revoke(conn, "firm")
    await asyncio.sleep(0.06)


async def test_a_sender_speaks_for_one_agency_and_waits_at_most_three_seconds(
    router_database: str, bus_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    real_sleep = asyncio.sleep

    async def quick(seconds: float) -> None:
        waited.append(seconds)
        await real_sleep(0)

    async with a_world(router_database, bus_database) as world:
        await world.register("serving-1", "all")
        with pytest.raises(Exception, match="agency_id"):
            await agency(world, "loose", agency_id="")
        slow = await agency(world, "slow", rate_per_minute=6)
        monkeypatch.setattr(gate.asyncio, "sleep", quick)
        answers = [await send(world, slow, PATH, a_request()) for _ in range(6)]
        assert [one.status_code for one in answers] == [202] * 6, "delayed, never dropped"
        held = [seconds for seconds in waited if seconds > 1]
        assert held and max(held) <= 3.0 and answers[-1].headers["X-Ansim-Delayed"] == "3.0"
        monkeypatch.undo()
        async with world.router.pool.transaction() as conn:
            await conn.execute("UPDATE sender SET agency_id = '' WHERE sender_id = 'slow'")
            await store.change(conn, "slow", agency_id="112", name="새 이름")
        await real_sleep(2.1)
        changed = await send(world, slow, PATH, a_request())
        assert (changed.status_code, changed.json()["code"]) == (403, "wrong_agency")


def test_the_last_word_counts() -> None:
    assert state_of("accepted", phase="active", is_closed=False) == "accepted"
    assert state_of("accepted", phase="ended", is_closed=False) == "cancelled"
    assert state_of("received", phase="active", is_closed=True) == "ended"
    assert state_of("rejected", phase="ended", is_closed=True) == "rejected"
