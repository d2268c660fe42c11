"""Talk through the router: on disk before it is answered, once, in order, to whoever owns the alert; never after the
person's own end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_router.envelope import Opened
from location_router.node_guard import _speaks_for_itself
from location_router.talk import LINES_A_MINUTE, read_said
from location_router.wire import Said, State, TalkNote, utc_now
from location_router.worker import forget
from tests.location_router.routers import Desk, World, a_world, an_alert, until
from tests.location_router.test_live import Line, a_line

pytestmark = pytest.mark.database
NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


class TalkDesk(Desk):
    """A desk that also reads talk."""

    notes: list[TalkNote]

    async def listen(self) -> TalkDesk:
        self.notes = []
        await super().listen()
        return self

    async def _on_bus(self, message_id: str, body: bytes) -> None:
        if body.startswith(b'{"kind":"talk"'):
            self.notes.append(TalkNote.model_validate_json(body))
            return
        await super()._on_bus(message_id, body)

    @property
    def texts(self) -> list[str]:
        ordered = sorted((one for one in self.notes if one.heard_at is None), key=lambda one: one.received_at)
        return [one.said.text for one in ordered]

    async def speak(self, text: str, **fields: Any) -> TalkNote:
        delivery = self.deliveries[-1]
        number = delivery.assignment.assignment_no
        said = Said(said_id=uuid4(), alert_id=delivery.alert.alert_id, by="operator", text=text, at=utc_now())
        note = TalkNote(
            **{
                "note_id": said.said_id,
                "alert_id": said.alert_id,
                "assignment_no": number,
                "said": said,
                "received_at": utc_now(),
                "installation": self.name,
            }
            | fields
        )
        await self.bus.publish("status", str(note.note_id), note.model_dump_json().encode())
        return note


def a_said(text: str = "", **fields: Any) -> dict[str, Any]:
    return {"said_id": str(uuid4()), "kind": "text", "text": text, "at": utc_now().isoformat()} | fields


async def say(line: Line, said: dict[str, Any]) -> dict[str, Any]:
    await line.socket.send(json.dumps({"type": "say", "said": said}))
    return await line.next("said")


@asynccontextmanager
async def a_talk(database: str, bus: str, **changes: Any) -> AsyncIterator[tuple[World, TalkDesk, str, str]]:
    """(world, its desk, alert, live token) of an active alert that the desk has."""
    async with a_world(database, bus, **changes) as world:
        await world.register("serving-1", "all")
        desk = await TalkDesk("serving-1", world.bus).listen()
        alert = an_alert()
        token = (await world.post(alert)).json()["live_token"]
        await until(lambda: desk.deliveries)
        yield world, desk, alert["alert_id"], token


async def test_a_talk_goes_both_ways_once_and_is_sealed(router_database: str, bus_database: str) -> None:
    async with a_talk(router_database, bus_database) as (world, desk, alert_id, token):
        async with a_line(world, alert_id, token) as line:
            spoken = await desk.speak("가까이에 있나요?")
            told = (await line.next("say"))["said"]
            assert told["said_id"] == str(spoken.said.said_id) and told["text"] == "가까이에 있나요?"
            assert told["by"] == "operator" and told["alert_id"] == alert_id
            await line.socket.send(json.dumps({"type": "heard", "id": told["said_id"]}))
            await until(lambda: any(one.heard_at and one.said.text == "가까이에 있나요?" for one in desk.notes))
            answer = a_said("숨어 있어요", code="hiding", kind="quick", ref=told["said_id"])
            for _ in range(3):
                assert (await say(line, answer))["id"] == answer["said_id"], "the same answer each time"
            await until(lambda: "숨어 있어요" in desk.texts)
        assert desk.texts.count("숨어 있어요") == 1
        got = next(one for one in desk.notes if one.said.text == "숨어 있어요")
        assert (got.said.by, got.said.code, got.said.ref) == ("person", "hiding", told["said_id"])
        assert (got.assignment_no, got.said.assignment_no) == (1, 1)
        for (sealed,) in world.rows("SELECT body_sealed FROM talk_line"):
            assert "숨어".encode() not in bytes(sealed) and b"hiding" not in bytes(sealed)


async def test_what_the_phone_has_not_shown_is_said_again_at_reconnect(router_database: str, bus_database: str) -> None:
    async with a_talk(router_database, bus_database) as (world, desk, alert_id, token):
        first = await desk.speak("하나")
        async with a_line(world, alert_id, token) as line:
            assert (await line.next("say"))["said"]["text"] == "하나"
        second = await desk.speak("둘")
        await desk.speak("둘", note_id=uuid4(), said=second.said)  # an operator's message sent twice
        await until(lambda: world.rows("SELECT count(*) FROM talk_line")[0][0] == 2)
        async with a_line(world, alert_id, token) as line:
            assert [(await line.next("say"))["said"]["text"] for _ in range(2)] == ["하나", "둘"]
            await line.socket.send(json.dumps({"type": "heard", "id": str(first.said.said_id)}))
            await until(lambda: any(one.heard_at for one in desk.notes))
        async with a_line(world, alert_id, token) as line:
            assert (await line.next("say"))["said"]["text"] == "둘", "what it has shown does not come again"


async def test_a_line_that_was_answered_outlives_the_process_and_a_lost_bus(
    router_database: str, bus_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between commit and delivery: another process finds the row."""
    async with a_talk(router_database, bus_database, worker=False) as (world, desk, alert_id, token):
        async with a_world(router_database, bus_database, worker=False) as dying:

            async def never(*_: Any) -> int:
                await asyncio.sleep(60)
                return 0

            monkeypatch.setattr(dying.router.talk, "sweep", never)
            answer = await dying.client.post(
                f"/v1/alerts/{alert_id}/say", json=a_said("아직 여기"), headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.status_code == 202
        assert world.rows("SELECT next_attempt_at IS NULL FROM talk_line") == [(False,)]
        assert desk.texts == []
        assert await world.router.talk.sweep() == 1
        await until(lambda: desk.texts == ["아직 여기"])
        assert world.rows("SELECT next_attempt_at IS NULL FROM talk_line") == [(True,)]


async def test_a_new_owner_reads_the_whole_talk_and_the_old_one_is_silent(
    router_database: str, bus_database: str
) -> None:
    async with a_world(router_database, bus_database, deliver_next_s=30.0) as world:
        await world.register("serving-1", ["41170"])
        await world.register("serving-2", ["41410"])
        first = await TalkDesk("serving-1", world.bus).listen()
        second = await TalkDesk("serving-2", world.bus).listen()
        alert = an_alert()
        token = (await world.post(alert)).json()["live_token"]
        await until(lambda: first.deliveries)
        async with a_line(world, alert["alert_id"], token) as line:
            await first.speak("들리나요")
            await line.next("say")
            await say(line, a_said("네"))
            await until(lambda: first.texts == ["네"])
            await _to_gunpo(world, UUID(alert["alert_id"]))
            await until(lambda: second.deliveries and sorted(second.texts) == ["네", "들리나요"])
            assert {one.assignment_no for one in second.notes} == {2}
            assert {(one.said.text, one.said.by) for one in second.notes} == {
                ("들리나요", "operator"),
                ("네", "person"),
            }
            await say(line, a_said("지금은 군포예요"))
            await until(lambda: "지금은 군포예요" in second.texts)
            assert "지금은 군포예요" not in first.texts
            await first.speak("아직 계세요?")  # lost the alert a moment ago
            await second.speak("군포 센터입니다")
            told = [(await line.next("say"))["said"]["text"] for _ in range(1)]
            while "군포 센터입니다" not in told:
                told.append((await line.next("say"))["said"]["text"])
            assert "아직 계세요?" not in told
        assert world.rows("SELECT count(*) FROM talk_line") == [(4,)]


async def _to_gunpo(world: World, alert_id: UUID) -> None:
    """The alert changes hands as it does when its desk falls silent."""
    from location_router import ledger
    from location_router.ladder import give_next

    router = world.router
    async with router.pool.transaction() as conn:
        row = await ledger.lock(conn, router.sealer, alert_id)
        assert row is not None
        effects = await give_next(conn, router.sealer, router.registry, row, only_online=True)
    assert effects is not None, "there is another desk"
    router.courier.send_soon(effects)


@pytest.mark.parametrize("outcome", ["cancel", "duress"])
async def test_after_the_person_s_own_end_nothing_comes_down_and_every_answer_is_the_same(
    router_database: str, bus_database: str, outcome: str
) -> None:
    async with a_talk(router_database, bus_database) as (world, desk, alert_id, token):
        await desk.speak("전에")
        async with a_line(world, alert_id, token) as line:
            await line.next("say")
            headers = {"Authorization": f"Bearer {token}"}
            await world.post(an_alert(alert_id=alert_id, phase="ended", outcome=outcome))
            await line.next("ended")
            assert await line.closed() == 1000
        await desk.speak("112가 갑니다")
        await until(lambda: world.rows("SELECT count(*) FROM talk_line WHERE is_from_center")[0][0] == 2)
        frames = []
        async with a_line(world, alert_id, token) as line:
            try:
                while True:
                    frames.append(json.loads(await line.socket.recv()))
            except Exception:
                pass
        assert frames == [{"type": "ended"}], "what the center says is nothing for whoever holds the phone now"
        said = a_said("x" * 20, said_id="01a1fed8-d000-7123-8abc-0123456789ab")
        answer = await world.client.post(f"/v1/alerts/{alert_id}/say", json=said, headers=headers)
        shown = (
            answer.status_code,
            answer.text,
            {name for name in answer.headers if name not in ("date", "vary", "x-request-id")},
        )
        assert shown == (
            202,
            '{"said_id":"01a1fed8-d000-7123-8abc-0123456789ab"}',
            {"server", "content-length", "content-type"},
        )
        kept = world.rows("SELECT count(*) FROM talk_line WHERE NOT is_from_center")[0][0]
        assert kept == (1 if outcome == "duress" else 0), "a forced person's words still reach her center"


async def test_who_may_say_something(router_database: str, bus_database: str) -> None:
    async with a_talk(router_database, bus_database) as (world, _, alert_id, token):
        path = f"/v1/alerts/{alert_id}/say"
        for bearer in ("none", "wrong", token[:-2] + "zz"):
            refused = await world.client.post(path, json=a_said("x"), headers={"Authorization": f"Bearer {bearer}"})
            assert refused.status_code == 403 and refused.json()["code"] == "wrong_token"
        unknown = await world.client.post(f"/v1/alerts/{uuid4()}/say", json=a_said("x"))
        assert unknown.status_code == 403, "whether an alert exists is nobody's business"
        headers = {"Authorization": f"Bearer {token}"}
        for bad in ({"said_id": "x", "text": "y"}, a_said("  "), [], {"said": None}):
            answer = await world.client.post(path, json=bad, headers=headers)
            assert answer.status_code == 422 and answer.json()["field"] == "said_id"
        assert world.rows("SELECT count(*) FROM talk_line") == [(0,)]
        forged = a_said("y", by="operator", alert_id=str(uuid4()), kind="new_kind")
        assert (await world.client.post(path, json=forged, headers=headers)).status_code == 202
        ((line_of, from_center),) = world.rows("SELECT alert_id, is_from_center FROM talk_line")
        assert (str(line_of), from_center) == (alert_id, False), "always her own alert, always the person"
        for minutes in (61, 59):
            closed = f"UPDATE alert SET closed_at = now() - interval '{minutes} min' RETURNING 1"
            await asyncio.to_thread(world.rows, closed)  # the ladder, on this very loop, may hold the row
            safe = a_said(kind="quick", code="safe_now")
            assert (await world.client.post(path, json=safe, headers=headers)).status_code == 202
        kept = world.rows("SELECT count(*) FROM talk_line")
        assert kept == [(2,)], "her answer after the close reaches the center for an hour"


async def test_only_the_desk_that_was_given_the_assignment_may_speak(router_database: str, bus_database: str) -> None:
    async with a_talk(router_database, bus_database) as (world, desk, alert_id, token):

        def opened(node: str, **fields: Any) -> Opened:
            said = {"kind": "talk", "alert_id": alert_id, "assignment_no": 1, "installation": node} | fields
            return Opened(json.dumps(said, separators=(",", ":")).encode(), node, "installation", "k", utc_now())

        async def judged(*given: Any, **fields: Any) -> str:
            return await _speaks_for_itself(world.router.pool, opened(*given, **fields), "status")

        assert await judged("serving-1") == ""
        assert await judged("serving-2") == "not_its_alert"
        assert await judged("serving-2", installation="serving-1") == "speaks_for_another"
        assert await judged("serving-1", assignment_no=2) == "not_its_alert"
        assert await judged("serving-1", alert_id=str(uuid4())) == "not_its_alert"
        assert await judged("serving-1", alert_id="x") == "malformed"
        await desk.speak("fremd", installation="serving-2")  # a bus without envelopes is fenced all the same
        await desk.speak("alt", assignment_no=7)
        await desk.speak("da")
        async with a_line(world, alert_id, token) as line:
            assert (await line.next("say"))["said"]["text"] == "da", "the others came before it, and are not there"
        assert world.rows("SELECT count(*) FROM talk_line") == [(1,)]


async def test_many_lines_wait_their_turn_and_none_is_lost(router_database: str, bus_database: str) -> None:
    async with a_talk(router_database, bus_database) as (world, desk, alert_id, token):
        async with a_line(world, alert_id, token) as line:
            for number in range(LINES_A_MINUTE + 5):
                assert "problem" not in await say(line, a_said(f"{number:02d}"))
        await until(lambda: len(desk.texts) == LINES_A_MINUTE)
        await asyncio.sleep(0.3)
        assert desk.texts == [f"{number:02d}" for number in range(LINES_A_MINUTE)]
        waiting = world.rows("SELECT extract(epoch FROM due_at - now()) FROM talk_line WHERE due_at > now()")
        assert len(waiting) == 5 and all(50 < float(wait) <= 60 for (wait,) in waiting)
        world.rows("UPDATE talk_line SET due_at = now(), next_attempt_at = now() WHERE due_at > now()")
        await until(lambda: len(desk.texts) == LINES_A_MINUTE + 5)


async def test_the_talk_goes_with_the_alert_s_content(router_database: str, bus_database: str) -> None:
    async with a_talk(router_database, bus_database) as (world, desk, _, _token):
        await desk.speak("weg")
        await desk.say(State.RECEIVED)
        await until(lambda: world.rows("SELECT count(*) FROM talk_line")[0][0])
        await forget(world.router.pool)
        assert world.rows("SELECT count(*) FROM talk_line") == [(1,)], "not before its time"
        world.rows("UPDATE alert SET owner_receipt_at = now() - interval '25 hours'")
        assert (await forget(world.router.pool))["talk"] == 1
        assert world.rows("SELECT count(*) FROM talk_line") == [(0,)]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.dictionaries(st.text(), x)))
def test_anything_may_stand_where_a_line_should(data: Any) -> None:
    for given_data in (data, {"said_id": str(uuid4()), "text": data, "code": data, "at": data, "language": data}):
        said = read_said(given_data, alert_id=uuid4(), now=NOW)
        assert said is None or (said.by == "person" and len(said.text) <= 500 and said.at <= NOW)


def test_a_phone_with_a_fast_clock_says_nothing_in_the_future() -> None:
    said = read_said(a_said("x", at=(NOW + timedelta(days=1)).isoformat()), alert_id=uuid4(), now=NOW)
    assert said is not None and said.at == NOW
